#include "run/job.h"

#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/env.h"
#include "op/op_util.h"
#include "op/watermark_min.h"
#include "test.h"
#include "type/timezone.h"
#include "vec/key.h"
#include "vec/row_codec.h"

/* Operators made for these tests. Numbers: each subtask gives the multiples that are its own out of
 * 0 .. count - 1, with key = number % KEYS and a watermark at every number. Sums: keeps a sum and a
 * count for each key. Board: the sink, writes into a table all subtasks share. */
enum { KEYS = 64, STEP_ROWS = 50 };

struct numbers_params {
    int64_t count; /* INT64_MAX: endless */
    int64_t fail_at;
};

struct board {
    _Atomic int64_t sums[KEYS];
    _Atomic int64_t counts[KEYS];
    _Atomic int64_t last_watermark_ms;
    _Atomic int finished;
    bool full;         /* the relay takes one batch at a time */
    int hold;          /* and lets it go when it is resumed after so many times */
    uint64_t retry_ms; /* or, if not 0, has no room before */
    uint64_t work_ns;  /* a batch takes it, by the clock of `hands` */
};

/* A clock that is moved by hand. */
static struct {
    struct env base;
    uint64_t ns;
} hands;

static int64_t hands_now_ms(struct env *e)
{
    (void)e;
    return (int64_t)(hands.ns / 1000000);
}
static uint64_t hands_mono_ns(struct env *e)
{
    (void)e;
    return hands.ns;
}

static const struct schema *row_schema(struct arena *a)
{
    const struct type_field fields[] = {
        {SLICE("key"), type_simple(TYPE_BIGINT)}, {SLICE("number"), type_simple(TYPE_BIGINT)}};
    return schema_new(a, fields, 2);
}

/* ---- numbers ---- */

struct numbers {
    struct op op;
    const struct numbers_params *params;
    int64_t next; /* of this subtask */
    struct batch *out;
};

static struct err *numbers_open(const void *params, struct op_ctx *ctx, struct op **out)
{
    struct numbers *n = ARENA_NEW(ctx->arena, struct numbers);
    n->op.def = NULL;
    n->params = params;
    n->op.timer_ms = OP_TIMER_NONE;
    n->next = ctx->subtask;
    n->op.ctx = ctx;
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
    int64_t *keys = n->out->columns[0]->data, *numbers = n->out->columns[1]->data;
    uint32_t room = n->out->capacity < STEP_ROWS ? n->out->capacity : STEP_ROWS;
    for (; n->out->rows < room && n->next < n->params->count; n->next += op->ctx->parallelism) {
        if (n->next == n->params->fail_at) FAIL(ERR_IO, "number %d is broken", (int)n->next);
        keys[n->out->rows] = n->next % KEYS;
        numbers[n->out->rows++] = n->next;
        batch_add_mark(n->out, n->next);
    }
    op->counters.rows_out += n->out->rows;
    *status = n->out->rows ? OP_POLL_MORE : OP_POLL_END;
    return n->out->rows ? emit_batch(out, n->out) : NULL;
}

static struct err *numbers_snapshot(struct op *op, struct snapshot_writer *w)
{
    struct numbers *n = (struct numbers *)(void *)op;
    int64_t lowest = n->next;
    snapshot_put_union(w, "next", SLICE("n"), (struct slice){(const char *)&lowest, sizeof lowest});
    return NULL;
}

/* Subtasks go on in step, so what is left starts at the least number any of them had come to, and
 * only if all were equally far: the test takes care of that by its numbers. */
static struct err *numbers_restore(struct op *op, const struct snapshot_reader *r)
{
    struct numbers *n = (struct numbers *)(void *)op;
    struct snapshot_record record;
    int64_t sum = 0, parts = 0;
    for (uint64_t cursor = 0; snapshot_next(r, "next", &cursor, &record); parts++) {
        int64_t next;
        memcpy(&next, record.value.p, sizeof next);
        sum += next / 3; /* written by three subtasks */
    }
    ASSERT(parts == 3);
    n->next = sum + op->ctx->subtask;
    return NULL;
}

