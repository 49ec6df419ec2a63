#include "format/csv/csv.h"

#include "base/arena.h"

const struct option_def csv_options[] = {
    {"field-delimiter", OPTION_STRING, ",", false, NULL, "One ASCII character; \\t is a tab."},
    {"quote-character", OPTION_STRING, "\"", false, NULL, "Encloses fields."},
    {"disable-quote-character", OPTION_BOOL, "false", false, NULL, "Fields are never enclosed."},
    {"escape-character", OPTION_STRING, NULL, false, NULL, "Takes the next character as it is."},
    {"allow-comments", OPTION_BOOL, "false", false, NULL, "Leave out lines that begin with #."},
    {"ignore-parse-errors", OPTION_BOOL, "false", false, NULL,
        "Values that do not fit are NULL and malformed records are left out and counted."},
    {"array-element-delimiter", OPTION_STRING, ";", false, NULL,
        "Between elements of an ARRAY and fields of a ROW."},
    {"null-literal", OPTION_STRING, NULL, false, NULL, "The text that stands for NULL."},
    {"write-bigdecimal-in-scientific-notation", OPTION_BOOL, "true", false, NULL,
        "Write DECIMAL as 1E+2, without trailing zeros."},
    {"trim-spaces", OPTION_BOOL, "false", false, NULL, "Take spaces off both ends of a field."},
    {"ignore-trailing-unmappable", OPTION_BOOL, "false", false, NULL,
        "Leave out fields after the last column."},
    {"allow-trailing-comma", OPTION_BOOL, "true", false, NULL,
        "A delimiter may stand after the last field."},
    {"fail-on-missing-columns", OPTION_BOOL, "false", false, NULL,
        "A record with too few fields is malformed also with ignore-parse-errors."},
    {"empty-string-as-null", OPTION_BOOL, "false", false, NULL, "An empty field is NULL."}, {0}};

/* The character of an option after Java's \t, \\ and \u0001; -2 when it is not one of ASCII. */
static int read_character(struct slice text)
{
    if (text.n == 1 && (signed char)text.p[0] > 0) return text.p[0];
    if (text.n == 2 && text.p[0] == '\\') {
        static const char from[] = "tnrbf\\'\"", to[] = "\t\n\r\b\f\\'\"";
        const char *known = text.p[1] ? strchr(from, text.p[1]) : NULL;
        return known ? to[known - from] : -2;
    }
    if (text.n != 6 || text.p[0] != '\\' || text.p[1] != 'u' || text.p[2] != '0' ||
        text.p[3] != '0')
        return -2;
    int v = 0;
    for (size_t i = 4; i < 6; i++) {
        char c = text.p[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) return -2;
        v = v * 16 + digit;
    }
    return v > 0 && v < 128 ? v : -2;
}

static int character_of(const struct options *o, const char *key)
{
    struct slice text = option_string(o, csv_options, key);
    return text.p && text.n ? read_character(text) : -1;
}

struct csv_dialect csv_dialect(const struct options *o, struct arena *a)
{
    struct csv_dialect d = {.delimiter = (char)character_of(o, "field-delimiter"),
        .quote = character_of(o, "quote-character"),
        .escape = character_of(o, "escape-character"),
        .comments = option_bool(o, csv_options, "allow-comments"),
        .trim = option_bool(o, csv_options, "trim-spaces"),
        .ignore_errors = option_bool(o, csv_options, "ignore-parse-errors"),
        .ignore_extra = option_bool(o, csv_options, "ignore-trailing-unmappable"),
        .trailing_comma = option_bool(o, csv_options, "allow-trailing-comma"),
        .fail_on_missing = option_bool(o, csv_options, "fail-on-missing-columns"),
        .empty_is_null = option_bool(o, csv_options, "empty-string-as-null"),
        .plain_decimals = !option_bool(o, csv_options, "write-bigdecimal-in-scientific-notation")};
    if (option_bool(o, csv_options, "disable-quote-character")) d.quote = -1;
    struct slice null_text = option_string(o, csv_options, "null-literal");
    d.has_null = null_text.p != NULL;
    if (d.has_null) d.null_text = slice_copy(a, null_text);
    struct slice between = option_string(o, csv_options, "array-element-delimiter");
    int one = read_character(between); /* "\t" and the like */
    char c = (char)one;
    d.element_delimiter = slice_copy(a, one > 0 ? (struct slice){&c, 1} : between);
    return d;
}

static struct err *check_character(const struct options *o, const char *key)
{
    struct slice text = option_string(o, csv_options, key);
    if (!text.p || read_character(text) > 0) return NULL;
    FAIL(ERR_INVALID_OPTION, "'%s' of format 'csv' must be one ASCII character, not '%.*s'", key,
        (int)text.n, text.p);
}

static bool is_nested(const struct type *t)
{
    return t->kind == TYPE_ARRAY || t->kind == TYPE_ROW || t->kind == TYPE_MAP ||
           t->kind == TYPE_MULTISET;
}

static struct err *check_column(const struct type_field *f)
{
    const struct type *t = f->type;
    bool nested = t->kind == TYPE_MAP || t->kind == TYPE_MULTISET;
    if (t->kind == TYPE_ARRAY) nested = is_nested(t->element);
    for (uint32_t i = 0; t->kind == TYPE_ROW && i < t->field_count; i++)
        nested = nested || is_nested(t->fields[i].type);
    if (!nested) return NULL;
    FAIL(ERR_UNSUPPORTED,
        "format 'csv' has no MAP, MULTISET or nesting beyond one level; column '%.*s' has",
        (int)f->name.n, f->name.p);
}

static struct err *validate(const struct format_params *p)
{
    const struct options *o = p->options;
    struct slice ignored;
    TRY(check_character(o, "field-delimiter"));
    TRY(check_character(o, "quote-character"));
    TRY(check_character(o, "escape-character"));
    if (option_bool(o, csv_options, "disable-quote-character") &&
        option_find(o, "quote-character", &ignored))
        FAIL(ERR_INVALID_OPTION,
            "format 'csv' cannot have a quote-character and disable-quote-character");
    if (option_string(o, csv_options, "array-element-delimiter").n == 0)
        FAIL(ERR_INVALID_OPTION, "'array-element-delimiter' of format 'csv' must not be empty");
    const struct schema *all = p->table_schema ? p->table_schema : p->schema;
    for (uint32_t i = 0; i < all->count; i++) TRY(check_column(&all->fields[i]));
    return NULL;
}

extern const struct format_def csv_format;
const struct format_def csv_format = {
    .name = "csv",
    .doc = "Fields between delimiters, in the order of the columns.",
    .framing = FORMAT_LINES_CSV,
    .kinds = ROW_KINDS_INSERT_ONLY,
    .options = csv_options,
    .validate = validate,
    .decoder_new = csv_decoder_new,
    .decode = csv_decode,
    .record_end = csv_record_end,
    .decoder_free = csv_decoder_free,
    .encoder_new = csv_encoder_new,
    .encode = csv_encode,
    .encoder_free = csv_encoder_free,
};
