/* scope.c - a.b.c: Calcite's DelegatingScope. A table's name is tried first, from the longest
 * prefix, then a column; what follows the column are fields of rows. */
#include "plan/bind/scope.h"

#include "base/arena.h"

/* Do the first `count` parts of the path name this relation? Its last parts must agree, as
 * default_database.t and t both name default_catalog.default_database.t. */
static bool names_relation(
    const struct scope_relation *r, const struct ast_path *path, size_t count)
{
    if (count == 0 || count > r->part_count) return false;
    for (size_t i = 0; i < count; i++)
        if (!slice_eq(path->parts[i].text, r->parts[r->part_count - count + i])) return false;
    return true;
}

static const struct scope_relation *find_relation(
    const struct scope *s, const struct ast_path *path, size_t count)
{
    for (uint32_t i = 0; i < s->relation_count; i++)
        if (names_relation(&s->relations[i], path, count)) return &s->relations[i];
    return NULL;
}

/* Column of that name in first .. first + count - 1; more than one is ambiguous. */
static struct err *find_column(struct scope_context *c, uint32_t first, uint32_t count,
    const struct ast_name *name, int *found)
{
    *found = -1;
    for (uint32_t i = first; i < first + count; i++) {
        if (!slice_eq(c->scope->schema->fields[i].name, name->text)) continue;
        if (*found >= 0)
            FAIL_AT(ERR_AMBIGUOUS_COLUMN, bind_pos(c->bind, name->pos),
                "Column '%.*s' is ambiguous", (int)name->text.n, name->text.p);
        *found = (int)i;
    }
    return NULL;
}

static const char *nearest_field(
    struct arena *a, const struct type_field *fields, uint32_t count, struct slice name)
{
    const char **names = ARENA_ARRAY(a, const char *, count + 1);
    for (uint32_t i = 0; i < count; i++) names[i] = slice_to_cstr(a, fields[i].name);
    return str_nearest(name, names, count);
}

