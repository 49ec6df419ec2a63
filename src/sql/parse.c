#include "sql/parse.h"

#include "base/arena.h"
#include "base/check.h"
#include "sql/parse_part.h"

struct err *parse_open(struct parse_cursor *cursor, struct slice script)
{
    *cursor = (struct parse_cursor){.script = script, .line = 1, .column = 1};
    if (script.n > PARSE_SCRIPT_BYTES_MAX)
        FAIL(ERR_LIMIT_EXCEEDED, "the script has %zu bytes, at most %d are allowed", script.n,
            PARSE_SCRIPT_BYTES_MAX);
    if (script.n >= 3 && memcmp(script.p, "\xef\xbb\xbf", 3) == 0) cursor->offset = 3;
    return NULL;
}

/* Tokens read ahead of the next statement are read again with it. */
static void go_behind_semicolon(struct parser *p)
{
    struct text_pos end = p->last;
    if (parser_at(p, TOKEN_END)) return;
    p->lexer = (struct lexer){p->lexer.script, end.offset, end.line, end.column};
    lexer_skip(&p->lexer, end.size_bytes);
}

static void save(struct parser *p, struct parse_cursor *cursor)
{
    cursor->offset = p->lexer.offset;
    cursor->line = p->lexer.line;
    cursor->column = p->lexer.column;
    cursor->used_bytes = p->used_bytes;
}

/* --- going on after an error --- */

static bool is_word(const struct token *token, enum keyword word)
{
    return token->kind == TOKEN_NAME && token->keyword == word;
}

/* Skips to behind the next ';', or inside a statement set to behind its 'END;'. */
static void recover(struct parser *p)
{
    struct token token = {0}, before;
    /* Tokens read ahead are read again: the lexer goes back to the current one. */
    const struct token *current = parser_peek(p, 0);
    if (p->index < p->token_count && current->kind != TOKEN_ERROR)
        p->lexer = (struct lexer){
            p->lexer.script, current->pos.offset, current->pos.line, current->pos.column};
    bool done = false, first = true;
    while (!done) {
        before = token;
        struct err *e = lexer_next(&p->lexer, &token);
        if (e) {
            err_free(e);
            token.kind = TOKEN_ERROR;
        }
        bool block_end = before.kind == TOKEN_SEMICOLON && is_word(&token, WORD_END);
        if (block_end || (first && p->statement_set && is_word(&token, WORD_END)))
            p->statement_set = false;
        first = false;
        done = token.kind == TOKEN_END || (token.kind == TOKEN_SEMICOLON && !p->statement_set);
    }
}

/* --- statements --- */

static struct err *end_statement(struct parser *p)
{
    if (parser_at(p, TOKEN_END) || parser_accept(p, TOKEN_SEMICOLON)) return NULL;
    return parser_fail(p, "';' or the end of the statement");
}

static struct err *next_statement(struct parser *p, struct ast_statement **statement)
{
    while (parser_accept(p, TOKEN_SEMICOLON)) parser_start_statement(p);
    if (parser_at(p, TOKEN_END)) return NULL;
    TRY(parse__statement(p, statement));
    return end_statement(p);
}

struct err *parse_next(
    struct parse_cursor *cursor, struct arena *arena, struct ast_statement **statement)
{
    struct parser parser;
    *statement = NULL;
    parser_init(&parser, cursor, arena);
    struct err *e = next_statement(&parser, statement);
    if (e) {
        *statement = NULL;
        recover(&parser);
    } else if (*statement) {
        go_behind_semicolon(&parser);
    }
    parser_deinit(&parser);
    save(&parser, cursor);
    return e;
}

struct err *parse_script(
    struct slice script, struct arena *arena, struct ast_statement_list *statements)
{
    struct parse_cursor cursor;
    *statements = (struct ast_statement_list){0};
    TRY(parse_open(&cursor, script));
    for (;;) {
        struct ast_statement *s;
        struct parser parser;
        TRY(parse_next(&cursor, arena, &s));
        if (!s) return NULL;
        parser_init(&parser, &cursor, arena);
        statements->items = parser_push(&parser, statements->items, &statements->count, sizeof s);
        statements->items[statements->count - 1] = s;
        cursor.used_bytes = parser.used_bytes;
    }
}

static bool add_error(struct arena *arena, struct err *e, struct parse_report *report)
{
    if (!report->errors) report->errors = ARENA_ARRAY(arena, struct err *, PARSE_ERRORS_MAX);
    report->errors[report->error_count++] = e;
    return report->error_count < PARSE_ERRORS_MAX;
}

void parse_check(struct slice script, struct arena *arena, struct parse_report *report)
{
    struct parse_cursor cursor;
    *report = (struct parse_report){0};
    struct err *e = parse_open(&cursor, script);
    if (e) {
        add_error(arena, e, report);
        return;
    }
    for (;;) {
        struct ast_statement *s;
        e = parse_next(&cursor, arena, &s);
        if (e) {
            /* Without memory every later statement would fail the same way. */
            bool exhausted = cursor.used_bytes > PARSE_ARENA_BYTES_MAX;
            if (!add_error(arena, e, report) || exhausted) return;
            continue;
        }
        if (!s) return;
        struct parser parser;
        struct ast_statement_list *list = &report->statements;
        parser_init(&parser, &cursor, arena);
        list->items = parser_push(&parser, list->items, &list->count, sizeof s);
        list->items[list->count - 1] = s;
        cursor.used_bytes = parser.used_bytes;
    }
}

/* --- single pieces --- */

static struct err *end_piece(struct parser *p)
{
    return parser_at(p, TOKEN_END) ? NULL : parser_fail(p, "the end of the text");
}

static struct err *whole_expr(struct parser *p, struct ast_expr **expr)
{
    TRY(parse__expr(p, expr));
    return end_piece(p);
}

static struct err *whole_type(struct parser *p, struct ast_type **type)
{
    TRY(parse__type(p, true, type));
    return end_piece(p);
}

static struct err *whole_query(struct parser *p, struct ast_query **query)
{
    TRY(parse__query(p, query));
    return end_piece(p);
}

struct err *parse_expr(struct slice text, struct arena *arena, struct ast_expr **expr)
{
    struct parse_cursor cursor;
    struct parser parser;
    TRY(parse_open(&cursor, text));
    parser_init(&parser, &cursor, arena);
    struct err *e = whole_expr(&parser, expr);
    parser_deinit(&parser);
    return e;
}

struct err *parse_type(struct slice text, struct arena *arena, struct ast_type **type)
{
    struct parse_cursor cursor;
    struct parser parser;
    TRY(parse_open(&cursor, text));
    parser_init(&parser, &cursor, arena);
    struct err *e = whole_type(&parser, type);
    parser_deinit(&parser);
    return e;
}

struct err *parse_query(struct slice text, struct arena *arena, struct ast_query **query)
{
    struct parse_cursor cursor;
    struct parser parser;
    TRY(parse_open(&cursor, text));
    parser_init(&parser, &cursor, arena);
    struct err *e = whole_query(&parser, query);
    parser_deinit(&parser);
    return e;
}
