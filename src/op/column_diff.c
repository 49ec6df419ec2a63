#include "op/column_diff.h"

#include "base/num.h"

#define DIFF(T)                                                                  \
    do {                                                                         \
        const T *v = c->data;                                                    \
        for (uint32_t i = 0; i < count; i++) differs[i] |= v[i] != v[other + i]; \
    } while (0)

static void diff_values(const struct column *c, uint32_t other, uint32_t count, uint8_t *differs)
{
    switch (c->layout) {
    case LAYOUT_BOOL:
    case LAYOUT_I8: DIFF(int8_t); break;
    case LAYOUT_I16: DIFF(int16_t); break;
    case LAYOUT_I32: DIFF(int32_t); break;
    case LAYOUT_I64: DIFF(int64_t); break;
    case LAYOUT_I128: DIFF(i128); break;
    case LAYOUT_F32: DIFF(float); break;
    case LAYOUT_F64: DIFF(double); break;
    case LAYOUT_STR:
    case LAYOUT_SPAN:
    case LAYOUT_ROW:
        for (uint32_t i = 0; i < count; i++) differs[i] |= !column_rows_equal(c, i, c, other + i);
        break;
    }
}

static bool differ(const struct column *c, uint32_t a, uint32_t b)
{
    bool valid_a = column_is_valid(c, a), valid_b = column_is_valid(c, b);
    if (!valid_a || !valid_b) return valid_a != valid_b;
    uint32_t size = layout_size_bytes(c->layout);
    if (c->layout == LAYOUT_F64) {
        const double *v = c->data;
        return v[a] != v[b];
    }
    if (c->layout == LAYOUT_F32) {
        const float *v = c->data;
        return v[a] != v[b];
    }
    if (c->layout >= LAYOUT_STR) return !column_rows_equal(c, a, c, b);
    const char *v = c->data;
    return memcmp(v + (size_t)a * size, v + (size_t)b * size, size) != 0;
}

void column_diff(const struct column *c, uint32_t other, uint32_t count, uint8_t *differs)
{
    if (!c->has_nulls) {
        diff_values(c, other, count, differs);
        return;
    }
    for (uint32_t i = 0; i < count; i++) differs[i] |= differ(c, i, other + i);
}
