#include "sql/parser.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/mem.h"

void parser_init(struct parser *p, const struct parse_cursor *cursor, struct arena *arena)
{
    *p = (struct parser){.arena = arena, .used_bytes = cursor->used_bytes};
    p->lexer = (struct lexer){cursor->script, cursor->offset, cursor->line, cursor->column};
    p->last = (struct text_pos){cursor->line, cursor->column, cursor->offset, 0};
}

void parser_deinit(struct parser *p)
{
    err_free(p->unread);
    mem_free(p->tokens);
    p->unread = NULL;
    p->tokens = NULL;
}

void parser_start_statement(struct parser *p)
{
    size_t kept = p->token_count - p->index;
    for (size_t i = 0; i < kept; i++) p->tokens[i] = p->tokens[p->index + i];
    p->token_count = kept;
    p->index = 0;
    p->depth = 0;
    p->join_count = 0;
    p->tried_count = 0;
    p->tried_index = 0;
}

/* --- memory --- */

void *parser_alloc(struct parser *p, size_t bytes)
{
    p->used_bytes += bytes;
    return arena_alloc(p->arena, bytes);
}

/* Grows when the count is a power of two, so that no capacity has to be kept anywhere. */
void *parser_push(struct parser *p, void *items, size_t *count, size_t item_bytes)
{
    size_t n = *count;
    if ((n & (n - 1)) == 0) {
        void *larger = parser_alloc(p, (n ? 2 * n : 1) * item_bytes);
        if (n) memcpy(larger, items, n * item_bytes);
        items = larger;
    }
    *count = n + 1;
    return items;
}

struct ast_expr *parser_new_expr(struct parser *p, enum ast_expr_kind kind, struct text_pos pos)
{
    struct ast_expr *e = parser_alloc(p, sizeof *e);
    e->kind = kind;
    e->pos = pos;
    return e;
}

/* --- tokens --- */

static struct err *read_token(struct parser *p, struct token *token)
{
    TRY(lexer_next(&p->lexer, token));
    if (p->token_count >= PARSE_TOKENS_MAX && token->kind != TOKEN_END)
        FAIL_AT(ERR_LIMIT_EXCEEDED, token->pos, "the statement has more than %d words and symbols",
            PARSE_TOKENS_MAX);
    if (p->used_bytes > PARSE_ARENA_BYTES_MAX)
        FAIL_AT(ERR_LIMIT_EXCEEDED, token->pos, "the syntax tree needs more than %d MiB",
            PARSE_ARENA_BYTES_MAX >> 20);
    return NULL;
}

static void keep(struct parser *p, const struct token *token)
{
    if (p->token_count == p->token_capacity) {
        p->token_capacity = p->token_capacity ? 2 * p->token_capacity : 64;
        p->tokens = mem_realloc(p->tokens, p->token_capacity * sizeof *p->tokens);
    }
    p->tokens[p->token_count++] = *token;
}

const struct token *parser_peek(struct parser *p, size_t ahead)
{
    while (p->token_count <= p->index + ahead) {
        if (p->unread) return &p->tokens[p->token_count - 1];
        struct token token;
        struct err *e = read_token(p, &token);
        if (e) {
            p->unread = e;
            token.kind = TOKEN_ERROR;
        }
        keep(p, &token);
    }
    return &p->tokens[p->index + ahead];
}

bool parser_next_is(struct parser *p, size_t ahead, enum token_kind kind)
{
    return parser_peek(p, ahead)->kind == kind;
}

bool parser_next_is_word(struct parser *p, size_t ahead, enum keyword word)
{
    return parser_peek(p, ahead)->keyword == word;
}

bool parser_at(struct parser *p, enum token_kind kind)
{
    return parser_next_is(p, 0, kind);
}

static void remember(struct parser *p, enum keyword word)
{
    if (p->tried_index != p->index) p->tried_count = 0;
    p->tried_index = p->index;
    for (size_t i = 0; i < p->tried_count; i++)
        if (p->tried[i] == word) return;
    if (p->tried_count < PARSER_TRIED_MAX) p->tried[p->tried_count++] = word;
}

bool parser_at_word(struct parser *p, enum keyword word)
{
    if (parser_next_is_word(p, 0, word)) return true;
    remember(p, word);
    return false;
}

const struct token *parser_take(struct parser *p)
{
    const struct token *token = parser_peek(p, 0);
    ASSERT(token->kind != TOKEN_ERROR);
    if (token->kind == TOKEN_END) return token;
    p->last = token->pos;
    p->index++;
    return token;
}

bool parser_accept(struct parser *p, enum token_kind kind)
{
    if (!parser_at(p, kind)) return false;
    parser_take(p);
    return true;
}

bool parser_accept_word(struct parser *p, enum keyword word)
{
    if (!parser_at_word(p, word)) return false;
    parser_take(p);
    return true;
}

bool parser_accept_words(struct parser *p, enum keyword first, enum keyword second)
{
    if (!parser_at_word(p, first) || !parser_next_is_word(p, 1, second)) return false;
    parser_take(p);
    parser_take(p);
    return true;
}

struct err *parser_expect(struct parser *p, enum token_kind kind, const char *what)
{
    if (parser_accept(p, kind)) return NULL;
    return parser_fail(p, what ? what : lexer_kind_text(kind));
}

struct err *parser_expect_word(struct parser *p, enum keyword word)
{
    if (parser_accept_word(p, word)) return NULL;
    return parser_fail(p, keyword_text(word));
}

