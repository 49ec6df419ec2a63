#include "run/job.h"

#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/env.h"
#include "base/mem.h"
#include "run/account.h"
#include "run/channel.h"
#include "run/coordinator.h"
#include "run/job_private.h"
#include "state/snapshot.h"

/* Completion is told by `changed`; a look now and then costs nothing and cannot be missed. */
static const uint64_t look_ns = 100000000;

/* ---- start and end ---- */

/* What the budget had room for tells about how much the rest needs. The first checkpoint after that
 * is a complete one. */
static struct err *hint_memory(const struct job *j, struct err *e)
{
    const struct mem_budget *limit = mem_budget_limit(&j->budget);
    double all = (double)snapshot_keyed_bytes(j->params.restore), read = (double)j->restored_bytes;
    if (err_code(e) != ERR_OUT_OF_MEMORY || limit->limit_bytes == 0 || read == 0) return e;
    size_t used = atomic_load_explicit(&j->budget.used_bytes, memory_order_relaxed);
    double need = (double)limit->limit_bytes + (double)used * (all / read - 1) + all;
    return err_hint(e,
        "%.0f %% of the state fits; for all of it and a checkpoint set '%s' to about %.0f mb, for "
        "more rows to more",
        100 * read / all, limit->name, need / (1 << 20));
}

static struct err *open_tasks(struct job *j)
{
    struct err *e = NULL;
    for (uint32_t i = 0; !e && i < j->task_count; i++)
        e = task_open(&j->tasks[i], j->params.restore);
    if (e && j->params.restore && j->params.restored_id)
        e = err_wrap(hint_memory(j, e), "resuming from checkpoint %llu",
            (unsigned long long)j->params.restored_id);
    j->params.restore = NULL;
    return e;
}

static struct err *start_threads(struct job *j)
{
    for (uint32_t i = 0; i < j->worker_count; i++) {
        TRY(thread_start(&j->workers[i].thread, "weir-worker", worker__run, &j->workers[i]));
        j->workers[i].started = true;
    }
    return NULL;
}

static struct job *new_job(const struct job_params *params)
{
    ASSERT(params->parallelism >= 1 && params->parallelism <= JOB_PARALLELISM_MAX);
    ASSERT(params->batch_rows >= 1 && params->batch_rows <= BATCH_ROWS_MAX);
    struct job *j = mem_alloc_aligned(64, sizeof *j);
    j->params = *params;
    j->arena = arena_new(1 << 14);
    j->budget = (struct mem_budget){.parent = params->budget, .name = params->graph->job_name};
    j->worker_count = params->parallelism;
    j->workers = ARENA_ARRAY(j->arena, struct worker, j->worker_count);
    mutex_init(&j->mutex);
    condition_init(&j->changed);
    return j;
}

struct err *job_start(const struct job_params *params, struct job **out)
{
    struct job *j = new_job(params);
    struct err *e = job__build(j);
    if (!e) e = account_new(params->graph, j->task_count, params->restore, &j->account);
    if (!e && !params->no_checkpoints) {
        j->coordinator = coordinator_new(j);
        e = coordinator_start(j->coordinator);
    }
    if (!e) e = open_tasks(j);
    if (!e && params->threads) e = start_threads(j);
    if (e) {
        job_free(j);
        return e;
    }
    *out = j;
    return NULL;
}

struct err *job_commit(const struct job_params *params)
{
    struct job *j = new_job(params);
    struct err *e = job__build(j);
    for (uint32_t i = 0; !e && i < j->task_count; i++)
        e = task_commit(&j->tasks[i], params->restore);
    job_free(j);
    return e;
}

void job_free(struct job *j)
{
    if (!j) return;
    atomic_store_explicit(&j->control.stop, TASK_ABANDON, memory_order_relaxed);
    job__wake_all(j);
    for (uint32_t i = 0; i < j->worker_count; i++)
        if (j->workers[i].started) thread_join(&j->workers[i].thread);
    coordinator_free(j->coordinator);
    account_free(j->account);
    for (uint32_t i = 0; i < j->task_count; i++) task_close(&j->tasks[i]);
    for (uint32_t i = 0; i < j->channel_count; i++) channel_free(j->channels[i]);
    for (uint32_t i = 0; i < j->task_count; i++) arena_free(j->tasks[i].arena);
    mem_free(j->channels);
    err_free(j->error);
    condition_deinit(&j->changed);
    mutex_deinit(&j->mutex);
    arena_free(j->arena);
    mem_free(j);
}

