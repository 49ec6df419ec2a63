/* ast_expr.h - expressions. */
#pragma once
#include "sql/ast.h"
#include "sql/ast_type.h"

enum ast_expr_kind {
    AST_EXPR_LITERAL,    /* 1, 'a', NULL, TRUE, DATE '..', x'00' */
    AST_EXPR_INTERVAL,   /* INTERVAL '1' DAY */
    AST_EXPR_NAME,       /* a, t.a, t.a.field: the binder finds where the column ends */
    AST_EXPR_STAR,       /* *, t.* */
    AST_EXPR_UNARY,      /* -a, NOT a, a IS NULL, a IS JSON */
    AST_EXPR_BINARY,     /* a + b, a AND b, a IS DISTINCT FROM b */
    AST_EXPR_LIKE,       /* a [NOT] LIKE b [ESCAPE c], SIMILAR TO */
    AST_EXPR_BETWEEN,    /* a [NOT] BETWEEN [SYMMETRIC] b AND c */
    AST_EXPR_IN,         /* a [NOT] IN (b, c), IN (query), a = ANY (..) */
    AST_EXPR_CASE,       /* CASE [a] WHEN b THEN c .. [ELSE d] END */
    AST_EXPR_CAST,       /* CAST(a AS type), TRY_CAST */
    AST_EXPR_CALL,       /* f(..) with everything that may follow it, also special syntax */
    AST_EXPR_ROW,        /* ROW(a, b), (a, b) */
    AST_EXPR_ARRAY,      /* ARRAY[a, b], ARRAY(query) */
    AST_EXPR_MAP,        /* MAP[k, v, ..] keys and values alternate; MAP(query) */
    AST_EXPR_MULTISET,   /* MULTISET[a, b], MULTISET(query) */
    AST_EXPR_ITEM,       /* a[b] */
    AST_EXPR_FIELD,      /* (expr).name where expr is not a plain name */
    AST_EXPR_QUERY,      /* (SELECT ..) as a scalar */
    AST_EXPR_EXISTS,     /* EXISTS (query) */
    AST_EXPR_UNIT,       /* HOUR as an argument: EXTRACT, FLOOR TO, TIMESTAMPADD */
    AST_EXPR_SYMBOL,     /* BOTH, LEADING, TRAILING as the first argument of TRIM */
    AST_EXPR_NAMED,      /* name => value as an argument */
    AST_EXPR_TABLE_ARG,  /* TABLE t or (query) [PARTITION BY ..] [ORDER BY ..] as an argument */
    AST_EXPR_MODEL_ARG,  /* MODEL m as an argument */
    AST_EXPR_DESCRIPTOR, /* DESCRIPTOR(a, b) as an argument */
    AST_EXPR_DEFAULT,    /* DEFAULT as an argument or in VALUES */
};

enum ast_literal_kind {
    AST_LITERAL_NULL,
    AST_LITERAL_TRUE,
    AST_LITERAL_FALSE,
    AST_LITERAL_UNKNOWN,
    AST_LITERAL_INTEGER,   /* digits only */
    AST_LITERAL_DECIMAL,   /* 1.5, .5, 2. */
    AST_LITERAL_APPROX,    /* 1E3: DOUBLE */
    AST_LITERAL_STRING,    /* escapes and U& taken off */
    AST_LITERAL_BINARY,    /* x'..': text is the hexadecimal digits, an even number of them */
    AST_LITERAL_DATE,      /* text is what stands in the quotes, unchecked */
    AST_LITERAL_TIME,      /* likewise */
    AST_LITERAL_TIMESTAMP, /* likewise */
};

struct ast_literal {
    enum ast_literal_kind kind;
    struct slice text; /* numbers as written; empty for NULL, TRUE, FALSE, UNKNOWN */
};

/* X(name, SQL text, prefix?) */
#define AST_UNARY_OPS(X)                               \
    X(PLUS, "+", true)                                 \
    X(MINUS, "-", true)                                \
    X(NOT, "NOT", true)                                \
    X(IS_NULL, "IS NULL", false)                       \
    X(IS_NOT_NULL, "IS NOT NULL", false)               \
    X(IS_TRUE, "IS TRUE", false)                       \
    X(IS_NOT_TRUE, "IS NOT TRUE", false)               \
    X(IS_FALSE, "IS FALSE", false)                     \
    X(IS_NOT_FALSE, "IS NOT FALSE", false)             \
    X(IS_UNKNOWN, "IS UNKNOWN", false)                 \
    X(IS_NOT_UNKNOWN, "IS NOT UNKNOWN", false)         \
    X(IS_JSON, "IS JSON VALUE", false)                 \
    X(IS_NOT_JSON, "IS NOT JSON VALUE", false)         \
    X(IS_JSON_OBJECT, "IS JSON OBJECT", false)         \
    X(IS_NOT_JSON_OBJECT, "IS NOT JSON OBJECT", false) \
    X(IS_JSON_ARRAY, "IS JSON ARRAY", false)           \
    X(IS_NOT_JSON_ARRAY, "IS NOT JSON ARRAY", false)   \
    X(IS_JSON_SCALAR, "IS JSON SCALAR", false)         \
    X(IS_NOT_JSON_SCALAR, "IS NOT JSON SCALAR", false) \
    X(IS_SET, "IS A SET", false)                       \
    X(IS_NOT_SET, "IS NOT A SET", false)               \
    X(IS_EMPTY, "IS EMPTY", false)                     \
    X(IS_NOT_EMPTY, "IS NOT EMPTY", false)

enum ast_unary_op {
#define X(name, text, prefix) AST_UNARY_##name,
    AST_UNARY_OPS(X)
#undef X
};

