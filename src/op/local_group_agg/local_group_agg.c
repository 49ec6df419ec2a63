#include "op/local_group_agg/local_group_agg.h"

#include "op/codec.h"
#include "op/explain.h"
#include "op/local_fold.h"
#include "op/op_util.h"

struct local_group_agg {
    struct op op;
    struct local_fold fold;
    struct batch *out;
};

const struct schema *local_group_agg_schema(
    struct arena *a, const struct schema *input, const struct local_group_agg_params *params)
{
    return local_fold_schema(a, input, params->keys, params->key_count, false);
}

static struct err *local_group_agg_open(const void *params, struct op_ctx *ctx, struct op **op)
{
    const struct local_group_agg_params *p = params;
    struct local_group_agg *l = op_new(ctx, &local_group_agg_op, sizeof *l);
    *op = &l->op;
    local_fold_init(&l->fold, ctx, p->keys, p->key_count, p->aggs, p->agg_count);
    l->out = batch_new(ctx->output, BATCH_ROWS_MAX);
    return NULL;
}

/* The consumer's results do not depend on event time, so one mark at the end is enough. */
static struct err *local_group_agg_on_batch(
    struct op *op, uint32_t input, struct batch *b, struct emit *out)
{
    (void)input;
    struct local_group_agg *l = (struct local_group_agg *)op;
    op_count(&op->counters.rows_in, b->rows);
    batch_clear(l->out);
    l->out->proctime_ms = b->proctime_ms;
    TRY(local_fold_batch(&l->fold, b, l->out));
    op_copy_last_marks(l->out, b);
    return l->out->rows || l->out->mark_count ? op_emit(op, l->out, out) : NULL;
}

static void local_group_agg_close(struct op *op)
{
    struct local_group_agg *l = (struct local_group_agg *)op;
    local_fold_deinit(&l->fold);
    batch_free(l->out);
}

/* ---- parameters as text ---- */

static void local_group_agg_explain(const void *params, const struct schema *const *inputs,
    const struct schema *output, struct buf *out)
{
    (void)output;
    const struct local_group_agg_params *p = params;
    explain_keys(inputs[0], p->keys, p->key_count, out);
    buf_add_cstr(out, "select=[");
    explain_columns(inputs[0], p->keys, p->key_count, out);
    for (uint32_t i = 0; i < p->agg_count; i++) {
        if (i || p->key_count) buf_add_cstr(out, ", ");
        explain_agg(&p->aggs[i], inputs[0], SLICE(""), out);
    }
    buf_add_char(out, ']');
}

static void local_group_agg_encode(const void *params, struct buf *out)
{
    const struct local_group_agg_params *p = params;
    codec_open(out);
    codec_write_u32s(out, "keys", p->keys, p->key_count);
    codec_write_aggs(out, "aggs", p->aggs, p->agg_count);
    codec_write_bool(out, "retract", p->retract);
    codec_close(out);
}

static struct err *local_group_agg_decode(struct arena *a, struct json_reader *r,
    const struct schema *const *inputs, uint32_t input_count, const struct schema *output,
    void *params)
{
    struct local_group_agg_params *p = params;
    if (input_count != 1) FAIL(ERR_CORRUPT, "an aggregate has %u inputs", input_count);
    TRY(codec_enter(r));
    TRY(codec_read_u32s(a, r, "keys", inputs[0]->count - 1, &p->keys, &p->key_count));
    TRY(codec_read_aggs(a, r, "aggs", inputs[0], &p->aggs, &p->agg_count));
    TRY(codec_read_bool(r, "retract", &p->retract));
    if (!agg_specs_combinable(p->aggs, p->agg_count, p->retract))
        FAIL(ERR_CORRUPT, "these aggregates cannot be combined before the exchange");
    if (!output || !schema_equal(output, local_group_agg_schema(a, inputs[0], p)))
        FAIL(ERR_CORRUPT, "partial accumulators have other columns");
    return codec_leave(r);
}

const struct op_def local_group_agg_op = {
    .name = "LocalGroupAggregate",
    .state_version = 1,
    .params_size_bytes = sizeof(struct local_group_agg_params),
    .open = local_group_agg_open,
    .on_batch = local_group_agg_on_batch,
    .close = local_group_agg_close,
    .explain = local_group_agg_explain,
    .encode = local_group_agg_encode,
    .decode = local_group_agg_decode,
};
