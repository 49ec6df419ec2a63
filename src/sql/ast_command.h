/* ast_command.h - statements about the session and the catalog. */
#pragma once
#include "sql/ast.h"
#include "sql/ast_ddl.h"

enum ast_use_kind { AST_USE_DATABASE, AST_USE_CATALOG, AST_USE_MODULES };

struct ast_use {
    enum ast_use_kind kind;
    struct ast_path path;         /* database or catalog */
    struct ast_name_list modules; /* only for USE MODULES */
};

/* X(name, SQL text after SHOW) */
#define AST_SHOWS(X)                                          \
    X(CATALOGS, "CATALOGS")                                   \
    X(CURRENT_CATALOG, "CURRENT CATALOG")                     \
    X(CURRENT_DATABASE, "CURRENT DATABASE")                   \
    X(DATABASES, "DATABASES")                                 \
    X(TABLES, "TABLES")                                       \
    X(VIEWS, "VIEWS")                                         \
    X(MATERIALIZED_TABLES, "MATERIALIZED TABLES")             \
    X(COLUMNS, "COLUMNS")                                     \
    X(FUNCTIONS, "FUNCTIONS")                                 \
    X(USER_FUNCTIONS, "USER FUNCTIONS")                       \
    X(PROCEDURES, "PROCEDURES")                               \
    X(MODELS, "MODELS")                                       \
    X(MODULES, "MODULES")                                     \
    X(FULL_MODULES, "FULL MODULES")                           \
    X(PARTITIONS, "PARTITIONS")                               \
    X(JARS, "JARS")                                           \
    X(JOBS, "JOBS")                                           \
    X(CREATE_TABLE, "CREATE TABLE")                           \
    X(CREATE_VIEW, "CREATE VIEW")                             \
    X(CREATE_MATERIALIZED_TABLE, "CREATE MATERIALIZED TABLE") \
    X(CREATE_CATALOG, "CREATE CATALOG")                       \
    X(CREATE_MODEL, "CREATE MODEL")

enum ast_show_kind {
#define X(name, text) AST_SHOW_##name,
    AST_SHOWS(X)
#undef X
};

struct ast_show {
    enum ast_show_kind kind;
    struct ast_path path; /* after FROM, IN or the object shown; count 0 when absent */
    bool in;              /* IN was written for FROM */
    bool not_like;
    bool ilike;
    struct ast_string like; /* text.p == NULL when absent */
    struct ast_partition_spec partition;
};

enum ast_object_kind {
    AST_OBJECT_TABLE,
    AST_OBJECT_VIEW,
    AST_OBJECT_MATERIALIZED_TABLE,
    AST_OBJECT_FUNCTION,
    AST_OBJECT_CATALOG,
    AST_OBJECT_DATABASE,
    AST_OBJECT_MODEL,
    AST_OBJECT_JOB, /* only DESCRIBE JOB 'id' */
};

struct ast_describe {
    enum ast_object_kind kind; /* TABLE also stands for views */
    bool extended;
    struct ast_path path;
    struct ast_string job;
};

struct ast_drop {
    enum ast_object_kind kind;
    bool temporary;
    bool system; /* functions only */
    bool if_exists;
    bool cascade; /* databases only; false is RESTRICT */
    struct ast_path path;
};

struct ast_module {
    struct ast_name name;
    struct ast_option_list options; /* LOAD MODULE only */
};

struct ast_analyze {
    struct ast_path path;
    struct ast_partition_spec partition;
    bool all_columns;
    struct ast_name_list columns;
};

struct ast_stop_job {
    struct ast_string id;
    bool with_savepoint;
    bool with_drain;
};

enum ast_client_kind { AST_CLIENT_QUIT, AST_CLIENT_CLEAR, AST_CLIENT_HELP, AST_CLIENT_SOURCE };

struct ast_client {
    enum ast_client_kind kind;
    struct ast_string file; /* SOURCE only */
};
