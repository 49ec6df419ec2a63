/* Flink's WatermarkAssignerOperator: per row the watermark is the largest value of the expression
 * so far, starting at 0; the row goes first; then the watermark follows when it has grown by more
 * than the interval since the last one. A tick of the clock sends what is left. A row further ahead
 * of processing time than scan.watermark.max-future, which Flink does not have, passes without
 * raising the watermark: one wrong clock must not close all windows.
 *
 * State "time", one record a subtask: int64 the watermark, int64 the last one sent, uint8 idle.
 * Flink keeps none; here the last watermark is sent again after a restart, so that operators with
 * several inputs know at once what they knew before. */
#include "op/watermark/watermark.h"

#include <inttypes.h>

#include "base/check.h"
#include "expr/program.h"
#include "op/codec.h"
#include "op/op_util.h"

struct watermark {
    struct op op;
    const struct watermark_params *params;
    struct program *program;
    int64_t current_ms;
    int64_t emitted_ms;
    int64_t last_row_ms; /* processing time */
    bool idle;
    struct time_zone_cache zone;
    struct batch *out;
};

static void set_timer(struct watermark *w, int64_t now_ms)
{
    int64_t next = OP_TIMER_NONE;
    if (w->params->interval_ms > 0) next = now_ms + w->params->interval_ms;
    if (w->params->idle_timeout_ms > 0 && !w->idle) {
        int64_t idle_ms = w->last_row_ms + w->params->idle_timeout_ms;
        if (idle_ms <= now_ms) idle_ms = now_ms + 1;
        if (idle_ms < next) next = idle_ms;
    }
    w->op.timer_ms = next;
}

static struct err *watermark_open(const void *params, struct op_ctx *ctx, struct op **op)
{
    struct watermark *w = op_new(ctx, &watermark_op, sizeof *w);
    *op = &w->op;
    w->params = params;
    w->last_row_ms = ctx->now_ms;
    set_timer(w, ctx->now_ms);
    TRY(program_new(
        &(struct program_params){
            .input = ctx->inputs[0],
            .exprs = &w->params->expr,
            .count = 1,
            .capacity = BATCH_ROWS_MAX,
            .zone = ctx->zone,
            .budget = ctx->budget,
            .seed = ctx->seed,
        },
        &w->program));
    w->out = batch_new(ctx->output, BATCH_ROWS_MAX);
    return NULL;
}

static void watermark_close(struct op *op)
{
    struct watermark *w = (struct watermark *)op;
    if (w->program) program_free(w->program);
    batch_free(w->out);
}

static void send(struct watermark *w)
{
    w->emitted_ms = w->current_ms;
    batch_add_mark(w->out, w->current_ms);
}

/* The last event time that may raise the watermark. */
static int64_t last_time(struct watermark *w, const struct batch *b)
{
    int64_t max_future_ms = w->params->max_future_ms;
    if (max_future_ms == 0) return INT64_MAX;
    const struct type *type = b->schema->fields[w->params->rowtime_column].type;
    return op_last_event_time(w->op.ctx, type, b->proctime_ms, max_future_ms, &w->zone);
}

static void advance(struct watermark *w, const struct column *values, const struct batch *b)
{
    const int64_t *v = values->data, *times = b->columns[w->params->rowtime_column]->data;
    int64_t interval = w->params->interval_ms, last_ms = last_time(w, b);
    uint32_t rows = b->rows, future = 0;
    for (uint32_t i = 0; i < rows; i++) {
        if (times[i] > last_ms) {
            future++;
            continue;
        }
        if (!column_is_valid(values, i) || v[i] <= w->current_ms) continue;
        w->current_ms = v[i];
        if (w->current_ms - w->emitted_ms <= interval) continue;
        w->out->rows = i + 1;
        send(w);
    }
    w->out->rows = rows;
    if (future) op_count(&w->op.counters.future_rows, future);
}

static struct err *check_rowtime(const struct column *c, uint32_t rows)
{
    for (uint32_t i = 0; c->has_nulls && i < rows; i++) {
        if (column_is_valid(c, i)) continue;
        FAIL(ERR_INVALID_VALUE,
            "RowTime field should not be null, please convert it to a non-null long value.");
    }
    return NULL;
}

/* Upstream's own watermarks count for nothing, except the one that says the input has ended. */
static void pass_marks(struct watermark *w, const struct batch *b)
{
    for (uint32_t i = 0; i < b->mark_count; i++) {
        int64_t ms = b->marks[i].watermark_ms;
        if (ms == WATERMARK_IDLE && b->marks[i].rows == b->rows) batch_add_mark(w->out, ms);
        if (ms != WATERMARK_MAX) continue;
        w->current_ms = WATERMARK_MAX;
        send(w);
    }
}

static struct err *watermark_on_batch(
    struct op *op, uint32_t input, struct batch *b, struct emit *out)
{
    (void)input;
    struct watermark *w = (struct watermark *)op;
    op_count(&op->counters.rows_in, b->rows);
    op_borrow_rows(w->out, b);
    if (b->rows) {
        w->last_row_ms = b->proctime_ms;
        w->idle = false;
        if (w->params->idle_timeout_ms > 0) set_timer(w, b->proctime_ms);
        TRY(check_rowtime(b->columns[w->params->rowtime_column], b->rows));
        struct column *values;
        TRY(program_eval(w->program, b, NULL, b->rows, w->current_ms, &values));
        advance(w, values, b);
    }
    pass_marks(w, b);
    return w->out->rows || w->out->mark_count ? op_emit(op, w->out, out) : NULL;
}

