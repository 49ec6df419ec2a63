/* CREATE and ALTER. */
#include "base/check.h"
#include "sql/print_part.h"

/* --- pieces --- */

void print__comment(struct buf *out, const struct ast_string *comment)
{
    if (!comment->text.p) return;
    buf_add_cstr(out, " COMMENT ");
    print_string(out, comment->text);
}

void print__partition(struct buf *out, const struct ast_partition_spec *spec)
{
    if (spec->count == 0) return;
    buf_add_cstr(out, " PARTITION (");
    for (size_t i = 0; i < spec->count; i++) {
        if (i > 0) buf_add_cstr(out, ", ");
        print__name(out, &spec->items[i].name);
        if (!spec->items[i].value) continue;
        buf_add_cstr(out, " = ");
        print_expr(out, spec->items[i].value);
    }
    buf_add_char(out, ')');
}

static void print_key(struct buf *out, const struct ast_constraint *c, bool with_columns)
{
    if (c->name.text.n > 0) {
        buf_add_cstr(out, "CONSTRAINT ");
        print__name(out, &c->name);
        buf_add_char(out, ' ');
    }
    buf_add_cstr(out, c->unique ? "UNIQUE" : "PRIMARY KEY");
    if (with_columns) {
        buf_add_cstr(out, " (");
        print__names(out, &c->columns);
        buf_add_char(out, ')');
    }
    if (!c->enforced) buf_add_cstr(out, " NOT ENFORCED");
}

static void print_column(struct buf *out, const struct ast_column *column)
{
    print__path(out, &column->name);
    buf_add_char(out, ' ');
    if (column->kind == AST_COLUMN_COMPUTED) {
        buf_add_cstr(out, "AS ");
        print_expr(out, column->expr);
    } else {
        print_type(out, column->type);
    }
    if (column->kind == AST_COLUMN_METADATA) buf_add_cstr(out, " METADATA");
    if (column->metadata_key.text.p) {
        buf_add_cstr(out, " FROM ");
        print_string(out, column->metadata_key.text);
    }
    if (column->is_virtual) buf_add_cstr(out, " VIRTUAL");
    if (column->constraint) {
        buf_add_char(out, ' ');
        print_key(out, column->constraint, false);
    }
    print__comment(out, &column->comment);
    if (column->place == AST_PLACE_FIRST) buf_add_cstr(out, " FIRST");
    if (column->place != AST_PLACE_AFTER) return;
    buf_add_cstr(out, " AFTER ");
    print__path(out, &column->after);
}

static void separate(struct buf *out, size_t start)
{
    if (out->n > start) buf_add_cstr(out, ", ");
}

void print__schema(struct buf *out, const struct ast_table_schema *schema)
{
    size_t start = out->n;
    for (size_t i = 0; i < schema->column_count; i++) {
        separate(out, start);
        print_column(out, &schema->columns[i]);
    }
    for (size_t i = 0; i < schema->watermark_count; i++) {
        separate(out, start);
        buf_add_cstr(out, "WATERMARK FOR ");
        print__path(out, &schema->watermarks[i].column);
        buf_add_cstr(out, " AS ");
        print_expr(out, schema->watermarks[i].expr);
    }
    for (size_t i = 0; i < schema->constraint_count; i++) {
        separate(out, start);
        print_key(out, &schema->constraints[i], true);
    }
}

void print__distribution(struct buf *out, const struct ast_distribution *d)
{
    static const char *const words[] = {[AST_DISTRIBUTION_UNKNOWN] = " BY (",
        [AST_DISTRIBUTION_HASH] = " BY HASH (",
        [AST_DISTRIBUTION_RANGE] = " BY RANGE (",
        [AST_DISTRIBUTION_NONE] = ""};
    buf_add_cstr(out, words[d->kind]);
    print__names(out, &d->columns);
    if (d->kind != AST_DISTRIBUTION_NONE) buf_add_char(out, ')');
    if (d->bucket_count >= 0) buf_printf(out, " INTO %lld BUCKETS", (long long)d->bucket_count);
}

