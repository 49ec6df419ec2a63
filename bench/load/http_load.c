/* http_load - posts records of 350 bytes to an http table, as fast as it takes them or at a rate,
 * and says when the last answer came. No id is ever sent twice: an event that was not answered with
 * 200 is not sent again.
 *
 *   http_load HOST PORT PATH RECORDS CONNECTIONS RATE
 *
 * One thread; each connection has one request under way. RATE is records a second, 0 for no limit.
 * Bodies are 100 lines; event time advances by 10 ms a body, from 2026-01-01 on. The last body is
 * one record an hour later, which closes every window. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/num.h"

enum {
    RECORD_BYTES = 350,
    BODY_RECORDS = 100,
    HEAD_BYTES_MAX = 512,
    CONNECTIONS_MAX = 256,
    PAGES = 1000
};

struct connection {
    int fd;
    char *out; /* head and body */
    size_t out_bytes, sent;
    char in[2048];
    size_t got;
    bool busy;
};

struct load {
    const char *host, *path;
    uint16_t port;
    uint64_t records, rate, next, accepted, refused;
    int epoll;
    struct connection connections[CONNECTIONS_MAX];
    uint32_t count;
    uint64_t begun_ns;
};

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void put_digits(char *to, uint64_t v, int digits)
{
    while (digits-- > 0) {
        to[digits] = (char)('0' + v % 10);
        v /= 10;
    }
}

static size_t put_record(char *to, uint64_t id, uint64_t event_ms)
{
    static const char sample[] =
        "{\"id\":1000000000,\"page\":\"/products/0000\",\"amount\":100.25,\"ts\":\"2026-01-01 "
        "00:00:00.000\",\"user\":\"u00000\",\"country\":\"DE\",\"session\":{\"id\":\"s00000000\","
        "\"device\":\"desktop\",\"new\":false},\"agent\":\"Mozilla/5.0 (X11; Linux x86_64) "
        "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36\",\"note\":\"";
    enum { ID_AT = 7, PAGE_AT = 35, AMOUNT_AT = 50, TIME_AT = 74, USER_AT = 97, SESSION_AT = 137 };
    memcpy(to, sample, sizeof sample - 1);
    memset(to + sizeof sample - 1, 'x', RECORD_BYTES - 3 - (sizeof sample - 1));
    memcpy(to + RECORD_BYTES - 3, "\"}\n", 3);
    put_digits(to + ID_AT, id, 9);
    put_digits(to + PAGE_AT, id * 7919 % PAGES, 4);
    put_digits(to + AMOUNT_AT, 100 + id % 900, 3);
    uint64_t s = event_ms / 1000;
    put_digits(to + TIME_AT, s / 3600 % 24, 2);
    put_digits(to + TIME_AT + 3, s / 60 % 60, 2);
    put_digits(to + TIME_AT + 6, s % 60, 2);
    put_digits(to + TIME_AT + 9, event_ms % 1000, 3);
    put_digits(to + USER_AT, id * 31 % 50000, 5);
    put_digits(to + SESSION_AT, id, 8);
    return RECORD_BYTES;
}

/* The next body of the load, and its head. */
static void prepare(struct load *l, struct connection *c, uint64_t first, uint32_t records)
{
    uint64_t event_ms = first / BODY_RECORDS * 10 + (records == 1 ? 3600000 : 0);
    int n = snprintf(c->out, HEAD_BYTES_MAX,
        "POST %s HTTP/1.1\r\nHost: %s:%u\r\nContent-Type: application/x-ndjson\r\n"
        "Content-Length: %u\r\n\r\n",
        l->path, l->host, l->port, records * RECORD_BYTES);
    c->out_bytes = (size_t)n;
    for (uint32_t i = 0; i < records; i++)
        c->out_bytes += put_record(c->out + c->out_bytes, first + i, event_ms + i / 10);
    c->sent = 0;
    c->got = 0;
    c->busy = true;
}

static void die(const char *what)
{
    fprintf(stderr, "http_load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void watch(struct load *l, struct connection *c, int operation)
{
    struct epoll_event event = {
        .events = EPOLLIN | (c->sent < c->out_bytes ? EPOLLOUT : 0U), .data.ptr = c};
    if (epoll_ctl(l->epoll, operation, c->fd, &event) != 0) die("epoll_ctl");
}

static void open_connection(struct load *l, struct connection *c)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(l->port)};
    int one = 1;
    if (inet_pton(AF_INET, l->host, &to.sin_addr) != 1) die("address");
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0) die("connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (fcntl(c->fd, F_SETFL, O_NONBLOCK) != 0) die("fcntl");
    c->out = mem_alloc(HEAD_BYTES_MAX + BODY_RECORDS * RECORD_BYTES);
    watch(l, c, EPOLL_CTL_ADD);
}

