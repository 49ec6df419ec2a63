/* Which statement this is; INSERT, UPDATE, DELETE, EXPLAIN, statement sets and plans. */
#include "sql/parse_part.h"

/* --- INSERT --- */

/* A literal, or a number with a sign. */
static struct err *parse_constant(struct parser *p, struct ast_expr **expr)
{
    bool found = true;
    struct text_pos start = parser_here(p);
    bool minus = parser_accept(p, TOKEN_MINUS);
    if (!minus) parser_accept(p, TOKEN_PLUS);
    TRY(parse__literal(p, &found, expr));
    if (!found) return parser_fail(p, "a constant after '='");
    if (!minus) return NULL;
    struct ast_expr *negative = parser_new_expr(p, AST_EXPR_UNARY, parser_span(p, start));
    negative->unary.op = AST_UNARY_MINUS;
    negative->unary.operand = *expr;
    *expr = negative;
    return NULL;
}

struct err *parse__partition_spec(
    struct parser *p, bool values_needed, struct ast_partition_spec *spec)
{
    TRY(parser_expect(p, TOKEN_LEFT_PAREN, "'(' after PARTITION"));
    do {
        struct ast_partition_value value = {0};
        TRY(parse__name(p, "the name of a partition column", &value.name));
        if (values_needed || parser_at(p, TOKEN_EQUAL)) {
            TRY(parser_expect(p, TOKEN_EQUAL, "'=' after the partition column"));
            TRY(parse_constant(p, &value.value));
        }
        spec->items = parser_push(p, spec->items, &spec->count, sizeof value);
        spec->items[spec->count - 1] = value;
    } while (parser_accept(p, TOKEN_COMMA));
    return parser_expect(p, TOKEN_RIGHT_PAREN, "')' or ',' after the partition's value");
}

/* (a, b.c), unless a query in parentheses stands there. */
static struct err *parse_insert_columns(struct parser *p, struct ast_insert *insert)
{
    if (!parser_at(p, TOKEN_LEFT_PAREN) || parse__is_query_word(p, 1) ||
        parser_next_is(p, 1, TOKEN_LEFT_PAREN))
        return NULL;
    parser_take(p);
    do {
        struct ast_path path;
        TRY(parse__path(p, "the name of a column", &path));
        insert->columns.items =
            parser_push(p, insert->columns.items, &insert->columns.count, sizeof path);
        insert->columns.items[insert->columns.count - 1] = path;
        TRY(parser_limit(p, insert->columns.count, PARSE_COLUMNS_MAX, "columns"));
    } while (parser_accept(p, TOKEN_COMMA));
    return parser_expect(p, TOKEN_RIGHT_PAREN, "')' or ',' after the column");
}

static struct err *parse_conflict(struct parser *p, struct ast_insert *insert)
{
    if (!parser_accept_word(p, WORD_ON)) return NULL;
    TRY(parser_expect_words(p, WORD_CONFLICT, WORD_DO));
    if (parser_accept_word(p, WORD_ERROR))
        insert->conflict = AST_CONFLICT_ERROR;
    else if (parser_accept_word(p, WORD_NOTHING))
        insert->conflict = AST_CONFLICT_NOTHING;
    else if (parser_accept_word(p, WORD_DEDUPLICATE))
        insert->conflict = AST_CONFLICT_DEDUPLICATE;
    else
        return parser_fail(p, "ERROR, NOTHING or DEDUPLICATE after DO");
    return NULL;
}

struct err *parse__insert(struct parser *p, struct ast_statement *s)
{
    struct ast_insert *insert = &s->insert;
    s->kind = AST_STATEMENT_INSERT;
    parser_take(p);
    insert->overwrite = parser_accept_word(p, WORD_OVERWRITE);
    if (!insert->overwrite && !parser_accept_word(p, WORD_INTO))
        return parser_fail(p, "INTO or OVERWRITE after INSERT");
    TRY(parse__path(p, "the name of a table", &insert->target));
    TRY(parse__hints(p, &insert->hints));
    if (parser_accept_word(p, WORD_PARTITION))
        TRY(parse__partition_spec(p, true, &insert->partition));
    TRY(parse_insert_columns(p, insert));
    TRY(parse__query(p, &insert->query));
    return parse_conflict(p, insert);
}

/* --- UPDATE, DELETE --- */

static struct err *parse_target(
    struct parser *p, struct ast_path *target, struct ast_hint_list *hints, struct ast_name *alias)
{
    TRY(parse__path(p, "the name of a table", target));
    TRY(parse__hints(p, hints));
    bool as = parser_accept_word(p, WORD_AS);
    if (as || parser_is_name(parser_peek(p, 0))) return parse__name(p, "an alias: a name", alias);
    return NULL;
}

