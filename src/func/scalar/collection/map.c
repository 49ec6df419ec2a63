/* Functions of maps. */
#include <inttypes.h>

#include "base/arena.h"
#include "func/infer.h"
#include "func/scalar/collection/collection.h"

static const struct func_signature keys_signatures[] = {
    {"MAP<K, V> -> ARRAY<K>", NULL},
    {NULL, NULL},
};

static const struct func_signature values_signatures[] = {
    {"MAP<K, V> -> ARRAY<V>", NULL},
    {NULL, NULL},
};

/* The array is a child of the map: nothing is copied but the spans. */
static void borrow_child(struct func_frame *f, const struct column *child)
{
    const struct column *map = f->args[0];
    struct span *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) out[row] = collection_span(map, row);
    f->out->children = collection_borrow(f, &child, 1);
    f->out->child_rows = map->child_rows;
}

static struct err *eval_keys(struct func_frame *f)
{
    borrow_child(f, f->args[0]->children[0]);
    return NULL;
}

static struct err *eval_values(struct func_frame *f)
{
    borrow_child(f, f->args[0]->children[1]);
    return NULL;
}

const struct func_def func_map_keys = {
    .name = "MAP_KEYS",
    .flags = FUNC_STRICT,
    .signatures = keys_signatures,
    .eval = eval_keys,
    .signature_doc = "MAP_KEYS(map)",
    .doc = "The keys of a map as an array; the order is not defined.",
    .example = "MAP_KEYS(MAP['a', 1]) → [a]",
};

const struct func_def func_map_values = {
    .name = "MAP_VALUES",
    .flags = FUNC_STRICT,
    .signatures = values_signatures,
    .eval = eval_values,
    .signature_doc = "MAP_VALUES(map)",
    .doc = "The values of a map as an array, in the order of MAP_KEYS.",
    .example = "MAP_VALUES(MAP['a', 1]) → [1]",
};

static struct err *infer_entries(struct func_infer *in)
{
    extern const struct func_def func_map_entries;
    if (in->arg_count != 1 || in->args[0].type->kind != TYPE_MAP)
        return func_infer_fail(&func_map_entries, in, "'MAP_ENTRIES(<MAP>)'");
    const struct type *map = in->args[0].type;
    struct type_field fields[] = {{SLICE("key"), map->key}, {SLICE("value"), map->element}};
    /* Flink says that the rows may be NULL, although they never are. */
    in->result = type_array(in->arena, type_row(in->arena, fields, 2, true), map->nullable);
    return NULL;
}

static struct err *eval_entries(struct func_frame *f)
{
    const struct column *map = f->args[0];
    struct column *entry = column_new(f->arena, f->call->type->element, 0);
    entry->children = map->children;
    entry->capacity = map->children[0]->capacity;
    borrow_child(f, entry);
    return NULL;
}

const struct func_def func_map_entries = {
    .name = "MAP_ENTRIES",
    .flags = FUNC_STRICT,
    .infer = infer_entries,
    .eval = eval_entries,
    .signature_doc = "MAP_ENTRIES(map)",
    .doc = "The entries of a map as an array of rows (key, value).",
    .example = "MAP_ENTRIES(MAP['a', 1]) → [(a, 1)]",
};

static const struct func_signature from_arrays_signatures[] = {
    {"ARRAY<K>, ARRAY<V> -> MAP<K, V>", NULL},
    {NULL, NULL},
};

/* Is the key of entry `at` given again later in the array? Then that one counts. */
static bool is_replaced(const struct column *keys, uint32_t at, uint32_t end)
{
    for (uint32_t i = at + 1; i < end; i++)
        if (column_rows_equal(keys, at, keys, i)) return true;
    return false;
}

static struct err *eval_from_arrays(struct func_frame *f)
{
    const struct column *keys = f->args[0]->children[0], *values = f->args[1]->children[0];
    struct collection c;
    collection_begin(&c, f);
    for (FUNC_EACH_ROW(f, row)) {
        struct span k = collection_span(f->args[0], row), v = collection_span(f->args[1], row);
        if (k.count != v.count)
            FUNC_FAIL(f, row, ERR_INVALID_VALUE,
                "MAP_FROM_ARRAYS: %" PRIu32 " keys but %" PRIu32 " values", k.count, v.count);
        collection_open(&c);
        for (uint32_t i = 0; i < k.count; i++)
            if (!is_replaced(keys, k.first + i, k.first + k.count))
                collection_add_entry(&c, keys, k.first + i, values, v.first + i);
        collection_close(&c, row);
    }
    return NULL;
}

const struct func_def func_map_from_arrays = {
    .name = "MAP_FROM_ARRAYS",
    .flags = FUNC_STRICT,
    .signatures = from_arrays_signatures,
    .eval = eval_from_arrays,
    .signature_doc = "MAP_FROM_ARRAYS(keys, values)",
    .doc = "A map of the keys and values at the same places; both arrays have the same length.",
    .example = "MAP_FROM_ARRAYS(ARRAY['a'], ARRAY[1]) → {a=1}",
};

static const struct func_signature union_signatures[] = {
    {"MAP<K, V>, MAP<K, V>... -> MAP<K, V>", NULL},
    {NULL, NULL},
};

static bool has_key(const struct column *map, uint32_t row, const struct column *keys, uint32_t at)
{
    struct span s = collection_span(map, row);
    for (uint32_t i = 0; i < s.count; i++)
        if (column_rows_equal(map->children[0], s.first + i, keys, at)) return true;
    return false;
}

static struct err *eval_union(struct func_frame *f)
{
    struct collection c;
    collection_begin(&c, f);
    for (FUNC_EACH_ROW(f, row)) {
        collection_open(&c);
        for (uint32_t m = 0; m < f->call->arg_count; m++) {
            const struct column *map = f->args[m];
            struct span s = collection_span(map, row);
            for (uint32_t i = s.first; i < s.first + s.count; i++) {
                bool replaced = false;
                for (uint32_t later = m + 1; later < f->call->arg_count && !replaced; later++)
                    replaced = has_key(f->args[later], row, map->children[0], i);
                if (!replaced) collection_add_entry(&c, map->children[0], i, map->children[1], i);
            }
        }
        collection_close(&c, row);
    }
    return NULL;
}

const struct func_def func_map_union = {
    .name = "MAP_UNION",
    .flags = FUNC_STRICT,
    .signatures = union_signatures,
    .eval = eval_union,
    .signature_doc = "MAP_UNION(map, map, ...)",
    .doc = "All entries of the maps; the last of equal keys counts.",
    .example = "MAP_UNION(MAP['a', 1], MAP['b', 2]) → {a=1, b=2}",
};
