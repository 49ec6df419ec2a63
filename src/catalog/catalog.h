/* catalog.h - tables and views by name, with everything their DDL said. One catalog
 * (default_catalog) with one database (default_database), as a Flink session starts with.
 *
 * A catalog_table owns an arena that holds all of it, syntax trees included: it borrows nothing
 * from the script. Expressions of computed columns and watermarks, and the queries of views, are
 * kept as text and as trees parsed from that text; plan/bind gives them meaning again at each use.
 * Not thread-safe: a catalog belongs to one session. */
#pragma once
#include "base/option.h"
#include "sql/ast.h"
#include "type/schema.h"

struct arena;
struct catalog;

#define CATALOG_NAME "default_catalog"
#define CATALOG_DATABASE "default_database"

enum { CATALOG_TABLES_MAX = 10000 };

enum catalog_column_kind {
    CATALOG_COLUMN_PHYSICAL,
    CATALOG_COLUMN_METADATA,
    CATALOG_COLUMN_COMPUTED /* name AS expr: not stored, not written by INSERT */
};

struct catalog_column {
    enum catalog_column_kind kind;
    struct slice name;
    const struct type *type;     /* computed: what the binder found when the table was made */
    struct slice expr_text;      /* computed: canonical SQL */
    const struct ast_expr *expr; /* computed: parsed from expr_text */
    struct slice metadata_key;   /* METADATA FROM '..'; n == 0: the name */
    bool is_virtual;
    struct slice comment; /* n == 0: none */
};

struct catalog_watermark {
    uint32_t column;
    struct slice expr_text;
    const struct ast_expr *expr;
};

struct catalog_table {
    struct slice name;
    bool is_view;
    bool temporary;
    struct slice comment;
    struct catalog_column *columns; /* of a view: names and types of its query */
    uint32_t column_count;
    const struct catalog_watermark *watermark; /* NULL: none */
    const uint32_t *primary_key;               /* indexes into columns */
    uint32_t primary_key_count;
    struct slice primary_key_name; /* CONSTRAINT name, or made up */
    const uint32_t *partition_keys;
    uint32_t partition_key_count;
    struct options options;        /* WITH; positions are those of the script that made the table */
    uint64_t script;               /* hash of that script: positions mean nothing in another */
    struct slice distribution;     /* text after DISTRIBUTED, n == 0: none */
    struct slice query_text;       /* views */
    const struct ast_query *query; /* views: parsed from query_text */
    struct arena *arena;           /* holds all of this, the struct itself too */
};

struct catalog *catalog_new(void);
void catalog_free(struct catalog *c);

/* An empty table in an arena of its own, for the caller to fill. Freed by catalog_table_free until
 * catalog_add has taken it. */
struct catalog_table *catalog_table_new(struct slice name);
void catalog_table_free(struct catalog_table *t);
/* Column of that name, or -1. */
int catalog_table_column(const struct catalog_table *t, struct slice name);
/* The columns a row written to the table has: physical ones, and metadata that is not virtual. */
const struct schema *catalog_table_physical(struct arena *a, const struct catalog_table *t);

/* Takes the table on success. A temporary one may hide a permanent one of the same name;
 * ERR_DUPLICATE_TABLE when one of the same permanence exists; ERR_LIMIT_EXCEEDED past
 * CATALOG_TABLES_MAX. */
MUST_USE struct err *catalog_add(struct catalog *c, struct catalog_table *t);
/* The temporary one first; NULL: none. Borrowed until it is removed. */
const struct catalog_table *catalog_find(const struct catalog *c, struct slice name);
const struct catalog_table *catalog_find_exactly(
    const struct catalog *c, struct slice name, bool temporary);
/* The table must be in the catalog; it is freed. */
void catalog_remove(struct catalog *c, const struct catalog_table *t);
/* Visible tables and views, sorted by name, in `a`. */
const struct catalog_table *const *catalog_list(
    const struct catalog *c, struct arena *a, size_t *count);
/* The visible name nearest to a misspelt one, or NULL. Lives in `a`. */
const char *catalog_nearest(const struct catalog *c, struct arena *a, struct slice name);

/* Resolves [[default_catalog.]default_database.]name; ERR_UNDEFINED_TABLE for another catalog or
 * database, with the position of the part. */
MUST_USE struct err *catalog_resolve(const struct ast_path *path, struct slice *name);

/* The table as CREATE TABLE or CREATE VIEW, as Flink's SHOW CREATE prints it. Option values that
 * hold secrets are shown as '****'. */
void catalog_print(const struct catalog_table *t, struct buf *out);