struct err *parse__update(struct parser *p, struct ast_statement *s)
{
    struct ast_update *update = &s->update;
    s->kind = AST_STATEMENT_UPDATE;
    parser_take(p);
    TRY(parse_target(p, &update->target, &update->hints, &update->alias));
    TRY(parser_expect_word(p, WORD_SET));
    do {
        struct ast_assignment assignment = {0};
        TRY(parse__name(p, "the name of a column", &assignment.column));
        TRY(parser_expect(p, TOKEN_EQUAL, "'=' after the column"));
        TRY(parse__expr(p, &assignment.value));
        update->assignments =
            parser_push(p, update->assignments, &update->assignment_count, sizeof assignment);
        update->assignments[update->assignment_count - 1] = assignment;
    } while (parser_accept(p, TOKEN_COMMA));
    return parser_accept_word(p, WORD_WHERE) ? parse__expr(p, &update->where) : NULL;
}

struct err *parse__delete(struct parser *p, struct ast_statement *s)
{
    struct ast_delete *delete = &s->delete;
    s->kind = AST_STATEMENT_DELETE;
    parser_take(p);
    TRY(parser_expect_word(p, WORD_FROM));
    TRY(parse_target(p, &delete->target, &delete->hints, &delete->alias));
    return parser_accept_word(p, WORD_WHERE) ? parse__expr(p, &delete->where) : NULL;
}

/* --- statement sets --- */

static struct ast_statement *new_statement(struct parser *p)
{
    struct ast_statement *s = parser_alloc(p, sizeof *s);
    s->pos = parser_here(p);
    return s;
}

/* BEGIN INSERT ..; INSERT ..; END */
static struct err *parse_set_block(struct parser *p, struct ast_statement *s)
{
    s->kind = AST_STATEMENT_STATEMENT_SET;
    TRY(parser_expect_words(p, WORD_STATEMENT, WORD_SET));
    TRY(parser_expect_word(p, WORD_BEGIN));
    p->statement_set = true;
    do {
        struct ast_statement *insert = new_statement(p);
        if (!parser_at_word(p, WORD_INSERT)) return parser_fail(p, "INSERT in the statement set");
        TRY(parse__insert(p, insert));
        insert->pos = parser_span(p, insert->pos);
        TRY(parser_expect(p, TOKEN_SEMICOLON, "';' after the INSERT"));
        s->set.items = parser_push(p, s->set.items, &s->set.count, sizeof insert);
        s->set.items[s->set.count - 1] = insert;
    } while (!parser_accept_word(p, WORD_END));
    p->statement_set = false;
    return NULL;
}

static struct err *parse_query_statement(struct parser *p, struct ast_statement *s)
{
    s->kind = AST_STATEMENT_QUERY;
    return parse__query(p, &s->query);
}

static bool at_query_statement(struct parser *p)
{
    return parser_at(p, TOKEN_LEFT_PAREN) || parse__is_query_word(p, 0);
}

/* What EXECUTE, EXPLAIN and COMPILE PLAN have in common. */
static struct err *parse_inner(
    struct parser *p, bool query_allowed, const char *what, struct ast_statement **out)
{
    struct ast_statement *s = new_statement(p);
    *out = s;
    if (parser_at_word(p, WORD_STATEMENT))
        TRY(parse_set_block(p, s));
    else if (parser_at_word(p, WORD_INSERT))
        TRY(parse__insert(p, s));
    else if (query_allowed && at_query_statement(p))
        TRY(parse_query_statement(p, s));
    else
        return parser_fail(p, what);
    s->pos = parser_span(p, s->pos);
    return NULL;
}

/* EXECUTE PLAN 'f', EXECUTE STATEMENT SET BEGIN .., EXECUTE INSERT .. */
struct err *parse__execute(struct parser *p, struct ast_statement *s)
{
    parser_take(p);
    if (parser_accept_word(p, WORD_PLAN)) {
        s->kind = AST_STATEMENT_EXECUTE_PLAN;
        return parse__string(p, "the plan's file in quotes", &s->plan.file);
    }
    s->kind = AST_STATEMENT_EXECUTE;
    return parse_inner(
        p, true, "STATEMENT SET, PLAN, INSERT or a query after EXECUTE", &s->executed);
}

struct err *parse__compile(struct parser *p, struct ast_statement *s)
{
    parser_take(p);
    bool execute = parser_accept_words(p, WORD_AND, WORD_EXECUTE);
    s->kind = execute ? AST_STATEMENT_COMPILE_AND_EXECUTE_PLAN : AST_STATEMENT_COMPILE_PLAN;
    TRY(parser_expect_word(p, WORD_PLAN));
    TRY(parse__string(p, "the plan's file in quotes", &s->plan.file));
    if (!execute) s->plan.if_not_exists = parse__if_not_exists(p);
    TRY(parser_expect_word(p, WORD_FOR));
    return parse_inner(p, false, "STATEMENT SET or INSERT after FOR", &s->plan.statement);
}

