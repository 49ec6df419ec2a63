/* JSON_VALUE, JSON_QUERY, JSON_EXISTS: what a path leads to. Flink's SqlJsonUtils. */
#include "base/arena.h"
#include "base/num.h"
#include "func/scalar/collection/collection.h"
#include "func/scalar/json/json_call.h"

static bool inputs_valid(const struct func_frame *f, uint32_t row)
{
    return column_is_valid(f->args[0], row) && column_is_valid(f->args[1], row);
}

/* Is the current path lax? Only after json_call_find. */
static bool is_lax(const struct func_frame *f)
{
    const struct json_call *c = f->call->state;
    return c->path && json_path_is_lax(c->path);
}

/* ---- JSON_VALUE ---- */

enum { VALUE_ON_EMPTY = 2, VALUE_ON_ERROR = 4 };

/* Stores a scalar in the type of RETURNING; false when it is of another kind. */
static bool store_scalar(struct func_frame *f, uint32_t row, const struct json_node *n)
{
    struct json_call *c = f->call->state;
    switch (f->out->layout) {
    case LAYOUT_BOOL:
        ((uint8_t *)f->out->data)[row] = n->kind == JSON_TRUE;
        return n->kind == JSON_TRUE || n->kind == JSON_FALSE;
    case LAYOUT_I32: {
        int64_t v;
        bool ok = n->kind == JSON_NUMBER && num_parse_i64(n->text, &v) && v == (int32_t)v;
        if (ok) ((int32_t *)f->out->data)[row] = (int32_t)v;
        return ok;
    }
    case LAYOUT_F64:
        return n->kind == JSON_NUMBER && num_parse_double(n->text, (double *)f->out->data + row);
    case LAYOUT_I8:
    case LAYOUT_I16:
    case LAYOUT_I64:
    case LAYOUT_I128:
    case LAYOUT_F32:
    case LAYOUT_STR:
    case LAYOUT_SPAN:
    case LAYOUT_ROW: break;
    }
    buf_clear(&c->text);
    json_node_print_scalar(n, &c->text);
    text_put(f, row, buf_slice(&c->text));
    return true;
}

/* The clause's word is argument `arg`, its default the one after. */
static struct err *value_otherwise(struct func_frame *f, uint32_t row, uint32_t arg)
{
    if (json_literal_is(f, arg, "ERROR"))
        FUNC_FAIL(f, row, ERR_INVALID_VALUE, "%s of JSON_VALUE function is not allowed",
            arg == VALUE_ON_EMPTY ? "Empty result" : "Error in the input or path");
    const struct column *fallback = f->args[arg + 1];
    if (!json_literal_is(f, arg, "DEFAULT") || !column_is_valid(fallback, row)) {
        column_set_null(f->out, row);
        return NULL;
    }
    column_copy(f->out, row, fallback, row, 1, f->arena);
    return NULL;
}

static struct err *value_row(struct func_frame *f, uint32_t row)
{
    const struct json_node *n = NULL;
    switch (json_call_find(f, row, &n)) {
    case JSON_EMPTY: return value_otherwise(f, row, VALUE_ON_EMPTY);
    case JSON_ERROR: return value_otherwise(f, row, VALUE_ON_ERROR);
    case JSON_FOUND: break;
    }
    if (!json_node_is_scalar(n))
        return value_otherwise(f, row, is_lax(f) ? VALUE_ON_EMPTY : VALUE_ON_ERROR);
    return store_scalar(f, row, n) ? NULL : value_otherwise(f, row, VALUE_ON_ERROR);
}

static struct err *value_eval(struct func_frame *f)
{
    for (FUNC_EACH_ROW(f, row)) {
        column_set_valid(f->out, row);
        if (inputs_valid(f, row))
            TRY(value_row(f, row));
        else
            column_set_null(f->out, row);
    }
    return NULL;
}

/* ---- JSON_QUERY ---- */

enum { QUERY_WRAPPER = 2, QUERY_ON_EMPTY, QUERY_ON_ERROR, QUERY_RETURNING };

