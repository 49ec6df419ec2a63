#include "func/scalar/string/text.h"

/* Is the code point at s.p one of `set`? Most sets are one blank. */
static bool in_set(struct slice point, struct slice set)
{
    for (size_t i = 0; i < set.n; i += utf8_step(set.p[i])) {
        size_t n = utf8_step(set.p[i]);
        if (n == point.n && i + n <= set.n && memcmp(set.p + i, point.p, n) == 0) return true;
    }
    return false;
}

static struct slice trim_start(struct slice s, struct slice set)
{
    while (s.n > 0) {
        size_t n = utf8_step(s.p[0]);
        if (n > s.n || !in_set((struct slice){s.p, n}, set)) break;
        s.p += n, s.n -= n;
    }
    return s;
}

static struct slice trim_end(struct slice s, struct slice set)
{
    while (s.n > 0) {
        size_t n = 1;
        while (n < s.n && ((unsigned char)s.p[s.n - n] & 0xc0) == 0x80) n++;
        if (!in_set((struct slice){s.p + s.n - n, n}, set)) break;
        s.n -= n;
    }
    return s;
}

/* TRIM(where, characters, text): how the binder hands on TRIM(BOTH c FROM s). */
static struct err *trim_from_eval(struct func_frame *f)
{
    for (FUNC_EACH_ROW(f, row)) {
        struct slice where = text_arg(f, 0, row), set = text_arg(f, 1, row);
        struct slice s = text_arg(f, 2, row);
        if (!slice_eq(where, SLICE("TRAILING"))) s = trim_start(s, set);
        if (!slice_eq(where, SLICE("LEADING"))) s = trim_end(s, set);
        text_put_part(f, row, s);
    }
    return NULL;
}

static struct err *trim_eval(struct func_frame *f)
{
    for (FUNC_EACH_ROW(f, row)) {
        struct slice s = text_arg(f, 0, row);
        text_put_part(f, row, trim_end(trim_start(s, SLICE(" ")), SLICE(" ")));
    }
    return NULL;
}

static struct slice optional_set(const struct func_frame *f, uint32_t row)
{
    return f->call->arg_count > 1 ? text_arg(f, 1, row) : SLICE(" ");
}

static struct err *ltrim_eval(struct func_frame *f)
{
    for (FUNC_EACH_ROW(f, row))
        text_put_part(f, row, trim_start(text_arg(f, 0, row), optional_set(f, row)));
    return NULL;
}

static struct err *rtrim_eval(struct func_frame *f)
{
    for (FUNC_EACH_ROW(f, row))
        text_put_part(f, row, trim_end(text_arg(f, 0, row), optional_set(f, row)));
    return NULL;
}

static struct err *btrim_eval(struct func_frame *f)
{
    for (FUNC_EACH_ROW(f, row)) {
        struct slice set = optional_set(f, row);
        text_put_part(f, row, trim_end(trim_start(text_arg(f, 0, row), set), set));
    }
    return NULL;
}

static const struct func_signature trim_signatures[] = {
    {"LITERAL_STRING, STRING, STRING -> VARCHAR($3)", trim_from_eval},
    {"STRING -> VARCHAR($1)", trim_eval},
    {0},
};
static const struct func_signature ltrim_signatures[] = {
    {"STRING, STRING? -> VARCHAR($1)", ltrim_eval}, {0}};
static const struct func_signature rtrim_signatures[] = {
    {"STRING, STRING? -> VARCHAR($1)", rtrim_eval}, {0}};
static const struct func_signature btrim_signatures[] = {
    {"STRING, STRING? -> STRING", btrim_eval}, {0}};

const struct func_def func_trim = {
    .name = "TRIM",
    .flags = FUNC_STRICT,
    .signatures = trim_signatures,
    .signature_doc = "TRIM([BOTH | LEADING | TRAILING] [characters] FROM string) | TRIM(string)",
    .doc = "Takes characters of a set off the ends of a text; without more, blanks off both ends.",
    .example = "TRIM(BOTH 'x' FROM 'xxWeirx') → Weir",
};

const struct func_def func_ltrim = {
    .name = "LTRIM",
    .flags = FUNC_STRICT,
    .signatures = ltrim_signatures,
    .signature_doc = "LTRIM(string[, characters])",
    .doc = "Takes characters of a set, by default blanks, off the start of a text.",
    .example = "LTRIM('  Weir') → Weir",
};

const struct func_def func_rtrim = {
    .name = "RTRIM",
    .flags = FUNC_STRICT,
    .signatures = rtrim_signatures,
    .signature_doc = "RTRIM(string[, characters])",
    .doc = "Takes characters of a set, by default blanks, off the end of a text.",
    .example = "RTRIM('Weir!!', '!') → Weir",
};

const struct func_def func_btrim = {
    .name = "BTRIM",
    .flags = FUNC_STRICT,
    .signatures = btrim_signatures,
    .signature_doc = "BTRIM(string[, characters])",
    .doc = "Takes characters of a set, by default blanks, off both ends of a text.",
    .example = "BTRIM('..Weir.', '.') → Weir",
};
