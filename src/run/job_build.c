#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/mem.h"
#include "run/channel.h"
#include "run/exchange.h"
#include "run/gate.h"
#include "run/job_private.h"
#include "state/checkpoint_store.h"

/* From graph to tasks. A node's level is the largest number of exchanges on a way to it. Nodes of
 * one level that are connected without an exchange form a task. An edge that would connect two
 * levels becomes a channel even if it is FORWARD: then channels lead only from lower to higher
 * levels, so tasks never wait for each other in a circle and a barrier finds every task once. */
struct build {
    struct job *job;
    const struct phys_graph *graph;
    uint32_t *parallelism; /* per graph node */
    uint32_t *levels;
    uint32_t *groups;     /* per graph node: the smallest node of its task */
    uint32_t *task_first; /* per graph node that is a group's smallest: index of subtask 0's task */
    uint32_t *consumers;  /* per graph node */
};

static uint32_t parallelism_of(const struct build *b, uint32_t node)
{
    return b->parallelism[node];
}

static bool must_exchange(const struct build *b, const struct phys_input *in, uint32_t consumer)
{
    uint32_t from = parallelism_of(b, in->node), to = parallelism_of(b, consumer);
    return from != to || (in->exchange != PHYS_FORWARD && from > 1);
}

static bool is_direct(const struct build *b, const struct phys_input *in, uint32_t consumer)
{
    return !must_exchange(b, in, consumer) && b->levels[in->node] == b->levels[consumer];
}

/* A node fed only by single subtasks without an exchange stays single: spreading its rows would
 * break the order of updates. */
static uint32_t node_parallelism(const struct build *b, const struct phys_node *n)
{
    if (n->singleton) return 1;
    for (uint32_t k = 0; k < n->input_count; k++)
        if (n->inputs[k].exchange != PHYS_FORWARD || b->parallelism[n->inputs[k].node] > 1)
            return b->job->params.parallelism;
    return n->input_count > 0 ? 1 : b->job->params.parallelism;
}

static uint32_t group_of(struct build *b, uint32_t node)
{
    while (b->groups[node] != node) node = b->groups[node] = b->groups[b->groups[node]];
    return node;
}

static void find_groups(struct build *b)
{
    const struct phys_graph *g = b->graph;
    for (uint32_t i = 0; i < g->node_count; i++) {
        const struct phys_node *n = &g->nodes[i];
        b->groups[i] = i;
        b->parallelism[i] = node_parallelism(b, n);
        for (uint32_t k = 0; k < n->input_count; k++) {
            ASSERT(n->inputs[k].node < i);
            uint32_t level =
                b->levels[n->inputs[k].node] + (must_exchange(b, &n->inputs[k], i) ? 1 : 0);
            if (level > b->levels[i]) b->levels[i] = level;
            b->consumers[n->inputs[k].node]++;
        }
    }
    for (uint32_t i = 0; i < g->node_count; i++)
        for (uint32_t k = 0; k < g->nodes[i].input_count; k++)
            if (is_direct(b, &g->nodes[i].inputs[k], i)) {
                uint32_t x = group_of(b, i), y = group_of(b, g->nodes[i].inputs[k].node);
                b->groups[x > y ? x : y] = x > y ? y : x;
            }
}

static bool edge_combines(const struct build *b, const struct phys_input *in, uint32_t consumer)
{
    ASSERT(!in->combine || !in->side);
    return in->combine && !is_direct(b, in, consumer);
}

/* Graph nodes of the group, plus one local half per combining edge that starts in it. */
static uint32_t task_node_count(struct build *b, uint32_t group)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < b->graph->node_count; i++) {
        const struct phys_node *n = &b->graph->nodes[i];
        if (group_of(b, i) == group) count++;
        for (uint32_t k = 0; k < n->input_count; k++)
            if (edge_combines(b, &n->inputs[k], i) && group_of(b, n->inputs[k].node) == group)
                count++;
    }
    return count;
}

static void wake_worker(void *context)
{
    waker_notify(context);
}

static void fill_context(struct build *b, struct task *t, struct task_node *n, const char *uid)
{
    struct job *j = b->job;
    n->budget = (struct mem_budget){
        .parent = &j->budget, .name = str_fmt(j->arena, "operator '%s'", n->def->name)};
    n->ctx = (struct op_ctx){.arena = t->arena,
        .budget = &n->budget,
        .uid = uid,
        .job_name = b->graph->job_name,
        .subtask = t->subtask,
        .parallelism = parallelism_of(b, n->phys_node),
        .key_groups = j->params.key_groups,
        .batch_rows = j->params.batch_rows,
        .zone = j->params.zone,
        .seed = j->params.seed,
        .env = j->params.env,
        .durable = j->params.store != NULL,
        .owner = j->params.store ? checkpoint_store_identity(j->params.store) : 0,
        .restoring = j->params.restore != NULL,
        .wake = j->params.threads ? wake_worker : NULL,
        .wake_context = t->waker,
        .harness = j->params.harness};
}

