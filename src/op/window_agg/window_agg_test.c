#include "op/window_agg/window_agg.h"

#include <inttypes.h>

#include "base/arena.h"
#include "op/harness.h"
#include "op/local_window_agg/local_window_agg.h"
#include "test.h"
#include "type/timezone.h"

static const uint32_t column_0[] = {0}, column_1[] = {1};
static const enum window_property start_end[] = {WINDOW_START, WINDOW_END};
static const enum window_property only_end[] = {WINDOW_END};
static const uint32_t batch_sizes[] = {1, 7, 2048};

static void check_text(const char *actual, const char *expected, const char *what)
{
    bool same = strcmp(actual, expected) == 0;
    if (!same) printf("# %s\n# expected:\n%s# actual:\n%s", what, expected, actual);
    CHECK(same);
}

/* k, COUNT(*), SUM(v), COUNT(DISTINCT v), window_end over (k STRING, v INT, ts TIMESTAMP(3)) */
struct plan {
    const struct type *integer;
    struct agg_spec aggs[3];
    struct window_agg_params params;
};

static void make_plan(
    struct plan *p, enum window_kind kind, int64_t size_ms, int64_t slide_ms, bool retract)
{
    p->integer = type_simple(TYPE_INTEGER);
    const struct agg_def *count = agg_find(SLICE("COUNT")), *sum = agg_find(SLICE("SUM"));
    const struct type *bigint = type_simple(TYPE_BIGINT);
    p->aggs[0] = (struct agg_spec){
        .call = {.def = count, .result = bigint, .retract = retract}, .filter_column = -1};
    p->aggs[1] = (struct agg_spec){.call = {.def = sum,
                                       .result = p->integer,
                                       .arg_types = &p->integer,
                                       .arg_count = 1,
                                       .retract = retract},
        .args = column_1,
        .filter_column = -1};
    p->aggs[2] = (struct agg_spec){.call = {.def = count,
                                       .result = bigint,
                                       .arg_types = &p->integer,
                                       .arg_count = 1,
                                       .retract = retract},
        .args = column_1,
        .filter_column = -1,
        .distinct = true};
    p->params = (struct window_agg_params){
        .window = {.kind = kind,
            .size_ms = size_ms,
            .slide_ms = slide_ms,
            .time_column = 2,
            .start_column = -1,
            .end_column = -1},
        .keys = column_0,
        .key_count = 1,
        .aggs = p->aggs,
        .agg_count = 3,
        .properties = only_end,
        .property_count = 1,
        .retract = retract,
    };
}

static struct op_harness *open(
    const struct plan *p, uint32_t batch_rows, uint32_t subtasks, bool often_full)
{
    return harness_new(&(struct harness_params){
        .def = &window_agg_op,
        .params = &p->params,
        .inputs = {"k STRING, v INT, ts TIMESTAMP(3)"},
        .output = "k STRING, n BIGINT, s INT, d BIGINT, e TIMESTAMP(3)",
        .keys = column_0,
        .key_count = 1,
        .batch_rows = batch_rows,
        .subtasks = subtasks,
        .often_full = often_full,
    });
}

#define AT(second) "1970-01-01 00:00:" second
#define ROW(k, v, second) "[\"" k "\", " v ", \"" AT(second) "\"]\n"
#define OUT(k, n, s, d, second) "+I [\"" k "\", " n ", " s ", " d ", \"" AT(second) ".000\"]\n"

static void tumbling_windows_fire_in_order_and_drop_late_rows(void)
{
    struct plan p;
    make_plan(&p, WINDOW_TUMBLE, 10000, 0, false);
    for (size_t i = 0; i < 3; i++) {
        struct op_harness *h = open(&p, batch_sizes[i], 1, i == 1);
        harness_feed(h, 0,
            ROW("a", "1", "01") "watermark 1000\n" ROW("a", "1", "09.999") "watermark 9998\n" ROW(
                "b", "2", "12") ROW("b", "3", "03") "watermark 9999\n" ROW("a", "7", "04")
                ROW("a", "4", "35") "watermark 31000\n" ROW("a", "9", "29"));
        check_text(harness_with_marks(h),
            batch_sizes[i] > 1 ? OUT("a", "2", "2", "1", "10")
                                     OUT("b", "1", "3", "1", "10") "watermark 9999\n" OUT(
                                         "b", "1", "2", "1", "20") "watermark 31000\n"
                               : "watermark 1000\nwatermark 9998\n" OUT("a", "2", "2", "1", "10")
                                     OUT("b", "1", "3", "1", "10") "watermark 9999\n" OUT(
                                         "b", "1", "2", "1", "20") "watermark 31000\n",
            "tumble");
        CHECK(harness_late_rows(h) == 2);
        harness_end(h);
        CHECK(strstr(harness_changelog(h), OUT("a", "1", "4", "1", "40")));
        harness_free(h);
    }
}

