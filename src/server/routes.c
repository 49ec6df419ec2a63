/* The one table of routes, and the way from a request to its page. */
#include <inttypes.h>

#include "base/arena.h"
#include "base/env.h"
#include "base/json.h"
#include "server/metrics.h"
#include "server/rest.h"
#include "server/server_private.h"
#include "server/writer.h"

enum {
    PAGE_BYTES_MAX = 64 << 20,
    BODY_BYTES_MAX = 64 << 10 /* of Flink's paths: its client sends "{}" with every GET */
};

/* A request while it is answered. */
struct asked {
    struct server *server;
    struct http_request *http;
    struct arena *arena;
    struct buf *out;
    /* To be told when the lock has been given back. */
    bool stops;
    enum job_stop how;
    char job_id[33];
};

struct server_route {
    const char *method;
    const char *path;
    const char *doc;
    /* A page: a function of what is seen. Or an action of its own. */
    int (*page)(const struct rest_request *r, struct buf *out);
    int (*act)(struct asked *a);
    enum {
        ROUTE_FLINK, /* also below /v1; JSON */
        ROUTE_OWN,   /* JSON */
        ROUTE_TEXT,  /* plain text */
        ROUTE_HEALTH /* plain text, without a token */
    } kind;
};

/* ---- health and metrics ---- */

static int live(struct asked *a)
{
    buf_add_cstr(a->out, "ok\n");
    return 200;
}

static int ready(struct asked *a)
{
    if (a->server->ready) return live(a);
    buf_add_cstr(a->out, "not ready: jobs are being started or stopped\n");
    return 503;
}

static int show_metrics(struct asked *a)
{
    struct view v;
    server__view(a->server, a->arena, &v);
    server__add_process(a->server, a->arena, &v);
    metrics_page(&v, a->out);
    return 200;
}

/* ---- stopping ---- */

static bool is_job_id(struct slice id)
{
    if (id.n != 32) return false;
    for (size_t i = 0; i < id.n; i++)
        if (!memchr("0123456789abcdefABCDEF", id.p[i], 22)) return false;
    return true;
}

/* NULL: *status and the answer say why. */
static struct watch *find_job(struct asked *a, int *status)
{
    struct slice id = http_parameter(a->http, "jobid");
    if (!is_job_id(id)) {
        *status =
            rest_error(a->out, 400, "Cannot resolve path parameter (jobid) from value \"%.*s\".",
                (int)(id.n < 200 ? id.n : 200), id.p);
        return NULL;
    }
    struct watch *w = server__find(a->server, id);
    if (!w) *status = rest_error(a->out, 404, "Job %.*s not found", (int)id.n, id.p);
    return w;
}

static int stop_job(struct asked *a, struct watch *w, enum job_stop how, enum view_state state)
{
    a->stops = watch_stop(w, state);
    a->how = how;
    snprintf(a->job_id, sizeof a->job_id, "%s", watch_id(w));
    return 202;
}

/* ?mode=cancel of PATCH /jobs/:jobid; it is also what no mode means. */
static int check_mode(struct asked *a)
{
    struct slice mode = http_query(a->http, "mode");
    if (!mode.p || slice_eq_nocase(mode, SLICE("cancel"))) return 202;
    if (slice_eq_nocase(mode, SLICE("stop")))
        return rest_error(a->out, 308,
            "The termination mode \"stop\" has been removed. Use \"cancel\", or POST "
            "/jobs/:jobid/stop.");
    return rest_error(a->out, 400, "Cannot resolve query parameter (mode) from value \"%.*s\".",
        (int)(mode.n < 100 ? mode.n : 100), mode.p);
}

static int cancel(struct asked *a)
{
    struct view_job j;
    int status = check_mode(a);
    struct watch *w = status == 202 ? find_job(a, &status) : NULL;
    if (!w) return status;
    watch_view(w, &j);
    if (view_has_ended(&j) && j.state != VIEW_CANCELED)
        return rest_error(a->out, 409,
            "Job cancellation failed because the job has already reached another terminal state "
            "(%s).",
            view_state_name(j.state));
    buf_add_cstr(a->out, "{}");
    return stop_job(a, w, JOB_STOP, VIEW_CANCELLING);
}

