/* bind_expr.c - expressions of every kind; calls and CASE have files of their own. */
#include "base/arena.h"
#include "base/check.h"
#include "plan/bind/scope.h"

struct err *bind_unsupported(struct bind *b, struct text_pos pos, const char *what)
{
    FAIL_AT(ERR_UNSUPPORTED, bind_pos(b, pos), "%s is not supported yet", what);
}

const struct logic *bind_project(struct bind *b, const struct logic *input,
    const struct expr *const *exprs, const struct slice *names, uint32_t count, struct text_pos pos)
{
    const struct logic *l = logic_project(b->arena, input, exprs, names, count, pos);
    if (!logic_is_identity(l)) return l;
    for (uint32_t i = 0; i < count; i++)
        if (!slice_eq(names[i], input->schema->fields[i].name)) return l;
    return input;
}

struct err *bind_enter(struct bind *b, struct text_pos pos)
{
    if (b->depth >= BIND_DEPTH_MAX)
        FAIL_AT(ERR_LIMIT_EXCEEDED, bind_pos(b, pos),
            "queries and expressions nest deeper than %d levels", BIND_DEPTH_MAX);
    b->depth++;
    return NULL;
}

struct err *bind_function(struct scope_context *c, const char *name, const struct expr *const *args,
    uint32_t count, struct text_pos pos, const struct expr **out)
{
    struct arena *a = c->bind->arena;
    const struct func_def *def = func_find(slice_of(name));
    if (!def) FAIL_AT(ERR_UNSUPPORTED, pos, "%s is not supported yet", name);
    struct expr *call;
    struct err *e = expr_call(a, def, args, count, pos, &call);
    if (e) return err_at(e, pos);
    call->type = bind_plain(c->bind, call->type);
    *out = call;
    return NULL;
}

static struct err *illegal_null(const struct expr *e)
{
    FAIL_AT(ERR_DATATYPE_MISMATCH, e->pos, "Illegal use of 'NULL'");
}

struct err *bind_expr(struct scope_context *c, const struct ast_expr *ast, const struct expr **out)
{
    TRY(bind_expr_or_null(c, ast, out));
    if (bind_is_null(*out)) {
        struct err *e = illegal_null(*out);
        return err_hint(e, "give it a type: CAST(NULL AS STRING)");
    }
    return NULL;
}

struct err *bind_condition(
    struct scope_context *c, const struct ast_expr *ast, const char *what, const struct expr **out)
{
    TRY(bind_expr(c, ast, out));
    if ((*out)->type->kind != TYPE_BOOLEAN)
        FAIL_AT(ERR_DATATYPE_MISMATCH, bind_pos(c->bind, ast->pos), "%s must be a condition", what);
    return NULL;
}

static const char *const binary_names[] = {
#define X(name, text, precedence) text,
    AST_BINARY_OPS(X)
#undef X
};
static const char *const unary_names[] = {
#define X(name, text, prefix) text,
    AST_UNARY_OPS(X)
#undef X
};

/* ---- AND, OR */

static struct err *bind_logic_operand(struct scope_context *c, const struct ast_expr *operand,
    const struct ast_expr *whole, const struct expr **out)
{
    TRY(bind_expr(c, operand, out));
    if ((*out)->type->kind == TYPE_BOOLEAN) return NULL;
    const char *name = binary_names[whole->binary.op];
    FAIL_AT(ERR_DATATYPE_MISMATCH, bind_pos(c->bind, operand->pos),
        "Cannot apply '%s' to arguments of type '<%s> %s <BOOLEAN>'. Supported form(s): "
        "'<BOOLEAN> %s <BOOLEAN>'",
        name, type_to_standard_cstr(c->bind->arena, (*out)->type), name, name);
}

static bool any_nullable(const struct expr *const *args, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (args[i]->type->nullable) return true;
    return false;
}

