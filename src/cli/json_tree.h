/* json_tree.h - a small JSON document as a tree, for commands that look into answers. */
#pragma once
#include "base/json.h"

struct json_tree {
    enum json_token kind;    /* OBJECT_BEGIN, ARRAY_BEGIN, STRING, NUMBER, TRUE, FALSE, NULL */
    struct slice key;        /* in an object */
    struct slice text;       /* STRING: unescaped; NUMBER: as written */
    struct json_tree *first; /* member or element; NULL: none */
    struct json_tree *next;  /* of the same parent */
};

/* Everything is in `a`; strings may borrow `text`. ERR_SYNTAX. */
MUST_USE struct err *json_tree_read(struct arena *a, struct slice text, struct json_tree **out);

/* The rest allow NULL, and members that are not there: NULL, "" or 0. */
const struct json_tree *json_tree_get(const struct json_tree *t, const char *key);
const char *json_tree_text(struct arena *a, const struct json_tree *t, const char *key);
int64_t json_tree_i64(const struct json_tree *t, const char *key);
double json_tree_double(const struct json_tree *t, const char *key);
