#include "func/infer.h"

bool func__any_nullable(const struct func_infer *in)
{
    for (uint32_t i = 0; i < in->arg_count; i++)
        if (in->args[i].type->nullable) return true;
    return false;
}

const struct type *func__numeric_common(const struct type *left, const struct type *right)
{
    if (type_is_integer(left) && type_is_integer(right))
        return left->kind > right->kind ? left : right;
    if (type_is_exact(left) && type_is_exact(right)) return NULL;
    if (left->kind == TYPE_DECIMAL || right->kind == TYPE_DECIMAL) return type_simple(TYPE_DOUBLE);
    return type_is_approximate(left) ? left : right;
}

const struct type *func__as_decimal(struct arena *a, const struct type *t)
{
    static const int32_t digits[] = {3, 5, 10, 19};
    if (!type_is_integer(t)) return t;
    return type_new(a, TYPE_DECIMAL, digits[t->kind - TYPE_TINYINT], 0, t->nullable);
}

const struct type *func__nullable_as(struct arena *a, const struct type *t, const struct type *like)
{
    return t->nullable == like->nullable ? t : type_with_nullable(a, t, like->nullable);
}
