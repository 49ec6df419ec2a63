/* ast_query.h - queries and the tables they read. */
#pragma once
#include "sql/ast.h"
#include "sql/ast_expr.h"
#include "sql/ast_match.h"

/* WITH name [(columns)] AS (query) */
struct ast_cte {
    struct ast_name name;
    struct ast_name_list columns;
    struct ast_query *query;
};

struct ast_select_item {
    struct ast_expr *expr;
    struct ast_name alias; /* text.n == 0 when absent */
};

enum ast_group_kind {
    AST_GROUP_EXPR,          /* exprs: one; a ROW for (a, b); count 0 for () */
    AST_GROUP_ROLLUP,        /* items */
    AST_GROUP_CUBE,          /* items */
    AST_GROUP_GROUPING_SETS, /* items, which may nest ROLLUP, CUBE and GROUPING SETS */
};

/* One element of GROUP BY. A plain one has `exprs`, where (a, b) groups several; the others have
 * `items`. */
struct ast_group_item {
    enum ast_group_kind kind;
    struct text_pos pos;
    struct ast_expr_list exprs;
    bool parenthesized; /* (a, b) or () */
    struct ast_group_item *items;
    size_t item_count;
};

/* WINDOW name AS (..) */
struct ast_named_window {
    struct ast_name name;
    struct ast_window *window;
};

struct ast_select {
    struct ast_hint_list hints;
    enum ast_set_quantifier quantifier;
    struct ast_select_item *items;
    size_t item_count;
    struct ast_table *from; /* NULL when absent */
    struct ast_expr *where; /* NULL when absent, as are the next three */
    bool grouped;           /* GROUP BY was written, even as GROUP BY () */
    enum ast_set_quantifier group_quantifier;
    struct ast_group_item *group_by;
    size_t group_count;
    struct ast_expr *having;
    struct ast_named_window *windows;
    size_t window_count;
    struct ast_expr *qualify;
};

enum ast_set_op { AST_SET_UNION, AST_SET_INTERSECT, AST_SET_EXCEPT };

enum ast_query_kind {
    AST_QUERY_SELECT,
    AST_QUERY_VALUES, /* rows: each a ROW expression or a single value */
    AST_QUERY_SET_OP,
    AST_QUERY_TABLE,  /* TABLE t */
    AST_QUERY_NESTED, /* (query) with clauses of its own around it */
};

/* [WITH ..] body [ORDER BY ..] [LIMIT ..] [OFFSET ..]. The operands of a set operation are queries
 * without those clauses unless they were written in parentheses. */
struct ast_query {
    enum ast_query_kind kind;
    struct text_pos pos;
    bool parenthesized;
    bool recursive; /* WITH RECURSIVE */
    struct ast_cte *ctes;
    size_t cte_count;
    union {
        struct ast_select *select;
        struct ast_expr_list values;
        struct {
            enum ast_set_op op;
            bool all;
            bool minus; /* MINUS was written for EXCEPT */
            struct ast_query *left;
            struct ast_query *right;
        } set;
        struct ast_path table;
        struct ast_query *nested;
    };
    struct ast_order_list order_by;
    struct ast_expr *limit;  /* LIMIT n or FETCH FIRST n ROWS ONLY; NULL when absent or ALL */
    struct ast_expr *offset; /* NULL when absent */
};

enum ast_table_kind {
    AST_TABLE_NAME,     /* a table, view or CTE */
    AST_TABLE_QUERY,    /* [LATERAL] (query) */
    AST_TABLE_FUNCTION, /* [LATERAL] TABLE(f(..)), f(..) or LATERAL f(..) */
    AST_TABLE_UNNEST,   /* UNNEST(..) [WITH ORDINALITY] */
    AST_TABLE_JOIN,
    AST_TABLE_MATCH, /* input MATCH_RECOGNIZE (..) */
    AST_TABLE_GROUP, /* (a JOIN b ..) in parentheses */
};

enum ast_join_kind {
    AST_JOIN_COMMA,
    AST_JOIN_CROSS,
    AST_JOIN_INNER,
    AST_JOIN_LEFT,
    AST_JOIN_RIGHT,
    AST_JOIN_FULL,
};

struct ast_join {
    enum ast_join_kind kind;
    bool natural;
    struct ast_table *left;
    struct ast_table *right;
    struct ast_expr *on;        /* NULL when absent */
    struct ast_name_list using; /* empty when absent */
    struct text_pos pos;        /* of the word JOIN or the comma */
};

/* TABLESAMPLE SYSTEM|BERNOULLI (percent) [REPEATABLE (seed)] */
struct ast_sample {
    bool bernoulli;
    struct ast_expr *percent;
    struct ast_expr *repeatable; /* NULL when absent */
};

struct ast_table {
    enum ast_table_kind kind;
    struct text_pos pos;
    bool lateral;
    bool ordinality;       /* UNNEST WITH ORDINALITY */
    bool wrapped;          /* the function stood in TABLE(..) */
    struct ast_name alias; /* text.n == 0 when absent */
    struct ast_name_list columns;
    struct ast_hint_list hints;
    struct ast_expr *system_time; /* FOR SYSTEM_TIME AS OF; NULL when absent */
    struct ast_sample *sample;    /* NULL when absent */
    union {
        struct ast_path name;
        struct ast_query *query;
        struct ast_expr *call; /* AST_EXPR_CALL */
        struct ast_expr_list unnest;
        struct ast_join join;
        struct ast_match *match;
        struct ast_table *group;
    };
};
