#include "cli/run_server.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/env.h"
#include "base/thread.h"
#include "connector/ingest.h"
#include "op/source/source.h"
#include "server/server.h"

/* A request to stop a job: noted by a thread of the server, obeyed by the loop. */
struct noted {
    char id[33];
    enum job_stop how;
};

struct run_server {
    struct server *server;
    bool said;          /* where to look */
    struct mutex mutex; /* guards what follows */
    struct noted noted[RUN_JOBS_MAX];
    uint32_t noted_count;
};

static void note_stop(void *context, const char *job_id, enum job_stop how)
{
    struct run_server *s = context;
    mutex_lock(&s->mutex);
    if (s->noted_count < RUN_JOBS_MAX) {
        struct noted *n = &s->noted[s->noted_count++];
        n->how = how;
        snprintf(n->id, sizeof n->id, "%s", job_id);
    }
    mutex_unlock(&s->mutex);
}

/* ---- start ---- */

static const char *address_of(struct run *r)
{
    const struct config *c = r->config;
    bool bound = config_is_set(c, "rest.bind-address") || !config_is_set(c, "rest.address");
    struct slice host = config_string(c, bound ? "rest.bind-address" : "rest.address");
    bool is_v6 = memchr(host.p, ':', host.n) && host.p[0] != '[';
    return str_fmt(r->arena, "%s%.*s%s:%" PRId64, is_v6 ? "[" : "", (int)host.n, host.p,
        is_v6 ? "]" : "", config_int(c, "rest.port"));
}

/* From the configuration or, so that it need not be in a script, the environment. */
static const char *token_of(struct run *r)
{
    if (config_is_set(r->config, "weir.rest.token"))
        return slice_to_cstr(r->arena, config_string(r->config, "weir.rest.token"));
    const char *token = getenv("WEIR_REST_TOKEN");
    return token && *token ? token : NULL;
}

struct err *run_server_open(struct run *r)
{
    if (r->server) return NULL;
    struct run_server *s = ARENA_NEW(r->arena, struct run_server);
    mutex_init(&s->mutex);
    const char *host = config_is_set(r->config, "rest.address")
                           ? slice_to_cstr(r->arena, config_string(r->config, "rest.address"))
                           : NULL;
    struct err *e = server_start(&(struct server_params){.env = r->env,
                                     .address = address_of(r),
                                     .any_port = !config_is_set(r->config, "rest.port"),
                                     .host = host,
                                     .token = token_of(r),
                                     .version = WEIR_VERSION,
                                     .config = r->config,
                                     .budget = &r->budget,
                                     .ingest = r->harness.ingest,
                                     .on_stop = note_stop,
                                     .context = s},
        &s->server);
    if (e && err_code(e) == ERR_IO)
        e = err_hint(e, "choose another port: -D rest.port=8082, or 0 for any that is free");
    if (e) return err_wrap(e, "opening the REST interface");
    r->server = s;
    return NULL;
}

static bool is_taken(const struct run *r, const struct running *j, const char *id)
{
    for (const struct running *k = r->jobs; k < j; k++)
        if (strcmp(k->server_id, id) == 0) return true;
    return false;
}

/* Jobs of one name are told apart by a number; those that have ended are still shown. */
static void make_id(const struct run *r, const struct running *j, char id[33])
{
    const char *name = j->result.graph->job_name;
    server_job_id(name, id);
    for (uint32_t number = 2; is_taken(r, j, id); number++)
        server_job_id(str_fmt(r->arena, "%s#%" PRIu32, name, number), id);
}

void run_server_add(struct run *r, struct running *j)
{
    if (!r->server || j->is_query) return;
    struct server_job job = {.name = j->result.graph->job_name,
        .graph = j->result.graph,
        .job = j->job,
        .started_ms = env_now_ms(r->env),
        .checkpoint_directory = j->recovery.directory};
    make_id(r, j, job.id);
    memcpy(j->server_id, job.id, sizeof j->server_id);
    server_add_job(r->server->server, &job);
}

