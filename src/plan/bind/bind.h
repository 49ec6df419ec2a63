/* bind.h - from syntax trees to the logical plan: names are found in the catalog and in scopes,
 * types are inferred, casts are made explicit, what Weir does not run is refused by name.
 *
 * What is bound lives in the bind's arena and borrows nothing from the script or the catalog. */
#pragma once
#include "catalog/catalog.h"
#include "plan/logic/logic.h"
#include "sql/ast_query.h"
#include "sql/ast_statement.h"

struct config;
struct env;

enum { BIND_VIEW_DEPTH_MAX = 32, BIND_DEPTH_MAX = 400, BIND_TABLES_MAX = 1000 };

/* A WITH query in force; innermost first. */
struct bind_cte {
    struct slice name;
    const struct logic *query;
    const struct bind_cte *outer;
};

struct bind {
    struct arena *arena;
    const struct catalog *catalog;
    const struct config *config;
    const struct time_zone *zone; /* table.local-time-zone */
    struct env *env;
    void *harness;                 /* weir test, handed to connectors */
    bool test_mode;                /* test-only connectors may be used */
    const char *replace_connector; /* weir test's `script`; NULL: none */
    uint64_t script;               /* hash of the script at hand; see catalog_table.script */

    /* Inside a view or a computed column the trees are not of this script: everything stands where
     * the table was named. line 0: positions are the trees' own. */
    struct text_pos at;
    bool inserts; /* sources get their late.table and errors.table */
    uint32_t view_depth;
    uint32_t depth;  /* of nested queries and expressions */
    uint32_t tables; /* references to tables so far */
    const struct bind_cte *ctes;
};

static inline struct text_pos bind_pos(const struct bind *b, struct text_pos pos)
{
    return b->at.line ? b->at : pos;
}

/* ---- queries and statements */

MUST_USE struct err *bind_query(
    struct bind *b, const struct ast_query *q, const struct logic **out);
/* A SELECT at the top: bind_query under a sink that collects. */
MUST_USE struct err *bind_select_sink(
    struct bind *b, const struct ast_query *q, const struct logic **out);
MUST_USE struct err *bind_insert(
    struct bind *b, const struct ast_insert *insert, const struct logic **out);

/* ---- DDL: checks everything and builds what catalog_add takes. */

MUST_USE struct err *bind_create_table(
    struct bind *b, const struct ast_create_table *create, struct catalog_table **out);
MUST_USE struct err *bind_create_view(struct bind *b, struct slice script,
    const struct ast_create_view *create, struct catalog_table **out);

/* ---- pieces */

/* Every type and every expression passes it: deeper types would reach assertions. */
MUST_USE struct err *bind_check_depth(struct bind *b, const struct type *t, struct text_pos pos);
MUST_USE struct err *bind_type(
    struct bind *b, const struct ast_type *type, const struct type **out);

/* The table that rows are written to, by its name. */
MUST_USE struct err *bind_find_target(
    struct bind *b, const struct ast_path *path, const struct catalog_table **out);
/* Looks at 'late.table' and 'errors.table' of a source of an INSERT. */
MUST_USE struct err *bind_side_tables(
    struct bind *b, struct logic_table *source, bool has_watermark);
/* The relation of a catalog table: scan, computed columns, watermark; or the view's query. */
MUST_USE struct err *bind_table(struct bind *b, const struct ast_path *path,
    const struct ast_hint_list *hints, struct text_pos pos, const struct logic **out);
/* Checks the options against the connector and describes the table for a plan. `physical` of a
 * source may be a part of the table's columns. */
MUST_USE struct err *bind_logic_table(struct bind *b, const struct catalog_table *t,
    const struct ast_option_list *hints, struct text_pos pos, bool as_sink,
    struct logic_table **out);
