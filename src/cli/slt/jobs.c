#include "cli/slt/jobs.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/mem.h"
#include "op/sink/sink.h"
#include "op/source/source.h"
#include "plan/session.h"

enum {
    GRAPH_BYTES_MAX = 64 * 1024 * 1024,
    STEPS_MAX = 50 * 1000 * 1000 /* minutes of work; no test comes near */
};
static const size_t memory_max_bytes = (size_t)2 << 30;

void slt_jobs_init(struct slt_jobs *j, struct slt_env *env, struct test_store *store, uint64_t seed)
{
    *j = (struct slt_jobs){.env = env, .store = store, .seed = seed};
    j->budget.limit_bytes = memory_max_bytes;
    j->budget.name = "the test";
}

static void free_job(struct slt_job *job)
{
    job_free(job->job);
    snapshot_free(job->snapshot);
    arena_free(job->arena);
    mem_free(job);
}

void slt_jobs_deinit(struct slt_jobs *j)
{
    for (size_t i = 0; i < j->count; i++) free_job(j->items[i]);
    mem_free(j->items);
    mem_free(j->log);
}

/* ---- the graph */

/* Flink's types are not always right about NOT NULL; what a SELECT gives is shown as it is. */
static const struct schema *nullable_columns(struct arena *a, const struct schema *s)
{
    struct type_field *fields = ARENA_ARRAY(a, struct type_field, s->count);
    for (uint32_t i = 0; i < s->count; i++) {
        fields[i].name = s->fields[i].name;
        fields[i].type = type_with_nullable(a, s->fields[i].type, true);
    }
    return schema_new(a, fields, s->count);
}

/* A SELECT writes into a test table instead of a collector: so a restart takes back its rows too.
 */
static struct err *redirect_result(
    struct slt_job *job, const struct session_result *result, const struct phys_graph **out)
{
    const struct phys_graph *g = result->graph;
    ASSERT(g->result_node >= 0 && (uint32_t)g->result_node < g->node_count);
    struct phys_node *nodes = ARENA_ARRAY(job->arena, struct phys_node, g->node_count);
    memcpy(nodes, g->nodes, g->node_count * sizeof *nodes);
    struct phys_node *node = &nodes[g->result_node];
    if (node->op != &sink_op) FAIL(ERR_INTERNAL, "the result of a SELECT does not end in a sink");
    struct sink_params *params = ARENA_NEW(job->arena, struct sink_params);
    *params = *(const struct sink_params *)node->params;
    params->table.connector = "test";
    params->table.name = job->result_name;
    params->table.options = (struct options){0};
    params->table.primary_key = result->result_keys;
    params->table.primary_key_count = result->result_key_count;
    params->table.schema = nullable_columns(job->arena, params->table.schema);
    node->params = params;
    struct phys_graph *copy = ARENA_NEW(job->arena, struct phys_graph);
    *copy = *g;
    copy->nodes = nodes;
    *out = copy;
    return NULL;
}

static struct err *check_same(struct slice first, struct slice second)
{
    if (slice_eq(first, second)) return NULL;
    size_t at = 0;
    while (at < first.n && at < second.n && first.p[at] == second.p[at]) at++;
    size_t from = at > 40 ? at - 40 : 0;
    FAIL(ERR_INTERNAL, "a plan read back is not the same: '%.*s' became '%.*s'",
        (int)(first.n - from < 80 ? first.n - from : 80), first.p + from,
        (int)(second.n - from < 80 ? second.n - from : 80), second.p + from);
}

static struct err *round_trip(struct slt_job *job)
{
    struct buf text, again;
    buf_init(&text, GRAPH_BYTES_MAX);
    buf_init(&again, GRAPH_BYTES_MAX);
    phys_encode(job->graph, &text);
    struct slice copy = slice_copy(job->arena, buf_slice(&text));
    struct err *e = phys_decode(job->arena, copy, &job->graph);
    if (!e) {
        phys_encode(job->graph, &again);
        e = check_same(buf_slice(&text), buf_slice(&again));
    }
    buf_free(&text);
    buf_free(&again);
    return e ? err_wrap(e, "encoding the plan and reading it back") : NULL;
}

/* ---- start */