/* --- EXPLAIN --- */

static struct err *parse_detail(struct parser *p, bool *found, struct ast_explain *explain)
{
    static const enum keyword words[] = {
#define X(name, text) [AST_EXPLAIN_##name] = WORD_##name,
        AST_EXPLAIN_DETAILS(X)
#undef X
    };
    *found = false;
    for (uint32_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!parser_at_word(p, words[i])) continue;
        if (explain->details & (1u << i))
            FAIL_AT(ERR_SYNTAX, parser_here(p), "%s is written twice", keyword_text(words[i]));
        parser_take(p);
        explain->details |= 1u << i;
        *found = true;
        return NULL;
    }
    return NULL;
}

struct err *parse__explain(struct parser *p, struct ast_statement *s)
{
    struct ast_explain *explain = &s->explain;
    const char *what = "a query, INSERT, CREATE TABLE .. AS or STATEMENT SET to explain";
    bool found;
    s->kind = AST_STATEMENT_EXPLAIN;
    parser_take(p);
    explain->plan_for = parser_accept_words(p, WORD_PLAN, WORD_FOR);
    if (!explain->plan_for) {
        TRY(parse_detail(p, &found, explain));
        while (found && parser_accept(p, TOKEN_COMMA)) {
            TRY(parse_detail(p, &found, explain));
            if (!found) return parser_fail(p, "a detail of EXPLAIN after ','");
        }
    }
    if (parser_at_word(p, WORD_EXECUTE)) parser_take(p); /* EXPLAIN EXECUTE .. is EXPLAIN .. */
    if (!parser_at_word(p, WORD_CREATE) && !parser_at_word(p, WORD_REPLACE))
        return parse_inner(p, true, what, &explain->statement);
    explain->statement = new_statement(p);
    TRY(parse__create(p, explain->statement));
    struct text_pos pos = explain->statement->pos = parser_span(p, explain->statement->pos);
    if (explain->statement->kind == AST_STATEMENT_CREATE_TABLE &&
        explain->statement->create_table.query)
        return NULL;
    return err_hint(err_at(ERR(ERR_UNSUPPORTED, "EXPLAIN of this statement is not supported"), pos),
        "only a CREATE TABLE .. AS query has a plan");
}

/* --- dispatch --- */

static struct err *parse_begin(struct parser *p, struct ast_statement *s)
{
    parser_take(p);
    s->kind = AST_STATEMENT_BEGIN_STATEMENT_SET;
    return parser_expect_words(p, WORD_STATEMENT, WORD_SET);
}

static struct err *parse_end(struct parser *p, struct ast_statement *s)
{
    parser_take(p);
    s->kind = AST_STATEMENT_END;
    return NULL;
}

static const struct {
    enum keyword word;
    struct err *(*parse)(struct parser *p, struct ast_statement *s);
} statement_rows[] = {{WORD_INSERT, parse__insert}, {WORD_UPDATE, parse__update},
    {WORD_DELETE, parse__delete}, {WORD_EXPLAIN, parse__explain}, {WORD_EXECUTE, parse__execute},
    {WORD_COMPILE, parse__compile}, {WORD_BEGIN, parse_begin}, {WORD_END, parse_end},
    {WORD_CREATE, parse__create}, {WORD_REPLACE, parse__create}, {WORD_ALTER, parse__alter},
    {WORD_DROP, parse__drop}, {WORD_SHOW, parse__show}};

static struct err *refuse_known(struct parser *p)
{
    static const enum keyword words[] = {
        WORD_MERGE, WORD_UPSERT, WORD_GRANT, WORD_REVOKE, WORD_COMMIT, WORD_ROLLBACK};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (parser_next_is_word(p, 0, words[i])) return parser_refuse(p, keyword_text(words[i]));
    return NULL;
}

static struct err *parse_one(struct parser *p, struct ast_statement *s)
{
    bool found = false;
    for (size_t i = 0; i < sizeof statement_rows / sizeof *statement_rows; i++)
        if (parser_at_word(p, statement_rows[i].word)) return statement_rows[i].parse(p, s);
    if (at_query_statement(p)) return parse_query_statement(p, s);
    TRY(parse__command(p, &found, s));
    if (found) return NULL;
    TRY(refuse_known(p));
    parser_at_word(p, WORD_SELECT); /* so that it may be suggested */
    parser_at_word(p, WORD_VALUES);
    return parser_fail(p, "a statement");
}

struct err *parse__statement(struct parser *p, struct ast_statement **out)
{
    struct ast_statement *s = new_statement(p);
    TRY(parse_one(p, s));
    s->pos = parser_span(p, s->pos);
    *out = s;
    return NULL;
}
