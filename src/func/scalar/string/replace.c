#include "func/scalar/string/text.h"

/* As Java's String.replace: an empty text is found before every character and at the end. */
static void add_between(struct buf *b, struct slice s, struct slice to)
{
    buf_add_slice(b, to);
    for (size_t i = 0; i < s.n; i += utf8_step(s.p[i])) {
        size_t n = utf8_step(s.p[i]);
        buf_add(b, s.p + i, n < s.n - i ? n : s.n - i);
        buf_add_slice(b, to);
    }
}

static void add_replaced(struct buf *b, struct slice s, struct slice from, struct slice to)
{
    const char *at = s.p, *end = s.p + s.n, *next;
    while ((next = memmem(at, (size_t)(end - at), from.p, from.n))) {
        buf_add(b, at, (size_t)(next - at));
        buf_add_slice(b, to);
        at = next + from.n;
    }
    buf_add(b, at, (size_t)(end - at));
}

static struct err *replace_eval(struct func_frame *f)
{
    for (FUNC_EACH_ROW(f, row)) {
        struct slice s = text_arg(f, 0, row), from = text_arg(f, 1, row), to = text_arg(f, 2, row);
        struct buf *b = text_buffer(f);
        if (from.n)
            add_replaced(b, s, from, to);
        else
            add_between(b, s, to);
        TRY(text_put_buffer(f, row, b));
    }
    return NULL;
}

static const struct func_signature signatures[] = {
    {"STRING, STRING, STRING -> STRING", replace_eval}, {0}};

const struct func_def func_replace = {
    .name = "REPLACE",
    .flags = FUNC_STRICT,
    .signatures = signatures,
    .open = text_open_buffer,
    .close = text_close_buffer,
    .signature_doc = "REPLACE(string, search, replacement)",
    .doc = "Replaces every occurrence of a text by another.",
    .example = "REPLACE('a-b-c', '-', '+') → a+b+c",
};
