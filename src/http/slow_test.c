/* 2,000 slow connections, a byte a second each, while a good client posts. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "http/client_test.h"
#include "test.h"

enum { SLOW = 2000, PER_ADDRESS = 250, REQUESTS = 10000, BODY_BYTES = 35000, TRIES = 10 };

static struct client client;
static int slow[SLOW];
static struct mutex trickling; /* while it is held, nothing is sent */
static _Atomic bool end;

static int compare_ns(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The 99th percentile of a request's time. */
static uint64_t p99_ns(const struct http_server *s)
{
    static uint64_t times[REQUESTS];
    static char request[BODY_BYTES + 200];
    int n = snprintf(request, sizeof request,
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%0*d", BODY_BYTES,
        BODY_BYTES, 0);
    client_open(&client, s);
    for (int i = 0; i < REQUESTS; i++) {
        uint64_t begin_ns = env_mono_ns(env_system());
        client.n = 0;
        client_send(&client, request, (size_t)n);
        CHECK(client_answer(&client) == 200);
        times[i] = env_mono_ns(env_system()) - begin_ns;
    }
    client_close(&client);
    qsort(times, REQUESTS, sizeof *times, compare_ns);
    return times[REQUESTS * 99 / 100];
}

/* The headers never end. */
static void *trickle(void *context)
{
    (void)context;
    for (int i = 0; !end; i = (i + 1) % SLOW) {
        mutex_lock(&trickling);
        if (slow[i]) send(slow[i], "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
        mutex_unlock(&trickling);
        if (i % 20 == 0) poll(NULL, 0, 10);
    }
    return NULL;
}

static void close_slow(void)
{
    mutex_lock(&trickling);
    for (int i = 0; i < SLOW; i++) {
        close(slow[i]);
        slow[i] = 0;
    }
    mutex_unlock(&trickling);
}

static void take_in(struct http_request *r, void *context)
{
    (void)context;
    http_reply(r, 200, "text/plain", SLICE("ok"), NULL);
}

static void open_slow(const struct http_server *s)
{
    static struct client c;
    mutex_lock(&trickling);
    for (int i = 0; i < SLOW; i++) {
        client_open_from(&c, s, (uint8_t)(2 + i / PER_ADDRESS));
        client_say(&c, i % 2 ? "POST /echo HTTP/1.1\r\nHost: localhost\r\nX: "
                             : "POST /echo HTTP/1.1\r\nHost: localhost\r\n"
                               "Content-Length: 100000\r\n\r\n");
        slow[i] = c.fd;
    }
    mutex_unlock(&trickling);
}

static void slow_connections_leave_a_good_client_its_speed(void)
{
    struct http_route route = {"POST", "/echo", "", 1 << 20, NULL, take_in, NULL, false};
    struct http_server *s = client_server(NULL, &route, 1);
    struct thread trickler;
    bool fine = false;
    mutex_init(&trickling);
    CHECK(!thread_start(&trickler, "trickle", trickle, NULL));
    for (int try = 0; try < TRIES && !fine; try++) {
        uint64_t alone_ns = p99_ns(s);
        open_slow(s);
        uint64_t beside_ns = p99_ns(s);
        struct http_server_stats stats;
        http_server_stats(s, &stats);
        CHECK(stats.connections >= SLOW);
        close_slow();
        fine = beside_ns < 2 * alone_ns;
        printf("# p99 %.3f ms alone, %.3f ms beside %d slow connections\n", (double)alone_ns / 1e6,
            (double)beside_ns / 1e6, SLOW);
    }
    CHECK(fine);
    end = true;
    thread_join(&trickler);
    mutex_deinit(&trickling);
    http_server_stop(s, 1000);
}

int main(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < 2 * SLOW + 500) {
        printf("1..0 # SKIP too few descriptors are allowed here\n");
        return 0;
    }
    TEST_RUN(slow_connections_leave_a_good_client_its_speed);
    return TEST_END();
}
