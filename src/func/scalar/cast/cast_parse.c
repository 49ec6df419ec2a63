/* CHAR and VARCHAR to everything but text. What is accepted is Flink's BinaryStringDataUtil. */
#include "base/check.h"
#include "func/scalar/cast/cast.h"
#include "type/datetime.h"
#include "type/decimal.h"

static struct slice text_at(const struct cast_run *r, uint32_t row)
{
    return str_slice(&((const struct str *)r->in->data)[row]);
}

enum parsed { PARSED, PARSED_INVALID, PARSED_OUT_OF_RANGE };

/* [+-]digits[.digits]; the fraction is cut off, digits may be missing on either side of the point.
 */
static enum parsed parse_integer(struct slice s, uint64_t limit, int64_t *out)
{
    s = slice_trim(s);
    bool negative = s.n && s.p[0] == '-';
    size_t i = s.n && (s.p[0] == '-' || s.p[0] == '+');
    if (i == s.n) return PARSED_INVALID;
    uint64_t v = 0;
    bool overflow = false;
    for (; i < s.n && s.p[i] != '.'; i++) {
        unsigned digit = (unsigned)(unsigned char)s.p[i] - '0';
        if (digit > 9) return PARSED_INVALID;
        overflow = overflow || v > (limit + negative - digit) / 10;
        v = v * 10 + digit;
    }
    for (i++; i < s.n; i++)
        if ((unsigned)(unsigned char)s.p[i] - '0' > 9) return PARSED_INVALID;
    *out = (int64_t)(negative ? 0 - v : v);
    return overflow ? PARSED_OUT_OF_RANGE : PARSED;
}

static bool refuse(struct cast_run *r, uint32_t row, enum parsed why, struct err **e)
{
    enum err_code code = why == PARSED_INVALID ? ERR_INVALID_VALUE : ERR_OUT_OF_RANGE;
    return cast_refuse(r, row, code, e);
}

#define TO_INTEGER(name, ctype, limit)                                        \
    static struct err *to_##name(struct cast_run *r)                          \
    {                                                                         \
        ctype *out = r->out->data;                                            \
        struct err *e = NULL;                                                 \
        for (CAST_EACH_ROW(r, row)) {                                         \
            int64_t v = 0;                                                    \
            enum parsed status = parse_integer(text_at(r, row), (limit), &v); \
            if (status != PARSED && !refuse(r, row, status, &e)) return e;    \
            out[row] = (ctype)v;                                              \
        }                                                                     \
        return NULL;                                                          \
    }
TO_INTEGER(i8, int8_t, INT8_MAX)
TO_INTEGER(i16, int16_t, INT16_MAX)
TO_INTEGER(i32, int32_t, INT32_MAX)
TO_INTEGER(i64, int64_t, INT64_MAX)

static struct err *to_f32(struct cast_run *r)
{
    float *out = r->out->data;
    struct err *e = NULL;
    for (CAST_EACH_ROW(r, row)) {
        out[row] = 0;
        if (num_parse_float_java(text_at(r, row), &out[row])) continue;
        if (!refuse(r, row, PARSED_INVALID, &e)) return e;
    }
    return NULL;
}

static struct err *to_f64(struct cast_run *r)
{
    double *out = r->out->data;
    struct err *e = NULL;
    for (CAST_EACH_ROW(r, row)) {
        out[row] = 0;
        if (num_parse_double_java(text_at(r, row), &out[row])) continue;
        if (!refuse(r, row, PARSED_INVALID, &e)) return e;
    }
    return NULL;
}

static struct err *to_decimal(struct cast_run *r)
{
    i128 *out = r->out->data;
    int32_t precision = r->cast->to->precision, scale = r->cast->to->scale;
    struct err *e = NULL;
    for (CAST_EACH_ROW(r, row)) {
        struct slice text = slice_trim(text_at(r, row));
        switch (decimal_parse(text, precision, scale, &out[row])) {
        case DECIMAL_PARSE_OK: break;
        case DECIMAL_PARSE_OVERFLOW:
            if (!refuse(r, row, PARSED_OUT_OF_RANGE, &e)) return e;
            break;
        case DECIMAL_PARSE_INVALID:
            if (!refuse(r, row, PARSED_INVALID, &e)) return e;
            break;
        }
    }
    return NULL;
}

