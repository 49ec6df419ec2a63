/* Operators, by precedence climbing with Calcite's precedences. */
#include "base/check.h"
#include "sql/parse_part.h"

enum {
    PRECEDENCE_NOT = 26,
    PRECEDENCE_IS = 28,
    PRECEDENCE_LIKE = 32, /* LIKE, BETWEEN, IN */
    PRECEDENCE_DISTINCT = 30,
    PRECEDENCE_SIGN = 80
};

static const int binary_precedences[] = {
#define X(name, text, precedence) [AST_BINARY_##name] = (precedence),
    AST_BINARY_OPS(X)
#undef X
};

/* --- which operator stands here --- */

static bool symbol_operator(enum token_kind kind, enum ast_binary_op *op)
{
    static const struct {
        enum token_kind kind;
        enum ast_binary_op op;
    } symbols[] = {{TOKEN_EQUAL, AST_BINARY_EQ}, {TOKEN_NOT_EQUAL, AST_BINARY_NE},
        {TOKEN_LESS, AST_BINARY_LT}, {TOKEN_LESS_EQUAL, AST_BINARY_LE},
        {TOKEN_GREATER, AST_BINARY_GT}, {TOKEN_GREATER_EQUAL, AST_BINARY_GE},
        {TOKEN_PLUS, AST_BINARY_ADD}, {TOKEN_MINUS, AST_BINARY_SUBTRACT},
        {TOKEN_CONCAT, AST_BINARY_CONCAT}, {TOKEN_STAR, AST_BINARY_MULTIPLY},
        {TOKEN_SLASH, AST_BINARY_DIVIDE}, {TOKEN_PERCENT, AST_BINARY_MODULO}};
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        if (symbols[i].kind != kind) continue;
        *op = symbols[i].op;
        return true;
    }
    return false;
}

static bool multiset_operator(struct parser *p, enum ast_binary_op *op, size_t *words)
{
    static const struct {
        enum keyword word;
        enum ast_binary_op all, distinct;
    } rows[] = {{WORD_UNION, AST_BINARY_MULTISET_UNION_ALL, AST_BINARY_MULTISET_UNION},
        {WORD_EXCEPT, AST_BINARY_MULTISET_EXCEPT_ALL, AST_BINARY_MULTISET_EXCEPT},
        {WORD_INTERSECT, AST_BINARY_MULTISET_INTERSECT_ALL, AST_BINARY_MULTISET_INTERSECT}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!parser_next_is_word(p, 1, rows[i].word)) continue;
        bool distinct = parser_next_is_word(p, 2, WORD_DISTINCT);
        *op = distinct ? rows[i].distinct : rows[i].all;
        *words = distinct || parser_next_is_word(p, 2, WORD_ALL) ? 3 : 2;
        return true;
    }
    return false;
}

static bool word_operator(struct parser *p, enum ast_binary_op *op, size_t *words)
{
    static const struct {
        enum keyword first, second; /* KEYWORD_NONE where one word is all */
        enum ast_binary_op op;
    } rows[] = {{WORD_OR, KEYWORD_NONE, AST_BINARY_OR}, {WORD_AND, KEYWORD_NONE, AST_BINARY_AND},
        {WORD_MEMBER, WORD_OF, AST_BINARY_MEMBER_OF},
        {WORD_SUBMULTISET, WORD_OF, AST_BINARY_SUBMULTISET_OF},
        {WORD_NOT, WORD_SUBMULTISET, AST_BINARY_NOT_SUBMULTISET_OF},
        {WORD_OVERLAPS, KEYWORD_NONE, AST_BINARY_OVERLAPS},
        {WORD_CONTAINS, KEYWORD_NONE, AST_BINARY_CONTAINS},
        {WORD_EQUALS, KEYWORD_NONE, AST_BINARY_EQUALS},
        {WORD_PRECEDES, KEYWORD_NONE, AST_BINARY_PRECEDES},
        {WORD_SUCCEEDS, KEYWORD_NONE, AST_BINARY_SUCCEEDS},
        {WORD_IMMEDIATELY, WORD_PRECEDES, AST_BINARY_IMMEDIATELY_PRECEDES},
        {WORD_IMMEDIATELY, WORD_SUCCEEDS, AST_BINARY_IMMEDIATELY_SUCCEEDS}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!parser_at_word(p, rows[i].first)) continue;
        if (rows[i].second && !parser_next_is_word(p, 1, rows[i].second)) continue;
        *op = rows[i].op;
        *words = !rows[i].second ? 1 : rows[i].first == WORD_NOT ? 3 : 2;
        return true;
    }
    return parser_at_word(p, WORD_MULTISET) && multiset_operator(p, op, words);
}

