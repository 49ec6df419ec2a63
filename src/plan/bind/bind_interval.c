/* bind_interval.c - INTERVAL literals: '10' SECOND, '1:30' MINUTE TO SECOND, '1-2' YEAR TO MONTH.
 * Day-time intervals are milliseconds, year-month intervals months (Calcite's SqlIntervalQualifier,
 * which also says that a leading field has at most two digits unless a precision is written). */
#include "base/arena.h"
#include "base/check.h"
#include "plan/bind/scope.h"

enum { LEADING_DIGITS_DEFAULT = 2, LEADING_DIGITS_MAX = 10 };

struct interval_text {
    struct slice rest;
    bool bad;
};

/* Digits up to the next separator. */
static int64_t read_number(struct interval_text *t, size_t *digits)
{
    size_t n = 0;
    while (n < t->rest.n && t->rest.p[n] >= '0' && t->rest.p[n] <= '9') n++;
    int64_t v = 0;
    if (n == 0 || n > LEADING_DIGITS_MAX || !num_parse_i64((struct slice){t->rest.p, n}, &v))
        t->bad = true;
    *digits = n;
    t->rest = (struct slice){t->rest.p + n, t->rest.n - n};
    return v;
}

static void read_separator(struct interval_text *t, char c)
{
    if (t->rest.n == 0 || t->rest.p[0] != c)
        t->bad = true;
    else
        t->rest = (struct slice){t->rest.p + 1, t->rest.n - 1};
}

/* .123456 in milliseconds, cut. */
static int64_t read_fraction(struct interval_text *t)
{
    if (t->rest.n == 0) return 0;
    read_separator(t, '.');
    int64_t ms = 0, unit = 100;
    size_t i = 0;
    for (; i < t->rest.n; i++, unit /= 10) {
        if (t->rest.p[i] < '0' || t->rest.p[i] > '9') t->bad = true;
        ms += (t->rest.p[i] - '0') * unit;
    }
    if (i == 0) t->bad = true;
    t->rest.n = 0;
    return ms;
}

static int64_t unit_size(enum ast_unit unit)
{
    switch (unit) {
    case AST_UNIT_YEAR: return 12;
    case AST_UNIT_QUARTER: return 3;
    case AST_UNIT_MONTH: return 1;
    case AST_UNIT_WEEK: return 7 * INT64_C(86400000);
    case AST_UNIT_DAY: return INT64_C(86400000);
    case AST_UNIT_HOUR: return 3600000;
    case AST_UNIT_MINUTE: return 60000;
    case AST_UNIT_SECOND: return 1000;
    case AST_UNIT_NANOSECOND:
    case AST_UNIT_MICROSECOND:
    case AST_UNIT_MILLISECOND:
    case AST_UNIT_DECADE:
    case AST_UNIT_CENTURY:
    case AST_UNIT_MILLENNIUM:
    case AST_UNIT_DOW:
    case AST_UNIT_DOY:
    case AST_UNIT_ISODOW:
    case AST_UNIT_ISOYEAR:
    case AST_UNIT_EPOCH: return 0;
    }
    UNREACHABLE();
}

static const char *unit_name(enum ast_unit unit)
{
    static const char *const names[] = {
#define X(name) #name,
        AST_UNITS(X)
#undef X
    };
    return names[unit];
}

static bool is_months(enum ast_unit unit)
{
    return unit == AST_UNIT_YEAR || unit == AST_UNIT_QUARTER || unit == AST_UNIT_MONTH;
}

/* The next smaller field of DAY TO SECOND or YEAR TO MONTH, its separator and its limit. */
static enum ast_unit next_field(enum ast_unit unit, char *separator, int64_t *limit)
{
    switch ((int)unit) {
    case AST_UNIT_YEAR: *separator = '-', *limit = 11; return AST_UNIT_MONTH;
    case AST_UNIT_DAY: *separator = ' ', *limit = 23; return AST_UNIT_HOUR;
    case AST_UNIT_HOUR: *separator = ':', *limit = 59; return AST_UNIT_MINUTE;
    default: *separator = ':', *limit = 59; return AST_UNIT_SECOND;
    }
}

static int64_t read_interval(struct interval_text *t, const struct ast_interval *q, size_t *leading)
{
    int64_t sum = read_number(t, leading) * unit_size(q->from);
    enum ast_unit unit = q->from;
    while (unit != q->to && !t->bad) {
        char separator;
        int64_t limit;
        unit = next_field(unit, &separator, &limit);
        read_separator(t, separator);
        size_t digits;
        int64_t v = read_number(t, &digits);
        if (digits > 2 || v > limit) t->bad = true;
        sum += v * unit_size(unit);
    }
    if (unit == AST_UNIT_SECOND) sum += read_fraction(t);
    if (t->rest.n != 0) t->bad = true;
    return sum;
}

struct err *bind_interval(struct bind *b, const struct ast_expr *ast, const struct expr **out)
{
    const struct ast_interval *q = &ast->interval.unit;
    struct text_pos pos = bind_pos(b, ast->pos);
    if (ast->interval.value) return bind_unsupported(b, ast->pos, "INTERVAL of an expression");
    const char *from = unit_name(q->from), *to = unit_name(q->to);
    if (unit_size(q->from) == 0 || unit_size(q->to) == 0)
        FAIL_AT(ERR_UNSUPPORTED, pos, "INTERVAL with the unit %s is not supported", from);
    struct slice text = slice_trim(ast->interval.text);
    struct interval_text t = {.rest = text};
    bool negative = ast->interval.negative;
    if (t.rest.n > 0 && (t.rest.p[0] == '-' || t.rest.p[0] == '+')) {
        negative ^= t.rest.p[0] == '-';
        t.rest = (struct slice){t.rest.p + 1, t.rest.n - 1};
    }
    size_t leading;
    int64_t v = read_interval(&t, q, &leading);
    if (t.bad)
        FAIL_AT(ERR_INVALID_VALUE, pos,
            "Illegal interval literal format '%.*s' for INTERVAL %s%s%s", (int)text.n, text.p, from,
            q->from == q->to ? "" : " TO ", q->from == q->to ? "" : to);
    int32_t precision = q->leading_precision < 0 ? LEADING_DIGITS_DEFAULT : q->leading_precision;
    if ((int32_t)leading > precision) {
        struct err *e = ERR(ERR_OUT_OF_RANGE,
            "Interval field value %.*s exceeds precision of %s(%d) field", (int)leading,
            text.p + (text.n - leading > 0 && (text.p[0] == '-' || text.p[0] == '+')), from,
            precision);
        return err_at(
            err_hint(e, "write INTERVAL '%.*s' %s(%zu)", (int)text.n, text.p, from, leading), pos);
    }
    const struct type *type = is_months(q->from)
                                  ? type_new(b->arena, TYPE_INTERVAL_MONTH, 0, 0, false)
                                  : type_new(b->arena, TYPE_INTERVAL_SECOND, 3, 0, false);
    *out = bind_literal_value(b, type, (struct value){.i64 = negative ? -v : v}, pos);
    return NULL;
}
