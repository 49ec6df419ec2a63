#include <inttypes.h>

#include "base/num.h"
#include "server/rest.h"
#include "server/writer.h"

enum { SUBTASK_SUMMARY_FIELDS = 8 };

static int64_t duration_of(const struct job_checkpoint_info *c, int64_t now_ms)
{
    return (c->status == JOB_CHECKPOINT_IN_PROGRESS ? now_ms : c->completed_ms) - c->begun_ms;
}

void rest__sort(struct rest_series *s)
{
    for (uint32_t i = 1; i < s->count; i++)
        for (uint32_t k = i; k > 0 && s->values[k] < s->values[k - 1]; k--) {
            int64_t swapped = s->values[k];
            s->values[k] = s->values[k - 1];
            s->values[k - 1] = swapped;
        }
}

int64_t rest__sum(const struct rest_series *s)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < s->count; i++) sum += s->values[i];
    return sum;
}

int64_t rest__quantile(const struct rest_series *s, uint32_t mille)
{
    uint32_t rank = (s->count * mille + 999) / 1000;
    return s->values[rank ? rank - 1 : 0];
}

/* Without any Flink writes "NaN". */
static void write_quantile(
    struct buf *out, const char *key, const struct rest_series *s, uint32_t mille)
{
    if (s->count == 0)
        writer_text(out, key, "NaN");
    else
        writer_double(out, key, (double)rest__quantile(s, mille));
}

static void write_summary(struct buf *out, const char *key, struct rest_series *s)
{
    rest__sort(s);
    int64_t sum = rest__sum(s);
    writer_object(out, key);
    writer_i64(out, "min", s->count ? s->values[0] : 0);
    writer_i64(out, "max", s->count ? s->values[s->count - 1] : 0);
    writer_i64(out, "avg", s->count ? sum / s->count : 0);
    write_quantile(out, "p50", s, 500);
    write_quantile(out, "p90", s, 900);
    write_quantile(out, "p95", s, 950);
    write_quantile(out, "p99", s, 990);
    write_quantile(out, "p999", s, 999);
    writer_end_object(out);
}

static void write_summaries(struct buf *out, const struct view_job *j)
{
    struct rest_series size = {.count = 0}, full = {.count = 0}, time = {.count = 0},
                       zero = {.count = 0};
    for (uint32_t i = 0; i < j->checkpoints.history_count; i++) {
        const struct job_checkpoint_info *c = &j->checkpoints.history[i];
        if (c->status != JOB_CHECKPOINT_COMPLETED) continue;
        size.values[size.count++] = (int64_t)c->size_bytes;
        full.values[full.count++] = (int64_t)c->full_size_bytes;
        time.values[time.count++] = duration_of(c, j->now_ms);
        zero.values[zero.count++] = 0;
    }
    writer_object(out, "summary");
    write_summary(out, "checkpointed_size", &size);
    write_summary(out, "state_size", &full);
    write_summary(out, "end_to_end_duration", &time);
    write_summary(out, "alignment_buffered", &zero);
    write_summary(out, "processed_data", &zero);
    write_summary(out, "persisted_data", &zero);
    writer_end_object(out);
}

static const char *status_name(const struct job_checkpoint_info *c)
{
    switch (c->status) {
    case JOB_CHECKPOINT_IN_PROGRESS: return "IN_PROGRESS";
    case JOB_CHECKPOINT_COMPLETED: return "COMPLETED";
    case JOB_CHECKPOINT_FAILED: return "FAILED";
    }
    return "";
}

static const char *class_name(const struct job_checkpoint_info *c)
{
    switch (c->status) {
    case JOB_CHECKPOINT_IN_PROGRESS: return "in_progress";
    case JOB_CHECKPOINT_COMPLETED: return "completed";
    case JOB_CHECKPOINT_FAILED: return "failed";
    }
    return "";
}