static void find_sources(struct slt_jobs *j, struct slt_job *job)
{
    const struct phys_graph *g = job->graph;
    job->sources = ARENA_ARRAY(job->arena, struct test_table *, g->node_count);
    job->ended = ARENA_ARRAY(job->arena, const struct test_table *, g->node_count);
    for (uint32_t i = 0; i < g->node_count; i++) {
        if (g->nodes[i].op != &source_op) continue;
        const struct source_params *params = g->nodes[i].params;
        if (strcmp(params->table.connector, "test") != 0) continue;
        struct test_table *t = test_store_find(j->store, slice_of(params->table.name));
        if (t) job->sources[job->source_count++] = t;
    }
}

static bool reads(const struct slt_job *job, const struct test_table *t)
{
    for (size_t i = 0; i < job->source_count; i++)
        if (job->sources[i] == t) return true;
    return false;
}

static bool has_ended(const struct slt_job *job, const struct test_table *t)
{
    for (size_t i = 0; i < job->harness.ended_count; i++)
        if (job->harness.ended[i] == t) return true;
    return false;
}

static void end_table(struct slt_job *job, const struct test_table *t)
{
    if (!reads(job, t) || has_ended(job, t)) return;
    job->ended[job->harness.ended_count++] = t;
    job->harness.ended = job->ended;
}

/* Lets the sources read on from where the checkpoint was, or from the beginning. */
static void rewind_job(const struct slt_jobs *j, struct slt_job *job)
{
    job->at = job->snapshot ? job->snapshot_at : 0;
    job->harness.limit = job->at > 0 ? j->log[job->at - 1].last : 0;
    for (size_t i = job->started_at; i < job->at; i++)
        if (j->log[i].end) end_table(job, j->log[i].table);
}

/* Starts the job and steps it while its sources have nothing to give: subtasks without splits end,
 * and what was restored is said again, before the first row. Which of them comes first would
 * otherwise depend on the steps taken. */
static struct err *launch(struct slt_jobs *j, struct slt_job *job)
{
    job->asked_id = 0;
    job->harness.limit = 0;
    job->harness.ended_count = 0;
    job->harness.sources_end = false;
    TRY(job_start(&(struct job_params){.env = &j->env->base,
                      .graph = job->graph,
                      .parallelism = job->workers,
                      .batch_rows = job->batch,
                      .key_groups = job->key_groups,
                      .zone = job->zone,
                      .budget = &j->budget,
                      .seed = j->seed,
                      .harness = &job->harness,
                      .restore = job->snapshot},
        &job->job));
    for (uint64_t steps = STEPS_MAX; steps > 0 && job_step(job->job); steps--) {
    }
    rewind_job(j, job);
    job_wake(job->job);
    return NULL;
}

static void add_job(struct slt_jobs *j, struct slt_job *job)
{
    if (j->count == j->capacity) {
        j->capacity = j->capacity ? 2 * j->capacity : 8;
        j->items = mem_realloc(j->items, j->capacity * sizeof *j->items);
    }
    j->items[j->count++] = job;
}

struct err *slt_jobs_start(struct slt_jobs *j, struct session_result *result,
    const struct slt_job_params *params, struct slt_job **out)
{
    if (j->count == SLT_JOBS_MAX)
        FAIL(ERR_LIMIT_EXCEEDED, "a file starts at most %d jobs", SLT_JOBS_MAX);
    struct slt_job *job = mem_alloc(sizeof *job);
    job->arena = result->arena;
    result->arena = NULL;
    job->graph = result->graph;
    job->zone = result->zone;
    job->workers = params->workers;
    job->batch = params->batch;
    job->key_groups = params->key_groups;
    job->query = params->query;
    job->mini_batch = params->mini_batch;
    job->harness = (struct harness){.store = j->store, .limited = true};
    job->started_at = j->log_count;
    struct err *e = NULL;
    if (result->effect == SESSION_QUERY) {
        job->result_name = slice_to_cstr(job->arena, slice_of(params->result_name));
        e = redirect_result(job, result, &job->graph);
    }
    if (!e && params->round_trip) e = round_trip(job);
    if (!e) e = launch(j, job);
    if (e) {
        free_job(job);
        return e;
    }
    find_sources(j, job);
    add_job(j, job);
    *out = job;
    return NULL;
}

