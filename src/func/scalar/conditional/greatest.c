/* GREATEST and LEAST: NULL as soon as one argument is. */
#include "base/check.h"
#include "func/infer.h"

static struct err *infer(struct func_infer *in, const struct func_def *def)
{
    const struct type *types[64];
    if (in->arg_count < 1 || in->arg_count > sizeof types / sizeof types[0])
        return func_infer_fail(def, in, NULL);
    for (uint32_t i = 0; i < in->arg_count; i++) types[i] = in->args[i].type;
    const struct type *common = type_common(in->arena, types, in->arg_count);
    if (!common)
        return err_at(ERR(ERR_DATATYPE_MISMATCH,
                          "All types in a comparison should support both 'EQUALS' and 'ORDER' "
                          "comparison with each other. Can not compare %s with %s",
                          type_to_cstr(in->arena, types[0]),
                          type_to_cstr(in->arena, types[in->arg_count - 1])),
            in->args[0].pos);
    if (common->kind >= TYPE_ARRAY)
        FAIL_AT(ERR_DATATYPE_MISMATCH, in->args[0].pos, "Comparable type expected, but was '%s'",
            type_to_cstr(in->arena, types[0]));
    for (uint32_t i = 0; i < in->arg_count; i++)
        in->arg_types[i] = func__nullable_as(in->arena, common, types[i]);
    in->result = common;
    return NULL;
}

#define FOLD(ctype, before)                                 \
    do {                                                    \
        ctype *out = f->out->data;                          \
        for (uint32_t i = 0; i < f->call->arg_count; i++) { \
            const ctype *a = f->args[i]->data;              \
            for (FUNC_EACH_ROW(f, row))                     \
                if (i == 0 || (before)) out[row] = a[row];  \
        }                                                   \
        return NULL;                                        \
    } while (0)
#define FOLD_NUMBERS(ctype) FOLD(ctype, least ? a[row] < out[row] : a[row] > out[row])

static struct err *run(struct func_frame *f, bool least)
{
    switch (f->out->layout) {
    case LAYOUT_BOOL: FOLD_NUMBERS(uint8_t);
    case LAYOUT_I8: FOLD_NUMBERS(int8_t);
    case LAYOUT_I16: FOLD_NUMBERS(int16_t);
    case LAYOUT_I32: FOLD_NUMBERS(int32_t);
    case LAYOUT_I64: FOLD_NUMBERS(int64_t);
    case LAYOUT_I128: FOLD_NUMBERS(i128);
    case LAYOUT_F32: FOLD_NUMBERS(float);
    case LAYOUT_F64: FOLD_NUMBERS(double);
    case LAYOUT_STR:
        FOLD(struct str,
            (str_compare(&a[row], &out[row]) < 0) == least && !str_equal(&a[row], &out[row]));
    case LAYOUT_SPAN:
    case LAYOUT_ROW: break;
    }
    UNREACHABLE();
}

extern const struct func_def func_greatest, func_least;

static struct err *infer_greatest(struct func_infer *in)
{
    return infer(in, &func_greatest);
}

static struct err *infer_least(struct func_infer *in)
{
    return infer(in, &func_least);
}

static struct err *eval_greatest(struct func_frame *f)
{
    return run(f, false);
}

static struct err *eval_least(struct func_frame *f)
{
    return run(f, true);
}

const struct func_def func_greatest = {
    .name = "GREATEST",
    .flags = FUNC_STRICT | FUNC_TOTAL,
    .infer = infer_greatest,
    .eval = eval_greatest,
    .signature_doc = "GREATEST(a, b, ...)",
    .doc = "The largest of the values; NULL when one of them is.",
    .example = "GREATEST(1, 2.5) → 2.5",
};

const struct func_def func_least = {
    .name = "LEAST",
    .flags = FUNC_STRICT | FUNC_TOTAL,
    .infer = infer_least,
    .eval = eval_least,
    .signature_doc = "LEAST(a, b, ...)",
    .doc = "The smallest of the values; NULL when one of them is.",
    .example = "LEAST(1, 2.5) → 1.0",
};
