/* bind_aggregate.c - aggregate calls: collected where they are found, and represented by a column
 * behind those of the scope until bind_group has made the Aggregate node. */
#include "base/arena.h"
#include "base/mem.h"
#include "plan/bind/scope.h"

static bool same_call(const struct scope_aggregate *x, const struct scope_aggregate *y)
{
    if (x->call.def != y->call.def || x->distinct != y->distinct ||
        x->call.arg_count != y->call.arg_count || !x->filter != !y->filter)
        return false;
    if (x->filter && !expr_equal(x->filter, y->filter)) return false;
    for (uint32_t i = 0; i < x->call.arg_count; i++)
        if (!expr_equal(x->args[i], y->args[i])) return false;
    return true;
}

/* Finds the same call or adds it. */
static struct err *add_call(
    struct scope_context *c, const struct scope_aggregate *call, uint32_t *index)
{
    struct scope_aggregates *list = c->aggregates;
    for (uint32_t i = 0; i < list->count; i++)
        if (same_call(&list->items[i], call)) {
            *index = i;
            return NULL;
        }
    if (list->count == SCOPE_AGGREGATES_MAX)
        FAIL_AT(ERR_LIMIT_EXCEEDED, call->pos, "a SELECT has at most %d aggregate calls",
            SCOPE_AGGREGATES_MAX);
    if (list->count == list->capacity) {
        uint32_t capacity = list->capacity ? list->capacity * 2 : 8;
        struct scope_aggregate *grown =
            ARENA_ARRAY(c->bind->arena, struct scope_aggregate, capacity);
        if (list->count) memcpy(grown, list->items, list->count * sizeof *grown);
        list->items = grown;
        list->capacity = capacity;
    }
    *index = list->count;
    list->items[list->count++] = *call;
    return NULL;
}

/* Without keys, or with FILTER, an aggregate may have seen no row: all but COUNT are then NULL. */
static struct err *infer(struct scope_context *c, struct scope_aggregate *agg)
{
    struct bind *b = c->bind;
    struct arena *a = b->arena;
    uint32_t count = agg->call.arg_count;
    struct func_arg *args = ARENA_ARRAY(a, struct func_arg, count + 1);
    const struct type **types = ARENA_ARRAY(a, const struct type *, count + 1);
    const struct value **literals = ARENA_ARRAY(a, const struct value *, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        types[i] = bind_plain(b, agg->args[i]->type);
        literals[i] = agg->args[i]->kind == EXPR_LITERAL ? agg->args[i]->literal : NULL;
        args[i] = (struct func_arg){types[i], literals[i], agg->args[i]->pos};
    }
    struct func_infer in = {.arena = a, .args = args, .arg_count = count, .arg_types = types};
    struct err *e = agg->call.def->infer(&in);
    if (e) return err_at(e, agg->pos);
    for (uint32_t i = 0; i < count; i++)
        agg->args[i] = expr_cast(a, agg->args[i], in.arg_types[i], false);
    agg->call.result = in.result;
    agg->call.arg_types = in.arg_types;
    agg->call.literals = literals;
    bool may_be_empty = c->grouped_by_nothing || agg->filter;
    if (may_be_empty && !(agg->call.def->flags(&agg->call) & AGG_NOT_NULL))
        agg->call.result = type_with_nullable(a, in.result, true);
    return NULL;
}

struct err *bind_aggregate_args(
    struct scope_context *c, const struct ast_call *call, struct scope_aggregate *agg)
{
    /* Aggregates inside an aggregate's arguments or FILTER are illegal, each in its own words. */
    struct scope_context inner = *c;
    inner.aggregates = NULL;
    inner.illegal = "Aggregate expressions cannot be nested";
    agg->args = ARENA_ARRAY(c->bind->arena, const struct expr *, call->args.count + 1);
    agg->call.arg_count = (uint32_t)call->args.count;
    for (size_t i = 0; i < call->args.count; i++)
        TRY(bind_expr(&inner, call->args.items[i], &agg->args[i]));
    if (!call->filter) return NULL;
    inner.illegal = "FILTER must not contain aggregate expression";
    return bind_condition(&inner, call->filter, "FILTER clause", &agg->filter);
}

struct err *bind_aggregate_call(
    struct scope_context *c, const struct scope_aggregate *call, const struct expr **out)
{
    struct scope_aggregate agg = *call;
    uint32_t index = 0;
    TRY(infer(c, &agg));
    TRY(add_call(c, &agg, &index));
    struct expr *column =
        expr_column(c->bind->arena, c->scope->schema->count + index, agg.call.result);
    column->pos = call->pos;
    *out = column;
    return NULL;
}

struct err *bind_aggregate(struct scope_context *c, const struct ast_expr *ast,
    const struct agg_def *def, const struct expr **out)
{
    struct bind *b = c->bind;
    const struct ast_call *call = &ast->call;
    struct text_pos pos = bind_pos(b, ast->pos);
    if (!c->aggregates) FAIL_AT(ERR_INVALID_DEFINITION, pos, "%s", c->illegal);
    struct scope_aggregate agg = {
        .call.def = def, .distinct = call->quantifier == AST_SET_DISTINCT, .pos = pos};
    bool is_count = slice_eq(slice_of(def->name), SLICE("COUNT"));
    if (call->star && !is_count)
        FAIL_AT(ERR_SYNTAX, pos, "%s(*) has no meaning: only COUNT takes *", def->name);
    TRY(bind_aggregate_args(c, call, &agg));
    if (is_count && agg.call.arg_count > 1)
        FAIL_AT(ERR_UNSUPPORTED, pos, "We now only support the count of one field.");
    if (!call->star && agg.call.arg_count == 0)
        FAIL_AT(ERR_UNDEFINED_FUNCTION, pos,
            "Invalid number of arguments to function '%s'. Was expecting 1 arguments", def->name);
    return bind_aggregate_call(c, &agg, out);
}
