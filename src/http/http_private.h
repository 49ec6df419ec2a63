/* http_private.h - what the files of this folder share, and what its tests may turn.
 *
 * Threads: the keeper accepts connections and watches their deadlines; each worker is one daemon of
 * libmicrohttpd with an epoll thread that reads, parses and calls handlers. A connection belongs to
 * one worker; the keeper reads its atomic figures and may shut its socket down under server.lock.
 * Order of locks: lock, then routes_lock; neither is held while a handler runs. */
#pragma once
#include <microhttpd.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "base/thread.h"
#include "http/body.h"
#include "http/http.h"
#include "http/route.h"
#include "http/uri.h"

enum {
    HTTP_QUERY_MAX = 32, /* "name=value" pairs */
    HTTP_ADDRESS_BUCKETS = 4096
};

/* Every figure that bounds what a client may use. The production values are one table in http.c;
 * tests scale the times down. */
struct http_limits {
    uint32_t head_ms;        /* from the first byte of a request to the end of its headers */
    uint32_t body_window_ms; /* in each window after the first a body moves at body_rate or more */
    uint32_t body_rate;      /* bytes a second */
    uint32_t idle_ms;        /* between requests */
    uint32_t answer_ms;      /* for reading an answer */
    uint32_t linger_ms;      /* a refused client is read and ignored this long, to see the answer */
    uint32_t sweep_ms;       /* the deadlines are looked at this often */
    uint32_t farewell_ms;    /* at the end, for sending 503 to those whose handlers are late */
    uint32_t connections_max;
    uint32_t connections_per_address_max; /* IPv6: per /64 */
    uint32_t backlog;
    uint32_t headers_max;
    size_t head_bytes_max; /* request line and headers */
    size_t uri_bytes_max;
    /* libmicrohttpd's memory for one connection, which it clears and so touches after each request;
     * 16 KiB of head with 64 headers do not fit 20 KiB. */
    size_t connection_bytes_max;
    size_t in_flight_bytes_max; /* unless params say */
    size_t spare_bytes_max;     /* of buffers kept for the next bodies */
    uint32_t routes_max;
    uint32_t retry_after_s;
};
extern const struct http_limits http__limits;

/* ---- connections and requests ---- */
enum connection_phase {
    CONNECTION_HEAD, /* of a first request, or of a later one that has begun */
    CONNECTION_IDLE, /* between requests */
    CONNECTION_BODY,
    CONNECTION_HANDLED, /* with a handler: no deadline of ours */
    CONNECTION_ANSWER,  /* being sent */
    CONNECTION_CUT      /* ended by us, for good: nothing more of it is handled */
};

struct connection {
    struct http_server *server;
    struct connection *prev, *next;               /* all of the server, under server.lock */
    struct connection *bucket_prev, *bucket_next; /* of the same address, under server.lock */
    uint32_t bucket;
    unsigned char address[16];
    int fd;
    bool lingers;                         /* libmicrohttpd has done with it: fd is the keeper's */
    bool started;                         /* libmicrohttpd has taken it */
    bool unread;                          /* closed with a request not read whole; worker's */
    struct http_request *_Atomic request; /* current or last one; replaced when it is orphaned */
    /* Changed by the worker; by the keeper, with compare and exchange, from IDLE to HEAD and to
     * CUT, which stays. */
    _Atomic int phase;
    /* Written by the worker before the phase, read by the keeper after it. */
    _Atomic uint64_t since_ns;   /* of the phase, or of the body's window */
    _Atomic uint64_t body_bytes; /* of the current body so far; no order needed */
    uint64_t window_body_bytes;  /* keeper's: body_bytes when the window began */
    uint64_t window_since_ns;    /* keeper's */
    bool window_is_first;        /* keeper's: the grace */
};

/* Bits of http_request.state. Whoever sets the second of SUSPENDED and READY resumes the
 * connection; of an orphan, whoever sets the second of READY and CLAIMED frees it. Each change is
 * acquire and release: READY publishes the answer to the worker, SUSPENDED to whoever answers that
 * the connection may be resumed. */
enum {
    REQUEST_CLAIMED = 1,   /* http_reply has been called */
    REQUEST_READY = 2,     /* response is there; of an orphan: its heir has taken over */
    REQUEST_SUSPENDED = 4, /* the handler has returned, the connection waits */
    REQUEST_ORPHANED = 8   /* the server stops: only its holder still wants it */
};

