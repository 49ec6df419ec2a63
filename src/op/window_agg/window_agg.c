#include "op/window_agg/window_agg.h"

#include <stdlib.h>

#include "op/codec.h"
#include "op/explain.h"
#include "op/window_agg/window_agg_state.h"

static void allocate(struct window_agg *w, struct op_ctx *ctx)
{
    struct arena *a = ctx->arena;
    size_t rows = BATCH_ROWS_MAX;
    w->ends_ms = ARENA_ARRAY(a, int64_t, rows);
    w->row_slices = ARENA_ARRAY(a, struct slice_state *, rows);
    w->dirty = ARENA_ARRAY(a, struct slice_state *, rows);
    w->order = ARENA_ARRAY(a, uint32_t, rows);
    w->kept = ARENA_ARRAY(a, uint32_t, rows);
    w->entries = ARENA_ARRAY(a, void *, rows);
    w->found = ARENA_ARRAY(a, void *, rows);
    w->created = ARENA_ARRAY(a, uint32_t, rows);
    w->groups = ARENA_ARRAY(a, void *, rows);
    w->gathered = (struct keys){
        .width_bytes = w->keys.width_bytes,
        .bytes = arena_alloc(a, rows * w->keys.width_bytes),
        .slices = ARENA_ARRAY(a, struct slice, rows),
        .hashes = ARENA_ARRAY(a, uint64_t, rows),
    };
    w->out = batch_new(ctx->output, ctx->batch_rows);
    arena_charge(w->out->arena, ctx->budget);
}

/* Of what the graph says: a column for each of params->late, then one for the watermark. */
static struct err *open_side(struct window_agg *w, struct op_ctx *ctx)
{
    const struct window_agg_params *p = w->params;
    const struct schema *side = ctx->side_output, *input = ctx->inputs[0];
    bool good = !ctx->combined && side->count == p->late_count + 1 &&
                layout_of(side->fields[p->late_count].type) == LAYOUT_I64;
    for (uint32_t i = 0; good && i < p->late_count; i++)
        good = layout_of(side->fields[i].type) == layout_of(input->fields[p->late[i]].type);
    if (!good) FAIL(ERR_CORRUPT, "a window aggregate has other columns for its late rows");
    w->late = batch_new(side, BATCH_ROWS_MAX);
    w->late_ms = ARENA_ARRAY(ctx->arena, int64_t, BATCH_ROWS_MAX);
    return NULL;
}

static struct err *window_agg_open(const void *params, struct op_ctx *ctx, struct op **op)
{
    struct window_agg *w = op_new(ctx, &window_agg_op, sizeof *w);
    *op = &w->op;
    const struct window_agg_params *p = w->params = params;
    const struct schema *input = ctx->inputs[0];
    agg_set_init(&w->set, ctx, input, p->aggs, p->agg_count, 0, NULL);
    const uint32_t *columns = p->keys;
    if (ctx->combined) {
        uint32_t *first = ARENA_ARRAY(ctx->arena, uint32_t, p->key_count + 1);
        for (uint32_t i = 0; i < p->key_count; i++) first[i] = i;
        columns = first;
        w->end_column = p->key_count;
        w->acc_column = p->key_count + 1;
        w->partial = arena_alloc(ctx->arena, w->set.entry_bytes);
    }
    group_keys_init(&w->keys, ctx, input, columns, p->key_count);
    window_assigner_init(&w->assigner, &p->window, ctx->zone);
    slices_init(&w->slices, &w->set, &w->assigner, w->keys.width_bytes);
    w->mark_ms = WATERMARK_NONE;
    allocate(w, ctx);
    return ctx->side ? open_side(w, ctx) : NULL;
}

static bool is_due(const struct window_agg *w)
{
    return w->slices.count && w->slices.next_fire_ms <= w->slices.progress_ms;
}

static void pass_mark(struct window_agg *w)
{
    if (w->mark_ms != WATERMARK_NONE) batch_add_mark(w->out, w->mark_ms);
    w->mark_ms = WATERMARK_NONE;
    if (w->idle) batch_add_mark(w->out, WATERMARK_IDLE);
    w->idle = false;
}

static struct err *flush(struct window_agg *w, struct emit *out)
{
    if (w->out->rows == 0 && w->out->mark_count == 0) return NULL;
    w->out->proctime_ms = w->in ? w->in->proctime_ms : w->slices.progress_ms;
    return op_emit(&w->op, w->out, out);
}