/* {"drain":true,"targetDirectory":".."}; other keys are Flink's and do nothing here. */
static struct err *read_stop(struct slice body, struct arena *a, bool *drain)
{
    struct json_reader r;
    *drain = false;
    if (slice_trim(body).n == 0) return NULL;
    json_init(&r, body, a);
    TRY(json_expect(&r, JSON_OBJECT_BEGIN));
    for (;;) {
        TRY(json_next(&r));
        if (r.token == JSON_OBJECT_END) break;
        if (slice_eq(r.text, SLICE("drain")))
            TRY(json_read_bool(&r, drain));
        else
            TRY(json_skip(&r));
    }
    return json_expect(&r, JSON_END);
}

static int stop(struct asked *a)
{
    bool drain;
    struct err *e = read_stop(http_body(a->http), a->arena, &drain);
    if (e) {
        int status =
            rest_error(a->out, 400, "The body is not {\"drain\":true}: %s", err_message(e));
        err_free(e);
        return status;
    }
    int status = 0;
    struct watch *w = find_job(a, &status);
    if (!w) return status;
    status = stop_job(a, w, drain ? JOB_DRAIN : JOB_STOP, VIEW_STOPPING);
    struct server *s = a->server;
    struct server_stop_request *q = &s->stops[s->stop_count++ % SERVER_STOPS_MAX];
    struct env *env = s->params.env;
    *q = (struct server_stop_request){.answered = false};
    snprintf(q->id, sizeof q->id, "%016" PRIx64 "%016" PRIx64, env_random(env), env_random(env));
    snprintf(q->job_id, sizeof q->job_id, "%s", a->job_id);
    writer_object(a->out, NULL);
    writer_text(a->out, "request-id", q->id);
    writer_end_object(a->out);
    return status;
}

/* The last checkpoint is what Flink calls the savepoint of a stop; its client wants some text. */
static void write_location(struct buf *out, const struct view_job *j)
{
    const struct job_checkpoint_stats *c = &j->checkpoints;
    if (j->checkpoint_directory && c->history_count > 0)
        writer_format(
            out, "location", "%s/chk-%06" PRIu64, j->checkpoint_directory, c->history[0].id);
    else
        writer_text(out, "location", "<checkpoint-not-externally-addressable>");
}

/* While it goes on there is no operation at all: Flink's client cannot read an empty one. */
static void write_stopped(struct buf *out, const struct view_job *j)
{
    bool has_ended = view_has_ended(j);
    writer_object(out, NULL);
    writer_object(out, "status");
    writer_text(out, "id", has_ended ? "COMPLETED" : "IN_PROGRESS");
    writer_end_object(out);
    if (has_ended) {
        writer_object(out, "operation");
        if (j->state == VIEW_FAILED) {
            writer_object(out, "failure-cause");
            writer_text(out, "class", "weir");
            writer_text(out, "stack-trace", j->error ? j->error : "");
            writer_end_object(out);
        } else {
            write_location(out, j);
        }
        writer_end_object(out);
    }
    writer_end_object(out);
}

/* GET /jobs/:jobid/savepoints/:triggerid, with which clients of Flink wait for a stop. */
static int stop_status(struct asked *a)
{
    int status = 200;
    struct watch *w = find_job(a, &status);
    if (!w) return status;
    struct slice id = http_parameter(a->http, "triggerid");
    for (size_t i = 0; i < SERVER_STOPS_MAX; i++) {
        struct server_stop_request *q = &a->server->stops[i];
        if (q->id[0] == 0 || !slice_eq(slice_of(q->id), id) || strcmp(q->job_id, watch_id(w)) != 0)
            continue;
        struct view_job j;
        watch_view(w, &j);
        write_stopped(a->out, &j);
        q->answered = view_has_ended(&j);
        if (q->answered) condition_broadcast(&a->server->changed);
        return 200;
    }
    return rest_error(a->out, 404, "There is no savepoint operation with triggerId=%.*s",
        (int)(id.n < 100 ? id.n : 100), id.p);
}

/* ---- the table ---- */