static int truth_of(struct slice s)
{
    static const char *const yes[] = {"t", "true", "y", "yes", "1"};
    static const char *const no[] = {"f", "false", "n", "no", "0"};
    for (int i = 0; i < 5; i++) {
        if (slice_eq_nocase(s, slice_of(yes[i]))) return 1;
        if (slice_eq_nocase(s, slice_of(no[i]))) return 0;
    }
    return -1;
}

static struct err *to_boolean(struct cast_run *r)
{
    uint8_t *out = r->out->data;
    struct err *e = NULL;
    for (CAST_EACH_ROW(r, row)) {
        int truth = truth_of(text_at(r, row));
        out[row] = truth > 0;
        if (truth < 0 && !refuse(r, row, PARSED_INVALID, &e)) return e;
    }
    return NULL;
}

static struct err *to_date(struct cast_run *r)
{
    int32_t *out = r->out->data;
    struct err *e = NULL;
    for (CAST_EACH_ROW(r, row)) {
        out[row] = 0;
        if (datetime_parse_date(text_at(r, row), &out[row])) continue;
        if (!refuse(r, row, PARSED_INVALID, &e)) return e;
    }
    return NULL;
}

static struct err *to_time(struct cast_run *r)
{
    int32_t *out = r->out->data;
    struct err *e = NULL;
    for (CAST_EACH_ROW(r, row)) {
        out[row] = 0;
        if (!datetime_parse_time(text_at(r, row), &out[row])) {
            if (!refuse(r, row, PARSED_INVALID, &e)) return e;
            continue;
        }
        struct timestamp t = {out[row], 0};
        out[row] = (int32_t)datetime_truncate(t, r->cast->to->precision).ms;
    }
    return NULL;
}

static struct err *to_timestamp(struct cast_run *r)
{
    const struct type *to = r->cast->to;
    bool zoned = to->kind == TYPE_TIMESTAMP_LTZ;
    struct err *e = NULL;
    for (CAST_EACH_ROW(r, row)) {
        struct timestamp t = {0, 0};
        if (!datetime_parse_timestamp(text_at(r, row), to->precision, &t) &&
            !refuse(r, row, PARSED_INVALID, &e))
            return e;
        if (zoned) t.ms = timezone_to_utc(r->cast->zone, t.ms, &r->cast->cache);
        if (r->out->layout == LAYOUT_I64)
            ((int64_t *)r->out->data)[row] = t.ms;
        else
            ((i128 *)r->out->data)[row] = datetime_to_ns(t);
    }
    return NULL;
}

cast_fn *cast_parse_loop(const struct type *from, const struct type *to)
{
    (void)from;
    switch (to->kind) {
    case TYPE_BOOLEAN: return to_boolean;
    case TYPE_TINYINT: return to_i8;
    case TYPE_SMALLINT: return to_i16;
    case TYPE_INTEGER: return to_i32;
    case TYPE_BIGINT: return to_i64;
    case TYPE_FLOAT: return to_f32;
    case TYPE_DOUBLE: return to_f64;
    case TYPE_DECIMAL: return to_decimal;
    case TYPE_DATE: return to_date;
    case TYPE_TIME: return to_time;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: return to_timestamp;
    case TYPE_NULL:
    case TYPE_CHAR:
    case TYPE_VARCHAR:
    case TYPE_BINARY:
    case TYPE_VARBINARY:
    case TYPE_INTERVAL_MONTH:
    case TYPE_INTERVAL_SECOND:
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_MULTISET:
    case TYPE_ROW: return NULL;
    }
    UNREACHABLE();
}
