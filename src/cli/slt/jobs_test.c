#include "cli/slt/jobs.h"

#include "base/arena.h"
#include "op/sink/sink.h"
#include "op/source/source.h"
#include "op/union/union.h"
#include "plan/session.h"
#include "test.h"
#include "type/timezone.h"

/* Tables a and b of one INT column flow together into a table `both`. */
struct fixture {
    struct arena *arena;
    struct slt_env env;
    struct test_store *store;
    struct slt_jobs jobs;
    const struct schema *schema;
    struct test_table *a, *b, *both;
};

static struct test_table *declare(struct fixture *f, const char *name)
{
    struct test_table *t;
    struct err *e = test_store_declare(f->store, slice_of(name), f->schema, NULL, 0, &t);
    CHECK(!e);
    return t;
}

static void open_fixture(struct fixture *f)
{
    *f = (struct fixture){.arena = arena_new(1024), .store = test_store_new()};
    slt_env_init(&f->env, env_system(), 1);
    slt_jobs_init(&f->jobs, &f->env, f->store, 1);
    struct type_field field = {SLICE("i"), type_simple(TYPE_INTEGER)};
    f->schema = schema_new(f->arena, &field, 1);
    f->a = declare(f, "c.d.a");
    f->b = declare(f, "c.d.b");
    f->both = declare(f, "c.d.both");
}

static void close_fixture(struct fixture *f)
{
    slt_jobs_deinit(&f->jobs);
    test_store_free(f->store);
    arena_free(f->arena);
}

static struct phys_node source_node(struct arena *a, const struct schema *s, const char *table)
{
    struct source_params *p = ARENA_NEW(a, struct source_params);
    uint32_t *columns = ARENA_NEW(a, uint32_t);
    *p = (struct source_params){.table = {.connector = "test", .name = table, .schema = s},
        .columns = columns,
        .column_count = 1};
    return (struct phys_node){
        .op = &source_op, .params = p, .uid = table, .output = s, .kinds = ROW_KINDS_INSERT_ONLY};
}

static const struct phys_graph *build_graph(struct fixture *f, struct arena *a)
{
    struct phys_node *nodes = ARENA_ARRAY(a, struct phys_node, 4);
    struct phys_input *inputs = ARENA_ARRAY(a, struct phys_input, 3);
    struct union_params *merge = ARENA_NEW(a, struct union_params);
    struct sink_params *sink = ARENA_NEW(a, struct sink_params);
    merge->input_count = 2;
    *sink = (struct sink_params){
        .table = {.connector = "test", .name = "c.d.both", .schema = f->schema}};
    for (uint32_t i = 0; i < 3; i++)
        inputs[i] = (struct phys_input){.node = i, .exchange = PHYS_FORWARD};
    nodes[0] = source_node(a, f->schema, "c, d, a");
    nodes[1] = source_node(a, f->schema, "c, d, b");
    nodes[2] = (struct phys_node){.op = &union_op,
        .params = merge,
        .uid = "union",
        .inputs = inputs,
        .input_count = 2,
        .output = f->schema,
        .kinds = ROW_KINDS_INSERT_ONLY};
    nodes[3] = (struct phys_node){.op = &sink_op,
        .params = sink,
        .uid = "sink",
        .inputs = &inputs[2],
        .input_count = 1,
        .kinds = ROW_KINDS_INSERT_ONLY};
    struct phys_graph *g = ARENA_NEW(a, struct phys_graph);
    *g =
        (struct phys_graph){.nodes = nodes, .node_count = 4, .job_name = "both", .result_node = -1};
    return g;
}

static struct slt_job *start(struct fixture *f, bool query)
{
    struct arena *a = arena_new(1024);
    struct session_result result = {
        .effect = SESSION_JOB, .graph = build_graph(f, a), .zone = timezone_utc(), .arena = a};
    struct slt_job_params params = {
        .workers = 1, .batch = 2, .key_groups = 8, .query = query, .round_trip = true};
    struct slt_job *job = NULL;
    struct err *e = slt_jobs_start(&f->jobs, &result, &params, &job);
    if (e) err_print(e, stdout);
    CHECK(!e);
    return job;
}

static void feed(struct fixture *f, struct test_table *t, int from, int to)
{
    for (int i = from; i <= to; i++) test_table_feed(t, 0, ROW_INSERT, &(struct value){.i64 = i});
    slt_jobs_fed(&f->jobs, t);
}

static void run(struct fixture *f)
{
    struct err *e = slt_jobs_run(&f->jobs);
    if (e) err_print(e, stdout);
    CHECK(!e);
}

/* What the sink received, in order: "1 2 3". */
static const char *received(struct fixture *f)
{
    struct test_rows rows;
    test_table_received(f->both, f->arena, &rows);
    char *text = str_fmt(f->arena, "%s", "");
    for (size_t i = 0; i < rows.count; i++)
        text = str_fmt(f->arena, "%s%s%d", text, i > 0 ? " " : "", (int)rows.rows[i].values[0].i64);
    return text;
}

static void rows_keep_the_order_of_the_file(void)
{
    struct fixture f;
    open_fixture(&f);
    start(&f, false);
    feed(&f, f.b, 1, 3);
    run(&f);
    feed(&f, f.a, 4, 5);
    feed(&f, f.b, 6, 6);
    feed(&f, f.a, 7, 9);
    run(&f);
    CHECK(strcmp(received(&f), "1 2 3 4 5 6 7 8 9") == 0);
    close_fixture(&f);
}

