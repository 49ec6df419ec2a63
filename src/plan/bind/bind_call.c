/* bind_call.c - function calls, by name and with special syntax. */
#include "base/arena.h"
#include "base/check.h"
#include "plan/bind/scope.h"

/* Functions of time that keep their special type: PROCTIME() makes a time attribute. */
static bool is_name(const struct ast_path *name, const char *word)
{
    return name->count == 1 && slice_eq_nocase(name->parts[0].text, slice_of(word));
}

/* How Flink's messages call a type: its family. */
static const char *type_family(const struct type *t)
{
    if (type_is_numeric(t)) return "NUMERIC";
    if (type_is_character(t)) return "CHARACTER";
    if (type_is_binary(t)) return "BINARY";
    if (t->kind == TYPE_TIMESTAMP_LTZ) return "TIMESTAMP_WITH_LOCAL_TIME_ZONE";
    if (type_is_interval(t))
        return t->kind == TYPE_INTERVAL_MONTH ? "INTERVAL_YEAR_MONTH" : "INTERVAL_DAY_TIME";
    static const char *const names[] = {
#define X(kind, name) name,
        TYPE_KIND_LIST(X)
#undef X
    };
    return names[t->kind];
}

static const char *nearest_function(struct bind *b, struct slice name)
{
    size_t scalars, aggregates, n = 0;
    const struct func_def *const *funcs = func_all(&scalars);
    const struct agg_def *const *aggs = agg_all(&aggregates);
    const char **names = ARENA_ARRAY(b->arena, const char *, scalars + aggregates + 1);
    for (size_t i = 0; i < scalars; i++)
        if (!(funcs[i]->flags & FUNC_OPERATOR)) names[n++] = funcs[i]->name;
    for (size_t i = 0; i < aggregates; i++) names[n++] = aggs[i]->name;
    return str_nearest(name, names, n);
}

static struct err *no_such_function(
    struct bind *b, const struct ast_path *path, const struct expr *const *args, uint32_t count)
{
    struct slice name = path->parts[path->count - 1].text;
    struct buf types;
    buf_init(&types, 512);
    for (uint32_t i = 0; i < count; i++)
        buf_printf(&types, "%s<%s>", i ? ", " : "", type_family(args[i]->type));
    struct err *e = ERR(ERR_UNDEFINED_FUNCTION, "No match found for function signature %.*s(%s)",
        (int)name.n, name.p, buf_cstr(&types));
    buf_free(&types);
    const char *nearest = nearest_function(b, name);
    if (nearest) e = err_hint(e, "did you mean %s?", nearest);
    return err_at(e, bind_pos(b, path->pos));
}

/* Names that Flink knows and Weir does not run: refused as what they are. */
static const char *known_elsewhere(const struct ast_path *name)
{
    static const char *const windows[] = {"TUMBLE", "HOP", "SESSION", "TUMBLE_START", "TUMBLE_END",
        "TUMBLE_ROWTIME", "TUMBLE_PROCTIME", "HOP_START", "HOP_END", "HOP_ROWTIME", "HOP_PROCTIME",
        "SESSION_START", "SESSION_END", "SESSION_ROWTIME", "SESSION_PROCTIME"};
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++)
        if (is_name(name, windows[i])) return "a group window in GROUP BY";
    static const char *const ranks[] = {
        "ROW_NUMBER", "RANK", "DENSE_RANK", "LAG", "LEAD", "NTILE", "CUME_DIST", "PERCENT_RANK"};
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++)
        if (is_name(name, ranks[i])) return "OVER";
    if (is_name(name, "SOURCE_WATERMARK")) return "SOURCE_WATERMARK()";
    if (is_name(name, "GROUPING") || is_name(name, "GROUPING_ID") || is_name(name, "GROUP_ID"))
        return "GROUPING SETS";
    return NULL;
}

static const char *unit_text(enum ast_unit unit)
{
    static const char *const names[] = {
#define X(name) #name,
        AST_UNITS(X)
#undef X
    };
    return names[unit];
}

