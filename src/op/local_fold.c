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

/* The view that keys are encoded from: [slice end,] keys. */
static void make_view(struct local_fold *f, const struct op_ctx *ctx)
{
    struct arena *a = ctx->arena;
    uint32_t n = 0, count = f->key_count + f->has_end;
    struct type_field *fields = ARENA_ARRAY(a, struct type_field, count + 1);
    uint32_t *columns = ARENA_ARRAY(a, uint32_t, count + 1);
    if (f->has_end)
        fields[n++] =
            (struct type_field){SLICE("$slice_end"), not_null(a, type_simple(TYPE_BIGINT))};
    for (uint32_t i = 0; i < f->key_count; i++) fields[n++] = ctx->inputs[0]->fields[f->keys[i]];
    for (uint32_t i = 0; i < count; i++) columns[i] = i;
    const struct schema *schema = schema_new(a, fields, count);
    f->view = batch_new(schema, BATCH_ROWS_MAX);
    group_keys_init(&f->group_keys, ctx, schema, columns, count);
}

void local_fold_init(struct local_fold *f, const struct op_ctx *ctx, const uint32_t *keys,
    uint32_t key_count, const struct agg_spec *aggs, uint32_t agg_count, bool has_end)
{
    memset(f, 0, sizeof *f);
    f->keys = keys;
    f->key_count = key_count;
    f->has_end = has_end;
    agg_set_init(&f->set, ctx, ctx->inputs[0], aggs, agg_count, 0, NULL);
    make_view(f, ctx);
    f->store = agg_store_new(&f->set, f->group_keys.width_bytes);
    f->entries = ARENA_ARRAY(ctx->arena, void *, BATCH_ROWS_MAX);
    f->created = ARENA_ARRAY(ctx->arena, uint32_t, BATCH_ROWS_MAX);
    f->rows = ARENA_ARRAY(ctx->arena, uint32_t, BATCH_ROWS_MAX);
    f->scratch = arena_alloc(ctx->arena, (size_t)LOCAL_FOLD_DIRECT_ROWS * f->set.entry_bytes);
    f->acc_bytes = agg_set_plain_bytes(&f->set);
    buf_init(&f->accs, (size_t)BATCH_ROWS_MAX * f->acc_bytes);
}

void local_fold_deinit(struct local_fold *f)
{
    agg_store_free(f->store, &f->set);
    group_keys_deinit(&f->group_keys);
    agg_set_deinit(&f->set);
    batch_free(f->view);
    buf_free(&f->accs);
}

void local_fold_begin(struct local_fold *f, const struct batch *b, const int64_t *ends_ms)
{
    buf_clear(&f->accs);
    buf_reserve(&f->accs, (size_t)b->rows * f->acc_bytes);
    batch_clear(f->view);
    f->view->rows = b->rows;
    if (f->has_end) memcpy(f->view->columns[0]->data, ends_ms, b->rows * sizeof *ends_ms);
    for (uint32_t i = 0; i < f->key_count; i++)
        f->view->columns[i + f->has_end] = b->columns[f->keys[i]];
    group_keys_encode(&f->group_keys, f->view);
}

/* Every row a group of its own. */
static void scatter(struct local_fold *f, uint32_t first, uint32_t count)
{
    uint32_t bytes = f->set.entry_bytes;
    memset(f->scratch, 0, (size_t)count * bytes);
    for (uint32_t i = 0; i < count; i++) {
        f->entries[first + i] = f->scratch + (size_t)i * bytes;
        f->created[i] = first + i;
    }
}

static void put(struct local_fold *f, const struct batch *b, const int64_t *ends_ms, uint32_t count,
    struct batch *out)
{
    uint32_t at = out->rows;
    for (uint32_t i = 0; i < f->key_count; i++)
        column_gather_shallow(
            out->columns[i], at, b->columns[f->keys[i]], f->created, count, out->arena);
    int64_t *ends = f->has_end ? out->columns[f->key_count]->data : NULL;
    struct str *accs = out->columns[f->key_count + f->has_end]->data;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = f->created[i];
        if (ends) ends[at + i] = ends_ms[row];
        size_t start = f->accs.n;
        agg_set_save(&f->set, f->entries[row], &f->accs);
        accs[at + i] = str_view(f->accs.p + start, (uint32_t)(f->accs.n - start));
    }
    ASSERT(!f->accs.overflow);
    out->rows += count;
}

struct err *local_fold_rows(struct local_fold *f, const struct batch *b, const int64_t *ends_ms,
    uint32_t first, uint32_t last, struct batch *out)
{
    uint32_t count = last - first, groups = count;
    if (count == 0) return NULL;
    bool direct = count <= LOCAL_FOLD_DIRECT_ROWS;
    if (direct)
        scatter(f, first, count);
    else
        TRY(group_keys_upsert(
            &f->group_keys, &f->set, f->store, first, count, f->entries, f->created, &groups));
    uint32_t *rows = f->rows;
    for (uint32_t i = 0; i < count; i++) {
        rows[i] = first + i;
        struct group *g = f->entries[first + i];
        g->rows += row_kind_adds(batch_kind(b, first + i)) ? 1 : -1;
    }
    TRY(agg_set_add(&f->set, f->store, b, f->entries, first == 0 ? NULL : rows, count));
    put(f, b, ends_ms, groups, out);
    if (!direct) agg_store_clear(f->store, &f->set);
    return NULL;
}
