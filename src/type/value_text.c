/* Values as the text of CAST AS STRING, and scalars from text as CAST reads them. */
#include "base/arena.h"
#include "base/check.h"
#include "base/utf8.h"
#include "type/datetime.h"
#include "type/decimal.h"
#include "type/timezone.h"
#include "type/value.h"

/* ---- printing ---- */

static struct timestamp timestamp_of(const struct type *t, const struct value *v)
{
    if (type_is_wide(t)) return datetime_from_ns(v->wide);
    return (struct timestamp){v->i64, 0};
}

static void set_timestamp(const struct type *t, struct timestamp time, struct value *out)
{
    if (type_is_wide(t))
        out->wide = datetime_to_ns(time);
    else
        out->i64 = time.ms;
}

static size_t format_timestamp(
    const struct type *t, const struct value *v, const struct time_zone *zone, char *out)
{
    struct timestamp time = timestamp_of(t, v);
    struct time_zone_cache cache = {0};
    if (t->kind == TYPE_TIMESTAMP_LTZ && zone) time.ms = timezone_to_local(zone, time.ms, &cache);
    return datetime_format_timestamp(out, time, t->precision);
}

/* Numbers, dates and times: everything of bounded length. */
static size_t format_scalar(
    const struct type *t, const struct value *v, const struct time_zone *zone, char *out)
{
    switch (t->kind) {
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INTEGER:
    case TYPE_BIGINT: return num_format_i64(out, v->i64);
    case TYPE_FLOAT: return num_format_float(out, v->f32);
    case TYPE_DOUBLE: return num_format_double(out, v->f64);
    case TYPE_DECIMAL: return decimal_format(out, v->wide, t->scale);
    case TYPE_DATE: return datetime_format_date(out, (int32_t)v->i64);
    case TYPE_TIME: return datetime_format_time(out, (int32_t)v->i64, t->precision);
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: return format_timestamp(t, v, zone, out);
    case TYPE_INTERVAL_MONTH: return datetime_format_interval_month(out, (int32_t)v->i64);
    case TYPE_INTERVAL_SECOND: return datetime_format_interval_second(out, v->i64);
    case TYPE_NULL:
    case TYPE_BOOLEAN:
    case TYPE_CHAR:
    case TYPE_VARCHAR:
    case TYPE_BINARY:
    case TYPE_VARBINARY:
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_MULTISET:
    case TYPE_ROW: break;
    }
    UNREACHABLE();
}

static void print(const struct type *t, const struct value *v, const struct time_zone *zone,
    struct buf *out, int depth);

static void print_list(const struct type *t, const struct value *v, const struct time_zone *zone,
    struct buf *out, int depth)
{
    bool row = t->kind == TYPE_ROW;
    buf_add_char(out, row ? '(' : '[');
    for (uint32_t i = 0; i < v->list.count; i++) {
        if (i) buf_add_cstr(out, ", ");
        print(row ? t->fields[i].type : t->element, &v->list.items[i], zone, out, depth + 1);
    }
    buf_add_char(out, row ? ')' : ']');
}

static void print_pairs(const struct type *t, const struct value *v, const struct time_zone *zone,
    struct buf *out, int depth)
{
    const struct type *key = t->kind == TYPE_MAP ? t->key : t->element;
    const struct type *value = t->kind == TYPE_MAP ? t->element : type_simple(TYPE_INTEGER);
    buf_add_char(out, '{');
    for (uint32_t i = 0; i + 1 < v->list.count; i += 2) {
        if (i) buf_add_cstr(out, ", ");
        print(key, &v->list.items[i], zone, out, depth + 1);
        buf_add_char(out, '=');
        print(value, &v->list.items[i + 1], zone, out, depth + 1);
    }
    buf_add_char(out, '}');
}

static void print(const struct type *t, const struct value *v, const struct time_zone *zone,
    struct buf *out, int depth)
{
    ASSERT(depth <= TYPE_DEPTH_MAX);
    char text[DATETIME_CHARS_MAX];
    if (v->null || t->kind == TYPE_NULL)
        buf_add_cstr(out, "NULL");
    else if (t->kind == TYPE_BOOLEAN)
        buf_add_cstr(out, v->boolean ? "TRUE" : "FALSE");
    else if (type_is_character(t))
        buf_add_slice(out, v->text);
    else if (type_is_binary(t))
        utf8_repair(v->text, out);
    else if (t->kind == TYPE_ARRAY || t->kind == TYPE_ROW)
        print_list(t, v, zone, out, depth);
    else if (t->kind == TYPE_MAP || t->kind == TYPE_MULTISET)
        print_pairs(t, v, zone, out, depth);
    else
        buf_add(out, text, format_scalar(t, v, zone, text));
}

void value_print(
    const struct type *t, const struct value *v, const struct time_zone *zone, struct buf *out)
{
    print(t, v, zone, out, 0);
}

/* ---- reading ---- */

bool value_parse_boolean(struct slice text, bool *out)
{
    static const char *const words[] = {"t", "true", "y", "yes", "1", "f", "false", "n", "no", "0"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!slice_eq_nocase(text, slice_of(words[i]))) continue;
        *out = i < 5;
        return true;
    }
    return false;
}

static struct slice trim(struct slice s, const char *blanks)
{
    while (s.n && s.p[0] && strchr(blanks, s.p[0])) s.p++, s.n--;
    while (s.n && s.p[s.n - 1] && strchr(blanks, s.p[s.n - 1])) s.n--;
    return s;
}

