/* http.h - a hardened HTTP/1.1 server over libmicrohttpd: what event collectors and the REST
 * interface share. Its own threads accept, read and parse; a handler is called once a request has
 * been read whole, and answers now or later.
 *
 * Limits are those of the table in http.c and are not options, save where a params field exists.
 * What passes one is answered (400, 408, 413, 414, 421, 429, 431, 503) or closed without a handler
 * being called. */
#pragma once
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

struct env;
struct http_server;
struct http_request; /* one request and its answer */

/* What a route may take at most: with more, a body could not grow within the cap on all of them. */
enum { HTTP_BODY_BYTES_MAX = 100 << 20 };

struct http_route {
    const char *method;    /* "POST"; GET answers HEAD too */
    const char *path;      /* "/jobs/:id/checkpoints"; ":name" is one segment. No NUL, no query. */
    const char *doc;       /* one line, for the answer that lists the paths; NULL: not in it */
    size_t body_bytes_max; /* 0: a body is refused */
    const char *token;     /* 'Authorization: Bearer TOKEN' is needed; NULL: it is not */
    /* On a thread of the server. Answers with http_reply before it returns, or keeps the request
     * and answers later from any thread. */
    void (*handle)(struct http_request *r, void *context);
    void *context;
    bool always; /* answered past requests_per_second_max too: health checks */
};

struct http_server_params {
    struct env *env;
    const char *address; /* "127.0.0.1:8080"; port 0: a free one */
    bool any_port;       /* if the port is in use, a free one */
    bool refuses;        /* from the start; until http_server_refuse(s, false) */
    /* Names besides the address' own and the loopback names that a Host header may carry. */
    const char *const *hosts;
    size_t host_count;
    uint32_t threads;           /* 0: one */
    size_t in_flight_bytes_max; /* of all bodies; 0: 256 MiB; more get 429 */
    struct mem_budget *budget;  /* bodies are charged to it; may be NULL */
    /* Requests a second, of all clients together; what was not used of the last 5 seconds may come
     * at once. More get 429, but for routes that are `always` answered. 0: any number. */
    uint32_t requests_per_second_max;
};

/* Binds and listens. ERR_IO names the address, and the process that has it where that is known. */
MUST_USE struct err *http_server_start(
    const struct http_server_params *params, struct http_server **out);
const char *http_server_address(const struct http_server *s); /* "127.0.0.1:8080", as bound */
/* Any thread, any time. The route's texts are copied. ERR_ALREADY_EXISTS: method and path are
 * taken. ERR_LIMIT_EXCEEDED: bodies beyond HTTP_BODY_BYTES_MAX, or too many routes. */
MUST_USE struct err *http_server_add(struct http_server *s, const struct http_route *route);
/* After it returns, no handler with that context runs or will run; requests it holds are still to
 * be answered. Not from such a handler. */
void http_server_remove(struct http_server *s, const void *context);
/* Every request is answered with 503, until that is taken back: while routes are still being added,
 * and while what is behind them stops. */
void http_server_refuse(struct http_server *s, bool refuses);
/* Waits for answers under way (at most timeout_ms), closes everything, frees. A request that a
 * handler holds longer than that gets 503; http_reply is still to be called, and does nothing. */
void http_server_stop(struct http_server *s, uint64_t timeout_ms);

/* "127.0.0.1:80", "localhost", "[::1]:80": only this machine reaches it. */
bool http_address_is_loopback(const char *address);

/* Figures, any thread. */
struct http_server_stats {
    uint64_t requests;
    uint64_t by_class[6]; /* answers 1xx .. 5xx at 1 .. 5 */
    uint64_t body_bytes;
    uint32_t connections;
    size_t in_flight_bytes;
};
void http_server_stats(const struct http_server *s, struct http_server_stats *out);

/* ---- what a handler sees. Slices live until http_reply. ---- */
/* Decoded: the value of ":name", and of "?name=value" with p NULL where there is none. */
struct slice http_parameter(const struct http_request *r, const char *name);
struct slice http_query(const struct http_request *r, const char *name);
struct slice http_header(const struct http_request *r, const char *name); /* p NULL: none */
struct slice http_body(const struct http_request *r); /* 64 readable bytes follow */

/* Answers; the request is gone afterwards. `headers`: "Retry-After: 1\r\n..." or NULL. Any thread,
 * exactly once. */
void http_reply(struct http_request *r, int status, const char *content_type, struct slice body,
    const char *headers);
/* {"errors":["..."]}, Flink's form of an error; Retry-After with those that pass: 429, 503, 507. */
void http_reply_error(struct http_request *r, int status, const char *message);
