#include "base/arena.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "format/format.h"

/* One column, its bytes as they are: Flink's format 'raw'. */

enum charset { CHARSET_UTF8, CHARSET_LATIN1, CHARSET_ASCII, CHARSET_UTF16 };

struct raw {
    union {
        struct decoder decoder;
        struct encoder encoder;
    };
    const struct type *type;
    enum charset charset;
    bool little_endian; /* numbers, and UTF-16 */
    struct buf text;    /* scratch */
};

enum { TEXT_BYTES_MAX = 64 << 20 };

static const struct option_def options[] = {
    {"charset", OPTION_STRING, "UTF-8", false, NULL,
        "Encoding of text: UTF-8, US-ASCII, ISO-8859-1, UTF-16, UTF-16BE or UTF-16LE."},
    {"endianness", OPTION_ENUM, "big-endian", false, "big-endian|little-endian",
        "Order of the bytes of a number."},
    {0}};

static bool find_charset(struct slice name, enum charset *charset, bool *little_endian)
{
    static const struct {
        const char *name;
        enum charset charset;
        bool little_endian;
    } known[] = {{"UTF-8", CHARSET_UTF8, false}, {"UTF8", CHARSET_UTF8, false},
        {"US-ASCII", CHARSET_ASCII, false}, {"ASCII", CHARSET_ASCII, false},
        {"ISO-8859-1", CHARSET_LATIN1, false}, {"LATIN1", CHARSET_LATIN1, false},
        {"UTF-16", CHARSET_UTF16, false}, {"UTF-16BE", CHARSET_UTF16, false},
        {"UTF-16LE", CHARSET_UTF16, true}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (!slice_eq_nocase(name, slice_of(known[i].name))) continue;
        *charset = known[i].charset;
        *little_endian = known[i].little_endian;
        return true;
    }
    return false;
}

static bool is_supported(const struct type *t)
{
    return type_is_integer(t) || type_is_approximate(t) || type_is_character(t) ||
           type_is_binary(t) || t->kind == TYPE_BOOLEAN;
}

static struct err *validate(const struct format_params *p)
{
    enum charset charset;
    bool little;
    struct slice name = option_string(p->options, options, "charset");
    if (!find_charset(name, &charset, &little))
        FAIL(ERR_INVALID_OPTION, "format 'raw' does not know the charset '%.*s'", (int)name.n,
            name.p);
    const struct schema *all = p->table_schema ? p->table_schema : p->schema;
    if (all->count != 1)
        FAIL(ERR_INVALID_DEFINITION,
            "format 'raw' is for tables with one physical column, this one has %u", all->count);
    if (!is_supported(all->fields[0].type))
        FAIL(ERR_UNSUPPORTED,
            "format 'raw' reads numbers, BOOLEAN, text and bytes; column '%.*s' is none of them",
            (int)all->fields[0].name.n, all->fields[0].name.p);
    return NULL;
}

static struct err *new_raw(const struct format_params *p, struct raw **out)
{
    struct raw *r = mem_alloc(sizeof *r);
    r->type = p->schema->count ? p->schema->fields[0].type : NULL;
    bool utf16_little = false;
    ASSERT(find_charset(option_string(p->options, options, "charset"), &r->charset, &utf16_little));
    r->little_endian =
        r->charset == CHARSET_UTF16
            ? utf16_little
            : slice_eq(option_string(p->options, options, "endianness"), SLICE("little-endian"));
    buf_init(&r->text, TEXT_BYTES_MAX);
    *out = r;
    return NULL;
}

/* ---- decoding */

static uint64_t read_number(const struct raw *r, struct slice s)
{
    uint64_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        size_t at = r->little_endian ? s.n - 1 - i : i;
        v = v << 8 | (unsigned char)s.p[at];
    }
    return v;
}

static void add_code_point(struct buf *out, uint32_t c)
{
    char text[UTF8_CHARS_MAX];
    buf_add(out, text, utf8_encode(text, c));
}

