/* Calls with a syntax of their own: CAST, EXTRACT, TRIM, SUBSTRING, FLOOR TO .. and units. */
#include "base/check.h"
#include "sql/parse_part.h"

/* --- units --- */

static const char *const unit_names[] = {
#define X(name) #name,
    AST_UNITS(X)
#undef X
};

enum { UNIT_COUNT = sizeof unit_names / sizeof *unit_names };

static bool find_unit(struct slice word, enum ast_unit *unit)
{
    struct slice prefix = SLICE("SQL_TSI_");
    if (word.n > prefix.n && slice_eq_nocase((struct slice){word.p, prefix.n}, prefix))
        word = (struct slice){word.p + prefix.n, word.n - prefix.n};
    for (size_t i = 0; i < UNIT_COUNT; i++) {
        if (!slice_eq_nocase(word, slice_of(unit_names[i]))) continue;
        *unit = (enum ast_unit)i;
        return true;
    }
    return false;
}

/* Units are words, reserved or not, never strings. */
struct err *parse__unit(struct parser *p, struct ast_expr **expr)
{
    const struct token *token = parser_peek(p, 0);
    enum ast_unit unit;
    if (token->kind != TOKEN_NAME || token->quoted) return parser_fail(p, "a unit of time");
    if (!find_unit(token->text, &unit)) {
        const char *near = str_nearest(token->text, unit_names, UNIT_COUNT);
        struct err *e =
            ERR(ERR_SYNTAX, "'%.*s' is not a unit of time", (int)token->text.n, token->text.p);
        e = err_at(e, token->pos);
        if (near) return err_hint(e, "did you mean '%s'?", near);
        return err_hint(e, "units are YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE, SECOND, ..");
    }
    *expr = parser_new_expr(p, AST_EXPR_UNIT, token->pos);
    (*expr)->unit = unit;
    parser_take(p);
    return NULL;
}

/* --- helpers --- */

static void add_arg(struct parser *p, struct ast_call *call, struct ast_expr *arg)
{
    call->args.items = parser_push(p, call->args.items, &call->args.count, sizeof arg);
    call->args.items[call->args.count - 1] = arg;
}

static struct err *parse_arg(struct parser *p, struct ast_call *call)
{
    struct ast_expr *arg;
    TRY(parse__expr(p, &arg));
    add_arg(p, call, arg);
    return NULL;
}

/* WORD a: does nothing when the word is not there. */
static struct err *parse_word_arg(
    struct parser *p, enum keyword word, bool *found, struct ast_call *call)
{
    *found = parser_accept_word(p, word);
    return *found ? parse_arg(p, call) : NULL;
}

static struct err *parse_unit_arg(struct parser *p, struct ast_call *call)
{
    struct ast_expr *unit;
    TRY(parse__unit(p, &unit));
    add_arg(p, call, unit);
    return NULL;
}

/* --- the calls, after '(' --- */

static struct err *parse_extract(struct parser *p, struct ast_call *call)
{
    call->form = AST_CALL_EXTRACT;
    TRY(parse_unit_arg(p, call));
    TRY(parser_expect_word(p, WORD_FROM));
    return parse_arg(p, call);
}

/* TRIM([BOTH|LEADING|TRAILING] [characters] [FROM] a) becomes TRIM(symbol, characters, a). */
static struct err *parse_trim(struct parser *p, struct ast_call *call)
{
    static const enum keyword sides[] = {WORD_BOTH, WORD_LEADING, WORD_TRAILING};
    struct ast_expr *symbol = parser_new_expr(p, AST_EXPR_SYMBOL, parser_here(p));
    symbol->symbol = SLICE("BOTH");
    symbol->pos.size_bytes = 0;
    bool side = false;
    for (size_t i = 0; i < sizeof sides / sizeof *sides && !side; i++) {
        if (!parser_at_word(p, sides[i])) continue;
        symbol->pos = parser_take(p)->pos;
        symbol->symbol = slice_of(keyword_text(sides[i]));
        side = true;
    }
    call->form = AST_CALL_TRIM;
    add_arg(p, call, symbol);
    struct ast_expr *blank = parser_new_expr(p, AST_EXPR_LITERAL, symbol->pos);
    blank->literal = (struct ast_literal){AST_LITERAL_STRING, SLICE(" ")};
    if (side && parser_accept_word(p, WORD_FROM)) {
        add_arg(p, call, blank);
        return parse_arg(p, call);
    }
    struct ast_expr *first;
    TRY(parse__expr(p, &first));
    if (parser_accept_word(p, WORD_FROM)) {
        add_arg(p, call, first);
        return parse_arg(p, call);
    }
    if (parser_at(p, TOKEN_COMMA))
        return err_hint(parser_fail(p, "FROM or ')' in TRIM"),
            "write TRIM(BOTH characters FROM text), or BTRIM(text, characters)");
    add_arg(p, call, blank);
    add_arg(p, call, first);
    return NULL;
}

static struct err *parse_substring(struct parser *p, struct ast_call *call)
{
    bool found = parser_accept_word(p, WORD_FROM);
    call->form = found ? AST_CALL_SUBSTRING : AST_CALL_PLAIN;
    if (!found) TRY(parser_expect(p, TOKEN_COMMA, "',' or FROM after the text"));
    TRY(parse_arg(p, call));
    if (!parser_accept(p, TOKEN_COMMA) && !parser_accept_word(p, WORD_FOR)) return NULL;
    return parse_arg(p, call);
}

