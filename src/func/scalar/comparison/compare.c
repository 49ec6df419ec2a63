#include "base/arena.h"
#include "base/check.h"
#include "func/infer.h"
#include "func/scalar/comparison/comparison.h"
#include "type/decimal.h"
#include "vec/kernel.h"

#define EQ(a, b) (*(a) == *(b))
#define LT(a, b) (*(a) < *(b))
#define LE(a, b) (*(a) <= *(b))
#define T uint8_t
#define FN(name) name##_bool
#include "func/scalar/comparison/compare.inc"
#define T int8_t
#define FN(name) name##_i8
#include "func/scalar/comparison/compare.inc"
#define T int16_t
#define FN(name) name##_i16
#include "func/scalar/comparison/compare.inc"
#define T int32_t
#define FN(name) name##_i32
#include "func/scalar/comparison/compare.inc"
#define T int64_t
#define FN(name) name##_i64
#include "func/scalar/comparison/compare.inc"
#define T i128
#define FN(name) name##_i128
#include "func/scalar/comparison/compare.inc"
#define T float
#define FN(name) name##_f32
#include "func/scalar/comparison/compare.inc"
#define T double
#define FN(name) name##_f64
#include "func/scalar/comparison/compare.inc"
#undef EQ
#undef LT
#undef LE

/* Strings gain nothing from wider vectors. */
#undef KERNEL_CLONES
#define KERNEL_CLONES
#define EQ(a, b) str_equal(a, b)
#define LT(a, b) (str_compare(a, b) < 0)
#define LE(a, b) (str_compare(a, b) <= 0)
#define T struct str
#define FN(name) name##_str
#include "func/scalar/comparison/compare.inc"

typedef void compare_loop(
    uint8_t *restrict out, const void *a, const void *b, const uint32_t *rows, uint32_t count);

/* In the order of enum layout; equal, not equal, less, less or equal. */
static compare_loop *const loops[][4] = {
    [LAYOUT_BOOL] = {eq_bool, ne_bool, lt_bool, le_bool},
    [LAYOUT_I8] = {eq_i8, ne_i8, lt_i8, le_i8},
    [LAYOUT_I16] = {eq_i16, ne_i16, lt_i16, le_i16},
    [LAYOUT_I32] = {eq_i32, ne_i32, lt_i32, le_i32},
    [LAYOUT_I64] = {eq_i64, ne_i64, lt_i64, le_i64},
    [LAYOUT_I128] = {eq_i128, ne_i128, lt_i128, le_i128},
    [LAYOUT_F32] = {eq_f32, ne_f32, lt_f32, le_f32},
    [LAYOUT_F64] = {eq_f64, ne_f64, lt_f64, le_f64},
    [LAYOUT_STR] = {eq_str, ne_str, lt_str, le_str},
};

static bool holds(enum comparison op, int order)
{
    switch (op) {
    case COMPARE_EQ: return order == 0;
    case COMPARE_NE: return order != 0;
    case COMPARE_LT: return order < 0;
    case COMPARE_LE: return order <= 0;
    case COMPARE_GT: return order > 0;
    case COMPARE_GE: return order >= 0;
    }
    UNREACHABLE();
}

/* Decimals whose common type would have more than 38 digits. */
static void compare_scales(struct func_frame *f, enum comparison op)
{
    int32_t as = f->call->arg_types[0]->scale, bs = f->call->arg_types[1]->scale;
    const i128 *a = f->args[0]->data, *b = f->args[1]->data;
    uint8_t *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) out[row] = holds(op, decimal_compare(a[row], as, b[row], bs));
}

/* Collections and rows. As in Flink an array with a NULL element equals no array. */
static bool has_null_element(const struct column *c, uint32_t row)
{
    if (c->type->kind != TYPE_ARRAY) return false;
    struct span s = ((const struct span *)c->data)[row];
    for (uint32_t i = 0; i < s.count; i++)
        if (!column_is_valid(c->children[0], s.first + i)) return true;
    return false;
}