/* Each late row with the watermark it met, as often as it is counted. */
static void late_rows_go_to_the_side_output(void)
{
    static const uint32_t late[] = {2, 0};
    struct plan p;
    make_plan(&p, WINDOW_TUMBLE, 10000, 0, false);
    p.params.late = late;
    p.params.late_count = 2;
    for (size_t i = 0; i < 3; i++) {
        struct op_harness *h = harness_new(&(struct harness_params){.def = &window_agg_op,
            .params = &p.params,
            .inputs = {"k STRING, v INT, ts TIMESTAMP(3)"},
            .output = "k STRING, n BIGINT, s INT, d BIGINT, e TIMESTAMP(3)",
            .side = "ts TIMESTAMP(3), k STRING, w TIMESTAMP(3)",
            .keys = column_0,
            .key_count = 1,
            .batch_rows = batch_sizes[i],
            .often_full = i == 1});
        harness_feed(h, 0,
            ROW("a", "1", "01") ROW("b", "1", "02") "watermark 9999\n" ROW("a", "7", "04")
                ROW("c", "1", "15") "watermark 12000\n" ROW("b", "1", "09.999")
                    ROW("b", "1", "10") "watermark 19999\n" ROW("c", "1", "19"));
        check_text(harness_side(h),
            "+I [\"" AT("04.000") "\", \"a\", \"" AT(
                "09.999") "\"]\n"
                          "+I [\"" AT("09.999") "\", \"b\", \"" AT(
                              "12.000") "\"]\n"
                                        "+I [\"" AT("19.000") "\", \"c\", \"" AT("19.999") "\"]\n",
            "late rows");
        CHECK(harness_late_rows(h) == 3);
        check_text(harness_sorted(h),
            OUT("a", "1", "1", "1", "10") OUT("b", "1", "1", "1", "10")
                OUT("b", "1", "1", "1", "20") OUT("c", "1", "1", "1", "20"),
            "on time");
        harness_free(h);
    }
}

static void hopping_windows_share_slices_and_keep_a_late_row_for_later_windows(void)
{
    struct plan p;
    make_plan(&p, WINDOW_HOP, 10000, 5000, false);
    for (size_t i = 0; i < 3; i++) {
        struct op_harness *h = open(&p, batch_sizes[i], 1, i == 1);
        harness_feed(h, 0,
            ROW("a", "1", "01") ROW("a", "2", "06") "watermark 6000\n" ROW(
                "a", "5", "02") "watermark 9999\n" ROW("a", "7", "03") ROW("b", "1", "08"));
        harness_end(h);
        check_text(harness_sorted(h),
            OUT("a", "1", "1", "1", "05") OUT("a", "1", "2", "1", "15")
                OUT("a", "3", "8", "3", "10") OUT("b", "1", "1", "1", "15"),
            "hop");
        CHECK(harness_late_rows(h) == 1);
        harness_free(h);
    }
}

static void cumulating_windows_grow_and_take_late_rows_along(void)
{
    struct plan p;
    make_plan(&p, WINDOW_CUMULATE, 15000, 5000, false);
    for (size_t i = 0; i < 3; i++) {
        struct op_harness *h = open(&p, batch_sizes[i], 1, i == 1);
        harness_feed(h, 0,
            ROW("a", "1", "01") ROW("a", "1", "06") "watermark 6000\n" ROW(
                "b", "5", "02") "watermark 9999\n" ROW("a", "7", "03") ROW("a", "2", "14"));
        harness_feed(h, 0, "watermark 14999\n" ROW("a", "9", "14") ROW("c", "1", "16"));
        harness_end(h);
        check_text(harness_sorted(h),
            OUT("a", "1", "1", "1", "05") OUT("a", "2", "2", "1", "10")
                OUT("a", "4", "11", "3", "15") OUT("b", "1", "5", "1", "10")
                    OUT("b", "1", "5", "1", "15") OUT("c", "1", "1", "1", "20")
                        OUT("c", "1", "1", "1", "25") OUT("c", "1", "1", "1", "30"),
            "cumulate");
        CHECK(harness_late_rows(h) == 1);
        harness_free(h);
    }
}

