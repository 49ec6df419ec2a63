/* build.h - state of a physical plan while it is made; for the files of this folder. */
#pragma once
#include "plan/physical/physical.h"
#include "plan/trait/trait.h"

/* What is known of each logical node, by id. */
struct build_node {
    const struct logic *logic;
    row_kinds kinds;  /* as trait_kinds says: -U wherever there are updates */
    bool need_before; /* somebody downstream needs -U */
    bool filtered;    /* updates went through a filter: a -U may come without its +U */
    bool skipped;     /* its consumer has taken it in (Filter under Project) */
    uint32_t readers;
    int32_t phys; /* index of the physical node that gives its rows; -1: not made yet */
};

struct build {
    const struct physical_params *params;
    struct arena *arena;
    struct build_node *info;
    uint32_t info_count;
    struct phys_node *nodes;
    uint32_t node_count, node_capacity;
    const struct logic *const *roots;
    uint32_t root_count;
    int32_t result_node;
};

static inline struct build_node *build_info(struct build *b, const struct logic *l)
{
    return &b->info[l->id];
}
/* Kinds of the rows that really flow out of l: an operator that makes updates leaves -U out when
 * nobody needs it, the others pass on what they get. */
row_kinds build_kinds(struct build *b, const struct logic *l);

/* Appends a node. Parallelism 1 spreads: what is chained to a singleton is one. */
struct phys_node *build_add(struct build *b, const struct logic *l, const struct op_def *op,
    const void *params, const struct schema *output, const struct phys_input *inputs,
    uint32_t input_count);
/* An input edge from the physical node of l: forward, by hash of keys, or all to one. */
struct phys_input build_forward(struct build *b, const struct logic *l);
struct phys_input build_hash(
    struct build *b, const struct logic *l, const uint32_t *keys, uint32_t count);

/* ---- one for each kind of node; build_source.c, build_calc.c and so on */
struct op_table build_table(const struct logic_table *t);
void build_scan(struct build *b, const struct logic *l);
void build_values(struct build *b, const struct logic *l);
void build_calc(struct build *b, const struct logic *l);
void build_watermark(struct build *b, const struct logic *l);
void build_union(struct build *b, const struct logic *l);
void build_limit(struct build *b, const struct logic *l);
void build_side(struct build *b, const struct logic *l); /* a port of its input's node, no node */
void build_window_table(struct build *b, const struct logic *l);
MUST_USE struct err *build_aggregate(struct build *b, const struct logic *l);
MUST_USE struct err *build_window_aggregate(struct build *b, const struct logic *l);
MUST_USE struct err *build_sink(struct build *b, const struct logic *l);

/* What the sink's connector takes. */
row_kinds build_sink_kinds(struct build *b, const struct logic *l);
/* Sets need_before of every node, from the sinks up to the sources. */
MUST_USE struct err *build_changelog(struct build *b);
