#include "base/check.h"
#include "base/num.h"
#include "connector/print/print.h"
#include "type/datetime.h"
#include "type/decimal.h"

static void print_value(const struct column *c, uint32_t row, struct buf *out);

static void print_i64(int64_t v, struct buf *out)
{
    char text[NUM_I64_CHARS];
    buf_add(out, text, num_format_i64(text, v));
}

/* BigDecimal.toString: scientific when the exponent is small, e.g. 0E-10, 1E-7. */
static void print_decimal(i128 unscaled, int32_t scale, struct buf *out)
{
    char digits[NUM_I128_CHARS];
    size_t n = num_format_i128(digits, unscaled);
    size_t sign = unscaled < 0;
    int64_t exponent = (int64_t)(n - sign) - 1 - scale;
    if (exponent >= -6) {
        char text[DECIMAL_CHARS_MAX];
        buf_add(out, text, decimal_format(text, unscaled, scale));
        return;
    }
    buf_add(out, digits, sign + 1);
    if (n > sign + 1) {
        buf_add_char(out, '.');
        buf_add(out, digits + sign + 1, n - sign - 1);
    }
    buf_printf(out, "E%lld", (long long)exponent);
}

/* LocalTime.toString: seconds only when they or the fraction are not 0, the fraction in groups of
 * three digits. */
