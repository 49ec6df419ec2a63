#include "op/sink/sink.h"

#include <inttypes.h>

#include "base/utf8.h"
#include "connector/connector.h"
#include "op/codec.h"
#include "op/explain.h"
#include "op/op_util.h"

struct table_sink {
    struct op op;
    const struct sink_params *params;
    struct sink *sink;
    struct batch *view; /* what is written: the input's rows under the table's schema */
    uint32_t *kept;
};

static struct err *recovered(struct table_sink *s)
{
    const struct connector_def *def = s->sink->def;
    return def->sink_recovered ? def->sink_recovered(s->sink) : NULL;
}

static struct err *sink_op_open(const void *params, struct op_ctx *ctx, struct op **op)
{
    struct table_sink *s = op_new(ctx, &sink_op, sizeof *s);
    *op = &s->op;
    const struct sink_params *p = s->params = params;
    s->view = batch_new(p->table.schema, BATCH_ROWS_MAX);
    s->kept = ARENA_ARRAY(ctx->arena, uint32_t, BATCH_ROWS_MAX);
    const struct connector_def *def = connector_find(slice_of(p->table.connector));
    if (!def || !def->sink_open)
        FAIL(ERR_INVALID_OPTION, "connector '%s' cannot be written to", p->table.connector);
    struct connector_params c = op_table_connector(&p->table, ctx);
    TRY(def->sink_open(&c, &s->sink));
    s->sink->def = def;
    return ctx->restoring ? NULL : recovered(s);
}

/* ---- Flink's ConstraintEnforcer ---- */

/* Rows of kept[0 .. count-1] whose column c is not NULL. */
static struct err *enforce_not_null(
    struct table_sink *s, const struct batch *b, uint32_t c, uint32_t *count)
{
    const struct column *column = b->columns[c];
    if (s->params->table.schema->fields[c].type->nullable || !column->has_nulls) return NULL;
    uint32_t n = 0;
    for (uint32_t i = 0; i < *count; i++) {
        s->kept[n] = s->kept[i];
        n += column_is_valid(column, s->kept[i]);
    }
    if (n < *count && s->params->not_null == SINK_NOT_NULL_ERROR) {
        struct slice name = s->params->table.schema->fields[c].name;
        return err_hint(ERR(ERR_INVALID_VALUE,
                            "Column '%.*s' is NOT NULL, however, a null value is being written "
                            "into it.",
                            (int)name.n, name.p),
            "You can set job configuration 'table.exec.sink.not-null-enforcer'='DROP' to suppress "
            "this exception and drop such records silently.");
    }
    *count = n;
    return NULL;
}

static bool needs_length(const struct type *t)
{
    bool limited = type_is_character(t) || type_is_binary(t);
    return limited && t->precision < TYPE_LENGTH_MAX;
}

static size_t length_of(const struct type *t, struct slice text)
{
    return type_is_character(t) ? utf8_count(text) : text.n;
}

/* Cut to the length, or for CHAR and BINARY filled up with blanks or zero bytes. */
static struct str trim_pad(const struct type *t, const struct str *value, struct arena *a)
{
    struct slice text = str_slice(value);
    size_t length = length_of(t, text), wanted = (size_t)t->precision;
    if (length > wanted)
        return str_view(
            text.p, (uint32_t)(type_is_character(t) ? utf8_offset(text, wanted) : wanted));
    if (t->kind == TYPE_VARCHAR || t->kind == TYPE_VARBINARY) return *value;
    size_t size = text.n + wanted - length;
    char *padded = arena_alloc(a, size + 1);
    if (text.n) memcpy(padded, text.p, text.n);
    memset(padded + text.n, t->kind == TYPE_CHAR ? ' ' : 0, size - text.n);
    return str_view(padded, (uint32_t)size);
}

static struct err *length_error(const struct table_sink *s, uint32_t c, size_t length)
{
    const struct type_field *f = &s->params->table.schema->fields[c];
    return err_hint(ERR(ERR_INVALID_VALUE,
                        "Column '%.*s' is %s(%d), however, a value of length %zu is being written "
                        "into it.",
                        (int)f->name.n, f->name.p,
                        type_is_character(f->type) ? "CHAR/VARCHAR" : "BINARY/VARBINARY",
                        (int)f->type->precision, length),
        "You can set job configuration 'table.exec.sink.type-length-enforcer' to control this "
        "behaviour.");
}