/* A chain a AND b AND c parses as ((a AND b) AND c): walked without recursion on its spine. */
static struct err *bind_junction(
    struct scope_context *c, const struct ast_expr *ast, const struct expr **out)
{
    struct arena *a = c->bind->arena;
    enum ast_binary_op op = ast->binary.op;
    uint32_t count = 1;
    const struct ast_expr *e = ast;
    for (; e->kind == AST_EXPR_BINARY && e->binary.op == op; e = e->binary.left) count++;
    const struct expr **args = ARENA_ARRAY(a, const struct expr *, count);
    e = ast;
    for (uint32_t i = count; i-- > 1; e = e->binary.left)
        TRY(bind_logic_operand(c, e->binary.right, ast, &args[i]));
    TRY(bind_logic_operand(c, e, ast, &args[0]));
    const struct type *type =
        type_with_nullable(a, type_simple(TYPE_BOOLEAN), any_nullable(args, count));
    struct expr *node = expr_node(a, op == AST_BINARY_AND ? EXPR_AND : EXPR_OR, type, args, count);
    node->pos = bind_pos(c->bind, ast->pos);
    *out = node;
    return NULL;
}

/* ---- other operators */

static bool is_comparison(enum ast_binary_op op)
{
    return (op >= AST_BINARY_EQ && op <= AST_BINARY_GE) || op == AST_BINARY_DISTINCT_FROM ||
           op == AST_BINARY_NOT_DISTINCT_FROM;
}

static bool is_arithmetic(enum ast_binary_op op)
{
    return op == AST_BINARY_ADD || op == AST_BINARY_SUBTRACT || op == AST_BINARY_MULTIPLY ||
           op == AST_BINARY_DIVIDE || op == AST_BINARY_MODULO || op == AST_BINARY_CONCAT;
}

static struct err *bind_binary(
    struct scope_context *c, const struct ast_expr *ast, const struct expr **out)
{
    enum ast_binary_op op = ast->binary.op;
    struct bind *b = c->bind;
    if (op == AST_BINARY_AND || op == AST_BINARY_OR) return bind_junction(c, ast, out);
    if (!is_comparison(op) && !is_arithmetic(op))
        return bind_unsupported(b, ast->binary.op_pos, binary_names[op]);
    const struct expr *args[2];
    if (is_comparison(op)) {
        TRY(bind_expr_or_null(c, ast->binary.left, &args[0]));
        TRY(bind_expr_or_null(c, ast->binary.right, &args[1]));
        if (bind_is_null(args[0]) && bind_is_null(args[1])) return illegal_null(args[0]);
        args[0] = bind_typed_null(b, args[0], args[1]->type);
        args[1] = bind_typed_null(b, args[1], args[0]->type);
    } else {
        TRY(bind_expr(c, ast->binary.left, &args[0]));
        TRY(bind_expr(c, ast->binary.right, &args[1]));
    }
    return bind_function(c, binary_names[op], args, 2, bind_pos(b, ast->pos), out);
}

/* -5 is a literal: -2147483648 is INT, and plans read better. */
static struct err *negate_literal(
    struct scope_context *c, const struct ast_expr *ast, const struct expr **out, bool *done)
{
    struct bind *b = c->bind;
    const struct ast_expr *operand = ast->unary.operand;
    *done = operand->kind == AST_EXPR_LITERAL && operand->literal.kind == AST_LITERAL_INTEGER &&
            !operand->parenthesized;
    if (!*done) return NULL;
    struct slice text =
        slice_of(str_fmt(b->arena, "-%.*s", (int)operand->literal.text.n, operand->literal.text.p));
    int64_t v;
    if (!num_parse_i64(text, &v))
        FAIL_AT(ERR_OUT_OF_RANGE, bind_pos(b, ast->pos), "Numeric literal '%.*s' out of range",
            (int)text.n, text.p);
    enum type_kind kind = v >= INT32_MIN ? TYPE_INTEGER : TYPE_BIGINT;
    *out = bind_literal_value(b, type_with_nullable(b->arena, type_simple(kind), false),
        (struct value){.i64 = v}, bind_pos(b, ast->pos));
    return NULL;
}

