/* Functions that make one array of others. Elements are equal as in IS NOT DISTINCT FROM. */
#include "base/arena.h"
#include "func/infer.h"
#include "func/scalar/collection/collection.h"

static void add_span(struct collection *c, const struct column *array, uint32_t row)
{
    struct span s = collection_span(array, row);
    for (uint32_t i = 0; i < s.count; i++) collection_add(c, array->children[0], s.first + i);
}

/* Is there such an element among those that this row already has? */
static bool is_collected(const struct collection *c, const struct column *from, uint32_t at)
{
    const struct column *elements = c->f->out->children[0];
    for (uint32_t i = c->first; i < c->used; i++)
        if (column_rows_equal(elements, i, from, at)) return true;
    return false;
}

static bool contains(const struct column *array, uint32_t row, const struct column *value,
    uint32_t at, uint32_t *position)
{
    struct span s = collection_span(array, row);
    for (uint32_t i = 0; i < s.count; i++) {
        if (!column_rows_equal(array->children[0], s.first + i, value, at)) continue;
        *position = i + 1;
        return true;
    }
    *position = 0;
    return false;
}

#define FUNCTION(id, text, flag_set, signature_list, doc_signature, doc_text, example_text) \
    const struct func_def func_##id = {                                                     \
        .name = text,                                                                       \
        .flags = flag_set,                                                                  \
        .signatures = signature_list,                                                       \
        .eval = eval_##id,                                                                  \
        .signature_doc = doc_signature,                                                     \
        .doc = doc_text,                                                                    \
        .example = example_text,                                                            \
    };

static const struct func_signature many_signatures[] = {
    {"ARRAY<T>... -> ARRAY<T>", NULL},
    {NULL, NULL},
};

static const struct func_signature two_signatures[] = {
    {"ARRAY<T>, ARRAY<T> -> ARRAY<T>", NULL},
    {NULL, NULL},
};

static const struct func_signature one_signatures[] = {
    {"ARRAY<T> -> ARRAY<T>", NULL},
    {NULL, NULL},
};

static const struct func_signature pick_signatures[] = {
    {"ARRAY<T> -> T NULL", NULL},
    {NULL, NULL},
};

static struct err *eval_array_concat(struct func_frame *f)
{
    struct collection c;
    collection_begin(&c, f);
    for (FUNC_EACH_ROW(f, row)) {
        collection_open(&c);
        for (uint32_t i = 0; i < f->call->arg_count; i++) add_span(&c, f->args[i], row);
        collection_close(&c, row);
    }
    return NULL;
}
FUNCTION(array_concat, "ARRAY_CONCAT", FUNC_STRICT, many_signatures, "ARRAY_CONCAT(array, ...)",
    "The elements of all arrays, one array after the other; NULL when one of them is.",
    "ARRAY_CONCAT(ARRAY[1], ARRAY[2]) → [1, 2]")

static struct err *eval_array_reverse(struct func_frame *f)
{
    const struct column *array = f->args[0];
    struct collection c;
    collection_begin(&c, f);
    for (FUNC_EACH_ROW(f, row)) {
        struct span s = collection_span(array, row);
        collection_open(&c);
        for (uint32_t i = s.count; i-- > 0;) collection_add(&c, array->children[0], s.first + i);
        collection_close(&c, row);
    }
    return NULL;
}
FUNCTION(array_reverse, "ARRAY_REVERSE", FUNC_STRICT, one_signatures, "ARRAY_REVERSE(array)",
    "The elements in the opposite order.", "ARRAY_REVERSE(ARRAY[1, 2]) → [2, 1]")

/* Adds the elements that are not there yet, and whose being in `other` is as wanted. */
static void add_distinct(struct collection *c, const struct column *array, uint32_t row,
    const struct column *other, bool wanted)
{
    struct span s = collection_span(array, row);
    const struct column *elements = array->children[0];
    for (uint32_t i = s.first; i < s.first + s.count; i++) {
        uint32_t position;
        if (other && contains(other, row, elements, i, &position) != wanted) continue;
        if (!is_collected(c, elements, i)) collection_add(c, elements, i);
    }
}

static struct err *eval_array_distinct(struct func_frame *f)
{
    struct collection c;
    collection_begin(&c, f);
    for (FUNC_EACH_ROW(f, row)) {
        collection_open(&c);
        add_distinct(&c, f->args[0], row, NULL, false);
        collection_close(&c, row);
    }
    return NULL;
}
FUNCTION(array_distinct, "ARRAY_DISTINCT", FUNC_STRICT, one_signatures, "ARRAY_DISTINCT(array)",
    "Each different element once, where it comes first.", "ARRAY_DISTINCT(ARRAY[1, 2, 1]) → [1, 2]")

