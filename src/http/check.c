#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "http/http_private.h"

enum { HEAD_BLANKS_MAX = 64 }; /* after a colon */

/* What one pass over the headers collects. */
struct head {
    struct slice host, origin, site, authorization, encoding, expect;
    uint32_t count, hosts, lengths, transfers;
    uint64_t length;
    bool chunked, bad;
    const char *at; /* where the next header must begin in libmicrohttpd's buffer */
};

/* libmicrohttpd 0.9.75 takes a bare LF for a line's end, folds lines, and cuts a value at a NUL; a
 * proxy before us may read such bytes in another way, and so see other requests. But it parses in
 * place and says where its texts lie and how long all was. So every byte of the head has to be
 * accounted for: one blank between the parts of the request line, blanks after a colon, two bytes
 * (CR LF) after each line. Nothing but a strict head adds up; a library that lays its buffer out in
 * another way is refused everything, which the tests of this folder would show. */
static bool is_blanks(const char *from, const char *to)
{
    if ((uintptr_t)to < (uintptr_t)from) return false;
    while (from < to && (*from == ' ' || *from == '\t')) from++;
    return from == to;
}

static void check_line(struct head *h, struct slice key, const char *value, size_t value_bytes)
{
    enum { COLON_BYTES = 1, CRLF_BYTES = 2 };
    const char *text = key.p + key.n + COLON_BYTES;
    if (key.p != h->at || (uintptr_t)value < (uintptr_t)text ||
        (uintptr_t)value - (uintptr_t)text > HEAD_BLANKS_MAX || !is_blanks(text, value))
        h->bad = true;
    h->at = value + value_bytes + CRLF_BYTES;
}

static bool is_token(struct slice s)
{
    static const char separators[] = "()<>@,;:\\\"/[]?={}";
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] == 127 || strchr(separators, s.p[i])) return false;
    return s.n > 0;
}

/* Blanks of HTTP only: "\vchunked" is not chunked. */
static struct slice trim(struct slice s)
{
    while (s.n > 0 && (*s.p == ' ' || *s.p == '\t')) s.p++, s.n--;
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t')) s.n--;
    return s;
}

/* Letters, blanks and what is not ASCII; a value carries no other control character than a tab. */
static bool is_field_value(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (((unsigned char)s.p[i] < ' ' && s.p[i] != '\t') || s.p[i] == 127) return false;
    return true;
}

static bool is_digits(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9') return false;
    return s.n > 0;
}

static enum MHD_Result collect(void *context, enum MHD_ValueKind kind, const char *key,
    size_t key_bytes, const char *value, size_t value_bytes)
{
    struct head *h = context;
    struct slice name = {key, key_bytes}, text = trim((struct slice){value, value_bytes});
    (void)kind;
    h->count++;
    check_line(h, name, value, value_bytes);
    if (!is_token(name) || !is_field_value(text)) h->bad = true;
    if (slice_eq_nocase(name, SLICE("host"))) {
        h->host = text;
        h->hosts++;
    } else if (slice_eq_nocase(name, SLICE("content-length"))) {
        if (!is_digits(text) || !num_parse_u64(text, &h->length)) h->bad = true;
        h->lengths++;
    } else if (slice_eq_nocase(name, SLICE("transfer-encoding"))) {
        h->chunked = slice_eq_nocase(text, SLICE("chunked"));
        h->transfers++;
    } else if (slice_eq_nocase(name, SLICE("origin"))) {
        h->origin = text;
    } else if (slice_eq_nocase(name, SLICE("sec-fetch-site"))) {
        h->site = text;
    } else if (slice_eq_nocase(name, SLICE("authorization"))) {
        h->authorization = text;
    } else if (slice_eq_nocase(name, SLICE("content-encoding"))) {
        h->encoding = text;
    } else if (slice_eq_nocase(name, SLICE("expect"))) {
        h->expect = text;
    }
    return MHD_YES;
}

/* The address at which the client reached us, for a listener on all addresses. */
static bool is_local_address(int fd, struct slice name)
{
    char text[INET6_ADDRSTRLEN] = "";
    struct sockaddr_storage own;
    socklen_t size = sizeof own;
    if (getsockname(fd, (struct sockaddr *)&own, &size) != 0) return false;
    if (own.ss_family == AF_INET) {
        inet_ntop(AF_INET, &((struct sockaddr_in *)&own)->sin_addr, text, sizeof text);
    } else {
        struct in6_addr *v6 = &((struct sockaddr_in6 *)&own)->sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(v6))
            inet_ntop(AF_INET, &v6->s6_addr[12], text, sizeof text);
        else
            inet_ntop(AF_INET6, v6, text, sizeof text);
    }
    return slice_eq_nocase(name, slice_of(text));
}

static bool host_is_ours(const struct http_server *s, const struct connection *c, struct slice host)
{
    struct slice name;
    if (!uri__host_name(host, &name)) return false;
    if (name.n > 1 && name.p[name.n - 1] == '.') name.n--;
    if (slice_eq_nocase(name, SLICE("localhost")) || slice_eq(name, SLICE("127.0.0.1")) ||
        slice_eq(name, SLICE("::1")))
        return true;
    if (slice_eq_nocase(name, slice_of(s->host))) return true;
    for (size_t i = 0; i < s->host_count; i++)
        if (slice_eq_nocase(name, slice_of(s->hosts[i]))) return true;
    return is_local_address(c->fd, name);
}

