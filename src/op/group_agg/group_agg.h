/* group_agg.h - parameters of the unbounded aggregate. Output: the keys, the aggregates. Without
 * keys one group, which exists from the first row on; without aggregates SELECT DISTINCT. */
#pragma once
#include "op/agg_spec.h"
#include "op/op.h"

struct group_agg_params {
    const uint32_t *keys;
    uint32_t key_count;
    const struct agg_spec *aggs;
    uint32_t agg_count;
    bool retract;                /* the input is updating */
    bool generate_update_before; /* somebody downstream needs -U */
    int64_t state_ttl_ms;        /* table.exec.state.ttl; 0: never expires */
};

extern const struct op_def group_agg_op;
