/* logic_print.c - == Abstract Syntax Tree == of EXPLAIN, in the manner of Calcite's RelNode trees:
 * columns are $0, $1, calls are written before their arguments. */
#include "base/check.h"
#include "plan/logic/logic.h"

static void print_literal(const struct expr *e, struct buf *out)
{
    const struct value *v = e->literal;
    if (v->null) {
        buf_add_cstr(out, "null:");
        type_print(e->type, false, out);
    } else if (type_is_character(e->type)) {
        buf_printf(out, "'%.*s'", (int)v->text.n, v->text.p);
    } else if (e->type->kind == TYPE_INTERVAL_SECOND || e->type->kind == TYPE_INTERVAL_MONTH) {
        buf_printf(out, "%lld:%s", (long long)v->i64,
            e->type->kind == TYPE_INTERVAL_MONTH ? "INTERVAL MONTH" : "INTERVAL SECOND");
    } else {
        value_print(e->type, v, NULL, out);
    }
}

static void print_expr_tree(const struct expr *e, struct buf *out);

static void print_args(const char *name, const struct expr *e, struct buf *out)
{
    buf_printf(out, "%s(", name);
    for (uint32_t i = 0; i < e->arg_count; i++) {
        if (i) buf_add_cstr(out, ", ");
        print_expr_tree(e->args[i], out);
    }
    buf_add_char(out, ')');
}

static void print_call(const struct expr *e, struct buf *out)
{
    const char *name = e->func->name;
    bool cast = strcmp(name, "CAST") == 0 || strcmp(name, "TRY_CAST") == 0;
    print_args(strcmp(name, "NEGATE") == 0 ? "-" : name, e, out);
    if (!cast) return;
    buf_add_char(out, ':');
    type_print(e->type, false, out);
}

static void print_expr_tree(const struct expr *e, struct buf *out)
{
    switch (e->kind) {
    case EXPR_COLUMN: buf_printf(out, "$%u", e->column); return;
    case EXPR_LITERAL: print_literal(e, out); return;
    case EXPR_CALL: print_call(e, out); return;
    case EXPR_AND: print_args("AND", e, out); return;
    case EXPR_OR: print_args("OR", e, out); return;
    case EXPR_CASE: print_args("CASE", e, out); return;
    case EXPR_COALESCE: print_args("COALESCE", e, out); return;
    case EXPR_FIELD: {
        const struct type_field *f = &e->args[0]->type->fields[e->column];
        print_expr_tree(e->args[0], out);
        buf_printf(out, ".%.*s", (int)f->name.n, f->name.p);
        return;
    }
    }
}

static void print_names(const struct schema *s, struct buf *out)
{
    for (uint32_t i = 0; i < s->count; i++)
        buf_printf(out, "%s%.*s", i ? ", " : "", (int)s->fields[i].name.n, s->fields[i].name.p);
}

static void print_path(const struct logic_table *t, struct buf *out)
{
    buf_printf(out, "table=[[default_catalog, default_database, %s]]", t->name);
}

static void print_scan(const struct logic *l, struct buf *out)
{
    const struct options *h = &l->scan.table->hints;
    buf_add_cstr(out, "LogicalTableScan(");
    print_path(l->scan.table, out);
    if (h->count > 0) {
        buf_add_cstr(out, ", hints=[[[OPTIONS inheritPath:[] options:{");
        for (uint32_t i = 0; i < h->count; i++)
            buf_printf(out, "%s%.*s=%.*s", i ? ", " : "", (int)h->pairs[i].key.n, h->pairs[i].key.p,
                (int)h->pairs[i].value.n, h->pairs[i].value.p);
        buf_add_cstr(out, "}]]]");
    }
    buf_add_char(out, ')');
}

static void print_project(const struct logic *l, struct buf *out)
{
    buf_add_cstr(out, "LogicalProject(");
    for (uint32_t i = 0; i < l->schema->count; i++) {
        const struct slice *name = &l->schema->fields[i].name;
        buf_printf(out, "%s%.*s=[", i ? ", " : "", (int)name->n, name->p);
        print_expr_tree(l->project.exprs[i], out);
        buf_add_char(out, ']');
    }
    buf_add_char(out, ')');
}

static void print_values(const struct logic *l, struct buf *out)
{
    buf_add_cstr(out, "LogicalValues(tuples=[[");
    for (uint32_t i = 0; i < l->values.row_count; i++) {
        buf_add_cstr(out, i ? ", { " : "{ ");
        for (uint32_t k = 0; k < l->schema->count; k++) {
            struct expr literal = {.kind = EXPR_LITERAL,
                .type = l->schema->fields[k].type,
                .literal = &l->values.rows[i][k]};
            if (k) buf_add_cstr(out, ", ");
            print_literal(&literal, out);
        }
        buf_add_cstr(out, " }");
    }
    buf_add_cstr(out, "]])");
}

static void print_watermark(const struct logic *l, struct buf *out)
{
    const struct slice *name = &l->schema->fields[l->watermark.column].name;
    buf_printf(out, "LogicalWatermarkAssigner(rowtime=[%.*s], watermark=[", (int)name->n, name->p);
    print_expr_tree(l->watermark.expr, out);
    buf_add_cstr(out, "])");
}

static void print_agg_call(const struct agg_spec *s, struct buf *out)
{
    buf_printf(out, "%s(%s", s->call.def->name, s->distinct ? "DISTINCT " : "");
    for (uint32_t i = 0; i < s->call.arg_count; i++)
        buf_printf(out, "%s$%u", i ? ", " : "", s->args[i]);
    buf_add_char(out, ')');
    if (s->filter_column >= 0) buf_printf(out, " FILTER $%d", (int)s->filter_column);
}

