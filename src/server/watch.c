#include "server/watch.h"

#include <inttypes.h>

#include "base/arena.h"
#include "base/env.h"
#include "base/hash.h"
#include "base/mem.h"
#include "connector/connector.h"
#include "op/sink/sink.h"
#include "op/source/source.h"
#include "op/watermark/watermark.h"
#include "op/window_agg/window_agg.h"
#include "vec/batch.h"

enum { DESCRIPTION_BYTES_MAX = 8192 };

/* What has been seen of one operator. */
struct seen {
    struct view_mark marks[2]; /* older, newer */
    uint64_t rows_in, rows_out;
    int64_t watermark_ms;
    int64_t rows_in_ms, rows_out_ms, watermark_since_ms;
    uint64_t rows_before; /* of the look before this one */
    uint64_t published_rows;
};

struct task_seen {
    int64_t at_ms[2]; /* of the marks: older, newer */
    struct job_task_stats marks[2];
};

struct watch {
    struct env *env;
    struct arena *arena; /* as long as the watch */
    struct arena *last;  /* figures of the last look; all there is once the job has ended */
    struct server_job job;
    struct view_job view; /* without figures */
    struct view_operator *operators;
    struct seen *seen;
    struct view_task *tasks;      /* task_count of them, from the first look on */
    struct task_seen *tasks_seen; /* the same */
    uint64_t completed;           /* checkpoints, at the last look */
};

/* ---- from the graph ---- */

/* Two hashes of a text as 32 hex digits. */
static void hex_id(const char *text, char id[33])
{
    size_t n = strlen(text);
    snprintf(id, 33, "%016" PRIx64 "%016" PRIx64, hash_bytes(text, n, 1), hash_bytes(text, n, 2));
}

void server_job_id(const char *name, char id[33])
{
    hex_id(name, id);
}

static const char *describe(struct arena *a, const struct phys_graph *g, const struct phys_node *n)
{
    const struct schema *inputs[PHYS_INPUTS_MAX];
    for (uint32_t i = 0; i < n->input_count; i++)
        inputs[i] = phys_input_schema(g->nodes, &n->inputs[i]);
    struct buf text;
    buf_init(&text, DESCRIPTION_BYTES_MAX);
    buf_printf(&text, "%s(", n->op->name);
    if (n->op->explain) n->op->explain(n->params, inputs, n->output, &text);
    buf_add_char(&text, ')');
    const char *copy = slice_to_cstr(a, buf_slice(&text));
    buf_free(&text);
    return copy;
}

static void take_source(struct arena *a, struct view_operator *o, const struct source_params *p)
{
    const struct connector_def *def = connector_find(slice_of(p->table.connector));
    o->counts_bytes = def && def->flags & CONNECTOR_FORMAT;
    o->table = str_fmt(a, "%s", connector_short_name(p->table.name));
    o->connector = str_fmt(a, "%s", p->table.connector);
    o->gives_event_time = p->watermark != NULL;
    o->idle_timeout_ms = p->watermark ? p->watermark->idle_timeout_ms : 0;
}

static void take_sink(struct arena *a, struct view_operator *o, const struct sink_params *p)
{
    const struct connector_def *def = connector_find(slice_of(p->table.connector));
    o->table = str_fmt(a, "%s", connector_short_name(p->table.name));
    o->connector = str_fmt(a, "%s", p->table.connector);
    o->counts_bytes = def && def->flags & CONNECTOR_FORMAT;
    o->publishes = def && def->sink_checkpoint_complete;
}

static const char *ship_strategy(enum phys_exchange e)
{
    switch (e) {
    case PHYS_FORWARD: return "FORWARD";
    case PHYS_HASH: return "HASH";
    case PHYS_SINGLETON: return "GLOBAL";
    case PHYS_REBALANCE: return "REBALANCE";
    }
    return "";
}

static void take_node(struct watch *w, uint32_t index)
{
    struct arena *a = w->arena;
    const struct phys_graph *g = w->job.graph;
    const struct phys_node *n = &g->nodes[index];
    struct view_operator *o = &w->operators[index];
    hex_id(n->uid, o->id);
    o->kind = n->op->name; /* static */
    o->is_source = n->input_count == 0;
    o->is_sink = n->output == NULL;
    o->is_side = phys_node_is_side(g, index);
    o->description = describe(a, g, n);
    if (n->op == &source_op) take_source(a, o, n->params);
    if (n->op == &sink_op) take_sink(a, o, n->params);
    if (n->op == &watermark_op) {
        o->gives_event_time = true;
        o->idle_timeout_ms = ((const struct watermark_params *)n->params)->idle_timeout_ms;
    }
    if (n->op == &window_agg_op) {
        o->has_windows = true;
        o->windows_by_clock = ((const struct window_agg_params *)n->params)->window.proctime;
    }
    o->name = o->table ? str_fmt(a, "%s: %s[%" PRIu32 "]", o->is_source ? "Source" : "Sink",
                             o->table, index + 1)
                       : str_fmt(a, "%s[%" PRIu32 "]", o->kind, index + 1);
    struct view_input *inputs =
        ARENA_ARRAY(a, struct view_input, n->input_count ? n->input_count : 1);
    for (uint32_t i = 0; i < n->input_count; i++)
        inputs[i] = (struct view_input){n->inputs[i].node, ship_strategy(n->inputs[i].exchange)};
    o->inputs = inputs;
    o->input_count = n->input_count;
}

