/* bind_group.c - GROUP BY: Project (keys and arguments) under Aggregate under Project (the SELECT
 * list), with HAVING as a Filter between. */
#include "base/arena.h"
#include "plan/bind/scope.h"
#include "plan/trait/trait.h"

struct grouping {
    struct bind_group *g;
    struct arena *arena;
    const struct expr **inputs; /* what is projected below the Aggregate: the keys first */
    struct slice *names;
    uint32_t input_count;
    uint32_t input_capacity;
    uint32_t key_count;
};

/* An input is called as its column, as the SELECT item that is just this expression, or $f3. */
static struct slice input_name(const struct grouping *q, const struct expr *e, uint32_t at)
{
    const struct bind_group *g = q->g;
    if (e->kind == EXPR_COLUMN) return g->input->schema->fields[e->column].name;
    for (uint32_t i = 0; i < g->count; i++)
        if (expr_equal(g->exprs[i], e)) return g->names[i];
    return slice_of(str_fmt(q->arena, "$f%u", at));
}

/* Index of the expression among the inputs, which it joins when it is new. */
static uint32_t add_input(struct grouping *q, const struct expr *e)
{
    for (uint32_t i = 0; i < q->input_count; i++)
        if (expr_equal(q->inputs[i], e)) return i;
    uint32_t at = q->input_count++;
    q->inputs[at] = e;
    q->names[at] = input_name(q, e, at);
    return at;
}

static struct err *bind_key(
    struct grouping *q, const struct ast_expr *ast, struct scope_context *context)
{
    const struct expr *key;
    TRY(bind_expr(context, ast, &key));
    enum type_kind kind = key->type->kind;
    if (kind == TYPE_MAP || kind == TYPE_MULTISET)
        FAIL_AT(ERR_DATATYPE_MISMATCH, bind_pos(context->bind, ast->pos),
            "a value of type %s cannot be grouped by", type_to_cstr(q->arena, key->type));
    add_input(q, key);
    return NULL;
}

/* GROUP BY a, (b, c), (): the keys. GROUPING SETS and friends are refused. */
static struct err *bind_keys(struct grouping *q)
{
    const struct ast_select *s = q->g->select;
    struct bind *b = q->g->context->bind;
    struct scope_context context = *q->g->context;
    context.aggregates = NULL;
    context.illegal = "Aggregate expression is illegal in GROUP BY clause";
    for (size_t i = 0; i < s->group_count; i++) {
        const struct ast_group_item *item = &s->group_by[i];
        switch (item->kind) {
        case AST_GROUP_EXPR: break;
        case AST_GROUP_ROLLUP: return bind_unsupported(b, item->pos, "ROLLUP");
        case AST_GROUP_CUBE: return bind_unsupported(b, item->pos, "CUBE");
        case AST_GROUP_GROUPING_SETS: return bind_unsupported(b, item->pos, "GROUPING SETS");
        }
        for (size_t k = 0; k < item->exprs.count; k++) {
            const struct ast_expr *ast = item->exprs.items[k];
            /* As in Calcite, a literal in GROUP BY groups by nothing: it is not an ordinal. */
            if (ast->kind != AST_EXPR_LITERAL) TRY(bind_key(q, ast, &context));
        }
    }
    q->key_count = q->input_count;
    return NULL;
}

/* ---- the Aggregate node */

static void make_call(struct grouping *q, const struct scope_aggregate *agg, struct agg_spec *spec)
{
    uint32_t *args = ARENA_ARRAY(q->arena, uint32_t, agg->call.arg_count + 1);
    for (uint32_t i = 0; i < agg->call.arg_count; i++) args[i] = add_input(q, agg->args[i]);
    *spec = (struct agg_spec){.call = agg->call,
        .args = args,
        .filter_column = agg->filter ? (int32_t)add_input(q, agg->filter) : -1,
        .distinct = agg->distinct};
}

/* The name of an aggregate's column: that of the SELECT item which is just this call. */
static struct slice call_name(struct grouping *q, uint32_t call)
{
    const struct bind_group *g = q->g;
    uint32_t placeholder = g->context->scope->schema->count + call;
    for (uint32_t i = 0; i < g->count; i++)
        if (g->exprs[i]->kind == EXPR_COLUMN && g->exprs[i]->column == placeholder)
            return g->names[i];
    return slice_of(str_fmt(q->arena, "$f%u", q->key_count + call));
}

static const struct type *plain_type(struct arena *a, const struct type *t)
{
    return t->time_attribute == TIME_NONE ? t : type_with_time_attribute(a, t, TIME_NONE);
}

/* A grouped rowtime is an ordinary timestamp, but for window_time of a window aggregate. */
static void strip_times(struct arena *a, const struct logic *l, struct type_field *fields)
{
    struct logic_window w = {.time = -1};
    if (!trait_is_window_aggregate(l) || !trait_window(l->inputs[0], &w)) w.time = -1;
    for (uint32_t i = 0; i < l->aggregate.key_count; i++)
        if ((int32_t)l->aggregate.keys[i] != w.time) fields[i].type = plain_type(a, fields[i].type);
}

