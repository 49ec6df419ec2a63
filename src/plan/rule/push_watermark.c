/* push_watermark.c - WATERMARK FOR into sources that make watermarks per split (Flink's
 * PushWatermarkIntoTableSourceScanRule, also across computed columns). */
#include "base/arena.h"
#include "plan/rule/rule.h"

static bool pushes_down(struct rule_context *c, const struct logic_table *t)
{
    if (!t->def->watermark_push_down) return t->def->flags & CONNECTOR_WATERMARK_PUSH_DOWN;
    struct connector_params p = logic_connector_params(t, c->env, c->zone, c->harness);
    return t->def->watermark_push_down(&p);
}

/* The node with the type of column `at` carrying the rowtime. */
static struct logic *mark_rowtime(
    struct rule_context *c, const struct logic *l, uint32_t at, const struct type *type)
{
    struct logic *copy = logic_with_inputs(c->arena, l, l->inputs);
    struct type_field *fields = ARENA_ARRAY(c->arena, struct type_field, l->schema->count);
    memcpy(fields, l->schema->fields, l->schema->count * sizeof *fields);
    fields[at].type = type;
    copy->schema = schema_new(c->arena, fields, l->schema->count);
    return copy;
}

static void set_bound(struct logic *scan, const struct logic *l, const struct expr *event_time)
{
    scan->scan.max_future_ms = l->watermark.max_future_ms;
    scan->scan.event_time = scan->scan.max_future_ms ? event_time : NULL;
}

static const struct logic *over_scan(
    struct rule_context *c, const struct logic *l, const struct logic *scan)
{
    uint32_t at = l->watermark.column;
    struct logic *copy = mark_rowtime(c, scan, at, l->schema->fields[at].type);
    copy->scan.watermark = l->watermark.expr;
    set_bound(copy, l, expr_column(c->arena, at, l->schema->fields[at].type));
    return copy;
}

static const struct logic *over_project(
    struct rule_context *c, const struct logic *l, const struct logic *project)
{
    const struct logic *scan = project->inputs[0];
    if (!expr_is_deterministic(l->watermark.expr)) return l;
    uint32_t at = l->watermark.column;
    const struct expr *rowtime = project->project.exprs[at];
    const struct expr *expr = expr_substitute(c->arena, l->watermark.expr, project->project.exprs);
    bool is_checked = (scan->scan.table->def->flags & CONNECTOR_NEEDS_TIME) != 0 &&
                      rowtime->kind != EXPR_COLUMN && expr_is_deterministic(rowtime);
    bool bound_is_known = l->watermark.max_future_ms == 0 || expr_is_deterministic(rowtime);
    if (!expr_is_deterministic(expr) || !bound_is_known) return l;
    struct logic *source = logic_with_inputs(c->arena, scan, scan->inputs);
    source->scan.watermark = expr;
    set_bound(source, l, rowtime);
    if (is_checked) source->scan.event_time = rowtime;
    struct logic *copy = mark_rowtime(c, project, at, l->schema->fields[at].type);
    const struct expr **exprs = ARENA_ARRAY(c->arena, const struct expr *, project->schema->count);
    memcpy(exprs, project->project.exprs, project->schema->count * sizeof *exprs);
    struct expr *marked = ARENA_NEW(c->arena, struct expr);
    *marked = *rowtime;
    marked->type = type_with_time_attribute(c->arena, rowtime->type, TIME_ROWTIME);
    exprs[at] = marked;
    copy->project.exprs = exprs;
    logic_set_input(c->arena, copy, source);
    return copy;
}

const struct logic *rule_push_watermark(struct rule_context *c, const struct logic *l)
{
    if (l->kind != LOGIC_WATERMARK) return l;
    const struct logic *input = l->inputs[0];
    if (input->kind == LOGIC_SCAN && pushes_down(c, input->scan.table))
        return over_scan(c, l, input);
    if (input->kind == LOGIC_PROJECT && input->inputs[0]->kind == LOGIC_SCAN &&
        pushes_down(c, input->inputs[0]->scan.table))
        return over_project(c, l, input);
    return l;
}