bool value_parse_integer(struct slice text, int64_t least, int64_t most, int64_t *out)
{
    text = trim(text, " ");
    const char *point = text.n ? memchr(text.p, '.', text.n) : NULL;
    int64_t v = 0;
    if (point) {
        for (const char *p = point + 1; p < text.p + text.n; p++)
            if (*p < '0' || *p > '9') return false;
        text.n = (size_t)(point - text.p);
    }
    bool sign_only = text.n == 1 && (text.p[0] == '-' || text.p[0] == '+');
    bool nothing = point && (text.n == 0 || sign_only); /* ".5" is 0 */
    if (!nothing && !num_parse_i64(text, &v)) return false;
    if (v < least || v > most) return false;
    *out = v;
    return true;
}

static struct err *refuse(const struct type *t, struct slice text, enum err_code code)
{
    struct buf name;
    buf_init(&name, 200);
    type_print(t, false, &name);
    struct err *e = ERR(code, "'%.*s' is %s %s", text.n > 100 ? 100 : (int)text.n, text.p,
        code == ERR_OUT_OF_RANGE ? "out of the range of" : "no value of type", buf_cstr(&name));
    buf_free(&name);
    return e;
}

static int64_t integer_max(const struct type *t)
{
    if (t->kind == TYPE_TINYINT) return INT8_MAX;
    if (t->kind == TYPE_SMALLINT) return INT16_MAX;
    return t->kind == TYPE_INTEGER ? INT32_MAX : INT64_MAX;
}

/* Cut to the length, and filled up to it when the type is fixed. */
static void fit_text(struct arena *a, const struct type *t, struct slice text, struct value *out)
{
    bool binary = type_is_binary(t);
    size_t length = (size_t)t->precision;
    size_t have = binary ? text.n : utf8_count(text);
    if (have > length) text.n = binary ? length : utf8_offset(text, length);
    bool fixed = t->kind == TYPE_CHAR || t->kind == TYPE_BINARY;
    if (!fixed || have >= length) {
        out->text = slice_copy(a, text);
        return;
    }
    size_t missing = length - have;
    char *padded = arena_alloc(a, text.n + missing + 1);
    if (text.n) memcpy(padded, text.p, text.n);
    memset(padded + text.n, binary ? 0 : ' ', missing);
    out->text = (struct slice){padded, text.n + missing};
}

static bool parse_timestamp(
    const struct type *t, struct slice text, const struct time_zone *zone, struct value *out)
{
    struct timestamp time;
    if (!datetime_parse_timestamp(text, t->precision, &time)) return false;
    struct time_zone_cache cache = {0};
    if (t->kind == TYPE_TIMESTAMP_LTZ && zone) time.ms = timezone_to_utc(zone, time.ms, &cache);
    set_timestamp(t, time, out);
    return true;
}

static bool parse_time(const struct type *t, struct slice text, struct value *out)
{
    static const int32_t units[] = {1000, 100, 10, 1};
    int32_t v;
    if (!datetime_parse_time(text, &v)) return false;
    if (t->precision < 3) v -= v % units[t->precision];
    out->i64 = v;
    return true;
}

static bool parse_day_or_interval(const struct type *t, struct slice text, struct value *out)
{
    int32_t v = 0;
    if (t->kind == TYPE_INTERVAL_SECOND) return datetime_parse_interval_second(text, &out->i64);
    bool ok = t->kind == TYPE_DATE ? datetime_parse_date(text, &v)
                                   : datetime_parse_interval_month(text, &v);
    out->i64 = v;
    return ok;
}

static struct err *parse_decimal(const struct type *t, struct slice text, struct value *out)
{
    switch (decimal_parse(trim(text, " \t\n"), t->precision, t->scale, &out->wide)) {
    case DECIMAL_PARSE_OK: return NULL;
    case DECIMAL_PARSE_OVERFLOW: return refuse(t, text, ERR_OUT_OF_RANGE);
    case DECIMAL_PARSE_INVALID: return refuse(t, text, ERR_INVALID_VALUE);
    }
    UNREACHABLE();
}

static struct err *parse_integer(const struct type *t, struct slice text, struct value *out)
{
    int64_t most = integer_max(t);
    if (value_parse_integer(text, -most - 1, most, &out->i64)) return NULL;
    bool number = value_parse_integer(text, INT64_MIN, INT64_MAX, &out->i64);
    return refuse(t, text, number ? ERR_OUT_OF_RANGE : ERR_INVALID_VALUE);
}

struct err *value_parse(struct arena *a, const struct type *t, struct slice text,
    const struct time_zone *zone, struct value *out)
{
    bool ok = false;
    *out = (struct value){0};
    switch (t->kind) {
    case TYPE_BOOLEAN: ok = value_parse_boolean(text, &out->boolean); break;
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INTEGER:
    case TYPE_BIGINT: return parse_integer(t, text, out);
    case TYPE_FLOAT: ok = num_parse_float_java(text, &out->f32); break;
    case TYPE_DOUBLE: ok = num_parse_double_java(text, &out->f64); break;
    case TYPE_DECIMAL: return parse_decimal(t, text, out);
    case TYPE_CHAR:
    case TYPE_VARCHAR:
    case TYPE_BINARY:
    case TYPE_VARBINARY: fit_text(a, t, text, out); return NULL;
    case TYPE_DATE:
    case TYPE_INTERVAL_MONTH:
    case TYPE_INTERVAL_SECOND: ok = parse_day_or_interval(t, text, out); break;
    case TYPE_TIME: ok = parse_time(t, text, out); break;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: ok = parse_timestamp(t, text, zone, out); break;
    case TYPE_NULL:
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_MULTISET:
    case TYPE_ROW: break;
    }
    return ok ? NULL : refuse(t, text, ERR_INVALID_VALUE);
}