/* The elements of an array as texts: scalars bare, others as JSON. */
static struct err *put_elements(
    struct func_frame *f, struct collection *array, uint32_t row, const struct json_node *n)
{
    struct json_call *c = f->call->state;
    collection_open(array);
    for (const struct json_node *child = n->first; child; child = child->next) {
        buf_clear(&c->text);
        if (json_node_is_scalar(child))
            json_node_print_scalar(child, &c->text);
        else
            json_node_print(c->scratch, child, &c->text);
        if (c->text.overflow)
            FUNC_FAIL(f, row, ERR_LIMIT_EXCEEDED, "JSON_QUERY: the result is too long");
        if (child->kind == JSON_NULL)
            collection_add_null(array);
        else
            collection_add_text(array, buf_slice(&c->text));
    }
    collection_close(array, row);
    return NULL;
}

/* RETURNING VARCHAR(n) keeps the first n characters. */
static struct err *put_text(struct func_frame *f, uint32_t row)
{
    struct json_call *c = f->call->state;
    struct slice text = buf_slice(&c->text);
    size_t most = (size_t)f->call->type->precision;
    if (c->text.overflow || text.n <= most) return text_put_buffer(f, row, &c->text);
    text_put(f, row, (struct slice){text.p, utf8_offset(text, most)});
    return NULL;
}

static struct err *query_otherwise(
    struct func_frame *f, struct collection *array, uint32_t row, uint32_t arg)
{
    if (json_literal_is(f, arg, "ERROR"))
        FUNC_FAIL(f, row, ERR_INVALID_VALUE, "%s of JSON_QUERY function is not allowed",
            arg == QUERY_ON_EMPTY ? "Empty result" : "Error in the input or path");
    if (json_literal_is(f, arg, "EMPTY ARRAY") && f->out->layout == LAYOUT_SPAN)
        return put_elements(f, array, row, &(struct json_node){.kind = JSON_ARRAY_BEGIN});
    if (json_literal_is(f, arg, "EMPTY ARRAY"))
        text_put(f, row, SLICE("[]"));
    else if (json_literal_is(f, arg, "EMPTY OBJECT"))
        text_put(f, row, SLICE("{}"));
    else
        column_set_null(f->out, row);
    return NULL;
}

static const struct json_node *wrap(const struct func_frame *f, const struct json_node *n)
{
    bool always = json_literal_is(f, QUERY_WRAPPER, "UNCONDITIONAL");
    bool scalars = json_literal_is(f, QUERY_WRAPPER, "CONDITIONAL") && n->kind != JSON_ARRAY_BEGIN;
    if (!always && !scalars) return n;
    struct json_call *c = f->call->state;
    struct json_node *copy = ARENA_NEW(c->scratch, struct json_node);
    struct json_node *array = ARENA_NEW(c->scratch, struct json_node);
    *copy = *n;
    copy->next = NULL;
    *array = (struct json_node){.kind = JSON_ARRAY_BEGIN, .first = copy, .count = 1};
    return array;
}

static struct err *query_row(struct func_frame *f, struct collection *array, uint32_t row)
{
    struct json_call *c = f->call->state;
    const struct json_node *n = NULL;
    switch (json_call_find(f, row, &n)) {
    case JSON_EMPTY: return query_otherwise(f, array, row, QUERY_ON_EMPTY);
    case JSON_ERROR: return query_otherwise(f, array, row, QUERY_ON_ERROR);
    case JSON_FOUND: break;
    }
    n = wrap(f, n);
    if (json_node_is_scalar(n))
        return query_otherwise(f, array, row, is_lax(f) ? QUERY_ON_EMPTY : QUERY_ON_ERROR);
    if (f->out->layout == LAYOUT_SPAN) {
        if (n->kind != JSON_ARRAY_BEGIN) return query_otherwise(f, array, row, QUERY_ON_ERROR);
        return put_elements(f, array, row, n);
    }
    buf_clear(&c->text);
    json_node_print(c->scratch, n, &c->text);
    return put_text(f, row);
}

static struct err *query_eval(struct func_frame *f)
{
    struct collection array;
    collection_begin(&array, f);
    for (FUNC_EACH_ROW(f, row)) {
        column_set_valid(f->out, row);
        if (inputs_valid(f, row))
            TRY(query_row(f, &array, row));
        else
            column_set_null(f->out, row);
    }
    return NULL;
}

