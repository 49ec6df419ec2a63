#include "run/account.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/human.h"
#include "base/json.h"
#include "run/task.h"

/* ---- the graph ---- */

static bool is_source(const struct phys_node *n)
{
    return n->input_count == 0;
}

static bool passes_rows(const struct phys_node *n)
{
    return !is_source(n) && n->op->passes_rows && n->op->passes_rows(n->params);
}

static bool is_sink(const struct phys_node *n)
{
    return n->output == NULL;
}

static bool takes_side(const struct phys_node *n)
{
    for (uint32_t k = 0; k < n->input_count; k++)
        if (n->inputs[k].side) return true;
    return false;
}

/* Rows taken back cancel out in the partial results of a local half: they cannot be counted. */
static bool is_countable(const struct phys_graph *g, const struct phys_node *end)
{
    for (uint32_t k = 0; k < end->input_count; k++)
        if (end->inputs[k].combine && g->nodes[end->inputs[k].node].kinds != ROW_KINDS_INSERT_ONLY)
            return false;
    return !takes_side(end);
}

/* Where rows end, and on how many ways they get there from each node before. */
struct section {
    uint32_t end;
    uint64_t *ways;
};

/* Origins are sources, and ends of other sections, whose results begin here. */
static bool is_origin(const struct phys_graph *g, const struct section *s, uint32_t node)
{
    return s->ways[node] > 0 && node != s->end && !passes_rows(&g->nodes[node]);
}

static void find_ways(const struct phys_graph *g, uint32_t end, struct section *s)
{
    s->end = end;
    memset(s->ways, 0, g->node_count * sizeof *s->ways);
    s->ways[end] = 1;
    for (uint32_t i = end + 1; i-- > 0;) {
        const struct phys_node *n = &g->nodes[i];
        if (s->ways[i] == 0 || (i != end && !passes_rows(n))) continue;
        for (uint32_t k = 0; k < n->input_count; k++)
            if (!n->inputs[k].side) s->ways[n->inputs[k].node] += s->ways[i];
    }
}

/* Nodes that the section's rows or results get to. */
static void find_reached(const struct phys_graph *g, uint32_t from, bool *reached)
{
    memset(reached, 0, g->node_count * sizeof *reached);
    reached[from] = true;
    for (uint32_t i = from + 1; i < g->node_count; i++)
        for (uint32_t k = 0; k < g->nodes[i].input_count; k++)
            if (!g->nodes[i].inputs[k].side && reached[g->nodes[i].inputs[k].node])
                reached[i] = true;
}

/* ---- accounts ---- */

/* The table without catalog and database. */
static const char *table_of(const struct phys_node *n)
{
    if (!n->op->table) return is_source(n) ? "VALUES" : "results";
    const char *name = n->op->table(n->params);
    for (int parts = 1; parts < 3; parts++) {
        const char *dot = strchr(name, '.');
        if (dot) name = dot + 1;
    }
    return name;
}

static void add_origin(const struct phys_graph *g, const struct section *s, uint32_t node,
    const struct account_node *c, struct arena *a, struct job_account *out)
{
    const struct phys_node *n = &g->nodes[node];
    uint64_t ways = s->ways[node];
    const char *name = table_of(n);
    if (ways > 1) name = str_fmt(a, "%s x %" PRIu64, name, ways);
    if (!out->source) out->source_node = node;
    out->source = out->source ? str_fmt(a, "%s + %s", out->source, name) : name;
    out->read += ways * (is_source(n) ? c->rows_in : c->rows_out);
    if (is_source(n)) out->bad += ways * c->bad;
}

static struct job_account account_of(const struct phys_graph *g, const struct section *s,
    const struct account_node *nodes, struct arena *a)
{
    struct job_account out = {0};
    for (uint32_t i = 0; i < s->end; i++) {
        if (is_origin(g, s, i))
            add_origin(g, s, i, &nodes[i], a, &out);
        else
            out.filtered += s->ways[i] * nodes[i].filtered;
    }
    const struct account_node *end = &nodes[s->end];
    out.filtered += end->filtered;
    out.late = end->late;
    out.contributed = end->contributed;
    out.pending = end->pending;
    return out;
}

static bool begins_at_source(const struct phys_graph *g, const struct section *s)
{
    for (uint32_t i = 0; i < s->end; i++)
        if (is_source(&g->nodes[i]) && s->ways[i] > 0) return true;
    return false;
}

static bool is_end(const struct phys_graph *g, uint32_t node)
{
    const struct phys_node *n = &g->nodes[node];
    return !is_source(n) && !passes_rows(n) && is_countable(g, n);
}

