#include "run/job.h"

#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/env.h"
#include "base/mem.h"
#include "run/channel.h"
#include "run/job_private.h"

/* ---- start and end ---- */

static struct err *open_tasks(struct job *j)
{
    for (uint32_t i = 0; i < j->task_count; i++) TRY(task_open(&j->tasks[i], j->params.restore));
    j->params.restore = NULL;
    return NULL;
}

static struct err *start_threads(struct job *j)
{
    for (uint32_t i = 0; i < j->worker_count; i++) {
        TRY(thread_start(&j->workers[i].thread, "weir-worker", worker__run, &j->workers[i]));
        j->workers[i].started = true;
    }
    return NULL;
}

struct err *job_start(const struct job_params *params, struct job **out)
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
    if (params->checkpoint_interval_ms > 0)
        j->next_checkpoint_ns =
            env_mono_ns(params->env) + (uint64_t)params->checkpoint_interval_ms * 1000000;
    struct err *e = job__build(j);
    if (!e) e = open_tasks(j);
    if (!e && params->threads) e = start_threads(j);
    if (e) {
        job_free(j);
        return e;
    }
    *out = j;
    return NULL;
}

void job_free(struct job *j)
{
    if (!j) return;
    atomic_store_explicit(&j->control.stop, TASK_ABANDON, memory_order_relaxed);
    job__wake_all(j);
    for (uint32_t i = 0; i < j->worker_count; i++)
        if (j->workers[i].started) thread_join(&j->workers[i].thread);
    for (uint32_t i = 0; i < j->task_count; i++) task_close(&j->tasks[i]);
    for (uint32_t i = 0; i < j->channel_count; i++) channel_free(j->channels[i]);
    for (uint32_t i = 0; i < j->task_count; i++) {
        arena_free(j->tasks[i].arena);
        if (j->parts) mem_free(j->parts[i].part.bytes);
    }
    mem_free(j->channels);
    snapshot_free(j->latest);
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

void job__fail(struct job *j, struct err *e)
{
    mutex_lock(&j->mutex);
    if (j->error)
        err_free(e); /* the first failure is the cause; others follow from it */
    else
        j->error = e;
    atomic_store_explicit(&j->control.stop, TASK_ABANDON, memory_order_relaxed);
    condition_broadcast(&j->changed);
    mutex_unlock(&j->mutex);
    job__wake_all(j);
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

const struct err *job_error(const struct job *j)
{
    return job_state(j) == JOB_FAILED ? j->error : NULL;
}

void job_stop(struct job *j, enum job_stop how)
{
    int running = TASK_RUN; /* a failure's ABANDON stays */
    atomic_compare_exchange_strong(
        &j->control.stop, &running, how == JOB_DRAIN ? TASK_DRAIN : TASK_STOP);
    job__wake_all(j);
}

void job_wake(struct job *j)
{
    for (uint32_t i = 0; i < j->task_count && !j->params.threads; i++)
        for (uint32_t k = 0; k < j->tasks[i].node_count; k++) j->tasks[i].nodes[k].wake_ms = 0;
    job__wake_all(j);
}

/* ---- checkpoints ---- */

/* Under the mutex: makes a snapshot of the parts when every task has given its own. */
static struct err *complete_locked(struct job *j)
{
    if (j->pending_id == 0) return NULL;
    for (uint32_t i = 0; i < j->task_count; i++)
        if (!j->parts[i].final && j->parts[i].part.checkpoint_id != j->pending_id) return NULL;
    struct slice *parts = mem_alloc(j->task_count * sizeof *parts);
    for (uint32_t i = 0; i < j->task_count; i++)
        parts[i] = (struct slice){j->parts[i].part.bytes, j->parts[i].part.size};
    struct snapshot *s = NULL;
    struct err *e = snapshot_load(parts, j->task_count, &s);
    mem_free(parts);
    if (e) return err_wrap(e, "checkpoint %llu", (unsigned long long)j->pending_id);
    snapshot_free(j->latest);
    j->latest = s;
    /* Release pairs with the acquire in task.c: sinks may publish. */
    atomic_store_explicit(&j->control.checkpoint_completed, j->pending_id, memory_order_release);
    j->pending_id = 0;
    return NULL;
}

static void store_part(struct job *j, uint32_t task, bool final, const struct snapshot_part *part)
{
    mutex_lock(&j->mutex);
    mem_free(j->parts[task].part.bytes);
    j->parts[task] = (struct job_part){.part = *part, .final = final};
    if (final) j->done_count++;
    struct err *e = complete_locked(j);
    condition_broadcast(&j->changed);
    mutex_unlock(&j->mutex);
    if (e) job__fail(j, e);
    job__wake_all(j);
}

void job__take_part(struct job *j, uint32_t task, const struct snapshot_part *part)
{
    store_part(j, task, false, part);
}

void job__take_final_part(struct job *j, uint32_t task, const struct snapshot_part *part)
{
    store_part(j, task, true, part);
}

/* Under the mutex. A checkpoint under way goes on: only one at a time. */
static uint64_t trigger_locked(struct job *j)
{
    if (j->pending_id == 0) {
        j->pending_id = ++j->next_id;
        /* Release pairs with the acquire in task.c. */
        atomic_store_explicit(
            &j->control.checkpoint_requested, j->pending_id, memory_order_release);
    }
    return j->pending_id;
}

static bool completed(const struct job *j, uint64_t id)
{
    return atomic_load_explicit(&j->control.checkpoint_completed, memory_order_acquire) >= id;
}

uint64_t job_completed_checkpoint(const struct job *j)
{
    return atomic_load_explicit(&j->control.checkpoint_completed, memory_order_acquire);
}

static void wait_for_checkpoint(struct job *j, uint64_t id)
{
    if (!j->params.threads) {
        while (!completed(j, id) && job_step(j)) {
        }
        return;
    }
    mutex_lock(&j->mutex);
    while (!completed(j, id) && !j->error) condition_wait(&j->changed, &j->mutex, UINT64_MAX);
    mutex_unlock(&j->mutex);
}

struct err *job_checkpoint(struct job *j, struct snapshot **out)
{
    ASSERT(!j->params.no_checkpoints);
    mutex_lock(&j->mutex);
    uint64_t id = trigger_locked(j);
    struct err *e = complete_locked(j); /* all tasks may have ended already */
    mutex_unlock(&j->mutex);
    if (e) return e;
    job__wake_all(j);
    wait_for_checkpoint(j, id);
    mutex_lock(&j->mutex);
    struct snapshot *s = j->latest;
    j->latest = NULL;
    mutex_unlock(&j->mutex);
    if (!s) {
        char why[ERR_MESSAGE_MAX] = "tasks wait for each other";
        if (j->error) err_format(j->error, why, sizeof why);
        FAIL(ERR_INTERNAL, "checkpoint %llu did not complete: %s", (unsigned long long)id, why);
    }
    *out = s;
    return NULL;
}

static void trigger_when_due(struct job *j)
{
    uint64_t now_ns = env_mono_ns(j->params.env);
    if (j->params.checkpoint_interval_ms <= 0 || now_ns < j->next_checkpoint_ns) return;
    j->next_checkpoint_ns = now_ns + (uint64_t)j->params.checkpoint_interval_ms * 1000000;
    mutex_lock(&j->mutex);
    if (state_locked(j) == JOB_RUNNING) trigger_locked(j);
    mutex_unlock(&j->mutex);
    job__wake_all(j);
}

/* ---- driving ---- */

bool job_step(struct job *j)
{
    bool progress = false;
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
        trigger_when_due(j);
        mutex_lock(&j->mutex);
        enum job_state state = state_locked(j);
        uint64_t now_ns = env_mono_ns(j->params.env),
                 wait_ns = end_ns > now_ns ? end_ns - now_ns : 0;
        if (j->params.checkpoint_interval_ms > 0) {
            uint64_t due_ns = j->next_checkpoint_ns > now_ns ? j->next_checkpoint_ns - now_ns : 0;
            if (due_ns < wait_ns) wait_ns = due_ns;
        }
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

static void add_node(struct job_node_stats *s, const struct task_node *n)
{
    const struct op_counters *c = &n->op->counters;
    s->rows_in += load(&c->rows_in);
    s->rows_out += load(&c->rows_out);
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

/* Nodes of the graph have the task of their subtask 0; what a task is doing, its nodes do. */
static void add_task(
    struct job_stats *out, struct job_node_stats *nodes, const struct task *t, struct arena *a)
{
    int status = atomic_load_explicit(&t->shown_status, memory_order_relaxed);
    out->tasks_waiting_input += status == TASK_WAIT_IN || status == TASK_WAIT_TIME;
    out->tasks_waiting_output += status == TASK_WAIT_OUT;
    out->tasks_done += status == TASK_DONE;
    uint32_t vertex = UINT32_MAX;
    for (uint32_t k = 0; k < t->node_count; k++)
        if (!t->nodes[k].is_combine && t->nodes[k].phys_node < vertex)
            vertex = t->nodes[k].phys_node;
    for (uint32_t k = 0; k < t->node_count; k++) {
        if (t->nodes[k].is_combine) continue;
        struct job_node_stats *s = &nodes[t->nodes[k].phys_node];
        s->vertex = vertex;
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
    *out = (struct job_stats){.node_count = g->node_count,
        .nodes = nodes,
        .task_count = j->task_count,
        .memory_bytes = atomic_load_explicit(&j->budget.used_bytes, memory_order_relaxed)};
    for (uint32_t i = 0; i < g->node_count; i++)
        nodes[i] = (struct job_node_stats){.name = g->nodes[i].op->name,
            .phys_node = i,
            .is_source = g->nodes[i].input_count == 0,
            .is_sink = g->nodes[i].output == NULL,
            .watermark_ms = INT64_MAX};
    for (uint32_t i = 0; i < j->task_count; i++) add_task(out, nodes, &j->tasks[i], a);
}
