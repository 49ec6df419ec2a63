#include <inttypes.h>

#include "server/metrics.h"
#include "server/rest.h"
#include "server/writer.h"

enum { NAME_BYTES_MAX = 1 << 16, PLAN_TEXT_BYTES_MAX = 1 << 20, NS_PER_MS = 1000000 };

void rest__write_task_counts(struct buf *out, const char *key, const char *state, uint32_t count)
{
    static const char *const states[] = {"CREATED", "SCHEDULED", "DEPLOYING", "INITIALIZING",
        "RUNNING", "FINISHED", "CANCELING", "CANCELED", "FAILED", "RECONCILING"};
    writer_object(out, key);
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        writer_u64(out, states[i], strcmp(states[i], state) == 0 ? count : 0);
    writer_end_object(out);
}

/* As in Flink, what a source reads and a sink writes outside does not count. Bytes between tasks
 * are not measured: their `complete` is false. */
static void write_io(struct buf *out, const struct job_task_stats *s)
{
    writer_object(out, "metrics");
    writer_u64(out, "read-bytes", 0);
    writer_bool(out, "read-bytes-complete", false);
    writer_u64(out, "write-bytes", 0);
    writer_bool(out, "write-bytes-complete", false);
    writer_u64(out, "read-records", s->rows_in);
    writer_bool(out, "read-records-complete", true);
    writer_u64(out, "write-records", s->rows_out);
    writer_bool(out, "write-records-complete", true);
    writer_u64(out, "accumulated-backpressured-time", s->backpressured_ns / NS_PER_MS);
    writer_u64(out, "accumulated-idle-time", s->idle_ns / NS_PER_MS);
    writer_double(out, "accumulated-busy-time", (double)(s->busy_ns / NS_PER_MS));
    writer_end_object(out);
}

