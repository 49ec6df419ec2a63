#include "op/group_agg/group_agg.h"

#include "base/check.h"
#include "op/agg_set.h"
#include "op/codec.h"
#include "op/column_diff.h"
#include "op/explain.h"
#include "op/group_keys.h"
#include "op/op_util.h"

enum {
    RESULTS_BLOCK_BYTES = 16 << 10,
    SWEEP_PER_ROW = 2, /* groups looked at for expiry: a pass ends before the table doubles */
    SWEEP_PER_TICK = 1 << 16, /* when no rows come: some milliseconds */
    TICKS_PER_TTL = 8
};

/* One row to emit: kinds[i], keys of input row rows[i], results of row sources[i]. */
struct changes {
    uint8_t *kinds;
    uint32_t *rows;
    uint32_t *sources;
    uint32_t count;
    uint32_t emitted;
};

struct group_agg {
    struct op op;
    const struct group_agg_params *params;
    struct agg_set set;
    struct agg_store *store;
    struct group_keys keys;
    uint64_t sweep_cursor;
    uint32_t written_offset; /* with a TTL: int64_t processing time of the last write */
    uint32_t acc_column;     /* combined input: partial accumulators */
    struct group *partial;   /* combined input: one of them, unpacked */

    const struct batch *in;
    void **entries;
    uint32_t *created;
    uint32_t *selection;
    struct group **touched; /* groups of the batch, in order of their first row */
    uint32_t *first_rows;
    uint32_t touched_count;
    uint8_t *is_new;       /* per touched group */
    struct group **before; /* the same, but for new groups: those that stand in for them */
    struct group **emptied;
    uint32_t emptied_count;
    /* Row i: result of touched[i] before the batch; row touched_count + i: after it. */
    struct column **results;
    struct arena *results_arena;
    uint8_t *differs;
    struct changes changes;
    struct batch *out;
};

static int64_t *written_ms(const struct group_agg *g, struct group *group)
{
    return (int64_t *)(void *)((char *)group + g->written_offset);
}

static void allocate(struct group_agg *g, struct op_ctx *ctx)
{
    struct arena *a = ctx->arena;
    size_t rows = BATCH_ROWS_MAX;
    g->entries = ARENA_ARRAY(a, void *, rows);
    g->created = ARENA_ARRAY(a, uint32_t, rows);
    g->selection = ARENA_ARRAY(a, uint32_t, rows);
    g->touched = ARENA_ARRAY(a, struct group *, rows);
    g->first_rows = ARENA_ARRAY(a, uint32_t, rows);
    g->is_new = ARENA_ARRAY(a, uint8_t, rows);
    g->before = ARENA_ARRAY(a, struct group *, rows);
    g->emptied = ARENA_ARRAY(a, struct group *, rows);
    g->differs = ARENA_ARRAY(a, uint8_t, rows);
    g->changes.kinds = ARENA_ARRAY(a, uint8_t, 2 * rows);
    g->changes.rows = ARENA_ARRAY(a, uint32_t, 2 * rows);
    g->changes.sources = ARENA_ARRAY(a, uint32_t, 2 * rows);
    g->results = ARENA_ARRAY(a, struct column *, g->params->agg_count + 1);
    for (uint32_t i = 0; i < g->params->agg_count; i++) {
        const struct type *t = g->params->aggs[i].call.result;
        g->results[i] = column_new(a, t, 2 * BATCH_ROWS_MAX);
    }
    g->results_arena = arena_new(RESULTS_BLOCK_BYTES);
    g->out = batch_new(ctx->output, ctx->batch_rows);
    arena_charge(g->results_arena, ctx->budget);
    arena_charge(g->out->arena, ctx->budget);
}

