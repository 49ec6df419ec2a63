/* window_aggregate.c - GROUP BY both bounds of a window becomes one window aggregate.
 *
 * Right above the window function (only columns and filters on the input's own columns between
 * them) the aggregate assigns the windows itself, slice by slice. Anywhere else it is `attached`:
 * it trusts the window_start and window_end columns of its input. */
#include "base/arena.h"
#include "base/check.h"
#include "plan/rule/rule.h"
#include "plan/trait/trait.h"

struct shape {
    const struct logic *aggregate;
    const struct logic *project; /* right below it, or NULL */
    const struct logic *filter;  /* below that, or NULL */
    const struct logic *table;   /* the window function; NULL: attached */
    struct logic_window window;  /* columns of the aggregate's input */
};

/* Can the window function's three columns be taken from under the project and the filter? */
static bool is_separable(const struct shape *s)
{
    uint32_t columns = s->table->schema->count;
    for (uint32_t w = columns - 3; w < columns; w++) {
        if (s->filter && rule_reads(s->filter->condition, w)) return false;
        for (uint32_t i = 0; s->project && i < s->project->schema->count; i++) {
            const struct expr *e = s->project->project.exprs[i];
            if (e->kind != EXPR_COLUMN && rule_reads(e, w)) return false;
        }
    }
    return true;
}

static void find_shape(const struct logic *aggregate, struct shape *s)
{
    *s = (struct shape){.aggregate = aggregate};
    bool found = trait_window(aggregate->inputs[0], &s->window);
    ASSERT(found);
    const struct logic *l = aggregate->inputs[0];
    if (l->kind == LOGIC_PROJECT) {
        s->project = l;
        l = l->inputs[0];
    }
    if (l->kind == LOGIC_FILTER) {
        s->filter = l;
        l = l->inputs[0];
    }
    s->table = l->kind == LOGIC_WINDOW_TABLE ? l : NULL;
    if (s->table && !is_separable(s)) s->table = NULL;
}

static bool is_window_column(const struct logic_window *w, uint32_t column)
{
    int32_t at = (int32_t)column;
    return at == w->start || at == w->end || (w->time >= 0 && at == w->time);
}

/* Does some aggregate argument or filter read a window column as a value? Then the columns must be
 * there: attached. */
static bool reads_window_as_value(const struct shape *s)
{
    const struct logic_aggregate *g = &s->aggregate->aggregate;
    for (uint32_t i = 0; i < g->call_count; i++) {
        const struct agg_spec *call = &g->calls[i];
        for (uint32_t k = 0; k < call->call.arg_count; k++)
            if (is_window_column(&s->window, call->args[k])) return true;
    }
    return false;
}

/* ---- the input without window columns: project (filter (input of the window function)) */

struct separated {
    const struct logic *input;
    uint32_t *map; /* columns of the aggregate's input to columns of `input` */
    int32_t time_column;
};

static void separate(struct rule_context *c, const struct shape *s, struct separated *out)
{
    struct arena *a = c->arena;
    const struct logic *base = s->table->inputs[0];
    if (s->filter) {
        struct logic *f = logic_filter(a, base, s->filter->condition, s->filter->pos);
        f->identity = s->filter->identity;
        base = f;
    }
    const struct schema *above = s->aggregate->inputs[0]->schema;
    out->map = ARENA_ARRAY(a, uint32_t, above->count + 1);
    int32_t time = s->table->window_table.time_column;
    if (!s->project) {
        for (uint32_t i = 0; i < above->count; i++) out->map[i] = i;
        out->input = base;
        out->time_column = time;
        return;
    }
    const struct expr **exprs = ARENA_ARRAY(a, const struct expr *, above->count + 1);
    struct slice *names = ARENA_ARRAY(a, struct slice, above->count + 1);
    uint32_t n = 0, first_window = s->table->schema->count - 3;
    out->time_column = -1;
    for (uint32_t i = 0; i < above->count; i++) {
        const struct expr *e = s->project->project.exprs[i];
        if (e->kind == EXPR_COLUMN && e->column >= first_window) continue;
        if (e->kind == EXPR_COLUMN && (int32_t)e->column == time) out->time_column = (int32_t)n;
        out->map[i] = n;
        names[n] = above->fields[i].name;
        exprs[n++] = e;
    }
    if (time >= 0 && out->time_column < 0) {
        const struct type_field *f = &base->schema->fields[time];
        out->time_column = (int32_t)n;
        names[n] = f->name;
        exprs[n++] = expr_column(a, (uint32_t)time, f->type);
    }
    struct logic *project = logic_project(a, base, exprs, names, n, s->project->pos);
    project->identity = s->project->identity;
    out->input = project;
}

/* ---- the new node, and the projection that gives back the old order of columns */