static struct err *bind_unary(
    struct scope_context *c, const struct ast_expr *ast, const struct expr **out)
{
    enum ast_unary_op op = ast->unary.op;
    struct bind *b = c->bind;
    struct text_pos pos = bind_pos(b, ast->pos);
    if (op == AST_UNARY_MINUS) {
        bool done;
        TRY(negate_literal(c, ast, out, &done));
        if (done) return NULL;
    }
    const struct expr *arg;
    if (op == AST_UNARY_IS_NULL || op == AST_UNARY_IS_NOT_NULL) {
        TRY(bind_expr_or_null(c, ast->unary.operand, &arg));
        arg = bind_typed_null(b, arg, type_simple(TYPE_INTEGER));
    } else {
        TRY(bind_expr(c, ast->unary.operand, &arg));
    }
    if (op == AST_UNARY_PLUS) {
        if (!type_is_numeric(arg->type) && !type_is_interval(arg->type))
            FAIL_AT(ERR_DATATYPE_MISMATCH, pos,
                "Cannot apply '+' to arguments of type '+<%s>'. Supported form(s): '+<NUMERIC>'",
                type_to_standard_cstr(b->arena, arg->type));
        *out = arg;
        return NULL;
    }
    if (op == AST_UNARY_NOT && arg->type->kind != TYPE_BOOLEAN)
        FAIL_AT(ERR_DATATYPE_MISMATCH, pos,
            "Cannot apply 'NOT' to arguments of type 'NOT<%s>'. Supported form(s): 'NOT<BOOLEAN>'",
            type_to_standard_cstr(b->arena, arg->type));
    const char *name = op == AST_UNARY_MINUS ? "NEGATE" : unary_names[op];
    return bind_function(c, name, &arg, 1, pos, out);
}

static struct err *bind_like(
    struct scope_context *c, const struct ast_expr *ast, const struct expr **out)
{
    struct text_pos pos = bind_pos(c->bind, ast->pos);
    const struct expr *args[3];
    uint32_t count = 2;
    const char *name = "LIKE";
    switch (ast->like.kind) {
    case AST_LIKE_LIKE: break;
    case AST_LIKE_SIMILAR: name = "SIMILAR TO"; break;
    case AST_LIKE_ILIKE:
    case AST_LIKE_RLIKE:
        FAIL_AT(ERR_UNDEFINED_FUNCTION, pos, "No match found for function signature %s",
            ast->like.kind == AST_LIKE_ILIKE ? "ILIKE" : "RLIKE");
    }
    TRY(bind_expr(c, ast->like.value, &args[0]));
    TRY(bind_expr(c, ast->like.pattern, &args[1]));
    if (ast->like.escape) TRY(bind_expr(c, ast->like.escape, &args[count++]));
    TRY(bind_function(c, name, args, count, pos, out));
    return ast->like.negated ? bind_function(c, "NOT", out, 1, pos, out) : NULL;
}

/* ---- BETWEEN: a >= low AND a <= high */

static struct err *bind_range(struct scope_context *c, const struct expr *value,
    const struct expr *low, const struct expr *high, struct text_pos pos, const struct expr **out)
{
    struct arena *a = c->bind->arena;
    const struct expr **both = ARENA_ARRAY(a, const struct expr *, 2);
    TRY(bind_function(c, ">=", (const struct expr *[]){value, low}, 2, pos, &both[0]));
    TRY(bind_function(c, "<=", (const struct expr *[]){value, high}, 2, pos, &both[1]));
    const struct type *type =
        type_with_nullable(a, type_simple(TYPE_BOOLEAN), any_nullable(both, 2));
    struct expr *node = expr_node(a, EXPR_AND, type, both, 2);
    node->pos = pos;
    *out = node;
    return NULL;
}

static struct err *bind_between(
    struct scope_context *c, const struct ast_expr *ast, const struct expr **out)
{
    struct bind *b = c->bind;
    struct text_pos pos = bind_pos(b, ast->pos);
    const struct expr *value, *low, *high;
    TRY(bind_expr(c, ast->between.value, &value));
    TRY(bind_expr_or_null(c, ast->between.low, &low));
    TRY(bind_expr_or_null(c, ast->between.high, &high));
    low = bind_typed_null(b, low, value->type);
    high = bind_typed_null(b, high, value->type);
    TRY(bind_range(c, value, low, high, pos, out));
    if (ast->between.symmetric) {
        const struct expr **either = ARENA_ARRAY(b->arena, const struct expr *, 2);
        either[0] = *out;
        TRY(bind_range(c, value, high, low, pos, &either[1]));
        struct expr *node = expr_node(b->arena, EXPR_OR, (*out)->type, either, 2);
        node->pos = pos;
        *out = node;
    }
    return ast->between.negated ? bind_function(c, "NOT", out, 1, pos, out) : NULL;
}

