/* Plain sockets against a server in the same process. Times of the limits are scaled down. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/env.h"
#include "base/num.h"
#include "http/http_private.h"
#include "test.h"

enum { WAIT_MS = 10000, ANSWER_MAX = 1 << 16 };

struct client {
    int fd;
    char text[ANSWER_MAX];
    size_t n;
};

static uint16_t port_of(const struct http_server *s)
{
    int32_t port = 0;
    ASSERT(num_parse_i32(slice_of(strrchr(http_server_address(s), ':') + 1), &port));
    return (uint16_t)port;
}

static void client_open(struct client *c, const struct http_server *s)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port_of(s))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->n = 0;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int code = connect(c->fd, (struct sockaddr *)&to, sizeof to);
    ASSERT(code == 0);
}

static bool client_send(struct client *c, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(c->fd, p, n, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        p += sent;
        n -= (size_t)sent;
    }
    return true;
}

/* Reads more; false at the end, at an error or when nothing comes for WAIT_MS. */
static bool client_more(struct client *c)
{
    struct pollfd polled = {.fd = c->fd, .events = POLLIN};
    if (c->n == ANSWER_MAX - 1 || poll(&polled, 1, WAIT_MS) != 1) return false;
    ssize_t n = recv(c->fd, c->text + c->n, ANSWER_MAX - 1 - c->n, 0);
    if (n <= 0) return false;
    c->n += (size_t)n;
    c->text[c->n] = '\0';
    return true;
}

/* The status of the next answer, which is read whole and moved to c->text; 0: none came. */
static int client_answer(struct client *c, size_t skip)
{
    memmove(c->text, c->text + skip, c->n - skip);
    c->n -= skip;
    c->text[c->n] = '\0';
    const char *end;
    while ((end = strstr(c->text, "\r\n\r\n")) == NULL)
        if (!client_more(c)) return 0;
    const char *length = strstr(c->text, "Content-Length: ");
    size_t head = (size_t)(end - c->text) + 4, all = head;
    uint64_t body = 0;
    if (length && length < end)
        ASSERT(num_parse_u64((struct slice){length + 16, strcspn(length + 16, "\r")}, &body));
    all += body;
    while (c->n < all)
        if (!client_more(c)) return 0;
    int32_t status = 0;
    ASSERT(num_parse_i32((struct slice){c->text + 9, 3}, &status));
    return status;
}

static int ask(const struct http_server *s, const char *request, struct client *out)
{
    client_open(out, s);
    client_send(out, request, strlen(request));
    int status = client_answer(out, 0);
    close(out->fd);
    return status;
}

static void echo(struct http_request *r, void *context)
{
    (void)context;
    http_reply(r, 200, "text/plain", http_body(r), "X-Extra: 1\r\n");
}

static struct http_server *start(const struct http_limits *limits)
{
    struct http_server *s;
    struct http_server_params p = {.env = env_system(), .address = "127.0.0.1:0"};
    struct http_route route = {"POST", "/echo", "says it again", 1 << 20, NULL, echo, NULL};
    struct err *e = http__start(&p, limits ? limits : &http__limits, &s);
    ASSERT(!e);
    e = http_server_add(s, &route);
    ASSERT(!e);
    return s;
}

static void body_is_given_to_its_handler(void)
{
    static struct client c;
    struct http_server *s = start(NULL);
    CHECK(ask(s, "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello", &c) ==
          200);
    CHECK(strstr(c.text, "\r\n\r\nhello") && strstr(c.text, "X-Extra: 1"));
    http_server_stop(s, 1000);
}

int main(void)
{
    TEST_RUN(body_is_given_to_its_handler);
    return TEST_END();
}
