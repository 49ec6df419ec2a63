/* bind_case.c - CASE, COALESCE, IF, NULLIF, IN: the lazy forms and what is rewritten to them. */
#include "base/arena.h"
#include "plan/bind/scope.h"

typedef const struct type *common_fn(
    struct arena *a, const struct type *const *types, size_t count);

/* Casts every branch to the common type. Literal NULLs take it too; `what` for the message. */
static struct err *unify(common_fn *common_type, struct scope_context *c,
    const struct expr **branches, const uint32_t *which, uint32_t count, struct text_pos pos,
    const struct type **out)
{
    struct arena *a = c->bind->arena;
    const struct type **types = ARENA_ARRAY(a, const struct type *, count + 1);
    uint32_t typed = 0;
    bool nullable = false;
    for (uint32_t i = 0; i < count; i++) {
        const struct expr *e = branches[which ? which[i] : i];
        if (bind_is_null(e))
            nullable = true;
        else
            types[typed++] = bind_plain(c->bind, e->type);
    }
    const struct type *common = typed ? common_type(a, types, typed) : NULL;
    if (!common)
        FAIL_AT(ERR_DATATYPE_MISMATCH, pos,
            typed ? "Illegal mixing of types in CASE or COALESCE statement"
                  : "ELSE clause or at least one THEN clause must be non-NULL");
    for (uint32_t i = 0; i < count; i++) {
        const struct expr **e = &branches[which ? which[i] : i];
        if (bind_is_null(*e))
            *e = bind_typed_null(c->bind, *e, common);
        else
            *e = expr_cast(a, *e, type_with_nullable(a, common, (*e)->type->nullable), false);
    }
    *out = nullable ? type_with_nullable(a, common, true) : common;
    return NULL;
}

static struct err *make_case(struct scope_context *c, const struct expr **args, uint32_t count,
    struct text_pos pos, const struct expr **out)
{
    struct arena *a = c->bind->arena;
    /* THEN branches stand at the odd places, ELSE at the last. */
    uint32_t branches = count / 2 + 1;
    uint32_t *which = ARENA_ARRAY(a, uint32_t, branches);
    for (uint32_t i = 0; i + 1 < branches; i++) which[i] = 2 * i + 1;
    which[branches - 1] = count - 1;
    const struct type *type;
    TRY(unify(type_least_restrictive, c, args, which, branches, pos, &type));
    struct expr *node = expr_node(a, EXPR_CASE, type, args, count);
    node->pos = pos;
    *out = node;
    return NULL;
}

struct err *bind_if(struct scope_context *c, const struct expr *condition, const struct expr *then,
    const struct expr *otherwise, struct text_pos pos, const struct expr **out)
{
    const struct expr **args = ARENA_ARRAY(c->bind->arena, const struct expr *, 3);
    args[0] = condition;
    args[1] = then;
    args[2] = otherwise;
    return make_case(c, args, 3, pos, out);
}

/* WHEN of a simple CASE: operand = a OR operand = b. */
static struct err *bind_match(struct scope_context *c, const struct expr *operand,
    const struct ast_when *when, struct text_pos pos, const struct expr **out)
{
    struct arena *a = c->bind->arena;
    uint32_t count = (uint32_t)when->when.count;
    const struct expr **any = ARENA_ARRAY(a, const struct expr *, count);
    bool nullable = false;
    for (uint32_t i = 0; i < count; i++) {
        const struct expr *args[2] = {operand};
        TRY(bind_expr_or_null(c, when->when.items[i], &args[1]));
        args[1] = bind_typed_null(c->bind, args[1], operand->type);
        TRY(bind_function(c, "=", args, 2, pos, &any[i]));
        nullable |= any[i]->type->nullable;
    }
    *out = any[0];
    if (count == 1) return NULL;
    const struct type *type = type_with_nullable(a, type_simple(TYPE_BOOLEAN), nullable);
    *out = expr_node(a, EXPR_OR, type, any, count);
    return NULL;
}

struct err *bind_case(struct scope_context *c, const struct ast_expr *ast, const struct expr **out)
{
    struct bind *b = c->bind;
    struct text_pos pos = bind_pos(b, ast->pos);
    uint32_t count = (uint32_t)ast->branch.when_count * 2 + 1;
    const struct expr **args = ARENA_ARRAY(b->arena, const struct expr *, count);
    const struct expr *operand = NULL;
    if (ast->branch.operand) TRY(bind_expr(c, ast->branch.operand, &operand));
    for (uint32_t i = 0; i < ast->branch.when_count; i++) {
        const struct ast_when *when = &ast->branch.whens[i];
        if (operand) {
            TRY(bind_match(c, operand, when, pos, &args[2 * i]));
        } else {
            TRY(bind_expr(c, when->when.items[0], &args[2 * i]));
            if (args[2 * i]->type->kind != TYPE_BOOLEAN)
                FAIL_AT(ERR_DATATYPE_MISMATCH, bind_pos(b, when->when.items[0]->pos),
                    "Expected a boolean type");
        }
        TRY(bind_expr_or_null(c, when->then, &args[2 * i + 1]));
    }
    if (ast->branch.otherwise)
        TRY(bind_expr_or_null(c, ast->branch.otherwise, &args[count - 1]));
    else
        args[count - 1] = bind_literal_value(b, type_simple(TYPE_NULL), value_null(), pos);
    return make_case(c, args, count, pos, out);
}

struct err *bind_coalesce(struct scope_context *c, const struct expr **args, uint32_t count,
    struct text_pos pos, const struct expr **out)
{
    struct arena *a = c->bind->arena;
    const struct type *type;
    bool nullable = true;
    for (uint32_t i = 0; i < count; i++)
        nullable &= bind_is_null(args[i]) || args[i]->type->nullable;
    TRY(unify(type_common, c, args, NULL, count, pos, &type));
    *out = args[0];
    if (count == 1) return NULL;
    struct expr *node =
        expr_node(a, EXPR_COALESCE, type_with_nullable(a, type, nullable), args, count);
    node->pos = pos;
    *out = node;
    return NULL;
}

struct err *bind_in(struct scope_context *c, const struct ast_expr *ast, const struct expr **out)
{
    struct bind *b = c->bind;
    struct text_pos pos = bind_pos(b, ast->pos);
    if (ast->in.query)
        return bind_unsupported(b, ast->pos, ast->in.negated ? "NOT IN (query)" : "IN (query)");
    if (ast->in.quantifier != AST_QUANTIFIER_NONE)
        return bind_unsupported(b, ast->pos, "SOME, ANY and ALL");
    uint32_t count = (uint32_t)ast->in.list.count;
    const struct expr **args = ARENA_ARRAY(b->arena, const struct expr *, count + 1);
    TRY(bind_expr(c, ast->in.value, &args[0]));
    for (uint32_t i = 1; i <= count; i++) {
        TRY(bind_expr_or_null(c, ast->in.list.items[i - 1], &args[i]));
        args[i] = bind_typed_null(b, args[i], args[0]->type);
    }
    TRY(bind_function(c, "IN", args, count + 1, pos, out));
    return ast->in.negated ? bind_function(c, "NOT", out, 1, pos, out) : NULL;
}
