/* prune_columns.c - projection push-down over the whole graph: what each node must give is the
 * union of what its consumers read, so a shared source is still read once. First from the sinks
 * down, then the nodes are made again from the sources up. */
#include "base/arena.h"
#include "base/check.h"
#include "plan/rule/rule.h"

struct pruning {
    struct rule_context *c;
    bool **needed;              /* by id, per column */
    uint32_t **maps;            /* by id: old column to new one */
    const struct logic **fresh; /* by id */
};

static void need(struct pruning *p, const struct logic *l, uint32_t column)
{
    p->needed[l->id][column] = true;
}

static void need_at(struct pruning *p, const struct logic *l, int32_t column)
{
    if (column >= 0) need(p, l, (uint32_t)column);
}

static void need_expr(struct pruning *p, const struct logic *input, const struct expr *e)
{
    if (e->kind == EXPR_COLUMN) need(p, input, e->column);
    for (uint32_t i = 0; i < e->arg_count; i++) need_expr(p, input, e->args[i]);
}

static void need_same(struct pruning *p, const struct logic *l, const struct logic *input)
{
    for (uint32_t i = 0; i < input->schema->count && i < l->schema->count; i++)
        if (p->needed[l->id][i]) need(p, input, i);
}

static void need_calls(struct pruning *p, const struct logic *l, const struct logic_aggregate *g)
{
    const struct logic *input = l->inputs[0];
    for (uint32_t i = 0; i < g->key_count; i++) need(p, input, g->keys[i]);
    for (uint32_t i = 0; i < g->call_count; i++) {
        if (!p->needed[l->id][g->key_count + i]) continue;
        const struct agg_spec *s = &g->calls[i];
        for (uint32_t k = 0; k < s->call.arg_count; k++) need(p, input, s->args[k]);
        need_at(p, input, s->filter_column);
    }
}

static void ask_inputs(struct pruning *p, const struct logic *l)
{
    const struct logic *input = l->input_count ? l->inputs[0] : NULL;
    switch (l->kind) {
    case LOGIC_SCAN:
        if (l->scan.watermark) need_expr(p, l, l->scan.watermark);
        if (l->scan.event_time) need_expr(p, l, l->scan.event_time);
        return;
    case LOGIC_VALUES: return;
    case LOGIC_PROJECT:
        for (uint32_t i = 0; i < l->schema->count; i++)
            if (p->needed[l->id][i]) need_expr(p, input, l->project.exprs[i]);
        return;
    case LOGIC_FILTER:
        need_same(p, l, input);
        need_expr(p, input, l->condition);
        return;
    case LOGIC_WATERMARK:
        need(p, l, l->watermark.column);
        need_same(p, l, input);
        need_expr(p, input, l->watermark.expr);
        return;
    case LOGIC_AGGREGATE: need_calls(p, l, &l->aggregate); return;
    case LOGIC_WINDOW_TABLE:
        need_same(p, l, input);
        need_at(p, input, l->window_table.time_column);
        return;
    case LOGIC_WINDOW_AGGREGATE:
        need_calls(p, l, &l->window.aggregate);
        need_at(p, input, l->window.window.time_column);
        need_at(p, input, l->window.window.start_column);
        need_at(p, input, l->window.window.end_column);
        for (uint32_t i = 0; i < l->window.late_count; i++) need(p, input, l->window.late[i]);
        return;
    case LOGIC_SIDE: return; /* its columns are not those of its input's output */
    case LOGIC_UNION:
        for (uint32_t i = 0; i < l->input_count; i++) need_same(p, l, l->inputs[i]);
        return;
    case LOGIC_LIMIT: need_same(p, l, input); return;
    case LOGIC_SINK:
        for (uint32_t i = 0; i < l->schema->count; i++) need(p, input, i);
        return;
    }
}

/* A batch has at least one column: a narrow one is kept when only the number of rows counts. */
static void keep_one(struct pruning *p, const struct logic *l)
{
    uint32_t best = 0;
    for (uint32_t i = 0; i < l->schema->count; i++) {
        if (p->needed[l->id][i]) return;
        enum type_kind kind = l->schema->fields[i].type->kind,
                       now = l->schema->fields[best].type->kind;
        if (kind < now) best = i;
    }
    if (l->schema->count > 0) need(p, l, best);
}

/* ---- making the nodes again */

static int32_t mapped(const uint32_t *map, int32_t column)
{
    return column < 0 ? -1 : (int32_t)map[column];
}

static uint32_t *mapped_all(
    struct rule_context *c, const uint32_t *map, const uint32_t *columns, uint32_t count)
{
    uint32_t *out = ARENA_ARRAY(c->arena, uint32_t, count + 1);
    for (uint32_t i = 0; i < count; i++) out[i] = map[columns[i]];
    return out;
}

