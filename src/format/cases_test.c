/* Runs the table of what Flink's json and csv formats did with many inputs (cases.txt beside this
 * file): kind, options, columns, input, result, separated by tabs. */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/num.h"
#include "format/format.h"
#include "format/iso.h"
#include "test.h"
#include "type/decimal.h"

enum { LINE_BYTES_MAX = 4096, PADDING = 64, BATCH_ROWS = 8 };

static const char *cases_path = "cases.txt";

/* ---- how the table writes values */

static void show(const struct column *c, uint32_t row, struct buf *out);

static void show_timestamp(struct timestamp t, struct buf *out)
{
    char text[ISO_CHARS_MAX];
    size_t n = iso_print_timestamp(text, t, ISO_8601, false);
    int fraction = 0;
    const char *dot = memchr(text, '.', n);
    if (dot) fraction = (int)(text + n - dot - 1);
    bool whole_minute = !dot && text[n - 2] == '0' && text[n - 1] == '0';
    buf_add(out, text, whole_minute ? n - 3 : n);
    for (; fraction % 3; fraction++) buf_add_char(out, '0');
}

static void show_span(const struct column *c, struct span s, struct buf *out)
{
    for (uint32_t k = 0; k < c->child_count; k++) {
        buf_add_cstr(out, c->child_count == 1 ? "[" : k == 0 ? "{[" : "=[");
        for (uint32_t i = 0; i < s.count; i++) {
            if (i) buf_add_cstr(out, ", ");
            show(c->children[k], s.first + i, out);
        }
        buf_add_char(out, ']');
    }
    if (c->child_count == 2) buf_add_char(out, '}');
}

static void show_text(const struct column *c, struct slice s, struct buf *out)
{
    if (type_is_binary(c->type)) {
        buf_add_cstr(out, "0x");
        for (size_t i = 0; i < s.n; i++) buf_printf(out, "%02x", (unsigned)(unsigned char)s.p[i]);
        return;
    }
    buf_add_char(out, '\'');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\n')
            buf_add_cstr(out, "\\N");
        else if (s.p[i] == '\r')
            buf_add_cstr(out, "\\R");
        else
            buf_add_char(out, s.p[i]);
    }
    buf_add_char(out, '\'');
}

static void show_fields(
    struct column *const *columns, uint32_t count, uint32_t row, struct buf *out)
{
    buf_add_char(out, '(');
    for (uint32_t i = 0; i < count; i++) {
        if (i) buf_add_cstr(out, ", ");
        show(columns[i], row, out);
    }
    buf_add_char(out, ')');
}

static void show(const struct column *c, uint32_t row, struct buf *out)
{
    char text[64];
    if (!column_is_valid(c, row)) {
        buf_add_cstr(out, "NULL");
        return;
    }
    bool time = type_is_timestamp(c->type);
    switch (c->layout) {
    case LAYOUT_BOOL: buf_add_cstr(out, ((uint8_t *)c->data)[row] ? "true" : "false"); return;
    case LAYOUT_I8: buf_printf(out, "%d", ((int8_t *)c->data)[row]); return;
    case LAYOUT_I16: buf_printf(out, "%d", ((int16_t *)c->data)[row]); return;
    case LAYOUT_I32: buf_printf(out, "%d", ((int32_t *)c->data)[row]); return;
    case LAYOUT_I64:
        if (time)
            show_timestamp((struct timestamp){((int64_t *)c->data)[row], 0}, out);
        else
            buf_printf(out, "%lld", (long long)((int64_t *)c->data)[row]);
        return;
    case LAYOUT_I128:
        if (time)
            show_timestamp(datetime_from_ns(((i128 *)c->data)[row]), out);
        else
            buf_add(out, text, decimal_format(text, ((i128 *)c->data)[row], c->type->scale));
        return;
    case LAYOUT_F32: buf_add(out, text, num_format_float(text, ((float *)c->data)[row])); return;
    case LAYOUT_F64: buf_add(out, text, num_format_double(text, ((double *)c->data)[row])); return;
    case LAYOUT_STR: show_text(c, str_slice(&((struct str *)c->data)[row]), out); return;
    case LAYOUT_SPAN: show_span(c, ((struct span *)c->data)[row], out); return;
    case LAYOUT_ROW: show_fields(c->children, c->child_count, row, out); return;
    }
}

