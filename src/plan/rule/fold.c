/* fold.c - constant folding: an expression without columns whose result never changes is computed
 * once, now. One that fails (1 / 0) stays as it is and fails when a row gets there, as in Flink. */
#include "base/arena.h"
#include "expr/program.h"
#include "plan/rule/rule.h"

static bool is_constant(const struct expr *e)
{
    if (e->kind == EXPR_COLUMN) return false;
    for (uint32_t i = 0; i < e->arg_count; i++)
        if (!is_constant(e->args[i])) return false;
    return true;
}

/* Rows, maps and arrays stay calls: they print and compare better so. */
static bool is_worth_folding(const struct expr *e)
{
    return e->kind != EXPR_LITERAL && e->kind != EXPR_COLUMN && e->type->kind < TYPE_ARRAY &&
           e->type->kind != TYPE_NULL;
}

static const struct expr *fold(struct rule_context *c, const struct expr *e);

static const struct expr *fold_args(struct rule_context *c, const struct expr *e)
{
    const struct expr **args = ARENA_ARRAY(c->arena, const struct expr *, e->arg_count + 1);
    bool changed = false;
    for (uint32_t i = 0; i < e->arg_count; i++) {
        args[i] = fold(c, e->args[i]);
        changed |= args[i] != e->args[i];
    }
    if (!changed) return e;
    struct expr *copy = ARENA_NEW(c->arena, struct expr);
    *copy = *e;
    copy->args = args;
    return copy;
}

static const struct expr *fold(struct rule_context *c, const struct expr *e)
{
    if (is_worth_folding(e) && is_constant(e) && expr_is_deterministic(e)) {
        struct value *v = ARENA_NEW(c->arena, struct value);
        struct err *err = program_constant(c->arena, e, c->zone, v);
        if (!err) {
            struct expr *literal = expr_literal(c->arena, v, e->type);
            literal->pos = e->pos;
            return literal;
        }
        err_free(err);
        return e;
    }
    return e->arg_count > 0 ? fold_args(c, e) : e;
}

static const struct logic *fold_project(struct rule_context *c, const struct logic *l)
{
    uint32_t count = l->schema->count;
    const struct expr **exprs = ARENA_ARRAY(c->arena, const struct expr *, count + 1);
    bool changed = false;
    for (uint32_t i = 0; i < count; i++) {
        exprs[i] = fold(c, l->project.exprs[i]);
        changed |= exprs[i] != l->project.exprs[i];
    }
    if (!changed) return l;
    struct logic *copy = logic_with_inputs(c->arena, l, l->inputs);
    copy->project.exprs = exprs;
    return copy;
}

const struct logic *rule_fold(struct rule_context *c, const struct logic *l)
{
    if (l->kind == LOGIC_PROJECT) return fold_project(c, l);
    if (l->kind != LOGIC_FILTER) return l;
    const struct expr *condition = fold(c, l->condition);
    if (condition->kind == EXPR_LITERAL && !condition->literal->null && condition->literal->boolean)
        return l->inputs[0];
    if (condition == l->condition) return l;
    struct logic *copy = logic_with_inputs(c->arena, l, l->inputs);
    copy->condition = condition;
    return copy;
}
