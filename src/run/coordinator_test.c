#include "run/coordinator.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/env.h"
#include "base/thread.h"
#include "run/job.h"
#include "state/checkpoint_store.h"
#include "test.h"
#include "type/timezone.h"
#include "vec/key.h"

/* Numbers of eight splits go to a ledger that publishes as files do: what it was given up to a
 * snapshot when that is complete, and again after a restore. The board is the outside world. */
enum { SPLITS = 8, NUMBERS_MAX = 4000, STEP_ROWS = 10, INTERVAL_MS = 1000, HEARD_MAX = 64 };

struct board {
    struct mutex mutex;
    int64_t count;               /* of each split */
    uint64_t *published[SPLITS]; /* by which snapshot each number is; 0: not yet */
    uint64_t tags;               /* of snapshots, never used twice */
    uint64_t rows;               /* read so far */
    const char *directory;       /* completion is told only when it is there; or NULL */
    uint64_t heard[HEARD_MAX], oldest[HEARD_MAX];
    uint32_t heard_count;
    _Atomic uint32_t aborted;
    bool blocked; /* the ledger takes nothing */
    bool slow;    /* a poll a millisecond */
};

/* The real environment with a clock of the test's and a disk that fills up. */
struct world {
    struct env env;
    struct env_def def;
    _Atomic uint64_t ns;
    _Atomic bool full;
    _Atomic bool own_clock;
};

static uint64_t world_mono(struct env *e)
{
    struct world *w = (struct world *)(void *)e;
    return w->own_clock ? w->ns : env_mono_ns(env_system());
}

static struct err *world_open(
    struct env *e, const char *path, enum env_open_mode mode, struct env_file **out)
{
    if (((struct world *)(void *)e)->full && mode == ENV_CREATE)
        FAIL(ERR_DISK_FULL, "simulated: no space left");
    return env_system()->def->open(e, path, mode, out);
}

static bool good(struct err *e)
{
    if (!e) return true;
    err_print(e, stdout);
    err_free(e);
    return false;
}

static struct board *board_of(const struct op *op)
{
    return op->ctx->harness;
}

static void encode_nothing(const void *params, struct buf *out)
{
    (void)params;
    buf_add_cstr(out, "{}");
}

/* ---- numbers ---- */

struct numbers {
    struct op op;
    int64_t next[SPLITS]; /* of this subtask's: split % parallelism == subtask */
    struct batch *out;
};

static struct err *numbers_open(const void *params, struct op_ctx *ctx, struct op **out)
{
    (void)params;
    struct numbers *n = ARENA_NEW(ctx->arena, struct numbers);
    n->op.ctx = ctx;
    n->op.timer_ms = OP_TIMER_NONE;
    n->out = batch_new(ctx->output, ctx->batch_rows);
    *out = &n->op;
    return NULL;
}

static struct err *numbers_poll(
    struct op *op, int64_t now_ms, enum op_poll *status, struct emit *out)
{
    (void)now_ms;
    struct numbers *n = (struct numbers *)(void *)op;
    batch_clear(n->out);
    int64_t *splits = n->out->columns[0]->data, *values = n->out->columns[1]->data;
    for (uint32_t s = op->ctx->subtask; s < SPLITS; s += op->ctx->parallelism)
        for (; n->out->rows < STEP_ROWS && n->next[s] < board_of(op)->count; n->next[s]++) {
            splits[n->out->rows] = s;
            values[n->out->rows++] = n->next[s];
        }
    *status = n->out->rows ? OP_POLL_MORE : OP_POLL_END;
    if (n->out->rows && board_of(op)->slow) {
        *status = OP_POLL_EMPTY;
        op->wake_ms = env_mono_ns(op->ctx->env) / 1000000 + 1;
    }
    return n->out->rows ? emit_batch(out, n->out) : NULL;
}

static struct err *numbers_snapshot(struct op *op, struct snapshot_writer *w)
{
    struct numbers *n = (struct numbers *)(void *)op;
    for (uint32_t s = op->ctx->subtask; s < SPLITS; s += op->ctx->parallelism)
        snapshot_put_union(w, "next", (struct slice){(const char *)&s, sizeof s},
            (struct slice){(const char *)&n->next[s], sizeof n->next[s]});
    return NULL;
}