/* ---- running one case */

struct test_case {
    struct slice kind, options, columns, input, expected;
};

static void add_option(struct option *pairs, uint32_t *count, const char *key, struct slice value)
{
    pairs[(*count)++] = (struct option){.key = slice_of(key), .value = value};
}

/* The words of the second field. */
static struct options make_options(struct arena *a, struct slice words, bool csv)
{
    static const struct {
        const char *word;
        const char *key; /* "key=value", or the value follows the word */
        bool for_csv;
    } known[] = {{"fail", "fail-on-missing-field=true", false},
        {"ignore", "ignore-parse-errors=true", false}, {"ignore", "ignore-parse-errors=true", true},
        {"iso", "timestamp-format.standard=ISO-8601", false},
        {"drop", "map-null-key.mode=DROP", false},
        {"plain", "encode.decimal-as-plain-number=true", false},
        {"plain", "write-bigdecimal-in-scientific-notation=false", true},
        {"nonull", "encode.ignore-null-fields=true", false}, {"delim=", "field-delimiter", true},
        {"quote=", "quote-character", true}, {"esc=", "escape-character", true},
        {"null=", "null-literal", true}, {"arr=", "array-element-delimiter", true},
        {"noquote", "disable-quote-character=true", true},
        {"comments", "allow-comments=true", true}, {"trim", "trim-spaces=true", true},
        {"unmap", "ignore-trailing-unmappable=true", true},
        {"notrailing", "allow-trailing-comma=false", true},
        {"failmissing", "fail-on-missing-columns=true", true},
        {"emptynull", "empty-string-as-null=true", true}};
    struct option *pairs = ARENA_ARRAY(a, struct option, 16);
    uint32_t count = 0;
    while (words.n) {
        const char *space = memchr(words.p, ' ', words.n);
        struct slice word = {words.p, space ? (size_t)(space - words.p) : words.n};
        words.p += word.n + (space != NULL);
        words.n -= word.n + (space != NULL);
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
            size_t n = strlen(known[i].word);
            if (known[i].for_csv != csv || word.n < n || memcmp(word.p, known[i].word, n) != 0)
                continue;
            const char *equals = strchr(known[i].key, '=');
            if (known[i].word[n - 1] == '=')
                add_option(pairs, &count, known[i].key, (struct slice){word.p + n, word.n - n});
            else if (word.n == n)
                add_option(pairs, &count,
                    slice_to_cstr(a, (struct slice){known[i].key, (size_t)(equals - known[i].key)}),
                    slice_of(equals + 1));
        }
    }
    return (struct options){pairs, count};
}

static const struct schema *make_schema(struct arena *a, struct slice columns)
{
    const struct type *t;
    char *text = str_fmt(a, "ROW<%.*s>", (int)columns.n, columns.p);
    struct err *e = type_parse(a, slice_of(text), &t);
    if (e) {
        err_print(e, stdout);
        exit(1);
    }
    return schema_new(a, t->fields, t->field_count);
}

/* \N \R \T stand for line end, carriage return and tab; \xHH for a byte. */
static struct slice unescape(struct arena *a, struct slice s)
{
    char *out = arena_alloc(a, s.n + PADDING);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char next = s.p[i] == '\\' && i + 1 < s.n ? s.p[i + 1] : '\0';
        if (next == 'N' || next == 'R' || next == 'T') {
            out[n++] = next == 'N' ? '\n' : next == 'R' ? '\r' : '\t';
            i++;
        } else {
            out[n++] = s.p[i];
        }
    }
    return (struct slice){out, n};
}

/* True when rows came out; the reason goes to `out` otherwise. */
static bool decode(const struct format_def *f, const struct format_params *p, struct slice record,
    struct batch *b, struct buf *out)
{
    struct decoder *d;
    static struct bad_records bad;
    uint64_t skipped = 0;
    bad.count = 0;
    CHECK(f->decoder_new(p, &d) == NULL);
    CHECK(f->decode(d, &record, 1, b, &bad, &skipped) == NULL);
    f->decoder_free(d);
    if (bad.count) buf_printf(out, "ERR %s", bad.records[0].reason);
    if (!bad.count && b->rows == 0) buf_add_cstr(out, "(none)");
    return b->rows > 0;
}

