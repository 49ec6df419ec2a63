/* sink.h - parameters of a sink: the connector and what Flink's SinkOperator does before it. */
#pragma once
#include "op/op_table.h"

enum sink_not_null { SINK_NOT_NULL_ERROR, SINK_NOT_NULL_DROP };
enum sink_length { SINK_LENGTH_IGNORE, SINK_LENGTH_TRIM_PAD, SINK_LENGTH_ERROR };

struct sink_params {
    struct op_table table;       /* the input has its columns in their order */
    enum sink_not_null not_null; /* table.exec.sink.not-null-enforcer */
    enum sink_length length;     /* table.exec.sink.type-length-enforcer */
    bool drop_update_before;     /* the sink does not accept -U */
};

extern const struct op_def sink_op;
