#include "base/str.h"

#include "base/arena.h"
#include "test.h"

static void buffer_stops_at_its_maximum(void)
{
    struct buf b;
    buf_init(&b, 8);
    buf_add_cstr(&b, "12345");
    buf_add_cstr(&b, "6789");
    CHECK(b.overflow);
    CHECK(slice_eq(buf_slice(&b), SLICE("12345")));
    buf_free(&b);
}

static void nearest_word_ignores_case_and_needs_likeness(void)
{
    const char *words[] = {"page", "user_id", "ts"};
    CHECK(strcmp(str_nearest(SLICE("USERID"), words, 3), "user_id") == 0);
    CHECK(str_nearest(SLICE("quantity"), words, 3) == NULL);
    static const char *const keywords[] = {"FROM", "WHERE"};
    CHECK(strcmp(str_nearest(SLICE("form"), keywords, 2), "FROM") == 0);
    CHECK(strcmp(str_nearest(SLICE("wehre"), keywords, 2), "WHERE") == 0);
}

static void trim_leaves_the_inside(void)
{
    CHECK(slice_eq(slice_trim(SLICE(" a b\t\n")), SLICE("a b")));
    CHECK(slice_trim(SLICE("  ")).n == 0);
}

int main(void)
{
    TEST_RUN(buffer_stops_at_its_maximum);
    TEST_RUN(nearest_word_ignores_case_and_needs_likeness);
    TEST_RUN(trim_leaves_the_inside);
    return TEST_END();
}