static void a_window_whose_rows_are_all_taken_back_is_empty(void)
{
    static const enum window_kind kinds[] = {WINDOW_TUMBLE, WINDOW_HOP, WINDOW_CUMULATE};
    for (size_t i = 0; i < 3; i++) {
        struct plan p;
        make_plan(&p, kinds[i], 10000, 10000, true);
        struct op_harness *h = open(&p, batch_sizes[i], 1, false);
        harness_feed(h, 0,
            ROW("a", "1", "01") "-D " ROW("a", "1", "01") ROW("b", "1", "01")
                ROW("b", "2", "02") "-U " ROW("b", "1", "01") "-D " ROW("e", "2", "03"));
        harness_end(h);
        check_text(harness_sorted(h), OUT("b", "1", "2", "1", "10") OUT("e", "-1", "-2", "0", "10"),
            "taken back");
        harness_free(h);
    }
}

/* Rows out of order, and a watermark after each (dense), or only where it crosses 5 s (sparse). */
static const char *random_stream(struct arena *a, uint32_t seed_of, bool dense, bool retract)
{
    int64_t from_ms = seed_of == 2 ? 24000 : 0;
    struct buf text;
    buf_init(&text, 1 << 24);
    uint64_t seed = seed_of;
    int64_t highest = from_ms, told = from_ms;
    for (uint32_t i = 0; i < 200; i++) {
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        uint32_t r = (uint32_t)(seed >> 33);
        int64_t ms = from_ms + i * 150 + r % 12000;
        if (ms > 59999) ms = 59999;
        if (retract && r % 7 == 0) buf_add_cstr(&text, "-D ");
        buf_printf(&text, "[\"k%u\", %u, \"1970-01-01 00:00:%02" PRId64 ".%03" PRId64 "\"]\n",
            r / 16 % 4, r / 1024 % 5, ms / 1000, ms % 1000);
        if (ms - 6000 > highest) highest = ms - 6000;
        if (highest > told && (dense || (highest + 1) / 5000 != (told + 1) / 5000)) {
            buf_printf(&text, "watermark %" PRId64 "\n", highest);
            told = highest;
        }
    }
    const char *copy = slice_to_cstr(a, buf_slice(&text));
    buf_free(&text);
    return copy;
}

static const struct {
    enum window_kind kind;
    int64_t size_ms, slide_ms;
} shapes[] = {{WINDOW_TUMBLE, 10000, 0}, {WINDOW_HOP, 15000, 5000}, {WINDOW_CUMULATE, 20000, 5000}};

static void batch_size_marks_parallelism_and_restarts_change_nothing(void)
{
    struct arena *a = arena_new(4096);
    for (size_t s = 0; s < 3; s++) {
        bool retract = s == 1;
        struct plan p;
        make_plan(&p, shapes[s].kind, shapes[s].size_ms, shapes[s].slide_ms, retract);
        const char *expected = NULL;
        uint64_t late = 0, parts_of_changes = 0;
        for (uint32_t i = 0; i < 12; i++) {
            struct op_harness *h = open(&p, batch_sizes[i % 3], 1 + i % 2, i % 4 == 1);
            harness_feed(h, 0, random_stream(a, 1, i % 2, retract));
            if (i >= 6) harness_restart(h, 1 + i % 3);
            harness_feed(h, 0, random_stream(a, 2, i % 2, retract));
            harness_end(h);
            check_text(harness_error(h), "", "error");
            const char *sorted = harness_sorted(h);
            if (!expected) {
                expected = slice_to_cstr(a, slice_of(sorted));
                late = harness_late_rows(h);
            }
            check_text(sorted, expected, "sorted");
            CHECK(harness_late_rows(h) == late);
            parts_of_changes += harness_parts_of_changes(h);
            harness_free(h);
        }
        CHECK(parts_of_changes > 100);
        CHECK((late > 0 || shapes[s].kind != WINDOW_TUMBLE) && strstr(expected, "k3"));
    }
    arena_free(a);
}

