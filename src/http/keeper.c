#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/env.h"
#include "base/hash.h"
#include "http/http_private.h"

enum {
    ACCEPTS_MAX = 256,      /* between two looks at the deadlines */
    LINGER_READS_MAX = 128, /* of 8 KiB, each time a refused client is looked at */
    ASKING_SWEEPS = 4,      /* the kernel is asked about connections in every fourth */
    ARRIVAL_SLACK_MS = 100  /* the kernel's time of the last arrival is this coarse */
};

static uint64_t now_ns(const struct http_server *s)
{
    return env_mono_ns(s->env);
}

bool http__phase(struct connection *c, enum connection_phase phase)
{
    int before = atomic_load(&c->phase);
    atomic_store_explicit(&c->since_ns, now_ns(c->server), memory_order_relaxed);
    while (before != CONNECTION_CUT)
        if (atomic_compare_exchange_weak(&c->phase, &before, (int)phase)) return true;
    return false;
}

/* ---- the list of connections; callers hold server.lock ---- */

/* IPv4 whole, in the v6 form; IPv6 by /64, which is what one customer gets. */
static void address_key(const struct sockaddr_storage *from, unsigned char key[16])
{
    memset(key, 0, 16);
    if (from->ss_family == AF_INET) {
        key[10] = key[11] = 0xff;
        memcpy(key + 12, &((const struct sockaddr_in *)from)->sin_addr, 4);
    } else if (from->ss_family == AF_INET6) {
        const struct in6_addr *v6 = &((const struct sockaddr_in6 *)from)->sin6_addr;
        memcpy(key, v6, IN6_IS_ADDR_V4MAPPED(v6) ? 16 : 8);
    }
}

static uint32_t count_of_address(struct http_server *s, uint32_t bucket, const unsigned char *key)
{
    uint32_t count = 0;
    for (struct connection *c = s->buckets[bucket]; c; c = c->bucket_next)
        count += memcmp(c->address, key, sizeof c->address) == 0;
    return count;
}

static void link_connection(struct http_server *s, struct connection *c)
{
    c->next = s->connections;
    if (c->next) c->next->prev = c;
    s->connections = c;
    c->bucket_next = s->buckets[c->bucket];
    if (c->bucket_next) c->bucket_next->bucket_prev = c;
    s->buckets[c->bucket] = c;
    s->connection_count++;
    s->by_fd[c->fd] = c;
}

static void unlink_connection(struct http_server *s, struct connection *c)
{
    if (c->next) c->next->prev = c->prev;
    *(c->prev ? &c->prev->next : &s->connections) = c->next;
    if (c->bucket_next) c->bucket_next->bucket_prev = c->bucket_prev;
    *(c->bucket_prev ? &c->bucket_prev->bucket_next : &s->buckets[c->bucket]) = c->bucket_next;
    s->connection_count--;
    if (!c->lingers && s->by_fd[c->fd] == c) s->by_fd[c->fd] = NULL;
}

static void free_connection(struct http_server *s, struct connection *c)
{
    unlink_connection(s, c);
    if (c->lingers) close(c->fd);
    http__request_free(c->request);
    mem_free(c);
}

void http__connections_free(struct http_server *s)
{
    mutex_lock(&s->lock);
    while (s->connections) free_connection(s, s->connections);
    mutex_unlock(&s->lock);
}

/* Closing a socket with unread bytes resets it, and the client may lose the answer that says why.
 * So a duplicate is kept and read for a while. */
static bool should_linger(const struct connection *c)
{
    char byte;
    int phase = atomic_load_explicit(&c->phase, memory_order_relaxed);
    if (!c->unread && phase != CONNECTION_HEAD && phase != CONNECTION_BODY) return false;
    return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0;
}

void http__on_connection(void *server, struct MHD_Connection *mhd, void **context,
    enum MHD_ConnectionNotificationCode what)
{
    struct http_server *s = server;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        int fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        mutex_lock(&s->lock);
        *context = s->by_fd[fd];
        mutex_unlock(&s->lock);
        return;
    }
    struct connection *c = *context;
    if (!c) return;
    *context = NULL;
    bool linger = !atomic_load(&s->stopping) && should_linger(c);
    mutex_lock(&s->lock);
    int fd = linger ? fcntl(c->fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (fd >= 0) {
        shutdown(fd, SHUT_WR);
        s->by_fd[c->fd] = NULL;
        c->fd = fd;
        c->lingers = true;
        http__phase(c, CONNECTION_HEAD);
    } else {
        free_connection(s, c);
    }
    mutex_unlock(&s->lock);
}

