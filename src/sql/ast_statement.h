/* ast_statement.h - statements. Weir parses more of them than it runs: the binder refuses the
 * others by name. */
#pragma once
#include "sql/ast.h"
#include "sql/ast_alter.h"
#include "sql/ast_command.h"
#include "sql/ast_create.h"
#include "sql/ast_expr.h"
#include "sql/ast_query.h"

/* X(name, SQL text) - the text is how messages call it. */
#define AST_STATEMENTS(X)                                                                      \
    X(QUERY, "SELECT")                                                                         \
    X(INSERT, "INSERT")                                                                        \
    X(UPDATE, "UPDATE")                                                                        \
    X(DELETE, "DELETE")                                                                        \
    X(CREATE_TABLE, "CREATE TABLE")                                                            \
    X(CREATE_VIEW, "CREATE VIEW")                                                              \
    X(CREATE_MATERIALIZED_TABLE, "CREATE MATERIALIZED TABLE")                                  \
    X(CREATE_FUNCTION, "CREATE FUNCTION")                                                      \
    X(CREATE_CATALOG, "CREATE CATALOG")                                                        \
    X(CREATE_DATABASE, "CREATE DATABASE")                                                      \
    X(CREATE_MODEL, "CREATE MODEL")                                                            \
    X(ALTER_TABLE, "ALTER TABLE")                                                              \
    X(ALTER_VIEW, "ALTER VIEW")                                                                \
    X(ALTER_MATERIALIZED_TABLE, "ALTER MATERIALIZED TABLE")                                    \
    X(ALTER_FUNCTION, "ALTER FUNCTION")                                                        \
    X(ALTER_CATALOG, "ALTER CATALOG")                                                          \
    X(ALTER_DATABASE, "ALTER DATABASE")                                                        \
    X(ALTER_MODEL, "ALTER MODEL")                                                              \
    X(DROP, "DROP")                                                                            \
    X(EXPLAIN, "EXPLAIN")                                                                      \
    X(BEGIN_STATEMENT_SET, "BEGIN STATEMENT SET")                                              \
    X(END, "END")                                                                              \
    X(STATEMENT_SET, "STATEMENT SET") /* the block with its INSERTs, under EXECUTE, EXPLAIN */ \
    X(EXECUTE, "EXECUTE")             /* EXECUTE STATEMENT SET .., EXECUTE INSERT .. */        \
    X(COMPILE_PLAN, "COMPILE PLAN")                                                            \
    X(EXECUTE_PLAN, "EXECUTE PLAN")                                                            \
    X(COMPILE_AND_EXECUTE_PLAN, "COMPILE AND EXECUTE PLAN")                                    \
    X(SET, "SET")                                                                              \
    X(RESET, "RESET")                                                                          \
    X(USE, "USE")                                                                              \
    X(SHOW, "SHOW")                                                                            \
    X(DESCRIBE, "DESCRIBE")                                                                    \
    X(LOAD_MODULE, "LOAD MODULE")                                                              \
    X(UNLOAD_MODULE, "UNLOAD MODULE")                                                          \
    X(ADD_JAR, "ADD JAR")                                                                      \
    X(REMOVE_JAR, "REMOVE JAR")                                                                \
    X(ANALYZE_TABLE, "ANALYZE TABLE")                                                          \
    X(TRUNCATE_TABLE, "TRUNCATE TABLE")                                                        \
    X(STOP_JOB, "STOP JOB")                                                                    \
    X(CALL, "CALL")                                                                            \
    X(CLIENT, "client command") /* QUIT, EXIT, CLEAR, HELP, SOURCE */

enum ast_statement_kind {
#define X(name, text) AST_STATEMENT_##name,
    AST_STATEMENTS(X)
#undef X
};

enum ast_conflict {
    AST_CONFLICT_UNSET,
    AST_CONFLICT_ERROR,
    AST_CONFLICT_NOTHING,
    AST_CONFLICT_DEDUPLICATE
};

struct ast_insert {
    bool overwrite;
    struct ast_path target;
    struct ast_hint_list hints;
    struct ast_partition_spec partition;
    struct ast_path_list
        columns; /* empty when absent; a part of a row is a path of several parts */
    struct ast_query *query;
    enum ast_conflict conflict;
};

struct ast_assignment {
    struct ast_name column;
    struct ast_expr *value;
};

struct ast_update {
    struct ast_path target;
    struct ast_hint_list hints;
    struct ast_name alias;
    struct ast_assignment *assignments;
    size_t assignment_count;
    struct ast_expr *where; /* NULL when absent */
};

struct ast_delete {
    struct ast_path target;
    struct ast_hint_list hints;
    struct ast_name alias;
    struct ast_expr *where; /* NULL when absent */
};

/* X(name, SQL text) - what EXPLAIN can be asked for beside the plan. */
#define AST_EXPLAIN_DETAILS(X)          \
    X(ESTIMATED_COST, "ESTIMATED_COST") \
    X(CHANGELOG_MODE, "CHANGELOG_MODE") \
    X(PLAN_ADVICE, "PLAN_ADVICE")       \
    X(JSON_EXECUTION_PLAN, "JSON_EXECUTION_PLAN")

enum ast_explain_detail {
#define X(name, text) AST_EXPLAIN_##name,
    AST_EXPLAIN_DETAILS(X)
#undef X
};

struct ast_explain {
    bool plan_for;
    uint32_t details; /* bit (1 << AST_EXPLAIN_x) for each detail */
    struct ast_statement *statement;
};

/* COMPILE PLAN 'file' [IF NOT EXISTS] FOR statement; EXECUTE PLAN 'file' */
struct ast_plan {
    struct ast_string file;
    bool if_not_exists;
    struct ast_statement *statement; /* NULL for EXECUTE PLAN */
};

struct ast_statement_list {
    struct ast_statement **items;
    size_t count;
};

struct ast_statement {
    enum ast_statement_kind kind;
    struct text_pos pos; /* without the semicolon and the comments around it */
    union {
        struct ast_query *query;
        struct ast_insert insert;
        struct ast_update update;
        struct ast_delete delete;
        struct ast_create_table create_table;
        struct ast_create_view create_view;
        struct ast_create_materialized create_materialized;
        struct ast_create_function create_function; /* also ALTER FUNCTION */
        struct ast_create_object create_object;     /* CATALOG, DATABASE, MODEL */
        struct ast_alter_table alter_table;
        struct ast_alter_object alter_object; /* VIEW, CATALOG, DATABASE, MODEL */
        struct ast_alter_materialized alter_materialized;
        struct ast_drop drop;
        struct ast_explain explain;
        struct ast_statement_list set;  /* STATEMENT_SET: INSERTs only */
        struct ast_statement *executed; /* EXECUTE: STATEMENT_SET, INSERT or QUERY */
        struct ast_plan plan;
        struct ast_option option; /* SET: key.text.p == NULL lists; RESET: only key, or none */
        struct ast_use use;
        struct ast_show show;
        struct ast_describe describe;
        struct ast_module module;
        struct ast_string jar; /* ADD JAR, REMOVE JAR */
        struct ast_analyze analyze;
        struct ast_path truncate;
        struct ast_stop_job stop_job;
        struct ast_expr *call; /* AST_EXPR_CALL */
        struct ast_client client;
    };
};

const char *ast_statement_name(enum ast_statement_kind kind); /* "CREATE TABLE" */