/* Keys stay, calls nobody reads go. */
static void remake_calls(struct pruning *p, const struct logic *l, struct logic_aggregate *g)
{
    const uint32_t *map = p->maps[l->inputs[0]->id];
    struct rule_context *c = p->c;
    struct agg_spec *calls = ARENA_ARRAY(c->arena, struct agg_spec, g->call_count + 1);
    struct text_pos *positions = ARENA_ARRAY(c->arena, struct text_pos, g->call_count + 1);
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->call_count; i++) {
        if (!p->needed[l->id][g->key_count + i]) continue;
        positions[n] = g->positions ? g->positions[i] : l->pos;
        calls[n] = g->calls[i];
        calls[n].args = mapped_all(c, map, calls[n].args, calls[n].call.arg_count);
        calls[n].filter_column = mapped(map, calls[n].filter_column);
        n++;
    }
    g->keys = mapped_all(c, map, g->keys, g->key_count);
    g->calls = calls;
    g->positions = positions;
    g->call_count = n;
}

static void remake_properties(struct pruning *p, const struct logic *old, struct logic *l)
{
    uint32_t first = old->window.aggregate.key_count + old->window.aggregate.call_count, n = 0;
    enum window_property *kept =
        ARENA_ARRAY(p->c->arena, enum window_property, old->window.property_count + 1);
    for (uint32_t i = 0; i < old->window.property_count; i++)
        if (p->needed[old->id][first + i]) kept[n++] = old->window.properties[i];
    l->window.properties = kept;
    l->window.property_count = n;
}

static void remake_project(struct pruning *p, const struct logic *old, struct logic *l)
{
    const uint32_t *map = p->maps[old->inputs[0]->id];
    const struct expr **exprs =
        ARENA_ARRAY(p->c->arena, const struct expr *, old->schema->count + 1);
    uint32_t n = 0;
    for (uint32_t i = 0; i < old->schema->count; i++)
        if (p->needed[old->id][i]) exprs[n++] = expr_remap(p->c->arena, old->project.exprs[i], map);
    l->project.exprs = exprs;
}

static void remake_scan(struct pruning *p, const struct logic *old, struct logic *l)
{
    uint32_t *columns = ARENA_ARRAY(p->c->arena, uint32_t, old->schema->count + 1), n = 0;
    for (uint32_t i = 0; i < old->schema->count; i++)
        if (p->needed[old->id][i]) columns[n++] = old->scan.columns[i];
    l->scan.columns = columns;
    if (old->scan.watermark)
        l->scan.watermark = expr_remap(p->c->arena, old->scan.watermark, p->maps[old->id]);
    if (old->scan.event_time)
        l->scan.event_time = expr_remap(p->c->arena, old->scan.event_time, p->maps[old->id]);
}

static void remake_values(struct pruning *p, const struct logic *old, struct logic *l)
{
    const struct value **rows =
        ARENA_ARRAY(p->c->arena, const struct value *, old->values.row_count + 1);
    for (uint32_t i = 0; i < old->values.row_count; i++) {
        struct value *row = ARENA_ARRAY(p->c->arena, struct value, old->schema->count + 1);
        uint32_t n = 0;
        for (uint32_t k = 0; k < old->schema->count; k++)
            if (p->needed[old->id][k]) row[n++] = old->values.rows[i][k];
        rows[i] = row;
    }
    l->values.rows = rows;
}

/* The inputs of a union must keep the same columns in the same order: where a shared input gives
 * more to others, a projection takes them out again. */
static const struct logic *aligned(
    struct pruning *p, const struct logic *consumer, const struct logic *input)
{
    const struct logic *fresh = p->fresh[input->id];
    if (fresh->schema->count == consumer->schema->count) return fresh;
    struct arena *a = p->c->arena;
    const struct expr **exprs = ARENA_ARRAY(a, const struct expr *, consumer->schema->count + 1);
    uint32_t n = 0;
    for (uint32_t i = 0; i < input->schema->count; i++) {
        if (p->maps[consumer->id][i] == UINT32_MAX) continue;
        uint32_t at = p->maps[input->id][i];
        exprs[n++] = expr_column(a, at, fresh->schema->fields[at].type);
    }
    struct logic *project = logic_project(a, fresh, exprs, NULL, n, input->pos);
    project->identity = consumer->identity;
    return project;
}

static const struct schema *kept_schema(struct pruning *p, const struct logic *l)
{
    struct type_field *fields = ARENA_ARRAY(p->c->arena, struct type_field, l->schema->count + 1);
    uint32_t *map = ARENA_ARRAY(p->c->arena, uint32_t, l->schema->count + 1), n = 0;
    for (uint32_t i = 0; i < l->schema->count; i++) {
        map[i] = UINT32_MAX;
        if (!p->needed[l->id][i]) continue;
        fields[n] = l->schema->fields[i];
        map[i] = n++;
    }
    p->maps[l->id] = map;
    return schema_new(p->c->arena, fields, n);
}

/* Nodes that give what they get: they keep every column of their input, and whoever reads them
 * picks. Only a union must cut its inputs to one shape. */
