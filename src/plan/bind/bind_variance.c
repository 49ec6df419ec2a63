/* bind_variance.c - STDDEV_POP, STDDEV_SAMP, VAR_POP and VAR_SAMP as Flink's
 * AggregateReduceFunctionsRule computes them, from sums of the argument as DOUBLE:
 *
 *   VAR_POP(x)    = (SUM(x * x) - SUM(x) * SUM(x) / COUNT(x)) / COUNT(x)
 *   VAR_SAMP(x)   = the same / CASE COUNT(x) WHEN 1 THEN NULL ELSE COUNT(x) - 1 END
 *   STDDEV_POP(x) = POWER(VAR_POP(x), 0.5)
 *
 * The result is cast to the argument's type. */
#include "base/arena.h"
#include "plan/bind/scope.h"

static const struct variance {
    const char *name;
    bool sample; /* divides by COUNT - 1 */
    bool root;
} variances[] = {
    {"STDDEV_POP", false, true},
    {"STDDEV_SAMP", true, true},
    {"STDDEV", true, true},
    {"VAR_POP", false, false},
    {"VAR_SAMP", true, false},
    {"VARIANCE", true, false},
};

static const struct variance *find(const struct ast_path *name)
{
    for (size_t i = 0; i < sizeof variances / sizeof *variances && name->count == 1; i++)
        if (slice_eq_nocase(name->parts[0].text, slice_of(variances[i].name))) return &variances[i];
    return NULL;
}

/* What the steps share. */
struct steps {
    struct scope_context *context;
    struct text_pos pos;
};

static struct err *apply(const struct steps *s, const char *op, const struct expr *left,
    const struct expr *right, const struct expr **out)
{
    const struct expr *both[] = {left, right};
    return bind_function(s->context, op, both, 2, s->pos, out);
}

/* One aggregate with the DISTINCT and FILTER of the call. */
static struct err *aggregate(const struct steps *s, const struct scope_aggregate *like,
    const char *name, const struct expr *arg, const struct expr **out)
{
    struct scope_aggregate agg = *like;
    agg.call.def = agg_find(slice_of(name));
    agg.args = ARENA_ARRAY(s->context->bind->arena, const struct expr *, 1);
    agg.args[0] = arg;
    return bind_aggregate_call(s->context, &agg, out);
}

static const struct expr *number(const struct steps *s, enum type_kind kind, struct value v)
{
    struct arena *a = s->context->bind->arena;
    return bind_literal_value(s->context->bind, type_new(a, kind, 0, 0, false), v, s->pos);
}

/* COUNT, or COUNT - 1 and NULL for a single value. */
static struct err *divisor(
    const struct steps *s, bool sample, const struct expr *count, const struct expr **out)
{
    *out = count;
    if (!sample) return NULL;
    struct bind *b = s->context->bind;
    const struct expr *one = number(s, TYPE_BIGINT, (struct value){.i64 = 1}), *single, *less;
    TRY(apply(s, "=", count, one, &single));
    TRY(apply(s, "-", count, one, &less));
    const struct type *nullable = type_with_nullable(b->arena, count->type, true);
    const struct expr *null = bind_literal_value(b, nullable, value_null(), s->pos);
    return bind_if(s->context, single, null, less, s->pos, out);
}

static struct err *bind_sums(const struct steps *s, const struct scope_aggregate *call,
    const struct variance *v, const struct expr *x, const struct expr **out)
{
    const struct expr *square, *squares, *sum, *count, *by;
    TRY(apply(s, "*", x, x, &square));
    TRY(aggregate(s, call, "SUM", square, &squares));
    TRY(aggregate(s, call, "SUM", x, &sum));
    TRY(aggregate(s, call, "COUNT", x, &count));
    TRY(apply(s, "*", sum, sum, out));
    TRY(apply(s, "/", *out, count, out));
    TRY(apply(s, "-", squares, *out, out));
    TRY(divisor(s, v->sample, count, &by));
    TRY(apply(s, "/", *out, by, out));
    if (!v->root) return NULL;
    return apply(s, "POWER", *out, number(s, TYPE_DOUBLE, (struct value){.f64 = 0.5}), out);
}

/* The argument's type, DECIMAL(38, 6 or more) for a DECIMAL; nullable, as a sample of one is NULL.
 */
static const struct type *result_type(struct arena *a, const struct type *t)
{
    if (t->kind != TYPE_DECIMAL) return type_with_nullable(a, t, true);
    return type_new(a, TYPE_DECIMAL, 38, t->scale > 6 ? t->scale : 6, true);
}

static struct err *refuse(const struct steps *s, const char *name, const struct type *t)
{
    FAIL_AT(ERR_DATATYPE_MISMATCH, s->pos,
        "Cannot apply '%s' to arguments of type '%s(<%s>)'. Supported form(s): '%s(<NUMERIC>)'",
        name, name, type_to_standard_cstr(s->context->bind->arena, t), name);
}

struct err *bind_variance(
    struct scope_context *c, const struct ast_expr *ast, const struct expr **out)
{
    const struct ast_call *call = &ast->call;
    const struct variance *v = find(&call->name);
    *out = NULL;
    if (!v) return NULL;
    struct arena *a = c->bind->arena;
    const struct steps s = {c, bind_pos(c->bind, ast->pos)};
    if (!c->aggregates) FAIL_AT(ERR_INVALID_DEFINITION, s.pos, "%s", c->illegal);
    struct scope_aggregate agg = {.distinct = call->quantifier == AST_SET_DISTINCT, .pos = s.pos};
    TRY(bind_aggregate_args(c, call, &agg));
    if (call->star || agg.call.arg_count != 1)
        FAIL_AT(ERR_UNDEFINED_FUNCTION, s.pos,
            "Invalid number of arguments to function '%s'. Was expecting 1 arguments", v->name);
    const struct type *given = agg.args[0]->type;
    if (!type_is_numeric(given)) return refuse(&s, v->name, given);
    const struct type *type = result_type(a, given);
    const struct expr *x =
        expr_cast(a, agg.args[0], type_new(a, TYPE_DOUBLE, 0, 0, given->nullable), false);
    TRY(bind_sums(&s, &agg, v, x, out));
    *out = expr_cast(a, *out, type, false);
    return NULL;
}
