/* ast_call.h - what may stand in and after a call: order, windows, JSON clauses. */
#pragma once
#include "sql/ast.h"
#include "sql/ast_type.h"

enum ast_null_order { AST_NULLS_DEFAULT, AST_NULLS_FIRST, AST_NULLS_LAST };

struct ast_order_item {
    struct ast_expr *expr;
    bool descending;
    enum ast_null_order nulls;
};

struct ast_order_list {
    struct ast_order_item *items;
    size_t count;
};

enum ast_bound_kind {
    AST_BOUND_UNBOUNDED_PRECEDING,
    AST_BOUND_PRECEDING, /* value */
    AST_BOUND_CURRENT_ROW,
    AST_BOUND_FOLLOWING, /* value */
    AST_BOUND_UNBOUNDED_FOLLOWING,
};

struct ast_bound {
    enum ast_bound_kind kind;
    struct ast_expr *value; /* NULL unless PRECEDING or FOLLOWING */
    struct text_pos pos;
};

enum ast_frame_kind { AST_FRAME_NONE, AST_FRAME_ROWS, AST_FRAME_RANGE };

/* OVER w or OVER ([w] [PARTITION BY ..] [ORDER BY ..] [ROWS|RANGE ..]) */
struct ast_window {
    struct text_pos pos;
    struct ast_name name; /* text.n == 0 when it refers to no other window */
    bool reference;       /* OVER w: the name is all there is */
    struct ast_expr_list partition_by;
    struct ast_order_list order_by;
    enum ast_frame_kind frame;
    bool frame_between; /* false: only `start` was written, `end` is CURRENT ROW */
    struct ast_bound start;
    struct ast_bound end;
    bool disallow_partial;
};

enum ast_json_behavior_kind {
    AST_JSON_UNSET,
    AST_JSON_ERROR,
    AST_JSON_NULL,
    AST_JSON_DEFAULT, /* value */
    AST_JSON_EMPTY_ARRAY,
    AST_JSON_EMPTY_OBJECT,
    AST_JSON_TRUE,
    AST_JSON_FALSE,
    AST_JSON_UNKNOWN,
};

struct ast_json_behavior {
    enum ast_json_behavior_kind kind;
    struct ast_expr *value;
};

enum ast_json_wrapper {
    AST_JSON_WRAPPER_UNSET,
    AST_JSON_WRAPPER_WITHOUT,
    AST_JSON_WRAPPER_CONDITIONAL,
    AST_JSON_WRAPPER_UNCONDITIONAL, /* WITH [UNCONDITIONAL] */
};

enum ast_json_nulls { AST_JSON_NULLS_UNSET, AST_JSON_NULL_ON_NULL, AST_JSON_ABSENT_ON_NULL };

/* Clauses of JSON_EXISTS, _VALUE, _QUERY (arguments: input, path), JSON_OBJECT and JSON_OBJECTAGG
 * (arguments: key, value, key, value ..), JSON_ARRAY and JSON_ARRAYAGG (arguments: values). */
struct ast_json {
    struct ast_type *returning; /* NULL when absent */
    enum ast_json_wrapper wrapper;
    enum ast_json_nulls nulls;
    struct ast_json_behavior on_empty;
    struct ast_json_behavior on_error;
};

/* How a call was written, where that is not f(a, b). Arguments are in the order of the plain call:
 * EXTRACT(unit, a), TRIM(symbol, characters, a), POSITION(a, b[, from]), SUBSTRING(a, from[, for]),
 * OVERLAY(a, b, from[, for]), FLOOR and CEIL (a, unit), TRANSLATE and CONVERT (a, name). */
enum ast_call_form {
    AST_CALL_PLAIN,
    AST_CALL_NILADIC, /* CURRENT_DATE without parentheses */
    AST_CALL_EXTRACT,
    AST_CALL_TRIM,
    AST_CALL_POSITION,
    AST_CALL_SUBSTRING,
    AST_CALL_OVERLAY,
    AST_CALL_ROUND_TO, /* FLOOR(a TO unit), CEIL(a TO unit) */
    AST_CALL_USING,    /* TRANSLATE(a USING name), CONVERT(a USING name) */
    AST_CALL_JSON,     /* `json` is set */
};

enum ast_set_quantifier { AST_SET_UNSET, AST_SET_ALL, AST_SET_DISTINCT };

enum ast_null_treatment { AST_NULLS_UNSET, AST_NULLS_RESPECT, AST_NULLS_IGNORE };

struct ast_call {
    struct ast_path name;
    enum ast_call_form form;
    enum ast_set_quantifier quantifier;
    bool star; /* COUNT(*): no arguments */
    enum ast_null_treatment nulls;
    struct ast_expr_list args;
    struct ast_order_list order_by;     /* f(a ORDER BY b) */
    struct ast_order_list within_group; /* WITHIN GROUP (ORDER BY b) */
    struct ast_expr *filter;            /* FILTER (WHERE ..); NULL when absent */
    struct ast_window *over;            /* NULL when absent */
    const struct ast_json *json;        /* NULL unless form is AST_CALL_JSON */
    bool running;                       /* RUNNING before FIRST or LAST in a pattern */
    bool final;                         /* FINAL before them */
};
