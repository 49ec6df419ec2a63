#include "run/task.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/env.h"
#include "run/account.h"
#include "run/coordinator.h"
#include "run/exchange.h"
#include "run/gate.h"
#include "run/job_private.h"

/* ---- emission ---- */

static bool node_blocked(const struct task_node *n)
{
    for (uint32_t i = 0; i < n->exchange_count; i++)
        if (exchange_full(n->exchanges[i])) return true;
    return false;
}

static bool emit_is_full(const struct emit *out)
{
    const struct task_node *n = ((const struct task_emit *)(const void *)out)->node;
    if (node_blocked(n)) return true;
    for (uint32_t i = 0; i < n->downstream_count; i++)
        if (n->downstream[i]->op->pending || node_blocked(n->downstream[i])) return true;
    return false;
}

/* Names the operator that failed; those that only passed the rows on stay out of the message. */
static struct err *in_operator(const struct task_node *n, struct err *e)
{
    if (!e || n->task->failed) return e;
    n->task->failed = true;
    return err_wrap(e, "%s", n->def->name);
}

/* A sink without room outside: it is resumed when it says, and takes what is under way until then.
 */
static bool waits_for_room(const struct task_node *n)
{
    return n->op->pending && !n->def->poll && n->op->wake_ms > 0;
}

/* The furthest operator at or behind `n` that is pending; NULL when none is. */
static struct task_node *last_pending(struct task_node *n, bool but_waiting)
{
    for (uint32_t i = n->downstream_count + 1; i-- > 0;) {
        struct task_node *at = i ? n->downstream[i - 1] : n;
        if (at->op->pending && !(but_waiting && waits_for_room(at))) return at;
    }
    return NULL;
}

/* An operator that is pending must finish before it may be given anything, and so must all behind
 * it: the batch they are at may be one that `n` is about to fill anew. Where two paths of a task
 * meet, this is the one place where more than a bounded amount may be emitted. */
static struct err *settle(struct task_node *n)
{
    struct task_node *last;
    while ((last = last_pending(n, true))) {
        struct err *e = last->def->resume(last->op, &last->emit.base);
        if (e) return in_operator(last, e);
    }
    return NULL;
}

static struct err *deliver(struct task_node *n, uint32_t input, struct batch *b)
{
    TRY(settle(n));
    return n->def->on_batch(n->op, input, b, &n->emit.base);
}

static struct err *emit_to(struct task_node *n, bool side, struct batch *b)
{
    b->proctime_ms = n->task->now_ms;
    for (uint32_t i = 0; i < n->target_count; i++) {
        if (n->targets[i].side != side) continue;
        struct task_node *to = n->targets[i].node;
        struct err *e = deliver(to, n->targets[i].input, b);
        if (e) return in_operator(to, e);
    }
    for (uint32_t i = 0; i < n->exchange_count; i++)
        if (n->exchange_is_side[i] == side) TRY(exchange_batch(n->exchanges[i], b));
    return NULL;
}

static struct err *emit_one(struct emit *out, struct batch *b)
{
    return emit_to(((struct task_emit *)(void *)out)->node, false, b);
}

static struct err *emit_side(struct emit *out, struct batch *b)
{
    ASSERT(b->mark_count == 0);
    return emit_to(((struct task_emit *)(void *)out)->node, true, b);
}

/* ---- life cycle ---- */

static struct err *open_node(struct task_node *n, const struct snapshot *restore)
{
    n->emit = (struct task_emit){.base = {.batch = emit_one, .full = emit_is_full}, .node = n};
    n->side = (struct task_emit){.base = {.batch = emit_side, .full = emit_is_full}, .node = n};
    if (n->ctx.side_output) n->ctx.side = &n->side.base;
    TRY(n->def->open(n->params, &n->ctx, &n->op));
    ASSERT(n->op->ctx == &n->ctx);
    n->op->def = n->def;
    if (!n->def->on_batch) n->marks = batch_new(n->ctx.output, 1);
    if (!restore || !n->def->restore || n->is_combine) return NULL;
    struct snapshot_reader reader = {.snapshot = restore,
        .op_uid = n->ctx.uid,
        .key_groups = n->ctx.key_groups,
        .parallelism = n->ctx.parallelism,
        .subtask = n->ctx.subtask,
        .read_bytes = &n->task->job->restored_bytes};
    bool found;
    TRY(snapshot_reader_check(&reader, n->def->state_version, &found));
    return found ? n->def->restore(n->op, &reader) : NULL;
}

