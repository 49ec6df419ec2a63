#include "op/agg_distinct.h"

#include "base/arena.h"
#include "base/check.h"
#include "vec/row_codec.h"

static bool same_args(const struct agg_spec *a, const struct agg_spec *b)
{
    return a->call.arg_count == b->call.arg_count &&
           memcmp(a->args, b->args, a->call.arg_count * sizeof *a->args) == 0;
}

static void make_codec(struct agg_distinct *d, const struct agg_set *set, const struct op_ctx *ctx)
{
    struct type_field *fields = ARENA_ARRAY(ctx->arena, struct type_field, d->arg_count + 1);
    uint32_t *columns = ARENA_ARRAY(ctx->arena, uint32_t, d->arg_count + 1);
    fields[0] = (struct type_field){
        SLICE("group"), type_with_nullable(ctx->arena, type_simple(TYPE_BIGINT), false)};
    for (uint32_t i = 0; i < d->arg_count; i++) {
        fields[i + 1] = set->input->fields[d->args[i]];
        columns[i + 1] = i + 1;
    }
    d->schema = schema_new(ctx->arena, fields, d->arg_count + 1);
    d->codec = key_codec_new(ctx->arena, d->schema, columns, d->arg_count + 1);
}

void agg_distinct_init(struct agg_distinct *d, const struct agg_set *set, const struct op_ctx *ctx,
    uint32_t first_spec, bool *taken)
{
    struct arena *a = ctx->arena;
    const struct agg_spec *first = &set->specs[first_spec];
    d->args = first->args;
    d->arg_count = first->call.arg_count;
    d->specs = ARENA_ARRAY(a, uint32_t, set->count);
    for (uint32_t i = first_spec; i < set->count && d->spec_count < AGG_DISTINCT_SPECS_MAX; i++) {
        if (taken[i] || !set->specs[i].distinct || !same_args(first, &set->specs[i])) continue;
        d->specs[d->spec_count++] = i;
        taken[i] = true;
    }
    make_codec(d, set, ctx);
    uint32_t rows = set->row_capacity;
    d->view = batch_new(d->schema, rows);
    keys_init(&d->keys);
    uint32_t width = key_codec_width_bytes(d->codec);
    d->passing = (struct keys){
        .width_bytes = width,
        .bytes = arena_alloc(a, (size_t)rows * width),
        .slices = ARENA_ARRAY(a, struct slice, rows),
        .hashes = ARENA_ARRAY(a, uint64_t, rows),
    };
    d->passing_rows = ARENA_ARRAY(a, uint32_t, rows);
    d->passing_specs = ARENA_ARRAY(a, uint64_t, rows);
    d->entries = ARENA_ARRAY(a, void *, rows);
    d->selected = ARENA_ARRAY(a, uint32_t, d->spec_count);
    d->selections = ARENA_ARRAY(a, uint32_t *, d->spec_count);
    for (uint32_t i = 0; i < d->spec_count; i++) d->selections[i] = ARENA_ARRAY(a, uint32_t, rows);
}

void agg_distinct_deinit(struct agg_distinct *d)
{
    keys_deinit(&d->keys);
    batch_free(d->view);
}

struct table *agg_distinct_table(const struct agg_distinct *d, const struct agg_set *set)
{
    return table_new(&(struct table_params){
        .key_width_bytes = key_codec_width_bytes(d->codec),
        .entry_bytes = (uint32_t)(sizeof(struct distinct_entry) + d->spec_count * sizeof(int64_t)),
        .budget = set->budget,
        .heap = set->heap,
    });
}

/* Bit per aggregate whose FILTER the row passes. */
static uint64_t specs_of_row(
    const struct agg_distinct *d, const struct agg_set *set, const struct batch *b, uint32_t row)
{
    uint64_t bits = 0;
    for (uint32_t i = 0; i < d->spec_count; i++) {
        int32_t filter = set->specs[d->specs[i]].filter_column;
        const struct column *c = filter < 0 ? NULL : b->columns[filter];
        bool passes = !c || (column_is_valid(c, row) && ((const uint8_t *)c->data)[row]);
        bits |= (uint64_t)passes << i;
    }
    return bits;
}

/* Encodes (group id, arguments) of the rows that pass a filter into d->passing. */
static void encode(struct agg_distinct *d, const struct agg_set *set, const struct batch *b,
    void *const *entries, const uint32_t *rows, uint32_t count)
{
    int64_t *ids = d->view->own[0]->data;
    uint32_t n = 0;
    if (count < b->rows) memset(ids, 0, b->rows * sizeof *ids);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = rows ? rows[i] : i;
        uint64_t bits = specs_of_row(d, set, b, row);
        ids[row] = (int64_t)((const struct group *)entries[row])->id;
        d->passing_rows[n] = row;
        d->passing_specs[n] = bits;
        n += bits != 0;
    }
    d->passing.count = n;
    if (n == 0) return;
    d->view->rows = b->rows;
    for (uint32_t i = 0; i < d->arg_count; i++) d->view->columns[i + 1] = b->columns[d->args[i]];
    keys_encode(&d->keys, d->codec, d->view);
    uint32_t width = d->passing.width_bytes;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t row = d->passing_rows[i];
        d->passing.hashes[i] = d->keys.hashes[row];
        if (width)
            memcpy(
                d->passing.bytes + (size_t)i * width, d->keys.bytes + (size_t)row * width, width);
        else
            d->passing.slices[i] = d->keys.slices[row];
    }
}