/* The view's column becomes one of its own when a value has to change. */
static struct err *enforce_length(struct table_sink *s, uint32_t c)
{
    const struct type *t = s->params->table.schema->fields[c].type;
    struct column *column = s->view->columns[c], *own = s->view->own[c];
    const struct str *values = column->data;
    bool copied = column == own;
    for (uint32_t row = 0; row < s->view->rows; row++) {
        if (!column_is_valid(column, row)) continue;
        size_t length = length_of(t, str_slice(&values[row])), wanted = (size_t)t->precision;
        bool fixed = t->kind == TYPE_CHAR || t->kind == TYPE_BINARY;
        if (length == wanted || (length < wanted && !fixed)) continue;
        if (s->params->length == SINK_LENGTH_ERROR) return length_error(s, c, length);
        struct str changed = trim_pad(t, &values[row], s->view->arena);
        if (!copied) column_copy(own, 0, column, 0, s->view->rows, s->view->arena);
        copied = true;
        s->view->columns[c] = own;
        ((struct str *)own->data)[row] = changed;
    }
    return NULL;
}

/* ---- writing ---- */

static uint32_t select_kinds(struct table_sink *s, const struct batch *b)
{
    uint32_t n = 0;
    for (uint32_t row = 0; row < b->rows; row++) {
        s->kept[n] = row;
        n += !s->params->drop_update_before || batch_kind(b, row) != ROW_UPDATE_BEFORE;
    }
    return n;
}

static void pick_rows(struct table_sink *s, const struct batch *b, uint32_t count)
{
    op_borrow_rows(s->view, b);
    if (count == b->rows) return;
    batch_clear(s->view);
    for (uint32_t i = 0; i < s->view->schema->count; i++)
        column_gather_shallow(
            s->view->columns[i], 0, b->columns[i], s->kept, count, s->view->arena);
    s->view->insert_only = b->insert_only;
    for (uint32_t i = 0; !b->insert_only && i < count; i++)
        s->view->kinds[i] = b->kinds[s->kept[i]];
    s->view->rows = count;
}

/* Pending while there is no room outside, or while rows must go out that the connector holds. */
static void wait_for_room(struct op *op, bool must_flush)
{
    const struct sink *sink = ((struct table_sink *)op)->sink;
    op->wake_ms = sink->retry_ms;
    op->pending = op->wake_ms > 0 || (must_flush && sink->holds);
    atomic_store_explicit(&op->counters.disk_full_ms, sink->full_ms, memory_order_relaxed);
}

static struct err *sink_resume(struct op *op, struct emit *out)
{
    (void)out;
    struct sink *sink = ((struct table_sink *)op)->sink;
    TRY(sink->def->flush(sink));
    wait_for_room(op, false);
    return NULL;
}

static void sink_before_barrier(struct op *op)
{
    wait_for_room(op, true);
}

static struct err *sink_on_end(struct op *op, uint32_t input, struct emit *out)
{
    (void)input, (void)out;
    wait_for_room(op, true);
    return NULL;
}

static struct err *sink_on_batch(struct op *op, uint32_t input, struct batch *b, struct emit *out)
{
    (void)input, (void)out;
    struct table_sink *s = (struct table_sink *)op;
    op_count(&op->counters.rows_in, b->rows);
    for (uint32_t i = 0; i < b->mark_count; i++)
        if (b->marks[i].watermark_ms != WATERMARK_IDLE)
            op_set_watermark(op, b->marks[i].watermark_ms);
    if (b->rows == 0) return NULL;
    uint32_t count = select_kinds(s, b), written = count;
    for (uint32_t c = 0; c < b->schema->count; c++) TRY(enforce_not_null(s, b, c, &written));
    op_count(&op->counters.filtered_rows, count - written);
    op_count(&op->counters.contributed_rows, b->rows - count); /* their +U says it all */
    if (written == 0) return NULL;
    pick_rows(s, b, written);
    for (uint32_t c = 0; s->params->length != SINK_LENGTH_IGNORE && c < b->schema->count; c++)
        if (needs_length(s->params->table.schema->fields[c].type)) TRY(enforce_length(s, c));
    op_count(&op->counters.rows_out, s->view->rows);
    op_count(&op->counters.contributed_rows, s->view->rows);
    TRY(s->sink->def->write(s->sink, s->view));
    uint64_t bytes = atomic_load_explicit(&s->sink->counters.bytes, memory_order_relaxed);
    atomic_store_explicit(&op->counters.bytes, bytes, memory_order_relaxed);
    wait_for_room(op, false);
    return NULL;
}

/* State "sink": key u32 subtask, value what the connector gave. Subtask i takes those of i, i +
 * parallelism, ... */
static struct err *sink_op_snapshot(struct op *op, struct snapshot_writer *w)
{
    enum { STATE_MAX = 1 << 30 };
    struct table_sink *s = (struct table_sink *)op;
    snapshot_begin_op(w, op->ctx->uid, sink_op.state_version);
    if (!s->sink->def->sink_snapshot) return NULL;
    struct buf state;
    buf_init(&state, STATE_MAX);
    s->sink->checkpoint_id = snapshot_writer_params(w)->checkpoint_id;
    struct err *e = s->sink->def->sink_snapshot(s->sink, &state);
    uint32_t subtask = op->ctx->subtask;
    if (!e)
        snapshot_put_union(
            w, "sink", (struct slice){(const char *)&subtask, sizeof subtask}, buf_slice(&state));
    buf_free(&state);
    return e;
}

