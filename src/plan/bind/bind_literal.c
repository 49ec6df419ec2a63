/* bind_literal.c - literals and their types, as Flink gives them: 1 is INT, 1.50 is DECIMAL(3, 2)
 * by its digits, 1E0 is DOUBLE, 'ab' is CHAR(2); none is nullable but NULL. */
#include "base/arena.h"
#include "base/check.h"
#include "base/utf8.h"
#include "plan/bind/scope.h"
#include "type/datetime.h"
#include "type/decimal.h"

enum { LITERAL_DIGITS_MAX = 38 };

struct expr *bind_literal_value(
    struct bind *b, const struct type *type, struct value value, struct text_pos pos)
{
    struct value *v = ARENA_NEW(b->arena, struct value);
    *v = value;
    struct expr *e = expr_literal(b->arena, v, type);
    e->pos = pos;
    return e;
}

static struct err *out_of_range(struct slice text, struct text_pos pos)
{
    FAIL_AT(ERR_OUT_OF_RANGE, pos, "Numeric literal '%.*s' out of range", (int)text.n, text.p);
}

static struct err *bind_integer(
    struct bind *b, struct slice text, struct text_pos pos, const struct expr **out)
{
    int64_t v;
    if (!num_parse_i64(text, &v)) return out_of_range(text, pos);
    enum type_kind kind = v <= INT32_MAX ? TYPE_INTEGER : TYPE_BIGINT;
    const struct type *type = type_with_nullable(b->arena, type_simple(kind), false);
    *out = bind_literal_value(b, type, (struct value){.i64 = v}, pos);
    return NULL;
}

/* Calcite's SqlLiteral.createExactNumeric: the precision is the number of digits written. */
static struct err *bind_decimal(
    struct bind *b, struct slice text, struct text_pos pos, const struct expr **out)
{
    const char *dot = memchr(text.p, '.', text.n);
    size_t before = dot ? (size_t)(dot - text.p) : text.n;
    if (before == text.n || before + 1 == text.n)
        return bind_integer(b, (struct slice){text.p, before}, pos, out);
    size_t digits = text.n - 1;
    if (digits > LITERAL_DIGITS_MAX) return out_of_range(text, pos);
    int32_t scale = (int32_t)(text.n - before - 1), precision = (int32_t)digits;
    struct value v = {0};
    if (decimal_parse(text, precision, scale, &v.wide) != DECIMAL_PARSE_OK)
        return out_of_range(text, pos);
    const struct type *type = type_new(b->arena, TYPE_DECIMAL, precision, scale, false);
    *out = bind_literal_value(b, type, v, pos);
    return NULL;
}

static struct err *bind_approximate(
    struct bind *b, struct slice text, struct text_pos pos, const struct expr **out)
{
    struct value v = {0};
    if (!num_parse_double(text, &v.f64)) return out_of_range(text, pos);
    *out = bind_literal_value(
        b, type_with_nullable(b->arena, type_simple(TYPE_DOUBLE), false), v, pos);
    return NULL;
}

static struct err *bind_string(
    struct bind *b, struct slice text, struct text_pos pos, const struct expr **out)
{
    struct slice copy = bind_copy(b, text);
    int32_t length = (int32_t)utf8_count_utf16(copy);
    const struct type *type = type_new(b->arena, TYPE_CHAR, length, 0, false);
    *out = bind_literal_value(b, type, (struct value){.text = copy}, pos);
    return NULL;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    return (c | 0x20) - 'a' + 10; /* the lexer has checked it */
}

static struct err *bind_binary(
    struct bind *b, struct slice text, struct text_pos pos, const struct expr **out)
{
    size_t n = text.n / 2;
    char *bytes = arena_alloc(b->arena, n + 1);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)(hex_digit(text.p[2 * i]) << 4 | hex_digit(text.p[2 * i + 1]));
    const struct type *type = type_new(b->arena, TYPE_BINARY, (int32_t)n, 0, false);
    *out = bind_literal_value(b, type, (struct value){.text = {bytes, n}}, pos);
    return NULL;
}

/* Digits after the last dot: the precision of a TIME or TIMESTAMP literal. */
static int32_t fraction_digits(struct slice text)
{
    for (size_t i = text.n; i > 0; i--)
        if (text.p[i - 1] == '.') return (int32_t)(text.n - i);
    return 0;
}

/* HH:mm:ss in full: a TIME literal is stricter than CAST. */
static bool has_seconds(struct slice text)
{
    uint32_t colons = 0;
    for (size_t i = 0; i < text.n; i++) colons += text.p[i] == ':';
    return colons == 2;
}

