/* statement.h - what session.c hands each statement to. One file per family of statements. */
#pragma once
#include "catalog/catalog.h"
#include "plan/bind/bind.h"
#include "plan/rule/rule.h"
#include "plan/session.h"
#include "sql/ast_statement.h"

enum { STATEMENT_SET_MAX = 1000 }; /* INSERTs in one statement set */

struct session {
    struct session_params params;
    struct catalog *catalog;
    /* BEGIN STATEMENT SET .. END: the bound INSERTs so far, in an arena of their own. */
    struct arena *set_arena; /* NULL: no set is open */
    const struct logic **set_roots;
    uint32_t set_count;
    struct late_tables late_tables; /* of all plans so far */
};

/* Everything a statement needs while it runs; the arena becomes the result's. */
struct statement {
    struct session *session;
    struct arena *arena;
    struct slice script;
    uint64_t script_hash;
    const struct ast_statement *ast;
    const struct time_zone *zone;
    struct session_result *result;
};

/* A binder for the statement, allocating in `arena`. */
struct bind statement_bind(struct statement *s, struct arena *arena);
/* Optimises and builds the graph of these sinks; sets graph, bounded and the rest of the result. */
MUST_USE struct err *statement_plan(
    struct statement *s, const struct logic **roots, uint32_t count, enum session_effect effect);

MUST_USE struct err *statement_create_table(struct statement *s);
MUST_USE struct err *statement_create_view(struct statement *s);
MUST_USE struct err *statement_drop(struct statement *s);
MUST_USE struct err *statement_use(struct statement *s);
MUST_USE struct err *statement_set(struct statement *s);
MUST_USE struct err *statement_reset(struct statement *s);
MUST_USE struct err *statement_show(struct statement *s);
MUST_USE struct err *statement_describe(struct statement *s);
MUST_USE struct err *statement_explain(struct statement *s);
/* INSERT, SELECT and statement sets. */
MUST_USE struct err *statement_insert(struct statement *s, const struct ast_insert *insert);
MUST_USE struct err *statement_query(struct statement *s, const struct ast_query *query);
MUST_USE struct err *statement_insert_set(
    struct statement *s, const struct ast_statement_list *list);
MUST_USE struct err *statement_begin_set(struct statement *s);
MUST_USE struct err *statement_end_set(struct statement *s);

/* Binds one INSERT, SELECT or statement set; `roots` has room for STATEMENT_SET_MAX. */
MUST_USE struct err *statement_bind_roots(struct statement *s, const struct ast_statement *ast,
    const struct logic **roots, uint32_t *count);

/* ---- small results */
struct statement_table {
    struct statement *s;
    const char **cells;
    uint32_t count, capacity, columns;
};
void statement_table_begin(
    struct statement_table *t, struct statement *s, const char *const *names, uint32_t columns);
/* NULL-terminated cells are copied; p == NULL is SQL's NULL. */
void statement_table_add(struct statement_table *t, struct slice cell);
void statement_table_end(struct statement_table *t);
/* One text of many lines. */
void statement_text(struct statement *s, const char *name, struct slice text);