static struct err *numbers_restore(struct op *op, const struct snapshot_reader *r)
{
    struct numbers *n = (struct numbers *)(void *)op;
    struct snapshot_record record;
    for (uint64_t cursor = 0; snapshot_next(r, "next", &cursor, &record);) {
        uint32_t s;
        memcpy(&s, record.key.p, sizeof s);
        memcpy(&n->next[s], record.value.p, sizeof n->next[s]);
    }
    return NULL;
}

static void numbers_close(struct op *op)
{
    batch_free(((struct numbers *)(void *)op)->out);
}

static const struct op_def numbers_op = {.name = "Numbers",
    .open = numbers_open,
    .poll = numbers_poll,
    .snapshot = numbers_snapshot,
    .restore = numbers_restore,
    .close = numbers_close,
    .encode = encode_nothing};

/* ---- ledger ---- */

struct entry {
    int64_t split, number;
    uint64_t tag; /* of the snapshot that holds it; 0: none yet */
};

struct ledger {
    struct op op;
    struct entry *entries; /* not yet published */
    size_t count, capacity;
    struct batch *held;
    bool finished;
    bool kept; /* the last snapshot is complete: the next one may build on it */
    bool open; /* nothing has been heard of the last snapshot yet */
};

static struct err *ledger_open(const void *params, struct op_ctx *ctx, struct op **out)
{
    (void)params;
    struct ledger *l = ARENA_NEW(ctx->arena, struct ledger);
    l->op.ctx = ctx;
    l->op.timer_ms = OP_TIMER_NONE;
    *out = &l->op;
    return NULL;
}

static void add_entry(struct ledger *l, struct entry e)
{
    if (l->count == l->capacity) {
        l->capacity = l->capacity ? 2 * l->capacity : 64;
        l->entries = mem_realloc(l->entries, l->capacity * sizeof *l->entries);
    }
    l->entries[l->count++] = e;
}

static void take_rows(struct ledger *l, const struct batch *b)
{
    const int64_t *splits = b->columns[0]->data, *values = b->columns[1]->data;
    CHECK(!l->finished);
    for (uint32_t i = 0; i < b->rows; i++)
        add_entry(l, (struct entry){.split = splits[i], .number = values[i]});
    struct board *board = board_of(&l->op);
    mutex_lock(&board->mutex);
    board->rows += b->rows;
    mutex_unlock(&board->mutex);
}

static struct err *ledger_on_batch(struct op *op, uint32_t input, struct batch *b, struct emit *out)
{
    (void)input, (void)out;
    struct ledger *l = (struct ledger *)(void *)op;
    op->pending = board_of(op)->blocked;
    if (op->pending)
        l->held = b;
    else
        take_rows(l, b);
    return NULL;
}

static struct err *ledger_resume(struct op *op, struct emit *out)
{
    (void)out;
    op->pending = board_of(op)->blocked;
    if (!op->pending) take_rows((struct ledger *)(void *)op, ((struct ledger *)(void *)op)->held);
    return NULL;
}

/* The same number under another tag would be in two files. */
static void publish(struct ledger *l, bool all)
{
    struct board *board = board_of(&l->op);
    size_t kept = 0;
    mutex_lock(&board->mutex);
    for (size_t i = 0; i < l->count; i++) {
        struct entry e = l->entries[i];
        if (e.tag == 0 && !all) {
            l->entries[kept++] = e;
            continue;
        }
        uint64_t *at = &board->published[e.split][e.number];
        CHECK(*at == 0 || (*at == e.tag && e.tag != 0));
        *at = e.tag ? e.tag : UINT64_MAX;
    }
    l->count = kept;
    mutex_unlock(&board->mutex);
}

static struct err *ledger_snapshot(struct op *op, struct snapshot_writer *w)
{
    struct ledger *l = (struct ledger *)(void *)op;
    struct board *board = board_of(op);
    mutex_lock(&board->mutex);
    uint64_t tag = ++board->tags;
    mutex_unlock(&board->mutex);
    CHECK(!l->open && snapshot_writer_params(w)->changes == l->kept);
    l->open = true;
    l->kept = false;
    for (size_t i = 0; i < l->count; i++)
        if (l->entries[i].tag == 0) l->entries[i].tag = tag;
    uint32_t subtask = op->ctx->subtask;
    snapshot_put_union(w, "ready", (struct slice){(const char *)&subtask, sizeof subtask},
        (struct slice){(const char *)l->entries, l->count * sizeof *l->entries});
    return NULL;
}

