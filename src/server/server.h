/* server.h - what a running process says of itself over HTTP: Flink's REST paths, /metrics for
 * Prometheus, /livez and /readyz. Reads figures of jobs; knows no SQL.
 *
 * One table of routes in routes.c, one of metrics in metrics.c, one of reasons in why.c. */
#pragma once
#include "http/http.h"
#include "run/job.h"

struct config;
struct ingest;
struct server;

/* What the owner of the jobs (cli/run.c) tells of one; the server copies the texts and keeps
 * nothing of the graph. */
struct server_job {
    char id[33]; /* 32 hex digits: hash of the name, so that it is the same after a restart */
    const char *name;
    const struct phys_graph *graph;
    struct job *job; /* running; until server_end_job */
    int64_t started_ms;
    const char *checkpoint_directory; /* NULL: they stay in memory */
};

struct server_params {
    struct env *env;
    const char *address; /* rest.bind-address and rest.port */
    bool any_port;       /* the port was not asked for: a free one if it is in use */
    const char *host;    /* a name besides those of the address that clients may use, or NULL */
    const char *token;   /* every path but the health checks needs it; NULL: none does */
    const char *version;
    const struct config *config;     /* copied, for /jobmanager/config; may be NULL */
    const struct mem_budget *budget; /* of the process; may be NULL */
    /* The http tables of the process; may be NULL. Outlives the server. */
    const struct ingest *ingest;
    /* A job is to be stopped (PATCH /jobs/:id, POST /jobs/:id/stop). Called on the server's thread:
     * the owner notes it and stops the job from its own. */
    void (*on_stop)(void *context, const char *job_id, enum job_stop how);
    void *context;
};

/* On an address that is not loopback it needs a token: ERR_INVALID_OPTION. */
MUST_USE struct err *server_start(const struct server_params *params, struct server **out);
const char *server_address(const struct server *s);
void server_add_job(struct server *s, const struct server_job *job);
/* The job has ended and will be freed when this returns: last figures are taken. */
void server_end_job(struct server *s, const char *job_id, enum job_state state, const char *error);
/* The owner stops a job by itself, on a signal say. */
void server_stopping(struct server *s, const char *job_id, enum job_stop how);
void server_ready(struct server *s, bool ready); /* /readyz: all jobs run; false while stopping */
/* All jobs have ended. Waits up to 2.5 s for whoever has stopped one by POST /jobs/:id/stop to ask
 * whether it is done. NULL is allowed. */
void server_stop(struct server *s);

/* The id of a job of that name: 32 hex digits. */
void server_job_id(const char *name, char id[33]);

/* ---- the table of metrics, for the manual ---- */
struct server_metric_doc {
    const char *prefix; /* "flink_jobmanager_job_", or "" */
    const char *name;
    const char *kind;    /* "gauge", "counter" */
    const char *labels;  /* "job_id, job_name"; may be empty */
    const char *variant; /* a label whose values make lines of their own, or NULL */
    const char *doc;
};
/* The i-th, in the order of the page; false past the last. */
bool server_metric_doc(size_t i, struct server_metric_doc *out);
