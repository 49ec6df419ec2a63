/* window_agg.h - parameters of the window aggregate. Output, insert-only: the keys, the aggregates,
 * the window properties. Input may be updating.
 *
 * Side output, insert-only whatever the late row was: columns of each row that was late, and the
 * watermark (as int64 ms, in a time type) that made it so. */
#pragma once
#include "op/agg_spec.h"
#include "op/op.h"
#include "op/window_spec.h"

struct window_agg_params {
    struct window_spec window;
    const uint32_t *keys; /* columns of the input, without the window columns */
    uint32_t key_count;
    const struct agg_spec *aggs;
    uint32_t agg_count;
    const enum window_property *properties;
    uint32_t property_count;
    bool retract;         /* the input is updating */
    const uint32_t *late; /* columns of the input that the side output begins with */
    uint32_t late_count;
};

extern const struct op_def window_agg_op;