static void numbers_close(struct op *op)
{
    batch_free(((struct numbers *)(void *)op)->out);
}

static const struct op_def numbers_op = {.name = "Numbers",
    .params_size_bytes = sizeof(struct numbers_params),
    .open = numbers_open,
    .poll = numbers_poll,
    .snapshot = numbers_snapshot,
    .restore = numbers_restore,
    .close = numbers_close};

/* ---- relay: passes batches on; with board->full it holds each until it is resumed ---- */

struct relay {
    struct op op;
    struct batch *held;
    int resumes;
};

static struct board *board_of(const struct op *op)
{
    return op->ctx->harness;
}

static struct err *relay_open(const void *params, struct op_ctx *ctx, struct op **out)
{
    (void)params;
    struct relay *r = ARENA_NEW(ctx->arena, struct relay);
    r->op.ctx = ctx;
    r->op.timer_ms = OP_TIMER_NONE;
    *out = &r->op;
    return NULL;
}

static struct err *relay_on_batch(struct op *op, uint32_t input, struct batch *b, struct emit *out)
{
    (void)input;
    ASSERT(!op->pending);
    if (board_of(op)->work_ns) hands.ns += board_of(op)->work_ns;
    if (!board_of(op)->full) return emit_batch(out, b);
    ((struct relay *)(void *)op)->held = b;
    op->pending = true;
    op->wake_ms = board_of(op)->retry_ms;
    return NULL;
}

static struct err *relay_resume(struct op *op, struct emit *out)
{
    struct relay *r = (struct relay *)(void *)op;
    op->pending = r->resumes++ < board_of(op)->hold;
    if (op->pending) return NULL;
    r->resumes = 0;
    return emit_batch(out, r->held);
}

static void relay_close(struct op *op)
{
    (void)op;
}

static const struct op_def relay_op = {.name = "Relay",
    .open = relay_open,
    .on_batch = relay_on_batch,
    .resume = relay_resume,
    .close = relay_close};

/* ---- picker: one output batch, used again and again. Passes the numbers of one parity as copies,
 * or without parameters all rows as they lie in the input ---- */

struct picker {
    struct op op;
    const int64_t *parity;
    struct batch *out;
};

static struct err *picker_open(const void *params, struct op_ctx *ctx, struct op **out)
{
    struct picker *p = ARENA_NEW(ctx->arena, struct picker);
    p->op.ctx = ctx;
    p->op.timer_ms = OP_TIMER_NONE;
    p->parity = params;
    p->out = batch_new(ctx->output, BATCH_ROWS_MAX);
    *out = &p->op;
    return NULL;
}

static struct err *picker_on_batch(struct op *op, uint32_t input, struct batch *b, struct emit *out)
{
    (void)input;
    struct picker *p = (struct picker *)(void *)op;
    const int64_t *numbers = b->columns[1]->data;
    batch_clear(p->out);
    if (!p->parity) op_borrow_rows(p->out, b);
    for (uint32_t i = 0; p->parity && i < b->rows; i++)
        if (numbers[i] % 2 == *p->parity) batch_append(p->out, b, &i, 1);
    return p->out->rows ? emit_batch(out, p->out) : NULL;
}

static void picker_close(struct op *op)
{
    batch_free(((struct picker *)(void *)op)->out);
}

static const struct op_def picker_op = {
    .name = "Picker", .open = picker_open, .on_batch = picker_on_batch, .close = picker_close};

/* ---- splitter: even numbers to the output, the others to the side output ---- */

struct splitter {
    struct op op;
    struct batch *even, *odd;
};

static struct err *splitter_open(const void *params, struct op_ctx *ctx, struct op **out)
{
    (void)params;
    struct splitter *s = ARENA_NEW(ctx->arena, struct splitter);
    s->op.ctx = ctx;
    s->op.timer_ms = OP_TIMER_NONE;
    s->even = batch_new(ctx->output, BATCH_ROWS_MAX);
    s->odd = batch_new(ctx->side_output, BATCH_ROWS_MAX);
    *out = &s->op;
    return NULL;
}

