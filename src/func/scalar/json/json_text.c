/* IS JSON, JSON_QUOTE and JSON_UNQUOTE: texts that are or become JSON. */
#include "base/arena.h"
#include "base/check.h"
#include "base/utf8.h"
#include "func/scalar/json/json_call.h"

/* ---- IS JSON ---- */

enum json_shape { SHAPE_VALUE, SHAPE_OBJECT, SHAPE_ARRAY, SHAPE_SCALAR };

static bool has_shape(const struct json_node *n, enum json_shape shape)
{
    switch (shape) {
    case SHAPE_VALUE: return true;
    case SHAPE_OBJECT: return n->kind == JSON_OBJECT_BEGIN;
    case SHAPE_ARRAY: return n->kind == JSON_ARRAY_BEGIN;
    case SHAPE_SCALAR: return json_node_is_scalar(n);
    }
    UNREACHABLE();
}

/* NULL is no JSON. */
static struct err *test_shape(struct func_frame *f, enum json_shape shape, bool wanted)
{
    struct json_call *c = f->call->state;
    uint8_t *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) {
        struct json_node *n;
        arena_reset(c->scratch);
        bool is = column_is_valid(f->args[0], row) &&
                  json_tree_parse(c->scratch, text_arg(f, 0, row), &n) && has_shape(n, shape);
        out[row] = is == wanted;
    }
    return NULL;
}

static const struct func_signature is_json_signatures[] = {
    {"STRING -> BOOLEAN NOT NULL", NULL}, {0}};

#define IS_JSON(id, text, shape, wanted, doc_text, example_text) \
    static struct err *eval_##id(struct func_frame *f)           \
    {                                                            \
        return test_shape(f, shape, wanted);                     \
    }                                                            \
    const struct func_def func_##id = {                          \
        .name = text,                                            \
        .flags = FUNC_OPERATOR,                                  \
        .signatures = is_json_signatures,                        \
        .eval = eval_##id,                                       \
        .open = json_call_open,                                  \
        .close = json_call_close,                                \
        .signature_doc = "string " text,                         \
        .doc = doc_text,                                         \
        .example = example_text,                                 \
    };

IS_JSON(is_json, "IS JSON VALUE", SHAPE_VALUE, true, "Does the text begin with a JSON value?",
    "'{}' IS JSON → TRUE")
IS_JSON(is_not_json, "IS NOT JSON VALUE", SHAPE_VALUE, false, "The opposite of IS JSON.",
    "'x' IS NOT JSON → TRUE")
IS_JSON(is_json_object, "IS JSON OBJECT", SHAPE_OBJECT, true, "Is the text a JSON object?",
    "'{}' IS JSON OBJECT → TRUE")
IS_JSON(is_not_json_object, "IS NOT JSON OBJECT", SHAPE_OBJECT, false,
    "The opposite of IS JSON OBJECT.", "'[]' IS NOT JSON OBJECT → TRUE")
IS_JSON(is_json_array, "IS JSON ARRAY", SHAPE_ARRAY, true, "Is the text a JSON array?",
    "'[]' IS JSON ARRAY → TRUE")
IS_JSON(is_not_json_array, "IS NOT JSON ARRAY", SHAPE_ARRAY, false,
    "The opposite of IS JSON ARRAY.", "'{}' IS NOT JSON ARRAY → TRUE")
IS_JSON(is_json_scalar, "IS JSON SCALAR", SHAPE_SCALAR, true,
    "Is the text a JSON string, number, true, false or null?", "'1' IS JSON SCALAR → TRUE")
IS_JSON(is_not_json_scalar, "IS NOT JSON SCALAR", SHAPE_SCALAR, false,
    "The opposite of IS JSON SCALAR.", "'{}' IS NOT JSON SCALAR → TRUE")

/* ---- JSON_QUOTE ---- */

static void add_unit(struct buf *b, uint32_t unit)
{
    buf_printf(b, "\\u%04x", unit);
}

/* Everything but ASCII is escaped as UTF-16 units, a slash too. (Flink writes a code point past
 * U+FFFF as five digits, which reads back as another text; not followed.) */
static void add_quoted(struct buf *b, uint32_t point)
{
    static const char from[] = "\"\\/\b\f\n\r\t", to[] = "\"\\/bfnrt";
    const char *at = point && point < 128 ? strchr(from, (int)point) : NULL;
    if (at) {
        buf_add_char(b, '\\');
        buf_add_char(b, to[at - from]);
    } else if (point >= 0x10000) {
        add_unit(b, 0xD7C0 + (point >> 10));
        add_unit(b, 0xDC00 | (point & 0x3FF));
    } else if (point >= 128) {
        add_unit(b, point);
    } else {
        buf_add_char(b, (char)point);
    }
}

static struct err *quote_eval(struct func_frame *f)
{
    for (FUNC_EACH_ROW(f, row)) {
        struct slice s = text_arg(f, 0, row);
        struct buf *b = text_buffer(f);
        buf_add_char(b, '"');
        for (size_t at = 0; at < s.n && !b->overflow;) {
            uint32_t point;
            at += utf8_decode((struct slice){s.p + at, s.n - at}, &point);
            add_quoted(b, point);
        }
        buf_add_char(b, '"');
        TRY(text_put_buffer(f, row, b));
    }
    return NULL;
}

/* ---- JSON_UNQUOTE ---- */

/* A text that is no JSON string stays as it is. */
static struct err *unquote_eval(struct func_frame *f)
{
    struct json_call *c = f->call->state;
    for (FUNC_EACH_ROW(f, row)) {
        struct slice s = text_arg(f, 0, row);
        struct json_node *n;
        arena_reset(c->scratch);
        bool quoted = s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"';
        if (quoted && json_tree_parse(c->scratch, s, &n) && n->kind == JSON_STRING)
            text_put(f, row, n->text);
        else
            text_put_part(f, row, s);
    }
    return NULL;
}

static const struct func_signature quote_signatures[] = {{"STRING -> STRING", quote_eval}, {0}};
static const struct func_signature unquote_signatures[] = {{"STRING -> STRING", unquote_eval}, {0}};

const struct func_def func_json_quote = {
    .name = "JSON_QUOTE",
    .flags = FUNC_STRICT,
    .signatures = quote_signatures,
    .open = text_open_buffer,
    .close = text_close_buffer,
    .signature_doc = "JSON_QUOTE(string)",
    .doc = "The text as a JSON string: in quotes, with everything but ASCII escaped.",
    .example = "JSON_QUOTE('a\"b') → \"a\\\"b\"",
};

const struct func_def func_json_unquote = {
    .name = "JSON_UNQUOTE",
    .flags = FUNC_STRICT,
    .signatures = unquote_signatures,
    .open = json_call_open,
    .close = json_call_close,
    .signature_doc = "JSON_UNQUOTE(string)",
    .doc = "The text of a JSON string; anything else as it is.",
    .example = "JSON_UNQUOTE('\"ab\"') → ab",
};
