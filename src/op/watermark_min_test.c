#include "op/watermark_min.h"

#include "base/arena.h"
#include "test.h"

static struct arena *arena;
static struct watermark_min w;
static int64_t out;

static void nothing_before_every_input_has_spoken(void)
{
    watermark_min_init(&w, arena, 2);
    CHECK(!watermark_min_update(&w, 0, 10, &out));
    CHECK(watermark_min_update(&w, 1, 5, &out) && out == 5);
    CHECK(!watermark_min_update(&w, 0, 20, &out));
    CHECK(watermark_min_update(&w, 1, 30, &out) && out == 20);
    CHECK(!watermark_min_update(&w, 1, 30, &out));
}

static void an_idle_input_does_not_hold_back(void)
{
    watermark_min_init(&w, arena, 2);
    CHECK(!watermark_min_update(&w, 0, 10, &out));
    CHECK(watermark_min_update(&w, 1, WATERMARK_IDLE, &out) && out == 10);
    CHECK(watermark_min_update(&w, 0, 20, &out) && out == 20);
    /* Back again with an old watermark: the result never goes back. */
    CHECK(!watermark_min_update(&w, 1, 15, &out));
    CHECK(!watermark_min_update(&w, 0, 30, &out));
    CHECK(watermark_min_update(&w, 1, 25, &out) && out == 25);
}

static void all_idle_is_told_once_and_ends_with_a_watermark(void)
{
    watermark_min_init(&w, arena, 2);
    CHECK(!watermark_min_update(&w, 0, 10, &out));
    CHECK(watermark_min_update(&w, 1, 10, &out) && out == 10);
    CHECK(!watermark_min_update(&w, 0, WATERMARK_IDLE, &out));
    CHECK(watermark_min_update(&w, 1, WATERMARK_IDLE, &out) && out == WATERMARK_IDLE);
    CHECK(!watermark_min_update(&w, 1, WATERMARK_IDLE, &out));
    CHECK(watermark_min_update(&w, 0, 10, &out) && out == 10);
}

static void a_row_makes_an_idle_input_count_again(void)
{
    watermark_min_init(&w, arena, 2);
    CHECK(!watermark_min_update(&w, 0, 10, &out));
    CHECK(watermark_min_update(&w, 1, WATERMARK_IDLE, &out) && out == 10);
    watermark_min_active(&w, 1);
    CHECK(!watermark_min_update(&w, 0, 20, &out));
    CHECK(watermark_min_update(&w, 1, WATERMARK_MAX, &out) && out == 20);
}

int main(void)
{
    arena = arena_new(4096);
    TEST_RUN(nothing_before_every_input_has_spoken);
    TEST_RUN(an_idle_input_does_not_hold_back);
    TEST_RUN(all_idle_is_told_once_and_ends_with_a_watermark);
    TEST_RUN(a_row_makes_an_idle_input_count_again);
    arena_free(arena);
    return TEST_END();
}
