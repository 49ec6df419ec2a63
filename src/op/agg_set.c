#include "op/agg_set.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/heap.h"
#include "op/agg_distinct.h"
#include "vec/row_codec.h"

enum {
    MERGE_ROWS = 256,     /* groups merged at a time: their entries stay in L1 */
    ID_SUBTASK_SHIFT = 56 /* 128 subtasks; the ids of one last for a hundred years */
};

static uint32_t round_up(uint32_t bytes)
{
    return (bytes + 7u) & ~7u;
}

static void init_distincts(struct agg_set *set, const struct op_ctx *ctx)
{
    bool *taken = ARENA_ARRAY(ctx->arena, bool, set->count + 1);
    set->distincts = ARENA_ARRAY(ctx->arena, struct agg_distinct, set->count + 1);
    for (uint32_t i = 0; i < set->count; i++) {
        if (!set->specs[i].distinct || taken[i]) continue;
        agg_distinct_init(&set->distincts[set->distinct_count++], set, ctx, i, taken);
    }
}

void agg_set_init(struct agg_set *set, const struct op_ctx *ctx, const struct schema *input,
    const struct agg_spec *specs, uint32_t count, uint32_t extra_bytes, uint32_t *extra)
{
    memset(set, 0, sizeof *set);
    set->specs = specs;
    set->count = count;
    set->input = input;
    set->heap = heap_new(ctx->budget);
    set->budget = ctx->budget;
    set->last_id = (uint64_t)ctx->subtask << ID_SUBTASK_SHIFT;
    set->offsets = ARENA_ARRAY(ctx->arena, uint32_t, count + 1);
    set->plain = true;
    uint32_t at = sizeof(struct group), args = 1;
    bool packed = true;
    for (uint32_t i = 0; i < count; i++) {
        const struct agg_call *call = &specs[i].call;
        set->offsets[i] = at;
        uint32_t bytes = call->def->state_bytes(call);
        at += round_up(bytes);
        packed &= bytes % 8 == 0;
        if (!(call->def->flags(call) & AGG_PLAIN)) set->plain = false;
        if (call->arg_count > args) args = call->arg_count;
    }
    if (set->plain && packed) set->packed_bytes = at - (uint32_t)sizeof(struct group);
    if (extra) *extra = at;
    set->entry_bytes = at + round_up(extra_bytes);
    set->row_capacity = BATCH_ROWS_MAX;
    set->selection = ARENA_ARRAY(ctx->arena, uint32_t, set->row_capacity);
    set->args = ARENA_ARRAY(ctx->arena, const struct column *, args);
    init_distincts(set, ctx);
}

void agg_set_deinit(struct agg_set *set)
{
    for (uint32_t i = 0; i < set->distinct_count; i++) agg_distinct_deinit(&set->distincts[i]);
    set->distinct_count = 0;
    if (set->heap) heap_free(set->heap);
    set->heap = NULL;
}

struct agg_store *agg_store_new(struct agg_set *set, uint32_t key_width_bytes)
{
    struct agg_store *s = mem_alloc(sizeof *s);
    s->id = ++set->last_id;
    s->key_width_bytes = key_width_bytes;
    s->groups = table_new(&(struct table_params){
        .key_width_bytes = key_width_bytes,
        .entry_bytes = set->entry_bytes,
        .budget = set->budget,
        .heap = set->heap,
    });
    s->distincts = mem_alloc((set->distinct_count + 1) * sizeof *s->distincts);
    s->sweep_cursors = mem_alloc((set->distinct_count + 1) * sizeof *s->sweep_cursors);
    for (uint32_t i = 0; i < set->distinct_count; i++)
        s->distincts[i] = agg_distinct_table(&set->distincts[i], set);
    return s;
}

static void free_states(const struct agg_set *set, struct group *g)
{
    for (uint32_t i = 0; !set->plain && i < set->count; i++) {
        const struct agg_call *call = &set->specs[i].call;
        if (call->def->free) call->def->free(call, (char *)g + set->offsets[i], set->heap);
    }
}

static void free_groups(struct agg_store *s, const struct agg_set *set)
{
    uint64_t cursor = 0;
    struct group *g;
    while (!set->plain && (g = table_next(s->groups, &cursor))) free_states(set, g);
}

void agg_store_free(struct agg_store *s, const struct agg_set *set)
{
    if (!s) return;
    free_groups(s, set);
    table_free(s->groups);
    for (uint32_t i = 0; i < set->distinct_count; i++) table_free(s->distincts[i]);
    mem_free(s->distincts);
    mem_free(s->sweep_cursors);
    mem_free(s);
}

