/* What stands between operators: names, calls, parentheses, CASE, constructors. */
#include "sql/parse_part.h"

/* --- names --- */

static struct err *parse_part(struct parser *p, bool first, struct ast_name *name)
{
    const struct token *token = parser_peek(p, 0);
    /* DATETIME was no keyword when Nexmark's q23 was written with A.dateTime. */
    if (first || token->keyword != WORD_DATETIME)
        return parse__name(p, first ? "an expression" : "a name after '.'", name);
    *name = (struct ast_name){.text = token->text, .pos = token->pos};
    parser_take(p);
    return NULL;
}

/* a.b.c, but not the dot of a.* */
static struct err *parse_column_path(struct parser *p, struct ast_path *path)
{
    struct text_pos start = parser_here(p);
    *path = (struct ast_path){0};
    for (;;) {
        struct ast_name name;
        TRY(parse_part(p, path->count == 0, &name));
        path->parts = parser_push(p, path->parts, &path->count, sizeof *path->parts);
        path->parts[path->count - 1] = name;
        if (!parser_at(p, TOKEN_DOT) || parser_next_is(p, 1, TOKEN_STAR)) break;
        parser_take(p);
    }
    path->pos = parser_span(p, start);
    return NULL;
}

static struct err *parse_name_or_call(struct parser *p, struct ast_expr **expr)
{
    struct ast_path path;
    TRY(parse_column_path(p, &path));
    if (parser_at(p, TOKEN_LEFT_PAREN)) return parse__call(p, path, expr);
    *expr = parser_new_expr(p, AST_EXPR_NAME, path.pos);
    (*expr)->name = path;
    return NULL;
}

struct ast_path parse__take_word_as_path(struct parser *p)
{
    const struct token *token = parser_take(p);
    struct ast_path path = {.count = 1, .pos = token->pos};
    path.parts = parser_alloc(p, sizeof *path.parts);
    path.parts[0] = (struct ast_name){.text = token->text, .pos = token->pos};
    return path;
}

/* A reserved word that is a call: CURRENT_DATE, ABS(x), DATE(x), CLASSIFIER(). */
static bool at_reserved_call(struct parser *p, bool *niladic)
{
    static const enum keyword callable[] = {WORD_DATE, WORD_TIME, WORD_TIMESTAMP, WORD_CLASSIFIER,
        WORD_MATCH_NUMBER, WORD_PREV, WORD_NEXT, WORD_ARRAY, WORD_ANY};
    bool paren = parser_next_is(p, 1, TOKEN_LEFT_PAREN); /* first: it may move the tokens */
    const struct token *token = parser_peek(p, 0);
    *niladic = keyword_class(token->keyword) == KEYWORD_NILADIC && !paren;
    if (*niladic) return true;
    if (!paren) return false;
    if (keyword_class(token->keyword) == KEYWORD_FUNCTION) return true;
    if (keyword_class(token->keyword) == KEYWORD_NILADIC) return true;
    for (size_t i = 0; i < sizeof callable / sizeof *callable; i++)
        if (token->keyword == callable[i]) return true;
    return false;
}

static struct err *parse_reserved_call(struct parser *p, bool niladic, struct ast_expr **expr)
{
    struct ast_path name = parse__take_word_as_path(p);
    if (!niladic) return parse__call(p, name, expr);
    *expr = parser_new_expr(p, AST_EXPR_CALL, name.pos);
    (*expr)->call.name = name;
    (*expr)->call.form = AST_CALL_NILADIC;
    return NULL;
}

/* FINAL LAST(A.x), RUNNING FIRST(A.x) */
static struct err *parse_pattern_call(struct parser *p, struct ast_expr **expr)
{
    struct text_pos start = parser_here(p);
    bool final = parser_take(p)->keyword == WORD_FINAL;
    TRY(parse_name_or_call(p, expr));
    if ((*expr)->kind != AST_EXPR_CALL) return parser_fail(p, "'(' after FIRST or LAST");
    (*expr)->call.final = final;
    (*expr)->call.running = !final;
    (*expr)->pos = parser_span(p, start);
    return NULL;
}

static bool at_pattern_call(struct parser *p)
{
    return (parser_at_word(p, WORD_FINAL) || parser_at_word(p, WORD_RUNNING)) &&
           parser_is_name(parser_peek(p, 1)) && parser_next_is(p, 2, TOKEN_LEFT_PAREN);
}

/* --- CASE --- */

static struct err *parse_when(struct parser *p, struct ast_expr *branch)
{
    struct ast_when when = {0};
    do {
        struct ast_expr *value;
        TRY(parse__expr(p, &value));
        when.when.items = parser_push(p, when.when.items, &when.when.count, sizeof value);
        when.when.items[when.when.count - 1] = value;
    } while (branch->branch.operand && parser_accept(p, TOKEN_COMMA));
    TRY(parser_expect_word(p, WORD_THEN));
    TRY(parse__expr(p, &when.then));
    branch->branch.whens =
        parser_push(p, branch->branch.whens, &branch->branch.when_count, sizeof when);
    branch->branch.whens[branch->branch.when_count - 1] = when;
    return NULL;
}

