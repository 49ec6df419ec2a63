#include "op/local_fold.h"

#include "base/arena.h"
#include "base/check.h"

static const struct type *not_null(struct arena *a, const struct type *t)
{
    return type_with_nullable(a, t, false);
}

const struct schema *local_fold_schema(struct arena *a, const struct schema *input,
    const uint32_t *keys, uint32_t key_count, bool has_end)
{
    struct type_field *fields = ARENA_ARRAY(a, struct type_field, key_count + 2);
    uint32_t n = 0;
    for (; n < key_count; n++) fields[n] = input->fields[keys[n]];
    if (has_end)
        fields[n++] =
            (struct type_field){SLICE("$slice_end"), not_null(a, type_simple(TYPE_BIGINT))};
    fields[n++] = (struct type_field){SLICE("$acc"), not_null(a, type_bytes())};
    return schema_new(a, fields, n);
}

/* The view that keys are encoded from. */
static void make_view(struct local_fold *f, const struct op_ctx *ctx)
{
    struct arena *a = ctx->arena;
    uint32_t count = f->key_count;
    struct type_field *fields = ARENA_ARRAY(a, struct type_field, count + 1);
    uint32_t *columns = ARENA_ARRAY(a, uint32_t, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        fields[i] = ctx->inputs[0]->fields[f->keys[i]];
        columns[i] = i;
    }
    const struct schema *schema = schema_new(a, fields, count);
    f->view = batch_new(schema, BATCH_ROWS_MAX);
    group_keys_init(&f->group_keys, ctx, schema, columns, count);
}

void local_fold_init(struct local_fold *f, const struct op_ctx *ctx, const uint32_t *keys,
    uint32_t key_count, const struct agg_spec *aggs, uint32_t agg_count)
{
    memset(f, 0, sizeof *f);
    f->keys = keys;
    f->key_count = key_count;
    agg_set_init(&f->set, ctx, ctx->inputs[0], aggs, agg_count, 0, NULL);
    make_view(f, ctx);
    f->entries = ARENA_ARRAY(ctx->arena, void *, BATCH_ROWS_MAX);
    f->slots = ARENA_ARRAY(ctx->arena, uint16_t, LOCAL_FOLD_SLOTS);
    f->group_rows = ARENA_ARRAY(ctx->arena, uint32_t, BATCH_ROWS_MAX);
    f->groups = arena_alloc(ctx->arena, (size_t)BATCH_ROWS_MAX * f->set.entry_bytes);
    f->acc_bytes = agg_set_plain_bytes(&f->set);
    buf_init(&f->accs, (size_t)BATCH_ROWS_MAX * f->acc_bytes);
}

void local_fold_deinit(struct local_fold *f)
{
    group_keys_deinit(&f->group_keys);
    agg_set_deinit(&f->set);
    batch_free(f->view);
    buf_free(&f->accs);
}

static void begin(struct local_fold *f, const struct batch *b)
{
    buf_clear(&f->accs);
    buf_reserve(&f->accs, (size_t)b->rows * f->acc_bytes);
    batch_clear(f->view);
    f->view->rows = b->rows;
    for (uint32_t i = 0; i < f->key_count; i++) f->view->columns[i] = b->columns[f->keys[i]];
    group_keys_encode(&f->group_keys, f->view);
}

static uint32_t new_group(struct local_fold *f, uint32_t row)
{
    f->group_rows[f->group_count] = row;
    return f->group_count++;
}

static inline uint64_t key_word(const struct keys *k, uint32_t row, size_t width, size_t word)
{
    uint64_t v;
    memcpy(&v, k->bytes + row * width + word * sizeof v, sizeof v);
    return v;
}

/* `width` is a constant where this is inlined. Whether a row begins a group is anybody's guess, so
 * nothing here branches on it. */
static inline __attribute__((always_inline)) void find_fixed(
    struct local_fold *f, uint32_t rows, size_t width)
{
    const struct keys *k = &f->group_keys.keys;
    const uint64_t *restrict hashes = k->hashes;
    uint32_t *restrict group_rows = f->group_rows;
    uint16_t *restrict slots = f->slots;
    void **restrict entries = f->entries;
    char *groups = f->groups;
    size_t entry_bytes = f->set.entry_bytes;
    uint32_t count = 0;
    for (uint32_t row = 0; row < rows; row++) {
        uint16_t *slot = &slots[hashes[row] & (LOCAL_FOLD_SLOTS - 1)];
        uint32_t number = *slot, known = number < count, first = group_rows[number * known];
        uint64_t differs = 0;
        for (size_t word = 0; word < width / 8; word++)
            differs |= key_word(k, first, width, word) ^ key_word(k, row, width, word);
        uint32_t is_new = 1 ^ (known & (differs == 0));
        number += (count - number) * is_new;
        group_rows[count] = row;
        count += is_new;
        *slot = (uint16_t)number;
        entries[row] = groups + number * entry_bytes;
    }
    f->group_count = count;
}