static struct err *splitter_on_batch(
    struct op *op, uint32_t input, struct batch *b, struct emit *out)
{
    (void)input;
    struct splitter *s = (struct splitter *)(void *)op;
    const int64_t *numbers = b->columns[1]->data;
    batch_clear(s->even);
    batch_clear(s->odd);
    for (uint32_t i = 0; i < b->rows; i++)
        batch_append(numbers[i] % 2 ? s->odd : s->even, b, &i, 1);
    if (s->odd->rows) TRY(emit_batch(op->ctx->side, s->odd));
    op_copy_last_marks(s->even, b);
    return emit_batch(out, s->even);
}

static void splitter_close(struct op *op)
{
    batch_free(((struct splitter *)(void *)op)->even);
    batch_free(((struct splitter *)(void *)op)->odd);
}

static const struct op_def splitter_op = {.name = "Splitter",
    .open = splitter_open,
    .on_batch = splitter_on_batch,
    .close = splitter_close};

/* ---- sums: per key, given out at the end ---- */

struct sums {
    struct op op;
    int64_t sums[KEYS];
    int64_t counts[KEYS];
    int64_t watermark_ms;
};

static struct err *sums_open(const void *params, struct op_ctx *ctx, struct op **out)
{
    (void)params;
    struct sums *s = ARENA_NEW(ctx->arena, struct sums);
    s->op.ctx = ctx;
    s->op.timer_ms = OP_TIMER_NONE;
    s->watermark_ms = WATERMARK_NONE;
    *out = &s->op;
    return NULL;
}

static struct err *sums_on_batch(struct op *op, uint32_t input, struct batch *b, struct emit *out)
{
    (void)input;
    (void)out;
    struct sums *s = (struct sums *)(void *)op;
    const int64_t *keys = b->columns[0]->data, *numbers = b->columns[1]->data;
    uint32_t mark = 0;
    op->counters.rows_in += b->rows;
    for (uint32_t i = 0; i <= b->rows; i++) {
        for (; mark < b->mark_count && b->marks[mark].rows == i; mark++) {
            CHECK(b->marks[mark].watermark_ms > s->watermark_ms);
            s->watermark_ms = b->marks[mark].watermark_ms;
        }
        if (i == b->rows) break;
        CHECK(numbers[i] > s->watermark_ms); /* no row is late: the minimum over senders holds */
        s->sums[keys[i]] += numbers[i];
        s->counts[keys[i]]++;
    }
    return NULL;
}

static struct err *sums_snapshot(struct op *op, struct snapshot_writer *w)
{
    struct sums *s = (struct sums *)(void *)op;
    for (int64_t key = 0; key < KEYS; key++) {
        if (!s->counts[key]) continue;
        int64_t value[2] = {s->sums[key], s->counts[key]};
        /* A test of routing: key groups as the exchange computes them. */
        struct arena *a = arena_new(4096);
        struct batch *b = batch_new(row_schema(a), 1);
        uint32_t column = 0;
        struct keys keys;
        ((int64_t *)b->columns[0]->data)[0] = key;
        b->rows = 1;
        keys_init(&keys);
        keys_encode(&keys, key_codec_new(a, b->schema, &column, 1), b);
        snapshot_put(w, "sums", key_group_of(keys.hashes[0], op->ctx->key_groups),
            (struct slice){(const char *)&key, sizeof key},
            (struct slice){(const char *)value, sizeof value});
        keys_deinit(&keys);
        batch_free(b);
        arena_free(a);
    }
    return NULL;
}

static struct err *sums_restore(struct op *op, const struct snapshot_reader *r)
{
    struct sums *s = (struct sums *)(void *)op;
    struct snapshot_record record;
    for (uint64_t cursor = 0; snapshot_next(r, "sums", &cursor, &record);) {
        int64_t key, value[2];
        memcpy(&key, record.key.p, sizeof key);
        memcpy(value, record.value.p, sizeof value);
        s->sums[key] += value[0];
        s->counts[key] += value[1];
    }
    return NULL;
}

