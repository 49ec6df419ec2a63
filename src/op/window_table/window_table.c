#include "op/window_table/window_table.h"

#include "op/codec.h"
#include "op/explain.h"
#include "op/op_util.h"
#include "op/window_assign.h"

struct window_table {
    struct op op;
    const struct window_table_params *params;
    struct window_assigner assigner;
    const struct batch *in;
    uint32_t row; /* next input row */
    uint32_t mark;
    int64_t window_end_ms; /* next window of that row, when it has begun */
    bool begun;
    uint32_t *rows; /* input row of each output row */
    int64_t *ends_ms;
    struct batch *out;
};

/* Rows that lie in several windows become several rows. */
static bool window_table_passes_rows(const void *params)
{
    return ((const struct window_table_params *)params)->window.kind == WINDOW_TUMBLE;
}

static struct err *window_table_open(const void *params, struct op_ctx *ctx, struct op **op)
{
    struct window_table *w = op_new(ctx, &window_table_op, sizeof *w);
    *op = &w->op;
    w->params = params;
    window_assigner_init(&w->assigner, &w->params->window, ctx->zone);
    w->rows = ARENA_ARRAY(ctx->arena, uint32_t, ctx->batch_rows);
    w->ends_ms = ARENA_ARRAY(ctx->arena, int64_t, ctx->batch_rows);
    w->out = batch_new(ctx->output, ctx->batch_rows);
    return NULL;
}

/* HOP's windows come latest first, CUMULATE's earliest first, as from Flink's assigners. */
static bool first_window(struct window_table *w)
{
    const struct window_spec *s = &w->params->window;
    int64_t time_ms = w->in->proctime_ms;
    if (!s->proctime) {
        const struct column *c = w->in->columns[s->time_column];
        if (!column_is_valid(c, w->row)) return false;
        time_ms = ((const int64_t *)c->data)[w->row];
    }
    int64_t slice_end = window_slice_end(&w->assigner, time_ms);
    w->window_end_ms = s->kind == WINDOW_HOP ? window_last_end(s, slice_end) : slice_end;
    w->begun = true;
    return true;
}

static void next_window(struct window_table *w, int64_t slice_end_of_row)
{
    const struct window_spec *s = &w->params->window;
    bool done = true;
    if (s->kind == WINDOW_HOP) {
        w->window_end_ms -= s->slide_ms;
        done = w->window_end_ms < slice_end_of_row;
    } else if (s->kind == WINDOW_CUMULATE) {
        w->window_end_ms += s->slide_ms;
        done = w->window_end_ms > window_last_end(s, slice_end_of_row);
    }
    if (!done) return;
    op_count(&w->op.counters.contributed_rows, 1);
    w->begun = false;
    w->row++;
}

static int64_t slice_end_of_row(struct window_table *w)
{
    const struct window_spec *s = &w->params->window;
    int64_t time_ms = s->proctime ? w->in->proctime_ms
                                  : ((const int64_t *)w->in->columns[s->time_column]->data)[w->row];
    return window_slice_end(&w->assigner, time_ms);
}

/* Fills rows and ends until the output is full or the input is done; marks as they are passed. */
static uint32_t assign(struct window_table *w)
{
    const struct batch *b = w->in;
    uint32_t n = 0;
    while (true) {
        while (!w->begun && w->mark < b->mark_count && b->marks[w->mark].rows == w->row) {
            w->out->rows = n;
            batch_add_mark(w->out, b->marks[w->mark++].watermark_ms);
        }
        if (w->row == b->rows || n == w->out->capacity) return n;
        if (!w->begun && !first_window(w)) {
            op_count(&w->op.counters.filtered_rows, 1); /* numNullRowTimeRecordsDropped */
            w->row++;
            continue;
        }
        w->rows[n] = w->row;
        w->ends_ms[n++] = w->window_end_ms;
        next_window(w, slice_end_of_row(w));
    }
}

static void fill(struct window_table *w, uint32_t n)
{
    struct batch *out = w->out;
    uint32_t columns = w->op.ctx->inputs[0]->count;
    for (uint32_t i = 0; i < columns; i++)
        column_gather_shallow(out->columns[i], 0, w->in->columns[i], w->rows, n, out->arena);
    int64_t *starts = out->columns[columns]->data, *ends = out->columns[columns + 1]->data,
            *times = out->columns[columns + 2]->data;
    for (uint32_t i = 0; i < n; i++) {
        starts[i] = window_start_of(&w->params->window, w->ends_ms[i]);
        ends[i] = w->ends_ms[i];
        times[i] = w->params->window.proctime ? w->in->proctime_ms
                                              : window_rowtime_ms(&w->assigner, w->ends_ms[i]);
    }
    out->insert_only = w->in->insert_only;
    for (uint32_t i = 0; !out->insert_only && i < n; i++) out->kinds[i] = w->in->kinds[w->rows[i]];
    out->rows = n;
    out->proctime_ms = w->in->proctime_ms;
}

static struct err *run(struct window_table *w, struct emit *out)
{
    do {
        batch_clear(w->out);
        fill(w, assign(w));
        if (w->out->rows || w->out->mark_count) TRY(op_emit(&w->op, w->out, out));
        w->op.pending = w->row < w->in->rows || w->mark < w->in->mark_count;
    } while (w->op.pending && !emit_full(out));
    return NULL;
}

static struct err *window_table_on_batch(
    struct op *op, uint32_t input, struct batch *b, struct emit *out)
{
    (void)input;
    struct window_table *w = (struct window_table *)op;
    op_count(&op->counters.rows_in, b->rows);
    w->in = b;
    w->row = w->mark = 0;
    w->begun = false;
    return run(w, out);
}

static struct err *window_table_resume(struct op *op, struct emit *out)
{
    return run((struct window_table *)op, out);
}

static void window_table_close(struct op *op)
{
    batch_free(((struct window_table *)op)->out);
}

static void window_table_explain(const void *params, const struct schema *const *inputs,
    const struct schema *output, struct buf *out)
{
    (void)output;
    buf_add_cstr(out, "window=[");
    explain_window(&((const struct window_table_params *)params)->window, inputs[0], out);
    buf_add_char(out, ']');
}

static void window_table_encode(const void *params, struct buf *out)
{
    codec_open(out);
    window_spec_write(out, "window", &((const struct window_table_params *)params)->window);
    codec_close(out);
}

static struct err *window_table_decode(struct arena *a, struct json_reader *r,
    const struct schema *const *inputs, uint32_t input_count, const struct schema *output,
    void *params)
{
    (void)a;
    struct window_table_params *p = params;
    if (input_count != 1 || !output || output->count != inputs[0]->count + 3)
        FAIL(ERR_CORRUPT, "a window table function adds three columns to one input");
    TRY(codec_enter(r));
    TRY(window_spec_read(r, "window", inputs[0], &p->window));
    if (p->window.kind == WINDOW_ATTACHED)
        FAIL(ERR_CORRUPT, "a window table function has no window of its own");
    return codec_leave(r);
}

const struct op_def window_table_op = {
    .name = "WindowTableFunction",
    .state_version = 1,
    .params_size_bytes = sizeof(struct window_table_params),
    .passes_rows = window_table_passes_rows,
    .open = window_table_open,
    .on_batch = window_table_on_batch,
    .resume = window_table_resume,
    .close = window_table_close,
    .explain = window_table_explain,
    .encode = window_table_encode,
    .decode = window_table_decode,
};
