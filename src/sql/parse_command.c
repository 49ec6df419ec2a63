/* Statements about the session: SET, USE, DESCRIBE, modules, jars, jobs and client commands. */
#include "base/utf8.h"
#include "sql/parse_part.h"

/* --- SET and RESET, also in the old form without quotes --- */

static bool at_statement_end(struct parser *p)
{
    return parser_at(p, TOKEN_END) || parser_at(p, TOKEN_SEMICOLON);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Takes the text from the current token up to a blank, ';' or `stop`; tokens mean nothing here:
 * SET path = file:///data//x--y. */
static struct err *take_raw(struct parser *p, char stop, const char *what, struct ast_string *raw)
{
    struct text_pos start = parser_here(p);
    const char *text = p->lexer.script.p + start.offset;
    size_t left = p->lexer.script.n - start.offset, n = 0;
    while (n < left && !is_blank(text[n]) && text[n] != ';' && text[n] != stop && text[n] != '\'')
        n++;
    if (n == 0) return parser_fail(p, what);
    start.size_bytes = (uint32_t)n;
    *raw = (struct ast_string){{text, n}, start};
    if (!utf8_valid(raw->text)) FAIL_AT(ERR_SYNTAX, start, "this text is not valid UTF-8");
    parser_skip_raw(p, start);
    return NULL;
}

static struct err *parse_set(struct parser *p, struct ast_statement *s)
{
    s->kind = AST_STATEMENT_SET;
    parser_take(p);
    if (at_statement_end(p)) return NULL;
    struct text_pos start = parser_here(p);
    bool quoted = parser_at(p, TOKEN_STRING);
    if (quoted)
        TRY(parse__string(p, "a key in quotes", &s->option.key));
    else
        TRY(take_raw(p, '=', "a key, as in SET 'key' = 'value'", &s->option.key));
    TRY(parser_expect(p, TOKEN_EQUAL, "'=' after the key"));
    if (quoted || parser_at(p, TOKEN_STRING))
        TRY(parse__string(p, "the value in quotes", &s->option.value));
    else
        TRY(take_raw(p, ';', "a value", &s->option.value));
    s->option.pos = parser_span(p, start);
    return NULL;
}

static struct err *parse_reset(struct parser *p, struct ast_statement *s)
{
    s->kind = AST_STATEMENT_RESET;
    parser_take(p);
    if (at_statement_end(p)) return NULL;
    if (parser_at(p, TOKEN_STRING))
        TRY(parse__string(p, "a key in quotes", &s->option.key));
    else
        TRY(take_raw(p, ';', "a key, as in RESET 'key'", &s->option.key));
    s->option.pos = s->option.key.pos;
    return NULL;
}

/* --- USE, DESCRIBE --- */

static struct err *parse_use(struct parser *p, struct ast_statement *s)
{
    s->kind = AST_STATEMENT_USE;
    parser_take(p);
    if (parser_accept_word(p, WORD_MODULES)) {
        struct ast_name_list *modules = &s->use.modules;
        s->use.kind = AST_USE_MODULES;
        do {
            struct ast_name name;
            TRY(parse__name(p, "the name of a module", &name));
            modules->items = parser_push(p, modules->items, &modules->count, sizeof name);
            modules->items[modules->count - 1] = name;
        } while (parser_accept(p, TOKEN_COMMA));
        return NULL;
    }
    bool catalog = parser_at_word(p, WORD_CATALOG) && parser_is_name(parser_peek(p, 1));
    if (catalog) parser_take(p);
    s->use.kind = catalog ? AST_USE_CATALOG : AST_USE_DATABASE;
    TRY(parse__path(p, catalog ? "the name of a catalog" : "the name of a database", &s->use.path));
    if (!catalog || s->use.path.count == 1) return NULL;
    FAIL_AT(ERR_SYNTAX, s->use.path.pos, "the name of a catalog has one part");
}

static struct err *parse_describe(struct parser *p, struct ast_statement *s)
{
    static const struct {
        enum keyword word;
        enum ast_object_kind kind;
    } rows[] = {{WORD_CATALOG, AST_OBJECT_CATALOG}, {WORD_DATABASE, AST_OBJECT_DATABASE},
        {WORD_FUNCTION, AST_OBJECT_FUNCTION}, {WORD_MODEL, AST_OBJECT_MODEL}};
    struct ast_describe *d = &s->describe;
    s->kind = AST_STATEMENT_DESCRIBE;
    parser_take(p);
    d->kind = AST_OBJECT_TABLE;
    if (parser_at_word(p, WORD_JOB) && parser_next_is(p, 1, TOKEN_STRING)) {
        parser_take(p);
        d->kind = AST_OBJECT_JOB;
        return parse__string(p, "the job's id in quotes", &d->job);
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!parser_at_word(p, rows[i].word)) continue;
        if (parser_next_is(p, 1, TOKEN_END) || parser_next_is(p, 1, TOKEN_SEMICOLON)) continue;
        parser_take(p);
        d->kind = rows[i].kind;
        break;
    }
    d->extended = parser_accept_word(p, WORD_EXTENDED);
    return parse__path(p, "the name of a table", &d->path);
}

/* --- modules, jars, jobs --- */

static struct err *parse_load(struct parser *p, struct ast_statement *s)
{
    s->kind = AST_STATEMENT_LOAD_MODULE;
    parser_take(p);
    TRY(parser_expect_word(p, WORD_MODULE));
    TRY(parse__name(p, "the name of a module", &s->module.name));
    return parser_accept_word(p, WORD_WITH) ? parse__options(p, &s->module.options) : NULL;
}

