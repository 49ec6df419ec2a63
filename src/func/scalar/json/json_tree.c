#include "func/scalar/json/json_tree.h"

#include <stdlib.h>

#include "base/arena.h"

struct parsing {
    struct arena *arena;
    struct json_reader reader;
};

static void append(struct json_node *parent, struct json_node **last, struct json_node *child)
{
    *(*last ? &(*last)->next : &parent->first) = child;
    *last = child;
    parent->count++;
}

/* The last of equal keys wins, in the place of the first. */
static struct json_node *same_key(struct json_node *object, struct slice key)
{
    for (struct json_node *n = object->first; n; n = n->next)
        if (slice_eq(n->key, key)) return n;
    return NULL;
}

static struct err *parse_value(struct parsing *p, struct json_node *out);

static struct err *parse_children(struct parsing *p, struct json_node *out)
{
    bool object = out->kind == JSON_OBJECT_BEGIN;
    struct json_node *last = NULL;
    for (;;) {
        TRY(json_next(&p->reader));
        enum json_token token = p->reader.token;
        if (token == JSON_OBJECT_END || token == JSON_ARRAY_END) return NULL;
        struct slice key = {NULL, 0};
        if (object) {
            key = p->reader.text;
            TRY(json_next(&p->reader));
        }
        struct json_node *known = object ? same_key(out, key) : NULL, *next = NULL;
        struct json_node *child = known ? known : ARENA_NEW(p->arena, struct json_node);
        if (known) next = known->next;
        *child = (struct json_node){.key = key, .next = next};
        TRY(parse_value(p, child));
        if (!known) append(out, &last, child);
    }
}

/* The reader stands at the value's first token. Depth is limited by the reader. */
static struct err *parse_value(struct parsing *p, struct json_node *out)
{
    out->kind = p->reader.token;
    out->text = p->reader.text;
    return json_node_is_scalar(out) ? NULL : parse_children(p, out);
}

/* What follows the first value is not read, as Flink's Jackson mapper does not. */
static struct err *parse(struct parsing *p, struct json_node *out)
{
    TRY(json_next(&p->reader));
    if (p->reader.token == JSON_END) return json_fail(&p->reader, "no value");
    return parse_value(p, out);
}

bool json_tree_parse(struct arena *a, struct slice text, struct json_node **out)
{
    struct parsing p = {.arena = a};
    json_init(&p.reader, text, a);
    *out = ARENA_NEW(a, struct json_node);
    struct err *e = parse(&p, *out);
    err_free(e);
    return !e;
}

/* ---- text ---- */

enum { NUMBER_DIGITS_MAX = 128 };

/* java.math.BigDecimal.toString: plain while the scale is not negative and the exponent at least
 * -6, else d.dddE+n. */
static void print_number(struct slice text, struct buf *out)
{
    char digits[NUMBER_DIGITS_MAX];
    size_t count = 0;
    long scale = 0, exponent = 0;
    bool point = false, special = false;
    size_t i = text.n && text.p[0] == '-';
    for (; i < text.n; i++) {
        char c = text.p[i];
        if (c == '.' || c == 'e' || c == 'E') special = true;
        if (c == 'e' || c == 'E') break;
        if (c == '.') {
            point = true;
        } else if (count < NUMBER_DIGITS_MAX) {
            scale += point;
            if (count > 0 || c != '0') digits[count++] = c;
        }
    }
    if (!special || text.n > NUMBER_DIGITS_MAX) {
        buf_add_slice(out, text);
        return;
    }
    for (bool negative = false; ++i < text.n;) {
        if (text.p[i] == '-') negative = true;
        if (text.p[i] < '0' || exponent > 100000000 || exponent < -100000000) continue;
        exponent = exponent * 10 + (negative ? -(text.p[i] - '0') : text.p[i] - '0');
    }
    scale -= exponent;
    if (count == 0) digits[count++] = '0';
    long adjusted = (long)count - 1 - scale;
    if (text.p[0] == '-') buf_add_char(out, '-');
    if (scale >= 0 && adjusted >= -6) {
        for (long lead = scale - (long)count; lead >= 0; lead--) {
            buf_add_char(out, '0');
            if (lead == scale - (long)count && scale > 0) buf_add_char(out, '.');
        }
        for (size_t k = 0; k < count; k++) {
            if (k > 0 && (long)(count - k) == scale) buf_add_char(out, '.');
            buf_add_char(out, digits[k]);
        }
        return;
    }
    buf_add_char(out, digits[0]);
    if (count > 1) {
        buf_add_char(out, '.');
        buf_add(out, digits + 1, count - 1);
    }
    if (adjusted != 0) buf_printf(out, "E%+ld", adjusted);
}

void json_node_print_scalar(const struct json_node *n, struct buf *out)
{
    if (n->kind == JSON_NUMBER)
        print_number(n->text, out);
    else if (n->kind == JSON_STRING)
        buf_add_slice(out, n->text);
    else
        buf_add_cstr(out, json_token_name(n->kind));
}

static int by_key(const void *a, const void *b)
{
    return slice_cmp(
        (*(const struct json_node *const *)a)->key, (*(const struct json_node *const *)b)->key);
}

void json_node_print(struct arena *a, const struct json_node *n, struct buf *out)
{
    if (json_node_is_scalar(n)) {
        if (n->kind == JSON_STRING)
            json_write_string(out, n->text);
        else
            json_node_print_scalar(n, out);
        return;
    }
    bool object = n->kind == JSON_OBJECT_BEGIN;
    const struct json_node **children = ARENA_ARRAY(a, const struct json_node *, n->count + 1);
    uint32_t count = 0;
    for (const struct json_node *c = n->first; c; c = c->next) children[count++] = c;
    if (object) qsort(children, count, sizeof *children, by_key);
    buf_add_char(out, object ? '{' : '[');
    for (uint32_t i = 0; i < count; i++) {
        if (i) buf_add_char(out, ',');
        if (object) {
            json_write_string(out, children[i]->key);
            buf_add_char(out, ':');
        }
        json_node_print(a, children[i], out);
    }
    buf_add_char(out, object ? '}' : ']');
}
