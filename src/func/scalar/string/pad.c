#include "func/scalar/string/text.h"

/* Text of exactly `length` characters: cut, or filled with `pad`, which is repeated. */
static void add_padding(struct buf *b, struct slice pad, size_t points)
{
    size_t pad_points = utf8_count(pad);
    for (; points >= pad_points; points -= pad_points) {
        buf_add_slice(b, pad);
        if (b->overflow) return;
    }
    buf_add(b, pad.p, utf8_offset(pad, points));
}

static struct err *pad_to(struct func_frame *f, bool left)
{
    for (FUNC_EACH_ROW(f, row)) {
        struct slice s = text_arg(f, 0, row), pad = text_arg(f, 2, row);
        int32_t length = text_int_arg(f, 1, row);
        if (length < 0 || pad.n == 0) {
            column_set_null(f->out, row);
            continue;
        }
        size_t points = utf8_count(s), wanted = (size_t)length;
        struct buf *b = text_buffer(f);
        if (left && wanted > points) add_padding(b, pad, wanted - points);
        buf_add(b, s.p, utf8_offset(s, wanted));
        if (!left && wanted > points) add_padding(b, pad, wanted - points);
        TRY(text_put_buffer(f, row, b));
    }
    return NULL;
}

static struct err *lpad_eval(struct func_frame *f)
{
    return pad_to(f, true);
}

static struct err *rpad_eval(struct func_frame *f)
{
    return pad_to(f, false);
}

static struct err *repeat_eval(struct func_frame *f)
{
    for (FUNC_EACH_ROW(f, row)) {
        struct slice s = text_arg(f, 0, row);
        struct buf *b = text_buffer(f);
        for (int32_t i = text_int_arg(f, 1, row); i > 0 && s.n > 0 && !b->overflow; i--)
            buf_add_slice(b, s);
        TRY(text_put_buffer(f, row, b));
    }
    return NULL;
}

static const struct func_signature lpad_signatures[] = {
    {"STRING, INT, STRING -> STRING NULL", lpad_eval}, {0}};
static const struct func_signature rpad_signatures[] = {
    {"STRING, INT, STRING -> STRING NULL", rpad_eval}, {0}};
static const struct func_signature repeat_signatures[] = {
    {"STRING, INT -> STRING", repeat_eval}, {0}};

const struct func_def func_lpad = {
    .name = "LPAD",
    .flags = FUNC_STRICT,
    .signatures = lpad_signatures,
    .open = text_open_buffer,
    .close = text_close_buffer,
    .signature_doc = "LPAD(string, length, pad)",
    .doc = "The text filled at its start to a length, or cut to it.",
    .example = "LPAD('7', 3, '0') → 007",
};

const struct func_def func_rpad = {
    .name = "RPAD",
    .flags = FUNC_STRICT,
    .signatures = rpad_signatures,
    .open = text_open_buffer,
    .close = text_close_buffer,
    .signature_doc = "RPAD(string, length, pad)",
    .doc = "The text filled at its end to a length, or cut to it.",
    .example = "RPAD('7', 3, '0') → 700",
};

const struct func_def func_repeat = {
    .name = "REPEAT",
    .flags = FUNC_STRICT,
    .signatures = repeat_signatures,
    .open = text_open_buffer,
    .close = text_close_buffer,
    .signature_doc = "REPEAT(string, count)",
    .doc = "The text several times over; empty for a count below 1.",
    .example = "REPEAT('ab', 2) → abab",
};
