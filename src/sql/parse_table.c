/* FROM: tables, joins, table functions, aliases. */
#include "sql/parse_part.h"

static struct err *parse_joined(struct parser *p, struct ast_table **table);

static struct ast_table *new_table(struct parser *p, enum ast_table_kind kind, struct text_pos pos)
{
    struct ast_table *table = parser_alloc(p, sizeof *table);
    table->kind = kind;
    table->pos = pos;
    return table;
}

/* --- what a table is --- */

/* Calls of table functions have no FILTER or OVER, but parse__call takes care of both. */
static struct err *parse_function(struct parser *p, struct ast_path name, struct ast_table *table)
{
    table->kind = AST_TABLE_FUNCTION;
    TRY(parse__call(p, name, &table->call));
    if (!table->call->call.over && !table->call->call.filter) return NULL;
    FAIL_AT(ERR_SYNTAX, table->call->pos, "a table function has no OVER and no FILTER");
}

/* TABLE(f(..)) */
static struct err *parse_wrapped_function(struct parser *p, struct ast_table *table)
{
    struct ast_path name;
    parser_take(p);
    table->wrapped = true;
    TRY(parser_expect(p, TOKEN_LEFT_PAREN, "'(' after TABLE"));
    TRY(parse__path(p, "the name of a table function", &name));
    if (!parser_at(p, TOKEN_LEFT_PAREN))
        return parser_fail(p, "'(' after the name of the table function");
    TRY(parse_function(p, name, table));
    return parser_expect(p, TOKEN_RIGHT_PAREN, "')' after the table function");
}

static struct err *parse_unnest(struct parser *p, struct ast_table *table)
{
    parser_take(p);
    table->kind = AST_TABLE_UNNEST;
    TRY(parser_expect(p, TOKEN_LEFT_PAREN, NULL));
    if (parse__is_query_word(p, 0)) {
        struct ast_expr *query = parser_new_expr(p, AST_EXPR_QUERY, parser_here(p));
        TRY(parse__query(p, &query->query));
        query->pos = query->query->pos;
        table->unnest.items = parser_push(p, NULL, &table->unnest.count, sizeof query);
        table->unnest.items[0] = query;
    } else {
        TRY(parse__exprs(p, &table->unnest));
    }
    TRY(parser_expect(p, TOKEN_RIGHT_PAREN, "')' or ',' after the expression"));
    table->ordinality = parser_accept_words(p, WORD_WITH, WORD_ORDINALITY);
    return NULL;
}

/* FOR SYSTEM_TIME AS OF expr */
static struct err *parse_system_time(struct parser *p, struct ast_table *table)
{
    if (!parser_accept_word(p, WORD_FOR)) return NULL;
    TRY(parser_expect_word(p, WORD_SYSTEM_TIME));
    TRY(parser_expect_words(p, WORD_AS, WORD_OF));
    return parse__expr(p, &table->system_time);
}

static struct err *parse_named(struct parser *p, struct ast_table *table)
{
    struct ast_path name;
    TRY(parse__path(p, "the name of a table, '(', TABLE, LATERAL or UNNEST", &name));
    if (parser_at(p, TOKEN_LEFT_PAREN)) return parse_function(p, name, table);
    table->kind = AST_TABLE_NAME;
    table->name = name;
    TRY(parse__hints(p, &table->hints));
    return parse_system_time(p, table);
}

/* '(' before a query or a join. ((SELECT 1) UNION SELECT 2) starts like a join. */
static struct err *parse_group(struct parser *p, struct ast_table *table)
{
    if (parse__at_query(p)) {
        table->kind = AST_TABLE_QUERY;
        return parse__query_in_parens(p, &table->query);
    }
    parser_take(p);
    TRY(parser_enter(p));
    struct ast_table *inner;
    TRY(parse_joined(p, &inner));
    parser_leave(p);
    bool bare = inner->kind == AST_TABLE_QUERY && !inner->lateral && inner->alias.text.n == 0;
    if (bare) {
        table->kind = AST_TABLE_QUERY;
        table->query = inner->query;
        if (parse__at_query_tail(p)) TRY(parse__query_after(p, inner->query, &table->query));
    } else if (inner->kind == AST_TABLE_JOIN || inner->kind == AST_TABLE_GROUP) {
        table->kind = AST_TABLE_GROUP;
        table->group = inner;
    } else {
        return parser_fail(p, "a query or a join inside these parentheses");
    }
    return parser_expect(p, TOKEN_RIGHT_PAREN, "')' after the join or the query");
}

static struct err *parse_lateral(struct parser *p, struct ast_table *table)
{
    parser_take(p);
    table->lateral = true;
    if (parser_at_word(p, WORD_TABLE)) return parse_wrapped_function(p, table);
    if (parser_at_word(p, WORD_UNNEST)) return parse_unnest(p, table);
    if (!parser_at(p, TOKEN_LEFT_PAREN))
        return parser_fail(
            p, "TABLE(function(..)), UNNEST or a query in parentheses after LATERAL");
    table->kind = AST_TABLE_QUERY;
    return parse__query_in_parens(p, &table->query);
}

/* --- alias, sample --- */

static struct err *parse_alias(struct parser *p, struct ast_table *table)
{
    bool as = parser_accept_word(p, WORD_AS);
    if (!as && !parser_is_name(parser_peek(p, 0))) return NULL;
    if (table->kind == AST_TABLE_GROUP)
        return err_hint(parser_fail(p, "no alias after a join"), "name its tables instead");
    TRY(parse__name(p, "an alias: a name", &table->alias));
    if (parser_at(p, TOKEN_LEFT_PAREN))
        return parse__names(p, "the name of a column", &table->columns);
    return NULL;
}