void slt_jobs_remove(struct slt_jobs *j, struct slt_job *job)
{
    for (size_t i = 0; i < j->count; i++) {
        if (j->items[i] != job) continue;
        j->count--;
        memmove(&j->items[i], &j->items[i + 1], (j->count - i) * sizeof(struct slt_job *));
        break;
    }
    free_job(job);
}

/* ---- the log */

static void add_entry(struct slt_jobs *j, struct slt_log_entry entry)
{
    if (j->log_count == j->log_capacity) {
        j->log_capacity = j->log_capacity ? 2 * j->log_capacity : 32;
        j->log = mem_realloc(j->log, j->log_capacity * sizeof *j->log);
    }
    j->log[j->log_count++] = entry;
}

/* Has a job been told of the last entry, so that it must not grow any more? */
static bool last_was_read(const struct slt_jobs *j)
{
    for (size_t i = 0; i < j->count; i++)
        if (j->items[i]->at == j->log_count || j->items[i]->snapshot_at == j->log_count)
            return true;
    return false;
}

void slt_jobs_fed(struct slt_jobs *j, struct test_table *t)
{
    uint64_t last = test_store_fed(j->store);
    test_store_release(j->store, last);
    struct slt_log_entry *previous = j->log_count > 0 ? &j->log[j->log_count - 1] : NULL;
    if (previous && previous->table == t && !previous->end && !last_was_read(j))
        previous->last = last;
    else
        add_entry(j, (struct slt_log_entry){.table = t, .last = last});
}

void slt_jobs_end(struct slt_jobs *j, struct test_table *t)
{
    add_entry(j, (struct slt_log_entry){.table = t, .last = test_store_fed(j->store), .end = true});
}

static bool ends_in_log(
    const struct slt_jobs *j, const struct slt_job *job, const struct test_table *t)
{
    for (size_t i = job->started_at; i < j->log_count; i++)
        if (j->log[i].end && j->log[i].table == t) return true;
    return false;
}

size_t slt_jobs_open_tables(const struct slt_jobs *j, struct arena *a, struct test_table ***out)
{
    size_t most = 0, count = 0;
    for (size_t i = 0; i < j->count; i++) most += j->items[i]->source_count;
    *out = ARENA_ARRAY(a, struct test_table *, most);
    for (size_t i = 0; i < j->count; i++)
        for (size_t k = 0; k < j->items[i]->source_count; k++) {
            struct test_table *t = j->items[i]->sources[k];
            bool known = ends_in_log(j, j->items[i], t);
            for (size_t m = 0; m < count; m++) known = known || (*out)[m] == t;
            if (!known) (*out)[count++] = t;
        }
    return count;
}

void slt_jobs_forget(struct slt_jobs *j, const struct test_table *t)
{
    for (size_t i = 0; i < j->log_count; i++)
        if (j->log[i].table == t) j->log[i].table = NULL;
}

/* ---- driving */

/* Takes note of what has become of the job. A finished one is closed, so that no restart takes its
 * rows back. */
static void look_at_state(struct slt_job *job)
{
    switch (job_state(job->job)) {
    case JOB_RUNNING: return;
    case JOB_FAILED: job->failed = true; return;
    case JOB_FINISHED:
    case JOB_STOPPED:
        job_free(job->job);
        job->job = NULL;
        return;
    }
    UNREACHABLE();
}

static bool is_running(const struct slt_job *job)
{
    return job->job && !job->failed;
}

static bool concerns(const struct slt_jobs *j, const struct slt_job *job, size_t at)
{
    const struct slt_log_entry *entry = &j->log[at];
    bool counts = !entry->end || at >= job->started_at;
    return entry->table && counts && reads(job, entry->table);
}

/* The job is idle: lets it have what comes next, all rows of one table up to the next table's.
 * False when there is nothing more. */