static struct err *group_agg_open(const void *params, struct op_ctx *ctx, struct op **op)
{
    struct group_agg *g = op_new(ctx, &group_agg_op, sizeof *g);
    *op = &g->op;
    const struct group_agg_params *p = g->params = params;
    agg_set_init(&g->set, ctx, ctx->inputs[0], p->aggs, p->agg_count,
        p->state_ttl_ms ? sizeof(int64_t) : 0, &g->written_offset);
    const uint32_t *columns = p->keys;
    if (ctx->combined) {
        uint32_t *first = ARENA_ARRAY(ctx->arena, uint32_t, p->key_count + 1);
        for (uint32_t i = 0; i < p->key_count; i++) first[i] = i;
        columns = first;
        g->acc_column = p->key_count;
        g->partial = arena_alloc(ctx->arena, g->set.entry_bytes);
    }
    group_keys_init(&g->keys, ctx, ctx->inputs[0], columns, p->key_count);
    g->store = agg_store_new(&g->set, g->keys.width_bytes);
    allocate(g, ctx);
    return NULL;
}

/* ---- applying a batch ---- */

static void touch(struct group_agg *g, uint32_t rows)
{
    uint32_t n = 0;
    for (uint32_t row = 0; row < rows; row++) {
        struct group *group = g->entries[row];
        if (group->slot) continue;
        g->touched[n] = group;
        g->first_rows[n] = row;
        group->slot = (uint16_t)++n;
    }
    g->touched_count = n;
}

/* Groups whose time has run out leave the table bit by bit, whether their key comes again or not.
 */
static void sweep(struct group_agg *g, int64_t now_ms, uint32_t count)
{
    agg_set_sweep(&g->set, g->store, count);
    for (uint32_t i = 0; g->params->state_ttl_ms && i < count; i++) {
        struct group *group = table_next(g->store->groups, &g->sweep_cursor);
        if (!group) {
            g->sweep_cursor = 0;
            break;
        }
        if (*written_ms(g, group) + g->params->state_ttl_ms <= now_ms)
            agg_set_erase(&g->set, g->store, group);
    }
}

static void set_timer(struct group_agg *g, int64_t now_ms)
{
    g->op.timer_ms = OP_TIMER_NONE;
    if (g->params->state_ttl_ms && table_count(g->store->groups))
        g->op.timer_ms = now_ms + g->params->state_ttl_ms / TICKS_PER_TTL + 1;
}

/* A group whose time has run out is a new one. */
static void expire(struct group_agg *g)
{
    int64_t ttl = g->params->state_ttl_ms, now = g->in->proctime_ms;
    for (uint32_t i = 0; i < g->touched_count; i++) {
        struct group *group = g->touched[i];
        if (group->flags & GROUP_NEW || *written_ms(g, group) + ttl > now) continue;
        agg_set_reset(&g->set, group);
        group->flags |= GROUP_NEW;
    }
}

/* A group that updates only come to has rows from now on; flags and slots are used up. False if all
 * groups are new. Nobody looks at what a new group was before, but its NULLs would slow down
 * everything after; so the group before it, or the first old one, stands in for it. */
static bool begin_changes(struct group_agg *g)
{
    bool append = !g->params->retract && !g->op.ctx->combined;
    struct group *old = NULL;
    for (uint32_t i = 0; i < g->touched_count; i++) {
        struct group *group = g->touched[i];
        g->is_new[i] = group->flags & GROUP_NEW;
        if (!g->is_new[i]) old = group;
        g->before[i] = old;
        group->flags = group->slot = 0;
        if (append) group->rows = 1;
    }
    for (uint32_t i = 0; old && !g->before[i]; i++) g->before[i] = old;
    return old != NULL;
}

static struct err *compute_results(
    struct group_agg *g, struct group *const *groups, uint32_t out_row)
{
    TRY(agg_set_result(
        &g->set, (void *const *)groups, g->touched_count, g->results, out_row, g->results_arena));
    return arena_check(g->results_arena);
}

static void reset_emptied(struct group_agg *g)
{
    for (uint32_t i = 0; i < g->emptied_count; i++) {
        struct group *group = g->emptied[i];
        group->flags &= (uint16_t)~GROUP_EMPTIED;
        if (group->rows <= 0) agg_set_reset(&g->set, group);
    }
    g->emptied_count = 0;
}

