#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/check.h"
#include "base/env.h"
#include "base/json.h"
#include "base/utf8.h"
#include "http/http_private.h"

enum {
    FIRST_BODY_BYTES_MAX = 64 << 10, /* what a Content-Length alone can claim */
    ANSWER_BYTES_MAX = 1 << 20,      /* of a list of paths */
    HEADER_BYTES_MAX = 8 << 10,      /* of an answer, each */
    MESSAGE_BYTES = 200
};
static const uint64_t burst_ns = 5000000000; /* of requests_per_second_max */

static const char padding[HTTP_PADDING];

/* On every answer. No page of another site may show, read or guess what is served here. */
static const char *const security_headers[][2] = {
    {"X-Content-Type-Options", "nosniff"},
    {"Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'"},
    {"Cache-Control", "no-store"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
};

static void count_answer(struct http_server *s, int status)
{
    atomic_fetch_add_explicit(&s->requests, 1, memory_order_relaxed);
    if (status >= 100 && status < 600)
        atomic_fetch_add_explicit(&s->by_class[status / 100], 1, memory_order_relaxed);
}

static void write_errors(struct buf *out, const char *message)
{
    buf_add_cstr(out, "{\"errors\":[");
    json_write_string(out, slice_of(message));
    buf_add_cstr(out, "]");
}

void http__answer_raw(struct http_server *s, int fd, int status, const char *message)
{
    struct buf body, all;
    buf_init(&body, 2048);
    buf_init(&all, 4096);
    write_errors(&body, message);
    buf_add_cstr(&body, "}\n");
    buf_printf(&all, "HTTP/1.1 %d %s\r\nConnection: close\r\n", status,
        MHD_get_reason_phrase_for((unsigned)status));
    for (size_t i = 0; i < sizeof security_headers / sizeof *security_headers; i++)
        buf_printf(&all, "%s: %s\r\n", security_headers[i][0], security_headers[i][1]);
    if (status == 429 || status == 503)
        buf_printf(&all, "Retry-After: %u\r\n", s->limits.retry_after_s);
    buf_printf(&all, "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n", body.n);
    buf_add_slice(&all, buf_slice(&body));
    /* The socket's buffer is empty: answers of requests before this one have been sent. */
    ssize_t sent = send(fd, all.p, all.n, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) count_answer(s, status);
    buf_free(&body);
    buf_free(&all);
}

/* ---- a request's life ---- */

static void reset(struct http_request *r)
{
    struct http_server *s = r->server;
    if (r->response) MHD_destroy_response(r->response);
    if (r->route) http__route_give(s, r->route);
    if (r->counted) atomic_fetch_sub(&s->unfinished, 1);
    body__release(&s->bodies, &r->body);
    r->response = NULL;
    r->route = NULL;
    r->counted = r->checked = r->close = r->answered = r->has_body = false;
    r->status = 0;
    r->body_bytes_known = 0;
    r->value_count = r->pair_count = 0;
    r->raw_path = r->raw_query = (struct slice){0};
    buf_clear(&r->target);
    buf_clear(&r->decoded);
    atomic_store(&r->state, 0);
}

static struct http_request *request_new(struct http_server *s, struct connection *c)
{
    struct http_request *r = mem_alloc(sizeof *r);
    r->server = s;
    r->connection = c;
    buf_init(&r->target, s->limits.connection_bytes_max);
    buf_init(&r->decoded, 2 * s->limits.connection_bytes_max);
    return r;
}

static void free_parts(struct http_request *r)
{
    buf_free(&r->target);
    buf_free(&r->decoded);
    mem_free(r);
}

static void free_orphan(struct http_request *r)
{
    body__free_disowned(&r->body);
    free_parts(r);
}

void http__request_free(struct http_request *r)
{
    if (!r) return;
    reset(r);
    free_parts(r);
}

static struct connection *connection_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static uint32_t count_parameters(struct slice query)
{
    uint32_t count = query.n > 0;
    for (size_t i = 0; i < query.n; i++) count += query.p[i] == '&';
    return count;
}

/* libmicrohttpd takes memory for each parameter before it asks us anything, and falls silent when
 * there is no more. */
static void check_parameters(struct http_request *r)
{
    char why[MESSAGE_BYTES];
    if (count_parameters(r->raw_query) <= HTTP_QUERY_MAX) return;
    snprintf(why, sizeof why, "more than %d query parameters", HTTP_QUERY_MAX);
    http__cut(r->connection, CONNECTION_HEAD, 400, why);
}

void *http__on_target(void *server, const char *target, struct MHD_Connection *mhd)
{
    struct http_server *s = server;
    struct connection *c = connection_of(mhd);
    if (!c) return NULL;
    struct http_request *r = atomic_load(&c->request);
    if (r)
        reset(r);
    else
        atomic_store(&c->request, r = request_new(s, c));
    r->mhd = mhd;
    r->mhd_target = target;
    buf_add_cstr(&r->target, target);
    const char *query = memchr(r->target.p, '?', r->target.n);
    r->raw_path = buf_slice(&r->target);
    if (query) {
        r->raw_path.n = (size_t)(query - r->target.p);
        r->raw_query = (struct slice){query + 1, r->target.n - r->raw_path.n - 1};
    }
    if (atomic_load_explicit(&c->phase, memory_order_relaxed) != CONNECTION_HEAD)
        http__phase(c, CONNECTION_HEAD);
    check_parameters(r);
    return r;
}

void http__on_completed(
    void *server, struct MHD_Connection *mhd, void **context, enum MHD_RequestTerminationCode why)
{
    struct connection *c = connection_of(mhd);
    (void)server;
    (void)context;
    struct http_request *r = c ? atomic_load(&c->request) : NULL;
    if (!r) return;
    if (why == MHD_REQUEST_TERMINATED_COMPLETED_OK) http__phase(c, CONNECTION_IDLE);
    reset(r);
}

/* ---- answers ---- */

static void add_lines(struct MHD_Response *response, const char *lines)
{
    struct buf name, value;
    buf_init(&name, HEADER_BYTES_MAX);
    buf_init(&value, HEADER_BYTES_MAX);
    while (*lines) {
        const char *end = strstr(lines, "\r\n"), *colon = strchr(lines, ':');
        ASSERT(end && colon && colon < end);
        buf_clear(&name);
        buf_clear(&value);
        buf_add(&name, lines, (size_t)(colon - lines));
        buf_add_slice(&value, slice_trim((struct slice){colon + 1, (size_t)(end - colon) - 1}));
        MHD_add_response_header(response, buf_cstr(&name), buf_cstr(&value));
        ASSERT(!name.overflow && !value.overflow);
        lines = end + 2;
    }
    buf_free(&name);
    buf_free(&value);
}

static struct MHD_Response *make_response(
    const char *content_type, struct slice body, const char *headers)
{
    union {
        const void *from;
        void *to;
    } bytes = {body.n ? body.p : padding}; /* copied, not changed */
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body.n, bytes.to, MHD_RESPMEM_MUST_COPY);
    ASSERT(response);
    for (size_t i = 0; i < sizeof security_headers / sizeof *security_headers; i++)
        MHD_add_response_header(response, security_headers[i][0], security_headers[i][1]);
    if (content_type) MHD_add_response_header(response, "Content-Type", content_type);
    if (headers) add_lines(response, headers);
    return response;
}

