/* sink.h - parameters of a sink: the connector and what Flink's SinkOperator does before it. */
#pragma once
#include "base/option.h"
#include "op/op.h"

enum sink_not_null { SINK_NOT_NULL_ERROR, SINK_NOT_NULL_DROP };
enum sink_length { SINK_LENGTH_IGNORE, SINK_LENGTH_TRIM_PAD, SINK_LENGTH_ERROR };

struct sink_params {
    const char *connector;
    struct options options;
    const char *table_name;            /* "default_catalog.default_database.t" */
    const struct schema *table_schema; /* the input has these columns in this order */
    const uint32_t *primary_key;
    uint32_t primary_key_count;
    const uint32_t *partition_keys;
    uint32_t partition_key_count;
    enum sink_not_null not_null; /* table.exec.sink.not-null-enforcer */
    enum sink_length length;     /* table.exec.sink.type-length-enforcer */
    bool drop_update_before;     /* the sink does not accept -U */
};

extern const struct op_def sink_op;
