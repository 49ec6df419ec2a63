/* FROM: tables and joins. */
#include "base/check.h"
#include "sql/print_part.h"

static void print_join(struct buf *out, const struct ast_join *join)
{
    static const char *const words[] = {[AST_JOIN_COMMA] = ", ",
        [AST_JOIN_CROSS] = "CROSS JOIN ",
        [AST_JOIN_INNER] = "INNER JOIN ",
        [AST_JOIN_LEFT] = "LEFT JOIN ",
        [AST_JOIN_RIGHT] = "RIGHT JOIN ",
        [AST_JOIN_FULL] = "FULL JOIN "};
    print_table(out, join->left);
    if (join->kind != AST_JOIN_COMMA) buf_add_char(out, ' ');
    if (join->natural) buf_add_cstr(out, "NATURAL ");
    buf_add_cstr(out, words[join->kind]);
    print_table(out, join->right);
    if (join->on) {
        buf_add_cstr(out, " ON ");
        print_expr(out, join->on);
    } else if (join->using.count > 0) {
        buf_add_cstr(out, " USING (");
        print__names(out, &join->using);
        buf_add_char(out, ')');
    }
}

static void print_unnest(struct buf *out, const struct ast_table *table)
{
    buf_add_cstr(out, "UNNEST(");
    print__exprs(out, &table->unnest);
    buf_add_char(out, ')');
    if (table->ordinality) buf_add_cstr(out, " WITH ORDINALITY");
}

/* Always in TABLE(..): f(..) alone means the same. */
static void print_function(struct buf *out, const struct ast_table *table)
{
    buf_add_cstr(out, "TABLE(");
    print_expr(out, table->call);
    buf_add_char(out, ')');
}

static void print_base(struct buf *out, const struct ast_table *table)
{
    switch (table->kind) {
    case AST_TABLE_NAME: print__path(out, &table->name); return;
    case AST_TABLE_QUERY: print__nested(out, table->query); return;
    case AST_TABLE_FUNCTION: print_function(out, table); return;
    case AST_TABLE_UNNEST: print_unnest(out, table); return;
    case AST_TABLE_JOIN: print_join(out, &table->join); return;
    case AST_TABLE_MATCH: print__match(out, table->match); return;
    case AST_TABLE_GROUP:
        buf_add_char(out, '(');
        print_table(out, table->group);
        buf_add_char(out, ')');
        return;
    }
    UNREACHABLE();
}

static void print_sample(struct buf *out, const struct ast_sample *sample)
{
    buf_add_cstr(out, sample->bernoulli ? " TABLESAMPLE BERNOULLI (" : " TABLESAMPLE SYSTEM (");
    print_expr(out, sample->percent);
    buf_add_char(out, ')');
    if (!sample->repeatable) return;
    buf_add_cstr(out, " REPEATABLE (");
    print_expr(out, sample->repeatable);
    buf_add_char(out, ')');
}

void print_table(struct buf *out, const struct ast_table *table)
{
    if (table->lateral) buf_add_cstr(out, "LATERAL ");
    print_base(out, table);
    print__hints(out, &table->hints);
    if (table->system_time) {
        buf_add_cstr(out, " FOR SYSTEM_TIME AS OF ");
        print_expr(out, table->system_time);
    }
    if (table->alias.text.n > 0) {
        buf_add_cstr(out, " AS ");
        print__name(out, &table->alias);
    }
    if (table->columns.count > 0) {
        buf_add_cstr(out, " (");
        print__names(out, &table->columns);
        buf_add_char(out, ')');
    }
    if (table->sample) print_sample(out, table->sample);
}