static void partial_accumulators_give_the_same_windows(void)
{
    struct arena *a = arena_new(4096);
    for (size_t s = 0; s < 3; s++) {
        struct plan p;
        make_plan(&p, shapes[s].kind, shapes[s].size_ms, shapes[s].slide_ms, false);
        p.params.agg_count = 2;
        struct local_window_agg_params local = {.window = p.params.window,
            .keys = column_0,
            .key_count = 1,
            .aggs = p.aggs,
            .agg_count = 2};
        static const char output[] = "k STRING, n BIGINT, s INT, e TIMESTAMP(3)";
        struct harness_params direct = {.def = &window_agg_op,
            .params = &p.params,
            .inputs = {"k STRING, v INT, ts TIMESTAMP(3)"},
            .output = output};
        struct op_harness *h = harness_new(&direct);
        harness_feed(h, 0, random_stream(a, 3, true, false));
        harness_end(h);
        for (size_t i = 0; i < 3; i++) {
            struct op_harness *first =
                harness_new(&(struct harness_params){.def = &local_window_agg_op,
                    .params = &local,
                    .inputs = {"k STRING, v INT, ts TIMESTAMP(3)"},
                    .output = "k STRING, $slice_end BIGINT NOT NULL, $acc BYTES NOT NULL",
                    .batch_rows = batch_sizes[i]});
            harness_feed(first, 0, random_stream(a, 3, true, false));
            harness_end(first);
            struct op_harness *second = harness_new(&(struct harness_params){.def = &window_agg_op,
                .params = &p.params,
                .inputs = {"k STRING, $slice_end BIGINT NOT NULL, $acc BYTES NOT NULL"},
                .output = output,
                .batch_rows = batch_sizes[i],
                .combined = true});
            harness_feed(second, 0, harness_with_marks(first));
            harness_end(second);
            check_text(harness_sorted(second), harness_sorted(h), "combined");
            CHECK(harness_late_rows(second) == harness_late_rows(h));
            harness_free(first);
            harness_free(second);
        }
        harness_free(h);
    }
    arena_free(a);
}

static size_t lines(const char *text)
{
    size_t n = 0;
    for (; *text; text++) n += *text == '\n';
    return n;
}

static void partial_accumulators_wait_for_event_time_and_for_barriers(void)
{
    struct plan p;
    make_plan(&p, WINDOW_TUMBLE, 10000, 0, false);
    p.params.agg_count = 2;
    struct local_window_agg_params local = {.window = p.params.window,
        .keys = column_0,
        .key_count = 1,
        .aggs = p.aggs,
        .agg_count = 2};
    struct op_harness *h = harness_new(&(struct harness_params){.def = &local_window_agg_op,
        .params = &local,
        .inputs = {"k STRING, v INT, ts TIMESTAMP(3)"},
        .output = "k STRING, $slice_end BIGINT NOT NULL, $acc BYTES NOT NULL",
        .batch_rows = 1});
    harness_feed(h, 0, "watermark 5\n" ROW("a", "1", "01") ROW("a", "1", "12") ROW("a", "1", "02"));
    CHECK(lines(harness_changelog(h)) == 0);
    harness_feed(h, 0, "watermark 9998\n" ROW("a", "1", "03"));
    CHECK(lines(harness_changelog(h)) == 0 && harness_next_fire_ms(h) == 9999);
    harness_feed(h, 0, "watermark 9999\n");
    CHECK(lines(harness_changelog(h)) == 2); /* one for each slice */
    CHECK(harness_next_fire_ms(h) == 0);
    harness_feed(h, 0, ROW("b", "1", "12") ROW("b", "1", "13"));
    CHECK(lines(harness_changelog(h)) == 2);
    harness_feed(h, 0, ROW("b", "1", "01")); /* late: goes out while the consumer may take it */
    CHECK(lines(harness_changelog(h)) == 4);
    harness_feed(h, 0, ROW("c", "1", "12"));
    harness_restart(h, 1);
    CHECK(lines(harness_changelog(h)) == 5);
    harness_feed(h, 0, ROW("c", "1", "12") "idle\n");
    CHECK(lines(harness_changelog(h)) == 6);
    harness_feed(h, 0, ROW("c", "1", "12")); /* says that the input is idle no longer */
    CHECK(lines(harness_changelog(h)) == 7);
    harness_feed(h, 0, "watermark 10000\n" ROW("c", "1", "12"));
    CHECK(lines(harness_changelog(h)) == 7);
    harness_free(h);
}

