#include "func/scalar/string/text.h"

/* The index-th piece of s between delimiters, counted from 0. Empty pieces count; an empty
 * delimiter does not part the text. */
static bool find_piece(struct slice s, struct slice delimiter, int32_t index, struct slice *out)
{
    if (index < 0 || s.n == 0) return false; /* an empty text has no pieces, not an empty one */
    const char *at = s.p, *end = s.p + s.n;
    for (int32_t i = 0;; i++) {
        const char *next =
            delimiter.n ? memmem(at, (size_t)(end - at), delimiter.p, delimiter.n) : NULL;
        if (i == index) {
            *out = (struct slice){at, (size_t)((next ? next : end) - at)};
            return true;
        }
        if (!next) return false;
        at = next + delimiter.n;
    }
}

static void put_piece(struct func_frame *f, uint32_t row, struct slice delimiter)
{
    struct slice piece;
    if (find_piece(text_arg(f, 0, row), delimiter, text_int_arg(f, 2, row), &piece))
        text_put_part(f, row, piece);
    else
        column_set_null(f->out, row);
}

static struct err *by_text_eval(struct func_frame *f)
{
    for (FUNC_EACH_ROW(f, row)) put_piece(f, row, text_arg(f, 1, row));
    return NULL;
}

/* The delimiter as a character code. */
static struct err *by_code_eval(struct func_frame *f)
{
    for (FUNC_EACH_ROW(f, row)) {
        int32_t code = text_int_arg(f, 1, row);
        char delimiter[UTF8_CHARS_MAX];
        if (code < 0 || code > 255) {
            column_set_null(f->out, row);
            continue;
        }
        size_t n = utf8_encode(delimiter, (uint32_t)code);
        put_piece(f, row, (struct slice){delimiter, n});
    }
    return NULL;
}

static const struct func_signature signatures[] = {
    {"STRING, STRING, INT -> STRING NULL", by_text_eval},
    {"STRING, INT, INT -> STRING NULL", by_code_eval},
    {0},
};

const struct func_def func_split_index = {
    .name = "SPLIT_INDEX",
    .flags = FUNC_STRICT,
    .signatures = signatures,
    .signature_doc = "SPLIT_INDEX(string, delimiter, index)",
    .doc = "The index-th piece, counted from 0, of a text parted at a delimiter (a text or a "
           "character code); NULL when there are not so many.",
    .example = "SPLIT_INDEX('a,b', ',', 1) → b",
};
