#include "func/scalar/string/text.h"

/* Bytes of code points first .. first + count - 1 (0-based). */
static struct slice part_of(struct slice s, size_t first, size_t count)
{
    size_t from = utf8_offset(s, first);
    struct slice rest = {s.p + from, s.n - from};
    return (struct slice){rest.p, utf8_offset(rest, count)};
}

/* Flink's SqlFunctionUtils.substringSQL: a start of 0 counts as 1, a negative one from the end; a
 * start before the text gives the empty text. */
static struct slice substring(struct slice s, int32_t start, int64_t length)
{
    int64_t points = (int64_t)utf8_count(s), first = start > 0 ? start - 1 : start;
    if (start < 0) first = points + start;
    if (first < 0 || first >= points || length <= 0) return (struct slice){s.p, 0};
    return part_of(s, (size_t)first, (size_t)length);
}

static struct err *substring_eval(struct func_frame *f)
{
    bool bounded = f->call->arg_count > 2;
    for (FUNC_EACH_ROW(f, row)) {
        int64_t length = bounded ? text_int_arg(f, 2, row) : INT32_MAX;
        if (length < 0)
            column_set_null(f->out, row);
        else
            text_put_part(f, row, substring(text_arg(f, 0, row), text_int_arg(f, 1, row), length));
    }
    return NULL;
}

static struct err *left_eval(struct func_frame *f)
{
    for (FUNC_EACH_ROW(f, row)) {
        int32_t n = text_int_arg(f, 1, row);
        text_put_part(f, row, part_of(text_arg(f, 0, row), 0, n > 0 ? (size_t)n : 0));
    }
    return NULL;
}

static struct err *right_eval(struct func_frame *f)
{
    for (FUNC_EACH_ROW(f, row)) {
        struct slice s = text_arg(f, 0, row);
        int64_t n = text_int_arg(f, 1, row), points = (int64_t)utf8_count(s);
        int64_t first = n <= 0 ? points : n >= points ? 0 : points - n;
        text_put_part(f, row, part_of(s, (size_t)first, (size_t)points));
    }
    return NULL;
}

static struct err *char_length_eval(struct func_frame *f)
{
    int32_t *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) out[row] = (int32_t)utf8_count(text_arg(f, 0, row));
    return NULL;
}

static const char *const substring_aliases[] = {"SUBSTR", NULL};
static const char *const char_length_aliases[] = {"CHARACTER_LENGTH", NULL};
static const struct func_signature substring_signatures[] = {
    {"STRING, INT, INT? -> VARCHAR($1) NULL", substring_eval}, {0}};
static const struct func_signature left_signatures[] = {
    {"STRING, INT -> STRING NULL", left_eval}, {0}};
static const struct func_signature right_signatures[] = {
    {"STRING, INT -> STRING NULL", right_eval}, {0}};
static const struct func_signature char_length_signatures[] = {
    {"STRING -> INT", char_length_eval}, {0}};

const struct func_def func_substring = {
    .name = "SUBSTRING",
    .aliases = substring_aliases,
    .flags = FUNC_STRICT,
    .signatures = substring_signatures,
    .signature_doc =
        "SUBSTRING(string FROM start [FOR length]) | SUBSTRING(string, start[, length])",
    .doc = "Part of a text from the start-th character on, counted from 1; a negative start counts "
           "from the end.",
    .example = "SUBSTRING('Weir' FROM 2 FOR 2) → ei",
};

const struct func_def func_left = {
    .name = "LEFT",
    .flags = FUNC_STRICT,
    .signatures = left_signatures,
    .signature_doc = "LEFT(string, count)",
    .doc = "The first characters of a text.",
    .example = "LEFT('Weir', 2) → We",
};

const struct func_def func_right = {
    .name = "RIGHT",
    .flags = FUNC_STRICT,
    .signatures = right_signatures,
    .signature_doc = "RIGHT(string, count)",
    .doc = "The last characters of a text.",
    .example = "RIGHT('Weir', 2) → ir",
};

const struct func_def func_char_length = {
    .name = "CHAR_LENGTH",
    .aliases = char_length_aliases,
    .flags = FUNC_STRICT,
    .signatures = char_length_signatures,
    .signature_doc = "CHAR_LENGTH(string)",
    .doc = "Number of characters (code points) of a text.",
    .example = "CHAR_LENGTH('Weir') → 4",
};