/* ---- accepting ---- */

/* 0, or the status of the refusal. */
static int admit(struct http_server *s, struct connection *c)
{
    uint32_t hash = (uint32_t)hash_bytes(c->address, sizeof c->address, s->address_seed);
    int status = 0;
    c->bucket = hash % HTTP_ADDRESS_BUCKETS;
    mutex_lock(&s->lock);
    struct connection *stale = (uint32_t)c->fd < s->fd_max ? s->by_fd[c->fd] : NULL;
    /* libmicrohttpd took it and failed before it told us. */
    if (stale) free_connection(s, stale);
    if ((uint32_t)c->fd >= s->fd_max || s->connection_count >= s->limits.connections_max)
        status = 503;
    else if (count_of_address(s, c->bucket, c->address) >= s->limits.connections_per_address_max)
        status = 429;
    else
        link_connection(s, c);
    mutex_unlock(&s->lock);
    return status;
}

static void add_connection(
    struct http_server *s, int fd, const struct sockaddr_storage *from, socklen_t size)
{
    int on = 1;
    struct connection *c = mem_alloc(sizeof *c);
    c->server = s;
    c->fd = fd;
    address_key(from, c->address);
    http__phase(c, CONNECTION_HEAD);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int status = admit(s, c);
    if (status) {
        http__answer_raw(s, fd, status, "too many connections");
        close(fd);
        mem_free(c);
        return;
    }
    struct MHD_Daemon *daemon = s->workers[s->next_worker++ % s->worker_count].daemon;
    if (MHD_add_connection(daemon, fd, (const struct sockaddr *)from, size) == MHD_YES) return;
    /* It has closed the socket, and c was not told of. */
    mutex_lock(&s->lock);
    free_connection(s, c);
    mutex_unlock(&s->lock);
}

