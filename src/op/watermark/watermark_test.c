#include "op/watermark/watermark.h"

#include "base/arena.h"
#include "op/harness.h"
#include "test.h"
#include "type/timezone.h"

static struct arena *arena;

static void check_text(const char *actual, const char *expected)
{
    bool same = strcmp(actual, expected) == 0;
    if (!same) printf("# expected:\n%s# actual:\n%s", expected, actual);
    CHECK(same);
}

/* WATERMARK FOR ts AS w: a column of its own, so that a test says what it is. */
static struct op_harness *open(int64_t interval_ms, int64_t idle_ms, uint32_t batch_rows)
{
    struct watermark_params *p = ARENA_NEW(arena, struct watermark_params);
    const struct type *type = type_new(arena, TYPE_TIMESTAMP, 3, 0, true);
    *p = (struct watermark_params){.rowtime_column = 0,
        .expr = expr_column(arena, 1, type),
        .interval_ms = interval_ms,
        .idle_timeout_ms = idle_ms};
    return harness_new(&(struct harness_params){.def = &watermark_op,
        .params = p,
        .inputs = {"ts TIMESTAMP(3), w TIMESTAMP(3)"},
        .output = "ts TIMESTAMP(3), w TIMESTAMP(3)",
        .batch_rows = batch_rows});
}

#define T(second) "\"1970-01-01 00:00:" second "\""
#define ROW(w) "[" T("09.000") ", " w "]\n"
#define OUT(w) "+I [" T("09.000") ", " w "]\n"

static void a_watermark_follows_the_row_that_raises_it(void)
{
    for (uint32_t batch = 1; batch < 5; batch++) {
        struct op_harness *h = open(0, 0, batch);
        harness_feed(h, 0, ROW(T("01.000")) ROW(T("00.500")) ROW("null") ROW(T("02.000")));
        check_text(harness_with_marks(h), OUT(T("01.000")) "watermark 1000\n" OUT(T("00.500"))
                                              OUT("null") OUT(T("02.000")) "watermark 2000\n");
        harness_free(h);
    }
}

static void nothing_at_or_before_1970(void)
{
    struct op_harness *h = open(0, 0, 7);
    harness_feed(h, 0, "[" T("09.000") ", \"1969-12-31 23:59:59.000\"]\n" ROW(T("00.000")));
    CHECK(!strstr(harness_with_marks(h), "watermark"));
    harness_free(h);
}

static void event_time_must_grow_by_more_than_the_interval(void)
{
    for (uint32_t batch = 1; batch < 5; batch++) {
        struct op_harness *h = open(200, 0, batch);
        harness_feed(h, 0, ROW(T("00.200")) ROW(T("00.201")) ROW(T("00.401")) ROW(T("00.402")));
        check_text(harness_with_marks(h), OUT(T("00.200")) OUT(T("00.201")) "watermark 201\n" OUT(
                                              T("00.401")) OUT(T("00.402")) "watermark 402\n");
        harness_free(h);
    }
}

static void the_clock_sends_what_is_left(void)
{
    struct op_harness *h = open(200, 0, 7);
    harness_feed(h, 0, ROW(T("00.100")));
    harness_clock(h, 199);
    CHECK(!strstr(harness_with_marks(h), "watermark"));
    harness_clock(h, 200);
    harness_clock(h, 1000);
    check_text(harness_with_marks(h), OUT(T("00.100")) "watermark 100\n");
    harness_free(h);
}

static void a_silent_input_is_idle_until_its_next_row(void)
{
    struct op_harness *h = open(0, 1000, 7);
    harness_feed(h, 0, ROW(T("01.000")));
    harness_clock(h, 999);
    harness_clock(h, 5000);
    harness_feed(h, 0, ROW(T("02.000")));
    check_text(harness_with_marks(h),
        OUT(T("01.000")) "watermark 1000\nidle\n" OUT(T("02.000")) "watermark 2000\n");
    harness_free(h);
}

static void watermarks_from_upstream_do_not_count_but_the_end_does(void)
{
    struct op_harness *h = open(0, 0, 7);
    harness_feed(h, 0, ROW(T("01.000")) "watermark 5000\n" ROW(T("02.000")) "max\n");
    check_text(harness_with_marks(h),
        OUT(T("01.000")) "watermark 1000\n" OUT(T("02.000")) "watermark 9223372036854775807\n");
    harness_free(h);
}

static void a_null_rowtime_fails(void)
{
    struct op_harness *h = open(0, 0, 7);
    harness_feed(h, 0, "[null, " T("02.000") "]\n");
    CHECK(strstr(harness_error(h), "RowTime field should not be null") != NULL);
    harness_free(h);
}

static void a_row_from_the_future_does_not_raise_the_watermark(void)
{
    const struct type *type = type_new(arena, TYPE_TIMESTAMP, 3, 0, true);
    struct watermark_params p = {.expr = expr_column(arena, 0, type), .max_future_ms = 10000};
    const struct time_zone *zone;
    CHECK(!timezone_open(arena, NULL, SLICE("+01:00"), &zone));
    for (uint32_t batch = 1; batch < 4; batch++) {
        struct op_harness *h = harness_new(&(struct harness_params){.def = &watermark_op,
            .params = &p,
            .inputs = {"ts TIMESTAMP(3)"},
            .output = "ts TIMESTAMP(3)",
            .batch_rows = batch,
            .zone = zone});
        /* It is 01:00:00 there; 01:00:10.001 is one millisecond too far. */
        const char *rows = "[\"1970-01-01 01:00:01.000\"]\n[\"1970-01-01 01:00:10.001\"]\n"
                           "[\"1970-01-01 01:00:02.000\"]\n[\"1970-01-01 01:00:10.000\"]\n";
        harness_feed(h, 0, rows);
        check_text(harness_with_marks(h), "+I [\"1970-01-01 01:00:01.000\"]\nwatermark 3601000\n"
                                          "+I [\"1970-01-01 01:00:10.001\"]\n"
                                          "+I [\"1970-01-01 01:00:02.000\"]\nwatermark 3602000\n"
                                          "+I [\"1970-01-01 01:00:10.000\"]\nwatermark 3610000\n");
        CHECK(harness_future_rows(h) == 1);
        harness_free(h);
    }
}

int main(void)
{
    arena = arena_new(4096);
    TEST_RUN(a_watermark_follows_the_row_that_raises_it);
    TEST_RUN(nothing_at_or_before_1970);
    TEST_RUN(event_time_must_grow_by_more_than_the_interval);
    TEST_RUN(the_clock_sends_what_is_left);
    TEST_RUN(a_silent_input_is_idle_until_its_next_row);
    TEST_RUN(watermarks_from_upstream_do_not_count_but_the_end_does);
    TEST_RUN(a_null_rowtime_fails);
    TEST_RUN(a_row_from_the_future_does_not_raise_the_watermark);
    arena_free(arena);
    return TEST_END();
}