static struct err *watermark_on_timer(struct op *op, int64_t now_ms, struct emit *out)
{
    struct watermark *w = (struct watermark *)op;
    batch_clear(w->out);
    w->out->proctime_ms = now_ms;
    if (w->current_ms > w->emitted_ms) send(w);
    int64_t timeout = w->params->idle_timeout_ms;
    if (timeout > 0 && !w->idle && now_ms - w->last_row_ms >= timeout) {
        w->idle = true;
        batch_add_mark(w->out, WATERMARK_IDLE);
    }
    set_timer(w, now_ms);
    return w->out->mark_count ? op_emit(op, w->out, out) : NULL;
}

/* ---- checkpoints ---- */

struct record {
    int64_t current_ms;
    int64_t emitted_ms;
    int64_t idle;
};

static struct err *watermark_snapshot(struct op *op, struct snapshot_writer *out)
{
    struct watermark *w = (struct watermark *)op;
    struct record r = {w->current_ms, w->emitted_ms, w->idle};
    uint32_t subtask = op->ctx->subtask;
    snapshot_put_union(out, "time", (struct slice){(const char *)&subtask, sizeof subtask},
        (struct slice){(const char *)&r, sizeof r});
    return NULL;
}

/* The least of all subtasks holds for each: which rows come where may have changed. Subtasks
 * without rows have seen the end of their input already. */
static struct err *watermark_restore(struct op *op, const struct snapshot_reader *in)
{
    struct watermark *w = (struct watermark *)op;
    struct record least = {INT64_MAX, INT64_MAX, true};
    uint64_t cursor = 0;
    struct snapshot_record record;
    bool found = false;
    while (snapshot_next(in, "time", &cursor, &record)) {
        struct record r;
        if (record.value.n != sizeof r) FAIL(ERR_CORRUPT, "a stored watermark is damaged");
        memcpy(&r, record.value.p, sizeof r);
        if (r.current_ms < least.current_ms) least.current_ms = r.current_ms;
        if (r.emitted_ms < least.emitted_ms) least.emitted_ms = r.emitted_ms;
        if (r.emitted_ms != WATERMARK_MAX && !r.idle) least.idle = false;
        found = true;
    }
    if (!found) return NULL;
    w->current_ms = least.current_ms;
    w->emitted_ms = least.emitted_ms;
    w->idle = least.idle && least.current_ms != WATERMARK_MAX;
    op->pending = w->emitted_ms > 0;
    return NULL;
}

static struct err *watermark_resume(struct op *op, struct emit *out)
{
    struct watermark *w = (struct watermark *)op;
    op->pending = false;
    batch_clear(w->out);
    batch_add_mark(w->out, w->emitted_ms);
    if (w->idle) batch_add_mark(w->out, WATERMARK_IDLE);
    return op_emit(op, w->out, out);
}

/* ---- parameters as text ---- */

static void watermark_explain(const void *params, const struct schema *const *inputs,
    const struct schema *output, struct buf *out)
{
    (void)output;
    const struct watermark_params *p = params;
    buf_add_cstr(out, "rowtime=[");
    buf_add_slice(out, inputs[0]->fields[p->rowtime_column].name);
    buf_add_cstr(out, "], watermark=[");
    expr_print(p->expr, inputs[0], out);
    buf_add_char(out, ']');
    if (p->max_future_ms) buf_printf(out, ", maxFuture=[%" PRId64 " ms]", p->max_future_ms);
}

static void watermark_encode(const void *params, struct buf *out)
{
    const struct watermark_params *p = params;
    codec_open(out);
    codec_write_i64(out, "rowtime", p->rowtime_column);
    codec_write_expr(out, "expr", p->expr);
    codec_write_i64(out, "interval", p->interval_ms);
    codec_write_i64(out, "idle", p->idle_timeout_ms);
    codec_write_i64(out, "max_future", p->max_future_ms);
    codec_close(out);
}

static struct err *watermark_decode(struct arena *a, struct json_reader *r,
    const struct schema *const *inputs, uint32_t input_count, const struct schema *output,
    void *params)
{
    struct watermark_params *p = params;
    if (input_count != 1 || !output || output->count != inputs[0]->count)
        FAIL(ERR_CORRUPT, "a watermark operator has one input of the same columns");
    TRY(codec_enter(r));
    TRY(codec_read_u32(r, "rowtime", inputs[0]->count - 1, &p->rowtime_column));
    TRY(codec_read_expr(a, r, "expr", inputs[0], &p->expr));
    TRY(codec_read_i64(r, "interval", 0, INT64_MAX / 4, &p->interval_ms));
    TRY(codec_read_i64(r, "idle", 0, INT64_MAX / 4, &p->idle_timeout_ms));
    TRY(codec_read_i64(r, "max_future", 0, INT64_MAX / 4, &p->max_future_ms));
    if (!p->expr || !type_is_timestamp(p->expr->type) || type_is_wide(p->expr->type))
        FAIL(ERR_CORRUPT, "a watermark is not a TIMESTAMP(3)");
    return codec_leave(r);
}

const struct op_def watermark_op = {
    .name = "WatermarkAssigner",
    .state_version = 1,
    .params_size_bytes = sizeof(struct watermark_params),
    .passes_rows = op_always_passes,
    .open = watermark_open,
    .on_batch = watermark_on_batch,
    .resume = watermark_resume,
    .on_timer = watermark_on_timer,
    .snapshot = watermark_snapshot,
    .restore = watermark_restore,
    .close = watermark_close,
    .explain = watermark_explain,
    .encode = watermark_encode,
    .decode = watermark_decode,
};