static const struct server_route routes[] = {
    {"GET", "/livez", "200 while the process runs", NULL, live, ROUTE_HEALTH},
    {"GET", "/healthz", "the same", NULL, live, ROUTE_HEALTH},
    {"GET", "/readyz", "200 when all jobs run, 503 before and while stopping", NULL, ready,
        ROUTE_HEALTH},
    {"GET", "/metrics", "all metrics, for Prometheus", NULL, show_metrics, ROUTE_TEXT},

    {"GET", "/overview", "the process: slots and jobs by state", rest_overview, NULL, ROUTE_FLINK},
    {"GET", "/config", "what Flink's web interface asks first", rest_config, NULL, ROUTE_FLINK},
    {"GET", "/jobs", "ids and states of all jobs", rest_jobs, NULL, ROUTE_FLINK},
    {"GET", "/jobs/overview", "all jobs", rest_jobs_overview, NULL, ROUTE_FLINK},
    {"GET", "/jobs/metrics", "names of the metrics of jobs", rest_job_metrics, NULL, ROUTE_FLINK},
    {"GET", "/jobs/:jobid", "one job: vertices, plan, times", rest_job, NULL, ROUTE_FLINK},
    {"PATCH", "/jobs/:jobid", "?mode=cancel stops it; a last checkpoint is taken", NULL, cancel,
        ROUTE_FLINK},
    {"POST", "/jobs/:jobid/stop", "{\"drain\":true} fires open windows first", NULL, stop,
        ROUTE_FLINK},
    {"GET", "/jobs/:jobid/savepoints/:triggerid", "how far a stop has come", NULL, stop_status,
        ROUTE_FLINK},
    {"GET", "/jobs/:jobid/status", "its state", rest_job_status, NULL, ROUTE_FLINK},
    {"GET", "/jobs/:jobid/plan", "its tasks and how they are connected", rest_job_plan, NULL,
        ROUTE_FLINK},
    {"GET", "/jobs/:jobid/config", "how it was started", rest_job_config, NULL, ROUTE_FLINK},
    {"GET", "/jobs/:jobid/exceptions", "why it failed", rest_job_exceptions, NULL, ROUTE_FLINK},
    {"GET", "/jobs/:jobid/accumulators", "none", rest_job_accumulators, NULL, ROUTE_FLINK},
    {"GET", "/jobs/:jobid/execution-result", "whether it has ended", rest_job_execution_result,
        NULL, ROUTE_FLINK},
    {"GET", "/jobs/:jobid/metrics", "names of its metrics; ?get=uptime,numRestarts their values",
        rest_job_metrics, NULL, ROUTE_FLINK},
    {"GET", "/jobs/:jobid/checkpoints", "counts, figures and the last 10", rest_checkpoints, NULL,
        ROUTE_FLINK},
    {"GET", "/jobs/:jobid/checkpoints/config", "how they are taken", rest_checkpoints_config, NULL,
        ROUTE_FLINK},
    {"GET", "/jobs/:jobid/checkpoints/details/:checkpointid", "one of them, or 'latest'",
        rest_checkpoint, NULL, ROUTE_FLINK},
    {"GET", "/jobs/:jobid/vertices/:vertexid", "one task", rest_vertex, NULL, ROUTE_FLINK},
    {"GET", "/jobs/:jobid/vertices/:vertexid/backpressure", "does it wait for what follows?",
        rest_vertex_backpressure, NULL, ROUTE_FLINK},
    {"GET", "/jobs/:jobid/vertices/:vertexid/watermarks", "event time of what comes in",
        rest_vertex_watermarks, NULL, ROUTE_FLINK},
    {"GET", "/jobs/:jobid/vertices/:vertexid/metrics", "its metrics; ?get= their values",
        rest_vertex_metrics, NULL, ROUTE_FLINK},
    {"GET", "/jobs/:jobid/vertices/:vertexid/subtasks/metrics", "the same", rest_vertex_metrics,
        NULL, ROUTE_FLINK},
    {"GET", "/taskmanagers", "this process", rest_taskmanagers, NULL, ROUTE_FLINK},
    {"GET", "/jobmanager/config", "configuration keys that were set", rest_jobmanager_config, NULL,
        ROUTE_FLINK},
    {"GET", "/jobmanager/metrics", "metrics of the process; ?get= their values",
        rest_cluster_metrics, NULL, ROUTE_FLINK},
    {"GET", "/jars", "none: Java classes cannot be run", rest_jars, NULL, ROUTE_FLINK},

    {"GET", "/api/v1/jobs", "all jobs, with rates", rest_own_jobs, NULL, ROUTE_OWN},
    {"GET", "/api/v1/jobs/:jobid", "one job: operators, checkpoints, account, why", rest_own_job,
        NULL, ROUTE_OWN},
    {"GET", "/api/v1/jobs/:jobid/why", "why nothing comes out, in words", rest_own_why, NULL,
        ROUTE_OWN},
    {"GET", "/api/v1/jobs/:jobid/account", "what has become of every row", rest_own_account, NULL,
        ROUTE_OWN},
    {"GET", "/api/v1/ingest", "tables that take POSTs", rest_own_ingest, NULL, ROUTE_OWN},
};
enum { ROUTE_COUNT = sizeof routes / sizeof routes[0] };