void account_compute(const struct phys_graph *g, const struct account_node *nodes, struct arena *a,
    struct job_account **out, uint32_t *count)
{
    struct section s = {.ways = ARENA_ARRAY(a, uint64_t, g->node_count)};
    bool *reached = ARENA_ARRAY(a, bool, g->node_count);
    uint32_t capacity = 0;
    for (uint32_t i = 0; i < g->node_count; i++) capacity += is_sink(&g->nodes[i]);
    capacity *= g->node_count;
    *out = ARENA_ARRAY(a, struct job_account, capacity + 1);
    *count = 0;
    for (uint32_t end = 0; end < g->node_count; end++) {
        if (!is_end(g, end)) continue;
        find_ways(g, end, &s);
        if (!begins_at_source(g, &s)) continue;
        struct job_account account = account_of(g, &s, nodes, a);
        find_reached(g, end, reached);
        for (uint32_t i = end; i < g->node_count; i++) {
            if (!reached[i] || !is_sink(&g->nodes[i])) continue;
            account.sink_node = i;
            account.sink = table_of(&g->nodes[i]);
            (*out)[(*count)++] = account;
        }
    }
}

bool account_adds_up(const struct job_account *a)
{
    return a->read == a->contributed + a->filtered + a->late + a->bad + a->pending;
}

/* Late rows and bad records on their way to a table of their own. */
static bool has_side_rows(const struct phys_graph *g, const struct section *s)
{
    for (uint32_t i = 0; i <= s->end; i++)
        if (s->ways[i] > 0 && !is_origin(g, s, i) && takes_side(&g->nodes[i])) return true;
    return false;
}

const char *account_imbalance(
    const struct phys_graph *g, const struct account_node *nodes, struct arena *a)
{
    struct section s = {.ways = ARENA_ARRAY(a, uint64_t, g->node_count)};
    for (s.end = 0; s.end < g->node_count; s.end++) {
        if (!is_end(g, s.end)) continue;
        find_ways(g, s.end, &s);
        struct job_account account = account_of(g, &s, nodes, a);
        if (account_adds_up(&account) || has_side_rows(g, &s)) continue;
        struct buf text;
        buf_init(&text, 1 << 16);
        account.sink = g->nodes[s.end].op->name;
        account_print(&account, &text);
        const char *copy = str_fmt(a, "%s", buf_cstr(&text));
        buf_free(&text);
        return copy;
    }
    return NULL;
}

static void print_part(uint64_t n, const char *word, struct buf *out)
{
    char text[HUMAN_CHARS];
    buf_printf(out, "%s%s", human_count(n, text), word);
}

void account_print(const struct job_account *a, struct buf *out)
{
    buf_printf(out, "%s -> %s: ", a->source, a->sink);
    print_part(a->read, " read = ", out);
    print_part(a->contributed, " contributed + ", out);
    print_part(a->filtered, " filtered + ", out);
    print_part(a->late, " late + ", out);
    print_part(a->bad, " bad + ", out);
    print_part(a->pending, " pending", out);
}

static void write_count(const char *key, uint64_t n, struct buf *out)
{
    buf_printf(out, ", \"%s\": %" PRIu64, key, n);
}

void account_encode(const struct job_account *accounts, uint32_t count, struct buf *out)
{
    buf_add_char(out, '[');
    for (uint32_t i = 0; i < count; i++) {
        const struct job_account *a = &accounts[i];
        buf_add_cstr(out, i ? ",\n  {\"source\": " : "\n  {\"source\": ");
        json_write_string(out, slice_of(a->source));
        buf_add_cstr(out, ", \"sink\": ");
        json_write_string(out, slice_of(a->sink));
        write_count("read", a->read, out);
        write_count("contributed", a->contributed, out);
        write_count("filtered", a->filtered, out);
        write_count("late", a->late, out);
        write_count("bad", a->bad, out);
        write_count("pending", a->pending, out);
        buf_add_char(out, '}');
    }
    buf_add_cstr(out, count ? "\n]" : "]");
}

/* ---- the figures of a running job ---- */

/* What is stored. Pending rows are the operator's own state, and not of these. */
struct stored_counters {
    uint64_t rows_in, rows_out, late, filtered, bad, contributed;
};

/* One task's operators. */
struct cut {
    uint32_t count;
    uint32_t *nodes; /* of the graph */
    struct account_node *figures;
};

struct account {
    const struct phys_graph *graph;
    struct arena *arena;
    struct account_node *base; /* per graph node: before this process */
    struct cut *cuts;          /* per task: at its last barrier */
    uint32_t task_count;
    uint64_t committed_id;
    struct account_node *committed; /* the sum of the cuts then */
};

static struct err *add_stored(struct account_node *n, const struct snapshot_record *r)
{
    struct stored_counters c;
    if (r->value.n != sizeof c) FAIL(ERR_CORRUPT, "stored counters of an operator are damaged");
    memcpy(&c, r->value.p, sizeof c);
    n->rows_in += c.rows_in;
    n->rows_out += c.rows_out;
    n->late += c.late;
    n->filtered += c.filtered;
    n->bad += c.bad;
    n->contributed += c.contributed;
    return NULL;
}

static struct err *restore_base(struct account *acc, const struct snapshot *restore)
{
    for (uint32_t i = 0; i < acc->graph->node_count; i++) {
        char uid[24];
        snprintf(uid, sizeof uid, "node-%" PRIu32, i);
        struct snapshot_reader reader = {
            .snapshot = restore, .op_uid = uid, .key_groups = 1, .parallelism = 1};
        struct snapshot_record record;
        uint64_t cursor = 0;
        bool found;
        TRY(snapshot_reader_check(&reader, 1, &found));
        while (found && snapshot_next(&reader, "counters", &cursor, &record))
            TRY(add_stored(&acc->base[i], &record));
    }
    return NULL;
}