static void compare_nested(struct func_frame *f, enum comparison op)
{
    const struct column *a = f->args[0], *b = f->args[1];
    uint8_t *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) {
        /* Dense runs pass NULL rows too, whose spans say nothing. */
        if (!column_is_valid(f->out, row)) continue;
        bool equal = column_rows_equal(a, row, b, row) && !has_null_element(a, row);
        out[row] = equal == (op == COMPARE_EQ);
    }
}

void comparison_run(struct func_frame *f, enum comparison op)
{
    const struct column *a = f->args[0], *b = f->args[1];
    if (a->layout == LAYOUT_SPAN || a->layout == LAYOUT_ROW) {
        compare_nested(f, op);
        return;
    }
    if (a->type->kind == TYPE_DECIMAL &&
        f->call->arg_types[0]->scale != f->call->arg_types[1]->scale) {
        compare_scales(f, op);
        return;
    }
    switch (op) {
    case COMPARE_EQ:
    case COMPARE_NE:
    case COMPARE_LT:
    case COMPARE_LE: loops[a->layout][op](f->out->data, a->data, b->data, f->sel, f->count); return;
    case COMPARE_GT:
        loops[a->layout][COMPARE_LT](f->out->data, b->data, a->data, f->sel, f->count);
        return;
    case COMPARE_GE:
        loops[a->layout][COMPARE_LE](f->out->data, b->data, a->data, f->sel, f->count);
        return;
    }
    UNREACHABLE();
}

static const struct type *common_decimal(
    struct arena *a, const struct type *left, const struct type *right)
{
    left = func__as_decimal(a, left);
    right = func__as_decimal(a, right);
    int32_t scale = left->scale > right->scale ? left->scale : right->scale;
    int32_t whole_left = left->precision - left->scale;
    int32_t whole_right = right->precision - right->scale;
    int32_t precision = (whole_left > whole_right ? whole_left : whole_right) + scale;
    if (precision > TYPE_DECIMAL_PRECISION_MAX) return NULL;
    return type_new(a, TYPE_DECIMAL, precision, scale, left->nullable);
}

static const struct type *common_number(
    struct arena *a, const struct type *left, const struct type *right)
{
    if (type_is_approximate(left) && type_is_approximate(right))
        return left->kind == TYPE_DOUBLE ? left : right;
    const struct type *common = func__numeric_common(left, right);
    return common ? common : common_decimal(a, left, right);
}

static const struct type *common_timestamp(
    struct arena *a, const struct type *left, const struct type *right)
{
    bool zoned = left->kind == TYPE_TIMESTAMP_LTZ || right->kind == TYPE_TIMESTAMP_LTZ;
    int32_t precision = left->precision > right->precision ? left->precision : right->precision;
    return type_new(a, zoned ? TYPE_TIMESTAMP_LTZ : TYPE_TIMESTAMP, precision, 0, left->nullable);
}

/* What a string next to it is read as. */
static bool reads_strings(const struct type *t)
{
    return type_is_datetime(t) || t->kind == TYPE_BOOLEAN;
}

const struct type *comparison_common(
    struct arena *a, const struct type *left, const struct type *right)
{
    if (left->kind == TYPE_NULL) return right;
    if (right->kind == TYPE_NULL) return left;
    if (type_is_numeric(left) && type_is_numeric(right)) return common_number(a, left, right);
    if (type_is_timestamp(left) && type_is_timestamp(right))
        return common_timestamp(a, left, right);
    if (type_is_character(left) && type_is_character(right)) return type_string();
    if (type_is_binary(left) && type_is_binary(right)) return type_bytes();
    if (type_is_character(left) && reads_strings(right)) return right;
    if (type_is_character(right) && reads_strings(left)) return left;
    if (left->kind == TYPE_INTERVAL_SECOND || left->kind == TYPE_TIME)
        return left->kind == right->kind ? left : NULL;
    if (left->kind < TYPE_ARRAY) return left->kind == right->kind ? left : NULL;
    const struct type *both[] = {left, right};
    return type_common(a, both, 2);
}

