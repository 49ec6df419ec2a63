#include "func/func.h"

static const struct func_signature signatures[] = {
    {"ANY -> BOOLEAN NOT NULL", NULL},
    {NULL, NULL},
};

static void run(struct func_frame *f, bool null)
{
    const struct column *a = f->args[0];
    uint8_t *out = f->out->data;
    if (!a->has_nulls) {
        for (FUNC_EACH_ROW(f, row)) out[row] = !null;
        return;
    }
    for (FUNC_EACH_ROW(f, row)) out[row] = (a->valid[row >> 6] >> (row & 63) & 1) != null;
}

static struct err *eval_null(struct func_frame *f)
{
    run(f, true);
    return NULL;
}

static struct err *eval_not_null(struct func_frame *f)
{
    run(f, false);
    return NULL;
}

const struct func_def func_is_null = {
    .name = "IS NULL",
    .flags = FUNC_TOTAL | FUNC_OPERATOR,
    .signatures = signatures,
    .eval = eval_null,
    .signature_doc = "a IS NULL",
    .doc = "TRUE when a is NULL, else FALSE.",
    .example = "CAST(NULL AS INT) IS NULL → TRUE",
};

const struct func_def func_is_not_null = {
    .name = "IS NOT NULL",
    .flags = FUNC_TOTAL | FUNC_OPERATOR,
    .signatures = signatures,
    .eval = eval_not_null,
    .signature_doc = "a IS NOT NULL",
    .doc = "TRUE when a is not NULL, else FALSE.",
    .example = "1 IS NOT NULL → TRUE",
};
