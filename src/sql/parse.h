/* parse.h - SQL text to syntax tree. Recursive descent; expressions by precedence climbing.
 *
 * Ownership: the tree lives in the arena and points into the text; both must outlive it. Nothing is
 * shared between calls, so any number of threads may parse at once, each with its own arena.
 * Errors: ERR_SYNTAX, ERR_UNSUPPORTED (known syntax that Weir refuses) and ERR_LIMIT_EXCEEDED, with
 * the position of the offending token and, where one can be guessed, a hint. */
#pragma once
#include "sql/ast.h"
#include "sql/ast_statement.h"

struct arena;

enum {
    PARSE_SCRIPT_BYTES_MAX = 1024 * 1024,
    PARSE_TOKENS_MAX = 10000, /* per statement */
    PARSE_DEPTH_MAX = 200,    /* nested expressions, queries and types together */
    PARSE_COLUMNS_MAX = 1000, /* per column list, SELECT list and VALUES row */
    PARSE_JOINS_MAX = 100,    /* per statement */
    PARSE_ARENA_BYTES_MAX = 64 * 1024 * 1024,
    PARSE_ERRORS_MAX = 100, /* reported per script */
};

/* Where in a script the next statement starts. Read-only for callers except through parse_*(). */
struct parse_cursor {
    struct slice script;
    uint32_t offset;
    uint32_t line;
    uint32_t column;
    size_t used_bytes; /* of the arena, by all statements so far; 0 again after arena_reset() */
};

/* ERR_LIMIT_EXCEEDED when the script is too large. A leading UTF-8 byte order mark is skipped. */
MUST_USE struct err *parse_open(struct parse_cursor *cursor, struct slice script);

/* Parses one statement and moves the cursor past its semicolon. *statement is NULL at the end of
 * the script. After an error the cursor stands behind the next semicolon outside quotes and
 * comments, so that the caller may go on and find more errors. */
MUST_USE struct err *parse_next(
    struct parse_cursor *cursor, struct arena *arena, struct ast_statement **statement);

/* All statements, or the first error. */
MUST_USE struct err *parse_script(
    struct slice script, struct arena *arena, struct ast_statement_list *statements);

/* All errors of a script, in order, at most PARSE_ERRORS_MAX. The caller frees each of them with
 * err_free(); the array itself is in the arena. Statements without error are listed too. */
struct parse_report {
    struct ast_statement_list statements;
    struct err **errors;
    size_t error_count;
};
void parse_check(struct slice script, struct arena *arena, struct parse_report *report);

/* The whole text is one expression, type, query: for computed columns and views kept as text. */
MUST_USE struct err *parse_expr(struct slice text, struct arena *arena, struct ast_expr **expr);
MUST_USE struct err *parse_type(struct slice text, struct arena *arena, struct ast_type **type);
MUST_USE struct err *parse_query(struct slice text, struct arena *arena, struct ast_query **query);
