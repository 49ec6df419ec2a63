/* ast_alter.h - the bodies of ALTER. */
#pragma once
#include "sql/ast.h"
#include "sql/ast_create.h"
#include "sql/ast_expr.h"

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
    AST_ALTER_AS,             /* query: ALTER VIEW, ALTER MATERIALIZED TABLE */
    AST_ALTER_COMMENT,        /* comment: ALTER CATALOG */
    AST_ALTER_SUSPEND,        /* materialized tables from here on */
    AST_ALTER_RESUME,         /* options */
    AST_ALTER_REFRESH,        /* partition */
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

/* Everything of ALTER TABLE and more: `table.action` tells. */
struct ast_alter_materialized {
    struct ast_alter_table table;
    struct ast_partition_spec partition;
    struct ast_expr *freshness;
    enum ast_refresh_mode refresh_mode;
    struct ast_query *query;
};