void agg_store_clear(struct agg_store *s, struct agg_set *set)
{
    s->id = ++set->last_id;
    free_groups(s, set);
    table_clear(s->groups);
    for (uint32_t i = 0; i < set->distinct_count; i++) table_clear(s->distincts[i]);
}

static void init_states(const struct agg_set *set, struct group *g)
{
    for (uint32_t i = 0; i < set->count; i++) {
        const struct agg_call *call = &set->specs[i].call;
        if (call->def->init) call->def->init(call, (char *)g + set->offsets[i]);
    }
}

struct err *agg_set_upsert(struct agg_set *set, struct agg_store *s, const struct keys *keys,
    void **entries, uint32_t *created, uint32_t *created_count)
{
    TRY(table_upsert(s->groups, keys, entries, created, created_count));
    for (uint32_t i = 0; i < *created_count; i++) {
        struct group *g = entries[created[i]];
        g->flags = GROUP_NEW;
        g->id = ++set->last_id;
        init_states(set, g);
    }
    return NULL;
}

void agg_set_reset(struct agg_set *set, struct group *g)
{
    free_states(set, g);
    memset((char *)g + sizeof *g, 0, set->entry_bytes - sizeof *g);
    init_states(set, g);
    /* What DISTINCT still knows of the old rows belongs to nobody now. */
    g->id = ++set->last_id;
    g->rows = 0;
}

void agg_set_erase(struct agg_set *set, struct agg_store *s, struct group *g)
{
    free_states(set, g);
    g->id = 0;
    table_erase(s->groups, g);
}

void agg_set_sweep(struct agg_set *set, struct agg_store *s, uint32_t values)
{
    for (uint32_t i = 0; i < set->distinct_count; i++)
        agg_distinct_sweep(s->distincts[i], &s->sweep_cursors[i], values);
}

static uint32_t select_filtered(
    const struct column *c, const uint32_t *rows, uint32_t count, uint32_t *out)
{
    const uint8_t *values = c->data;
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = rows ? rows[i] : i;
        out[n] = row;
        n += column_is_valid(c, row) && values[row];
    }
    return n;
}

static struct err *add_one(struct agg_set *set, uint32_t index, const struct batch *b,
    void *const *entries, const uint32_t *rows, uint32_t count)
{
    if (count == 0) return NULL;
    const struct agg_spec *spec = &set->specs[index];
    for (uint32_t i = 0; i < spec->call.arg_count; i++) set->args[i] = b->columns[spec->args[i]];
    struct agg_frame f = {
        .call = &spec->call,
        .entries = entries,
        .state_offset = set->offsets[index],
        .args = set->args,
        .sel = rows,
        .count = count,
        .kinds = b->insert_only ? NULL : b->kinds,
        .heap = set->heap,
    };
    return spec->call.def->add(&f);
}

struct err *agg_set_add(struct agg_set *set, struct agg_store *s, const struct batch *b,
    void *const *entries, const uint32_t *rows, uint32_t count)
{
    if (count == 0) return NULL;
    for (uint32_t i = 0; i < set->count; i++) {
        const struct agg_spec *spec = &set->specs[i];
        if (spec->distinct) continue;
        if (spec->filter_column < 0) {
            TRY(add_one(set, i, b, entries, rows, count));
            continue;
        }
        const struct column *filter = b->columns[spec->filter_column];
        uint32_t n = select_filtered(filter, rows, count, set->selection);
        TRY(add_one(set, i, b, entries, set->selection, n));
    }
    for (uint32_t i = 0; i < set->distinct_count; i++) {
        struct agg_distinct *d = &set->distincts[i];
        TRY(agg_distinct_select(d, set, s->distincts[i], b, entries, rows, count));
        for (uint32_t j = 0; j < d->spec_count; j++)
            TRY(add_one(set, d->specs[j], b, entries, d->selections[j], d->selected[j]));
    }
    return NULL;
}

struct err *agg_set_merge(struct agg_set *set, struct group *dst, const struct group *src)
{
    for (uint32_t i = 0; i < set->count; i++) {
        const struct agg_spec *spec = &set->specs[i];
        if (spec->distinct) continue;
        uint32_t at = set->offsets[i];
        TRY(spec->call.def->merge(
            &spec->call, (char *)dst + at, (const char *)src + at, set->heap));
    }
    return NULL;
}

/* Keys of some entries of a table, as table_upsert wants them. */
struct key_run {
    unsigned char *bytes;
    struct slice *slices;
    uint64_t *hashes;
    void **from;
    void **to;
    uint32_t *created;
};

