#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/check.h"
#include "base/json.h"
#include "http/http_private.h"

void http__token_hash(struct slice token, unsigned char out[HTTP_TOKEN_HASH_BYTES])
{
    SHA256((const unsigned char *)token.p, token.n, out);
}

static void free_route(struct route *route)
{
    mem_free(route->method);
    mem_free(route->path);
    mem_free(route->doc);
    mem_free(route);
}

struct err *http_server_add(struct http_server *s, const struct http_route *route)
{
    ASSERT(route->handle && route->path[0] == '/');
    if (route->body_bytes_max > HTTP_BODY_BYTES_MAX)
        FAIL(ERR_LIMIT_EXCEEDED, "bodies of %zu bytes at %s are more than %d",
            route->body_bytes_max, route->path, HTTP_BODY_BYTES_MAX);
    struct route *r = mem_alloc(sizeof *r);
    r->method = mem_strdup(route->method);
    r->path = mem_strdup(route->path);
    r->doc = route->doc ? mem_strdup(route->doc) : NULL;
    r->body_bytes_max = route->body_bytes_max;
    r->handle = route->handle;
    r->context = route->context;
    r->always = route->always;
    r->needs_token = route->token != NULL;
    if (r->needs_token) http__token_hash(slice_of(route->token), r->token_hash);
    mutex_lock(&s->routes_lock);
    struct route **end = &s->routes;
    bool taken = false, full = s->route_count == s->limits.routes_max;
    for (; *end; end = &(*end)->next)
        taken |= !strcmp((*end)->method, r->method) && !strcmp((*end)->path, r->path);
    if (!taken && !full) {
        *end = r;
        s->route_count++;
    }
    mutex_unlock(&s->routes_lock);
    if (!taken && !full) return NULL;
    free_route(r);
    if (full)
        FAIL(ERR_LIMIT_EXCEEDED, "more than %u paths at %s", s->limits.routes_max, s->address);
    FAIL(ERR_ALREADY_EXISTS, "%s %s is taken at %s", route->method, route->path, s->address);
}

void http_server_remove(struct http_server *s, const void *context)
{
    struct route *gone = NULL;
    mutex_lock(&s->routes_lock);
    for (struct route **at = &s->routes; *at;) {
        struct route *r = *at;
        if (r->context != context) {
            at = &r->next;
            continue;
        }
        *at = r->next;
        s->route_count--;
        r->removed = true;
        r->users++;
        r->next = gone;
        gone = r;
    }
    while (gone) {
        struct route *r = gone;
        gone = r->next;
        while (r->running > 0) condition_wait(&s->routes_changed, &s->routes_lock, UINT64_MAX);
        if (--r->users == 0) free_route(r);
    }
    mutex_unlock(&s->routes_lock);
}

static bool method_fits(const struct route *route, struct slice method)
{
    struct slice own = slice_of(route->method);
    return slice_eq(own, method) ||
           (slice_eq(method, SLICE("HEAD")) && slice_eq(own, SLICE("GET")));
}

int http__route_take(struct http_request *r, struct slice method)
{
    struct http_server *s = r->server;
    bool path_is_known = false;
    mutex_lock(&s->routes_lock);
    struct route *route = s->routes;
    for (; route; route = route->next) {
        if (!uri__match(route->path, r->raw_path, r->values, &r->value_count)) continue;
        path_is_known = true;
        if (method_fits(route, method)) break;
    }
    if (route) route->users++;
    mutex_unlock(&s->routes_lock);
    r->route = route;
    return route ? 0 : path_is_known ? 405 : 404;
}

void http__route_give(struct http_server *s, struct route *route)
{
    mutex_lock(&s->routes_lock);
    ASSERT(route->users > 0);
    if (--route->users == 0 && route->removed) free_route(route);
    mutex_unlock(&s->routes_lock);
}

bool http__route_begin(struct http_server *s, struct route *route)
{
    mutex_lock(&s->routes_lock);
    bool there = !route->removed;
    if (there) route->running++;
    mutex_unlock(&s->routes_lock);
    return there;
}

void http__route_end(struct http_server *s, struct route *route)
{
    mutex_lock(&s->routes_lock);
    if (--route->running == 0 && route->removed) condition_broadcast(&s->routes_changed);
    mutex_unlock(&s->routes_lock);
}

void http__route_list(struct http_server *s, struct slice only_path, struct buf *out)
{
    struct slice values[HTTP_PARAMETERS_MAX];
    uint32_t count, some = 0;
    buf_add_cstr(out, "[");
    mutex_lock(&s->routes_lock);
    for (struct route *r = s->routes; r; r = r->next) {
        bool listed = only_path.p ? uri__match(r->path, only_path, values, &count) : r->doc != NULL;
        if (!listed) continue;
        buf_printf(out, "%s\n{\"method\":", some++ ? "," : "");
        json_write_string(out, slice_of(r->method));
        buf_add_cstr(out, ",\"path\":");
        json_write_string(out, slice_of(r->path));
        buf_add_cstr(out, ",\"doc\":");
        json_write_string(out, slice_of(r->doc ? r->doc : ""));
        buf_add_cstr(out, "}");
    }
    mutex_unlock(&s->routes_lock);
    buf_add_cstr(out, "]");
}

void http__route_methods(struct http_server *s, struct slice path, char *out, size_t bytes)
{
    struct slice values[HTTP_PARAMETERS_MAX];
    uint32_t count;
    struct buf list;
    buf_init(&list, bytes - sizeof "\r\n");
    mutex_lock(&s->routes_lock);
    for (struct route *r = s->routes; r; r = r->next)
        if (uri__match(r->path, path, values, &count))
            buf_printf(&list, "%s%s", list.n ? ", " : "Allow: ", r->method);
    mutex_unlock(&s->routes_lock);
    snprintf(out, bytes, "%s\r\n", list.overflow ? "Allow: GET" : buf_cstr(&list));
    buf_free(&list);
}

void http__routes_free(struct http_server *s)
{
    while (s->routes) {
        struct route *r = s->routes;
        s->routes = r->next;
        free_route(r);
    }
}