static struct err *sums_finish(struct op *op)
{
    struct sums *s = (struct sums *)(void *)op;
    struct board *board = board_of(op);
    for (int key = 0; key < KEYS; key++) {
        board->sums[key] += s->sums[key];
        board->counts[key] += s->counts[key];
    }
    board->last_watermark_ms = s->watermark_ms;
    board->finished++;
    return NULL;
}

static const struct op_def sums_op = {.name = "Sums",
    .open = sums_open,
    .on_batch = sums_on_batch,
    .snapshot = sums_snapshot,
    .restore = sums_restore,
    .finish = sums_finish,
    .close = relay_close};

/* ---- graphs ---- */

struct fixture {
    struct arena *arena;
    struct numbers_params numbers;
    struct phys_node nodes[6];
    struct phys_input inputs[6];
    uint32_t key;
    struct phys_graph graph;
    struct board board;
    struct mem_budget budget;
};

static void fixture_init(struct fixture *f, int64_t count)
{
    memset(f, 0, sizeof *f);
    f->arena = arena_new(4096);
    f->numbers = (struct numbers_params){.count = count, .fail_at = -1};
    f->budget = (struct mem_budget){.name = "test"};
    const struct schema *schema = row_schema(f->arena);
    f->inputs[0] = (struct phys_input){.node = 0, .exchange = PHYS_FORWARD};
    f->inputs[1] =
        (struct phys_input){.node = 1, .exchange = PHYS_HASH, .keys = &f->key, .key_count = 1};
    f->nodes[0] = (struct phys_node){.op = &numbers_op,
        .params = &f->numbers,
        .uid = "numbers",
        .output = schema,
        .kinds = ROW_KINDS_INSERT_ONLY};
    f->nodes[1] = (struct phys_node){.op = &relay_op,
        .uid = "relay",
        .inputs = &f->inputs[0],
        .input_count = 1,
        .output = schema,
        .kinds = ROW_KINDS_INSERT_ONLY};
    f->nodes[2] = (struct phys_node){.op = &sums_op,
        .uid = "sums",
        .inputs = &f->inputs[1],
        .input_count = 1,
        .kinds = ROW_KINDS_INSERT_ONLY};
    f->graph = (struct phys_graph){
        .nodes = f->nodes, .node_count = 3, .job_name = "test", .result_node = -1};
}

static void fixture_deinit(struct fixture *f)
{
    arena_free(f->arena);
}

static struct job *start_in(struct env *env, struct fixture *f, uint32_t parallelism, bool threads,
    const struct snapshot *restore)
{
    const struct job_params params = {.env = env,
        .graph = &f->graph,
        .parallelism = parallelism,
        .batch_rows = 64,
        .key_groups = KEY_GROUPS_DEFAULT,
        .zone = timezone_utc(),
        .budget = &f->budget,
        .harness = &f->board,
        .threads = threads,
        .restore = restore};
    struct job *j = NULL;
    struct err *e = job_start(&params, &j);
    CHECK(!e);
    err_free(e);
    return j;
}

static struct job *start(
    struct fixture *f, uint32_t parallelism, bool threads, const struct snapshot *restore)
{
    return start_in(env_system(), f, parallelism, threads, restore);
}

static void expect_sums(struct fixture *f, int64_t count)
{
    for (int64_t key = 0; key < KEYS; key++) {
        int64_t sum = 0, rows = 0;
        for (int64_t n = key; n < count; n += KEYS) sum += n, rows++;
        CHECK(f->board.sums[key] == sum);
        CHECK(f->board.counts[key] == rows);
    }
}

static void every_row_arrives_once(void)
{
    for (uint32_t parallelism = 1; parallelism <= 3; parallelism++)
        for (int threads = 0; threads < 2; threads++) {
            struct fixture f;
            fixture_init(&f, 20000);
            struct job *j = start(&f, parallelism, threads, NULL);
            if (threads)
                CHECK(job_wait(j, 20000) == JOB_FINISHED);
            else
                job_run_until_idle(j);
            CHECK(job_state(j) == JOB_FINISHED);
            expect_sums(&f, 20000);
            CHECK(f.board.last_watermark_ms == WATERMARK_MAX);
            job_free(j);
            fixture_deinit(&f);
        }
}

