#include "op/local_window_agg/local_window_agg.h"

#include "base/check.h"
#include "op/codec.h"
#include "op/explain.h"
#include "op/group_keys.h"
#include "op/local_fold.h"
#include "op/op_util.h"
#include "op/window_assign.h"

/* Groups held back: their entries and their index stay within L2. */
enum { HELD_GROUPS_MAX = 16 << 10 };

/* Partial accumulators are held back from batch to batch: before a watermark leaves a slice behind
 * nobody can see them. They go out when one does, when the input falls idle, before a barrier, at
 * the end, and when they are too many. Rows that end idleness are not held back: event time behind
 * the exchange must not go on without them. */
struct local_window_agg {
    struct op op;
    const struct local_window_agg_params *params;
    struct agg_set set;
    struct agg_store *store;
    struct group_keys keys; /* over the view: slice end, keys */
    struct batch *view;
    struct window_assigner rows;  /* slices of rows */
    struct window_assigner marks; /* slices of watermarks: another place in time */
    int64_t mark_end_ms;  /* slice that event time has reached; INT64_MIN before the first */
    int64_t held_mark_ms; /* goes out with the next cut; WATERMARK_NONE */
    bool idle;            /* so does this */
    bool was_idle; /* nothing but idleness since the last watermark: rows say that it is over */
    const struct batch *in;
    uint32_t row, mark;   /* of `in`, taken so far */
    bool has_late;        /* a row of `in` belongs to a slice already left behind */
    int64_t least_end_ms; /* of the slices held back; INT64_MAX: none is */
    bool emptying;
    uint64_t cursor;  /* of the store, while emptying */
    int64_t *ends_ms; /* the view's first column */
    void **entries;
    uint32_t *created;
    uint32_t *selection;
    struct buf accs; /* what the accumulators of `out` point into */
    struct batch *out;
    struct column **columns; /* its slice end and keys, as the view has them */
};

const struct schema *local_window_agg_schema(
    struct arena *a, const struct schema *input, const struct local_window_agg_params *params)
{
    return local_fold_schema(a, input, params->keys, params->key_count, true);
}

static void init_keys(struct local_window_agg *l, struct op_ctx *ctx)
{
    uint32_t count = l->params->key_count + 1;
    struct type_field *fields = ARENA_ARRAY(ctx->arena, struct type_field, count);
    uint32_t *columns = ARENA_ARRAY(ctx->arena, uint32_t, count);
    fields[0] = ctx->output->fields[count - 1];
    for (uint32_t i = 1; i < count; i++) fields[i] = ctx->output->fields[i - 1];
    for (uint32_t i = 0; i < count; i++) columns[i] = i;
    const struct schema *schema = schema_new(ctx->arena, fields, count);
    l->view = batch_new(schema, BATCH_ROWS_MAX);
    group_keys_init(&l->keys, ctx, schema, columns, count);
}

static struct err *local_window_agg_open(const void *params, struct op_ctx *ctx, struct op **op)
{
    const struct local_window_agg_params *p = params;
    struct local_window_agg *l = op_new(ctx, &local_window_agg_op, sizeof *l);
    *op = &l->op;
    l->params = p;
    agg_set_init(&l->set, ctx, ctx->inputs[0], p->aggs, p->agg_count, 0, NULL);
    init_keys(l, ctx);
    l->store = agg_store_new(&l->set, l->keys.width_bytes);
    window_assigner_init(&l->rows, &p->window, ctx->zone);
    window_assigner_init(&l->marks, &p->window, ctx->zone);
    l->mark_end_ms = INT64_MIN;
    l->least_end_ms = INT64_MAX;
    l->held_mark_ms = WATERMARK_NONE;
    l->ends_ms = l->view->columns[0]->data;
    l->entries = ARENA_ARRAY(ctx->arena, void *, BATCH_ROWS_MAX);
    l->created = ARENA_ARRAY(ctx->arena, uint32_t, BATCH_ROWS_MAX);
    l->selection = ARENA_ARRAY(ctx->arena, uint32_t, BATCH_ROWS_MAX);
    l->out = batch_new(ctx->output, ctx->batch_rows);
    l->columns = ARENA_ARRAY(ctx->arena, struct column *, p->key_count + 1);
    l->columns[0] = l->out->columns[p->key_count];
    for (uint32_t i = 0; i < p->key_count; i++) l->columns[i + 1] = l->out->columns[i];
    buf_init(&l->accs, (size_t)ctx->batch_rows * agg_set_plain_bytes(&l->set));
    return NULL;
}

/* ---- rows ---- */

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

static struct err *begin_batch(struct local_window_agg *l, const struct batch *b)
{
    l->in = b;
    l->row = l->mark = 0;
    l->has_late = false;
    if (b->rows == 0) return NULL;
    batch_clear(l->view);
    l->view->rows = b->rows;
    TRY(find_ends(l, b));
    for (uint32_t i = 0; i < l->params->key_count; i++)
        l->view->columns[i + 1] = b->columns[l->params->keys[i]];
    group_keys_encode(&l->keys, l->view);
    return NULL;
}

