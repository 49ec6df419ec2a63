#include "op/source/source.h"

#include "base/check.h"
#include "connector/connector.h"
#include "expr/program.h"
#include "op/op_util.h"
#include "op/source/source_errors.h"
#include "op/source/source_params.h"

/* What event time is in one split. */
struct split_time {
    int64_t watermark_ms; /* WATERMARK_NONE before the first */
    int64_t last_row_ms;  /* processing time */
    bool idle;
};

struct table_source {
    struct op op;
    const struct source_params *params;
    struct source *source;
    struct batch *batch;
    uint64_t records; /* already counted */
    uint64_t bad_records;
    struct source_errors errors; /* open when somebody wants the bad records */
    int64_t polled_ms;           /* processing time of the last poll */

    struct program
        *program;          /* WATERMARK FOR, event time if it has a bound; NULL: not pushed down */
    struct program *times; /* event time alone, for connectors that ask */
    struct time_zone_cache zone;
    struct split_time *splits;
    uint32_t split_count;
    uint32_t split_capacity;
    int64_t emitted_ms; /* WATERMARK_NONE before the first */
    bool all_idle;
    bool is_explicit; /* the connector gives watermarks itself */
    int64_t rows_since_mark;
    struct mark *given; /* the connector's marks, while ours replace them */
    uint32_t given_capacity;
};

static struct err *lacks_time(void *context, const struct batch *b, uint32_t first, bool *lacks)
{
    struct table_source *s = context;
    struct column *time;
    *lacks = false;
    TRY(program_eval(s->times, b, NULL, b->rows, s->emitted_ms, &time));
    for (uint32_t i = first; time->has_nulls && i < b->rows && !*lacks; i++)
        *lacks = !column_is_valid(time, i);
    return NULL;
}

static struct err *ask_for_time(
    struct table_source *s, const struct connector_def *def, struct connector_params *c)
{
    const struct source_watermark *w = s->params->watermark;
    const struct op_ctx *ctx = s->op.ctx;
    if (!w || !w->event_time || !(def->flags & CONNECTOR_NEEDS_TIME)) return NULL;
    c->lacks_time = lacks_time;
    c->time_context = s;
    return program_new(&(struct program_params){.input = ctx->output,
                           .exprs = &w->event_time,
                           .count = 1,
                           .capacity = BATCH_ROWS_MAX,
                           .zone = ctx->zone,
                           .budget = ctx->budget,
                           .seed = ctx->seed},
        &s->times);
}

static struct err *open_connector(struct table_source *s, const struct op_ctx *ctx)
{
    const struct source_params *p = s->params;
    const struct connector_def *def = connector_find(slice_of(p->table.connector));
    if (!def || !def->source_open)
        FAIL(ERR_INVALID_OPTION, "connector '%s' cannot be read from", p->table.connector);
    struct connector_params c = op_table_connector(&p->table, ctx);
    c.schema = ctx->output;
    c.bad_log = s->errors.log;
    TRY(ask_for_time(s, def, &c));
    TRY(def->source_open(&c, &s->source));
    s->source->def = def;
    return NULL;
}

static struct err *source_op_open(const void *params, struct op_ctx *ctx, struct op **op)
{
    struct table_source *s = op_new(ctx, &source_op, sizeof *s);
    *op = &s->op;
    s->params = params;
    s->emitted_ms = WATERMARK_NONE;
    s->op.splits = ARENA_NEW(ctx->arena, struct op_splits);
    s->batch = batch_new(ctx->output, ctx->batch_rows);
    if (ctx->side) TRY(source_errors_open(&s->errors, ctx, s->params->table.name));
    const struct source_watermark *w = s->params->watermark;
    if (w) {
        TRY(program_new(
            &(struct program_params){
                .input = ctx->output,
                .exprs = (const struct expr *const[]){w->expr, w->event_time},
                .count = w->event_time ? 2 : 1,
                .capacity = BATCH_ROWS_MAX,
                .zone = ctx->zone,
                .budget = ctx->budget,
                .seed = ctx->seed,
            },
            &s->program));
        if (w->interval_ms > 0)
            s->op.timer_ms = ctx->now_ms + w->interval_ms;
        else if (w->idle_timeout_ms > 0)
            s->op.timer_ms = ctx->now_ms + w->idle_timeout_ms;
    }
    return open_connector(s, ctx);
}

