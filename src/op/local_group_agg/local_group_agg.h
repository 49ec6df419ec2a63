/* local_group_agg.h - parameters of the local half of an unbounded aggregate
 * (phys_input.combine): rows of one batch and key become one partial accumulator. Only for
 * agg_specs_combinable(). */
#pragma once
#include "op/agg_spec.h"
#include "op/op.h"

struct local_group_agg_params {
    const uint32_t *keys;
    uint32_t key_count;
    const struct agg_spec *aggs;
    uint32_t agg_count;
    bool retract;
};

extern const struct op_def local_group_agg_op;

/* What it emits: the keys, $acc BYTES NOT NULL. */
const struct schema *local_group_agg_schema(
    struct arena *a, const struct schema *input, const struct local_group_agg_params *params);
