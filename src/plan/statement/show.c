/* show.c - SHOW, DESCRIBE and EXPLAIN: small tables of text, laid out as Flink's. */
#include "base/arena.h"
#include "base/check.h"
#include "func/agg.h"
#include "plan/statement/statement.h"

enum { TEXT_BYTES_MAX = 8 * 1024 * 1024 };

/* ---- results */

void statement_table_begin(
    struct statement_table *t, struct statement *s, const char *const *names, uint32_t columns)
{
    *t = (struct statement_table){.s = s, .columns = columns};
    s->result->effect = SESSION_TABLE;
    s->result->table.names = names;
    s->result->table.column_count = columns;
}

void statement_table_add(struct statement_table *t, struct slice cell)
{
    if (t->count == t->capacity) {
        uint32_t capacity = t->capacity ? t->capacity * 2 : 32;
        const char **grown = ARENA_ARRAY(t->s->arena, const char *, capacity);
        if (t->count) memcpy(grown, t->cells, t->count * sizeof *grown);
        t->cells = grown;
        t->capacity = capacity;
    }
    t->cells[t->count++] = cell.p ? slice_to_cstr(t->s->arena, cell) : NULL;
}

void statement_table_end(struct statement_table *t)
{
    t->s->result->table.cells = t->cells;
    t->s->result->table.row_count = t->count / t->columns;
}

void statement_text(struct statement *s, const char *name, struct slice text)
{
    const char **names = ARENA_ARRAY(s->arena, const char *, 1);
    names[0] = name;
    struct statement_table t;
    statement_table_begin(&t, s, names, 1);
    statement_table_add(&t, text);
    statement_table_end(&t);
    s->result->table.text = true;
}

/* ---- LIKE of SHOW: % and _ */

