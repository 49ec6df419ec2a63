/* source.h - parameters of the table scan. */
#pragma once
#include "expr/expr.h"
#include "op/op_table.h"

/* WATERMARK FOR evaluated per split inside the source, combined by minimum. */
struct source_watermark {
    const struct expr *expr; /* over the output; NULL leaves the watermark as it is */
    bool on_event;           /* emit after rows, not periodically */
    int64_t on_event_gap;    /* rows between emissions; 1: after every row */
    int64_t interval_ms;     /* periodic: pipeline.auto-watermark-interval; 0: after every row */
    int64_t idle_timeout_ms; /* 0: never idle */
    /* scan.watermark.max-future: a row whose event time is further ahead of processing time is held
     * out of the watermark. */
    int64_t max_future_ms; /* 0: none is */
    /* Over the output; NULL where neither max_future_ms nor the connector asks for it. */
    const struct expr *event_time;
};

struct source_params {
    struct op_table table;
    const uint32_t *columns; /* the wanted ones, in the order of the output */
    uint32_t column_count;
    bool bounded;
    const struct source_watermark *watermark; /* NULL: not pushed down */
};

/* The side output of a source: bad records. */
enum source_error_column {
    SOURCE_ERROR_TIME,     /* error_time TIMESTAMP_LTZ(3): processing time */
    SOURCE_ERROR_SOURCE,   /* source STRING: the table */
    SOURCE_ERROR_POSITION, /* position STRING: file:line, or offset in a log */
    SOURCE_ERROR_FIELD,    /* field STRING: the column, NULL where the whole record is bad */
    SOURCE_ERROR_REASON,   /* reason STRING */
    SOURCE_ERROR_PAYLOAD,  /* payload BYTES: the record */
    SOURCE_ERROR_COLUMNS
};
const struct schema *source_error_schema(struct arena *a);

extern const struct op_def source_op;
