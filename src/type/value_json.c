/* Values as JSON: the rows of `.slt` files and the literals of the phys graph. */
#include "base/arena.h"
#include "base/check.h"
#include "base/json.h"
#include "type/datetime.h"
#include "type/decimal.h"
#include "type/value.h"

/* ---- writing ---- */

static void write(const struct type *t, const struct value *v, const struct time_zone *zone,
    struct buf *out, int depth);

static void write_binary(struct slice bytes, struct buf *out)
{
    static const char hex[] = "0123456789abcdef";
    buf_add_cstr(out, "\"0x");
    for (size_t i = 0; i < bytes.n; i++) {
        unsigned char c = (unsigned char)bytes.p[i];
        buf_add_char(out, hex[c >> 4]);
        buf_add_char(out, hex[c & 15]);
    }
    buf_add_char(out, '"');
}

static void write_list(const struct type *t, const struct value *v, const struct time_zone *zone,
    struct buf *out, int depth)
{
    buf_add_char(out, '[');
    for (uint32_t i = 0; i < v->list.count; i++) {
        const struct type *item = t->kind == TYPE_ROW ? t->fields[i].type : t->element;
        if (i) buf_add_cstr(out, ", ");
        write(item, &v->list.items[i], zone, out, depth + 1);
    }
    buf_add_char(out, ']');
}

/* An object when all keys are text, pairs otherwise: a NULL key has no place in an object. */
static bool keys_are_text(const struct type *key, const struct value *v)
{
    if (!type_is_character(key)) return false;
    for (uint32_t i = 0; i < v->list.count; i += 2)
        if (v->list.items[i].null) return false;
    return true;
}

static void write_pairs(const struct type *t, const struct value *v, const struct time_zone *zone,
    struct buf *out, int depth)
{
    const struct type *key = t->kind == TYPE_MAP ? t->key : t->element;
    const struct type *value = t->kind == TYPE_MAP ? t->element : type_simple(TYPE_INTEGER);
    bool object = keys_are_text(key, v);
    buf_add_char(out, object ? '{' : '[');
    for (uint32_t i = 0; i + 1 < v->list.count; i += 2) {
        if (i) buf_add_cstr(out, ", ");
        if (!object) buf_add_char(out, '[');
        write(key, &v->list.items[i], zone, out, depth + 1);
        buf_add_cstr(out, object ? ": " : ", ");
        write(value, &v->list.items[i + 1], zone, out, depth + 1);
        if (!object) buf_add_char(out, ']');
    }
    buf_add_char(out, object ? '}' : ']');
}

static void write(const struct type *t, const struct value *v, const struct time_zone *zone,
    struct buf *out, int depth)
{
    ASSERT(depth <= TYPE_DEPTH_MAX);
    if (v->null || t->kind == TYPE_NULL)
        buf_add_cstr(out, "null");
    else if (t->kind == TYPE_BOOLEAN)
        buf_add_cstr(out, v->boolean ? "true" : "false");
    else if (type_is_character(t))
        json_write_string(out, v->text);
    else if (type_is_binary(t))
        write_binary(v->text, out);
    else if (t->kind == TYPE_ARRAY || t->kind == TYPE_ROW)
        write_list(t, v, zone, out, depth);
    else if (t->kind == TYPE_MAP || t->kind == TYPE_MULTISET)
        write_pairs(t, v, zone, out, depth);
    else {
        bool finite = t->kind == TYPE_DOUBLE  ? v->f64 - v->f64 == 0
                      : t->kind == TYPE_FLOAT ? v->f32 - v->f32 == 0
                                              : type_is_numeric(t);
        if (!finite) buf_add_char(out, '"');
        value_print(t, v, zone, out);
        if (!finite) buf_add_char(out, '"');
    }
}

void value_to_json(
    const struct type *t, const struct value *v, const struct time_zone *zone, struct buf *out)
{
    write(t, v, zone, out, 0);
}

/* ---- reading ---- */

struct reader {
    struct arena *arena;
    struct json_reader *json;
    const struct time_zone *zone;
};

static struct err *read(const struct reader *r, const struct type *t, struct value *out, int depth);

/* Grows in the arena, doubling. */
struct items {
    struct value *p;
    uint32_t count, capacity;
};

enum { ITEMS_MAX = 1 << 20 };

static struct err *next_item(const struct reader *r, struct items *list, struct value **out)
{
    if (list->count == ITEMS_MAX) return json_fail(r->json, "more than %d items", ITEMS_MAX);
    if (list->count == list->capacity) {
        uint32_t capacity = list->capacity ? 2 * list->capacity : 8;
        struct value *p = ARENA_ARRAY(r->arena, struct value, capacity);
        if (list->count) memcpy(p, list->p, sizeof *p * list->count);
        list->p = p;
        list->capacity = capacity;
    }
    *out = &list->p[list->count++];
    return NULL;
}

