#include "server/metrics.h"

#include <inttypes.h>
#include <math.h>

#include "base/json.h"
#include "server/server.h"
#include "server/writer.h"
#include "vec/batch.h"

enum metric_kind { METRIC_GAUGE, METRIC_COUNTER };

/* What a value is taken from. */
struct place {
    const struct view *v;
    const struct view_job *j;
    const struct view_operator *o;
    const struct view_task *s;
    const struct job_split_stats *p;
    const struct job_account *a;
    const struct ingest_table *t;
    uint32_t i; /* variant */
};

static const double absent = (double)NAN; /* no value, so no line */

/* ---- what the expressions of the table use ---- */

int64_t metrics_input_watermark(const struct view_job *j, uint32_t node)
{
    const struct view_operator *o = &j->operators[node];
    int64_t least = INT64_MAX;
    for (uint32_t i = 0; i < o->input_count; i++) {
        int64_t ms = j->operators[o->inputs[i].node].now.watermark_ms;
        if (ms < least) least = ms;
    }
    return o->input_count ? least : WATERMARK_NONE;
}

static uint32_t count_running(const struct view *v)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < v->job_count; i++) count += !view_has_ended(&v->jobs[i]);
    return count;
}

static const char *const job_states[] = {
    "RUNNING", "CANCELLING", "CANCELED", "FINISHED", "FAILED", NULL};

static uint32_t count_in_state(const struct view *v, uint32_t state)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < v->job_count; i++)
        count += strcmp(view_state_name(v->jobs[i].state), job_states[state]) == 0;
    return count;
}

static const struct job_checkpoint_info *last_checkpoint(const struct view_job *j)
{
    return view_newest_checkpoint(j, JOB_CHECKPOINT_COMPLETED);
}

static struct view_totals totals(const struct view_job *j)
{
    struct view_totals t;
    view_totals(j, &t);
    return t;
}

static bool is_time(int64_t watermark_ms)
{
    return watermark_ms != WATERMARK_NONE && watermark_ms != WATERMARK_MAX;
}

static double watermark(int64_t ms)
{
    return is_time(ms) ? (double)ms : absent;
}

static double lag_seconds(const struct view_job *j, int64_t watermark_ms)
{
    return is_time(watermark_ms) ? ((double)j->now_ms - (double)watermark_ms) / 1000 : absent;
}

static uint32_t operator_index(const struct view_job *j, const struct view_operator *o)
{
    return (uint32_t)(o - j->operators);
}

static double counted_bytes(const struct view_operator *o)
{
    return o->counts_bytes ? (double)o->now.bytes : absent;
}

static double source_idle_ms(const struct view_job *j, const struct view_operator *o)
{
    if (!o->is_source || !o->rows_out_ms) return absent;
    return o->now.subtasks_waiting_output ? 0 : (double)(j->now_ms - o->rows_out_ms);
}

static const char *const account_states[] = {
    "contributed", "filtered", "late", "bad", "pending", NULL};

static uint64_t account_rows(const struct job_account *a, uint32_t state)
{
    const uint64_t rows[] = {a->contributed, a->filtered, a->late, a->bad, a->pending};
    return rows[state];
}

/* ---- the table ---- */

#define X(id, scope, kind, name, value, doc)                                    \
    static double value_##id(const struct place *at)                            \
    {                                                                           \
        const struct view *v = at->v;                                           \
        const struct view_job *j = at->j;                                       \
        const struct view_operator *o = at->o;                                  \
        const struct view_task *s = at->s;                                      \
        const struct job_split_stats *p = at->p;                                \
        const struct job_account *a = at->a;                                    \
        const struct ingest_table *t = at->t;                                   \
        uint32_t i = at->i;                                                     \
        (void)v, (void)j, (void)o, (void)s, (void)p, (void)a, (void)t, (void)i; \
        return (double)(value);                                                 \
    }
#include "server/metrics_table.inc"
#undef X