static struct err *eval_array_union(struct func_frame *f)
{
    struct collection c;
    collection_begin(&c, f);
    for (FUNC_EACH_ROW(f, row)) {
        collection_open(&c);
        add_distinct(&c, f->args[0], row, NULL, false);
        add_distinct(&c, f->args[1], row, NULL, false);
        collection_close(&c, row);
    }
    return NULL;
}
FUNCTION(array_union, "ARRAY_UNION", FUNC_STRICT, two_signatures, "ARRAY_UNION(a, b)",
    "Each different element of both arrays once.",
    "ARRAY_UNION(ARRAY[1, 2], ARRAY[2, 3]) → [1, 2, 3]")

static struct err *eval_array_except(struct func_frame *f)
{
    struct collection c;
    collection_begin(&c, f);
    for (FUNC_EACH_ROW(f, row)) {
        collection_open(&c);
        add_distinct(&c, f->args[0], row, f->args[1], false);
        collection_close(&c, row);
    }
    return NULL;
}
FUNCTION(array_except, "ARRAY_EXCEPT", FUNC_STRICT, two_signatures, "ARRAY_EXCEPT(a, b)",
    "Each different element of a that is not in b.", "ARRAY_EXCEPT(ARRAY[1, 2], ARRAY[2]) → [1]")

static struct err *eval_array_intersect(struct func_frame *f)
{
    struct collection c;
    collection_begin(&c, f);
    for (FUNC_EACH_ROW(f, row)) {
        collection_open(&c);
        add_distinct(&c, f->args[0], row, f->args[1], true);
        collection_close(&c, row);
    }
    return NULL;
}
FUNCTION(array_intersect, "ARRAY_INTERSECT", FUNC_STRICT, two_signatures, "ARRAY_INTERSECT(a, b)",
    "Each different element that is in both arrays.",
    "ARRAY_INTERSECT(ARRAY[1, 2], ARRAY[2, 3]) → [2]")

static const struct func_signature element_signatures[] = {
    {"ARRAY<T>, T -> ARRAY<T>", NULL},
    {NULL, NULL},
};

/* The element may be NULL, the array may not. */
static struct err *add_element(struct func_frame *f, bool append)
{
    struct collection c;
    collection_begin(&c, f);
    for (FUNC_EACH_ROW(f, row)) {
        if (!column_is_valid(f->args[0], row)) {
            column_set_null(f->out, row);
            continue;
        }
        collection_open(&c);
        if (!append) collection_add(&c, f->args[1], row);
        add_span(&c, f->args[0], row);
        if (append) collection_add(&c, f->args[1], row);
        collection_close(&c, row);
    }
    return NULL;
}

static struct err *eval_array_append(struct func_frame *f)
{
    return add_element(f, true);
}
FUNCTION(array_append, "ARRAY_APPEND", 0, element_signatures, "ARRAY_APPEND(array, x)",
    "The array with one more element at its end.", "ARRAY_APPEND(ARRAY[1], 2) → [1, 2]")

static struct err *eval_array_prepend(struct func_frame *f)
{
    return add_element(f, false);
}
FUNCTION(array_prepend, "ARRAY_PREPEND", 0, element_signatures, "ARRAY_PREPEND(array, x)",
    "The array with one more element before its first.", "ARRAY_PREPEND(ARRAY[2], 1) → [1, 2]")

static struct err *eval_array_remove(struct func_frame *f)
{
    const struct column *array = f->args[0];
    struct collection c;
    collection_begin(&c, f);
    for (FUNC_EACH_ROW(f, row)) {
        if (!column_is_valid(array, row)) {
            column_set_null(f->out, row);
            continue;
        }
        struct span s = collection_span(array, row);
        collection_open(&c);
        for (uint32_t i = s.first; i < s.first + s.count; i++)
            if (!column_rows_equal(array->children[0], i, f->args[1], row))
                collection_add(&c, array->children[0], i);
        collection_close(&c, row);
    }
    return NULL;
}
FUNCTION(array_remove, "ARRAY_REMOVE", 0, element_signatures, "ARRAY_REMOVE(array, x)",
    "The array without the elements that equal x.", "ARRAY_REMOVE(ARRAY[1, 2, 1], 1) → [2]")