static uint32_t tolerated(const struct job_params *p)
{
    return (p->checkpoint_failures_max ? p->checkpoint_failures_max : JOB_CHECKPOINT_FAILURES_MAX) -
           1;
}

struct watch *watch_new(struct env *env, const struct server_job *job)
{
    struct arena *a = arena_new(1 << 13);
    struct watch *w = ARENA_NEW(a, struct watch);
    w->env = env;
    w->arena = a;
    w->last = arena_new(1 << 12);
    w->job = *job;
    const struct job_params *params = job_parameters(job->job);
    uint32_t count = job->graph->node_count;
    w->operators = ARENA_ARRAY(a, struct view_operator, count);
    w->seen = ARENA_ARRAY(a, struct seen, count);
    for (uint32_t i = 0; i < count; i++) {
        take_node(w, i);
        w->seen[i].watermark_ms = WATERMARK_NONE;
        w->seen[i].marks[0].at_ms = w->seen[i].marks[1].at_ms = env_now_ms(env);
    }
    w->view = (struct view_job){.name = str_fmt(a, "%s", job->name),
        .started_ms = job->started_ms,
        .ended_ms = -1,
        .parallelism = params->parallelism,
        .key_groups = params->key_groups,
        .checkpoint_interval_ms = params->checkpoint_interval_ms,
        .checkpoint_timeout_ms = params->checkpoint_timeout_ms,
        .checkpoint_min_pause_ms = params->checkpoint_min_pause_ms,
        .checkpoint_failures_tolerated = tolerated(params),
        .checkpoints_retained = params->store ? params->retained : 1,
        .checkpoint_directory =
            job->checkpoint_directory ? str_fmt(a, "%s", job->checkpoint_directory) : NULL,
        .operators = w->operators,
        .operator_count = count};
    memcpy(w->view.id, job->id, sizeof w->view.id);
    watch_look(w);
    w->job.graph = NULL; /* its memory is the owner's to free */
    return w;
}

void watch_free(struct watch *w)
{
    arena_free(w->last);
    arena_free(w->arena);
}

const char *watch_id(const struct watch *w)
{
    return w->view.id;
}

/* ---- figures ---- */

static struct view_mark mark_of(const struct job_node_stats *s, int64_t now_ms)
{
    return (struct view_mark){.at_ms = now_ms,
        .rows_in = s->rows_in,
        .rows_out = s->rows_out,
        .bytes = s->bytes,
        .late_rows = s->late_rows,
        .filtered_rows = s->filtered_rows,
        .bad_records = s->bad_records};
}

/* The wall clock of a source's last row is known exactly. */
static int64_t last_row_ms(const struct job_node_stats *s)
{
    int64_t last = 0;
    for (uint32_t i = 0; i < s->split_shown_count; i++)
        if (s->splits[i].last_row_ms > last) last = s->splits[i].last_row_ms;
    return last;
}

static void look_at(
    struct seen *seen, const struct job_node_stats *s, bool published, int64_t now_ms)
{
    if (s->rows_in > seen->rows_in) seen->rows_in_ms = now_ms;
    if (s->rows_out > seen->rows_out) seen->rows_out_ms = last_row_ms(s) ? last_row_ms(s) : now_ms;
    if (s->watermark_ms != seen->watermark_ms) seen->watermark_since_ms = now_ms;
    seen->rows_in = s->rows_in;
    seen->rows_out = s->rows_out;
    seen->watermark_ms = s->watermark_ms;
    /* What was written by the look before is in the checkpoint for certain. */
    if (published) seen->published_rows = seen->rows_before;
    seen->rows_before = s->rows_in;
    if (now_ms - seen->marks[1].at_ms < WATCH_MARK_MS) return;
    seen->marks[0] = seen->marks[1];
    seen->marks[1] = mark_of(s, now_ms);
}

/* The first rows of a job count as those of a second: a backlog read in a millisecond is no rate.
 */
static double rate(uint64_t now, uint64_t before, int64_t ms)
{
    if (ms > 0 && ms < 1000) ms = 1000;
    return ms > 0 && now > before ? (double)(now - before) * 1000 / (double)ms : 0;
}

static void show(struct view_operator *o, const struct seen *seen, const struct job_node_stats *s,
    int64_t now_ms)
{
    o->now = *s;
    o->before = seen->marks[0];
    int64_t ms = now_ms - seen->marks[0].at_ms;
    o->in_per_second = rate(s->rows_in, seen->marks[0].rows_in, ms);
    o->out_per_second = rate(s->rows_out, seen->marks[0].rows_out, ms);
    o->bytes_per_second = rate(s->bytes, seen->marks[0].bytes, ms);
    o->rows_in_ms = seen->rows_in_ms;
    o->rows_out_ms = seen->rows_out_ms;
    o->watermark_since_ms = seen->watermark_ms == WATERMARK_NONE ? 0 : seen->watermark_since_ms;
    o->unpublished_rows = s->rows_in > seen->published_rows ? s->rows_in - seen->published_rows : 0;
}