enum metric_id {
#define X(id, scope, kind, name, value, doc) ID_##id,
#include "server/metrics_table.inc"
#undef X
    METRIC_COUNT
};

static const struct metric {
    enum metric_scope scope;
    enum metric_kind kind;
    const char *name;
    double (*value)(const struct place *at);
    const char *doc;
} metrics[] = {
#define X(id, scope, kind, name, value, doc) \
    [ID_##id] = {METRIC_##scope, METRIC_##kind, name, value_##id, doc},
#include "server/metrics_table.inc"
#undef X
};

static const char *const ingest_states[] = {"accepted", "refused", NULL};
static const char *const http_classes[] = {"2xx", "3xx", "4xx", "5xx", NULL};

/* Metrics with a line for each value of a label of their own. */
static const struct variants {
    enum metric_id metric;
    const char *label;
    const char *const *values; /* NULL ends */
} variant_table[] = {
    {ID_JOBS, "state", job_states},
    {ID_ACCOUNT, "state", account_states},
    {ID_INGEST_REQUESTS, "status", ingest_states},
    {ID_HTTP_REQUESTS, "class", http_classes},
};

static const struct variants *variants_of(const struct metric *m)
{
    for (size_t i = 0; i < sizeof variant_table / sizeof variant_table[0]; i++)
        if (&metrics[variant_table[i].metric] == m) return &variant_table[i];
    return NULL;
}

static const struct scope {
    const char *prefix; /* of Flink's names */
    const char *labels;
} scopes[] = {
    [METRIC_PROCESS] = {"", ""},
    [METRIC_CLUSTER] = {"flink_jobmanager_", "host"},
    [METRIC_JOB] = {"flink_jobmanager_job_", "job_id, job_name, host"},
    [METRIC_TASK] = {"flink_taskmanager_job_task_",
        "job_id, job_name, task_id, task_name, subtask_index, tm_id, host"},
    [METRIC_OPERATOR] = {"flink_taskmanager_job_task_operator_",
        "job_id, job_name, task_id, task_name, operator_id, operator_name, subtask_index, tm_id, "
        "host"},
    [METRIC_SPLIT] = {"", "job_id, job_name, table, worker, split"},
    [METRIC_ACCOUNT] = {"", "job_id, job_name, sink, source"},
    [METRIC_INGEST] = {"", "table"},
    [METRIC_HTTP] = {"", ""},
};

static bool is_flinks(const struct metric *m)
{
    return strncmp(m->name, "weir_", 5) != 0 && strncmp(m->name, "process_", 8) != 0;
}

static void add_full_name(struct buf *out, const struct metric *m)
{
    buf_printf(out, "%s%s", is_flinks(m) ? scopes[m->scope].prefix : "", m->name);
}

/* Whole numbers whole, others as short as they can be read. */
static void format_value(double value, char text[32])
{
    bool whole = value == floor(value) && fabs(value) < 1e18;
    snprintf(text, 32, whole ? "%.0f" : "%.12g", value);
}

/* ---- the page ---- */

static void add_label(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, "%s%s=\"", out->p[out->n - 1] == '{' ? "" : ",", name);
    for (; *value; value++) {
        if (*value == '\n') {
            buf_add_cstr(out, "\\n");
            continue;
        }
        if (*value == '"' || *value == '\\') buf_add_char(out, '\\');
        buf_add_char(out, *value);
    }
    buf_add_char(out, '"');
}

static void add_task_labels(struct buf *out, const struct place *at)
{
    struct buf name;
    buf_init(&name, 1 << 16);
    view_vertex_name(at->j, at->o->now.vertex, &name);
    add_label(out, "task_id", at->j->operators[at->o->now.vertex].id);
    add_label(out, "task_name", buf_cstr(&name));
    buf_free(&name);
}

static void add_number_label(struct buf *out, const char *name, uint32_t value)
{
    char text[16];
    snprintf(text, sizeof text, "%" PRIu32, value);
    add_label(out, name, text);
}

