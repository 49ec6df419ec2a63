#include "base/arena.h"
#include "base/check.h"
#include "type/value.h"
#include "vec/column.h"

static uint32_t slice_size(struct slice s)
{
    ASSERT(s.n <= UINT32_MAX);
    return (uint32_t)s.n;
}

/* `stride` children take turns in the items of a list: 1 for arrays, 2 for maps and multisets. */
static void set_span(struct column *c, uint32_t row, const struct value *v, struct arena *a)
{
    uint32_t stride = c->child_count, elements = v->list.count / stride;
    uint32_t first = c->child_rows;
    column_reserve_children(c, first + elements, a);
    for (uint32_t i = 0; i < elements; i++)
        for (uint32_t k = 0; k < stride; k++)
            column_set_value(c->children[k], first + i, &v->list.items[i * stride + k], a);
    c->child_rows = first + elements;
    ((struct span *)c->data)[row] = (struct span){first, elements};
}

void column_set_value(struct column *c, uint32_t row, const struct value *v, struct arena *a)
{
    ASSERT(row < c->capacity);
    if (v->null || c->type->kind == TYPE_NULL) {
        column_set_null_deep(c, row);
        return;
    }
    column_set_valid(c, row);
    switch (c->layout) {
    case LAYOUT_BOOL: ((uint8_t *)c->data)[row] = v->boolean; return;
    case LAYOUT_I8: ((int8_t *)c->data)[row] = (int8_t)v->i64; return;
    case LAYOUT_I16: ((int16_t *)c->data)[row] = (int16_t)v->i64; return;
    case LAYOUT_I32: ((int32_t *)c->data)[row] = (int32_t)v->i64; return;
    case LAYOUT_I64: ((int64_t *)c->data)[row] = v->i64; return;
    case LAYOUT_I128: ((i128 *)c->data)[row] = v->wide; return;
    case LAYOUT_F32: ((float *)c->data)[row] = v->f32; return;
    case LAYOUT_F64: ((double *)c->data)[row] = v->f64; return;
    case LAYOUT_STR:
        ((struct str *)c->data)[row] = str_copy(a, v->text.p, slice_size(v->text));
        return;
    case LAYOUT_SPAN: set_span(c, row, v, a); return;
    case LAYOUT_ROW:
        ASSERT(v->list.count == c->child_count);
        for (uint32_t i = 0; i < c->child_count; i++)
            column_set_value(c->children[i], row, &v->list.items[i], a);
        return;
    }
}

static void get_span(const struct column *c, uint32_t row, struct arena *a, struct value *out)
{
    struct span s = ((const struct span *)c->data)[row];
    uint32_t stride = c->child_count;
    out->list.count = s.count * stride;
    out->list.items = ARENA_ARRAY(a, struct value, (size_t)s.count * stride);
    for (uint32_t i = 0; i < s.count; i++)
        for (uint32_t k = 0; k < stride; k++)
            column_get_value(c->children[k], s.first + i, a, &out->list.items[i * stride + k]);
}

void column_get_value(const struct column *c, uint32_t row, struct arena *a, struct value *out)
{
    *out = (struct value){.null = !column_is_valid(c, row)};
    if (out->null) return;
    switch (c->layout) {
    case LAYOUT_BOOL: out->boolean = ((const uint8_t *)c->data)[row] != 0; return;
    case LAYOUT_I8: out->i64 = ((const int8_t *)c->data)[row]; return;
    case LAYOUT_I16: out->i64 = ((const int16_t *)c->data)[row]; return;
    case LAYOUT_I32: out->i64 = ((const int32_t *)c->data)[row]; return;
    case LAYOUT_I64: out->i64 = ((const int64_t *)c->data)[row]; return;
    case LAYOUT_I128: out->wide = ((const i128 *)c->data)[row]; return;
    case LAYOUT_F32: out->f32 = ((const float *)c->data)[row]; return;
    case LAYOUT_F64: out->f64 = ((const double *)c->data)[row]; return;
    case LAYOUT_STR: out->text = str_slice((const struct str *)c->data + row); return;
    case LAYOUT_SPAN: get_span(c, row, a, out); return;
    case LAYOUT_ROW:
        out->list.count = c->child_count;
        out->list.items = ARENA_ARRAY(a, struct value, c->child_count);
        for (uint32_t i = 0; i < c->child_count; i++)
            column_get_value(c->children[i], row, a, &out->list.items[i]);
        return;
    }
}

/* NaN is one value, larger than all others; -0.0 is 0.0. */
static int compare_double(double a, double b)
{
    bool nan_a = a != a, nan_b = b != b;
    if (nan_a || nan_b) return nan_a - nan_b;
    return (a > b) - (a < b);
}

