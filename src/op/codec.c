#include "op/codec.h"

#include <inttypes.h>

#include "base/arena.h"

enum { TYPE_TEXT_MAX = 1 << 20 };

/* ---- writing ---- */

void codec_open(struct buf *out)
{
    buf_add_char(out, '{');
}

void codec_close(struct buf *out)
{
    buf_add_char(out, '}');
}

void codec_comma(struct buf *out)
{
    char last = out->n ? out->p[out->n - 1] : 0;
    if (last != '[' && last != '{') buf_add_char(out, ',');
}

void codec_key(struct buf *out, const char *key)
{
    codec_comma(out);
    json_write_string(out, slice_of(key));
    buf_add_char(out, ':');
}

void codec_write_i64(struct buf *out, const char *key, int64_t v)
{
    codec_key(out, key);
    json_write_i64(out, v);
}

void codec_write_bool(struct buf *out, const char *key, bool v)
{
    codec_key(out, key);
    buf_add_cstr(out, v ? "true" : "false");
}

void codec_write_text(struct buf *out, const char *key, const char *text)
{
    codec_key(out, key);
    if (text)
        json_write_string(out, slice_of(text));
    else
        buf_add_cstr(out, "null");
}

void codec_write_u32s(struct buf *out, const char *key, const uint32_t *v, uint32_t count)
{
    codec_key(out, key);
    buf_add_char(out, '[');
    for (uint32_t i = 0; i < count; i++) {
        codec_comma(out);
        json_write_i64(out, v[i]);
    }
    buf_add_char(out, ']');
}

static void write_type(struct buf *out, const struct type *t)
{
    struct buf text;
    buf_init(&text, TYPE_TEXT_MAX);
    type_print(t, true, &text);
    json_write_string(out, buf_slice(&text));
    buf_free(&text);
}

void codec_write_type(struct buf *out, const char *key, const struct type *t)
{
    codec_key(out, key);
    write_type(out, t);
}

void codec_write_schema(struct buf *out, const char *key, const struct schema *s)
{
    codec_key(out, key);
    if (!s) {
        buf_add_cstr(out, "null");
        return;
    }
    buf_add_char(out, '[');
    for (uint32_t i = 0; i < s->count; i++) {
        codec_comma(out);
        buf_add_char(out, '[');
        json_write_string(out, s->fields[i].name);
        buf_add_char(out, ',');
        write_type(out, s->fields[i].type);
        buf_add_char(out, ']');
    }
    buf_add_char(out, ']');
}

/* By the last part of its key: 'fields.token.length' says something about a column. */
static bool is_secret(struct slice key)
{
    const char *dot = memrchr(key.p, '.', key.n);
    if (dot) key = (struct slice){dot + 1, (size_t)(key.p + key.n - (dot + 1))};
    return option_is_secret(key);
}