static void find_variable(struct local_fold *f, uint32_t rows)
{
    const struct keys *k = &f->group_keys.keys;
    for (uint32_t row = 0; row < rows; row++) {
        uint64_t hash = k->hashes[row];
        uint16_t *slot = &f->slots[hash & (LOCAL_FOLD_SLOTS - 1)];
        uint32_t number = *slot;
        if (number >= f->group_count || k->hashes[f->group_rows[number]] != hash ||
            !slice_eq(k->slices[f->group_rows[number]], k->slices[row])) {
            number = new_group(f, row);
            *slot = (uint16_t)number;
        }
        f->entries[row] = f->groups + (size_t)number * f->set.entry_bytes;
    }
}

static void find_groups(struct local_fold *f, uint32_t rows)
{
    f->group_count = 0;
    if (!f->group_keys.codec) {
        new_group(f, 0);
        for (uint32_t row = 0; row < rows; row++) f->entries[row] = f->groups;
        return;
    }
    switch (f->group_keys.width_bytes) {
    case 0: find_variable(f, rows); break;
    case 8: find_fixed(f, rows, 8); break;
    case 16: find_fixed(f, rows, 16); break;
    case 24: find_fixed(f, rows, 24); break;
    default: find_fixed(f, rows, f->group_keys.width_bytes); break;
    }
}

/* Every state is raw and without gaps: group after group, in words. */
static void save_packed(struct local_fold *f, struct str *accs)
{
    uint32_t words = f->set.packed_bytes / 8, bytes = f->set.packed_bytes + 8;
    char *at = f->accs.p;
    for (uint32_t i = 0; i < f->group_count; i++, at += bytes) {
        const struct group *g = (const void *)(f->groups + (size_t)i * f->set.entry_bytes);
        memcpy(at, &g->rows, 8);
        for (uint32_t word = 1; word <= words; word++)
            memcpy(at + 8 * word, (const char *)(g + 1) + 8 * (word - 1), 8);
        accs[i].size = bytes; /* more than STR_INLINE_MAX */
        memcpy(accs[i].prefix, at, sizeof accs[i].prefix);
        accs[i].p = at;
    }
    f->accs.n = (size_t)f->group_count * bytes;
}

static void save_groups(struct local_fold *f, struct str *accs)
{
    for (uint32_t i = 0; i < f->group_count; i++) {
        size_t start = f->accs.n;
        agg_set_save(&f->set,
            (const struct group *)(const void *)(f->groups + (size_t)i * f->set.entry_bytes),
            &f->accs);
        accs[i] = str_view(f->accs.p + start, (uint32_t)(f->accs.n - start));
    }
    ASSERT(!f->accs.overflow);
}

static void put(struct local_fold *f, const struct batch *b, struct batch *out)
{
    uint32_t count = f->group_count;
    for (uint32_t i = 0; i < f->key_count; i++)
        column_gather_shallow(
            out->columns[i], 0, b->columns[f->keys[i]], f->group_rows, count, out->arena);
    struct str *accs = out->columns[f->key_count]->data;
    if (f->set.packed_bytes)
        save_packed(f, accs);
    else
        save_groups(f, accs);
    out->rows = count;
}

struct err *local_fold_batch(struct local_fold *f, const struct batch *b, struct batch *out)
{
    if (b->rows == 0) return NULL;
    begin(f, b);
    find_groups(f, b->rows);
    memset(f->groups, 0, (size_t)f->group_count * f->set.entry_bytes);
    for (uint32_t row = 0; row < b->rows; row++)
        ((struct group *)f->entries[row])->rows += row_kind_adds(batch_kind(b, row)) ? 1 : -1;
    TRY(agg_set_add(&f->set, NULL, b, f->entries, NULL, b->rows));
    put(f, b, out);
    return NULL;
}
