#include "func/scalar/string/text.h"

static bool is_ascii(struct slice s)
{
    unsigned char bits = 0;
    for (size_t i = 0; i < s.n; i++) bits |= (unsigned char)s.p[i];
    return bits < 0x80;
}

/* ASCII letters differ in one bit. */
static void put_ascii(struct func_frame *f, uint32_t row, struct slice s, char first)
{
    struct str out = str_copy(f->arena, s.p, (uint32_t)s.n);
    /* The bytes were copied a line ago: they are ours to change. */
    char *p = out.size <= STR_INLINE_MAX ? out.prefix : (char *)(uintptr_t)out.p;
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)(p[i] - first) < 26) p[i] = (char)(p[i] ^ 0x20);
    memcpy(
        out.prefix, out.size <= STR_INLINE_MAX ? out.prefix : out.p, out.size < 4 ? out.size : 4);
    ((struct str *)f->out->data)[row] = out;
}

static struct err *change_case(struct func_frame *f, bool upper)
{
    for (FUNC_EACH_ROW(f, row)) {
        struct slice s = text_arg(f, 0, row);
        if (is_ascii(s)) {
            put_ascii(f, row, s, upper ? 'a' : 'A');
            continue;
        }
        struct buf *b = text_buffer(f);
        upper ? utf8_upper(s, b) : utf8_lower(s, b);
        TRY(text_put_buffer(f, row, b));
    }
    return NULL;
}

static struct err *upper_eval(struct func_frame *f)
{
    return change_case(f, true);
}

static struct err *lower_eval(struct func_frame *f)
{
    return change_case(f, false);
}

static const struct func_signature upper_signatures[] = {{"STRING -> $1", upper_eval}, {0}};
static const struct func_signature lower_signatures[] = {{"STRING -> $1", lower_eval}, {0}};

const struct func_def func_upper = {
    .name = "UPPER",
    .flags = FUNC_STRICT,
    .signatures = upper_signatures,
    .open = text_open_buffer,
    .close = text_close_buffer,
    .signature_doc = "UPPER(string)",
    .doc = "The text in upper case, whatever the locale.",
    .example = "UPPER('Weir') → WEIR",
};

const struct func_def func_lower = {
    .name = "LOWER",
    .flags = FUNC_STRICT,
    .signatures = lower_signatures,
    .open = text_open_buffer,
    .close = text_close_buffer,
    .signature_doc = "LOWER(string)",
    .doc = "The text in lower case, whatever the locale.",
    .example = "LOWER('Weir') → weir",
};