static void look_at_task(struct task_seen *seen, const struct job_task_stats *s, int64_t now_ms)
{
    if (now_ms - seen->at_ms[1] < WATCH_MARK_MS) return;
    seen->marks[0] = seen->marks[1];
    seen->at_ms[0] = seen->at_ms[1];
    seen->marks[1] = *s;
    seen->at_ms[1] = now_ms;
}

/* Readers of running stopwatches may be a microsecond ahead of their next look. */
static double since(uint64_t now_ns, uint64_t before_ns)
{
    return now_ns > before_ns ? (double)(now_ns - before_ns) : 0;
}

static void show_task(struct view_task *t, const struct task_seen *seen,
    const struct job_task_stats *s, int64_t now_ms)
{
    const struct job_task_stats *before = &seen->marks[0];
    int64_t ms = now_ms - seen->at_ms[0];
    double busy = since(s->busy_ns, before->busy_ns), idle = since(s->idle_ns, before->idle_ns),
           full = since(s->backpressured_ns, before->backpressured_ns), all = busy + idle + full;
    *t = (struct view_task){.now = *s,
        .in_per_second = rate(s->rows_in, before->rows_in, ms),
        .out_per_second = rate(s->rows_out, before->rows_out, ms)};
    if (all == 0) return;
    t->busy = busy / all;
    t->idle = idle / all;
    t->backpressured = full / all;
}

static void take_tasks(struct watch *w, const struct job_stats *stats, int64_t now_ms)
{
    if (!w->tasks) {
        w->tasks = ARENA_ARRAY(w->arena, struct view_task, stats->task_count);
        w->tasks_seen = ARENA_ARRAY(w->arena, struct task_seen, stats->task_count);
        for (uint32_t i = 0; i < stats->task_count; i++)
            w->tasks_seen[i].at_ms[0] = w->tasks_seen[i].at_ms[1] = now_ms;
    }
    for (uint32_t i = 0; i < stats->task_count; i++) {
        look_at_task(&w->tasks_seen[i], &stats->tasks[i], now_ms);
        show_task(&w->tasks[i], &w->tasks_seen[i], &stats->tasks[i], now_ms);
    }
}

/* Figures of the running job into the operators and the view; texts and arrays in `a`. */
static void take(struct watch *w, struct arena *a, struct view_job *v)
{
    struct job_stats stats;
    job_stats(w->job.job, a, &stats);
    job_checkpoint_stats(w->job.job, &v->checkpoints);
    struct job_account *accounts = NULL;
    job_account(w->job.job, a, &accounts, &v->account_count, &v->account_checkpoint);
    v->accounts = accounts;
    v->task_count = stats.task_count;
    v->tasks_done = stats.tasks_done;
    v->tasks_waiting_output = stats.tasks_waiting_output;
    v->memory_bytes = stats.memory_bytes;
    int64_t now_ms = env_now_ms(w->env);
    bool published = v->checkpoints.completed != w->completed;
    w->completed = v->checkpoints.completed;
    for (uint32_t i = 0; i < stats.node_count; i++) {
        look_at(&w->seen[i], &stats.nodes[i], published, now_ms);
        show(&w->operators[i], &w->seen[i], &stats.nodes[i], now_ms);
    }
    take_tasks(w, &stats, now_ms);
    v->tasks = w->tasks;
}

void watch_look(struct watch *w)
{
    if (!w->job.job) return;
    arena_reset(w->last);
    take(w, w->last, &w->view);
}

bool watch_stop(struct watch *w, enum view_state state)
{
    if (w->view.state != VIEW_RUNNING) return false;
    w->view.state = state;
    w->view.stopping_ms = env_now_ms(w->env);
    return true;
}

static enum view_state end_state(const struct watch *w, enum job_state state)
{
    switch (state) {
    case JOB_FAILED: return VIEW_FAILED;
    case JOB_STOPPED: return w->view.state == VIEW_STOPPING ? VIEW_FINISHED : VIEW_CANCELED;
    case JOB_RUNNING: return VIEW_CANCELED; /* abandoned */
    case JOB_FINISHED: break;
    }
    return VIEW_FINISHED;
}

void watch_end(struct watch *w, enum job_state state, const char *error)
{
    if (!w->job.job) return;
    watch_look(w);
    w->view.state = end_state(w, state);
    w->view.ended_ms = env_now_ms(w->env);
    w->view.error = error ? str_fmt(w->arena, "%s", error) : NULL;
    w->job.job = NULL;
}

void watch_view(struct watch *w, struct view_job *out)
{
    watch_look(w);
    *out = w->view;
    out->now_ms = env_now_ms(w->env);
}