static struct err *open_nodes(struct task *t, const struct snapshot *restore, bool commits)
{
    t->now_ms = env_now_ms(t->env);
    for (uint32_t i = 0; i < t->node_count; i++) {
        struct task_node *n = &t->nodes[i];
        n->ctx.now_ms = t->now_ms;
        bool opens = !commits || !n->ctx.output;
        if (!opens && n->def->finished) n->def->finished(n->params, &n->ctx);
        struct err *e = opens ? open_node(n, restore) : NULL;
        if (e) return in_operator(n, e);
    }
    return NULL;
}

struct err *task_open(struct task *t, const struct snapshot *restore)
{
    TRY(open_nodes(t, restore, false));
    t->opened_ns = env_mono_ns(t->env);
    stopwatch_turn(&t->idle, true, t->opened_ns);
    return NULL;
}

struct err *task_commit(struct task *t, const struct snapshot *restore)
{
    return open_nodes(t, restore, true);
}

void task_close(struct task *t)
{
    for (uint32_t i = 0; i < t->node_count; i++) {
        struct task_node *n = &t->nodes[i];
        if (n->op) n->def->close(n->op);
        n->op = NULL;
        if (n->held) gate_return(n->held_gate, n->held);
        n->held = NULL;
        batch_free(n->marks);
        n->marks = NULL;
        for (uint32_t k = 0; k < n->exchange_count; k++) exchange_free(n->exchanges[k]);
        n->exchange_count = 0;
    }
}

/* ---- checkpoints ---- */

/* What may still be taken from the budget. */
static size_t budget_room(const struct mem_budget *b)
{
    size_t room = JOB_SNAPSHOT_PART_BYTES_MAX;
    for (; b; b = b->parent) {
        size_t used = atomic_load_explicit(&b->used_bytes, memory_order_relaxed);
        if (b->limit_bytes == 0) continue;
        size_t left = b->limit_bytes > used ? b->limit_bytes - used : 0;
        if (left < room) room = left;
    }
    return room;
}

/* The part's bytes are charged to the job. *failure: it did not fit; the checkpoint fails then, and
 * the job goes on. */
static struct err *finish_part(struct task *t, struct snapshot_writer *w, size_t max_bytes,
    struct snapshot_part *out, struct err **failure)
{
    *failure = snapshot_finish(w, out);
    if (*failure && max_bytes < JOB_SNAPSHOT_PART_BYTES_MAX) {
        err_free(*failure);
        *failure = mem_budget_fail(&t->job->budget, max_bytes);
    }
    if (*failure || mem_budget_take(&t->job->budget, out->capacity)) return NULL;
    *failure = mem_budget_fail(&t->job->budget, out->capacity);
    mem_free(out->bytes);
    *out = (struct snapshot_part){0};
    return NULL;
}

static struct err *write_part(
    struct task *t, uint64_t id, struct snapshot_part *out, struct err **failure)
{
    size_t memory_bytes;
    char *memory = coordinator_take_memory(t->job->coordinator, t->index, &memory_bytes);
    size_t max_bytes = budget_room(&t->job->budget);
    struct snapshot_writer *w =
        snapshot_writer_new(&(struct snapshot_writer_params){.max_bytes = max_bytes,
            .task = t->index,
            .checkpoint_id = id,
            .changes = t->part_kept && !t->job->params.full_checkpoints,
            .memory = memory,
            .memory_bytes = memory_bytes});
    struct err *e = NULL;
    for (uint32_t i = 0; i < t->node_count && !e; i++) {
        struct task_node *n = &t->nodes[i];
        if (!n->def->snapshot || n->is_combine) continue;
        if (t->job->params.publish_only && !n->def->checkpoint_complete) continue;
        snapshot_begin_op(w, n->ctx.uid, n->def->state_version);
        e = in_operator(n, n->def->snapshot(n->op, w));
    }
    account_cut(t->job->account, t, w);
    if (!e) e = finish_part(t, w, max_bytes, out, failure);
    snapshot_writer_free(w);
    return e;
}

