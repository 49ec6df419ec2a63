/* values.h - parameters of VALUES as a source: literal rows, emitted once by subtask 0. */
#pragma once
#include "op/op.h"
#include "type/value.h"

struct values_params {
    const struct schema *schema;     /* the output's, for the JSON of the rows */
    const struct value *const *rows; /* each has a value per output column */
    uint32_t row_count;
};

extern const struct op_def values_op;