static struct err *ledger_restore(struct op *op, const struct snapshot_reader *r)
{
    struct ledger *l = (struct ledger *)(void *)op;
    struct snapshot_record record;
    for (uint64_t cursor = 0; snapshot_next(r, "ready", &cursor, &record);) {
        uint32_t subtask;
        memcpy(&subtask, record.key.p, sizeof subtask);
        if (subtask % op->ctx->parallelism != op->ctx->subtask) continue;
        for (size_t at = 0; at < record.value.n; at += sizeof(struct entry)) {
            struct entry e;
            memcpy(&e, record.value.p + at, sizeof e);
            add_entry(l, e);
        }
    }
    publish(l, false);
    return NULL;
}

static struct err *ledger_complete(struct op *op, uint64_t id, uint64_t oldest_id)
{
    struct board *board = board_of(op);
    if (board->directory) {
        char path[256];
        struct env_stat stat;
        snprintf(
            path, sizeof path, "%s/chk-%06llu/MANIFEST", board->directory, (unsigned long long)id);
        CHECK(good(env_system()->def->stat(env_system(), path, &stat)) && stat.exists);
    }
    struct ledger *l = (struct ledger *)(void *)op;
    CHECK(l->open || id == UINT64_MAX);
    l->open = false;
    l->kept = true;
    publish(l, id == UINT64_MAX);
    mutex_lock(&board->mutex);
    if (op->ctx->subtask == 0 && board->heard_count < HEARD_MAX) {
        board->heard[board->heard_count] = id;
        board->oldest[board->heard_count++] = oldest_id;
    }
    mutex_unlock(&board->mutex);
    return NULL;
}

/* What the lost snapshot held belongs to the next one. */
static struct err *ledger_aborted(struct op *op, uint64_t id)
{
    (void)id;
    struct ledger *l = (struct ledger *)(void *)op;
    CHECK(l->open && !l->kept);
    l->open = false;
    for (size_t i = 0; i < l->count; i++) l->entries[i].tag = 0;
    board_of(op)->aborted++;
    return NULL;
}

static struct err *ledger_finish(struct op *op)
{
    ((struct ledger *)(void *)op)->finished = true;
    return NULL;
}

static void ledger_close(struct op *op)
{
    mem_free(((struct ledger *)(void *)op)->entries);
}

static const struct op_def ledger_op = {.name = "Ledger",
    .open = ledger_open,
    .on_batch = ledger_on_batch,
    .resume = ledger_resume,
    .snapshot = ledger_snapshot,
    .restore = ledger_restore,
    .checkpoint_complete = ledger_complete,
    .checkpoint_aborted = ledger_aborted,
    .finish = ledger_finish,
    .close = ledger_close,
    .encode = encode_nothing};

/* ---- fixture ---- */

struct fixture {
    struct arena *arena;
    struct world world;
    struct board board;
    struct mem_budget budget;
    struct phys_input input;
    struct phys_node nodes[2];
    struct phys_graph graph;
    char directory[64];
    struct checkpoint_store *store;
    struct job_params params; /* of the next job */
};

static void fixture_init(struct fixture *f, int64_t count, bool store)
{
    memset(f, 0, sizeof *f);
    f->arena = arena_new(4096);
    f->world.def = *env_system()->def;
    f->world.def.mono_ns = world_mono;
    f->world.def.open = world_open;
    f->world.env.def = &f->world.def;
    mutex_init(&f->board.mutex);
    f->board.count = count;
    for (int i = 0; i < SPLITS; i++)
        f->board.published[i] = ARENA_ARRAY(f->arena, uint64_t, NUMBERS_MAX);
    f->budget.name = "test";
    const struct type_field fields[] = {
        {SLICE("split"), type_simple(TYPE_BIGINT)}, {SLICE("number"), type_simple(TYPE_BIGINT)}};
    const struct schema *schema = schema_new(f->arena, fields, 2);
    /* Rows change workers, so that barriers have to be aligned. */
    f->input = (struct phys_input){.exchange = PHYS_REBALANCE};
    f->nodes[0] = (struct phys_node){.op = &numbers_op, .uid = "numbers", .output = schema};
    f->nodes[1] = (struct phys_node){
        .op = &ledger_op, .uid = "ledger", .inputs = &f->input, .input_count = 1};
    f->graph = (struct phys_graph){
        .nodes = f->nodes, .node_count = 2, .job_name = "test", .result_node = -1};
    f->params = (struct job_params){.env = &f->world.env,
        .graph = &f->graph,
        .parallelism = 2,
        .batch_rows = 64,
        .key_groups = KEY_GROUPS_DEFAULT,
        .zone = timezone_utc(),
        .budget = &f->budget,
        .harness = &f->board,
        .checkpoint_interval_ms = INTERVAL_MS,
        .retained = 2};
    if (!store) return;
    snprintf(f->directory, sizeof f->directory, "/tmp/weir-coordinator-XXXXXX");
    CHECK(mkdtemp(f->directory) != NULL);
    f->board.directory = f->directory;
}

