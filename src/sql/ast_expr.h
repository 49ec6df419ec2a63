/* ast_expr.h - expressions. */
#pragma once
#include "sql/ast.h"
#include "sql/ast_call.h"
#include "sql/ast_op.h"
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