static void pending_operators_hold_their_inputs_back(void)
{
    struct fixture f;
    fixture_init(&f, 20000);
    f.board.full = true;
    struct job *j = start(&f, 3, true, NULL);
    CHECK(job_wait(j, 20000) == JOB_FINISHED);
    expect_sums(&f, 20000);
    job_free(j);
    fixture_deinit(&f);
}

static void set_node(struct fixture *f, uint32_t index, const struct op_def *op, const void *params,
    uint32_t first_input, uint32_t input_count)
{
    f->nodes[index] = (struct phys_node){.op = op,
        .params = params,
        .uid = op->name,
        .inputs = &f->inputs[first_input],
        .input_count = input_count,
        .output = op == &sums_op ? NULL : row_schema(f->arena),
        .kinds = ROW_KINDS_INSERT_ONLY};
    f->graph.node_count = index + 1;
}

/* Checkpoints come between: the barriers follow the side output too. */
static void run_with_checkpoints(struct job *j)
{
    for (uint64_t n = 1; job_state(j) == JOB_RUNNING; n++) {
        for (int i = 0; i < 10; i++) job_step(j);
        struct snapshot *s = NULL;
        CHECK(!job_checkpoint(j, &s));
        CHECK(job_state(j) != JOB_RUNNING || job_completed_checkpoint(j) >= n);
        snapshot_free(s);
    }
}

static void the_side_output_takes_a_way_of_its_own(void)
{
    for (uint32_t parallelism = 1; parallelism <= 3; parallelism++)
        for (int hashed = 0; hashed < 2; hashed++) {
            struct fixture f;
            fixture_init(&f, 20000);
            enum phys_exchange exchange = hashed ? PHYS_HASH : PHYS_FORWARD;
            for (uint32_t i = 0; i < 4; i++)
                f.inputs[i] = (struct phys_input){.node = i == 0  ? 0
                                                          : i < 3 ? 1
                                                                  : 2,
                    .side = i == 1,
                    .exchange = i == 1 || i == 2 ? exchange : PHYS_FORWARD,
                    .keys = &f.key,
                    .key_count = exchange == PHYS_HASH && (i == 1 || i == 2)};
            f.board.full = true; /* the relay behind the side output is pending now and then */
            set_node(&f, 1, &splitter_op, NULL, 0, 1);
            f.nodes[1].side_output = f.nodes[1].output;
            set_node(&f, 2, &relay_op, NULL, 1, 1);
            set_node(&f, 3, &sums_op, NULL, 2, 1);
            set_node(&f, 4, &sums_op, NULL, 3, 1);
            f.nodes[4].uid = "odd sums";
            struct job *j = start(&f, parallelism, false, NULL);
            run_with_checkpoints(j);
            CHECK(job_state(j) == JOB_FINISHED);
            CHECK(f.board.finished == (int)(2 * parallelism));
            expect_sums(&f, 20000);
            job_free(j);
            fixture_deinit(&f);
        }
}

static void paths_that_meet_do_not_overwrite_what_a_pending_operator_is_at(void)
{
    static const int64_t even = 0, odd = 1;
    struct fixture f;
    fixture_init(&f, 2000);
    f.board.full = true;
    static const uint32_t producers[6] = {0, 0, 1, 2, 3, 4};
    for (int i = 0; i < 6; i++)
        f.inputs[i] = (struct phys_input){.node = producers[i], .exchange = PHYS_FORWARD};
    set_node(&f, 1, &picker_op, &even, 0, 1);
    set_node(&f, 2, &picker_op, &odd, 1, 1);
    set_node(&f, 3, &picker_op, NULL, 2, 2);
    set_node(&f, 4, &relay_op, NULL, 4, 1);
    set_node(&f, 5, &sums_op, NULL, 5, 1);
    struct job *j = start(&f, 1, false, NULL);
    job_run_until_idle(j);
    CHECK(job_state(j) == JOB_FINISHED);
    expect_sums(&f, 2000);
    job_free(j);
    fixture_deinit(&f);
}

