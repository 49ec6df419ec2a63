/* Everything to text and bytes. */
#include "base/arena.h"
#include "base/check.h"
#include "base/utf8.h"
#include "func/scalar/cast/cast.h"
#include "type/datetime.h"
#include "type/decimal.h"

enum { VALUE_BYTES_MAX = 16 << 20 };

static struct str store(struct arena *a, struct slice text)
{
    ASSERT(text.n <= UINT32_MAX);
    return str_copy(a, text.p, (uint32_t)text.n);
}

/* Exactly `size` bytes: the text, then fill. */
static struct str pad(struct arena *a, struct slice text, size_t fill_count, char fill)
{
    size_t size = text.n + fill_count;
    if (arena_spent(a)) return str_view("", 0);
    char *p = arena_alloc(a, size + 1);
    if (text.n) memcpy(p, text.p, text.n);
    memset(p + text.n, fill, fill_count);
    return str_view(p, (uint32_t)size);
}

void cast_store_text(struct cast_run *r, uint32_t row, struct slice text)
{
    struct str *out = r->out->data;
    const struct type *to = r->cast->to;
    size_t length = (size_t)to->precision;
    bool characters = type_is_character(to);
    /* As many bytes as the type allows characters are never too long. */
    if (text.n > length) text.n = characters ? utf8_offset(text, length) : length;
    bool fixed = to->kind == TYPE_CHAR || to->kind == TYPE_BINARY;
    size_t have = fixed ? (characters ? utf8_count(text) : text.n) : length;
    if (have < length)
        out[row] = pad(r->arena, text, length - have, characters ? ' ' : 0);
    else
        out[row] = store(r->arena, text);
}

static struct err *print_boolean(struct cast_run *r)
{
    const uint8_t *in = r->in->data;
    for (CAST_EACH_ROW(r, row)) cast_store_text(r, row, in[row] ? SLICE("TRUE") : SLICE("FALSE"));
    return NULL;
}

#define PRINT(name, ctype, size, call)                        \
    static struct err *print_##name(struct cast_run *r)       \
    {                                                         \
        const ctype *in = r->in->data;                        \
        char text[size];                                      \
        for (CAST_EACH_ROW(r, row)) {                         \
            size_t n = call;                                  \
            cast_store_text(r, row, (struct slice){text, n}); \
        }                                                     \
        return NULL;                                          \
    }
PRINT(i8, int8_t, NUM_I64_CHARS, num_format_i64(text, in[row]))
PRINT(i16, int16_t, NUM_I64_CHARS, num_format_i64(text, in[row]))
PRINT(i32, int32_t, NUM_I64_CHARS, num_format_i64(text, in[row]))
PRINT(i64, int64_t, NUM_I64_CHARS, num_format_i64(text, in[row]))
PRINT(f32, float, NUM_FLOAT_CHARS, num_format_float(text, in[row]))
PRINT(f64, double, NUM_DOUBLE_CHARS, num_format_double(text, in[row]))
PRINT(decimal, i128, DECIMAL_CHARS_MAX, decimal_format(text, in[row], r->cast->from->scale))
PRINT(date, int32_t, DATETIME_CHARS_MAX, datetime_format_date(text, in[row]))
PRINT(time, int32_t, DATETIME_CHARS_MAX,
    datetime_format_time(text, in[row], r->cast->from->precision))
PRINT(months, int32_t, DATETIME_CHARS_MAX, datetime_format_interval_month(text, in[row]))
PRINT(seconds, int64_t, DATETIME_CHARS_MAX, datetime_format_interval_second(text, in[row]))

static struct err *print_timestamp(struct cast_run *r)
{
    const struct type *from = r->cast->from;
    bool zoned = from->kind == TYPE_TIMESTAMP_LTZ;
    char text[DATETIME_CHARS_MAX];
    for (CAST_EACH_ROW(r, row)) {
        struct timestamp t;
        if (r->in->layout == LAYOUT_I64)
            t = (struct timestamp){((int64_t *)r->in->data)[row], 0};
        else
            t = datetime_from_ns(((i128 *)r->in->data)[row]);
        if (zoned) t.ms = timezone_to_local(r->cast->zone, t.ms, &r->cast->cache);
        size_t n = datetime_format_timestamp(text, t, from->precision);
        cast_store_text(r, row, (struct slice){text, n});
    }
    return NULL;
}

static struct err *cut(struct cast_run *r)
{
    const struct str *in = r->in->data;
    for (CAST_EACH_ROW(r, row)) cast_store_text(r, row, str_slice(&in[row]));
    return NULL;
}

/* Bytes that are no UTF-8 become U+FFFD. */
static struct err *decode(struct cast_run *r)
{
    const struct str *in = r->in->data;
    struct buf repaired;
    buf_init(&repaired, VALUE_BYTES_MAX);
    for (CAST_EACH_ROW(r, row)) {
        struct slice bytes = str_slice(&in[row]);
        if (!utf8_valid(bytes)) {
            buf_clear(&repaired);
            utf8_repair(bytes, &repaired);
            bytes = buf_slice(&repaired);
        }
        cast_store_text(r, row, bytes);
    }
    buf_free(&repaired);
    return NULL;
}

/* Nested values by way of struct value: readable, not fast. */
static struct err *print_nested(struct cast_run *r)
{
    struct buf text;
    struct arena *scratch = arena_new(4096);
    struct err *e = NULL;
    buf_init(&text, VALUE_BYTES_MAX);
    for (CAST_EACH_ROW(r, row)) {
        struct value v;
        buf_clear(&text);
        arena_reset(scratch);
        column_get_value(r->in, row, scratch, &v);
        value_print(r->cast->from, &v, r->cast->zone, &text);
        if (text.overflow && !cast_refuse(r, row, ERR_LIMIT_EXCEEDED, &e)) break;
        if (!text.overflow) cast_store_text(r, row, buf_slice(&text));
        text.overflow = false;
    }
    buf_free(&text);
    arena_free(scratch);
    return e;
}

cast_fn *cast_print_loop(const struct type *from, const struct type *to)
{
    bool text = type_is_character(to);
    if (type_is_character(from)) return cut;
    if (type_is_binary(from)) return text ? decode : cut;
    if (!text) return NULL;
    switch (from->kind) {
    case TYPE_BOOLEAN: return print_boolean;
    case TYPE_TINYINT: return print_i8;
    case TYPE_SMALLINT: return print_i16;
    case TYPE_INTEGER: return print_i32;
    case TYPE_BIGINT: return print_i64;
    case TYPE_FLOAT: return print_f32;
    case TYPE_DOUBLE: return print_f64;
    case TYPE_DECIMAL: return print_decimal;
    case TYPE_DATE: return print_date;
    case TYPE_TIME: return print_time;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: return print_timestamp;
    case TYPE_INTERVAL_MONTH: return print_months;
    case TYPE_INTERVAL_SECOND: return print_seconds;
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_MULTISET:
    case TYPE_ROW: return print_nested;
    case TYPE_NULL:
    case TYPE_CHAR:
    case TYPE_VARCHAR:
    case TYPE_BINARY:
    case TYPE_VARBINARY: return NULL;
    }
    UNREACHABLE();
}
