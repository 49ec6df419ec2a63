/* Queries: WITH, set operations, ORDER BY, LIMIT. */
#include "sql/parse_part.h"

bool parse__is_query_word(struct parser *p, size_t ahead)
{
    return parser_next_is_word(p, ahead, WORD_SELECT) || parser_next_is_word(p, ahead, WORD_WITH) ||
           parser_next_is_word(p, ahead, WORD_VALUES) || parser_next_is_word(p, ahead, WORD_TABLE);
}

bool parse__at_query(struct parser *p)
{
    return parser_at(p, TOKEN_LEFT_PAREN) && parse__is_query_word(p, 1);
}

bool parse__at_query_tail(struct parser *p)
{
    static const enum keyword words[] = {WORD_UNION, WORD_INTERSECT, WORD_EXCEPT, WORD_MINUS,
        WORD_ORDER, WORD_LIMIT, WORD_OFFSET, WORD_FETCH};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (parser_next_is_word(p, 0, words[i])) return true;
    return false;
}

static struct ast_query *new_query(struct parser *p, enum ast_query_kind kind, struct text_pos pos)
{
    struct ast_query *query = parser_alloc(p, sizeof *query);
    query->kind = kind;
    query->pos = pos;
    return query;
}

/* --- operands of set operations --- */

static struct err *parse_values(struct parser *p, struct ast_query *query)
{
    do {
        struct ast_expr *row;
        TRY(parse__expr(p, &row));
        query->values.items = parser_push(p, query->values.items, &query->values.count, sizeof row);
        query->values.items[query->values.count - 1] = row;
    } while (parser_accept(p, TOKEN_COMMA));
    return NULL;
}

struct err *parse__query_in_parens(struct parser *p, struct ast_query **query)
{
    struct text_pos start = parser_here(p);
    TRY(parser_expect(p, TOKEN_LEFT_PAREN, "'(' before the query"));
    TRY(parse__query(p, query));
    TRY(parser_expect(p, TOKEN_RIGHT_PAREN, "')' after the query"));
    (*query)->pos = parser_span(p, start);
    (*query)->parenthesized = true;
    return NULL;
}

static struct err *parse_operand(struct parser *p, struct ast_query **query)
{
    struct text_pos start = parser_here(p);
    if (parser_at(p, TOKEN_LEFT_PAREN)) return parse__query_in_parens(p, query);
    if (parser_at_word(p, WORD_SELECT)) {
        *query = new_query(p, AST_QUERY_SELECT, start);
        TRY(parse__select(p, &(*query)->select));
    } else if (parser_accept_word(p, WORD_VALUES)) {
        *query = new_query(p, AST_QUERY_VALUES, start);
        TRY(parse_values(p, *query));
    } else if (parser_accept_word(p, WORD_TABLE)) {
        *query = new_query(p, AST_QUERY_TABLE, start);
        TRY(parse__path(p, "the name of a table after TABLE", &(*query)->table));
    } else {
        return parser_fail(p, "a query");
    }
    (*query)->pos = parser_span(p, start);
    return NULL;
}

/* --- set operations: INTERSECT binds tighter than UNION and EXCEPT --- */

static bool accept_set_op(struct parser *p, int level, enum ast_set_op *op)
{
    if (level == 1) {
        *op = AST_SET_INTERSECT;
        return parser_accept_word(p, WORD_INTERSECT);
    }
    *op = AST_SET_UNION;
    if (parser_accept_word(p, WORD_UNION)) return true;
    *op = AST_SET_EXCEPT;
    return parser_accept_word(p, WORD_EXCEPT);
}

static struct err *parse_set(
    struct parser *p, int level, struct ast_query *first, struct ast_query **query)
{
    enum { LEVELS = 2 };
    if (level == LEVELS) {
        *query = first;
        return first ? NULL : parse_operand(p, query);
    }
    TRY(parse_set(p, level + 1, first, query));
    enum ast_set_op op;
    for (size_t count = 0; accept_set_op(p, level, &op); count++) {
        TRY(parser_limit(p, count, PARSER_CHAIN_MAX, "set operations in a row"));
        struct ast_query *set = new_query(p, AST_QUERY_SET_OP, (*query)->pos);
        set->set.op = op;
        set->set.all = parser_accept_word(p, WORD_ALL);
        if (!set->set.all) parser_accept_word(p, WORD_DISTINCT);
        set->set.left = *query;
        TRY(parse_set(p, level + 1, NULL, &set->set.right));
        set->pos = parser_span(p, set->set.left->pos);
        *query = set;
    }
    if (parser_at_word(p, WORD_MINUS))
        return err_hint(parser_refuse(p, "MINUS"), "Flink SQL writes EXCEPT");
    return NULL;
}

