#include "base/arena.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/utf8.h"
#include "format/base64.h"
#include "format/bigdecimal.h"
#include "format/csv/csv.h"
#include "format/iso.h"

/* Jackson quotes texts longer than this without looking. */
enum { CHECKED_CHARS_MAX = 24, SCRATCH_BYTES_MAX = 64 << 20 };

struct csv_encoder {
    struct encoder base;
    struct arena *arena;
    const struct schema *schema;
    struct csv_dialect dialect;
    int first_safe;  /* characters below may mean something */
    struct buf text; /* scratch: one field before it is quoted */
};

/* Jackson's loose rule: every character below the larger of delimiter, quote and line feed, and the
 * backslash. */
static bool needs_quotes(const struct csv_encoder *e, struct slice s)
{
    if (e->dialect.quote < 0) return false;
    if (s.n > CHECKED_CHARS_MAX && utf8_count_utf16(s) > CHECKED_CHARS_MAX) return true;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c < e->first_safe || c == '\\' || c == e->dialect.escape) return true;
    }
    return false;
}

static void write_text(const struct csv_encoder *e, struct slice s, struct buf *out)
{
    if (!needs_quotes(e, s)) {
        buf_add_slice(out, s);
        return;
    }
    char quote = (char)e->dialect.quote;
    if (!buf_reserve(out, 2 * s.n + 2)) return;
    char *p = out->p + out->n;
    *p++ = quote;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == quote || s.p[i] == e->dialect.escape) *p++ = s.p[i];
        *p++ = s.p[i];
    }
    *p++ = quote;
    out->n = (size_t)(p - out->p);
}

static void write_i64(struct buf *out, int64_t v)
{
    char text[NUM_I64_CHARS];
    buf_add(out, text, num_format_i64(text, v));
}

static void write_time(const struct column *c, uint32_t row, struct buf *out)
{
    char text[ISO_CHARS_MAX];
    size_t n;
    if (c->type->kind == TYPE_DATE) {
        n = iso_print_date(text, ((const int32_t *)c->data)[row]);
    } else if (c->type->kind == TYPE_TIME) {
        n = iso_print_time(text, ((const int32_t *)c->data)[row], 0);
    } else {
        struct timestamp t = c->layout == LAYOUT_I128
                                 ? datetime_from_ns(((const i128 *)c->data)[row])
                                 : (struct timestamp){((const int64_t *)c->data)[row], 0};
        n = iso_print_timestamp(text, t, ISO_SQL, c->type->kind == TYPE_TIMESTAMP_LTZ);
    }
    buf_add(out, text, n);
}

/* Is the value text to Jackson, so that it may need quotes? */
static bool is_text(const struct type *t)
{
    return type_is_character(t) || type_is_binary(t) || type_is_datetime(t) ||
           t->kind == TYPE_ARRAY || t->kind == TYPE_ROW;
}

static void write_raw(
    const struct csv_encoder *e, const struct column *c, uint32_t row, struct buf *out);

static void write_element(
    const struct csv_encoder *e, const struct column *c, uint32_t row, bool first, struct buf *out)
{
    if (!first) buf_add_slice(out, e->dialect.element_delimiter);
    if (column_is_valid(c, row))
        write_raw(e, c, row, out);
    else
        buf_add_slice(out, e->dialect.null_text);
}

/* The value before quoting; not NULL. */
static void write_raw(
    const struct csv_encoder *e, const struct column *c, uint32_t row, struct buf *out)
{
    char text[NUM_DOUBLE_CHARS];
    switch (c->layout) {
    case LAYOUT_BOOL: buf_add_cstr(out, ((const uint8_t *)c->data)[row] ? "true" : "false"); return;
    case LAYOUT_I8: write_i64(out, ((const int8_t *)c->data)[row]); return;
    case LAYOUT_I16: write_i64(out, ((const int16_t *)c->data)[row]); return;
    case LAYOUT_I32:
        if (type_is_datetime(c->type))
            write_time(c, row, out);
        else
            write_i64(out, ((const int32_t *)c->data)[row]);
        return;
    case LAYOUT_I64:
        if (type_is_timestamp(c->type))
            write_time(c, row, out);
        else
            write_i64(out, ((const int64_t *)c->data)[row]);
        return;
    case LAYOUT_I128:
        if (type_is_timestamp(c->type))
            write_time(c, row, out);
        else
            bigdecimal_write(
                out, ((const i128 *)c->data)[row], c->type->scale, e->dialect.plain_decimals);
        return;
    case LAYOUT_F32:
        buf_add(out, text, num_format_float(text, ((const float *)c->data)[row]));
        return;
    case LAYOUT_F64:
        buf_add(out, text, num_format_double(text, ((const double *)c->data)[row]));
        return;
    case LAYOUT_STR:
        if (type_is_binary(c->type))
            base64_encode(str_slice(&((const struct str *)c->data)[row]), out);
        else
            buf_add_slice(out, str_slice(&((const struct str *)c->data)[row]));
        return;
    case LAYOUT_SPAN: {
        struct span s = ((const struct span *)c->data)[row];
        for (uint32_t i = 0; i < s.count; i++)
            write_element(e, c->children[0], s.first + i, i == 0, out);
        return;
    }
    case LAYOUT_ROW:
        for (uint32_t i = 0; i < c->child_count; i++)
            write_element(e, c->children[i], row, i == 0, out);
        return;
    }
}

static void write_field(
    struct csv_encoder *e, const struct column *c, uint32_t row, struct buf *out)
{
    if (!column_is_valid(c, row)) {
        buf_add_slice(out, e->dialect.null_text);
    } else if (!is_text(c->type)) {
        write_raw(e, c, row, out);
    } else if (type_is_character(c->type)) {
        write_text(e, str_slice(&((const struct str *)c->data)[row]), out);
    } else {
        buf_clear(&e->text);
        write_raw(e, c, row, &e->text);
        write_text(e, buf_slice(&e->text), out);
    }
}

struct err *csv_encode(struct encoder *base, const struct batch *b, uint32_t first, uint32_t count,
    struct buf *out, size_t *ends)
{
    struct csv_encoder *e = (struct csv_encoder *)base;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < e->schema->count; k++) {
            if (k) buf_add_char(out, e->dialect.delimiter);
            write_field(e, b->columns[k], first + i, out);
        }
        ends[i] = out->n;
    }
    if (e->text.overflow)
        FAIL(ERR_LIMIT_EXCEEDED, "a field of a CSV record is larger than %d bytes",
            SCRATCH_BYTES_MAX);
    return NULL;
}

struct err *csv_encoder_new(const struct format_params *p, struct encoder **out)
{
    struct csv_encoder *e = mem_alloc(sizeof *e);
    e->arena = arena_new(1024);
    e->schema = p->schema;
    e->dialect = csv_dialect(p->options, e->arena);
    int top = e->dialect.delimiter;
    if (e->dialect.quote > top) top = e->dialect.quote;
    e->first_safe = (top > '\n' ? top : '\n') + 1;
    buf_init(&e->text, SCRATCH_BYTES_MAX);
    *out = &e->base;
    return NULL;
}

void csv_encoder_free(struct encoder *base)
{
    struct csv_encoder *e = (struct csv_encoder *)base;
    buf_free(&e->text);
    arena_free(e->arena);
    mem_free(e);
}