static struct err *merge_run(struct agg_set *set, struct agg_store *to,
    const struct agg_store *from, struct key_run *run, uint32_t count, uint32_t width)
{
    for (uint32_t i = 0; i < count; i++) {
        struct slice key = table_key(from->groups, run->from[i]);
        run->hashes[i] = table_hash(from->groups, run->from[i]);
        if (width)
            memcpy(run->bytes + (size_t)i * width, key.p, width);
        else
            run->slices[i] = key;
    }
    struct keys keys = {
        .count = count,
        .width_bytes = width,
        .bytes = run->bytes,
        .slices = run->slices,
        .hashes = run->hashes,
    };
    uint32_t created;
    TRY(agg_set_upsert(set, to, &keys, run->to, run->created, &created));
    for (uint32_t i = 0; i < count; i++) {
        struct group *dst = run->to[i];
        const struct group *src = run->from[i];
        dst->rows += src->rows;
        TRY(agg_set_merge(set, dst, src));
    }
    return NULL;
}

static struct err *merge_groups(
    struct agg_set *set, struct agg_store *to, const struct agg_store *from, struct key_run *run)
{
    uint64_t cursor = 0;
    void *entry = table_next(from->groups, &cursor);
    uint32_t width = from->key_width_bytes;
    if (width) run->bytes = mem_alloc((size_t)MERGE_ROWS * width);
    while (entry) {
        uint32_t n = 0;
        for (; entry && n < MERGE_ROWS; entry = table_next(from->groups, &cursor))
            run->from[n++] = entry;
        TRY(merge_run(set, to, from, run, n, width));
    }
    for (uint32_t i = 0; i < set->distinct_count; i++)
        TRY(agg_distinct_merge(
            &set->distincts[i], set, to->distincts[i], from->distincts[i], from, to));
    return NULL;
}

struct err *agg_set_merge_store(
    struct agg_set *set, struct agg_store *to, const struct agg_store *from)
{
    struct slice slices[MERGE_ROWS];
    uint64_t hashes[MERGE_ROWS];
    void *src[MERGE_ROWS], *dst[MERGE_ROWS];
    uint32_t created[MERGE_ROWS];
    struct key_run run = {NULL, slices, hashes, src, dst, created};
    struct err *e = merge_groups(set, to, from, &run);
    mem_free(run.bytes);
    return e;
}

struct err *agg_set_result(const struct agg_set *set, void *const *entries, uint32_t count,
    struct column *const *columns, uint32_t out_row, struct arena *arena)
{
    for (uint32_t i = 0; i < set->count; i++) {
        const struct agg_call *call = &set->specs[i].call;
        TRY(call->def->result(call, entries, set->offsets[i], count, columns[i], out_row, arena));
    }
    return NULL;
}

void agg_set_save(const struct agg_set *set, const struct group *g, struct buf *out)
{
    buf_add(out, &g->rows, sizeof g->rows);
    if (set->packed_bytes) {
        buf_add(out, g + 1, set->packed_bytes);
        return;
    }
    for (uint32_t i = 0; i < set->count; i++) {
        const struct agg_call *call = &set->specs[i].call;
        const char *state = (const char *)g + set->offsets[i];
        if (call->def->flags(call) & AGG_PLAIN) {
            buf_add(out, state, call->def->state_bytes(call));
            continue;
        }
        size_t size_at = out->n;
        buf_add_u32(out, 0);
        call->def->save(call, state, out);
        uint32_t size = (uint32_t)(out->n - size_at - 4);
        if (!out->overflow) memcpy(out->p + size_at, &size, 4);
    }
}

uint32_t agg_set_plain_bytes(const struct agg_set *set)
{
    uint32_t bytes = sizeof(int64_t);
    for (uint32_t i = 0; i < set->count; i++) {
        const struct agg_call *call = &set->specs[i].call;
        bytes += call->def->state_bytes(call);
    }
    return bytes;
}

struct err *agg_set_load(struct agg_set *set, struct group *g, struct slice bytes)
{
    if (set->packed_bytes && bytes.n == sizeof g->rows + set->packed_bytes) {
        memcpy(&g->rows, bytes.p, sizeof g->rows);
        memcpy(g + 1, bytes.p + sizeof g->rows, set->packed_bytes);
        return NULL;
    }
    struct reader r = {(const unsigned char *)bytes.p, (const unsigned char *)bytes.p + bytes.n};
    uint64_t rows;
    TRY(reader_u64(&r, &rows));
    g->rows = (int64_t)rows;
    for (uint32_t i = 0; i < set->count; i++) {
        const struct agg_call *call = &set->specs[i].call;
        char *state = (char *)g + set->offsets[i];
        struct slice part;
        if (call->def->flags(call) & AGG_PLAIN) {
            TRY(reader_bytes(&r, call->def->state_bytes(call), &part));
            memcpy(state, part.p, part.n);
        } else {
            TRY(reader_slice(&r, &part));
            TRY(call->def->load(call, state, part, set->heap));
        }
    }
    return NULL;
}