static void source_op_finished(const void *params, const struct op_ctx *ctx)
{
    const struct source_params *p = params;
    const struct connector_def *def = connector_find(slice_of(p->table.connector));
    struct connector_params c = op_table_connector(&p->table, ctx);
    c.schema = ctx->output;
    if (def && def->source_finished) def->source_finished(&c);
}

/* ---- event time ---- */

static void grow_splits(struct table_source *s, int64_t now_ms)
{
    uint32_t count = s->source->split_count;
    if (count <= s->source->split) count = s->source->split + 1;
    if (count > s->split_capacity) {
        s->split_capacity = count > 2 * s->split_capacity ? count : 2 * s->split_capacity;
        s->splits = mem_realloc(s->splits, s->split_capacity * sizeof *s->splits);
    }
    for (; s->split_count < count; s->split_count++)
        s->splits[s->split_count] = (struct split_time){WATERMARK_NONE, now_ms, false};
}

/* The least watermark of the splits that are not idle, `skipped` left out; WATERMARK_MAX when there
 * is none. */
static int64_t least(const struct table_source *s, uint32_t skipped)
{
    int64_t ms = WATERMARK_MAX;
    for (uint32_t i = 0; i < s->split_count; i++) {
        const struct split_time *t = &s->splits[i];
        if (i != skipped && !t->idle && t->watermark_ms < ms) ms = t->watermark_ms;
    }
    return ms;
}

static void emit_watermark(struct table_source *s, int64_t ms)
{
    bool news = ms > s->emitted_ms || (s->all_idle && s->emitted_ms != WATERMARK_NONE);
    if (!news) return;
    if (ms > s->emitted_ms) s->emitted_ms = ms;
    s->all_idle = false;
    s->rows_since_mark = 0;
    batch_add_mark(s->batch, s->emitted_ms);
}

/* A split has fallen idle: the others go on without it. */
static void emit_without_idle(struct table_source *s)
{
    bool all_idle = true;
    for (uint32_t i = 0; i < s->split_count; i++) all_idle &= s->splits[i].idle;
    if (!all_idle) {
        emit_watermark(s, least(s, UINT32_MAX));
    } else if (!s->all_idle) {
        s->all_idle = true;
        batch_add_mark(s->batch, WATERMARK_IDLE);
    }
}

/* Does a watermark go out after the next row, if it has grown? */
static bool emits_per_row(const struct source_watermark *w)
{
    return w->on_event || w->interval_ms == 0;
}

/* The last event time that may raise the watermark, when there is a bound. */
static int64_t last_time(struct table_source *s)
{
    const struct source_watermark *w = s->params->watermark;
    if (!w->max_future_ms) return INT64_MAX;
    return op_last_event_time(
        s->op.ctx, w->event_time->type, s->batch->proctime_ms, w->max_future_ms, &s->zone);
}

/* WATERMARK FOR over a batch of one split. A NULL leaves the watermark as it is. */
static struct err *generate(struct table_source *s)
{
    struct batch *b = s->batch;
    const struct source_watermark *w = s->params->watermark;
    struct column *results[2] = {NULL, NULL};
    TRY(program_eval(s->program, b, NULL, b->rows, s->emitted_ms, results));
    const struct column *values = results[0], *times = results[1];
    const int64_t *v = values->data;
    int64_t last_ms = last_time(s);
    uint32_t future = 0;
    struct split_time *split = &s->splits[s->source->split];
    int64_t others = least(s, s->source->split), gap = w->on_event ? w->on_event_gap : 1;
    uint32_t rows = b->rows;
    for (uint32_t i = 0; i < rows; i++) {
        s->rows_since_mark++;
        bool is_future =
            times && column_is_valid(times, i) && ((const int64_t *)times->data)[i] > last_ms;
        future += is_future;
        if (!is_future && column_is_valid(values, i) && v[i] > split->watermark_ms)
            split->watermark_ms = v[i];
        if (!emits_per_row(w) || s->rows_since_mark < gap) continue;
        int64_t combined = split->watermark_ms < others ? split->watermark_ms : others;
        b->rows = i + 1;
        if (combined != WATERMARK_NONE) emit_watermark(s, combined);
    }
    b->rows = rows;
    if (future) op_count(&s->op.counters.future_rows, future);
    return NULL;
}

