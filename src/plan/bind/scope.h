/* scope.h - which names an expression may use, and how expressions are bound in it. */
#pragma once
#include "plan/bind/bind.h"

/* One table of a FROM clause: columns first .. first + count - 1 of the scope's schema. */
struct scope_relation {
    struct slice parts[3]; /* alias alone, or the table's path as it was written */
    uint32_t part_count;   /* 0: without a name */
    uint32_t first, count;
};

struct scope {
    const struct schema *schema;
    struct scope_relation *relations;
    uint32_t relation_count;
};

enum { SCOPE_AGGREGATES_MAX = 1000 };

/* An aggregate call found in a SELECT list or HAVING: column scope.schema->count + its index
 * stands for it until bind_group puts the Aggregate node in place. */
struct scope_aggregate {
    struct agg_call call;
    const struct expr **args;
    const struct expr *filter; /* NULL: none */
    bool distinct;
    struct text_pos pos;
};

struct scope_aggregates {
    struct scope_aggregate *items;
    uint32_t count, capacity;
};

struct scope_context {
    struct bind *bind;
    const struct scope *scope;
    struct scope_aggregates *aggregates; /* NULL: aggregate calls are illegal here */
    const char *illegal; /* then the message: "Aggregate expression is illegal in WHERE clause" */
    bool grouped_by_nothing; /* no GROUP BY keys: aggregates see no row before the first */
    bool unknown_identifier; /* DDL: Flink says "Unknown identifier 'x'" for a missing column */
};

/* Finds a.b.c: a relation's column and fields below it. */
MUST_USE struct err *scope_find(
    struct scope_context *c, const struct ast_path *path, const struct expr **out);
/* Columns of * and t.* and r.* (fields of a row), with their names. */
struct scope_star {
    const struct expr **exprs;
    struct slice *names;
    uint32_t count;
};
MUST_USE struct err *scope_star(struct scope_context *c, const struct ast_path *path,
    struct text_pos pos, struct scope_star *out);

/* The bound expression. NULL as a literal without a type is refused ("Illegal use of 'NULL'"). */
MUST_USE struct err *bind_expr(
    struct scope_context *c, const struct ast_expr *ast, const struct expr **out);
/* NULL literals come out with TYPE_NULL. */
MUST_USE struct err *bind_expr_or_null(
    struct scope_context *c, const struct ast_expr *ast, const struct expr **out);
/* Must be BOOLEAN; `what` begins the message: "WHERE clause". */
MUST_USE struct err *bind_condition(
    struct scope_context *c, const struct ast_expr *ast, const char *what, const struct expr **out);
/* A call of the function of that name (operators too), arguments bound; not for aggregates. */
MUST_USE struct err *bind_function(struct scope_context *c, const char *name,
    const struct expr *const *args, uint32_t count, struct text_pos pos, const struct expr **out);

/* ---- by kind of expression; called by bind_expr only */
MUST_USE struct err *bind_literal(
    struct bind *b, const struct ast_expr *ast, const struct expr **out);
MUST_USE struct err *bind_interval(
    struct bind *b, const struct ast_expr *ast, const struct expr **out);
MUST_USE struct err *bind_call(
    struct scope_context *c, const struct ast_expr *ast, const struct expr **out);
MUST_USE struct err *bind_json(
    struct scope_context *c, const struct ast_expr *ast, const struct expr **out);
MUST_USE struct err *bind_case(
    struct scope_context *c, const struct ast_expr *ast, const struct expr **out);
/* COALESCE, IFNULL and friends over bound arguments. */
MUST_USE struct err *bind_coalesce(struct scope_context *c, const struct expr **args,
    uint32_t count, struct text_pos pos, const struct expr **out);
MUST_USE struct err *bind_if(struct scope_context *c, const struct expr *condition,
    const struct expr *then, const struct expr *otherwise, struct text_pos pos,
    const struct expr **out);
MUST_USE struct err *bind_in(
    struct scope_context *c, const struct ast_expr *ast, const struct expr **out);
MUST_USE struct err *bind_aggregate(struct scope_context *c, const struct ast_expr *ast,
    const struct agg_def *def, const struct expr **out);
/* Its two halves: arguments and FILTER of a call; the call itself, of which `args`, `filter` and
 * `call.def` are set. The arguments are an array of their own: casts are written to it. */
MUST_USE struct err *bind_aggregate_args(
    struct scope_context *c, const struct ast_call *call, struct scope_aggregate *agg);
MUST_USE struct err *bind_aggregate_call(
    struct scope_context *c, const struct scope_aggregate *call, const struct expr **out);
/* STDDEV and the like, made of SUM and COUNT; *out is NULL when the call is none of them. */
MUST_USE struct err *bind_variance(
    struct scope_context *c, const struct ast_expr *ast, const struct expr **out);

/* ---- clauses of a SELECT */

/* A relation with the names its columns can be called by. */
struct bind_relation {
    const struct logic *logic;
    struct scope scope;
};
MUST_USE struct err *bind_from(
    struct bind *b, const struct ast_table *table, struct bind_relation *out);
MUST_USE struct err *bind_window_function(
    struct bind *b, const struct ast_table *table, const struct logic **out);
MUST_USE struct err *bind_select(
    struct bind *b, const struct ast_select *s, struct text_pos pos, const struct logic **out);
MUST_USE struct err *bind_values(
    struct bind *b, const struct ast_query *q, const struct logic **out);
/* GROUP BY, HAVING and the SELECT list over it. `exprs` and `having` were bound with aggregates'
 * place holders; they come back over the Aggregate node's columns. */
struct bind_group {
    struct scope_context *context;
    const struct ast_select *select;
    const struct logic *input;
    const struct expr **exprs;
    struct slice *names;
    uint32_t count;
    const struct expr *having; /* NULL: none */
};
MUST_USE struct err *bind_group(struct bind_group *g, const struct logic **out);
/* SELECT DISTINCT: an Aggregate of all columns without calls. */
const struct logic *bind_distinct(struct bind *b, const struct logic *input);
/* Two relations of the same columns, cast to their common types. */
MUST_USE struct err *bind_union(
    struct bind *b, const struct ast_query *q, const struct logic **out);

/* A projection, or the input itself where it would change neither columns nor names. */
const struct logic *bind_project(struct bind *b, const struct logic *input,
    const struct expr *const *exprs, const struct slice *names, uint32_t count,
    struct text_pos pos);
/* Copies text out of the script. */
static inline struct slice bind_copy(struct bind *b, struct slice s)
{
    return slice_copy(b->arena, s);
}
struct expr *bind_literal_value(
    struct bind *b, const struct type *type, struct value value, struct text_pos pos);
bool bind_is_null(const struct expr *e); /* the literal NULL without a type */
/* A NULL of another's type; e itself when it is not the literal NULL. */
const struct expr *bind_typed_null(struct bind *b, const struct expr *e, const struct type *type);
/* Drops the time attribute: what any function makes of a rowtime is an ordinary timestamp. */
const struct type *bind_plain(struct bind *b, const struct type *t);
/* "Incorrect ..." helper: refuses a construct by name. */
struct err *bind_unsupported(struct bind *b, struct text_pos pos, const char *what);
/* Counts nesting against BIND_DEPTH_MAX. */
MUST_USE struct err *bind_enter(struct bind *b, struct text_pos pos);
static inline void bind_leave(struct bind *b)
{
    b->depth--;
}
