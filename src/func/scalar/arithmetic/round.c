/* ROUND, TRUNCATE, FLOOR and CEIL of numbers. Digits may be negative: ROUND(15, -1) is 20. DOUBLE
 * and FLOAT are rounded by way of their shortest decimal text, as Flink's BigDecimal.valueOf. */
#include <math.h>

#include "base/check.h"
#include "func/infer.h"
#include "type/decimal.h"

enum { DIGITS_MAX = 400 }; /* more says nothing: a double has fewer */

static const char round_forms[] = "'ROUND(<NUMERIC>)' 'ROUND(<NUMERIC>, <INTEGER>)'";
static const char truncate_forms[] = "'TRUNCATE(<NUMERIC>)' 'TRUNCATE(<NUMERIC>, <INTEGER>)'";

static struct err *infer(struct func_infer *in, const struct func_def *def, const char *forms)
{
    if (in->arg_count < 1 || in->arg_count > 2)
        FAIL(ERR_UNDEFINED_FUNCTION,
            "Invalid number of arguments to function '%s'. Was expecting 1 arguments", def->name);
    const struct type *x = in->args[0].type;
    if (!type_is_numeric(x)) return func_infer_fail(def, in, forms);
    bool variable = false;
    int32_t digits = 0;
    if (in->arg_count == 2) {
        const struct type *n = in->args[1].type;
        if (n->kind < TYPE_TINYINT || n->kind > TYPE_INTEGER)
            return func_infer_fail(def, in, forms);
        in->arg_types[1] = func__nullable_as(in->arena, type_simple(TYPE_INTEGER), n);
        const struct value *literal = in->args[1].literal;
        variable = !literal || literal->null;
        if (!variable) digits = (int32_t)literal->i64;
    }
    const struct type *result = x;
    if (x->kind == TYPE_DECIMAL && !variable) result = type_decimal_round(in->arena, x, digits);
    in->result = type_with_nullable(in->arena, result, func__any_nullable(in));
    return NULL;
}

static int32_t digits_at(const struct func_frame *f, uint32_t row)
{
    if (f->call->arg_count < 2) return 0;
    int32_t digits = ((const int32_t *)f->args[1]->data)[row];
    return digits > DIGITS_MAX ? DIGITS_MAX : digits < -DIGITS_MAX ? -DIGITS_MAX : digits;
}

/* An integer loses low digits only; the result wraps like every integer. */
static int64_t round_integer(int64_t v, int32_t digits, enum decimal_rounding rounding)
{
    if (digits >= 0) return v;
    if (digits < -DECIMAL_PRECISION_MAX) return 0;
    i128 kept = decimal_shift_right(v, -digits, rounding);
    return (int64_t)(uint64_t)(u128)(kept * (kept ? decimal_powers[-digits] : 0));
}

static double round_double(double v, int32_t digits, enum decimal_rounding rounding)
{
    enum { EXACT_SCALE = 17 }; /* digits that a double has at most */
    i128 unscaled;
    if (!isfinite(v) || digits > EXACT_SCALE) return v;
    if (!decimal_from_double(v, DECIMAL_PRECISION_MAX, EXACT_SCALE, &unscaled)) return v;
    if (digits < -DECIMAL_PRECISION_MAX) return 0;
    bool overflow = false;
    i128 kept = decimal_round(unscaled, EXACT_SCALE, digits, rounding, &overflow);
    return overflow ? v : decimal_to_double(kept, digits > 0 ? digits : 0);
}

/* ROUND of a DECIMAL with digits that vary keeps the argument's scale. */
static void round_decimals(struct func_frame *f, enum decimal_rounding rounding)
{
    int32_t scale = f->call->arg_types[0]->scale;
    const struct type *to = f->call->type;
    const i128 *a = f->args[0]->data;
    i128 *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) {
        int32_t digits = digits_at(f, row);
        bool overflow = false;
        i128 v = decimal_round(a[row], scale, digits, rounding, &overflow);
        int32_t have = digits >= scale ? scale : digits > 0 ? digits : 0;
        bool fits = decimal_rescale(v, have, to->precision, to->scale, &out[row]);
        if (overflow || !fits) column_set_null(f->out, row);
    }
}

#define LOOP(ctype, call)                                     \
    do {                                                      \
        const ctype *a = f->args[0]->data;                    \
        ctype *out = f->out->data;                            \
        for (FUNC_EACH_ROW(f, row)) out[row] = (ctype)(call); \
        return NULL;                                          \
    } while (0)

