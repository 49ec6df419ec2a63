/* bind_table.c - a table's name in a query: the scan of its physical columns, the projection of its
 * computed ones, its watermark; or the query of a view or of WITH. */
#include "base/arena.h"
#include "plan/bind/scope.h"

/* ---- options and the connector */

static struct slice find_option(const struct options *o, const char *key)
{
    struct slice value = {0};
    option_find(o, key, &value);
    return value;
}

/* WITH, then the OPTIONS hints: a later pair of the same key wins. */
static struct err *merge_options(struct bind *b, const struct catalog_table *t,
    const struct ast_option_list *hints, struct logic_table *out)
{
    struct arena *a = b->arena;
    /* Hints of a replaced connector are not the new one's. */
    uint32_t hint_count = hints && !b->replace_connector ? (uint32_t)hints->count : 0;
    struct option *pairs = ARENA_ARRAY(a, struct option, t->options.count + hint_count + 1);
    uint32_t count = 0;
    for (uint32_t i = 0; i < t->options.count; i++) {
        const struct option *o = &t->options.pairs[i];
        pairs[count++] = (struct option){slice_copy(a, o->key), slice_copy(a, o->value),
            t->script == b->script ? o->pos : (struct text_pos){0}};
    }
    struct option *hinted = pairs + count;
    for (uint32_t i = 0; i < hint_count; i++) {
        const struct ast_option *o = &hints->items[i];
        pairs[count++] = (struct option){
            slice_copy(a, o->key.text), slice_copy(a, o->value.text), bind_pos(b, o->pos)};
    }
    out->options = (struct options){pairs, count};
    out->hints = (struct options){hinted, hint_count};
    return NULL;
}

/* 'collect' takes the result of a SELECT; no table has it. */
static bool is_for_tables(const struct bind *b, const struct connector_def *def)
{
    if (strcmp(def->name, "collect") == 0) return false;
    return b->test_mode || !(def->flags & CONNECTOR_TEST_ONLY);
}

static struct err *no_connector(struct bind *b, struct slice name, struct text_pos pos)
{
    size_t count, n = 0;
    const struct connector_def *const *all = connector_all(&count);
    const char **names = ARENA_ARRAY(b->arena, const char *, count + 1);
    struct buf list;
    buf_init(&list, 512);
    for (size_t i = 0; i < count; i++) {
        if (!is_for_tables(b, all[i])) continue;
        buf_printf(&list, "%s%s", n ? ", " : "", all[i]->name);
        names[n++] = all[i]->name;
    }
    const char *nearest = str_nearest(name, names, n);
    struct err *e = ERR(ERR_INVALID_OPTION,
        "Could not find any factory for identifier '%.*s': there is no such connector. Available: "
        "%s",
        (int)name.n, name.p, buf_cstr(&list));
    buf_free(&list);
    if (nearest) e = err_hint(e, "did you mean '%s'?", nearest);
    return err_at(e, pos);
}

static struct err *find_connector(
    struct bind *b, const struct catalog_table *t, struct text_pos pos, struct logic_table *out)
{
    struct slice name = find_option(&out->options, "connector");
    if (!name.p) {
        struct err *e = ERR(ERR_INVALID_OPTION,
            "Table options do not contain an option key 'connector' for discovering a connector: "
            "table '%.*s'",
            (int)t->name.n, t->name.p);
        return err_at(err_hint(e, "add WITH ('connector' = '...')"), pos);
    }
    struct text_pos at = option_pos(&out->options, "connector");
    const struct connector_def *def = connector_find(name);
    if (!def || !is_for_tables(b, def)) return no_connector(b, name, at.line ? at : pos);
    out->def = def;
    return NULL;
}

static uint32_t *physical_indexes(struct bind *b, const struct catalog_table *t,
    const struct schema *physical, const uint32_t *columns, uint32_t count)
{
    uint32_t *out = ARENA_ARRAY(b->arena, uint32_t, count + 1);
    for (uint32_t i = 0; i < count; i++)
        out[i] = (uint32_t)schema_find(physical, t->columns[columns[i]].name);
    return out;
}

struct err *bind_logic_table(struct bind *b, const struct catalog_table *t,
    const struct ast_option_list *hints, struct text_pos pos, bool as_sink,
    struct logic_table **out)
{
    struct logic_table *l = ARENA_NEW(b->arena, struct logic_table);
    l->name = slice_to_cstr(b->arena, t->name);
    l->identifier = str_fmt(b->arena, "%s.%s.%s", CATALOG_NAME, CATALOG_DATABASE, l->name);
    l->pos = pos;
    l->schema = catalog_table_physical(b->arena, t);
    l->primary_key_count = t->primary_key_count;
    l->primary_key = physical_indexes(b, t, l->schema, t->primary_key, t->primary_key_count);
    l->partition_key_count = t->partition_key_count;
    l->partition_keys =
        physical_indexes(b, t, l->schema, t->partition_keys, t->partition_key_count);
    TRY(merge_options(b, t, hints, l));
    TRY(find_connector(b, t, pos, l));
    struct connector_params p = logic_connector_params(l, b->env, b->zone, b->harness);
    struct err *e = connector_validate(&p, l->def);
    if (e) return err_at(err_wrap(e, "table '%s'", l->identifier), pos);
    unsigned needed = as_sink ? CONNECTOR_SINK : CONNECTOR_SOURCE;
    if (!(l->def->flags & needed))
        FAIL_AT(ERR_INVALID_OPTION, pos, "Connector '%s' can only be used as a %s: table '%s'",
            l->def->name, as_sink ? "source" : "sink", l->identifier);
    if (!as_sink) {
        l->source_kinds = l->def->source_kinds ? l->def->source_kinds(&p) : ROW_KINDS_INSERT_ONLY;
        l->bounded = l->def->bounded && l->def->bounded(&p);
    }
    *out = l;
    return NULL;
}