static void note_empty(struct group_agg *g, struct group *group)
{
    if (group->flags & GROUP_EMPTIED) return;
    group->flags |= GROUP_EMPTIED;
    g->emptied[g->emptied_count++] = group;
}

/* Row by row a group forgets everything when its last row goes, and ignores what is taken back from
 * nothing (Flink's GroupAggFunction). So the rows that a state sees in one go end before a row that
 * comes to a group which has just become empty. */
static struct err *apply_updates(struct group_agg *g)
{
    const struct batch *b = g->in;
    uint32_t n = 0;
    for (uint32_t row = 0; row < b->rows; row++) {
        struct group *group = g->entries[row];
        if (row_kind_adds(batch_kind(b, row))) {
            if (group->flags & GROUP_EMPTIED) {
                TRY(agg_set_add(&g->set, g->store, b, g->entries, g->selection, n));
                n = 0;
                reset_emptied(g);
            }
            group->rows++;
        } else {
            if (group->rows == 0) continue;
            if (--group->rows == 0) note_empty(g, group);
        }
        g->selection[n++] = row;
    }
    TRY(agg_set_add(&g->set, g->store, b, g->entries, g->selection, n));
    reset_emptied(g);
    return NULL;
}

static struct err *apply_partials(struct group_agg *g)
{
    const struct str *accs = g->in->columns[g->acc_column]->data;
    uint64_t rows = 0;
    for (uint32_t row = 0; row < g->in->rows; row++) {
        struct group *group = g->entries[row];
        TRY(agg_set_load(&g->set, g->partial, str_slice(&accs[row])));
        rows += (uint64_t)(g->partial->rows < 0 ? -g->partial->rows : g->partial->rows);
        if (g->params->retract && group->rows == 0 && g->partial->rows < 0) continue;
        group->rows += g->partial->rows;
        TRY(agg_set_merge(&g->set, group, g->partial));
        if (g->params->retract && group->rows <= 0) note_empty(g, group);
    }
    op_count(&g->op.counters.contributed_rows, rows);
    reset_emptied(g);
    return NULL;
}

static struct err *apply_rows(struct group_agg *g)
{
    if (g->op.ctx->combined) return apply_partials(g);
    op_count(&g->op.counters.contributed_rows, g->in->rows);
    if (g->params->retract) return apply_updates(g);
    return agg_set_add(&g->set, g->store, g->in, g->entries, NULL, g->in->rows);
}

/* ---- what changed ---- */

static void add_change(struct group_agg *g, enum row_kind kind, uint32_t index, uint32_t source)
{
    struct changes *c = &g->changes;
    c->kinds[c->count] = (uint8_t)kind;
    c->rows[c->count] = g->first_rows[index];
    c->sources[c->count++] = source;
}

static void find_changes(struct group_agg *g, bool all_new)
{
    uint32_t n = g->touched_count;
    memset(g->differs, g->params->state_ttl_ms != 0, n);
    for (uint32_t i = 0; !all_new && i < g->params->agg_count; i++)
        column_diff(g->results[i], n, n, g->differs);
    for (uint32_t i = 0; i < n; i++) {
        bool is_new = g->is_new[i], is_gone = g->params->retract && g->touched[i]->rows <= 0;
        if (is_gone) {
            if (!is_new) add_change(g, ROW_DELETE, i, i);
        } else if (is_new) {
            add_change(g, ROW_INSERT, i, n + i);
        } else if (g->differs[i]) {
            if (g->params->generate_update_before) add_change(g, ROW_UPDATE_BEFORE, i, i);
            add_change(g, ROW_UPDATE_AFTER, i, n + i);
        }
    }
}

static void settle(struct group_agg *g)
{
    if (!g->params->retract && !g->params->state_ttl_ms) return;
    for (uint32_t i = 0; i < g->touched_count; i++) {
        struct group *group = g->touched[i];
        if (g->params->retract && group->rows <= 0)
            agg_set_erase(&g->set, g->store, group);
        else if (g->params->state_ttl_ms)
            *written_ms(g, group) = g->in->proctime_ms;
    }
}