static struct err *run(struct func_frame *f, enum decimal_rounding rounding)
{
    switch (f->out->layout) {
    case LAYOUT_I8: LOOP(int8_t, round_integer(a[row], digits_at(f, row), rounding));
    case LAYOUT_I16: LOOP(int16_t, round_integer(a[row], digits_at(f, row), rounding));
    case LAYOUT_I32: LOOP(int32_t, round_integer(a[row], digits_at(f, row), rounding));
    case LAYOUT_I64: LOOP(int64_t, round_integer(a[row], digits_at(f, row), rounding));
    case LAYOUT_F32: LOOP(float, round_double((double)a[row], digits_at(f, row), rounding));
    case LAYOUT_F64: LOOP(double, round_double(a[row], digits_at(f, row), rounding));
    case LAYOUT_I128: round_decimals(f, rounding); return NULL;
    case LAYOUT_BOOL:
    case LAYOUT_STR:
    case LAYOUT_SPAN:
    case LAYOUT_ROW: break;
    }
    UNREACHABLE();
}

extern const struct func_def func_round, func_truncate;

static struct err *infer_round(struct func_infer *in)
{
    return infer(in, &func_round, round_forms);
}

static struct err *infer_truncate(struct func_infer *in)
{
    return infer(in, &func_truncate, truncate_forms);
}

static struct err *eval_round(struct func_frame *f)
{
    return run(f, DECIMAL_HALF_UP);
}

static struct err *eval_truncate(struct func_frame *f)
{
    return run(f, DECIMAL_DOWN);
}

const struct func_def func_round = {
    .name = "ROUND",
    .flags = FUNC_STRICT | FUNC_TOTAL,
    .infer = infer_round,
    .eval = eval_round,
    .signature_doc = "ROUND(x[, digits])",
    .doc = "x rounded half up to so many digits after the point; negative digits round before it.",
    .example = "ROUND(1.25, 1) → 1.3",
};

const struct func_def func_truncate = {
    .name = "TRUNCATE",
    .flags = FUNC_STRICT | FUNC_TOTAL,
    .infer = infer_truncate,
    .eval = eval_truncate,
    .signature_doc = "TRUNCATE(x[, digits])",
    .doc = "x cut to so many digits after the point, toward zero.",
    .example = "TRUNCATE(-1.29, 1) → -1.2",
};

static struct err *infer_whole(struct func_infer *in, const struct func_def *def)
{
    if (in->arg_count != 1 || !type_is_numeric(in->args[0].type))
        return func_infer_fail(def, in, NULL);
    const struct type *x = in->args[0].type;
    in->result = x;
    if (x->kind == TYPE_DECIMAL)
        in->result = type_new(in->arena, TYPE_DECIMAL, x->precision, 0, x->nullable);
    return NULL;
}

static struct err *run_whole(struct func_frame *f, bool up)
{
    int32_t scale = f->call->arg_types[0]->scale;
    enum decimal_rounding rounding = up ? DECIMAL_CEILING : DECIMAL_FLOOR;
    switch (f->out->layout) {
    case LAYOUT_I8: LOOP(int8_t, a[row]);
    case LAYOUT_I16: LOOP(int16_t, a[row]);
    case LAYOUT_I32: LOOP(int32_t, a[row]);
    case LAYOUT_I64: LOOP(int64_t, a[row]);
    case LAYOUT_I128: LOOP(i128, decimal_shift_right(a[row], scale, rounding));
    case LAYOUT_F32: LOOP(float, up ? ceilf(a[row]) : floorf(a[row]));
    case LAYOUT_F64: LOOP(double, up ? ceil(a[row]) : floor(a[row]));
    case LAYOUT_BOOL:
    case LAYOUT_STR:
    case LAYOUT_SPAN:
    case LAYOUT_ROW: break;
    }
    UNREACHABLE();
}

extern const struct func_def func_floor, func_ceil;

static struct err *infer_floor(struct func_infer *in)
{
    return infer_whole(in, &func_floor);
}

static struct err *infer_ceil(struct func_infer *in)
{
    return infer_whole(in, &func_ceil);
}

static struct err *eval_floor(struct func_frame *f)
{
    return run_whole(f, false);
}

static struct err *eval_ceil(struct func_frame *f)
{
    return run_whole(f, true);
}

const struct func_def func_floor = {
    .name = "FLOOR",
    .flags = FUNC_STRICT | FUNC_TOTAL,
    .infer = infer_floor,
    .eval = eval_floor,
    .signature_doc = "FLOOR(x)",
    .doc = "The largest whole number that is not larger than x, in its type; a DECIMAL loses its "
           "fraction digits. FLOOR(t TO unit) is for times.",
    .example = "FLOOR(-1.5) → -2",
};

static const char *const ceil_aliases[] = {"CEILING", NULL};
const struct func_def func_ceil = {
    .name = "CEIL",
    .aliases = ceil_aliases,
    .flags = FUNC_STRICT | FUNC_TOTAL,
    .infer = infer_ceil,
    .eval = eval_ceil,
    .signature_doc = "CEIL(x)",
    .doc = "The smallest whole number that is not smaller than x, in its type; a DECIMAL loses its "
           "fraction digits. CEIL(t TO unit) is for times.",
    .example = "CEIL(-1.5) → -1",
};
