/* Every figure that bounds a client, with the times scaled down. */
#include <fcntl.h>
#include <stdio.h>

#include "http/client_test.h"
#include "test.h"

#define HOST "Host: localhost\r\n"
#define POST "POST /echo HTTP/1.1\r\n" HOST

enum { MIB = 1 << 20, CLIENTS_MAX = 100 };

static struct client client, more[CLIENTS_MAX];
static char big[2 * MIB];

static const struct http_route routes[] = {
    {"POST", "/echo", "says it again", 8 * MIB, NULL, client_echo, NULL, false},
    {"POST", "/small", "takes 100 bytes", 100, NULL, client_echo, NULL, false},
    {"GET", "/none", "takes no body", 0, NULL, client_echo, NULL, false}};

static struct http_server *start(const struct http_limits *limits)
{
    return client_server(limits, routes, sizeof routes / sizeof *routes);
}

static struct http_limits quick(void)
{
    struct http_limits l = http__limits;
    l.sweep_ms = 10;
    return l;
}

static uint64_t now_ms(void)
{
    return env_mono_ns(env_system()) / 1000000;
}

static void pause_ms(int ms)
{
    poll(NULL, 0, ms);
}

static void limits_are_those_that_were_promised(void)
{
    const struct http_limits *l = &http__limits;
    CHECK(l->head_ms == 10000);
    CHECK(l->body_window_ms == 10000 && l->body_rate == 1024);
    CHECK(l->idle_ms == 60000 && l->answer_ms == 60000);
    CHECK(l->connections_max == 10000 && l->connections_per_address_max == 256);
    CHECK(l->headers_max == 64 && l->head_bytes_max == 16384 && l->uri_bytes_max == 4096);
    CHECK(l->in_flight_bytes_max == 268435456);
    CHECK(l->sweep_ms <= 1000 && l->linger_ms <= 5000);
}

/* ---- time ---- */

static void head_that_comes_slowly_is_cut(void)
{
    struct http_limits l = quick();
    l.head_ms = 200;
    const char *const heads[] = {"", "P", "POST /echo HTTP/1.1\r\nHost: local"};
    struct http_server *s = start(&l);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        uint64_t begin_ms = now_ms();
        client_open(&client, s);
        client_say(&client, heads[i]);
        CHECK(client_answer(&client) == 408 && client_ended(&client));
        CHECK(now_ms() - begin_ms >= 190);
        client_close(&client);
    }
    http_server_stop(s, 1000);
}

static void later_head_that_comes_slowly_is_cut_before_the_idle_time(void)
{
    struct http_limits l = quick();
    l.head_ms = 200;
    struct http_server *s = start(&l);
    client_open(&client, s);
    client_say(&client, POST "Content-Length: 2\r\n\r\nhi");
    CHECK(client_answer(&client) == 200);
    client.n = 0;
    pause_ms(300); /* the kernel's clock of arrivals is coarse */
    client_say(&client, "POST /ec");
    CHECK(client_answer(&client) == 408 && client_ended(&client));
    client_close(&client);
    http_server_stop(s, 1000);
}

static void idle_connection_is_closed(void)
{
    struct http_limits l = quick();
    l.idle_ms = 200;
    struct http_server *s = start(&l);
    client_open(&client, s);
    client_say(&client, POST "Content-Length: 2\r\n\r\nhi");
    CHECK(client_answer(&client) == 200);
    uint64_t begin_ms = now_ms();
    CHECK(client_ended(&client) && now_ms() - begin_ms >= 150);
    client_close(&client);
    http_server_stop(s, 1000);
}

