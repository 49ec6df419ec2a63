/* push_filter.c - a Filter moves towards the sources: through projections, into the inputs of a
 * union, below a window function for what does not look at the window, below GROUP BY for what
 * looks at keys only. Never below a watermark: rows that are filtered out move event time too. */
#include "base/arena.h"
#include "plan/rule/rule.h"
#include "plan/trait/trait.h"

static const struct logic *filter(struct rule_context *c, const struct logic *input,
    const struct expr *condition, const struct logic *from)
{
    struct logic *l = logic_filter(c->arena, input, condition, from->pos);
    l->identity = from->identity;
    return c->made++ < RULE_MOVES_MAX ? rule_push_filter(c, l) : l;
}

static const struct logic *through_filter(struct rule_context *c, const struct logic *l)
{
    const struct logic *inner = l->inputs[0];
    const struct expr *both[2] = {inner->condition, l->condition};
    return filter(c, inner->inputs[0], rule_and(c->arena, both, 2), l);
}

static const struct logic *through_project(struct rule_context *c, const struct logic *l)
{
    const struct logic *project = l->inputs[0];
    uint32_t count = project->schema->count;
    uint32_t *weights = ARENA_ARRAY(c->arena, uint32_t, count + 1);
    uint32_t *depths = ARENA_ARRAY(c->arena, uint32_t, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        const struct expr *e = project->project.exprs[i];
        weights[i] = rule_expr_size(e, NULL);
        depths[i] = rule_expr_depth(e, NULL);
        if (rule_reads(l->condition, i) && !expr_is_deterministic(e)) return l;
    }
    if (rule_expr_size(l->condition, weights) > RULE_EXPR_SIZE_MAX ||
        rule_expr_depth(l->condition, depths) > EXPR_DEPTH_MAX)
        return l;
    const struct expr *condition = expr_substitute(c->arena, l->condition, project->project.exprs);
    const struct logic **inputs = ARENA_ARRAY(c->arena, const struct logic *, 1);
    inputs[0] = filter(c, project->inputs[0], condition, l);
    return logic_with_inputs(c->arena, project, inputs);
}

static const struct logic *into_union(struct rule_context *c, const struct logic *l)
{
    const struct logic *u = l->inputs[0];
    const struct logic **inputs = ARENA_ARRAY(c->arena, const struct logic *, u->input_count);
    for (uint32_t i = 0; i < u->input_count; i++)
        inputs[i] = filter(c, u->inputs[i], l->condition, l);
    return logic_with_inputs(c->arena, u, inputs);
}

/* Parts that read only columns that are `allowed` go down, renumbered by `map`. */
static const struct logic *split(
    struct rule_context *c, const struct logic *l, const bool *allowed, const uint32_t *map)
{
    const struct logic *node = l->inputs[0];
    uint32_t count = rule_conjunct_count(l->condition);
    const struct expr **parts = ARENA_ARRAY(c->arena, const struct expr *, count);
    const struct expr **down = ARENA_ARRAY(c->arena, const struct expr *, count);
    uint32_t down_count = 0, stay = 0;
    rule_conjuncts(l->condition, parts);
    for (uint32_t i = 0; i < count; i++) {
        bool below = expr_is_deterministic(parts[i]);
        for (uint32_t k = 0; k < node->schema->count; k++)
            below &= allowed[k] || !rule_reads(parts[i], k);
        if (below)
            down[down_count++] = expr_remap(c->arena, parts[i], map);
        else
            parts[stay++] = parts[i];
    }
    if (down_count == 0) return l;
    const struct logic **inputs = ARENA_ARRAY(c->arena, const struct logic *, 1);
    inputs[0] = filter(c, node->inputs[0], rule_and(c->arena, down, down_count), l);
    const struct logic *moved = logic_with_inputs(c->arena, node, inputs);
    if (stay == 0) return moved;
    struct logic *rest = logic_filter(c->arena, moved, rule_and(c->arena, parts, stay), l->pos);
    rest->identity = l->identity;
    return rest;
}

static const struct logic *below_window(struct rule_context *c, const struct logic *l)
{
    uint32_t columns = l->inputs[0]->schema->count;
    uint32_t *map = ARENA_ARRAY(c->arena, uint32_t, columns);
    bool *allowed = ARENA_ARRAY(c->arena, bool, columns);
    for (uint32_t i = 0; i < columns; i++) {
        map[i] = i;
        allowed[i] = i + 3 < columns;
    }
    return split(c, l, allowed, map);
}

static const struct logic *below_aggregate(struct rule_context *c, const struct logic *l)
{
    const struct logic *aggregate = l->inputs[0];
    const struct logic_aggregate *g = &aggregate->aggregate;
    if (g->key_count == 0) return l;
    uint32_t *map = ARENA_ARRAY(c->arena, uint32_t, aggregate->schema->count);
    bool *allowed = ARENA_ARRAY(c->arena, bool, aggregate->schema->count);
    /* A condition on the window's bounds below a window aggregate would cut the aggregate off from
     * its window function. */
    struct logic_window w;
    bool windowed = trait_window(aggregate, &w);
    for (uint32_t i = 0; i < g->key_count; i++) {
        int32_t at = (int32_t)i;
        map[i] = g->keys[i];
        allowed[i] = !windowed || (at != w.start && at != w.end && at != w.time);
    }
    return split(c, l, allowed, map);
}

const struct logic *rule_push_filter(struct rule_context *c, const struct logic *l)
{
    if (l->kind != LOGIC_FILTER) return l;
    switch (l->inputs[0]->kind) {
    case LOGIC_FILTER: return through_filter(c, l);
    case LOGIC_PROJECT: return through_project(c, l);
    case LOGIC_UNION: return into_union(c, l);
    case LOGIC_WINDOW_TABLE: return below_window(c, l);
    case LOGIC_AGGREGATE: return below_aggregate(c, l);
    case LOGIC_SCAN:
    case LOGIC_VALUES:
    case LOGIC_WATERMARK:
    case LOGIC_WINDOW_AGGREGATE:
    case LOGIC_LIMIT:
    case LOGIC_SIDE:
    case LOGIC_SINK: return l;
    }
    return l;
}
