#include "run/coordinator.h"

#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/env.h"
#include "base/mem.h"
#include "run/account.h"
#include "run/job_private.h"
#include "state/checkpoint_store.h"

enum {
    GRAPH_BYTES_MAX = 64 << 20, /* what a manifest holds */
    ACCOUNT_BYTES_MAX = 16 << 20,
    RETAINED_MAX = 1024
};
static const uint64_t retry_ns = 1000000000; /* of a last checkpoint, where there is no interval */

/* The parts of one task that make up its state, oldest first, as of the last complete checkpoint;
 * and the one it has written for the checkpoint under way. Without a store they have their bytes.
 */
struct part_chain {
    struct snapshot_part *parts;
    uint32_t count;
    uint32_t capacity;
    struct snapshot_part incoming;
    struct snapshot_part spare; /* memory of a part that was dropped, for the next one */
    bool has_incoming; /* a task that failed to write one has an incoming part without bytes */
};

enum stage {
    STAGE_IDLE,
    STAGE_TAKING, /* tasks write their parts */
    STAGE_READY,  /* all have: to be published, or dropped if `failure` says something */
    STAGE_CLOSED  /* the last one is complete */
};

struct coordinator {
    struct job *job;
    struct thread thread;
    bool has_thread;
    bool quit;
    struct buf graph; /* as manifests have it; empty without a store */

    /* Under the job's mutex. */
    struct part_chain *chains; /* per task */
    enum stage stage;
    uint64_t id; /* of the checkpoint under way, or the last one */
    enum checkpoint_kind kind;
    uint64_t begun_ns;
    uint32_t missing;                /* parts */
    uint32_t ended_count;            /* tasks all of whose operators have ended */
    uint64_t due_ns;                 /* by the interval */
    uint64_t pause_ns;               /* not before, unless the job is to end */
    uint64_t failed_id;              /* the last one that did */
    struct err *failure;             /* of the one under way; once it has failed, of failed_id */
    uint32_t failures;               /* in a row */
    uint64_t retained[RETAINED_MAX]; /* ids, oldest first */
    uint32_t retained_count;
    struct job_checkpoint_stats stats;
};

static struct job_checkpoint_info *info(struct coordinator *c)
{
    return &c->stats.history[0];
}

static uint64_t now_ns(const struct coordinator *c)
{
    return env_mono_ns(c->job->params.env);
}

static int stop_of(const struct coordinator *c)
{
    return atomic_load_explicit(&c->job->control.stop, memory_order_relaxed);
}

/* ---- parts ---- */

static void free_part(struct coordinator *c, struct snapshot_part *part)
{
    if (!part->bytes) return;
    mem_free(part->bytes);
    part->bytes = NULL;
    mem_budget_give(&c->job->budget, part->capacity);
}

/* The memory of the last part that was dropped is kept for the next one. */
static void drop_bytes(struct coordinator *c, struct part_chain *chain, struct snapshot_part *part)
{
    if (!part->bytes) return;
    free_part(c, &chain->spare);
    chain->spare = *part;
    part->bytes = NULL;
}

static void drop_incoming(struct coordinator *c)
{
    for (uint32_t i = 0; i < c->job->task_count; i++) {
        drop_bytes(c, &c->chains[i], &c->chains[i].incoming);
        c->chains[i].has_incoming = false;
    }
}

/* The part is complete: earlier ones that it does not need go. */
static void extend_chain(struct coordinator *c, struct part_chain *chain)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < chain->count; i++) {
        if (chain->parts[i].checkpoint_id >= chain->incoming.first_id)
            chain->parts[kept++] = chain->parts[i];
        else
            drop_bytes(c, chain, &chain->parts[i]);
    }
    chain->count = kept;
    if (chain->count == chain->capacity) {
        chain->capacity = chain->capacity ? 2 * chain->capacity : 4;
        chain->parts = mem_realloc(chain->parts, chain->capacity * sizeof *chain->parts);
    }
    if (c->job->params.store) drop_bytes(c, chain, &chain->incoming);
    chain->parts[chain->count++] = chain->incoming;
    chain->incoming = (struct snapshot_part){0};
    chain->has_incoming = false;
}