static void write_vertex_io(struct buf *out, const struct view_job *j, uint32_t vertex)
{
    struct job_task_stats sum = {0};
    uint32_t count;
    const struct view_task *tasks = view_tasks(j, vertex, &count);
    for (uint32_t i = 0; i < count; i++) {
        sum.rows_in += tasks[i].now.rows_in;
        sum.rows_out += tasks[i].now.rows_out;
        sum.backpressured_ns += tasks[i].now.backpressured_ns;
        sum.idle_ns += tasks[i].now.idle_ns;
        sum.busy_ns += tasks[i].now.busy_ns;
    }
    write_io(out, &sum);
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
    writer_i64(out, "duration", view_duration_ms(j));
    rest__write_task_counts(out, "tasks", state, o->now.subtasks);
    write_vertex_io(out, j, vertex);
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

/* Flink's figures over all subtasks. */
static void write_aggregate(struct buf *out, const char *key, struct rest_series *s)
{
    if (s->count == 0) return;
    rest__sort(s);
    int64_t sum = rest__sum(s);
    writer_object(out, key);
    writer_i64(out, "p25", rest__quantile(s, 250));
    writer_i64(out, "min", s->values[0]);
    writer_i64(out, "avg", sum / s->count);
    writer_i64(out, "median", rest__quantile(s, 500));
    writer_i64(out, "max", s->values[s->count - 1]);
    writer_i64(out, "sum", sum);
    writer_i64(out, "p95", rest__quantile(s, 950));
    writer_i64(out, "p75", rest__quantile(s, 750));
    writer_end_object(out);
}

static void write_aggregates(struct buf *out, const struct view_job *j, uint32_t vertex)
{
    struct rest_series full = {.count = 0}, idle = full, busy = full, in = full, none = full,
                       written = full, duration = full;
    uint32_t count;
    const struct view_task *tasks = view_tasks(j, vertex, &count);
    for (uint32_t i = 0; i < count; i++) {
        const struct job_task_stats *s = &tasks[i].now;
        in.values[in.count++] = (int64_t)s->rows_in;
        written.values[written.count++] = (int64_t)s->rows_out;
        full.values[full.count++] = (int64_t)(s->backpressured_ns / NS_PER_MS);
        idle.values[idle.count++] = (int64_t)(s->idle_ns / NS_PER_MS);
        busy.values[busy.count++] = (int64_t)(s->busy_ns / NS_PER_MS);
        duration.values[duration.count++] = view_duration_ms(j);
        none.values[none.count++] = 0;
    }
    writer_object(out, "aggregated");
    writer_object(out, "metrics");
    write_aggregate(out, "write-records", &written);
    write_aggregate(out, "accumulated-backpressured-time", &full);
    write_aggregate(out, "accumulated-idle-time", &idle);
    write_aggregate(out, "write-bytes", &none);
    write_aggregate(out, "read-bytes", &none);
    write_aggregate(out, "read-records", &in);
    write_aggregate(out, "accumulated-busy-time", &busy);
    writer_end_object(out);
    writer_object(out, "status-duration");
    write_aggregate(out, view_vertex_state(j, vertex), &duration);
    writer_end_object(out);
    writer_end_object(out);
}

static void write_subtask(
    const struct rest_request *r, struct buf *out, const struct view_task *task)
{
    const struct view_job *j = r->job;
    const char *state = view_task_state(j, task);
    writer_object(out, NULL);
    writer_u64(out, "subtask", task->now.subtask);
    writer_text(out, "status", state);
    writer_u64(out, "attempt", 0);
    writer_text(out, "endpoint", r->view->address);
    writer_i64(out, "start-time", j->started_ms);
    writer_i64(out, "end-time", j->ended_ms);
    writer_i64(out, "duration", view_duration_ms(j));
    write_io(out, &task->now);
    writer_format(out, "taskmanager-id", "weir-%s", r->view->address);
    writer_object(out, "status-duration");
    writer_i64(out, state, view_duration_ms(j));
    writer_end_object(out);
    writer_i64(out, "start_time", j->started_ms);
    writer_end_object(out);
}

int rest_vertex(const struct rest_request *r, struct buf *out)
{
    uint32_t vertex, count;
    int status = find(r, out, &vertex);
    if (status != 200) return status;
    const struct view_job *j = r->job;
    const struct view_task *tasks = view_tasks(j, vertex, &count);
    writer_object(out, NULL);
    writer_text(out, "id", j->operators[vertex].id);
    write_name(out, j, vertex);
    writer_u64(out, "parallelism", j->operators[vertex].now.subtasks);
    writer_u64(out, "maxParallelism", j->key_groups);
    writer_i64(out, "now", j->now_ms);
    writer_array(out, "subtasks");
    for (uint32_t i = 0; i < count; i++) write_subtask(r, out, &tasks[i]);
    writer_end_array(out);
    write_aggregates(out, j, vertex);
    writer_end_object(out);
    return 200;
}

/* Flink's thresholds. */
static const char *level_of(double backpressured)
{
    return backpressured <= 0.1 ? "ok" : backpressured <= 0.5 ? "low" : "high";
}

int rest_vertex_backpressure(const struct rest_request *r, struct buf *out)
{
    uint32_t vertex, count;
    int status = find(r, out, &vertex);
    if (status != 200) return status;
    const struct view_task *tasks = view_tasks(r->job, vertex, &count);
    double most = 0;
    for (uint32_t i = 0; i < count; i++)
        if (tasks[i].backpressured > most) most = tasks[i].backpressured;
    writer_object(out, NULL);
    writer_text(out, "status", "ok");
    writer_text(out, "backpressureLevel", level_of(most));
    writer_i64(out, "end-timestamp", r->job->now_ms);
    writer_array(out, "subtasks");
    for (uint32_t i = 0; i < count; i++) {
        const char *level = level_of(tasks[i].backpressured);
        writer_object(out, NULL);
        writer_u64(out, "subtask", tasks[i].now.subtask);
        writer_text(out, "backpressureLevel", level);
        writer_double(out, "ratio", tasks[i].backpressured);
        writer_double(out, "idleRatio", tasks[i].idle);
        writer_double(out, "busyRatio", tasks[i].busy);
        writer_text(out, "backpressure-level", level);
        writer_end_object(out);
    }
    writer_end_array(out);
    writer_text(out, "backpressure-level", level_of(most));
    writer_end_object(out);
    return 200;
}

int rest_vertex_watermarks(const struct rest_request *r, struct buf *out)
{
    uint32_t vertex, count;
    int status = find(r, out, &vertex);
    if (status != 200) return status;
    const struct view_task *tasks = view_tasks(r->job, vertex, &count);
    int64_t watermark = metrics_input_watermark(r->job, vertex);
    if (r->job->operators[vertex].is_source) count = 0;
    writer_array(out, NULL);
    for (uint32_t i = 0; i < count; i++) {
        writer_object(out, NULL);
        writer_format(out, "id", "%" PRIu32 ".currentInputWatermark", tasks[i].now.subtask);
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
