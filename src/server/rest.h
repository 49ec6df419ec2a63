/* rest.h - Flink's REST answers (2.3), field by field: what existing tools, scripts and dashboards
 * read. Shapes were recorded from a running Flink, see rest_test.c. Each function writes a body and
 * returns the HTTP status. */
#pragma once
#include "server/view.h"

/* What a page is asked for; slices are empty when absent. */
struct rest_request {
    struct arena *arena;
    const struct view *view;
    const struct view_job *job; /* of :jobid; NULL on paths without */
    struct slice vertex, checkpoint, get;
};

/* Figures of subtasks or of checkpoints. */
struct rest_series {
    int64_t values[JOB_PARALLELISM_MAX];
    uint32_t count;
};
_Static_assert((int)JOB_CHECKPOINT_HISTORY <= (int)JOB_PARALLELISM_MAX, "room for either");
void rest__sort(struct rest_series *s);
int64_t rest__sum(const struct rest_series *s);
/* Of few values the nearest rank. Not of none; sorted. */
int64_t rest__quantile(const struct rest_series *s, uint32_t mille);

/* {"errors":["..."]} */
int rest_error(struct buf *out, int status, const char *fmt, ...) PRINTF(3, 4);

/* rest_cluster.c */
int rest_overview(const struct rest_request *r, struct buf *out);
int rest_config(const struct rest_request *r, struct buf *out);
int rest_taskmanagers(const struct rest_request *r, struct buf *out);
int rest_jobmanager_config(const struct rest_request *r, struct buf *out);
int rest_jars(const struct rest_request *r, struct buf *out);
int rest_cluster_metrics(const struct rest_request *r, struct buf *out);

/* rest_jobs.c */
int rest_jobs(const struct rest_request *r, struct buf *out);
int rest_jobs_overview(const struct rest_request *r, struct buf *out);
int rest_job(const struct rest_request *r, struct buf *out);
int rest_job_status(const struct rest_request *r, struct buf *out);
int rest_job_plan(const struct rest_request *r, struct buf *out);
int rest_job_config(const struct rest_request *r, struct buf *out);
int rest_job_exceptions(const struct rest_request *r, struct buf *out);
int rest_job_accumulators(const struct rest_request *r, struct buf *out);
int rest_job_execution_result(const struct rest_request *r, struct buf *out);
int rest_job_metrics(const struct rest_request *r, struct buf *out);

/* rest_vertices.c */
int rest_vertex(const struct rest_request *r, struct buf *out);
int rest_vertex_backpressure(const struct rest_request *r, struct buf *out);
int rest_vertex_watermarks(const struct rest_request *r, struct buf *out);
int rest_vertex_metrics(const struct rest_request *r, struct buf *out);
void rest__write_vertex(struct buf *out, const struct view_job *j, uint32_t vertex);
void rest__write_plan(struct buf *out, const struct view_job *j);
void rest__write_task_counts(struct buf *out, const char *key, const char *state, uint32_t count);

/* rest_checkpoints.c */
int rest_checkpoints(const struct rest_request *r, struct buf *out);
int rest_checkpoints_config(const struct rest_request *r, struct buf *out);
int rest_checkpoint(const struct rest_request *r, struct buf *out);

/* Weir's own, in rest_own.c: below /api/v1. */
int rest_own_jobs(const struct rest_request *r, struct buf *out);
int rest_own_job(const struct rest_request *r, struct buf *out);
int rest_own_why(const struct rest_request *r, struct buf *out);
int rest_own_account(const struct rest_request *r, struct buf *out);
int rest_own_ingest(const struct rest_request *r, struct buf *out);