struct err *account_new(const struct phys_graph *g, uint32_t task_count,
    const struct snapshot *restore, struct account **out)
{
    struct arena *a = arena_new(1 << 12);
    struct account *acc = ARENA_NEW(a, struct account);
    *acc = (struct account){.graph = g, .arena = a, .task_count = task_count};
    acc->base = ARENA_ARRAY(a, struct account_node, g->node_count);
    acc->committed = ARENA_ARRAY(a, struct account_node, g->node_count);
    acc->cuts = ARENA_ARRAY(a, struct cut, task_count);
    struct err *e = restore ? restore_base(acc, restore) : NULL;
    if (e) {
        account_free(acc);
        return e;
    }
    *out = acc;
    return NULL;
}

void account_free(struct account *acc)
{
    if (!acc) return;
    for (uint32_t i = 0; i < acc->task_count; i++) {
        mem_free(acc->cuts[i].nodes);
        mem_free(acc->cuts[i].figures);
    }
    arena_free(acc->arena);
}

static uint64_t load(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

/* Subtask 0 speaks for what was before this process too. */
static struct account_node figures_of(const struct account *acc, const struct task_node *n)
{
    const struct op_counters *c = &n->op->counters;
    struct account_node f = {0};
    if (n->ctx.subtask == 0) f = acc->base[n->phys_node];
    f.rows_in += load(&c->rows_in);
    f.rows_out += load(&c->rows_out);
    f.late += load(&c->late_rows);
    f.filtered += load(&c->filtered_rows);
    f.bad += load(&c->bad_records);
    f.contributed += load(&c->contributed_rows);
    f.pending = load(&c->pending_rows);
    return f;
}

static void put_counters(
    const struct task_node *n, const struct account_node *f, struct snapshot_writer *w)
{
    char uid[24];
    uint32_t subtask = n->ctx.subtask;
    struct stored_counters c = {
        f->rows_in, f->rows_out, f->late, f->filtered, f->bad, f->contributed};
    snprintf(uid, sizeof uid, "node-%" PRIu32, n->phys_node);
    snapshot_begin_op(w, uid, 1);
    snapshot_put_union(w, "counters", (struct slice){(const char *)&subtask, sizeof subtask},
        (struct slice){(const char *)&c, sizeof c});
}

void account_cut(struct account *acc, const struct task *t, struct snapshot_writer *w)
{
    struct cut *cut = &acc->cuts[t->index];
    if (!cut->nodes) {
        cut->nodes = mem_alloc(t->node_count * sizeof *cut->nodes);
        cut->figures = mem_alloc(t->node_count * sizeof *cut->figures);
    }
    cut->count = 0;
    for (uint32_t i = 0; i < t->node_count; i++) {
        const struct task_node *n = &t->nodes[i];
        if (n->is_combine) continue;
        struct account_node *f = &cut->figures[cut->count];
        cut->nodes[cut->count++] = n->phys_node;
        *f = figures_of(acc, n);
        if (w) put_counters(n, f, w);
    }
}

static void add_figures(struct account_node *to, const struct account_node *f)
{
    to->rows_in += f->rows_in;
    to->rows_out += f->rows_out;
    to->late += f->late;
    to->filtered += f->filtered;
    to->bad += f->bad;
    to->contributed += f->contributed;
    to->pending += f->pending;
}

/* Of all tasks, at their last barrier. */
static void sum_cuts(const struct account *acc, struct account_node *nodes)
{
    memset(nodes, 0, acc->graph->node_count * sizeof *nodes);
    for (uint32_t i = 0; i < acc->task_count; i++) {
        const struct cut *cut = &acc->cuts[i];
        for (uint32_t k = 0; k < cut->count; k++)
            add_figures(&nodes[cut->nodes[k]], &cut->figures[k]);
    }
}

void account_write(const struct account *acc, struct buf *out)
{
    struct arena *a = arena_new(1 << 12);
    struct account_node *nodes = ARENA_ARRAY(a, struct account_node, acc->graph->node_count);
    struct job_account *accounts;
    uint32_t count;
    sum_cuts(acc, nodes);
    account_compute(acc->graph, nodes, a, &accounts, &count);
    account_encode(accounts, count, out);
    arena_free(a);
}

void account_commit(struct account *acc, uint64_t id)
{
    sum_cuts(acc, acc->committed);
    acc->committed_id = id;
#ifdef WEIR_DEBUG
    struct arena *a = arena_new(1 << 12);
    const char *wrong = account_imbalance(acc->graph, acc->committed, a);
    if (wrong) fprintf(stderr, "%s\n", wrong);
    ASSERT(!wrong);
    arena_free(a);
#endif
}

void account_read(const struct account *acc, struct arena *a, struct job_account **accounts,
    uint32_t *count, uint64_t *id)
{
    *id = acc->committed_id;
    *accounts = NULL;
    *count = 0;
    if (acc->committed_id) account_compute(acc->graph, acc->committed, a, accounts, count);
}
