/* ABS and SIGN keep the type of their argument. */
#include "base/check.h"
#include "func/func.h"
#include "type/decimal.h"

#define LOOP(ctype, expression)                     \
    do {                                            \
        const ctype *restrict a = f->args[0]->data; \
        ctype *restrict out = f->out->data;         \
        for (FUNC_EACH_ROW(f, row)) {               \
            ctype v = a[row];                       \
            out[row] = (ctype)(expression);         \
        }                                           \
        return NULL;                                \
    } while (0)

/* The smallest integer stays itself, as in Java. */
static struct err *eval_abs(struct func_frame *f)
{
    switch (f->out->layout) {
    case LAYOUT_I8: LOOP(int8_t, v < 0 ? 0 - (unsigned)v : (unsigned)v);
    case LAYOUT_I16: LOOP(int16_t, v < 0 ? 0 - (unsigned)v : (unsigned)v);
    case LAYOUT_I32: LOOP(int32_t, v < 0 ? 0 - (uint32_t)v : (uint32_t)v);
    case LAYOUT_I64: LOOP(int64_t, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
    case LAYOUT_I128: LOOP(i128, v < 0 ? 0 - (u128)v : (u128)v);
    case LAYOUT_F32: LOOP(float, __builtin_fabsf(v));
    case LAYOUT_F64: LOOP(double, __builtin_fabs(v));
    case LAYOUT_BOOL:
    case LAYOUT_STR:
    case LAYOUT_SPAN:
    case LAYOUT_ROW: break;
    }
    UNREACHABLE();
}

static struct err *eval_sign(struct func_frame *f)
{
    i128 one = decimal_powers[f->call->type->kind == TYPE_DECIMAL ? f->call->type->scale : 0];
    switch (f->out->layout) {
    case LAYOUT_I8: LOOP(int8_t, (v > 0) - (v < 0));
    case LAYOUT_I16: LOOP(int16_t, (v > 0) - (v < 0));
    case LAYOUT_I32: LOOP(int32_t, (v > 0) - (v < 0));
    case LAYOUT_I64: LOOP(int64_t, (v > 0) - (v < 0));
    case LAYOUT_I128: LOOP(i128, v > 0 ? one : v < 0 ? -one : 0);
    case LAYOUT_F32: LOOP(float, v > 0 ? 1.0F : v < 0 ? -1.0F : v);
    case LAYOUT_F64: LOOP(double, v > 0 ? 1.0 : v < 0 ? -1.0 : v);
    case LAYOUT_BOOL:
    case LAYOUT_STR:
    case LAYOUT_SPAN:
    case LAYOUT_ROW: break;
    }
    UNREACHABLE();
}

static const struct func_signature signatures[] = {
    {"NUMERIC -> $1", NULL},
    {NULL, NULL},
};

const struct func_def func_abs = {
    .name = "ABS",
    .flags = FUNC_STRICT | FUNC_TOTAL,
    .signatures = signatures,
    .eval = eval_abs,
    .signature_doc = "ABS(x)",
    .doc = "The absolute value, in the type of x.",
    .example = "ABS(-1.5) → 1.5",
};

const struct func_def func_sign = {
    .name = "SIGN",
    .flags = FUNC_STRICT | FUNC_TOTAL,
    .signatures = signatures,
    .eval = eval_sign,
    .signature_doc = "SIGN(x)",
    .doc = "-1, 0 or 1, in the type of x.",
    .example = "SIGN(-2.5) → -1.0",
};