/* What the checkpoint under way consists of: mem_free. */
static struct checkpoint_part *list_parts(const struct coordinator *c, size_t *count)
{
    size_t most = 0, n = 0;
    for (uint32_t i = 0; i < c->job->task_count; i++) most += c->chains[i].count + 1;
    struct checkpoint_part *parts = mem_alloc(most * sizeof *parts);
    for (uint32_t i = 0; i < c->job->task_count; i++) {
        const struct part_chain *chain = &c->chains[i];
        for (uint32_t k = 0; k < chain->count; k++)
            if (chain->parts[k].checkpoint_id >= chain->incoming.first_id)
                parts[n++] = (struct checkpoint_part){
                    .task = i, .checkpoint_id = chain->parts[k].checkpoint_id};
        parts[n++] = (struct checkpoint_part){.task = i,
            .checkpoint_id = chain->incoming.checkpoint_id,
            .bytes = {chain->incoming.bytes, chain->incoming.size}};
    }
    *count = n;
    return parts;
}

/* ---- begin ---- */

static void begin_history(struct coordinator *c)
{
    struct job_checkpoint_stats *s = &c->stats;
    memmove(s->history + 1, s->history, (JOB_CHECKPOINT_HISTORY - 1) * sizeof *s->history);
    if (s->history_count < JOB_CHECKPOINT_HISTORY) s->history_count++;
    s->in_progress = 1;
    s->history[0] = (struct job_checkpoint_info){.id = c->id,
        .status = JOB_CHECKPOINT_IN_PROGRESS,
        .begun_ms = env_now_ms(c->job->params.env)};
}

static void trigger(struct coordinator *c)
{
    struct job *j = c->job;
    c->id++;
    c->kind = c->ended_count == j->task_count ? CHECKPOINT_FINISHED
              : stop_of(c) == TASK_HALT       ? CHECKPOINT_STOPPED
                                              : CHECKPOINT_RUNNING;
    c->stage = STAGE_TAKING;
    c->missing = j->task_count;
    c->begun_ns = now_ns(c);
    c->due_ns = c->begun_ns + (uint64_t)j->params.checkpoint_interval_ms * 1000000;
    err_free(c->failure);
    c->failure = NULL;
    begin_history(c);
    env_fault("coordinator.triggered");
    if (c->kind != CHECKPOINT_RUNNING)
        atomic_store_explicit(&j->control.checkpoint_last, c->id, memory_order_relaxed);
    atomic_store_explicit(&j->control.checkpoint_begun_ns, c->begun_ns, memory_order_relaxed);
    /* Release pairs with the acquire in task.c: with the request comes when it was made, what
     * became of the checkpoint before, and whether this one is the last. */
    atomic_store_explicit(&j->control.checkpoint_requested, c->id, memory_order_release);
    job__wake_all(j);
}

static bool wants_trigger(const struct coordinator *c)
{
    const struct job *j = c->job;
    if (c->stage != STAGE_IDLE || j->error) return false;
    bool all_ended = c->ended_count == j->task_count;
    int stop = stop_of(c);
    if (stop == TASK_HALT || (all_ended && stop != TASK_RUN)) return true;
    uint64_t now = now_ns(c);
    if (now < c->pause_ns) return false;
    return all_ended || (j->params.checkpoint_interval_ms > 0 && now >= c->due_ns);
}

/* ---- end ---- */

static void remember(struct coordinator *c)
{
    uint32_t most = c->job->params.retained;
    if (most == 0 || !c->job->params.store) most = 1;
    if (most > RETAINED_MAX) most = RETAINED_MAX;
    while (c->retained_count >= most) {
        c->retained_count--;
        memmove(c->retained, c->retained + 1, c->retained_count * sizeof *c->retained);
    }
    c->retained[c->retained_count++] = c->id;
}

/* The oldest checkpoint that may ever be restored. A job that was restored does not know the ids of
 * those before it that are still kept; 0 lets nobody give up anything for them. */
static uint64_t oldest_id(const struct coordinator *c)
{
    const struct job_params *p = &c->job->params;
    bool more = p->store && p->restored_id && c->retained_count < p->retained;
    return more || p->retained > RETAINED_MAX ? 0 : c->retained[0];
}

