/* client_test.h - plain sockets against a server in the same process, for the tests of this
 * folder. */
#pragma once
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/env.h"
#include "base/num.h"
#include "http/http_private.h"

enum { CLIENT_WAIT_MS = 20000, CLIENT_ANSWER_MAX = 1 << 16 };

struct client {
    int fd;
    char text[CLIENT_ANSWER_MAX]; /* NUL-terminated */
    size_t n;
    bool ended; /* the server has closed */
};

static inline uint16_t client_port(const struct http_server *s)
{
    int32_t port = 0;
    bool ok = num_parse_i32(slice_of(strrchr(http_server_address(s), ':') + 1), &port);
    ASSERT(ok);
    return (uint16_t)port;
}

/* From 127.0.0.`last`. */
static inline void client_open_from(struct client *c, const struct http_server *s, uint8_t last)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(client_port(s))};
    struct sockaddr_in from = {.sin_family = AF_INET};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + last);
    c->n = 0;
    c->ended = false;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    /* The port is chosen by connect, which may take one that waits after a connection to another
     * server: tests open thousands. */
    int code = setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &(int){1}, sizeof(int));
    ASSERT(code == 0);
    code = bind(c->fd, (struct sockaddr *)&from, sizeof from);
    ASSERT(code == 0);
    code = connect(c->fd, (struct sockaddr *)&to, sizeof to);
    ASSERT(code == 0);
}

static inline void client_open(struct client *c, const struct http_server *s)
{
    client_open_from(c, s, 1);
}

static inline void client_close(struct client *c)
{
    close(c->fd);
}

static inline bool client_send(struct client *c, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(c->fd, p, n, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        p += sent;
        n -= (size_t)sent;
    }
    return true;
}

static inline bool client_say(struct client *c, const char *text)
{
    return client_send(c, text, strlen(text));
}

/* Reads more; false at the end, at an error or when nothing comes for CLIENT_WAIT_MS. */
static inline bool client_more(struct client *c)
{
    struct pollfd polled = {.fd = c->fd, .events = POLLIN};
    if (c->n == CLIENT_ANSWER_MAX - 1 || poll(&polled, 1, CLIENT_WAIT_MS) != 1) return false;
    ssize_t n = recv(c->fd, c->text + c->n, CLIENT_ANSWER_MAX - 1 - c->n, 0);
    c->ended = n <= 0;
    if (n <= 0) return false;
    c->n += (size_t)n;
    c->text[c->n] = '\0';
    return true;
}

/* Reads one answer whole, as the first in c->text, and returns its status; 0: none came. */
static inline int client_answer(struct client *c)
{
    const char *end;
    uint64_t body = 0;
    int32_t status = 0;
    c->text[c->n] = '\0';
    while ((end = strstr(c->text, "\r\n\r\n")) == NULL)
        if (!client_more(c)) return 0;
    size_t head = (size_t)(end - c->text) + 4;
    const char *length = strstr(c->text, "Content-Length: ");
    if (length && length < end) {
        bool ok = num_parse_u64((struct slice){length + 16, strcspn(length + 16, "\r")}, &body);
        ASSERT(ok);
    }
    while (c->n < head + body)
        if (!client_more(c)) return 0;
    return num_parse_i32((struct slice){c->text + 9, 3}, &status) ? status : 0;
}

/* True once the server has closed; what it said until then is in c->text. */
static inline bool client_ended(struct client *c)
{
    while (client_more(c)) continue;
    return c->ended;
}

/* One request on a connection of its own. */
static inline int client_ask(const struct http_server *s, const char *request, struct client *c)
{
    client_open(c, s);
    client_say(c, request);
    int status = client_answer(c);
    client_close(c);
    return status;
}

static inline void client_echo(struct http_request *r, void *context)
{
    (void)context;
    http_reply(r, 200, "text/plain", http_body(r), "X-Extra: 1\r\n");
}

static inline struct http_server *client_server(
    const struct http_limits *limits, const struct http_route *routes, size_t count)
{
    struct http_server *s;
    struct http_server_params p = {.env = env_system(), .address = "127.0.0.1:0", .threads = 2};
    struct err *e = http__start(&p, limits ? limits : &http__limits, &s);
    for (size_t i = 0; !e && i < count; i++) e = http_server_add(s, &routes[i]);
    if (e) err_print(e, stdout);
    ASSERT(!e);
    return s;
}
