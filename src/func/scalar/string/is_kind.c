/* IS_ALPHA, IS_DIGIT, IS_DECIMAL: what a text is made of. NULL is none of it. */
#include "base/num.h"
#include "func/scalar/string/text.h"

static struct err *test_characters(struct func_frame *f, bool (*is)(uint32_t))
{
    uint8_t *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) {
        struct slice s = {NULL, 0};
        if (column_is_valid(f->args[0], row)) s = text_arg(f, 0, row);
        bool all = s.n > 0;
        for (size_t at = 0; at < s.n && all;) {
            uint32_t point;
            at += utf8_decode((struct slice){s.p + at, s.n - at}, &point);
            all = is(point);
        }
        out[row] = all;
    }
    return NULL;
}

static struct err *alpha_eval(struct func_frame *f)
{
    return test_characters(f, utf8_is_letter);
}

static struct err *digit_eval(struct func_frame *f)
{
    return test_characters(f, utf8_is_digit);
}

/* What Double.valueOf takes, "1d" and "NaN" too. */
static struct err *decimal_text_eval(struct func_frame *f)
{
    uint8_t *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) {
        double ignored;
        out[row] = column_is_valid(f->args[0], row) &&
                   num_parse_double_java(text_arg(f, 0, row), &ignored);
    }
    return NULL;
}

static struct err *decimal_number_eval(struct func_frame *f)
{
    uint8_t *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) out[row] = column_is_valid(f->args[0], row);
    return NULL;
}

static const struct func_signature alpha_signatures[] = {
    {"STRING -> BOOLEAN NOT NULL", alpha_eval}, {0}};
static const struct func_signature digit_signatures[] = {
    {"STRING -> BOOLEAN NOT NULL", digit_eval}, {0}};
static const struct func_signature decimal_signatures[] = {
    {"STRING -> BOOLEAN NOT NULL", decimal_text_eval},
    {"NUMERIC -> BOOLEAN NOT NULL", decimal_number_eval}, {0}};

const struct func_def func_is_alpha = {
    .name = "IS_ALPHA",
    .signatures = alpha_signatures,
    .signature_doc = "IS_ALPHA(string)",
    .doc = "Are all characters letters? Not of an empty text.",
    .example = "IS_ALPHA('ab') → TRUE",
};

const struct func_def func_is_digit = {
    .name = "IS_DIGIT",
    .signatures = digit_signatures,
    .signature_doc = "IS_DIGIT(string)",
    .doc = "Are all characters digits? Not of an empty text.",
    .example = "IS_DIGIT('12') → TRUE",
};

const struct func_def func_is_decimal = {
    .name = "IS_DECIMAL",
    .signatures = decimal_signatures,
    .signature_doc = "IS_DECIMAL(value)",
    .doc = "Is it a number, or a text that CAST takes for a DOUBLE?",
    .example = "IS_DECIMAL('1.5e3') → TRUE",
};