static void a_batch_goes_back_when_nobody_behind_is_at_it(void)
{
    struct fixture f;
    fixture_init(&f, 20000);
    f.board.full = true;
    f.board.hold = 3;
    f.inputs[0] = f.inputs[1]; /* by key */
    f.inputs[0].node = 0;
    for (uint32_t i = 1; i < 3; i++)
        f.inputs[i] = (struct phys_input){.node = i, .exchange = PHYS_FORWARD};
    set_node(&f, 1, &picker_op, NULL, 0, 1);
    set_node(&f, 2, &relay_op, NULL, 1, 1);
    set_node(&f, 3, &sums_op, NULL, 2, 1);
    struct job *j = start(&f, 3, false, NULL);
    job_run_until_idle(j);
    CHECK(job_state(j) == JOB_FINISHED);
    expect_sums(&f, 20000);
    job_free(j);
    fixture_deinit(&f);
}

/* Steps three subtasks equally far, takes a checkpoint, kills the job and goes on with
 * `parallelism`. */
static void continue_with(uint32_t parallelism)
{
    struct fixture f;
    fixture_init(&f, 30000);
    struct job *j = start(&f, 3, false, NULL);
    for (int i = 0; i < 40; i++) job_step(j);
    struct snapshot *s = NULL;
    struct err *e = job_checkpoint(j, &s);
    CHECK(!e);
    err_free(e);
    CHECK(job_state(j) == JOB_RUNNING);
    CHECK(job_completed_checkpoint(j) == 1);
    for (int i = 0; i < 40; i++) job_step(j);
    job_free(j);
    CHECK(f.board.finished == 0);

    j = start(&f, parallelism, false, s);
    snapshot_free(s);
    job_run_until_idle(j);
    CHECK(job_state(j) == JOB_FINISHED);
    expect_sums(&f, 30000);
    job_free(j);
    fixture_deinit(&f);
}

static void a_checkpoint_continues_with_any_parallelism(void)
{
    continue_with(1);
    continue_with(2);
    continue_with(3);
    continue_with(5);
}

static void a_finished_job_still_gives_a_checkpoint(void)
{
    struct fixture f;
    fixture_init(&f, 100);
    struct job *j = start(&f, 3, false, NULL);
    job_run_until_idle(j);
    struct snapshot *s = NULL;
    struct err *e = job_checkpoint(j, &s);
    CHECK(!e && s);
    err_free(e);
    snapshot_free(s);
    job_free(j);
    fixture_deinit(&f);
}

static void checkpoints_complete_while_threads_run(void)
{
    struct fixture f;
    fixture_init(&f, INT64_MAX);
    struct job *j = start(&f, 3, true, NULL);
    for (uint64_t i = 1; i <= 20; i++) {
        struct snapshot *s = NULL;
        struct err *e = job_checkpoint(j, &s);
        CHECK(!e && s);
        err_free(e);
        snapshot_free(s);
        CHECK(job_completed_checkpoint(j) == i);
    }
    job_stop(j, JOB_STOP);
    CHECK(job_wait(j, 20000) == JOB_STOPPED);
    CHECK(f.board.finished == 3);
    CHECK(f.board.last_watermark_ms < WATERMARK_MAX);
    job_free(j);
    fixture_deinit(&f);
}

static void draining_sends_the_last_watermark(void)
{
    struct fixture f;
    fixture_init(&f, INT64_MAX);
    struct job *j = start(&f, 2, true, NULL);
    job_stop(j, JOB_DRAIN);
    CHECK(job_wait(j, 20000) == JOB_STOPPED);
    CHECK(f.board.last_watermark_ms == WATERMARK_MAX);
    job_free(j);
    fixture_deinit(&f);
}

