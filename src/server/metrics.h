/* metrics.h - the one table of metrics: the page for Prometheus, the values of Flink's REST
 * interface, the manual. The number of lines depends on the jobs' operators, never on data. */
#pragma once
#include "server/view.h"

enum metric_scope {
    METRIC_PROCESS,
    METRIC_CLUSTER,
    METRIC_JOB,
    METRIC_TASK,
    METRIC_OPERATOR,
    METRIC_SPLIT,
    METRIC_ACCOUNT,
    METRIC_INGEST,
    METRIC_HTTP
};

/* The text format of Prometheus, version 0.0.4. */
void metrics_page(const struct view *v, struct buf *out);
/* Flink's /metrics paths: [{"id":..}], or with `get` ("a,b") [{"id":..,"value":".."}] of those that
 * exist. METRIC_OPERATOR wants the vertex; its ids are "0.Calc[2].numRecordsIn". */
void metrics_values(const struct view *v, enum metric_scope scope, const struct view_job *j,
    uint32_t vertex, struct slice get, struct buf *out);

/* The least event time of an operator's inputs: WATERMARK_NONE before the first. */
int64_t metrics_input_watermark(const struct view_job *j, uint32_t node);
