/* json_tree.h - a JSON text as a tree, paths into it, and text again, for the JSON functions. Trees
 * live in an arena and borrow the text. Numbers are kept as written; objects keep the last of equal
 * keys and print their keys in order, as Flink's Jackson mapper is set up. */
#pragma once
#include "base/json.h"

struct arena;

struct json_node {
    enum json_token kind; /* OBJECT_BEGIN, ARRAY_BEGIN, STRING, NUMBER, TRUE, FALSE, NULL */
    struct slice text;    /* STRING unescaped, NUMBER as written */
    struct slice key;     /* inside an object */
    struct json_node *first;
    struct json_node *next;
    uint32_t count; /* children */
};

/* False when the text is not JSON (or nested deeper than JSON_DEPTH_MAX). */
bool json_tree_parse(struct arena *a, struct slice text, struct json_node **out);
static inline bool json_node_is_scalar(const struct json_node *n)
{
    return n->kind != JSON_OBJECT_BEGIN && n->kind != JSON_ARRAY_BEGIN;
}
void json_node_print(struct arena *a, const struct json_node *n, struct buf *out);
/* A scalar as text: strings bare, numbers as Java's BigDecimal prints them. */
void json_node_print_scalar(const struct json_node *n, struct buf *out);

/* [lax|strict] $ { .name | .* | ..name | ['name'] | ["name"] | [n] | [*] }; strict when nothing is
 * said. NULL when the path is not understood. */
struct json_path;
const struct json_path *json_path_compile(struct arena *a, struct slice text);
bool json_path_is_lax(const struct json_path *p);
/* What the path leads to; with a wildcard an array of all it leads to. NULL: nothing there. */
const struct json_node *json_path_find(
    struct arena *a, const struct json_path *p, const struct json_node *root);