static struct err *apply(struct group_agg *g)
{
    const struct batch *b = g->in;
    uint32_t created;
    if (g->params->retract || g->params->state_ttl_ms)
        sweep(g, b->proctime_ms, SWEEP_PER_ROW * b->rows);
    group_keys_encode(&g->keys, b);
    TRY(group_keys_upsert(
        &g->keys, &g->set, g->store, 0, b->rows, g->entries, g->created, &created));
    touch(g, b->rows);
    if (g->params->state_ttl_ms) expire(g);
    arena_reset(g->results_arena);
    for (uint32_t i = 0; i < g->params->agg_count; i++)
        column_recycle(g->results[i], g->op.ctx->arena);
    bool all_new = !begin_changes(g);
    if (!all_new) TRY(compute_results(g, g->before, 0));
    TRY(apply_rows(g));
    TRY(compute_results(g, g->touched, g->touched_count));
    find_changes(g, all_new);
    settle(g);
    if (g->op.timer_ms == OP_TIMER_NONE) set_timer(g, b->proctime_ms);
    op_set_state_bytes(&g->op);
    return NULL;
}

/* ---- emission ---- */

/* Changes emitted .. emitted + n - 1 as the next output batch. */
static void fill_output(struct group_agg *g, uint32_t n)
{
    struct changes *c = &g->changes;
    struct batch *out = g->out;
    batch_clear(out);
    for (uint32_t i = 0; i < g->params->key_count; i++)
        column_gather_shallow(out->columns[i], 0, g->in->columns[g->keys.columns[i]],
            c->rows + c->emitted, n, out->arena);
    for (uint32_t i = 0; i < g->params->agg_count; i++)
        column_gather_shallow(out->columns[g->params->key_count + i], 0, g->results[i],
            c->sources + c->emitted, n, out->arena);
    bool insert_only = true;
    for (uint32_t i = 0; i < n; i++) insert_only &= c->kinds[c->emitted + i] == ROW_INSERT;
    if (!insert_only) memcpy(out->kinds, c->kinds + c->emitted, n);
    out->insert_only = insert_only;
    out->rows = n;
    out->proctime_ms = g->in->proctime_ms;
    c->emitted += n;
}

static struct err *emit_changes(struct group_agg *g, struct emit *out)
{
    struct changes *c = &g->changes;
    do {
        uint32_t n = c->count - c->emitted;
        if (n > g->out->capacity) n = g->out->capacity;
        fill_output(g, n);
        bool is_last = c->emitted == c->count;
        if (is_last) op_copy_last_marks(g->out, g->in);
        if (g->out->rows || g->out->mark_count) TRY(op_emit(&g->op, g->out, out));
        g->op.pending = !is_last;
    } while (g->op.pending && !emit_full(out));
    return NULL;
}

static struct err *group_agg_on_batch(
    struct op *op, uint32_t input, struct batch *b, struct emit *out)
{
    (void)input;
    struct group_agg *g = (struct group_agg *)op;
    op_count(&op->counters.rows_in, b->rows);
    g->in = b;
    g->changes.count = g->changes.emitted = 0;
    g->touched_count = 0;
    if (b->rows) TRY(apply(g));
    return emit_changes(g, out);
}

static struct err *group_agg_resume(struct op *op, struct emit *out)
{
    return emit_changes((struct group_agg *)op, out);
}

static struct err *group_agg_on_timer(struct op *op, int64_t now_ms, struct emit *out)
{
    (void)out;
    struct group_agg *g = (struct group_agg *)op;
    sweep(g, now_ms, SWEEP_PER_TICK);
    set_timer(g, now_ms);
    op_set_state_bytes(op);
    return NULL;
}

/* ---- checkpoints ---- */

static struct err *group_agg_snapshot(struct op *op, struct snapshot_writer *w)
{
    struct group_agg *g = (struct group_agg *)op;
    snapshot_begin_op(w, op->ctx->uid, group_agg_op.state_version);
    agg_set_snapshot(&g->set, g->store,
        &(struct agg_save){
            .writer = w,
            .key_groups = op->ctx->key_groups,
            .changes =
                snapshot_writer_params(w)->changes && agg_store_knows_changes(g->store, &g->set),
        });
    return NULL;
}

