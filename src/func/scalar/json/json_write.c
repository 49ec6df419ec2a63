/* JSON_OBJECT, JSON_ARRAY and JSON_STRING: JSON from values. */
#include <stdlib.h>

#include "base/arena.h"
#include "func/scalar/json/json_call.h"
#include "func/scalar/json/json_value.h"
#include "type/value.h"

enum { ON_NULL, RAW, FIRST }; /* arguments */

static bool is_raw(const struct func_frame *f, uint32_t index)
{
    const struct value *v = f->call->literals[RAW];
    return v && index < v->text.n && v->text.p[index] == '1';
}

static void add_value(
    const struct func_frame *f, uint32_t arg, uint32_t row, bool raw, struct buf *b)
{
    struct json_call *c = f->call->state;
    const struct type *t = f->call->arg_types[arg];
    struct value v;
    if (!column_is_valid(f->args[arg], row)) {
        buf_add_cstr(b, "null");
        return;
    }
    column_get_value(f->args[arg], row, c->scratch, &v);
    if (raw)
        buf_add_slice(b, v.text);
    else
        json_value_print(c->scratch, t, &v, b);
}

struct pair {
    struct slice key;
    uint32_t arg;
    uint32_t index;
};

static int by_key(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int c = slice_cmp(x->key, y->key);
    return c ? c : (x->index > y->index) - (x->index < y->index);
}

/* Keys in order, the last of equal ones, as Flink's object node prints them. */
static void add_object(const struct func_frame *f, uint32_t row, struct buf *b)
{
    struct json_call *c = f->call->state;
    uint32_t count = (f->call->arg_count - FIRST) / 2;
    bool absent = json_literal_is(f, ON_NULL, "ABSENT"), first = true;
    struct pair *pairs = ARENA_ARRAY(c->scratch, struct pair, count + 1);
    for (uint32_t i = 0; i < count; i++)
        pairs[i] = (struct pair){text_arg(f, FIRST + 2 * i, row), FIRST + 2 * i + 1, i};
    qsort(pairs, count, sizeof *pairs, by_key);
    buf_add_char(b, '{');
    for (uint32_t i = 0; i < count; i++) {
        if (i + 1 < count && slice_eq(pairs[i].key, pairs[i + 1].key)) continue;
        if (absent && !column_is_valid(f->args[pairs[i].arg], row)) continue;
        if (!first) buf_add_char(b, ',');
        first = false;
        json_write_string(b, pairs[i].key);
        buf_add_char(b, ':');
        add_value(f, pairs[i].arg, row, is_raw(f, pairs[i].index), b);
    }
    buf_add_char(b, '}');
}

static void add_array(const struct func_frame *f, uint32_t row, struct buf *b)
{
    bool absent = json_literal_is(f, ON_NULL, "ABSENT"), first = true;
    buf_add_char(b, '[');
    for (uint32_t arg = FIRST; arg < f->call->arg_count; arg++) {
        if (absent && !column_is_valid(f->args[arg], row)) continue;
        if (!first) buf_add_char(b, ',');
        first = false;
        add_value(f, arg, row, is_raw(f, arg - FIRST), b);
    }
    buf_add_char(b, ']');
}

static struct err *write_eval(struct func_frame *f, bool object)
{
    struct json_call *c = f->call->state;
    for (FUNC_EACH_ROW(f, row)) {
        arena_reset(c->scratch);
        buf_clear(&c->text);
        if (object)
            add_object(f, row, &c->text);
        else
            add_array(f, row, &c->text);
        column_set_valid(f->out, row);
        TRY(text_put_buffer(f, row, &c->text));
    }
    return NULL;
}

static struct err *object_eval(struct func_frame *f)
{
    return write_eval(f, true);
}

static struct err *array_eval(struct func_frame *f)
{
    return write_eval(f, false);
}

static struct err *object_infer(struct func_infer *in)
{
    if (in->arg_count < FIRST || in->arg_count % 2)
        FAIL(ERR_UNDEFINED_FUNCTION, "JSON_OBJECT(key VALUE value, ...) is the form");
    for (uint32_t i = FIRST; i < in->arg_count; i += 2) {
        if (!type_is_character(in->args[i].type))
            FAIL_AT(ERR_DATATYPE_MISMATCH, in->args[i].pos, "a key of JSON_OBJECT is a text");
        if (in->args[i].type->nullable)
            FAIL_AT(ERR_DATATYPE_MISMATCH, in->args[i].pos,
                "Argument to function 'JSON_OBJECT' must not be NULL");
        TRY(json_value_check(in->arena, in->args[i + 1].type, in->args[i + 1].pos));
    }
    in->result = type_with_nullable(in->arena, type_string(), false);
    return NULL;
}

static struct err *array_infer(struct func_infer *in)
{
    if (in->arg_count < FIRST) FAIL(ERR_UNDEFINED_FUNCTION, "JSON_ARRAY(value, ...) is the form");
    for (uint32_t i = FIRST; i < in->arg_count; i++)
        TRY(json_value_check(in->arena, in->args[i].type, in->args[i].pos));
    in->result = type_with_nullable(in->arena, type_string(), false);
    return NULL;
}

static struct err *string_eval(struct func_frame *f)
{
    struct json_call *c = f->call->state;
    for (FUNC_EACH_ROW(f, row)) {
        arena_reset(c->scratch);
        buf_clear(&c->text);
        add_value(f, 0, row, false, &c->text);
        TRY(text_put_buffer(f, row, &c->text));
    }
    return NULL;
}

static struct err *string_infer(struct func_infer *in)
{
    extern const struct func_def func_json_string;
    if (in->arg_count != 1) return func_infer_fail(&func_json_string, in, "'JSON_STRING(<ANY>)'");
    TRY(json_value_check(in->arena, in->args[0].type, in->args[0].pos));
    in->result = type_with_nullable(in->arena, type_string(), in->args[0].type->nullable);
    return NULL;
}

const struct func_def func_json_object = {
    .name = "JSON_OBJECT",
    .infer = object_infer,
    .eval = object_eval,
    .open = json_call_open,
    .close = json_call_close,
    .signature_doc = "JSON_OBJECT([KEY] key VALUE value, ... [{NULL | ABSENT} ON NULL])",
    .doc = "A JSON object; the results of other JSON functions stand in it as they are.",
    .example = "JSON_OBJECT('a' VALUE 1) → {\"a\":1}",
};

const struct func_def func_json_array = {
    .name = "JSON_ARRAY",
    .infer = array_infer,
    .eval = array_eval,
    .open = json_call_open,
    .close = json_call_close,
    .signature_doc = "JSON_ARRAY(value, ... [{NULL | ABSENT} ON NULL])",
    .doc = "A JSON array; NULLs are left out unless NULL ON NULL is said.",
    .example = "JSON_ARRAY(1, 'x') → [1,\"x\"]",
};

const struct func_def func_json_string = {
    .name = "JSON_STRING",
    .flags = FUNC_STRICT,
    .infer = string_infer,
    .eval = string_eval,
    .open = json_call_open,
    .close = json_call_close,
    .signature_doc = "JSON_STRING(value)",
    .doc = "Any value as JSON; NULL gives NULL.",
    .example = "JSON_STRING(ARRAY['x']) → [\"x\"]",
};