static bool inputs_aligned(const struct task *t)
{
    for (uint32_t i = 0; i < t->node_count; i++)
        for (uint32_t k = 0; k < t->nodes[i].input_count; k++)
            if (t->nodes[i].gates[k] && !gate_aligned(t->nodes[i].gates[k])) return false;
    return true;
}

/* True if an operator has something to emit before the barrier: look again when it has. */
static bool hold_barrier(struct task *t)
{
    bool pending = false;
    for (uint32_t i = 0; i < t->node_count; i++) {
        struct task_node *n = &t->nodes[i];
        if (n->def->before_barrier && !n->ended) n->def->before_barrier(n->op);
        pending |= n->op->pending;
    }
    return pending;
}

static void show_barriers(struct task *t)
{
    uint64_t begun_ns =
        atomic_load_explicit(&t->control->checkpoint_begun_ns, memory_order_relaxed);
    uint64_t first_ns = t->barrier_ns ? t->barrier_ns : t->mono_ns;
    uint64_t delay_ns = first_ns > begun_ns ? first_ns - begun_ns : 0;
    atomic_store_explicit(&t->start_delay_ns, delay_ns, memory_order_relaxed);
    if (t->barrier_ns)
        atomic_store_explicit(&t->align_ns, t->mono_ns - t->barrier_ns, memory_order_relaxed);
    t->barrier_ns = 0;
}

/* Everything before the barriers has been processed; sources have not been read since. */
static struct err *take_checkpoint(struct task *t, uint64_t id)
{
    struct snapshot_part part = {0};
    struct err *failure = NULL;
    TRY(write_part(t, id, &part, &failure));
    for (uint32_t i = 0; i < t->node_count; i++) {
        struct task_node *n = &t->nodes[i];
        for (uint32_t k = 0; k < n->exchange_count && !n->ended; k++)
            exchange_barrier(n->exchanges[k], id);
        for (uint32_t k = 0; k < n->input_count; k++)
            if (n->gates[k]) gate_release(n->gates[k]);
    }
    show_barriers(t);
    t->checkpoint_id = id;
    t->part_kept = false;
    coordinator_take_part(t->job->coordinator, t->index, &part, failure);
    return NULL;
}

static struct err *pass_completion(struct task *t, uint64_t id, uint64_t oldest_id)
{
    for (uint32_t i = 0; i < t->node_count; i++) {
        struct task_node *n = &t->nodes[i];
        if (n->def->checkpoint_complete)
            TRY(in_operator(n, n->def->checkpoint_complete(n->op, id, oldest_id)));
    }
    return NULL;
}

static struct err *pass_abort(struct task *t, uint64_t id)
{
    for (uint32_t i = 0; i < t->node_count; i++) {
        struct task_node *n = &t->nodes[i];
        if (n->def->checkpoint_aborted) TRY(in_operator(n, n->def->checkpoint_aborted(n->op, id)));
    }
    return NULL;
}

static void be_done(struct task *t)
{
    t->status = TASK_DONE;
    job__task_done(t->job);
}

/* The last checkpoint of the job is taken: what follows is only to hear what became of it. */
static bool has_taken_last(const struct task *t)
{
    uint64_t last = atomic_load_explicit(&t->control->checkpoint_last, memory_order_relaxed);
    return last != 0 && t->checkpoint_id >= last;
}

/* Tells the operators what became of the checkpoint they have written a part of. */
static struct err *hear_outcome(struct task *t, bool *progress)
{
    struct task_control *c = t->control;
    uint64_t completed = atomic_load_explicit(&c->checkpoint_completed, memory_order_acquire);
    uint64_t aborted = atomic_load_explicit(&c->checkpoint_aborted, memory_order_acquire);
    if (completed > t->completed_id) {
        t->completed_id = completed;
        t->part_kept = true;
        *progress = true;
        TRY(pass_completion(
            t, completed, atomic_load_explicit(&c->checkpoint_oldest, memory_order_relaxed)));
        if (has_taken_last(t)) be_done(t);
    }
    if (aborted > t->aborted_id) {
        t->aborted_id = aborted;
        *progress = true;
        TRY(pass_abort(t, aborted));
    }
    return NULL;
}