static void the_next_window_that_holds_rows_is_told(void)
{
    struct plan p;
    make_plan(&p, WINDOW_HOP, 10000, 5000, false);
    struct op_harness *h = open(&p, 7, 3, false);
    CHECK(harness_next_fire_ms(h) == 0);
    harness_feed(h, 0, ROW("a", "1", "36") ROW("b", "1", "01") ROW("c", "1", "17"));
    CHECK(harness_next_fire_ms(h) == 4999);
    harness_feed(h, 0, "watermark 4999\n");
    CHECK(harness_next_fire_ms(h) == 9999);
    harness_feed(h, 0, "watermark 9999\n");
    CHECK(harness_next_fire_ms(h) == 19999);
    harness_restart(h, 1);
    CHECK(harness_next_fire_ms(h) == 19999);
    harness_feed(h, 0, "watermark 24999\n");
    CHECK(harness_next_fire_ms(h) == 39999);
    harness_end(h);
    CHECK(harness_next_fire_ms(h) == 0);
    harness_free(h);
}

static void windows_without_keys_and_without_rows_emit_nothing(void)
{
    struct plan p;
    make_plan(&p, WINDOW_TUMBLE, 10000, 0, false);
    p.params.key_count = 0;
    p.params.agg_count = 1;
    p.params.properties = start_end;
    p.params.property_count = 2;
    struct op_harness *h = harness_new(&(struct harness_params){.def = &window_agg_op,
        .params = &p.params,
        .inputs = {"k STRING, v INT, ts TIMESTAMP(3)"},
        .output = "n BIGINT, st TIMESTAMP(3), e TIMESTAMP(3)"});
    harness_feed(h, 0, "watermark 5\n" ROW("a", "1", "01") ROW("b", "1", "02") ROW("b", "1", "35"));
    harness_end(h);
    check_text(harness_changelog(h),
        "+I [2, \"" AT("00.000") "\", \"" AT("10.000") "\"]\n"
                                                       "+I [1, \"" AT("30.000") "\", \"" AT(
                                                           "40.000") "\"]\n",
        "global");
    harness_free(h);
}

static void processing_time_windows_fire_by_the_clock_only(void)
{
    struct plan p;
    make_plan(&p, WINDOW_TUMBLE, 10000, 0, false);
    p.params.window.proctime = p.params.window.zoned = true;
    p.params.window.time_column = -1;
    struct op_harness *h = open(&p, 7, 1, false);
    harness_feed(h, 0, ROW("a", "1", "55"));
    harness_clock(h, 9998);
    harness_feed(h, 0, ROW("a", "1", "55"));
    check_text(harness_changelog(h), "", "early");
    harness_clock(h, 10000);
    check_text(harness_changelog(h), OUT("a", "2", "2", "1", "10"), "fired");
    harness_feed(h, 0, ROW("a", "3", "01"));
    harness_restart(h, 1);
    harness_clock(h, 20000);
    harness_feed(h, 0, ROW("a", "4", "01"));
    harness_end(h);
    check_text(harness_changelog(h), OUT("a", "2", "2", "1", "10") OUT("a", "1", "3", "1", "20"),
        "open ones are dropped");
    harness_free(h);
}