static struct err *sink_op_restore(struct op *op, const struct snapshot_reader *r)
{
    struct table_sink *s = (struct table_sink *)op;
    bool found;
    TRY(snapshot_reader_check(r, sink_op.state_version, &found));
    uint64_t cursor = 0;
    struct snapshot_record record;
    while (found && s->sink->def->sink_restore && snapshot_next(r, "sink", &cursor, &record)) {
        uint32_t subtask;
        if (record.key.n != sizeof subtask) FAIL(ERR_CORRUPT, "a sink's stored state is damaged");
        memcpy(&subtask, record.key.p, sizeof subtask);
        if (subtask % op->ctx->parallelism == op->ctx->subtask)
            TRY(s->sink->def->sink_restore(s->sink, record.value));
    }
    return recovered(s);
}

static struct err *sink_checkpoint_complete(struct op *op, uint64_t id, uint64_t oldest_id)
{
    (void)oldest_id;
    struct table_sink *s = (struct table_sink *)op;
    if (!s->sink->def->sink_checkpoint_complete) return NULL;
    return s->sink->def->sink_checkpoint_complete(s->sink, id);
}

static struct err *sink_finish(struct op *op)
{
    struct table_sink *s = (struct table_sink *)op;
    return s->sink->def->finish ? s->sink->def->finish(s->sink) : NULL;
}

static void sink_op_close(struct op *op)
{
    struct table_sink *s = (struct table_sink *)op;
    if (s->sink) s->sink->def->sink_close(s->sink);
    batch_free(s->view);
}

/* ---- parameters as text ---- */

static void sink_explain(const void *params, const struct schema *const *inputs,
    const struct schema *output, struct buf *out)
{
    (void)output;
    const struct sink_params *p = params;
    buf_printf(out, "table=[%s], fields=[", p->table.name);
    explain_fields(inputs[0], out);
    buf_add_char(out, ']');
}

static void sink_encode(const void *params, struct buf *out)
{
    const struct sink_params *p = params;
    codec_open(out);
    op_table_encode(&p->table, out);
    op_table_encode_keys(&p->table, out);
    codec_write_i64(out, "not_null", p->not_null);
    codec_write_i64(out, "length", p->length);
    codec_write_bool(out, "drop_update_before", p->drop_update_before);
    codec_close(out);
}

static struct err *check_schema(const struct schema *input, const struct schema *table)
{
    if (!table || table->count != input->count)
        FAIL(ERR_CORRUPT, "a sink gets other columns than its table has");
    for (uint32_t i = 0; i < table->count; i++)
        if (layout_of(table->fields[i].type) != layout_of(input->fields[i].type))
            FAIL(ERR_CORRUPT, "column %u of a sink has another type than its table", i);
    return NULL;
}

static struct err *sink_decode(struct arena *a, struct json_reader *r,
    const struct schema *const *inputs, uint32_t input_count, const struct schema *output,
    void *params)
{
    (void)output;
    struct sink_params *p = params;
    if (input_count != 1) FAIL(ERR_CORRUPT, "a sink has %u inputs", input_count);
    TRY(codec_enter(r));
    TRY(op_table_decode(a, r, &p->table));
    TRY(check_schema(inputs[0], p->table.schema));
    uint32_t last = inputs[0]->count - 1, not_null, length;
    TRY(op_table_decode_keys(a, r, last, &p->table));
    TRY(codec_read_u32(r, "not_null", SINK_NOT_NULL_DROP, &not_null));
    TRY(codec_read_u32(r, "length", SINK_LENGTH_ERROR, &length));
    p->not_null = (enum sink_not_null)not_null;
    p->length = (enum sink_length)length;
    TRY(codec_read_bool(r, "drop_update_before", &p->drop_update_before));
    if (!p->table.connector || !p->table.name)
        FAIL(ERR_CORRUPT, "a sink without connector or table");
    return codec_leave(r);
}

static const char *sink_table(const void *params)
{
    return ((const struct sink_params *)params)->table.name;
}

const struct op_def sink_op = {
    .name = "Sink",
    .state_version = 1,
    .params_size_bytes = sizeof(struct sink_params),
    .table = sink_table,
    .open = sink_op_open,
    .on_batch = sink_on_batch,
    .resume = sink_resume,
    .on_end = sink_on_end,
    .before_barrier = sink_before_barrier,
    .snapshot = sink_op_snapshot,
    .restore = sink_op_restore,
    .checkpoint_complete = sink_checkpoint_complete,
    .finish = sink_finish,
    .close = sink_op_close,
    .explain = sink_explain,
    .encode = sink_encode,
    .decode = sink_decode,
};