/* What a checkpoint, and each of its tasks, has in common. */
static void write_figures(struct buf *out, const struct view_job *j,
    const struct job_checkpoint_info *c, uint32_t subtasks)
{
    bool running = c->status == JOB_CHECKPOINT_IN_PROGRESS;
    writer_i64(out, "latest_ack_timestamp", running ? -1 : c->completed_ms);
    writer_u64(out, "checkpointed_size", c->size_bytes);
    writer_u64(out, "state_size", c->full_size_bytes);
    writer_i64(out, "end_to_end_duration", duration_of(c, j->now_ms));
    writer_u64(out, "alignment_buffered", 0);
    writer_u64(out, "processed_data", 0);
    writer_u64(out, "persisted_data", 0);
    writer_u64(out, "num_subtasks", subtasks);
    writer_u64(
        out, "num_acknowledged_subtasks", c->status == JOB_CHECKPOINT_COMPLETED ? subtasks : 0);
}

static void write_path(struct buf *out, const struct view_job *j, uint64_t id)
{
    if (j->checkpoint_directory)
        writer_format(out, "external_path", "%s/chk-%06" PRIu64, j->checkpoint_directory, id);
    else
        writer_text(out, "external_path", "<checkpoint-not-externally-addressable>");
}

static void write_tasks(
    struct buf *out, const struct view_job *j, const struct job_checkpoint_info *c)
{
    for (uint32_t i = 0; i < j->operator_count; i++) {
        if (!view_is_vertex(j, i)) continue;
        /* The size is known of the whole only. */
        struct job_checkpoint_info part = *c;
        part.size_bytes = part.full_size_bytes = 0;
        writer_object(out, j->operators[i].id);
        writer_u64(out, "id", c->id);
        writer_text(out, "status", status_name(c));
        write_figures(out, j, &part, j->operators[i].now.subtasks);
        writer_end_object(out);
    }
}

static bool is_discarded(const struct view_job *j, const struct job_checkpoint_info *c)
{
    uint32_t newer = 0;
    for (uint32_t i = 0; i < j->checkpoints.history_count; i++) {
        const struct job_checkpoint_info *other = &j->checkpoints.history[i];
        newer += other->status == JOB_CHECKPOINT_COMPLETED && other->id > c->id;
    }
    return newer >= j->checkpoints_retained;
}

static void write_checkpoint(struct buf *out, const char *key, const struct view_job *j,
    const struct job_checkpoint_info *c, bool with_tasks)
{
    writer_object(out, key);
    writer_text(out, "className", class_name(c));
    writer_u64(out, "id", c->id);
    writer_text(out, "status", status_name(c));
    writer_bool(out, "is_savepoint", false);
    writer_null(out, "savepointFormat");
    writer_i64(out, "trigger_timestamp", c->begun_ms);
    write_figures(out, j, c, j->task_count);
    writer_text(out, "checkpoint_type", "CHECKPOINT");
    writer_object(out, "tasks");
    if (with_tasks) write_tasks(out, j, c);
    writer_end_object(out);
    switch (c->status) {
    case JOB_CHECKPOINT_IN_PROGRESS: break;
    case JOB_CHECKPOINT_COMPLETED:
        write_path(out, j, c->id);
        writer_bool(out, "discarded", is_discarded(j, c));
        break;
    case JOB_CHECKPOINT_FAILED:
        writer_i64(out, "failure_timestamp", c->completed_ms);
        writer_text(out, "failure_message", c->failure);
        break;
    }
    writer_end_object(out);
}

static void write_latest(struct buf *out, const struct view_job *j)
{
    const struct job_checkpoint_info *completed =
                                         view_newest_checkpoint(j, JOB_CHECKPOINT_COMPLETED),
                                     *failed = view_newest_checkpoint(j, JOB_CHECKPOINT_FAILED);
    writer_object(out, "latest");
    if (completed)
        write_checkpoint(out, "completed", j, completed, false);
    else
        writer_null(out, "completed");
    writer_null(out, "savepoint");
    if (failed)
        write_checkpoint(out, "failed", j, failed, false);
    else
        writer_null(out, "failed");
    if (j->checkpoints.restored_ms > 0) {
        writer_object(out, "restored");
        writer_u64(out, "id", j->checkpoints.restored_id);
        writer_i64(out, "restore_timestamp", j->checkpoints.restored_ms);
        writer_bool(out, "is_savepoint", false);
        write_path(out, j, j->checkpoints.restored_id);
        writer_end_object(out);
    } else {
        writer_null(out, "restored");
    }
    writer_end_object(out);
}

