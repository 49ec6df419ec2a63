/* limit.h - parameters of LIMIT and OFFSET without ORDER BY: rows by arrival. The planner runs it
 * with parallelism 1. */
#pragma once
#include "op/op.h"

struct limit_params {
    uint64_t offset;
    uint64_t count; /* UINT64_MAX: no LIMIT */
    bool retract;   /* the input is updating */
    bool generate_update_before;
};

extern const struct op_def limit_op;
