/* parser.h - the state of one parse and the pieces every part of the grammar is made of.
 *
 * Private to sql/. Tokens of a statement are read as far ahead as the grammar looks. A token that
 * cannot be read becomes TOKEN_ERROR, which no rule accepts: whoever then fails to parse it returns
 * the lexer's error. So looking ahead never fails.
 * Every word that is looked for at a token is remembered, which is where the hints of misspelt
 * keywords come from. */
#pragma once
#include "sql/ast.h"
#include "sql/ast_statement.h"
#include "sql/lexer.h"
#include "sql/parse.h"

struct arena;

enum { PARSER_TRIED_MAX = 64, PARSER_CHAIN_MAX = 1000 };

struct parser {
    struct lexer lexer;
    struct arena *arena;
    size_t used_bytes;    /* of the arena, at most PARSE_ARENA_BYTES_MAX */
    struct token *tokens; /* heap, owned; of this statement, from its first to the last read */
    size_t token_count;
    size_t token_capacity;
    size_t index;         /* of the current token */
    struct err *unread;   /* owned; why the last token is TOKEN_ERROR */
    struct text_pos last; /* the last token taken */
    uint32_t depth;
    uint32_t join_count;
    enum keyword tried[PARSER_TRIED_MAX]; /* looked for at token `tried_index` */
    size_t tried_count;
    size_t tried_index;
    bool stop_at_and;   /* inside the low bound of BETWEEN */
    bool statement_set; /* between BEGIN and END */
};

void parser_init(struct parser *p, const struct parse_cursor *cursor, struct arena *arena);
void parser_deinit(struct parser *p);
void parser_start_statement(struct parser *p); /* forgets the tokens before the current one */

/* --- memory, all of it zeroed and in the arena --- */
void *parser_alloc(struct parser *p, size_t bytes);
/* The array, perhaps moved, with one more item, which is zeroed; counts it. */
void *parser_push(struct parser *p, void *items, size_t *count, size_t item_bytes);
struct ast_expr *parser_new_expr(struct parser *p, enum ast_expr_kind kind, struct text_pos pos);

/* --- looking and taking; a token stays where it is until another one is read --- */
const struct token *parser_peek(struct parser *p, size_t ahead);
bool parser_at(struct parser *p, enum token_kind kind);
bool parser_at_word(struct parser *p, enum keyword word);
bool parser_next_is(struct parser *p, size_t ahead, enum token_kind kind);
bool parser_next_is_word(struct parser *p, size_t ahead, enum keyword word);
const struct token *parser_take(struct parser *p);
bool parser_accept(struct parser *p, enum token_kind kind);
bool parser_accept_word(struct parser *p, enum keyword word);
bool parser_accept_words(struct parser *p, enum keyword first, enum keyword second);
/* `what` completes "expected ..", and is NULL where the token says all. */
MUST_USE struct err *parser_expect(struct parser *p, enum token_kind kind, const char *what);
MUST_USE struct err *parser_expect_word(struct parser *p, enum keyword word);
MUST_USE struct err *parser_expect_words(struct parser *p, enum keyword first, enum keyword second);
/* Goes on behind `raw`, a text of one line that starts at the current token and was no SQL. */
void parser_skip_raw(struct parser *p, struct text_pos raw);
bool parser_is_name(const struct token *token); /* quoted or not reserved */

/* --- positions: from `start` to the end of the last token taken --- */
struct text_pos parser_here(struct parser *p);
struct text_pos parser_span(const struct parser *p, struct text_pos start);

/* --- errors at the current token --- */
/* "expected WHAT, found ..", with a hint if a word is misspelt. */
MUST_USE struct err *parser_fail(struct parser *p, const char *what);
MUST_USE struct err *parser_refuse(struct parser *p, const char *what); /* ERR_UNSUPPORTED */
MUST_USE struct err *parser_enter(struct parser *p); /* one level deeper, or the limit */
void parser_leave(struct parser *p);
MUST_USE struct err *parser_limit(
    struct parser *p, size_t count, size_t limit, const char *what); /* count <= limit */

/* --- small pieces --- */
MUST_USE struct err *parse__name(struct parser *p, const char *what, struct ast_name *name);
MUST_USE struct err *parse__path(struct parser *p, const char *what, struct ast_path *path);
MUST_USE struct err *parse__names(
    struct parser *p, const char *what, struct ast_name_list *names); /* (a, b) */
MUST_USE struct err *parse__string(struct parser *p, const char *what, struct ast_string *string);
/* Adjacent strings are joined, as literals are. */
MUST_USE struct err *parse__strings(struct parser *p, const char *what, struct ast_string *string);
MUST_USE struct err *parse__options(struct parser *p, struct ast_option_list *options);
MUST_USE struct err *parse__keys(struct parser *p, struct ast_string_list *keys);
MUST_USE struct err *parse__int(struct parser *p, const char *what, int32_t *value);
MUST_USE struct err *parse__hints(struct parser *p, struct ast_hint_list *hints);
bool parse__if_exists(struct parser *p);
bool parse__if_not_exists(struct parser *p);
