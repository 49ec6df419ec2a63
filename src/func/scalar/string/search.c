#include "func/scalar/string/text.h"

/* 1-based place of `part` in `s`, from the start-th character on; 0 when it is not there. */
/* An empty part is always found at 1. A start before the text means its first character, but for
 * the smallest INT: Flink's subtraction of 1 wraps it around to behind any text. */
static int32_t place_of(struct slice part, struct slice s, int32_t start)
{
    if (part.n == 0) return 1;
    if (start == INT32_MIN) return 0;
    size_t from = start > 1 ? utf8_offset(s, (size_t)start - 1) : 0;
    const char *at = memmem(s.p + from, s.n - from, part.p, part.n);
    return at ? (int32_t)utf8_count((struct slice){s.p, (size_t)(at - s.p)}) + 1 : 0;
}

/* POSITION(part IN string) and LOCATE(part, string[, start]) have the part first, INSTR last. */
static struct err *position_eval(struct func_frame *f)
{
    int32_t *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) {
        int32_t start = f->call->arg_count > 2 ? text_int_arg(f, 2, row) : 1;
        out[row] = place_of(text_arg(f, 0, row), text_arg(f, 1, row), start);
    }
    return NULL;
}

static struct err *instr_eval(struct func_frame *f)
{
    int32_t *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) out[row] = place_of(text_arg(f, 1, row), text_arg(f, 0, row), 1);
    return NULL;
}

static struct err *startswith_eval(struct func_frame *f)
{
    uint8_t *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) {
        struct slice s = text_arg(f, 0, row), start = text_arg(f, 1, row);
        out[row] = start.n <= s.n && memcmp(s.p, start.p, start.n) == 0;
    }
    return NULL;
}

static struct err *endswith_eval(struct func_frame *f)
{
    uint8_t *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) {
        struct slice s = text_arg(f, 0, row), end = text_arg(f, 1, row);
        out[row] = end.n <= s.n && memcmp(s.p + s.n - end.n, end.p, end.n) == 0;
    }
    return NULL;
}

static const char *const position_aliases[] = {"LOCATE", NULL};
static const struct func_signature position_signatures[] = {
    {"STRING, STRING, INT? -> INT", position_eval}, {0}};
static const struct func_signature instr_signatures[] = {
    {"STRING, STRING -> INT", instr_eval}, {0}};
static const struct func_signature startswith_signatures[] = {
    {"STRING, STRING -> BOOLEAN", startswith_eval}, {"BYTES, BYTES -> BOOLEAN", startswith_eval},
    {0}};
static const struct func_signature endswith_signatures[] = {
    {"STRING, STRING -> BOOLEAN", endswith_eval}, {"BYTES, BYTES -> BOOLEAN", endswith_eval}, {0}};

const struct func_def func_position = {
    .name = "POSITION",
    .aliases = position_aliases,
    .flags = FUNC_STRICT,
    .signatures = position_signatures,
    .signature_doc = "POSITION(part IN string) | LOCATE(part, string[, start])",
    .doc = "Where a text first occurs in another, counted from 1; 0 when it does not.",
    .example = "POSITION('ir' IN 'Weir') → 3",
};

const struct func_def func_instr = {
    .name = "INSTR",
    .flags = FUNC_STRICT,
    .signatures = instr_signatures,
    .signature_doc = "INSTR(string, part)",
    .doc = "Where a text first occurs in another, counted from 1; 0 when it does not.",
    .example = "INSTR('Weir', 'ir') → 3",
};

const struct func_def func_startswith = {
    .name = "STARTSWITH",
    .flags = FUNC_STRICT,
    .signatures = startswith_signatures,
    .signature_doc = "STARTSWITH(string, start)",
    .doc = "Does the text start with another? An empty one always does.",
    .example = "STARTSWITH('Weir', 'We') → TRUE",
};

const struct func_def func_endswith = {
    .name = "ENDSWITH",
    .flags = FUNC_STRICT,
    .signatures = endswith_signatures,
    .signature_doc = "ENDSWITH(string, end)",
    .doc = "Does the text end with another? An empty one always does.",
    .example = "ENDSWITH('Weir', 'ir') → TRUE",
};
