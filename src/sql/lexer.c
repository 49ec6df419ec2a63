#include "sql/lexer.h"

#include "base/check.h"
#include "base/utf8.h"

static const char *const kind_texts[] = {
#define X(name, text) text,
    TOKEN_LIST(X)
#undef X
};

const char *lexer_kind_text(enum token_kind kind)
{
    return kind_texts[kind];
}

/* --- characters --- */

static unsigned char at(const struct lexer *l, uint32_t ahead)
{
    size_t i = (size_t)l->offset + ahead;
    return i < l->script.n ? (unsigned char)l->script.p[i] : 0;
}

static bool at_end(const struct lexer *l)
{
    return l->offset >= l->script.n;
}

/* Keeps line and column right; columns count code points. */
static void advance(struct lexer *l, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes && !at_end(l); i++, l->offset++) {
        unsigned char c = at(l, 0);
        if (c == '\n') {
            l->line++;
            l->column = 1;
        } else if ((c & 0xc0) != 0x80) {
            l->column++;
        }
    }
}

void lexer_skip(struct lexer *l, uint32_t bytes)
{
    advance(l, bytes);
}

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

/* The ranges of <LETTER> in Calcite's grammar. */
static bool is_letter(uint32_t c)
{
    static const uint32_t ranges[][2] = {{'$', '$'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'},
        {0xc0, 0xd6}, {0xd8, 0xf6}, {0xf8, 0x1fff}, {0x3040, 0x318f}, {0x3300, 0x337f},
        {0x3400, 0x3d2d}, {0x4e00, 0x9fff}, {0xf900, 0xfaff}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (c >= ranges[i][0] && c <= ranges[i][1]) return true;
    return false;
}

/* The size of the letter or, after the first, digit `ahead`; 0 when there is none. */
static uint32_t name_char(const struct lexer *l, uint32_t ahead, bool first)
{
    unsigned char c = at(l, ahead);
    if (c < 0x80) return is_letter(c) || (!first && is_digit(c)) ? 1 : 0;
    struct slice rest = {l->script.p + l->offset + ahead, l->script.n - l->offset - ahead};
    uint32_t code_point;
    size_t size = utf8_decode(rest, &code_point);
    return is_letter(code_point) ? (uint32_t)size : 0;
}

static struct text_pos pos_here(const struct lexer *l, uint32_t size_bytes)
{
    return (struct text_pos){l->line, l->column, l->offset, size_bytes};
}

static struct slice text_since(const struct lexer *l, uint32_t offset)
{
    return (struct slice){l->script.p + offset, l->offset - offset};
}

/* --- blanks and comments --- */

static void skip_line(struct lexer *l)
{
    while (!at_end(l) && at(l, 0) != '\n' && at(l, 0) != '\r') advance(l, 1);
}

static struct err *skip_block(struct lexer *l)
{
    struct text_pos start = pos_here(l, 2);
    advance(l, 2);
    while (!at_end(l)) {
        if (at(l, 0) == '*' && at(l, 1) == '/') {
            advance(l, 2);
            return NULL;
        }
        advance(l, 1);
    }
    FAIL_AT(ERR_SYNTAX, start, "this comment is not closed: '*/' is missing");
}

static struct err *skip_blanks(struct lexer *l)
{
    while (!at_end(l)) {
        unsigned char c = at(l, 0), next = at(l, 1);
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
            advance(l, 1);
        } else if ((c == '-' && next == '-') || (c == '/' && next == '/')) {
            skip_line(l);
        } else if (c == '/' && next == '*' && at(l, 2) != '+') {
            TRY(skip_block(l));
        } else {
            return NULL;
        }
    }
    return NULL;
}

/* --- tokens with quotes --- */

/* Reads up to the closing quote; a doubled quote stands for itself. `text` is what is inside. */
static struct err *read_quoted(struct lexer *l, char quote, const char *what, struct slice *text)
{
    struct text_pos start = pos_here(l, 1);
    advance(l, 1);
    uint32_t offset = l->offset;
    while (!at_end(l)) {
        if (at(l, 0) != (unsigned char)quote) {
            advance(l, 1);
        } else if (at(l, 1) == (unsigned char)quote) {
            advance(l, 2);
        } else {
            *text = text_since(l, offset);
            advance(l, 1);
            if (utf8_valid(*text)) return NULL;
            FAIL_AT(ERR_SYNTAX, start, "this %s is not valid UTF-8", what);
        }
    }
    FAIL_AT(ERR_SYNTAX, start, "this %s is not closed: %c is missing", what, quote);
}

static struct err *read_string(
    struct lexer *l, struct token *token, enum token_kind kind, uint32_t prefix_bytes)
{
    token->kind = kind;
    advance(l, prefix_bytes);
    return read_quoted(l, '\'', "string", &token->text);
}

static struct err *read_quoted_name(struct lexer *l, struct token *token)
{
    token->kind = TOKEN_NAME;
    token->quoted = true;
    struct text_pos start = pos_here(l, 2);
    TRY(read_quoted(l, '`', "quoted name", &token->text));
    if (token->text.n == 0) FAIL_AT(ERR_SYNTAX, start, "a name in backticks cannot be empty");
    return NULL;
}

/* --- names and numbers --- */

static void read_name(struct lexer *l, struct token *token)
{
    uint32_t start = l->offset, size;
    for (bool first = true; (size = name_char(l, 0, first)) > 0; first = false) advance(l, size);
    token->kind = TOKEN_NAME;
    token->text = text_since(l, start);
    token->keyword = keyword_find(token->text);
}

static void skip_digits(struct lexer *l)
{
    while (is_digit(at(l, 0))) advance(l, 1);
}

static void read_number(struct lexer *l, struct token *token)
{
    uint32_t start = l->offset;
    token->kind = TOKEN_INTEGER;
    skip_digits(l);
    if (at(l, 0) == '.') {
        token->kind = TOKEN_DECIMAL;
        advance(l, 1);
        skip_digits(l);
    }
    if (at(l, 0) == 'e' || at(l, 0) == 'E') {
        uint32_t sign = at(l, 1) == '+' || at(l, 1) == '-' ? 1 : 0;
        if (is_digit(at(l, 1 + sign))) {
            token->kind = TOKEN_APPROX;
            advance(l, 1 + sign);
            skip_digits(l);
        }
    }
    token->text = text_since(l, start);
}

/* --- operators --- */

/* Longest first. `why` is set on what other systems know and Flink refuses. */
static const struct {
    const char *text;
    enum token_kind kind;
    const char *hint;
} symbols[] = {
    {"/*+", TOKEN_HINT, NULL},
    {"<=>", TOKEN_ERROR, "write 'a IS NOT DISTINCT FROM b'"},
    {"*/", TOKEN_HINT_END, NULL},
    {"{-", TOKEN_LEFT_EXCLUDE, NULL},
    {"-}", TOKEN_RIGHT_EXCLUDE, NULL},
    {"<>", TOKEN_NOT_EQUAL, NULL},
    {"!=", TOKEN_ERROR, "Flink SQL writes '<>'"},
    {"<=", TOKEN_LESS_EQUAL, NULL},
    {">=", TOKEN_GREATER_EQUAL, NULL},
    {"=>", TOKEN_ARROW, NULL},
    {"==", TOKEN_ERROR, "Flink SQL writes '='"},
    {"->", TOKEN_ERROR, "lambda expressions are not part of Flink SQL"},
    {"||", TOKEN_CONCAT, NULL},
    {"&&", TOKEN_ERROR, "write AND"},
    {"::", TOKEN_ERROR, "write CAST(value AS type)"},
    {"(", TOKEN_LEFT_PAREN, NULL},
    {")", TOKEN_RIGHT_PAREN, NULL},
    {"{", TOKEN_LEFT_BRACE, NULL},
    {"}", TOKEN_RIGHT_BRACE, NULL},
    {"[", TOKEN_LEFT_BRACKET, NULL},
    {"]", TOKEN_RIGHT_BRACKET, NULL},
    {",", TOKEN_COMMA, NULL},
    {".", TOKEN_DOT, NULL},
    {";", TOKEN_SEMICOLON, NULL},
    {":", TOKEN_COLON, NULL},
    {"+", TOKEN_PLUS, NULL},
    {"-", TOKEN_MINUS, NULL},
    {"*", TOKEN_STAR, NULL},
    {"/", TOKEN_SLASH, NULL},
    {"%", TOKEN_PERCENT, NULL},
    {"=", TOKEN_EQUAL, NULL},
    {"<", TOKEN_LESS, NULL},
    {">", TOKEN_GREATER, NULL},
    {"|", TOKEN_PIPE, NULL},
    {"^", TOKEN_CARET, NULL},
    {"?", TOKEN_QUESTION, NULL},
    {"\"", TOKEN_ERROR, "write `name` for a name and 'text' for a string"},
};

static struct err *fail_character(struct lexer *l)
{
    struct slice rest = {l->script.p + l->offset, l->script.n - l->offset};
    uint32_t code_point;
    uint32_t size = (uint32_t)utf8_decode(rest, &code_point);
    struct text_pos pos = pos_here(l, size);
    advance(l, size);
    if (code_point == UTF8_REPLACEMENT) FAIL_AT(ERR_SYNTAX, pos, "the text is not valid UTF-8");
    if (code_point > 0x20 && code_point < 0x7f)
        FAIL_AT(ERR_SYNTAX, pos, "'%c' has no meaning in SQL", (char)code_point);
    FAIL_AT(ERR_SYNTAX, pos, "the character U+%04X is only allowed inside quotes", code_point);
}

static struct err *read_symbol(struct lexer *l, struct token *token)
{
    size_t left = l->script.n - l->offset;
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        struct slice symbol = slice_of(symbols[i].text);
        if (symbol.n > left || memcmp(symbol.p, l->script.p + l->offset, symbol.n) != 0) continue;
        struct text_pos pos = pos_here(l, (uint32_t)symbol.n);
        token->text = (struct slice){l->script.p + l->offset, symbol.n};
        advance(l, (uint32_t)symbol.n);
        token->kind = symbols[i].kind;
        if (token->kind != TOKEN_ERROR) return NULL;
        struct err *e = ERR(ERR_SYNTAX, "%s has no meaning in Flink SQL", symbol.p);
        return err_hint(err_at(e, pos), "%s", symbols[i].hint);
    }
    return fail_character(l);
}

