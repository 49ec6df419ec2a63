/* ast_match.h - MATCH_RECOGNIZE. */
#pragma once
#include "sql/ast.h"
#include "sql/ast_expr.h"

enum ast_pattern_kind {
    AST_PATTERN_VARIABLE, /* name */
    AST_PATTERN_CONCAT,   /* items in order */
    AST_PATTERN_ALTERNATE,
    AST_PATTERN_PERMUTE,
    AST_PATTERN_EXCLUDE, /* {- items[0] -} */
};

/* Quantifiers: A is {1,1}, A* is {0,-1}, A+ {1,-1}, A? {0,1}, A{n} {n,n}. */
struct ast_pattern {
    enum ast_pattern_kind kind;
    struct text_pos pos;
    struct ast_name name;
    struct ast_pattern **items;
    size_t item_count;
    int32_t min;
    int32_t max; /* -1 without a bound */
    bool quantified;
    bool reluctant;
};

enum ast_skip_kind {
    AST_SKIP_UNSET,
    AST_SKIP_TO_NEXT_ROW,
    AST_SKIP_PAST_LAST_ROW,
    AST_SKIP_TO_FIRST, /* skip_to */
    AST_SKIP_TO_LAST,  /* skip_to */
};

enum ast_rows_per_match { AST_ROWS_UNSET, AST_ROWS_ONE, AST_ROWS_ALL };

struct ast_measure {
    struct ast_expr *expr;
    struct ast_name alias;
};

struct ast_define {
    struct ast_name name;
    struct ast_expr *condition;
};

struct ast_subset {
    struct ast_name name;
    struct ast_name_list members;
};

struct ast_match {
    struct ast_table *input;
    struct ast_expr_list partition_by;
    struct ast_order_list order_by;
    struct ast_measure *measures;
    size_t measure_count;
    enum ast_rows_per_match rows;
    enum ast_skip_kind skip;
    struct ast_name skip_to;
    bool anchored_start; /* ^ before the pattern */
    bool anchored_end;   /* $ after it */
    struct ast_pattern *pattern;
    struct ast_expr *within; /* an interval; NULL when absent */
    struct ast_subset *subsets;
    size_t subset_count;
    struct ast_define *defines;
    size_t define_count;
};
