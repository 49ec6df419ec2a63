/* ast_create.h - the bodies of CREATE. */
#pragma once
#include "sql/ast.h"
#include "sql/ast_ddl.h"
#include "sql/ast_expr.h"

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
    bool or_replace;
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
    bool or_replace;
    bool temporary;
    bool if_not_exists;
    struct ast_path name;
    struct ast_string comment;
    struct ast_option_list options;
    struct ast_table_schema input;  /* models only */
    struct ast_table_schema output; /* models only */
    struct ast_query *query;        /* CREATE MODEL .. AS query; NULL when absent */
};
