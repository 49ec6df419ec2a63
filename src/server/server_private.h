/* server_private.h - what server.c and routes.c share. */
#pragma once
#include "base/thread.h"
#include "server/server.h"
#include "server/watch.h"

enum {
    SERVER_JOBS_MAX = 256,
    SERVER_STOPS_MAX = 64, /* POSTs to /jobs/:id/stop that are remembered, the newest */
    SERVER_CONFIG_MAX = 512
};

struct server;

/* A route as http/ calls it. */
struct server_endpoint {
    struct server *server;
    const struct server_route *route;
};

/* Flink's asynchronous operations: the id is the answer to a POST, the job what it is about. */
struct server_stop_request {
    char id[33];
    char job_id[33];
    bool answered; /* who has asked knows that it is done */
};

struct server {
    struct server_params params;
    struct arena *arena;
    struct http_server *http;
    struct server_endpoint *endpoints;
    int64_t started_ms;
    const char **config; /* key, value, .. */
    uint32_t config_count;
    uint32_t cores;
    uint64_t machine_bytes;

    struct thread thread; /* looks at the jobs every second */
    bool thread_started;
    struct mutex mutex; /* guards what follows */
    struct condition changed;
    bool stopping;
    bool ready;
    struct watch *watches[SERVER_JOBS_MAX];
    uint32_t watch_count;
    struct server_stop_request stops[SERVER_STOPS_MAX];
    uint64_t stop_count; /* ever */
};

MUST_USE struct err *server__add_routes(struct server *s);
/* Under the mutex. NULL: there is none. */
struct watch *server__find(struct server *s, struct slice job_id);
/* Everything the pages show; under the mutex, good until it is given back. */
void server__view(struct server *s, struct arena *a, struct view *out);
/* What the system says of the process; needs no mutex, and some time with many open files. */
void server__add_process(struct server *s, struct arena *a, struct view *v);