void job__wake_all(struct job *j)
{
    for (uint32_t i = 0; i < j->worker_count; i++) waker_notify(&j->workers[i].waker);
}

void job__fail_locked(struct job *j, struct err *e)
{
    if (j->error)
        err_free(e); /* the first failure is the cause; others follow from it */
    else
        j->error = e;
    atomic_store_explicit(&j->control.stop, TASK_ABANDON, memory_order_relaxed);
    condition_broadcast(&j->changed);
    job__wake_all(j);
}

void job__fail(struct job *j, struct err *e)
{
    mutex_lock(&j->mutex);
    job__fail_locked(j, e);
    mutex_unlock(&j->mutex);
}

void job__task_done(struct job *j)
{
    mutex_lock(&j->mutex);
    j->done_count++;
    if (!j->coordinator && j->done_count == j->task_count) account_commit(j->account, UINT64_MAX);
    condition_broadcast(&j->changed);
    mutex_unlock(&j->mutex);
}

static enum job_state state_locked(const struct job *j)
{
    if (j->error) return JOB_FAILED;
    if (j->done_count < j->task_count) return JOB_RUNNING;
    return atomic_load_explicit(&j->control.stop, memory_order_relaxed) == TASK_RUN ? JOB_FINISHED
                                                                                    : JOB_STOPPED;
}

enum job_state job_state(const struct job *j)
{
    struct job *unlocked =
        (struct job *)(uintptr_t)j; /* the mutex is not part of the job's value */
    mutex_lock(&unlocked->mutex);
    enum job_state state = state_locked(j);
    mutex_unlock(&unlocked->mutex);
    return state;
}

const struct job_params *job_parameters(const struct job *j)
{
    return &j->params;
}

const struct err *job_error(const struct job *j)
{
    return job_state(j) == JOB_FAILED ? j->error : NULL;
}

void job_stop(struct job *j, enum job_stop how)
{
    int wanted = how == JOB_DRAIN ? TASK_DRAIN : j->params.store ? TASK_HALT : TASK_STOP;
    int running = TASK_RUN; /* a failure's ABANDON stays */
    atomic_compare_exchange_strong(&j->control.stop, &running, wanted);
    if (j->coordinator) coordinator_advance(j->coordinator);
    job__wake_all(j);
}

void job_wake(struct job *j)
{
    for (uint32_t i = 0; i < j->task_count && !j->params.threads; i++)
        for (uint32_t k = 0; k < j->tasks[i].node_count; k++) j->tasks[i].nodes[k].wake_ms = 0;
    job__wake_all(j);
}

/* ---- checkpoints ---- */

uint64_t job_completed_checkpoint(const struct job *j)
{
    return atomic_load_explicit(&j->control.checkpoint_completed, memory_order_acquire);
}

static bool wait_for_change(struct job *j)
{
    if (!j->params.threads) return job_step(j);
    mutex_lock(&j->mutex);
    bool waits = !j->error;
    if (waits) condition_wait(&j->changed, &j->mutex, look_ns);
    mutex_unlock(&j->mutex);
    return waits;
}

struct err *job_checkpoint(struct job *j, struct snapshot **out)
{
    ASSERT(j->coordinator && !j->params.store);
    uint64_t id = coordinator_trigger(j->coordinator);
    for (bool done = false;;) {
        TRY(coordinator_result(j->coordinator, id, &done));
        if (done) return coordinator_snapshot(j->coordinator, out);
        if (!wait_for_change(j)) break;
    }
    char why[ERR_MESSAGE_MAX] = "tasks wait for each other";
    if (j->error) err_format(j->error, why, sizeof why);
    FAIL(ERR_INTERNAL, "checkpoint %llu did not complete: %s", (unsigned long long)id, why);
}

void job_checkpoint_stats(const struct job *j, struct job_checkpoint_stats *out)
{
    *out = (struct job_checkpoint_stats){0};
    if (j->coordinator) coordinator_stats(j->coordinator, out);
}

/* ---- driving ---- */

