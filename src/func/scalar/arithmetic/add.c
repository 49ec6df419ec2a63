/* + - * and unary minus. Total: integers wrap, floating point follows IEEE 754, and a decimal that
 * does not fit becomes NULL. */
#include "base/check.h"
#include "func/infer.h"
#include "func/scalar/arithmetic/arithmetic.h"
#include "type/decimal.h"
#include "vec/kernel.h"

#define T int8_t
#define U uint32_t
#define FN(name) name##_i8
#include "func/scalar/arithmetic/arithmetic.inc"
#define T int16_t
#define U uint32_t
#define FN(name) name##_i16
#include "func/scalar/arithmetic/arithmetic.inc"
#define T int32_t
#define U uint32_t
#define FN(name) name##_i32
#include "func/scalar/arithmetic/arithmetic.inc"
#define T int64_t
#define U uint64_t
#define FN(name) name##_i64
#include "func/scalar/arithmetic/arithmetic.inc"
#define T i128
#define U u128
#define FN(name) name##_i128
#include "func/scalar/arithmetic/arithmetic.inc"
#define T float
#define U float
#define FN(name) name##_f32
#include "func/scalar/arithmetic/arithmetic.inc"
#define T double
#define U double
#define FN(name) name##_f64
#include "func/scalar/arithmetic/arithmetic.inc"

#define LOOPS(op)                                                 \
    {                                                             \
        op##_i8, op##_i16, op##_i32, op##_i64, op##_f32, op##_f64 \
    }
static const struct arithmetic_loops add_loops = LOOPS(add);
static const struct arithmetic_loops sub_loops = LOOPS(sub);
static const struct arithmetic_loops mul_loops = LOOPS(mul);

void arithmetic_run(const struct arithmetic_loops *loops, struct func_frame *f)
{
    arithmetic_loop *loop = NULL;
    switch (f->out->layout) {
    case LAYOUT_I8: loop = loops->i8; break;
    case LAYOUT_I16: loop = loops->i16; break;
    case LAYOUT_I32: loop = loops->i32; break;
    case LAYOUT_I64: loop = loops->i64; break;
    case LAYOUT_F32: loop = loops->f32; break;
    case LAYOUT_F64: loop = loops->f64; break;
    case LAYOUT_BOOL:
    case LAYOUT_I128:
    case LAYOUT_STR:
    case LAYOUT_SPAN:
    case LAYOUT_ROW: break;
    }
    ASSERT(loop);
    loop(f->out->data, f->args[0]->data, f->args[1]->data, f->sel, f->count);
}

/* No digit of the result can be lost and nothing overflow: plain 128-bit arithmetic will do. */
static bool is_exact(const struct func_call *call, char op)
{
    const struct type *a = call->arg_types[0], *b = call->arg_types[1], *r = call->type;
    if (op == '*')
        return r->scale == a->scale + b->scale && r->precision > a->precision + b->precision;
    int32_t scale = a->scale > b->scale ? a->scale : b->scale;
    int32_t whole_a = a->precision - a->scale, whole_b = b->precision - b->scale;
    int32_t whole = whole_a > whole_b ? whole_a : whole_b;
    return r->scale == scale && r->precision - r->scale > whole;
}

/* Operands of up to 18 digits: one 64-bit multiplication each. */
static void multiply_narrow(
    i128 *restrict out, const i128 *restrict a, const i128 *restrict b, const struct func_frame *f)
{
    for (FUNC_EACH_ROW(f, row)) out[row] = (i128)(int64_t)a[row] * (int64_t)b[row];
}

static void add_scaled(struct func_frame *f, char op)
{
    const struct type *left = f->call->arg_types[0], *right = f->call->arg_types[1];
    i128 *restrict out = f->out->data;
    const i128 *restrict a = f->args[0]->data;
    const i128 *restrict b = f->args[1]->data;
    i128 raise_a = decimal_powers[f->call->type->scale - left->scale];
    i128 raise_b = decimal_powers[f->call->type->scale - right->scale];
    if (op == '-') raise_b = -raise_b;
    for (FUNC_EACH_ROW(f, row))
        out[row] = (i128)((u128)a[row] * (u128)raise_a + (u128)b[row] * (u128)raise_b);
}