static void a_failing_operator_fails_the_job_alone(void)
{
    struct fixture f;
    fixture_init(&f, INT64_MAX);
    f.numbers.fail_at = 5001;
    struct job *j = start(&f, 3, true, NULL);
    CHECK(job_wait(j, 20000) == JOB_FAILED);
    char text[256];
    err_format(job_error(j), text, sizeof text);
    CHECK(strstr(text, "Numbers: number 5001 is broken") != NULL);
    CHECK(f.board.finished == 0);
    job_free(j);
    fixture_deinit(&f);
}

static void figures_count_rows(void)
{
    struct fixture f;
    fixture_init(&f, 1000);
    struct job *j = start(&f, 3, false, NULL);
    job_run_until_idle(j);
    struct job_stats stats;
    job_stats(j, f.arena, &stats);
    CHECK(stats.node_count == 3 && stats.tasks_done == stats.task_count);
    CHECK(stats.nodes[0].is_source && stats.nodes[0].rows_out == 1000);
    CHECK(stats.nodes[2].is_sink && stats.nodes[2].rows_in == 1000);
    job_free(j);
    fixture_deinit(&f);
}

/* ---- where time goes: tasks as of now; the three parts are all of it ---- */

static const struct job_task_stats *look(struct fixture *f, const struct job *j)
{
    struct job_stats stats;
    job_stats(j, f->arena, &stats);
    for (uint32_t i = 0; i < stats.task_count; i++) {
        const struct job_task_stats *t = &stats.tasks[i];
        CHECK(t->busy_ns + t->idle_ns + t->backpressured_ns == hands.ns);
    }
    return stats.tasks;
}

static struct job *start_by_hand(struct fixture *f, uint32_t parallelism)
{
    static const struct env_def def = {.now_ms = hands_now_ms, .mono_ns = hands_mono_ns};
    hands.base.def = &def;
    hands.ns = 0;
    return start_in(&hands.base, f, parallelism, false, NULL);
}

static void a_task_is_busy_while_it_works_and_idle_when_it_is_done(void)
{
    struct fixture f;
    enum { BATCHES = 100 + 1, WORK_NS = 1000 }; /* the last watermark is one, too */
    fixture_init(&f, 100 * STEP_ROWS);
    struct job *j = start_by_hand(&f, 1);
    hands.ns = 3;
    CHECK(look(&f, j)->idle_ns == 3);
    f.board.work_ns = WORK_NS;
    job_run_until_idle(j);
    CHECK(job_state(j) == JOB_FINISHED && look(&f, j)->done);
    CHECK(look(&f, j)->busy_ns == BATCHES * WORK_NS);
    hands.ns += 500;
    CHECK(look(&f, j)->busy_ns == BATCHES * WORK_NS && look(&f, j)->idle_ns == 503);
    CHECK(look(&f, j)->backpressured_ns == 0);
    job_free(j);
    fixture_deinit(&f);
}

static void part_before_relay(struct fixture *f)
{
    f->inputs[0] = f->inputs[1]; /* by key */
    f->inputs[0].node = 0;
    f->inputs[1] = (struct phys_input){.node = 1, .exchange = PHYS_FORWARD};
}

static void a_task_is_back_pressured_while_the_next_takes_no_more(void)
{
    enum { STEPS = 1000, STEP_NS = 1000 };
    struct fixture f;
    fixture_init(&f, INT64_MAX);
    part_before_relay(&f);
    f.board.full = true;
    f.board.hold = INT32_MAX;
    struct job *j = start_by_hand(&f, 2);
    for (int i = 0; i < STEPS; i++) {
        job_step(j);
        hands.ns += STEP_NS;
    }
    const struct job_task_stats *t = look(&f, j);
    for (int i = 0; i < 2; i++) {
        CHECK(t[i].vertex == 0 && t[i].subtask == (uint32_t)i && t[i].waiting_output);
        CHECK(t[i].rows_in == 0 && t[i].rows_out > 0);
        CHECK(t[i].busy_ns > 0 && t[i].backpressured_ns > t[i].busy_ns && t[i].idle_ns == 0);
        CHECK(t[2 + i].vertex == 1 && t[2 + i].subtask == (uint32_t)i);
        CHECK(t[2 + i].busy_ns > (STEPS - 10) * STEP_NS && t[2 + i].backpressured_ns == 0);
    }
    job_free(j);
    fixture_deinit(&f);
}

