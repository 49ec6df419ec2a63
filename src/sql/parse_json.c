/* The JSON functions of the SQL standard. */
#include "base/check.h"
#include "sql/parse_part.h"

static void add_arg(struct parser *p, struct ast_call *call, struct ast_expr *arg)
{
    call->args.items = parser_push(p, call->args.items, &call->args.count, sizeof arg);
    call->args.items[call->args.count - 1] = arg;
}

static struct err *parse_value(struct parser *p, struct ast_call *call)
{
    struct ast_expr *arg;
    TRY(parse__expr(p, &arg));
    if (parser_at_word(p, WORD_FORMAT) && parser_next_is_word(p, 1, WORD_JSON))
        return err_hint(parser_refuse(p, "FORMAT JSON"), "write JSON(text)");
    add_arg(p, call, arg);
    return NULL;
}

/* --- NULL ON EMPTY, ERROR ON ERROR .. --- */

static bool accept_behavior(struct parser *p, enum ast_json_behavior_kind *kind)
{
    static const struct {
        enum keyword first, second;
        enum ast_json_behavior_kind kind;
    } rows[] = {{WORD_ERROR, WORD_ON, AST_JSON_ERROR}, {WORD_NULL, WORD_ON, AST_JSON_NULL},
        {WORD_TRUE, WORD_ON, AST_JSON_TRUE}, {WORD_FALSE, WORD_ON, AST_JSON_FALSE},
        {WORD_UNKNOWN, WORD_ON, AST_JSON_UNKNOWN}, {WORD_EMPTY, WORD_ARRAY, AST_JSON_EMPTY_ARRAY},
        {WORD_EMPTY, WORD_OBJECT, AST_JSON_EMPTY_OBJECT}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!parser_at_word(p, rows[i].first) || !parser_next_is_word(p, 1, rows[i].second))
            continue;
        parser_take(p);
        if (rows[i].second != WORD_ON) parser_take(p);
        *kind = rows[i].kind;
        return true;
    }
    return false;
}

static bool is_allowed(enum keyword function, enum ast_json_behavior_kind kind)
{
    switch (kind) {
    case AST_JSON_UNSET: return false;
    case AST_JSON_ERROR: return true;
    case AST_JSON_NULL: return function != WORD_JSON_EXISTS;
    case AST_JSON_DEFAULT: return function == WORD_JSON_VALUE;
    case AST_JSON_EMPTY_ARRAY:
    case AST_JSON_EMPTY_OBJECT: return function == WORD_JSON_QUERY;
    case AST_JSON_TRUE:
    case AST_JSON_FALSE:
    case AST_JSON_UNKNOWN: return function == WORD_JSON_EXISTS;
    }
    UNREACHABLE();
}

static struct err *parse_behavior(
    struct parser *p, enum keyword function, bool *found, struct ast_json *json)
{
    struct text_pos start = parser_here(p);
    struct ast_json_behavior behavior = {0};
    *found = accept_behavior(p, &behavior.kind);
    if (!*found && function == WORD_JSON_VALUE && parser_accept_word(p, WORD_DEFAULT)) {
        *found = true;
        behavior.kind = AST_JSON_DEFAULT;
        TRY(parse__expr(p, &behavior.value));
    }
    if (!*found) return NULL;
    if (!is_allowed(function, behavior.kind))
        FAIL_AT(ERR_SYNTAX, parser_span(p, start), "%s does not know this behaviour",
            keyword_text(function));
    TRY(parser_expect_word(p, WORD_ON));
    struct ast_json_behavior *target = &json->on_error;
    if (function != WORD_JSON_EXISTS && parser_accept_word(p, WORD_EMPTY))
        target = &json->on_empty;
    else
        TRY(parser_expect_word(p, WORD_ERROR));
    if (target->kind != AST_JSON_UNSET)
        FAIL_AT(ERR_SYNTAX, parser_span(p, start), "this case has a behaviour already");
    *target = behavior;
    return NULL;
}

static struct err *parse_behaviors(struct parser *p, enum keyword function, struct ast_json *json)
{
    bool found = true;
    while (found) TRY(parse_behavior(p, function, &found, json));
    return NULL;
}

static struct err *parse_wrapper(struct parser *p, struct ast_json *json)
{
    if (parser_accept_word(p, WORD_WITHOUT)) {
        json->wrapper = AST_JSON_WRAPPER_WITHOUT;
    } else if (parser_accept_word(p, WORD_WITH)) {
        json->wrapper = AST_JSON_WRAPPER_UNCONDITIONAL;
        if (parser_accept_word(p, WORD_CONDITIONAL))
            json->wrapper = AST_JSON_WRAPPER_CONDITIONAL;
        else
            parser_accept_word(p, WORD_UNCONDITIONAL);
    } else {
        return NULL;
    }
    parser_accept_word(p, WORD_ARRAY);
    return parser_expect_word(p, WORD_WRAPPER);
}

