/* Weir's own answers, below /api/v1. */
#include "base/arena.h"
#include "server/rest.h"
#include "server/why.h"
#include "server/writer.h"
#include "vec/batch.h"

static void write_checkpoints(struct buf *out, const struct view_job *j)
{
    const struct job_checkpoint_stats *s = &j->checkpoints;
    const struct job_checkpoint_info *last = view_newest_checkpoint(j, JOB_CHECKPOINT_COMPLETED);
    writer_object(out, "checkpoints");
    writer_i64(out, "interval", j->checkpoint_interval_ms);
    writer_text(out, "directory", j->checkpoint_directory);
    writer_u64(out, "completed", s->completed);
    writer_u64(out, "failed", s->failed);
    if (s->restored_ms > 0) writer_u64(out, "restored", s->restored_id);
    if (last) {
        writer_object(out, "last");
        writer_u64(out, "id", last->id);
        writer_i64(out, "age", j->now_ms - last->completed_ms);
        writer_i64(out, "duration", last->completed_ms - last->begun_ms);
        writer_u64(out, "size", last->size_bytes);
        writer_u64(out, "full-size", last->full_size_bytes);
        writer_end_object(out);
    }
    writer_end_object(out);
}

static void write_watermark(struct buf *out, const struct view_job *j, int64_t watermark_ms)
{
    if (watermark_ms == WATERMARK_NONE || watermark_ms == WATERMARK_MAX) return;
    writer_i64(out, "watermark", watermark_ms);
    writer_i64(out, "watermark-lag", j->now_ms - watermark_ms);
}

/* The members of a job that both the list and its own page have. Times and durations are
 * milliseconds. */
static void write_job(struct buf *out, const struct view_job *j)
{
    struct view_totals t;
    view_totals(j, &t);
    writer_text(out, "id", j->id);
    writer_text(out, "name", j->name);
    writer_text(out, "state", view_state_name(j->state));
    writer_i64(out, "start-time", j->started_ms);
    writer_i64(out, "end-time", j->ended_ms);
    writer_i64(out, "duration", view_duration_ms(j));
    writer_u64(out, "parallelism", j->parallelism);
    writer_u64(out, "rows-in", t.rows_in);
    writer_double(out, "rows-in-per-second", t.in_per_second);
    writer_u64(out, "rows-out", t.rows_out);
    writer_double(out, "rows-out-per-second", t.out_per_second);
    writer_u64(out, "filtered", t.filtered_rows);
    writer_u64(out, "late", t.late_rows);
    writer_u64(out, "bad", t.bad_records);
    writer_u64(out, "state-bytes", t.state_bytes);
    writer_u64(out, "memory-bytes", j->memory_bytes);
    write_watermark(out, j, t.watermark_ms);
    write_checkpoints(out, j);
}

static void write_operators(struct buf *out, const struct view_job *j)
{
    writer_array(out, "operators");
    for (uint32_t i = 0; i < j->operator_count; i++) {
        const struct view_operator *o = &j->operators[i];
        writer_object(out, NULL);
        writer_text(out, "name", o->name);
        writer_u64(out, "task", o->now.vertex);
        writer_u64(out, "subtasks", o->now.subtasks);
        writer_u64(out, "rows-in", o->now.rows_in);
        writer_u64(out, "rows-out", o->now.rows_out);
        writer_u64(out, "late", o->now.late_rows);
        writer_u64(out, "state-bytes", o->now.state_bytes);
        write_watermark(out, j, o->now.watermark_ms);
        writer_end_object(out);
    }
    writer_end_array(out);
}

static void write_reasons(const struct rest_request *r, struct buf *out)
{
    struct why *why = ARENA_NEW(r->arena, struct why);
    why_find(r->view, r->job, why);
    writer_array(out, "reasons");
    for (uint32_t i = 0; i < why->count; i++) {
        writer_object(out, NULL);
        writer_text(out, "reason", why->reasons[i].name);
        writer_u64(out, "weight", why->reasons[i].weight);
        writer_text(out, "text", why->reasons[i].text);
        if (why->reasons[i].hint[0]) writer_text(out, "hint", why->reasons[i].hint);
        writer_end_object(out);
    }
    writer_end_array(out);
}

