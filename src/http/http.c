#include "http/http.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/check.h"
#include "base/env.h"
#include "base/num.h"
#include "http/http_private.h"

enum { FD_MAX = 1 << 20, FDS_RESERVED = 256, STOP_POLL_MS = 2, HOSTS_MAX = 64 };

/* The one table of limits. Each figure has a test in limit_test.c. */
const struct http_limits http__limits = {
    .head_ms = 10000,
    .body_window_ms = 10000,
    .body_rate = 1024,
    .idle_ms = 60000,
    .answer_ms = 60000,
    .linger_ms = 2000,
    .sweep_ms = 250,
    .farewell_ms = 200,
    .connections_max = 10000,
    .connections_per_address_max = 256,
    .backlog = 1024,
    .headers_max = 64,
    .head_bytes_max = 16 << 10,
    .uri_bytes_max = 4 << 10,
    .connection_bytes_max = 24 << 10,
    .in_flight_bytes_max = 256u << 20,
    .spare_bytes_max = 16 << 20,
    .routes_max = 1024,
    .retry_after_s = 1,
};

/* ---- the listening socket ---- */

struct place {
    char host[256];
    char port[8];
};

static struct err *split_address(const char *address, struct place *out)
{
    const char *colon = strrchr(address, ':');
    struct slice host = {address, colon ? (size_t)(colon - address) : 0};
    int32_t port = -1;
    if (host.n > 1 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        host = (struct slice){host.p + 1, host.n - 2};
    if (!colon || !num_parse_i32(slice_of(colon + 1), &port) || port < 0 || port > 65535 ||
        host.n == 0 || host.n >= sizeof out->host)
        return err_hint(ERR(ERR_INVALID_OPTION, "'%s' is not an address to listen at", address),
            "write HOST:PORT, as in 127.0.0.1:8080 or [::1]:8080");
    snprintf(out->host, sizeof out->host, "%.*s", (int)host.n, host.p);
    snprintf(out->port, sizeof out->port, "%d", port);
    return NULL;
}

static int listen_at(const struct addrinfo *where, uint32_t backlog)
{
    int on = 1, fd = socket(where->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, where->ai_addr, where->ai_addrlen) == 0 && listen(fd, (int)backlog) == 0)
        return fd;
    int code = errno;
    close(fd);
    errno = code;
    return -1;
}

static void zero_port(struct addrinfo *where)
{
    if (where->ai_family == AF_INET6)
        ((struct sockaddr_in6 *)where->ai_addr)->sin6_port = 0;
    else
        ((struct sockaddr_in *)where->ai_addr)->sin_port = 0;
}

static uint16_t port_of(const struct sockaddr *address)
{
    return ntohs(address->sa_family == AF_INET6 ? ((const struct sockaddr_in6 *)address)->sin6_port
                                                : ((const struct sockaddr_in *)address)->sin_port);
}

static struct err *note_address(struct http_server *s, const char *host)
{
    struct sockaddr_storage bound;
    socklen_t size = sizeof bound;
    char text[320];
    if (getsockname(s->listen_fd, (struct sockaddr *)&bound, &size) != 0)
        FAIL(ERR_IO, "getsockname: %s", strerror(errno));
    snprintf(text, sizeof text, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host,
        port_of((struct sockaddr *)&bound));
    s->address = mem_strdup(text);
    s->host = mem_strdup(host);
    return NULL;
}

