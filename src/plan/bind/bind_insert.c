/* bind_insert.c - INSERT INTO: columns by position, implicit casts, the sink's own demands. */
#include "base/arena.h"
#include "plan/bind/scope.h"

struct target {
    struct bind *b;
    const struct ast_insert *ast;
    const struct logic_table *table;
    const struct logic *query;
    int32_t *sources;              /* per column of the table: column of the query, or -1 */
    const struct expr **constants; /* of PARTITION (k = v); else NULL */
    struct text_pos pos;
};

static void print_fields(struct buf *out, const struct schema *s)
{
    buf_add_cstr(out, "[");
    for (uint32_t i = 0; i < s->count; i++) {
        buf_printf(out, "%s%.*s: ", i ? ", " : "", (int)s->fields[i].name.n, s->fields[i].name.p);
        type_print(s->fields[i].type, true, out);
    }
    buf_add_cstr(out, "]");
}

static struct err *mismatch(struct target *t, const char *cause, struct text_pos pos)
{
    struct buf text;
    buf_init(&text, 700);
    buf_add_cstr(&text, " Query schema: ");
    print_fields(&text, t->query->schema);
    buf_add_cstr(&text, " Sink schema: ");
    print_fields(&text, t->table->schema);
    struct err *e = ERR(ERR_DATATYPE_MISMATCH,
        "Column types of query result and sink for '%s' do not match. Cause: %s%s",
        t->table->identifier, cause, buf_cstr(&text));
    buf_free(&text);
    return err_at(e, pos);
}

/* ---- which column goes where */

static struct err *find_target(struct target *t, const struct ast_name *name, uint32_t *out)
{
    const struct schema *s = t->table->schema;
    int at = schema_find(s, name->text);
    if (at >= 0) {
        *out = (uint32_t)at;
        return NULL;
    }
    const char **names = ARENA_ARRAY(t->b->arena, const char *, s->count + 1);
    for (uint32_t i = 0; i < s->count; i++)
        names[i] = slice_to_cstr(t->b->arena, s->fields[i].name);
    const char *nearest = str_nearest(name->text, names, s->count);
    struct err *e =
        ERR(ERR_UNDEFINED_COLUMN, "Unknown target column '%.*s'", (int)name->text.n, name->text.p);
    if (nearest) e = err_hint(e, "did you mean '%s'?", nearest);
    return err_at(e, bind_pos(t->b, name->pos));
}

static struct err *place_partition(struct target *t)
{
    struct bind *b = t->b;
    struct scope scope = {.schema = schema_new(b->arena, NULL, 0)};
    struct scope_context c = {.bind = b, .scope = &scope, .illegal = "PARTITION takes literals"};
    for (size_t i = 0; i < t->ast->partition.count; i++) {
        const struct ast_partition_value *p = &t->ast->partition.items[i];
        uint32_t column;
        TRY(find_target(t, &p->name, &column));
        if (!p->value) continue; /* a dynamic partition: its value comes from the query */
        TRY(bind_expr(&c, p->value, &t->constants[column]));
        const struct type *type =
            type_with_nullable(b->arena, t->table->schema->fields[column].type, false);
        if (!type_castable_implicitly(t->constants[column]->type, type) &&
            !type_castable(t->constants[column]->type, type))
            FAIL_AT(ERR_DATATYPE_MISMATCH, bind_pos(b, p->name.pos),
                "the value of partition column '%.*s' is not %s", (int)p->name.text.n,
                p->name.text.p, type_to_cstr(b->arena, type));
        t->constants[column] = expr_cast(b->arena, t->constants[column], type, false);
    }
    return NULL;
}

static struct err *place_listed(struct target *t)
{
    struct bind *b = t->b;
    const struct ast_path_list *list = &t->ast->columns;
    for (size_t i = 0; i < list->count; i++) {
        const struct ast_path *path = &list->items[i];
        if (path->count > 1) return bind_unsupported(b, path->pos, "INSERT INTO a field of a row");
        uint32_t column;
        TRY(find_target(t, &path->parts[0], &column));
        if (t->sources[column] >= 0 || t->constants[column])
            FAIL_AT(ERR_INVALID_DEFINITION, bind_pos(b, path->pos),
                "Target column '%.*s' is assigned more than once", (int)path->parts[0].text.n,
                path->parts[0].text.p);
        t->sources[column] = (int32_t)i;
    }
    for (uint32_t i = 0; i < t->table->schema->count; i++) {
        const struct type_field *f = &t->table->schema->fields[i];
        if (t->sources[i] < 0 && !t->constants[i] && !f->type->nullable)
            FAIL_AT(ERR_INVALID_DEFINITION, t->pos,
                "Column '%.*s' has no default value and does not allow NULLs", (int)f->name.n,
                f->name.p);
    }
    return NULL;
}