static struct agg_spec *remap_calls(
    struct rule_context *c, const struct logic_aggregate *g, const uint32_t *map)
{
    struct agg_spec *calls = ARENA_ARRAY(c->arena, struct agg_spec, g->call_count + 1);
    for (uint32_t i = 0; i < g->call_count; i++) {
        calls[i] = g->calls[i];
        uint32_t *args = ARENA_ARRAY(c->arena, uint32_t, calls[i].call.arg_count + 1);
        for (uint32_t k = 0; k < calls[i].call.arg_count; k++) args[k] = map[g->calls[i].args[k]];
        calls[i].args = args;
        if (calls[i].filter_column >= 0)
            calls[i].filter_column = (int32_t)map[calls[i].filter_column];
    }
    return calls;
}

struct output {
    struct type_field *fields;
    uint32_t *columns; /* of the old node: where each is in the new one */
    enum window_property *properties;
    uint32_t *keys;
    uint32_t key_count, property_count;
};

static enum window_property property_of(const struct shape *s, uint32_t key)
{
    if ((int32_t)key == s->window.start) return WINDOW_START;
    if ((int32_t)key == s->window.end) return WINDOW_END;
    return s->window.spec.proctime ? WINDOW_PROCTIME : WINDOW_ROWTIME;
}

static void lay_out(
    struct rule_context *c, const struct shape *s, const uint32_t *map, struct output *out)
{
    const struct logic_aggregate *g = &s->aggregate->aggregate;
    const struct type_field *old = s->aggregate->schema->fields;
    uint32_t total = s->aggregate->schema->count, n = 0;
    out->fields = ARENA_ARRAY(c->arena, struct type_field, total + 1);
    out->columns = ARENA_ARRAY(c->arena, uint32_t, total + 1);
    out->properties = ARENA_ARRAY(c->arena, enum window_property, g->key_count + 1);
    out->keys = ARENA_ARRAY(c->arena, uint32_t, g->key_count + 1);
    for (uint32_t i = 0; i < g->key_count; i++) {
        if (is_window_column(&s->window, g->keys[i])) continue;
        out->keys[out->key_count++] = map[g->keys[i]];
        out->columns[i] = n;
        out->fields[n++] = old[i];
    }
    for (uint32_t i = 0; i < g->call_count; i++) {
        out->columns[g->key_count + i] = n;
        out->fields[n++] = old[g->key_count + i];
    }
    for (uint32_t i = 0; i < g->key_count; i++) {
        if (!is_window_column(&s->window, g->keys[i])) continue;
        out->properties[out->property_count++] = property_of(s, g->keys[i]);
        out->columns[i] = n;
        out->fields[n++] = old[i];
    }
}

static const struct logic *build(struct rule_context *c, const struct shape *s,
    const struct logic *input, const uint32_t *map, const struct window_spec *spec)
{
    struct arena *a = c->arena;
    const struct logic *old = s->aggregate;
    struct output out = {0};
    lay_out(c, s, map, &out);
    uint32_t count = old->schema->count;
    struct logic *l =
        logic_new(a, LOGIC_WINDOW_AGGREGATE, schema_new(a, out.fields, count), old->pos);
    l->identity = old->identity;
    l->window.window = *spec;
    l->window.properties = out.properties;
    l->window.property_count = out.property_count;
    l->window.aggregate = (struct logic_aggregate){.keys = out.keys,
        .key_count = out.key_count,
        .calls = remap_calls(c, &old->aggregate, map),
        .positions = old->aggregate.positions,
        .call_count = old->aggregate.call_count};
    logic_set_input(a, l, input);
    const struct expr **exprs = ARENA_ARRAY(a, const struct expr *, count + 1);
    struct slice *names = ARENA_ARRAY(a, struct slice, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        exprs[i] = expr_column(a, out.columns[i], out.fields[out.columns[i]].type);
        names[i] = old->schema->fields[i].name;
    }
    return logic_project(a, l, exprs, names, count, old->pos);
}

const struct logic *rule_window_aggregate(struct rule_context *c, const struct logic *l)
{
    if (l->kind != LOGIC_AGGREGATE || !trait_is_window_aggregate(l)) return l;
    struct shape s;
    find_shape(l, &s);
    if (s.table && !reads_window_as_value(&s)) {
        struct separated below;
        separate(c, &s, &below);
        struct window_spec spec = s.table->window_table;
        spec.time_column = below.time_column;
        return rule_merge_projects(c, build(c, &s, below.input, below.map, &spec));
    }
    uint32_t columns = l->inputs[0]->schema->count;
    uint32_t *map = ARENA_ARRAY(c->arena, uint32_t, columns + 1);
    for (uint32_t i = 0; i < columns; i++) map[i] = i;
    struct window_spec spec = s.window.spec;
    spec.kind = WINDOW_ATTACHED;
    spec.time_column = -1;
    spec.start_column = s.window.start;
    spec.end_column = s.window.end;
    return build(c, &s, l->inputs[0], map, &spec);
}
