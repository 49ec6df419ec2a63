#include "func/agg/agg_value.h"

#include "base/hash.h"
#include "base/heap.h"
#include "base/mem.h"

union agg_value agg_value_view(
    const struct agg_value_type *t, const struct column *c, uint32_t row, struct buf *scratch)
{
    union agg_value v;
    memset(&v, 0, sizeof v);
    switch (t->layout) {
    case LAYOUT_BOOL: v.wide = ((const uint8_t *)c->data)[row]; break;
    case LAYOUT_I8: v.wide = ((const int8_t *)c->data)[row]; break;
    case LAYOUT_I16: v.wide = ((const int16_t *)c->data)[row]; break;
    case LAYOUT_I32: v.wide = ((const int32_t *)c->data)[row]; break;
    case LAYOUT_I64: v.wide = ((const int64_t *)c->data)[row]; break;
    case LAYOUT_I128: v.wide = ((const i128 *)c->data)[row]; break;
    case LAYOUT_F32: v.f64 = (double)((const float *)c->data)[row]; break;
    case LAYOUT_F64: v.f64 = ((const double *)c->data)[row]; break;
    case LAYOUT_STR: v.text = ((const struct str *)c->data)[row]; break;
    case LAYOUT_SPAN:
    case LAYOUT_ROW:
        buf_clear(scratch);
        row_encode_value(c, row, scratch);
        v.text = str_view(scratch->p, (uint32_t)scratch->n);
        break;
    }
    return v;
}

static struct err *no_room(struct heap *heap, size_t bytes)
{
    struct mem_budget *budget = heap_budget(heap);
    if (budget) return mem_budget_fail(budget, bytes);
    FAIL(ERR_OUT_OF_MEMORY, "no memory for %zu bytes of aggregate state", bytes);
}

struct err *agg_value_keep(const struct agg_value_type *t, union agg_value *v, struct heap *heap)
{
    if (!agg_value_is_text(t) || v->text.size <= STR_INLINE_MAX) return NULL;
    char *copy = heap_take(heap, v->text.size);
    if (!copy) return no_room(heap, v->text.size);
    memcpy(copy, v->text.p, v->text.size);
    v->text.p = copy;
    return NULL;
}

void agg_value_release(const struct agg_value_type *t, union agg_value *v, struct heap *heap)
{
    if (!agg_value_is_text(t) || v->text.size <= STR_INLINE_MAX) return;
    union {
        const char *in;
        char *out;
    } p = {v->text.p};
    heap_give(heap, p.out, v->text.size);
}

static int compare_double(double a, double b)
{
    if (a < b) return -1;
    if (a > b) return 1;
    if (a == b && a != 0.0) return 0;
    /* Zeros by sign, NaN above everything. */
    int rank_a = a != a ? 2 : __builtin_signbit(a) ? 0 : 1;
    int rank_b = b != b ? 2 : __builtin_signbit(b) ? 0 : 1;
    return (rank_a > rank_b) - (rank_a < rank_b);
}

int agg_value_compare(
    const struct agg_value_type *t, const union agg_value *a, const union agg_value *b)
{
    if (agg_value_is_text(t)) {
        int order = str_compare(&a->text, &b->text);
        return (order > 0) - (order < 0);
    }
    if (t->layout == LAYOUT_F32 || t->layout == LAYOUT_F64) return compare_double(a->f64, b->f64);
    return (a->wide > b->wide) - (a->wide < b->wide);
}

uint64_t agg_value_hash(const struct agg_value_type *t, const union agg_value *v)
{
    if (agg_value_is_text(t)) return hash_bytes(str_bytes(&v->text), v->text.size, 0);
    if (t->layout == LAYOUT_F32 || t->layout == LAYOUT_F64) return hash_bytes(&v->f64, 8, 0);
    return hash_u128((u128)v->wide);
}

struct err *agg_value_put(const struct agg_value_type *t, const union agg_value *v,
    struct column *out, uint32_t row, struct arena *arena)
{
    column_set_valid(out, row);
    switch (t->layout) {
    case LAYOUT_BOOL: ((uint8_t *)out->data)[row] = (uint8_t)v->wide; break;
    case LAYOUT_I8: ((int8_t *)out->data)[row] = (int8_t)v->wide; break;
    case LAYOUT_I16: ((int16_t *)out->data)[row] = (int16_t)v->wide; break;
    case LAYOUT_I32: ((int32_t *)out->data)[row] = (int32_t)v->wide; break;
    case LAYOUT_I64: ((int64_t *)out->data)[row] = (int64_t)v->wide; break;
    case LAYOUT_I128: ((i128 *)out->data)[row] = v->wide; break;
    case LAYOUT_F32: ((float *)out->data)[row] = (float)v->f64; break;
    case LAYOUT_F64: ((double *)out->data)[row] = v->f64; break;
    case LAYOUT_STR:
        ((struct str *)out->data)[row] = str_copy(arena, str_bytes(&v->text), v->text.size);
        break;
    case LAYOUT_SPAN:
    case LAYOUT_ROW: {
        const unsigned char *p = (const unsigned char *)str_bytes(&v->text);
        struct reader r = {p, p + v->text.size};
        return row_decode_value(&r, out, row, arena);
    }
    }
    return NULL;
}

void agg_value_save(const struct agg_value_type *t, const union agg_value *v, struct buf *out)
{
    if (agg_value_is_text(t))
        buf_add_sized(out, str_slice(&v->text));
    else
        buf_add(out, v, sizeof *v);
}

struct err *agg_value_load(
    const struct agg_value_type *t, union agg_value *v, struct reader *r, struct heap *heap)
{
    memset(v, 0, sizeof *v);
    if (agg_value_is_text(t)) {
        struct slice text;
        TRY(reader_slice(r, &text));
        v->text = str_view(text.p, (uint32_t)text.n);
        return agg_value_keep(t, v, heap);
    }
    struct slice raw;
    TRY(reader_bytes(r, sizeof *v, &raw));
    memcpy(v, raw.p, sizeof *v);
    return NULL;
}
