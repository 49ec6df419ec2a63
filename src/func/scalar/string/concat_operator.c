/* a || b */
#include "base/arena.h"
#include "func/infer.h"

extern const struct func_def func_concat_operator;

static int32_t length_sum(const struct type *a, const struct type *b)
{
    int64_t sum = (int64_t)a->precision + b->precision;
    return sum > TYPE_LENGTH_MAX ? TYPE_LENGTH_MAX : (int32_t)sum;
}

static struct err *infer(struct func_infer *in)
{
    const char *forms = "'<STRING> || <STRING>'";
    if (in->arg_count != 2) return func_infer_fail(&func_concat_operator, in, forms);
    for (int i = 0; i < 2; i++)
        if (in->args[i].type->kind == TYPE_NULL) in->arg_types[i] = type_string();
    const struct type *a = in->arg_types[0], *b = in->arg_types[1];
    if (!type_is_character(a) || !type_is_character(b))
        return func_infer_fail(&func_concat_operator, in, forms);
    bool fixed = a->kind == TYPE_CHAR && b->kind == TYPE_CHAR;
    in->result = type_new(
        in->arena, fixed ? TYPE_CHAR : TYPE_VARCHAR, length_sum(a, b), 0, func__any_nullable(in));
    return NULL;
}

static struct err *eval(struct func_frame *f)
{
    const struct str *a = f->args[0]->data, *b = f->args[1]->data;
    struct str *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) {
        struct slice left = str_slice(&a[row]), right = str_slice(&b[row]);
        if (left.n + right.n > TYPE_LENGTH_MAX)
            FUNC_FAIL(
                f, row, ERR_LIMIT_EXCEEDED, "||: result of more than %d bytes", TYPE_LENGTH_MAX);
        uint32_t size = (uint32_t)(left.n + right.n);
        char small[STR_INLINE_MAX], *text = small;
        if (size > STR_INLINE_MAX) {
            TRY(arena_check(f->arena));
            text = arena_alloc_raw(f->arena, size);
        }
        if (left.n) memcpy(text, left.p, left.n);
        if (right.n) memcpy(text + left.n, right.p, right.n);
        out[row] = str_view(text, size);
    }
    return NULL;
}

const struct func_def func_concat_operator = {
    .name = "||",
    .flags = FUNC_STRICT | FUNC_OPERATOR,
    .infer = infer,
    .eval = eval,
    .signature_doc = "a || b",
    .doc = "Both texts, one after the other; NULL when one of them is.",
    .example = "'a' || 'bc' → abc",
};