static void print_with(struct buf *out, const struct ast_option_list *options)
{
    if (options->count == 0) return;
    buf_add_cstr(out, " WITH ");
    print__options(out, options);
}

/* --- CREATE --- */

static void print_like(struct buf *out, const struct ast_table_like *like)
{
    static const char *const strategies[] = {[AST_LIKE_INCLUDING] = "INCLUDING ",
        [AST_LIKE_EXCLUDING] = "EXCLUDING ",
        [AST_LIKE_OVERWRITING] = "OVERWRITING "};
    static const char *const features[] = {[AST_LIKE_ALL] = "ALL",
        [AST_LIKE_CONSTRAINTS] = "CONSTRAINTS",
        [AST_LIKE_DISTRIBUTION] = "DISTRIBUTION",
        [AST_LIKE_GENERATED] = "GENERATED",
        [AST_LIKE_METADATA] = "METADATA",
        [AST_LIKE_OPTIONS] = "OPTIONS",
        [AST_LIKE_PARTITIONS] = "PARTITIONS",
        [AST_LIKE_WATERMARKS] = "WATERMARKS"};
    buf_add_cstr(out, " LIKE ");
    print__path(out, &like->source);
    for (size_t i = 0; i < like->option_count; i++) {
        buf_add_cstr(out, i > 0 ? " " : " (");
        buf_add_cstr(out, strategies[like->options[i].strategy]);
        buf_add_cstr(out, features[like->options[i].feature]);
    }
    if (like->option_count > 0) buf_add_char(out, ')');
}

static void print_body(struct buf *out, bool has_schema, const struct ast_name_list *columns,
    const struct ast_table_schema *schema, const struct ast_string *comment,
    const struct ast_distribution *distribution, const struct ast_name_list *partitioned_by)
{
    if (has_schema) {
        buf_add_cstr(out, " (");
        print__names(out, columns);
        print__schema(out, schema);
        buf_add_char(out, ')');
    }
    print__comment(out, comment);
    if (distribution) {
        buf_add_cstr(out, " DISTRIBUTED");
        print__distribution(out, distribution);
    }
    if (partitioned_by->count == 0) return;
    buf_add_cstr(out, " PARTITIONED BY (");
    print__names(out, partitioned_by);
    buf_add_char(out, ')');
}

static void print_as(struct buf *out, const struct ast_query *query)
{
    if (!query) return;
    buf_add_cstr(out, " AS ");
    print_query(out, query);
}

static void print_create_table(struct buf *out, const struct ast_create_table *t)
{
    buf_printf(out, "CREATE %s%sTABLE %s", t->or_replace ? "OR REPLACE " : "",
        t->temporary ? "TEMPORARY " : "", t->if_not_exists ? "IF NOT EXISTS " : "");
    print__path(out, &t->name);
    print_body(out, t->has_schema, &t->columns, &t->schema, &t->comment, t->distribution,
        &t->partitioned_by);
    print_with(out, &t->options);
    if (t->like) print_like(out, t->like);
    print_as(out, t->query);
}

static void print_create_materialized(struct buf *out, const struct ast_create_materialized *t)
{
    buf_printf(out, "CREATE %sMATERIALIZED TABLE %s", t->or_alter ? "OR ALTER " : "",
        t->if_not_exists ? "IF NOT EXISTS " : "");
    print__path(out, &t->name);
    print_body(out, t->has_schema, &t->columns, &t->schema, &t->comment, t->distribution,
        &t->partitioned_by);
    print_with(out, &t->options);
    if (t->freshness) {
        buf_add_cstr(out, " FRESHNESS = ");
        print_expr(out, t->freshness);
    }
    if (t->refresh_mode != AST_REFRESH_UNSET)
        buf_printf(
            out, " REFRESH_MODE = %s", t->refresh_mode == AST_REFRESH_FULL ? "FULL" : "CONTINUOUS");
    print_as(out, t->query);
}