static void remove_tree(struct arena *a, const char *path)
{
    char **names;
    size_t count;
    struct env *e = env_system();
    if (!good(e->def->list(e, path, a, &names, &count))) return;
    for (size_t i = 0; i < count; i++) {
        char *inner = str_fmt(a, "%s/%s", path, names[i]);
        struct env_stat stat;
        if (good(e->def->stat(e, inner, &stat)) && stat.is_directory)
            remove_tree(a, inner);
        else
            unlink(inner);
    }
    rmdir(path);
}

static void fixture_deinit(struct fixture *f)
{
    if (f->board.directory) remove_tree(f->arena, f->directory);
    mutex_deinit(&f->board.mutex);
    arena_free(f->arena);
}

static struct job *start(struct fixture *f)
{
    struct job *j = NULL;
    if (f->board.directory) {
        CHECK(good(checkpoint_store_open(&f->world.env, f->directory, &f->store)));
        f->params.store = f->store;
    }
    CHECK(good(job_start(&f->params, &j)));
    return j;
}

static void end(struct fixture *f, struct job *j)
{
    job_free(j);
    checkpoint_store_close(f->store);
    f->store = NULL;
}

/* Starts again from the newest checkpoint in the folder; *kind is what that is. */
static struct job *resume_any(struct fixture *f, uint32_t parallelism, enum checkpoint_kind *kind)
{
    struct checkpoint_entry *entries;
    size_t count;
    struct checkpoint_meta meta;
    struct snapshot *s = NULL;
    CHECK(good(checkpoint_store_list(env_system(), f->directory, f->arena, &entries, &count)));
    CHECK(count > 0);
    CHECK(good(checkpoint_load(env_system(), entries[0].path, f->arena, &meta, &s)));
    *kind = meta.kind;
    f->params.parallelism = parallelism;
    f->params.restore = s;
    f->params.restored_id = meta.id;
    struct job *j = start(f);
    f->params.restore = NULL;
    snapshot_free(s);
    return j;
}

static struct job *resume(struct fixture *f, uint32_t parallelism, enum checkpoint_kind kind)
{
    enum checkpoint_kind found;
    struct job *j = resume_any(f, parallelism, &found);
    CHECK(found == kind);
    return j;
}

static uint64_t count_published(const struct fixture *f)
{
    uint64_t n = 0;
    for (int s = 0; s < SPLITS; s++)
        for (int64_t i = 0; i < f->board.count; i++) n += f->board.published[s][i] != 0;
    return n;
}

static void expect_all_published(const struct fixture *f)
{
    CHECK(count_published(f) == (uint64_t)(SPLITS * f->board.count));
}

static void steps(struct job *j, int n)
{
    for (int i = 0; i < n; i++) job_step(j);
}

/* The interval passes and the job is stepped for long enough that a checkpoint is taken. */
static void pass_interval(struct fixture *f, struct job *j)
{
    f->world.ns += UINT64_C(1000000) * INTERVAL_MS;
    steps(j, 12);
}

/* ---- tests ---- */

