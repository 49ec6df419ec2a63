#include <inttypes.h>

#include "server/metrics.h"
#include "server/rest.h"
#include "server/writer.h"

/* When the job came into the state it is in. */
static int64_t modified_ms(const struct view_job *j)
{
    if (view_has_ended(j)) return j->ended_ms;
    return j->state == VIEW_CANCELLING ? j->stopping_ms : j->started_ms;
}

int rest_jobs(const struct rest_request *r, struct buf *out)
{
    writer_object(out, NULL);
    writer_array(out, "jobs");
    for (uint32_t i = 0; i < r->view->job_count; i++) {
        writer_object(out, NULL);
        writer_text(out, "id", r->view->jobs[i].id);
        writer_text(out, "status", view_state_name(r->view->jobs[i].state));
        writer_end_object(out);
    }
    writer_end_array(out);
    writer_end_object(out);
    return 200;
}

/* Subtasks of all vertices by Flink's execution states. */
struct counts {
    uint32_t running, canceling, canceled, finished, failed, total;
};

static void count_tasks(const struct view_job *j, struct counts *c)
{
    *c = (struct counts){0};
    for (uint32_t i = 0; i < j->operator_count; i++) {
        if (!view_is_vertex(j, i)) continue;
        uint32_t all = j->operators[i].now.subtasks, done = j->operators[i].now.subtasks_done;
        c->total += all;
        switch (j->state) {
        case VIEW_RUNNING:
        case VIEW_STOPPING:
            c->running += all - done;
            c->finished += done;
            break;
        case VIEW_CANCELLING:
            c->canceling += all - done;
            c->canceled += done;
            break;
        case VIEW_CANCELED: c->canceled += all; break;
        case VIEW_FINISHED: c->finished += all; break;
        case VIEW_FAILED: c->failed += all; break;
        }
    }
}

static void write_overview(struct buf *out, const struct view_job *j)
{
    struct counts c;
    count_tasks(j, &c);
    writer_object(out, NULL);
    writer_text(out, "jid", j->id);
    writer_text(out, "name", j->name);
    writer_text(out, "jobType", "STREAMING");
    writer_text(out, "schedulerType", "Default");
    writer_i64(out, "start-time", j->started_ms);
    writer_i64(out, "end-time", j->ended_ms);
    writer_i64(out, "duration", view_duration_ms(j));
    writer_text(out, "state", view_state_name(j->state));
    writer_i64(out, "last-modification", modified_ms(j));
    writer_object(out, "tasks");
    writer_u64(out, "running", c.running);
    writer_u64(out, "canceling", c.canceling);
    writer_u64(out, "canceled", c.canceled);
    writer_u64(out, "total", c.total);
    writer_u64(out, "created", 0);
    writer_u64(out, "scheduled", 0);
    writer_u64(out, "deploying", 0);
    writer_u64(out, "reconciling", 0);
    writer_u64(out, "finished", c.finished);
    writer_u64(out, "initializing", 0);
    writer_u64(out, "failed", c.failed);
    writer_end_object(out);
    writer_u64(out, "pending-operators", 0);
    writer_end_object(out);
}

int rest_jobs_overview(const struct rest_request *r, struct buf *out)
{
    writer_object(out, NULL);
    writer_array(out, "jobs");
    for (uint32_t i = 0; i < r->view->job_count; i++) write_overview(out, &r->view->jobs[i]);
    writer_end_array(out);
    writer_end_object(out);
    return 200;
}

/* When the job came into each of Flink's states; 0: it was never in it. */
static void write_timestamps(struct buf *out, const struct view_job *j)
{
    static const char *const states[] = {"CREATED", "INITIALIZING", "RUNNING", "RESTARTING",
        "SUSPENDED", "RECONCILING", "FAILING", "CANCELLING", "CANCELED", "FINISHED", "FAILED"};
    writer_object(out, "timestamps");
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        int64_t ms = i < 3 ? j->started_ms : 0;
        bool canceled = j->state == VIEW_CANCELLING || j->state == VIEW_CANCELED;
        if (canceled && strcmp(states[i], "CANCELLING") == 0)
            ms = j->stopping_ms ? j->stopping_ms : j->ended_ms;
        if (view_has_ended(j) && strcmp(states[i], view_state_name(j->state)) == 0)
            ms = j->ended_ms;
        writer_i64(out, states[i], ms);
    }
    writer_end_object(out);
}

/* How many vertices are in each of Flink's execution states. */
static void write_status_counts(struct buf *out, const struct view_job *j)
{
    static const char *const states[] = {"CREATED", "SCHEDULED", "DEPLOYING", "INITIALIZING",
        "RUNNING", "FINISHED", "CANCELING", "CANCELED", "FAILED", "RECONCILING"};
    writer_object(out, "status-counts");
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        uint32_t count = 0;
        for (uint32_t k = 0; k < j->operator_count; k++)
            count += view_is_vertex(j, k) && strcmp(view_vertex_state(j, k), states[i]) == 0;
        writer_u64(out, states[i], count);
    }
    writer_end_object(out);
}

