#include "cli/run_jobs.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/env.h"
#include "cli/machine.h"
#include "cli/report.h"
#include "cli/result_view.h"
#include "cli/run_server.h"
#include "cli/run_watch.h"
#include "connector/harness.h"
#include "connector/ingest.h"
#include "op/sink/sink.h"
#include "run/account.h"
#include "state/snapshot.h"
#include "vec/key.h"

void run_jobs_report(struct run *r, struct err *e)
{
    report_error(stderr, r->terminal.err_color, r->script.name, r->script.text, e);
    err_free(e);
    r->failed = true;
}

void run_jobs_say(struct run *r, const char *fmt, ...)
{
    va_list arguments;
    run_watch_clear(r);
    fputs("weir: ", stderr);
    va_start(arguments, fmt);
    vfprintf(stderr, fmt, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

/* ---- start ---- */

static bool prints_rows(const struct phys_graph *g)
{
    for (uint32_t i = 0; i < g->node_count; i++)
        if (g->nodes[i].op == &sink_op &&
            strcmp(((const struct sink_params *)g->nodes[i].params)->table.connector, "print") == 0)
            return true;
    return false;
}

static struct err *start_job(struct run *r, struct running *j, struct harness *harness)
{
    const struct config *c = r->config;
    int64_t parallelism = config_int(c, "parallelism.default");
    if (parallelism == 0) parallelism = machine_cores();
    if (parallelism > JOB_PARALLELISM_MAX)
        FAIL(ERR_LIMIT_EXCEEDED, "'parallelism.default' is at most %d, not %" PRId64,
            JOB_PARALLELISM_MAX, parallelism);
    int64_t groups = config_int(c, "pipeline.max-parallelism");
    struct job_params params = {.env = r->env,
        .graph = j->result.graph,
        .parallelism = (uint32_t)parallelism,
        .batch_rows = (uint32_t)config_int(c, "weir.batch.rows"),
        .key_groups = groups > 0 ? (uint32_t)groups : KEY_GROUPS_DEFAULT,
        .zone = j->result.zone,
        .budget = &r->budget,
        .seed = (uint64_t)config_int(c, "weir.seed"),
        .harness = harness,
        .threads = true};
    if (params.key_groups < params.parallelism)
        FAIL(ERR_INVALID_OPTION,
            "'pipeline.max-parallelism' (%u) is less than 'parallelism.default' (%u)",
            params.key_groups, params.parallelism);
    j->prints = j->is_query || prints_rows(j->result.graph);
    TRY(run_recovery_open(r, j));
    run_recovery_params(r, j, &params);
    j->status.started_ns = j->status.looked_ns = env_mono_ns(r->env);
    TRY(j->recovery.finished ? job_commit(&params) : job_start(&params, &j->job));
    run_recovery_announce(r, j);
    snapshot_free(j->recovery.snapshot);
    j->recovery.snapshot = NULL;
    return NULL;
}

/* A job that did not start, or one that has nothing to do. */
static void drop_job(struct running *j)
{
    run_recovery_close(j);
    session_result_free(&j->result);
}

static bool some_job_runs(const struct run *r)
{
    for (uint32_t i = 0; i < r->started_count; i++)
        if (r->jobs[i].job) return true;
    return false;
}

/* Whoever reads an http table is there now: where to POST to. */
static void announce_tables(struct run *r)
{
    struct buf text;
    ingest_ready(r->harness.ingest);
    if (!some_job_runs(r)) return; /* the process ends */
    buf_init(&text, 1 << 20);
    r->announced = ingest_print_tables(r->harness.ingest, r->announced, &text);
    fputs(buf_cstr(&text), stderr);
    buf_free(&text);
}

void run_jobs_start(struct run *r)
{
    struct err *e = run_recovery_check(r);
    if (!e && r->started_count < r->job_count) e = run_server_open(r);
    if (e) {
        run_jobs_report(r, e);
        for (; r->started_count < r->job_count; r->started_count++)
            session_result_free(&r->jobs[r->started_count].result);
    }
    for (; r->started_count < r->job_count; r->started_count++) {
        struct running *j = &r->jobs[r->started_count];
        e = start_job(r, j, &r->harness);
        if (e) {
            run_jobs_report(r, e);
            if (j->recovery.directory) ingest_keep(r->harness.ingest);
        }
        if (j->job) run_server_add(r, j);
        if (!j->job)
            drop_job(j);
        else
            r->quiet_status |= j->prints && r->terminal.out_is_terminal;
    }
    announce_tables(r);
    run_server_ready(r);
}

/* ---- end ---- */

static const char *state_word(enum job_state state)
{
    switch (state) {
    case JOB_RUNNING: return "running";
    case JOB_FINISHED: return "finished";
    case JOB_STOPPED: return "stopped";
    case JOB_FAILED: return "failed";
    }
    return "";
}

/* What became of the rows of each table on their way to each INSERT; over the job's whole life. */
static void print_accounts(const struct running *j, struct arena *scratch)
{
    struct job_account *accounts;
    uint32_t count;
    uint64_t id;
    job_account(j->job, scratch, &accounts, &count, &id);
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(accounts[i].source, "VALUES") == 0) continue; /* nothing to explain */
        struct buf line;
        buf_init(&line, 1 << 16);
        account_print(&accounts[i], &line);
        fprintf(stderr, "  %s\n", buf_cstr(&line));
        if (!account_adds_up(&accounts[i]))
            fprintf(stderr, "  this does not add up: a bug of weir, please report it\n");
        buf_free(&line);
    }
}