static enum MHD_Result send_answer(struct http_request *r)
{
    http__phase(r->connection, CONNECTION_ANSWER);
    if (r->close || atomic_load(&r->server->refuse))
        MHD_add_response_header(r->response, "Connection", "close");
    enum MHD_Result result = MHD_queue_response(r->mhd, (unsigned)r->status, r->response);
    MHD_destroy_response(r->response);
    r->response = NULL;
    r->answered = true;
    count_answer(r->server, r->status);
    return result;
}

static struct MHD_Response *make_refusal(struct http_request *r, const char *message)
{
    struct http_server *s = r->server;
    struct buf body;
    char headers[256] = "", text[2 * MESSAGE_BYTES];
    struct slice path = r->raw_path;
    bool plain = path.n < MESSAGE_BYTES && utf8_is_ascii(path);
    if (r->status == 404 || r->status == 405) {
        snprintf(text, sizeof text,
            r->status == 404 ? "nothing is at '%.*s'; see 'paths'"
                             : "'%.*s' does not take this method",
            plain ? (int)path.n : 3, plain ? path.p : "...");
        message = text;
    }
    buf_init(&body, ANSWER_BYTES_MAX);
    write_errors(&body, message);
    if (r->status == 404 || r->status == 405) {
        buf_add_cstr(&body, ",\"paths\":");
        http__route_list(s, r->status == 404 ? (struct slice){0} : r->raw_path, &body);
    }
    buf_add_cstr(&body, "}\n");
    if (r->status == 405)
        http__route_methods(s, r->raw_path, headers, sizeof headers);
    else if (r->status == 429 || r->status == 503)
        snprintf(headers, sizeof headers, "Retry-After: %u\r\n", s->limits.retry_after_s);
    else if (r->status == 401)
        snprintf(headers, sizeof headers, "WWW-Authenticate: Bearer\r\n");
    struct MHD_Response *response = make_response("application/json", buf_slice(&body), headers);
    buf_free(&body);
    return response;
}

