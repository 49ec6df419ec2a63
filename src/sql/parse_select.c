/* SELECT and its clauses, but not FROM. */
#include "sql/parse_part.h"

/* --- the list --- */

static struct err *parse_item(struct parser *p, struct ast_select_item *item)
{
    struct text_pos start = parser_here(p);
    if (parser_accept(p, TOKEN_STAR)) {
        item->expr = parser_new_expr(p, AST_EXPR_STAR, start);
        return NULL;
    }
    TRY(parse__expr(p, &item->expr));
    if (parser_at(p, TOKEN_DOT) && parser_next_is(p, 1, TOKEN_STAR)) {
        if (item->expr->kind != AST_EXPR_NAME || item->expr->parenthesized)
            return parser_fail(p, "',' or FROM: only a name can stand before '.*'");
        parser_take(p);
        parser_take(p);
        item->expr->kind = AST_EXPR_STAR;
        item->expr->pos = parser_span(p, start);
        return NULL;
    }
    bool as = parser_accept_word(p, WORD_AS);
    if (parser_at(p, TOKEN_STRING))
        return err_hint(parser_fail(p, "an alias"), "write `alias` in backticks, not in quotes");
    if (as || parser_is_name(parser_peek(p, 0)))
        return parse__name(p, "an alias: a name", &item->alias);
    return NULL;
}

static struct err *parse_items(struct parser *p, struct ast_select *select)
{
    do {
        struct ast_select_item item = {0};
        TRY(parse_item(p, &item));
        select->items = parser_push(p, select->items, &select->item_count, sizeof item);
        select->items[select->item_count - 1] = item;
        TRY(parser_limit(p, select->item_count, PARSE_COLUMNS_MAX, "columns in the SELECT list"));
    } while (parser_accept(p, TOKEN_COMMA));
    return NULL;
}

/* --- GROUP BY --- */

static struct err *parse_group_item(struct parser *p, struct ast_group_item *item);

/* The elements of ROLLUP, CUBE and GROUPING SETS, with the parentheses. */
static struct err *parse_group_items(struct parser *p, struct ast_group_item *parent)
{
    TRY(parser_enter(p));
    TRY(parser_expect(p, TOKEN_LEFT_PAREN, NULL));
    do {
        struct ast_group_item item = {0};
        TRY(parse_group_item(p, &item));
        parent->items = parser_push(p, parent->items, &parent->item_count, sizeof item);
        parent->items[parent->item_count - 1] = item;
    } while (parser_accept(p, TOKEN_COMMA));
    parser_leave(p);
    return parser_expect(p, TOKEN_RIGHT_PAREN, "')' or ',' after the group");
}

/* (a, b) has been read as a row, and a row without the word ROW is a group of its fields. */
static void group_of(struct parser *p, struct ast_expr *expr, struct ast_group_item *item)
{
    item->parenthesized = expr->parenthesized;
    if (expr->kind == AST_EXPR_ROW && !expr->items.keyword && !expr->parenthesized) {
        item->parenthesized = true;
        item->exprs = expr->items.items;
        return;
    }
    item->exprs.items = parser_push(p, NULL, &item->exprs.count, sizeof expr);
    item->exprs.items[0] = expr;
}

static struct err *parse_group_item(struct parser *p, struct ast_group_item *item)
{
    struct text_pos start = parser_here(p);
    bool paren = parser_next_is(p, 1, TOKEN_LEFT_PAREN);
    if (parser_accept_words(p, WORD_GROUPING, WORD_SETS)) {
        item->kind = AST_GROUP_GROUPING_SETS;
        TRY(parse_group_items(p, item));
    } else if (paren && (parser_at_word(p, WORD_ROLLUP) || parser_at_word(p, WORD_CUBE))) {
        bool cube = parser_take(p)->keyword == WORD_CUBE;
        item->kind = cube ? AST_GROUP_CUBE : AST_GROUP_ROLLUP;
        TRY(parse_group_items(p, item));
    } else if (parser_at(p, TOKEN_LEFT_PAREN) && parser_next_is(p, 1, TOKEN_RIGHT_PAREN)) {
        parser_take(p);
        parser_take(p);
        item->parenthesized = true;
    } else {
        struct ast_expr *expr;
        TRY(parse__expr(p, &expr));
        group_of(p, expr, item);
    }
    item->pos = parser_span(p, start);
    return NULL;
}

static struct err *parse_group_by(struct parser *p, struct ast_select *select)
{
    if (!parser_accept_words(p, WORD_GROUP, WORD_BY)) return NULL;
    select->grouped = true;
    if (parser_accept_word(p, WORD_DISTINCT))
        select->group_quantifier = AST_SET_DISTINCT;
    else if (parser_accept_word(p, WORD_ALL))
        select->group_quantifier = AST_SET_ALL;
    do {
        struct ast_group_item item = {0};
        TRY(parse_group_item(p, &item));
        select->group_by = parser_push(p, select->group_by, &select->group_count, sizeof item);
        select->group_by[select->group_count - 1] = item;
        TRY(parser_limit(p, select->group_count, PARSE_COLUMNS_MAX, "groups"));
    } while (parser_accept(p, TOKEN_COMMA));
    return NULL;
}

/* --- WINDOW and the rest --- */

static struct err *parse_windows(struct parser *p, struct ast_select *select)
{
    if (!parser_accept_word(p, WORD_WINDOW)) return NULL;
    do {
        struct ast_named_window window = {0};
        TRY(parse__name(p, "the name of a window", &window.name));
        TRY(parser_expect_word(p, WORD_AS));
        TRY(parse__window(p, &window.window));
        select->windows = parser_push(p, select->windows, &select->window_count, sizeof window);
        select->windows[select->window_count - 1] = window;
    } while (parser_accept(p, TOKEN_COMMA));
    return NULL;
}

struct err *parse__select(struct parser *p, struct ast_select **out)
{
    struct ast_select *select = parser_alloc(p, sizeof *select);
    TRY(parser_expect_word(p, WORD_SELECT));
    TRY(parse__hints(p, &select->hints));
    if (parser_at_word(p, WORD_STREAM))
        return err_hint(
            parser_refuse(p, "SELECT STREAM"), "every query is continuous: write SELECT");
    if (parser_accept_word(p, WORD_DISTINCT))
        select->quantifier = AST_SET_DISTINCT;
    else if (parser_accept_word(p, WORD_ALL))
        select->quantifier = AST_SET_ALL;
    TRY(parse_items(p, select));
    if (parser_accept_word(p, WORD_FROM)) {
        TRY(parse__from(p, &select->from));
        if (parser_accept_word(p, WORD_WHERE)) TRY(parse__expr(p, &select->where));
        TRY(parse_group_by(p, select));
        if (parser_accept_word(p, WORD_HAVING)) TRY(parse__expr(p, &select->having));
        TRY(parse_windows(p, select));
        if (parser_accept_word(p, WORD_QUALIFY)) TRY(parse__expr(p, &select->qualify));
    }
    *out = select;
    return NULL;
}