static struct err *parse_position(struct parser *p, struct ast_call *call)
{
    /* IN would otherwise be taken for the predicate: the first argument ends before it. */
    enum { PRECEDENCE_ABOVE_IN = 33 };
    struct ast_expr *text;
    bool found;
    call->form = AST_CALL_POSITION;
    TRY(parse__operators(p, PRECEDENCE_ABOVE_IN, &text));
    add_arg(p, call, text);
    if (!parser_accept_word(p, WORD_IN))
        return err_hint(
            parser_fail(p, "IN"), "write POSITION(part IN text), or LOCATE(part, text)");
    TRY(parse_arg(p, call));
    return parse_word_arg(p, WORD_FROM, &found, call);
}

static struct err *parse_overlay(struct parser *p, struct ast_call *call)
{
    bool found;
    call->form = AST_CALL_OVERLAY;
    TRY(parser_expect_word(p, WORD_PLACING));
    TRY(parse_arg(p, call));
    TRY(parser_expect_word(p, WORD_FROM));
    TRY(parse_arg(p, call));
    return parse_word_arg(p, WORD_FOR, &found, call);
}

static struct err *parse_round(struct parser *p, struct ast_call *call)
{
    if (!parser_accept_word(p, WORD_TO)) return NULL;
    call->form = AST_CALL_ROUND_TO;
    return parse_unit_arg(p, call);
}

/* TRANSLATE(a USING name) or TRANSLATE(a, b, c) */
static struct err *parse_translate(struct parser *p, struct ast_call *call)
{
    if (parser_accept_word(p, WORD_USING)) {
        struct ast_path path;
        call->form = AST_CALL_USING;
        TRY(parse__path(p, "the name of a character set", &path));
        struct ast_expr *name = parser_new_expr(p, AST_EXPR_NAME, path.pos);
        name->name = path;
        add_arg(p, call, name);
        return NULL;
    }
    while (parser_accept(p, TOKEN_COMMA)) TRY(parse_arg(p, call));
    return NULL;
}

/* TIMESTAMPADD(unit, a, b) */
static struct err *parse_timestamp_arithmetic(struct parser *p, struct ast_call *call)
{
    TRY(parse_unit_arg(p, call));
    for (int i = 0; i < 2; i++) {
        TRY(parser_expect(p, TOKEN_COMMA, NULL));
        TRY(parse_arg(p, call));
    }
    return NULL;
}

static struct err *parse_cast(struct parser *p, bool try_cast, struct ast_expr **expr)
{
    struct text_pos start = parser_here(p);
    parser_take(p);
    struct ast_expr *e = parser_new_expr(p, AST_EXPR_CAST, start);
    e->cast.try_cast = try_cast;
    TRY(parser_expect(p, TOKEN_LEFT_PAREN, NULL));
    TRY(parse__expr(p, &e->cast.operand));
    TRY(parser_expect_word(p, WORD_AS));
    TRY(parse__type(p, false, &e->cast.type));
    TRY(parser_expect(p, TOKEN_RIGHT_PAREN, "')' after the type"));
    e->pos = parser_span(p, start);
    *expr = e;
    return NULL;
}

/* --- dispatch --- */

/* `argument` tells that an ordinary argument comes first; the tail of aggregates never follows. */
static const struct {
    enum keyword word;
    bool argument;
    struct err *(*rest)(struct parser *p, struct ast_call *call); /* NULL: parse_json.c */
} special_rows[] = {{WORD_EXTRACT, false, parse_extract}, {WORD_TRIM, false, parse_trim},
    {WORD_SUBSTRING, true, parse_substring}, {WORD_POSITION, false, parse_position},
    {WORD_OVERLAY, true, parse_overlay}, {WORD_FLOOR, true, parse_round},
    {WORD_CEIL, true, parse_round}, {WORD_CEILING, true, parse_round},
    {WORD_TRANSLATE, true, parse_translate}, {WORD_CONVERT, true, parse_translate},
    {WORD_TIMESTAMPADD, false, parse_timestamp_arithmetic},
    {WORD_TIMESTAMPDIFF, false, parse_timestamp_arithmetic}, {WORD_JSON_EXISTS, true, NULL},
    {WORD_JSON_VALUE, true, NULL}, {WORD_JSON_QUERY, true, NULL}, {WORD_JSON_OBJECT, false, NULL},
    {WORD_JSON_ARRAY, false, NULL}, {WORD_JSON_OBJECTAGG, false, NULL},
    {WORD_JSON_ARRAYAGG, true, NULL}};

static struct err *parse_row(struct parser *p, size_t row, struct ast_expr **expr)
{
    struct text_pos start = parser_here(p);
    struct ast_expr *e = parser_new_expr(p, AST_EXPR_CALL, start);
    e->call.name = parse__take_word_as_path(p);
    parser_take(p);
    if (special_rows[row].argument) TRY(parse_arg(p, &e->call));
    *expr = e;
    if (!special_rows[row].rest) return parse__json_call(p, e);
    TRY(special_rows[row].rest(p, &e->call));
    TRY(parser_expect(p, TOKEN_RIGHT_PAREN, "')' after the argument"));
    e->pos = parser_span(p, start);
    return NULL;
}

struct err *parse__special_call(struct parser *p, bool *found, struct ast_expr **expr)
{
    *found = true;
    if (parser_next_is(p, 1, TOKEN_LEFT_PAREN)) {
        if (parser_at_word(p, WORD_CAST)) return parse_cast(p, false, expr);
        if (parser_at_word(p, WORD_TRY_CAST)) return parse_cast(p, true, expr);
        for (size_t i = 0; i < sizeof special_rows / sizeof *special_rows; i++)
            if (parser_next_is_word(p, 0, special_rows[i].word)) return parse_row(p, i, expr);
    }
    *found = false;
    return NULL;
}