static void answer_that_is_not_read_is_cut(void)
{
    struct http_limits l = quick();
    l.answer_ms = 200;
    int small = 4096;
    struct http_server *s = start(&l);
    client_open(&client, s);
    setsockopt(client.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    client_say(&client, POST "Content-Length: 8388608\r\n\r\n");
    for (int i = 0; i < 4; i++) client_send(&client, big, sizeof big);
    struct http_server_stats stats = {.connections = 1};
    uint64_t begin_ms = now_ms();
    while (stats.connections > 0 && now_ms() - begin_ms < CLIENT_WAIT_MS)
        http_server_stats(s, &stats);
    CHECK(stats.connections == 0 && now_ms() - begin_ms >= 150);
    client_close(&client);
    http_server_stop(s, 1000);
}

static void body_that_comes_slowly_is_cut(void)
{
    struct http_limits l = quick();
    l.body_window_ms = 100;
    struct http_server *s = start(&l);
    uint64_t begin_ms = now_ms();
    client_open(&client, s);
    client_say(&client, POST "Content-Length: 100000\r\n\r\nfirst bytes");
    CHECK(client_answer(&client) == 408 && client_ended(&client));
    CHECK(now_ms() - begin_ms >= 190);
    client_close(&client);
    /* A fast start buys nothing. */
    client_open(&client, s);
    client_say(&client, POST "Content-Length: 100000\r\n\r\n");
    client_send(&client, big, 50000);
    CHECK(client_answer(&client) == 408 && client_ended(&client));
    client_close(&client);
    http_server_stop(s, 1000);
}

static bool handled[CLIENTS_MAX];

static void note_handled(struct http_request *r, void *context)
{
    (void)context;
    struct slice number = http_query(r, "n");
    int32_t n = 0;
    if (num_parse_i32(number, &n) && n < CLIENTS_MAX) handled[n] = true;
    http_reply(r, 200, "text/plain", SLICE("ok"), NULL);
}

/* The last byte comes when the time is just over: one of the two, not both. */
static void body_that_is_cut_is_not_handled(void)
{
    enum { ROUNDS = 40 };
    const struct http_route route = {"POST", "/note", "", 100, NULL, note_handled, NULL, false};
    struct http_limits l = http__limits;
    l.sweep_ms = 1;
    l.body_window_ms = 20;
    struct http_server *s = client_server(&l, &route, 1);
    uint32_t cut = 0, both = 0;
    for (int round = 0; round < ROUNDS; round++) {
        memset(handled, 0, sizeof handled);
        for (int i = 0; i < CLIENTS_MAX; i++) {
            char head[200];
            snprintf(head, sizeof head,
                "POST /note?n=%d HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\na", i);
            client_open(&more[i], s);
            client_say(&more[i], head);
        }
        pause_ms(34 + round % 8);
        for (int i = 0; i < CLIENTS_MAX; i++) client_say(&more[i], "b");
        for (int i = 0; i < CLIENTS_MAX; i++) {
            bool was_cut = client_answer(&more[i]) == 408;
            client_close(&more[i]);
            cut += was_cut;
            both += was_cut && handled[i];
        }
    }
    printf("# %u of %d cut\n", cut, ROUNDS * CLIENTS_MAX);
    CHECK(both == 0);
    if (both) printf("# %u cut and handled\n", both);
    http_server_stop(s, 1000);
}

static void body_that_comes_fast_enough_is_taken(void)
{
    struct http_limits l = quick();
    l.body_window_ms = 100;
    struct http_server *s = start(&l);
    client_open(&client, s);
    client_say(&client, POST "Content-Length: 51200\r\n\r\n");
    for (int i = 0; i < 50; i++) {
        client_send(&client, big, 1024);
        pause_ms(10);
    }
    CHECK(client_answer(&client) == 200);
    client_close(&client);
    http_server_stop(s, 1000);
}

static void body_may_pause_in_its_first_seconds(void)
{
    struct http_server *s = start(NULL);
    client_open(&client, s);
    client_say(&client, POST "Content-Length: 10\r\n\r\nhello");
    pause_ms(600); /* two sweeps */
    client_say(&client, "hello");
    CHECK(client_answer(&client) == 200);
    client_close(&client);
    http_server_stop(s, 1000);
}

/* The end of the client's side may come with the last bytes. */
static void client_that_has_left_is_let_go(void)
{
    struct http_limits l = quick();
    struct http_server *s = start(&l);
    const char *const requests[] = {POST "Content-Length: 2\r\n\r\nhi",
        POST "Content-Length: 30000\r\n\r\nhi", "POST /echo HT", ""};
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        for (int k = 0; k < 20; k++) {
            client_open(&more[k], s);
            client_say(&more[k], requests[i]);
            shutdown(more[k].fd, SHUT_WR);
        }
        uint64_t begin_ms = now_ms();
        for (int k = 0; k < 20; k++) {
            CHECK(client_ended(&more[k]));
            CHECK((strncmp(more[k].text, "HTTP/1.1 200", 12) == 0) == (i == 0));
            client_close(&more[k]);
            more[k].text[0] = '\0';
        }
        CHECK(now_ms() - begin_ms < http__limits.head_ms);
    }
    struct http_server_stats stats = {.connections = 1};
    uint64_t begin_ms = now_ms();
    while (stats.connections > 0 && now_ms() - begin_ms < CLIENT_WAIT_MS)
        http_server_stats(s, &stats);
    CHECK(stats.connections == 0 && stats.in_flight_bytes == 0);
    http_server_stop(s, 1000);
}