/* --- ORDER BY, LIMIT, OFFSET, FETCH --- */

static struct err *parse_count(struct parser *p, const char *what, struct ast_expr **count)
{
    bool found;
    if (parser_at(p, TOKEN_INTEGER) || parser_at(p, TOKEN_DECIMAL))
        return parse__literal(p, &found, count);
    if (parser_at(p, TOKEN_QUESTION)) return parser_refuse(p, "a parameter marker '?'");
    return parser_fail(p, what);
}

static struct err *parse_offset(struct parser *p, struct ast_query *query)
{
    if (!parser_accept_word(p, WORD_OFFSET)) return NULL;
    TRY(parse_count(p, "a number after OFFSET", &query->offset));
    if (!parser_accept_word(p, WORD_ROW)) parser_accept_word(p, WORD_ROWS);
    return NULL;
}

static struct err *parse_limit(struct parser *p, struct ast_query *query)
{
    if (parser_accept_word(p, WORD_LIMIT)) {
        if (!parser_accept_word(p, WORD_ALL))
            TRY(parse_count(p, "a number or ALL after LIMIT", &query->limit));
        if (parser_at(p, TOKEN_COMMA))
            return err_hint(
                parser_refuse(p, "LIMIT start, count"), "write LIMIT count OFFSET start");
        return parse_offset(p, query);
    }
    TRY(parse_offset(p, query));
    if (query->offset && parser_at_word(p, WORD_LIMIT))
        return err_hint(parser_refuse(p, "LIMIT after OFFSET"), "write LIMIT count OFFSET start");
    if (!parser_accept_word(p, WORD_FETCH)) return NULL;
    if (!parser_accept_word(p, WORD_FIRST)) TRY(parser_expect_word(p, WORD_NEXT));
    TRY(parse_count(p, "a number after FETCH FIRST", &query->limit));
    if (!parser_accept_word(p, WORD_ROW)) TRY(parser_expect_word(p, WORD_ROWS));
    return parser_expect_word(p, WORD_ONLY);
}

static struct err *parse_tail(struct parser *p, struct ast_query **query)
{
    struct ast_query *q = *query;
    if (!parse__at_query_tail(p)) return NULL;
    if (q->parenthesized) { /* (SELECT .. LIMIT 3) LIMIT 2 */
        q = new_query(p, AST_QUERY_NESTED, q->pos);
        q->nested = *query;
        *query = q;
    }
    if (parser_accept_words(p, WORD_ORDER, WORD_BY)) TRY(parse__order_by(p, &q->order_by));
    TRY(parse_limit(p, q));
    q->pos = parser_span(p, q->pos);
    return NULL;
}

struct err *parse__query_after(struct parser *p, struct ast_query *first, struct ast_query **query)
{
    TRY(parse_set(p, 0, first, query));
    TRY(parse_tail(p, query));
    (*query)->parenthesized = true;
    return NULL;
}

/* --- WITH --- */

static struct err *parse_cte(struct parser *p, struct ast_cte *cte)
{
    TRY(parse__name(p, "the name of a common table expression", &cte->name));
    if (parser_at(p, TOKEN_LEFT_PAREN)) TRY(parse__names(p, "the name of a column", &cte->columns));
    TRY(parser_expect_word(p, WORD_AS));
    return parse__query_in_parens(p, &cte->query);
}

static struct err *parse_with(struct parser *p, struct ast_query *head)
{
    head->recursive = parser_accept_word(p, WORD_RECURSIVE);
    do {
        struct ast_cte cte = {0};
        TRY(parse_cte(p, &cte));
        head->ctes = parser_push(p, head->ctes, &head->cte_count, sizeof cte);
        head->ctes[head->cte_count - 1] = cte;
    } while (parser_accept(p, TOKEN_COMMA));
    return NULL;
}

struct err *parse__query(struct parser *p, struct ast_query **query)
{
    TRY(parser_enter(p));
    struct text_pos start = parser_here(p);
    struct ast_query head = {0};
    if (parser_accept_word(p, WORD_WITH)) TRY(parse_with(p, &head));
    TRY(parse_set(p, 0, NULL, query));
    TRY(parse_tail(p, query));
    if (head.cte_count > 0) {
        struct ast_query *q = *query;
        if (q->parenthesized) {
            q = new_query(p, AST_QUERY_NESTED, start);
            q->nested = *query;
        }
        q->ctes = head.ctes;
        q->cte_count = head.cte_count;
        q->recursive = head.recursive;
        q->pos = parser_span(p, start);
        *query = q;
    }
    parser_leave(p);
    return NULL;
}