static void decimal_exact(struct func_frame *f, char op)
{
    const struct type *left = f->call->arg_types[0], *right = f->call->arg_types[1];
    void *out = f->out->data;
    const void *a = f->args[0]->data, *b = f->args[1]->data;
    if (op == '*' && left->precision <= 18 && right->precision <= 18)
        multiply_narrow(out, a, b, f);
    else if (op == '*')
        mul_i128(out, a, b, f->sel, f->count);
    else if (left->scale != right->scale)
        add_scaled(f, op);
    else if (op == '+')
        add_i128(out, a, b, f->sel, f->count);
    else
        sub_i128(out, a, b, f->sel, f->count);
}

void arithmetic_decimal(struct func_frame *f, char op)
{
    if (is_exact(f->call, op)) {
        decimal_exact(f, op);
        return;
    }
    int32_t as = f->call->arg_types[0]->scale, bs = f->call->arg_types[1]->scale;
    int32_t p = f->call->type->precision, s = f->call->type->scale;
    const i128 *a = f->args[0]->data, *b = f->args[1]->data;
    i128 *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) {
        bool fits;
        if (op == '+')
            fits = decimal_add(a[row], as, b[row], bs, p, s, &out[row]);
        else if (op == '-')
            fits = decimal_sub(a[row], as, b[row], bs, p, s, &out[row]);
        else
            fits = decimal_mul(a[row], as, b[row], bs, p, s, &out[row]);
        if (!fits) column_set_null(f->out, row);
    }
}

bool arithmetic_infer_numeric(struct func_infer *in, char op)
{
    const struct type *left = in->args[0].type, *right = in->args[1].type;
    if (left->kind == TYPE_NULL) left = right;
    if (right->kind == TYPE_NULL) right = left;
    if (!type_is_numeric(left) || !type_is_numeric(right)) return false;
    bool nullable = func__any_nullable(in);
    const struct type *common = func__numeric_common(left, right);
    if (common) {
        in->arg_types[0] = func__nullable_as(in->arena, common, in->args[0].type);
        in->arg_types[1] = func__nullable_as(in->arena, common, in->args[1].type);
        in->result = type_with_nullable(in->arena, common, nullable);
        return true;
    }
    in->arg_types[0] = func__as_decimal(in->arena, left);
    in->arg_types[1] = func__as_decimal(in->arena, right);
    in->result =
        type_with_nullable(in->arena, type_decimal_result(in->arena, op, left, right), nullable);
    return true;
}

static struct err *infer(
    struct func_infer *in, char op, const struct func_def *def, const char *forms)
{
    if (in->arg_count != 2) return func_infer_fail(def, in, forms);
    if (arithmetic_infer_numeric(in, op) || arithmetic_infer_temporal(in, op)) return NULL;
    return func_infer_fail(def, in, forms);
}

static struct err *infer_plus(struct func_infer *in)
{
    extern const struct func_def func_plus;
    return infer(in, '+', &func_plus,
        "'<NUMERIC> + <NUMERIC>' '<DATETIME_INTERVAL> + <DATETIME_INTERVAL>' "
        "'<DATETIME> + <DATETIME_INTERVAL>' '<DATETIME_INTERVAL> + <DATETIME>'");
}

static struct err *infer_minus(struct func_infer *in)
{
    extern const struct func_def func_minus;
    return infer(in, '-', &func_minus,
        "'<NUMERIC> - <NUMERIC>' '<DATETIME_INTERVAL> - <DATETIME_INTERVAL>' "
        "'<DATETIME> - <DATETIME_INTERVAL>'");
}

