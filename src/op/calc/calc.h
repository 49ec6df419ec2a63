/* calc.h - parameters of projection and filter. Kinds go through unchanged. */
#pragma once
#include "expr/expr.h"
#include "op/op.h"

struct calc_params {
    const struct expr *const *projections; /* one per output column */
    uint32_t projection_count;
    const struct expr *condition; /* BOOLEAN over the input; NULL: every row passes */
};

extern const struct op_def calc_op;