static const struct func_signature contains_signatures[] = {
    {"ARRAY<T>, T -> BOOLEAN", NULL},
    {NULL, NULL},
};

static struct err *eval_array_contains(struct func_frame *f)
{
    uint8_t *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) {
        uint32_t position;
        if (!column_is_valid(f->args[0], row))
            column_set_null(f->out, row);
        else
            out[row] = contains(f->args[0], row, f->args[1], row, &position);
    }
    return NULL;
}
FUNCTION(array_contains, "ARRAY_CONTAINS", 0, contains_signatures, "ARRAY_CONTAINS(array, x)",
    "TRUE when an element equals x; x may be NULL.", "ARRAY_CONTAINS(ARRAY[1, 2], 2) → TRUE")

static const struct func_signature position_signatures[] = {
    {"ARRAY<T>, T -> INT", NULL},
    {NULL, NULL},
};

static struct err *eval_array_position(struct func_frame *f)
{
    int32_t *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) {
        uint32_t position;
        contains(f->args[0], row, f->args[1], row, &position);
        out[row] = (int32_t)position;
    }
    return NULL;
}
FUNCTION(array_position, "ARRAY_POSITION", FUNC_STRICT, position_signatures,
    "ARRAY_POSITION(array, x)", "The place of the first element that equals x, from 1; 0 if none.",
    "ARRAY_POSITION(ARRAY[5, 6], 6) → 2")

static struct err *eval_pick(struct func_frame *f, int sign)
{
    const struct column *array = f->args[0], *elements = array->children[0];
    for (FUNC_EACH_ROW(f, row)) {
        struct span s = collection_span(array, row);
        uint32_t best = UINT32_MAX;
        for (uint32_t i = s.first; i < s.first + s.count; i++) {
            if (!column_is_valid(elements, i)) continue;
            if (best == UINT32_MAX || column_rows_compare(elements, i, elements, best) * sign > 0)
                best = i;
        }
        if (best == UINT32_MAX)
            column_set_null(f->out, row);
        else
            collection_take(f->out, row, elements, best, f->arena);
    }
    return NULL;
}

static struct err *eval_array_max(struct func_frame *f)
{
    return eval_pick(f, 1);
}
FUNCTION(array_max, "ARRAY_MAX", FUNC_STRICT, pick_signatures, "ARRAY_MAX(array)",
    "The largest element that is not NULL.", "ARRAY_MAX(ARRAY[1, 3, 2]) → 3")

static struct err *eval_array_min(struct func_frame *f)
{
    return eval_pick(f, -1);
}
FUNCTION(array_min, "ARRAY_MIN", FUNC_STRICT, pick_signatures, "ARRAY_MIN(array)",
    "The smallest element that is not NULL.", "ARRAY_MIN(ARRAY[2, 1, 3]) → 1")

static const struct func_signature slice_signatures[] = {
    {"ARRAY<T>, INT, INT? -> ARRAY<T>", NULL},
    {NULL, NULL},
};

/* 1-based; negative counts from the end, 0 is 1. */
static int64_t place(int64_t given, int64_t count)
{
    return given < 0 ? given + count : given > 0 ? given - 1 : 0;
}

static struct err *eval_array_slice(struct func_frame *f)
{
    const struct column *array = f->args[0];
    const int32_t *from = f->args[1]->data;
    const int32_t *to = f->call->arg_count == 3 ? f->args[2]->data : NULL;
    struct collection c;
    collection_begin(&c, f);
    for (FUNC_EACH_ROW(f, row)) {
        struct span s = collection_span(array, row);
        int64_t first = place(from[row], s.count);
        int64_t last = to ? place(to[row], s.count) : (int64_t)s.count - 1;
        if (first < 0) first = 0;
        if (last >= s.count) last = (int64_t)s.count - 1;
        collection_open(&c);
        for (int64_t i = first; i <= last; i++)
            collection_add(&c, array->children[0], s.first + (uint32_t)i);
        collection_close(&c, row);
    }
    return NULL;
}
FUNCTION(array_slice, "ARRAY_SLICE", FUNC_STRICT, slice_signatures,
    "ARRAY_SLICE(array, first[, last])",
    "The elements from first to last, both included, from 1; negative numbers count from the end.",
    "ARRAY_SLICE(ARRAY[1, 2, 3], 2) → [2, 3]")

static const struct func_signature sort_signatures[] = {
    {"ARRAY<T>, BOOLEAN?, BOOLEAN? -> ARRAY<T>", NULL},
    {NULL, NULL},
};

