#include "op/group_agg/group_agg.h"

#include "base/arena.h"
#include "op/harness.h"
#include "op/local_group_agg/local_group_agg.h"
#include "test.h"

static const uint32_t column_0[] = {0}, column_1[] = {1};

static void check_text(const char *actual, const char *expected, const char *what)
{
    bool same = strcmp(actual, expected) == 0;
    if (!same) printf("# %s\n# expected:\n%s# actual:\n%s", what, expected, actual);
    CHECK(same);
}

static struct agg_spec spec(const char *name, const struct type *const *type, bool retract)
{
    const struct agg_def *def = agg_find(slice_of(name));
    return (struct agg_spec){
        .call = {.def = def,
            .result = type ? *type : NULL,
            .arg_types = type,
            .arg_count = type ? 1 : 0,
            .retract = retract},
        .args = column_1,
        .filter_column = -1,
    };
}

/* k, COUNT(*), SUM(v), MIN(v), COUNT(DISTINCT v) */
struct plan {
    const struct type *integer, *bigint;
    struct agg_spec aggs[4];
    struct group_agg_params params;
};

static void make_plan(struct plan *p, bool retract)
{
    p->integer = type_simple(TYPE_INTEGER);
    p->bigint = type_simple(TYPE_BIGINT);
    p->aggs[0] = spec("COUNT", NULL, retract);
    p->aggs[0].call.result = p->bigint;
    p->aggs[1] = spec("SUM", &p->integer, retract);
    p->aggs[2] = spec("MIN", &p->integer, retract);
    p->aggs[3] = spec("COUNT", &p->integer, retract);
    p->aggs[3].call.result = p->bigint;
    p->aggs[3].distinct = true;
    p->params = (struct group_agg_params){
        .keys = column_0,
        .key_count = 1,
        .aggs = p->aggs,
        .agg_count = 4,
        .retract = retract,
        .generate_update_before = true,
    };
}

static struct op_harness *open(const struct plan *p, uint32_t batch_rows, bool often_full)
{
    return harness_new(&(struct harness_params){
        .def = &group_agg_op,
        .params = &p->params,
        .inputs = {"k STRING, v INT"},
        .output = "k STRING, n BIGINT, s INT, m INT, d BIGINT",
        .keys = column_0,
        .key_count = 1,
        .batch_rows = batch_rows,
        .often_full = often_full,
    });
}

static const uint32_t batch_sizes[] = {1, 2, 7, 2048};

static void rows_one_by_one_give_flinks_changelog(void)
{
    struct plan p;
    make_plan(&p, true);
    struct op_harness *h = open(&p, 1, false);
    harness_feed(h, 0,
        "[\"a\", 1]\n-D [\"a\", 1]\n[\"b\", 1]\n[\"b\", 2]\n-D [\"b\", 1]\n-D [\"x\", 1]\n"
        "[\"x\", 5]\n[\"c\", 5]\n-D [\"c\", 9]\n[\"c\", 7]\n[\"d\", null]\n[\"d\", 3]\n"
        "[\"d\", 2]\n[\"d\", 3]\n-D [\"d\", 3]\n-D [\"d\", 2]\n");
    check_text(harness_changelog(h),
        "+I [\"a\", 1, 1, 1, 1]\n-D [\"a\", 1, 1, 1, 1]\n+I [\"b\", 1, 1, 1, 1]\n"
        "-U [\"b\", 1, 1, 1, 1]\n+U [\"b\", 2, 3, 1, 2]\n-U [\"b\", 2, 3, 1, 2]\n"
        "+U [\"b\", 1, 2, 2, 1]\n+I [\"x\", 1, 5, 5, 1]\n+I [\"c\", 1, 5, 5, 1]\n"
        "-D [\"c\", 1, 5, 5, 1]\n+I [\"c\", 1, 7, 7, 1]\n+I [\"d\", 1, null, null, 0]\n"
        "-U [\"d\", 1, null, null, 0]\n+U [\"d\", 2, 3, 3, 1]\n-U [\"d\", 2, 3, 3, 1]\n"
        "+U [\"d\", 3, 5, 2, 2]\n-U [\"d\", 3, 5, 2, 2]\n+U [\"d\", 4, 8, 2, 2]\n"
        "-U [\"d\", 4, 8, 2, 2]\n+U [\"d\", 3, 5, 2, 2]\n-U [\"d\", 3, 5, 2, 2]\n"
        "+U [\"d\", 2, 3, 3, 1]\n",
        "changelog");
    harness_free(h);
}