static struct err *parse_unload(struct parser *p, struct ast_statement *s)
{
    s->kind = AST_STATEMENT_UNLOAD_MODULE;
    parser_take(p);
    TRY(parser_expect_word(p, WORD_MODULE));
    return parse__name(p, "the name of a module", &s->module.name);
}

static struct err *parse_jar(struct parser *p, struct ast_statement *s)
{
    s->kind =
        parser_take(p)->keyword == WORD_ADD ? AST_STATEMENT_ADD_JAR : AST_STATEMENT_REMOVE_JAR;
    TRY(parser_expect_word(p, WORD_JAR));
    return parse__string(p, "the jar's file in quotes", &s->jar);
}

static struct err *parse_analyze(struct parser *p, struct ast_statement *s)
{
    struct ast_analyze *a = &s->analyze;
    s->kind = AST_STATEMENT_ANALYZE_TABLE;
    parser_take(p);
    TRY(parser_expect_word(p, WORD_TABLE));
    TRY(parse__path(p, "the name of a table", &a->path));
    if (parser_accept_word(p, WORD_PARTITION)) TRY(parse__partition_spec(p, false, &a->partition));
    TRY(parser_expect_words(p, WORD_COMPUTE, WORD_STATISTICS));
    if (!parser_accept_word(p, WORD_FOR)) return NULL;
    a->all_columns = parser_accept_word(p, WORD_ALL);
    TRY(parser_expect_word(p, WORD_COLUMNS));
    if (a->all_columns) return NULL;
    do {
        struct ast_name name;
        TRY(parse__name(p, "the name of a column", &name));
        a->columns.items = parser_push(p, a->columns.items, &a->columns.count, sizeof name);
        a->columns.items[a->columns.count - 1] = name;
    } while (parser_accept(p, TOKEN_COMMA));
    return NULL;
}

static struct err *parse_truncate(struct parser *p, struct ast_statement *s)
{
    s->kind = AST_STATEMENT_TRUNCATE_TABLE;
    parser_take(p);
    TRY(parser_expect_word(p, WORD_TABLE));
    return parse__path(p, "the name of a table", &s->truncate);
}

static struct err *parse_stop(struct parser *p, struct ast_statement *s)
{
    s->kind = AST_STATEMENT_STOP_JOB;
    parser_take(p);
    TRY(parser_expect_word(p, WORD_JOB));
    TRY(parse__string(p, "the job's id in quotes", &s->stop_job.id));
    s->stop_job.with_savepoint = parser_accept_words(p, WORD_WITH, WORD_SAVEPOINT);
    s->stop_job.with_drain =
        s->stop_job.with_savepoint && parser_accept_words(p, WORD_WITH, WORD_DRAIN);
    return NULL;
}

static struct err *parse_call(struct parser *p, struct ast_statement *s)
{
    struct ast_path name;
    s->kind = AST_STATEMENT_CALL;
    parser_take(p);
    TRY(parse__path(p, "the name of a procedure", &name));
    if (!parser_at(p, TOKEN_LEFT_PAREN)) return parser_fail(p, "'(' after the procedure's name");
    return parse__call(p, name, &s->call);
}

/* --- client commands: not keywords of SQL --- */

static struct err *parse_client(struct parser *p, bool *found, struct ast_statement *s)
{
    static const struct {
        const char *word;
        enum ast_client_kind kind;
    } rows[] = {{"QUIT", AST_CLIENT_QUIT}, {"EXIT", AST_CLIENT_QUIT}, {"CLEAR", AST_CLIENT_CLEAR},
        {"HELP", AST_CLIENT_HELP}, {"SOURCE", AST_CLIENT_SOURCE}};
    const struct token *token = parser_peek(p, 0);
    *found = false;
    if (token->kind != TOKEN_NAME || token->quoted) return NULL;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!slice_eq_nocase(token->text, slice_of(rows[i].word))) continue;
        *found = true;
        parser_take(p);
        s->kind = AST_STATEMENT_CLIENT;
        s->client.kind = rows[i].kind;
        if (s->client.kind != AST_CLIENT_SOURCE) return NULL;
        if (parser_at(p, TOKEN_STRING)) return parse__string(p, "a file", &s->client.file);
        return take_raw(p, ';', "a file", &s->client.file);
    }
    return NULL;
}

static const struct {
    enum keyword word;
    struct err *(*parse)(struct parser *p, struct ast_statement *s);
} command_rows[] = {{WORD_SET, parse_set}, {WORD_RESET, parse_reset}, {WORD_USE, parse_use},
    {WORD_DESCRIBE, parse_describe}, {WORD_DESC, parse_describe}, {WORD_LOAD, parse_load},
    {WORD_UNLOAD, parse_unload}, {WORD_ADD, parse_jar}, {WORD_REMOVE, parse_jar},
    {WORD_ANALYZE, parse_analyze}, {WORD_TRUNCATE, parse_truncate}, {WORD_STOP, parse_stop},
    {WORD_CALL, parse_call}};

struct err *parse__command(struct parser *p, bool *found, struct ast_statement *s)
{
    *found = true;
    for (size_t i = 0; i < sizeof command_rows / sizeof *command_rows; i++)
        if (parser_at_word(p, command_rows[i].word)) return command_rows[i].parse(p, s);
    return parse_client(p, found, s);
}
