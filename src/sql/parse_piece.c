/* Names, strings, options, hints: what every statement is made of. */
#include "base/arena.h"
#include "base/num.h"
#include "base/utf8.h"
#include "sql/parser.h"

/* --- names --- */

/* Copies `text` with every doubled quote folded into one. */
static struct slice fold_quotes(struct parser *p, struct slice text, char quote)
{
    if (text.n == 0 || !memchr(text.p, quote, text.n)) return text;
    char *out = parser_alloc(p, text.n);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        out[n++] = text.p[i];
        if (text.p[i] == quote) i++;
    }
    return (struct slice){out, n};
}

static struct ast_name name_of(struct parser *p, const struct token *token)
{
    struct slice text = token->quoted ? fold_quotes(p, token->text, '`') : token->text;
    return (struct ast_name){.text = text, .pos = token->pos, .quoted = token->quoted};
}

struct err *parse__name(struct parser *p, const char *what, struct ast_name *name)
{
    if (!parser_is_name(parser_peek(p, 0))) return parser_fail(p, what);
    *name = name_of(p, parser_take(p));
    return NULL;
}

struct err *parse__path(struct parser *p, const char *what, struct ast_path *path)
{
    struct text_pos start = parser_here(p);
    *path = (struct ast_path){0};
    do {
        struct ast_name name;
        TRY(parse__name(p, path->count ? "a name after '.'" : what, &name));
        path->parts = parser_push(p, path->parts, &path->count, sizeof *path->parts);
        path->parts[path->count - 1] = name;
    } while (parser_accept(p, TOKEN_DOT));
    path->pos = parser_span(p, start);
    return NULL;
}

struct err *parse__names(struct parser *p, const char *what, struct ast_name_list *names)
{
    TRY(parser_expect(p, TOKEN_LEFT_PAREN, NULL));
    do {
        struct ast_name name;
        TRY(parse__name(p, what, &name));
        names->items = parser_push(p, names->items, &names->count, sizeof *names->items);
        names->items[names->count - 1] = name;
        TRY(parser_limit(p, names->count, PARSE_COLUMNS_MAX, "columns"));
    } while (parser_accept(p, TOKEN_COMMA));
    return parser_expect(p, TOKEN_RIGHT_PAREN, "')' or ',' after a name in the list");
}

/* --- strings --- */