static struct err *only_store(void *context, struct slice prefix, struct agg_store **out)
{
    (void)prefix;
    *out = ((struct group_agg *)context)->store;
    return NULL;
}

static struct err *group_agg_restore(struct op *op, const struct snapshot_reader *r)
{
    struct group_agg *g = (struct group_agg *)op;
    bool found;
    TRY(snapshot_reader_check(r, group_agg_op.state_version, &found));
    if (!found) return NULL;
    TRY(agg_set_restore(&g->set, r, &(struct agg_restore){only_store, g, 0}));
    uint64_t cursor = 0;
    struct group *group;
    /* Restored groups live on from now. */
    while (g->params->state_ttl_ms && (group = table_next(g->store->groups, &cursor)))
        *written_ms(g, group) = op->ctx->now_ms;
    set_timer(g, op->ctx->now_ms);
    return NULL;
}

static void group_agg_close(struct op *op)
{
    struct group_agg *g = (struct group_agg *)op;
    agg_store_free(g->store, &g->set);
    group_keys_deinit(&g->keys);
    agg_set_deinit(&g->set);
    arena_free(g->results_arena);
    batch_free(g->out);
}

/* ---- parameters as text ---- */

static void group_agg_explain(const void *params, const struct schema *const *inputs,
    const struct schema *output, struct buf *out)
{
    const struct group_agg_params *p = params;
    explain_keys(inputs[0], p->keys, p->key_count, out);
    buf_add_cstr(out, "select=[");
    explain_columns(inputs[0], p->keys, p->key_count, out);
    for (uint32_t i = 0; i < p->agg_count; i++) {
        if (i || p->key_count) buf_add_cstr(out, ", ");
        explain_agg(&p->aggs[i], inputs[0], output->fields[p->key_count + i].name, out);
    }
    buf_add_char(out, ']');
}

static void group_agg_encode(const void *params, struct buf *out)
{
    const struct group_agg_params *p = params;
    codec_open(out);
    codec_write_u32s(out, "keys", p->keys, p->key_count);
    codec_write_aggs(out, "aggs", p->aggs, p->agg_count);
    codec_write_bool(out, "retract", p->retract);
    codec_write_bool(out, "update_before", p->generate_update_before);
    codec_write_i64(out, "ttl", p->state_ttl_ms);
    codec_close(out);
}

static struct err *group_agg_decode(struct arena *a, struct json_reader *r,
    const struct schema *const *inputs, uint32_t input_count, const struct schema *output,
    void *params)
{
    struct group_agg_params *p = params;
    if (input_count != 1) FAIL(ERR_CORRUPT, "an aggregate has %u inputs", input_count);
    TRY(codec_enter(r));
    TRY(codec_read_u32s(a, r, "keys", inputs[0]->count - 1, &p->keys, &p->key_count));
    TRY(codec_read_aggs(a, r, "aggs", inputs[0], &p->aggs, &p->agg_count));
    TRY(codec_read_bool(r, "retract", &p->retract));
    TRY(codec_read_bool(r, "update_before", &p->generate_update_before));
    TRY(codec_read_i64(r, "ttl", 0, INT64_MAX / 2, &p->state_ttl_ms));
    if (!output || output->count != p->key_count + p->agg_count)
        FAIL(ERR_CORRUPT, "an aggregate's output does not have a column per key and aggregate");
    return codec_leave(r);
}

const struct op_def group_agg_op = {
    .name = "GroupAggregate",
    .state_version = 2,
    .params_size_bytes = sizeof(struct group_agg_params),
    .open = group_agg_open,
    .on_batch = group_agg_on_batch,
    .resume = group_agg_resume,
    .on_timer = group_agg_on_timer,
    .snapshot = group_agg_snapshot,
    .restore = group_agg_restore,
    .close = group_agg_close,
    .explain = group_agg_explain,
    .encode = group_agg_encode,
    .decode = group_agg_decode,
};
