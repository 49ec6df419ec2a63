/* / and % (MOD). A divisor that is 0 fails the job, for floating point it gives Infinity or NaN.
 * Division of 32 and 64-bit integers by a constant is a multiplication with a reciprocal (Warren,
 * Hacker's Delight, 10-3: magic numbers for signed division). */
#include "base/arena.h"
#include "base/check.h"
#include "func/infer.h"
#include "func/scalar/arithmetic/arithmetic.h"
#include "type/decimal.h"
#include "vec/kernel.h"

#define T int8_t
#define U uint32_t
#define FN(name) name##_i8
#include "func/scalar/arithmetic/divide.inc"
#define T int16_t
#define U uint32_t
#define FN(name) name##_i16
#include "func/scalar/arithmetic/divide.inc"
#define T int32_t
#define U uint32_t
#define FN(name) name##_i32
#include "func/scalar/arithmetic/divide.inc"
#define T int64_t
#define U uint64_t
#define FN(name) name##_i64
#include "func/scalar/arithmetic/divide.inc"

static uint32_t zero_i128(const i128 *b, const uint32_t *rows, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = rows ? rows[i] : i;
        if (b[row] == 0) return row;
    }
    return UINT32_MAX;
}

/* x / divisor == (high 64 bits of x * multiplier, plus x if add) >> shift, plus 1 if x < 0 */
struct reciprocal {
    int64_t divisor;
    int64_t multiplier;
    int shift;
    int add; /* 1, 0 or -1 times x */
};

/* |divisor| >= 2. Warren's magic(), 64-bit. */
static struct reciprocal make_reciprocal(int64_t divisor)
{
    const uint64_t two63 = UINT64_C(1) << 63;
    uint64_t ad = divisor < 0 ? 0 - (uint64_t)divisor : (uint64_t)divisor;
    uint64_t t = two63 + ((uint64_t)divisor >> 63);
    uint64_t anc = t - 1 - t % ad;
    uint64_t q1 = two63 / anc, r1 = two63 - q1 * anc;
    uint64_t q2 = two63 / ad, r2 = two63 - q2 * ad, delta;
    int p = 63;
    do {
        p++;
        q1 *= 2;
        r1 *= 2;
        if (r1 >= anc) q1++, r1 -= anc;
        q2 *= 2;
        r2 *= 2;
        if (r2 >= ad) q2++, r2 -= ad;
        delta = ad - r2;
    } while (q1 < delta || (q1 == delta && r1 == 0));
    struct reciprocal r = {.divisor = divisor, .shift = p - 64};
    r.multiplier = (int64_t)(q2 + 1);
    if (divisor < 0) r.multiplier = (int64_t)(0 - (uint64_t)r.multiplier);
    if (divisor > 0 && r.multiplier < 0) r.add = 1;
    if (divisor < 0 && r.multiplier > 0) r.add = -1;
    return r;
}

static inline int64_t quotient(const struct reciprocal *r, int64_t x)
{
    int64_t q = (int64_t)((i128)x * r->multiplier >> 64);
    q = (int64_t)((uint64_t)q + (uint64_t)x * (uint64_t)(int64_t)r->add);
    q >>= r->shift;
    return q + (int64_t)((uint64_t)q >> 63);
}

#define RECIPROCAL_LOOPS(suffix, T)                                                           \
    static void div_by_##suffix(const struct reciprocal *given, T *restrict out,              \
        const T *restrict a, struct func_frame *f)                                            \
    {                                                                                         \
        const struct reciprocal r = *given;                                                   \
        for (FUNC_EACH_ROW(f, row)) out[row] = (T)quotient(&r, a[row]);                       \
    }                                                                                         \
    static void mod_by_##suffix(const struct reciprocal *given, T *restrict out,              \
        const T *restrict a, struct func_frame *f)                                            \
    {                                                                                         \
        const struct reciprocal r = *given;                                                   \
        for (FUNC_EACH_ROW(f, row))                                                           \
            out[row] =                                                                        \
                (T)((uint64_t)a[row] - (uint64_t)quotient(&r, a[row]) * (uint64_t)r.divisor); \
    }