static void set_timer(struct window_agg *w)
{
    if (w->params->window.proctime) w->op.timer_ms = w->slices.next_fire_ms;
    op_set_next_fire(&w->op, w->slices.next_fire_ms);
}

/* Fires what is due, passes its watermark on, takes the next rows; until nothing is left or the
 * output is full. */
static struct err *run(struct window_agg *w, struct emit *out)
{
    w->op.pending = false;
    while (true) {
        if (w->firing || is_due(w)) {
            if (!w->firing) TRY(window_agg__begin_firing(w));
            TRY(window_agg__fill(w));
            if (w->out->rows < w->out->capacity) continue;
            TRY(flush(w, out));
            if (emit_full(out)) {
                w->op.pending = true;
                return NULL;
            }
            batch_clear(w->out);
            continue;
        }
        pass_mark(w);
        if (!w->in || (w->row == w->in->rows && w->mark == w->in->mark_count)) break;
        TRY(window_agg__take_rows(w));
        if (w->late && emit_full(out)) {
            w->op.pending = true;
            return flush(w, out);
        }
    }
    set_timer(w);
    op_set_state_bytes(&w->op);
    return flush(w, out);
}

static struct err *window_agg_on_batch(
    struct op *op, uint32_t input, struct batch *b, struct emit *out)
{
    (void)input;
    struct window_agg *w = (struct window_agg *)op;
    op_count(&op->counters.rows_in, b->rows);
    w->in = b;
    w->row = w->mark = w->first_row = 0;
    batch_clear(w->out);
    return run(w, out);
}

static struct err *window_agg_resume(struct op *op, struct emit *out)
{
    struct window_agg *w = (struct window_agg *)op;
    batch_clear(w->out);
    return run(w, out);
}

static struct err *window_agg_on_timer(struct op *op, int64_t now_ms, struct emit *out)
{
    struct window_agg *w = (struct window_agg *)op;
    if (!w->params->window.proctime) return NULL;
    w->in = NULL;
    w->slices.progress_ms = now_ms;
    batch_clear(w->out);
    return run(w, out);
}

/* ---- checkpoints: "groups" and "distinct<i>" under u64 id of the store; "slices", key = id of the
 * store, value = i64 end, i64 start, u64 fresh rows: those that are open; the watermark as a union
 * record, whose least wins (Flink's union list state). ---- */

static struct err *window_agg_snapshot(struct op *op, struct snapshot_writer *w)
{
    struct window_agg *g = (struct window_agg *)op;
    snapshot_begin_op(w, op->ctx->uid, window_agg_op.state_version);
    bool changes = snapshot_writer_params(w)->changes;
    for (uint32_t i = 0; i < g->slices.count; i++)
        changes &= agg_store_knows_changes(g->slices.items[i]->store, &g->set);
    for (uint32_t i = 0; i < g->slices.count; i++) {
        const struct agg_store *store = g->slices.items[i]->store;
        struct slice id = {(const char *)&store->id, sizeof store->id};
        agg_set_snapshot(&g->set, store, &(struct agg_save){w, id, op->ctx->key_groups, changes});
    }
    for (uint32_t i = 0; i < g->slices.count; i++) {
        const struct slice_state *slice = g->slices.items[i];
        struct slice id = {(const char *)&slice->store->id, sizeof slice->store->id};
        int64_t value[3] = {slice->end_ms, slice->start_ms, (int64_t)slice->fresh_rows};
        snapshot_put_union(w, "slices", id, (struct slice){(const char *)value, sizeof value});
    }
    struct slice progress = {(const char *)&g->slices.progress_ms, sizeof(int64_t)};
    snapshot_put_union(w, "watermark", SLICE(""), progress);
    return NULL;
}

/* An open slice of some subtask. */
struct stored_slice {
    uint64_t store_id;
    int64_t end_ms;
    int64_t start_ms;
    uint64_t fresh_rows;
};

struct slice_finder {
    struct window_agg *op;
    struct stored_slice *slices; /* by id */
    size_t count;
    size_t capacity;
    uint64_t last_id; /* records of one store stand together */
    struct agg_store *last;
};

