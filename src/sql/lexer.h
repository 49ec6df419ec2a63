/* lexer.h - SQL text to tokens, by the rules of Calcite's Lex.JAVA as Flink sets it up.
 *
 * Private to sql/. Names keep their case; `x` quotes a name and "x" is an error. Comments are
 * --, // and slash-star; a hint (slash-star-plus) is not a comment. Tokens point into the script.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "sql/keyword.h"

/* X(name, how messages call it) */
#define TOKEN_LIST(X)                                                           \
    X(END, "the end of the text")                                               \
    X(ERROR, "an error") /* only inside the parser */                           \
    X(NAME, "a name")                                                           \
    X(STRING, "a string")         /* text: between the quotes, '' not folded */ \
    X(UNICODE_STRING, "a string") /* U&'..', likewise */                        \
    X(BINARY, "a binary string")  /* x'..' */                                   \
    X(INTEGER, "a number")                                                      \
    X(DECIMAL, "a number")                                                      \
    X(APPROX, "a number")                                                       \
    X(HINT, "'/*+'")                                                            \
    X(HINT_END, "'*/'")                                                         \
    X(LEFT_PAREN, "'('")                                                        \
    X(RIGHT_PAREN, "')'")                                                       \
    X(LEFT_BRACE, "'{'")                                                        \
    X(RIGHT_BRACE, "'}'")                                                       \
    X(LEFT_EXCLUDE, "'{-'")                                                     \
    X(RIGHT_EXCLUDE, "'-}'")                                                    \
    X(LEFT_BRACKET, "'['")                                                      \
    X(RIGHT_BRACKET, "']'")                                                     \
    X(COMMA, "','")                                                             \
    X(DOT, "'.'")                                                               \
    X(SEMICOLON, "';'")                                                         \
    X(COLON, "':'")                                                             \
    X(PLUS, "'+'")                                                              \
    X(MINUS, "'-'")                                                             \
    X(STAR, "'*'")                                                              \
    X(SLASH, "'/'")                                                             \
    X(PERCENT, "'%'")                                                           \
    X(EQUAL, "'='")                                                             \
    X(NOT_EQUAL, "'<>'")                                                        \
    X(LESS, "'<'")                                                              \
    X(LESS_EQUAL, "'<='")                                                       \
    X(GREATER, "'>'")                                                           \
    X(GREATER_EQUAL, "'>='")                                                    \
    X(CONCAT, "'||'")                                                           \
    X(ARROW, "'=>'")                                                            \
    X(PIPE, "'|'")                                                              \
    X(CARET, "'^'")                                                             \
    X(QUESTION, "'?'")

enum token_kind {
#define X(name, text) TOKEN_##name,
    TOKEN_LIST(X)
#undef X
};

const char *lexer_kind_text(enum token_kind kind);

struct token {
    enum token_kind kind;
    enum keyword keyword; /* of an unquoted NAME */
    bool quoted;          /* NAME in backticks; text: between them, `` not folded */
    struct text_pos pos;
    struct slice text;
};

/* Where the next token is looked for. */
struct lexer {
    struct slice script;
    uint32_t offset;
    uint32_t line;
    uint32_t column;
};

void lexer_skip(struct lexer *lexer, uint32_t bytes);

/* Gives TOKEN_END again and again at the end. After an error the lexer stands behind what was
 * wrong, so that going on always ends. */
MUST_USE struct err *lexer_next(struct lexer *lexer, struct token *token);