static struct expr *bind_word(struct bind *b, struct slice word, struct text_pos pos)
{
    const struct type *type = type_new(b->arena, TYPE_CHAR, (int32_t)word.n, 0, false);
    return bind_literal_value(b, type, (struct value){.text = bind_copy(b, word)}, pos);
}

/* Units and symbols become string literals: EXTRACT('HOUR', x), TRIM('BOTH', ' ', s). */
static struct err *bind_argument(
    struct scope_context *c, const struct ast_expr *ast, const struct expr **out)
{
    struct text_pos pos = bind_pos(c->bind, ast->pos);
    if (ast->kind == AST_EXPR_UNIT) {
        *out = bind_word(c->bind, slice_of(unit_text(ast->unit)), pos);
        return NULL;
    }
    if (ast->kind == AST_EXPR_SYMBOL) {
        *out = bind_word(c->bind, ast->symbol, pos);
        return NULL;
    }
    return bind_expr_or_null(c, ast, out);
}

static struct err *bind_arguments(
    struct scope_context *c, const struct ast_call *call, const struct expr **args)
{
    for (size_t i = 0; i < call->args.count; i++)
        TRY(bind_argument(c, call->args.items[i], &args[i]));
    return NULL;
}

static struct err *refuse_nulls(const struct expr *const *args, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (bind_is_null(args[i])) {
            struct err *e = ERR(ERR_DATATYPE_MISMATCH, "Illegal use of 'NULL'");
            return err_at(err_hint(e, "give it a type: CAST(NULL AS STRING)"), args[i]->pos);
        }
    return NULL;
}

static struct err *wrong_count(const char *name, const char *expected, struct text_pos pos)
{
    FAIL_AT(ERR_UNDEFINED_FUNCTION, pos,
        "Invalid number of arguments to function '%s'. Was expecting %s arguments", name, expected);
}

static struct err *bind_nullif(
    struct scope_context *c, const struct expr **args, struct text_pos pos, const struct expr **out)
{
    const struct expr *equal;
    TRY(bind_function(c, "=", args, 2, pos, &equal));
    const struct expr *null = bind_literal_value(
        c->bind, type_with_nullable(c->bind->arena, args[0]->type, true), value_null(), pos);
    return bind_if(c, equal, null, args[0], pos, out);
}

/* The lazy forms; *done stays false for anything else. */
static struct err *bind_lazy(struct scope_context *c, const struct ast_call *call,
    const struct expr **args, uint32_t count, struct text_pos pos, const struct expr **out,
    bool *done)
{
    *done = true;
    if (is_name(&call->name, "COALESCE")) {
        if (count == 0) return wrong_count("COALESCE", "at least 1", pos);
        bool all_null = true;
        for (uint32_t i = 0; i < count; i++) all_null &= bind_is_null(args[i]);
        if (all_null) return refuse_nulls(args, count);
        return bind_coalesce(c, args, count, pos, out);
    }
    if (is_name(&call->name, "IFNULL")) {
        if (count != 2) return wrong_count("IFNULL", "2", pos);
        TRY(refuse_nulls(args, count));
        return bind_coalesce(c, args, count, pos, out);
    }
    if (is_name(&call->name, "NULLIF")) {
        if (count != 2) return wrong_count("NULLIF", "2", pos);
        TRY(refuse_nulls(args, 1));
        args[1] = bind_typed_null(c->bind, args[1], args[0]->type);
        return bind_nullif(c, args, pos, out);
    }
    if (is_name(&call->name, "IF")) {
        if (count != 3) return wrong_count("IF", "3", pos);
        TRY(refuse_nulls(args, count));
        if (args[0]->type->kind != TYPE_BOOLEAN)
            FAIL_AT(ERR_DATATYPE_MISMATCH, args[0]->pos,
                "Cannot apply 'IF' to arguments of type 'IF(<%s>, <%s>, <%s>)'. Supported form(s): "
                "'IF(<BOOLEAN>, <ANY>, <ANY>)'",
                type_to_standard_cstr(c->bind->arena, args[0]->type),
                type_to_standard_cstr(c->bind->arena, args[1]->type),
                type_to_standard_cstr(c->bind->arena, args[2]->type));
        TRY(bind_if(c, args[0], args[1], args[2], pos, out));
        if (!args[0]->type->nullable || (*out)->type->nullable) return NULL;
        /* As for every function of Flink a condition that may be NULL makes the type nullable. */
        struct expr *nullable = ARENA_NEW(c->bind->arena, struct expr);
        *nullable = **out;
        nullable->type = type_with_nullable(c->bind->arena, nullable->type, true);
        *out = nullable;
        return NULL;
    }
    *done = false;
    return NULL;
}

