/* Weir's own answers, below /api/v1. */
#include "base/arena.h"
#include "server/rest.h"
#include "server/why.h"
#include "server/writer.h"

int rest_why(const struct rest_request *r, struct buf *out)
{
    struct why *why = ARENA_NEW(r->arena, struct why);
    why_find(r->view, r->job, why);
    struct view_totals t;
    view_totals(r->job, &t);
    writer_object(out, NULL);
    writer_text(out, "id", r->job->id);
    writer_text(out, "name", r->job->name);
    writer_text(out, "state", view_state_name(r->job->state));
    writer_double(out, "rows-in-per-second", t.in_per_second);
    writer_double(out, "rows-out-per-second", t.out_per_second);
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
    writer_end_object(out);
    return 200;
}

int rest_account(const struct rest_request *r, struct buf *out)
{
    const struct view_job *j = r->job;
    struct view_totals t;
    view_totals(j, &t);
    writer_object(out, NULL);
    writer_text(out, "id", j->id);
    writer_text(out, "name", j->name);
    writer_u64(out, "checkpoint", j->account_checkpoint);
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
    writer_object(out, "now"); /* not of a checkpoint */
    writer_u64(out, "rows-in", t.rows_in);
    writer_u64(out, "rows-out", t.rows_out);
    writer_u64(out, "late", t.late_rows);
    writer_u64(out, "bad", t.bad_records);
    writer_u64(out, "filtered", t.filtered_rows);
    writer_u64(out, "state-bytes", t.state_bytes);
    writer_u64(out, "memory-bytes", j->memory_bytes);
    writer_double(out, "rows-in-per-second", t.in_per_second);
    writer_double(out, "rows-out-per-second", t.out_per_second);
    writer_i64(out, "watermark", t.watermark_ms);
    writer_end_object(out);
    writer_end_object(out);
    return 200;
}

int rest_ingest(const struct rest_request *r, struct buf *out)
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
        writer_u64(out, "unread-bytes", t->unread_bytes);
        writer_end_object(out);
    }
    writer_end_array(out);
    writer_end_object(out);
    return 200;
}