static void a_sink_without_room_is_back_pressured_until_it_has_some(void)
{
    struct fixture f;
    fixture_init(&f, 2 * STEP_ROWS);
    struct job *j = start_by_hand(&f, 1);
    f.board.full = true;
    f.board.retry_ms = 7;
    job_run_until_idle(j);
    hands.ns = 6999999;
    job_run_until_idle(j);
    CHECK(look(&f, j)->waiting_output && look(&f, j)->backpressured_ns == hands.ns);
    f.board.full = false;
    hands.ns = 7000000;
    job_run_until_idle(j);
    CHECK(job_state(j) == JOB_FINISHED && look(&f, j)->backpressured_ns == 7000000);
    expect_sums(&f, 2 * STEP_ROWS);
    job_free(j);
    fixture_deinit(&f);
}

/* Numbers go to the picker straight and through the relay, which takes its time. */
static void a_task_tells_how_late_barriers_came(void)
{
    enum { WORK_NS = 1000 };
    struct fixture f;
    fixture_init(&f, INT64_MAX);
    for (uint32_t i = 0; i < 3; i++)
        f.inputs[i] = (struct phys_input){
            .node = i / 2, .exchange = PHYS_HASH, .keys = &f.key, .key_count = 1};
    f.inputs[3] = (struct phys_input){.node = 2, .exchange = PHYS_FORWARD};
    set_node(&f, 1, &relay_op, NULL, 0, 1);
    set_node(&f, 2, &picker_op, NULL, 1, 2);
    set_node(&f, 3, &sums_op, NULL, 3, 1);
    f.board.work_ns = WORK_NS;
    struct job *j = start_by_hand(&f, 2);
    for (int i = 0; i < 10; i++) job_step(j);
    for (int i = 0; i < 6; i++)
        CHECK(look(&f, j)[i].start_delay_ns == UINT64_MAX && look(&f, j)[i].align_ns == UINT64_MAX);
    struct snapshot *s = NULL;
    CHECK(!job_checkpoint(j, &s));
    snapshot_free(s);
    const struct job_task_stats *t = look(&f, j);
    for (int i = 0; i < 2; i++) {
        CHECK(t[i].start_delay_ns <= WORK_NS && t[i].align_ns == UINT64_MAX);
        CHECK(t[2 + i].start_delay_ns > WORK_NS && t[2 + i].align_ns < t[4 + i].align_ns);
        CHECK(t[4 + i].align_ns >= WORK_NS && t[4 + i].align_ns < hands.ns);
    }
    job_free(j);
    fixture_deinit(&f);
}

int main(void)
{
    TEST_RUN(every_row_arrives_once);
    TEST_RUN(pending_operators_hold_their_inputs_back);
    TEST_RUN(the_side_output_takes_a_way_of_its_own);
    TEST_RUN(paths_that_meet_do_not_overwrite_what_a_pending_operator_is_at);
    TEST_RUN(a_batch_goes_back_when_nobody_behind_is_at_it);
    TEST_RUN(a_checkpoint_continues_with_any_parallelism);
    TEST_RUN(a_finished_job_still_gives_a_checkpoint);
    TEST_RUN(checkpoints_complete_while_threads_run);
    TEST_RUN(draining_sends_the_last_watermark);
    TEST_RUN(a_failing_operator_fails_the_job_alone);
    TEST_RUN(figures_count_rows);
    TEST_RUN(a_task_is_busy_while_it_works_and_idle_when_it_is_done);
    TEST_RUN(a_task_is_back_pressured_while_the_next_takes_no_more);
    TEST_RUN(a_sink_without_room_is_back_pressured_until_it_has_some);
    TEST_RUN(a_task_tells_how_late_barriers_came);
    return TEST_END();
}