/* ---- answering ---- */

static int show_page(struct asked *a, const struct server_route *route)
{
    struct view v;
    struct rest_request r = {.arena = a->arena,
        .view = &v,
        .vertex = http_parameter(a->http, "vertexid"),
        .checkpoint = http_parameter(a->http, "checkpointid"),
        .get = http_query(a->http, "get")};
    bool of_job = strstr(route->path, ":jobid") != NULL;
    int status = 200;
    struct watch *w = of_job ? find_job(a, &status) : NULL;
    if (of_job && !w) return status;
    server__view(a->server, a->arena, &v);
    for (uint32_t i = 0; i < v.job_count; i++)
        if (w == a->server->watches[i]) r.job = &v.jobs[i];
    /* The names of metrics are the same for all jobs; there may be none. */
    if (route->page == rest_job_metrics && !of_job && v.job_count > 0) r.job = &v.jobs[0];
    if (route->page == rest_job_metrics && !r.job) {
        buf_add_cstr(a->out, "[]");
        return 200;
    }
    return route->page(&r, a->out);
}

static const char *content_type(const struct server_route *route)
{
    switch (route->kind) {
    case ROUTE_FLINK:
    case ROUTE_OWN: return "application/json; charset=UTF-8";
    case ROUTE_TEXT: return "text/plain; version=0.0.4; charset=utf-8";
    case ROUTE_HEALTH: break;
    }
    return "text/plain; charset=utf-8";
}

/* On a thread of the HTTP server. */
static void answer(struct http_request *http, void *context)
{
    const struct server_endpoint *endpoint = context;
    struct server *s = endpoint->server;
    const struct server_route *route = endpoint->route;
    struct buf out;
    buf_init(&out, PAGE_BYTES_MAX);
    struct asked a = {.server = s, .http = http, .arena = arena_new(1 << 13), .out = &out};
    mutex_lock(&s->mutex);
    int status = route->page ? show_page(&a, route) : route->act(&a);
    mutex_unlock(&s->mutex);
    if (a.stops && s->params.on_stop) s->params.on_stop(s->params.context, a.job_id, a.how);
    if (out.overflow) status = rest_error(&out, 500, "The answer is too large");
    http_reply(http, status, content_type(route), buf_slice(&out), "Cache-Control: no-store\r\n");
    buf_free(&out);
    arena_free(a.arena);
}

/* Without `doc` it is another name of a route. */
static struct err *add(struct server *s, uint32_t index, const char *path, const char *doc)
{
    const struct server_route *route = &routes[index];
    return http_server_add(
        s->http, &(struct http_route){.method = route->method,
                     .path = path,
                     .doc = doc,
                     .body_bytes_max = route->kind == ROUTE_FLINK ? BODY_BYTES_MAX : 0,
                     .always = route->kind == ROUTE_HEALTH,
                     .token = route->kind == ROUTE_HEALTH ? NULL : s->params.token,
                     .handle = answer,
                     .context = &s->endpoints[index]});
}

struct err *server__add_routes(struct server *s)
{
    s->endpoints = ARENA_ARRAY(s->arena, struct server_endpoint, ROUTE_COUNT);
    for (uint32_t i = 0; i < ROUTE_COUNT; i++) {
        s->endpoints[i] = (struct server_endpoint){s, &routes[i]};
        TRY(add(s, i, routes[i].path, routes[i].doc));
        if (routes[i].kind == ROUTE_FLINK)
            TRY(add(s, i, str_fmt(s->arena, "/v1%s", routes[i].path), NULL));
    }
    return NULL;
}