static void fill_node(struct build *b, struct task *t, struct task_node *n, uint32_t index)
{
    const struct phys_node *p = &b->graph->nodes[index];
    struct arena *a = b->job->arena;
    n->task = t;
    n->def = p->op;
    n->params = p->params;
    n->phys_node = index;
    n->input_count = p->input_count;
    n->gates = ARENA_ARRAY(a, struct gate *, p->input_count ? p->input_count : 1);
    /* Every consumer may get a target or an exchange from this node. */
    n->targets = ARENA_ARRAY(a, struct task_target, b->consumers[index] + 1);
    n->exchanges = ARENA_ARRAY(a, struct exchange *, b->consumers[index] + 1);
    n->exchange_is_side = ARENA_ARRAY(a, bool, b->consumers[index] + 1);
    fill_context(b, t, n, p->uid);
    const struct schema **inputs =
        ARENA_ARRAY(a, const struct schema *, p->input_count ? p->input_count : 1);
    for (uint32_t k = 0; k < p->input_count; k++) {
        inputs[k] = phys_input_schema(b->graph->nodes, &p->inputs[k]);
        if (!edge_combines(b, &p->inputs[k], index)) continue;
        inputs[k] = p->inputs[k].combined;
        n->ctx.combined = true;
    }
    n->ctx.inputs = inputs;
    n->ctx.input_count = p->input_count;
    n->ctx.output = p->output;
    n->ctx.side_output = p->side_output;
}

static void fill_combine(struct build *b, struct task *t, struct task_node *n,
    const struct phys_input *in, uint32_t consumer)
{
    struct arena *a = b->job->arena;
    n->task = t;
    n->def = in->combine;
    n->params = in->combine_params;
    n->phys_node = in->node;
    n->is_combine = true;
    n->combines_for = consumer;
    n->input_count = 1;
    n->gates = ARENA_ARRAY(a, struct gate *, 1);
    n->targets = ARENA_ARRAY(a, struct task_target, 1);
    n->exchanges = ARENA_ARRAY(a, struct exchange *, 1);
    n->exchange_is_side = ARENA_ARRAY(a, bool, 1);
    fill_context(b, t, n, "");
    const struct schema **inputs = ARENA_ARRAY(a, const struct schema *, 1);
    inputs[0] = b->graph->nodes[in->node].output;
    n->ctx.inputs = inputs;
    n->ctx.input_count = 1;
    n->ctx.output = in->combined;
}

static struct task_node *find_node(struct build *b, uint32_t node, uint32_t subtask)
{
    struct task *t = &b->job->tasks[b->task_first[group_of(b, node)] + subtask];
    for (uint32_t i = 0; i < t->node_count; i++)
        if (t->nodes[i].phys_node == node && !t->nodes[i].is_combine) return &t->nodes[i];
    UNREACHABLE();
}

static void add_target(struct task_node *from, struct task_node *to, uint32_t input, bool side)
{
    from->targets[from->target_count++] = (struct task_target){to, input, side};
}

static void make_task(struct build *b, struct task *t, uint32_t group, uint32_t subtask)
{
    struct job *j = b->job;
    *t = (struct task){.job = j,
        .control = &j->control,
        .env = j->params.env,
        .index = (uint32_t)(t - j->tasks),
        .subtask = subtask,
        .worker = subtask % j->worker_count,
        .arena = arena_new(1 << 14),
        .start_delay_ns = UINT64_MAX,
        .align_ns = UINT64_MAX,
        .checkpoint_id = j->params.restored_id,
        .completed_id = j->params.restored_id};
    t->waker = &j->workers[t->worker].waker;
    t->nodes = ARENA_ARRAY(j->arena, struct task_node, task_node_count(b, group));
    for (uint32_t i = 0; i < b->graph->node_count; i++)
        if (group_of(b, i) == group) fill_node(b, t, &t->nodes[t->node_count++], i);
}

static void make_tasks(struct build *b)
{
    struct job *j = b->job;
    uint32_t count = 0;
    for (uint32_t i = 0; i < b->graph->node_count; i++)
        if (group_of(b, i) == i) {
            b->task_first[i] = count;
            count += parallelism_of(b, i);
        }
    j->task_count = count;
    j->tasks = ARENA_ARRAY(j->arena, struct task, count);
    for (uint32_t i = 0; i < b->graph->node_count; i++)
        if (group_of(b, i) == i)
            for (uint32_t s = 0; s < parallelism_of(b, i); s++)
                make_task(b, &j->tasks[b->task_first[i] + s], i, s);
}

static struct channel *make_channel(
    struct build *b, const struct schema *schema, const struct task *from, const struct task *to)
{
    struct job *j = b->job;
    struct channel *c =
        channel_new(schema, j->params.batch_rows, &j->budget, from->waker, to->waker);
    if (j->channel_count == j->channel_capacity) {
        j->channel_capacity = j->channel_capacity ? 2 * j->channel_capacity : 16;
        j->channels = mem_realloc(j->channels, j->channel_capacity * sizeof(struct channel *));
    }
    return j->channels[j->channel_count++] = c;
}