static int compare_keys(struct slice a, struct slice b)
{
    int c = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

/* The pair with the least key behind `after` (NULL: of all), of equal ones the last, which wins. */
static const struct option *next_option(const struct options *o, const struct option *after)
{
    const struct option *next = NULL;
    for (uint32_t i = 0; i < o->count; i++) {
        const struct option *pair = &o->pairs[i];
        if (after && compare_keys(pair->key, after->key) <= 0) continue;
        if (!next || compare_keys(pair->key, next->key) <= 0) next = pair;
    }
    return next;
}

static bool is_among(struct slice key, const char *const *names)
{
    for (; names && *names; names++)
        if (slice_eq(key, slice_of(*names))) return true;
    return false;
}

void codec_write_options(
    struct buf *out, const char *key, const struct options *o, const char *const *without)
{
    codec_key(out, key);
    buf_add_char(out, '[');
    for (const struct option *p = NULL; (p = next_option(o, p)) != NULL;) {
        if (is_among(p->key, without)) continue;
        codec_comma(out);
        buf_add_char(out, '[');
        json_write_string(out, p->key);
        buf_add_char(out, ',');
        json_write_string(out, is_secret(p->key) ? SLICE("****") : p->value);
        buf_add_char(out, ']');
    }
    buf_add_char(out, ']');
}

void codec_write_exprs(
    struct buf *out, const char *key, const struct expr *const *exprs, uint32_t count)
{
    codec_key(out, key);
    buf_add_char(out, '[');
    for (uint32_t i = 0; i < count; i++) {
        codec_comma(out);
        expr_encode(exprs[i], out);
    }
    buf_add_char(out, ']');
}

void codec_write_expr(struct buf *out, const char *key, const struct expr *e)
{
    codec_write_exprs(out, key, &e, e ? 1 : 0);
}

static void write_literals(struct buf *out, const struct agg_call *call)
{
    codec_key(out, "literals");
    buf_add_char(out, '[');
    for (uint32_t i = 0; i < call->arg_count && call->literals; i++) {
        codec_comma(out);
        buf_add_char(out, '[');
        if (call->literals[i]) value_to_json(call->arg_types[i], call->literals[i], NULL, out);
        buf_add_char(out, ']');
    }
    buf_add_char(out, ']');
}

void codec_write_aggs(
    struct buf *out, const char *key, const struct agg_spec *specs, uint32_t count)
{
    codec_key(out, key);
    buf_add_char(out, '[');
    for (uint32_t i = 0; i < count; i++) {
        const struct agg_call *call = &specs[i].call;
        codec_comma(out);
        codec_open(out);
        codec_write_text(out, "name", call->def->name);
        codec_write_type(out, "result", call->result);
        codec_key(out, "types");
        buf_add_char(out, '[');
        for (uint32_t k = 0; k < call->arg_count; k++) {
            codec_comma(out);
            write_type(out, call->arg_types[k]);
        }
        buf_add_char(out, ']');
        write_literals(out, call);
        codec_write_bool(out, "retract", call->retract);
        codec_write_u32s(out, "args", specs[i].args, call->arg_count);
        codec_write_i64(out, "filter", specs[i].filter_column);
        codec_write_bool(out, "distinct", specs[i].distinct);
        codec_close(out);
    }
    buf_add_char(out, ']');
}

/* ---- reading ---- */

static struct err *corrupt(const char *key, const char *what)
{
    return ERR(ERR_CORRUPT, "'%s' %s", key, what);
}

struct err *codec_enter(struct json_reader *r)
{
    return json_expect(r, JSON_OBJECT_BEGIN);
}

struct err *codec_leave(struct json_reader *r)
{
    return json_expect(r, JSON_OBJECT_END);
}

struct err *codec_expect_key(struct json_reader *r, const char *key)
{
    TRY(json_expect(r, JSON_KEY));
    if (!slice_eq(r->text, slice_of(key)))
        FAIL(ERR_CORRUPT, "expected '%s', found '%.*s'", key, (int)r->text.n, r->text.p);
    return NULL;
}

struct err *codec_begin_list(struct json_reader *r, const char *key)
{
    TRY(codec_expect_key(r, key));
    return json_expect(r, JSON_ARRAY_BEGIN);
}

struct err *codec_more(struct json_reader *r, bool *more)
{
    struct json_reader before = *r; /* a reader is plain data: looking ahead is going back */
    TRY(json_next(r));
    *more = r->token != JSON_ARRAY_END;
    if (*more) *r = before;
    return NULL;
}

/* Elements of the list the reader stands in; the reader does not move. */
static struct err *count_elements(const struct json_reader *r, const char *key, uint32_t *count)
{
    struct json_reader ahead = *r;
    for (*count = 0;; ++*count) {
        bool more;
        TRY(codec_more(&ahead, &more));
        if (!more) return NULL;
        if (*count == CODEC_COUNT_MAX) return corrupt(key, "has too many elements");
        TRY(json_skip(&ahead));
    }
}

struct err *codec_read_i64(
    struct json_reader *r, const char *key, int64_t min, int64_t max, int64_t *out)
{
    TRY(codec_expect_key(r, key));
    TRY(json_read_i64(r, out));
    return *out < min || *out > max ? corrupt(key, "is out of range") : NULL;
}

struct err *codec_read_u32(struct json_reader *r, const char *key, uint32_t max, uint32_t *out)
{
    int64_t v;
    TRY(codec_read_i64(r, key, 0, max, &v));
    *out = (uint32_t)v;
    return NULL;
}

struct err *codec_read_bool(struct json_reader *r, const char *key, bool *out)
{
    TRY(codec_expect_key(r, key));
    return json_read_bool(r, out);
}

struct err *codec_read_text(
    struct arena *a, struct json_reader *r, const char *key, const char **out)
{
    TRY(codec_expect_key(r, key));
    TRY(json_next(r));
    if (r->token != JSON_NULL && r->token != JSON_STRING) return corrupt(key, "is no text");
    *out = r->token == JSON_NULL ? NULL : slice_to_cstr(a, r->text);
    return NULL;
}

struct err *codec_read_u32s(struct arena *a, struct json_reader *r, const char *key, uint32_t max,
    const uint32_t **out, uint32_t *count)
{
    TRY(codec_begin_list(r, key));
    TRY(count_elements(r, key, count));
    uint32_t *v = ARENA_ARRAY(a, uint32_t, *count + 1);
    for (uint32_t i = 0; i < *count; i++) {
        int64_t n;
        TRY(json_read_i64(r, &n));
        if (n < 0 || n > max) return corrupt(key, "is out of range");
        v[i] = (uint32_t)n;
    }
    *out = v;
    return json_expect(r, JSON_ARRAY_END);
}

static struct err *read_type(struct arena *a, struct json_reader *r, const struct type **out)
{
    struct slice text;
    TRY(json_read_string(r, &text));
    return type_parse(a, text, out);
}

struct err *codec_read_type(
    struct arena *a, struct json_reader *r, const char *key, const struct type **out)
{
    TRY(codec_expect_key(r, key));
    return read_type(a, r, out);
}

struct err *codec_read_schema(
    struct arena *a, struct json_reader *r, const char *key, const struct schema **out)
{
    TRY(codec_expect_key(r, key));
    TRY(json_next(r));
    *out = NULL;
    if (r->token == JSON_NULL) return NULL;
    if (r->token != JSON_ARRAY_BEGIN) return corrupt(key, "is no schema");
    uint32_t count;
    TRY(count_elements(r, key, &count));
    struct type_field *fields = ARENA_ARRAY(a, struct type_field, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        TRY(json_expect(r, JSON_ARRAY_BEGIN));
        TRY(json_read_string(r, &fields[i].name));
        fields[i].name = slice_copy(a, fields[i].name);
        TRY(read_type(a, r, &fields[i].type));
        TRY(json_expect(r, JSON_ARRAY_END));
    }
    *out = schema_new(a, fields, count);
    return json_expect(r, JSON_ARRAY_END);
}

struct err *codec_read_options(
    struct arena *a, struct json_reader *r, const char *key, struct options *out)
{
    TRY(codec_begin_list(r, key));
    TRY(count_elements(r, key, &out->count));
    struct option *pairs = ARENA_ARRAY(a, struct option, out->count + 1);
    for (uint32_t i = 0; i < out->count; i++) {
        TRY(json_expect(r, JSON_ARRAY_BEGIN));
        TRY(json_read_string(r, &pairs[i].key));
        pairs[i].key = slice_copy(a, pairs[i].key);
        TRY(json_read_string(r, &pairs[i].value));
        pairs[i].value = slice_copy(a, pairs[i].value);
        TRY(json_expect(r, JSON_ARRAY_END));
    }
    out->pairs = pairs;
    return json_expect(r, JSON_ARRAY_END);
}

struct err *codec_read_exprs(struct arena *a, struct json_reader *r, const char *key,
    const struct schema *input, const struct expr *const **out, uint32_t *count)
{
    TRY(codec_begin_list(r, key));
    TRY(count_elements(r, key, count));
    const struct expr **exprs = ARENA_ARRAY(a, const struct expr *, *count + 1);
    for (uint32_t i = 0; i < *count; i++) TRY(expr_decode(a, r, input, &exprs[i]));
    *out = exprs;
    return json_expect(r, JSON_ARRAY_END);
}

struct err *codec_read_expr(struct arena *a, struct json_reader *r, const char *key,
    const struct schema *input, const struct expr **out)
{
    const struct expr *const *exprs;
    uint32_t count;
    TRY(codec_read_exprs(a, r, key, input, &exprs, &count));
    if (count > 1) return corrupt(key, "is more than one expression");
    *out = count ? exprs[0] : NULL;
    return NULL;
}

static struct err *read_literals(struct arena *a, struct json_reader *r, struct agg_call *call)
{
    uint32_t count;
    TRY(codec_begin_list(r, "literals"));
    TRY(count_elements(r, "literals", &count));
    if (count > call->arg_count) return corrupt("literals", "are more than arguments");
    const struct value **literals = ARENA_ARRAY(a, const struct value *, call->arg_count + 1);
    for (uint32_t i = 0; i < count; i++) {
        bool more;
        TRY(json_expect(r, JSON_ARRAY_BEGIN));
        TRY(codec_more(r, &more));
        if (!more) continue;
        struct value *v = ARENA_NEW(a, struct value);
        TRY(json_next(r));
        TRY(value_read_json(a, call->arg_types[i], r, NULL, v));
        TRY(json_expect(r, JSON_ARRAY_END));
        literals[i] = v;
    }
    call->literals = count ? literals : NULL;
    return json_expect(r, JSON_ARRAY_END);
}

static struct err *read_call(struct arena *a, struct json_reader *r, struct agg_call *call)
{
    const char *name;
    TRY(codec_read_text(a, r, "name", &name));
    call->def = name ? agg_find(slice_of(name)) : NULL;
    if (!call->def) FAIL(ERR_CORRUPT, "no aggregate function '%s'", name ? name : "");
    TRY(codec_read_type(a, r, "result", &call->result));
    TRY(codec_begin_list(r, "types"));
    TRY(count_elements(r, "types", &call->arg_count));
    const struct type **types = ARENA_ARRAY(a, const struct type *, call->arg_count + 1);
    for (uint32_t i = 0; i < call->arg_count; i++) TRY(read_type(a, r, &types[i]));
    call->arg_types = types;
    TRY(json_expect(r, JSON_ARRAY_END));
    TRY(read_literals(a, r, call));
    return codec_read_bool(r, "retract", &call->retract);
}

static struct err *read_agg(
    struct arena *a, struct json_reader *r, const struct schema *input, struct agg_spec *spec)
{
    uint32_t count;
    int64_t filter;
    TRY(codec_enter(r));
    TRY(read_call(a, r, &spec->call));
    TRY(codec_read_u32s(a, r, "args", input->count ? input->count - 1 : 0, &spec->args, &count));
    if (count != spec->call.arg_count) return corrupt("args", "do not match the types");
    for (uint32_t i = 0; i < count; i++)
        if (!type_equal_ignoring_null(input->fields[spec->args[i]].type, spec->call.arg_types[i]))
            return corrupt("args", "have other types than the input");
    TRY(codec_read_i64(r, "filter", -1, (int64_t)input->count - 1, &filter));
    spec->filter_column = (int32_t)filter;
    if (filter >= 0 && input->fields[filter].type->kind != TYPE_BOOLEAN)
        return corrupt("filter", "is not BOOLEAN");
    TRY(codec_read_bool(r, "distinct", &spec->distinct));
    return codec_leave(r);
}

struct err *codec_read_aggs(struct arena *a, struct json_reader *r, const char *key,
    const struct schema *input, const struct agg_spec **out, uint32_t *count)
{
    TRY(codec_begin_list(r, key));
    TRY(count_elements(r, key, count));
    struct agg_spec *specs = ARENA_ARRAY(a, struct agg_spec, *count + 1);
    for (uint32_t i = 0; i < *count; i++) TRY(read_agg(a, r, input, &specs[i]));
    *out = specs;
    return json_expect(r, JSON_ARRAY_END);
}