RECIPROCAL_LOOPS(i32, int32_t)
RECIPROCAL_LOOPS(i64, int64_t)

static struct err *open_division(struct func_call *call)
{
    const struct value *by = call->literals[1];
    enum layout layout = layout_of(call->arg_types[1]);
    bool small = layout == LAYOUT_I32 || layout == LAYOUT_I64;
    if (!by || by->null || !small || layout != layout_of(call->type)) return NULL;
    if (layout != layout_of(call->arg_types[0])) return NULL;
    if (by->i64 >= -1 && by->i64 <= 1) return NULL;
    struct reciprocal *r = ARENA_NEW(call->arena, struct reciprocal);
    *r = make_reciprocal(by->i64);
    call->state = r;
    return NULL;
}

static struct err *refuse_zero(struct func_frame *f)
{
    const struct column *b = f->args[1];
    uint32_t row = UINT32_MAX;
    switch (b->layout) {
    case LAYOUT_I8: row = zero_i8(b->data, f->sel, f->count); break;
    case LAYOUT_I16: row = zero_i16(b->data, f->sel, f->count); break;
    case LAYOUT_I32: row = zero_i32(b->data, f->sel, f->count); break;
    case LAYOUT_I64: row = zero_i64(b->data, f->sel, f->count); break;
    case LAYOUT_I128: row = zero_i128(b->data, f->sel, f->count); break;
    case LAYOUT_F32:
    case LAYOUT_F64: break;
    case LAYOUT_BOOL:
    case LAYOUT_STR:
    case LAYOUT_SPAN:
    case LAYOUT_ROW: UNREACHABLE();
    }
    if (row == UINT32_MAX) return NULL;
    f->error_row = row;
    return err_hint(ERR(ERR_DIVISION_BY_ZERO, "division by zero in '%s'", f->call->def->name),
        "Write a / NULLIF(b, 0) to get NULL instead.");
}

static void divide_floats(struct func_frame *f)
{
    if (f->out->layout == LAYOUT_F32) {
        float *restrict out = f->out->data;
        const float *restrict a = f->args[0]->data;
        const float *restrict b = f->args[1]->data;
        for (FUNC_EACH_ROW(f, row)) out[row] = a[row] / b[row];
        return;
    }
    double *restrict out = f->out->data;
    const double *restrict a = f->args[0]->data;
    const double *restrict b = f->args[1]->data;
    for (FUNC_EACH_ROW(f, row)) out[row] = a[row] / b[row];
}

static void compute_decimals(struct func_frame *f, bool modulo)
{
    int32_t as = f->call->arg_types[0]->scale, bs = f->call->arg_types[1]->scale;
    int32_t p = f->call->type->precision, s = f->call->type->scale;
    const i128 *a = f->args[0]->data, *b = f->args[1]->data;
    i128 *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) {
        bool fits = modulo ? decimal_mod(a[row], as, b[row], bs, p, s, &out[row])
                           : decimal_div(a[row], as, b[row], bs, p, s, &out[row]);
        if (!fits) column_set_null(f->out, row);
    }
}

static const struct arithmetic_loops div_loops = {div_i8, div_i16, div_i32, div_i64, NULL, NULL};
static const struct arithmetic_loops mod_loops = {mod_i8, mod_i16, mod_i32, mod_i64, NULL, NULL};

static struct err *eval_divide(struct func_frame *f)
{
    const struct reciprocal *r = f->call->state;
    if (r && f->out->layout == LAYOUT_I32) {
        div_by_i32(r, f->out->data, f->args[0]->data, f);
        return NULL;
    }
    if (r) {
        div_by_i64(r, f->out->data, f->args[0]->data, f);
        return NULL;
    }
    TRY(refuse_zero(f));
    if (f->call->type->kind == TYPE_DECIMAL)
        compute_decimals(f, false);
    else if (type_is_approximate(f->call->type))
        divide_floats(f);
    else
        arithmetic_run(&div_loops, f);
    return NULL;
}