static void send_more(struct load *l, struct connection *c)
{
    bool waited = c->sent > 0;
    while (c->sent < c->out_bytes) {
        ssize_t n = send(c->fd, c->out + c->sent, c->out_bytes - c->sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) break;
        if (n < 0) die("send");
        c->sent += (size_t)n;
    }
    if (waited || c->sent < c->out_bytes) watch(l, c, EPOLL_CTL_MOD);
}

/* Whole once the body that Content-Length says is there. */
static bool answer_is_whole(struct connection *c)
{
    c->in[c->got] = 0;
    char *body = strstr(c->in, "\r\n\r\n"), *length = strcasestr(c->in, "content-length:");
    if (!body || !length || length > body) return false;
    uint64_t n = 0;
    for (length += 15; *length == ' '; length++) {
    }
    while (*length >= '0' && *length <= '9') n = n * 10 + (uint64_t)(*length++ - '0');
    return c->got >= (size_t)(body + 4 - c->in) + n;
}

static void read_more(struct load *l, struct connection *c)
{
    ssize_t n = recv(c->fd, c->in + c->got, sizeof c->in - 1 - c->got, 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) die("the connection was closed");
    c->got += (size_t)n;
    if (!answer_is_whole(c)) return;
    uint64_t records =
        (c->out_bytes - (size_t)(strstr(c->out, "\r\n\r\n") + 4 - c->out)) / RECORD_BYTES;
    if (strncmp(c->in, "HTTP/1.1 200", 12) == 0)
        l->accepted += records;
    else
        l->refused += records;
    c->busy = false;
}

/* How many records should have been sent by now. */
static uint64_t due(const struct load *l)
{
    if (!l->rate) return l->records;
    uint64_t n = (now_ns() - l->begun_ns) * l->rate / 1000000000;
    return n < l->records ? n : l->records;
}

static bool feed(struct load *l)
{
    uint64_t until = due(l);
    bool busy = false;
    for (uint32_t i = 0; i < l->count; i++) {
        struct connection *c = &l->connections[i];
        if (!c->busy && l->next + BODY_RECORDS <= until) {
            prepare(l, c, l->next, BODY_RECORDS);
            l->next += BODY_RECORDS;
            send_more(l, c);
        }
        busy |= c->busy;
    }
    return busy || l->next < l->records;
}

static void wait_for_events(struct load *l)
{
    struct epoll_event events[64];
    int n = epoll_wait(l->epoll, events, 64, l->rate ? 1 : 1000);
    for (int i = 0; i < n; i++) {
        struct connection *c = events[i].data.ptr;
        if (events[i].events & EPOLLOUT) send_more(l, c);
        if (events[i].events & ~(uint32_t)EPOLLOUT) read_more(l, c);
    }
}

static uint64_t number(const char *text)
{
    uint64_t v;
    if (!num_parse_u64((struct slice){text, strlen(text)}, &v)) die(text);
    return v;
}

int main(int argc, char **argv)
{
    static struct load l;
    if (argc != 7) {
        fprintf(stderr, "http_load HOST PORT PATH RECORDS CONNECTIONS RATE\n");
        return 2;
    }
    l.host = argv[1];
    l.port = (uint16_t)number(argv[2]);
    l.path = argv[3];
    l.records = number(argv[4]) / BODY_RECORDS * BODY_RECORDS;
    l.count = (uint32_t)number(argv[5]);
    l.rate = number(argv[6]);
    ASSERT(l.count > 0 && l.count <= CONNECTIONS_MAX);
    l.epoll = epoll_create1(EPOLL_CLOEXEC);
    for (uint32_t i = 0; i < l.count; i++) open_connection(&l, &l.connections[i]);
    l.begun_ns = now_ns();
    while (feed(&l)) wait_for_events(&l);
    double seconds = (double)(now_ns() - l.begun_ns) / 1e9;
    prepare(&l, &l.connections[0], l.next, 1);
    send_more(&l, &l.connections[0]);
    while (l.connections[0].busy) wait_for_events(&l);
    printf("%llu accepted, %llu refused, %.3f s, begun at %llu ns\n",
        (unsigned long long)(l.accepted - 1), (unsigned long long)l.refused, seconds,
        (unsigned long long)l.begun_ns);
    return 0;
}