/* ---- inputs ---- */

static struct err *end_source(struct task_node *n, bool last_watermark)
{
    n->source_ended = true;
    if (!last_watermark) return NULL;
    batch_clear(n->marks);
    batch_add_mark(n->marks, WATERMARK_MAX);
    return emit_one(&n->emit.base, n->marks);
}

static struct err *poll_source(struct task_node *n, bool *progress)
{
    if (n->source_ended || n->wake_ms > n->task->mono_ns / 1000000) return NULL;
    enum op_poll status;
    struct err *e = n->def->poll(n->op, n->task->now_ms, &status, &n->emit.base);
    if (e) return in_operator(n, e);
    n->wake_ms = 0;
    switch (status) {
    case OP_POLL_MORE: *progress = true; return NULL;
    case OP_POLL_EMPTY: n->wake_ms = n->op->wake_ms; return NULL;
    case OP_POLL_END: *progress = true; return end_source(n, true);
    }
    UNREACHABLE();
}

static struct err *pass_input_end(struct task_node *n, uint32_t input)
{
    TRY(settle(n));
    n->ended_inputs++;
    if (!n->def->on_end) return NULL;
    return in_operator(n, n->def->on_end(n->op, input, &n->emit.base));
}

static struct err *read_gate(struct task_node *n, uint32_t input, bool *progress)
{
    struct gate *g = n->gates[input];
    if (!g) return NULL;
    struct batch *b;
    enum gate_status status = gate_next(g, &b);
    if (!n->task->barrier_ns && gate_has_barrier(g)) n->task->barrier_ns = n->task->mono_ns;
    switch (status) {
    case GATE_EMPTY: return NULL;
    case GATE_TAKEN: *progress = true; return NULL;
    case GATE_END: *progress = true; return pass_input_end(n, input);
    case GATE_BATCH: break;
    }
    *progress = true;
    b->proctime_ms = n->task->now_ms;
    struct err *e = deliver(n, input, b);
    n->held = b; /* until the operator is no longer pending */
    n->held_gate = g;
    return in_operator(n, e);
}

/* Reads one batch from the next input that has one and whose way out is free, in turn. Inputs are
 * held back one by one, not the task as a whole: two paths that part in one task and meet in a
 * later one could otherwise wait for each other. */
static struct err *read_inputs(struct task *t, bool held, bool *progress)
{
    for (uint32_t i = 0; i < t->node_count && !*progress; i++) {
        struct task_node *n = &t->nodes[(t->next_input + i) % t->node_count];
        if (n->ended || n->op->pending || emit_is_full(&n->emit.base)) continue;
        if (n->def->poll) {
            if (!held) TRY(poll_source(n, progress));
        } else {
            for (uint32_t k = 0; k < n->input_count && !*progress; k++)
                TRY(read_gate(n, k, progress));
        }
        if (*progress) t->next_input = (t->next_input + i + 1) % t->node_count;
    }
    return NULL;
}

/* ---- ends ---- */

static bool node_inputs_ended(const struct task_node *n)
{
    return n->def->poll ? n->source_ended : n->ended_inputs == n->input_count;
}

static struct err *end_node(struct task_node *n)
{
    if (n->def->finish) {
        struct err *e = n->def->finish(n->op);
        if (e) return in_operator(n, e);
    }
    n->ended = true;
    for (uint32_t i = 0; i < n->target_count; i++)
        TRY(pass_input_end(n->targets[i].node, n->targets[i].input));
    for (uint32_t i = 0; i < n->exchange_count; i++) exchange_end(n->exchanges[i]);
    return NULL;
}

static struct err *pass_ends(struct task *t, bool *progress)
{
    for (uint32_t i = 0; i < t->node_count; i++) {
        struct task_node *n = &t->nodes[i];
        if (n->ended || n->op->pending || !node_inputs_ended(n)) continue;
        TRY(end_node(n));
        *progress = true;
    }
    return NULL;
}