static struct err *open_listener(struct http_server *s, const struct http_server_params *p)
{
    struct place place;
    struct addrinfo wanted = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    TRY(split_address(p->address, &place));
    /* Clients try ::1 only where something listens there; 127.0.0.1 they always try. */
    if (strcmp(place.host, "localhost") == 0) wanted.ai_family = AF_INET;
    int code = getaddrinfo(place.host, place.port, &wanted, &found);
    if (code != 0) FAIL(ERR_IO, "cannot listen at %s: %s", p->address, gai_strerror(code));
    s->listen_fd = listen_at(found, s->limits.backlog);
    code = errno;
    uint16_t port = port_of(found->ai_addr);
    if (s->listen_fd < 0 && code == EADDRINUSE && p->any_port) {
        zero_port(found);
        s->listen_fd = listen_at(found, s->limits.backlog);
        code = errno;
    }
    freeaddrinfo(found);
    if (s->listen_fd < 0) {
        char owner[128] = "";
        if (code == EADDRINUSE) http__port_owner(port, owner, sizeof owner);
        FAIL(ERR_IO, "cannot listen at %s: %s%s", p->address, strerror(code), owner);
    }
    return note_address(s, place.host);
}

/* ---- start and stop ---- */

/* As many descriptors as the system lets us have, and no more connections than fit. */
static void raise_descriptors(struct http_server *s)
{
    struct rlimit limit = {0};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
        getrlimit(RLIMIT_NOFILE, &limit);
    }
    s->fd_max = limit.rlim_cur < FD_MAX ? (uint32_t)limit.rlim_cur : FD_MAX;
    s->by_fd = mem_alloc(s->fd_max * sizeof(struct connection *));
    uint32_t room = s->fd_max > 2 * FDS_RESERVED ? s->fd_max - FDS_RESERVED : s->fd_max / 2;
    if (s->limits.connections_max > room) s->limits.connections_max = room;
}

/* Escapes are decoded by uri.c, once, where a path or a value is taken apart. */
static size_t keep_escapes(void *context, struct MHD_Connection *c, char *text)
{
    (void)context;
    (void)c;
    return strlen(text);
}

static struct MHD_Daemon *start_daemon(struct http_server *s)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC |
                     MHD_USE_NO_LISTEN_SOCKET;
    return MHD_start_daemon(flags, 0, NULL, NULL, http__on_request, s, MHD_OPTION_CONNECTION_LIMIT,
        s->limits.connections_max, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        s->limits.connection_bytes_max, MHD_OPTION_CONNECTION_TIMEOUT,
        (s->limits.idle_ms + 999) / 1000, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_URI_LOG_CALLBACK,
        http__on_target, s, MHD_OPTION_NOTIFY_COMPLETED, http__on_completed, s,
        MHD_OPTION_NOTIFY_CONNECTION, http__on_connection, s, MHD_OPTION_END);
}

