#include "func/scalar/regex/regex.h"
#include "func/scalar/string/text.h"

static struct err *matches_eval(struct func_frame *f)
{
    struct regex *r = f->call->state;
    uint8_t *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) {
        struct slice pattern = text_arg(f, 1, row);
        out[row] = pattern.n > 0 && regex_use(r, pattern) && regex_find(r, text_arg(f, 0, row), 0);
    }
    return NULL;
}

/* An index below 0, or of a group that is not there, gives NULL. */
static struct err *extract_eval(struct func_frame *f)
{
    struct regex *r = f->call->state;
    for (FUNC_EACH_ROW(f, row)) {
        struct slice s = text_arg(f, 0, row);
        int32_t group = f->call->arg_count > 2 ? text_int_arg(f, 2, row) : 0;
        size_t first, end;
        if (group >= 0 && regex_use(r, text_arg(f, 1, row)) && regex_find(r, s, 0) &&
            regex_group(r, (uint32_t)group, &first, &end))
            text_put_part(f, row, (struct slice){s.p + first, end - first});
        else
            column_set_null(f->out, row);
    }
    return NULL;
}

static void add_replaced(struct regex *r, struct slice s, struct slice replacement, struct buf *b)
{
    size_t copied = 0, from = 0, first = 0, end = 0;
    while (regex_find(r, s, from) && regex_group(r, 0, &first, &end) && !b->overflow) {
        buf_add(b, s.p + copied, first - copied);
        buf_add_slice(b, replacement);
        copied = end;
        from = regex_next(r, s);
    }
    buf_add(b, s.p + copied, s.n - copied);
}

/* The replacement is taken as it is: '$' is no group reference in Flink. */
static struct err *replace_eval(struct func_frame *f)
{
    struct regex *r = f->call->state;
    struct buf b;
    buf_init(&b, TEXT_RESULT_MAX);
    struct err *e = NULL;
    for (FUNC_EACH_ROW(f, row)) {
        if (!regex_use(r, text_arg(f, 1, row))) {
            column_set_null(f->out, row);
            continue;
        }
        buf_clear(&b);
        add_replaced(r, text_arg(f, 0, row), text_arg(f, 2, row), &b);
        e = text_put_buffer(f, row, &b);
        if (e) break;
    }
    buf_free(&b);
    return e;
}

static const struct func_signature regexp_signatures[] = {
    {"STRING, STRING -> BOOLEAN", matches_eval}, {0}};
static const struct func_signature extract_signatures[] = {
    {"STRING, STRING, INT? -> STRING NULL", extract_eval}, {0}};
static const struct func_signature replace_signatures[] = {
    {"STRING, STRING, STRING -> STRING NULL", replace_eval}, {0}};

const struct func_def func_regexp = {
    .name = "REGEXP",
    .flags = FUNC_STRICT,
    .signatures = regexp_signatures,
    .open = regex_open,
    .close = regex_close,
    .signature_doc = "REGEXP(string, regex)",
    .doc = "Does a part of the text match the (Java) regular expression? An empty or invalid "
           "expression matches nothing.",
    .example = "REGEXP('weir', 'e.r') → TRUE",
};

const struct func_def func_regexp_extract = {
    .name = "REGEXP_EXTRACT",
    .flags = FUNC_STRICT,
    .signatures = extract_signatures,
    .open = regex_open,
    .close = regex_close,
    .signature_doc = "REGEXP_EXTRACT(string, regex[, group])",
    .doc = "The first part of the text that matches, or a group of it; NULL when nothing does.",
    .example = "REGEXP_EXTRACT('id=42', 'id=([0-9]+)', 1) → 42",
};

const struct func_def func_regexp_replace = {
    .name = "REGEXP_REPLACE",
    .flags = FUNC_STRICT,
    .signatures = replace_signatures,
    .open = regex_open,
    .close = regex_close,
    .signature_doc = "REGEXP_REPLACE(string, regex, replacement)",
    .doc = "Replaces every match by a text, which is taken as it is.",
    .example = "REGEXP_REPLACE('a1b22', '[0-9]+', '#') → a#b#",
};