/* ---- JSON_EXISTS ---- */

static struct err *exists_row(struct func_frame *f, uint32_t row)
{
    const struct json_node *n = NULL;
    uint8_t *out = f->out->data;
    enum json_outcome outcome = json_call_find(f, row, &n);
    out[row] = outcome == JSON_FOUND;
    if (outcome != JSON_ERROR) return NULL;
    if (json_literal_is(f, 2, "ERROR"))
        FUNC_FAIL(f, row, ERR_INVALID_VALUE, "JSON_EXISTS: no JSON, or nothing at the strict path");
    out[row] = json_literal_is(f, 2, "TRUE");
    if (json_literal_is(f, 2, "UNKNOWN")) column_set_null(f->out, row);
    return NULL;
}

static struct err *exists_eval(struct func_frame *f)
{
    for (FUNC_EACH_ROW(f, row)) {
        column_set_valid(f->out, row);
        if (inputs_valid(f, row))
            TRY(exists_row(f, row));
        else
            column_set_null(f->out, row);
    }
    return NULL;
}

static struct err *value_infer(struct func_infer *in)
{
    if (in->arg_count != 6) FAIL(ERR_UNDEFINED_FUNCTION, "JSON_VALUE(text, path) is the form");
    for (uint32_t i = 0; i < 2; i++)
        if (!type_is_character(in->args[i].type))
            FAIL_AT(ERR_DATATYPE_MISMATCH, in->args[i].pos, "JSON_VALUE takes a text and a path");
    in->result = type_with_nullable(in->arena, in->args[3].type, true);
    return NULL;
}

static struct err *query_infer(struct func_infer *in)
{
    if (in->arg_count != 6) FAIL(ERR_UNDEFINED_FUNCTION, "JSON_QUERY(text, path) is the form");
    for (uint32_t i = 0; i < 2; i++)
        if (!type_is_character(in->args[i].type))
            FAIL_AT(ERR_DATATYPE_MISMATCH, in->args[i].pos, "JSON_QUERY takes a text and a path");
    in->result = type_with_nullable(in->arena, in->args[QUERY_RETURNING].type, true);
    return NULL;
}

static const struct func_signature exists_signatures[] = {
    {"STRING, STRING, LITERAL_STRING -> BOOLEAN NULL", exists_eval}, {0}};

const struct func_def func_json_value = {
    .name = "JSON_VALUE",
    .infer = value_infer,
    .eval = value_eval,
    .open = json_call_open,
    .close = json_call_close,
    .signature_doc =
        "JSON_VALUE(text, path [RETURNING type] [{NULL | ERROR | DEFAULT value} ON EMPTY] "
        "[{NULL | ERROR | DEFAULT value} ON ERROR])",
    .doc = "The scalar at a path of a JSON text. A path without a mode is strict: a member that is "
           "missing is an error, not empty.",
    .example = "JSON_VALUE('{\"a\": 1}', '$.a') → 1",
};

const struct func_def func_json_query = {
    .name = "JSON_QUERY",
    .infer = query_infer,
    .eval = query_eval,
    .open = json_call_open,
    .close = json_call_close,
    .signature_doc = "JSON_QUERY(text, path [RETURNING type] [{WITHOUT | WITH [CONDITIONAL | "
                     "UNCONDITIONAL]} WRAPPER] "
                     "[{NULL | ERROR | EMPTY ARRAY | EMPTY OBJECT} ON EMPTY] [... ON ERROR])",
    .doc = "The object or array at a path of a JSON text, as JSON, or as ARRAY<STRING>.",
    .example = "JSON_QUERY('{\"a\": [1, 2]}', '$.a') → [1,2]",
};

const struct func_def func_json_exists = {
    .name = "JSON_EXISTS",
    .signatures = exists_signatures,
    .open = json_call_open,
    .close = json_call_close,
    .signature_doc = "JSON_EXISTS(text, path [{TRUE | FALSE | UNKNOWN | ERROR} ON ERROR])",
    .doc = "Does the path lead to something other than null?",
    .example = "JSON_EXISTS('{\"a\": 1}', '$.a') → TRUE",
};
