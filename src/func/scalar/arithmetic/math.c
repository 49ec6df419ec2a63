/* Functions of real numbers: everything is computed as DOUBLE. */
#include <math.h>

#include "func/func.h"

#define PI_VALUE 3.141592653589793
#define E_VALUE 2.718281828459045

static const struct func_signature none_signatures[] = {
    {"-> DOUBLE NOT NULL", NULL},
    {NULL, NULL},
};

static const struct func_signature one_signatures[] = {
    {"DOUBLE -> DOUBLE", NULL},
    {NULL, NULL},
};

static const struct func_signature two_signatures[] = {
    {"DOUBLE, DOUBLE -> DOUBLE", NULL},
    {NULL, NULL},
};

#define CONSTANT(id, text, value, doc_text, example_text) \
    static struct err *eval_##id(struct func_frame *f)    \
    {                                                     \
        double *out = f->out->data;                       \
        for (FUNC_EACH_ROW(f, row)) out[row] = (value);   \
        return NULL;                                      \
    }                                                     \
    const struct func_def func_##id = {                   \
        .name = text,                                     \
        .flags = FUNC_STRICT | FUNC_TOTAL,                \
        .signatures = none_signatures,                    \
        .eval = eval_##id,                                \
        .signature_doc = text "()",                       \
        .doc = doc_text,                                  \
        .example = example_text,                          \
    };

#define REAL(id, text, expression, doc_text, example_text) \
    static struct err *eval_##id(struct func_frame *f)     \
    {                                                      \
        const double *a = f->args[0]->data;                \
        double *out = f->out->data;                        \
        for (FUNC_EACH_ROW(f, row)) {                      \
            double x = a[row];                             \
            out[row] = (expression);                       \
        }                                                  \
        return NULL;                                       \
    }                                                      \
    const struct func_def func_##id = {                    \
        .name = text,                                      \
        .flags = FUNC_STRICT | FUNC_TOTAL,                 \
        .signatures = one_signatures,                      \
        .eval = eval_##id,                                 \
        .signature_doc = text "(x)",                       \
        .doc = doc_text,                                   \
        .example = example_text,                           \
    };

CONSTANT(pi, "PI", PI_VALUE, "The ratio of a circle's circumference to its diameter.",
    "PI() → 3.141592653589793")
CONSTANT(e, "E", E_VALUE, "The base of natural logarithms.", "E() → 2.718281828459045")
REAL(sqrt, "SQRT", sqrt(x), "The square root; NaN of a negative number.", "SQRT(4) → 2.0")
REAL(exp, "EXP", exp(x), "e to the power of x.", "EXP(0) → 1.0")
REAL(ln, "LN", log(x), "The natural logarithm.", "LN(1) → 0.0")
REAL(log10, "LOG10", log10(x), "The logarithm to base 10.", "LOG10(1000) → 3.0")
REAL(log2, "LOG2", log2(x), "The logarithm to base 2.", "LOG2(8) → 3.0")
REAL(sin, "SIN", sin(x), "The sine of an angle in radians.", "SIN(0) → 0.0")
REAL(cos, "COS", cos(x), "The cosine of an angle in radians.", "COS(0) → 1.0")
REAL(tan, "TAN", tan(x), "The tangent of an angle in radians.", "TAN(0) → 0.0")
REAL(cot, "COT", 1.0 / tan(x), "The cotangent of an angle in radians.",
    "COT(1) → 0.6420926159343306")
REAL(asin, "ASIN", asin(x), "The angle whose sine is x.", "ASIN(0) → 0.0")
REAL(acos, "ACOS", acos(x), "The angle whose cosine is x.", "ACOS(1) → 0.0")
REAL(atan, "ATAN", atan(x), "The angle whose tangent is x.", "ATAN(0) → 0.0")
REAL(sinh, "SINH", sinh(x), "The hyperbolic sine.", "SINH(0) → 0.0")
REAL(cosh, "COSH", cosh(x), "The hyperbolic cosine.", "COSH(0) → 1.0")
REAL(tanh, "TANH", tanh(x), "The hyperbolic tangent.", "TANH(0) → 0.0")
REAL(degrees, "DEGREES", x *(180.0 / PI_VALUE), "Radians to degrees.", "DEGREES(PI()) → 180.0")
REAL(radians, "RADIANS", x *(PI_VALUE / 180.0), "Degrees to radians.",
    "RADIANS(180) → 3.141592653589793")

static struct err *eval_power(struct func_frame *f)
{
    const double *a = f->args[0]->data, *b = f->args[1]->data;
    double *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) out[row] = pow(a[row], b[row]);
    return NULL;
}

const struct func_def func_power = {
    .name = "POWER",
    .flags = FUNC_STRICT | FUNC_TOTAL,
    .signatures = two_signatures,
    .eval = eval_power,
    .signature_doc = "POWER(x, y)",
    .doc = "x to the power of y.",
    .example = "POWER(2, 10) → 1024.0",
};

static struct err *eval_atan2(struct func_frame *f)
{
    const double *a = f->args[0]->data, *b = f->args[1]->data;
    double *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) out[row] = atan2(a[row], b[row]);
    return NULL;
}

const struct func_def func_atan2 = {
    .name = "ATAN2",
    .flags = FUNC_STRICT | FUNC_TOTAL,
    .signatures = two_signatures,
    .eval = eval_atan2,
    .signature_doc = "ATAN2(y, x)",
    .doc = "The angle of the point (x, y).",
    .example = "ATAN2(1, 1) → 0.7853981633974483",
};

static struct err *eval_log(struct func_frame *f)
{
    const double *a = f->args[0]->data;
    const double *b = f->call->arg_count == 2 ? f->args[1]->data : NULL;
    double *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) out[row] = b ? log(b[row]) / log(a[row]) : log(a[row]);
    return NULL;
}

static const struct func_signature log_signatures[] = {
    {"DOUBLE, DOUBLE? -> DOUBLE", NULL},
    {NULL, NULL},
};

const struct func_def func_log = {
    .name = "LOG",
    .flags = FUNC_STRICT | FUNC_TOTAL,
    .signatures = log_signatures,
    .eval = eval_log,
    .signature_doc = "LOG([base, ]x)",
    .doc = "The logarithm of x to the base, by default the natural one.",
    .example = "LOG(2, 8) → 3.0",
};