/* Remainder of BIGINTs, stored in the divisor's narrower type. */
static void mod_narrow(struct func_frame *f)
{
    const int64_t *a = f->args[0]->data, *b = f->args[1]->data;
    for (FUNC_EACH_ROW(f, row)) {
        int64_t v = b[row] == -1 ? 0 : a[row] % b[row];
        if (f->out->layout == LAYOUT_I8)
            ((int8_t *)f->out->data)[row] = (int8_t)v;
        else if (f->out->layout == LAYOUT_I16)
            ((int16_t *)f->out->data)[row] = (int16_t)v;
        else
            ((int32_t *)f->out->data)[row] = (int32_t)v;
    }
}

static struct err *eval_mod(struct func_frame *f)
{
    const struct reciprocal *r = f->call->state;
    if (r && f->out->layout == LAYOUT_I32) {
        mod_by_i32(r, f->out->data, f->args[0]->data, f);
        return NULL;
    }
    if (r) {
        mod_by_i64(r, f->out->data, f->args[0]->data, f);
        return NULL;
    }
    TRY(refuse_zero(f));
    if (f->call->type->kind == TYPE_DECIMAL)
        compute_decimals(f, true);
    else if (f->out->layout != f->args[0]->layout)
        mod_narrow(f);
    else
        arithmetic_run(&mod_loops, f);
    return NULL;
}

extern const struct func_def func_divide, func_mod, func_percent;

static struct err *infer_divide(struct func_infer *in)
{
    if (in->arg_count == 2 && arithmetic_infer_numeric(in, '/')) return NULL;
    return func_infer_fail(&func_divide, in, "'<NUMERIC> / <NUMERIC>'");
}

/* Of two integers the result has the divisor's type; both are computed as the wider one, or as
 * BIGINT when the result is narrower than that. */
static struct err *infer_remainder(
    struct func_infer *in, const struct func_def *def, const char *forms)
{
    if (in->arg_count != 2 || !arithmetic_infer_numeric(in, '%') || !type_is_exact(in->result))
        return func_infer_fail(def, in, forms);
    const struct type *a = in->args[0].type, *b = in->args[1].type;
    if (!type_is_integer(in->result) || b->kind == TYPE_NULL) return NULL;
    if (b->kind < in->result->kind) {
        const struct type *wide = type_simple(TYPE_BIGINT);
        in->arg_types[0] = func__nullable_as(in->arena, wide, a);
        in->arg_types[1] = func__nullable_as(in->arena, wide, b);
    }
    in->result = type_with_nullable(in->arena, b, func__any_nullable(in));
    return NULL;
}

static struct err *infer_percent(struct func_infer *in)
{
    return infer_remainder(in, &func_percent, "'<EXACT_NUMERIC> % <EXACT_NUMERIC>'");
}

static struct err *infer_mod(struct func_infer *in)
{
    return infer_remainder(in, &func_mod, "'MOD(<EXACT_NUMERIC>, <EXACT_NUMERIC>)'");
}

const struct func_def func_divide = {
    .name = "/",
    .flags = FUNC_STRICT | FUNC_OPERATOR,
    .infer = infer_divide,
    .eval = eval_divide,
    .open = open_division,
    .signature_doc = "a / b",
    .doc =
        "Quotient; of integers the whole part. An exact division by zero fails the job; FLOAT and "
        "DOUBLE give Infinity or NaN.",
    .example = "7 / 2 → 3",
};

const struct func_def func_percent = {
    .name = "%",
    .flags = FUNC_STRICT | FUNC_OPERATOR,
    .infer = infer_percent,
    .eval = eval_mod,
    .open = open_division,
    .signature_doc = "a % b",
    .doc = "Remainder with the sign of a, in the type of b. Division by zero fails the job.",
    .example = "-7 % 3 → -1",
};

const struct func_def func_mod = {
    .name = "MOD",
    .flags = FUNC_STRICT,
    .infer = infer_mod,
    .eval = eval_mod,
    .open = open_division,
    .signature_doc = "MOD(a, b)",
    .doc = "Remainder with the sign of a, in the type of b. Division by zero fails the job.",
    .example = "MOD(-7, 3) → -1",
};
