/* NOT and the tests for a truth value. AND and OR are lazy: expr/ has them. */
#include "func/func.h"

static const struct func_signature not_signatures[] = {
    {"BOOLEAN -> BOOLEAN", NULL},
    {NULL, NULL},
};

static const struct func_signature test_signatures[] = {
    {"BOOLEAN -> BOOLEAN NOT NULL", NULL},
    {NULL, NULL},
};

static struct err *eval_not(struct func_frame *f)
{
    const uint8_t *restrict a = f->args[0]->data;
    uint8_t *restrict out = f->out->data;
    if (!f->sel) {
        for (uint32_t i = 0; i < f->count; i++) out[i] = !a[i];
        return NULL;
    }
    for (FUNC_EACH_ROW(f, row)) out[row] = !a[row];
    return NULL;
}

const struct func_def func_not = {
    .name = "NOT",
    .flags = FUNC_STRICT | FUNC_TOTAL | FUNC_OPERATOR,
    .signatures = not_signatures,
    .eval = eval_not,
    .signature_doc = "NOT a",
    .doc = "The other truth value; NULL stays NULL.",
    .example = "NOT TRUE → FALSE",
};

/* out = the answer for TRUE, FALSE and NULL rows. */
static struct err *test(struct func_frame *f, bool if_true, bool if_false, bool if_null)
{
    const struct column *a = f->args[0];
    const uint8_t *bytes = a->data;
    uint8_t *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) out[row] = bytes[row] ? if_true : if_false;
    if (!a->has_nulls) return NULL;
    for (FUNC_EACH_ROW(f, row))
        if (!column_is_valid(a, row)) out[row] = if_null;
    return NULL;
}

#define TRUTH_TEST(id, text, if_true, if_false, if_null, doc_text, example_text) \
    static struct err *eval_##id(struct func_frame *f)                           \
    {                                                                            \
        return test(f, if_true, if_false, if_null);                              \
    }                                                                            \
    const struct func_def func_##id = {                                          \
        .name = text,                                                            \
        .flags = FUNC_TOTAL | FUNC_OPERATOR,                                     \
        .signatures = test_signatures,                                           \
        .eval = eval_##id,                                                       \
        .signature_doc = "a " text,                                              \
        .doc = doc_text,                                                         \
        .example = example_text,                                                 \
    };

TRUTH_TEST(is_true, "IS TRUE", true, false, false, "TRUE when a is TRUE, else FALSE.",
    "CAST(NULL AS BOOLEAN) IS TRUE → FALSE")
TRUTH_TEST(is_not_true, "IS NOT TRUE", false, true, true, "FALSE when a is TRUE, else TRUE.",
    "CAST(NULL AS BOOLEAN) IS NOT TRUE → TRUE")
TRUTH_TEST(is_false, "IS FALSE", false, true, false, "TRUE when a is FALSE, else FALSE.",
    "FALSE IS FALSE → TRUE")
TRUTH_TEST(is_not_false, "IS NOT FALSE", true, false, true, "FALSE when a is FALSE, else TRUE.",
    "CAST(NULL AS BOOLEAN) IS NOT FALSE → TRUE")
TRUTH_TEST(is_unknown, "IS UNKNOWN", false, false, true, "TRUE when a is NULL, else FALSE.",
    "CAST(NULL AS BOOLEAN) IS UNKNOWN → TRUE")
TRUTH_TEST(is_not_unknown, "IS NOT UNKNOWN", true, true, false, "FALSE when a is NULL, else TRUE.",
    "TRUE IS NOT UNKNOWN → TRUE")
