/* phys.h - the physical plan: a serialisable graph of operators, all that the run half ever sees.
 * No SQL, no catalog. plan/ builds it, run/ executes it, checkpoints keep it, EXPLAIN prints it.
 * Immutable once built; lives in one arena; any thread may read it. */
#pragma once
#include "op/op.h"

enum { PHYS_NODES_MAX = 10000, PHYS_INPUTS_MAX = 64 };

/* How rows get from the input's subtasks to this node's. */
enum phys_exchange {
    PHYS_FORWARD,   /* same subtask; both sides have the same parallelism */
    PHYS_HASH,      /* by key columns, vec/key.h */
    PHYS_SINGLETON, /* all to subtask 0 */
    PHYS_REBALANCE  /* batches in turn */
};

struct phys_input {
    uint32_t node; /* index of the producer; always smaller than the consumer's own */
    bool side;     /* takes the producer's side output instead of its output */
    enum phys_exchange exchange;
    const uint32_t *keys; /* PHYS_HASH: columns of the producer's schema */
    uint32_t key_count;
    /* The local half of a two-phase aggregation. With more than one worker it runs before the
     * exchange, and the consumer is opened with op_ctx.combined: it gets partial accumulators of
     * schema `combined`, whose first key_count columns are the keys, instead of rows. With one
     * worker it does not exist. The consumer's state is the same either way. NULL: no local half.
     */
    const struct op_def *combine;
    const void *combine_params;
    const struct schema *combined;
};

struct phys_node {
    const struct op_def *op;
    const void *params;
    const char *uid; /* state identity: hash of the bound logical fragment; unique in the graph */
    const struct phys_input *inputs;
    uint32_t input_count;
    const struct schema *output;      /* NULL for sinks */
    const struct schema *side_output; /* op_ctx.side_output; NULL: nobody takes it */
    row_kinds kinds;                  /* changelog mode of the output; sinks: of what they get */
    bool singleton;                   /* runs with parallelism 1 whatever the job's is */
};

struct phys_graph {
    const struct phys_node *nodes; /* inputs before their consumers */
    uint32_t node_count;
    const char *job_name;
    const char *zone;    /* table.local-time-zone by name: results depend on it. NULL: not known */
    int32_t result_node; /* the sink of a top-level SELECT, or -1 */
};

/* What comes over an edge, before a local half. */
static inline const struct schema *phys_input_schema(
    const struct phys_node *nodes, const struct phys_input *in)
{
    const struct phys_node *from = &nodes[in->node];
    return in->side ? from->side_output : from->output;
}

/* Does the node get only what others leave out? */
static inline bool phys_node_is_side(const struct phys_graph *g, uint32_t node)
{
    while (g->nodes[node].input_count > 0) {
        const struct phys_input *in = &g->nodes[node].inputs[0];
        if (in->side) return true;
        node = in->node;
    }
    return false;
}

/* JSON text and back; decode checks everything it reads: ERR_CORRUPT. Round trip is the identity.
 */
void phys_encode(const struct phys_graph *g, struct buf *out);
MUST_USE struct err *phys_decode(struct arena *a, struct slice json, const struct phys_graph **out);
/* "== Optimized Execution Plan ==" body: one line per node, tree-indented from the sinks, shared
 * parts marked as Flink does (reuse). changelog_mode appends changelogMode=[I,UB,UA,D]. */
void phys_explain(const struct phys_graph *g, bool changelog_mode, struct buf *out);
