#include "run/account.h"

#include "base/arena.h"
#include "test.h"

static bool always(const void *params)
{
    (void)params;
    return true;
}

static const char *name_of(const void *params)
{
    return params;
}

static const struct op_def source = {.name = "source", .table = name_of};
static const struct op_def values = {.name = "values"};
static const struct op_def calc = {.name = "calc", .passes_rows = always};
static const struct op_def agg = {.name = "agg"};
static const struct op_def sink = {.name = "sink", .table = name_of};

static const struct schema some_schema;

/* A node with up to two inputs, -1: none. */
static struct phys_node node(
    struct arena *a, const struct op_def *op, const char *table, int first, int second)
{
    struct phys_input *inputs = ARENA_ARRAY(a, struct phys_input, 2);
    uint32_t count = 0;
    if (first >= 0) inputs[count++].node = (uint32_t)first;
    if (second >= 0) inputs[count++].node = (uint32_t)second;
    return (struct phys_node){.op = op,
        .params = table,
        .inputs = inputs,
        .input_count = count,
        .output = op == &sink ? NULL : &some_schema,
        .kinds = ROW_KINDS_INSERT_ONLY};
}

static const char *compute(
    struct arena *a, const struct phys_node *n, uint32_t count, const struct account_node *figures)
{
    struct phys_graph g = {.nodes = n, .node_count = count};
    struct job_account *accounts;
    uint32_t account_count;
    struct buf text;
    buf_init(&text, 1 << 16);
    account_compute(&g, figures, a, &accounts, &account_count);
    for (uint32_t i = 0; i < account_count; i++) {
        account_print(&accounts[i], &text);
        buf_add_cstr(&text, account_adds_up(&accounts[i]) ? "\n" : " WRONG\n");
    }
    const char *copy = str_fmt(a, "%s", text.n ? buf_cstr(&text) : "");
    buf_free(&text);
    return copy;
}

static void check(const char *actual, const char *expected)
{
    bool same = strcmp(actual, expected) == 0;
    if (!same) printf("# expected:\n%s# actual:\n%s", expected, actual);
    CHECK(same);
}

static void rows_are_followed_to_the_aggregation_and_not_beyond(void)
{
    struct arena *a = arena_new(1 << 12);
    struct phys_node n[] = {node(a, &source, "c.d.clicks", -1, -1), node(a, &calc, NULL, 0, -1),
        node(a, &agg, NULL, 1, -1), node(a, &calc, NULL, 2, -1),
        node(a, &sink, "c.d.counts", 3, -1)};
    struct account_node f[] = {{.rows_in = 1000000, .rows_out = 999001, .bad = 999},
        {.rows_in = 999001, .filtered = 1},
        {.contributed = 990000, .late = 1000, .pending = 8000, .rows_out = 70},
        {.rows_in = 70, .filtered = 60}, {.rows_in = 10, .contributed = 10}};
    check(compute(a, n, 5, f), "clicks -> counts: 1,000,000 read = 990,000 contributed + 1 "
                               "filtered + 1,000 late + 999 bad + 8,000 pending\n");
    f[2].late--;
    check(compute(a, n, 5, f), "clicks -> counts: 1,000,000 read = 990,000 contributed + 1 "
                               "filtered + 999 late + 999 bad + 8,000 pending WRONG\n");
    arena_free(a);
}

static void results_that_get_lost_are_noticed_too(void)
{
    struct arena *a = arena_new(1 << 12);
    struct phys_node n[] = {node(a, &source, "c.d.t", -1, -1), node(a, &agg, NULL, 0, -1),
        node(a, &calc, NULL, 1, -1), node(a, &sink, "c.d.out", 2, -1),
        node(a, &sink, "c.d.late", 1, -1)};
    ((struct phys_input *)(uintptr_t)n[4].inputs)->side = true;
    struct phys_graph g = {.nodes = n, .node_count = 5};
    struct account_node f[] = {{.rows_in = 9}, {.contributed = 8, .late = 1, .rows_out = 3},
        {.filtered = 1}, {.contributed = 2}, {.contributed = 1}};
    CHECK(account_imbalance(&g, f, a) == NULL);
    f[3].contributed = 1;
    const char *wrong = account_imbalance(&g, f, a);
    CHECK(wrong && strstr(wrong, "results -> sink: 3 read = 1 contributed + 1 filtered"));
    arena_free(a);
}

/* Two INSERTs of one source, one of them with rows and results mixed, and a sink of late rows. */
static void each_insert_has_its_own(void)
{
    struct arena *a = arena_new(1 << 12);
    struct phys_node n[] = {node(a, &source, "c.d.t", -1, -1), node(a, &calc, NULL, 0, -1),
        node(a, &agg, NULL, 1, -1), node(a, &calc, NULL, 1, 2), node(a, &sink, "c.d.mix", 3, -1),
        node(a, &sink, "c.d.raw", 0, -1), node(a, &sink, "c.d.late", 2, -1)};
    ((struct phys_input *)(uintptr_t)n[6].inputs)->side = true;
    struct account_node f[] = {{.rows_in = 10, .rows_out = 10}, {.filtered = 3},
        {.contributed = 5, .late = 2, .rows_out = 4}, {.filtered = 1},
        {.contributed = 9, .filtered = 1}, {.contributed = 10}, {.contributed = 2}};
    check(compute(a, n, 7, f),
        "t -> mix: 10 read = 5 contributed + 3 filtered + 2 late + 0 bad + 0 pending\n"
        "t + results -> mix: 14 read = 9 contributed + 5 filtered + 0 late + 0 bad + 0 pending\n"
        "t -> raw: 10 read = 10 contributed + 0 filtered + 0 late + 0 bad + 0 pending\n");
    arena_free(a);
}

static void sources_that_meet_are_counted_together_and_ways_apart(void)
{
    struct arena *a = arena_new(1 << 12);
    struct phys_node n[] = {node(a, &source, "c.d.x", -1, -1), node(a, &values, NULL, -1, -1),
        node(a, &calc, NULL, 0, -1), node(a, &calc, NULL, 0, 2), node(a, &calc, NULL, 3, 1),
        node(a, &sink, "c.d.out", 4, -1)};
    struct account_node f[] = {{.rows_in = 10, .rows_out = 9, .bad = 1}, {.rows_in = 5},
        {.filtered = 2}, {0}, {.filtered = 4}, {.contributed = 17}};
    check(compute(a, n, 6, f), "x x 2 + VALUES -> out: 25 read = 17 contributed + 6 filtered + 0 "
                               "late + 2 bad + 0 pending\n");
    arena_free(a);
}

static void accounts_are_json(void)
{
    struct job_account account = {.source = "a\"b", .sink = "s", .read = 2, .late = 2};
    struct buf out;
    buf_init(&out, 1 << 12);
    account_encode(&account, 1, &out);
    check(buf_cstr(&out), "[\n  {\"source\": \"a\\\"b\", \"sink\": \"s\", \"read\": 2, "
                          "\"contributed\": 0, \"filtered\": 0, \"late\": 2, \"bad\": 0, "
                          "\"pending\": 0}\n]");
    buf_free(&out);
}

int main(void)
{
    TEST_RUN(rows_are_followed_to_the_aggregation_and_not_beyond);
    TEST_RUN(results_that_get_lost_are_noticed_too);
    TEST_RUN(each_insert_has_its_own);
    TEST_RUN(sources_that_meet_are_counted_together_and_ways_apart);
    TEST_RUN(accounts_are_json);
    return TEST_END();
}