/* ---- connections ---- */

static void connections_have_a_maximum(void)
{
    struct http_limits l = quick();
    l.connections_max = 5;
    struct http_server *s = start(&l);
    for (int i = 0; i < 5; i++) client_open(&more[i], s);
    client_open(&client, s);
    CHECK(client_answer(&client) == 503 && strstr(client.text, "Retry-After: "));
    client_close(&client);
    for (int i = 0; i < 5; i++) {
        client_say(&more[i], POST "Content-Length: 2\r\n\r\nhi");
        CHECK(client_answer(&more[i]) == 200);
        client_close(&more[i]);
    }
    int status = 0;
    uint64_t begin_ms = now_ms();
    while (status != 200 && now_ms() - begin_ms < CLIENT_WAIT_MS)
        status = client_ask(s, POST "Content-Length: 2\r\n\r\nhi", &client);
    CHECK(status == 200);
    http_server_stop(s, 1000);
}

static void connections_of_one_address_have_a_maximum(void)
{
    struct http_limits l = quick();
    l.connections_per_address_max = 3;
    struct http_server *s = start(&l);
    for (int i = 0; i < 3; i++) client_open(&more[i], s);
    client_open(&client, s);
    CHECK(client_answer(&client) == 429 && strstr(client.text, "Retry-After: "));
    client_close(&client);
    client_open_from(&client, s, 2);
    client_say(&client, POST "Content-Length: 2\r\n\r\nhi");
    CHECK(client_answer(&client) == 200);
    client_close(&client);
    for (int i = 0; i < 3; i++) client_close(&more[i]);
    http_server_stop(s, 1000);
}

/* ---- heads ---- */

/* A request with `count` headers, Host among them, and `bytes` in all. */
static int ask_with_headers(const struct http_server *s, uint32_t count, size_t bytes)
{
    size_t n = (size_t)snprintf(big, sizeof big, "GET /none HTTP/1.1\r\n" HOST);
    for (uint32_t i = 1; i < count; i++)
        n += (size_t)snprintf(big + n, sizeof big - n, "X-%u: %s", i, i + 1 < count ? "\r\n" : "");
    while (n + 4 < bytes) big[n++] = 'x';
    n += (size_t)snprintf(big + n, sizeof big - n, "\r\n\r\n");
    return client_ask(s, big, &client);
}

static void headers_have_a_maximum_in_number_and_in_bytes(void)
{
    struct http_server *s = start(NULL);
    CHECK(ask_with_headers(s, 64, 0) == 200);
    CHECK(ask_with_headers(s, 65, 0) == 431);
    CHECK(ask_with_headers(s, 10, 16384) == 200);
    CHECK(ask_with_headers(s, 10, 16385) == 431);
    CHECK(ask_with_headers(s, 64, 16384) == 200);
    CHECK(ask_with_headers(s, 10, 40000) == 431);
    http_server_stop(s, 1000);
}

static int ask_with_uri(const struct http_server *s, size_t bytes)
{
    memcpy(big, "GET /none?", 10);
    memset(big + 10, 'x', bytes);
    snprintf(big + 4 + bytes, 100, " HTTP/1.1\r\n" HOST "\r\n");
    return client_ask(s, big, &client);
}

static void uri_has_a_maximum(void)
{
    struct http_server *s = start(NULL);
    CHECK(ask_with_uri(s, 4096) == 200);
    CHECK(ask_with_uri(s, 4097) == 414);
    CHECK(ask_with_uri(s, MIB) == 414);
    http_server_stop(s, 1000);
}