int rest_checkpoints(const struct rest_request *r, struct buf *out)
{
    const struct job_checkpoint_stats *s = &r->job->checkpoints;
    writer_object(out, NULL);
    writer_object(out, "counts");
    writer_u64(out, "restored", s->restored_ms > 0);
    writer_u64(out, "total", s->completed + s->failed + s->in_progress);
    writer_u64(out, "in_progress", s->in_progress);
    writer_u64(out, "completed", s->completed);
    writer_u64(out, "failed", s->failed);
    writer_end_object(out);
    write_summaries(out, r->job);
    write_latest(out, r->job);
    writer_array(out, "history");
    for (uint32_t i = 0; i < s->history_count; i++)
        write_checkpoint(out, NULL, r->job, &s->history[i], false);
    writer_end_array(out);
    writer_end_object(out);
    return 200;
}

int rest_checkpoints_config(const struct rest_request *r, struct buf *out)
{
    const struct view_job *j = r->job;
    writer_object(out, NULL);
    writer_text(out, "mode", "exactly_once");
    /* So does Flink say that there are none. */
    writer_i64(
        out, "interval", j->checkpoint_interval_ms > 0 ? j->checkpoint_interval_ms : INT64_MAX);
    writer_i64(out, "timeout", j->checkpoint_timeout_ms);
    writer_i64(out, "min_pause", j->checkpoint_min_pause_ms);
    writer_u64(out, "max_concurrent", 1);
    writer_object(out, "externalization");
    writer_bool(out, "enabled", j->checkpoint_directory != NULL);
    writer_bool(out, "delete_on_cancellation", false);
    writer_end_object(out);
    writer_text(out, "state_backend", "HashMapStateBackend");
    writer_text(out, "checkpoint_storage",
        j->checkpoint_directory ? "FileSystemCheckpointStorage" : "JobManagerCheckpointStorage");
    writer_bool(out, "unaligned_checkpoints", false);
    writer_u64(out, "tolerable_failed_checkpoints", j->checkpoint_failures_tolerated);
    writer_u64(out, "aligned_checkpoint_timeout", 0);
    writer_bool(out, "checkpoints_after_tasks_finish", true);
    writer_bool(out, "state_changelog_enabled", false);
    writer_u64(out, "changelog_periodic_materialization_interval", 600000);
    writer_text(out, "changelog_storage", "memory");
    writer_end_object(out);
    return 200;
}

/* "latest" is the newest completed one (FLIP-536). */
int rest_checkpoint(const struct rest_request *r, struct buf *out)
{
    const struct job_checkpoint_stats *s = &r->job->checkpoints;
    const struct job_checkpoint_info *found = NULL;
    int64_t id = 0;
    if (slice_eq(r->checkpoint, SLICE("latest")))
        found = view_newest_checkpoint(r->job, JOB_CHECKPOINT_COMPLETED);
    else if (!num_parse_i64(r->checkpoint, &id))
        return rest_error(out, 400,
            "Cannot resolve path parameter (checkpointid) from value \"%.*s\".",
            (int)r->checkpoint.n, r->checkpoint.p);
    for (uint32_t i = 0; i < s->history_count && !found; i++)
        if ((int64_t)s->history[i].id == id) found = &s->history[i];
    if (!found)
        return rest_error(out, 404, "Could not find checkpointing statistics for checkpoint %.*s.",
            (int)r->checkpoint.n, r->checkpoint.p);
    write_checkpoint(out, NULL, r->job, found, true);
    return 200;
}