struct http_request {
    struct http_server *server;
    struct connection *connection;
    struct MHD_Connection *mhd;
    struct route *route;
    _Atomic int state;
    bool checked;  /* headers have been looked at */
    bool close;    /* the connection ends after the answer */
    bool answered; /* libmicrohttpd was given the answer */
    bool counted;  /* in server.unfinished */
    bool has_body;
    uint64_t body_bytes_known; /* Content-Length; 0: none or unknown */
    int status;                /* of `response` */
    struct MHD_Response *response;
    struct body body;
    struct buf target;      /* as sent: path and query */
    const char *mhd_target; /* the same in libmicrohttpd's buffer */
    struct slice raw_path, raw_query;
    struct buf decoded; /* values and query; its capacity is set before the first is decoded */
    struct slice values[HTTP_PARAMETERS_MAX]; /* raw until decoded */
    uint32_t value_count;
    struct uri_pair pairs[HTTP_QUERY_MAX];
    uint32_t pair_count;
};

struct worker {
    struct MHD_Daemon *daemon;
};

struct http_server {
    struct env *env;
    struct http_limits limits;
    char *address;
    char *host; /* of address, without port and brackets */
    char **hosts;
    size_t host_count;
    int listen_fd;
    int wake_fd; /* eventfd: the keeper is to stop */
    struct worker *workers;
    uint32_t worker_count;
    uint32_t next_worker; /* keeper's */
    uint32_t sweeps;      /* keeper's */
    struct thread keeper;
    struct body_pool bodies;

    struct mutex lock;
    struct connection *connections;
    struct connection *buckets[HTTP_ADDRESS_BUCKETS];
    struct connection **by_fd; /* fd_max of them */
    uint32_t fd_max;
    _Atomic uint32_t connection_count;
    uint64_t address_seed;

    struct mutex routes_lock;
    struct condition routes_changed;
    struct route *routes;
    uint32_t route_count;

    _Atomic uint64_t arrival_ns; /* when the next request would be due at the greatest rate */
    uint64_t arrival_gap_ns;     /* between two of them; 0: any number may come */
    _Atomic bool refuse;         /* every request gets 503 */
    _Atomic bool stopping;
    _Atomic uint32_t held;       /* requests with a handler that has not called http_reply */
    _Atomic uint32_t unfinished; /* requests given to a handler whose answer is not sent */
    _Atomic uint64_t requests, by_class[6], body_bytes;
};

/* http.c. `limits` is copied. */
MUST_USE struct err *http__start(const struct http_server_params *params,
    const struct http_limits *limits, struct http_server **out);

/* request.c: callbacks of libmicrohttpd; `server` is a struct http_server. */
enum MHD_Result http__on_request(void *server, struct MHD_Connection *mhd, const char *url,
    const char *method, const char *version, const char *data, size_t *size, void **context);
void *http__on_target(void *server, const char *target, struct MHD_Connection *mhd);
void http__on_completed(
    void *server, struct MHD_Connection *mhd, void **context, enum MHD_RequestTerminationCode why);
void http__request_free(struct http_request *r); /* NULL is allowed */
/* Server's end: answers 503 for each request a handler holds and leaves it to its holder. The
 * caller holds server.lock. */
void http__request_orphan(struct http_request *r);
/* Writes a whole answer past libmicrohttpd, where that cannot: before it has read the request. The
 * connection is to be closed. Never blocks. */
void http__answer_raw(struct http_server *s, int fd, int status, const char *message);

/* check.c: everything known once the headers are there. 0, or the status of the refusal; `message`
 * says why. */
int http__check_head(struct http_request *r, const char *method, const char *version, char *message,
    size_t message_bytes);

/* owner.c: " by process 123 (name)", or nothing where that cannot be found. */
void http__port_owner(uint16_t port, char *out, size_t bytes);

/* keeper.c */
void http__on_connection(void *server, struct MHD_Connection *mhd, void **context,
    enum MHD_ConnectionNotificationCode what);
void *http__keep(void *server);
/* By its worker. False: it has been cut. */
bool http__phase(struct connection *c, enum connection_phase phase);
/* Ends it if it is still in the phase `from`, with an answer unless status is 0, where
 * libmicrohttpd cannot give one. Not while its worker may close the socket: on the worker's thread,
 * or under server.lock. */
void http__cut(struct connection *c, enum connection_phase from, int status, const char *why);
/* After the daemons have stopped. */
void http__connections_free(struct http_server *s);