/* ---- the table in FROM */

/* Trees of a catalog table have positions in another text: everything is said of the reference. */
struct saved {
    struct text_pos at;
    const struct bind_cte *ctes;
};

static struct saved enter_catalog(struct bind *b, struct text_pos pos)
{
    struct saved s = {b->at, b->ctes};
    if (!b->at.line) b->at = pos;
    b->ctes = NULL;
    return s;
}

static void leave_catalog(struct bind *b, struct saved s)
{
    b->at = s.at;
    b->ctes = s.ctes;
}

static struct err *bind_scan(
    struct bind *b, const struct logic_table *table, struct text_pos pos, struct logic **out)
{
    uint32_t *columns = ARENA_ARRAY(b->arena, uint32_t, table->schema->count + 1);
    for (uint32_t i = 0; i < table->schema->count; i++) columns[i] = i;
    *out = logic_new(b->arena, LOGIC_SCAN, table->schema, pos);
    (*out)->scan.table = table;
    (*out)->scan.columns = columns;
    return NULL;
}

/* All columns of the table in their order, computed ones included. */
static struct err *bind_computed(struct bind *b, const struct catalog_table *t,
    const struct logic *scan, const struct logic **out)
{
    struct scope scope = {.schema = scan->schema};
    struct scope_context context = {.bind = b,
        .scope = &scope,
        .illegal = "Aggregate expression is illegal in a computed column",
        .unknown_identifier = true};
    const struct expr **exprs = ARENA_ARRAY(b->arena, const struct expr *, t->column_count + 1);
    struct slice *names = ARENA_ARRAY(b->arena, struct slice, t->column_count + 1);
    bool computed = false;
    for (uint32_t i = 0; i < t->column_count; i++) {
        const struct catalog_column *c = &t->columns[i];
        names[i] = slice_copy(b->arena, c->name);
        if (c->kind == CATALOG_COLUMN_COMPUTED) {
            computed = true;
            TRY(bind_expr(&context, c->expr, &exprs[i]));
            continue;
        }
        int at = schema_find(scan->schema, c->name);
        exprs[i] = expr_column(b->arena, (uint32_t)at, scan->schema->fields[at].type);
    }
    *out =
        computed ? logic_project(b->arena, scan, exprs, names, t->column_count, scan->pos) : scan;
    return NULL;
}

/* The text has been validated with the table's other options. */
static struct err *max_future(const struct options *o, int64_t *ms)
{
    struct slice text;
    *ms = 0;
    return option_find(o, "scan.watermark.max-future", &text) ? option_parse_duration(text, ms)
                                                              : NULL;
}

static struct err *bind_watermark(struct bind *b, const struct catalog_watermark *w,
    const struct logic_table *table, const struct logic *input, const struct logic **out)
{
    struct arena *a = b->arena;
    struct scope scope = {.schema = input->schema};
    struct scope_context context = {
        .bind = b, .scope = &scope, .illegal = "Aggregate expression is illegal in a watermark"};
    struct type_field *fields = ARENA_ARRAY(a, struct type_field, input->schema->count);
    memcpy(fields, input->schema->fields, input->schema->count * sizeof *fields);
    fields[w->column].type = type_with_time_attribute(a, fields[w->column].type, TIME_ROWTIME);
    struct logic *l =
        logic_new(a, LOGIC_WATERMARK, schema_new(a, fields, input->schema->count), input->pos);
    l->watermark.column = w->column;
    TRY(max_future(&table->options, &l->watermark.max_future_ms));
    TRY(bind_expr(&context, w->expr, &l->watermark.expr));
    const struct type *type = type_with_nullable(a, input->schema->fields[w->column].type, true);
    l->watermark.expr = expr_cast(a, l->watermark.expr, type, false);
    logic_set_input(a, l, input);
    *out = l;
    return NULL;
}

static struct err *refuse_metadata(const struct catalog_table *t, struct text_pos pos)
{
    for (uint32_t i = 0; i < t->column_count; i++)
        if (t->columns[i].kind == CATALOG_COLUMN_METADATA)
            FAIL_AT(ERR_UNSUPPORTED, pos,
                "metadata columns are not supported yet: '%.*s' of table '%.*s'",
                (int)t->columns[i].name.n, t->columns[i].name.p, (int)t->name.n, t->name.p);
    return NULL;
}