/* In the middle of a body, where libmicrohttpd takes no answer. */
static enum MHD_Result refuse_now(struct http_request *r, int status, const char *message)
{
    http__answer_raw(r->server, r->connection->fd, status, message);
    r->connection->unread = true;
    return MHD_NO;
}

void http_reply(struct http_request *r, int status, const char *content_type, struct slice body,
    const char *headers)
{
    struct http_server *s = r->server;
    int before = atomic_fetch_or(&r->state, REQUEST_CLAIMED);
    ASSERT(!(before & REQUEST_CLAIMED));
    if (before & REQUEST_ORPHANED) {
        if (before & REQUEST_READY) free_orphan(r);
        return;
    }
    r->response = make_response(content_type, body, headers);
    r->status = status;
    body__release(&s->bodies, &r->body);
    struct MHD_Connection *mhd = r->mhd;
    before = atomic_fetch_or(&r->state, REQUEST_READY);
    if (before & REQUEST_SUSPENDED) MHD_resume_connection(mhd);
    atomic_fetch_sub(&s->held, 1);
}

void http_reply_error(struct http_request *r, int status, const char *message)
{
    struct buf body;
    buf_init(&body, ANSWER_BYTES_MAX);
    write_errors(&body, message);
    buf_add_cstr(&body, "}\n");
    bool passes = status == 429 || status == 503 || status == 507;
    http_reply(
        r, status, "application/json", buf_slice(&body), passes ? "Retry-After: 1\r\n" : NULL);
    buf_free(&body);
}

void http__request_orphan(struct http_request *r)
{
    int state = REQUEST_SUSPENDED;
    if (!r || !atomic_compare_exchange_strong(&r->state, &state, state | REQUEST_ORPHANED)) return;
    struct http_server *s = r->server;
    struct connection *c = r->connection;
    /* The holder keeps the object and what its slices point to here; the connection goes on with a
     * new one that carries the answer. */
    struct http_request *heir = request_new(s, c);
    heir->mhd = r->mhd;
    heir->route = r->route;
    heir->counted = r->counted;
    heir->checked = true;
    heir->close = true;
    heir->status = 503;
    heir->response = make_refusal(heir, "the server is stopping");
    atomic_store(&heir->state, REQUEST_CLAIMED | REQUEST_READY);
    body__disown(&s->bodies, &r->body);
    atomic_store(&c->request, heir);
    atomic_fetch_sub(&s->held, 1);
    MHD_resume_connection(heir->mhd);
    if (atomic_fetch_or(&r->state, REQUEST_READY) & REQUEST_CLAIMED) free_orphan(r);
}

/* ---- libmicrohttpd calls ---- */

static bool decode_target(struct http_request *r)
{
    /* One reservation, so that slices into the buffer stay. */
    size_t room = r->raw_query.n + 1;
    for (uint32_t i = 0; i < r->value_count; i++) room += r->values[i].n;
    if (!buf_reserve(&r->decoded, room)) return false;
    for (uint32_t i = 0; i < r->value_count; i++) {
        char *start = r->decoded.p + r->decoded.n;
        buf_add_slice(&r->decoded, r->values[i]);
        size_t n = uri__decode(start, r->values[i].n, false);
        if (n == SIZE_MAX) return false;
        r->values[i] = (struct slice){start, n};
        if (uri__value_climbs(r->values[i])) return false;
    }
    char *query = r->decoded.p + r->decoded.n;
    buf_add_slice(&r->decoded, r->raw_query);
    return uri__query_parse(query, r->raw_query.n, r->pairs, HTTP_QUERY_MAX, &r->pair_count);
}

/* The generic cell rate algorithm (ITU-T I.371): one time instead of a bucket of tokens. */
static bool comes_too_often(struct http_request *r)
{
    struct http_server *s = r->server;
    if (s->arrival_gap_ns == 0 || r->route->always) return false;
    uint64_t now_ns = env_mono_ns(s->env), due_ns = atomic_load(&s->arrival_ns), next_ns;
    do {
        if (due_ns > now_ns + burst_ns) return true;
        next_ns = (due_ns > now_ns ? due_ns : now_ns) + s->arrival_gap_ns;
    } while (!atomic_compare_exchange_weak(&s->arrival_ns, &due_ns, next_ns));
    return false;
}