static void complete(struct coordinator *c, uint64_t size_bytes, uint64_t full_size_bytes)
{
    struct job *j = c->job;
    for (uint32_t i = 0; i < j->task_count; i++) extend_chain(c, &c->chains[i]);
    remember(c);
    c->failures = 0;
    c->stats.completed++;
    c->stats.in_progress = 0;
    c->stats.sources_paused = false;
    if (c->kind == CHECKPOINT_STOPPED) c->stats.stopped_id = c->id;
    info(c)->status = JOB_CHECKPOINT_COMPLETED;
    info(c)->completed_ms = env_now_ms(j->params.env);
    info(c)->size_bytes = size_bytes;
    info(c)->full_size_bytes = full_size_bytes;
    c->pause_ns = now_ns(c) + (uint64_t)j->params.checkpoint_min_pause_ms * 1000000;
    c->stage = c->kind == CHECKPOINT_RUNNING ? STAGE_IDLE : STAGE_CLOSED;
    account_commit(j->account, c->id);
    env_fault("coordinator.completed");
    atomic_store_explicit(&j->control.sources_paused, false, memory_order_relaxed);
    atomic_store_explicit(&j->control.checkpoint_oldest, oldest_id(c), memory_order_relaxed);
    /* Release pairs with the acquire in task.c: sinks may publish. */
    atomic_store_explicit(&j->control.checkpoint_completed, c->id, memory_order_release);
}

/* A checkpoint that fails because the disk is full never fails the job unless that was asked for:
 * the job waits for space. Only the last one of a job that was told to stop cannot wait. */
static bool is_fatal(const struct coordinator *c)
{
    uint32_t max = c->job->params.checkpoint_failures_max;
    if (c->kind != CHECKPOINT_RUNNING && stop_of(c) != TASK_RUN) return true;
    if (max) return c->failures >= max;
    return err_code(c->failure) != ERR_DISK_FULL && c->failures >= JOB_CHECKPOINT_FAILURES_MAX;
}

static struct err *failure_of(const struct coordinator *c)
{
    char text[ERR_MESSAGE_MAX];
    err_format(c->failure, text, sizeof text);
    struct err *e = ERR(
        err_code(c->failure), "checkpoint %llu failed: %s", (unsigned long long)c->failed_id, text);
    const char *hint = err_hint_text(c->failure);
    if (c->kind == CHECKPOINT_STOPPED && err_code(c->failure) != ERR_NOT_FOUND) /* the folder */
        hint = "nothing is lost: the job goes on from the checkpoint before";
    return hint ? err_hint(e, "%s", hint) : e;
}

/* c->failure says why. */
static void abort_checkpoint(struct coordinator *c)
{
    struct job *j = c->job;
    drop_incoming(c);
    c->failed_id = c->id;
    c->failures++;
    c->stats.failed++;
    c->stats.in_progress = 0;
    info(c)->status = JOB_CHECKPOINT_FAILED;
    info(c)->completed_ms = env_now_ms(j->params.env);
    err_format(c->failure, info(c)->failure, sizeof info(c)->failure);
    int64_t interval_ms = j->params.checkpoint_interval_ms;
    c->pause_ns = now_ns(c) + (interval_ms > 0 ? (uint64_t)interval_ms * 1000000 : retry_ns);
    c->stage = STAGE_IDLE;
    if (is_fatal(c)) {
        job__fail_locked(j, failure_of(c));
        return;
    }
    bool full = err_code(c->failure) == ERR_DISK_FULL;
    c->stats.sources_paused = full && c->failures >= JOB_CHECKPOINT_FAILURES_MAX;
    atomic_store_explicit(
        &j->control.sources_paused, c->stats.sources_paused, memory_order_relaxed);
    /* Release, as for completion. */
    atomic_store_explicit(&j->control.checkpoint_aborted, c->id, memory_order_release);
}

/* Leaves the mutex while it writes. The parts do not change meanwhile: no task writes another one
 * before it hears of this. */
static struct err *write_checkpoint(struct coordinator *c, uint64_t *size_bytes)
{
    struct job *j = c->job;
    struct buf account;
    buf_init(&account, ACCOUNT_BYTES_MAX);
    struct checkpoint_meta meta = {.id = c->id,
        .kind = c->kind,
        .job_name = j->params.graph->job_name,
        .begun_ms = info(c)->begun_ms,
        .parallelism = j->params.parallelism,
        .key_groups = j->params.key_groups,
        .graph = buf_slice(&c->graph),
        .version = j->params.version ? j->params.version : ""};
    size_t count;
    struct checkpoint_part *parts = list_parts(c, &count);
    account_write(j->account, &account);
    meta.account = buf_slice(&account);
    mutex_unlock(&j->mutex);
    env_fault("coordinator.parts-taken");
    struct err *e = checkpoint_store_publish(j->params.store, &meta, parts, count, 0, size_bytes);
    mutex_lock(&j->mutex);
    mem_free(parts);
    buf_free(&account);
    return e;
}