static struct err *refuse_clauses(struct bind *b, const struct ast_expr *ast)
{
    const struct ast_call *call = &ast->call;
    if (call->over) return bind_unsupported(b, call->over->pos, "OVER");
    if (call->within_group.count > 0) return bind_unsupported(b, ast->pos, "WITHIN GROUP");
    if (call->order_by.count > 0)
        return bind_unsupported(b, ast->pos, "ORDER BY inside an aggregate call");
    if (call->nulls != AST_NULLS_UNSET)
        return bind_unsupported(b, ast->pos, "RESPECT NULLS and IGNORE NULLS");
    return NULL;
}

static struct err *bind_scalar(struct scope_context *c, const struct ast_expr *ast,
    const struct func_def *def, const struct expr *const *args, uint32_t count,
    const struct expr **out)
{
    struct bind *b = c->bind;
    const struct ast_call *call = &ast->call;
    struct text_pos pos = bind_pos(b, ast->pos);
    if (call->filter) FAIL_AT(ERR_SYNTAX, pos, "FILTER must be applied to aggregate function");
    if (call->quantifier == AST_SET_DISTINCT || call->star)
        FAIL_AT(ERR_SYNTAX, pos, "%s is not an aggregate function: it takes no %s", def->name,
            call->star ? "*" : "DISTINCT");
    TRY(refuse_nulls(args, count));
    TRY(bind_function(c, def->name, args, count, pos, out));
    if (slice_eq(slice_of(def->name), SLICE("PROCTIME"))) {
        struct expr *proctime = ARENA_NEW(b->arena, struct expr);
        *proctime = **out;
        proctime->type = type_with_time_attribute(b->arena, proctime->type, TIME_PROCTIME);
        *out = proctime;
    }
    return NULL;
}

struct err *bind_call(struct scope_context *c, const struct ast_expr *ast, const struct expr **out)
{
    struct bind *b = c->bind;
    const struct ast_call *call = &ast->call;
    struct text_pos pos = bind_pos(b, ast->pos);
    const char *elsewhere = known_elsewhere(&call->name);
    if (call->over) return refuse_clauses(b, ast);
    if (elsewhere) return bind_unsupported(b, ast->pos, elsewhere);
    if (call->form == AST_CALL_JSON) return bind_json(c, ast, out);
    TRY(refuse_clauses(b, ast));
    struct slice name = call->name.parts[call->name.count - 1].text;
    const struct agg_def *agg = call->name.count == 1 ? agg_find(name) : NULL;
    if (agg) return bind_aggregate(c, ast, agg, out);
    TRY(bind_variance(c, ast, out));
    if (*out) return NULL;

    uint32_t count = (uint32_t)call->args.count;
    const struct expr **args = ARENA_ARRAY(b->arena, const struct expr *, count + 1);
    TRY(bind_arguments(c, call, args));
    bool done;
    TRY(bind_lazy(c, call, args, count, pos, out, &done));
    if (done) return NULL;
    if (call->form == AST_CALL_ROUND_TO)
        return bind_function(
            c, is_name(&call->name, "FLOOR") ? "FLOOR TO" : "CEIL TO", args, count, pos, out);
    const struct func_def *def = call->name.count == 1 ? func_find(name) : NULL;
    if (!def || (def->flags & FUNC_OPERATOR)) return no_such_function(b, &call->name, args, count);
    return bind_scalar(c, ast, def, args, count, out);
}