static int compare_str(
    const struct column *a, uint32_t row_a, const struct column *b, uint32_t row_b)
{
    return str_compare((const struct str *)a->data + row_a, (const struct str *)b->data + row_b);
}

/* Lexicographic, as Flink compares arrays. */
static int compare_span(
    const struct column *a, uint32_t row_a, const struct column *b, uint32_t row_b)
{
    struct span x = ((const struct span *)a->data)[row_a];
    struct span y = ((const struct span *)b->data)[row_b];
    for (uint32_t i = 0; i < x.count && i < y.count; i++)
        for (uint32_t k = 0; k < a->child_count; k++) {
            int order =
                column_rows_compare(a->children[k], x.first + i, b->children[k], y.first + i);
            if (order) return order;
        }
    return (x.count > y.count) - (x.count < y.count);
}

static int compare_row(
    const struct column *a, uint32_t row_a, const struct column *b, uint32_t row_b)
{
    for (uint32_t i = 0; i < a->child_count; i++) {
        int order = column_rows_compare(a->children[i], row_a, b->children[i], row_b);
        if (order) return order;
    }
    return 0;
}

#define COMPARE(ctype)                                                                  \
    do {                                                                                \
        ctype x = ((const ctype *)a->data)[row_a], y = ((const ctype *)b->data)[row_b]; \
        return (x > y) - (x < y);                                                       \
    } while (0)

int column_rows_compare(
    const struct column *a, uint32_t row_a, const struct column *b, uint32_t row_b)
{
    ASSERT(a->layout == b->layout);
    bool valid_a = column_is_valid(a, row_a), valid_b = column_is_valid(b, row_b);
    if (!valid_a || !valid_b) return valid_a - valid_b;
    switch (a->layout) {
    case LAYOUT_BOOL: COMPARE(uint8_t);
    case LAYOUT_I8: COMPARE(int8_t);
    case LAYOUT_I16: COMPARE(int16_t);
    case LAYOUT_I32: COMPARE(int32_t);
    case LAYOUT_I64: COMPARE(int64_t);
    case LAYOUT_I128: COMPARE(i128);
    case LAYOUT_F32:
        return compare_double(
            (double)((const float *)a->data)[row_a], (double)((const float *)b->data)[row_b]);
    case LAYOUT_F64:
        return compare_double(((const double *)a->data)[row_a], ((const double *)b->data)[row_b]);
    case LAYOUT_STR: return compare_str(a, row_a, b, row_b);
    case LAYOUT_SPAN: return compare_span(a, row_a, b, row_b);
    case LAYOUT_ROW: return compare_row(a, row_a, b, row_b);
    }
    UNREACHABLE();
}
#undef COMPARE

static bool entries_equal(
    const struct column *a, uint32_t at_a, const struct column *b, uint32_t at_b)
{
    for (uint32_t k = 0; k < a->child_count; k++)
        if (!column_rows_equal(a->children[k], at_a, b->children[k], at_b)) return false;
    return true;
}

/* Arrays are equal in order. Maps and multisets have unique keys, so that equal counts and every
 * entry found decide; the search starts where the other side has the entry, which is where it
 * is in maps that were made alike. */
static bool spans_equal(
    const struct column *a, uint32_t row_a, const struct column *b, uint32_t row_b)
{
    struct span x = ((const struct span *)a->data)[row_a];
    struct span y = ((const struct span *)b->data)[row_b];
    if (x.count != y.count) return false;
    bool ordered = a->type->kind == TYPE_ARRAY;
    for (uint32_t i = 0; i < x.count; i++) {
        uint32_t tries = ordered ? 1 : y.count, n = 0;
        while (n < tries &&
               !entries_equal(a, x.first + i, b, y.first + (uint32_t)(((uint64_t)i + n) % y.count)))
            n++;
        if (n == tries) return false;
    }
    return true;
}

bool column_rows_equal(
    const struct column *a, uint32_t row_a, const struct column *b, uint32_t row_b)
{
    ASSERT(a->layout == b->layout);
    bool valid_a = column_is_valid(a, row_a), valid_b = column_is_valid(b, row_b);
    if (!valid_a || !valid_b) return valid_a == valid_b;
    if (a->layout == LAYOUT_STR)
        return str_equal((const struct str *)a->data + row_a, (const struct str *)b->data + row_b);
    if (a->layout == LAYOUT_SPAN) return spans_equal(a, row_a, b, row_b);
    if (a->layout == LAYOUT_ROW) return entries_equal(a, row_a, b, row_b);
    return column_rows_compare(a, row_a, b, row_b) == 0;
}
