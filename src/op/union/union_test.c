#include "op/union/union.h"

#include "op/harness.h"
#include "test.h"

static void check_text(const char *actual, const char *expected)
{
    bool same = strcmp(actual, expected) == 0;
    if (!same) printf("# expected:\n%s# actual:\n%s", expected, actual);
    CHECK(same);
}

static void rows_pass_and_the_least_watermark_leads(void)
{
    struct union_params p = {2};
    struct op_harness *h = harness_new(&(struct harness_params){
        .def = &union_op, .params = &p, .inputs = {"a INT", "b INT"}, .output = "a INT"});
    harness_feed(h, 0, "[1]\nwatermark 10\n-D [2]\nwatermark 20\n");
    harness_feed(h, 1, "[3]\nwatermark 5\n[4]\nwatermark 15\n[5]\n");
    harness_feed(h, 1, "idle\n");
    harness_feed(h, 0, "watermark 30\nidle\n");
    harness_feed(h, 1, "watermark 16\n");
    harness_end(h);
    check_text(harness_with_marks(h),
        "+I [1]\n-D [2]\n+I [3]\nwatermark 5\n+I [4]\nwatermark 15\n+I [5]\nwatermark 20\n"
        "watermark 30\nidle\nwatermark 30\nwatermark 9223372036854775807\n");
    harness_free(h);
}

static void rows_behind_an_idle_mark_make_an_input_active(void)
{
    static const uint32_t sizes[] = {1, 7, 2048};
    for (int i = 0; i < 3; i++) {
        struct union_params p = {2};
        struct op_harness *h = harness_new(&(struct harness_params){.def = &union_op,
            .params = &p,
            .inputs = {"a INT", "b INT"},
            .output = "a INT",
            .batch_rows = sizes[i]});
        harness_feed(h, 0, "watermark 10\n");
        harness_feed(h, 1, "[1]\nwatermark 5\nidle\n[2]\n");
        harness_feed(h, 0, "watermark 20\n"); /* waits for the other one again */
        harness_feed(h, 1, "[3]\nwatermark 15\n");
        check_text(harness_with_marks(h), "+I [1]\nwatermark 10\n+I [2]\n+I [3]\nwatermark 15\n");
        harness_free(h);
    }
}

int main(void)
{
    TEST_RUN(rows_pass_and_the_least_watermark_leads);
    TEST_RUN(rows_behind_an_idle_mark_make_an_input_active);
    return TEST_END();
}