static struct err *parse_case(struct parser *p, struct ast_expr **expr)
{
    struct text_pos start = parser_here(p);
    parser_take(p);
    struct ast_expr *e = parser_new_expr(p, AST_EXPR_CASE, start);
    if (!parser_at_word(p, WORD_WHEN)) TRY(parse__expr(p, &e->branch.operand));
    if (!parser_at_word(p, WORD_WHEN)) return parser_fail(p, "WHEN");
    while (parser_accept_word(p, WORD_WHEN)) TRY(parse_when(p, e));
    if (parser_accept_word(p, WORD_ELSE)) TRY(parse__expr(p, &e->branch.otherwise));
    if (!parser_accept_word(p, WORD_END)) return parser_fail(p, "WHEN, ELSE or END of the CASE");
    e->pos = parser_span(p, start);
    *expr = e;
    return NULL;
}

/* --- parentheses: (a), (a, b), (query) --- */

static struct err *parse_parenthesized(struct parser *p, struct ast_expr **expr)
{
    struct text_pos start = parser_here(p);
    if (parse__at_query(p)) {
        struct ast_expr *e = parser_new_expr(p, AST_EXPR_QUERY, start);
        TRY(parse__query_in_parens(p, &e->query));
        e->pos = parser_span(p, start);
        *expr = e;
        return NULL;
    }
    parser_take(p);
    struct ast_expr_list list = {0};
    TRY(parse__exprs(p, &list));
    struct ast_expr *first = list.items[0];
    if (list.count == 1 && first->kind == AST_EXPR_QUERY && parse__at_query_tail(p))
        TRY(parse__query_after(p, first->query, &first->query));
    TRY(parser_expect(p, TOKEN_RIGHT_PAREN, "')' or ',' after the expression"));
    if (list.count == 1) {
        first->parenthesized = true;
        *expr = first;
        return NULL;
    }
    *expr = parser_new_expr(p, AST_EXPR_ROW, parser_span(p, start));
    (*expr)->items.items = list;
    return NULL;
}

/* --- ROW(..), ARRAY[..], MAP[..], MULTISET[..] and their queries --- */

static struct err *parse_row(struct parser *p, struct ast_expr **expr)
{
    struct text_pos start = parser_here(p);
    parser_take(p);
    struct ast_expr *e = parser_new_expr(p, AST_EXPR_ROW, start);
    e->items.keyword = true;
    TRY(parser_expect(p, TOKEN_LEFT_PAREN, "'(' after ROW"));
    do {
        struct text_pos pos = parser_here(p);
        struct ast_expr *item;
        if (parser_accept_word(p, WORD_DEFAULT))
            item = parser_new_expr(p, AST_EXPR_DEFAULT, pos);
        else
            TRY(parse__expr(p, &item));
        e->items.items.items =
            parser_push(p, e->items.items.items, &e->items.items.count, sizeof item);
        e->items.items.items[e->items.items.count - 1] = item;
    } while (parser_accept(p, TOKEN_COMMA));
    TRY(parser_expect(p, TOKEN_RIGHT_PAREN, "')' or ',' after the field of the row"));
    e->pos = parser_span(p, start);
    *expr = e;
    return NULL;
}

static struct err *parse_brackets(struct parser *p, enum ast_expr_kind kind, struct ast_expr **expr)
{
    struct text_pos start = parser_here(p);
    parser_take(p);
    struct ast_expr *e = parser_new_expr(p, kind, start);
    if (!parser_at(p, TOKEN_LEFT_BRACKET)) {
        TRY(parse__query_in_parens(p, &e->items.query));
    } else {
        parser_take(p);
        if (kind == AST_EXPR_MULTISET || !parser_at(p, TOKEN_RIGHT_BRACKET))
            TRY(parse__exprs(p, &e->items.items));
        TRY(parser_expect(p, TOKEN_RIGHT_BRACKET, "']' or ',' after the element"));
    }
    e->pos = parser_span(p, start);
    *expr = e;
    return NULL;
}

/* The kind of collection that starts here, with [ or with a query in parentheses. */
static bool at_collection(struct parser *p, enum ast_expr_kind *kind)
{
    static const struct {
        enum keyword word;
        enum ast_expr_kind kind;
    } rows[] = {
        {WORD_ARRAY, AST_EXPR_ARRAY}, {WORD_MAP, AST_EXPR_MAP}, {WORD_MULTISET, AST_EXPR_MULTISET}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!parser_at_word(p, rows[i].word)) continue;
        *kind = rows[i].kind;
        if (parser_next_is(p, 1, TOKEN_LEFT_BRACKET)) return true;
        return parser_next_is(p, 1, TOKEN_LEFT_PAREN) &&
               (parser_next_is_word(p, 2, WORD_SELECT) || parser_next_is_word(p, 2, WORD_WITH) ||
                   parser_next_is_word(p, 2, WORD_VALUES) || parser_next_is_word(p, 2, WORD_TABLE));
    }
    return false;
}