struct err *parse__string(struct parser *p, const char *what, struct ast_string *string)
{
    if (!parser_at(p, TOKEN_STRING)) return parser_fail(p, what);
    const struct token *token = parser_take(p);
    *string = (struct ast_string){fold_quotes(p, token->text, '\''), token->pos};
    return NULL;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* Reads four digits at text[at]; -1 when they are not there. */
static int32_t hex_unit(struct slice text, size_t at)
{
    if (at + 4 > text.n) return -1;
    int32_t unit = 0;
    for (size_t i = at; i < at + 4; i++) {
        if (hex_digit(text.p[i]) < 0) return -1;
        unit = unit * 16 + hex_digit(text.p[i]);
    }
    return unit;
}

/* Escapes name UTF-16 units, so that two of them may make one code point. */
static struct err *decode_unicode(
    struct parser *p, struct text_pos pos, char escape, struct slice text, struct slice *result)
{
    char *out = parser_alloc(p, text.n + 4);
    size_t n = 0;
    for (size_t i = 0; i < text.n;) {
        if (text.p[i] != escape) {
            out[n++] = text.p[i++];
            continue;
        }
        if (i + 1 < text.n && text.p[i + 1] == escape) {
            out[n++] = escape;
            i += 2;
            continue;
        }
        int32_t unit = hex_unit(text, i + 1);
        if (unit < 0)
            FAIL_AT(
                ERR_SYNTAX, pos, "'%c' in a U&'..' string wants four hexadecimal digits", escape);
        i += 5;
        uint32_t code_point = (uint32_t)unit;
        int32_t low = i < text.n && text.p[i] == escape ? hex_unit(text, i + 1) : -1;
        if (unit >= 0xd800 && unit < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
            code_point = 0x10000 + (((uint32_t)unit - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
            i += 5;
        } else if (unit >= 0xd800 && unit < 0xe000) {
            FAIL_AT(ERR_SYNTAX, pos, "half of a surrogate pair in a U&'..' string");
        }
        n += utf8_encode(out + n, code_point);
    }
    *result = (struct slice){out, n};
    return NULL;
}

static struct err *unicode_string(struct parser *p, struct ast_string *string)
{
    const struct token *token = parser_take(p);
    struct text_pos pos = token->pos;
    struct slice text = fold_quotes(p, token->text, '\'');
    char escape = '\\';
    if (parser_accept_word(p, WORD_UESCAPE)) {
        struct ast_string character;
        TRY(parse__string(p, "the escape character in quotes", &character));
        escape = character.text.n == 1 ? character.text.p[0] : '+';
        if (hex_digit(escape) >= 0 || strchr("+\"' \t\n", escape) || (escape & 0x80))
            FAIL_AT(ERR_SYNTAX, character.pos, "this cannot be an escape character");
    }
    TRY(decode_unicode(p, pos, escape, text, &string->text));
    string->pos = parser_span(p, pos);
    return NULL;
}

struct err *parse__strings(struct parser *p, const char *what, struct ast_string *string)
{
    if (parser_at(p, TOKEN_UNICODE_STRING)) return unicode_string(p, string);
    TRY(parse__string(p, what, string));
    struct text_pos start = string->pos;
    while (parser_at(p, TOKEN_STRING)) {
        struct ast_string more;
        TRY(parse__string(p, what, &more));
        char *joined = parser_alloc(p, string->text.n + more.text.n);
        memcpy(joined, string->text.p, string->text.n);
        memcpy(joined + string->text.n, more.text.p, more.text.n);
        string->text = (struct slice){joined, string->text.n + more.text.n};
        string->pos = parser_span(p, start);
    }
    return NULL;
}

struct err *parse__int(struct parser *p, const char *what, int32_t *value)
{
    if (!parser_at(p, TOKEN_INTEGER)) return parser_fail(p, what);
    struct text_pos pos = parser_here(p);
    if (num_parse_i32(parser_take(p)->text, value)) return NULL;
    FAIL_AT(ERR_SYNTAX, pos, "%s is at most 2147483647", what);
}

/* --- options --- */

struct err *parse__options(struct parser *p, struct ast_option_list *options)
{
    TRY(parser_expect(p, TOKEN_LEFT_PAREN, NULL));
    if (parser_accept(p, TOKEN_RIGHT_PAREN)) return NULL;
    do {
        struct text_pos start = parser_here(p);
        struct ast_option option = {0};
        TRY(parse__strings(p, "an option's 'key' in quotes", &option.key));
        TRY(parser_expect(p, TOKEN_EQUAL, "'=' after the option's key"));
        TRY(parse__strings(p, "the option's 'value' in quotes", &option.value));
        option.pos = parser_span(p, start);
        options->items = parser_push(p, options->items, &options->count, sizeof option);
        options->items[options->count - 1] = option;
    } while (parser_accept(p, TOKEN_COMMA));
    return parser_expect(p, TOKEN_RIGHT_PAREN, "')' or ',' after the option");
}

struct err *parse__keys(struct parser *p, struct ast_string_list *keys)
{
    TRY(parser_expect(p, TOKEN_LEFT_PAREN, NULL));
    if (parser_accept(p, TOKEN_RIGHT_PAREN)) return NULL;
    do {
        struct ast_string key;
        TRY(parse__strings(p, "an option's 'key' in quotes", &key));
        keys->items = parser_push(p, keys->items, &keys->count, sizeof key);
        keys->items[keys->count - 1] = key;
    } while (parser_accept(p, TOKEN_COMMA));
    return parser_expect(p, TOKEN_RIGHT_PAREN, "')' or ',' after the key");
}

/* --- hints --- */

static struct err *hint_text(struct parser *p, struct ast_string *text)
{
    const struct token *token = parser_peek(p, 0);
    if (token->kind == TOKEN_STRING) return parse__string(p, "a string", text);
    struct ast_name name;
    if (token->kind == TOKEN_INTEGER || token->kind == TOKEN_DECIMAL) {
        parser_take(p);
        *text = (struct ast_string){token->text, token->pos};
        return NULL;
    }
    TRY(parse__name(p, "a name, a 'string' or a number in the hint", &name));
    *text = (struct ast_string){name.text, name.pos};
    return NULL;
}

static struct err *hint_items(struct parser *p, struct ast_hint *hint)
{
    if (parser_accept(p, TOKEN_RIGHT_PAREN)) return NULL;
    bool pairs = parser_next_is(p, 1, TOKEN_EQUAL);
    do {
        struct text_pos start = parser_here(p);
        struct ast_option option = {0};
        TRY(hint_text(p, &option.key));
        if (pairs) {
            TRY(parser_expect(p, TOKEN_EQUAL, "'=' after the hint's key"));
            TRY(parse__string(p, "the hint's 'value' in quotes", &option.value));
            option.pos = parser_span(p, start);
            hint->options.items =
                parser_push(p, hint->options.items, &hint->options.count, sizeof option);
            hint->options.items[hint->options.count - 1] = option;
        } else {
            hint->values.items =
                parser_push(p, hint->values.items, &hint->values.count, sizeof option.key);
            hint->values.items[hint->values.count - 1] = option.key;
        }
    } while (parser_accept(p, TOKEN_COMMA));
    return parser_expect(p, TOKEN_RIGHT_PAREN, "')' or ',' in the hint");
}

struct err *parse__hints(struct parser *p, struct ast_hint_list *hints)
{
    if (!parser_accept(p, TOKEN_HINT)) return NULL;
    do {
        struct text_pos start = parser_here(p);
        struct ast_hint hint = {0};
        TRY(parse__name(p, "the name of a hint", &hint.name));
        if (parser_accept(p, TOKEN_LEFT_PAREN)) TRY(hint_items(p, &hint));
        hint.pos = parser_span(p, start);
        hints->items = parser_push(p, hints->items, &hints->count, sizeof hint);
        hints->items[hints->count - 1] = hint;
    } while (parser_accept(p, TOKEN_COMMA));
    return parser_expect(p, TOKEN_HINT_END, "',' or '*/' after the hint");
}

/* --- IF [NOT] EXISTS --- */

bool parse__if_exists(struct parser *p)
{
    return parser_accept_words(p, WORD_IF, WORD_EXISTS);
}

bool parse__if_not_exists(struct parser *p)
{
    if (!parser_at_word(p, WORD_IF) || !parser_next_is_word(p, 1, WORD_NOT) ||
        !parser_next_is_word(p, 2, WORD_EXISTS))
        return false;
    for (int i = 0; i < 3; i++) parser_take(p);
    return true;
}