static int compare_slices(const void *a, const void *b)
{
    const struct stored_slice *x = a, *y = b;
    return (x->store_id > y->store_id) - (x->store_id < y->store_id);
}

static struct err *read_slices(const struct snapshot_reader *r, struct slice_finder *f)
{
    uint64_t cursor = 0;
    struct snapshot_record record;
    while (snapshot_next(r, "slices", &cursor, &record)) {
        if (record.key.n != sizeof(uint64_t) || record.value.n != 3 * sizeof(int64_t))
            FAIL(ERR_CORRUPT, "a stored slice is damaged");
        if (f->count == f->capacity) {
            f->capacity = f->capacity ? 2 * f->capacity : 16;
            f->slices = mem_realloc(f->slices, f->capacity * sizeof *f->slices);
        }
        struct stored_slice *slice = &f->slices[f->count++];
        memcpy(&slice->store_id, record.key.p, sizeof slice->store_id);
        memcpy(&slice->end_ms, record.value.p, 3 * sizeof(int64_t));
    }
    if (f->count) qsort(f->slices, f->count, sizeof *f->slices, compare_slices);
    return NULL;
}

static struct err *slice_store(void *context, struct slice prefix, struct agg_store **out)
{
    struct slice_finder *f = context;
    struct stored_slice wanted = {0};
    memcpy(&wanted.store_id, prefix.p, sizeof wanted.store_id);
    *out = f->last;
    if (wanted.store_id == f->last_id) return NULL;
    const struct stored_slice *found =
        f->count ? bsearch(&wanted, f->slices, f->count, sizeof wanted, compare_slices) : NULL;
    struct slice_state *slice = NULL;
    if (found) {
        slice = slices_open(&f->op->slices, found->end_ms, found->start_ms);
        if (!slice) FAIL(ERR_CORRUPT, "a stored slice lies before the stored watermark");
    }
    f->last_id = wanted.store_id;
    *out = f->last = slice ? slice->store : NULL;
    return NULL;
}

/* Whose keys the fresh rows have is not known, so that subtask 0 counts them; a slice that it has
 * no groups of fires all the same, and gives nothing. */
static struct err *take_fresh_rows(struct window_agg *w, const struct slice_finder *f)
{
    for (size_t i = 0; w->op.ctx->subtask == 0 && i < f->count; i++) {
        const struct stored_slice *stored = &f->slices[i];
        if (stored->fresh_rows == 0) continue;
        struct slice_state *slice = slices_open(&w->slices, stored->end_ms, stored->start_ms);
        if (!slice) FAIL(ERR_CORRUPT, "a stored slice lies before the stored watermark");
        slice->fresh_rows += stored->fresh_rows;
        op_count(&w->op.counters.pending_rows, stored->fresh_rows);
    }
    return NULL;
}

static struct err *read_watermark(struct window_agg *w, const struct snapshot_reader *r)
{
    uint64_t cursor = 0;
    struct snapshot_record record;
    int64_t least = WATERMARK_MAX;
    while (snapshot_next(r, "watermark", &cursor, &record)) {
        int64_t stored;
        if (record.value.n != sizeof stored) FAIL(ERR_CORRUPT, "a stored watermark is damaged");
        memcpy(&stored, record.value.p, sizeof stored);
        if (stored < least) least = stored;
    }
    w->slices.progress_ms = least;
    return NULL;
}

static struct err *window_agg_restore(struct op *op, const struct snapshot_reader *r)
{
    struct window_agg *w = (struct window_agg *)op;
    bool found;
    TRY(snapshot_reader_check(r, window_agg_op.state_version, &found));
    if (!found) return NULL;
    TRY(read_watermark(w, r));
    struct slice_finder finder = {.op = w};
    struct err *e = read_slices(r, &finder);
    if (!e)
        e = agg_set_restore(
            &w->set, r, &(struct agg_restore){slice_store, &finder, sizeof(uint64_t)});
    if (!e) e = take_fresh_rows(w, &finder);
    mem_free(finder.slices);
    set_timer(w);
    return e;
}

static void window_agg_close(struct op *op)
{
    struct window_agg *w = (struct window_agg *)op;
    if (w->firing_owned && w->firing) agg_store_free(w->firing_store, &w->set);
    slices_deinit(&w->slices);
    group_keys_deinit(&w->keys);
    agg_set_deinit(&w->set);
    batch_free(w->out);
    batch_free(w->late);
}