static void read_utf16(const struct raw *r, struct slice s, struct buf *out)
{
    bool little = r->little_endian;
    size_t i = 0;
    if (s.n >= 2 && (unsigned char)s.p[0] + (unsigned char)s.p[1] == 0xfe + 0xff) {
        little = (unsigned char)s.p[0] == 0xff;
        i = 2;
    }
    uint32_t high = 0;
    for (; i + 1 < s.n; i += 2) {
        uint32_t unit = little ? (uint32_t)((unsigned char)s.p[i] | (unsigned char)s.p[i + 1] << 8)
                               : (uint32_t)((unsigned char)s.p[i] << 8 | (unsigned char)s.p[i + 1]);
        bool low = unit >= 0xdc00 && unit <= 0xdfff;
        if (high && low) {
            add_code_point(out, 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
            high = 0;
            continue;
        }
        if (high) add_code_point(out, UTF8_REPLACEMENT);
        high = unit >= 0xd800 && unit <= 0xdbff ? unit : 0;
        if (!high) add_code_point(out, low ? UTF8_REPLACEMENT : unit);
    }
    if (high || i < s.n) add_code_point(out, UTF8_REPLACEMENT);
}

/* Text as UTF-8; what is not a character becomes U+FFFD, as in Java. */
static struct str read_text(struct raw *r, struct slice s, struct arena *a)
{
    if (r->charset == CHARSET_UTF8 && utf8_valid(s)) return str_view(s.p, (uint32_t)s.n);
    buf_clear(&r->text);
    switch (r->charset) {
    case CHARSET_UTF8: utf8_repair(s, &r->text); break;
    case CHARSET_UTF16: read_utf16(r, s, &r->text); break;
    case CHARSET_LATIN1:
        for (size_t i = 0; i < s.n; i++) add_code_point(&r->text, (unsigned char)s.p[i]);
        break;
    case CHARSET_ASCII:
        for (size_t i = 0; i < s.n; i++)
            add_code_point(&r->text,
                (signed char)s.p[i] < 0 ? UTF8_REPLACEMENT : (uint32_t)(unsigned char)s.p[i]);
        break;
    }
    return str_copy(a, r->text.p, (uint32_t)r->text.n);
}

/* Bytes a value of the type has; 0: any number. */
static size_t width_of(const struct type *t)
{
    return type_is_character(t) || type_is_binary(t) ? 0 : layout_size_bytes(layout_of(t));
}

static void read_value(
    struct raw *r, struct slice s, struct column *c, uint32_t row, struct arena *a)
{
    column_set_valid(c, row);
    if (c->layout == LAYOUT_STR) {
        ((struct str *)c->data)[row] =
            type_is_binary(c->type) ? str_view(s.p, (uint32_t)s.n) : read_text(r, s, a);
        return;
    }
    uint64_t v = read_number(r, s);
    if (c->layout == LAYOUT_BOOL) v = v != 0;
    memcpy((char *)c->data + row * s.n, &v, s.n); /* little-endian machines only */
}

static struct err *decode(struct decoder *d, const struct slice *records, uint32_t count,
    struct batch *out, struct bad_records *bad, uint64_t *skipped)
{
    (void)skipped;
    struct raw *r = (struct raw *)d;
    ASSERT(count <= out->capacity - out->rows);
    for (uint32_t i = 0; i < count; i++) {
        if (!r->type) { /* no column is wanted */
            out->rows++;
            continue;
        }
        struct column *c = out->columns[0];
        size_t width = width_of(r->type);
        if (records[i].p == NULL || (records[i].n == 0 && width)) {
            column_set_null(c, out->rows++);
        } else if (width && records[i].n != width) {
            format_bad_record(
                bad, i, 0, 0, "the value has %zu bytes, its type takes %zu", records[i].n, width);
        } else {
            read_value(r, records[i], c, out->rows++, out->arena);
        }
    }
    return NULL;
}

static struct err *new_decoder(const struct format_params *p, struct decoder **out)
{
    struct raw *r;
    TRY(new_raw(p, &r));
    *out = &r->decoder;
    return NULL;
}

static void free_decoder(struct decoder *d)
{
    struct raw *r = (struct raw *)d;
    buf_free(&r->text);
    mem_free(r);
}

/* ---- encoding */

static void write_unit(const struct raw *r, uint32_t unit, struct buf *out)
{
    char high = (char)(unit >> 8), low = (char)(unit & 0xff);
    buf_add_char(out, r->little_endian ? low : high);
    buf_add_char(out, r->little_endian ? high : low);
}

static void write_text(const struct raw *r, struct slice s, struct buf *out)
{
    if (r->charset == CHARSET_UTF8) {
        buf_add_slice(out, s);
        return;
    }
    while (s.n) {
        uint32_t c;
        size_t n = utf8_decode(s, &c);
        s.p += n;
        s.n -= n;
        if (r->charset != CHARSET_UTF16) {
            uint32_t limit = r->charset == CHARSET_ASCII ? 0x7f : 0xff;
            buf_add_char(out, c <= limit ? (char)c : '?');
        } else if (c < 0x10000) {
            write_unit(r, c, out);
        } else {
            write_unit(r, 0xd800 + ((c - 0x10000) >> 10), out);
            write_unit(r, 0xdc00 + ((c - 0x10000) & 0x3ff), out);
        }
    }
}

static void write_number(const struct raw *r, const char *p, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) buf_add_char(out, p[r->little_endian ? i : n - 1 - i]);
}

static struct err *encode(struct encoder *e, const struct batch *b, uint32_t first, uint32_t count,
    struct buf *out, size_t *ends)
{
    const struct raw *r = (const struct raw *)e;
    const struct column *c = b->columns[0];
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = first + i;
        if (column_is_valid(c, row)) {
            if (c->layout != LAYOUT_STR) {
                size_t n = layout_size_bytes(c->layout);
                write_number(r, (const char *)c->data + row * n, n, out);
            } else if (type_is_binary(c->type)) {
                buf_add_slice(out, str_slice(&((const struct str *)c->data)[row]));
            } else {
                write_text(r, str_slice(&((const struct str *)c->data)[row]), out);
            }
        }
        ends[i] = out->n;
    }
    return NULL;
}

static struct err *new_encoder(const struct format_params *p, struct encoder **out)
{
    struct raw *r;
    TRY(new_raw(p, &r));
    *out = &r->encoder;
    return NULL;
}

static void free_encoder(struct encoder *e)
{
    struct raw *r = (struct raw *)e;
    buf_free(&r->text);
    mem_free(r);
}

extern const struct format_def raw_format;
const struct format_def raw_format = {
    .name = "raw",
    .doc = "One column, its bytes as they are.",
    .framing = FORMAT_LINES,
    .kinds = ROW_KINDS_INSERT_ONLY,
    .options = options,
    .validate = validate,
    .decoder_new = new_decoder,
    .decode = decode,
    .decoder_free = free_decoder,
    .encoder_new = new_encoder,
    .encode = encode,
    .encoder_free = free_encoder,
};
