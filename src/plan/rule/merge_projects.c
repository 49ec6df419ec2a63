/* merge_projects.c - Project over Project becomes one, and a Project that changes nothing goes.
 * An expression that gives another result at each call is never duplicated, and none grows past
 * RULE_EXPR_SIZE_MAX: views upon views would otherwise double it at every level. */
#include "base/arena.h"
#include "plan/rule/rule.h"

static uint32_t count_reads(const struct expr *e, uint32_t column)
{
    if (e->kind == EXPR_COLUMN) return e->column == column;
    uint32_t n = 0;
    for (uint32_t i = 0; i < e->arg_count; i++) n += count_reads(e->args[i], column);
    return n;
}

static bool may_merge(struct rule_context *c, const struct logic *outer, const struct logic *inner)
{
    uint32_t count = inner->schema->count;
    uint32_t *weights = ARENA_ARRAY(c->arena, uint32_t, count + 1);
    uint32_t *depths = ARENA_ARRAY(c->arena, uint32_t, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        const struct expr *e = inner->project.exprs[i];
        weights[i] = rule_expr_size(e, NULL);
        depths[i] = rule_expr_depth(e, NULL);
        if (weights[i] == 1 || expr_is_deterministic(e)) continue;
        uint32_t reads = 0;
        for (uint32_t k = 0; k < outer->schema->count; k++)
            reads += count_reads(outer->project.exprs[k], i);
        if (reads > 1) return false;
    }
    for (uint32_t k = 0; k < outer->schema->count; k++)
        if (rule_expr_size(outer->project.exprs[k], weights) > RULE_EXPR_SIZE_MAX ||
            rule_expr_depth(outer->project.exprs[k], depths) > EXPR_DEPTH_MAX)
            return false;
    return true;
}

/* A column reference keeps what its own node says about time: CAST may have made a rowtime plain.
 */
static const struct expr *substitute(
    struct arena *a, const struct expr *e, const struct expr *const *replacements)
{
    const struct expr *out = expr_substitute(a, e, replacements);
    if (e->kind == EXPR_COLUMN && out->type->time_attribute != e->type->time_attribute) {
        struct expr *copy = ARENA_NEW(a, struct expr);
        *copy = *out;
        copy->type = e->type;
        return copy;
    }
    return out;
}

const struct logic *rule_merge_projects(struct rule_context *c, const struct logic *l)
{
    if (l->kind != LOGIC_PROJECT || l->inputs[0]->kind != LOGIC_PROJECT) return l;
    const struct logic *inner = l->inputs[0];
    if (!may_merge(c, l, inner)) return l;
    uint32_t count = l->schema->count;
    const struct expr **exprs = ARENA_ARRAY(c->arena, const struct expr *, count + 1);
    for (uint32_t i = 0; i < count; i++)
        exprs[i] = substitute(c->arena, l->project.exprs[i], inner->project.exprs);
    struct logic *merged = logic_with_inputs(c->arena, l, inner->inputs);
    merged->project.exprs = exprs;
    return merged;
}

const struct logic *rule_remove_identity(struct rule_context *c, const struct logic *l)
{
    (void)c;
    return l->kind == LOGIC_PROJECT && logic_is_identity(l) ? l->inputs[0] : l;
}
