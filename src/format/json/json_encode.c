#include "base/arena.h"
#include "base/check.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/num.h"
#include "format/base64.h"
#include "format/bigdecimal.h"
#include "format/json/json.h"

struct json_encoder {
    struct encoder base;
    struct arena *arena;
    const struct schema *schema;
    struct slice *names; /* of the columns: "name": */
    enum iso_style style;
    bool plain_decimals;
    bool skip_nulls;
    enum json_map_null map_null;
    struct slice map_null_key;
};

/* ---- scalars */

/* Does the byte need an escape? Jackson's: quote, backslash, below U+0020. */
static inline bool is_plain(char c)
{
    return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

static void write_escape(struct buf *out, char c)
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *known = c ? strchr(from, c) : NULL;
    buf_add_char(out, '\\');
    if (known)
        buf_add_char(out, to[known - from]);
    else
        buf_printf(out, "u%04X", (unsigned)(unsigned char)c);
}

static void write_string(struct buf *out, struct slice s)
{
    buf_add_char(out, '"');
    size_t begin = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (is_plain(s.p[i])) continue;
        buf_add(out, s.p + begin, i - begin);
        write_escape(out, s.p[i]);
        begin = i + 1;
    }
    buf_add(out, s.p + begin, s.n - begin);
    buf_add_char(out, '"');
}

static void write_quoted(struct buf *out, const char *text, size_t n)
{
    buf_add_char(out, '"');
    buf_add(out, text, n);
    buf_add_char(out, '"');
}

static void write_i64(struct buf *out, int64_t v)
{
    char text[NUM_I64_CHARS];
    buf_add(out, text, num_format_i64(text, v));
}

/* Java's text; NaN and the infinities in quotes. */
static void write_number(struct buf *out, const char *text, size_t n)
{
    char last = text[n - 1];
    if (last >= '0' && last <= '9')
        buf_add(out, text, n);
    else
        write_quoted(out, text, n);
}

static void write_time(
    const struct json_encoder *e, const struct column *c, uint32_t row, struct buf *out)
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
        n = iso_print_timestamp(text, t, e->style, c->type->kind == TYPE_TIMESTAMP_LTZ);
    }
    write_quoted(out, text, n);
}

static void write_bytes(struct buf *out, struct slice s)
{
    buf_add_char(out, '"');
    base64_encode(s, out);
    buf_add_char(out, '"');
}

/* ---- nested values; depth is limited by TYPE_DEPTH_MAX */

static struct err *write_value(
    const struct json_encoder *e, const struct column *c, uint32_t row, struct buf *out);

static struct err *write_array(
    const struct json_encoder *e, const struct column *c, struct span s, struct buf *out)
{
    buf_add_char(out, '[');
    for (uint32_t i = 0; i < s.count; i++) {
        if (i) buf_add_char(out, ',');
        TRY(write_value(e, c->children[0], s.first + i, out));
    }
    buf_add_char(out, ']');
    return NULL;
}

static struct err *write_map(
    const struct json_encoder *e, const struct column *c, struct span s, struct buf *out)
{
    const struct column *keys = c->children[0];
    bool first = true;
    buf_add_char(out, '{');
    for (uint32_t i = 0; i < s.count; i++) {
        struct slice key = e->map_null_key;
        if (column_is_valid(keys, s.first + i)) {
            key = str_slice(&((const struct str *)keys->data)[s.first + i]);
        } else if (e->map_null == JSON_MAP_NULL_FAIL) {
            return err_hint(
                ERR(ERR_INVALID_VALUE, "format 'json' cannot write a NULL key of a MAP"),
                "Set 'json.map-null-key.mode' to 'DROP' or 'LITERAL'.");
        } else if (e->map_null == JSON_MAP_NULL_DROP) {
            continue;
        }
        if (!first) buf_add_char(out, ',');
        first = false;
        write_string(out, key);
        buf_add_char(out, ':');
        TRY(write_value(e, c->children[1], s.first + i, out));
    }
    buf_add_char(out, '}');
    return NULL;
}

static struct err *write_row(
    const struct json_encoder *e, const struct column *c, uint32_t row, struct buf *out)
{
    bool first = true;
    buf_add_char(out, '{');
    for (uint32_t i = 0; i < c->child_count; i++) {
        if (e->skip_nulls && !column_is_valid(c->children[i], row)) continue;
        if (!first) buf_add_char(out, ',');
        first = false;
        write_string(out, c->type->fields[i].name);
        buf_add_char(out, ':');
        TRY(write_value(e, c->children[i], row, out));
    }
    buf_add_char(out, '}');
    return NULL;
}