static void print_time(int64_t ms_of_day, int32_t nanos_of_ms, struct buf *out)
{
    int64_t nanos = ms_of_day % 1000 * 1000000 + nanos_of_ms;
    int64_t seconds = ms_of_day / 1000;
    buf_printf(out, "%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60));
    if (seconds % 60 == 0 && nanos == 0) return;
    buf_printf(out, ":%02d", (int)(seconds % 60));
    if (nanos == 0) return;
    if (nanos % 1000000 == 0)
        buf_printf(out, ".%03d", (int)(nanos / 1000000));
    else if (nanos % 1000 == 0)
        buf_printf(out, ".%06d", (int)(nanos / 1000));
    else
        buf_printf(out, ".%09d", (int)nanos);
}

static void print_date(int32_t days, struct buf *out)
{
    struct civil d = datetime_civil(days);
    buf_printf(out, d.year > 9999 ? "+%04d-%02d-%02d" : "%04d-%02d-%02d", d.year, d.month, d.day);
}

static void print_timestamp(const struct column *c, uint32_t row, struct buf *out)
{
    struct timestamp t = c->layout == LAYOUT_I64
                             ? (struct timestamp){((const int64_t *)c->data)[row], 0}
                             : datetime_from_ns(((const i128 *)c->data)[row]);
    bool instant = c->type->kind == TYPE_TIMESTAMP_LTZ;
    int32_t ms_of_day = datetime_ms_of_day(t.ms);
    print_date(datetime_days(t.ms), out);
    buf_add_char(out, 'T');
    print_time(ms_of_day, t.nanos, out);
    /* Instant.toString always has seconds. */
    if (instant && ms_of_day % 60000 == 0 && t.nanos == 0) buf_add_cstr(out, ":00");
    if (instant) buf_add_char(out, 'Z');
}

/* Period.toString, e.g. P1Y2M */
static void print_months(int32_t months, struct buf *out)
{
    buf_add_char(out, 'P');
    if (months / 12) buf_printf(out, "%dY", months / 12);
    if (months % 12) buf_printf(out, "%dM", months % 12);
    if (months == 0) buf_add_cstr(out, "0D");
}

/* Duration.toString, e.g. PT26H3M4.5S */
static void print_duration(int64_t ms, struct buf *out)
{
    int64_t seconds = ms / 1000;
    int millis = (int)(ms % 1000);
    buf_add_cstr(out, "PT");
    if (seconds / 3600) buf_printf(out, "%lldH", (long long)(seconds / 3600));
    if (seconds / 60 % 60) buf_printf(out, "%dM", (int)(seconds / 60 % 60));
    if (seconds % 60 == 0 && millis == 0) {
        if (seconds == 0) buf_add_cstr(out, "0S");
        return;
    }
    if (ms < 0 && seconds % 60 == 0) buf_add_char(out, '-');
    buf_printf(out, "%d", (int)(seconds % 60));
    if (millis) {
        char text[8];
        int n = snprintf(text, sizeof text, ".%03d", millis < 0 ? -millis : millis);
        while (text[n - 1] == '0') n--;
        buf_add(out, text, (size_t)n);
    }
    buf_add_char(out, 'S');
}

/* Arrays.toString of a byte[] */
static void print_bytes(struct slice bytes, struct buf *out)
{
    buf_add_char(out, '[');
    for (size_t i = 0; i < bytes.n; i++) {
        if (i) buf_add_cstr(out, ", ");
        print_i64((signed char)bytes.p[i], out);
    }
    buf_add_char(out, ']');
}

static void print_span(const struct column *c, struct span s, struct buf *out)
{
    bool map = c->child_count == 2;
    buf_add_char(out, map ? '{' : '[');
    for (uint32_t i = 0; i < s.count; i++) {
        if (i) buf_add_cstr(out, ", ");
        print_value(c->children[0], s.first + i, out);
        if (!map) continue;
        buf_add_char(out, '=');
        print_value(c->children[1], s.first + i, out);
    }
    buf_add_char(out, map ? '}' : ']');
}

static void print_text(const struct column *c, uint32_t row, struct buf *out)
{
    struct slice text = str_slice(&((const struct str *)c->data)[row]);
    if (type_is_binary(c->type))
        print_bytes(text, out);
    else
        buf_add_slice(out, text);
}

static void print_i32(const struct column *c, int32_t v, struct buf *out)
{
    if (c->type->kind == TYPE_DATE)
        print_date(v, out);
    else if (c->type->kind == TYPE_TIME)
        print_time(v, 0, out);
    else if (c->type->kind == TYPE_INTERVAL_MONTH)
        print_months(v, out);
    else
        print_i64(v, out);
}

static void print_fields(
    struct column *const *columns, uint32_t count, uint32_t row, struct buf *out)
{
    buf_add_char(out, '[');
    for (uint32_t i = 0; i < count; i++) {
        if (i) buf_add_cstr(out, ", ");
        print_value(columns[i], row, out);
    }
    buf_add_char(out, ']');
}

/* Nesting is limited by TYPE_DEPTH_MAX. */
static void print_value(const struct column *c, uint32_t row, struct buf *out)
{
    if (!column_is_valid(c, row)) {
        buf_add_cstr(out, "null");
        return;
    }
    char text[NUM_DOUBLE_CHARS];
    switch (c->layout) {
    case LAYOUT_BOOL: buf_add_cstr(out, ((const uint8_t *)c->data)[row] ? "true" : "false"); return;
    case LAYOUT_I8: print_i64(((const int8_t *)c->data)[row], out); return;
    case LAYOUT_I16: print_i64(((const int16_t *)c->data)[row], out); return;
    case LAYOUT_I32: print_i32(c, ((const int32_t *)c->data)[row], out); return;
    case LAYOUT_I64:
        if (type_is_timestamp(c->type))
            print_timestamp(c, row, out);
        else if (c->type->kind == TYPE_INTERVAL_SECOND)
            print_duration(((const int64_t *)c->data)[row], out);
        else
            print_i64(((const int64_t *)c->data)[row], out);
        return;
    case LAYOUT_I128:
        if (type_is_timestamp(c->type))
            print_timestamp(c, row, out);
        else
            print_decimal(((const i128 *)c->data)[row], c->type->scale, out);
        return;
    case LAYOUT_F32:
        buf_add(out, text, num_format_float(text, ((const float *)c->data)[row]));
        return;
    case LAYOUT_F64:
        buf_add(out, text, num_format_double(text, ((const double *)c->data)[row]));
        return;
    case LAYOUT_STR: print_text(c, row, out); return;
    case LAYOUT_SPAN: print_span(c, ((const struct span *)c->data)[row], out); return;
    case LAYOUT_ROW:
        buf_add_cstr(out, "+I"); /* a nested Row has a kind of its own in Flink */
        print_fields(c->children, c->child_count, row, out);
        return;
    }
}

void print_row(const struct batch *b, uint32_t row, struct buf *out)
{
    buf_add_cstr(out, row_kind_text(batch_kind(b, row)));
    print_fields(b->columns, b->schema->count, row, out);
}
