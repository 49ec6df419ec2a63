/* ALTER. */
#include "base/check.h"
#include "sql/print_part.h"

static void print_schema_change(struct buf *out, const struct ast_alter_table *t)
{
    buf_add_cstr(out, t->action == AST_ALTER_ADD ? " ADD " : " MODIFY ");
    if (t->distribution) {
        buf_add_cstr(out, "DISTRIBUTION");
        print__distribution(out, t->distribution);
        return;
    }
    buf_add_char(out, '(');
    print__schema(out, &t->schema);
    buf_add_char(out, ')');
}

static void print_partitions(struct buf *out, const struct ast_alter_table *t)
{
    bool add = t->action == AST_ALTER_ADD_PARTITION;
    buf_add_cstr(out, add ? " ADD" : " DROP");
    if (t->partition_exists) buf_add_cstr(out, add ? " IF NOT EXISTS" : " IF EXISTS");
    for (size_t i = 0; i < t->partition_count; i++) {
        if (i > 0 && !add) buf_add_char(out, ',');
        print__partition(out, &t->partitions[i].spec);
        if (t->partitions[i].options.count == 0) continue;
        buf_add_cstr(out, " WITH ");
        print__options(out, &t->partitions[i].options);
    }
}

static void print_drop_columns(struct buf *out, const struct ast_alter_table *t)
{
    for (size_t i = 0; i < t->columns.count; i++) {
        buf_add_cstr(out, i > 0 ? ", " : " DROP (");
        print__path(out, &t->columns.items[i]);
    }
    buf_add_char(out, ')');
}

static void print_rename(struct buf *out, const struct ast_path *from, const struct ast_path *to)
{
    buf_add_cstr(out, " RENAME ");
    if (from) {
        print__path(out, from);
        buf_add_char(out, ' ');
    }
    buf_add_cstr(out, "TO ");
    print__path(out, to);
}

static void print_set(struct buf *out, const struct ast_option_list *options)
{
    buf_add_cstr(out, " SET ");
    print__options(out, options);
}

static void print_reset(struct buf *out, const struct ast_string_list *keys)
{
    buf_add_cstr(out, " RESET ");
    print__keys(out, keys);
}

static void print_table_action(struct buf *out, const struct ast_alter_table *t)
{
    switch (t->action) {
    case AST_ALTER_RENAME: print_rename(out, NULL, &t->target); return;
    case AST_ALTER_RENAME_COLUMN: print_rename(out, &t->column, &t->target); return;
    case AST_ALTER_SET: print_set(out, &t->options); return;
    case AST_ALTER_RESET: print_reset(out, &t->keys); return;
    case AST_ALTER_ADD:
    case AST_ALTER_MODIFY: print_schema_change(out, t); return;
    case AST_ALTER_DROP_COLUMN: print_drop_columns(out, t); return;
    case AST_ALTER_DROP_PRIMARY_KEY: buf_add_cstr(out, " DROP PRIMARY KEY"); return;
    case AST_ALTER_DROP_CONSTRAINT:
        buf_add_cstr(out, " DROP CONSTRAINT ");
        print__path(out, &t->column);
        return;
    case AST_ALTER_DROP_WATERMARK: buf_add_cstr(out, " DROP WATERMARK"); return;
    case AST_ALTER_DROP_DISTRIBUTION: buf_add_cstr(out, " DROP DISTRIBUTION"); return;
    case AST_ALTER_ADD_PARTITION:
    case AST_ALTER_DROP_PARTITION: print_partitions(out, t); return;
    default: UNREACHABLE();
    }
}

static void print_materialized_action(struct buf *out, const struct ast_alter_materialized *t)
{
    switch (t->table.action) {
    case AST_ALTER_SUSPEND: buf_add_cstr(out, " SUSPEND"); return;
    case AST_ALTER_RESUME:
        buf_add_cstr(out, " RESUME");
        if (t->table.options.count == 0) return;
        buf_add_cstr(out, " WITH ");
        print__options(out, &t->table.options);
        return;
    case AST_ALTER_REFRESH:
        buf_add_cstr(out, " REFRESH");
        print__partition(out, &t->partition);
        return;
    case AST_ALTER_SET_FRESHNESS:
        buf_add_cstr(out, " SET FRESHNESS = ");
        print_expr(out, t->freshness);
        return;
    case AST_ALTER_SET_REFRESH_MODE:
        buf_add_cstr(out, t->refresh_mode == AST_REFRESH_FULL ? " SET REFRESH_MODE = FULL"
                                                              : " SET REFRESH_MODE = CONTINUOUS");
        return;
    case AST_ALTER_AS:
        buf_add_cstr(out, " AS ");
        print_query(out, t->query);
        return;
    default: print_table_action(out, &t->table); return;
    }
}

static void print_object_action(struct buf *out, const struct ast_alter_object *o)
{
    switch (o->action) {
    case AST_ALTER_RENAME: print_rename(out, NULL, &o->target); return;
    case AST_ALTER_SET: print_set(out, &o->options); return;
    case AST_ALTER_RESET: print_reset(out, &o->keys); return;
    case AST_ALTER_COMMENT: print__comment(out, &o->comment); return;
    case AST_ALTER_AS:
        buf_add_cstr(out, " AS ");
        print_query(out, o->query);
        return;
    default: UNREACHABLE();
    }
}

void print__alter(struct buf *out, const struct ast_statement *s)
{
    if (s->kind == AST_STATEMENT_ALTER_FUNCTION) {
        print__create(out, s);
        return;
    }
    buf_printf(out, "%s ", ast_statement_name(s->kind));
    if (s->kind == AST_STATEMENT_ALTER_TABLE) {
        if (s->alter_table.if_exists) buf_add_cstr(out, "IF EXISTS ");
        print__path(out, &s->alter_table.name);
        print_table_action(out, &s->alter_table);
    } else if (s->kind == AST_STATEMENT_ALTER_MATERIALIZED_TABLE) {
        print__path(out, &s->alter_materialized.table.name);
        print_materialized_action(out, &s->alter_materialized);
    } else {
        if (s->alter_object.if_exists) buf_add_cstr(out, "IF EXISTS ");
        print__path(out, &s->alter_object.name);
        print_object_action(out, &s->alter_object);
    }
}
