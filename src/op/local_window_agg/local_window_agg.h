/* local_window_agg.h - parameters of the local half of a window aggregate (phys_input.combine):
 * rows of one key and slice become one partial accumulator, which goes out when event time leaves
 * the slice. Only for agg_specs_combinable(). */
#pragma once
#include "op/agg_spec.h"
#include "op/op.h"
#include "op/window_spec.h"

struct local_window_agg_params {
    struct window_spec window; /* TUMBLE, HOP or CUMULATE over event time */
    const uint32_t *keys;
    uint32_t key_count;
    const struct agg_spec *aggs;
    uint32_t agg_count;
    bool retract;
};

extern const struct op_def local_window_agg_op;

/* What it emits: the keys, $slice_end BIGINT NOT NULL (local ms), $acc BYTES NOT NULL. */
const struct schema *local_window_agg_schema(
    struct arena *a, const struct schema *input, const struct local_window_agg_params *params);
