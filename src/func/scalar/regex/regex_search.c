/* REGEXP_COUNT, REGEXP_INSTR, REGEXP_SUBSTR, REGEXP_EXTRACT_ALL: NULL when the expression is not
 * valid. */
#include "func/scalar/collection/collection.h"
#include "func/scalar/regex/regex.h"
#include "func/scalar/string/text.h"

static struct err *count_eval(struct func_frame *f)
{
    struct regex *r = f->call->state;
    int32_t *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) {
        struct slice s = text_arg(f, 0, row);
        if (!regex_use(r, text_arg(f, 1, row))) {
            column_set_null(f->out, row);
            continue;
        }
        out[row] = 0;
        for (size_t from = 0; regex_find(r, s, from); from = regex_next(r, s)) out[row]++;
    }
    return NULL;
}

/* In characters, from 1; 0 when nothing matches. */
static struct err *instr_eval(struct func_frame *f)
{
    struct regex *r = f->call->state;
    int32_t *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) {
        struct slice s = text_arg(f, 0, row);
        size_t first = 0, end = 0;
        if (!regex_use(r, text_arg(f, 1, row)))
            column_set_null(f->out, row);
        else if (regex_find(r, s, 0) && regex_group(r, 0, &first, &end))
            out[row] = (int32_t)utf8_count((struct slice){s.p, first}) + 1;
        else
            out[row] = 0;
    }
    return NULL;
}

static struct err *substr_eval(struct func_frame *f)
{
    struct regex *r = f->call->state;
    for (FUNC_EACH_ROW(f, row)) {
        struct slice s = text_arg(f, 0, row);
        size_t first = 0, end = 0;
        if (regex_use(r, text_arg(f, 1, row)) && regex_find(r, s, 0) &&
            regex_group(r, 0, &first, &end))
            text_put_part(f, row, (struct slice){s.p + first, end - first});
        else
            column_set_null(f->out, row);
    }
    return NULL;
}

static void add_group(struct collection *c, const struct regex *r, struct slice s, uint32_t group)
{
    size_t first = 0, end = 0;
    if (regex_group(r, group, &first, &end))
        collection_add_text(c, (struct slice){s.p + first, end - first});
    else
        collection_add_null(c);
}

/* The group is 1 unless given; a group that the expression does not have gives NULL. */
static struct err *extract_all_eval(struct func_frame *f)
{
    struct regex *r = f->call->state;
    struct collection c;
    collection_begin(&c, f);
    for (FUNC_EACH_ROW(f, row)) {
        struct slice s = text_arg(f, 0, row);
        int64_t group = f->call->arg_count > 2 ? text_int_arg(f, 2, row) : 1;
        if (!regex_use(r, text_arg(f, 1, row)) || group < 0 || group > regex_group_count(r)) {
            column_set_null(f->out, row);
            continue;
        }
        collection_open(&c);
        for (size_t from = 0; regex_find(r, s, from); from = regex_next(r, s))
            add_group(&c, r, s, (uint32_t)group);
        collection_close(&c, row);
    }
    return NULL;
}

static const struct func_signature count_signatures[] = {
    {"STRING, STRING -> INT NULL", count_eval}, {0}};
static const struct func_signature instr_signatures[] = {
    {"STRING, STRING -> INT NULL", instr_eval}, {0}};
static const struct func_signature substr_signatures[] = {
    {"STRING, STRING -> STRING NULL", substr_eval}, {0}};
static const struct func_signature extract_all_signatures[] = {
    {"STRING, STRING, INT? -> ARRAY<STRING> NULL", extract_all_eval}, {0}};

const struct func_def func_regexp_count = {
    .name = "REGEXP_COUNT",
    .flags = FUNC_STRICT,
    .signatures = count_signatures,
    .open = regex_open,
    .close = regex_close,
    .signature_doc = "REGEXP_COUNT(string, regex)",
    .doc = "How often the regular expression matches.",
    .example = "REGEXP_COUNT('a1b22', '[0-9]+') → 2",
};

const struct func_def func_regexp_instr = {
    .name = "REGEXP_INSTR",
    .flags = FUNC_STRICT,
    .signatures = instr_signatures,
    .open = regex_open,
    .close = regex_close,
    .signature_doc = "REGEXP_INSTR(string, regex)",
    .doc = "Where the first match begins, from 1; 0 when there is none.",
    .example = "REGEXP_INSTR('a1b22', '[0-9]') → 2",
};

const struct func_def func_regexp_substr = {
    .name = "REGEXP_SUBSTR",
    .flags = FUNC_STRICT,
    .signatures = substr_signatures,
    .open = regex_open,
    .close = regex_close,
    .signature_doc = "REGEXP_SUBSTR(string, regex)",
    .doc = "The first match; NULL when there is none.",
    .example = "REGEXP_SUBSTR('a1b22', '[0-9]+') → 1",
};

const struct func_def func_regexp_extract_all = {
    .name = "REGEXP_EXTRACT_ALL",
    .flags = FUNC_STRICT,
    .signatures = extract_all_signatures,
    .open = regex_open,
    .close = regex_close,
    .signature_doc = "REGEXP_EXTRACT_ALL(string, regex[, group])",
    .doc = "A group of every match, by default the first; group 0 is the whole match.",
    .example = "REGEXP_EXTRACT_ALL('a1b22', '[a-z]([0-9])') → [1, 2]",
};
