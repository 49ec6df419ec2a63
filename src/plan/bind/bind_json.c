/* bind_json.c - calls of JSON functions with clauses: the clauses become literal arguments, in the
 * order that func/scalar/json/json_call.h describes. Defaults are those of Flink. */
#include "base/arena.h"
#include "base/check.h"
#include "plan/bind/scope.h"

struct json_args {
    const struct expr **items;
    uint32_t count;
};

static void add_word(
    struct scope_context *c, struct json_args *args, const char *word, struct text_pos pos)
{
    const struct type *type = type_new(c->bind->arena, TYPE_CHAR, (int32_t)strlen(word), 0, false);
    struct value v = {.text = slice_of(word)};
    args->items[args->count++] = bind_literal_value(c->bind, type, v, pos);
}

static const char *behavior_word(enum ast_json_behavior_kind kind, const char *unset)
{
    switch (kind) {
    case AST_JSON_UNSET: return unset;
    case AST_JSON_ERROR: return "ERROR";
    case AST_JSON_NULL: return "NULL";
    case AST_JSON_DEFAULT: return "DEFAULT";
    case AST_JSON_EMPTY_ARRAY: return "EMPTY ARRAY";
    case AST_JSON_EMPTY_OBJECT: return "EMPTY OBJECT";
    case AST_JSON_TRUE: return "TRUE";
    case AST_JSON_FALSE: return "FALSE";
    case AST_JSON_UNKNOWN: return "UNKNOWN";
    }
    UNREACHABLE();
}

/* The default of a DEFAULT clause as a value of the RETURNING type; NULL where there is none. */
static struct err *add_default(struct scope_context *c, struct json_args *args,
    const struct ast_json_behavior *behavior, const struct type *type, struct text_pos pos)
{
    const struct type *nullable = type_with_nullable(c->bind->arena, type, true);
    const struct expr **out = &args->items[args->count++];
    if (behavior->kind != AST_JSON_DEFAULT) {
        *out = bind_literal_value(c->bind, nullable, value_null(), pos);
        return NULL;
    }
    TRY(bind_expr_or_null(c, behavior->value, out));
    *out = bind_typed_null(c->bind, *out, nullable);
    if (!type_castable((*out)->type, nullable))
        FAIL_AT(ERR_DATATYPE_MISMATCH, (*out)->pos, "the default is %s, not %s",
            type_to_cstr(c->bind->arena, (*out)->type), type_to_cstr(c->bind->arena, type));
    *out = expr_cast(c->bind->arena, *out,
        type_with_nullable(c->bind->arena, type, (*out)->type->nullable), false);
    return NULL;
}

static struct err *bind_json_value(struct scope_context *c, const struct ast_call *call,
    struct json_args *args, struct text_pos pos)
{
    const struct ast_json *json = call->json;
    const struct type *type = type_string();
    if (json->returning) TRY(bind_type(c->bind, json->returning, &type));
    if (type->kind != TYPE_BOOLEAN && type->kind != TYPE_INTEGER && type->kind != TYPE_DOUBLE &&
        type->kind != TYPE_VARCHAR)
        FAIL_AT(ERR_UNSUPPORTED, bind_pos(c->bind, json->returning->pos),
            "Unsupported type '%s' for RETURNING in JSON_VALUE().",
            type_to_cstr(c->bind->arena, type));
    add_word(c, args, behavior_word(json->on_empty.kind, "NULL"), pos);
    TRY(add_default(c, args, &json->on_empty, type, pos));
    add_word(c, args, behavior_word(json->on_error.kind, "NULL"), pos);
    return add_default(c, args, &json->on_error, type, pos);
}

/* RETURNING a text or ARRAY<STRING>, with behaviors that give one. */
static struct err *query_type(
    struct scope_context *c, const struct ast_json *json, const struct type **out)
{
    *out = type_string();
    if (!json->returning) return NULL;
    struct arena *a = c->bind->arena;
    struct text_pos pos = bind_pos(c->bind, json->returning->pos);
    TRY(bind_type(c->bind, json->returning, out));
    if (type_is_character(*out)) return NULL;
    if ((*out)->kind != TYPE_ARRAY)
        FAIL_AT(ERR_UNSUPPORTED, pos, "Unsupported type '%s' for RETURNING in JSON_QUERY().",
            type_to_standard_cstr(a, *out));
    if (!type_is_character((*out)->element))
        FAIL_AT(ERR_UNSUPPORTED, pos,
            "Unsupported array element type '%s' for RETURNING ARRAY in JSON_QUERY().",
            type_to_standard_cstr(a, (*out)->element));
    const struct ast_json_behavior *behaviors[] = {&json->on_empty, &json->on_error};
    for (size_t i = 0; i < 2; i++)
        if (behaviors[i]->kind == AST_JSON_EMPTY_OBJECT)
            FAIL_AT(ERR_DATATYPE_MISMATCH, pos,
                "Illegal on %s behavior 'EMPTY OBJECT' for return type: %s", i ? "error" : "empty",
                type_to_standard_cstr(a, *out));
    *out = type_array(a, type_string(), true);
    return NULL;
}