/* The node whose rows enter the exchange: the producer, or a local half behind it. */
static struct task_node *sending_node(
    struct build *b, const struct phys_input *in, uint32_t consumer, uint32_t sender)
{
    struct task_node *from = find_node(b, in->node, sender);
    if (!edge_combines(b, in, consumer)) return from;
    struct task *t = from->task;
    struct task_node *local = &t->nodes[t->node_count++];
    fill_combine(b, t, local, in, consumer);
    add_target(from, local, 0, false);
    return local;
}

static void connect_by_channels(
    struct build *b, const struct phys_input *in, uint32_t consumer, uint32_t input)
{
    struct arena *a = b->job->arena;
    uint32_t senders = parallelism_of(b, in->node), receivers = parallelism_of(b, consumer);
    struct channel **all = ARENA_ARRAY(a, struct channel *, senders * receivers);
    for (uint32_t s = 0; s < senders; s++) {
        struct task_node *from = sending_node(b, in, consumer, s);
        struct channel **row = all + (size_t)s * receivers;
        const struct schema *schema = in->side ? from->ctx.side_output : from->ctx.output;
        for (uint32_t r = 0; r < receivers; r++)
            row[r] = make_channel(b, schema, from->task, find_node(b, consumer, r)->task);
        const struct exchange_params params = {.edge = in,
            .schema = schema,
            .sender = s,
            .receiver_count = receivers,
            .key_groups = b->job->params.key_groups,
            .channels = row};
        from->exchange_is_side[from->exchange_count] = in->side;
        from->exchanges[from->exchange_count++] = exchange_new(a, &params);
    }
    for (uint32_t r = 0; r < receivers; r++) {
        struct channel **column = ARENA_ARRAY(a, struct channel *, senders);
        for (uint32_t s = 0; s < senders; s++) column[s] = all[(size_t)s * receivers + r];
        find_node(b, consumer, r)->gates[input] = gate_new(a, column, senders);
    }
}

static void connect(struct build *b)
{
    for (uint32_t i = 0; i < b->graph->node_count; i++) {
        const struct phys_node *n = &b->graph->nodes[i];
        for (uint32_t k = 0; k < n->input_count; k++) {
            if (!is_direct(b, &n->inputs[k], i)) {
                connect_by_channels(b, &n->inputs[k], i, k);
                continue;
            }
            for (uint32_t s = 0; s < parallelism_of(b, i); s++)
                add_target(
                    find_node(b, n->inputs[k].node, s), find_node(b, i, s), k, n->inputs[k].side);
        }
    }
}

/* Consumers come later in a task's node list, so one pass from the end collects what is reachable.
 */
static void find_downstream(struct task *t, struct arena *a)
{
    bool *reached = ARENA_ARRAY(a, bool, t->node_count);
    for (uint32_t i = 0; i < t->node_count; i++) {
        struct task_node *n = &t->nodes[i];
        memset(reached, 0, t->node_count * sizeof *reached);
        n->downstream = ARENA_ARRAY(a, struct task_node *, t->node_count);
        for (uint32_t k = i; k < t->node_count; k++) {
            if (k != i && !reached[k]) continue;
            if (k != i) n->downstream[n->downstream_count++] = &t->nodes[k];
            for (uint32_t m = 0; m < t->nodes[k].target_count; m++)
                reached[t->nodes[k].targets[m].node - t->nodes] = true;
        }
    }
}

static void assign_workers(struct job *j)
{
    for (uint32_t w = 0; w < j->worker_count; w++) {
        j->workers[w].job = j;
        j->workers[w].tasks = ARENA_ARRAY(j->arena, struct task *, j->task_count);
    }
    for (uint32_t i = 0; i < j->task_count; i++) {
        struct worker *w = &j->workers[j->tasks[i].worker];
        w->tasks[w->task_count++] = &j->tasks[i];
    }
}

struct err *job__build(struct job *j)
{
    const struct phys_graph *g = j->params.graph;
    if (g->node_count == 0 || g->node_count > PHYS_NODES_MAX)
        FAIL(ERR_LIMIT_EXCEEDED, "a job has 1 to %d operators, this one %u", PHYS_NODES_MAX,
            g->node_count);
    struct build b = {.job = j, .graph = g};
    b.parallelism = ARENA_ARRAY(j->arena, uint32_t, g->node_count);
    b.levels = ARENA_ARRAY(j->arena, uint32_t, g->node_count);
    b.groups = ARENA_ARRAY(j->arena, uint32_t, g->node_count);
    b.task_first = ARENA_ARRAY(j->arena, uint32_t, g->node_count);
    b.consumers = ARENA_ARRAY(j->arena, uint32_t, g->node_count);
    find_groups(&b);
    make_tasks(&b);
    connect(&b);
    for (uint32_t i = 0; i < j->task_count; i++) find_downstream(&j->tasks[i], j->arena);
    assign_workers(j);
    return NULL;
}