bool job_step(struct job *j)
{
    bool progress = false;
    if (j->coordinator) coordinator_advance(j->coordinator);
    for (uint32_t i = 0; i < j->task_count; i++) {
        if (atomic_load_explicit(&j->control.stop, memory_order_relaxed) == TASK_ABANDON)
            return false;
        enum task_status status;
        uint64_t wake_ms;
        if (j->tasks[i].status == TASK_DONE) continue;
        struct err *e = task_step(&j->tasks[i], &status, &wake_ms);
        if (e)
            job__fail(j, e);
        else if (status == TASK_PROGRESS || status == TASK_DONE)
            progress = true;
    }
    return progress;
}

void job_run_until_idle(struct job *j)
{
    while (job_step(j)) {
    }
}

enum job_state job_wait(struct job *j, uint64_t timeout_ms)
{
    uint64_t end_ns = env_mono_ns(j->params.env) + timeout_ms * 1000000;
    for (;;) {
        uint64_t due_ns = UINT64_MAX;
        if (j->coordinator) {
            coordinator_advance(j->coordinator);
            due_ns = coordinator_wait_ns(j->coordinator);
        }
        mutex_lock(&j->mutex);
        enum job_state state = state_locked(j);
        uint64_t now_ns = env_mono_ns(j->params.env),
                 wait_ns = end_ns > now_ns ? end_ns - now_ns : 0;
        if (due_ns < wait_ns) wait_ns = due_ns;
        if (state == JOB_RUNNING && wait_ns > 0) condition_wait(&j->changed, &j->mutex, wait_ns);
        state = state_locked(j);
        mutex_unlock(&j->mutex);
        if (state != JOB_RUNNING || env_mono_ns(j->params.env) >= end_ns) return state;
    }
}

/* ---- figures ---- */

