#include <inttypes.h>

#include "server/metrics.h"
#include "server/rest.h"
#include "server/writer.h"

enum { NAME_BYTES_MAX = 1 << 16, PLAN_TEXT_BYTES_MAX = 1 << 20 };

void rest__write_task_counts(struct buf *out, const char *key, const char *state, uint32_t count)
{
    static const char *const states[] = {"CREATED", "SCHEDULED", "DEPLOYING", "INITIALIZING",
        "RUNNING", "FINISHED", "CANCELING", "CANCELED", "FAILED", "RECONCILING"};
    writer_object(out, key);
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        writer_u64(out, states[i], strcmp(states[i], state) == 0 ? count : 0);
    writer_end_object(out);
}

/* As in Flink, what a source reads and a sink writes outside does not count. Bytes and times are
 * not measured: their `complete` is false. */
void rest__write_io(struct buf *out, const struct view_job *j, uint32_t vertex)
{
    const struct view_operator *first = &j->operators[vertex],
                               *last = &j->operators[view_last_in_vertex(j, vertex)];
    writer_object(out, "metrics");
    writer_u64(out, "read-bytes", 0);
    writer_bool(out, "read-bytes-complete", false);
    writer_u64(out, "write-bytes", 0);
    writer_bool(out, "write-bytes-complete", false);
    writer_u64(out, "read-records", first->is_source ? 0 : first->now.rows_in);
    writer_bool(out, "read-records-complete", true);
    writer_u64(out, "write-records", last->is_sink ? 0 : last->now.rows_out);
    writer_bool(out, "write-records-complete", true);
    writer_u64(out, "accumulated-backpressured-time", 0);
    writer_u64(out, "accumulated-idle-time", 0);
    writer_double(out, "accumulated-busy-time", 0);
    writer_end_object(out);
}

static void write_name(struct buf *out, const struct view_job *j, uint32_t vertex)
{
    struct buf name;
    buf_init(&name, NAME_BYTES_MAX);
    view_vertex_name(j, vertex, &name);
    writer_text(out, "name", buf_cstr(&name));
    buf_free(&name);
}

void rest__write_vertex(struct buf *out, const struct view_job *j, uint32_t vertex)
{
    const struct view_operator *o = &j->operators[vertex];
    const char *state = view_vertex_state(j, vertex);
    writer_object(out, NULL);
    writer_text(out, "id", o->id);
    writer_text(out, "slotSharingGroupId", j->id);
    write_name(out, j, vertex);
    writer_u64(out, "maxParallelism", j->key_groups);
    writer_u64(out, "parallelism", o->now.subtasks);
    writer_text(out, "status", state);
    writer_i64(out, "start-time", j->started_ms);
    writer_i64(out, "end-time", j->ended_ms);
    writer_i64(out, "duration", (view_has_ended(j) ? j->ended_ms : j->now_ms) - j->started_ms);
    rest__write_task_counts(out, "tasks", state, o->now.subtasks);
    rest__write_io(out, j, vertex);
    writer_end_object(out);
}

/* ---- plan ---- */

/* Flink's descriptions are HTML: one line a node, each hanging on the one before. */
static void add_html(struct buf *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '<': buf_add_cstr(out, "&lt;"); break;
        case '>': buf_add_cstr(out, "&gt;"); break;
        case '&': buf_add_cstr(out, "&amp;"); break;
        default: buf_add_char(out, *text);
        }
    }
}

static void write_description(struct buf *out, const struct view_job *j, uint32_t vertex)
{
    struct buf text;
    buf_init(&text, PLAN_TEXT_BYTES_MAX);
    uint32_t depth = 0;
    for (uint32_t i = vertex; i != UINT32_MAX; i = view_next_in_vertex(j, vertex, i), depth++) {
        for (uint32_t k = 1; k < depth; k++) buf_add_cstr(&text, "   ");
        buf_printf(&text, "%s[%" PRIu32 "]:", depth ? "+- " : "", i + 1);
        add_html(&text, j->operators[i].description);
        buf_add_cstr(&text, "<br/>");
    }
    writer_text(out, "description", buf_cstr(&text));
    buf_free(&text);
}

static void write_inputs(struct buf *out, const struct view_job *j, uint32_t vertex)
{
    bool any = false;
    uint32_t number = 0;
    for (uint32_t i = vertex; i != UINT32_MAX; i = view_next_in_vertex(j, vertex, i))
        for (uint32_t k = 0; k < j->operators[i].input_count; k++) {
            const struct view_input *in = &j->operators[i].inputs[k];
            uint32_t from = j->operators[in->node].now.vertex;
            if (from == vertex) continue;
            if (!any) writer_array(out, "inputs");
            any = true;
            writer_object(out, NULL);
            writer_text(out, "id", j->operators[from].id);
            writer_u64(out, "num", number++);
            writer_text(out, "exchange", "pipelined_bounded");
            writer_text(out, "ship_strategy", in->ship_strategy);
            writer_end_object(out);
        }
    if (any) writer_end_array(out);
}

/* From the sinks up, as in Flink. */
void rest__write_plan(struct buf *out, const struct view_job *j)
{
    writer_object(out, "plan");
    writer_text(out, "jid", j->id);
    writer_text(out, "name", j->name);
    writer_text(out, "type", "STREAMING");
    writer_array(out, "nodes");
    for (uint32_t i = j->operator_count; i-- > 0;) {
        if (!view_is_vertex(j, i)) continue;
        writer_object(out, NULL);
        writer_text(out, "id", j->operators[i].id);
        writer_text(out, "operator", "");
        writer_u64(out, "parallelism", j->operators[i].now.subtasks);
        writer_text(out, "operator_strategy", "");
        write_description(out, j, i);
        writer_object(out, "optimizer_properties");
        writer_end_object(out);
        write_inputs(out, j, i);
        writer_end_object(out);
    }
    writer_end_array(out);
    writer_end_object(out);
}