/* X(name, SQL text, precedence) - Calcite's precedences; all associate to the left. */
#define AST_BINARY_OPS(X)                                   \
    X(MULTISET_UNION, "MULTISET UNION", 14)                 \
    X(MULTISET_UNION_ALL, "MULTISET UNION ALL", 14)         \
    X(MULTISET_EXCEPT, "MULTISET EXCEPT", 14)               \
    X(MULTISET_EXCEPT_ALL, "MULTISET EXCEPT ALL", 14)       \
    X(MULTISET_INTERSECT, "MULTISET INTERSECT", 18)         \
    X(MULTISET_INTERSECT_ALL, "MULTISET INTERSECT ALL", 18) \
    X(OR, "OR", 22)                                         \
    X(AND, "AND", 24)                                       \
    X(EQ, "=", 30)                                          \
    X(NE, "<>", 30)                                         \
    X(LT, "<", 30)                                          \
    X(LE, "<=", 30)                                         \
    X(GT, ">", 30)                                          \
    X(GE, ">=", 30)                                         \
    X(MEMBER_OF, "MEMBER OF", 30)                           \
    X(SUBMULTISET_OF, "SUBMULTISET OF", 30)                 \
    X(NOT_SUBMULTISET_OF, "NOT SUBMULTISET OF", 30)         \
    X(OVERLAPS, "OVERLAPS", 30)                             \
    X(CONTAINS, "CONTAINS", 30)                             \
    X(EQUALS, "EQUALS", 30)                                 \
    X(PRECEDES, "PRECEDES", 30)                             \
    X(SUCCEEDS, "SUCCEEDS", 30)                             \
    X(IMMEDIATELY_PRECEDES, "IMMEDIATELY PRECEDES", 30)     \
    X(IMMEDIATELY_SUCCEEDS, "IMMEDIATELY SUCCEEDS", 30)     \
    X(DISTINCT_FROM, "IS DISTINCT FROM", 40)                \
    X(NOT_DISTINCT_FROM, "IS NOT DISTINCT FROM", 40)        \
    X(ADD, "+", 40)                                         \
    X(SUBTRACT, "-", 40)                                    \
    X(CONCAT, "||", 60)                                     \
    X(MULTIPLY, "*", 60)                                    \
    X(DIVIDE, "/", 60)                                      \
    X(MODULO, "%", 60)

enum ast_binary_op {
#define X(name, text, precedence) AST_BINARY_##name,
    AST_BINARY_OPS(X)
#undef X
};

/* Flink parses ILIKE and RLIKE, then finds no such function. */
enum ast_like_kind { AST_LIKE_LIKE, AST_LIKE_ILIKE, AST_LIKE_RLIKE, AST_LIKE_SIMILAR };

enum ast_quantifier { AST_QUANTIFIER_NONE, AST_QUANTIFIER_SOME, AST_QUANTIFIER_ALL };

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
    bool running;                       /* RUNNING or nothing before FIRST, LAST of a pattern */
    bool final;                         /* FINAL before it */
};

struct ast_when {
    struct ast_expr_list when; /* one condition, or values compared with the CASE's operand */
    struct ast_expr *then;
};

struct ast_expr {
    enum ast_expr_kind kind;
    bool parenthesized; /* written inside (); only the printer and error texts care */
    struct text_pos pos;
    union {
        struct ast_literal literal;
        struct {
            bool negative;          /* INTERVAL -'1' DAY */
            struct slice text;      /* inside the quotes; empty when `value` is set */
            struct ast_expr *value; /* INTERVAL (expr) DAY; NULL for a literal */
            struct ast_interval unit;
        } interval;
        struct ast_path name; /* NAME; STAR, where count may be 0; MODEL_ARG */
        struct {
            enum ast_unary_op op;
            struct ast_expr *operand;
        } unary;
        struct {
            enum ast_binary_op op;
            struct ast_expr *left;
            struct ast_expr *right;
            struct text_pos op_pos;
        } binary;
        struct {
            enum ast_like_kind kind;
            bool negated;
            struct ast_expr *value;
            struct ast_expr *pattern;
            struct ast_expr *escape; /* NULL when absent */
        } like;
        struct {
            bool negated;
            bool symmetric;
            struct ast_expr *value;
            struct ast_expr *low;
            struct ast_expr *high;
        } between;
        struct {
            bool negated;
            enum ast_quantifier quantifier; /* NONE is IN */
            enum ast_binary_op op;          /* only with a quantifier */
            struct ast_expr *value;
            struct ast_expr_list list; /* empty when `query` is set */
            struct ast_query *query;
        } in;
        struct {
            struct ast_expr *operand; /* NULL for a searched CASE */
            struct ast_when *whens;
            size_t when_count;
            struct ast_expr *otherwise; /* NULL when there is no ELSE */
        } branch;
        struct {
            bool try_cast;
            struct ast_expr *operand;
            struct ast_type *type;
        } cast;
        struct ast_call call;
        struct {
            struct ast_expr_list items;
            struct ast_query *query; /* ARRAY(query); then items is empty */
            bool keyword;            /* ROW(..) rather than (..) */
        } items;                     /* ROW, ARRAY, MAP, MULTISET */
        struct {
            struct ast_expr *base;
            struct ast_expr *index;
        } item;
        struct {
            struct ast_expr *base;
            struct ast_name name;
        } field;
        struct ast_query *query; /* QUERY, EXISTS */
        enum ast_unit unit;
        struct slice symbol; /* upper case */
        struct {
            struct ast_name name;
            struct ast_expr *value;
        } named;
        struct {
            struct ast_table *table; /* a name with hints, or a query */
            struct ast_expr_list partition_by;
            struct ast_order_list order_by;
            bool partitioned; /* PARTITION BY was written */
        } table_arg;
        struct ast_name_list descriptor;
    };
};