static struct err *parse_exists(struct parser *p, struct ast_expr **expr)
{
    struct text_pos start = parser_here(p);
    parser_take(p);
    struct ast_expr *e = parser_new_expr(p, AST_EXPR_EXISTS, start);
    TRY(parse__query_in_parens(p, &e->query));
    e->pos = parser_span(p, start);
    *expr = e;
    return NULL;
}

/* --- a[b], f(a).b --- */

static struct err *parse_suffix(struct parser *p, struct ast_expr **expr)
{
    struct ast_expr *base = *expr, *e;
    if (parser_accept(p, TOKEN_LEFT_BRACKET)) {
        e = parser_new_expr(p, AST_EXPR_ITEM, base->pos);
        e->item.base = base;
        TRY(parse__expr(p, &e->item.index));
        TRY(parser_expect(p, TOKEN_RIGHT_BRACKET, "']' after the index"));
    } else {
        parser_take(p);
        e = parser_new_expr(p, AST_EXPR_FIELD, base->pos);
        e->field.base = base;
        TRY(parse__name(p, "a name after '.'", &e->field.name));
    }
    e->pos = parser_span(p, base->pos);
    *expr = e;
    return NULL;
}

static bool at_suffix(struct parser *p)
{
    return parser_at(p, TOKEN_LEFT_BRACKET) ||
           (parser_at(p, TOKEN_DOT) && !parser_next_is(p, 1, TOKEN_STAR));
}

/* --- all of them --- */

/* What Flink's grammar holds and nobody can run. */
static struct err *refuse_known(struct parser *p)
{
    if (parser_at(p, TOKEN_QUESTION)) return parser_refuse(p, "a parameter marker '?'");
    if (parser_at(p, TOKEN_LEFT_BRACE)) return parser_refuse(p, "the JDBC escape '{..}'");
    if (parser_next_is(p, 1, TOKEN_LEFT_PAREN)) {
        if (parser_at_word(p, WORD_UNIQUE)) return parser_refuse(p, "the predicate UNIQUE");
        if (parser_at_word(p, WORD_CURSOR)) return parser_refuse(p, "CURSOR(query)");
        if (parser_at_word(p, WORD_PERIOD)) return parser_refuse(p, "PERIOD(start, end)");
    }
    if (parser_at_word(p, WORD_NEXT) && parser_next_is_word(p, 1, WORD_VALUE))
        return parser_refuse(p, "NEXT VALUE FOR a sequence");
    if (parser_at_word(p, WORD_CURRENT) && parser_next_is_word(p, 1, WORD_VALUE))
        return parser_refuse(p, "CURRENT VALUE FOR a sequence");
    return NULL;
}

static struct err *parse_base(struct parser *p, struct ast_expr **expr)
{
    bool found, niladic;
    enum ast_expr_kind kind;
    TRY(parse__literal(p, &found, expr));
    if (found) return NULL;
    if (parser_at(p, TOKEN_LEFT_PAREN)) return parse_parenthesized(p, expr);
    TRY(refuse_known(p));
    if (parser_at(p, TOKEN_NAME) && !parser_peek(p, 0)->quoted) {
        if (parser_at_word(p, WORD_CASE)) return parse_case(p, expr);
        if (parser_at_word(p, WORD_EXISTS)) return parse_exists(p, expr);
        if (parser_at_word(p, WORD_ROW)) return parse_row(p, expr);
        if (at_collection(p, &kind)) return parse_brackets(p, kind, expr);
        TRY(parse__special_call(p, &found, expr));
        if (found) return NULL;
        if (at_pattern_call(p)) return parse_pattern_call(p, expr);
        if (at_reserved_call(p, &niladic)) return parse_reserved_call(p, niladic, expr);
    }
    if (parser_next_is(p, 1, TOKEN_LEFT_PAREN) && parser_next_is(p, 0, TOKEN_NAME) &&
        !parser_is_name(parser_peek(p, 0)))
        return parser_fail(p, "the name of a function");
    return parse_name_or_call(p, expr);
}

struct err *parse__primary(struct parser *p, struct ast_expr **expr)
{
    TRY(parse_base(p, expr));
    for (size_t count = 0; at_suffix(p); count++) {
        TRY(parser_limit(p, count, PARSER_CHAIN_MAX, "'.' or '[' in a row"));
        TRY(parse_suffix(p, expr));
    }
    return NULL;
}