/* "?a&a&a": libmicrohttpd has no memory for many of them, and would say nothing at all. */
static int ask_with_parameters(const struct http_server *s, int count)
{
    size_t n = (size_t)snprintf(big, 100, "GET /none");
    for (int i = 0; i < count; i++) n += (size_t)snprintf(big + n, 100, "%sa", i ? "&" : "?");
    snprintf(big + n, 100, " HTTP/1.1\r\n" HOST "\r\n");
    return client_ask(s, big, &client);
}

static void query_parameters_have_a_maximum(void)
{
    struct http_limits l = http__limits;
    l.head_ms = 3600000; /* so that no deadline answers */
    struct http_server *s = start(&l);
    CHECK(ask_with_parameters(s, 32) == 200);
    static const int too_many[] = {33, 100, 400, 2000};
    for (size_t i = 0; i < sizeof too_many / sizeof *too_many; i++) {
        CHECK(ask_with_parameters(s, too_many[i]) == 400);
        CHECK(strstr(client.text, "more than 32 query parameters"));
    }
    CHECK(ask_with_parameters(s, 100000) == 414);
    http_server_stop(s, 1000);
}

static size_t resident_bytes(void)
{
    char text[128] = "";
    uint64_t pages = 0;
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    ASSERT(n > 0);
    const char *second = strchr(text, ' ') + 1;
    bool ok = num_parse_u64((struct slice){second, strcspn(second, " ")}, &pages);
    ASSERT(ok);
    return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static void header_of_1_mib_is_refused_without_memory_for_it(void)
{
    struct http_server *s = start(NULL);
    CHECK(ask_with_headers(s, 10, MIB) == 431);
    size_t before = resident_bytes();
    for (int i = 0; i < 10; i++) CHECK(ask_with_headers(s, 10, MIB) == 431);
    size_t after = resident_bytes();
    CHECK(SANITIZED || after < before + MIB);
    http_server_stop(s, 1000);
}

/* ---- bodies ---- */

static void body_has_the_maximum_of_its_route(void)
{
    struct http_server *s = start(NULL);
    char request[512];
    int n = snprintf(request, sizeof request,
        "POST /small HTTP/1.1\r\n" HOST "Content-Length: 100\r\n\r\n%0100d", 0);
    ASSERT(n > 0);
    CHECK(client_ask(s, request, &client) == 200);
    const char *const refused[] = {"POST /small HTTP/1.1\r\n" HOST "Content-Length: 101\r\n\r\n",
        "POST /small HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n65\r\n",
        "GET /none HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\nx",
        "GET /none HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        "POST /small HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551615\r\n\r\n",
        "POST /small HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551616\r\n\r\n"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        client_open(&client, s);
        client_say(&client, refused[i]);
        if (i == 1) client_send(&client, big, 101);
        CHECK(client_answer(&client) == 413);
        client_close(&client);
    }
    http_server_stop(s, 1000);
}

static void count_bytes(struct http_request *r, void *context)
{
    *(size_t *)context = http_body(r).n;
    http_reply(r, 204, NULL, SLICE(""), NULL);
}

static void largest_body_there_can_be_is_taken(void)
{
    enum { LARGEST = HTTP_BODY_BYTES_MAX };
    size_t taken = 0;
    struct http_route route = {"POST", "/large", "", LARGEST, NULL, count_bytes, &taken, false};
    struct http_server *s = client_server(NULL, &route, 1);
    char head[200];
    snprintf(
        head, sizeof head, "POST /large HTTP/1.1\r\n" HOST "Content-Length: %d\r\n\r\n", LARGEST);
    client_open(&client, s);
    client_say(&client, head);
    for (size_t sent = 0; sent < LARGEST; sent += sizeof big) client_send(&client, big, sizeof big);
    CHECK(client_answer(&client) == 204 && taken == LARGEST);
    client_close(&client);
    route.path = "/larger";
    route.body_bytes_max++;
    struct err *e = http_server_add(s, &route);
    CHECK(e && err_code(e) == ERR_LIMIT_EXCEEDED);
    err_free(e);
    http_server_stop(s, 1000);
}

static void refused_client_that_goes_on_sending_sees_why(void)
{
    struct http_server *s = start(NULL);
    for (int i = 0; i < 5; i++) {
        client_open(&client, s);
        client_say(&client, POST "Content-Length: 1000000000\r\n\r\n");
        client_send(&client, big, sizeof big);
        CHECK(client_answer(&client) == 413 && client_ended(&client));
        client_close(&client);
    }
    http_server_stop(s, 1000);
}

static void requests_a_second_have_a_maximum_that_health_checks_pass(void)
{
    struct http_server *s;
    struct http_server_params p = {
        .env = env_system(), .address = "127.0.0.1:0", .requests_per_second_max = 1};
    const struct http_route health = {"GET", "/healthz", "well", 0, NULL, client_echo, NULL, true};
    CHECK(!http_server_start(&p, &s));
    CHECK(!http_server_add(s, &routes[0]) && !http_server_add(s, &health));
    int answered = 0, refused = 0;
    for (int i = 0; i < 20; i++) { /* five seconds' worth at once, and one a second */
        int status = client_ask(s, POST "Content-Length: 2\r\n\r\nhi", &client);
        answered += status == 200;
        refused += status == 429 && strstr(client.text, "Retry-After: 1\r\n");
    }
    CHECK(answered >= 5 && refused > 0 && answered + refused == 20);
    CHECK(client_ask(s, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", &client) == 200);
    http_server_stop(s, 1000);
}

static void bodies_on_their_way_have_a_maximum_in_all(void)
{
    struct http_server *s;
    struct mem_budget budget = {.name = "test"};
    struct http_server_params p = {.env = env_system(),
        .address = "127.0.0.1:0",
        .in_flight_bytes_max = 80 << 10,
        .budget = &budget};
    CHECK(!http_server_start(&p, &s));
    CHECK(!http_server_add(s, &routes[0]));
    for (int i = 0; i < 2; i++) { /* each in a buffer of 32 KiB */
        client_open(&more[i], s);
        client_say(&more[i], POST "Content-Length: 30000\r\n\r\n");
        client_send(&more[i], big, 29999);
    }
    struct http_server_stats stats = {0};
    uint64_t begin_ms = now_ms();
    while (budget.used_bytes < 64 << 10 && now_ms() - begin_ms < CLIENT_WAIT_MS)
        http_server_stats(s, &stats);
    http_server_stats(s, &stats);
    CHECK(stats.in_flight_bytes == 64 << 10 && budget.used_bytes == 64 << 10);
    CHECK(client_ask(s, POST "Content-Length: 30000\r\n\r\n", &client) == 429);
    CHECK(strstr(client.text, "Retry-After: 1\r\n"));
    CHECK(client_ask(s, POST "Content-Length: 2\r\n\r\nhi", &client) == 200);
    for (int i = 0; i < 2; i++) {
        client_say(&more[i], "x");
        CHECK(client_answer(&more[i]) == 200);
        client_close(&more[i]);
    }
    CHECK(client_ask(s, POST "Content-Length: 2\r\n\r\nhi", &client) == 200);
    http_server_stop(s, 1000);
    CHECK(budget.used_bytes == 0);
}

static void body_that_is_only_promised_takes_little(void)
{
    struct http_server *s = start(NULL);
    for (int i = 0; i < 10; i++) {
        client_open(&more[i], s);
        client_say(&more[i], POST "Content-Length: 8388608\r\n\r\n");
    }
    struct http_server_stats stats = {0};
    uint64_t begin_ms = now_ms();
    while (stats.in_flight_bytes == 0 && now_ms() - begin_ms < CLIENT_WAIT_MS)
        http_server_stats(s, &stats);
    CHECK(stats.in_flight_bytes <= 10 * (128 << 10));
    for (int i = 0; i < 10; i++) client_close(&more[i]);
    http_server_stop(s, 1000);
}

/* Sends without waiting for room; false once the client has been answered or cut. */
static bool push_chunk(struct client *c)
{
    char byte;
    ssize_t seen = recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (seen >= 0 || errno != EAGAIN) return false;
    ssize_t n = send(c->fd, big, 256 << 10, MSG_DONTWAIT | MSG_NOSIGNAL);
    return n >= 0 || errno == EAGAIN;
}

static void hundred_bodies_of_1_gib_stay_below_the_cap(void)
{
    enum { CAP = 128 * MIB };
    struct http_limits l = quick();
    l.in_flight_bytes_max = CAP;
    memset(big, 'x', sizeof big);
    struct http_server *s = start(&l);
    size_t before = resident_bytes(), peak = 0;
    bool going[CLIENTS_MAX];
    for (int i = 0; i < CLIENTS_MAX; i++) {
        going[i] = true;
        client_open(&more[i], s);
        client_say(&more[i], POST "Transfer-Encoding: chunked\r\n\r\n40000000\r\n");
    }
    int left = CLIENTS_MAX;
    uint64_t begin_ms = now_ms();
    while (left > 0 && now_ms() - begin_ms < CLIENT_WAIT_MS) {
        for (int i = 0; i < CLIENTS_MAX; i++) {
            if (!going[i] || push_chunk(&more[i])) continue;
            going[i] = false;
            left--;
        }
        size_t resident = resident_bytes();
        if (resident > peak) peak = resident;
    }
    CHECK(left == 0);
    CHECK(SANITIZED || peak - before < CAP + CAP / 10);
    for (int i = 0; i < CLIENTS_MAX; i++) {
        int status = client_answer(&more[i]);
        CHECK(status == 413 || status == 429);
        client_close(&more[i]);
    }
    http_server_stop(s, 1000);
}

static void compressed_body_is_refused(void)
{
    struct http_server *s = start(NULL);
    CHECK(client_ask(s, POST "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nhi", &client) ==
          415);
    CHECK(client_ask(
              s, POST "Content-Encoding: identity\r\nContent-Length: 2\r\n\r\nhi", &client) == 200);
    http_server_stop(s, 1000);
}

static void client_that_asks_before_its_body_is_told_to_send_it(void)
{
    struct http_server *s = start(NULL);
    client_open(&client, s);
    client_say(&client, POST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    CHECK(client_answer(&client) == 100);
    client.n = 0;
    client_say(&client, "hi");
    CHECK(client_answer(&client) == 200);
    client_close(&client);
    CHECK(client_ask(s, POST "Expect: tea\r\nContent-Length: 2\r\n\r\n", &client) == 417);
    CHECK(client_ask(s, POST "Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n", &client) ==
          413);
    http_server_stop(s, 1000);
}

/* ---- who may ask ---- */

static int ask_as(const struct http_server *s, const char *line, const char *headers)
{
    char request[1024];
    snprintf(request, sizeof request, "%s HTTP/1.1\r\n%s\r\n", line, headers);
    return client_ask(s, request, &client);
}

static void foreign_host_is_refused_on_every_path(void)
{
    const char *const hosts[] = {"collector.example"};
    struct http_server_params p = {
        .env = env_system(), .address = "127.0.0.1:0", .hosts = hosts, .host_count = 1};
    struct http_server *s;
    CHECK(!http_server_start(&p, &s));
    CHECK(!http_server_add(s, &routes[2]));
    const char *const ours[] = {"localhost", "LocalHost:80", "127.0.0.1", "127.0.0.1:65535",
        "[::1]:8080", "localhost.", "collector.example", "Collector.Example:443"};
    const char *const foreign[] = {"evil.test", "evil.test:8080", "localhost.evil.test", "localhos",
        "localhost@evil.test", "127.0.0.2", "localhost:x", "localhost:", "localhost:123456",
        "evil.test, localhost", "[::1", "[::1]x", "::1", "0.0.0.0", "localhost/"};
    const char *const lines[] = {"GET /none", "GET /nothing/there", "POST /none", "OPTIONS *"};
    char headers[256];
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        snprintf(headers, sizeof headers, "Host: %s\r\n", ours[i]);
        CHECK(ask_as(s, lines[0], headers) == 200);
    }
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        snprintf(headers, sizeof headers, "Host: %s\r\n", foreign[i]);
        for (size_t k = 0; k < sizeof lines / sizeof *lines; k++)
            CHECK(ask_as(s, lines[k], headers) == 421);
    }
    CHECK(ask_as(s, "GET http://evil.test/none", HOST) == 400);
    http_server_stop(s, 1000);
}

static void listener_on_all_addresses_answers_at_each_of_its_own(void)
{
    struct http_server_params p = {.env = env_system(), .address = "0.0.0.0:0"};
    struct http_server *s;
    CHECK(!http_server_start(&p, &s));
    CHECK(!http_server_add(s, &routes[2]));
    CHECK(ask_as(s, "GET /none", "Host: 0.0.0.0\r\n") == 200); /* as it was asked for */
    CHECK(ask_as(s, "GET /none", "Host: 127.0.0.1\r\n") == 200);
    CHECK(ask_as(s, "GET /none", "Host: 192.0.2.1\r\n") == 421);
    CHECK(ask_as(s, "GET /none", "Host: evil.test\r\n") == 421);
    http_server_stop(s, 1000);
}

static void page_of_another_site_may_not_post(void)
{
    struct http_server *s = start(NULL);
    const char *const foreign[] = {"Origin: http://evil.test\r\n", "Origin: null\r\n",
        "Origin: http://localhost:99\r\n", "Origin: localhost\r\n", "Origin: http://\r\n",
        "Sec-Fetch-Site: cross-site\r\n", "Sec-Fetch-Site: same-site\r\n"};
    const char *const own[] = {"Origin: http://localhost\r\n", "Origin: https://localhost\r\n",
        "Sec-Fetch-Site: same-origin\r\nOrigin: http://localhost\r\n", "Sec-Fetch-Site: none\r\n"};
    char headers[256];
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        snprintf(headers, sizeof headers, HOST "%s", foreign[i]);
        CHECK(ask_as(s, "POST /echo", headers) == 403);
        CHECK(ask_as(s, "GET /none", headers) == 200); /* unreadable there, without CORS */
        CHECK(!strstr(client.text, "Access-Control"));
    }
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        snprintf(headers, sizeof headers, HOST "%s", own[i]);
        CHECK(ask_as(s, "POST /echo", headers) == 200);
    }
    http_server_stop(s, 1000);
}

