#include "base/arena.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/num.h"
#include "format/base64.h"
#include "format/csv/csv.h"
#include "format/iso.h"
#include "type/decimal.h"

#define NOT_WANTED UINT32_MAX
enum { NUMBER_CHARS_MAX = 128 };

struct csv_decoder {
    struct decoder base;
    struct arena *arena;
    uint32_t *targets; /* per field of the record: output column or NOT_WANTED */
    uint32_t field_count;
    struct arena *out_arena;
    const char *reason;
    struct csv_splitter splitter;
};

static bool bad(struct csv_decoder *d, const char *reason)
{
    d->reason = reason;
    return false;
}

static void set_null(struct column *c, uint32_t row)
{
    column_set_null(c, row);
    if (c->layout == LAYOUT_STR) memset((struct str *)c->data + row, 0, sizeof(struct str));
    if (c->layout == LAYOUT_SPAN) ((struct span *)c->data)[row] = (struct span){0, 0};
    for (uint32_t i = 0; c->layout == LAYOUT_ROW && i < c->child_count; i++)
        set_null(c->children[i], row);
}

/* ---- scalars; Flink trims some of them and not others */

static bool read_integer(struct csv_decoder *d, struct slice text, struct column *c, uint32_t row)
{
    int64_t v;
    if (!num_parse_i64(slice_trim(text), &v)) return bad(d, "not a whole number");
    int64_t limit = c->layout == LAYOUT_I8    ? INT8_MAX
                    : c->layout == LAYOUT_I16 ? INT16_MAX
                    : c->layout == LAYOUT_I32 ? INT32_MAX
                                              : INT64_MAX;
    if (v > limit || v < -limit - 1) return bad(d, "the number is out of range");
    if (c->layout == LAYOUT_I8)
        ((int8_t *)c->data)[row] = (int8_t)v;
    else if (c->layout == LAYOUT_I16)
        ((int16_t *)c->data)[row] = (int16_t)v;
    else if (c->layout == LAYOUT_I32)
        ((int32_t *)c->data)[row] = (int32_t)v;
    else
        ((int64_t *)c->data)[row] = v;
    return true;
}

static bool read_float(struct csv_decoder *d, struct slice text, struct column *c, uint32_t row)
{
    text = slice_trim(text);
    bool good = text.n <= NUMBER_CHARS_MAX;
    if (good && c->layout == LAYOUT_F64)
        good = num_parse_double_java(text, (double *)c->data + row);
    else if (good)
        good = num_parse_float_java(text, (float *)c->data + row);
    return good || bad(d, "not a number");
}

static bool read_decimal(struct csv_decoder *d, struct slice text, struct column *c, uint32_t row)
{
    if (text.n > NUMBER_CHARS_MAX) return bad(d, "a number is longer than 128 characters");
    switch (decimal_parse(text, c->type->precision, c->type->scale, (i128 *)c->data + row)) {
    case DECIMAL_PARSE_OK: return true;
    case DECIMAL_PARSE_OVERFLOW: set_null(c, row); return true; /* as DecimalData */
    case DECIMAL_PARSE_INVALID: return bad(d, "not a number");
    }
    UNREACHABLE();
}

static bool take_digits(struct slice *s, size_t least, size_t most, int32_t *out)
{
    size_t n = 0;
    int32_t v = 0;
    while (n < s->n && n < most && s->p[n] >= '0' && s->p[n] <= '9') v = v * 10 + (s->p[n++] - '0');
    s->p += n;
    s->n -= n;
    *out = v;
    return n >= least;
}

static bool take_char(struct slice *s, char c)
{
    if (s->n == 0 || s->p[0] != c) return false;
    s->p++;
    s->n--;
    return true;
}

/* java.sql.Date.valueOf: yyyy-[m]m-[d]d, the day up to 31 whatever the month. */
static bool read_date(struct csv_decoder *d, struct slice text, struct column *c, uint32_t row)
{
    int32_t year, month, day;
    bool good = take_digits(&text, 4, 4, &year) && take_char(&text, '-') &&
                take_digits(&text, 1, 2, &month) && take_char(&text, '-') &&
                take_digits(&text, 1, 2, &day) && text.n == 0;
    if (!good || year < 1 || month < 1 || month > 12 || day < 1 || day > 31)
        return bad(d, "not a date yyyy-MM-dd");
    ((int32_t *)c->data)[row] = datetime_days_of_civil(year, month, 1) + day - 1;
    return true;
}

static bool read_time(struct csv_decoder *d, struct slice text, struct column *c, uint32_t row)
{
    int32_t ms;
    if (!iso_parse_time(text, true, false, &ms)) return bad(d, "not a time HH:mm:ss");
    static const int32_t steps_ms[] = {1000, 100, 10};
    if (c->type->precision < 3) ms -= ms % steps_ms[c->type->precision];
    ((int32_t *)c->data)[row] = ms;
    return true;
}