static void write_account(struct buf *out, const struct view_job *j)
{
    writer_array(out, "account");
    for (uint32_t i = 0; i < j->account_count; i++) {
        const struct job_account *a = &j->accounts[i];
        writer_object(out, NULL);
        writer_text(out, "sink", a->sink);
        writer_text(out, "source", a->source);
        writer_u64(out, "read", a->read);
        writer_u64(out, "contributed", a->contributed);
        writer_u64(out, "filtered", a->filtered);
        writer_u64(out, "late", a->late);
        writer_u64(out, "bad", a->bad);
        writer_u64(out, "pending", a->pending);
        writer_end_object(out);
    }
    writer_end_array(out);
    /* Of the end when the job had no checkpoints, and of nothing while there was none. */
    bool has_id = j->account_checkpoint > 0 && j->account_checkpoint != UINT64_MAX;
    if (has_id) writer_u64(out, "account-checkpoint", j->account_checkpoint);
}

int rest_own_jobs(const struct rest_request *r, struct buf *out)
{
    writer_object(out, NULL);
    writer_array(out, "jobs");
    for (uint32_t i = 0; i < r->view->job_count; i++) {
        writer_object(out, NULL);
        write_job(out, &r->view->jobs[i]);
        writer_end_object(out);
    }
    writer_end_array(out);
    writer_end_object(out);
    return 200;
}

int rest_own_job(const struct rest_request *r, struct buf *out)
{
    writer_object(out, NULL);
    write_job(out, r->job);
    if (r->job->error) writer_text(out, "error", r->job->error);
    write_operators(out, r->job);
    write_account(out, r->job);
    write_reasons(r, out);
    writer_end_object(out);
    return 200;
}

int rest_own_why(const struct rest_request *r, struct buf *out)
{
    struct view_totals t;
    view_totals(r->job, &t);
    writer_object(out, NULL);
    writer_text(out, "id", r->job->id);
    writer_text(out, "name", r->job->name);
    writer_text(out, "state", view_state_name(r->job->state));
    writer_double(out, "rows-in-per-second", t.in_per_second);
    writer_double(out, "rows-out-per-second", t.out_per_second);
    write_reasons(r, out);
    writer_end_object(out);
    return 200;
}

int rest_own_account(const struct rest_request *r, struct buf *out)
{
    writer_object(out, NULL);
    writer_text(out, "id", r->job->id);
    writer_text(out, "name", r->job->name);
    write_account(out, r->job);
    writer_end_object(out);
    return 200;
}

int rest_own_ingest(const struct rest_request *r, struct buf *out)
{
    writer_object(out, NULL);
    writer_array(out, "tables");
    for (uint32_t i = 0; i < r->view->ingest_count; i++) {
        const struct ingest_table *t = &r->view->ingest[i];
        writer_object(out, NULL);
        writer_text(out, "table", t->table);
        writer_text(out, "url", t->url);
        writer_text(out, "log-directory", t->log_directory);
        writer_bool(out, "needs-token", t->needs_token);
        writer_u64(out, "requests", t->requests);
        writer_u64(out, "refused", t->refused);
        writer_u64(out, "records", t->records);
        writer_u64(out, "bytes", t->bytes);
        writer_u64(out, "log-bytes", t->log_bytes);
        writer_u64(out, "log-bytes-max", t->log_bytes_max);
        writer_bool(out, "log-is-full", t->log_is_full);
        writer_u64(out, "unread-bytes", t->unread_bytes);
        writer_end_object(out);
    }
    writer_end_array(out);
    writer_end_object(out);
    return 200;
}