static void print_create_view(struct buf *out, const struct ast_create_view *v)
{
    buf_printf(out, "CREATE %s%sVIEW %s", v->or_replace ? "OR REPLACE " : "",
        v->temporary ? "TEMPORARY " : "", v->if_not_exists ? "IF NOT EXISTS " : "");
    print__path(out, &v->name);
    if (v->columns.count > 0) {
        buf_add_cstr(out, " (");
        print__names(out, &v->columns);
        buf_add_char(out, ')');
    }
    print__comment(out, &v->comment);
    print_as(out, v->query);
}

static void print_function_body(struct buf *out, const struct ast_create_function *f)
{
    print__path(out, &f->name);
    buf_add_cstr(out, " AS ");
    print_string(out, f->class_name.text);
    if (f->language.text.n > 0) {
        buf_add_cstr(out, " LANGUAGE ");
        buf_add_slice(out, f->language.text);
    }
    for (size_t i = 0; i < f->jars.count; i++) {
        buf_add_cstr(out, i > 0 ? ", " : " USING ");
        buf_add_cstr(out, f->artifacts ? "ARTIFACT " : "JAR ");
        print_string(out, f->jars.items[i].text);
    }
    print_with(out, &f->options);
}

static void print_create_function(struct buf *out, const struct ast_create_function *f)
{
    buf_printf(out, "CREATE %s%s%sFUNCTION %s", f->or_replace ? "OR REPLACE " : "",
        f->temporary ? "TEMPORARY " : "", f->system ? "SYSTEM " : "",
        f->if_exists ? "IF NOT EXISTS " : "");
    print_function_body(out, f);
}

static void print_model_schema(
    struct buf *out, const char *word, const struct ast_table_schema *schema)
{
    if (schema->column_count + schema->constraint_count + schema->watermark_count == 0) return;
    buf_printf(out, " %s (", word);
    print__schema(out, schema);
    buf_add_char(out, ')');
}

static void print_create_object(
    struct buf *out, const char *word, const struct ast_create_object *o)
{
    buf_printf(out, "CREATE %s%s%s %s", o->or_replace ? "OR REPLACE " : "",
        o->temporary ? "TEMPORARY " : "", word, o->if_not_exists ? "IF NOT EXISTS " : "");
    print__path(out, &o->name);
    print_model_schema(out, "INPUT", &o->input);
    print_model_schema(out, "OUTPUT", &o->output);
    print__comment(out, &o->comment);
    print_with(out, &o->options);
    print_as(out, o->query);
}

void print__create(struct buf *out, const struct ast_statement *s)
{
    switch (s->kind) {
    case AST_STATEMENT_CREATE_TABLE: print_create_table(out, &s->create_table); return;
    case AST_STATEMENT_CREATE_VIEW: print_create_view(out, &s->create_view); return;
    case AST_STATEMENT_CREATE_MATERIALIZED_TABLE:
        print_create_materialized(out, &s->create_materialized);
        return;
    case AST_STATEMENT_CREATE_FUNCTION: print_create_function(out, &s->create_function); return;
    case AST_STATEMENT_CREATE_CATALOG:
        print_create_object(out, "CATALOG", &s->create_object);
        return;
    case AST_STATEMENT_CREATE_DATABASE:
        print_create_object(out, "DATABASE", &s->create_object);
        return;
    case AST_STATEMENT_CREATE_MODEL: print_create_object(out, "MODEL", &s->create_object); return;
    case AST_STATEMENT_ALTER_FUNCTION:
        buf_printf(out, "ALTER %s%sFUNCTION %s", s->create_function.temporary ? "TEMPORARY " : "",
            s->create_function.system ? "SYSTEM " : "",
            s->create_function.if_exists ? "IF EXISTS " : "");
        print_function_body(out, &s->create_function);
        return;
    default: UNREACHABLE();
    }
}