/* The connector's own marks speak for its split; ours say what that means for all. */
static void combine_given(struct table_source *s)
{
    struct batch *b = s->batch;
    uint32_t count = b->mark_count, rows = b->rows;
    if (count > s->given_capacity) {
        s->given_capacity = 2 * count;
        s->given = mem_realloc(s->given, s->given_capacity * sizeof *s->given);
    }
    memcpy(s->given, b->marks, count * sizeof *s->given);
    b->mark_count = 0;
    struct split_time *split = &s->splits[s->source->split];
    for (uint32_t i = 0; i < count; i++) {
        const struct mark *m = &s->given[i];
        b->rows = m->rows;
        split->idle = m->watermark_ms == WATERMARK_IDLE;
        if (!split->idle) s->is_explicit = true;
        if (!split->idle && m->watermark_ms > split->watermark_ms)
            split->watermark_ms = m->watermark_ms;
        int64_t combined = least(s, UINT32_MAX);
        if (split->idle)
            emit_without_idle(s);
        else if (combined != WATERMARK_NONE)
            emit_watermark(s, combined);
    }
    b->rows = rows;
}

/* For others to see; last_row_ms 0 leaves that of the split as it is. */
static void show_split(struct table_source *s, uint32_t index, int64_t last_row_ms)
{
    if (index >= OP_SPLITS_SHOWN) return;
    struct op_split *shown = &s->op.splits->shown[index];
    const struct split_time *t = &s->splits[index];
    atomic_store_explicit(&shown->watermark_ms, t->watermark_ms, memory_order_relaxed);
    atomic_store_explicit(&shown->idle, t->idle, memory_order_relaxed);
    if (last_row_ms) atomic_store_explicit(&shown->last_row_ms, last_row_ms, memory_order_relaxed);
}

static void show_splits(struct table_source *s)
{
    for (uint32_t i = 0; i < s->split_count; i++) show_split(s, i, 0);
    atomic_store_explicit(&s->op.splits->count, s->split_count, memory_order_relaxed);
}

static struct err *tell_time(struct table_source *s, int64_t now_ms)
{
    struct batch *b = s->batch;
    uint32_t known = s->split_count;
    grow_splits(s, now_ms);
    if (s->split_count > known) show_splits(s);
    if (b->rows) {
        struct split_time *split = &s->splits[s->source->split];
        split->last_row_ms = now_ms;
        if (b->mark_count == 0 || b->marks[0].rows > 0) split->idle = false;
    }
    if (b->mark_count) combine_given(s);
    struct err *e = s->program && !s->is_explicit && b->rows ? generate(s) : NULL;
    show_split(s, s->source->split, b->rows ? now_ms : 0);
    return e;
}

/* ---- polling ---- */

static void count_records(struct table_source *s)
{
    struct source_counters *c = &s->source->counters;
    uint64_t records = atomic_load_explicit(&c->records, memory_order_relaxed);
    uint64_t bad = atomic_load_explicit(&c->bad_records, memory_order_relaxed);
    op_count(&s->op.counters.rows_in, records - s->records);
    op_count(&s->op.counters.bad_records, bad - s->bad_records);
    /* The source alone counts these, and never anew. */
    uint64_t bytes = atomic_load_explicit(&c->bytes, memory_order_relaxed);
    atomic_store_explicit(&s->op.counters.bytes, bytes, memory_order_relaxed);
    uint64_t duplicate_keys = atomic_load_explicit(&c->duplicate_keys, memory_order_relaxed);
    atomic_store_explicit(&s->op.counters.duplicate_keys, duplicate_keys, memory_order_relaxed);
    s->records = records;
    s->bad_records = bad;
}

static struct err *poll_rows(struct op *op, int64_t now_ms, enum op_poll *status, struct emit *out)
{
    struct table_source *s = (struct table_source *)op;
    batch_clear(s->batch);
    s->batch->proctime_ms = now_ms;
    enum source_status given = SOURCE_EMPTY;
    TRY(s->source->def->poll(s->source, s->batch, &given));
    count_records(s);
    switch (given) {
    case SOURCE_END: *status = OP_POLL_END; return NULL;
    case SOURCE_EMPTY:
        *status = OP_POLL_EMPTY;
        op->wake_ms = s->source->wake_ms;
        return NULL;
    case SOURCE_ROWS: break;
    }
    *status = OP_POLL_MORE;
    s->batch->proctime_ms = now_ms;
    TRY(tell_time(s, now_ms));
    return s->batch->rows || s->batch->mark_count ? op_emit(op, s->batch, out) : NULL;
}