static void windows_of_an_earlier_window_are_taken_as_they_are(void)
{
    struct plan p;
    make_plan(&p, WINDOW_ATTACHED, 0, 0, false);
    p.params.window.time_column = -1;
    p.params.window.start_column = 2;
    p.params.window.end_column = 3;
    p.params.agg_count = 2;
    p.params.properties = start_end;
    p.params.property_count = 2;
    struct op_harness *h = harness_new(&(struct harness_params){.def = &window_agg_op,
        .params = &p.params,
        .inputs = {"k STRING, v INT, st TIMESTAMP(3), e TIMESTAMP(3)"},
        .output = "k STRING, n BIGINT, s INT, st TIMESTAMP(3), e TIMESTAMP(3)",
        .batch_rows = 7});
#define TWO(k, v, from, to) "[\"" k "\", " v ", \"" AT(from) "\", \"" AT(to) "\"]\n"
    harness_feed(h, 0,
        TWO("a", "1", "00", "10") TWO("a", "2", "00", "10") TWO("a", "3", "05",
            "15") "watermark 9999\n" TWO("a", "4", "00", "10") TWO("a", "5", "05", "15"));
    harness_end(h);
    check_text(harness_changelog(h),
        "+I [\"a\", 2, 3, \"" AT("00.000") "\", \"" AT(
            "10.000") "\"]\n"
                      "+I [\"a\", 2, 8, \"" AT("05.000") "\", \"" AT("15.000") "\"]\n",
        "attached");
    CHECK(harness_late_rows(h) == 1);
    harness_free(h);
}

static void days_of_a_zone_follow_its_clock(void)
{
    struct arena *a = arena_new(4096);
    const struct time_zone *berlin;
    struct err *e = timezone_open(a, NULL, SLICE("Europe/Berlin"), &berlin);
    CHECK(!e);
    struct plan p;
    make_plan(&p, WINDOW_TUMBLE, 86400000, 0, false);
    p.params.window.zoned = true;
    p.params.agg_count = 1;
    static const enum window_property all[] = {WINDOW_START, WINDOW_END, WINDOW_ROWTIME};
    p.params.properties = all;
    p.params.property_count = 3;
    struct op_harness *h = harness_new(&(struct harness_params){.def = &window_agg_op,
        .params = &p.params,
        .inputs = {"k STRING, v INT, ts TIMESTAMP_LTZ(3)"},
        .output = "k STRING, n BIGINT, st TIMESTAMP(3), e TIMESTAMP(3), t TIMESTAMP_LTZ(3)",
        .zone = berlin});
    /* The clocks go forward on 2026-03-29: that day ends at 22:00 UTC, after 23 hours. */
    harness_feed(h, 0,
        "[\"a\", 1, \"2026-03-29 00:00:00\"]\n[\"a\", 1, \"2026-03-29 23:59:59\"]\n"
        "watermark 1774821599998\n[\"a\", 1, \"2026-03-29 23:00:00\"]\nwatermark 1774821599999\n");
    check_text(harness_changelog(h),
        "+I [\"a\", 3, \"2026-03-29 00:00:00.000\", \"2026-03-30 00:00:00.000\", "
        "\"2026-03-29 23:59:59.999\"]\n",
        "day");
    harness_free(h);
    arena_free(a);
}

static void a_null_time_fails(void)
{
    struct plan p;
    make_plan(&p, WINDOW_TUMBLE, 10000, 0, false);
    struct op_harness *h = open(&p, 7, 1, false);
    harness_feed(h, 0, "[\"a\", 1, null]\n");
    CHECK(strstr(harness_error(h), "RowTime field should not be null") != NULL);
    harness_free(h);
}

int main(void)
{
    TEST_RUN(tumbling_windows_fire_in_order_and_drop_late_rows);
    TEST_RUN(hopping_windows_share_slices_and_keep_a_late_row_for_later_windows);
    TEST_RUN(late_rows_go_to_the_side_output);
    TEST_RUN(cumulating_windows_grow_and_take_late_rows_along);
    TEST_RUN(a_window_whose_rows_are_all_taken_back_is_empty);
    TEST_RUN(batch_size_marks_parallelism_and_restarts_change_nothing);
    TEST_RUN(partial_accumulators_give_the_same_windows);
    TEST_RUN(partial_accumulators_wait_for_event_time_and_for_barriers);
    TEST_RUN(the_next_window_that_holds_rows_is_told);
    TEST_RUN(windows_without_keys_and_without_rows_emit_nothing);
    TEST_RUN(processing_time_windows_fire_by_the_clock_only);
    TEST_RUN(windows_of_an_earlier_window_are_taken_as_they_are);
    TEST_RUN(days_of_a_zone_follow_its_clock);
    TEST_RUN(a_null_time_fails);
    return TEST_END();
}
