/* server.h - what a running process says of itself over HTTP: Flink's REST paths, /metrics for
 * Prometheus, /livez and /readyz. Reads figures of jobs; knows no SQL.
 *
 * One page of routes in routes.c, one table of metrics in metrics.c. */
#pragma once
#include "http/http.h"
#include "run/job.h"

struct server;

/* What the owner of the jobs (cli/run.c) tells of one; the server copies the texts. */
struct server_job {
    char id[33]; /* 32 hex digits: hash of the name, so that it is the same after a restart */
    const char *name;
    const struct phys_graph *graph;
    struct job *job; /* NULL once freed: then the last figures taken are shown */
    int64_t started_ms;
};

struct server_params {
    struct env *env;
    const char *address; /* rest.bind-address and rest.port */
    bool any_port;       /* the port was not asked for: a free one if it is in use */
    const char *version;
    /* A job is to be stopped (PATCH /jobs/:id, POST /jobs/:id/stop). Called on the server's thread:
     * the owner notes it and stops the job from its own. */
    void (*on_stop)(void *context, const char *job_id, enum job_stop how);
    void *context;
};

MUST_USE struct err *server_start(const struct server_params *params, struct server **out);
const char *server_address(const struct server *s);
void server_add_job(struct server *s, const struct server_job *job);
/* The job has ended and will be freed when this returns: last figures are taken. */
void server_end_job(struct server *s, const char *job_id, enum job_state state, const char *error);
void server_ready(struct server *s, bool ready); /* /readyz: all jobs run; false while stopping */
void server_stop(struct server *s);
