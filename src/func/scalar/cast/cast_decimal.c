/* DECIMAL to and from numbers and BOOLEAN. What does not fit the precision becomes NULL. */
#include <math.h>

#include "base/check.h"
#include "func/scalar/cast/cast.h"
#include "type/decimal.h"

static int64_t integer_at(const struct column *c, uint32_t row)
{
    switch (c->layout) {
    case LAYOUT_BOOL: return ((const uint8_t *)c->data)[row];
    case LAYOUT_I8: return ((const int8_t *)c->data)[row];
    case LAYOUT_I16: return ((const int16_t *)c->data)[row];
    case LAYOUT_I32: return ((const int32_t *)c->data)[row];
    case LAYOUT_I64: return ((const int64_t *)c->data)[row];
    case LAYOUT_I128:
    case LAYOUT_F32:
    case LAYOUT_F64:
    case LAYOUT_STR:
    case LAYOUT_SPAN:
    case LAYOUT_ROW: break;
    }
    UNREACHABLE();
}

/* 10^scale times a number that surely fits. */
#define RAISE(name, ctype)                                         \
    static struct err *raise_##name(struct cast_run *r)            \
    {                                                              \
        const ctype *restrict in = r->in->data;                    \
        i128 *restrict out = r->out->data;                         \
        i128 by = decimal_powers[r->cast->to->scale];              \
        for (CAST_EACH_ROW(r, row)) out[row] = (i128)in[row] * by; \
        return NULL;                                               \
    }
RAISE(i32, int32_t)
RAISE(i64, int64_t)

static struct err *from_integer(struct cast_run *r)
{
    const struct type *to = r->cast->to;
    i128 *out = r->out->data;
    for (CAST_EACH_ROW(r, row))
        if (!decimal_from_i64(integer_at(r->in, row), to->precision, to->scale, &out[row]))
            column_set_null(r->out, row);
    return NULL;
}

static struct err *from_decimal(struct cast_run *r)
{
    const struct type *to = r->cast->to;
    int32_t scale = r->cast->from->scale;
    const i128 *in = r->in->data;
    i128 *out = r->out->data;
    for (CAST_EACH_ROW(r, row))
        if (!decimal_rescale(in[row], scale, to->precision, to->scale, &out[row]))
            column_set_null(r->out, row);
    return NULL;
}

/* More digits before and after the point than before: nothing to round or to refuse. */
static struct err *widen_decimal(struct cast_run *r)
{
    const i128 *restrict in = r->in->data;
    i128 *restrict out = r->out->data;
    i128 by = decimal_powers[r->cast->to->scale - r->cast->from->scale];
    for (CAST_EACH_ROW(r, row)) out[row] = (i128)((u128)in[row] * (u128)by);
    return NULL;
}

static struct err *from_floating(struct cast_run *r)
{
    const struct type *to = r->cast->to;
    bool single = r->in->layout == LAYOUT_F32;
    i128 *out = r->out->data;
    struct err *e = NULL;
    for (CAST_EACH_ROW(r, row)) {
        float f = single ? ((const float *)r->in->data)[row] : 0;
        double d = single ? (double)f : ((const double *)r->in->data)[row];
        if (!isfinite(d)) {
            if (!cast_refuse(r, row, ERR_INVALID_VALUE, &e)) return e;
            continue;
        }
        bool fits = single ? decimal_from_float(f, to->precision, to->scale, &out[row])
                           : decimal_from_double(d, to->precision, to->scale, &out[row]);
        if (!fits) column_set_null(r->out, row);
    }
    return NULL;
}

static struct err *to_number(struct cast_run *r)
{
    int32_t scale = r->cast->from->scale;
    const i128 *in = r->in->data;
    void *out = r->out->data;
    for (CAST_EACH_ROW(r, row)) {
        switch (r->out->layout) {
        case LAYOUT_BOOL: ((uint8_t *)out)[row] = in[row] != 0; break;
        case LAYOUT_I8: ((int8_t *)out)[row] = (int8_t)decimal_to_i64(in[row], scale); break;
        case LAYOUT_I16: ((int16_t *)out)[row] = (int16_t)decimal_to_i64(in[row], scale); break;
        case LAYOUT_I32: ((int32_t *)out)[row] = (int32_t)decimal_to_i64(in[row], scale); break;
        case LAYOUT_I64: ((int64_t *)out)[row] = decimal_to_i64(in[row], scale); break;
        case LAYOUT_F32: ((float *)out)[row] = (float)decimal_to_double(in[row], scale); break;
        case LAYOUT_F64: ((double *)out)[row] = decimal_to_double(in[row], scale); break;
        case LAYOUT_I128:
        case LAYOUT_STR:
        case LAYOUT_SPAN:
        case LAYOUT_ROW: UNREACHABLE();
        }
    }
    return NULL;
}

static bool holds(const struct type *to, int32_t whole_digits)
{
    return to->precision - to->scale >= whole_digits;
}

cast_fn *cast_decimal_loop(const struct type *from, const struct type *to)
{
    if (to->kind != TYPE_DECIMAL)
        return type_is_numeric(to) || to->kind == TYPE_BOOLEAN ? to_number : NULL;
    if (from->kind == TYPE_DECIMAL) {
        bool widens = to->scale >= from->scale && holds(to, from->precision - from->scale);
        return widens ? widen_decimal : from_decimal;
    }
    if (from->kind == TYPE_INTEGER && holds(to, 10)) return raise_i32;
    if (from->kind == TYPE_BIGINT && holds(to, 19)) return raise_i64;
    if (type_is_integer(from) || from->kind == TYPE_BOOLEAN) return from_integer;
    return type_is_approximate(from) ? from_floating : NULL;
}
