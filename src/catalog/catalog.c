/* catalog.c - a sorted array of tables: a session has tens of them, rarely thousands. */
#include "catalog/catalog.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/mem.h"

struct catalog {
    struct catalog_table **tables; /* by name, a temporary one before the one it hides */
    size_t count;
    size_t capacity;
};

enum { TABLE_ARENA_BYTES = 4096 };

struct catalog *catalog_new(void)
{
    return mem_alloc(sizeof(struct catalog));
}

void catalog_free(struct catalog *c)
{
    if (!c) return;
    for (size_t i = 0; i < c->count; i++) catalog_table_free(c->tables[i]);
    mem_free(c->tables);
    mem_free(c);
}

struct catalog_table *catalog_table_new(struct slice name)
{
    struct arena *arena = arena_new(TABLE_ARENA_BYTES);
    struct catalog_table *t = ARENA_NEW(arena, struct catalog_table);
    t->arena = arena;
    t->name = slice_copy(arena, name);
    return t;
}

void catalog_table_free(struct catalog_table *t)
{
    if (t) arena_free(t->arena);
}

int catalog_table_column(const struct catalog_table *t, struct slice name)
{
    for (uint32_t i = 0; i < t->column_count; i++)
        if (slice_eq(t->columns[i].name, name)) return (int)i;
    return -1;
}

const struct schema *catalog_table_physical(struct arena *a, const struct catalog_table *t)
{
    struct type_field *fields = ARENA_ARRAY(a, struct type_field, t->column_count + 1);
    uint32_t count = 0;
    for (uint32_t i = 0; i < t->column_count; i++) {
        const struct catalog_column *c = &t->columns[i];
        if (c->kind == CATALOG_COLUMN_COMPUTED || c->is_virtual) continue;
        fields[count++] = (struct type_field){slice_copy(a, c->name), type_copy(a, c->type)};
    }
    return schema_new(a, fields, count);
}

/* ---- the array */

static int compare_to(const struct catalog_table *t, struct slice name, bool temporary)
{
    int order = slice_cmp(t->name, name);
    return order ? order : (int)temporary - (int)t->temporary;
}

/* Index of the first table that is not before (name, temporary). */
static size_t lower_bound(const struct catalog *c, struct slice name, bool temporary)
{
    size_t low = 0, high = c->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare_to(c->tables[middle], name, temporary) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct catalog_table *catalog_find_exactly(
    const struct catalog *c, struct slice name, bool temporary)
{
    size_t at = lower_bound(c, name, temporary);
    if (at == c->count || compare_to(c->tables[at], name, temporary) != 0) return NULL;
    return c->tables[at];
}

const struct catalog_table *catalog_find(const struct catalog *c, struct slice name)
{
    const struct catalog_table *t = catalog_find_exactly(c, name, true);
    return t ? t : catalog_find_exactly(c, name, false);
}

struct err *catalog_add(struct catalog *c, struct catalog_table *t)
{
    if (catalog_find_exactly(c, t->name, t->temporary))
        FAIL(ERR_DUPLICATE_TABLE,
            t->temporary ? "Temporary table '`%s`.`%s`.`%.*s`' already exists"
                         : "Table (or view) `%s`.`%s`.`%.*s` already exists",
            CATALOG_NAME, CATALOG_DATABASE, (int)t->name.n, t->name.p);
    if (c->count == CATALOG_TABLES_MAX)
        FAIL(ERR_LIMIT_EXCEEDED, "a session holds at most %d tables and views", CATALOG_TABLES_MAX);
    if (c->count == c->capacity) {
        c->capacity = c->capacity ? c->capacity * 2 : 16;
        c->tables = mem_realloc(c->tables, c->capacity * sizeof *c->tables);
    }
    size_t at = lower_bound(c, t->name, t->temporary);
    memmove(c->tables + at + 1, c->tables + at, (c->count - at) * sizeof *c->tables);
    c->tables[at] = t;
    c->count++;
    return NULL;
}

void catalog_remove(struct catalog *c, const struct catalog_table *t)
{
    size_t at = lower_bound(c, t->name, t->temporary);
    ASSERT(at < c->count && c->tables[at] == t);
    catalog_table_free(c->tables[at]);
    c->count--;
    memmove(c->tables + at, c->tables + at + 1, (c->count - at) * sizeof *c->tables);
}

const struct catalog_table *const *catalog_list(
    const struct catalog *c, struct arena *a, size_t *count)
{
    const struct catalog_table **list = ARENA_ARRAY(a, const struct catalog_table *, c->count + 1);
    *count = 0;
    for (size_t i = 0; i < c->count; i++) {
        /* The temporary one stands first and hides the other. */
        if (*count > 0 && slice_eq(list[*count - 1]->name, c->tables[i]->name)) continue;
        list[(*count)++] = c->tables[i];
    }
    return list;
}

const char *catalog_nearest(const struct catalog *c, struct arena *a, struct slice name)
{
    size_t count;
    const struct catalog_table *const *list = catalog_list(c, a, &count);
    const char **names = ARENA_ARRAY(a, const char *, count + 1);
    for (size_t i = 0; i < count; i++) names[i] = slice_to_cstr(a, list[i]->name);
    return str_nearest(name, names, count);
}

struct err *catalog_resolve(const struct ast_path *path, struct slice *name)
{
    const struct ast_name *parts = path->parts;
    if (path->count > 3)
        FAIL_AT(ERR_UNDEFINED_TABLE, path->pos, "a table's name has at most three parts");
    if (path->count == 3 && !slice_eq(parts[0].text, SLICE(CATALOG_NAME)))
        FAIL_AT(ERR_UNDEFINED_TABLE, parts[0].pos, "A catalog with name [%.*s] does not exist.",
            (int)parts[0].text.n, parts[0].text.p);
    if (path->count >= 2) {
        const struct ast_name *database = &parts[path->count - 2];
        if (!slice_eq(database->text, SLICE(CATALOG_DATABASE)))
            FAIL_AT(ERR_UNDEFINED_TABLE, database->pos,
                "A database with name [%.*s] does not exist in the catalog: [%s].",
                (int)database->text.n, database->text.p, CATALOG_NAME);
    }
    *name = parts[path->count - 1].text;
    return NULL;
}