static bool matches(struct slice text, struct slice pattern, bool ignore_case)
{
    size_t t = 0, p = 0, star = SIZE_MAX, from = 0;
    while (t < text.n) {
        char c = text.p[t], d = p < pattern.n ? pattern.p[p] : 0;
        bool same = c == d ||
                    (ignore_case && slice_eq_nocase((struct slice){&c, 1}, (struct slice){&d, 1}));
        if (p < pattern.n && d == '%') {
            star = p++;
            from = t;
        } else if (p < pattern.n && (d == '_' || same)) {
            t++;
            p++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '%') p++;
    return p == pattern.n;
}

static bool is_listed(const struct ast_show *show, struct slice name)
{
    if (!show->like.text.p) return true;
    return matches(name, show->like.text, show->ilike) != show->not_like;
}

/* ---- SHOW */

static void show_names(
    struct statement *s, const char *column, const char *const *names, size_t count)
{
    const char **columns = ARENA_ARRAY(s->arena, const char *, 1);
    columns[0] = column;
    struct statement_table t;
    statement_table_begin(&t, s, columns, 1);
    for (size_t i = 0; i < count; i++)
        if (is_listed(&s->ast->show, slice_of(names[i])))
            statement_table_add(&t, slice_of(names[i]));
    statement_table_end(&t);
}

static void show_relations(struct statement *s, bool views_only)
{
    size_t count, n = 0;
    const struct catalog_table *const *list = catalog_list(s->session->catalog, s->arena, &count);
    const char **names = ARENA_ARRAY(s->arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        if (!views_only || list[i]->is_view) names[n++] = slice_to_cstr(s->arena, list[i]->name);
    show_names(s, views_only ? "view name" : "table name", names, n);
}

static void show_functions(struct statement *s)
{
    size_t scalars, aggregates, n = 0;
    const struct func_def *const *funcs = func_all(&scalars);
    const struct agg_def *const *aggs = agg_all(&aggregates);
    const char **names = ARENA_ARRAY(s->arena, const char *, scalars + aggregates + 1);
    for (size_t i = 0; i < scalars; i++)
        if (!(funcs[i]->flags & FUNC_OPERATOR)) names[n++] = funcs[i]->name;
    for (size_t i = 0; i < aggregates; i++) names[n++] = aggs[i]->name;
    show_names(s, "function name", names, n);
}

static struct err *find_relation(
    struct statement *s, const struct ast_path *path, const struct catalog_table **out)
{
    struct slice name;
    TRY(catalog_resolve(path, &name));
    *out = catalog_find(s->session->catalog, name);
    if (*out) return NULL;
    struct err *e =
        ERR(ERR_UNDEFINED_TABLE, "Tables or views with the identifier '%s.%s.%.*s' doesn't exist",
            CATALOG_NAME, CATALOG_DATABASE, (int)name.n, name.p);
    const char *nearest = catalog_nearest(s->session->catalog, s->arena, name);
    if (nearest) e = err_hint(e, "did you mean '%s'?", nearest);
    return err_at(e, path->pos);
}

static struct err *show_create(struct statement *s, bool view)
{
    const struct ast_path *path = &s->ast->show.path;
    struct slice name;
    TRY(catalog_resolve(path, &name));
    const struct catalog_table *t = catalog_find(s->session->catalog, name);
    if (!t || t->is_view != view)
        FAIL_AT(ERR_UNDEFINED_TABLE, path->pos,
            "Could not execute SHOW CREATE %s. %s with identifier `%s`.`%s`.`%.*s` does not exist.",
            view ? "VIEW" : "TABLE", view ? "View" : "Table", CATALOG_NAME, CATALOG_DATABASE,
            (int)name.n, name.p);
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    catalog_print(t, &text);
    statement_text(s, "result", buf_slice(&text));
    buf_free(&text);
    return NULL;
}

/* ---- DESCRIBE */

static void add_extras(struct statement_table *rows, const struct catalog_column *c)
{
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    if (c->kind == CATALOG_COLUMN_COMPUTED) {
        buf_add_cstr(&text, "AS ");
        buf_add_slice(&text, c->expr_text);
    } else if (c->kind == CATALOG_COLUMN_METADATA) {
        buf_add_cstr(&text, "METADATA");
        if (c->metadata_key.n)
            buf_printf(&text, " FROM '%.*s'", (int)c->metadata_key.n, c->metadata_key.p);
        if (c->is_virtual) buf_add_cstr(&text, " VIRTUAL");
    }
    statement_table_add(rows, text.n ? buf_slice(&text) : (struct slice){0});
    buf_free(&text);
}

static void add_type(struct statement_table *rows, const struct catalog_table *t, uint32_t column)
{
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    struct type plain = *t->columns[column].type;
    plain.nullable = true;
    type_print(&plain, true, &text);
    if (t->watermark && t->watermark->column == column) buf_add_cstr(&text, " *ROWTIME*");
    statement_table_add(rows, buf_slice(&text));
    buf_free(&text);
}

static void add_key(struct statement_table *rows, const struct catalog_table *t, uint32_t column)
{
    bool in_key = false;
    struct buf text;
    buf_init(&text, 64 * 1024);
    buf_add_cstr(&text, "PRI(");
    for (uint32_t i = 0; i < t->primary_key_count; i++) {
        const struct slice *name = &t->columns[t->primary_key[i]].name;
        buf_printf(&text, "%s%.*s", i ? ", " : "", (int)name->n, name->p);
        in_key |= t->primary_key[i] == column;
    }
    buf_add_char(&text, ')');
    statement_table_add(rows, in_key ? buf_slice(&text) : (struct slice){0});
    buf_free(&text);
}

static void describe(struct statement *s, const struct catalog_table *t)
{
    static const char *const names[] = {
        "name", "type", "null", "key", "extras", "watermark", "comment"};
    bool comments = false;
    for (uint32_t i = 0; i < t->column_count; i++) comments |= t->columns[i].comment.n > 0;
    struct statement_table rows;
    statement_table_begin(&rows, s, names, comments ? 7 : 6);
    for (uint32_t i = 0; i < t->column_count; i++) {
        const struct catalog_column *c = &t->columns[i];
        statement_table_add(&rows, c->name);
        add_type(&rows, t, i);
        statement_table_add(&rows, c->type->nullable ? SLICE("TRUE") : SLICE("FALSE"));
        add_key(&rows, t, i);
        add_extras(&rows, c);
        bool rowtime = t->watermark && t->watermark->column == i;
        statement_table_add(&rows, rowtime ? t->watermark->expr_text : (struct slice){0});
        if (comments) statement_table_add(&rows, c->comment.n ? c->comment : (struct slice){0});
    }
    statement_table_end(&rows);
}

struct err *statement_describe(struct statement *s)
{
    const struct ast_describe *d = &s->ast->describe;
    if (d->kind != AST_OBJECT_TABLE && d->kind != AST_OBJECT_VIEW)
        FAIL_AT(
            ERR_UNSUPPORTED, s->ast->pos, "DESCRIBE of this kind of object is not supported yet");
    const struct catalog_table *t;
    TRY(find_relation(s, &d->path, &t));
    describe(s, t);
    return NULL;
}

static struct err *show_columns(struct statement *s)
{
    const struct catalog_table *t;
    TRY(find_relation(s, &s->ast->show.path, &t));
    describe(s, t);
    return NULL;
}

struct err *statement_show(struct statement *s)
{
    const struct ast_show *show = &s->ast->show;
    static const char *const catalogs[] = {CATALOG_NAME}, *const databases[] = {CATALOG_DATABASE},
                             *const modules[] = {"core"};
    switch (show->kind) {
    case AST_SHOW_CATALOGS: show_names(s, "catalog name", catalogs, 1); return NULL;
    case AST_SHOW_CURRENT_CATALOG: show_names(s, "current catalog name", catalogs, 1); return NULL;
    case AST_SHOW_CURRENT_DATABASE:
        show_names(s, "current database name", databases, 1);
        return NULL;
    case AST_SHOW_DATABASES: show_names(s, "database name", databases, 1); return NULL;
    case AST_SHOW_TABLES: show_relations(s, false); return NULL;
    case AST_SHOW_VIEWS: show_relations(s, true); return NULL;
    case AST_SHOW_COLUMNS: return show_columns(s);
    case AST_SHOW_FUNCTIONS: show_functions(s); return NULL;
    case AST_SHOW_USER_FUNCTIONS: show_names(s, "function name", NULL, 0); return NULL;
    case AST_SHOW_MODULES: show_names(s, "module name", modules, 1); return NULL;
    case AST_SHOW_JARS: show_names(s, "jars", NULL, 0); return NULL;
    case AST_SHOW_CREATE_TABLE: return show_create(s, false);
    case AST_SHOW_CREATE_VIEW: return show_create(s, true);
    case AST_SHOW_MATERIALIZED_TABLES:
    case AST_SHOW_PROCEDURES:
    case AST_SHOW_MODELS:
    case AST_SHOW_FULL_MODULES:
    case AST_SHOW_PARTITIONS:
    case AST_SHOW_JOBS:
    case AST_SHOW_CREATE_MATERIALIZED_TABLE:
    case AST_SHOW_CREATE_CATALOG:
    case AST_SHOW_CREATE_MODEL: break;
    }
    static const char *const names[] = {
#define X(name, text) text,
        AST_SHOWS(X)
#undef X
    };
    FAIL_AT(ERR_UNSUPPORTED, s->ast->pos, "SHOW %s is not supported yet", names[show->kind]);
}