static bool read_timestamp(struct csv_decoder *d, struct slice text, struct column *c, uint32_t row)
{
    struct timestamp t;
    bool zulu = c->type->kind == TYPE_TIMESTAMP_LTZ;
    if (!iso_parse_timestamp(slice_trim(text), ISO_SQL, zulu, &t))
        return bad(d, zulu ? "not a time yyyy-MM-dd HH:mm:ssZ" : "not a time yyyy-MM-dd HH:mm:ss");
    if (c->layout == LAYOUT_I128)
        ((i128 *)c->data)[row] = datetime_to_ns(t);
    else
        ((int64_t *)c->data)[row] = t.ms;
    return true;
}

static bool read_bytes(struct csv_decoder *d, struct slice text, struct column *c, uint32_t row)
{
    size_t size;
    char *bytes = arena_alloc_raw(d->out_arena, text.n / 4 * 3 + 1);
    if (!base64_decode(text, bytes, &size)) return bad(d, "not base 64");
    ((struct str *)c->data)[row] = str_view(bytes, (uint32_t)size);
    return true;
}

/* ---- one field */

static bool read_field(struct csv_decoder *d, struct slice text, struct column *c, uint32_t row);

static bool next_element(struct csv_decoder *d, struct slice *rest, struct slice *element)
{
    struct slice between = d->splitter.dialect.element_delimiter;
    const char *at = memmem(rest->p, rest->n, between.p, between.n);
    *element = (struct slice){rest->p, at ? (size_t)(at - rest->p) : rest->n};
    if (at) {
        rest->p = at + between.n;
        rest->n -= element->n + between.n;
    }
    if (d->splitter.dialect.trim) *element = slice_trim(*element);
    return at != NULL;
}

static bool read_array(struct csv_decoder *d, struct slice text, struct column *c, uint32_t row)
{
    struct span span = {c->child_rows, 0};
    bool more = text.n > 0;
    while (more) {
        struct slice element;
        more = next_element(d, &text, &element);
        uint32_t at = c->child_rows;
        if (at >= c->children[0]->capacity) column_reserve_children(c, at + 1, d->out_arena);
        c->child_rows++;
        if (!read_field(d, element, c->children[0], at)) return false;
        span.count++;
    }
    ((struct span *)c->data)[row] = span;
    return true;
}

/* Elements after the last field are left out, as in Flink. */
static bool read_row(struct csv_decoder *d, struct slice text, struct column *c, uint32_t row)
{
    if (text.n == 0) {
        set_null(c, row);
        return true;
    }
    bool more = true;
    for (uint32_t i = 0; i < c->child_count; i++) {
        struct slice element;
        if (!more) {
            if (!d->splitter.dialect.ignore_errors) return bad(d, "the row has too few fields");
            set_null(c->children[i], row);
            continue;
        }
        more = next_element(d, &text, &element);
        if (!read_field(d, element, c->children[i], row)) return false;
    }
    return true;
}

static bool convert(struct csv_decoder *d, struct slice text, struct column *c, uint32_t row)
{
    switch (c->type->kind) {
    case TYPE_NULL: set_null(c, row); return true;
    case TYPE_BOOLEAN:
        ((uint8_t *)c->data)[row] = slice_eq_nocase(slice_trim(text), SLICE("true"));
        return true;
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INTEGER:
    case TYPE_BIGINT:
    case TYPE_INTERVAL_MONTH:
    case TYPE_INTERVAL_SECOND: return read_integer(d, text, c, row);
    case TYPE_FLOAT:
    case TYPE_DOUBLE: return read_float(d, text, c, row);
    case TYPE_DECIMAL: return read_decimal(d, text, c, row);
    case TYPE_CHAR:
    case TYPE_VARCHAR:
        ((struct str *)c->data)[row] = str_view(text.p, (uint32_t)text.n);
        return true;
    case TYPE_BINARY:
    case TYPE_VARBINARY: return read_bytes(d, text, c, row);
    case TYPE_DATE: return read_date(d, text, c, row);
    case TYPE_TIME: return read_time(d, text, c, row);
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: return read_timestamp(d, text, c, row);
    case TYPE_ARRAY: return read_array(d, text, c, row);
    case TYPE_ROW: return read_row(d, text, c, row);
    case TYPE_MAP:
    case TYPE_MULTISET: break; /* refused by validate */
    }
    UNREACHABLE();
}

static bool read_field(struct csv_decoder *d, struct slice text, struct column *c, uint32_t row)
{
    const struct csv_dialect *dialect = &d->splitter.dialect;
    if ((dialect->has_null && slice_eq(text, dialect->null_text)) ||
        (dialect->empty_is_null && text.n == 0)) {
        set_null(c, row);
        return true;
    }
    column_set_valid(c, row);
    if (convert(d, text, c, row)) return true;
    if (!dialect->ignore_errors) return false;
    set_null(c, row);
    return true;
}