int main(void)
{
    TEST_RUN(limits_are_those_that_were_promised);
    TEST_RUN(head_that_comes_slowly_is_cut);
    TEST_RUN(later_head_that_comes_slowly_is_cut_before_the_idle_time);
    TEST_RUN(idle_connection_is_closed);
    TEST_RUN(answer_that_is_not_read_is_cut);
    TEST_RUN(body_that_comes_slowly_is_cut);
    TEST_RUN(body_that_is_cut_is_not_handled);
    TEST_RUN(body_that_comes_fast_enough_is_taken);
    TEST_RUN(body_may_pause_in_its_first_seconds);
    TEST_RUN(client_that_has_left_is_let_go);
    TEST_RUN(connections_have_a_maximum);
    TEST_RUN(connections_of_one_address_have_a_maximum);
    TEST_RUN(headers_have_a_maximum_in_number_and_in_bytes);
    TEST_RUN(uri_has_a_maximum);
    TEST_RUN(query_parameters_have_a_maximum);
    TEST_RUN(header_of_1_mib_is_refused_without_memory_for_it);
    TEST_RUN(body_has_the_maximum_of_its_route);
    TEST_RUN(largest_body_there_can_be_is_taken);
    TEST_RUN(refused_client_that_goes_on_sending_sees_why);
    TEST_RUN(requests_a_second_have_a_maximum_that_health_checks_pass);
    TEST_RUN(bodies_on_their_way_have_a_maximum_in_all);
    TEST_RUN(body_that_is_only_promised_takes_little);
    TEST_RUN(hundred_bodies_of_1_gib_stay_below_the_cap);
    TEST_RUN(compressed_body_is_refused);
    TEST_RUN(client_that_asks_before_its_body_is_told_to_send_it);
    TEST_RUN(foreign_host_is_refused_on_every_path);
    TEST_RUN(listener_on_all_addresses_answers_at_each_of_its_own);
    TEST_RUN(page_of_another_site_may_not_post);
    return TEST_END();
}