/* False: out of descriptors, so that the listener is left alone until the next sweep. */
static bool accept_some(struct http_server *s)
{
    for (uint32_t i = 0; i < ACCEPTS_MAX; i++) {
        struct sockaddr_storage from = {0};
        socklen_t size = sizeof from;
        int fd =
            accept4(s->listen_fd, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            add_connection(s, fd, &from, size);
        else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            return false;
        else if (errno == EAGAIN)
            return true;
    }
    return true;
}

/* ---- deadlines ---- */

static uint64_t ms_since(uint64_t now, uint64_t then_ns)
{
    return now > then_ns ? (now - then_ns) / 1000000 : 0;
}

void http__cut(struct connection *c, enum connection_phase from, int status, const char *why)
{
    int phase = (int)from;
    if (!atomic_compare_exchange_strong(&c->phase, &phase, CONNECTION_CUT)) return;
    if (status) http__answer_raw(c->server, c->fd, status, why);
    /* libmicrohttpd sees the end of the stream and closes. */
    shutdown(c->fd, SHUT_RDWR);
}

static bool asks_kernel(const struct http_server *s)
{
    return s->sweeps % ASKING_SWEEPS == 0;
}

/* libmicrohttpd 0.9.75 polls by edges and misses the end of a stream that arrives together with
 * data: it would wait until a deadline, with the body it has so far. */
static bool has_left(const struct connection *c, enum connection_phase phase)
{
    char byte;
    bool reads = phase == CONNECTION_HEAD || phase == CONNECTION_IDLE || phase == CONNECTION_BODY;
    if (!reads) return false;
    ssize_t n = recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

/* libmicrohttpd does not say when the first bytes of a next request come, but the kernel knows. */
static void check_idle(struct http_server *s, struct connection *c, uint64_t idle_ms)
{
    struct tcp_info info;
    socklen_t size = sizeof info;
    if (idle_ms >= s->limits.idle_ms) {
        http__cut(c, CONNECTION_IDLE, 0, NULL);
    } else if (asks_kernel(s) && idle_ms > 2 * ARRIVAL_SLACK_MS &&
               getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
               info.tcpi_last_data_recv + ARRIVAL_SLACK_MS < idle_ms) {
        int idle = CONNECTION_IDLE;
        /* Fails when the request has been read in the meantime. */
        if (atomic_compare_exchange_strong(&c->phase, &idle, CONNECTION_HEAD))
            atomic_store_explicit(&c->since_ns, now_ns(s), memory_order_relaxed);
    }
}

static void check_body(struct http_server *s, struct connection *c, uint64_t now, uint64_t since)
{
    uint64_t bytes = atomic_load_explicit(&c->body_bytes, memory_order_relaxed);
    if (c->window_since_ns < since) { /* a new body: its first window is the grace */
        c->window_since_ns = since;
        c->window_body_bytes = 0;
        c->window_is_first = true;
    }
    uint64_t elapsed_ms = ms_since(now, c->window_since_ns);
    if (elapsed_ms < s->limits.body_window_ms) return;
    uint64_t needed = s->limits.body_rate * elapsed_ms / 1000;
    if (!c->window_is_first && bytes - c->window_body_bytes < needed) {
        http__cut(c, CONNECTION_BODY, 408, "the body came too slowly");
        return;
    }
    c->window_is_first = false;
    c->window_since_ns = now;
    c->window_body_bytes = bytes;
}

/* True: over. */
static bool drain(struct connection *c)
{
    char waste[8192];
    for (uint32_t i = 0; i < LINGER_READS_MAX; i++) {
        ssize_t n = recv(c->fd, waste, sizeof waste, MSG_DONTWAIT);
        if (n == 0) return true;
        if (n < 0) return errno != EAGAIN && errno != EINTR;
    }
    return false;
}

static void check_deadline(struct http_server *s, struct connection *c, uint64_t now)
{
    enum connection_phase phase = (enum connection_phase)atomic_load(&c->phase);
    uint64_t since = atomic_load_explicit(&c->since_ns, memory_order_relaxed);
    uint64_t elapsed_ms = ms_since(now, since);
    if (c->lingers) {
        if (drain(c) || elapsed_ms >= s->limits.linger_ms) free_connection(s, c);
        return;
    }
    if (asks_kernel(s) && has_left(c, phase)) {
        http__cut(c, phase, 0, NULL);
        return;
    }
    switch (phase) {
    case CONNECTION_HEAD:
        if (elapsed_ms >= s->limits.head_ms)
            http__cut(c, phase, 408, "the headers came too slowly");
        break;
    case CONNECTION_IDLE: check_idle(s, c, elapsed_ms); break;
    case CONNECTION_BODY: check_body(s, c, now, since); break;
    case CONNECTION_ANSWER: /* however slowly it is read */
        if (elapsed_ms >= s->limits.answer_ms) http__cut(c, phase, 0, NULL);
        break;
    case CONNECTION_HANDLED:
    case CONNECTION_CUT: break;
    }
}

static void sweep(struct http_server *s)
{
    s->sweeps++;
    uint64_t now = now_ns(s);
    mutex_lock(&s->lock);
    for (struct connection *c = s->connections, *next; c; c = next) {
        next = c->next;
        check_deadline(s, c, now);
    }
    mutex_unlock(&s->lock);
}

void *http__keep(void *server)
{
    struct http_server *s = server;
    uint64_t swept_ns = now_ns(s);
    bool listens = true;
    while (!atomic_load(&s->stopping)) {
        struct pollfd polled[2] = {
            {.fd = s->wake_fd, .events = POLLIN}, {.fd = s->listen_fd, .events = POLLIN}};
        uint64_t elapsed_ms = ms_since(now_ns(s), swept_ns);
        int wait_ms = elapsed_ms >= s->limits.sweep_ms ? 0 : (int)(s->limits.sweep_ms - elapsed_ms);
        poll(polled, listens ? 2 : 1, wait_ms);
        if (listens && polled[1].revents) listens = accept_some(s);
        if (ms_since(now_ns(s), swept_ns) >= s->limits.sweep_ms) {
            sweep(s);
            swept_ns = now_ns(s);
            listens = true;
        }
    }
    return NULL;
}