static bool binary_operator(struct parser *p, enum ast_binary_op *op, size_t *words)
{
    *words = 1;
    enum token_kind kind = parser_peek(p, 0)->kind;
    return kind == TOKEN_NAME ? word_operator(p, op, words) : symbol_operator(kind, op);
}

/* --- IS --- */

static const struct {
    enum keyword first, second;
    enum ast_unary_op plain, negated;
} is_rows[] = {{WORD_NULL, KEYWORD_NONE, AST_UNARY_IS_NULL, AST_UNARY_IS_NOT_NULL},
    {WORD_TRUE, KEYWORD_NONE, AST_UNARY_IS_TRUE, AST_UNARY_IS_NOT_TRUE},
    {WORD_FALSE, KEYWORD_NONE, AST_UNARY_IS_FALSE, AST_UNARY_IS_NOT_FALSE},
    {WORD_UNKNOWN, KEYWORD_NONE, AST_UNARY_IS_UNKNOWN, AST_UNARY_IS_NOT_UNKNOWN},
    {WORD_JSON, WORD_VALUE, AST_UNARY_IS_JSON, AST_UNARY_IS_NOT_JSON},
    {WORD_JSON, WORD_OBJECT, AST_UNARY_IS_JSON_OBJECT, AST_UNARY_IS_NOT_JSON_OBJECT},
    {WORD_JSON, WORD_ARRAY, AST_UNARY_IS_JSON_ARRAY, AST_UNARY_IS_NOT_JSON_ARRAY},
    {WORD_JSON, WORD_SCALAR, AST_UNARY_IS_JSON_SCALAR, AST_UNARY_IS_NOT_JSON_SCALAR},
    {WORD_JSON, KEYWORD_NONE, AST_UNARY_IS_JSON, AST_UNARY_IS_NOT_JSON},
    {WORD_A, WORD_SET, AST_UNARY_IS_SET, AST_UNARY_IS_NOT_SET},
    {WORD_EMPTY, KEYWORD_NONE, AST_UNARY_IS_EMPTY, AST_UNARY_IS_NOT_EMPTY}};

static struct err *parse_is(struct parser *p, struct ast_expr *left, struct ast_expr **expr)
{
    parser_take(p);
    bool negated = parser_accept_word(p, WORD_NOT);
    for (size_t i = 0; i < sizeof is_rows / sizeof *is_rows; i++) {
        if (!parser_at_word(p, is_rows[i].first)) continue;
        if (is_rows[i].second && !parser_next_is_word(p, 1, is_rows[i].second)) continue;
        parser_take(p);
        if (is_rows[i].second) parser_take(p);
        *expr = parser_new_expr(p, AST_EXPR_UNARY, parser_span(p, left->pos));
        (*expr)->unary.op = negated ? is_rows[i].negated : is_rows[i].plain;
        (*expr)->unary.operand = left;
        return NULL;
    }
    return parser_fail(p, "NULL, TRUE, FALSE, UNKNOWN, JSON or DISTINCT FROM after IS");
}

static bool at_distinct_from(struct parser *p)
{
    if (!parser_at_word(p, WORD_IS)) return false;
    size_t distinct = parser_next_is_word(p, 1, WORD_NOT) ? 2 : 1;
    return parser_next_is_word(p, distinct, WORD_DISTINCT) &&
           parser_next_is_word(p, distinct + 1, WORD_FROM);
}

/* --- binary operators --- */

static struct ast_expr *new_binary(struct parser *p, enum ast_binary_op op, struct text_pos op_pos,
    struct ast_expr *left, struct ast_expr *right)
{
    struct ast_expr *e = parser_new_expr(p, AST_EXPR_BINARY, parser_span(p, left->pos));
    e->binary.op = op;
    e->binary.op_pos = op_pos;
    e->binary.left = left;
    e->binary.right = right;
    return e;
}

static struct err *parse_distinct_from(
    struct parser *p, struct ast_expr *left, struct ast_expr **expr)
{
    struct text_pos op_pos = parser_here(p);
    parser_take(p);
    bool negated = parser_accept_word(p, WORD_NOT);
    parser_take(p);
    parser_take(p);
    op_pos = parser_span(p, op_pos);
    struct ast_expr *right;
    TRY(parse__operators(p, PRECEDENCE_DISTINCT + 1, &right));
    *expr = new_binary(
        p, negated ? AST_BINARY_NOT_DISTINCT_FROM : AST_BINARY_DISTINCT_FROM, op_pos, left, right);
    return NULL;
}

