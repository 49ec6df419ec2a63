/* catalog_print.c - SHOW CREATE TABLE and SHOW CREATE VIEW, laid out as Flink's ShowCreateUtil. */
#include "base/arena.h"
#include "catalog/catalog.h"
#include "sql/print.h"

static void print_quoted(struct buf *out, struct slice name)
{
    buf_add_char(out, '`');
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == '`') buf_add_char(out, '`');
        buf_add_char(out, name.p[i]);
    }
    buf_add_char(out, '`');
}

static void print_comment(struct buf *out, struct slice comment)
{
    if (comment.n == 0) return;
    buf_add_cstr(out, " COMMENT ");
    print_string(out, comment);
}

static void print_column(const struct catalog_column *c, struct buf *out)
{
    buf_add_cstr(out, "  ");
    print_quoted(out, c->name);
    buf_add_char(out, ' ');
    switch (c->kind) {
    case CATALOG_COLUMN_COMPUTED:
        buf_add_cstr(out, "AS ");
        buf_add_slice(out, c->expr_text);
        break;
    case CATALOG_COLUMN_METADATA:
        type_print(c->type, false, out);
        buf_add_cstr(out, " METADATA");
        if (c->metadata_key.n > 0) {
            buf_add_cstr(out, " FROM ");
            print_string(out, c->metadata_key);
        }
        if (c->is_virtual) buf_add_cstr(out, " VIRTUAL");
        break;
    case CATALOG_COLUMN_PHYSICAL: type_print(c->type, false, out); break;
    }
    print_comment(out, c->comment);
}

static void print_list(
    const struct catalog_table *t, const uint32_t *columns, uint32_t count, struct buf *out)
{
    buf_add_char(out, '(');
    for (uint32_t i = 0; i < count; i++) {
        if (i) buf_add_cstr(out, ", ");
        print_quoted(out, t->columns[columns[i]].name);
    }
    buf_add_char(out, ')');
}

static void print_schema(const struct catalog_table *t, struct buf *out)
{
    for (uint32_t i = 0; i < t->column_count; i++) {
        buf_add_cstr(out, i ? ",\n" : "");
        print_column(&t->columns[i], out);
    }
    if (t->watermark) {
        buf_add_cstr(out, ",\n  WATERMARK FOR ");
        print_quoted(out, t->columns[t->watermark->column].name);
        buf_add_cstr(out, " AS ");
        buf_add_slice(out, t->watermark->expr_text);
    }
    if (t->primary_key_count > 0) {
        buf_add_cstr(out, ",\n  CONSTRAINT ");
        print_quoted(out, t->primary_key_name);
        buf_add_cstr(out, " PRIMARY KEY ");
        print_list(t, t->primary_key, t->primary_key_count, out);
        buf_add_cstr(out, " NOT ENFORCED");
    }
}

static int compare_pairs(const struct option *a, const struct option *b)
{
    return slice_cmp(a->key, b->key);
}

/* Sorted by key, as Flink prints them. */
static void print_options(const struct options *o, struct buf *out)
{
    buf_add_cstr(out, "WITH (");
    uint32_t printed = 0;
    const struct option *last = NULL;
    while (printed < o->count) {
        const struct option *next = NULL;
        for (uint32_t i = 0; i < o->count; i++) {
            const struct option *p = &o->pairs[i];
            if (last && compare_pairs(p, last) <= 0) continue;
            if (!next || compare_pairs(p, next) <= 0) next = p;
        }
        if (!next) break;
        buf_add_cstr(out, printed++ ? ",\n  " : "\n  ");
        print_string(out, next->key);
        buf_add_cstr(out, " = ");
        print_string(out, option_is_secret(next->key) ? SLICE("****") : next->value);
        last = next;
    }
    buf_add_cstr(out, "\n)\n");
}

static void print_head(const struct catalog_table *t, struct buf *out)
{
    buf_printf(out, "CREATE %s%s `%s`.`%s`.", t->temporary ? "TEMPORARY " : "",
        t->is_view ? "VIEW" : "TABLE", CATALOG_NAME, CATALOG_DATABASE);
    print_quoted(out, t->name);
    buf_add_cstr(out, " (\n");
}

static void print_view(const struct catalog_table *t, struct buf *out)
{
    print_head(t, out);
    for (uint32_t i = 0; i < t->column_count; i++) {
        buf_add_cstr(out, i ? ",\n  " : "  ");
        print_quoted(out, t->columns[i].name);
    }
    buf_add_cstr(out, "\n)\n");
    if (t->comment.n > 0) {
        buf_add_cstr(out, "COMMENT ");
        print_string(out, t->comment);
        buf_add_char(out, '\n');
    }
    buf_add_cstr(out, "AS ");
    buf_add_slice(out, t->query_text);
    buf_add_char(out, '\n');
}

void catalog_print(const struct catalog_table *t, struct buf *out)
{
    if (t->is_view) {
        print_view(t, out);
        return;
    }
    print_head(t, out);
    print_schema(t, out);
    buf_add_cstr(out, "\n)\n");
    if (t->comment.n > 0) {
        buf_add_cstr(out, "COMMENT ");
        print_string(out, t->comment);
        buf_add_char(out, '\n');
    }
    if (t->distribution.n > 0)
        buf_printf(out, "DISTRIBUTED %.*s\n", (int)t->distribution.n, t->distribution.p);
    if (t->partition_key_count > 0) {
        buf_add_cstr(out, "PARTITIONED BY ");
        print_list(t, t->partition_keys, t->partition_key_count, out);
        buf_add_char(out, '\n');
    }
    if (t->options.count > 0) print_options(&t->options, out);
}
