/* ast_ddl.h - what tables are declared with, in CREATE and ALTER. */
#pragma once
#include "sql/ast.h"
#include "sql/ast_expr.h"

/* PARTITION (a = 1, b): a value is NULL where only the name is written. */
struct ast_partition_value {
    struct ast_name name;
    struct ast_expr *value;
};

struct ast_partition_spec {
    struct ast_partition_value *items;
    size_t count;
};

enum ast_column_kind {
    AST_COLUMN_PHYSICAL, /* name type */
    AST_COLUMN_METADATA, /* name type METADATA [FROM 'key'] [VIRTUAL] */
    AST_COLUMN_COMPUTED, /* name AS expr */
};

enum ast_column_place { AST_PLACE_UNSET, AST_PLACE_FIRST, AST_PLACE_AFTER };

struct ast_constraint {
    struct ast_name name; /* text.n == 0 when absent */
    bool unique;          /* UNIQUE rather than PRIMARY KEY */
    bool enforced;        /* NOT ENFORCED is missing: Flink refuses it, and so does the binder */
    struct ast_name_list columns;
    struct text_pos pos;
};

struct ast_column {
    enum ast_column_kind kind;
    struct text_pos pos;
    struct ast_path name;           /* one part; ALTER TABLE may name a field of a row */
    struct ast_type *type;          /* NULL for a computed column */
    struct ast_expr *expr;          /* computed columns only */
    struct ast_string metadata_key; /* FROM '..'; text.p == NULL when absent */
    bool is_virtual;
    struct ast_constraint *constraint; /* column PRIMARY KEY; NULL when absent */
    struct ast_string comment;
    enum ast_column_place place; /* only in ALTER TABLE */
    struct ast_path after;
};

struct ast_watermark {
    struct ast_path column;
    struct ast_expr *expr;
    struct text_pos pos;
};

enum ast_distribution_kind {
    AST_DISTRIBUTION_UNKNOWN, /* DISTRIBUTED BY (..) */
    AST_DISTRIBUTION_HASH,
    AST_DISTRIBUTION_RANGE,
    AST_DISTRIBUTION_NONE, /* DISTRIBUTED INTO n BUCKETS */
};

struct ast_distribution {
    enum ast_distribution_kind kind;
    struct ast_name_list columns;
    int64_t bucket_count; /* -1 when absent */
    struct text_pos pos;
};

/* What stands between the parentheses of CREATE TABLE and ALTER TABLE ADD or MODIFY. */
struct ast_table_schema {
    struct ast_column *columns;
    size_t column_count;
    struct ast_watermark *watermarks; /* the binder refuses more than one */
    size_t watermark_count;
    struct ast_constraint *constraints;
    size_t constraint_count;
};

enum ast_like_strategy { AST_LIKE_INCLUDING, AST_LIKE_EXCLUDING, AST_LIKE_OVERWRITING };

enum ast_like_feature {
    AST_LIKE_ALL,
    AST_LIKE_CONSTRAINTS,
    AST_LIKE_DISTRIBUTION,
    AST_LIKE_GENERATED,
    AST_LIKE_METADATA,
    AST_LIKE_OPTIONS,
    AST_LIKE_PARTITIONS,
    AST_LIKE_WATERMARKS,
};

struct ast_like_option {
    enum ast_like_strategy strategy;
    enum ast_like_feature feature;
};

struct ast_table_like {
    struct ast_path source;
    struct ast_like_option *options;
    size_t option_count;
    struct text_pos pos;
};