static void tell_stopped(const struct running *j)
{
    struct job_checkpoint_stats stats;
    job_checkpoint_stats(j->job, &stats);
    if (stats.stopped_id)
        fprintf(stderr, "  the script given again goes on from checkpoint %" PRIu64 "\n",
            stats.stopped_id);
}

void run_jobs_end(struct run *r, struct running *j, enum job_state state, struct arena *scratch)
{
    run_watch_look(r, j, scratch);
    run_watch_clear(r);
    /* As in `weir run f.sql | head`: an end, not an error to be explained. */
    bool gone = state == JOB_FAILED && err_code(job_error(j->job)) == ERR_CANCELED;
    struct buf line;
    buf_init(&line, 4096);
    /* Flink names the jobs of queries collect, which says nothing here. */
    buf_printf(&line, "%s %s: ", j->is_query ? "query" : j->result.graph->job_name,
        gone ? "stopped" : state_word(state));
    status_summary(&j->status, &line);
    fprintf(stderr, "%s\n", buf_cstr(&line));
    buf_free(&line);
    if (!j->is_query && state != JOB_FAILED) print_accounts(j, scratch);
    tell_stopped(j);
    if (state == JOB_FAILED) r->failed = true;
    if (gone)
        fprintf(stderr, "weir: nobody reads standard output any more\n");
    else if (state == JOB_FAILED)
        report_error(
            stderr, r->terminal.err_color, r->script.name, r->script.text, job_error(j->job));
    run_server_end(r, j, state);
    job_free(j->job);
    j->job = NULL;
    drop_job(j);
}

/* ---- results of statements ---- */

static struct running *add_job(struct run *r, struct session_result *result)
{
    struct running *j = &r->jobs[r->job_count++];
    *j = (struct running){.result = *result};
    return j;
}

/* Frees the result when there is none. */
static struct err *check_room(const struct run *r, struct session_result *result)
{
    if (r->job_count < RUN_JOBS_MAX) return NULL;
    session_result_free(result);
    FAIL(ERR_LIMIT_EXCEEDED, "a script starts at most %d jobs", RUN_JOBS_MAX);
}

static bool result_is_table(const struct run *r)
{
    if (!r->terminal.out_is_terminal) return false;
    const char *key = "sql-client.execution.result-mode";
    return !config_is_set(r->config, key) ||
           slice_eq(config_string(r->config, key), SLICE("table"));
}

struct err *run_jobs_query(struct run *r, struct session_result *result)
{
    TRY(check_room(r, result));
    run_jobs_start(r);
    const struct result_view_params params = {
        .mode = result_is_table(r) ? RESULT_TABLE : RESULT_CHANGELOG,
        .columns = result->columns,
        .keys = result->result_keys,
        .key_count = result->result_key_count,
        .zone = result->zone,
        .is_terminal = r->terminal.out_is_terminal,
        .color = r->terminal.out_color,
        .rows_max = (uint64_t)config_int(r->config, "sql-client.execution.max-table-result.rows")};
    r->view = result_view_new(&params);
    struct collector collector = {.on_batch = result_view_on_batch, .context = r->view};
    struct harness harness = {.collector = &collector, .ingest = r->harness.ingest};
    struct running *j = add_job(r, result);
    j->is_query = true;
    r->started_count++;
    struct err *e = start_job(r, j, &harness);
    if (!e) {
        announce_tables(r);
        run_watch_jobs(r, j);
        if (params.mode == RESULT_TABLE) result_view_draw(r->view, "");
        run_watch_stdout(r);
        result_view_finish(r->view, job_state(j->job) == JOB_FINISHED);
        struct arena *scratch = arena_new(1 << 12);
        run_jobs_end(r, j, job_state(j->job), scratch);
        arena_free(scratch);
    }
    result_view_free(r->view);
    r->view = NULL;
    drop_job(j);
    r->job_count--; /* it was the last one: its place is free again */
    r->started_count--;
    return e;
}

struct err *run_jobs_add(struct run *r, struct session_result *result)
{
    TRY(check_room(r, result));
    add_job(r, result);
    return NULL;
}