static bool passes_through(enum logic_kind kind)
{
    return kind == LOGIC_FILTER || kind == LOGIC_WATERMARK || kind == LOGIC_LIMIT ||
           kind == LOGIC_WINDOW_TABLE;
}

static void keep_what_comes(struct pruning *p, const struct logic *l)
{
    const struct logic *input = l->inputs[0];
    for (uint32_t i = 0; i < input->schema->count && i < l->schema->count; i++)
        if (p->maps[input->id][i] != UINT32_MAX) need(p, l, i);
}

static void remake_columns(struct pruning *p, const struct logic *old, struct logic *l)
{
    const uint32_t *map = old->input_count ? p->maps[old->inputs[0]->id] : NULL;
    /* Pass-through nodes have the columns of their input: their own map is also its map. */
    const uint32_t *own = p->maps[old->id];
    switch (old->kind) {
    case LOGIC_SCAN: remake_scan(p, old, l); return;
    case LOGIC_VALUES: remake_values(p, old, l); return;
    case LOGIC_PROJECT: remake_project(p, old, l); return;
    case LOGIC_FILTER: l->condition = expr_remap(p->c->arena, old->condition, own); return;
    case LOGIC_WATERMARK:
        l->watermark.column = own[old->watermark.column];
        l->watermark.expr = expr_remap(p->c->arena, old->watermark.expr, own);
        return;
    case LOGIC_AGGREGATE: remake_calls(p, old, &l->aggregate); return;
    case LOGIC_WINDOW_TABLE:
        l->window_table.time_column = mapped(own, old->window_table.time_column);
        return;
    case LOGIC_WINDOW_AGGREGATE:
        remake_properties(p, old, l);
        remake_calls(p, old, &l->window.aggregate);
        l->window.window.time_column = mapped(map, old->window.window.time_column);
        l->window.window.start_column = mapped(map, old->window.window.start_column);
        l->window.window.end_column = mapped(map, old->window.window.end_column);
        l->window.late = mapped_all(p->c, map, old->window.late, old->window.late_count);
        return;
    case LOGIC_SIDE:
    case LOGIC_UNION:
    case LOGIC_LIMIT:
    case LOGIC_SINK: return;
    }
}

static const struct logic *remake(struct pruning *p, const struct logic *old)
{
    struct rule_context *c = p->c;
    if (passes_through(old->kind)) keep_what_comes(p, old);
    const struct schema *schema = kept_schema(p, old);
    const struct logic **inputs = ARENA_ARRAY(c->arena, const struct logic *, old->input_count + 1);
    struct logic *l = logic_with_inputs(c->arena, old, inputs);
    l->schema = schema;
    for (uint32_t i = 0; i < old->input_count; i++)
        inputs[i] =
            old->kind == LOGIC_UNION ? aligned(p, l, old->inputs[i]) : p->fresh[old->inputs[i]->id];
    remake_columns(p, old, l);
    return l;
}

/* What a node passes through it must itself declare as needed; its windows' columns always. */
static void need_own(struct pruning *p, const struct logic *l)
{
    if (l->kind == LOGIC_FILTER) need_expr(p, l, l->condition);
    if (l->kind == LOGIC_WATERMARK) {
        need(p, l, l->watermark.column);
        need_expr(p, l, l->watermark.expr);
    }
    if (l->kind == LOGIC_WINDOW_TABLE) {
        need_at(p, l, l->window_table.time_column);
        for (uint32_t i = 1; i <= 3; i++) need(p, l, l->schema->count - i);
    }
    uint32_t keys = l->kind == LOGIC_AGGREGATE          ? l->aggregate.key_count
                    : l->kind == LOGIC_WINDOW_AGGREGATE ? l->window.aggregate.key_count
                                                        : 0;
    for (uint32_t i = 0; i < keys; i++) need(p, l, i);
    if (l->kind == LOGIC_SINK || l->kind == LOGIC_SIDE)
        for (uint32_t i = 0; i < l->schema->count; i++) need(p, l, i);
    keep_one(p, l);
}

void rule_prune_columns(struct rule_context *c, const struct logic **roots, uint32_t count)
{
    const struct logic **nodes;
    uint32_t n = rule_number(c, roots, count, &nodes);
    struct pruning p = {.c = c,
        .needed = ARENA_ARRAY(c->arena, bool *, n + 1),
        .maps = ARENA_ARRAY(c->arena, uint32_t *, n + 1),
        .fresh = ARENA_ARRAY(c->arena, const struct logic *, n + 1)};
    for (uint32_t i = 0; i < n; i++)
        p.needed[i] = ARENA_ARRAY(c->arena, bool, nodes[i]->schema->count + 1);
    for (uint32_t i = n; i-- > 0;) {
        need_own(&p, nodes[i]);
        ask_inputs(&p, nodes[i]);
    }
    for (uint32_t i = 0; i < n; i++) p.fresh[i] = remake(&p, nodes[i]);
    for (uint32_t i = 0; i < count; i++) roots[i] = p.fresh[roots[i]->id];
}