/* The labels of `scopes`, in that order. */
static void add_labels(struct buf *out, const struct metric *m, const struct place *at)
{
    if (at->j) {
        add_label(out, "job_id", at->j->id);
        add_label(out, "job_name", at->j->name);
    }
    switch (m->scope) {
    case METRIC_PROCESS:
        if (m == &metrics[ID_BUILD_INFO]) add_label(out, "version", at->v->version);
        break;
    case METRIC_CLUSTER:
    case METRIC_JOB: add_label(out, "host", at->v->address); break;
    case METRIC_OPERATOR:
    case METRIC_TASK:
        add_task_labels(out, at);
        if (m->scope == METRIC_OPERATOR) {
            add_label(out, "operator_id", at->o->id);
            add_label(out, "operator_name", at->o->name);
        }
        /* Figures of operators are those of all subtasks together. */
        add_number_label(out, "subtask_index", at->s ? at->s->now.subtask : 0);
        add_label(out, "tm_id", "weir");
        add_label(out, "host", at->v->address);
        break;
    case METRIC_SPLIT:
        add_label(out, "table", at->o->table ? at->o->table : at->o->kind);
        add_number_label(out, "worker", at->p->subtask);
        add_number_label(out, "split", at->p->split);
        break;
    case METRIC_ACCOUNT:
        add_label(out, "sink", at->a->sink);
        add_label(out, "source", at->a->source);
        break;
    case METRIC_INGEST: add_label(out, "table", at->t->table); break;
    case METRIC_HTTP: break;
    }
}

static void add_line(struct buf *out, const struct metric *m, struct place *at)
{
    const struct variants *variants = variants_of(m);
    for (at->i = 0; !variants || variants->values[at->i]; at->i++) {
        double value = m->value(at);
        if (!isnan(value)) {
            add_full_name(out, m);
            buf_add_char(out, '{');
            add_labels(out, m, at);
            if (variants) add_label(out, variants->label, variants->values[at->i]);
            if (out->p[out->n - 1] == '{')
                out->n--;
            else
                buf_add_char(out, '}');
            char text[32];
            format_value(value, text);
            buf_printf(out, " %s\n", text);
        }
        if (!variants) break;
    }
}

static void add_operators(struct buf *out, const struct metric *m, struct place *at)
{
    for (uint32_t k = 0; k < at->j->operator_count; k++) {
        at->o = &at->j->operators[k];
        if (m->scope == METRIC_OPERATOR) add_line(out, m, at);
        for (uint32_t s = 0; m->scope == METRIC_SPLIT && s < at->o->now.split_shown_count; s++) {
            at->p = &at->o->now.splits[s];
            add_line(out, m, at);
        }
    }
}

static void add_tasks(struct buf *out, const struct metric *m, struct place *at)
{
    for (uint32_t k = 0; k < at->j->task_count; k++) {
        at->s = &at->j->tasks[k];
        at->o = &at->j->operators[at->s->now.vertex];
        add_line(out, m, at);
    }
}

static void add_jobs(struct buf *out, const struct metric *m, struct place *at)
{
    for (uint32_t i = 0; i < at->v->job_count; i++) {
        at->j = &at->v->jobs[i];
        if (m->scope == METRIC_JOB) add_line(out, m, at);
        for (uint32_t k = 0; m->scope == METRIC_ACCOUNT && k < at->j->account_count; k++) {
            at->a = &at->j->accounts[k];
            add_line(out, m, at);
        }
        if (m->scope == METRIC_TASK)
            add_tasks(out, m, at);
        else
            add_operators(out, m, at);
    }
}