/* A long stream that inserts, updates and deletes; values of deleted rows are not always right. */
static const char *random_rows(
    struct arena *a, uint32_t rows, bool retract, uint32_t keys, uint64_t seed)
{
    struct buf text;
    buf_init(&text, 1 << 24);
    for (uint32_t i = 0; i < rows; i++) {
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        uint32_t r = (uint32_t)(seed >> 33);
        const char *kind = retract && r % 5 < 2 ? (r % 2 ? "-U" : "-D") : "+I";
        if (r % 11 == 0)
            buf_printf(&text, "%s [\"k%u\", null]\n", kind, r / 16 % keys);
        else
            buf_printf(&text, "%s [\"k%u\", %u]\n", kind, r / 16 % keys, r / 1024 % 4);
    }
    const char *copy = slice_to_cstr(a, buf_slice(&text));
    buf_free(&text);
    return copy;
}

static const char *random_stream(struct arena *a, uint32_t rows, bool retract)
{
    return random_rows(a, rows, retract, 5, 12345);
}

static void every_batch_size_folds_to_the_same_table(void)
{
    struct arena *a = arena_new(4096);
    for (int retract = 0; retract < 2; retract++) {
        struct plan p;
        make_plan(&p, retract);
        const char *stream = random_stream(a, 400, retract), *expected = NULL;
        for (size_t i = 0; i < sizeof batch_sizes / sizeof batch_sizes[0]; i++) {
            struct op_harness *h = open(&p, batch_sizes[i], i % 2);
            harness_feed(h, 0, stream);
            CHECK(!harness_error(h)[0]);
            const char *folded = harness_folded(h);
            if (!expected) expected = slice_to_cstr(a, slice_of(folded));
            check_text(folded, expected, "folded");
            harness_free(h);
        }
        CHECK(strstr(expected, "k0") && strstr(expected, "k4"));
    }
    arena_free(a);
}

static void a_restart_with_other_parallelism_changes_nothing(void)
{
    struct arena *a = arena_new(4096);
    for (int retract = 0; retract < 2; retract++) {
        struct plan p;
        make_plan(&p, retract);
        const char *first = random_stream(a, 150, retract);
        struct op_harness *straight = open(&p, 7, false), *restarted = open(&p, 7, true);
        harness_feed(straight, 0, first);
        harness_feed(straight, 0, first);
        harness_feed(restarted, 0, first);
        harness_restart(restarted, 3);
        harness_feed(restarted, 0, first);
        harness_restart(restarted, 2);
        check_text(harness_error(restarted), "", "error");
        check_text(harness_folded(restarted), harness_folded(straight), "folded");
        harness_free(straight);
        harness_free(restarted);
    }
    arena_free(a);
}

/* Many groups, few of them changed from checkpoint to checkpoint: parts of changes, with groups and
 * DISTINCT values that go and come again. */
static void a_chain_of_changes_gives_back_every_group(void)
{
    struct arena *a = arena_new(4096);
    for (int retract = 0; retract < 2; retract++) {
        struct plan p;
        make_plan(&p, retract);
        struct op_harness *straight = open(&p, 2048, false), *restarted = open(&p, 2048, true);
        for (uint32_t round = 0; round < 60; round++) {
            const char *rows = random_rows(a, round % 30 ? 40 : 1500, retract, 500, round);
            harness_feed(straight, 0, rows);
            harness_feed(restarted, 0, rows);
            if (round == 20 || round == 27 || round == 49)
                harness_restart(restarted, round % 3 + 1);
        }
        check_text(harness_error(restarted), "", "error");
        check_text(harness_folded(restarted), harness_folded(straight), "folded");
        CHECK(harness_parts_of_changes(restarted) > 10 && harness_parts_of_changes(straight) > 10);
        harness_free(straight);
        harness_free(restarted);
    }
    arena_free(a);
}