static struct logic *make_aggregate(struct grouping *q)
{
    const struct scope_aggregates *calls = q->g->context->aggregates;
    struct arena *a = q->arena;
    struct agg_spec *specs = ARENA_ARRAY(a, struct agg_spec, calls->count + 1);
    struct text_pos *positions = ARENA_ARRAY(a, struct text_pos, calls->count + 1);
    for (uint32_t i = 0; i < calls->count; i++) {
        make_call(q, &calls->items[i], &specs[i]);
        positions[i] = calls->items[i].pos;
    }
    struct text_pos pos = calls->count ? calls->items[0].pos : q->g->input->pos;
    /* COUNT(*) alone reads no column: then all of the input is there, rather than none. */
    const struct logic *below = q->g->input;
    if (q->input_count > 0)
        below = logic_project(a, below, q->inputs, q->names, q->input_count, pos);
    uint32_t *keys = ARENA_ARRAY(a, uint32_t, q->key_count + 1);
    struct type_field *fields = ARENA_ARRAY(a, struct type_field, q->key_count + calls->count + 1);
    for (uint32_t i = 0; i < q->key_count; i++) {
        keys[i] = i;
        fields[i] = below->schema->fields[i];
    }
    for (uint32_t i = 0; i < calls->count; i++)
        fields[q->key_count + i] =
            (struct type_field){call_name(q, i), plain_type(a, specs[i].call.result)};
    struct logic *l = logic_new(a, LOGIC_AGGREGATE, NULL, pos);
    l->aggregate = (struct logic_aggregate){.keys = keys,
        .key_count = q->key_count,
        .calls = specs,
        .positions = positions,
        .call_count = calls->count};
    logic_set_input(a, l, below);
    strip_times(a, l, fields);
    l->schema = schema_new(a, fields, q->key_count + calls->count);
    return l;
}

/* ---- the SELECT list over the Aggregate's columns */

static struct err *not_grouped(struct grouping *q, const struct expr *e)
{
    struct slice name = q->g->context->scope->schema->fields[e->column].name;
    struct err *err =
        ERR(ERR_INVALID_DEFINITION, "Expression '%.*s' is not being grouped", (int)name.n, name.p);
    return err_at(
        err = err_hint(err, "add it to GROUP BY, or put it into an aggregate such as MAX(%.*s)",
            (int)name.n, name.p),
        e->pos.line ? e->pos : bind_pos(q->g->context->bind, q->g->select->items[0].expr->pos));
}

static struct err *above(struct grouping *q, const struct logic *aggregate, const struct expr *e,
    const struct expr **out)
{
    for (uint32_t i = 0; i < q->key_count; i++)
        if (expr_equal(q->inputs[i], e)) {
            struct expr *column = expr_column(q->arena, i, aggregate->schema->fields[i].type);
            column->pos = e->pos;
            *out = column;
            return NULL;
        }
    if (e->kind == EXPR_COLUMN) {
        uint32_t columns = q->g->context->scope->schema->count;
        if (e->column < columns) return not_grouped(q, e);
        uint32_t at = q->key_count + e->column - columns;
        struct expr *column = expr_column(q->arena, at, aggregate->schema->fields[at].type);
        column->pos = e->pos;
        *out = column;
        return NULL;
    }
    if (e->arg_count == 0) {
        *out = e;
        return NULL;
    }
    const struct expr **args = ARENA_ARRAY(q->arena, const struct expr *, e->arg_count);
    for (uint32_t i = 0; i < e->arg_count; i++) TRY(above(q, aggregate, e->args[i], &args[i]));
    struct expr *copy = ARENA_NEW(q->arena, struct expr);
    *copy = *e;
    copy->args = args;
    *out = copy;
    return NULL;
}

struct err *bind_group(struct bind_group *g, const struct logic **out)
{
    struct bind *b = g->context->bind;
    const struct scope_aggregates *calls = g->context->aggregates;
    uint32_t room = 1;
    for (size_t i = 0; i < g->select->group_count; i++)
        room += (uint32_t)g->select->group_by[i].exprs.count;
    for (uint32_t i = 0; i < calls->count; i++) room += calls->items[i].call.arg_count + 1;
    struct grouping q = {.g = g,
        .arena = b->arena,
        .inputs = ARENA_ARRAY(b->arena, const struct expr *, room),
        .names = ARENA_ARRAY(b->arena, struct slice, room),
        .input_capacity = room};
    TRY(bind_keys(&q));
    const struct logic *aggregate = make_aggregate(&q);
    const struct logic *input = aggregate;
    if (g->having) {
        const struct expr *having;
        TRY(above(&q, aggregate, g->having, &having));
        input = logic_filter(b->arena, input, having, g->having->pos);
    }
    for (uint32_t i = 0; i < g->count; i++) TRY(above(&q, aggregate, g->exprs[i], &g->exprs[i]));
    *out = bind_project(b, input, g->exprs, g->names, g->count, aggregate->pos);
    return NULL;
}

const struct logic *bind_distinct(struct bind *b, const struct logic *input)
{
    struct arena *a = b->arena;
    uint32_t count = input->schema->count;
    uint32_t *keys = ARENA_ARRAY(a, uint32_t, count + 1);
    struct type_field *fields = ARENA_ARRAY(a, struct type_field, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        keys[i] = i;
        fields[i] = input->schema->fields[i];
        fields[i].type = bind_plain(b, fields[i].type);
    }
    struct logic *l = logic_new(a, LOGIC_AGGREGATE, schema_new(a, fields, count), input->pos);
    l->aggregate = (struct logic_aggregate){.keys = keys, .key_count = count, .distinct = true};
    logic_set_input(a, l, input);
    return l;
}