static struct err *bind_base_table(struct bind *b, const struct catalog_table *t,
    const struct ast_option_list *hints, struct text_pos pos, const struct logic **out)
{
    struct logic_table *table;
    struct logic *scan;
    TRY(refuse_metadata(t, pos));
    TRY(bind_logic_table(b, t, hints, pos, false, &table));
    if (b->inserts) TRY(bind_side_tables(b, table, t->watermark != NULL));
    TRY(bind_scan(b, table, pos, &scan));
    struct saved saved = enter_catalog(b, pos);
    struct err *e = bind_computed(b, t, scan, out);
    if (!e && t->watermark) e = bind_watermark(b, t->watermark, table, *out, out);
    leave_catalog(b, saved);
    return e;
}

/* The view's query under a projection that gives its columns their names. */
static struct err *bind_view_query(
    struct bind *b, const struct catalog_table *t, struct text_pos pos, const struct logic **out)
{
    if (b->view_depth == BIND_VIEW_DEPTH_MAX)
        FAIL_AT(ERR_LIMIT_EXCEEDED, pos, "views nest deeper than %d levels", BIND_VIEW_DEPTH_MAX);
    struct saved saved = enter_catalog(b, pos);
    b->view_depth++;
    const struct logic *query;
    struct err *e = bind_query(b, t->query, &query);
    b->view_depth--;
    leave_catalog(b, saved);
    if (e) return err_wrap(e, "view '%.*s'", (int)t->name.n, t->name.p);
    if (query->schema->count != t->column_count)
        FAIL_AT(ERR_INVALID_DEFINITION, pos,
            "view '%.*s' was made of %u columns and its query now gives %u", (int)t->name.n,
            t->name.p, t->column_count, query->schema->count);
    struct slice *names = ARENA_ARRAY(b->arena, struct slice, t->column_count + 1);
    bool renamed = false;
    for (uint32_t i = 0; i < t->column_count; i++) {
        names[i] = slice_copy(b->arena, t->columns[i].name);
        renamed |= !slice_eq(names[i], query->schema->fields[i].name);
    }
    *out = !renamed ? query
                    : logic_project(b->arena, query, logic_columns(b->arena, query->schema), names,
                          t->column_count, pos);
    return NULL;
}

/* ---- hints: OPTIONS is merged, STATE_TTL and join hints are refused or passed over */

static struct err *find_options_hint(
    struct bind *b, const struct ast_hint_list *hints, const struct ast_option_list **out)
{
    *out = NULL;
    for (size_t i = 0; hints && i < hints->count; i++) {
        const struct ast_hint *h = &hints->items[i];
        if (!ast_name_is(&h->name, "OPTIONS"))
            FAIL_AT(ERR_UNSUPPORTED, bind_pos(b, h->pos), "the hint %.*s is not supported yet",
                (int)h->name.text.n, h->name.text.p);
        *out = &h->options;
    }
    return NULL;
}

static const struct logic *find_cte(const struct bind *b, struct slice name)
{
    for (const struct bind_cte *c = b->ctes; c; c = c->outer)
        if (slice_eq(c->name, name)) return c->query;
    return NULL;
}

static struct err *no_table(struct bind *b, const struct ast_path *path, struct slice name)
{
    struct err *e = ERR(ERR_UNDEFINED_TABLE, "Object '%.*s' not found", (int)name.n, name.p);
    const char *nearest = catalog_nearest(b->catalog, b->arena, name);
    if (nearest) e = err_hint(e, "did you mean '%s'?", nearest);
    return err_at(e, bind_pos(b, path->parts[path->count - 1].pos));
}

struct err *bind_table(struct bind *b, const struct ast_path *path,
    const struct ast_hint_list *hints, struct text_pos at, const struct logic **out)
{
    struct text_pos pos = bind_pos(b, at);
    const struct ast_option_list *options;
    if (++b->tables > BIND_TABLES_MAX)
        FAIL_AT(ERR_LIMIT_EXCEEDED, pos,
            "a statement refers to at most %d tables, those of its "
            "views included",
            BIND_TABLES_MAX);
    TRY(find_options_hint(b, hints, &options));
    if (path->count == 1 && (*out = find_cte(b, path->parts[0].text))) return NULL;
    struct slice name;
    struct err *e = catalog_resolve(path, &name);
    if (e) return err_at(e, pos);
    const struct catalog_table *t = catalog_find(b->catalog, name);
    if (!t) return no_table(b, path, name);
    if (!t->is_view) return bind_base_table(b, t, options, pos, out);
    if (options)
        FAIL_AT(ERR_UNSUPPORTED, pos,
            "View '`%s`.`%s`.`%.*s`' cannot be enriched with new options. Hints can only be "
            "applied to tables.",
            CATALOG_NAME, CATALOG_DATABASE, (int)name.n, name.p);
    return bind_view_query(b, t, pos, out);
}