static uint64_t load(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void add_windows(struct job_node_stats *s, const struct task_node *n)
{
    int64_t fire_ms = atomic_load_explicit(&n->op->counters.next_fire_ms, memory_order_relaxed);
    if (fire_ms && (!s->next_fire_ms || fire_ms < s->next_fire_ms)) s->next_fire_ms = fire_ms;
}

static void add_node(struct job_node_stats *s, const struct task_node *n)
{
    const struct op_counters *c = &n->op->counters;
    s->rows_in += load(&c->rows_in);
    s->rows_out += load(&c->rows_out);
    s->bytes += load(&c->bytes);
    s->late_rows += load(&c->late_rows);
    s->filtered_rows += load(&c->filtered_rows);
    s->bad_records += load(&c->bad_records);
    s->future_rows += load(&c->future_rows);
    s->duplicate_keys += load(&c->duplicate_keys);
    s->state_bytes += load(&c->state_bytes);
    int64_t full_ms = atomic_load_explicit(&c->disk_full_ms, memory_order_relaxed);
    if (full_ms && (!s->disk_full_ms || full_ms < s->disk_full_ms)) s->disk_full_ms = full_ms;
    int64_t watermark_ms = atomic_load_explicit(&c->watermark_ms, memory_order_relaxed);
    if (watermark_ms < s->watermark_ms) s->watermark_ms = watermark_ms;
    add_windows(s, n);
}

/* Keeps the splits with the least watermarks: those may hold event time back. */
static void show_split(struct job_node_stats *s, const struct job_split_stats *split)
{
    struct job_split_stats *shown = (struct job_split_stats *)(uintptr_t)s->splits;
    uint32_t at = s->split_shown_count;
    if (at == JOB_SPLITS_SHOWN) {
        at = 0;
        for (uint32_t i = 1; i < JOB_SPLITS_SHOWN; i++)
            if (shown[i].watermark_ms > shown[at].watermark_ms) at = i;
        if (shown[at].watermark_ms <= split->watermark_ms) return;
    } else {
        s->split_shown_count++;
    }
    shown[at] = *split;
}

static void add_splits(struct job_node_stats *s, const struct task_node *n, struct arena *a)
{
    const struct op_splits *splits = n->op->splits;
    if (!splits) return;
    if (!s->splits) s->splits = ARENA_ARRAY(a, struct job_split_stats, JOB_SPLITS_SHOWN);
    uint32_t count = atomic_load_explicit(&splits->count, memory_order_relaxed);
    s->split_count += count;
    for (uint32_t i = 0; i < count && i < OP_SPLITS_SHOWN; i++) {
        const struct op_split *from = &splits->shown[i];
        show_split(
            s, &(struct job_split_stats){.subtask = n->ctx.subtask,
                   .split = i,
                   .watermark_ms = atomic_load_explicit(&from->watermark_ms, memory_order_relaxed),
                   .last_row_ms = atomic_load_explicit(&from->last_row_ms, memory_order_relaxed),
                   .idle = atomic_load_explicit(&from->idle, memory_order_relaxed)});
    }
}

/* Nodes of the graph come first, in its order, then local halves. */
static void take_task(struct job_task_stats *s, const struct task *t)
{
    int status = atomic_load_explicit(&t->shown_status, memory_order_relaxed);
    const struct task_node *first = &t->nodes[0], *last = first;
    for (uint32_t k = 1; k < t->node_count && !t->nodes[k].is_combine; k++) last = &t->nodes[k];
    uint64_t now_ns = env_mono_ns(t->env);
    uint64_t life_ns = now_ns > t->opened_ns ? now_ns - t->opened_ns : 0;
    *s = (struct job_task_stats){.vertex = first->phys_node,
        .subtask = t->subtask,
        .done = status == TASK_DONE,
        .waiting_output = status == TASK_WAIT_OUT,
        .rows_in = first->input_count ? load(&first->op->counters.rows_in) : 0,
        .rows_out = last->ctx.output ? load(&last->op->counters.rows_out) : 0,
        .start_delay_ns = load(&t->start_delay_ns),
        .align_ns = load(&t->align_ns),
        .idle_ns = stopwatch_ns(&t->idle, now_ns),
        .backpressured_ns = stopwatch_ns(&t->backpressured, now_ns)};
    uint64_t waited_ns = s->idle_ns + s->backpressured_ns;
    s->busy_ns = life_ns > waited_ns ? life_ns - waited_ns : 0;
}

/* What a task is doing, its nodes do. */
static void add_task(
    struct job_stats *out, struct job_node_stats *nodes, const struct task *t, struct arena *a)
{
    int status = atomic_load_explicit(&t->shown_status, memory_order_relaxed);
    out->tasks_waiting_input += status == TASK_WAIT_IN || status == TASK_WAIT_TIME;
    out->tasks_waiting_output += status == TASK_WAIT_OUT;
    out->tasks_done += status == TASK_DONE;
    for (uint32_t k = 0; k < t->node_count; k++) {
        if (t->nodes[k].is_combine) {
            add_windows(&nodes[t->nodes[k].combines_for], &t->nodes[k]);
            continue;
        }
        struct job_node_stats *s = &nodes[t->nodes[k].phys_node];
        s->vertex = t->nodes[0].phys_node;
        s->subtasks++;
        s->subtasks_done += status == TASK_DONE;
        s->subtasks_waiting_output += status == TASK_WAIT_OUT;
        add_node(s, &t->nodes[k]);
        add_splits(s, &t->nodes[k], a);
    }
}

void job_stats(const struct job *j, struct arena *a, struct job_stats *out)
{
    const struct phys_graph *g = j->params.graph;
    struct job_node_stats *nodes = ARENA_ARRAY(a, struct job_node_stats, g->node_count);
    struct job_task_stats *tasks = ARENA_ARRAY(a, struct job_task_stats, j->task_count);
    *out = (struct job_stats){.node_count = g->node_count,
        .nodes = nodes,
        .task_count = j->task_count,
        .tasks = tasks,
        .memory_bytes = atomic_load_explicit(&j->budget.used_bytes, memory_order_relaxed)};
    for (uint32_t i = 0; i < g->node_count; i++)
        nodes[i] = (struct job_node_stats){.name = g->nodes[i].op->name,
            .phys_node = i,
            .is_source = g->nodes[i].input_count == 0,
            .is_sink = g->nodes[i].output == NULL,
            .is_side = phys_node_is_side(g, i),
            .watermark_ms = INT64_MAX};
    for (uint32_t i = 0; i < j->task_count; i++) {
        add_task(out, nodes, &j->tasks[i], a);
        take_task(&tasks[i], &j->tasks[i]);
    }
}

void job_account(const struct job *j, struct arena *a, struct job_account **accounts,
    uint32_t *count, uint64_t *at_checkpoint)
{
    struct job *unlocked = (struct job *)(uintptr_t)j; /* as in job_state */
    mutex_lock(&unlocked->mutex);
    account_read(j->account, a, accounts, count, at_checkpoint);
    mutex_unlock(&unlocked->mutex);
}
