/* logic_identity.c - what the state of an operator is called. Built from names, types and the text
 * of expressions, never from column numbers: a column added to a table, or read by another part of
 * the query, does not change the identity of an aggregate that does not use it. */
#include "base/check.h"
#include "base/hash.h"
#include "plan/logic/logic.h"

enum { IDENTITY_TEXT_MAX = 1 << 20 };

static void add_field(struct buf *b, const struct type_field *f)
{
    buf_printf(b, "%.*s:", (int)f->name.n, f->name.p);
    type_print(f->type, false, b);
    buf_add_char(b, ';');
}

static void add_column(struct buf *b, const struct schema *s, int32_t column)
{
    if (column >= 0)
        add_field(b, &s->fields[column]);
    else
        buf_add_cstr(b, "-;");
}

static void add_exprs(
    struct buf *b, const struct expr *const *exprs, uint32_t count, const struct schema *input)
{
    for (uint32_t i = 0; i < count; i++) {
        expr_print(exprs[i], input, b);
        buf_add_char(b, ':');
        type_print(exprs[i]->type, false, b);
        buf_add_char(b, ';');
    }
}

static void add_aggregate(
    struct buf *b, const struct logic_aggregate *g, const struct schema *input)
{
    for (uint32_t i = 0; i < g->key_count; i++) add_column(b, input, (int32_t)g->keys[i]);
    for (uint32_t i = 0; i < g->call_count; i++) {
        const struct agg_spec *s = &g->calls[i];
        buf_printf(b, "%s%s(", s->call.def->name, s->distinct ? " DISTINCT" : "");
        for (uint32_t k = 0; k < s->call.arg_count; k++) add_column(b, input, (int32_t)s->args[k]);
        add_column(b, input, s->filter_column);
    }
}

static void add_window(struct buf *b, const struct window_spec *w, const struct schema *input)
{
    buf_printf(b, "%d,%lld,%lld,%lld,%d;", (int)w->kind, (long long)w->size_ms,
        (long long)w->slide_ms, (long long)w->offset_ms, (int)w->proctime);
    add_column(b, input, w->time_column);
}

/* Reading a table: which table by which connector. Options may change, offsets are kept. */
static void add_table(struct buf *b, const struct logic_table *t)
{
    buf_printf(b, "%s %s", t ? t->identifier : "result", t ? t->def->name : "");
}

/* Projections have no state, so they are not named after columns that pass through; what their
 * consumers read of them is told by the expression behind each name. */
static void add_project(struct buf *b, const struct logic *l, const struct schema *input)
{
    for (uint32_t i = 0; i < l->schema->count; i++) {
        const struct expr *e = l->project.exprs[i];
        const struct type_field *f = &l->schema->fields[i];
        if (e->kind == EXPR_COLUMN && slice_eq(input->fields[e->column].name, f->name)) continue;
        buf_printf(b, "%.*s=", (int)f->name.n, f->name.p);
        add_exprs(b, &e, 1, input);
    }
}

static void add_values(struct buf *b, const struct logic *l)
{
    for (uint32_t i = 0; i < l->values.row_count; i++)
        for (uint32_t k = 0; k < l->schema->count; k++) {
            value_print(l->schema->fields[k].type, &l->values.rows[i][k], NULL, b);
            buf_add_char(b, ';');
        }
}

static void add_node(struct buf *b, const struct logic *l)
{
    const struct schema *input = l->input_count ? l->inputs[0]->schema : NULL;
    switch (l->kind) {
    case LOGIC_SCAN: add_table(b, l->scan.table); break;
    case LOGIC_VALUES: add_values(b, l); break;
    case LOGIC_PROJECT: add_project(b, l, input); break;
    case LOGIC_FILTER: add_exprs(b, &l->condition, 1, input); break;
    case LOGIC_WATERMARK: add_exprs(b, &l->watermark.expr, 1, input); break;
    case LOGIC_AGGREGATE: add_aggregate(b, &l->aggregate, input); break;
    case LOGIC_WINDOW_TABLE: add_window(b, &l->window_table, input); break;
    case LOGIC_WINDOW_AGGREGATE: add_aggregate(b, &l->window.aggregate, input); break;
    case LOGIC_UNION:
    case LOGIC_SIDE: break;
    case LOGIC_LIMIT:
        buf_printf(b, "%llu,%llu", (unsigned long long)l->limit.offset,
            (unsigned long long)l->limit.count);
        break;
    case LOGIC_SINK: add_table(b, l->sink.table); break;
    }
}

uint64_t logic_identity(const struct logic *l)
{
    struct buf b;
    buf_init(&b, IDENTITY_TEXT_MAX);
    add_node(&b, l);
    uint64_t hash = hash_combine(hash_u64((uint64_t)l->kind + 1), hash_bytes(b.p, b.n, 0));
    buf_free(&b);
    for (uint32_t i = 0; i < l->input_count; i++) hash = hash_combine(hash, l->inputs[i]->identity);
    return hash ? hash : 1;
}
