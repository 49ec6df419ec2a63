/* REVERSE and INITCAP. */
#include "func/scalar/string/text.h"

static struct err *reverse_eval(struct func_frame *f)
{
    for (FUNC_EACH_ROW(f, row)) {
        struct slice s = text_arg(f, 0, row);
        struct buf *b = text_buffer(f);
        for (size_t end = s.n; end > 0;) {
            size_t first = end - 1;
            while (first > 0 && ((unsigned char)s.p[first] & 0xC0) == 0x80) first--;
            buf_add(b, s.p + first, end - first);
            end = first;
        }
        TRY(text_put_buffer(f, row, b));
    }
    return NULL;
}

/* Only ASCII letters and digits make words, as in Calcite. */
static struct err *initcap_eval(struct func_frame *f)
{
    for (FUNC_EACH_ROW(f, row)) {
        struct slice s = text_arg(f, 0, row);
        struct buf *b = text_buffer(f);
        bool inside = false;
        for (size_t i = 0; i < s.n; i++) {
            char c = s.p[i], lower = (char)(c | 0x20);
            bool letter = lower >= 'a' && lower <= 'z';
            buf_add_char(b, !letter ? c : inside ? lower : (char)(c & ~0x20));
            inside = letter || (c >= '0' && c <= '9');
        }
        TRY(text_put_buffer(f, row, b));
    }
    return NULL;
}

static const struct func_signature reverse_signatures[] = {
    {"STRING -> STRING NULL", reverse_eval}, {0}};
static const struct func_signature initcap_signatures[] = {{"STRING -> $1", initcap_eval}, {0}};

const struct func_def func_reverse = {
    .name = "REVERSE",
    .flags = FUNC_STRICT,
    .signatures = reverse_signatures,
    .open = text_open_buffer,
    .close = text_close_buffer,
    .signature_doc = "REVERSE(string)",
    .doc = "The characters from the last to the first.",
    .example = "REVERSE('abc') → cba",
};

const struct func_def func_initcap = {
    .name = "INITCAP",
    .flags = FUNC_STRICT,
    .signatures = initcap_signatures,
    .open = text_open_buffer,
    .close = text_close_buffer,
    .signature_doc = "INITCAP(string)",
    .doc = "The first letter of every word in upper case, the others in lower case.",
    .example = "INITCAP('hello wORLD') → Hello World",
};