/* The list or query of IN and of quantified comparisons. */
static struct err *parse_in_list(struct parser *p, struct ast_expr *in)
{
    if (!parser_at(p, TOKEN_LEFT_PAREN)) return parser_fail(p, "'(' before the list or the query");
    if (parse__at_query(p)) return parse__query_in_parens(p, &in->in.query);
    parser_take(p);
    TRY(parse__exprs(p, &in->in.list));
    struct ast_expr *first = in->in.list.items[0];
    if (in->in.list.count == 1 && first->kind == AST_EXPR_QUERY) {
        in->in.query = first->query;
        in->in.list = (struct ast_expr_list){0};
        if (parse__at_query_tail(p)) TRY(parse__query_after(p, first->query, &in->in.query));
    }
    return parser_expect(p, TOKEN_RIGHT_PAREN, "')' or ',' after the value");
}

static struct err *parse_quantified(
    struct parser *p, enum ast_binary_op op, struct ast_expr *left, struct ast_expr **expr)
{
    bool all = parser_take(p)->keyword == WORD_ALL;
    *expr = parser_new_expr(p, AST_EXPR_IN, left->pos);
    (*expr)->in.quantifier = all ? AST_QUANTIFIER_ALL : AST_QUANTIFIER_SOME;
    (*expr)->in.op = op;
    (*expr)->in.value = left;
    TRY(parse_in_list(p, *expr));
    (*expr)->pos = parser_span(p, left->pos);
    return NULL;
}

static bool at_quantifier(struct parser *p)
{
    return (parser_at_word(p, WORD_SOME) || parser_at_word(p, WORD_ANY) ||
               parser_at_word(p, WORD_ALL)) &&
           parser_next_is(p, 1, TOKEN_LEFT_PAREN);
}

static struct err *parse_binary(struct parser *p, enum ast_binary_op op, size_t words,
    struct ast_expr *left, struct ast_expr **expr)
{
    struct text_pos op_pos = parser_here(p);
    for (size_t i = 0; i < words; i++) parser_take(p);
    op_pos = parser_span(p, op_pos);
    bool comparison = op >= AST_BINARY_EQ && op <= AST_BINARY_GE;
    if (comparison && at_quantifier(p)) return parse_quantified(p, op, left, expr);
    struct ast_expr *right;
    TRY(parse__operators(p, binary_precedences[op] + 1, &right));
    *expr = new_binary(p, op, op_pos, left, right);
    return NULL;
}

/* --- LIKE, BETWEEN, IN --- */

static struct err *parse_like(
    struct parser *p, bool negated, struct ast_expr *left, struct ast_expr **expr)
{
    enum keyword word = parser_take(p)->keyword;
    if (word == WORD_SIMILAR) TRY(parser_expect_word(p, WORD_TO));
    struct ast_expr *like = parser_new_expr(p, AST_EXPR_LIKE, left->pos);
    like->like.kind = word == WORD_LIKE    ? AST_LIKE_LIKE
                      : word == WORD_ILIKE ? AST_LIKE_ILIKE
                      : word == WORD_RLIKE ? AST_LIKE_RLIKE
                                           : AST_LIKE_SIMILAR;
    like->like.negated = negated;
    like->like.value = left;
    TRY(parse__operators(p, PRECEDENCE_LIKE, &like->like.pattern));
    if (parser_accept_word(p, WORD_ESCAPE))
        TRY(parse__operators(p, PRECEDENCE_LIKE, &like->like.escape));
    like->pos = parser_span(p, left->pos);
    *expr = like;
    return NULL;
}

static struct err *parse_between(
    struct parser *p, bool negated, struct ast_expr *left, struct ast_expr **expr)
{
    parser_take(p);
    struct ast_expr *between = parser_new_expr(p, AST_EXPR_BETWEEN, left->pos);
    between->between.negated = negated;
    between->between.symmetric = parser_accept_word(p, WORD_SYMMETRIC);
    if (!between->between.symmetric) parser_accept_word(p, WORD_ASYMMETRIC);
    between->between.value = left;
    bool stop_at_and = p->stop_at_and;
    p->stop_at_and = true;
    TRY(parse__operators(p, 0, &between->between.low));
    p->stop_at_and = stop_at_and;
    TRY(parser_expect_word(p, WORD_AND));
    TRY(parse__operators(p, PRECEDENCE_LIKE + 1, &between->between.high));
    between->pos = parser_span(p, left->pos);
    *expr = between;
    return NULL;
}