/* Requests that change something come from programs, or from pages that this server served. */
static bool is_foreign_page(const struct head *h, struct slice method)
{
    if (slice_eq(method, SLICE("GET")) || slice_eq(method, SLICE("HEAD"))) return false;
    if (h->site.p && !slice_eq(h->site, SLICE("same-origin")) && !slice_eq(h->site, SLICE("none")))
        return true;
    if (!h->origin.p) return false;
    struct slice origin = h->origin, http = SLICE("http://"), https = SLICE("https://");
    struct slice scheme = origin.n > 5 && origin.p[4] == 's' ? https : http;
    if (origin.n <= scheme.n || !slice_eq((struct slice){origin.p, scheme.n}, scheme)) return true;
    return !slice_eq_nocase((struct slice){origin.p + scheme.n, origin.n - scheme.n}, h->host);
}

static bool token_fits(const struct route *route, struct slice authorization)
{
    struct slice scheme = SLICE("Bearer ");
    unsigned char hash[HTTP_TOKEN_HASH_BYTES];
    if (authorization.n <= scheme.n) return false;
    if (!slice_eq_nocase((struct slice){authorization.p, scheme.n}, scheme)) return false;
    struct slice token = {authorization.p + scheme.n, authorization.n - scheme.n};
    http__token_hash(trim(token), hash);
    return CRYPTO_memcmp(hash, route->token_hash, sizeof hash) == 0;
}

static int refuse(char *message, size_t bytes, int status, const char *why)
{
    snprintf(message, bytes, "%s", why);
    return status;
}

/* What makes a proxy before us and us see different requests ends the connection. */
static int check_framing(
    struct http_request *r, const struct head *h, const char *version, char *message, size_t bytes)
{
    bool v11 = strcmp(version, "HTTP/1.1") == 0;
    r->close = true;
    if (!v11 && strcmp(version, "HTTP/1.0") != 0)
        return refuse(message, bytes, 505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
    if (h->bad) return refuse(message, bytes, 400, "the request line or a header is malformed");
    if (h->lengths > 1 || h->transfers > 1 || (h->lengths && h->transfers))
        return refuse(message, bytes, 400, "more than one Content-Length or Transfer-Encoding");
    if (h->transfers && (!h->chunked || !v11))
        return refuse(message, bytes, 400, "the only Transfer-Encoding is chunked, in HTTP/1.1");
    if (h->hosts > 1 || (v11 && h->hosts == 0))
        return refuse(message, bytes, 400, "exactly one Host header is needed");
    r->close = h->chunked;
    return 0;
}

/* Do the parts of the request line, the headers and the empty line make up the whole head? */
static bool head_adds_up(
    const struct http_request *r, struct head *h, const char *method, const char *version)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(r->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    if (r->mhd_target != method + strlen(method) + 1) return false;
    if (version != r->mhd_target + r->target.n + 1) return false;
    h->at = version + strlen(version) + 2;
    MHD_get_connection_values_n(r->mhd, MHD_HEADER_KIND, collect, h);
    return info && h->at + 2 == method + info->header_size;
}

static int check_size(
    const struct http_request *r, const struct head *h, char *message, size_t bytes)
{
    const struct http_limits *l = &r->server->limits;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(r->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    if (r->target.n > l->uri_bytes_max) {
        snprintf(message, bytes, "the URI is longer than %zu bytes", l->uri_bytes_max);
        return 414;
    }
    if (h->count > l->headers_max || !info || info->header_size > l->head_bytes_max) {
        snprintf(message, bytes, "more than %u headers, or more than %zu bytes of them",
            l->headers_max, l->head_bytes_max);
        return 431;
    }
    return 0;
}

static int check_route(
    struct http_request *r, const struct head *h, struct slice method, char *message, size_t bytes)
{
    if (!uri__path_is_plain(r->raw_path))
        return refuse(message, bytes, 400, "the path has an empty or a dotted segment");
    int status = http__route_take(r, method);
    if (status) return refuse(message, bytes, status, "");
    if (r->route->needs_token && !token_fits(r->route, h->authorization))
        return refuse(message, bytes, 401, "a valid 'Authorization: Bearer TOKEN' is needed");
    if (h->encoding.p && !slice_eq_nocase(h->encoding, SLICE("identity")))
        return refuse(message, bytes, 415, "compressed bodies are not taken");
    if (h->expect.p && !slice_eq_nocase(h->expect, SLICE("100-continue")))
        return refuse(message, bytes, 417, "of Expect, only 100-continue is known");
    if (h->length > r->route->body_bytes_max || (h->chunked && r->route->body_bytes_max == 0)) {
        snprintf(message, bytes, "the body is larger than %zu bytes", r->route->body_bytes_max);
        return 413;
    }
    return 0;
}

int http__check_head(
    struct http_request *r, const char *method, const char *version, char *message, size_t bytes)
{
    struct head h = {0};
    struct slice verb = slice_of(method);
    if (!head_adds_up(r, &h, method, version)) h.bad = true;
    r->has_body = h.chunked || h.length > 0;
    r->body_bytes_known = h.length;
    int status = check_framing(r, &h, version, message, bytes);
    if (!status) status = check_size(r, &h, message, bytes);
    if (status) return status;
    if (h.hosts && !host_is_ours(r->server, r->connection, h.host)) {
        r->close = true;
        return refuse(message, bytes, 421,
            "the Host header names another server; use the address that this one listens at");
    }
    if (is_foreign_page(&h, verb))
        return refuse(message, bytes, 403, "requests from pages of other sites are refused");
    if (atomic_load(&r->server->refuse)) /* whether a path exists may not be known yet */
        return refuse(message, bytes, 503, "the server is starting or stopping; try again");
    return check_route(r, &h, verb, message, bytes);
}