static struct err *parse_sample(struct parser *p, struct ast_table *table)
{
    if (!parser_accept_word(p, WORD_TABLESAMPLE)) return NULL;
    struct ast_sample *sample = parser_alloc(p, sizeof *sample);
    bool found;
    if (parser_accept_word(p, WORD_BERNOULLI))
        sample->bernoulli = true;
    else if (!parser_accept_word(p, WORD_SYSTEM))
        return parser_fail(p, "BERNOULLI or SYSTEM");
    TRY(parser_expect(p, TOKEN_LEFT_PAREN, NULL));
    if (!parser_at(p, TOKEN_INTEGER) && !parser_at(p, TOKEN_DECIMAL))
        return parser_fail(p, "the percentage of rows");
    TRY(parse__literal(p, &found, &sample->percent));
    TRY(parser_expect(p, TOKEN_RIGHT_PAREN, NULL));
    if (parser_accept_word(p, WORD_REPEATABLE)) {
        TRY(parser_expect(p, TOKEN_LEFT_PAREN, NULL));
        if (!parser_at(p, TOKEN_INTEGER)) return parser_fail(p, "the seed");
        TRY(parse__literal(p, &found, &sample->repeatable));
        TRY(parser_expect(p, TOKEN_RIGHT_PAREN, NULL));
    }
    table->sample = sample;
    return NULL;
}

static struct err *parse_table(struct parser *p, struct ast_table **out)
{
    struct text_pos start = parser_here(p);
    struct ast_table *table = new_table(p, AST_TABLE_NAME, start);
    if (parser_at_word(p, WORD_LATERAL))
        TRY(parse_lateral(p, table));
    else if (parser_at(p, TOKEN_LEFT_PAREN))
        TRY(parse_group(p, table));
    else if (parser_at_word(p, WORD_TABLE))
        TRY(parse_wrapped_function(p, table));
    else if (parser_at_word(p, WORD_UNNEST))
        TRY(parse_unnest(p, table));
    else
        TRY(parse_named(p, table));
    table->pos = parser_span(p, start);
    if (parser_at_word(p, WORD_PIVOT)) return parser_refuse(p, "PIVOT");
    if (parser_at_word(p, WORD_UNPIVOT)) return parser_refuse(p, "UNPIVOT");
    if (parser_at_word(p, WORD_MATCH_RECOGNIZE)) TRY(parse__match(p, table, &table));
    TRY(parse_alias(p, table));
    if (parser_at_word(p, WORD_MATCH_RECOGNIZE)) {
        TRY(parse__match(p, table, &table));
        TRY(parse_alias(p, table));
    }
    TRY(parse_sample(p, table));
    table->pos = parser_span(p, start);
    *out = table;
    return NULL;
}

/* --- joins --- */

static struct err *parse_join_kind(struct parser *p, bool *found, struct ast_join *join)
{
    static const struct {
        enum keyword word;
        enum ast_join_kind kind;
    } rows[] = {
        {WORD_LEFT, AST_JOIN_LEFT}, {WORD_RIGHT, AST_JOIN_RIGHT}, {WORD_FULL, AST_JOIN_FULL}};
    *found = true;
    join->natural = parser_accept_word(p, WORD_NATURAL);
    join->kind = AST_JOIN_INNER;
    if (parser_accept_word(p, WORD_JOIN)) return NULL;
    if (parser_accept_word(p, WORD_INNER)) return parser_expect_word(p, WORD_JOIN);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!parser_accept_word(p, rows[i].word)) continue;
        join->kind = rows[i].kind;
        parser_accept_word(p, WORD_OUTER);
        return parser_expect_word(p, WORD_JOIN);
    }
    if (join->natural) return parser_fail(p, "JOIN after NATURAL");
    *found = parser_accept_word(p, WORD_CROSS);
    if (!*found) return NULL;
    join->kind = AST_JOIN_CROSS;
    if (parser_at_word(p, WORD_APPLY))
        return err_hint(parser_refuse(p, "CROSS APPLY"), "write CROSS JOIN LATERAL TABLE(..)");
    return parser_expect_word(p, WORD_JOIN);
}

static struct err *add_join(struct parser *p, struct ast_join *join, struct ast_table **table)
{
    struct text_pos start = (*table)->pos;
    p->join_count++;
    TRY(parser_limit(p, p->join_count, PARSE_JOINS_MAX, "joins"));
    join->left = *table;
    *table = new_table(p, AST_TABLE_JOIN, parser_span(p, start));
    (*table)->join = *join;
    return NULL;
}

static struct err *parse_joined(struct parser *p, struct ast_table **table)
{
    TRY(parse_table(p, table));
    for (;;) {
        bool found;
        struct ast_join join = {.pos = parser_here(p)};
        TRY(parse_join_kind(p, &found, &join));
        if (!found) return NULL;
        join.pos = parser_span(p, join.pos);
        TRY(parse_table(p, &join.right));
        if (parser_accept_word(p, WORD_ON))
            TRY(parse__expr(p, &join.on));
        else if (parser_accept_word(p, WORD_USING))
            TRY(parse__names(p, "the name of a column", &join.using));
        TRY(add_join(p, &join, table));
    }
}

struct err *parse__from(struct parser *p, struct ast_table **table)
{
    TRY(parse_joined(p, table));
    while (parser_at(p, TOKEN_COMMA)) {
        struct ast_join join = {.kind = AST_JOIN_COMMA, .pos = parser_here(p)};
        parser_take(p);
        TRY(parse_joined(p, &join.right));
        TRY(add_join(p, &join, table));
    }
    return NULL;
}