/* ---- records */

/* The number of fields against the number of columns. */
static bool check_count(struct csv_decoder *d)
{
    struct csv_splitter *s = &d->splitter;
    const struct csv_dialect *dialect = &s->dialect;
    s->offset = s->fields[s->count - 1].offset;
    if (s->count > d->field_count) {
        bool trailing = s->count == d->field_count + 1 && s->last_is_blank;
        if (dialect->ignore_extra || (trailing && dialect->trailing_comma)) return true;
        return bad(d, "the record has more fields than the table has columns");
    }
    if (s->count == d->field_count) return true;
    if (dialect->ignore_errors && !dialect->fail_on_missing) return true;
    return bad(d, "the record has fewer fields than the table has columns");
}

/* False: bad; *column says which, or NOT_WANTED. */
static bool read_record(struct csv_decoder *d, struct batch *out, uint32_t *column)
{
    struct csv_splitter *s = &d->splitter;
    *column = NOT_WANTED;
    if (!check_count(d)) return false;
    for (uint32_t i = 0; i < d->field_count; i++) {
        uint32_t target = d->targets[i];
        if (target == NOT_WANTED) continue;
        if (i >= s->count) {
            set_null(out->columns[target], out->rows);
            continue;
        }
        if (read_field(d, s->fields[i].text, out->columns[target], out->rows)) continue;
        s->offset = s->fields[i].offset;
        *column = target;
        return false;
    }
    out->rows++;
    return true;
}

struct err *csv_decode(struct decoder *base, const struct slice *records, uint32_t count,
    struct batch *out, struct bad_records *bad_records, uint64_t *skipped)
{
    struct csv_decoder *d = (struct csv_decoder *)base;
    struct csv_splitter *s = &d->splitter;
    ASSERT(count <= out->capacity - out->rows);
    d->out_arena = out->arena;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t column = NOT_WANTED;
        enum csv_split split = csv_split(s, records[i], out->arena);
        if (split == CSV_NOTHING) continue;
        if (split == CSV_MALFORMED)
            d->reason = s->reason;
        else if (read_record(d, out, &column))
            continue;
        if (s->dialect.ignore_errors && !base->describes_all)
            ++*skipped;
        else
            format_bad_record(bad_records, i, column, s->offset, "%s", d->reason);
    }
    return NULL;
}

/* ---- records in a file */

/* Behind the closing quote of the field that opens at `at`; n when it does not close. */
static size_t pass_quoted(const struct csv_dialect *d, struct slice bytes, size_t at)
{
    for (at++; at < bytes.n; at++) {
        if (bytes.p[at] == d->escape)
            at++;
        else if (bytes.p[at] == d->quote && (at + 1 >= bytes.n || bytes.p[at + 1] != d->quote))
            return at + 1;
        else if (bytes.p[at] == d->quote)
            at++;
    }
    return bytes.n;
}

size_t csv_record_end(const struct decoder *base, struct slice bytes)
{
    const struct csv_dialect *d = &((const struct csv_decoder *)base)->splitter.dialect;
    const char *line_end = memchr(bytes.p, '\n', bytes.n);
    if (!line_end) return SIZE_MAX;
    size_t n = (size_t)(line_end - bytes.p);
    if (d->escape < 0 && (d->quote < 0 || !memchr(bytes.p, d->quote, n))) return n;
    bool starts = true; /* only there a quote opens a field */
    for (size_t at = 0; at < bytes.n;) {
        char c = bytes.p[at];
        if (starts && c == d->quote) {
            at = pass_quoted(d, bytes, at);
            starts = false;
            continue;
        }
        if (c == '\n') return at;
        starts = c == d->delimiter || (starts && d->trim && c == ' ');
        at += c == d->escape ? 2 : 1;
    }
    return SIZE_MAX;
}

/* ---- life */

struct err *csv_decoder_new(const struct format_params *p, struct decoder **out)
{
    struct csv_decoder *d = mem_alloc(sizeof *d);
    d->arena = arena_new(4096);
    d->splitter.dialect = csv_dialect(p->options, d->arena);
    const struct schema *all = p->table_schema ? p->table_schema : p->schema;
    d->field_count = all->count;
    d->targets = ARENA_ARRAY(d->arena, uint32_t, all->count + 1);
    for (uint32_t i = 0; i < all->count; i++) {
        int at = schema_find(p->schema, all->fields[i].name);
        d->targets[i] = at < 0 ? NOT_WANTED : (uint32_t)at;
    }
    *out = &d->base;
    return NULL;
}

void csv_decoder_free(struct decoder *base)
{
    struct csv_decoder *d = (struct csv_decoder *)base;
    arena_free(d->arena);
    mem_free(d);
}