static void sinks_publish_what_is_on_disk_and_nothing_else(void)
{
    struct fixture f;
    fixture_init(&f, 1000, true);
    f.world.own_clock = true;
    struct job *j = start(&f);
    steps(j, 10);
    CHECK(f.board.rows > 0 && count_published(&f) == 0);
    for (uint64_t i = 1; i <= 4; i++) {
        pass_interval(&f, j);
        CHECK(job_completed_checkpoint(j) == i);
        CHECK(count_published(&f) > 0 && count_published(&f) < f.board.rows);
    }
    struct job_checkpoint_stats stats;
    job_checkpoint_stats(j, &stats);
    CHECK(stats.completed == 4 && stats.failed == 0 && stats.in_progress == 0);
    CHECK(stats.history_count == 4 && stats.history[0].id == 4);
    CHECK(stats.history[0].status == JOB_CHECKPOINT_COMPLETED && stats.history[0].size_bytes > 0);
    CHECK(f.board.heard_count == 4 && f.board.heard[3] == 4);
    CHECK(f.board.oldest[0] == 1 && f.board.oldest[1] == 1 && f.board.oldest[3] == 3);
    end(&f, j);
    fixture_deinit(&f);
}

static void a_job_ends_when_its_last_checkpoint_is_complete(void)
{
    for (int threads = 0; threads < 2; threads++)
        for (int store = 0; store < 2; store++) {
            struct fixture f;
            fixture_init(&f, 500, store);
            f.params.threads = threads;
            struct job *j = start(&f);
            if (threads)
                CHECK(job_wait(j, 20000) == JOB_FINISHED);
            else
                job_run_until_idle(j);
            CHECK(job_state(j) == JOB_FINISHED);
            expect_all_published(&f);
            end(&f, j);
            if (store) { /* to be told that it is finished, not to be run */
                j = resume(&f, 1, CHECKPOINT_FINISHED);
                end(&f, j);
            }
            fixture_deinit(&f);
        }
}

static void without_checkpoints_completion_comes_once_at_the_end(void)
{
    struct fixture f;
    fixture_init(&f, 500, false);
    f.params.no_checkpoints = true;
    struct job *j = start(&f);
    job_run_until_idle(j);
    CHECK(job_state(j) == JOB_FINISHED);
    expect_all_published(&f);
    CHECK(f.board.heard_count == 1 && f.board.heard[0] == UINT64_MAX);
    end(&f, j);
    fixture_deinit(&f);
}

static void checkpoints_that_nobody_restores_publish_and_keep_no_state(void)
{
    struct fixture f;
    fixture_init(&f, 500, false);
    f.params.publish_only = true;
    struct job *j = start(&f);
    steps(j, 20);
    struct snapshot *s = NULL;
    CHECK(good(job_checkpoint(j, &s)));
    steps(j, 5); /* to hear of it */
    CHECK(count_published(&f) > 0);
    struct snapshot_reader reader = {
        .snapshot = s, .op_uid = "numbers", .key_groups = 128, .parallelism = 1};
    bool found = true;
    CHECK(good(snapshot_reader_check(&reader, 1, &found)) && !found);
    snapshot_free(s);
    job_run_until_idle(j);
    CHECK(job_state(j) == JOB_FINISHED);
    expect_all_published(&f);
    end(&f, j);
    fixture_deinit(&f);
}

static void a_stopped_job_goes_on_with_any_parallelism(void)
{
    static const uint32_t next[] = {1, 2, 3, 5};
    for (int i = 0; i < 4; i++) {
        struct fixture f;
        fixture_init(&f, NUMBERS_MAX, true);
        f.world.own_clock = true;
        struct job *j = start(&f);
        steps(j, 20);
        pass_interval(&f, j);
        job_stop(j, JOB_STOP);
        job_run_until_idle(j);
        CHECK(job_state(j) == JOB_STOPPED);
        CHECK(count_published(&f) == f.board.rows); /* all that was read is in the checkpoint */
        CHECK(f.board.rows < (uint64_t)(SPLITS * NUMBERS_MAX));
        end(&f, j);
        f.world.own_clock = false;
        f.params.threads = true;
        j = resume(&f, next[i], CHECKPOINT_STOPPED);
        CHECK(job_wait(j, 20000) == JOB_FINISHED);
        expect_all_published(&f);
        end(&f, j);
        fixture_deinit(&f);
    }
}