/* Values nobody counts any more leave the table. */
static void erase_dead(struct agg_distinct *d, struct table *t)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < d->passing.count; i++) {
        struct distinct_entry *entry = d->entries[i];
        bool dead = !entry->dead;
        for (uint32_t j = 0; j < d->spec_count; j++) dead &= entry->counts[j] == 0;
        if (!dead) continue;
        entry->dead = 1;
        d->entries[n++] = entry; /* n <= i: already looked at */
    }
    for (uint32_t i = 0; i < n; i++) table_erase(t, d->entries[i]);
}

struct err *agg_distinct_select(struct agg_distinct *d, struct agg_set *set, struct table *t,
    const struct batch *b, void *const *entries, const uint32_t *rows, uint32_t count)
{
    memset(d->selected, 0, d->spec_count * sizeof *d->selected);
    encode(d, set, b, entries, rows, count);
    if (d->passing.count == 0) return NULL;
    TRY(table_upsert(t, &d->passing, d->entries, NULL, NULL));
    for (uint32_t i = 0; i < d->passing.count; i++) {
        uint32_t row = d->passing_rows[i];
        struct distinct_entry *entry = d->entries[i];
        entry->group = entries[row];
        entry->id = entry->group->id;
        bool adds = row_kind_adds(batch_kind(b, row));
        for (uint32_t j = 0; j < d->spec_count; j++) {
            if (!(d->passing_specs[i] >> j & 1)) continue;
            entry->counts[j] += adds ? 1 : -1;
            if (entry->counts[j] == (adds ? 1 : 0)) d->selections[j][d->selected[j]++] = row;
        }
    }
    if (!b->insert_only) erase_dead(d, t);
    return NULL;
}

/* One run of values of another store, decoded. */
struct value_run {
    struct batch *values; /* schema of the view, columns of its own */
    const struct distinct_entry **from;
    void **groups;  /* in the destination, per row */
    uint8_t *kinds; /* of the rows that are selected */
    uint32_t count;
};

/* Adds the values to counts of one aggregate, and tells it what that changes: a slice may take back
 * what another one brought. */
static struct err *add_counts(
    struct agg_distinct *d, struct agg_set *set, uint32_t index, struct value_run *run)
{
    uint32_t *rows = d->selections[index], n = 0;
    for (uint32_t i = 0; i < run->count; i++) {
        int64_t *count = &((struct distinct_entry *)d->entries[i])->counts[index];
        bool was_there = *count > 0;
        *count += run->from[i]->counts[index];
        run->kinds[i] = was_there ? ROW_DELETE : ROW_INSERT;
        rows[n] = i;
        n += was_there != (*count > 0);
    }
    if (n == 0) return NULL;
    const struct agg_spec *spec = &set->specs[d->specs[index]];
    struct agg_frame f = {
        .call = &spec->call,
        .entries = run->groups,
        .state_offset = set->offsets[d->specs[index]],
        .args = (const struct column *const *)run->values->columns + 1,
        .sel = rows,
        .count = n,
        .kinds = run->kinds,
        .heap = set->heap,
    };
    return spec->call.def->add(&f);
}

static struct err *add_run(
    struct agg_distinct *d, struct agg_set *set, struct table *to, struct value_run *run)
{
    run->values->rows = run->count;
    keys_encode(&d->keys, d->codec, run->values);
    TRY(table_upsert(to, &d->keys, d->entries, NULL, NULL));
    for (uint32_t i = 0; i < run->count; i++) {
        struct distinct_entry *entry = d->entries[i];
        entry->group = run->groups[i];
        entry->id = entry->group->id;
    }
    for (uint32_t j = 0; j < d->spec_count; j++) TRY(add_counts(d, set, j, run));
    return NULL;
}

static struct err *decode_run(struct agg_distinct *d, struct table *from, uint64_t *cursor,
    const struct agg_store *from_store, struct agg_store *to_store, struct value_run *run)
{
    batch_clear(run->values);
    run->count = 0;
    const struct distinct_entry *entry;
    while (run->count < run->values->capacity && (entry = table_next(from, cursor))) {
        if (entry->group->id != entry->id) continue; /* of a group that is gone */
        TRY(key_decode(d->codec, table_key(from, entry), run->values->columns, run->count,
            run->values->arena));
        struct group *g =
            table_find_one(to_store->groups, table_key(from_store->groups, entry->group),
                table_hash(from_store->groups, entry->group));
        ASSERT(g);
        ((int64_t *)run->values->columns[0]->data)[run->count] = (int64_t)g->id;
        run->groups[run->count] = g;
        run->from[run->count++] = entry;
    }
    return NULL;
}

struct err *agg_distinct_merge(struct agg_distinct *d, struct agg_set *set, struct table *to,
    struct table *from, const struct agg_store *from_store, struct agg_store *to_store)
{
    enum { RUN_ROWS = 256 };
    const struct distinct_entry *entries[RUN_ROWS];
    void *groups[RUN_ROWS];
    uint8_t kinds[RUN_ROWS];
    struct value_run run = {batch_new(d->schema, RUN_ROWS), entries, groups, kinds, 0};
    uint64_t cursor = 0;
    struct err *e;
    do {
        e = decode_run(d, from, &cursor, from_store, to_store, &run);
        if (!e && run.count) e = add_run(d, set, to, &run);
    } while (!e && run.count == RUN_ROWS);
    batch_free(run.values);
    return e;
}

void agg_distinct_sweep(struct table *t, uint64_t *cursor, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct distinct_entry *entry = table_next(t, cursor);
        if (!entry) {
            *cursor = 0;
            return;
        }
        /* The memory of a group that is gone stays readable, and no other group has its id. */
        if (entry->group->id != entry->id) table_forget(t, entry);
    }
}