static bool all_ended(const struct task *t)
{
    for (uint32_t i = 0; i < t->node_count; i++)
        if (!t->nodes[i].ended) return false;
    for (uint32_t i = 0; i < t->node_count; i++)
        if (node_blocked(&t->nodes[i])) return false; /* the end itself is still in a backlog */
    return true;
}

/* Every operator has ended. The task lives on until the last checkpoint, so that what operators
 * have made ready is published when that is durable; where none are taken, now. */
static struct err *end_task(struct task *t, bool *progress)
{
    if (t->end_told) return NULL;
    t->end_told = true;
    *progress = true;
    if (t->job->coordinator) {
        coordinator_task_ended(t->job->coordinator);
        return NULL;
    }
    TRY(pass_completion(t, UINT64_MAX, UINT64_MAX));
    account_cut(t->job->account, t, NULL);
    be_done(t);
    return NULL;
}

/* ---- the step ---- */

/* Last nodes first, so that room appears downstream before it is used upstream. */
static struct err *resume_pending(struct task *t, bool *progress)
{
    for (uint32_t i = t->node_count; i-- > 0;) {
        struct task_node *n = &t->nodes[i];
        bool later = waits_for_room(n) && n->op->wake_ms > t->mono_ns / 1000000;
        if (n->op->pending && !later && !emit_is_full(&n->emit.base)) {
            struct err *e = n->def->resume(n->op, &n->emit.base);
            if (e) return in_operator(n, e);
            *progress = true;
        }
        /* Operators that pass rows on do not copy them: one behind may still be at this batch. */
        if (n->held && !last_pending(n, false)) {
            gate_return(n->held_gate, n->held);
            n->held = NULL;
        }
    }
    return NULL;
}

static struct err *fire_timers(struct task *t, bool *progress)
{
    for (uint32_t i = 0; i < t->node_count; i++) {
        struct task_node *n = &t->nodes[i];
        if (n->ended || n->op->timer_ms > t->now_ms || !n->def->on_timer) continue;
        if (n->op->pending || emit_is_full(&n->emit.base)) continue;
        struct err *e = n->def->on_timer(n->op, t->now_ms, &n->emit.base);
        if (e) return in_operator(n, e);
        *progress = true;
        return NULL; /* may have become pending: look again first */
    }
    return NULL;
}

static bool any_pending(const struct task *t)
{
    for (uint32_t i = 0; i < t->node_count; i++)
        if (t->nodes[i].op->pending) return true;
    return false;
}

static bool outputs_full(const struct task *t)
{
    for (uint32_t i = 0; i < t->node_count; i++)
        if (node_blocked(&t->nodes[i]) || waits_for_room(&t->nodes[i])) return true;
    return false;
}

static void push_outputs(struct task *t, bool idle, bool *progress)
{
    for (uint32_t i = 0; i < t->node_count; i++) {
        struct task_node *n = &t->nodes[i];
        for (uint32_t k = 0; k < n->exchange_count; k++) {
            if (!n->ended) exchange_flush(n->exchanges[k], idle);
            if (exchange_push(n->exchanges[k])) *progress = true;
        }
    }
}

static struct err *obey_stop(struct task *t, bool *progress)
{
    int stop = atomic_load_explicit(&t->control->stop, memory_order_relaxed);
    if (stop != TASK_STOP && stop != TASK_DRAIN) return NULL; /* a halt holds sources: see work */
    for (uint32_t i = 0; i < t->node_count; i++) {
        struct task_node *n = &t->nodes[i];
        if (!n->def->poll || n->source_ended || n->op->pending || n->draining) continue;
        *progress = true;
        n->wake_ms = 0;
        n->draining = stop == TASK_DRAIN && n->def->drain && n->def->drain(n->op);
        if (n->draining) continue;
        TRY(end_source(n, stop == TASK_DRAIN));
        return NULL;
    }
    return NULL;
}

static bool sources_held(const struct task *t)
{
    int stop = atomic_load_explicit(&t->control->stop, memory_order_relaxed);
    bool paused = atomic_load_explicit(&t->control->sources_paused, memory_order_relaxed);
    return stop == TASK_HALT || (paused && stop == TASK_RUN);
}