static void encode(
    const struct format_def *f, const struct format_params *p, struct batch *b, struct buf *out)
{
    struct encoder *e;
    size_t ends[BATCH_ROWS];
    struct buf text;
    buf_init(&text, 1 << 16);
    CHECK(f->encoder_new(p, &e) == NULL);
    CHECK(f->encode(e, b, 0, 1, &text, ends) == NULL);
    f->encoder_free(e);
    CHECK(ends[0] == text.n);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\n' || text.p[i] == '\r')
            buf_add_cstr(out, text.p[i] == '\n' ? "\\N" : "\\R");
        else
            buf_add_char(out, text.p[i]);
    }
    buf_free(&text);
}

static void run_case(const struct test_case *c, struct arena *a, struct buf *out)
{
    bool csv = c->kind.p[0] == 'c', encodes = c->kind.n == 4 && c->kind.p[1] != 's';
    const struct format_def *f = format_find(csv ? SLICE("csv") : SLICE("json"));
    const struct format_def *json = format_find(SLICE("json"));
    struct options options = make_options(a, c->options, csv), none = {NULL, 0};
    const struct schema *schema = make_schema(a, c->columns);
    struct format_params p = {.options = &options, .schema = schema};
    struct format_params plain = {.options = &none, .schema = schema};
    struct err *e = f->validate ? f->validate(&p) : NULL;
    if (e) {
        buf_printf(out, "ERR %s", err_message(e));
        err_free(e);
        return;
    }
    encodes = encodes && !slice_eq(c->kind, SLICE("json"));
    struct batch *b = batch_new(schema, BATCH_ROWS);
    struct slice input = unescape(a, c->input);
    if (decode(encodes ? json : f, encodes ? &plain : &p, input, b, out)) {
        if (encodes)
            encode(f, &p, b, out);
        else
            for (uint32_t row = 0; row < b->rows; row++)
                show_fields(b->columns, schema->count, row, out);
    }
    batch_free(b);
}

static struct slice next_field(struct slice *line)
{
    const char *tab = memchr(line->p, '\t', line->n);
    struct slice field = {line->p, tab ? (size_t)(tab - line->p) : line->n};
    line->p += field.n + (tab != NULL);
    line->n -= field.n + (tab != NULL);
    return field;
}

/* An expected error is any error. */
static bool matches(struct slice expected, struct slice got)
{
    if (expected.n >= 3 && memcmp(expected.p, "ERR", 3) == 0)
        return got.n > 4 && memcmp(got.p, "ERR ", 4) == 0;
    return slice_eq(expected, got);
}

static void formats_do_what_flink_does(void)
{
    char line[LINE_BYTES_MAX];
    FILE *f = fopen(cases_path, "r");
    CHECK(f != NULL);
    struct buf got;
    buf_init(&got, 1 << 16);
    int count = 0;
    while (f && fgets(line, sizeof line, f)) {
        size_t n = strcspn(line, "\n");
        line[n] = '\0';
        if (n == 0 || line[0] == '#') continue;
        struct slice rest = {line, n};
        struct test_case c = {.kind = next_field(&rest)};
        c.options = next_field(&rest);
        c.columns = next_field(&rest);
        c.input = next_field(&rest);
        c.expected = rest;
        struct arena *a = arena_new(4096);
        buf_clear(&got);
        run_case(&c, a, &got);
        if (!matches(c.expected, buf_slice(&got))) {
            printf("# %s\n#   got: %s\n", line, buf_cstr(&got));
            test_failed++;
        }
        count++;
        arena_free(a);
    }
    if (f) fclose(f);
    CHECK(count > 500);
    buf_free(&got);
}

int main(int argc, char **argv)
{
    if (argc > 1) cases_path = argv[1];
    TEST_RUN(formats_do_what_flink_does);
    return TEST_END();
}