static struct err *start_threads(struct http_server *s, uint32_t count)
{
    sigset_t all, before;
    s->workers = mem_alloc(count * sizeof *s->workers);
    /* The daemons' threads inherit the mask: signals stay with the program's own threads. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (; s->worker_count < count; s->worker_count++) {
        s->workers[s->worker_count].daemon = start_daemon(s);
        if (!s->workers[s->worker_count].daemon) break;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (s->worker_count < count) FAIL(ERR_INTERNAL, "cannot start an HTTP thread");
    return thread_start(&s->keeper, "http-keeper", http__keep, s);
}

static void free_server(struct http_server *s)
{
    for (uint32_t i = 0; i < s->worker_count; i++) MHD_stop_daemon(s->workers[i].daemon);
    http__connections_free(s);
    http__routes_free(s);
    if (s->listen_fd >= 0) close(s->listen_fd);
    if (s->wake_fd >= 0) close(s->wake_fd);
    for (size_t i = 0; i < s->host_count; i++) mem_free(s->hosts[i]);
    mem_free(s->hosts);
    mem_free(s->workers);
    mem_free(s->by_fd);
    mem_free(s->address);
    mem_free(s->host);
    body__pool_deinit(&s->bodies);
    condition_deinit(&s->routes_changed);
    mutex_deinit(&s->routes_lock);
    mutex_deinit(&s->lock);
    mem_free(s);
}

struct err *http__start(const struct http_server_params *params, const struct http_limits *limits,
    struct http_server **out)
{
    struct http_server *s = mem_alloc(sizeof *s);
    s->env = params->env;
    s->limits = *limits;
    atomic_store(&s->refuse, params->refuses);
    s->listen_fd = -1;
    s->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    s->address_seed = env_random(s->env);
    ASSERT(params->host_count <= HOSTS_MAX);
    s->hosts = mem_alloc((params->host_count + 1) * sizeof *s->hosts);
    for (; s->host_count < params->host_count; s->host_count++)
        s->hosts[s->host_count] = mem_strdup(params->hosts[s->host_count]);
    mutex_init(&s->lock);
    if (params->requests_per_second_max)
        s->arrival_gap_ns = 1000000000 / params->requests_per_second_max;
    mutex_init(&s->routes_lock);
    condition_init(&s->routes_changed);
    size_t in_flight = params->in_flight_bytes_max;
    body__pool_init(&s->bodies, in_flight ? in_flight : limits->in_flight_bytes_max,
        limits->spare_bytes_max, params->budget);
    raise_descriptors(s);
    struct err *e = open_listener(s, params);
    if (!e) e = start_threads(s, params->threads ? params->threads : 1);
    if (e) {
        free_server(s);
        return e;
    }
    *out = s;
    return NULL;
}

struct err *http_server_start(const struct http_server_params *params, struct http_server **out)
{
    return http__start(params, &http__limits, out);
}

bool http_address_is_loopback(const char *address)
{
    static const char *const hosts[] = {"localhost", "[::1]"};
    const char *colon = strrchr(address, ':');
    struct slice host = {address, colon ? (size_t)(colon - address) : strlen(address)};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++)
        if (slice_eq_nocase(host, slice_of(hosts[i]))) return true;
    bool digits = host.n > 4 && memcmp(host.p, "127.", 4) == 0;
    for (size_t i = 0; digits && i < host.n; i++)
        digits = (host.p[i] >= '0' && host.p[i] <= '9') || host.p[i] == '.';
    return digits; /* a name like 127.evil.test is none */
}

const char *http_server_address(const struct http_server *s)
{
    return s->address;
}

void http_server_refuse(struct http_server *s, bool refuses)
{
    atomic_store(&s->refuse, refuses);
}

/* A connection that waits cannot be stopped, and whoever holds its request may be late: the
 * connection is answered, the request left to them. */
static void orphan_all(struct http_server *s)
{
    mutex_lock(&s->lock);
    for (struct connection *c = s->connections; c; c = c->next) http__request_orphan(c->request);
    mutex_unlock(&s->lock);
}

/* Nobody signals: answers are too frequent to say so each time. */
static void wait_unfinished(struct http_server *s, uint64_t timeout_ms)
{
    uint64_t rounds = timeout_ms / STOP_POLL_MS;
    for (; atomic_load(&s->unfinished) > 0 && rounds > 0; rounds--)
        thread_sleep(STOP_POLL_MS * 1000000);
}

void http_server_stop(struct http_server *s, uint64_t timeout_ms)
{
    uint64_t one = 1;
    if (!s) return;
    http_server_refuse(s, true);
    wait_unfinished(s, timeout_ms);
    while (atomic_load(&s->held) > 0) { /* again for handlers that have not returned yet */
        orphan_all(s);
        wait_unfinished(s, s->limits.farewell_ms);
    }
    atomic_store(&s->stopping, true);
    ssize_t written = write(s->wake_fd, &one, sizeof one);
    ASSERT(written == (ssize_t)sizeof one);
    thread_join(&s->keeper);
    free_server(s);
}

void http_server_stats(const struct http_server *s, struct http_server_stats *out)
{
    *out = (struct http_server_stats){.requests = s->requests,
        .body_bytes = s->body_bytes,
        .connections = s->connection_count,
        .in_flight_bytes = s->bodies.in_flight_bytes};
    for (uint32_t i = 0; i < 6; i++) out->by_class[i] = s->by_class[i];
}
