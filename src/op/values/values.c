#include "op/values/values.h"

#include "base/json.h"
#include "op/codec.h"
#include "op/explain.h"
#include "op/op_util.h"

struct values {
    struct op op;
    const struct values_params *params;
    uint64_t next; /* row */
    struct batch *out;
};

static struct err *values_open(const void *params, struct op_ctx *ctx, struct op **op)
{
    struct values *v = op_new(ctx, &values_op, sizeof *v);
    *op = &v->op;
    v->params = params;
    if (ctx->subtask != 0) v->next = v->params->row_count;
    v->out = batch_new(ctx->output, ctx->batch_rows);
    return NULL;
}

static struct err *values_poll(
    struct op *op, int64_t now_ms, enum op_poll *status, struct emit *out)
{
    struct values *v = (struct values *)op;
    *status = OP_POLL_END;
    if (v->next >= v->params->row_count) return NULL;
    struct batch *b = v->out;
    batch_clear(b);
    b->proctime_ms = now_ms;
    while (b->rows < b->capacity && v->next < v->params->row_count) {
        const struct value *row = v->params->rows[v->next++];
        for (uint32_t i = 0; i < b->schema->count; i++)
            column_set_value(b->columns[i], b->rows, &row[i], b->arena);
        b->rows++;
    }
    op_count(&op->counters.rows_in, b->rows);
    *status = v->next < v->params->row_count ? OP_POLL_MORE : OP_POLL_END;
    return op_emit(op, b, out);
}

/* State "next": u64 row, of subtask 0. */
static struct err *values_snapshot(struct op *op, struct snapshot_writer *w)
{
    struct values *v = (struct values *)op;
    snapshot_begin_op(w, op->ctx->uid, values_op.state_version);
    if (op->ctx->subtask == 0)
        snapshot_put_union(
            w, "next", SLICE(""), (struct slice){(const char *)&v->next, sizeof v->next});
    return NULL;
}

static struct err *values_restore(struct op *op, const struct snapshot_reader *r)
{
    struct values *v = (struct values *)op;
    bool found;
    TRY(snapshot_reader_check(r, values_op.state_version, &found));
    uint64_t cursor = 0;
    struct snapshot_record record;
    if (!found || op->ctx->subtask != 0 || !snapshot_next(r, "next", &cursor, &record)) return NULL;
    if (record.value.n != sizeof v->next) FAIL(ERR_CORRUPT, "a stored position is damaged");
    memcpy(&v->next, record.value.p, sizeof v->next);
    return NULL;
}

static void values_close(struct op *op)
{
    batch_free(((struct values *)op)->out);
}

static void values_explain(const void *params, const struct schema *const *inputs,
    const struct schema *output, struct buf *out)
{
    (void)inputs;
    const struct values_params *p = params;
    buf_add_cstr(out, "tuples=[[");
    for (uint32_t i = 0; i < p->row_count; i++) {
        buf_add_cstr(out, i ? ", { " : "{ ");
        for (uint32_t k = 0; k < output->count; k++) {
            if (k) buf_add_cstr(out, ", ");
            value_print(output->fields[k].type, &p->rows[i][k], NULL, out);
        }
        buf_add_cstr(out, " }");
    }
    buf_add_cstr(out, "]]");
}

/* The types of the rows come with them: a literal's JSON means nothing without its type, and the
 * output is not known to encode(). */
static void values_encode(const void *params, struct buf *out)
{
    const struct values_params *p = params;
    codec_open(out);
    codec_write_schema(out, "schema", p->schema);
    codec_key(out, "rows");
    buf_add_char(out, '[');
    for (uint32_t i = 0; i < p->row_count; i++) {
        codec_comma(out);
        buf_add_char(out, '[');
        for (uint32_t k = 0; k < p->schema->count; k++) {
            codec_comma(out);
            value_to_json(p->schema->fields[k].type, &p->rows[i][k], NULL, out);
        }
        buf_add_char(out, ']');
    }
    buf_add_char(out, ']');
    codec_close(out);
}

static struct err *read_row(
    struct arena *a, struct json_reader *r, const struct schema *schema, const struct value **out)
{
    struct value *row = ARENA_ARRAY(a, struct value, schema->count + 1);
    TRY(json_expect(r, JSON_ARRAY_BEGIN));
    for (uint32_t k = 0; k < schema->count; k++) {
        TRY(json_next(r));
        TRY(value_read_json(a, schema->fields[k].type, r, NULL, &row[k]));
    }
    TRY(json_expect(r, JSON_ARRAY_END));
    *out = row;
    return NULL;
}

static struct err *values_decode(struct arena *a, struct json_reader *r,
    const struct schema *const *inputs, uint32_t input_count, const struct schema *output,
    void *params)
{
    (void)inputs;
    struct values_params *p = params;
    if (input_count != 0 || !output) FAIL(ERR_CORRUPT, "VALUES has %u inputs", input_count);
    TRY(codec_enter(r));
    TRY(codec_read_schema(a, r, "schema", &p->schema));
    if (!p->schema || !schema_equal(p->schema, output))
        FAIL(ERR_CORRUPT, "VALUES has other columns than its output");
    TRY(codec_begin_list(r, "rows"));
    struct json_reader ahead = *r;
    bool more;
    uint32_t count = 0;
    TRY(codec_more(&ahead, &more));
    for (; more; count++) {
        TRY(json_skip(&ahead));
        TRY(codec_more(&ahead, &more));
    }
    const struct value **rows = ARENA_ARRAY(a, const struct value *, count + 1);
    for (uint32_t i = 0; i < count; i++) TRY(read_row(a, r, output, &rows[i]));
    TRY(json_expect(r, JSON_ARRAY_END));
    p->rows = rows;
    p->row_count = count;
    return codec_leave(r);
}

const struct op_def values_op = {
    .name = "Values",
    .state_version = 1,
    .params_size_bytes = sizeof(struct values_params),
    .open = values_open,
    .poll = values_poll,
    .snapshot = values_snapshot,
    .restore = values_restore,
    .close = values_close,
    .explain = values_explain,
    .encode = values_encode,
    .decode = values_decode,
};