static void a_drained_job_is_finished(void)
{
    struct fixture f;
    fixture_init(&f, NUMBERS_MAX, true);
    struct job *j = start(&f);
    steps(j, 20);
    job_stop(j, JOB_DRAIN);
    job_run_until_idle(j);
    CHECK(job_state(j) == JOB_STOPPED);
    CHECK(count_published(&f) == f.board.rows);
    end(&f, j);
    end(&f, resume(&f, 2, CHECKPOINT_FINISHED));
    fixture_deinit(&f);
}

static void a_full_disk_costs_checkpoints_and_pauses_the_sources(void)
{
    struct fixture f;
    fixture_init(&f, NUMBERS_MAX, true);
    f.world.own_clock = true;
    struct job *j = start(&f);
    pass_interval(&f, j);
    uint64_t published = count_published(&f);
    f.world.full = true;
    struct job_checkpoint_stats stats;
    for (uint32_t i = 1; i <= 3; i++) {
        pass_interval(&f, j);
        job_checkpoint_stats(j, &stats);
        CHECK(stats.failed == i && stats.completed == 1);
        CHECK(stats.sources_paused == (i == 3));
        CHECK(stats.history[0].status == JOB_CHECKPOINT_FAILED);
        CHECK(strstr(stats.history[0].failure, "no space left") != NULL);
        CHECK(f.board.aborted == 2 * i); /* both subtasks */
    }
    job_run_until_idle(j);
    uint64_t rows = f.board.rows;
    pass_interval(&f, j);
    CHECK(f.board.rows == rows && job_state(j) == JOB_RUNNING);
    CHECK(count_published(&f) == published);
    f.world.full = false;
    pass_interval(&f, j);
    CHECK(f.board.rows > rows && count_published(&f) >= rows);
    job_checkpoint_stats(j, &stats);
    CHECK(!stats.sources_paused && stats.completed == 2);
    job_run_until_idle(j);
    CHECK(job_state(j) == JOB_FINISHED);
    expect_all_published(&f);
    end(&f, j);
    fixture_deinit(&f);
}

static void a_stop_fails_when_its_checkpoint_does_and_nothing_is_lost(void)
{
    struct fixture f;
    fixture_init(&f, NUMBERS_MAX, true);
    f.world.own_clock = true;
    struct job *j = start(&f);
    pass_interval(&f, j);
    f.world.full = true;
    job_stop(j, JOB_STOP);
    job_run_until_idle(j);
    CHECK(job_state(j) == JOB_FAILED);
    CHECK(err_code(job_error(j)) == ERR_DISK_FULL);
    CHECK(err_hint_text(job_error(j)) && strstr(err_hint_text(job_error(j)), "nothing is lost"));
    end(&f, j);
    f.world.full = false;
    j = resume(&f, 3, CHECKPOINT_RUNNING);
    job_run_until_idle(j);
    CHECK(job_state(j) == JOB_FINISHED);
    expect_all_published(&f);
    end(&f, j);
    fixture_deinit(&f);
}

static void the_last_checkpoint_of_a_job_that_ends_waits_for_space(void)
{
    struct fixture f;
    fixture_init(&f, 100, true);
    f.world.own_clock = true;
    f.world.full = true;
    struct job *j = start(&f);
    for (int i = 0; i < 5; i++) {
        job_run_until_idle(j);
        pass_interval(&f, j);
    }
    CHECK(job_state(j) == JOB_RUNNING && count_published(&f) == 0);
    f.world.full = false;
    pass_interval(&f, j);
    job_run_until_idle(j);
    CHECK(job_state(j) == JOB_FINISHED);
    expect_all_published(&f);
    end(&f, j);
    fixture_deinit(&f);
}

static void a_checkpoint_that_takes_too_long_is_given_up(void)
{
    struct fixture f;
    fixture_init(&f, NUMBERS_MAX, true);
    f.world.own_clock = true;
    f.params.checkpoint_timeout_ms = 500;
    struct job *j = start(&f);
    steps(j, 5);
    f.board.blocked = true;
    pass_interval(&f, j);
    pass_interval(&f, j);
    CHECK(f.board.aborted == 0); /* its barriers are still on their way */
    f.board.blocked = false;
    steps(j, 100);
    struct job_checkpoint_stats stats;
    job_checkpoint_stats(j, &stats);
    CHECK(stats.failed == 1 && f.board.aborted == 2);
    job_run_until_idle(j);
    pass_interval(&f, j);
    job_run_until_idle(j);
    CHECK(job_state(j) == JOB_FINISHED);
    expect_all_published(&f);
    end(&f, j);
    fixture_deinit(&f);
}

