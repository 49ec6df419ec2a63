#include "op/calc/calc.h"

#include "expr/program.h"
#include "op/codec.h"
#include "op/op_util.h"

struct calc {
    struct op op;
    const struct calc_params *params;
    struct program *condition; /* NULL: every row passes */
    struct program *projections;
    struct column **results;
    uint32_t *kept;
    int64_t watermark_ms; /* in force at the start of the next batch */
    struct batch *out;
};

static void calc_close(struct op *op)
{
    struct calc *c = (struct calc *)op;
    if (c->condition) program_free(c->condition);
    if (c->projections) program_free(c->projections);
    batch_free(c->out);
}

static struct err *compile(
    const struct op_ctx *ctx, const struct expr *const *exprs, uint32_t count, struct program **out)
{
    return program_new(
        &(struct program_params){
            .input = ctx->inputs[0],
            .exprs = exprs,
            .count = count,
            .capacity = BATCH_ROWS_MAX,
            .zone = ctx->zone,
            .budget = ctx->budget,
            .seed = ctx->seed,
        },
        out);
}

static struct err *calc_open(const void *params, struct op_ctx *ctx, struct op **op)
{
    struct calc *c = op_new(ctx, &calc_op, sizeof *c);
    *op = &c->op;
    c->params = params;
    c->watermark_ms = WATERMARK_NONE;
    c->results = ARENA_ARRAY(ctx->arena, struct column *, c->params->projection_count + 1);
    c->kept = ARENA_ARRAY(ctx->arena, uint32_t, BATCH_ROWS_MAX);
    if (c->params->condition) TRY(compile(ctx, &c->params->condition, 1, &c->condition));
    TRY(compile(ctx, c->params->projections, c->params->projection_count, &c->projections));
    c->out = batch_new(ctx->output, BATCH_ROWS_MAX);
    return NULL;
}

/* The results themselves become the output's columns. */
static void pass_all(struct calc *c, const struct batch *b)
{
    for (uint32_t i = 0; i < c->params->projection_count; i++) c->out->columns[i] = c->results[i];
    c->out->insert_only = b->insert_only;
    if (!b->insert_only) memcpy(c->out->kinds, b->kinds, b->rows);
    c->out->rows = b->rows;
    c->out->origin = b->origin;
    c->out->first_position = b->first_position;
}

/* The rows that are kept move together. */
static void pass_kept(struct calc *c, const struct batch *b, uint32_t count)
{
    struct batch *out = c->out;
    for (uint32_t i = 0; i < c->params->projection_count; i++)
        column_gather_shallow(out->columns[i], 0, c->results[i], c->kept, count, out->arena);
    out->insert_only = b->insert_only;
    for (uint32_t i = 0; !b->insert_only && i < count; i++) out->kinds[i] = b->kinds[c->kept[i]];
    out->rows = count;
}

/* A mark stays behind as many kept rows as stood before it. */
static void pass_marks(struct calc *c, const struct batch *b, uint32_t count)
{
    uint32_t before = 0;
    for (uint32_t i = 0; i < b->mark_count; i++) {
        const struct mark *m = &b->marks[i];
        if (count == b->rows)
            before = m->rows;
        else
            while (before < count && c->kept[before] < m->rows) before++;
        c->out->rows = before;
        batch_add_mark(c->out, m->watermark_ms);
        if (m->watermark_ms != WATERMARK_IDLE) c->watermark_ms = m->watermark_ms;
    }
    c->out->rows = count;
}

static struct err *calc_on_batch(struct op *op, uint32_t input, struct batch *b, struct emit *out)
{
    (void)input;
    struct calc *c = (struct calc *)op;
    op_count(&op->counters.rows_in, b->rows);
    batch_clear(c->out);
    uint32_t count = b->rows;
    if (c->condition && count)
        TRY(program_filter(c->condition, b, NULL, b->rows, c->watermark_ms, c->kept, &count));
    op_count(&op->counters.filtered_rows, b->rows - count);
    if (count) {
        const uint32_t *sel = count == b->rows ? NULL : c->kept;
        TRY(program_eval(c->projections, b, sel, count, c->watermark_ms, c->results));
        if (sel)
            pass_kept(c, b, count);
        else
            pass_all(c, b);
    }
    pass_marks(c, b, count);
    c->out->proctime_ms = b->proctime_ms;
    return c->out->rows || c->out->mark_count ? op_emit(op, c->out, out) : NULL;
}

/* ---- parameters as text ---- */

static void calc_explain(const void *params, const struct schema *const *inputs,
    const struct schema *output, struct buf *out)
{
    const struct calc_params *p = params;
    buf_add_cstr(out, "select=[");
    for (uint32_t i = 0; i < p->projection_count; i++) {
        const struct expr *e = p->projections[i];
        struct slice name = output->fields[i].name;
        if (i) buf_add_cstr(out, ", ");
        expr_print(e, inputs[0], out);
        bool same = e->kind == EXPR_COLUMN && slice_eq(inputs[0]->fields[e->column].name, name);
        if (same) continue;
        buf_add_cstr(out, " AS ");
        buf_add_slice(out, name);
    }
    buf_add_char(out, ']');
    if (!p->condition) return;
    buf_add_cstr(out, ", where=[");
    expr_print(p->condition, inputs[0], out);
    buf_add_char(out, ']');
}

static void calc_encode(const void *params, struct buf *out)
{
    const struct calc_params *p = params;
    codec_open(out);
    codec_write_exprs(out, "projections", p->projections, p->projection_count);
    codec_write_expr(out, "condition", p->condition);
    codec_close(out);
}

static struct err *calc_decode(struct arena *a, struct json_reader *r,
    const struct schema *const *inputs, uint32_t input_count, const struct schema *output,
    void *params)
{
    struct calc_params *p = params;
    if (input_count != 1) FAIL(ERR_CORRUPT, "a projection has %u inputs", input_count);
    TRY(codec_enter(r));
    TRY(codec_read_exprs(a, r, "projections", inputs[0], &p->projections, &p->projection_count));
    TRY(codec_read_expr(a, r, "condition", inputs[0], &p->condition));
    if (!output || output->count != p->projection_count)
        FAIL(ERR_CORRUPT, "a projection's output has another number of columns");
    if (p->condition && p->condition->type->kind != TYPE_BOOLEAN)
        FAIL(ERR_CORRUPT, "a filter's condition is not BOOLEAN");
    return codec_leave(r);
}

const struct op_def calc_op = {
    .name = "Calc",
    .state_version = 1,
    .params_size_bytes = sizeof(struct calc_params),
    .passes_rows = op_always_passes,
    .open = calc_open,
    .on_batch = calc_on_batch,
    .close = calc_close,
    .explain = calc_explain,
    .encode = calc_encode,
    .decode = calc_decode,
};
