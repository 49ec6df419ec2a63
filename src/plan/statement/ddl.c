/* ddl.c - CREATE, DROP, USE. */
#include "base/arena.h"
#include "base/check.h"
#include "plan/statement/statement.h"

/* IF NOT EXISTS: nothing happens when a table or view of the name and permanence is there. */
static struct err *exists_already(struct statement *s, const struct ast_path *path, bool temporary,
    bool if_not_exists, bool *skip)
{
    struct slice name;
    TRY(catalog_resolve(path, &name));
    *skip = catalog_find_exactly(s->session->catalog, name, temporary) && if_not_exists;
    return NULL;
}

static struct err *add(struct statement *s, struct catalog_table *t, struct text_pos pos)
{
    struct err *e = catalog_add(s->session->catalog, t);
    if (!e) return NULL;
    catalog_table_free(t);
    e = err_hint(e, "DROP it first, or write IF NOT EXISTS");
    return err_at(e, pos);
}

struct err *statement_create_table(struct statement *s)
{
    const struct ast_create_table *create = &s->ast->create_table;
    bool skip;
    TRY(exists_already(s, &create->name, create->temporary, create->if_not_exists, &skip));
    if (skip) return NULL;
    struct bind b = statement_bind(s, s->arena);
    struct catalog_table *t;
    TRY(bind_create_table(&b, create, &t));
    return add(s, t, create->name.pos);
}

struct err *statement_create_view(struct statement *s)
{
    const struct ast_create_view *create = &s->ast->create_view;
    bool skip;
    TRY(exists_already(s, &create->name, create->temporary, create->if_not_exists, &skip));
    if (skip) return NULL;
    struct bind b = statement_bind(s, s->arena);
    struct catalog_table *t;
    TRY(bind_create_view(&b, s->script, create, &t));
    return add(s, t, create->name.pos);
}

static struct err *nothing_to_drop(
    struct statement *s, const struct ast_drop *drop, struct slice name, bool view)
{
    struct err *e = ERR(ERR_UNDEFINED_TABLE, "%s with identifier '%s.%s.%.*s' does not exist.",
        drop->temporary ? (view ? "Temporary view" : "Temporary table") : (view ? "View" : "Table"),
        CATALOG_NAME, CATALOG_DATABASE, (int)name.n, name.p);
    const struct catalog_table *other = catalog_find(s->session->catalog, name);
    const char *nearest = catalog_nearest(s->session->catalog, s->arena, name);
    if (other && other->is_view != view)
        e = err_hint(e, "it is a %s: DROP %s", view ? "table" : "view", view ? "TABLE" : "VIEW");
    else if (nearest && !other)
        e = err_hint(e, "did you mean '%s'?", nearest);
    return err_at(e, drop->path.pos);
}

static struct err *drop_relation(struct statement *s, const struct ast_drop *drop, bool view)
{
    struct catalog *catalog = s->session->catalog;
    struct slice name;
    TRY(catalog_resolve(&drop->path, &name));
    const struct catalog_table *temporary = catalog_find_exactly(catalog, name, true);
    const struct catalog_table *t =
        drop->temporary ? temporary : catalog_find_exactly(catalog, name, false);
    if (!drop->temporary && temporary)
        FAIL_AT(ERR_INVALID_DEFINITION, drop->path.pos,
            "Temporary %s with identifier '`%s`.`%s`.`%.*s`' exists. Drop it first before removing "
            "the permanent %s.",
            temporary->is_view ? "view" : "table", CATALOG_NAME, CATALOG_DATABASE, (int)name.n,
            name.p, view ? "view" : "table");
    if (!t || t->is_view != view)
        return drop->if_exists ? NULL : nothing_to_drop(s, drop, name, view);
    catalog_remove(catalog, t);
    return NULL;
}

struct err *statement_drop(struct statement *s)
{
    const struct ast_drop *drop = &s->ast->drop;
    switch (drop->kind) {
    case AST_OBJECT_TABLE: return drop_relation(s, drop, false);
    case AST_OBJECT_VIEW: return drop_relation(s, drop, true);
    case AST_OBJECT_MATERIALIZED_TABLE:
    case AST_OBJECT_FUNCTION:
    case AST_OBJECT_CATALOG:
    case AST_OBJECT_DATABASE:
    case AST_OBJECT_MODEL:
    case AST_OBJECT_JOB: break;
    }
    static const char *const names[] = {
        "TABLE", "VIEW", "MATERIALIZED TABLE", "FUNCTION", "CATALOG", "DATABASE", "MODEL", "JOB"};
    FAIL_AT(ERR_UNSUPPORTED, s->ast->pos, "DROP %s is not supported yet", names[drop->kind]);
}

/* There is one catalog and one database: naming them is allowed, others do not exist. */
struct err *statement_use(struct statement *s)
{
    const struct ast_use *use = &s->ast->use;
    const struct ast_path *path = &use->path;
    if (use->kind == AST_USE_MODULES) return NULL;
    const struct ast_name *catalog =
        use->kind == AST_USE_CATALOG || path->count > 1 ? &path->parts[0] : NULL;
    if (catalog && !slice_eq(catalog->text, SLICE(CATALOG_NAME)))
        FAIL_AT(ERR_UNDEFINED_TABLE, catalog->pos, "A catalog with name [%.*s] does not exist.",
            (int)catalog->text.n, catalog->text.p);
    if (use->kind == AST_USE_CATALOG) return NULL;
    const struct ast_name *database = &path->parts[path->count - 1];
    if (!slice_eq(database->text, SLICE(CATALOG_DATABASE)))
        FAIL_AT(ERR_UNDEFINED_TABLE, database->pos,
            "A database with name [%.*s] does not exist in the catalog: [%s].",
            (int)database->text.n, database->text.p, CATALOG_NAME);
    return NULL;
}
