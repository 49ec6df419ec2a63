/* func_pattern.h - the text of one argument pattern or result in a signature, parsed and matched.
 * Private to func/. Plan time only: everything is allocated in the arena of the inference. */
#pragma once
#include "func/func.h"

enum { FUNC_VARIABLES = 3 }; /* T, K, V */

enum pattern_shape {
    PATTERN_KINDS,    /* any type whose kind is in the set */
    PATTERN_TYPE,     /* exactly this type */
    PATTERN_VARIABLE, /* T */
    PATTERN_ARRAY,    /* ARRAY<T> */
    PATTERN_MAP,      /* MAP<K, V> */
    PATTERN_ARGUMENT, /* $1; results only */
    PATTERN_VARYING   /* VARCHAR($1): as long as that argument; results only */
};

struct pattern {
    enum pattern_shape shape;
    struct slice text;
    uint32_t kinds;          /* bit (1 << type_kind) */
    const struct type *type; /* PATTERN_TYPE; KINDS: what other types may be cast to, or NULL */
    bool literal;            /* LITERAL_STRING */
    uint32_t variables[2];   /* VARIABLE, ARRAY: [0]; MAP: key and value */
    uint32_t argument;       /* ARGUMENT, VARYING: 0-based */
};

/* What the variables of one signature stand for: the types seen, then the common one. */
struct bindings {
    const struct type **seen[FUNC_VARIABLES];
    uint32_t seen_count[FUNC_VARIABLES];
    const struct type *common[FUNC_VARIABLES];
};

/* A programmer's mistake in the text aborts. */
struct pattern func__pattern_parse(struct arena *a, struct slice text);
/* Does the argument fit, apart from variables, whose types are noted in `b`? *target is what the
 * argument must be cast to, NULL when a variable decides. With `casts` implicit casts are tried. */
bool func__pattern_match(struct arena *a, const struct pattern *p, const struct func_arg *arg,
    bool casts, struct bindings *b, const struct type **target);
/* False when the types seen for a variable have no common type; without `casts`, also when they
 * are not equal already. */
bool func__pattern_unify(struct arena *a, struct bindings *b, bool casts);
/* The type that a pattern with variables stands for, once they are unified. */
const struct type *func__pattern_type(
    struct arena *a, const struct pattern *p, const struct bindings *b, bool nullable);
