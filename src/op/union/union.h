/* union.h - UNION ALL of inputs of one schema; watermarks by minimum over the inputs that are not
 * idle. */
#pragma once
#include "op/op.h"

struct union_params {
    uint32_t input_count;
};

extern const struct op_def union_op;