static void publish(struct coordinator *c)
{
    struct job *j = c->job;
    uint64_t begun_ns = now_ns(c), size_bytes = 0, full_size_bytes = 0;
    if (!c->failure && j->params.store) {
        c->failure = write_checkpoint(c, &size_bytes);
        full_size_bytes = checkpoint_store_full_bytes(j->params.store);
    }
    info(c)->write_ms = (now_ns(c) - begun_ns) / 1000000;
    if (c->failure)
        abort_checkpoint(c);
    else
        complete(c, size_bytes, full_size_bytes);
    condition_broadcast(&j->changed);
    job__wake_all(j);
    if (!j->params.store || c->failure) return;
    mutex_unlock(&j->mutex);
    checkpoint_store_trim(j->params.store, j->params.retained);
    mutex_lock(&j->mutex);
}

/* ---- what moves it ---- */

static void look_at_clock(struct coordinator *c)
{
    int64_t timeout_ms = c->job->params.checkpoint_timeout_ms;
    if (c->stage != STAGE_TAKING || c->failure || timeout_ms <= 0) return;
    if (now_ns(c) - c->begun_ns < (uint64_t)timeout_ms * 1000000) return;
    /* Barriers are on their way, so it goes on, but is not published. */
    c->failure = ERR(ERR_LIMIT_EXCEEDED,
        "barriers had not come through after 'execution.checkpointing.timeout' = %lld ms",
        (long long)timeout_ms);
}

/* Under the mutex. */
static void advance(struct coordinator *c)
{
    look_at_clock(c);
    for (;;) {
        if (c->stage == STAGE_READY && !c->job->error)
            publish(c);
        else if (wants_trigger(c))
            trigger(c);
        else
            return;
    }
}

/* Under the mutex: something has changed. */
static void wake(struct coordinator *c)
{
    if (c->has_thread)
        condition_broadcast(&c->job->changed);
    else
        advance(c);
}

static uint64_t wait_locked(const struct coordinator *c)
{
    const struct job_params *p = &c->job->params;
    uint64_t at = UINT64_MAX, now = now_ns(c);
    if (c->job->error) return UINT64_MAX;
    if (c->stage == STAGE_TAKING && p->checkpoint_timeout_ms > 0 && !c->failure)
        at = c->begun_ns + (uint64_t)p->checkpoint_timeout_ms * 1000000;
    if (c->stage == STAGE_IDLE && p->checkpoint_interval_ms > 0)
        at = c->due_ns > c->pause_ns ? c->due_ns : c->pause_ns;
    if (c->stage == STAGE_IDLE && c->ended_count == c->job->task_count) at = c->pause_ns;
    return at == UINT64_MAX ? UINT64_MAX : at > now ? at - now : 0;
}

static void *run_coordinator(void *context)
{
    struct coordinator *c = context;
    struct job *j = c->job;
    mutex_lock(&j->mutex);
    while (!c->quit) {
        advance(c);
        uint64_t wait_ns = wait_locked(c);
        if (!c->quit && wait_ns > 0) condition_wait(&j->changed, &j->mutex, wait_ns);
    }
    mutex_unlock(&j->mutex);
    return NULL;
}

/* ---- public ---- */

struct coordinator *coordinator_new(struct job *j)
{
    struct coordinator *c = mem_alloc(sizeof *c);
    const struct job_params *p = &j->params;
    c->job = j;
    c->chains = mem_alloc(j->task_count * sizeof *c->chains);
    c->id = p->restored_id;
    c->stats.restored_id = p->restored_id;
    if (p->restore) c->stats.restored_ms = env_now_ms(p->env);
    c->due_ns = now_ns(c) + (uint64_t)p->checkpoint_interval_ms * 1000000;
    buf_init(&c->graph, GRAPH_BYTES_MAX);
    if (!p->store) return c;
    phys_encode(p->graph, &c->graph);
    uint64_t newest = checkpoint_store_newest_id(p->store);
    if (newest > c->id) c->id = newest;
    return c;
}

struct err *coordinator_start(struct coordinator *c)
{
    const struct job_params *p = &c->job->params;
    if (!p->threads || (!p->store && p->checkpoint_interval_ms <= 0)) return NULL;
    c->has_thread = true;
    struct err *e = thread_start(&c->thread, "weir-checkpoint", run_coordinator, c);
    if (e) c->has_thread = false;
    return e;
}