static struct err *bind_json_query(struct scope_context *c, const struct ast_call *call,
    struct json_args *args, struct text_pos pos)
{
    static const char *const wrappers[] = {"WITHOUT", "WITHOUT", "CONDITIONAL", "UNCONDITIONAL"};
    const struct ast_json *json = call->json;
    const struct type *type;
    TRY(query_type(c, json, &type));
    add_word(c, args, wrappers[json->wrapper], pos);
    add_word(c, args, behavior_word(json->on_empty.kind, "NULL"), pos);
    add_word(c, args, behavior_word(json->on_error.kind, "NULL"), pos);
    type = type_with_nullable(c->bind->arena, type, true);
    args->items[args->count++] = bind_literal_value(c->bind, type, value_null(), pos);
    return NULL;
}

/* JSON_OBJECT and JSON_ARRAY give JSON that stands as it is inside of one another; what JSON_QUERY
 * and the others give is a text like any. */
static bool is_json_constructor(const struct ast_expr *e)
{
    if (e->kind != AST_EXPR_CALL || e->call.form != AST_CALL_JSON) return false;
    struct slice name = e->call.name.parts[e->call.name.count - 1].text;
    return slice_eq_nocase(name, SLICE("JSON_OBJECT")) ||
           slice_eq_nocase(name, SLICE("JSON_ARRAY"));
}

/* JSON_OBJECT(on_null, raw, key, value, ..), JSON_ARRAY(on_null, raw, value, ..) */
static struct err *bind_json_constructor(struct scope_context *c, const struct ast_call *call,
    bool object, struct json_args *args, struct text_pos pos)
{
    struct arena *a = c->bind->arena;
    size_t count = call->args.count, step = object ? 2 : 1;
    bool keep = call->json->nulls == AST_JSON_NULLS_UNSET
                    ? object
                    : call->json->nulls == AST_JSON_NULL_ON_NULL;
    char *raw = arena_alloc(a, count + 1);
    size_t n = 0;
    for (size_t i = step - 1; i < count; i += step)
        raw[n++] = is_json_constructor(call->args.items[i]) ? '1' : '0';
    add_word(c, args, keep ? "NULL" : "ABSENT", pos);
    add_word(c, args, raw, pos);
    for (size_t i = 0; i < count; i++) {
        const struct expr **out = &args->items[args->count++];
        TRY(bind_expr_or_null(c, call->args.items[i], out));
        *out = bind_typed_null(c->bind, *out, type_string());
    }
    return NULL;
}

struct err *bind_json(struct scope_context *c, const struct ast_expr *ast, const struct expr **out)
{
    const struct ast_call *call = &ast->call;
    struct text_pos pos = bind_pos(c->bind, ast->pos);
    struct json_args args = {
        .items = ARENA_ARRAY(c->bind->arena, const struct expr *, call->args.count + 8)};
    struct slice name = call->name.parts[call->name.count - 1].text;
    bool object = slice_eq_nocase(name, SLICE("JSON_OBJECT"));
    if (object || slice_eq_nocase(name, SLICE("JSON_ARRAY"))) {
        TRY(bind_json_constructor(c, call, object, &args, pos));
        return bind_function(
            c, object ? "JSON_OBJECT" : "JSON_ARRAY", args.items, args.count, pos, out);
    }
    for (size_t i = 0; i < call->args.count; i++)
        TRY(bind_expr(c, call->args.items[i], &args.items[args.count++]));
    if (slice_eq_nocase(name, SLICE("JSON_VALUE"))) {
        TRY(bind_json_value(c, call, &args, pos));
        return bind_function(c, "JSON_VALUE", args.items, args.count, pos, out);
    }
    if (slice_eq_nocase(name, SLICE("JSON_QUERY"))) {
        TRY(bind_json_query(c, call, &args, pos));
        return bind_function(c, "JSON_QUERY", args.items, args.count, pos, out);
    }
    if (slice_eq_nocase(name, SLICE("JSON_EXISTS"))) {
        add_word(c, &args, behavior_word(call->json->on_error.kind, "FALSE"), pos);
        return bind_function(c, "JSON_EXISTS", args.items, args.count, pos, out);
    }
    return bind_unsupported(c->bind, ast->pos, slice_to_cstr(c->bind->arena, name));
}