static void an_update_that_changes_nothing_is_not_sent(void)
{
    struct plan p;
    make_plan(&p, false);
    p.params.aggs = &p.aggs[2]; /* MIN */
    p.params.agg_count = 1;
    struct op_harness *h = harness_new(&(struct harness_params){
        .def = &group_agg_op,
        .params = &p.params,
        .inputs = {"k STRING, v INT"},
        .output = "k STRING, m INT",
        .batch_rows = 1,
    });
    harness_feed(h, 0, "[null, 1]\n[null, 2]\n[\"a\", null]\n[\"a\", null]\n[null, 0]\n");
    check_text(harness_changelog(h), "+I [null, 1]\n+I [\"a\", null]\n-U [null, 1]\n+U [null, 0]\n",
        "changelog");
    harness_free(h);
}

static void without_keys_there_is_one_group(void)
{
    struct plan p;
    make_plan(&p, true);
    p.params.key_count = 0;
    p.params.agg_count = 2;
    struct op_harness *h = harness_new(&(struct harness_params){
        .def = &group_agg_op,
        .params = &p.params,
        .inputs = {"k STRING, v INT"},
        .output = "n BIGINT, s INT",
        .batch_rows = 1,
    });
    harness_feed(h, 0, "watermark 5\n");
    harness_feed(h, 0, "[\"a\", 1]\n[\"b\", 2]\n");
    harness_restart(h, 1);
    harness_feed(h, 0, "-D [\"a\", 1]\n-D [\"b\", 2]\n-D [\"b\", 2]\n");
    check_text(harness_changelog(h),
        "+I [1, 1]\n-U [1, 1]\n+U [2, 3]\n-U [2, 3]\n+U [1, 2]\n-D [1, 2]\n", "changelog");
    harness_free(h);
}

static void distinct_rows_need_no_aggregate(void)
{
    struct group_agg_params params = {.keys = column_0, .key_count = 1, .retract = true};
    struct op_harness *h = harness_new(&(struct harness_params){
        .def = &group_agg_op,
        .params = &params,
        .inputs = {"k STRING, v INT"},
        .output = "k STRING",
        .batch_rows = 1,
    });
    harness_feed(h, 0, "[\"a\", 1]\n[\"a\", 1]\n-D [\"a\", 1]\n-D [\"a\", 1]\n-D [\"a\", 1]\n");
    check_text(harness_changelog(h), "+I [\"a\"]\n-D [\"a\"]\n", "changelog");
    harness_free(h);
}

static void without_update_before_only_the_new_row_is_sent(void)
{
    struct plan p;
    make_plan(&p, false);
    p.params.agg_count = 1;
    p.params.generate_update_before = false;
    struct op_harness *h = harness_new(&(struct harness_params){
        .def = &group_agg_op,
        .params = &p.params,
        .inputs = {"k STRING, v INT"},
        .output = "k STRING, n BIGINT",
        .batch_rows = 2,
    });
    harness_feed(h, 0, "[\"a\", 1]\n[\"a\", 1]\n[\"a\", 1]\n[\"b\", 1]\nwatermark 7\n");
    check_text(harness_with_marks(h), "+I [\"a\", 2]\n+U [\"a\", 3]\n+I [\"b\", 1]\nwatermark 7\n",
        "changelog");
    harness_free(h);
}

static void an_expired_group_starts_again(void)
{
    struct plan p;
    make_plan(&p, false);
    p.params.state_ttl_ms = 100;
    struct op_harness *h = open(&p, 1, false);
    harness_feed(h, 0, "[\"a\", 1]\n");
    harness_clock(h, 99);
    harness_feed(h, 0, "[\"a\", 1]\n");
    harness_clock(h, 199);
    harness_feed(h, 0, "[\"a\", 1]\n");
    check_text(harness_changelog(h),
        "+I [\"a\", 1, 1, 1, 1]\n-U [\"a\", 1, 1, 1, 1]\n+U [\"a\", 2, 2, 1, 1]\n"
        "+I [\"a\", 1, 1, 1, 1]\n",
        "changelog");
    harness_free(h);
}

