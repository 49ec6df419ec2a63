#include "op/limit/limit.h"

#include "op/harness.h"
#include "test.h"

static void check_text(const char *actual, const char *expected)
{
    bool same = strcmp(actual, expected) == 0;
    if (!same) printf("# expected:\n%s# actual:\n%s", expected, actual);
    CHECK(same);
}

static struct op_harness *open(const struct limit_params *p, uint32_t batch_rows)
{
    return harness_new(&(struct harness_params){.def = &limit_op,
        .params = p,
        .inputs = {"k STRING, v INT"},
        .output = "k STRING, v INT",
        .batch_rows = batch_rows,
        .often_full = batch_rows % 2});
}

static void the_first_rows_after_the_offset_pass(void)
{
    struct limit_params p = {.offset = 1, .count = 2};
    for (uint32_t batch = 1; batch < 6; batch++) {
        struct op_harness *h = open(&p, batch);
        harness_feed(h, 0, "[\"a\", 1]\n[\"b\", 1]\n");
        harness_restart(h, 1);
        harness_feed(h, 0, "[\"c\", 1]\n[\"d\", 1]\nwatermark 3\n");
        check_text(harness_with_marks(h), "+I [\"b\", 1]\n+I [\"c\", 1]\nwatermark 3\n");
        harness_free(h);
    }
}

static const char changes[] =
    "[\"a\", 1]\n[\"b\", 1]\n[\"c\", 1]\n-D [\"a\", 1]\n[\"d\", 1]\n-U [\"b\", 1]\n+U [\"b\", 2]\n"
    "-D [\"c\", 1]\n-D [\"d\", 1]\n-D [\"b\", 2]\n-D [\"b\", 2]\n";

/* The changelog is Flink 2.3's. */
static void a_row_that_is_taken_back_lets_the_next_one_in(void)
{
    struct limit_params p = {.count = 2, .retract = true};
    for (uint32_t batch = 1; batch < 6; batch++) {
        struct op_harness *h = open(&p, batch);
        harness_feed(h, 0, changes);
        check_text(harness_changelog(h),
            "+I [\"a\", 1]\n+I [\"b\", 1]\n-D [\"a\", 1]\n+I [\"c\", 1]\n-D [\"b\", 1]\n"
            "+I [\"d\", 1]\n-D [\"c\", 1]\n+I [\"b\", 2]\n-D [\"d\", 1]\n-D [\"b\", 2]\n");
        harness_free(h);
    }
}

static void an_offset_over_updates_stays_exact(void)
{
    struct limit_params p = {.offset = 1, .count = 1, .retract = true};
    struct op_harness *h = open(&p, 3);
    harness_feed(h, 0, "[\"a\", 1]\n[\"b\", 1]\n[\"c\", 1]\n");
    check_text(harness_folded(h), "[\"b\", 1]\n");
    harness_restart(h, 1);
    harness_feed(h, 0, "-D [\"a\", 1]\n");
    check_text(harness_folded(h), "[\"c\", 1]\n");
    harness_feed(h, 0, "-D [\"b\", 1]\n");
    check_text(harness_folded(h), "");
    harness_feed(h, 0, changes);
    check_text(harness_folded(h), "");
    harness_free(h);
}

int main(void)
{
    TEST_RUN(the_first_rows_after_the_offset_pass);
    TEST_RUN(a_row_that_is_taken_back_lets_the_next_one_in);
    TEST_RUN(an_offset_over_updates_stays_exact);
    return TEST_END();
}