static struct err *read_token(struct lexer *l, struct token *token)
{
    unsigned char c = at(l, 0), next = at(l, 1);
    if (at_end(l)) return NULL;
    if (c == '\'') return read_string(l, token, TOKEN_STRING, 0);
    if (c == '`') return read_quoted_name(l, token);
    if ((c == 'x' || c == 'X') && next == '\'') return read_string(l, token, TOKEN_BINARY, 1);
    if ((c == 'u' || c == 'U') && next == '&' && at(l, 2) == '\'')
        return read_string(l, token, TOKEN_UNICODE_STRING, 2);
    if (is_digit(c) || (c == '.' && is_digit(next))) {
        read_number(l, token);
        return NULL;
    }
    if (name_char(l, 0, true) == 0) return read_symbol(l, token);
    read_name(l, token);
    if (at(l, 0) != '\'' || !(token->text.p[0] == '_' || slice_eq_nocase(token->text, SLICE("n")) ||
                                slice_eq_nocase(token->text, SLICE("e"))))
        return NULL;
    token->pos.size_bytes = (uint32_t)token->text.n;
    FAIL_AT(ERR_UNSUPPORTED, token->pos, "a string with the prefix %.*s is not supported",
        (int)token->text.n, token->text.p);
}

struct err *lexer_next(struct lexer *l, struct token *token)
{
    *token = (struct token){.kind = TOKEN_END};
    TRY(skip_blanks(l));
    token->pos = pos_here(l, 0);
    struct err *e = read_token(l, token);
    token->pos.size_bytes = l->offset - token->pos.offset;
    return e;
}
