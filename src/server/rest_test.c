/* The answers have the fields and types of Flink's: those of rest_shapes.inc, which a running Flink
 * gave. */
#include "server/rest.h"

#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/num.h"
#include "server/metrics.h"
#include "server/view_fixture_test.h"
#include "test.h"

enum { LINES_MAX = 512, PATH_MAX_BYTES = 256 };

static struct arena *arena;
static struct fixture f;

/* ---- a document as sorted lines "path type" ---- */

struct lines {
    char *items[LINES_MAX];
    size_t count;
};

static void add_line(struct lines *l, const char *path, const char *type)
{
    char *line = str_fmt(arena, "%s %s", path, type);
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(l->items[i], line) == 0) return;
    if (l->count < LINES_MAX) l->items[l->count++] = line;
}

/* Ids, and states where they are keys of a map, vary. */
static bool is_variable(const char *path, struct slice key)
{
    static const char map[] = "status-duration";
    size_t n = strlen(path);
    if (key.n == 32) return true;
    return n >= sizeof map - 1 && strcmp(path + n - (sizeof map - 1), map) == 0;
}

/* Depth is limited by the reader. */
static struct err *walk(struct json_reader *r, const char *path, struct lines *l)
{
    TRY(json_next(r));
    switch (r->token) {
    case JSON_OBJECT_BEGIN:
        add_line(l, path, "{}");
        for (;;) {
            TRY(json_next(r));
            if (r->token == JSON_OBJECT_END) return NULL;
            struct slice key = is_variable(path, r->text) ? SLICE("*") : r->text;
            TRY(walk(r, str_fmt(arena, "%s.%.*s", path, (int)key.n, key.p), l));
        }
    case JSON_ARRAY_BEGIN:
        add_line(l, path, "[]");
        for (;;) {
            struct json_reader ahead = *r;
            TRY(json_next(&ahead));
            if (ahead.token == JSON_ARRAY_END) return json_next(r);
            TRY(walk(r, str_fmt(arena, "%s[]", path), l));
        }
    case JSON_STRING:
        add_line(l, path, slice_eq(r->text, SLICE("NaN")) ? "number" : "text");
        return NULL;
    case JSON_NUMBER: add_line(l, path, "number"); return NULL;
    case JSON_TRUE:
    case JSON_FALSE: add_line(l, path, "bool"); return NULL;
    case JSON_NULL: add_line(l, path, "null"); return NULL;
    case JSON_END:
    case JSON_KEY:
    case JSON_OBJECT_END:
    case JSON_ARRAY_END: break;
    }
    return json_fail(r, "a value was expected");
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static const char *shape_of(struct slice json)
{
    struct json_reader r;
    struct lines l = {.count = 0};
    json_init(&r, json, arena);
    struct err *e = walk(&r, "", &l);
    if (e) {
        err_print(e, stdout);
        err_free(e);
        return "not JSON";
    }
    qsort(l.items, l.count, sizeof l.items[0], compare);
    const char *text = "";
    for (size_t i = 0; i < l.count; i++) text = str_fmt(arena, "%s%s\n", text, l.items[i]);
    return text;
}

/* ---- pages ---- */

static const struct page {
    const char *path;
    int (*page)(const struct rest_request *r, struct buf *out);
} pages[] = {
    {"/overview", rest_overview},
    {"/config", rest_config},
    {"/jobs", rest_jobs},
    {"/jobs/overview", rest_jobs_overview},
    {"/jobs/:jobid", rest_job},
    {"/jobs/:jobid/status", rest_job_status},
    {"/jobs/:jobid/plan", rest_job_plan},
    {"/jobs/:jobid/config", rest_job_config},
    {"/jobs/:jobid/exceptions", rest_job_exceptions},
    {"/jobs/:jobid/accumulators", rest_job_accumulators},
    {"/jobs/:jobid/execution-result", rest_job_execution_result},
    {"/jobs/:jobid/metrics?get=", rest_job_metrics},
    {"/jobs/:jobid/checkpoints", rest_checkpoints},
    {"/jobs/:jobid/checkpoints/config", rest_checkpoints_config},
    {"/jobs/:jobid/checkpoints/details/:checkpointid", rest_checkpoint},
    {"/jobs/:jobid/vertices/:vertexid", rest_vertex},
    {"/jobs/:jobid/vertices/:vertexid/backpressure", rest_vertex_backpressure},
    {"/taskmanagers", rest_taskmanagers},
    {"/jobmanager/config", rest_jobmanager_config},
};
enum { PAGE_COUNT = sizeof pages / sizeof pages[0] };

static const struct shape {
    const char *path;
    const char *line;
} shapes[] = {
#define X(path, line) {path, line},
#include "server/rest_shapes.inc"
#undef X
};

static const char *shape_named(const char *path)
{
    const char *text = "";
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        if (strcmp(shapes[i].path, path) == 0)
            text = str_fmt(arena, "%s%s\n", text, shapes[i].line);
    return text;
}

static struct rest_request request(void)
{
    fixture_make(&f);
    return (struct rest_request){.arena = arena,
        .view = &f.view,
        .job = &f.job,
        .vertex = slice_of(f.operators[FIXTURE_SOURCE].id),
        .checkpoint = SLICE("9"),
        .get = SLICE("uptime,numRestarts,nosuch")};
}

static void every_page_has_the_fields_and_types_of_flinks(void)
{
    for (size_t i = 0; i < PAGE_COUNT; i++) {
        struct buf out;
        buf_init(&out, 1 << 20);
        struct rest_request r = request();
        CHECK(pages[i].page(&r, &out) == 200);
        const char *ours = shape_of(buf_slice(&out)), *flinks = shape_named(pages[i].path);
        CHECK(strcmp(ours, flinks) == 0);
        if (strcmp(ours, flinks) != 0)
            printf("# %s\n# ours:\n%s# Flink's:\n%s", pages[i].path, ours, flinks);
        buf_free(&out);
    }
}

static bool answers(int (*page)(const struct rest_request *, struct buf *),
    const struct rest_request *r, int status, const char *part)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    bool as_said = page(r, &out) == status && strstr(buf_cstr(&out), part);
    if (!as_said) printf("# %s\n", buf_cstr(&out));
    buf_free(&out);
    return as_said;
}