/* ---- /jobs/:id/vertices/:vid ---- */

static int find(const struct rest_request *r, struct buf *out, uint32_t *vertex)
{
    *vertex = view_find_vertex(r->job, r->vertex);
    if (*vertex != UINT32_MAX) return 200;
    return rest_error(out, 404, "JobVertex %.*s not found", (int)r->vertex.n, r->vertex.p);
}

/* Flink's figures over all subtasks, here of the one entry. */
static void write_aggregate(struct buf *out, const char *key, uint64_t value)
{
    static const char *const names[] = {"p25", "min", "avg", "median", "max", "sum", "p95", "p75"};
    writer_object(out, key);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) writer_u64(out, names[i], value);
    writer_end_object(out);
}

static void write_aggregates(
    struct buf *out, const struct view_job *j, uint32_t vertex, int64_t duration_ms)
{
    const struct view_operator *first = &j->operators[vertex],
                               *last = &j->operators[view_last_in_vertex(j, vertex)];
    writer_object(out, "aggregated");
    writer_object(out, "metrics");
    write_aggregate(out, "write-records", last->is_sink ? 0 : last->now.rows_out);
    write_aggregate(out, "accumulated-backpressured-time", 0);
    write_aggregate(out, "accumulated-idle-time", 0);
    write_aggregate(out, "write-bytes", 0);
    write_aggregate(out, "read-bytes", 0);
    write_aggregate(out, "read-records", first->is_source ? 0 : first->now.rows_in);
    write_aggregate(out, "accumulated-busy-time", 0);
    writer_end_object(out);
    writer_object(out, "status-duration");
    write_aggregate(out, view_vertex_state(j, vertex), (uint64_t)duration_ms);
    writer_end_object(out);
    writer_end_object(out);
}

/* Figures are of the vertex, not of its subtasks: one entry speaks for all of them. */
int rest_vertex(const struct rest_request *r, struct buf *out)
{
    uint32_t vertex;
    int status = find(r, out, &vertex);
    if (status != 200) return status;
    const struct view_job *j = r->job;
    int64_t duration = (view_has_ended(j) ? j->ended_ms : j->now_ms) - j->started_ms;
    writer_object(out, NULL);
    writer_text(out, "id", j->operators[vertex].id);
    write_name(out, j, vertex);
    writer_u64(out, "parallelism", j->operators[vertex].now.subtasks);
    writer_u64(out, "maxParallelism", j->key_groups);
    writer_i64(out, "now", j->now_ms);
    writer_array(out, "subtasks");
    writer_object(out, NULL);
    writer_u64(out, "subtask", 0);
    writer_text(out, "status", view_vertex_state(j, vertex));
    writer_u64(out, "attempt", 0);
    writer_text(out, "endpoint", r->view->address);
    writer_i64(out, "start-time", j->started_ms);
    writer_i64(out, "end-time", j->ended_ms);
    writer_i64(out, "duration", duration);
    rest__write_io(out, j, vertex);
    writer_format(out, "taskmanager-id", "weir-%s", r->view->address);
    writer_object(out, "status-duration");
    writer_i64(out, view_vertex_state(j, vertex), duration);
    writer_end_object(out);
    writer_i64(out, "start_time", j->started_ms);
    writer_end_object(out);
    writer_end_array(out);
    write_aggregates(out, j, vertex, duration);
    writer_end_object(out);
    return 200;
}

/* Flink's thresholds: up to 10 % of the time is ok, up to 50 % low. The share is that of subtasks
 * that wait for room now. */
int rest_vertex_backpressure(const struct rest_request *r, struct buf *out)
{
    uint32_t vertex;
    int status = find(r, out, &vertex);
    if (status != 200) return status;
    const struct job_node_stats *s = &r->job->operators[vertex].now;
    double ratio = s->subtasks ? (double)s->subtasks_waiting_output / (double)s->subtasks : 0;
    const char *level = ratio <= 0.1 ? "ok" : ratio <= 0.5 ? "low" : "high";
    writer_object(out, NULL);
    writer_text(out, "status", "ok");
    writer_text(out, "backpressureLevel", level);
    writer_i64(out, "end-timestamp", r->job->now_ms);
    writer_array(out, "subtasks");
    writer_object(out, NULL);
    writer_u64(out, "subtask", 0);
    writer_text(out, "backpressureLevel", level);
    writer_double(out, "ratio", ratio);
    writer_double(out, "idleRatio", 0);
    writer_double(out, "busyRatio", 0);
    writer_text(out, "backpressure-level", level);
    writer_end_object(out);
    writer_end_array(out);
    writer_text(out, "backpressure-level", level);
    writer_end_object(out);
    return 200;
}

int rest_vertex_watermarks(const struct rest_request *r, struct buf *out)
{
    uint32_t vertex;
    int status = find(r, out, &vertex);
    if (status != 200) return status;
    int64_t watermark = metrics_input_watermark(r->job, vertex);
    writer_array(out, NULL);
    if (!r->job->operators[vertex].is_source) {
        writer_object(out, NULL);
        writer_text(out, "id", "0.currentInputWatermark");
        writer_format(out, "value", "%" PRId64, watermark);
        writer_end_object(out);
    }
    writer_end_array(out);
    return 200;
}

int rest_vertex_metrics(const struct rest_request *r, struct buf *out)
{
    uint32_t vertex;
    int status = find(r, out, &vertex);
    if (status != 200) return status;
    metrics_values(r->view, METRIC_OPERATOR, r->job, vertex, r->get, out);
    return 200;
}