static void add_metric(struct buf *out, const struct metric *m, const struct view *v)
{
    struct place at = {.v = v};
    buf_add_cstr(out, "# HELP ");
    add_full_name(out, m);
    buf_printf(out, " %s\n# TYPE ", m->doc);
    add_full_name(out, m);
    /* Flink's reporter gives its counters as gauges too. */
    buf_printf(out, " %s\n", m->kind == METRIC_COUNTER && !is_flinks(m) ? "counter" : "gauge");
    switch (m->scope) {
    case METRIC_PROCESS:
    case METRIC_CLUSTER:
    case METRIC_HTTP: add_line(out, m, &at); break;
    case METRIC_INGEST:
        for (uint32_t i = 0; i < v->ingest_count; i++) {
            at.t = &v->ingest[i];
            add_line(out, m, &at);
        }
        break;
    case METRIC_JOB:
    case METRIC_TASK:
    case METRIC_OPERATOR:
    case METRIC_SPLIT:
    case METRIC_ACCOUNT: add_jobs(out, m, &at); break;
    }
}

void metrics_page(const struct view *v, struct buf *out)
{
    for (size_t i = 0; i < METRIC_COUNT; i++) add_metric(out, &metrics[i], v);
}

/* ---- REST ---- */

/* Is `id` one of "a,b,c"? */
static bool is_listed(struct slice list, struct slice id)
{
    while (list.n > 0) {
        const char *comma = memchr(list.p, ',', list.n);
        struct slice item = {list.p, comma ? (size_t)(comma - list.p) : list.n};
        if (slice_eq(item, id)) return true;
        if (!comma) break;
        list = (struct slice){comma + 1, list.n - item.n - 1};
    }
    return false;
}

static void add_value(struct buf *out, const char *id, double value, struct slice get)
{
    if (isnan(value) || (get.p && !is_listed(get, slice_of(id)))) return;
    char text[32];
    format_value(value, text);
    writer_object(out, NULL);
    writer_text(out, "id", id);
    if (get.p) writer_text(out, "value", text);
    writer_end_object(out);
}

static void add_vertex_values(
    struct buf *out, const struct metric *m, struct place *at, uint32_t vertex, struct slice get)
{
    char id[512];
    uint32_t count = 0;
    const struct view_task *tasks = view_tasks(at->j, vertex, &count);
    for (uint32_t k = 0; m->scope == METRIC_TASK && k < count; k++) {
        at->s = &tasks[k];
        at->o = &at->j->operators[vertex];
        snprintf(id, sizeof id, "%" PRIu32 ".%s", tasks[k].now.subtask, m->name);
        add_value(out, id, m->value(at), get);
    }
    if (m->scope == METRIC_TASK) return;
    for (uint32_t k = vertex; k != UINT32_MAX; k = view_next_in_vertex(at->j, vertex, k)) {
        at->o = &at->j->operators[k];
        snprintf(id, sizeof id, "0.%s.%s", at->o->name, m->name);
        for (char *p = id; *p; p++) /* as Flink writes them */
            if (*p == ':' || *p == ' ') *p = '_';
        add_value(out, id, m->value(at), get);
    }
}

void metrics_values(const struct view *v, enum metric_scope scope, const struct view_job *j,
    uint32_t vertex, struct slice get, struct buf *out)
{
    writer_array(out, NULL);
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        const struct metric *m = &metrics[i];
        struct place at = {.v = v, .j = j};
        bool of_vertex = scope == METRIC_OPERATOR && m->scope == METRIC_TASK;
        if ((m->scope != scope && !of_vertex) || variants_of(m)) continue;
        if (scope == METRIC_OPERATOR)
            add_vertex_values(out, m, &at, vertex, get);
        else
            add_value(out, m->name, m->value(&at), get);
    }
    writer_end_array(out);
}

/* ---- the manual ---- */

bool server_metric_doc(size_t i, struct server_metric_doc *out)
{
    if (i >= METRIC_COUNT) return false;
    *out = (struct server_metric_doc){
        .prefix = is_flinks(&metrics[i]) ? scopes[metrics[i].scope].prefix : "",
        .name = metrics[i].name,
        .kind = metrics[i].kind == METRIC_COUNTER ? "counter" : "gauge",
        .labels = i == ID_BUILD_INFO ? "version" : scopes[metrics[i].scope].labels,
        .variant = variants_of(&metrics[i]) ? variants_of(&metrics[i])->label : NULL,
        .doc = metrics[i].doc};
    return true;
}
