/* EXPLAIN's execution plan, in the manner of Flink's ExecNodePlanDumper: one line a node, inputs
 * below and to the right, nodes that are read more than once marked the first time and named after
 * it. */
#include <inttypes.h>

#include "base/arena.h"
#include "op/explain.h"
#include "phys/phys.h"

struct explaining {
    const struct phys_graph *graph;
    bool changelog_mode;
    struct buf *out;
    uint32_t *consumers; /* per node */
    uint32_t *reuse_ids; /* per node; 0: not printed yet */
    uint32_t reuse_count;
    struct buf indent; /* what leads the line at hand */
};

/* How a line hangs on its parent. */
enum branch { BRANCH_ROOT, BRANCH_LAST, BRANCH_MORE };

static void begin_line(struct explaining *x, enum branch branch)
{
    buf_add_slice(x->out, buf_slice(&x->indent));
    if (branch != BRANCH_ROOT) buf_add_cstr(x->out, branch == BRANCH_LAST ? "+- " : ":- ");
}

/* What stands below a line, one step to the right. */
static void go_deeper(struct explaining *x, enum branch branch)
{
    if (branch != BRANCH_ROOT) buf_add_cstr(&x->indent, branch == BRANCH_LAST ? "   " : ":  ");
}

static void end_line(struct explaining *x, row_kinds kinds)
{
    if (x->changelog_mode) {
        buf_add_cstr(x->out, ", changelogMode=[");
        if (kinds)
            row_kinds_print(kinds, x->out);
        else
            buf_add_cstr(x->out, "NONE");
        buf_add_char(x->out, ']');
    }
    buf_add_cstr(x->out, ")");
}

static void print_distribution(
    struct explaining *x, const struct phys_input *in, const struct schema *schema)
{
    switch (in->exchange) {
    case PHYS_FORWARD: return;
    case PHYS_SINGLETON: buf_add_cstr(x->out, "single"); return;
    case PHYS_REBALANCE: buf_add_cstr(x->out, "rebalance"); return;
    case PHYS_HASH: break;
    }
    buf_add_cstr(x->out, "hash[");
    for (uint32_t i = 0; i < in->key_count; i++) {
        if (i) buf_add_cstr(x->out, ", ");
        buf_add_slice(x->out, schema->fields[in->keys[i]].name);
    }
    buf_add_char(x->out, ']');
}

/* Rows that the producer leaves out of its output: late ones, bad records. */
static enum branch print_side(struct explaining *x, const struct phys_input *in, enum branch branch)
{
    if (!in->side) return branch;
    begin_line(x, branch);
    buf_add_cstr(x->out, "SideOutput(fields=[");
    explain_fields(x->graph->nodes[in->node].side_output, x->out);
    buf_add_char(x->out, ']');
    end_line(x, ROW_KINDS_INSERT_ONLY);
    buf_add_char(x->out, '\n');
    go_deeper(x, branch);
    return BRANCH_LAST;
}

/* The lines between a node and its producer: an exchange, and the local half before it or the
 * producer's port. What follows hangs below them. */
static enum branch print_edge(struct explaining *x, const struct phys_input *in, enum branch branch)
{
    const struct phys_node *from = &x->graph->nodes[in->node];
    if (in->exchange == PHYS_FORWARD) return print_side(x, in, branch);
    const struct schema *schema = phys_input_schema(x->graph->nodes, in);
    begin_line(x, branch);
    buf_add_cstr(x->out, "Exchange(distribution=[");
    print_distribution(x, in, in->combine ? in->combined : schema);
    buf_add_char(x->out, ']');
    end_line(x, in->combine || in->side ? ROW_KINDS_INSERT_ONLY : from->kinds);
    buf_add_char(x->out, '\n');
    go_deeper(x, branch);
    if (!in->combine) return print_side(x, in, BRANCH_LAST);
    begin_line(x, BRANCH_LAST);
    buf_printf(x->out, "%s(", in->combine->name);
    if (in->combine->explain)
        in->combine->explain(in->combine_params, &from->output, in->combined, x->out);
    end_line(x, ROW_KINDS_INSERT_ONLY);
    buf_add_char(x->out, '\n');
    go_deeper(x, BRANCH_LAST);
    return BRANCH_LAST;
}

static void print_node(struct explaining *x, uint32_t index)
{
    const struct phys_node *n = &x->graph->nodes[index];
    const struct schema *inputs[PHYS_INPUTS_MAX];
    for (uint32_t i = 0; i < n->input_count; i++)
        inputs[i] = phys_input_schema(x->graph->nodes, &n->inputs[i]);
    buf_printf(x->out, "%s(", n->op->name);
    if (n->op->explain) n->op->explain(n->params, inputs, n->output, x->out);
    end_line(x, n->output ? n->kinds : 0);
}

static void print_tree(struct explaining *x, uint32_t index, enum branch branch)
{
    const struct phys_node *n = &x->graph->nodes[index];
    begin_line(x, branch);
    if (x->reuse_ids[index]) {
        buf_printf(x->out, "Reused(reference_id=[%" PRIu32 "])\n", x->reuse_ids[index]);
        return;
    }
    print_node(x, index);
    if (x->consumers[index] > 1) {
        x->reuse_ids[index] = ++x->reuse_count;
        buf_printf(x->out, "(reuse_id=[%" PRIu32 "])", x->reuse_ids[index]);
    }
    buf_add_char(x->out, '\n');
    size_t indent = x->indent.n;
    go_deeper(x, branch);
    for (uint32_t i = 0; i < n->input_count; i++) {
        size_t own = x->indent.n;
        enum branch hangs = i + 1 == n->input_count ? BRANCH_LAST : BRANCH_MORE;
        hangs = print_edge(x, &n->inputs[i], hangs);
        print_tree(x, n->inputs[i].node, hangs);
        x->indent.n = own;
    }
    x->indent.n = indent;
}

void phys_explain(const struct phys_graph *g, bool changelog_mode, struct buf *out)
{
    struct arena *a = arena_new(1 << 12);
    struct explaining x = {.graph = g, .changelog_mode = changelog_mode, .out = out};
    x.consumers = ARENA_ARRAY(a, uint32_t, g->node_count);
    x.reuse_ids = ARENA_ARRAY(a, uint32_t, g->node_count);
    buf_init(&x.indent, SIZE_MAX / 2);
    for (uint32_t i = 0; i < g->node_count; i++)
        for (uint32_t k = 0; k < g->nodes[i].input_count; k++)
            x.consumers[g->nodes[i].inputs[k].node]++;
    bool first = true;
    for (uint32_t i = 0; i < g->node_count; i++) {
        if (x.consumers[i] > 0) continue;
        if (!first) buf_add_char(out, '\n');
        first = false;
        /* The collector of a SELECT is not part of what Flink shows. */
        bool collector = g->result_node == (int32_t)i && g->nodes[i].input_count == 1;
        if (!collector) {
            print_tree(&x, i, BRANCH_ROOT);
            continue;
        }
        enum branch branch = print_edge(&x, &g->nodes[i].inputs[0], BRANCH_ROOT);
        print_tree(&x, g->nodes[i].inputs[0].node, branch);
    }
    buf_free(&x.indent);
    arena_free(a);
}
