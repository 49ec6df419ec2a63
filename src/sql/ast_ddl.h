/* ast_ddl.h - the bodies of CREATE and ALTER. */
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

struct ast_create_table {
    bool or_replace;
    bool temporary;
    bool if_not_exists;
    bool has_schema;              /* a list in parentheses was written */
    struct ast_name_list columns; /* CTAS with bare names: (a, b) AS SELECT; schema is then empty */
    struct ast_path name;
    struct ast_table_schema schema;
    struct ast_string comment;
    struct ast_distribution *distribution; /* NULL when absent */
    struct ast_name_list partitioned_by;
    struct ast_option_list options;
    struct ast_table_like *like; /* NULL when absent */
    struct ast_query *query;     /* AS query; NULL when absent */
};

struct ast_create_view {
    bool or_alter; /* unused by Flink 2.3, kept false */
    bool temporary;
    bool if_not_exists;
    struct ast_path name;
    struct ast_name_list columns;
    struct ast_string comment;
    struct ast_query *query;
};

enum ast_refresh_mode { AST_REFRESH_UNSET, AST_REFRESH_CONTINUOUS, AST_REFRESH_FULL };

struct ast_create_materialized {
    bool or_alter;
    bool if_not_exists;
    struct ast_path name;
    bool has_schema;
    struct ast_name_list columns;
    struct ast_table_schema schema;
    struct ast_string comment;
    struct ast_distribution *distribution;
    struct ast_name_list partitioned_by;
    struct ast_option_list options;
    struct ast_expr *freshness; /* an interval; NULL when absent */
    enum ast_refresh_mode refresh_mode;
    struct ast_query *query;
};

/* CREATE FUNCTION f AS 'class' [LANGUAGE l] [USING JAR '..', ..] [WITH (..)] */
struct ast_create_function {
    bool or_replace;
    bool temporary;
    bool system;
    bool if_exists; /* IF NOT EXISTS when created, IF EXISTS when altered */
    struct ast_path name;
    struct ast_string class_name;
    struct ast_name language; /* text.n == 0 when absent */
    struct ast_string_list jars;
    bool artifacts; /* USING ARTIFACT rather than JAR */
    struct ast_option_list options;
};

/* CREATE CATALOG, DATABASE, MODEL */
struct ast_create_object {
    bool temporary;
    bool if_not_exists;
    struct ast_path name;
    struct ast_string comment;
    struct ast_option_list options;
    struct ast_table_schema input;  /* models only */
    struct ast_table_schema output; /* models only */
    struct ast_query *query;        /* CREATE MODEL .. AS query; NULL when absent */
};

enum ast_alter_action {
    AST_ALTER_RENAME,        /* target */
    AST_ALTER_RENAME_COLUMN, /* column, target */
    AST_ALTER_SET,           /* options */
    AST_ALTER_RESET,         /* keys */
    AST_ALTER_ADD,           /* schema, distribution */
    AST_ALTER_MODIFY,        /* schema, distribution */
    AST_ALTER_DROP_COLUMN,   /* columns */
    AST_ALTER_DROP_PRIMARY_KEY,
    AST_ALTER_DROP_CONSTRAINT, /* column is its name */
    AST_ALTER_DROP_WATERMARK,
    AST_ALTER_DROP_DISTRIBUTION,
    AST_ALTER_ADD_PARTITION,  /* partitions, if_not_exists_partition */
    AST_ALTER_DROP_PARTITION, /* partitions, if_exists_partition */
    AST_ALTER_COMPACT,
    AST_ALTER_AS,      /* query: ALTER VIEW, ALTER MATERIALIZED TABLE */
    AST_ALTER_COMMENT, /* comment: ALTER CATALOG */
    AST_ALTER_SUSPEND, /* materialized tables from here on */
    AST_ALTER_RESUME,  /* options */
    AST_ALTER_REFRESH, /* partition */
    AST_ALTER_SET_FRESHNESS,
    AST_ALTER_SET_REFRESH_MODE,
};

struct ast_partition_add {
    struct ast_partition_spec spec;
    struct ast_option_list options;
};

struct ast_alter_table {
    enum ast_alter_action action;
    bool if_exists;
    bool parenthesized; /* ADD (..), DROP (..) */
    struct ast_path name;
    struct ast_path target; /* new name of the table or the column */
    struct ast_path column;
    struct ast_path_list columns;
    struct ast_option_list options;
    struct ast_string_list keys;
    struct ast_table_schema schema;
    struct ast_distribution *distribution;
    bool partition_exists; /* IF NOT EXISTS of ADD PARTITION, IF EXISTS of DROP PARTITION */
    struct ast_partition_add *partitions;
    size_t partition_count;
};

/* ALTER VIEW, CATALOG, DATABASE, MODEL */
struct ast_alter_object {
    enum ast_alter_action action;
    bool if_exists;
    struct ast_path name;
    struct ast_path target;
    struct ast_option_list options;
    struct ast_string_list keys;
    struct ast_string comment;
    struct ast_query *query;
};

struct ast_alter_materialized {
    enum ast_alter_action action;
    struct ast_path name;
    struct ast_option_list options;
    struct ast_partition_spec partition;
    struct ast_expr *freshness;
    enum ast_refresh_mode refresh_mode;
    struct ast_query *query;
};