static struct err *mismatch(const struct reader *r, const struct type *t)
{
    struct buf name;
    buf_init(&name, 200);
    type_print(t, false, &name);
    struct err *e = json_fail(r->json, "a value of type %s is expected, not %s", buf_cstr(&name),
        json_token_name(r->json->token));
    buf_free(&name);
    return e;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static struct err *read_binary(const struct reader *r, struct value *out)
{
    struct slice s = r->json->text;
    if (s.n < 2 || s.n % 2 || s.p[0] != '0' || s.p[1] != 'x')
        return json_fail(r->json, "bytes are written as \"0xcafe\"");
    char *bytes = arena_alloc(r->arena, s.n / 2);
    for (size_t i = 2; i < s.n; i += 2) {
        int high = hex_digit(s.p[i]), low = hex_digit(s.p[i + 1]);
        if (high < 0 || low < 0) return json_fail(r->json, "bytes are written as \"0xcafe\"");
        bytes[i / 2 - 1] = (char)(high << 4 | low);
    }
    out->text = (struct slice){bytes, s.n / 2 - 1};
    return NULL;
}

/* Numbers and texts are read as CAST would, except that nothing is cut off or padded. */
static struct err *read_scalar(const struct reader *r, const struct type *t, struct value *out)
{
    enum json_token token = r->json->token;
    if (t->kind == TYPE_BOOLEAN) {
        if (token != JSON_TRUE && token != JSON_FALSE) return mismatch(r, t);
        out->boolean = token == JSON_TRUE;
        return NULL;
    }
    bool number_or_text = t->kind == TYPE_DECIMAL || type_is_approximate(t);
    bool fits = type_is_integer(t) ? token == JSON_NUMBER : token == JSON_STRING;
    if (!fits && !(number_or_text && token == JSON_NUMBER)) return mismatch(r, t);
    if (type_is_binary(t)) return read_binary(r, out);
    if (type_is_character(t)) {
        out->text = slice_copy(r->arena, r->json->text);
        return NULL;
    }
    if (type_is_integer(t) && memchr(r->json->text.p, '.', r->json->text.n)) return mismatch(r, t);
    struct err *e = value_parse(r->arena, t, r->json->text, r->zone, out);
    if (!e) return NULL;
    char text[ERR_MESSAGE_MAX];
    err_format(e, text, sizeof text);
    err_free(e);
    return json_fail(r->json, "%s", text);
}

static struct err *read_list(
    const struct reader *r, const struct type *t, struct value *out, int depth)
{
    struct items list = {0};
    if (r->json->token != JSON_ARRAY_BEGIN) return mismatch(r, t);
    while (true) {
        TRY(json_next(r->json));
        if (r->json->token == JSON_ARRAY_END) break;
        if (t->kind == TYPE_ROW && list.count == t->field_count)
            return json_fail(r->json, "the row has more than %u fields", t->field_count);
        const struct type *item = t->kind == TYPE_ROW ? t->fields[list.count].type : t->element;
        struct value *v = NULL;
        TRY(next_item(r, &list, &v));
        TRY(read(r, item, v, depth + 1));
    }
    if (t->kind == TYPE_ROW && list.count != t->field_count)
        return json_fail(r->json, "the row has %u fields, not %u", list.count, t->field_count);
    out->list.items = list.p;
    out->list.count = list.count;
    return NULL;
}

/* One entry; in an object the key is the current token, else "[k, v]" begins. */
static struct err *read_pair(const struct reader *r, const struct type *key,
    const struct type *value, struct items *list, int depth)
{
    struct value *v = NULL, *k = NULL;
    bool object = r->json->token == JSON_KEY;
    TRY(next_item(r, list, &k));
    if (object) {
        *k = (struct value){.text = slice_copy(r->arena, r->json->text)};
    } else {
        if (r->json->token != JSON_ARRAY_BEGIN)
            return json_fail(r->json, "[key, value] is expected");
        TRY(json_next(r->json));
        TRY(read(r, key, k, depth + 1));
    }
    TRY(json_next(r->json));
    TRY(next_item(r, list, &v));
    TRY(read(r, value, v, depth + 1));
    return object ? NULL : json_expect(r->json, JSON_ARRAY_END);
}

static struct err *read_pairs(
    const struct reader *r, const struct type *t, struct value *out, int depth)
{
    const struct type *key = t->kind == TYPE_MAP ? t->key : t->element;
    const struct type *value = t->kind == TYPE_MAP ? t->element : type_simple(TYPE_INTEGER);
    bool object = r->json->token == JSON_OBJECT_BEGIN && type_is_character(key);
    if (!object && r->json->token != JSON_ARRAY_BEGIN) return mismatch(r, t);
    struct items list = {0};
    while (true) {
        TRY(json_next(r->json));
        if (r->json->token == (object ? JSON_OBJECT_END : JSON_ARRAY_END)) break;
        TRY(read_pair(r, key, value, &list, depth));
    }
    out->list.items = list.p;
    out->list.count = list.count;
    return NULL;
}

static struct err *read(const struct reader *r, const struct type *t, struct value *out, int depth)
{
    ASSERT(depth <= TYPE_DEPTH_MAX);
    *out = (struct value){0};
    if (r->json->token == JSON_NULL) {
        if (!t->nullable) return json_fail(r->json, "null in a column that is NOT NULL");
        *out = value_null();
        return NULL;
    }
    if (t->kind == TYPE_NULL) return mismatch(r, t);
    if (t->kind < TYPE_ARRAY) return read_scalar(r, t, out);
    if (t->kind == TYPE_ARRAY || t->kind == TYPE_ROW) return read_list(r, t, out, depth);
    return read_pairs(r, t, out, depth);
}

struct err *value_read_json(struct arena *a, const struct type *t, struct json_reader *json,
    const struct time_zone *zone, struct value *out)
{
    struct reader r = {a, json, zone};
    return read(&r, t, out, 0);
}

struct err *value_from_json(struct arena *a, const struct type *t, struct slice text,
    const struct time_zone *zone, struct value *out)
{
    struct json_reader json;
    json_init(&json, text, a);
    TRY(json_next(&json));
    TRY(value_read_json(a, t, &json, zone, out));
    return json_expect(&json, JSON_END);
}