/* ---- parameters as text ---- */

static void window_agg_explain(const void *params, const struct schema *const *inputs,
    const struct schema *output, struct buf *out)
{
    static const char *const properties[] = {
        [WINDOW_START] = "start('w$)",
        [WINDOW_END] = "end('w$)",
        [WINDOW_ROWTIME] = "rowtime('w$)",
        [WINDOW_PROCTIME] = "proctime('w$)",
    };
    const struct window_agg_params *p = params;
    explain_keys(inputs[0], p->keys, p->key_count, out);
    buf_add_cstr(out, "window=[");
    explain_window(&p->window, inputs[0], out);
    buf_add_cstr(out, "], select=[");
    explain_columns(inputs[0], p->keys, p->key_count, out);
    uint32_t column = p->key_count;
    for (uint32_t i = 0; i < p->agg_count; i++, column++) {
        if (column) buf_add_cstr(out, ", ");
        explain_agg(&p->aggs[i], inputs[0], output->fields[column].name, out);
    }
    for (uint32_t i = 0; i < p->property_count; i++, column++) {
        buf_printf(out, "%s%s AS ", column ? ", " : "", properties[p->properties[i]]);
        buf_add_slice(out, output->fields[column].name);
    }
    buf_add_char(out, ']');
}

static void window_agg_encode(const void *params, struct buf *out)
{
    const struct window_agg_params *p = params;
    codec_open(out);
    window_spec_write(out, "window", &p->window);
    codec_write_u32s(out, "keys", p->keys, p->key_count);
    codec_write_aggs(out, "aggs", p->aggs, p->agg_count);
    uint32_t properties[WINDOW_PROPERTIES_MAX];
    for (uint32_t i = 0; i < p->property_count; i++) properties[i] = p->properties[i];
    codec_write_u32s(out, "properties", properties, p->property_count);
    codec_write_bool(out, "retract", p->retract);
    codec_write_u32s(out, "late", p->late, p->late_count);
    codec_close(out);
}

static struct err *read_properties(
    struct arena *a, struct json_reader *r, struct window_agg_params *p)
{
    const uint32_t *numbers;
    TRY(codec_read_u32s(a, r, "properties", WINDOW_PROCTIME, &numbers, &p->property_count));
    if (p->property_count > WINDOW_PROPERTIES_MAX)
        FAIL(ERR_CORRUPT, "a window has %u properties", p->property_count);
    enum window_property *properties = ARENA_ARRAY(a, enum window_property, p->property_count + 1);
    for (uint32_t i = 0; i < p->property_count; i++)
        properties[i] = (enum window_property)numbers[i];
    p->properties = properties;
    return NULL;
}

static struct err *window_agg_decode(struct arena *a, struct json_reader *r,
    const struct schema *const *inputs, uint32_t input_count, const struct schema *output,
    void *params)
{
    struct window_agg_params *p = params;
    if (input_count != 1) FAIL(ERR_CORRUPT, "a window aggregate has %u inputs", input_count);
    TRY(codec_enter(r));
    TRY(window_spec_read(r, "window", inputs[0], &p->window));
    TRY(codec_read_u32s(a, r, "keys", inputs[0]->count - 1, &p->keys, &p->key_count));
    TRY(codec_read_aggs(a, r, "aggs", inputs[0], &p->aggs, &p->agg_count));
    TRY(read_properties(a, r, p));
    TRY(codec_read_bool(r, "retract", &p->retract));
    TRY(codec_read_u32s(a, r, "late", inputs[0]->count - 1, &p->late, &p->late_count));
    if (!output || output->count != p->key_count + p->agg_count + p->property_count)
        FAIL(ERR_CORRUPT, "a window aggregate's output has %u columns", output ? output->count : 0);
    return codec_leave(r);
}

const struct op_def window_agg_op = {
    .name = "WindowAggregate",
    .state_version = 2,
    .params_size_bytes = sizeof(struct window_agg_params),
    .open = window_agg_open,
    .on_batch = window_agg_on_batch,
    .resume = window_agg_resume,
    .on_timer = window_agg_on_timer,
    .snapshot = window_agg_snapshot,
    .restore = window_agg_restore,
    .close = window_agg_close,
    .explain = window_agg_explain,
    .encode = window_agg_encode,
    .decode = window_agg_decode,
};