static uint64_t next_wake_ms(const struct task *t)
{
    uint64_t wake = UINT64_MAX, mono_ms = t->mono_ns / 1000000;
    if (has_taken_last(t)) return wake;
    bool held = sources_held(t);
    for (uint32_t i = 0; i < t->node_count; i++) {
        const struct task_node *n = &t->nodes[i];
        if (waits_for_room(n) && n->op->wake_ms < wake) wake = n->op->wake_ms;
        /* What cannot be polled or fired now waits for room, not for the clock. */
        if (n->ended || n->op->pending || emit_is_full(&n->emit.base)) continue;
        bool polls = n->def->poll && !n->source_ended && !held;
        if (polls && n->wake_ms && n->wake_ms < wake) wake = n->wake_ms;
        if (n->op->timer_ms == OP_TIMER_NONE) continue;
        int64_t wait_ms = n->op->timer_ms - t->now_ms;
        uint64_t at = mono_ms + (uint64_t)(wait_ms > 0 ? wait_ms : 0);
        if (at < wake) wake = at;
    }
    return wake;
}

/* The barrier of the last checkpoint cannot pass a sink that has no room, and the job is not to
 * wait for some. */
static struct err *check_room(struct task *t)
{
    if (atomic_load_explicit(&t->control->stop, memory_order_relaxed) != TASK_HALT) return NULL;
    for (uint32_t i = 0; i < t->node_count; i++) {
        if (!waits_for_room(&t->nodes[i])) continue;
        struct err *e = ERR(ERR_DISK_FULL, "stopped without a last checkpoint: the disk is full");
        e = err_hint(e, "nothing is lost: the job goes on from the checkpoint before");
        return in_operator(&t->nodes[i], e);
    }
    return NULL;
}

static struct err *work_before_barrier(struct task *t, bool *progress)
{
    TRY(resume_pending(t, progress));
    if (!*progress) TRY(fire_timers(t, progress));
    if (!*progress) TRY(pass_ends(t, progress));
    return *progress ? NULL : check_room(t);
}

/* One piece of work; *progress tells whether there was any. */
static struct err *work(struct task *t, bool *progress)
{
    if (!has_taken_last(t)) TRY(work_before_barrier(t, progress));
    if (*progress) return NULL;
    /* In this order: with a request is seen what became of the checkpoint before. */
    uint64_t id = atomic_load_explicit(&t->control->checkpoint_requested, memory_order_acquire);
    TRY(hear_outcome(t, progress));
    if (*progress || has_taken_last(t)) return NULL;
    bool due = id > t->checkpoint_id;
    if (due && inputs_aligned(t) && !any_pending(t)) {
        *progress = true;
        return hold_barrier(t) ? NULL : take_checkpoint(t, id);
    }
    TRY(obey_stop(t, progress));
    if (*progress) return NULL;
    return read_inputs(t, due || sources_held(t), progress);
}

/* What a step finds is so from its begin until the next one: a step that did something was busy,
 * and so is a task that waits for its turn at the worker with more to do. */
static void show_status(struct task *t)
{
    bool full = t->status == TASK_WAIT_OUT;
    stopwatch_turn(&t->backpressured, full, t->mono_ns);
    stopwatch_turn(&t->idle, !full && t->status != TASK_PROGRESS, t->mono_ns);
    atomic_store_explicit(&t->shown_status, t->status, memory_order_relaxed);
}

struct err *task_step(struct task *t, enum task_status *status, uint64_t *wake_ms)
{
    *wake_ms = UINT64_MAX;
    if (t->status == TASK_DONE) {
        *status = TASK_DONE;
        return NULL;
    }
    bool progress = false;
    t->now_ms = env_now_ms(t->env);
    t->mono_ns = env_mono_ns(t->env);
    TRY(work(t, &progress));
    push_outputs(t, !progress, &progress);
    if (!progress && all_ended(t)) TRY(end_task(t, &progress));
    if (!progress) *wake_ms = next_wake_ms(t);
    t->status = t->status == TASK_DONE   ? TASK_DONE
                : progress               ? TASK_PROGRESS
                : outputs_full(t)        ? TASK_WAIT_OUT
                : *wake_ms != UINT64_MAX ? TASK_WAIT_TIME
                                         : TASK_WAIT_IN;
    show_status(t);
    *status = t->status;
    return NULL;
}