/* ---- CAST */

/* Calcite allows CAST(x AS t) of a NULL literal; a cast to the same type drops a time attribute. */
static struct err *bind_cast(
    struct scope_context *c, const struct ast_expr *ast, const struct expr **out)
{
    struct bind *b = c->bind;
    struct text_pos pos = bind_pos(b, ast->pos);
    const struct type *type;
    const struct expr *e;
    TRY(bind_type(b, ast->cast.type, &type));
    TRY(bind_expr_or_null(c, ast->cast.operand, &e));
    if (bind_is_null(e)) {
        *out = bind_typed_null(b, e, type);
        return NULL;
    }
    type = type_with_nullable(b->arena, type, e->type->nullable || ast->cast.try_cast);
    bool from_number = type_is_numeric(e->type), to_number = type_is_numeric(type);
    if ((from_number && type_is_timestamp(type)) || (to_number && type_is_timestamp(e->type)))
        FAIL_AT(ERR_DATATYPE_MISMATCH, pos,
            from_number ? "The cast from NUMERIC type to TIMESTAMP type is not allowed. It's "
                          "recommended to use TO_TIMESTAMP(FROM_UNIXTIME(numeric_col)) instead, "
                          "note the numeric is in seconds."
                        : "The cast from TIMESTAMP type to NUMERIC type is not allowed. It's "
                          "recommended to use UNIX_TIMESTAMP(CAST(timestamp_col AS STRING)) "
                          "instead.");
    if (!type_castable(e->type, type))
        FAIL_AT(ERR_DATATYPE_MISMATCH, pos,
            "Cast function cannot convert value of type %s to type %s",
            type_to_standard_cstr(b->arena, e->type), type_to_standard_cstr(b->arena, type));
    if (type_equal(e->type, type) && e->type->time_attribute != TIME_NONE) {
        struct expr *copy = ARENA_NEW(b->arena, struct expr);
        *copy = *e;
        copy->type = bind_plain(b, e->type);
        *out = copy;
        return NULL;
    }
    struct expr *cast = expr_cast(b->arena, e, type, ast->cast.try_cast);
    if (cast != e) cast->pos = pos;
    *out = cast;
    return NULL;
}

/* ---- constructors and elements */

static struct err *bind_items(
    struct scope_context *c, const struct ast_expr *ast, const char *name, const struct expr **out)
{
    if (ast->items.query) return bind_unsupported(c->bind, ast->pos, "a collection of a query");
    uint32_t count = (uint32_t)ast->items.items.count;
    const struct expr **args = ARENA_ARRAY(c->bind->arena, const struct expr *, count + 1);
    bool collection = ast->kind != AST_EXPR_ROW;
    for (uint32_t i = 0; i < count; i++) {
        const struct ast_expr *item = ast->items.items.items[i];
        TRY(collection ? bind_expr_or_null(c, item, &args[i]) : bind_expr(c, item, &args[i]));
    }
    /* NULL among elements takes the type of the first that has one (every second one in a MAP). */
    uint32_t step = ast->kind == AST_EXPR_MAP ? 2 : 1;
    for (uint32_t i = 0; i < count; i++) {
        if (!bind_is_null(args[i])) continue;
        for (uint32_t k = i % step; k < count; k += step)
            args[i] =
                bind_is_null(args[k]) ? args[i] : bind_typed_null(c->bind, args[i], args[k]->type);
        if (bind_is_null(args[i])) return illegal_null(args[i]);
    }
    return bind_function(c, name, args, count, bind_pos(c->bind, ast->pos), out);
}

static struct err *bind_item(
    struct scope_context *c, const struct ast_expr *ast, const struct expr **out)
{
    const struct expr *args[2];
    TRY(bind_expr(c, ast->item.base, &args[0]));
    TRY(bind_expr(c, ast->item.index, &args[1]));
    return bind_function(c, "ITEM", args, 2, bind_pos(c->bind, ast->pos), out);
}

