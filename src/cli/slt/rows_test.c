#include "cli/slt/rows.h"

#include "base/arena.h"
#include "cli/slt/legal.h"
#include "cli/slt/show.h"
#include "test.h"

/* A schema of columns f0, f1, .. of the types named. */
static const struct schema *schema_of(struct arena *a, const char *const *types, uint32_t count)
{
    struct type_field *fields = ARENA_ARRAY(a, struct type_field, count);
    for (uint32_t i = 0; i < count; i++) {
        fields[i].name = slice_of(str_fmt(a, "f%u", i));
        struct err *e = type_parse(a, slice_of(types[i]), &fields[i].type);
        CHECK(!e);
    }
    return schema_new(a, fields, count);
}
#define SCHEMA(a, ...)                                 \
    schema_of((a), (const char *const[]){__VA_ARGS__}, \
        sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static struct slt_rows rows_of(
    struct arena *a, const struct schema *s, const char *const *texts, size_t count)
{
    struct slice *lines = ARENA_ARRAY(a, struct slice, count);
    for (size_t i = 0; i < count; i++) lines[i] = slice_of(texts[i]);
    struct slt_rows rows;
    slt_rows_parse(a, s, lines, count, NULL, &rows);
    return rows;
}
#define ROWS(a, s, ...)                                   \
    rows_of((a), (s), (const char *const[]){__VA_ARGS__}, \
        sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static bool same_bags(const char *type, const char *left, const char *right)
{
    struct arena *a = arena_new(1024);
    const struct schema *s = SCHEMA(a, type);
    struct slt_rows x = ROWS(a, s, left), y = ROWS(a, s, right);
    struct slt_pairs pairs;
    slt_rows_compare_bags(a, s, &x, &y, &pairs);
    bool same = pairs.same;
    arena_free(a);
    return same;
}

static void values_are_compared_by_type(void)
{
    CHECK(same_bags("DECIMAL(3, 2)", "[1.5]", "[\"1.50\"]"));
    CHECK(!same_bags("DECIMAL(3, 2)", "[1.5]", "[1.51]"));
    CHECK(same_bags("DOUBLE", "[0.1]", "[0.10000000000000002]"));
    CHECK(!same_bags("DOUBLE", "[0.1]", "[0.1000000001]"));
    CHECK(same_bags("FLOAT", "[0.1]", "[0.10000001]"));
    CHECK(!same_bags("FLOAT", "[0.1]", "[0.1001]"));
    CHECK(same_bags("DOUBLE", "[\"NaN\"]", "[\"NaN\"]"));
    CHECK(!same_bags("DOUBLE", "[\"Infinity\"]", "[\"-Infinity\"]"));
    CHECK(!same_bags("DOUBLE", "[0.0]", "[-0.0]"));
    CHECK(same_bags("STRING", "[null]", "[null]"));
    CHECK(!same_bags("STRING", "[null]", "[\"null\"]"));
    CHECK(same_bags("TIMESTAMP(3)", "[\"2026-01-01 00:00:00\"]", "[\"2026-01-01 00:00:00.000\"]"));
}

static void maps_have_no_order(void)
{
    CHECK(same_bags("MAP<STRING, INT>", "[{\"a\": 1, \"b\": 2}]", "[{\"b\": 2, \"a\": 1}]"));
    CHECK(same_bags(
        "MAP<INT, DOUBLE>", "[[[1, 0.1], [2, 0.2]]]", "[[[2, 0.2], [1, 0.10000000000000002]]]"));
    CHECK(!same_bags("MAP<STRING, INT>", "[{\"a\": 1, \"b\": 2}]", "[{\"a\": 2, \"b\": 1}]"));
    CHECK(!same_bags("ARRAY<INT>", "[[1, 2]]", "[[2, 1]]"));
}

static void bags_count_every_row(void)
{
    struct arena *a = arena_new(1024);
    const struct schema *s = SCHEMA(a, "INT", "STRING");
    struct slt_rows x = ROWS(a, s, "[1, \"a\"]", "[1, \"a\"]", "[2, \"b\"]");
    struct slt_rows y = ROWS(a, s, "[2, \"b\"]", "[1, \"a\"]", "[1, \"a\"]");
    struct slt_rows fewer = ROWS(a, s, "[1, \"a\"]", "[2, \"b\"]");
    struct slt_pairs pairs;
    slt_rows_compare_bags(a, s, &x, &y, &pairs);
    CHECK(pairs.same && pairs.count == 3);
    slt_rows_compare_bags(a, s, &x, &fewer, &pairs);
    CHECK(!pairs.same && pairs.count == 3);
    slt_rows_compare_bags(a, s, &fewer, &x, &pairs);
    CHECK(!pairs.same);
    arena_free(a);
}

static void lists_are_aligned_on_what_is_the_same(void)
{
    struct arena *a = arena_new(1024);
    const struct schema *s = SCHEMA(a, "INT");
    struct slt_rows x = ROWS(a, s, "+I [1]", "+I [2]", "+I [3]", "-D [4]");
    struct slt_rows y = ROWS(a, s, "+I [1]", "+I [3]", "+I [4]");
    struct slt_pairs pairs;
    slt_rows_compare_lists(a, s, &x, &x, true, &pairs);
    CHECK(pairs.same);
    slt_rows_compare_lists(a, s, &x, &y, true, &pairs);
    CHECK(!pairs.same && pairs.count == 4);
    CHECK(pairs.items[1].expected && !pairs.items[1].actual);
    CHECK(pairs.items[2].same);
    CHECK(!pairs.items[3].same); /* the kind */
    slt_rows_compare_lists(a, s, &x, &y, false, &pairs);
    CHECK(pairs.items[3].same);
    arena_free(a);
}

static void unreadable_rows_say_why_and_equal_nothing(void)
{
    struct arena *a = arena_new(1024);
    const struct schema *s = SCHEMA(a, "INT");
    struct slt_rows x = ROWS(a, s, "[\"x\"]", "[1, 2]", "[]", "1", "[1");
    for (size_t i = 0; i < x.count; i++) {
        CHECK(!x.items[i].values);
        CHECK(memmem(x.items[i].text.p, x.items[i].text.n, "   # ", 5));
    }
    struct slt_pairs pairs;
    slt_rows_compare_bags(a, s, &x, &x, &pairs);
    CHECK(!pairs.same);
    arena_free(a);
}

static void rows_are_shown_side_by_side(void)
{
    struct arena *a = arena_new(1024);
    const struct schema *s = SCHEMA(a, "STRING");
    struct slt_rows x = ROWS(a, s, "[\"a\"]", "[\"b\"]"), y = ROWS(a, s, "[\"a\"]", "[\"c\"]");
    struct slt_pairs pairs;
    slt_rows_compare_bags(a, s, &x, &y, &pairs);
    struct buf out;
    buf_init(&out, 4096);
    slt_show_pairs(a, &pairs, false, false, &out);
    CHECK(strcmp(buf_cstr(&out), "    expected      actual\n"
                                 "    [\"a\"]         [\"a\"]\n"
                                 "  ! [\"b\"]         [\"c\"]\n") == 0);
    buf_free(&out);
    arena_free(a);
}

/* ---- changelogs */

static bool legal(const char *const *expected, size_t expected_count, const char *const *actual,
    size_t actual_count, bool single_order, uint32_t keys)
{
    static const uint32_t first = 0;
    struct arena *a = arena_new(1024);
    struct slt_legal l = {.schema = SCHEMA(a, "INT", "INT"),
        .primary_key = &first,
        .primary_key_count = keys,
        .kinds = keys ? ROW_KINDS_UPSERT : ROW_KINDS_ALL,
        .single_order = single_order};
    struct slt_rows x = rows_of(a, l.schema, expected, expected_count);
    struct slt_rows y = rows_of(a, l.schema, actual, actual_count);
    struct err *e = slt_legal_check(a, &l, &x, &y);
    bool ok = !e;
    err_free(e);
    arena_free(a);
    return ok;
}
#define LIST(...)                       \
    (const char *const[]){__VA_ARGS__}, \
        sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)

static void a_retraction_needs_its_row(void)
{
    CHECK(legal(LIST("[1, 1]"), LIST("+I [1, 1]", "-D [1, 1]"), true, 0));
    CHECK(!legal(LIST("[1, 1]"), LIST("-D [1, 1]", "+I [1, 1]"), true, 0));
    CHECK(!legal(LIST("[1, 1]"), LIST("+I [1, 1]", "-D [1, 2]"), true, 0));
    /* By key, a delete of nothing is legal: Flink passes it on. */
    CHECK(legal(LIST("[1, 1]"), LIST("-D [1, 1]", "+I [1, 1]"), true, 1));
    CHECK(!legal(LIST("[1, 1]"), LIST("+I [1, 1]", "-U [1, 1]"), true, 1));
}

static void an_update_comes_in_two_halves(void)
{
    CHECK(!legal(LIST("+I [1, 1]", "-U [1, 1]", "+U [1, 2]"),
        LIST("+I [1, 1]", "+I [2, 1]", "-U [1, 1]", "-U [2, 1]", "+U [1, 2]", "+U [2, 2]"), true,
        0));
    CHECK(legal(LIST("+I [1, 1]", "-U [1, 1]", "+U [1, 2]"),
        LIST("+I [1, 1]", "+I [2, 1]", "-U [1, 1]", "-U [2, 1]", "+U [1, 2]", "+U [2, 2]"), false,
        0));
    CHECK(!legal(
        LIST("+I [1, 1]", "-U [1, 1]", "+U [1, 2]"), LIST("+I [1, 1]", "-U [1, 1]"), false, 0));
    /* A join takes back with -U and answers with +I: nothing is promised. */
    CHECK(legal(LIST("+I [1, 1]", "-U [1, 1]", "+I [1, 2]"),
        LIST("+I [1, 1]", "-U [1, 1]", "+I [1, 3]"), true, 0));
}

static size_t folded(uint32_t keys, const char *const *texts, size_t count)
{
    static const uint32_t first = 0;
    struct arena *a = arena_new(1024);
    struct slt_legal l = {
        .schema = SCHEMA(a, "INT", "INT"), .primary_key = &first, .primary_key_count = keys};
    struct slt_rows rows = rows_of(a, l.schema, texts, count), out;
    slt_legal_fold(a, &l, &rows, &out);
    size_t left = out.count;
    arena_free(a);
    return left;
}

static void changelogs_add_up(void)
{
    CHECK(folded(0, LIST("[1, 1]", "[1, 1]", "-D [1, 1]")) == 1);
    CHECK(folded(0, LIST("[1, 1]", "-U [1, 1]", "+U [1, 2]")) == 1);
    CHECK(folded(1, LIST("[1, 1]", "+U [1, 2]", "[2, 2]", "-D [2, 9]")) == 1);
    CHECK(folded(1, LIST("[1, 1]", "-D [1, 1]", "+U [1, 2]")) == 1);
}

int main(void)
{
    TEST_RUN(values_are_compared_by_type);
    TEST_RUN(maps_have_no_order);
    TEST_RUN(bags_count_every_row);
    TEST_RUN(lists_are_aligned_on_what_is_the_same);
    TEST_RUN(unreadable_rows_say_why_and_equal_nothing);
    TEST_RUN(rows_are_shown_side_by_side);
    TEST_RUN(a_retraction_needs_its_row);
    TEST_RUN(an_update_comes_in_two_halves);
    TEST_RUN(changelogs_add_up);
    return TEST_END();
}