static void print_aggregate(const struct logic *l, struct buf *out)
{
    const struct logic_aggregate *g = &l->aggregate;
    buf_add_cstr(out, "LogicalAggregate(group=[{");
    for (uint32_t i = 0; i < g->key_count; i++) buf_printf(out, "%s%u", i ? ", " : "", g->keys[i]);
    buf_add_cstr(out, "}]");
    for (uint32_t i = 0; i < g->call_count; i++) {
        const struct slice *name = &l->schema->fields[g->key_count + i].name;
        buf_printf(out, ", %.*s=[", (int)name->n, name->p);
        print_agg_call(&g->calls[i], out);
        buf_add_char(out, ']');
    }
    buf_add_char(out, ')');
}

static void print_interval(int64_t ms, struct buf *out)
{
    buf_printf(out, ", %lld:INTERVAL SECOND", (long long)ms);
}

static void print_window(const struct logic *l, struct buf *out)
{
    static const char *const names[] = {"TUMBLE", "HOP", "CUMULATE", "ATTACHED"};
    const struct window_spec *w = &l->window_table;
    const struct schema *input = l->inputs[0]->schema;
    buf_printf(
        out, "LogicalTableFunctionScan(invocation=[%s(TABLE(#0), DESCRIPTOR('", names[w->kind]);
    if (w->time_column >= 0)
        buf_add_slice(out, input->fields[w->time_column].name);
    else
        for (uint32_t i = 0; i < input->count; i++)
            if (input->fields[i].type->time_attribute == TIME_PROCTIME) {
                buf_add_slice(out, input->fields[i].name);
                break;
            }
    buf_add_cstr(out, "')");
    if (w->kind != WINDOW_TUMBLE) print_interval(w->slide_ms, out);
    print_interval(w->size_ms, out);
    if (w->offset_ms) print_interval(w->offset_ms, out);
    buf_add_cstr(out, ")])");
}

static void print_limit(const struct logic *l, struct buf *out)
{
    buf_add_cstr(out, "LogicalSort(");
    if (l->limit.offset) buf_printf(out, "offset=[%llu], ", (unsigned long long)l->limit.offset);
    buf_printf(out, "fetch=[%llu])", (unsigned long long)l->limit.count);
}

static void print_sink(const struct logic *l, struct buf *out)
{
    buf_printf(out, "LogicalSink(table=[%s]",
        l->sink.table ? l->sink.table->identifier : "*anonymous_collect$1*");
    if (l->sink.target_count > 0) {
        buf_add_cstr(out, ", targetColumns=[");
        for (uint32_t i = 0; i < l->sink.target_count; i++)
            buf_printf(out, "%s[%u]", i ? "," : "", l->sink.target_columns[i]);
        buf_add_char(out, ']');
    }
    buf_add_cstr(out, ", fields=[");
    print_names(l->schema, out);
    buf_add_cstr(out, "])");
}

static void print_node(const struct logic *l, struct buf *out)
{
    switch (l->kind) {
    case LOGIC_SCAN: print_scan(l, out); return;
    case LOGIC_VALUES: print_values(l, out); return;
    case LOGIC_PROJECT: print_project(l, out); return;
    case LOGIC_FILTER:
        buf_add_cstr(out, "LogicalFilter(condition=[");
        print_expr_tree(l->condition, out);
        buf_add_cstr(out, "])");
        return;
    case LOGIC_WATERMARK: print_watermark(l, out); return;
    case LOGIC_AGGREGATE: print_aggregate(l, out); return;
    case LOGIC_WINDOW_TABLE: print_window(l, out); return;
    case LOGIC_WINDOW_AGGREGATE: buf_add_cstr(out, "LogicalWindowAggregate()"); return;
    case LOGIC_UNION: buf_add_cstr(out, "LogicalUnion(all=[true])"); return;
    case LOGIC_LIMIT: print_limit(l, out); return;
    case LOGIC_SIDE: buf_add_cstr(out, "LogicalSide()"); return;
    case LOGIC_SINK: print_sink(l, out); return;
    }
}

/* `lines` counts what is printed: shared parts are printed again each time, as in Flink, and a text
 * of more than LOGIC_NODES_MAX lines helps nobody. */
static void print_tree(
    const struct logic *l, struct buf *indent, const char *branch, uint32_t *lines, struct buf *out)
{
    if ((*lines)++ > LOGIC_NODES_MAX) return;
    buf_add_slice(out, buf_slice(indent));
    buf_add_cstr(out, branch);
    print_node(l, out);
    buf_add_char(out, '\n');
    size_t own = indent->n;
    if (branch[0]) buf_add_cstr(indent, branch[0] == '+' ? "   " : ":  ");
    for (uint32_t i = 0; i < l->input_count; i++)
        print_tree(l->inputs[i], indent, i + 1 == l->input_count ? "+- " : ":- ", lines, out);
    indent->n = own;
}

void logic_print(const struct logic *root, struct buf *out)
{
    struct buf indent;
    buf_init(&indent, 1 << 16);
    uint32_t lines = 0;
    /* A SELECT has no sink in Flink's plan. */
    if (root->kind == LOGIC_SINK && !root->sink.table) root = root->inputs[0];
    print_tree(root, &indent, "", &lines, out);
    buf_free(&indent);
}
