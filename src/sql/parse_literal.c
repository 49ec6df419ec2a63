/* Literals: numbers, strings, dates, intervals. */
#include "sql/parse_part.h"

static struct err *new_literal(
    struct parser *p, enum ast_literal_kind kind, struct slice text, struct ast_expr **expr)
{
    struct text_pos start = parser_here(p);
    parser_take(p);
    *expr = parser_new_expr(p, AST_EXPR_LITERAL, parser_span(p, start));
    (*expr)->literal.kind = kind;
    (*expr)->literal.text = text;
    return NULL;
}

static struct err *parse_string_literal(struct parser *p, struct ast_expr **expr)
{
    struct ast_string string;
    TRY(parse__strings(p, "a string", &string));
    *expr = parser_new_expr(p, AST_EXPR_LITERAL, string.pos);
    (*expr)->literal.kind = AST_LITERAL_STRING;
    (*expr)->literal.text = string.text;
    return NULL;
}

/* x'0a' '0b': later parts are written without the x. */
static struct err *parse_binary_literal(struct parser *p, struct ast_expr **expr)
{
    const struct token *token = parser_take(p);
    struct text_pos start = token->pos;
    struct slice text = token->text;
    while (parser_at(p, TOKEN_STRING)) {
        struct slice more = parser_take(p)->text;
        char *joined = parser_alloc(p, text.n + more.n);
        memcpy(joined, text.p, text.n);
        memcpy(joined + text.n, more.p, more.n);
        text = (struct slice){joined, text.n + more.n};
    }
    struct text_pos pos = parser_span(p, start);
    for (size_t i = 0; i < text.n; i++)
        if (!strchr("0123456789abcdefABCDEF", text.p[i]) || text.p[i] == 0)
            FAIL_AT(
                ERR_SYNTAX, pos, "a binary string holds hexadecimal digits, not '%c'", text.p[i]);
    if (text.n % 2 != 0)
        FAIL_AT(ERR_SYNTAX, pos, "a binary string needs an even number of hexadecimal digits");
    *expr = parser_new_expr(p, AST_EXPR_LITERAL, pos);
    (*expr)->literal.kind = AST_LITERAL_BINARY;
    (*expr)->literal.text = text;
    return NULL;
}

/* DATE '..'; the word and the string have been seen. */
static struct err *parse_typed(
    struct parser *p, enum ast_literal_kind kind, size_t words, struct ast_expr **expr)
{
    struct text_pos start = parser_here(p);
    struct ast_string string;
    for (size_t i = 0; i < words; i++) parser_take(p);
    TRY(parse__string(p, "a string", &string));
    *expr = parser_new_expr(p, AST_EXPR_LITERAL, parser_span(p, start));
    (*expr)->literal.kind = kind;
    (*expr)->literal.text = string.text;
    return NULL;
}

/* --- intervals --- */

struct unit_row {
    enum keyword singular, plural;
    enum ast_unit unit;
};

static const struct unit_row interval_units[] = {{WORD_YEAR, WORD_YEARS, AST_UNIT_YEAR},
    {WORD_QUARTER, WORD_QUARTERS, AST_UNIT_QUARTER}, {WORD_MONTH, WORD_MONTHS, AST_UNIT_MONTH},
    {WORD_WEEK, WORD_WEEKS, AST_UNIT_WEEK}, {WORD_DAY, WORD_DAYS, AST_UNIT_DAY},
    {WORD_HOUR, WORD_HOURS, AST_UNIT_HOUR}, {WORD_MINUTE, WORD_MINUTES, AST_UNIT_MINUTE},
    {WORD_SECOND, WORD_SECONDS, AST_UNIT_SECOND}};

static bool accept_interval_unit(struct parser *p, enum ast_unit *unit)
{
    for (size_t i = 0; i < sizeof interval_units / sizeof *interval_units; i++) {
        const struct unit_row *row = &interval_units[i];
        if (!parser_accept_word(p, row->singular) && !parser_accept_word(p, row->plural)) continue;
        *unit = row->unit;
        return true;
    }
    return false;
}

/* What may follow TO: only finer units of the same family. */
static bool range_is_valid(enum ast_unit from, enum ast_unit to)
{
    if (from == AST_UNIT_YEAR) return to == AST_UNIT_MONTH;
    if (from == AST_UNIT_DAY || from == AST_UNIT_HOUR || from == AST_UNIT_MINUTE)
        return to < from && to >= AST_UNIT_SECOND;
    return false;
}

static struct err *parse_precisions(struct parser *p, struct ast_interval *unit)
{
    if (!parser_accept(p, TOKEN_LEFT_PAREN)) return NULL;
    TRY(parse__int(p, "the number of digits", &unit->leading_precision));
    if (unit->from == AST_UNIT_SECOND && parser_accept(p, TOKEN_COMMA))
        TRY(parse__int(p, "the number of fraction digits", &unit->fraction_precision));
    return parser_expect(p, TOKEN_RIGHT_PAREN, NULL);
}

