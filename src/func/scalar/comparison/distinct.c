/* IS [NOT] DISTINCT FROM: equality that knows NULL; never NULL itself. */
#include "base/check.h"
#include "func/infer.h"
#include "func/scalar/comparison/comparison.h"

static struct err *infer(struct func_infer *in, const struct func_def *def)
{
    TRY(comparison_infer(in, def, false));
    in->result = type_with_nullable(in->arena, type_simple(TYPE_BOOLEAN), false);
    return NULL;
}

/* The comparison runs over NULL rows too, whose values are readable; then they are overwritten. */
static void run(struct func_frame *f, enum comparison op)
{
    const struct column *a = f->args[0], *b = f->args[1];
    if (a->layout == LAYOUT_SPAN || a->layout == LAYOUT_ROW) {
        uint8_t *out = f->out->data;
        for (FUNC_EACH_ROW(f, row))
            out[row] = column_rows_equal(a, row, b, row) == (op == COMPARE_EQ);
        return;
    }
    comparison_run(f, op);
    if (!a->has_nulls && !b->has_nulls) return;
    uint8_t *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) {
        bool valid_a = column_is_valid(a, row), valid_b = column_is_valid(b, row);
        if (!valid_a || !valid_b) out[row] = (valid_a == valid_b) == (op == COMPARE_EQ);
    }
}

extern const struct func_def func_is_distinct, func_is_not_distinct;

static struct err *infer_distinct(struct func_infer *in)
{
    return infer(in, &func_is_distinct);
}

static struct err *infer_not_distinct(struct func_infer *in)
{
    return infer(in, &func_is_not_distinct);
}

static struct err *eval_distinct(struct func_frame *f)
{
    run(f, COMPARE_NE);
    return NULL;
}

static struct err *eval_not_distinct(struct func_frame *f)
{
    run(f, COMPARE_EQ);
    return NULL;
}

const struct func_def func_is_distinct = {
    .name = "IS DISTINCT FROM",
    .flags = FUNC_TOTAL | FUNC_OPERATOR,
    .infer = infer_distinct,
    .eval = eval_distinct,
    .signature_doc = "a IS DISTINCT FROM b",
    .doc = "TRUE when a and b differ, where NULL equals NULL. Never NULL.",
    .example = "1 IS DISTINCT FROM NULL → TRUE",
};

const struct func_def func_is_not_distinct = {
    .name = "IS NOT DISTINCT FROM",
    .flags = FUNC_TOTAL | FUNC_OPERATOR,
    .infer = infer_not_distinct,
    .eval = eval_not_distinct,
    .signature_doc = "a IS NOT DISTINCT FROM b",
    .doc = "TRUE when a and b are equal or both NULL. Never NULL.",
    .example = "1 IS NOT DISTINCT FROM NULL → FALSE",
};