static bool go_on(const struct slt_jobs *j, struct slt_job *job)
{
    const struct test_table *table = NULL;
    for (; job->at < j->log_count; job->at++) {
        const struct slt_log_entry *entry = &j->log[job->at];
        if (!concerns(j, job, job->at)) continue;
        if (table && (entry->end || entry->table != table)) break;
        table = entry->table;
        job->harness.limit = entry->last;
        if (!entry->end) continue;
        end_table(job, table);
        job->at++;
        break;
    }
    if (!table && (!job->query || job->harness.sources_end)) return false;
    if (!table) job->harness.sources_end = true;
    job_wake(job->job);
    return true;
}

/* *steps counts down; a job that is idle with the whole log behind it leaves some. */
static void step_job(const struct slt_jobs *j, struct slt_job *job, uint64_t *steps)
{
    while (*steps > 0 && is_running(job)) {
        (*steps)--;
        if (job_step(job->job)) continue;
        look_at_state(job);
        if (is_running(job) && !go_on(j, job)) return;
    }
}

struct err *slt_jobs_step(struct slt_jobs *j, uint64_t steps)
{
    for (size_t i = 0; i < j->count; i++) {
        uint64_t left = steps;
        if (is_running(j->items[i])) job_wake(j->items[i]->job);
        step_job(j, j->items[i], &left);
        if (left == 0 && steps >= STEPS_MAX)
            FAIL(ERR_LIMIT_EXCEEDED, "the job does not come to rest after %d steps", STEPS_MAX);
    }
    return NULL;
}

struct err *slt_jobs_run(struct slt_jobs *j)
{
    return slt_jobs_step(j, STEPS_MAX);
}

/* ---- checkpoints and restarts */

static struct err *checkpoint_job(struct slt_job *job, bool flush)
{
    struct snapshot *snapshot = NULL;
    struct err *e = job_checkpoint(job->job, &snapshot);
    if (!e) job->asked_id = job_completed_checkpoint(job->job);
    look_at_state(job);
    if (e && job->failed) {
        err_free(e); /* it follows from the job's own */
        return NULL;
    }
    if (e) return err_wrap(e, "taking a checkpoint");
    if (flush) {
        snapshot_free(snapshot);
        return NULL;
    }
    snapshot_free(job->snapshot);
    job->snapshot = snapshot;
    job->snapshot_at = job->at;
    return NULL;
}

struct err *slt_jobs_checkpoint(struct slt_jobs *j, bool flush)
{
    for (size_t i = 0; i < j->count; i++)
        if (is_running(j->items[i]) && (!flush || j->items[i]->mini_batch))
            TRY(checkpoint_job(j->items[i], flush));
    return NULL;
}

/* A job that has taken its last checkpoint would be restored from that, to do nothing but end: it
 * may as well end now. */
static void end_complete(struct slt_job *job)
{
    if (job_completed_checkpoint(job->job) <= job->asked_id) return;
    job_run_until_idle(job->job);
    look_at_state(job);
}

struct err *slt_jobs_restart(struct slt_jobs *j, uint32_t workers, uint32_t batch)
{
    for (size_t i = 0; i < j->count; i++)
        if (is_running(j->items[i])) end_complete(j->items[i]);
    if (!slt_jobs_running(j)) return NULL;
    test_store_restart(j->store);
    for (size_t i = 0; i < j->count; i++) {
        struct slt_job *job = j->items[i];
        if (!is_running(job)) continue;
        job_free(job->job);
        job->job = NULL;
        job->killed = true;
    }
    for (size_t i = 0; i < j->count; i++) {
        struct slt_job *job = j->items[i];
        if (!job->killed) continue;
        job->killed = false;
        if (workers) job->workers = workers;
        if (batch) job->batch = batch;
        struct err *e = launch(j, job);
        if (e) return err_wrap(e, "restoring the job");
    }
    return NULL;
}

bool slt_jobs_running(const struct slt_jobs *j)
{
    for (size_t i = 0; i < j->count; i++)
        if (is_running(j->items[i])) return true;
    return false;
}

const struct err *slt_job_failure(const struct slt_job *job)
{
    return job->failed ? job_error(job->job) : NULL;
}

const struct err *slt_jobs_failure(const struct slt_jobs *j)
{
    for (size_t i = 0; i < j->count; i++)
        if (j->items[i]->failed) return slt_job_failure(j->items[i]);
    return NULL;
}