static void operators_without_an_exchange_are_one_vertex(void)
{
    struct rest_request r = request();
    CHECK(answers(rest_job, &r, 200, "\"name\":\"Source: clicks[1] -> Calc[2]\""));
    CHECK(answers(rest_job, &r, 200, "\"name\":\"WindowAggregate[3] -> Sink: counts[4]\""));
    CHECK(answers(rest_job_plan, &r, 200,
        "\"inputs\":[{\"id\":\"00000000000000000000000000000001\",\"num\":0,\"exchange\":"
        "\"pipelined_bounded\",\"ship_strategy\":\"HASH\"}]"));
    CHECK(answers(rest_job_plan, &r, 200, "where=[(a &gt; 2)]"));
}

static void what_does_not_exist_is_answered_in_flinks_form(void)
{
    struct rest_request r = request();
    r.vertex = SLICE("00000000000000000000000000000002"); /* not the first of its task */
    CHECK(answers(rest_vertex, &r, 404,
        "{\"errors\":[\"JobVertex 00000000000000000000000000000002 not found\"]}"));
    r.checkpoint = SLICE("8");
    CHECK(answers(rest_checkpoint, &r, 404,
        "{\"errors\":[\"Could not find checkpointing statistics for checkpoint 8.\"]}"));
    r.checkpoint = SLICE("eight");
    CHECK(answers(rest_checkpoint, &r, 400, "from value \\\"eight\\\""));
    r.checkpoint = SLICE("latest");
    CHECK(answers(rest_checkpoint, &r, 200, "\"id\":9"));
}

static void checkpoints_say_how_they_are_taken_and_which_are_kept(void)
{
    struct rest_request r = request();
    CHECK(answers(rest_checkpoints_config, &r, 200,
        "\"interval\":10000,\"timeout\":60000,\"min_pause\":500,"));
    CHECK(answers(rest_checkpoints_config, &r, 200, "\"tolerable_failed_checkpoints\":2"));
    f.job.checkpoints.history[1] = f.job.checkpoints.history[0];
    f.job.checkpoints.history[0].id = 10;
    f.job.checkpoints.history_count = 2;
    r.checkpoint = SLICE("10");
    CHECK(answers(rest_checkpoint, &r, 200, "\"discarded\":false"));
    r.checkpoint = SLICE("9");
    CHECK(answers(rest_checkpoint, &r, 200, "\"discarded\":true"));
}