static struct err *not_found(
    struct scope_context *c, const struct scope_relation *r, struct slice name, struct text_pos pos)
{
    struct arena *a = c->bind->arena;
    const struct schema *s = c->scope->schema;
    uint32_t first = r ? r->first : 0, count = r ? r->count : s->count;
    const char *nearest = nearest_field(a, s->fields + first, count, name);
    struct err *e;
    if (c->unknown_identifier)
        e = ERR(ERR_UNDEFINED_COLUMN, "Unknown identifier '%.*s'", (int)name.n, name.p);
    else if (r)
        e = ERR(ERR_UNDEFINED_COLUMN, "Column '%.*s' not found in table '%.*s'%s%s%s", (int)name.n,
            name.p, (int)r->parts[r->part_count - 1].n, r->parts[r->part_count - 1].p,
            nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    else
        e = ERR(ERR_UNDEFINED_COLUMN, "Column '%.*s' not found in any table%s%s%s", (int)name.n,
            name.p, nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    if (c->unknown_identifier && nearest) e = err_hint(e, "did you mean '%s'?", nearest);
    return err_at(e, bind_pos(c->bind, pos));
}

/* A column's path up to and with part `last`: "r.y.nope". */
static const char *path_text(struct bind *b, const struct ast_path *path, size_t first, size_t last)
{
    struct buf text;
    buf_init(&text, 512);
    for (size_t i = first; i <= last; i++)
        buf_printf(&text, "%s%.*s", i > first ? "." : "", (int)path->parts[i].text.n,
            path->parts[i].text.p);
    const char *copy = slice_to_cstr(b->arena, buf_slice(&text));
    buf_free(&text);
    return copy;
}

static struct err *no_field(struct scope_context *c, const char *path)
{
    if (c->scope->relation_count == 0 || c->scope->relations[0].part_count == 0)
        FAIL(ERR_UNDEFINED_COLUMN, "Column '%s' not found in any table", path);
    const struct scope_relation *r = &c->scope->relations[0];
    struct slice table = r->parts[r->part_count - 1];
    FAIL(
        ERR_UNDEFINED_COLUMN, "Column '%s' not found in table '%.*s'", path, (int)table.n, table.p);
}

/* e.name for a row e. `path` names it in messages. */
static struct err *bind_field(struct scope_context *c, const struct expr *e,
    const struct ast_name *name, const char *path, const struct expr **out)
{
    struct arena *a = c->bind->arena;
    const struct type *row = e->type;
    struct text_pos pos = bind_pos(c->bind, name->pos);
    if (row->kind != TYPE_ROW) {
        FAIL_AT(ERR_UNDEFINED_COLUMN, pos,
            "Column '%.*s' not found in any table: the expression before it is %s, not a ROW",
            (int)name->text.n, name->text.p, type_to_cstr(a, row));
    }
    for (uint32_t i = 0; i < row->field_count; i++) {
        if (!slice_eq(row->fields[i].name, name->text)) continue;
        const struct type *type = row->fields[i].type;
        if (row->nullable) type = type_with_nullable(a, type, true);
        const struct expr **args = ARENA_ARRAY(a, const struct expr *, 1);
        args[0] = e;
        struct expr *field = expr_node(a, EXPR_FIELD, type, args, 1);
        field->column = i;
        field->pos = pos;
        *out = field;
        return NULL;
    }
    const char *nearest = nearest_field(a, row->fields, row->field_count, name->text);
    struct err *err = no_field(c, path);
    if (nearest) err = err_hint(err, "did you mean '%s'?", nearest);
    return err_at(err, pos);
}

static struct err *bind_column(struct scope_context *c, uint32_t index, const struct ast_path *path,
    size_t next, const struct expr **out)
{
    struct expr *e = expr_column(c->bind->arena, index, c->scope->schema->fields[index].type);
    e->pos = bind_pos(c->bind, path->pos);
    const struct expr *result = e;
    size_t first = next - 1;
    for (; next < path->count; next++) {
        const char *text = path_text(c->bind, path, first, next);
        TRY(bind_field(c, result, &path->parts[next], text, &result));
    }
    *out = result;
    return NULL;
}

struct err *scope_find(
    struct scope_context *c, const struct ast_path *path, const struct expr **out)
{
    int column;
    const struct scope_relation *named = NULL;
    for (size_t prefix = path->count - 1; prefix > 0; prefix--) {
        const struct scope_relation *r = find_relation(c->scope, path, prefix);
        if (!r) continue;
        TRY(find_column(c, r->first, r->count, &path->parts[prefix], &column));
        if (column >= 0) return bind_column(c, (uint32_t)column, path, prefix + 1, out);
        named = r;
        if (prefix > 1) return not_found(c, r, path->parts[prefix].text, path->parts[prefix].pos);
    }
    TRY(find_column(c, 0, c->scope->schema->count, &path->parts[0], &column));
    if (column >= 0) return bind_column(c, (uint32_t)column, path, 1, out);
    if (named) return not_found(c, named, path->parts[1].text, path->parts[1].pos);
    if (path->count > 1) {
        const struct ast_name *table = &path->parts[path->count - 2];
        struct err *e =
            ERR(ERR_UNDEFINED_TABLE, "Table '%.*s' not found", (int)table->text.n, table->text.p);
        if (c->scope->relation_count > 0 && c->scope->relations[0].part_count > 0) {
            const struct scope_relation *r = &c->scope->relations[0];
            struct slice name = r->parts[r->part_count - 1];
            e = err_hint(e, "the FROM clause has '%.*s'", (int)name.n, name.p);
        }
        return err_at(e, bind_pos(c->bind, path->pos));
    }
    return not_found(c, NULL, path->parts[0].text, path->parts[0].pos);
}

static void take_columns(
    struct scope_context *c, uint32_t first, uint32_t count, struct scope_star *out)
{
    struct arena *a = c->bind->arena;
    *out = (struct scope_star){.exprs = ARENA_ARRAY(a, const struct expr *, count + 1),
        .names = ARENA_ARRAY(a, struct slice, count + 1),
        .count = count};
    for (uint32_t i = 0; i < count; i++) {
        const struct type_field *f = &c->scope->schema->fields[first + i];
        out->exprs[i] = expr_column(a, first + i, f->type);
        out->names[i] = f->name;
    }
}

/* r.*: the fields of a row. */
static struct err *take_fields(
    struct scope_context *c, const struct ast_path *path, struct scope_star *out)
{
    struct arena *a = c->bind->arena;
    const struct expr *row;
    TRY(scope_find(c, path, &row));
    if (row->type->kind != TYPE_ROW)
        FAIL_AT(ERR_DATATYPE_MISMATCH, bind_pos(c->bind, path->pos),
            "Not a record type. The '*' operator requires a record");
    uint32_t count = row->type->field_count;
    *out = (struct scope_star){.exprs = ARENA_ARRAY(a, const struct expr *, count + 1),
        .names = ARENA_ARRAY(a, struct slice, count + 1),
        .count = count};
    for (uint32_t i = 0; i < count; i++) {
        struct ast_name name = {.text = row->type->fields[i].name, .pos = path->pos};
        TRY(bind_field(c, row, &name, "", &out->exprs[i]));
        out->names[i] = row->type->fields[i].name;
    }
    return NULL;
}

/* SELECT * of a relation in which a name stands twice is ambiguous in Calcite: each column is
 * looked up by its name. */
static struct err *check_unique(
    struct scope_context *c, uint32_t first, uint32_t count, struct text_pos pos)
{
    const struct type_field *f = c->scope->schema->fields;
    for (uint32_t i = first; i < first + count; i++)
        for (uint32_t k = first; k < i; k++)
            if (slice_eq(f[i].name, f[k].name))
                FAIL_AT(ERR_AMBIGUOUS_COLUMN, bind_pos(c->bind, pos), "Column '%.*s' is ambiguous",
                    (int)f[i].name.n, f[i].name.p);
    return NULL;
}

struct err *scope_star(struct scope_context *c, const struct ast_path *path, struct text_pos pos,
    struct scope_star *out)
{
    if (path->count == 0) {
        if (c->scope->relation_count == 0)
            FAIL_AT(ERR_SYNTAX, bind_pos(c->bind, pos), "SELECT * requires a FROM clause");
        for (uint32_t i = 0; i < c->scope->relation_count; i++)
            TRY(check_unique(c, c->scope->relations[i].first, c->scope->relations[i].count, pos));
        take_columns(c, 0, c->scope->schema->count, out);
        return NULL;
    }
    const struct scope_relation *r = find_relation(c->scope, path, path->count);
    if (!r) {
        /* Neither a table nor a column: say what a person would call it. */
        int column;
        TRY(find_column(c, 0, c->scope->schema->count, &path->parts[0], &column));
        if (column < 0 && path->count == 1)
            FAIL_AT(ERR_UNDEFINED_TABLE, bind_pos(c->bind, path->pos),
                "Not a record type. The '*' operator requires a record; there is no table or "
                "column '%.*s'",
                (int)path->parts[0].text.n, path->parts[0].text.p);
        return take_fields(c, path, out);
    }
    TRY(check_unique(c, r->first, r->count, pos));
    take_columns(c, r->first, r->count, out);
    return NULL;
}