/* NULLs come first when ascending and last when descending, unless it is said. */
static int order(const struct column *c, uint32_t a, uint32_t b, bool ascending, bool nulls_first)
{
    bool valid_a = column_is_valid(c, a), valid_b = column_is_valid(c, b);
    if (!valid_a || !valid_b) return valid_a == valid_b ? 0 : valid_a == nulls_first ? 1 : -1;
    int o = column_rows_compare(c, a, c, b);
    return ascending ? o : -o;
}

/* Stable: merges runs of doubling length. */
static void sort_places(const struct column *c, uint32_t *places, uint32_t *scratch, uint32_t count,
    bool ascending, bool nulls_first)
{
    for (uint32_t width = 1; width < count; width *= 2) {
        for (uint32_t at = 0; at < count; at += 2 * width) {
            uint32_t middle = at + width < count ? at + width : count;
            uint32_t end = at + 2 * width < count ? at + 2 * width : count;
            uint32_t left = at, right = middle;
            for (uint32_t out = at; out < end; out++) {
                bool take_left =
                    left < middle && (right == end || order(c, places[left], places[right],
                                                          ascending, nulls_first) <= 0);
                scratch[out] = take_left ? places[left++] : places[right++];
            }
        }
        memcpy(places, scratch, count * sizeof *places);
    }
}

static struct err *eval_array_sort(struct func_frame *f)
{
    const struct column *array = f->args[0], *elements = array->children[0];
    uint32_t *places = ARENA_ARRAY(f->arena, uint32_t, array->child_rows + 1);
    uint32_t *scratch = ARENA_ARRAY(f->arena, uint32_t, array->child_rows + 1);
    struct collection c;
    collection_begin(&c, f);
    for (FUNC_EACH_ROW(f, row)) {
        struct span s = collection_span(array, row);
        uint32_t args = f->call->arg_count;
        bool ascending = args < 2 || ((const uint8_t *)f->args[1]->data)[row];
        bool nulls_first = args < 3 ? ascending : ((const uint8_t *)f->args[2]->data)[row];
        for (uint32_t i = 0; i < s.count; i++) places[i] = s.first + i;
        sort_places(elements, places, scratch, s.count, ascending, nulls_first);
        collection_open(&c);
        for (uint32_t i = 0; i < s.count; i++) collection_add(&c, elements, places[i]);
        collection_close(&c, row);
    }
    return NULL;
}
FUNCTION(array_sort, "ARRAY_SORT", FUNC_STRICT, sort_signatures,
    "ARRAY_SORT(array[, ascending[, nulls_first]])",
    "The elements in order, ascending unless FALSE is given. NULLs come first when ascending.",
    "ARRAY_SORT(ARRAY[3, 1, 2]) → [1, 2, 3]")

static const struct func_signature join_signatures[] = {
    {"ARRAY<STRING>, STRING, STRING? -> STRING", NULL},
    {NULL, NULL},
};

enum { JOINED_BYTES_MAX = 16 << 20 };

static struct err *eval_array_join(struct func_frame *f)
{
    const struct column *array = f->args[0], *elements = array->children[0];
    const struct str *values = elements->data, *between = f->args[1]->data;
    const struct str *missing = f->call->arg_count == 3 ? f->args[2]->data : NULL;
    struct buf text;
    buf_init(&text, JOINED_BYTES_MAX);
    for (FUNC_EACH_ROW(f, row)) {
        struct span s = collection_span(array, row);
        bool first = true;
        buf_clear(&text);
        for (uint32_t i = s.first; i < s.first + s.count; i++) {
            bool valid = column_is_valid(elements, i);
            if (!valid && !missing) continue;
            if (!first) buf_add_slice(&text, str_slice(&between[row]));
            first = false;
            buf_add_slice(&text, valid ? str_slice(&values[i]) : str_slice(&missing[row]));
        }
        if (text.overflow) {
            buf_free(&text);
            FUNC_FAIL(
                f, row, ERR_LIMIT_EXCEEDED, "ARRAY_JOIN: more than %d bytes", JOINED_BYTES_MAX);
        }
        ((struct str *)f->out->data)[row] = str_copy(f->arena, text.p, (uint32_t)text.n);
    }
    buf_free(&text);
    return NULL;
}
FUNCTION(array_join, "ARRAY_JOIN", FUNC_STRICT, join_signatures,
    "ARRAY_JOIN(array, delimiter[, null_text])",
    "The elements as one string; NULLs are left out unless a text for them is given.",
    "ARRAY_JOIN(ARRAY['a', 'b'], ',') → a,b")
