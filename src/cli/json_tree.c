#include "cli/json_tree.h"

#include "base/arena.h"
#include "base/num.h"

static struct err *read_value(struct json_reader *r, struct arena *a, struct json_tree *out);

/* Members or elements up to the closing bracket. Depth is limited by the reader. */
static struct err *read_children(struct json_reader *r, struct arena *a, struct json_tree *parent)
{
    enum json_token end = parent->kind == JSON_OBJECT_BEGIN ? JSON_OBJECT_END : JSON_ARRAY_END;
    struct json_tree **last = &parent->first;
    for (;;) {
        TRY(json_next(r));
        if (r->token == end) return NULL;
        struct json_tree *child = ARENA_NEW(a, struct json_tree);
        if (r->token == JSON_KEY) {
            child->key = r->text;
            TRY(json_next(r));
        }
        TRY(read_value(r, a, child));
        *last = child;
        last = &child->next;
    }
}

/* The current token begins the value. */
static struct err *read_value(struct json_reader *r, struct arena *a, struct json_tree *out)
{
    out->kind = r->token;
    out->text = r->text;
    if (r->token == JSON_OBJECT_BEGIN || r->token == JSON_ARRAY_BEGIN)
        return read_children(r, a, out);
    return NULL;
}

struct err *json_tree_read(struct arena *a, struct slice text, struct json_tree **out)
{
    struct json_reader r;
    json_init(&r, text, a);
    *out = ARENA_NEW(a, struct json_tree);
    TRY(json_next(&r));
    TRY(read_value(&r, a, *out));
    return json_expect(&r, JSON_END);
}

const struct json_tree *json_tree_get(const struct json_tree *t, const char *key)
{
    if (!t || t->kind != JSON_OBJECT_BEGIN) return NULL;
    for (const struct json_tree *c = t->first; c; c = c->next)
        if (slice_eq(c->key, slice_of(key))) return c->kind == JSON_NULL ? NULL : c;
    return NULL;
}

const char *json_tree_text(struct arena *a, const struct json_tree *t, const char *key)
{
    const struct json_tree *c = json_tree_get(t, key);
    return c && (c->kind == JSON_STRING || c->kind == JSON_NUMBER) ? slice_to_cstr(a, c->text) : "";
}

int64_t json_tree_i64(const struct json_tree *t, const char *key)
{
    const struct json_tree *c = json_tree_get(t, key);
    int64_t v = 0;
    return c && c->kind == JSON_NUMBER && num_parse_i64(c->text, &v) ? v : 0;
}

double json_tree_double(const struct json_tree *t, const char *key)
{
    const struct json_tree *c = json_tree_get(t, key);
    double v = 0;
    return c && c->kind == JSON_NUMBER && num_parse_double(c->text, &v) ? v : 0;
}