struct err *parse__interval_unit(struct parser *p, struct ast_interval *unit)
{
    *unit = (struct ast_interval){.leading_precision = -1, .fraction_precision = -1};
    if (!accept_interval_unit(p, &unit->from))
        return parser_fail(
            p, "the interval's unit: YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE or SECOND");
    unit->to = unit->from;
    TRY(parse_precisions(p, unit));
    if (!parser_accept_word(p, WORD_TO)) return NULL;
    struct text_pos pos = parser_here(p);
    if (!accept_interval_unit(p, &unit->to)) return parser_fail(p, "a finer unit after TO");
    if (!range_is_valid(unit->from, unit->to))
        return err_hint(err_at(ERR(ERR_SYNTAX, "an interval cannot have this range of units"), pos),
            "YEAR TO MONTH, DAY TO HOUR, DAY TO MINUTE, DAY TO SECOND, HOUR TO MINUTE, "
            "HOUR TO SECOND and MINUTE TO SECOND are possible");
    if (unit->to == AST_UNIT_SECOND && parser_accept(p, TOKEN_LEFT_PAREN)) {
        TRY(parse__int(p, "the number of fraction digits", &unit->fraction_precision));
        TRY(parser_expect(p, TOKEN_RIGHT_PAREN, NULL));
    }
    return NULL;
}

/* INTERVAL 3 DAY, INTERVAL (a + b) DAY, INTERVAL t.a DAY */
static struct err *parse_interval_value(struct parser *p, struct ast_expr **value)
{
    struct text_pos start = parser_here(p);
    if (parser_accept(p, TOKEN_LEFT_PAREN)) {
        TRY(parse__expr(p, value));
        (*value)->parenthesized = true;
        return parser_expect(p, TOKEN_RIGHT_PAREN, NULL);
    }
    if (parser_at(p, TOKEN_INTEGER) || parser_at(p, TOKEN_DECIMAL) || parser_at(p, TOKEN_APPROX)) {
        bool found;
        return parse__literal(p, &found, value);
    }
    struct ast_path path;
    TRY(parse__path(p, "the interval's value, as in INTERVAL '1' DAY", &path));
    *value = parser_new_expr(p, AST_EXPR_NAME, parser_span(p, start));
    (*value)->name = path;
    return NULL;
}

static struct err *parse_interval(struct parser *p, struct ast_expr **expr)
{
    struct text_pos start = parser_here(p);
    parser_take(p);
    struct ast_expr *e = parser_new_expr(p, AST_EXPR_INTERVAL, start);
    bool minus = parser_at(p, TOKEN_MINUS);
    bool sign = minus || parser_at(p, TOKEN_PLUS);
    if (sign) parser_take(p);
    e->interval.negative = minus;
    if (sign || parser_at(p, TOKEN_STRING)) {
        struct ast_string string;
        TRY(parse__string(p, "the interval's value in quotes, as in INTERVAL '1' DAY", &string));
        e->interval.text = string.text;
    } else {
        TRY(parse_interval_value(p, &e->interval.value));
    }
    TRY(parse__interval_unit(p, &e->interval.unit));
    e->pos = parser_span(p, start);
    *expr = e;
    return NULL;
}

/* --- all of them --- */

static struct err *parse_word_literal(struct parser *p, bool *found, struct ast_expr **expr)
{
    static const struct {
        enum keyword word;
        enum ast_literal_kind kind;
    } constants[] = {{WORD_NULL, AST_LITERAL_NULL}, {WORD_TRUE, AST_LITERAL_TRUE},
        {WORD_FALSE, AST_LITERAL_FALSE}, {WORD_UNKNOWN, AST_LITERAL_UNKNOWN}},
      typed[] = {{WORD_DATE, AST_LITERAL_DATE}, {WORD_TIME, AST_LITERAL_TIME},
          {WORD_TIMESTAMP, AST_LITERAL_TIMESTAMP}};
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        if (parser_at_word(p, constants[i].word))
            return new_literal(p, constants[i].kind, (struct slice){0}, expr);
    bool string = parser_next_is(p, 1, TOKEN_STRING);
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++)
        if (parser_at_word(p, typed[i].word) && string)
            return parse_typed(p, typed[i].kind, 1, expr);
    if (parser_at_word(p, WORD_TIMESTAMP) && parser_next_is_word(p, 1, WORD_WITH) &&
        parser_next_is_word(p, 2, WORD_LOCAL) && parser_next_is_word(p, 3, WORD_TIME) &&
        parser_next_is_word(p, 4, WORD_ZONE))
        return parse_typed(p, AST_LITERAL_TIMESTAMP_LTZ, 5, expr);
    if (parser_at_word(p, WORD_INTERVAL)) return parse_interval(p, expr);
    *found = false;
    return NULL;
}

struct err *parse__literal(struct parser *p, bool *found, struct ast_expr **expr)
{
    const struct token *token = parser_peek(p, 0);
    *found = true;
    if (token->kind == TOKEN_INTEGER) return new_literal(p, AST_LITERAL_INTEGER, token->text, expr);
    if (token->kind == TOKEN_DECIMAL) return new_literal(p, AST_LITERAL_DECIMAL, token->text, expr);
    if (token->kind == TOKEN_APPROX) return new_literal(p, AST_LITERAL_APPROX, token->text, expr);
    if (token->kind == TOKEN_STRING || token->kind == TOKEN_UNICODE_STRING)
        return parse_string_literal(p, expr);
    if (token->kind == TOKEN_BINARY) return parse_binary_literal(p, expr);
    if (token->kind == TOKEN_NAME) return parse_word_literal(p, found, expr);
    *found = false;
    return NULL;
}