/* Rows first .. last - 1 of the batch into the store. */
static struct err *add_rows(struct local_window_agg *l, uint32_t first, uint32_t last)
{
    if (first == last) return NULL;
    const struct batch *b = l->in;
    uint32_t created;
    TRY(group_keys_upsert(
        &l->keys, &l->set, l->store, first, last - first, l->entries, l->created, &created));
    int64_t least_end = INT64_MAX;
    for (uint32_t row = first; row < last; row++)
        least_end = l->ends_ms[row] < least_end ? l->ends_ms[row] : least_end;
    if (least_end < l->mark_end_ms) l->has_late = true;
    if (least_end < l->least_end_ms) l->least_end_ms = least_end;
    if (b->insert_only) {
        for (uint32_t row = first; row < last; row++) ((struct group *)l->entries[row])->rows++;
    } else {
        for (uint32_t row = first; row < last; row++)
            ((struct group *)l->entries[row])->rows += row_kind_adds(batch_kind(b, row)) ? 1 : -1;
    }
    uint32_t count = last - first;
    if (count == b->rows) return agg_set_add(&l->set, l->store, b, l->entries, NULL, count);
    for (uint32_t i = 0; i < count; i++) l->selection[i] = first + i;
    return agg_set_add(&l->set, l->store, b, l->entries, l->selection, count);
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

/* Up to the next mark behind which nothing may be held back, or to the end of the batch. */
static struct err *take_rows(struct local_window_agg *l)
{
    const struct batch *b = l->in;
    while (l->mark < b->mark_count) {
        const struct mark *m = &b->marks[l->mark++];
        l->idle = l->was_idle = m->watermark_ms == WATERMARK_IDLE;
        if (!l->idle) l->held_mark_ms = m->watermark_ms;
        if (!l->idle && !crosses(l, m->watermark_ms)) continue;
        uint32_t first = l->row;
        l->row = m->rows;
        l->emptying = true;
        return add_rows(l, first, m->rows);
    }
    TRY(add_rows(l, l->row, b->rows));
    bool over = l->was_idle && l->row < b->rows;
    l->row = b->rows;
    l->emptying = l->has_late || over || table_count(l->store->groups) > HELD_GROUPS_MAX;
    l->in = NULL;
    return NULL;
}

/* ---- partial accumulators ---- */

static struct err *put_group(struct local_window_agg *l, const struct group *g)
{
    struct batch *out = l->out;
    uint32_t row = out->rows, keys = l->params->key_count;
    TRY(key_decode(l->keys.codec, table_key(l->store->groups, g), l->columns, row, out->arena));
    size_t start = l->accs.n;
    agg_set_save(&l->set, g, &l->accs);
    struct str *accs = out->columns[keys + 1]->data;
    accs[row] = str_view(l->accs.p + start, (uint32_t)(l->accs.n - start));
    out->rows++;
    return NULL;
}

/* As many groups as there is room for. */
static struct err *put_groups(struct local_window_agg *l)
{
    struct batch *out = l->out;
    struct group *g = NULL;
    while (out->rows < out->capacity && (g = table_next(l->store->groups, &l->cursor)))
        TRY(put_group(l, g));
    ASSERT(!l->accs.overflow);
    if (out->rows == out->capacity) return NULL;
    l->emptying = false;
    l->cursor = 0;
    l->least_end_ms = INT64_MAX;
    agg_store_clear(l->store, &l->set);
    return NULL;
}

static void begin_output(struct local_window_agg *l)
{
    batch_clear(l->out);
    buf_clear(&l->accs);
    buf_reserve(&l->accs, (size_t)l->out->capacity * agg_set_plain_bytes(&l->set));
}

static void pass_mark(struct local_window_agg *l)
{
    if (l->held_mark_ms != WATERMARK_NONE) batch_add_mark(l->out, l->held_mark_ms);
    l->held_mark_ms = WATERMARK_NONE;
    if (l->idle) batch_add_mark(l->out, WATERMARK_IDLE);
    l->idle = false;
}

static struct err *run(struct local_window_agg *l, struct emit *out)
{
    l->op.pending = false;
    begin_output(l);
    while (l->emptying || l->in) {
        if (!l->emptying) {
            TRY(take_rows(l));
            continue;
        }
        TRY(put_groups(l));
        if (!l->emptying) {
            pass_mark(l);
            continue;
        }
        TRY(op_emit(&l->op, l->out, out));
        begin_output(l);
        if (emit_full(out)) {
            l->op.pending = true;
            return NULL;
        }
    }
    bool holds = l->least_end_ms != INT64_MAX;
    op_set_next_fire(&l->op, holds ? window_fire_utc_ms(&l->rows, l->least_end_ms) : INT64_MAX);
    pass_mark(l); /* one that crosses nothing may overtake the rows held back */
    return l->out->rows || l->out->mark_count ? op_emit(&l->op, l->out, out) : NULL;
}

static struct err *local_window_agg_on_batch(
    struct op *op, uint32_t input, struct batch *b, struct emit *out)
{
    (void)input;
    struct local_window_agg *l = (struct local_window_agg *)op;
    op_count(&op->counters.rows_in, b->rows);
    l->out->proctime_ms = b->proctime_ms;
    TRY(begin_batch(l, b));
    return run(l, out);
}

static struct err *local_window_agg_resume(struct op *op, struct emit *out)
{
    return run((struct local_window_agg *)op, out);
}

static void local_window_agg_before_barrier(struct op *op)
{
    struct local_window_agg *l = (struct local_window_agg *)op;
    l->emptying = op->pending = table_count(l->store->groups) > 0;
}

static struct err *local_window_agg_on_end(struct op *op, uint32_t input, struct emit *out)
{
    (void)input;
    (void)out;
    local_window_agg_before_barrier(op);
    return NULL;
}

static void local_window_agg_close(struct op *op)
{
    struct local_window_agg *l = (struct local_window_agg *)op;
    agg_store_free(l->store, &l->set);
    group_keys_deinit(&l->keys);
    agg_set_deinit(&l->set);
    batch_free(l->view);
    batch_free(l->out);
    buf_free(&l->accs);
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
    .resume = local_window_agg_resume,
    .on_end = local_window_agg_on_end,
    .before_barrier = local_window_agg_before_barrier,
    .close = local_window_agg_close,
    .explain = local_window_agg_explain,
    .encode = local_window_agg_encode,
    .decode = local_window_agg_decode,
};
