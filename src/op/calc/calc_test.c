#include "op/calc/calc.h"

#include "base/arena.h"
#include "op/harness.h"
#include "test.h"

static struct arena *arena;

static void check_text(const char *actual, const char *expected)
{
    bool same = strcmp(actual, expected) == 0;
    if (!same) printf("# expected:\n%s# actual:\n%s", expected, actual);
    CHECK(same);
}

static const struct expr *column(uint32_t i, enum type_kind kind)
{
    return expr_column(arena, i, type_simple(kind));
}

static const struct expr *call(const char *name, const struct expr *a, const struct expr *b)
{
    const struct expr *args[] = {a, b};
    struct expr *out = NULL;
    struct err *e =
        expr_call(arena, func_find(slice_of(name)), args, 2, (struct text_pos){0}, &out);
    if (e) err_print(e, stdout);
    CHECK(!e);
    return out;
}

static const struct expr *integer(int64_t v)
{
    struct value *literal = ARENA_NEW(arena, struct value);
    literal->i64 = v;
    return expr_literal(arena, literal, type_simple(TYPE_INTEGER));
}

static struct op_harness *open(const struct calc_params *p, uint32_t batch_rows)
{
    return harness_new(&(struct harness_params){.def = &calc_op,
        .params = p,
        .inputs = {"k STRING, v INT"},
        .output = "w INT, k STRING",
        .batch_rows = batch_rows});
}

static const char rows[] = "[\"a\", 1]\nwatermark 1\n-U [\"b\", 2]\n+U [\"b\", 3]\nwatermark 2\n"
                           "[\"c\", 4]\n[\"long enough not to be inline\", null]\n-D [\"e\", 6]\n"
                           "watermark 3\nidle\n";

static void a_projection_keeps_kinds_and_places_of_watermarks(void)
{
    const struct expr *projections[] = {
        call("+", column(1, TYPE_INTEGER), integer(10)), column(0, TYPE_VARCHAR)};
    struct calc_params p = {.projections = projections, .projection_count = 2};
    for (uint32_t batch = 1; batch < 5; batch++) {
        struct op_harness *h = open(&p, batch);
        harness_feed(h, 0, rows);
        check_text(harness_with_marks(h),
            "+I [11, \"a\"]\nwatermark 1\n-U [12, \"b\"]\n+U [13, \"b\"]\nwatermark 2\n"
            "+I [14, \"c\"]\n+I [null, \"long enough not to be inline\"]\n-D [16, \"e\"]\n"
            "watermark 3\nidle\n");
        harness_free(h);
    }
}

static void a_filter_moves_watermarks_with_the_rows_before_them(void)
{
    const struct expr *projections[] = {column(1, TYPE_INTEGER), column(0, TYPE_VARCHAR)};
    struct calc_params p = {.projections = projections,
        .projection_count = 2,
        .condition = call(">", column(1, TYPE_INTEGER), integer(2))};
    for (uint32_t batch = 1; batch < 8; batch++) {
        struct op_harness *h = open(&p, batch);
        harness_feed(h, 0, rows);
        check_text(harness_with_marks(h),
            "watermark 1\n+U [3, \"b\"]\nwatermark 2\n+I [4, \"c\"]\n-D [6, \"e\"]\n"
            "watermark 3\nidle\n");
        harness_free(h);
    }
}

static void a_row_that_fails_fails_the_job_unless_it_is_filtered(void)
{
    const struct expr *projections[] = {
        call("/", integer(6), column(1, TYPE_INTEGER)), column(0, TYPE_VARCHAR)};
    struct calc_params p = {.projections = projections,
        .projection_count = 2,
        .condition = call(">", column(1, TYPE_INTEGER), integer(0))};
    struct op_harness *h = open(&p, 100);
    harness_feed(h, 0, "[\"a\", 0]\n[\"b\", 3]\n");
    check_text(harness_error(h), "");
    check_text(harness_changelog(h), "+I [2, \"b\"]\n");
    harness_free(h);
    p.condition = NULL;
    h = open(&p, 100);
    harness_feed(h, 0, "[\"b\", 3]\n[\"a\", 0]\n");
    CHECK(harness_error(h)[0]);
    harness_free(h);
}

int main(void)
{
    arena = arena_new(4096);
    TEST_RUN(a_projection_keeps_kinds_and_places_of_watermarks);
    TEST_RUN(a_filter_moves_watermarks_with_the_rows_before_them);
    TEST_RUN(a_row_that_fails_fails_the_job_unless_it_is_filtered);
    arena_free(arena);
    return TEST_END();
}