static enum MHD_Result begin(struct http_request *r, const char *method, const char *version)
{
    char message[MESSAGE_BYTES] = "";
    int status = http__check_head(r, method, version, message, sizeof message);
    r->checked = true;
    if (!status && !decode_target(r)) {
        status = 400;
        snprintf(message, sizeof message, "the path or the query is not decodable");
    }
    if (!status && comes_too_often(r)) {
        status = 429;
        snprintf(message, sizeof message, "more requests than are answered in a second; try again");
    }
    if (!status && r->has_body) {
        size_t first = r->body_bytes_known < FIRST_BODY_BYTES_MAX ? (size_t)r->body_bytes_known
                                                                  : FIRST_BODY_BYTES_MAX;
        atomic_store_explicit(&r->connection->body_bytes, 0, memory_order_relaxed);
        http__phase(r->connection, CONNECTION_BODY);
        if (!body__reserve(&r->server->bodies, &r->body, first)) {
            status = 429;
            snprintf(message, sizeof message, "too many bodies are on their way; try again");
        }
    }
    if (!status) return MHD_YES;
    r->status = status;
    r->response = make_refusal(r, message);
    if (r->has_body || r->close) { /* what comes after the head is not read */
        r->close = r->connection->unread = true;
        return send_answer(r);
    }
    atomic_store(&r->state, REQUEST_CLAIMED | REQUEST_READY);
    return MHD_YES;
}

static enum MHD_Result add_body(struct http_request *r, const char *data, size_t n)
{
    struct http_server *s = r->server;
    if (n > r->route->body_bytes_max - r->body.n) {
        char message[MESSAGE_BYTES];
        snprintf(
            message, sizeof message, "the body is larger than %zu bytes", r->route->body_bytes_max);
        return refuse_now(r, 413, message);
    }
    if (!body__reserve(&s->bodies, &r->body, r->body.n + n))
        return refuse_now(r, 429, "too many bodies are on their way; try again");
    memcpy(r->body.p + r->body.n, data, n);
    r->body.n += n;
    atomic_store_explicit(&r->connection->body_bytes, r->body.n, memory_order_relaxed);
    return MHD_YES;
}

static enum MHD_Result hand_over(struct http_request *r)
{
    struct http_server *s = r->server;
    struct route *route = r->route;
    /* Who has been told 408 must not hear later that the body was taken. */
    if (!http__phase(r->connection, CONNECTION_HANDLED)) return MHD_NO;
    if (atomic_load(&s->refuse) || !http__route_begin(s, route)) {
        r->status = 503;
        r->response = make_refusal(r, "the server is stopping");
        return send_answer(r);
    }
    struct MHD_Connection *mhd = r->mhd;
    atomic_fetch_add_explicit(&s->body_bytes, r->body.n, memory_order_relaxed);
    atomic_fetch_add(&s->held, 1);
    atomic_fetch_add(&s->unfinished, 1);
    r->counted = true;
    route->handle(r, route->context);
    http__route_end(s, route);
    if (atomic_load(&r->state) & REQUEST_READY) return send_answer(r);
    MHD_suspend_connection(mhd);
    if (atomic_fetch_or(&r->state, REQUEST_SUSPENDED) & REQUEST_READY) MHD_resume_connection(mhd);
    return MHD_YES;
}

enum MHD_Result http__on_request(void *server, struct MHD_Connection *mhd, const char *url,
    const char *method, const char *version, const char *data, size_t *size, void **context)
{
    struct connection *c = connection_of(mhd);
    struct http_request *r = c ? atomic_load(&c->request) : NULL;
    (void)server;
    (void)context;
    (void)url;
    if (!r || atomic_load(&c->phase) == CONNECTION_CUT) return MHD_NO;
    if (!r->checked) return begin(r, method, version);
    /* A daemon that is being stopped says that it takes an answer, drops it and comes here again.
     */
    if (r->answered) return MHD_NO;
    if (*size > 0) {
        size_t n = *size;
        if (!r->route) return MHD_NO;
        *size = 0;
        return add_body(r, data, n);
    }
    if (atomic_load(&r->state) & REQUEST_READY) return send_answer(r);
    return hand_over(r);
}

/* ---- what a handler sees ---- */

struct slice http_parameter(const struct http_request *r, const char *name)
{
    uint32_t index = 0;
    for (const char *at = strchr(r->route->path, ':'); at; at = strchr(at, ':'), index++) {
        at++;
        size_t n = strcspn(at, "/");
        if (n == strlen(name) && memcmp(at, name, n) == 0) return r->values[index];
    }
    return (struct slice){0};
}

struct slice http_query(const struct http_request *r, const char *name)
{
    for (uint32_t i = 0; i < r->pair_count; i++)
        if (slice_eq(r->pairs[i].name, slice_of(name))) return r->pairs[i].value;
    return (struct slice){0};
}

struct slice http_header(const struct http_request *r, const char *name)
{
    const char *value = MHD_lookup_connection_value(r->mhd, MHD_HEADER_KIND, name);
    return value ? slice_trim(slice_of(value)) : (struct slice){0};
}

struct slice http_body(const struct http_request *r)
{
    return (struct slice){r->body.p ? r->body.p : padding, r->body.n};
}