static struct err *parse_in(
    struct parser *p, bool negated, struct ast_expr *left, struct ast_expr **expr)
{
    parser_take(p);
    *expr = parser_new_expr(p, AST_EXPR_IN, left->pos);
    (*expr)->in.negated = negated;
    (*expr)->in.op = AST_BINARY_EQ;
    (*expr)->in.value = left;
    TRY(parse_in_list(p, *expr));
    (*expr)->pos = parser_span(p, left->pos);
    return NULL;
}

/* The word of BETWEEN, IN or LIKE at the current token, behind NOT if there is one. */
static enum keyword predicate_word(struct parser *p, bool *negated)
{
    static const enum keyword words[] = {
        WORD_BETWEEN, WORD_IN, WORD_LIKE, WORD_ILIKE, WORD_RLIKE, WORD_SIMILAR};
    *negated = parser_at_word(p, WORD_NOT);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (*negated ? parser_next_is_word(p, 1, words[i]) : parser_at_word(p, words[i]))
            return words[i];
    }
    return KEYWORD_NONE;
}

static struct err *parse_predicate(struct parser *p, enum keyword word, bool negated,
    struct ast_expr *left, struct ast_expr **expr)
{
    if (negated) parser_take(p);
    if (word == WORD_BETWEEN) return parse_between(p, negated, left, expr);
    if (word == WORD_IN) return parse_in(p, negated, left, expr);
    return parse_like(p, negated, left, expr);
}

/* --- climbing --- */

static struct err *parse_prefix(struct parser *p, struct ast_expr **expr)
{
    struct text_pos start = parser_here(p);
    enum ast_unary_op op;
    if (parser_at(p, TOKEN_MINUS))
        op = AST_UNARY_MINUS;
    else if (parser_at(p, TOKEN_PLUS))
        op = AST_UNARY_PLUS;
    else if (parser_at_word(p, WORD_NOT))
        op = AST_UNARY_NOT;
    else
        return parse__primary(p, expr);
    parser_take(p);
    struct ast_expr *operand;
    TRY(parse__operators(p, op == AST_UNARY_NOT ? PRECEDENCE_NOT : PRECEDENCE_SIGN, &operand));
    *expr = parser_new_expr(p, AST_EXPR_UNARY, parser_span(p, start));
    (*expr)->unary.op = op;
    (*expr)->unary.operand = operand;
    return NULL;
}

/* Puts one more operator around `left`; *found is false where none of enough precedence stands. */
static struct err *parse_one_operator(
    struct parser *p, int precedence, bool *found, struct ast_expr *left, struct ast_expr **expr)
{
    enum ast_binary_op op;
    size_t words;
    bool negated;
    *found = false;
    if (at_distinct_from(p)) {
        *found = precedence <= PRECEDENCE_DISTINCT;
        return *found ? parse_distinct_from(p, left, expr) : NULL;
    }
    if (parser_at_word(p, WORD_IS)) {
        *found = precedence <= PRECEDENCE_IS;
        return *found ? parse_is(p, left, expr) : NULL;
    }
    enum keyword word = predicate_word(p, &negated);
    if (word != KEYWORD_NONE) {
        *found = precedence <= PRECEDENCE_LIKE;
        return *found ? parse_predicate(p, word, negated, left, expr) : NULL;
    }
    if (!binary_operator(p, &op, &words) || binary_precedences[op] < precedence) return NULL;
    if (op == AST_BINARY_AND && p->stop_at_and) return NULL;
    *found = true;
    return parse_binary(p, op, words, left, expr);
}

struct err *parse__operators(struct parser *p, int precedence, struct ast_expr **expr)
{
    TRY(parser_enter(p));
    TRY(parse_prefix(p, expr));
    bool found = true;
    for (size_t count = 0; found; count++) {
        TRY(parser_limit(p, count, PARSER_CHAIN_MAX, "operators in a row"));
        TRY(parse_one_operator(p, precedence, &found, *expr, expr));
    }
    parser_leave(p);
    return NULL;
}

struct err *parse__expr(struct parser *p, struct ast_expr **expr)
{
    bool stop_at_and = p->stop_at_and;
    p->stop_at_and = false;
    TRY(parse__operators(p, 0, expr));
    p->stop_at_and = stop_at_and;
    return NULL;
}

struct err *parse__exprs(struct parser *p, struct ast_expr_list *list)
{
    do {
        struct ast_expr *item;
        TRY(parse__expr(p, &item));
        list->items = parser_push(p, list->items, &list->count, sizeof *list->items);
        list->items[list->count - 1] = item;
    } while (parser_accept(p, TOKEN_COMMA));
    return NULL;
}