static struct err *bind_date(
    struct bind *b, struct slice text, struct text_pos pos, const struct expr **out)
{
    int32_t days;
    if (!datetime_parse_date(text, &days))
        FAIL_AT(ERR_INVALID_VALUE, pos, "Illegal DATE literal '%.*s': not in format 'yyyy-MM-dd'",
            (int)text.n, text.p);
    *out = bind_literal_value(b, type_with_nullable(b->arena, type_simple(TYPE_DATE), false),
        (struct value){.i64 = days}, pos);
    return NULL;
}

static struct err *bind_time(
    struct bind *b, struct slice text, struct text_pos pos, const struct expr **out)
{
    int32_t ms;
    if (!has_seconds(text) || !datetime_parse_time(text, &ms))
        FAIL_AT(ERR_INVALID_VALUE, pos, "Illegal TIME literal '%.*s': not in format 'HH:mm:ss'",
            (int)text.n, text.p);
    const struct type *type = type_new(b->arena, TYPE_TIME, fraction_digits(text), 0, false);
    *out = bind_literal_value(b, type, (struct value){.i64 = ms}, pos);
    return NULL;
}

static struct err *bind_timestamp(
    struct bind *b, struct slice text, struct text_pos pos, const struct expr **out)
{
    int32_t precision = fraction_digits(text);
    struct timestamp t;
    if (precision > 9 || !datetime_parse_timestamp(text, precision, &t))
        FAIL_AT(ERR_INVALID_VALUE, pos,
            "Illegal TIMESTAMP literal '%.*s': not in format 'yyyy-MM-dd HH:mm:ss'", (int)text.n,
            text.p);
    const struct type *type = type_new(b->arena, TYPE_TIMESTAMP, precision, 0, false);
    struct value v = {0};
    if (type_is_wide(type))
        v.wide = datetime_to_ns(t);
    else
        v.i64 = t.ms;
    *out = bind_literal_value(b, type, v, pos);
    return NULL;
}

static struct err *bind_boolean(
    struct bind *b, bool value, struct text_pos pos, const struct expr **out)
{
    *out = bind_literal_value(b, type_with_nullable(b->arena, type_simple(TYPE_BOOLEAN), false),
        (struct value){.boolean = value}, pos);
    return NULL;
}

static struct err *bind_null(
    struct bind *b, enum type_kind kind, struct text_pos pos, const struct expr **out)
{
    *out = bind_literal_value(b, type_simple(kind), value_null(), pos);
    return NULL;
}

struct err *bind_literal(struct bind *b, const struct ast_expr *ast, const struct expr **out)
{
    struct slice text = ast->literal.text;
    struct text_pos pos = bind_pos(b, ast->pos);
    switch (ast->literal.kind) {
    case AST_LITERAL_NULL: return bind_null(b, TYPE_NULL, pos, out);
    case AST_LITERAL_UNKNOWN: return bind_null(b, TYPE_BOOLEAN, pos, out);
    case AST_LITERAL_TRUE: return bind_boolean(b, true, pos, out);
    case AST_LITERAL_FALSE: return bind_boolean(b, false, pos, out);
    case AST_LITERAL_INTEGER: return bind_integer(b, text, pos, out);
    case AST_LITERAL_DECIMAL: return bind_decimal(b, text, pos, out);
    case AST_LITERAL_APPROX: return bind_approximate(b, text, pos, out);
    case AST_LITERAL_STRING: return bind_string(b, text, pos, out);
    case AST_LITERAL_BINARY: return bind_binary(b, text, pos, out);
    case AST_LITERAL_DATE: return bind_date(b, text, pos, out);
    case AST_LITERAL_TIME: return bind_time(b, text, pos, out);
    case AST_LITERAL_TIMESTAMP: return bind_timestamp(b, text, pos, out);
    case AST_LITERAL_TIMESTAMP_LTZ:
        return bind_unsupported(b, ast->pos, "a TIMESTAMP WITH LOCAL TIME ZONE literal");
    }
    UNREACHABLE();
}

bool bind_is_null(const struct expr *e)
{
    return e->kind == EXPR_LITERAL && e->type->kind == TYPE_NULL;
}

const struct expr *bind_typed_null(struct bind *b, const struct expr *e, const struct type *type)
{
    if (!bind_is_null(e)) return e;
    return bind_literal_value(
        b, type_with_nullable(b->arena, bind_plain(b, type), true), value_null(), e->pos);
}

const struct type *bind_plain(struct bind *b, const struct type *t)
{
    return t->time_attribute == TIME_NONE ? t : type_with_time_attribute(b->arena, t, TIME_NONE);
}
