#include "op/window_table/window_table.h"

#include "op/harness.h"
#include "test.h"

static void check_text(const char *actual, const char *expected)
{
    bool same = strcmp(actual, expected) == 0;
    if (!same) printf("# expected:\n%s# actual:\n%s", expected, actual);
    CHECK(same);
}

#define T(second) "\"1970-01-01 00:00:" second "\""
#define ROW(kind, k, ts, s, e, t) kind " [" k ", " T(ts) ", " T(s) ", " T(e) ", " T(t) "]\n"

static struct op_harness *open(const struct window_table_params *p, uint32_t batch_rows)
{
    return harness_new(&(struct harness_params){.def = &window_table_op,
        .params = p,
        .inputs = {"k INT, ts TIMESTAMP(3)"},
        .output = "k INT, ts TIMESTAMP(3), s TIMESTAMP(3), e TIMESTAMP(3), t TIMESTAMP(3)",
        .batch_rows = batch_rows,
        .often_full = batch_rows % 2});
}

static void every_window_of_a_row_in_flinks_order(void)
{
    struct window_table_params hop = {
        {.kind = WINDOW_HOP, .size_ms = 10000, .slide_ms = 5000, .time_column = 1}};
    struct window_table_params cumulate = {
        {.kind = WINDOW_CUMULATE, .size_ms = 10000, .slide_ms = 5000, .time_column = 1}};
    static const char rows[] =
        "[1, " T("12") "]\nwatermark 12000\n-D [2, " T("07") "]\n[3, null]\nwatermark 13000\n";
    for (uint32_t batch = 1; batch < 5; batch++) {
        struct op_harness *h = open(&hop, batch);
        harness_feed(h, 0, rows);
        check_text(harness_with_marks(h),
            ROW("+I", "1", "12.000", "10.000", "20.000", "19.999")
                ROW("+I", "1", "12.000", "05.000", "15.000", "14.999") "watermark 12000\n" ROW(
                    "-D", "2", "07.000", "05.000", "15.000", "14.999")
                    ROW("-D", "2", "07.000", "00.000", "10.000", "09.999") "watermark 13000\n");
        harness_free(h);
        h = open(&cumulate, batch);
        harness_feed(h, 0, rows);
        check_text(harness_with_marks(h),
            ROW("+I", "1", "12.000", "10.000", "15.000", "14.999")
                ROW("+I", "1", "12.000", "10.000", "20.000", "19.999") "watermark 12000\n" ROW(
                    "-D", "2", "07.000", "00.000", "10.000", "09.999") "watermark 13000\n");
        harness_free(h);
    }
}

static void an_offset_moves_the_windows(void)
{
    struct window_table_params p = {
        {.kind = WINDOW_TUMBLE, .size_ms = 10000, .offset_ms = -3000, .time_column = 1}};
    struct op_harness *h = open(&p, 7);
    harness_feed(h, 0, "[1, " T("16.999") "]\n[2, " T("17") "]\n");
    check_text(harness_changelog(h), "+I [1, " T("16.999") ", " T("07.000") ", " T("17.000") ", " T(
                                         "16.999") "]\n"
                                                   "+I [2, " T("17.000") ", " T("17.000") ", " T(
                                                       "27.000") ", " T("26.999") "]\n");
    harness_free(h);
}

int main(void)
{
    TEST_RUN(every_window_of_a_row_in_flinks_order);
    TEST_RUN(an_offset_moves_the_windows);
    return TEST_END();
}
