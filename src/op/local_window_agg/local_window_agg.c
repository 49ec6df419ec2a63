#include "op/local_window_agg/local_window_agg.h"

#include "op/codec.h"
#include "op/explain.h"
#include "op/local_fold.h"
#include "op/op_util.h"
#include "op/window_assign.h"

struct local_window_agg {
    struct op op;
    const struct local_window_agg_params *params;
    struct local_fold fold;
    struct window_assigner rows;  /* slices of rows */
    struct window_assigner marks; /* slices of watermarks: another place in time */
    int64_t mark_end_ms; /* slice that event time has reached; INT64_MIN before the first */
    int64_t *ends_ms;
    struct batch *out;
};

const struct schema *local_window_agg_schema(
    struct arena *a, const struct schema *input, const struct local_window_agg_params *params)
{
    return local_fold_schema(a, input, params->keys, params->key_count, true);
}

static struct err *local_window_agg_open(const void *params, struct op_ctx *ctx, struct op **op)
{
    const struct local_window_agg_params *p = params;
    struct local_window_agg *l = op_new(ctx, &local_window_agg_op, sizeof *l);
    *op = &l->op;
    l->params = p;
    local_fold_init(&l->fold, ctx, p->keys, p->key_count, p->aggs, p->agg_count, true);
    window_assigner_init(&l->rows, &p->window, ctx->zone);
    window_assigner_init(&l->marks, &p->window, ctx->zone);
    l->mark_end_ms = INT64_MIN;
    l->ends_ms = ARENA_ARRAY(ctx->arena, int64_t, BATCH_ROWS_MAX);
    l->out = batch_new(ctx->output, BATCH_ROWS_MAX);
    return NULL;
}

static struct err *find_ends(struct local_window_agg *l, const struct batch *b)
{
    const struct column *c = b->columns[l->params->window.time_column];
    for (uint32_t i = 0; c->has_nulls && i < b->rows; i++) {
        if (!column_is_valid(c, i))
            FAIL(ERR_INVALID_VALUE,
                "RowTime field should not be null, please convert it to a non-null long value.");
    }
    window_slice_ends(&l->rows, c->data, b->rows, l->ends_ms);
    return NULL;
}

/* Only a watermark that leaves a slice behind can fire a window or make a row late. */
static bool crosses(struct local_window_agg *l, int64_t watermark_ms)
{
    int64_t end = INT64_MAX;
    if (watermark_ms != WATERMARK_MAX) end = window_slice_end(&l->marks, watermark_ms + 1);
    bool crossed = end != l->mark_end_ms;
    l->mark_end_ms = end;
    return crossed;
}

static struct err *local_window_agg_on_batch(
    struct op *op, uint32_t input, struct batch *b, struct emit *out)
{
    (void)input;
    struct local_window_agg *l = (struct local_window_agg *)op;
    op_count(&op->counters.rows_in, b->rows);
    batch_clear(l->out);
    l->out->proctime_ms = b->proctime_ms;
    if (b->rows) {
        TRY(find_ends(l, b));
        local_fold_begin(&l->fold, b, l->ends_ms);
    }
    uint32_t first = 0;
    int64_t held_ms = WATERMARK_NONE; /* crosses nothing: goes with the next cut */
    for (uint32_t i = 0; i < b->mark_count; i++) {
        const struct mark *m = &b->marks[i];
        bool idle = m->watermark_ms == WATERMARK_IDLE;
        if (!idle) held_ms = m->watermark_ms;
        if (!idle && !crosses(l, m->watermark_ms)) continue;
        TRY(local_fold_rows(&l->fold, b, l->ends_ms, first, m->rows, l->out));
        first = m->rows;
        if (held_ms != WATERMARK_NONE) batch_add_mark(l->out, held_ms);
        held_ms = WATERMARK_NONE;
        if (idle) batch_add_mark(l->out, WATERMARK_IDLE);
    }
    TRY(local_fold_rows(&l->fold, b, l->ends_ms, first, b->rows, l->out));
    if (held_ms != WATERMARK_NONE) batch_add_mark(l->out, held_ms);
    return l->out->rows || l->out->mark_count ? op_emit(op, l->out, out) : NULL;
}

static void local_window_agg_close(struct op *op)
{
    struct local_window_agg *l = (struct local_window_agg *)op;
    local_fold_deinit(&l->fold);
    batch_free(l->out);
}

/* ---- parameters as text ---- */

static void local_window_agg_explain(const void *params, const struct schema *const *inputs,
    const struct schema *output, struct buf *out)
{
    (void)output;
    const struct local_window_agg_params *p = params;
    explain_keys(inputs[0], p->keys, p->key_count, out);
    buf_add_cstr(out, "window=[");
    explain_window(&p->window, inputs[0], out);
    buf_add_cstr(out, "], select=[");
    explain_columns(inputs[0], p->keys, p->key_count, out);
    for (uint32_t i = 0; i < p->agg_count; i++) {
        if (i || p->key_count) buf_add_cstr(out, ", ");
        explain_agg(&p->aggs[i], inputs[0], SLICE(""), out);
    }
    buf_printf(out, "%sslice_end('w$) AS $slice_end]", p->agg_count || p->key_count ? ", " : "");
}

static void local_window_agg_encode(const void *params, struct buf *out)
{
    const struct local_window_agg_params *p = params;
    codec_open(out);
    window_spec_write(out, "window", &p->window);
    codec_write_u32s(out, "keys", p->keys, p->key_count);
    codec_write_aggs(out, "aggs", p->aggs, p->agg_count);
    codec_write_bool(out, "retract", p->retract);
    codec_close(out);
}

static struct err *local_window_agg_decode(struct arena *a, struct json_reader *r,
    const struct schema *const *inputs, uint32_t input_count, const struct schema *output,
    void *params)
{
    struct local_window_agg_params *p = params;
    if (input_count != 1) FAIL(ERR_CORRUPT, "a window aggregate has %u inputs", input_count);
    TRY(codec_enter(r));
    TRY(window_spec_read(r, "window", inputs[0], &p->window));
    TRY(codec_read_u32s(a, r, "keys", inputs[0]->count - 1, &p->keys, &p->key_count));
    TRY(codec_read_aggs(a, r, "aggs", inputs[0], &p->aggs, &p->agg_count));
    TRY(codec_read_bool(r, "retract", &p->retract));
    if (p->window.kind == WINDOW_ATTACHED || p->window.proctime ||
        !agg_specs_combinable(p->aggs, p->agg_count, p->retract))
        FAIL(ERR_CORRUPT, "this window aggregate cannot be combined before the exchange");
    if (!output || !schema_equal(output, local_window_agg_schema(a, inputs[0], p)))
        FAIL(ERR_CORRUPT, "partial accumulators have other columns");
    return codec_leave(r);
}

const struct op_def local_window_agg_op = {
    .name = "LocalWindowAggregate",
    .state_version = 1,
    .params_size_bytes = sizeof(struct local_window_agg_params),
    .open = local_window_agg_open,
    .on_batch = local_window_agg_on_batch,
    .close = local_window_agg_close,
    .explain = local_window_agg_explain,
    .encode = local_window_agg_encode,
    .decode = local_window_agg_decode,
};