static void a_late_job_sees_the_same_order(void)
{
    struct fixture f;
    open_fixture(&f);
    feed(&f, f.b, 1, 3);
    feed(&f, f.a, 4, 4);
    feed(&f, f.a, 5, 5);
    feed(&f, f.b, 6, 7);
    struct slt_job *job = start(&f, false);
    CHECK(strcmp(received(&f), "") == 0);
    run(&f);
    CHECK(strcmp(received(&f), "1 2 3 4 5 6 7") == 0);
    CHECK(job->job && !job->failed);
    close_fixture(&f);
}

static void a_restart_replays_and_takes_back(void)
{
    struct fixture f;
    open_fixture(&f);
    start(&f, false);
    feed(&f, f.b, 1, 3);
    run(&f);
    CHECK(!slt_jobs_checkpoint(&f.jobs, false));
    feed(&f, f.a, 4, 4);
    feed(&f, f.b, 5, 6);
    feed(&f, f.a, 7, 7);
    CHECK(!slt_jobs_step(&f.jobs, 5));
    CHECK(!slt_jobs_restart(&f.jobs, 3, 1));
    run(&f);
    CHECK(strcmp(received(&f), "1 2 3 4 5 6 7") == 0);
    CHECK(!slt_jobs_restart(&f.jobs, 1, 0));
    run(&f);
    CHECK(strcmp(received(&f), "1 2 3 4 5 6 7") == 0);
    close_fixture(&f);
}

static void a_restart_without_a_checkpoint_begins_again(void)
{
    struct fixture f;
    open_fixture(&f);
    start(&f, false);
    feed(&f, f.b, 1, 3);
    run(&f);
    CHECK(!slt_jobs_restart(&f.jobs, 0, 0));
    CHECK(strcmp(received(&f), "") == 0);
    run(&f);
    CHECK(strcmp(received(&f), "1 2 3") == 0);
    close_fixture(&f);
}

static void an_end_is_for_the_jobs_that_run(void)
{
    struct fixture f;
    open_fixture(&f);
    struct slt_job *first = start(&f, false);
    feed(&f, f.a, 1, 1);
    slt_jobs_end(&f.jobs, f.a);
    run(&f);
    CHECK(first->job);
    struct test_table **open;
    CHECK(slt_jobs_open_tables(&f.jobs, f.arena, &open) == 1 && open[0] == f.b);
    slt_jobs_end(&f.jobs, f.b);
    run(&f);
    CHECK(!first->job && !first->failed);
    CHECK(!slt_jobs_running(&f.jobs));
    struct slt_job *second = start(&f, false);
    feed(&f, f.a, 2, 2);
    run(&f);
    CHECK(second->job);
    CHECK(strcmp(received(&f), "1 1 2") == 0);
    CHECK(slt_jobs_open_tables(&f.jobs, f.arena, &open) == 2);
    CHECK(!slt_jobs_restart(&f.jobs, 3, 0)); /* the finished job keeps its rows */
    run(&f);
    CHECK(strcmp(received(&f), "1 1 2") == 0);
    close_fixture(&f);
}

static void ends_come_again_after_a_restart(void)
{
    struct fixture f;
    open_fixture(&f);
    struct slt_job *job = start(&f, false);
    feed(&f, f.a, 1, 2);
    slt_jobs_end(&f.jobs, f.a);
    run(&f);
    CHECK(!slt_jobs_checkpoint(&f.jobs, false));
    feed(&f, f.b, 3, 4);
    run(&f);
    CHECK(!slt_jobs_restart(&f.jobs, 3, 0));
    slt_jobs_end(&f.jobs, f.b);
    run(&f);
    CHECK(!job->job && !job->failed);
    CHECK(strcmp(received(&f), "1 2 3 4") == 0);
    close_fixture(&f);
}

static void a_query_ends_with_what_was_fed(void)
{
    struct fixture f;
    open_fixture(&f);
    feed(&f, f.a, 1, 2);
    feed(&f, f.b, 3, 3);
    slt_jobs_end(&f.jobs, f.a); /* says nothing to jobs that start later */
    feed(&f, f.a, 4, 4);
    struct slt_job *query = start(&f, true);
    run(&f);
    CHECK(!query->job && !query->failed);
    CHECK(strcmp(received(&f), "1 2 3 4") == 0);
    slt_jobs_remove(&f.jobs, query);
    close_fixture(&f);
}

static void the_clock_stands_still(void)
{
    struct slt_env e;
    slt_env_init(&e, env_system(), 7);
    CHECK(env_now_ms(&e.base) == INT64_C(1767225600000));
    CHECK(env_mono_ns(&e.base) == env_mono_ns(&e.base));
    uint64_t first = env_random(&e.base);
    slt_env_init(&e, env_system(), 7);
    CHECK(env_random(&e.base) == first && env_random(&e.base) != first);
}

int main(void)
{
    TEST_RUN(rows_keep_the_order_of_the_file);
    TEST_RUN(a_late_job_sees_the_same_order);
    TEST_RUN(a_restart_replays_and_takes_back);
    TEST_RUN(a_restart_without_a_checkpoint_begins_again);
    TEST_RUN(an_end_is_for_the_jobs_that_run);
    TEST_RUN(ends_come_again_after_a_restart);
    TEST_RUN(a_query_ends_with_what_was_fed);
    TEST_RUN(the_clock_stands_still);
    return TEST_END();
}