struct err *parser_expect_words(struct parser *p, enum keyword first, enum keyword second)
{
    TRY(parser_expect_word(p, first));
    return parser_expect_word(p, second);
}

void parser_skip_raw(struct parser *p, struct text_pos raw)
{
    struct slice script = p->lexer.script;
    p->token_count = p->index;
    err_free(p->unread);
    p->unread = NULL;
    p->last = raw;
    p->lexer = (struct lexer){script, raw.offset, raw.line, raw.column};
    lexer_skip(&p->lexer, raw.size_bytes);
}

bool parser_is_name(const struct token *token)
{
    return token->kind == TOKEN_NAME &&
           (token->quoted || keyword_class(token->keyword) == KEYWORD_FREE);
}

/* --- positions --- */

struct text_pos parser_here(struct parser *p)
{
    return parser_peek(p, 0)->pos;
}

struct text_pos parser_span(const struct parser *p, struct text_pos start)
{
    uint32_t end = p->last.offset + p->last.size_bytes;
    start.size_bytes = end > start.offset ? end - start.offset : 0;
    return start;
}

/* --- errors --- */

/* The word looked for at the current token that `token` may be a misspelling of. */
static const char *suggest(const struct parser *p, const struct token *token)
{
    if (token->kind != TOKEN_NAME || token->quoted || p->tried_index != p->index) return NULL;
    if (token->keyword && keyword_class(token->keyword) != KEYWORD_FREE) return NULL;
    const char *words[PARSER_TRIED_MAX];
    for (size_t i = 0; i < p->tried_count; i++) words[i] = keyword_text(p->tried[i]);
    return str_nearest(token->text, words, p->tried_count);
}

/* A word that starts or ends a clause is more likely misplaced than meant as a name. */
static bool starts_clause(enum keyword word)
{
    static const enum keyword words[] = {WORD_SELECT, WORD_FROM, WORD_WHERE, WORD_GROUP,
        WORD_HAVING, WORD_WINDOW, WORD_QUALIFY, WORD_ORDER, WORD_LIMIT, WORD_UNION, WORD_AND,
        WORD_OR, WORD_NOT, WORD_AS, WORD_ON, WORD_USING, WORD_JOIN, WORD_LEFT, WORD_INNER,
        WORD_WHEN, WORD_THEN, WORD_ELSE, WORD_END, WORD_WITH, WORD_SET, WORD_INTO, WORD_IN,
        WORD_BETWEEN, WORD_LIKE, WORD_IS, WORD_BY, WORD_PARTITION, WORD_OVER, WORD_INSERT};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i] == word) return true;
    return false;
}

static struct err *fail_found(const struct token *found, const char *what)
{
    enum { TEXT_MAX = 60 };
    int n = found->text.n > TEXT_MAX ? TEXT_MAX : (int)found->text.n;
    const char *text = found->text.p;
    bool reserved = found->keyword && keyword_class(found->keyword) != KEYWORD_FREE;
    switch (found->kind) {
    case TOKEN_NAME:
        if (reserved && !starts_clause(found->keyword) &&
            (strstr(what, "name") || strstr(what, "an expression") || strstr(what, "alias")))
            return err_hint(
                ERR(ERR_SYNTAX, "expected %s, found the reserved word '%.*s'", what, n, text),
                "to use it as a name write `%.*s`", n, text);
        return ERR(ERR_SYNTAX, "expected %s, found '%.*s'", what, n, text);
    case TOKEN_INTEGER:
    case TOKEN_DECIMAL:
    case TOKEN_APPROX: return ERR(ERR_SYNTAX, "expected %s, found %.*s", what, n, text);
    case TOKEN_STRING:
    case TOKEN_UNICODE_STRING:
        return ERR(ERR_SYNTAX, "expected %s, found the string '%.*s'", what, n, text);
    case TOKEN_HINT:
        return err_hint(ERR(ERR_SYNTAX, "expected %s, found a hint", what),
            "hints stand after SELECT or after a table's name, before its alias");
    default: return ERR(ERR_SYNTAX, "expected %s, found %s", what, lexer_kind_text(found->kind));
    }
}

struct err *parser_fail(struct parser *p, const char *what)
{
    const struct token *found = parser_peek(p, 0);
    if (found->kind == TOKEN_ERROR) {
        struct err *e = p->unread;
        p->unread = NULL;
        return e;
    }
    const char *word = suggest(p, found);
    if (!word && p->index > 0) {
        const struct token *before = &p->tokens[p->index - 1];
        word = suggest(p, before);
        if (word) found = before; /* it was taken for an alias or a name */
    }
    struct err *e = err_at(fail_found(found, what), found->pos);
    if (word) return err_hint(e, "did you mean '%s'?", word);
    return e;
}

struct err *parser_refuse(struct parser *p, const char *what)
{
    FAIL_AT(ERR_UNSUPPORTED, parser_here(p), "%s is not supported", what);
}

struct err *parser_limit(struct parser *p, size_t count, size_t limit, const char *what)
{
    if (count <= limit) return NULL;
    FAIL_AT(ERR_LIMIT_EXCEEDED, parser_here(p), "more than %zu %s", limit, what);
}

struct err *parser_enter(struct parser *p)
{
    p->depth++;
    return parser_limit(p, p->depth, PARSE_DEPTH_MAX, "levels of nesting");
}

void parser_leave(struct parser *p)
{
    p->depth--;
}
