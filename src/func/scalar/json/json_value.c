#include "func/scalar/json/json_value.h"

#include <openssl/evp.h>

#include "base/arena.h"
#include "base/check.h"
#include "type/datetime.h"
#include "type/decimal.h"
#include "type/value.h"

static struct err *refuse(struct arena *a, const struct type *t, struct text_pos pos)
{
    FAIL_AT(ERR_DATATYPE_MISMATCH, pos, "Type '%s' is not scalar or cannot be converted into JSON.",
        type_to_cstr(a, t));
}

static struct err *check(struct arena *a, const struct type *t, struct text_pos pos, int depth)
{
    ASSERT(depth <= TYPE_DEPTH_MAX);
    if (t->kind == TYPE_DATE || t->kind == TYPE_TIME || type_is_interval(t))
        return refuse(a, t, pos);
    if (t->kind < TYPE_ARRAY) return NULL;
    if (t->kind == TYPE_ROW) {
        for (uint32_t i = 0; i < t->field_count; i++)
            TRY(check(a, t->fields[i].type, pos, depth + 1));
        return NULL;
    }
    const struct type *key = t->kind == TYPE_MAP ? t->key : t->element;
    if (t->kind != TYPE_ARRAY && !type_is_character(key))
        FAIL_AT(ERR_DATATYPE_MISMATCH, pos,
            "Type '%s' is not supported for JSON conversion. The key type must be a character "
            "string.",
            type_to_cstr(a, key));
    return t->kind == TYPE_MULTISET ? NULL : check(a, t->element, pos, depth + 1);
}

struct err *json_value_check(struct arena *a, const struct type *t, struct text_pos pos)
{
    return check(a, t, pos, 0);
}

/* ---- values as nodes ---- */

static struct json_node *new_node(struct arena *a, enum json_token kind, struct slice text)
{
    struct json_node *n = ARENA_NEW(a, struct json_node);
    *n = (struct json_node){.kind = kind, .text = text};
    return n;
}

static struct json_node *copied_node(
    struct arena *a, enum json_token kind, const char *text, size_t size)
{
    return new_node(a, kind, slice_copy(a, (struct slice){text, size}));
}

static struct json_node *double_node(struct arena *a, double v)
{
    char text[NUM_DOUBLE_CHARS];
    size_t n = num_format_double(text, v);
    return copied_node(a, v - v == 0 ? JSON_NUMBER : JSON_STRING, text, n);
}

static struct json_node *integer_node(struct arena *a, int64_t v)
{
    char text[NUM_I64_CHARS];
    return copied_node(a, JSON_NUMBER, text, num_format_i64(text, v));
}

static struct json_node *decimal_node(struct arena *a, const struct type *t, i128 v)
{
    char text[DECIMAL_CHARS_MAX];
    return copied_node(a, JSON_NUMBER, text, decimal_format(text, v, t->scale));
}

static struct json_node *bytes_node(struct arena *a, struct slice bytes)
{
    size_t size = (bytes.n + 2) / 3 * 4;
    char *text = arena_alloc(a, size + 1); /* EVP_EncodeBlock ends it with a NUL */
    EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)bytes.p, (int)bytes.n);
    return new_node(a, JSON_STRING, (struct slice){text, size});
}

/* ISO_LOCAL_DATE_TIME: as many fraction digits as are not zero. */
static struct json_node *timestamp_node(
    struct arena *a, const struct type *t, const struct value *v)
{
    char text[DATETIME_CHARS_MAX + 1];
    struct timestamp at = {.ms = v->i64};
    if (type_is_wide(t)) at = datetime_from_ns(v->wide);
    size_t n = datetime_format_timestamp(text, at, 9);
    for (size_t i = 0; i < n; i++)
        if (text[i] == ' ') text[i] = 'T';
    while (text[n - 1] == '0') n--;
    if (text[n - 1] == '.') n--;
    if (t->kind == TYPE_TIMESTAMP_LTZ) text[n++] = 'Z';
    return copied_node(a, JSON_STRING, text, n);
}

static struct json_node *node_of(
    struct arena *a, const struct type *t, const struct value *v, int depth);

static void append(struct json_node *parent, struct json_node ***end, struct json_node *child)
{
    **end = child;
    *end = &child->next;
    parent->count++;
}

static struct json_node *list_node(
    struct arena *a, const struct type *t, const struct value *v, int depth)
{
    bool row = t->kind == TYPE_ROW;
    struct json_node *n =
        new_node(a, row ? JSON_OBJECT_BEGIN : JSON_ARRAY_BEGIN, (struct slice){NULL, 0});
    struct json_node **end = &n->first;
    for (uint32_t i = 0; i < v->list.count; i++) {
        const struct type *item = row ? t->fields[i].type : t->element;
        struct json_node *child = node_of(a, item, &v->list.items[i], depth + 1);
        if (row) child->key = t->fields[i].name;
        append(n, &end, child);
    }
    return n;
}

static struct json_node *pairs_node(
    struct arena *a, const struct type *t, const struct value *v, int depth)
{
    const struct type *value_type = t->kind == TYPE_MAP ? t->element : type_simple(TYPE_INTEGER);
    struct json_node *n = new_node(a, JSON_OBJECT_BEGIN, (struct slice){NULL, 0});
    struct json_node **end = &n->first;
    for (uint32_t i = 0; i + 1 < v->list.count; i += 2) {
        struct json_node *child = node_of(a, value_type, &v->list.items[i + 1], depth + 1);
        const struct value *key = &v->list.items[i];
        child->key = key->null ? SLICE("null") : key->text;
        append(n, &end, child);
    }
    return n;
}

static struct json_node *node_of(
    struct arena *a, const struct type *t, const struct value *v, int depth)
{
    ASSERT(depth <= TYPE_DEPTH_MAX);
    if (v->null) return new_node(a, JSON_NULL, (struct slice){NULL, 0});
    switch (t->kind) {
    case TYPE_NULL: return new_node(a, JSON_NULL, (struct slice){NULL, 0});
    case TYPE_BOOLEAN:
        return new_node(a, v->boolean ? JSON_TRUE : JSON_FALSE, (struct slice){NULL, 0});
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INTEGER:
    case TYPE_BIGINT: return integer_node(a, v->i64);
    case TYPE_FLOAT: return double_node(a, (double)v->f32);
    case TYPE_DOUBLE: return double_node(a, v->f64);
    case TYPE_DECIMAL: return decimal_node(a, t, v->wide);
    case TYPE_CHAR:
    case TYPE_VARCHAR: return new_node(a, JSON_STRING, v->text);
    case TYPE_BINARY:
    case TYPE_VARBINARY: return bytes_node(a, v->text);
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: return timestamp_node(a, t, v);
    case TYPE_ARRAY:
    case TYPE_ROW: return list_node(a, t, v, depth);
    case TYPE_MAP:
    case TYPE_MULTISET: return pairs_node(a, t, v, depth);
    case TYPE_DATE:
    case TYPE_TIME:
    case TYPE_INTERVAL_MONTH:
    case TYPE_INTERVAL_SECOND: break; /* json_value_check refuses them */
    }
    UNREACHABLE();
}

void json_value_print(
    struct arena *scratch, const struct type *t, const struct value *v, struct buf *out)
{
    json_node_print(scratch, node_of(scratch, t, v, 0), out);
}
