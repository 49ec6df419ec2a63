/* Queries. */
#include "base/check.h"
#include "sql/print_part.h"

/* --- SELECT --- */

static void print_group_item(struct buf *out, const struct ast_group_item *item)
{
    static const char *const words[] = {[AST_GROUP_EXPR] = "",
        [AST_GROUP_ROLLUP] = "ROLLUP",
        [AST_GROUP_CUBE] = "CUBE",
        [AST_GROUP_GROUPING_SETS] = "GROUPING SETS "};
    bool parens = item->kind != AST_GROUP_EXPR || item->parenthesized;
    buf_add_cstr(out, words[item->kind]);
    if (parens) buf_add_char(out, '(');
    print__exprs(out, &item->exprs);
    for (size_t i = 0; i < item->item_count; i++) {
        if (i > 0) buf_add_cstr(out, ", ");
        print_group_item(out, &item->items[i]);
    }
    if (parens) buf_add_char(out, ')');
}

static void print_group_by(struct buf *out, const struct ast_select *select)
{
    if (!select->grouped) return;
    buf_add_cstr(out, " GROUP BY ");
    if (select->group_quantifier == AST_SET_DISTINCT) buf_add_cstr(out, "DISTINCT ");
    if (select->group_quantifier == AST_SET_ALL) buf_add_cstr(out, "ALL ");
    for (size_t i = 0; i < select->group_count; i++) {
        if (i > 0) buf_add_cstr(out, ", ");
        print_group_item(out, &select->group_by[i]);
    }
}

static void print_clause(struct buf *out, const char *word, const struct ast_expr *expr)
{
    if (!expr) return;
    buf_printf(out, " %s ", word);
    print_expr(out, expr);
}

static void print_select(struct buf *out, const struct ast_select *select)
{
    buf_add_cstr(out, "SELECT");
    print__hints(out, &select->hints);
    if (select->quantifier == AST_SET_DISTINCT) buf_add_cstr(out, " DISTINCT");
    if (select->quantifier == AST_SET_ALL) buf_add_cstr(out, " ALL");
    for (size_t i = 0; i < select->item_count; i++) {
        buf_add_cstr(out, i > 0 ? ", " : " ");
        print_expr(out, select->items[i].expr);
        if (select->items[i].alias.text.n == 0) continue;
        buf_add_cstr(out, " AS ");
        print__name(out, &select->items[i].alias);
    }
    if (!select->from) return;
    buf_add_cstr(out, " FROM ");
    print_table(out, select->from);
    print_clause(out, "WHERE", select->where);
    print_group_by(out, select);
    print_clause(out, "HAVING", select->having);
    for (size_t i = 0; i < select->window_count; i++) {
        buf_add_cstr(out, i > 0 ? ", " : " WINDOW ");
        print__name(out, &select->windows[i].name);
        buf_add_cstr(out, " AS ");
        print__window(out, select->windows[i].window);
    }
    print_clause(out, "QUALIFY", select->qualify);
}

/* --- set operations --- */

static bool has_clauses(const struct ast_query *q)
{
    return q->cte_count > 0 || q->order_by.count > 0 || q->limit || q->offset;
}

static int level_of(const struct ast_query *q)
{
    enum { UNION_LEVEL, INTERSECT_LEVEL, OPERAND_LEVEL };
    if (q->kind != AST_QUERY_SET_OP) return OPERAND_LEVEL;
    return q->set.op == AST_SET_INTERSECT ? INTERSECT_LEVEL : UNION_LEVEL;
}

static void print_operand(struct buf *out, const struct ast_query *q, int level)
{
    if (has_clauses(q) || level_of(q) < level)
        print__nested(out, q);
    else
        print_query(out, q);
}

static void print_set(struct buf *out, const struct ast_query *q)
{
    static const char *const words[] = {[AST_SET_UNION] = " UNION ",
        [AST_SET_INTERSECT] = " INTERSECT ",
        [AST_SET_EXCEPT] = " EXCEPT "};
    print_operand(out, q->set.left, level_of(q));
    buf_add_cstr(out, words[q->set.op]);
    if (q->set.all) buf_add_cstr(out, "ALL ");
    print_operand(out, q->set.right, level_of(q) + 1);
}

/* --- the whole --- */

void print__nested(struct buf *out, const struct ast_query *query)
{
    buf_add_char(out, '(');
    print_query(out, query);
    buf_add_char(out, ')');
}

static void print_ctes(struct buf *out, const struct ast_query *q)
{
    for (size_t i = 0; i < q->cte_count; i++) {
        buf_add_cstr(out, i > 0 ? ", " : q->recursive ? "WITH RECURSIVE " : "WITH ");
        print__name(out, &q->ctes[i].name);
        if (q->ctes[i].columns.count > 0) {
            buf_add_cstr(out, " (");
            print__names(out, &q->ctes[i].columns);
            buf_add_char(out, ')');
        }
        buf_add_cstr(out, " AS ");
        print__nested(out, q->ctes[i].query);
    }
    if (q->cte_count > 0) buf_add_char(out, ' ');
}

static void print_body(struct buf *out, const struct ast_query *q)
{
    switch (q->kind) {
    case AST_QUERY_SELECT: print_select(out, q->select); return;
    case AST_QUERY_VALUES:
        buf_add_cstr(out, "VALUES ");
        print__exprs(out, &q->values);
        return;
    case AST_QUERY_SET_OP: print_set(out, q); return;
    case AST_QUERY_TABLE:
        buf_add_cstr(out, "TABLE ");
        print__path(out, &q->table);
        return;
    case AST_QUERY_NESTED: print__nested(out, q->nested); return;
    }
    UNREACHABLE();
}

void print_query(struct buf *out, const struct ast_query *q)
{
    print_ctes(out, q);
    print_body(out, q);
    if (q->order_by.count > 0) {
        buf_add_cstr(out, " ORDER BY ");
        print__order(out, &q->order_by);
    }
    print_clause(out, "LIMIT", q->limit);
    print_clause(out, "OFFSET", q->offset);
}