/* Keys that never come again leave the state: all 100,000 groups do not fit the budget. */
static void expired_groups_leave_the_state(void)
{
    struct plan p;
    make_plan(&p, false);
    p.params.state_ttl_ms = 100;
    struct op_harness *h = harness_new(&(struct harness_params){
        .def = &group_agg_op,
        .params = &p.params,
        .inputs = {"k STRING, v INT"},
        .output = "k STRING, n BIGINT, s INT, m INT, d BIGINT",
        .budget_bytes = 12 << 20,
    });
    for (int round = 0; round < 100 && !harness_error(h)[0]; round++) {
        struct buf rows;
        buf_init(&rows, 1 << 20);
        for (int i = 0; i < 1000; i++) buf_printf(&rows, "[\"key %d\", 1]\n", round * 1000 + i);
        harness_feed(h, 0, buf_cstr(&rows));
        buf_free(&rows);
        harness_clock(h, (round + 1) * 50);
    }
    check_text(harness_error(h), "", "error");
    harness_clock(h, 100000);
    harness_feed(h, 0, "[\"key 1\", 1]\n");
    CHECK(strstr(harness_changelog(h), "-U") == NULL);
    harness_free(h);
}

static void a_full_budget_is_an_error_that_names_the_operator(void)
{
    struct plan p;
    make_plan(&p, false);
    struct op_harness *h = harness_new(&(struct harness_params){
        .def = &group_agg_op,
        .params = &p.params,
        .inputs = {"k STRING, v INT"},
        .output = "k STRING, n BIGINT, s INT, m INT, d BIGINT",
        .budget_bytes = 1000,
    });
    harness_feed(h, 0, "[\"a\", 1]\n");
    CHECK(strstr(harness_error(h), "operator 'test'") != NULL);
    harness_free(h);
}

/* Rows → local half → consumer gives what rows → consumer gives. */
static void partial_accumulators_give_the_same_table(void)
{
    struct arena *a = arena_new(4096);
    struct plan p;
    make_plan(&p, true);
    p.params.agg_count = 2; /* MIN with retraction and DISTINCT cannot be combined */
    CHECK(!agg_specs_combinable(p.aggs, 4, true));
    CHECK(agg_specs_combinable(p.aggs, 2, true));
    struct local_group_agg_params local = {
        .keys = column_0, .key_count = 1, .aggs = p.aggs, .agg_count = 2, .retract = true};
    /* A well-formed stream: what is taken back was there. */
    const char *rows = "[\"a\", 1]\n[\"b\", 2]\n[\"a\", 3]\n-U [\"a\", 1]\n+U [\"a\", 7]\n"
                       "-D [\"b\", 2]\n[\"c\", 4]\n[\"c\", null]\n[\"a\", 5]\n-D [\"c\", 4]\n";
    for (uint32_t i = 0; i < 4; i++) {
        struct op_harness *first = harness_new(&(struct harness_params){
            .def = &local_group_agg_op,
            .params = &local,
            .inputs = {"k STRING, v INT"},
            .output = "k STRING, $acc BYTES NOT NULL",
            .batch_rows = batch_sizes[i],
        });
        harness_feed(first, 0, rows);
        check_text(harness_error(first), "", "error");
        struct op_harness *second = harness_new(&(struct harness_params){
            .def = &group_agg_op,
            .params = &p.params,
            .inputs = {"k STRING, $acc BYTES NOT NULL"},
            .output = "k STRING, n BIGINT, s INT",
            .batch_rows = batch_sizes[i],
            .combined = true,
        });
        harness_feed(second, 0, harness_changelog(first));
        check_text(harness_folded(second), "[\"a\", 3, 15]\n[\"c\", 1, null]\n", "folded");
        harness_free(first);
        harness_free(second);
    }
    arena_free(a);
}

int main(void)
{
    TEST_RUN(rows_one_by_one_give_flinks_changelog);
    TEST_RUN(every_batch_size_folds_to_the_same_table);
    TEST_RUN(a_restart_with_other_parallelism_changes_nothing);
    TEST_RUN(a_chain_of_changes_gives_back_every_group);
    TEST_RUN(an_update_that_changes_nothing_is_not_sent);
    TEST_RUN(without_keys_there_is_one_group);
    TEST_RUN(distinct_rows_need_no_aggregate);
    TEST_RUN(without_update_before_only_the_new_row_is_sent);
    TEST_RUN(an_expired_group_starts_again);
    TEST_RUN(expired_groups_leave_the_state);
    TEST_RUN(a_full_budget_is_an_error_that_names_the_operator);
    TEST_RUN(partial_accumulators_give_the_same_table);
    return TEST_END();
}
