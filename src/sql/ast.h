/* ast.h - what a statement says, before names and types are looked up: pieces used everywhere.
 *
 * The whole tree lives in the arena given to the parser and points into the script's text, so both
 * must outlive it. It is plain data: never changed after parsing, free to be shared by threads.
 * Lists are arrays with a count; an empty list is {NULL, 0}; an absent clause is a NULL pointer.
 * Every node's `pos` spans all its text, so ast_source() gives back what the user wrote. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct ast_expr;
struct ast_query;
struct ast_statement;
struct ast_table;
struct ast_type;

/* One identifier with quotes and escapes taken off. Unquoted ones keep their case. */
struct ast_name {
    struct slice text;
    struct text_pos pos;
    bool quoted; /* written in backticks */
};

struct ast_name_list {
    struct ast_name *items;
    size_t count;
};

/* catalog.database.table or table.column.field: always at least one part. */
struct ast_path {
    struct ast_name *parts;
    size_t count;
    struct text_pos pos;
};

struct ast_path_list {
    struct ast_path *items;
    size_t count;
};

struct ast_expr_list {
    struct ast_expr **items;
    size_t count;
};

/* A 'string' with its escapes taken off; text.p == NULL where an optional one is absent. */
struct ast_string {
    struct slice text;
    struct text_pos pos;
};

struct ast_string_list {
    struct ast_string *items;
    size_t count;
};

/* 'key' = 'value' of WITH, SET and hints. Order and duplicates are kept: the binder judges. */
struct ast_option {
    struct ast_string key;
    struct ast_string value;
    struct text_pos pos;
};

struct ast_option_list {
    struct ast_option *items;
    size_t count;
};

/* One hint of a comment such as SELECT / FROM t with OPTIONS('k'='v'), STATE_TTL('t'='1d'),
 * LOOKUP(..), BROADCAST(t1, t2), NEST_LOOP. At most one of the lists is used. */
struct ast_hint {
    struct ast_name name;
    struct ast_option_list options; /* key='value'; an unquoted key is kept as its text */
    struct ast_string_list values;  /* names, 'strings' or numbers, as text */
    struct text_pos pos;
};

struct ast_hint_list {
    struct ast_hint *items;
    size_t count;
};

/* The text the user wrote for a node of a script. */
static inline struct slice ast_source(struct slice script, struct text_pos pos)
{
    return (struct slice){script.p + pos.offset, pos.size_bytes};
}

/* Equal ignoring case, for the names of hints and arguments: columns and tables mind it. */
static inline bool ast_name_is(const struct ast_name *name, const char *word)
{
    return slice_eq_nocase(name->text, slice_of(word));
}