/* Threads, a checkpoint every 2 ms, a disk that is full half of the time, and stops, kills and
 * other numbers of workers between. */
static void nothing_is_lost_whatever_comes_together(void)
{
    struct fixture f;
    fixture_init(&f, NUMBERS_MAX / 4, true);
    f.params.threads = true;
    f.params.checkpoint_interval_ms = 2;
    f.params.parallelism = 3;
    f.board.slow = true;
    struct job *j = start(&f);
    CHECK(job_wait(j, 20) == JOB_RUNNING); /* so that there is a checkpoint */
    enum checkpoint_kind kind = CHECKPOINT_RUNNING;
    for (uint32_t round = 0; round < 1000 && kind != CHECKPOINT_FINISHED; round++) {
        f.world.full = round % 2;
        enum job_state state = job_wait(j, 5 + 7 * (round % 4));
        if (round % 3 && state == JOB_RUNNING) { /* else it is abandoned, as by a kill */
            job_stop(j, JOB_STOP);
            state = job_wait(j, 20000);
            CHECK(state == JOB_STOPPED || (state == JOB_FAILED && f.world.full));
        }
        end(&f, j);
        f.world.full = false;
        j = resume_any(&f, 1 + round % 5, &kind);
    }
    CHECK(kind == CHECKPOINT_FINISHED);
    expect_all_published(&f);
    end(&f, j);
    fixture_deinit(&f);
}

static void failures_beyond_the_tolerated_fail_the_job(void)
{
    struct fixture f;
    fixture_init(&f, NUMBERS_MAX, true);
    f.world.own_clock = true;
    f.params.checkpoint_failures_max = 2;
    f.world.full = true;
    struct job *j = start(&f);
    pass_interval(&f, j);
    CHECK(job_state(j) == JOB_RUNNING);
    pass_interval(&f, j);
    CHECK(job_state(j) == JOB_FAILED);
    end(&f, j);
    fixture_deinit(&f);
}

static void parts_are_charged_to_the_job(void)
{
    struct fixture f;
    fixture_init(&f, NUMBERS_MAX, false);
    f.params.checkpoint_interval_ms = 0;
    struct job *j = start(&f);
    steps(j, 50);
    size_t before = f.budget.used_bytes;
    struct snapshot *s = NULL;
    CHECK(good(job_checkpoint(j, &s)));
    CHECK(f.budget.used_bytes > before + 1000);
    snapshot_free(s);
    steps(j, 200);
    f.budget.limit_bytes = f.budget.used_bytes + 1000;
    struct err *e = job_checkpoint(j, &s);
    CHECK(e && err_code(e) == ERR_OUT_OF_MEMORY);
    err_free(e);
    CHECK(job_state(j) == JOB_RUNNING);
    f.budget.limit_bytes = 0;
    CHECK(good(job_checkpoint(j, &s)));
    snapshot_free(s);
    end(&f, j);
    CHECK(f.budget.used_bytes == 0);
    fixture_deinit(&f);
}

int main(void)
{
    TEST_RUN(sinks_publish_what_is_on_disk_and_nothing_else);
    TEST_RUN(a_job_ends_when_its_last_checkpoint_is_complete);
    TEST_RUN(without_checkpoints_completion_comes_once_at_the_end);
    TEST_RUN(checkpoints_that_nobody_restores_publish_and_keep_no_state);
    TEST_RUN(a_stopped_job_goes_on_with_any_parallelism);
    TEST_RUN(a_drained_job_is_finished);
    TEST_RUN(a_full_disk_costs_checkpoints_and_pauses_the_sources);
    TEST_RUN(a_stop_fails_when_its_checkpoint_does_and_nothing_is_lost);
    TEST_RUN(the_last_checkpoint_of_a_job_that_ends_waits_for_space);
    TEST_RUN(a_checkpoint_that_takes_too_long_is_given_up);
    TEST_RUN(nothing_is_lost_whatever_comes_together);
    TEST_RUN(failures_beyond_the_tolerated_fail_the_job);
    TEST_RUN(parts_are_charged_to_the_job);
    return TEST_END();
}
