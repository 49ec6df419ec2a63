/* window_table.h - parameters of a window table function without aggregation (SELECT * FROM
 * TUMBLE(..)): a row for each window of each input row, late rows too. Output: all input columns,
 * then window_start, window_end, window_time (with proctime: the *PROCTIME* column, whose value is
 * not used). */
#pragma once
#include "op/op.h"
#include "op/window_spec.h"

struct window_table_params {
    struct window_spec window; /* TUMBLE, HOP or CUMULATE */
};

extern const struct op_def window_table_op;