static struct err *refuse(struct func_infer *in, const struct func_def *def)
{
    char forms[80];
    snprintf(forms, sizeof forms, "'<COMPARABLE_TYPE> %s <COMPARABLE_TYPE>'", def->name);
    return func_infer_fail(def, in, forms);
}

/* Flink's words for a number beside a string. */
static struct err *refuse_string(struct func_infer *in)
{
    return err_hint(err_at(ERR(ERR_DATATYPE_MISMATCH,
                               "implicit type conversion between %s and %s is not supported now",
                               type_to_cstr(in->arena, in->args[0].type),
                               type_to_cstr(in->arena, in->args[1].type)),
                        in->args[0].pos),
        "Write the cast: CAST(x AS ...).");
}

static bool is_number_and_string(const struct type *a, const struct type *b)
{
    return (type_is_numeric(a) && type_is_character(b)) ||
           (type_is_character(a) && type_is_numeric(b));
}

struct err *comparison_infer(struct func_infer *in, const struct func_def *def, bool ordered)
{
    if (in->arg_count != 2) return refuse(in, def);
    const struct type *left = in->args[0].type, *right = in->args[1].type;
    in->result =
        type_with_nullable(in->arena, type_simple(TYPE_BOOLEAN), left->nullable || right->nullable);
    const struct type *common = comparison_common(in->arena, left, right);
    if (!common && type_is_exact(left) && type_is_exact(right)) {
        in->arg_types[0] = func__as_decimal(in->arena, left);
        in->arg_types[1] = func__as_decimal(in->arena, right);
        return NULL;
    }
    if (!common && is_number_and_string(left, right)) return refuse_string(in);
    if (!common) return refuse(in, def);
    if (ordered && common->kind >= TYPE_ARRAY)
        FAIL_AT(ERR_DATATYPE_MISMATCH, in->args[0].pos, "Comparable type expected, but was '%s'",
            type_to_cstr(in->arena, left));
    /* Strings of different lengths are compared as they are. */
    bool as_is = type_is_character(common) || type_is_binary(common);
    for (int i = 0; i < 2; i++) {
        const struct type *given = in->args[i].type;
        if (!as_is || given->kind == TYPE_NULL)
            in->arg_types[i] = func__nullable_as(in->arena, common, given);
    }
    return NULL;
}

#define COMPARISON(id, text, op, is_ordered, doc_text, example_text) \
    static struct err *infer_##id(struct func_infer *in)             \
    {                                                                \
        extern const struct func_def func_##id;                      \
        return comparison_infer(in, &func_##id, is_ordered);         \
    }                                                                \
    static struct err *eval_##id(struct func_frame *f)               \
    {                                                                \
        comparison_run(f, op);                                       \
        return NULL;                                                 \
    }                                                                \
    const struct func_def func_##id = {                              \
        .name = text,                                                \
        .flags = FUNC_STRICT | FUNC_TOTAL | FUNC_OPERATOR,           \
        .infer = infer_##id,                                         \
        .eval = eval_##id,                                           \
        .signature_doc = "a " text " b",                             \
        .doc = doc_text,                                             \
        .example = example_text,                                     \
    };

COMPARISON(equals, "=", COMPARE_EQ, false,
    "TRUE when both are equal. Strings are compared byte by byte, numbers of different types as "
    "numbers; a number and a string are refused.",
    "1 = 1.0 → TRUE")
COMPARISON(not_equals, "<>", COMPARE_NE, false, "TRUE when both differ; != is the same.",
    "'a' <> 'a ' → TRUE")
COMPARISON(less, "<", COMPARE_LT, true, "TRUE when a comes before b.", "1 < 2 → TRUE")
COMPARISON(
    less_or_equal, "<=", COMPARE_LE, true, "TRUE when a does not come after b.", "2 <= 2 → TRUE")
COMPARISON(greater, ">", COMPARE_GT, true, "TRUE when a comes after b.", "'b' > 'a' → TRUE")
COMPARISON(greater_or_equal, ">=", COMPARE_GE, true, "TRUE when a does not come before b.",
    "1 >= 2 → FALSE")
