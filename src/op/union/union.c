#include "op/union/union.h"

#include "op/codec.h"
#include "op/explain.h"
#include "op/op_util.h"
#include "op/watermark_min.h"

struct union_all {
    struct op op;
    struct watermark_min watermark;
    struct batch *out;
};

static struct err *union_open(const void *params, struct op_ctx *ctx, struct op **op)
{
    (void)params;
    struct union_all *u = op_new(ctx, &union_op, sizeof *u);
    *op = &u->op;
    watermark_min_init(&u->watermark, ctx->arena, ctx->input_count);
    u->out = batch_new(ctx->output, BATCH_ROWS_MAX);
    return NULL;
}

static struct err *union_on_batch(struct op *op, uint32_t input, struct batch *b, struct emit *out)
{
    struct union_all *u = (struct union_all *)op;
    op_count(&op->counters.rows_in, b->rows);
    op_borrow_rows(u->out, b);
    if (b->rows) watermark_min_active(&u->watermark, input);
    for (uint32_t i = 0; i < b->mark_count; i++) {
        int64_t combined_ms;
        if (!watermark_min_update(&u->watermark, input, b->marks[i].watermark_ms, &combined_ms))
            continue;
        u->out->rows = b->marks[i].rows;
        batch_add_mark(u->out, combined_ms);
    }
    u->out->rows = b->rows;
    bool rows_follow = b->mark_count > 0 && b->marks[b->mark_count - 1].rows < b->rows;
    if (rows_follow) watermark_min_active(&u->watermark, input);
    return u->out->rows || u->out->mark_count ? op_emit(op, u->out, out) : NULL;
}

static void union_close(struct op *op)
{
    batch_free(((struct union_all *)op)->out);
}

static void union_explain(const void *params, const struct schema *const *inputs,
    const struct schema *output, struct buf *out)
{
    (void)params, (void)inputs;
    buf_add_cstr(out, "all=[true], union=[");
    explain_fields(output, out);
    buf_add_char(out, ']');
}

static void union_encode(const void *params, struct buf *out)
{
    codec_open(out);
    codec_write_i64(out, "inputs", ((const struct union_params *)params)->input_count);
    codec_close(out);
}

static struct err *union_decode(struct arena *a, struct json_reader *r,
    const struct schema *const *inputs, uint32_t input_count, const struct schema *output,
    void *params)
{
    (void)a;
    struct union_params *p = params;
    TRY(codec_enter(r));
    TRY(codec_read_u32(r, "inputs", UINT32_MAX, &p->input_count));
    if (p->input_count != input_count || input_count == 0)
        FAIL(ERR_CORRUPT, "a union has %u inputs", input_count);
    for (uint32_t i = 0; i < input_count; i++) {
        if (!output || inputs[i]->count != output->count)
            FAIL(ERR_CORRUPT, "the inputs of a union have different columns");
        for (uint32_t k = 0; k < output->count; k++) {
            if (layout_of(inputs[i]->fields[k].type) != layout_of(output->fields[k].type))
                FAIL(ERR_CORRUPT, "the inputs of a union have different types");
        }
    }
    return codec_leave(r);
}

const struct op_def union_op = {
    .name = "Union",
    .state_version = 1,
    .params_size_bytes = sizeof(struct union_params),
    .passes_rows = op_always_passes,
    .open = union_open,
    .on_batch = union_on_batch,
    .close = union_close,
    .explain = union_explain,
    .encode = union_encode,
    .decode = union_decode,
};
