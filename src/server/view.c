#include "server/view.h"

#include "vec/batch.h"

const char *view_state_name(enum view_state state)
{
    switch (state) {
    case VIEW_RUNNING:
    case VIEW_STOPPING: return "RUNNING";
    case VIEW_CANCELLING: return "CANCELLING";
    case VIEW_CANCELED: return "CANCELED";
    case VIEW_FINISHED: return "FINISHED";
    case VIEW_FAILED: return "FAILED";
    }
    return "";
}

static const char *execution_state(const struct view_job *j, bool done)
{
    switch (j->state) {
    case VIEW_RUNNING:
    case VIEW_STOPPING: return done ? "FINISHED" : "RUNNING";
    case VIEW_CANCELLING: return done ? "CANCELED" : "CANCELING";
    case VIEW_CANCELED: return "CANCELED";
    case VIEW_FINISHED: return "FINISHED";
    case VIEW_FAILED: return "FAILED";
    }
    return "";
}

const char *view_vertex_state(const struct view_job *j, uint32_t vertex)
{
    const struct job_node_stats *s = &j->operators[vertex].now;
    return execution_state(j, s->subtasks_done == s->subtasks);
}

const char *view_task_state(const struct view_job *j, const struct view_task *t)
{
    return execution_state(j, t->now.done);
}

uint32_t view_next_in_vertex(const struct view_job *j, uint32_t vertex, uint32_t after)
{
    for (uint32_t i = after + 1; i < j->operator_count; i++)
        if (j->operators[i].now.vertex == vertex) return i;
    return UINT32_MAX;
}

uint32_t view_last_in_vertex(const struct view_job *j, uint32_t vertex)
{
    uint32_t last = vertex;
    for (uint32_t i = vertex; i != UINT32_MAX; i = view_next_in_vertex(j, vertex, i)) last = i;
    return last;
}

const struct view_task *view_tasks(const struct view_job *j, uint32_t vertex, uint32_t *count)
{
    uint32_t first = 0;
    while (first < j->task_count && j->tasks[first].now.vertex != vertex) first++;
    uint32_t end = first;
    while (end < j->task_count && j->tasks[end].now.vertex == vertex) end++;
    *count = end - first;
    return j->tasks + first;
}

void view_vertex_name(const struct view_job *j, uint32_t vertex, struct buf *out)
{
    for (uint32_t i = vertex; i != UINT32_MAX; i = view_next_in_vertex(j, vertex, i))
        buf_printf(out, "%s%s", i == vertex ? "" : " -> ", j->operators[i].name);
}

uint32_t view_find_vertex(const struct view_job *j, struct slice id)
{
    for (uint32_t i = 0; i < j->operator_count; i++)
        if (view_is_vertex(j, i) && slice_eq(slice_of(j->operators[i].id), id)) return i;
    return UINT32_MAX;
}

const struct job_checkpoint_info *view_newest_checkpoint(
    const struct view_job *j, enum job_checkpoint_status status)
{
    for (uint32_t i = 0; i < j->checkpoints.history_count; i++)
        if (j->checkpoints.history[i].status == status) return &j->checkpoints.history[i];
    return NULL;
}

uint32_t view_slots_taken(const struct view *v)
{
    uint32_t slots = 0;
    for (uint32_t i = 0; i < v->job_count; i++)
        if (!view_has_ended(&v->jobs[i])) slots += v->jobs[i].parallelism;
    return slots;
}

uint32_t view_slots_total(const struct view *v)
{
    uint32_t taken = view_slots_taken(v);
    return taken > v->cores ? taken : v->cores;
}

void view_totals(const struct view_job *j, struct view_totals *out)
{
    *out = (struct view_totals){.watermark_ms = INT64_MAX};
    for (uint32_t i = 0; i < j->operator_count; i++) {
        const struct view_operator *o = &j->operators[i];
        if (o->is_source) {
            out->rows_in += o->now.rows_out;
            out->in_per_second += o->out_per_second;
        }
        if (o->is_sink && !o->is_side) {
            out->rows_out += o->now.rows_in;
            out->out_per_second += o->in_per_second;
        }
        out->late_rows += o->now.late_rows;
        out->bad_records += o->now.bad_records;
        out->filtered_rows += o->now.filtered_rows;
        out->state_bytes += o->now.state_bytes;
        if (o->now.watermark_ms != WATERMARK_NONE && o->now.watermark_ms < out->watermark_ms)
            out->watermark_ms = o->now.watermark_ms;
    }
    if (out->watermark_ms == INT64_MAX) out->watermark_ms = WATERMARK_NONE;
}