static struct err *give_errors(struct table_source *s, struct emit *out)
{
    bool done = true;
    if (s->errors.log) TRY(source_errors_give(&s->errors, s->polled_ms, out, &done));
    s->op.pending = !done;
    return NULL;
}

static struct err *source_poll(
    struct op *op, int64_t now_ms, enum op_poll *status, struct emit *out)
{
    struct table_source *s = (struct table_source *)op;
    s->polled_ms = now_ms;
    TRY(poll_rows(op, now_ms, status, out));
    return give_errors(s, out);
}

/* Periodic watermarks, and splits that have been silent for too long. */
static struct err *source_on_timer(struct op *op, int64_t now_ms, struct emit *out)
{
    struct table_source *s = (struct table_source *)op;
    const struct source_watermark *w = s->params->watermark;
    op->timer_ms = now_ms + (w->interval_ms > 0 ? w->interval_ms : w->idle_timeout_ms);
    batch_clear(s->batch);
    s->batch->proctime_ms = now_ms;
    bool fell_idle = false;
    for (uint32_t i = 0; w->idle_timeout_ms > 0 && i < s->split_count; i++) {
        struct split_time *t = &s->splits[i];
        bool silent = !t->idle && now_ms - t->last_row_ms >= w->idle_timeout_ms;
        t->idle |= silent;
        fell_idle |= silent;
    }
    if (fell_idle) show_splits(s);
    int64_t combined = least(s, UINT32_MAX);
    if (fell_idle && !s->is_explicit)
        emit_without_idle(s);
    else if (!s->is_explicit && s->split_count && combined != WATERMARK_NONE &&
             combined > s->emitted_ms && combined != WATERMARK_MAX)
        emit_watermark(s, combined);
    return s->batch->mark_count ? op_emit(op, s->batch, out) : NULL;
}

/* ---- checkpoints. For each split: state "splits", its position; state "times", its watermark and
 * whether it is idle. For each subtask with splits: state "emitted", int64 the last watermark given
 * out. Flink forgets times; here they are said again after a restart, so that neither a silent
 * split nor a silent table holds back what had been further before. ---- */

struct split_record {
    int64_t watermark_ms;
    int64_t idle;
};

struct split_writer {
    struct snapshot_writer *out;
    const struct table_source *source;
    uint32_t index;
};

/* Called in order of the splits' numbers. */
static void put_split(void *context, struct slice split, struct slice position)
{
    struct split_writer *w = context;
    const struct table_source *s = w->source;
    uint32_t i = w->index++;
    snapshot_put_union(w->out, "splits", split, position);
    if (i >= s->split_count || s->splits[i].watermark_ms == WATERMARK_NONE) return;
    struct split_record r = {s->splits[i].watermark_ms, s->splits[i].idle};
    snapshot_put_union(w->out, "times", split, (struct slice){(const char *)&r, sizeof r});
}

static struct err *source_op_snapshot(struct op *op, struct snapshot_writer *w)
{
    struct table_source *s = (struct table_source *)op;
    snapshot_begin_op(w, op->ctx->uid, source_op.state_version);
    if (s->source->split_count > 0) {
        uint32_t subtask = op->ctx->subtask;
        snapshot_put_union(w, "emitted", (struct slice){(const char *)&subtask, sizeof subtask},
            (struct slice){(const char *)&s->emitted_ms, sizeof s->emitted_ms});
    }
    if (!s->source->def->source_snapshot) return NULL;
    struct split_writer writer = {.out = w, .source = s};
    s->source->checkpoint_id = snapshot_writer_params(w)->checkpoint_id;
    return s->source->def->source_snapshot(s->source, put_split, &writer);
}

struct split_restorer {
    const struct snapshot_reader *in;
    struct table_source *source;
    uint32_t index;
};

static void restore_time(void *context, struct slice split, struct slice position)
{
    (void)position;
    struct split_restorer *r = context;
    uint32_t i = r->index++;
    uint64_t cursor = 0;
    struct snapshot_record record;
    struct split_record time;
    while (i < r->source->split_count && snapshot_next(r->in, "times", &cursor, &record)) {
        if (!slice_eq(record.key, split) || record.value.n != sizeof time) continue;
        memcpy(&time, record.value.p, sizeof time);
        r->source->splits[i].watermark_ms = time.watermark_ms;
        r->source->splits[i].idle = time.idle;
    }
}