/* JSON_EXISTS, JSON_VALUE, JSON_QUERY: the input has been read. */
static struct err *parse_path_function(
    struct parser *p, enum keyword function, struct ast_call *call, struct ast_json *json)
{
    if (parser_at_word(p, WORD_FORMAT)) return parser_refuse(p, "FORMAT JSON");
    TRY(parser_expect(p, TOKEN_COMMA, "',' and the path after the input"));
    TRY(parse_value(p, call));
    if (parser_at_word(p, WORD_PASSING)) return parser_refuse(p, "PASSING");
    if (function != WORD_JSON_EXISTS && parser_accept_word(p, WORD_RETURNING))
        TRY(parse__type(p, false, &json->returning));
    if (function == WORD_JSON_QUERY) TRY(parse_wrapper(p, json));
    return parse_behaviors(p, function, json);
}

/* --- constructors --- */

static void accept_nulls(struct parser *p, struct ast_json *json)
{
    enum ast_json_nulls nulls;
    if (!parser_next_is_word(p, 1, WORD_ON) || !parser_next_is_word(p, 2, WORD_NULL)) return;
    if (parser_at_word(p, WORD_NULL))
        nulls = AST_JSON_NULL_ON_NULL;
    else if (parser_at_word(p, WORD_ABSENT))
        nulls = AST_JSON_ABSENT_ON_NULL;
    else
        return;
    for (int i = 0; i < 3; i++) parser_take(p);
    json->nulls = nulls;
}

/* [KEY] key VALUE value, or key : value. KEY alone may be a column. */
static struct err *parse_pair(struct parser *p, struct ast_call *call)
{
    bool key = parser_at_word(p, WORD_KEY) && !parser_next_is_word(p, 1, WORD_VALUE) &&
               !parser_next_is(p, 1, TOKEN_COLON) && !parser_next_is(p, 1, TOKEN_DOT);
    if (key) parser_take(p);
    struct ast_expr *name;
    TRY(parse__expr(p, &name));
    add_arg(p, call, name);
    if (key || !parser_accept(p, TOKEN_COLON)) TRY(parser_expect_word(p, WORD_VALUE));
    return parse_value(p, call);
}

static struct err *parse_object(struct parser *p, struct ast_call *call, struct ast_json *json)
{
    accept_nulls(p, json);
    if (parser_at(p, TOKEN_RIGHT_PAREN)) return NULL;
    do {
        TRY(parse_pair(p, call));
    } while (parser_accept(p, TOKEN_COMMA));
    accept_nulls(p, json);
    return NULL;
}

static struct err *parse_array(struct parser *p, struct ast_call *call, struct ast_json *json)
{
    accept_nulls(p, json);
    if (parser_at(p, TOKEN_RIGHT_PAREN)) return NULL;
    do {
        TRY(parse_value(p, call));
    } while (parser_accept(p, TOKEN_COMMA));
    accept_nulls(p, json);
    return NULL;
}

struct err *parse__json_call(struct parser *p, struct ast_expr *e)
{
    struct ast_call *call = &e->call;
    struct ast_json *json = parser_alloc(p, sizeof *json);
    enum keyword function = keyword_find(call->name.parts[0].text);
    call->form = AST_CALL_JSON;
    call->json = json;
    if (function == WORD_JSON_OBJECT) {
        TRY(parse_object(p, call, json));
    } else if (function == WORD_JSON_ARRAY) {
        TRY(parse_array(p, call, json));
    } else if (function == WORD_JSON_OBJECTAGG) {
        TRY(parse_pair(p, call));
        accept_nulls(p, json);
    } else if (function == WORD_JSON_ARRAYAGG) {
        if (parser_accept_words(p, WORD_ORDER, WORD_BY)) TRY(parse__order_by(p, &call->order_by));
        accept_nulls(p, json);
    } else {
        TRY(parse_path_function(p, function, call, json));
    }
    TRY(parser_expect(p, TOKEN_RIGHT_PAREN, "')' or ',' after the argument"));
    if (function == WORD_JSON_ARRAYAGG && parser_at_word(p, WORD_WITHIN))
        return parse__call_tail(p, e);
    e->pos = parser_span(p, e->pos);
    return NULL;
}