static struct err *place_columns(struct target *t)
{
    uint32_t count = t->table->schema->count, expected = 0;
    t->sources = ARENA_ARRAY(t->b->arena, int32_t, count + 1);
    t->constants = ARENA_ARRAY(t->b->arena, const struct expr *, count + 1);
    for (uint32_t i = 0; i < count; i++) t->sources[i] = -1;
    TRY(place_partition(t));
    if (t->ast->columns.count > 0) {
        TRY(place_listed(t));
        expected = (uint32_t)t->ast->columns.count;
    } else {
        for (uint32_t i = 0; i < count; i++)
            if (!t->constants[i]) t->sources[i] = (int32_t)expected++;
    }
    if (expected != t->query->schema->count) {
        struct text_pos pos = bind_pos(t->b, t->ast->query->pos);
        if (t->ast->columns.count > 0)
            FAIL_AT(ERR_DATATYPE_MISMATCH, pos,
                "Number of INSERT target columns (%u) does not equal number of source items (%u)",
                expected, t->query->schema->count);
        return mismatch(t, "Different number of columns.", pos);
    }
    return NULL;
}

/* ---- casts */

static struct text_pos item_pos(struct target *t, uint32_t column)
{
    const struct logic *q = t->query;
    if (q->kind == LOGIC_PROJECT && q->project.exprs[column]->pos.line)
        return q->project.exprs[column]->pos;
    return bind_pos(t->b, t->ast->query->pos);
}

static struct err *make_value(struct target *t, uint32_t column, const struct expr **out)
{
    struct arena *a = t->b->arena;
    const struct type_field *f = &t->table->schema->fields[column];
    if (t->constants[column]) {
        *out = t->constants[column];
        return NULL;
    }
    if (t->sources[column] < 0) {
        *out = bind_literal_value(t->b, f->type, value_null(), t->pos);
        return NULL;
    }
    uint32_t source = (uint32_t)t->sources[column];
    const struct type *from = t->query->schema->fields[source].type;
    struct expr *e = expr_column(a, source, from);
    e->pos = item_pos(t, source);
    const struct type *to = type_with_nullable(a, f->type, from->nullable);
    if (!type_equal(bind_plain(t->b, from), to) && !type_castable_implicitly(from, to)) {
        const char *cause = str_fmt(a, "Incompatible types for sink column '%.*s' at position %u.",
            (int)f->name.n, f->name.p, column + 1);
        return mismatch(t, cause, e->pos);
    }
    *out = expr_cast(a, e, to, false);
    return NULL;
}

/* A record has one event time: of several rowtime columns all but one must be cast. */
static struct err *check_rowtimes(
    struct bind *b, const struct logic *query, const char *identifier, struct text_pos pos)
{
    struct buf names;
    buf_init(&names, 400);
    uint32_t count = 0;
    for (uint32_t i = 0; i < query->schema->count; i++) {
        const struct type_field *f = &query->schema->fields[i];
        if (f->type->time_attribute != TIME_ROWTIME) continue;
        buf_printf(&names, "%s%.*s", count++ ? ", " : "", (int)f->name.n, f->name.p);
    }
    struct err *e = NULL;
    if (count > 1)
        e = err_at(
            ERR(ERR_INVALID_DEFINITION,
                "The query contains more than one rowtime attribute column [%s] for writing into "
                "table '%s'. Please select the column that should be used as the event-time "
                "timestamp for the table sink by casting all other columns to regular TIMESTAMP "
                "or TIMESTAMP_LTZ.",
                buf_cstr(&names), identifier),
            bind_pos(b, pos));
    buf_free(&names);
    return e;
}

/* ---- the statement */

struct err *bind_find_target(
    struct bind *b, const struct ast_path *path, const struct catalog_table **out)
{
    struct slice name;
    struct text_pos pos = bind_pos(b, path->pos);
    struct err *e = catalog_resolve(path, &name);
    if (e) return err_at(e, pos);
    *out = catalog_find(b->catalog, name);
    if (!*out) {
        e = ERR(ERR_UNDEFINED_TABLE,
            "Cannot find table '`%s`.`%s`.`%.*s`' in any of the catalogs [%s], nor as a temporary "
            "table.",
            CATALOG_NAME, CATALOG_DATABASE, (int)name.n, name.p, CATALOG_NAME);
        const char *nearest = catalog_nearest(b->catalog, b->arena, name);
        if (nearest) e = err_hint(e, "did you mean '%s'?", nearest);
        return err_at(e, pos);
    }
    if ((*out)->is_view)
        FAIL_AT(ERR_UNDEFINED_TABLE, pos,
            "Sink '%s.%s.%.*s' does not exists: it is a view, and nothing can be inserted into one",
            CATALOG_NAME, CATALOG_DATABASE, (int)name.n, name.p);
    for (uint32_t i = 0; i < (*out)->column_count; i++)
        if ((*out)->columns[i].kind == CATALOG_COLUMN_METADATA)
            return bind_unsupported(b, path->pos, "writing to a table with metadata columns");
    return NULL;
}