/* What every subtask had given out at least: WATERMARK_NONE if one had given nothing. */
static int64_t least_emitted(const struct snapshot_reader *r)
{
    int64_t least_ms = WATERMARK_MAX;
    uint64_t cursor = 0;
    struct snapshot_record record;
    while (snapshot_next(r, "emitted", &cursor, &record)) {
        int64_t ms = WATERMARK_NONE;
        if (record.value.n == sizeof ms) memcpy(&ms, record.value.p, sizeof ms);
        if (ms < least_ms) least_ms = ms;
    }
    return least_ms;
}

/* More bad records; or after a restore: says again what time it is. */
static struct err *source_resume(struct op *op, struct emit *out)
{
    struct table_source *s = (struct table_source *)op;
    if (s->errors.log && bad_log_count(s->errors.log)) return give_errors(s, out);
    op->pending = false;
    batch_clear(s->batch);
    int64_t repeated_ms = s->emitted_ms;
    s->emitted_ms = WATERMARK_NONE;
    emit_watermark(s, repeated_ms);
    bool all_idle = true;
    for (uint32_t i = 0; i < s->split_count; i++) all_idle &= s->splits[i].idle;
    if (all_idle) emit_without_idle(s);
    return op_emit(op, s->batch, out);
}

static struct err *source_op_restore(struct op *op, const struct snapshot_reader *r)
{
    struct table_source *s = (struct table_source *)op;
    bool found;
    TRY(snapshot_reader_check(r, source_op.state_version, &found));
    if (!found || !s->source->def->source_restore) return NULL;
    uint64_t cursor = 0;
    struct snapshot_record record;
    while (snapshot_next(r, "splits", &cursor, &record))
        TRY(s->source->def->source_restore(s->source, record.key, record.value));
    if (s->source->split_count == 0) return NULL;
    grow_splits(s, op->ctx->now_ms);
    struct split_restorer restorer = {.in = r, .source = s};
    TRY(s->source->def->source_snapshot(s->source, restore_time, &restorer));
    show_splits(s);
    /* Those that wait, for a tick or for more rows, wait on, as they would have without the
     * restart. */
    const struct source_watermark *w = s->params->watermark;
    bool waits = s->program && (!emits_per_row(w) || (w->on_event && w->on_event_gap > 1));
    int64_t emitted_ms = waits ? least_emitted(r) : WATERMARK_MAX;
    if (least(s, UINT32_MAX) < emitted_ms) emitted_ms = least(s, UINT32_MAX);
    op->pending = emitted_ms != WATERMARK_NONE && emitted_ms != WATERMARK_MAX;
    if (op->pending) s->emitted_ms = emitted_ms;
    return NULL;
}

static struct err *source_op_checkpoint_complete(struct op *op, uint64_t id, uint64_t oldest_id)
{
    struct table_source *s = (struct table_source *)op;
    if (!s->source->def->source_checkpoint_complete) return NULL;
    return s->source->def->source_checkpoint_complete(s->source, id, oldest_id);
}

static bool source_op_drain(struct op *op)
{
    struct source *s = ((struct table_source *)op)->source;
    if (!s->def->source_drain) return false;
    s->def->source_drain(s);
    return true;
}

static void source_op_close(struct op *op)
{
    struct table_source *s = (struct table_source *)op;
    if (s->source) s->source->def->source_close(s->source);
    if (s->program) program_free(s->program);
    program_free(s->times);
    source_errors_close(&s->errors);
    batch_free(s->batch);
    mem_free(s->splits);
    mem_free(s->given);
}

const struct op_def source_op = {
    .name = "TableSourceScan",
    .state_version = 1,
    .params_size_bytes = sizeof(struct source_params),
    .table = source_params_table,
    .open = source_op_open,
    .finished = source_op_finished,
    .on_timer = source_on_timer,
    .poll = source_poll,
    .drain = source_op_drain,
    .resume = source_resume,
    .snapshot = source_op_snapshot,
    .restore = source_op_restore,
    .checkpoint_complete = source_op_checkpoint_complete,
    .close = source_op_close,
    .explain = source_params_explain,
    .encode = source_params_encode,
    .decode = source_params_decode,
};