static struct err *write_value(
    const struct json_encoder *e, const struct column *c, uint32_t row, struct buf *out)
{
    if (!column_is_valid(c, row)) {
        buf_add(out, "null", 4);
        return NULL;
    }
    char text[NUM_DOUBLE_CHARS];
    switch (c->layout) {
    case LAYOUT_BOOL:
        buf_add_cstr(out, ((const uint8_t *)c->data)[row] ? "true" : "false");
        return NULL;
    case LAYOUT_I8: write_i64(out, ((const int8_t *)c->data)[row]); return NULL;
    case LAYOUT_I16: write_i64(out, ((const int16_t *)c->data)[row]); return NULL;
    case LAYOUT_I32:
        if (c->type->kind == TYPE_DATE || c->type->kind == TYPE_TIME)
            write_time(e, c, row, out);
        else
            write_i64(out, ((const int32_t *)c->data)[row]);
        return NULL;
    case LAYOUT_I64:
        if (type_is_timestamp(c->type))
            write_time(e, c, row, out);
        else
            write_i64(out, ((const int64_t *)c->data)[row]);
        return NULL;
    case LAYOUT_I128:
        if (type_is_timestamp(c->type))
            write_time(e, c, row, out);
        else
            bigdecimal_write(out, ((const i128 *)c->data)[row], c->type->scale, e->plain_decimals);
        return NULL;
    case LAYOUT_F32:
        write_number(out, text, num_format_float(text, ((const float *)c->data)[row]));
        return NULL;
    case LAYOUT_F64:
        write_number(out, text, num_format_double(text, ((const double *)c->data)[row]));
        return NULL;
    case LAYOUT_STR: {
        struct slice s = str_slice(&((const struct str *)c->data)[row]);
        if (type_is_binary(c->type))
            write_bytes(out, s);
        else
            write_string(out, s);
        return NULL;
    }
    case LAYOUT_SPAN:
        return c->child_count == 2 ? write_map(e, c, ((const struct span *)c->data)[row], out)
                                   : write_array(e, c, ((const struct span *)c->data)[row], out);
    case LAYOUT_ROW: return write_row(e, c, row, out);
    }
    UNREACHABLE();
}

struct err *json_encode(struct encoder *base, const struct batch *b, uint32_t first, uint32_t count,
    struct buf *out, size_t *ends)
{
    const struct json_encoder *e = (const struct json_encoder *)base;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = first + i;
        char separator = '{';
        for (uint32_t k = 0; k < e->schema->count; k++) {
            const struct column *c = b->columns[k];
            if (e->skip_nulls && !column_is_valid(c, row)) continue;
            buf_add_char(out, separator);
            separator = ',';
            buf_add_slice(out, e->names[k]);
            TRY(write_value(e, c, row, out));
        }
        if (separator == '{') buf_add_char(out, '{');
        buf_add_char(out, '}');
        ends[i] = out->n;
    }
    return NULL;
}

/* ---- life */

static struct slice quoted_name(struct arena *a, struct slice name)
{
    struct buf text;
    buf_init(&text, 6 * name.n + 8);
    write_string(&text, name);
    buf_add_char(&text, ':');
    struct slice copy = slice_copy(a, buf_slice(&text));
    buf_free(&text);
    return copy;
}

struct err *json_encoder_new(const struct format_params *p, struct encoder **out)
{
    struct json_encoder *e = mem_alloc(sizeof *e);
    const struct options *o = p->options;
    e->arena = arena_new(4096);
    e->schema = p->schema;
    e->names = ARENA_ARRAY(e->arena, struct slice, p->schema->count + 1);
    for (uint32_t i = 0; i < p->schema->count; i++)
        e->names[i] = quoted_name(e->arena, p->schema->fields[i].name);
    e->style = json_timestamp_style(o);
    e->plain_decimals = option_bool(o, json_options, "encode.decimal-as-plain-number");
    e->skip_nulls = option_bool(o, json_options, "encode.ignore-null-fields");
    struct slice mode = option_string(o, json_options, "map-null-key.mode");
    e->map_null = slice_eq_nocase(mode, SLICE("DROP"))      ? JSON_MAP_NULL_DROP
                  : slice_eq_nocase(mode, SLICE("LITERAL")) ? JSON_MAP_NULL_LITERAL
                                                            : JSON_MAP_NULL_FAIL;
    e->map_null_key = slice_copy(e->arena, option_string(o, json_options, "map-null-key.literal"));
    *out = &e->base;
    return NULL;
}

void json_encoder_free(struct encoder *base)
{
    struct json_encoder *e = (struct json_encoder *)base;
    arena_free(e->arena);
    mem_free(e);
}