void coordinator_free(struct coordinator *c)
{
    if (!c) return;
    struct job *j = c->job;
    mutex_lock(&j->mutex);
    c->quit = true;
    condition_broadcast(&j->changed);
    mutex_unlock(&j->mutex);
    if (c->has_thread) thread_join(&c->thread);
    drop_incoming(c);
    for (uint32_t i = 0; i < j->task_count; i++) {
        for (uint32_t k = 0; k < c->chains[i].count; k++) free_part(c, &c->chains[i].parts[k]);
        free_part(c, &c->chains[i].spare);
        mem_free(c->chains[i].parts);
    }
    mem_free(c->chains);
    err_free(c->failure);
    buf_free(&c->graph);
    mem_free(c);
}

char *coordinator_take_memory(struct coordinator *c, uint32_t task, size_t *bytes)
{
    mutex_lock(&c->job->mutex);
    struct snapshot_part *spare = &c->chains[task].spare;
    char *memory = spare->bytes;
    *bytes = memory ? spare->capacity : 0;
    spare->bytes = NULL;
    mem_budget_give(&c->job->budget, *bytes);
    mutex_unlock(&c->job->mutex);
    return memory;
}

void coordinator_take_part(
    struct coordinator *c, uint32_t task, const struct snapshot_part *part, struct err *failure)
{
    struct job *j = c->job;
    mutex_lock(&j->mutex);
    struct part_chain *chain = &c->chains[task];
    ASSERT(c->stage == STAGE_TAKING && !chain->has_incoming && c->missing > 0);
    chain->incoming = *part;
    chain->has_incoming = true;
    if (!c->failure)
        c->failure = failure;
    else
        err_free(failure);
    if (--c->missing == 0) {
        c->stage = STAGE_READY;
        info(c)->align_ms = (now_ns(c) - c->begun_ns) / 1000000;
        wake(c);
    }
    mutex_unlock(&j->mutex);
}

void coordinator_task_ended(struct coordinator *c)
{
    mutex_lock(&c->job->mutex);
    c->ended_count++;
    ASSERT(c->ended_count <= c->job->task_count);
    wake(c);
    mutex_unlock(&c->job->mutex);
}

void coordinator_advance(struct coordinator *c)
{
    mutex_lock(&c->job->mutex);
    wake(c);
    mutex_unlock(&c->job->mutex);
}

uint64_t coordinator_wait_ns(const struct coordinator *c)
{
    if (c->has_thread) return UINT64_MAX;
    mutex_lock(&c->job->mutex);
    uint64_t ns = wait_locked(c);
    mutex_unlock(&c->job->mutex);
    return ns;
}

uint64_t coordinator_trigger(struct coordinator *c)
{
    mutex_lock(&c->job->mutex);
    if (c->stage == STAGE_IDLE && !c->job->error) trigger(c);
    uint64_t id = c->id;
    mutex_unlock(&c->job->mutex);
    return id;
}

struct err *coordinator_result(struct coordinator *c, uint64_t id, bool *done)
{
    struct job *j = c->job;
    struct err *e = NULL;
    mutex_lock(&j->mutex);
    *done = atomic_load_explicit(&j->control.checkpoint_completed, memory_order_relaxed) >= id;
    if (!*done && c->failed_id >= id) e = failure_of(c);
    mutex_unlock(&j->mutex);
    return e;
}

struct err *coordinator_snapshot(struct coordinator *c, struct snapshot **out)
{
    struct job *j = c->job;
    ASSERT(!j->params.store);
    mutex_lock(&j->mutex);
    size_t most = 0, n = 0;
    for (uint32_t i = 0; i < j->task_count; i++) most += c->chains[i].count;
    struct slice *parts = mem_alloc(most * sizeof *parts);
    for (uint32_t i = 0; i < j->task_count; i++)
        for (uint32_t k = 0; k < c->chains[i].count; k++)
            parts[n++] = (struct slice){c->chains[i].parts[k].bytes, c->chains[i].parts[k].size};
    struct err *e = snapshot_load(parts, n, out);
    mutex_unlock(&j->mutex);
    mem_free(parts);
    return e;
}

void coordinator_stats(struct coordinator *c, struct job_checkpoint_stats *out)
{
    mutex_lock(&c->job->mutex);
    *out = c->stats;
    mutex_unlock(&c->job->mutex);
}
