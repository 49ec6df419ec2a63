/* watermark.h - parameters of the operator that makes watermarks (Flink's
 * WatermarkAssignerOperator). */
#pragma once
#include "expr/expr.h"
#include "op/op.h"

struct watermark_params {
    uint32_t rowtime_column; /* NULL there fails the job */
    const struct expr *expr; /* over the input, in the type of the rowtime column */
    int64_t interval_ms;     /* pipeline.auto-watermark-interval; 0: after every row */
    int64_t idle_timeout_ms; /* table.exec.source.idle-timeout; 0: never idle */
    int64_t max_future_ms;   /* scan.watermark.max-future: rows further ahead of processing time are
                                held out of the watermark; 0: none is */
};

extern const struct op_def watermark_op;