/* (expr).name: the base becomes a nameless row of a scope of its own. */
static struct err *bind_member(
    struct scope_context *c, const struct ast_expr *ast, const struct expr **out)
{
    struct arena *a = c->bind->arena;
    const struct expr *base;
    TRY(bind_expr(c, ast->field.base, &base));
    if (base->type->kind == TYPE_ROW)
        for (uint32_t i = 0; i < base->type->field_count; i++) {
            if (!slice_eq(base->type->fields[i].name, ast->field.name.text)) continue;
            const struct type *type = base->type->fields[i].type;
            if (base->type->nullable) type = type_with_nullable(a, type, true);
            const struct expr **args = ARENA_ARRAY(a, const struct expr *, 1);
            args[0] = base;
            struct expr *field = expr_node(a, EXPR_FIELD, type, args, 1);
            field->column = i;
            field->pos = bind_pos(c->bind, ast->pos);
            *out = field;
            return NULL;
        }
    FAIL_AT(ERR_UNDEFINED_COLUMN, bind_pos(c->bind, ast->field.name.pos),
        "Column '%.*s' not found in a value of type %s", (int)ast->field.name.text.n,
        ast->field.name.text.p, type_to_cstr(a, base->type));
}

static struct err *bind_kind(
    struct scope_context *c, const struct ast_expr *ast, const struct expr **out)
{
    struct bind *b = c->bind;
    switch (ast->kind) {
    case AST_EXPR_LITERAL: return bind_literal(b, ast, out);
    case AST_EXPR_INTERVAL: return bind_interval(b, ast, out);
    case AST_EXPR_NAME: return scope_find(c, &ast->name, out);
    case AST_EXPR_UNARY: return bind_unary(c, ast, out);
    case AST_EXPR_BINARY: return bind_binary(c, ast, out);
    case AST_EXPR_LIKE: return bind_like(c, ast, out);
    case AST_EXPR_BETWEEN: return bind_between(c, ast, out);
    case AST_EXPR_IN: return bind_in(c, ast, out);
    case AST_EXPR_CASE: return bind_case(c, ast, out);
    case AST_EXPR_CAST: return bind_cast(c, ast, out);
    case AST_EXPR_CALL: return bind_call(c, ast, out);
    case AST_EXPR_ROW: return bind_items(c, ast, "ROW", out);
    case AST_EXPR_ARRAY: return bind_items(c, ast, "ARRAY", out);
    case AST_EXPR_MAP: return bind_items(c, ast, "MAP", out);
    case AST_EXPR_ITEM: return bind_item(c, ast, out);
    case AST_EXPR_FIELD: return bind_member(c, ast, out);
    case AST_EXPR_STAR:
        FAIL_AT(ERR_SYNTAX, bind_pos(b, ast->pos),
            "Unknown identifier '*': it stands for columns "
            "only in a SELECT list and in COUNT(*)");
    case AST_EXPR_MULTISET: return bind_unsupported(b, ast->pos, "MULTISET[..]");
    case AST_EXPR_QUERY: return bind_unsupported(b, ast->pos, "a subquery as a value");
    case AST_EXPR_EXISTS: return bind_unsupported(b, ast->pos, "EXISTS (query)");
    case AST_EXPR_NAMED: return bind_unsupported(b, ast->pos, "a named argument here");
    case AST_EXPR_DEFAULT: return bind_unsupported(b, ast->pos, "DEFAULT");
    case AST_EXPR_UNIT:
    case AST_EXPR_SYMBOL:
    case AST_EXPR_TABLE_ARG:
    case AST_EXPR_MODEL_ARG:
    case AST_EXPR_DESCRIPTOR:
        FAIL_AT(ERR_SYNTAX, bind_pos(b, ast->pos), "this argument has no meaning here");
    }
    UNREACHABLE();
}

struct err *bind_expr_or_null(
    struct scope_context *c, const struct ast_expr *ast, const struct expr **out)
{
    TRY(bind_enter(c->bind, ast->pos));
    struct err *e = bind_kind(c, ast, out);
    bind_leave(c->bind);
    return e ? e : bind_check_depth(c->bind, (*out)->type, ast->pos);
}