static void states_are_called_as_in_flink(void)
{
    struct rest_request r = request();
    f.job.state = VIEW_STOPPING;
    CHECK(answers(rest_job_status, &r, 200, "RUNNING"));
    f.job.state = VIEW_CANCELLING;
    f.job.stopping_ms = FIXTURE_NOW_MS;
    CHECK(answers(rest_job_status, &r, 200, "CANCELLING"));
    CHECK(answers(rest_job, &r, 200, "\"CANCELING\":2"));
    f.job.state = VIEW_FAILED;
    f.job.ended_ms = FIXTURE_NOW_MS;
    f.job.error = "disk on fire";
    CHECK(answers(rest_job_exceptions, &r, 200, "\"stacktrace\":\"disk on fire\""));
    CHECK(answers(rest_overview, &r, 200, "\"jobs-failed\":1"));
    CHECK(answers(rest_job_execution_result, &r, 200, "\"application-status\":\"FAILED\""));
}

/* ---- /metrics ---- */

static bool page_has(const char *line)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    metrics_page(&f.view, &out);
    bool has = strstr(buf_cstr(&out), line) != NULL;
    if (!has) printf("# missing: %s\n%s\n", line, buf_cstr(&out));
    buf_free(&out);
    return has;
}

static void metrics_have_flinks_names_and_labels(void)
{
    fixture_make(&f);
    CHECK(
        page_has("# TYPE flink_taskmanager_job_task_operator_numRecordsIn gauge\n"
                 "flink_taskmanager_job_task_operator_numRecordsIn{job_id=\""
                 "0123456789abcdef0123456789abcdef\",job_name=\"counts\",task_id=\""
                 "00000000000000000000000000000001\",task_name=\"Source: clicks[1] -> Calc[2]\","
                 "operator_id=\"00000000000000000000000000000001\",operator_name=\"Source: "
                 "clicks[1]\",subtask_index=\"0\",tm_id=\"weir\",host=\"127.0.0.1:8081\"} 1000\n"));
    CHECK(
        page_has("flink_jobmanager_job_lastCheckpointDuration{job_id=\""
                 "0123456789abcdef0123456789abcdef\",job_name=\"counts\",host=\"127.0.0.1:8081\"} "
                 "100\n"));
    CHECK(page_has("\nweir_build_info{version=\"1\"} 1\n"));
    CHECK(page_has("source=\"clicks\",state=\"pending\"} 1\n"));
    CHECK(page_has("\nprocess_open_fds 0\n"));
}

/* ---- subtasks ---- */

static void a_vertex_has_the_figures_of_each_subtask_and_of_all(void)
{
    struct rest_request r = request();
    f.tasks[1].now.busy_ns = UINT64_C(5000000000);
    f.tasks[1].now.backpressured_ns = UINT64_C(10000000000);
    f.tasks[1].now.rows_out = 100;
    f.tasks[1].now.done = true;
    CHECK(answers(rest_vertex, &r, 200,
        "\"write-records\":500,\"write-records-complete\":true,\"accumulated-backpressured-time\":"
        "0,"
        "\"accumulated-idle-time\":45000,\"accumulated-busy-time\":15000.0}"));
    CHECK(answers(rest_vertex, &r, 200, "{\"subtask\":1,\"status\":\"FINISHED\""));
    CHECK(answers(rest_vertex, &r, 200,
        "\"write-records\":100,\"write-records-complete\":true,\"accumulated-backpressured-time\":"
        "10000,\"accumulated-idle-time\":45000,\"accumulated-busy-time\":5000.0}"));
    CHECK(answers(rest_vertex, &r, 200,
        "\"accumulated-busy-time\":{\"p25\":5000,\"min\":5000,\"avg\":10000,\"median\":5000,"
        "\"max\":"
        "15000,\"sum\":20000,\"p95\":15000,\"p75\":15000}"));
    CHECK(answers(rest_job, &r, 200,
        "\"write-records\":600,\"write-records-complete\":true,\"accumulated-backpressured-time\":"
        "10000,\"accumulated-idle-time\":90000,\"accumulated-busy-time\":20000.0}"));
}