static struct err *open_target(struct target *t)
{
    struct bind *b = t->b;
    const struct catalog_table *table = NULL;
    TRY(bind_find_target(b, &t->ast->target, &table));
    const struct ast_option_list *options = NULL;
    for (size_t i = 0; i < t->ast->hints.count; i++) {
        const struct ast_hint *h = &t->ast->hints.items[i];
        if (!ast_name_is(&h->name, "OPTIONS"))
            FAIL_AT(ERR_UNSUPPORTED, bind_pos(b, h->pos), "the hint %.*s is not supported yet",
                (int)h->name.text.n, h->name.text.p);
        options = &h->options;
    }
    struct logic_table *l;
    TRY(bind_logic_table(b, table, options, t->pos, true, &l));
    t->table = l;
    if (t->ast->overwrite && !(l->def->flags & CONNECTOR_TEST_ONLY))
        return bind_unsupported(b, t->ast->target.pos, "INSERT OVERWRITE");
    if (t->ast->conflict != AST_CONFLICT_UNSET)
        return bind_unsupported(b, t->ast->target.pos, "ON CONFLICT");
    return NULL;
}

static struct logic *make_sink(
    struct bind *b, const struct logic *input, const struct logic_table *table, struct text_pos pos)
{
    struct logic *sink = logic_new(b->arena, LOGIC_SINK, input->schema, pos);
    sink->sink.table = table;
    logic_set_input(b->arena, sink, input);
    return sink;
}

/* Names stand once in a result: a, a0, a1 (Calcite's SqlValidatorUtil.uniquify). */
static const struct schema *unique_names(struct bind *b, const struct schema *s)
{
    struct type_field *fields = ARENA_ARRAY(b->arena, struct type_field, s->count + 1);
    bool changed = false;
    for (uint32_t i = 0; i < s->count; i++) {
        fields[i] = s->fields[i];
        struct slice name = fields[i].name;
        for (uint32_t attempt = 0, k = 0; k < i; k++) {
            if (!slice_eq(fields[k].name, fields[i].name)) continue;
            fields[i].name = slice_of(str_fmt(b->arena, "%.*s%u", (int)name.n, name.p, attempt++));
            changed = true;
            k = UINT32_MAX; /* look at all of them again */
        }
    }
    return changed ? schema_new(b->arena, fields, s->count) : s;
}

struct err *bind_insert(struct bind *b, const struct ast_insert *insert, const struct logic **out)
{
    struct target t = {.b = b, .ast = insert, .pos = bind_pos(b, insert->target.pos)};
    b->inserts = true;
    TRY(open_target(&t));
    TRY(bind_query(b, insert->query, &t.query));
    TRY(place_columns(&t));
    uint32_t count = t.table->schema->count;
    const struct expr **exprs = ARENA_ARRAY(b->arena, const struct expr *, count + 1);
    struct slice *names = ARENA_ARRAY(b->arena, struct slice, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        TRY(make_value(&t, i, &exprs[i]));
        names[i] = t.sources[i] >= 0 ? t.query->schema->fields[t.sources[i]].name
                                     : slice_of(str_fmt(b->arena, "EXPR$%u", i));
    }
    const struct logic *project = bind_project(b, t.query, exprs, names, count, t.pos);
    TRY(check_rowtimes(b, project, t.table->identifier, insert->query->pos));
    struct logic *sink = make_sink(b, project, t.table, t.pos);
    sink->schema = unique_names(b, sink->schema);
    if (insert->columns.count > 0) {
        uint32_t *columns = ARENA_ARRAY(b->arena, uint32_t, count);
        for (size_t i = 0; i < insert->columns.count; i++)
            columns[i] =
                (uint32_t)schema_find(t.table->schema, insert->columns.items[i].parts[0].text);
        sink->sink.target_columns = columns;
        sink->sink.target_count = (uint32_t)insert->columns.count;
    }
    *out = sink;
    return NULL;
}

struct err *bind_select_sink(struct bind *b, const struct ast_query *q, const struct logic **out)
{
    const struct logic *query;
    TRY(bind_query(b, q, &query));
    TRY(check_rowtimes(
        b, query, CATALOG_NAME "." CATALOG_DATABASE ".Unregistered_Collect_Sink_1", q->pos));
    struct logic *sink = make_sink(b, query, NULL, bind_pos(b, q->pos));
    sink->schema = unique_names(b, sink->schema);
    *out = sink;
    return NULL;
}