int rest_job(const struct rest_request *r, struct buf *out)
{
    const struct view_job *j = r->job;
    writer_object(out, NULL);
    writer_text(out, "jid", j->id);
    writer_text(out, "application-id", j->id);
    writer_text(out, "name", j->name);
    writer_bool(out, "isStoppable", false); /* so says Flink of every job */
    writer_text(out, "state", view_state_name(j->state));
    writer_text(out, "job-type", "STREAMING");
    writer_text(out, "schedulerType", "Default");
    writer_i64(out, "start-time", j->started_ms);
    writer_i64(out, "end-time", j->ended_ms);
    writer_i64(out, "duration", view_duration_ms(j));
    writer_i64(out, "maxParallelism", j->key_groups);
    writer_i64(out, "now", j->now_ms);
    write_timestamps(out, j);
    writer_array(out, "vertices");
    for (uint32_t i = 0; i < j->operator_count; i++)
        if (view_is_vertex(j, i)) rest__write_vertex(out, j, i);
    writer_end_array(out);
    write_status_counts(out, j);
    rest__write_plan(out, j);
    writer_u64(out, "pending-operators", 0);
    writer_end_object(out);
    return 200;
}

int rest_job_status(const struct rest_request *r, struct buf *out)
{
    writer_object(out, NULL);
    writer_text(out, "status", view_state_name(r->job->state));
    writer_end_object(out);
    return 200;
}

int rest_job_plan(const struct rest_request *r, struct buf *out)
{
    writer_object(out, NULL);
    rest__write_plan(out, r->job);
    writer_end_object(out);
    return 200;
}

int rest_job_config(const struct rest_request *r, struct buf *out)
{
    writer_object(out, NULL);
    writer_text(out, "jid", r->job->id);
    writer_text(out, "name", r->job->name);
    writer_object(out, "execution-config");
    writer_text(out, "restart-strategy", "Restart deactivated.");
    writer_u64(out, "job-parallelism", r->job->parallelism);
    writer_bool(out, "object-reuse-mode", false);
    writer_object(out, "user-config");
    writer_end_object(out);
    writer_end_object(out);
    writer_end_object(out);
    return 200;
}

int rest_job_exceptions(const struct rest_request *r, struct buf *out)
{
    const struct view_job *j = r->job;
    writer_object(out, NULL);
    writer_object(out, "exceptionHistory");
    writer_array(out, "entries");
    if (j->state == VIEW_FAILED) {
        writer_object(out, NULL);
        writer_text(out, "exceptionName", "weir");
        writer_text(out, "stacktrace", j->error ? j->error : "");
        writer_i64(out, "timestamp", j->ended_ms);
        writer_object(out, "failureLabels");
        writer_end_object(out);
        writer_null(out, "taskName");
        writer_null(out, "endpoint");
        writer_null(out, "taskManagerId");
        writer_array(out, "concurrentExceptions");
        writer_end_array(out);
        writer_end_object(out);
    }
    writer_end_array(out);
    writer_bool(out, "truncated", false);
    writer_end_object(out);
    writer_end_object(out);
    return 200;
}

int rest_job_accumulators(const struct rest_request *r, struct buf *out)
{
    (void)r;
    writer_object(out, NULL);
    writer_array(out, "job-accumulators");
    writer_end_array(out);
    writer_array(out, "user-task-accumulators");
    writer_end_array(out);
    writer_object(out, "serialized-user-task-accumulators");
    writer_end_object(out);
    writer_end_object(out);
    return 200;
}

int rest_job_execution_result(const struct rest_request *r, struct buf *out)
{
    const struct view_job *j = r->job;
    writer_object(out, NULL);
    writer_object(out, "status");
    writer_text(out, "id", view_has_ended(j) ? "COMPLETED" : "IN_PROGRESS");
    writer_end_object(out);
    if (view_has_ended(j)) {
        writer_object(out, "job-execution-result");
        writer_text(out, "id", j->id);
        writer_text(out, "application-status",
            j->state == VIEW_FAILED     ? "FAILED"
            : j->state == VIEW_CANCELED ? "CANCELED"
                                        : "SUCCEEDED");
        writer_object(out, "accumulator-results");
        writer_end_object(out);
        writer_i64(out, "net-runtime", view_duration_ms(j));
        writer_end_object(out);
    }
    writer_end_object(out);
    return 200;
}

int rest_job_metrics(const struct rest_request *r, struct buf *out)
{
    metrics_values(r->view, METRIC_JOB, r->job, UINT32_MAX, r->get, out);
    return 200;
}
