#include "func/scalar/string/text.h"

static struct err *concat_eval(struct func_frame *f)
{
    for (FUNC_EACH_ROW(f, row)) {
        struct buf *b = text_buffer(f);
        for (uint32_t i = 0; i < f->call->arg_count; i++) buf_add_slice(b, text_arg(f, i, row));
        TRY(text_put_buffer(f, row, b));
    }
    return NULL;
}

/* Not strict: NULL arguments after the separator are skipped. */
static struct err *concat_ws_eval(struct func_frame *f)
{
    for (FUNC_EACH_ROW(f, row)) {
        if (!column_is_valid(f->args[0], row)) {
            column_set_null(f->out, row);
            continue;
        }
        struct slice separator = text_arg(f, 0, row);
        struct buf *b = text_buffer(f);
        bool first = true;
        for (uint32_t i = 1; i < f->call->arg_count; i++) {
            if (!column_is_valid(f->args[i], row)) continue;
            if (!first) buf_add_slice(b, separator);
            first = false;
            buf_add_slice(b, text_arg(f, i, row));
        }
        column_set_valid(f->out, row);
        TRY(text_put_buffer(f, row, b));
    }
    return NULL;
}

static const struct func_signature concat_signatures[] = {
    {"STRING... -> STRING", concat_eval}, {0}};
static const struct func_signature concat_ws_signatures[] = {
    {"STRING, STRING... -> STRING", concat_ws_eval}, {0}};

const struct func_def func_concat = {
    .name = "CONCAT",
    .flags = FUNC_STRICT,
    .signatures = concat_signatures,
    .open = text_open_buffer,
    .close = text_close_buffer,
    .signature_doc = "CONCAT(string, ...)",
    .doc = "The texts one after the other; NULL if one of them is NULL.",
    .example = "CONCAT('a', 'b', 'c') → abc",
};

const struct func_def func_concat_ws = {
    .name = "CONCAT_WS",
    .signatures = concat_ws_signatures,
    .open = text_open_buffer,
    .close = text_close_buffer,
    .signature_doc = "CONCAT_WS(separator, string, ...)",
    .doc = "The texts with a separator between them; NULL texts are left out.",
    .example = "CONCAT_WS('-', 'a', CAST(NULL AS STRING), 'b') → a-b",
};