static struct err *infer_times(struct func_infer *in)
{
    extern const struct func_def func_times;
    return infer(in, '*', &func_times,
        "'<NUMERIC> * <NUMERIC>' '<DATETIME_INTERVAL> * <NUMERIC>' "
        "'<NUMERIC> * <DATETIME_INTERVAL>'");
}

static struct err *eval(struct func_frame *f, char op, const struct arithmetic_loops *loops)
{
    const struct type *left = f->call->arg_types[0], *right = f->call->arg_types[1];
    if (f->call->type->kind == TYPE_DECIMAL)
        arithmetic_decimal(f, op);
    else if (type_is_numeric(left) && type_is_numeric(right))
        arithmetic_run(loops, f);
    else
        arithmetic_temporal(f, op);
    return NULL;
}

static struct err *eval_plus(struct func_frame *f)
{
    return eval(f, '+', &add_loops);
}

static struct err *eval_minus(struct func_frame *f)
{
    return eval(f, '-', &sub_loops);
}

static struct err *eval_times(struct func_frame *f)
{
    return eval(f, '*', &mul_loops);
}

/* Rows that are not selected are negated too, which harms nobody. */
static struct err *eval_negate(struct func_frame *f)
{
    const struct column *a = f->args[0];
    void *out = f->out->data;
    uint32_t count = f->sel && f->count ? f->sel[f->count - 1] + 1 : f->count;
    switch (a->layout) {
    case LAYOUT_I8: neg_i8(out, a->data, count); break;
    case LAYOUT_I16: neg_i16(out, a->data, count); break;
    case LAYOUT_I32: neg_i32(out, a->data, count); break;
    case LAYOUT_I64: neg_i64(out, a->data, count); break;
    case LAYOUT_I128: neg_i128(out, a->data, count); break;
    case LAYOUT_F32: neg_f32(out, a->data, count); break;
    case LAYOUT_F64: neg_f64(out, a->data, count); break;
    case LAYOUT_BOOL:
    case LAYOUT_STR:
    case LAYOUT_SPAN:
    case LAYOUT_ROW: UNREACHABLE();
    }
    return NULL;
}

const struct func_def func_plus = {
    .name = "+",
    .flags = FUNC_STRICT | FUNC_TOTAL | FUNC_OPERATOR,
    .infer = infer_plus,
    .eval = eval_plus,
    .signature_doc = "a + b",
    .doc =
        "Sum. Integers wrap around; a DECIMAL that does not fit is NULL. An interval can be added "
        "to a date, a time, a timestamp or another interval of its kind.",
    .example = "1 + 1.5 → 2.5",
};

const struct func_def func_minus = {
    .name = "-",
    .flags = FUNC_STRICT | FUNC_TOTAL | FUNC_OPERATOR,
    .infer = infer_minus,
    .eval = eval_minus,
    .signature_doc = "a - b",
    .doc = "Difference, with the rules of the sum.",
    .example = "DATE '2026-03-01' - INTERVAL '1' DAY → 2026-02-28",
};

const struct func_def func_times = {
    .name = "*",
    .flags = FUNC_STRICT | FUNC_TOTAL | FUNC_OPERATOR,
    .infer = infer_times,
    .eval = eval_times,
    .signature_doc = "a * b",
    .doc = "Product. Integers wrap around; a DECIMAL that does not fit is NULL. An interval can be "
           "multiplied by an integer.",
    .example = "1.1 * 1.1 → 1.21",
};

static const struct func_signature negate_signatures[] = {
    {"NUMERIC -> $1", NULL},
    {"INTERVAL -> $1", NULL},
    {NULL, NULL},
};

const struct func_def func_negate = {
    .name = "NEGATE",
    .flags = FUNC_STRICT | FUNC_TOTAL | FUNC_OPERATOR,
    .signatures = negate_signatures,
    .eval = eval_negate,
    .signature_doc = "-a",
    .doc =
        "The number or interval with the other sign; the smallest integer of a type stays itself.",
    .example = "-(2) → -2",
};
