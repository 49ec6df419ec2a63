/* http_echo - a server for measurements from outside: POST /echo answers 204, POST /late does so
 * from another thread, GET /echo gives a few bytes. Ends with its standard input. */
#include <stdio.h>
#include <unistd.h>

#include "base/check.h"
#include "base/env.h"
#include "http/http_private.h"

enum { LATE_MAX = 16384 };

static void answer(struct http_request *r, void *context)
{
    (void)context;
    http_reply(r, 204, NULL, SLICE(""), NULL);
}

/* Requests that wait for the answering thread, a stack. */
struct late {
    struct mutex lock;
    struct condition changed;
    struct http_request *waiting[LATE_MAX];
    uint32_t count;
    bool end;
};

static void put_off(struct http_request *r, void *context)
{
    struct late *late = context;
    mutex_lock(&late->lock);
    ASSERT(late->count < LATE_MAX);
    late->waiting[late->count++] = r;
    condition_broadcast(&late->changed);
    mutex_unlock(&late->lock);
}

static void *answer_late(void *context)
{
    struct late *late = context;
    mutex_lock(&late->lock);
    while (!late->end || late->count > 0) {
        if (late->count == 0) {
            condition_wait(&late->changed, &late->lock, UINT64_MAX);
            continue;
        }
        struct http_request *r = late->waiting[--late->count];
        mutex_unlock(&late->lock);
        http_reply(r, 204, NULL, SLICE(""), NULL);
        mutex_lock(&late->lock);
    }
    mutex_unlock(&late->lock);
    return NULL;
}

static void greet(struct http_request *r, void *context)
{
    (void)context;
    http_reply(r, 200, "text/plain", SLICE("hello\n"), NULL);
}

int main(int argc, char **argv)
{
    struct late *late = mem_alloc(sizeof *late);
    struct thread answerer;
    struct http_server *s;
    struct http_server_params p = {
        .env = env_system(), .address = argc > 1 ? argv[1] : "127.0.0.1:0", .any_port = true};
    struct http_limits limits = http__limits;
    /* A load generator has one address; the figure has its own test. */
    limits.connections_per_address_max = limits.connections_max;
    struct http_route routes[] = {
        {"POST", "/echo", "takes a body", 8 << 20, NULL, answer, NULL, false},
        {"POST", "/late", "takes a body, answers later", 8 << 20, NULL, put_off, late, false},
        {"GET", "/echo", "says hello", 0, NULL, greet, NULL, false}};
    mutex_init(&late->lock);
    condition_init(&late->changed);
    struct err *e = thread_start(&answerer, "late", answer_late, late);
    if (!e) e = http__start(&p, &limits, &s);
    for (size_t i = 0; !e && i < sizeof routes / sizeof *routes; i++)
        e = http_server_add(s, &routes[i]);
    if (e) {
        err_print(e, stderr);
        err_free(e);
        return 1;
    }
    printf("%s\n", http_server_address(s));
    fflush(stdout);
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0) continue;
    struct http_server_stats stats;
    http_server_stats(s, &stats);
    printf("%llu requests, %llu bytes of bodies, %u connections and %zu bytes on their way\n",
        (unsigned long long)stats.requests, (unsigned long long)stats.body_bytes, stats.connections,
        stats.in_flight_bytes);
    http_server_stop(s, 1000);
    mutex_lock(&late->lock);
    late->end = true;
    condition_broadcast(&late->changed);
    mutex_unlock(&late->lock);
    thread_join(&answerer);
    mem_free(late);
    return 0;
}