static void back_pressure_is_that_of_the_worst_subtask(void)
{
    struct rest_request r = request();
    CHECK(answers(rest_vertex_backpressure, &r, 200,
        "{\"subtask\":0,\"backpressureLevel\":\"ok\",\"ratio\":0.0,\"idleRatio\":0.75,"
        "\"busyRatio\":"
        "0.25"));
    static const struct {
        double share;
        const char *level;
    } cases[] = {{0.1, "ok"}, {0.11, "low"}, {0.5, "low"}, {0.51, "high"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        f.tasks[1].backpressured = cases[i].share;
        CHECK(answers(rest_vertex_backpressure, &r, 200,
            str_fmt(arena, "{\"status\":\"ok\",\"backpressureLevel\":\"%s\"", cases[i].level)));
    }
    r.vertex = slice_of(f.operators[FIXTURE_WINDOW].id); /* the next one has none of it */
    CHECK(answers(
        rest_vertex_backpressure, &r, 200, "{\"status\":\"ok\",\"backpressureLevel\":\"ok\""));
}

static void each_subtask_has_its_lines(void)
{
    struct rest_request r = request();
    f.tasks[1].busy = 0.125;
    f.tasks[1].idle = 0.5;
    f.tasks[1].backpressured = 0.375;
    f.tasks[1].now.waiting_output = true;
    r.get = SLICE("0.busyTimeMsPerSecond,1.busyTimeMsPerSecond,1.idleTimeMsPerSecond,"
                  "1.backPressuredTimeMsPerSecond,1.isBackPressured");
    CHECK(answers(rest_vertex_metrics, &r, 200,
        "[{\"id\":\"0.busyTimeMsPerSecond\",\"value\":\"250\"},{\"id\":\"1.busyTimeMsPerSecond\","
        "\"value\":\"125\"},{\"id\":\"1.idleTimeMsPerSecond\",\"value\":\"500\"},{\"id\":"
        "\"1.backPressuredTimeMsPerSecond\",\"value\":\"375\"},{\"id\":\"1.isBackPressured\","
        "\"value\":\"1\"}]"));
    CHECK(page_has(
        "flink_taskmanager_job_task_accumulateBusyTimeMs{job_id=\""
        "0123456789abcdef0123456789abcdef\",job_name=\"counts\",task_id=\""
        "00000000000000000000000000000003\",task_name=\"WindowAggregate[3] -> Sink: "
        "counts[4]\",subtask_index=\"1\",tm_id=\"weir\",host=\"127.0.0.1:8081\"} 15000\n"));
}

/* The first figure of that name; NAN: there is none. */
static double figure(const char *name)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    metrics_page(&f.view, &out);
    const char *line = strstr(buf_cstr(&out), str_fmt(arena, "\n%s{", name));
    double value = (double)NAN;
    const char *text = line ? strstr(line, "} ") + 2 : "";
    if (line) CHECK(num_parse_double((struct slice){text, strcspn(text, "\n")}, &value));
    buf_free(&out);
    return value;
}

static void what_is_not_known_has_no_line(void)
{
    static const char in[] = "flink_taskmanager_job_task_operator_numBytesIn",
                      sent[] = "flink_taskmanager_job_task_operator_numBytesSend",
                      delay[] = "flink_taskmanager_job_task_checkpointStartDelayNanos",
                      align[] = "flink_taskmanager_job_task_checkpointAlignmentTime",
                      lag[] = "flink_taskmanager_job_task_operator_watermarkLag";
    fixture_make(&f);
    for (uint32_t i = 0; i < FIXTURE_TASKS; i++)
        f.tasks[i].now.start_delay_ns = f.tasks[i].now.align_ns = UINT64_MAX;
    f.operators[FIXTURE_SOURCE].now.bytes = 700;
    CHECK(isnan(figure(in)) && isnan(figure(sent)) && isnan(figure(delay)) && isnan(figure(align)));
    f.operators[FIXTURE_SOURCE].counts_bytes = f.operators[FIXTURE_SINK].counts_bytes = true;
    f.tasks[0].now.start_delay_ns = 5;
    f.tasks[2].now.align_ns = 6;
    CHECK(figure(in) == 700 && figure(sent) == 0 && figure(delay) == 5 && figure(align) == 6);
    CHECK(figure(lag) == 2000);
    f.operators[FIXTURE_SOURCE].now.watermark_ms = WATERMARK_NONE;
    CHECK(isnan(figure(lag)));
}

