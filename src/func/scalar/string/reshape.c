/* REVERSE, INITCAP, OVERLAY and TRANSLATE. */
#include "base/arena.h"
#include "func/infer.h"
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

/* A start outside of the text leaves it as it is; without a length above 0 what follows is dropped,
 * as in Flink. */
static void add_overlaid(
    struct buf *b, struct slice s, struct slice with, int64_t start, int64_t length)
{
    int64_t points = (int64_t)utf8_count(s), end = start - 1 + length;
    if (start < 1 || start > points) {
        buf_add_slice(b, s);
        return;
    }
    buf_add(b, s.p, utf8_offset(s, (size_t)(start - 1)));
    buf_add_slice(b, with);
    if (length <= 0 || end >= points) return;
    size_t from = utf8_offset(s, (size_t)end);
    buf_add(b, s.p + from, s.n - from);
}

static struct err *overlay_eval(struct func_frame *f)
{
    for (FUNC_EACH_ROW(f, row)) {
        struct slice with = text_arg(f, 1, row);
        int64_t length =
            f->call->arg_count > 3 ? text_int_arg(f, 3, row) : (int64_t)utf8_count(with);
        struct buf *b = text_buffer(f);
        add_overlaid(b, text_arg(f, 0, row), with, text_int_arg(f, 2, row), length);
        TRY(text_put_buffer(f, row, b));
    }
    return NULL;
}

/* As long as both texts together. */
static struct err *overlay_infer(struct func_infer *in)
{
    extern const struct func_def func_overlay;
    bool ok = in->arg_count == 3 || in->arg_count == 4;
    for (uint32_t i = 0; i < in->arg_count && ok; i++) {
        const struct type *t = in->args[i].type;
        ok = i < 2 ? type_is_character(t) : t->kind >= TYPE_TINYINT && t->kind <= TYPE_INTEGER;
        if (ok && i >= 2)
            in->arg_types[i] = func__nullable_as(in->arena, type_simple(TYPE_INTEGER), t);
    }
    if (!ok)
        return func_infer_fail(&func_overlay, in,
            "'OVERLAY(<STRING> PLACING <STRING> FROM <INTEGER>)' 'OVERLAY(<STRING> PLACING "
            "<STRING> FROM <INTEGER> FOR <INTEGER>)'");
    int64_t length = (int64_t)in->args[0].type->precision + in->args[1].type->precision;
    if (length > TYPE_LENGTH_MAX) length = TYPE_LENGTH_MAX;
    in->result = type_new(in->arena, TYPE_VARCHAR, (int32_t)length, 0, func__any_nullable(in));
    return NULL;
}

/* ---- TRANSLATE ---- */

static uint32_t next_point(struct slice s, size_t *at)
{
    uint32_t point;
    *at += utf8_decode((struct slice){s.p + *at, s.n - *at}, &point);
    return point;
}

/* The character for the first `point` of `from`, in *out: empty when there is none in `to`. False:
 * the character is not in `from`. */
static bool find_character(struct slice from, struct slice to, uint32_t point, struct slice *out)
{
    size_t index = 0;
    for (size_t at = 0; at < from.n; index++) {
        if (next_point(from, &at) != point) continue;
        size_t first = utf8_offset(to, index);
        struct slice rest = {to.p + first, to.n - first};
        *out = (struct slice){rest.p, utf8_offset(rest, 1)};
        return true;
    }
    return false;
}

/* A NULL among the character lists counts as an empty one. */
static struct err *translate_eval(struct func_frame *f)
{
    for (FUNC_EACH_ROW(f, row)) {
        column_set_valid(f->out, row);
        if (!column_is_valid(f->args[0], row)) {
            column_set_null(f->out, row);
            continue;
        }
        struct slice s = text_arg(f, 0, row), from = SLICE(""), to = SLICE("");
        if (column_is_valid(f->args[1], row)) from = text_arg(f, 1, row);
        if (column_is_valid(f->args[2], row)) to = text_arg(f, 2, row);
        struct buf *b = text_buffer(f);
        for (size_t at = 0; at < s.n;) {
            size_t start = at;
            uint32_t point = next_point(s, &at);
            struct slice c = {s.p + start, at - start};
            (void)find_character(from, to, point, &c);
            buf_add_slice(b, c);
        }
        TRY(text_put_buffer(f, row, b));
    }
    return NULL;
}

static struct err *translate_infer(struct func_infer *in)
{
    extern const struct func_def func_translate;
    bool ok = in->arg_count == 3;
    for (uint32_t i = 0; i < in->arg_count && ok; i++) ok = type_is_character(in->args[i].type);
    if (!ok)
        return func_infer_fail(
            &func_translate, in, "'TRANSLATE(<CHARACTER>, <CHARACTER>, <CHARACTER>)'");
    in->result = type_with_nullable(in->arena, type_string(), in->args[0].type->nullable);
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

const struct func_def func_overlay = {
    .name = "OVERLAY",
    .flags = FUNC_STRICT,
    .infer = overlay_infer,
    .eval = overlay_eval,
    .open = text_open_buffer,
    .close = text_close_buffer,
    .signature_doc = "OVERLAY(string PLACING other FROM start [FOR length])",
    .doc = "Replaces as many characters from `start` (1 is the first) as `other` has, or `length`.",
    .example = "OVERLAY('abcdef' PLACING 'X' FROM 2 FOR 3) → aXef",
};

const struct func_def func_translate = {
    .name = "TRANSLATE",
    .infer = translate_infer,
    .eval = translate_eval,
    .open = text_open_buffer,
    .close = text_close_buffer,
    .signature_doc = "TRANSLATE(string, from, to)",
    .doc =
        "Replaces each character of `from` by the one at its place in `to`, or drops it when `to` "
        "is shorter.",
    .example = "TRANSLATE('abcba', 'ab', 'xy') → xycyx",
};