/* ---- what is said at the start ---- */

static bool is_bounded(const struct phys_graph *g)
{
    for (uint32_t i = 0; i < g->node_count; i++)
        if (g->nodes[i].op == &source_op &&
            !((const struct source_params *)g->nodes[i].params)->bounded)
            return false;
    return true;
}

/* A job that ends by itself is not worth the lines, unless the port was asked for. */
static bool wants_lines(const struct run *r)
{
    bool is_asked = config_is_set(r->config, "rest.port");
    for (uint32_t i = 0; i < r->started_count; i++)
        if (r->jobs[i].job &&
            (is_asked || (!r->jobs[i].is_query && !is_bounded(r->jobs[i].result.graph))))
            return true;
    return false;
}

void run_server_ready(struct run *r)
{
    struct run_server *s = r->server;
    if (!s) return;
    server_ready(s->server, true);
    if (s->said || !wants_lines(r)) return;
    s->said = true;
    const char *address = server_address(s->server), *asked = address_of(r);
    bool taken = !config_is_set(r->config, "rest.port") && strcmp(asked, address) != 0,
         is_default = strcmp(address, "127.0.0.1:8081") == 0;
    run_jobs_say(r, "watch it at http://%s%s; /metrics is for Prometheus", address,
        taken ? str_fmt(r->arena, " (%s is in use)", strrchr(asked, ':') + 1) : "");
    run_jobs_say(r, "in another terminal: %sweir jobs show; weir why",
        is_default ? "" : str_fmt(r->arena, "export WEIR_ADDRESS=%s; ", address));
}

/* ---- while jobs run ---- */

/* When the last job is on its way out, nobody is left to read what is posted: it must be refused
 * before the job is told, which reads all that was not. */
static bool all_stop(const struct run *r)
{
    for (uint32_t i = 0; i < r->started_count; i++)
        if (r->jobs[i].job && !r->jobs[i].is_stopping) return false;
    return true;
}

static void stop(struct run *r, const struct noted *n)
{
    for (uint32_t i = 0; i < r->started_count; i++) {
        struct running *j = &r->jobs[i];
        if (!j->job || strcmp(j->server_id, n->id) != 0) continue;
        run_jobs_say(r, "%s: stopping on request%s", j->result.graph->job_name,
            n->how == JOB_DRAIN ? ", open windows fire" : "");
        j->is_stopping = true;
        if (all_stop(r)) {
            server_ready(r->server->server, false);
            ingest_refuse(r->harness.ingest);
        }
        job_stop(j->job, n->how);
    }
}

void run_server_obey(struct run *r)
{
    struct run_server *s = r->server;
    if (!s) return;
    struct noted noted;
    for (;;) {
        mutex_lock(&s->mutex);
        bool any = s->noted_count > 0;
        if (any) noted = s->noted[--s->noted_count];
        mutex_unlock(&s->mutex);
        if (!any) return;
        stop(r, &noted);
    }
}

void run_server_stopping(struct run *r)
{
    if (!r->server) return;
    server_ready(r->server->server, false);
    for (uint32_t i = 0; i < r->started_count; i++)
        if (r->jobs[i].job && !r->jobs[i].is_query)
            server_stopping(r->server->server, r->jobs[i].server_id, JOB_STOP);
}

void run_server_end(struct run *r, struct running *j, enum job_state state)
{
    if (!r->server || j->is_query) return;
    char text[ERR_MESSAGE_MAX] = "";
    if (state == JOB_FAILED) err_format(job_error(j->job), text, sizeof text);
    server_end_job(r->server->server, j->server_id, state, text[0] ? text : NULL);
}

void run_server_close(struct run *r)
{
    if (!r->server) return;
    server_stop(r->server->server);
    mutex_deinit(&r->server->mutex);
    r->server = NULL;
}