static void a_source_is_idle_when_it_gives_nothing_though_there_is_room(void)
{
    static const char name[] = "flink_taskmanager_job_task_operator_sourceIdleTime";
    fixture_make(&f);
    CHECK(figure(name) == 100);
    f.operators[FIXTURE_SOURCE].now.subtasks_waiting_output = 1;
    CHECK(figure(name) == 0);
    f.operators[FIXTURE_SOURCE].rows_out_ms = 0;
    CHECK(isnan(figure(name)));
}

static void times_of_states_are_those_of_the_state_the_job_is_in(void)
{
    static const char running[] = "flink_jobmanager_job_runningTime",
                      cancelling[] = "flink_jobmanager_job_cancellingTime";
    fixture_make(&f);
    CHECK(figure(running) == 60000 && figure(cancelling) == 0);
    f.job.stopping_ms = FIXTURE_NOW_MS - 300;
    f.job.state = VIEW_STOPPING; /* Flink's RUNNING */
    CHECK(figure(running) == 60000 && figure(cancelling) == 0);
    f.job.state = VIEW_CANCELLING;
    CHECK(figure(running) == 0 && figure(cancelling) == 300);
    f.job.state = VIEW_CANCELED;
    CHECK(figure(running) == 0 && figure(cancelling) == 0);
}

static void labels_are_escaped(void)
{
    fixture_make(&f);
    f.job.name = "a \"b\\\n";
    CHECK(page_has("job_name=\"a \\\"b\\\\\\n\""));
}

static void a_watermark_that_is_not_there_gives_no_line(void)
{
    fixture_make(&f);
    for (uint32_t i = 0; i < FIXTURE_OPERATORS; i++)
        f.operators[i].now.watermark_ms = WATERMARK_NONE;
    struct buf out;
    buf_init(&out, 1 << 20);
    metrics_page(&f.view, &out);
    CHECK(!strstr(buf_cstr(&out), "currentOutputWatermark{"));
    CHECK(!strstr(buf_cstr(&out), "nan"));
    buf_free(&out);
}

static void no_metric_is_said_twice(void)
{
    fixture_make(&f);
    struct buf out;
    buf_init(&out, 1 << 20);
    metrics_page(&f.view, &out);
    const char *text = buf_cstr(&out);
    for (const char *p = text; (p = strstr(p, "# TYPE ")); p++) {
        const char *line = slice_to_cstr(arena, (struct slice){p, strcspn(p, "\n")});
        CHECK(!strstr(p + 1, line));
    }
    buf_free(&out);
}

int main(void)
{
    arena = arena_new(1 << 16);
    TEST_RUN(every_page_has_the_fields_and_types_of_flinks);
    TEST_RUN(operators_without_an_exchange_are_one_vertex);
    TEST_RUN(what_does_not_exist_is_answered_in_flinks_form);
    TEST_RUN(checkpoints_say_how_they_are_taken_and_which_are_kept);
    TEST_RUN(states_are_called_as_in_flink);
    TEST_RUN(metrics_have_flinks_names_and_labels);
    TEST_RUN(a_vertex_has_the_figures_of_each_subtask_and_of_all);
    TEST_RUN(back_pressure_is_that_of_the_worst_subtask);
    TEST_RUN(each_subtask_has_its_lines);
    TEST_RUN(what_is_not_known_has_no_line);
    TEST_RUN(a_source_is_idle_when_it_gives_nothing_though_there_is_room);
    TEST_RUN(times_of_states_are_those_of_the_state_the_job_is_in);
    TEST_RUN(labels_are_escaped);
    TEST_RUN(a_watermark_that_is_not_there_gives_no_line);
    TEST_RUN(no_metric_is_said_twice);
    arena_free(arena);
    return TEST_END();
}
