#include "base/heap.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "test.h"

enum { BLOCKS = 400 };

static size_t random_size(uint64_t h)
{
    size_t most = h % 50 == 0 ? 200000 : h % 5 == 0 ? 5000 : 200;
    return hash_u64(h) % most;
}

/* Blocks taken and given at random never overlap and are aligned. */
static void blocks_keep_their_bytes(void)
{
    struct mem_budget budget = {.name = "test"};
    struct heap *h = heap_new(&budget);
    unsigned char *blocks[BLOCKS] = {0};
    size_t sizes[BLOCKS] = {0};
    for (uint64_t step = 0; step < 20000; step++) {
        uint32_t i = (uint32_t)(hash_u64(step) % BLOCKS);
        bool intact = true;
        for (size_t k = 0; blocks[i] && k < sizes[i]; k++)
            intact &= blocks[i][k] == (unsigned char)(i + k);
        CHECK(intact);
        heap_give(h, blocks[i], sizes[i]);
        sizes[i] = random_size(step);
        blocks[i] = heap_take(h, sizes[i]);
        CHECK(blocks[i] && (uintptr_t)blocks[i] % 16 == 0);
        for (size_t k = 0; k < sizes[i]; k++) blocks[i][k] = (unsigned char)(i + k);
    }
    heap_free(h);
    CHECK(budget.used_bytes == 0);
}

static void freed_blocks_are_reused_without_growth(void)
{
    struct mem_budget budget = {.name = "test"};
    struct heap *h = heap_new(&budget);
    CHECK(budget.used_bytes == 0);
    void *p = heap_take(h, 100);
    CHECK(budget.used_bytes <= 4096);
    for (int i = 0; i < 1000; i++) {
        heap_give(h, p, 100);
        p = heap_take(h, 97);
        void *large = heap_take(h, 100000);
        CHECK(p && large);
        heap_give(h, p, 97);
        heap_give(h, large, 100000);
        p = heap_take(h, 112);
    }
    CHECK(budget.used_bytes <= 4096);
    heap_free(h);
}

static void no_room_in_the_budget_gives_null(void)
{
    struct mem_budget budget = {.name = "test", .limit_bytes = 100000};
    struct heap *h = heap_new(&budget);
    CHECK(heap_take(h, 200000) == NULL && heap_take(h, SIZE_MAX - 10) == NULL);
    size_t taken = 0;
    while (heap_take(h, 1000)) taken += 1000;
    CHECK(taken > 60000 && budget.used_bytes <= 100000);
    heap_free(h);
    CHECK(budget.used_bytes == 0);
}

/* Sizes just around every class border. */
static void little_is_lost_to_rounding(void)
{
    struct mem_budget budget = {.name = "test"};
    for (size_t size = 100; size < 40000; size = size * 5 / 4 + 1) {
        struct heap *h = heap_new(&budget);
        size_t taken = 0;
        for (; taken < 4 << 20; taken += size) memset(heap_take(h, size), 1, size);
        CHECK(budget.used_bytes < taken * 2);
        heap_free(h);
    }
}

int main(void)
{
    TEST_RUN(blocks_keep_their_bytes);
    TEST_RUN(freed_blocks_are_reused_without_growth);
    TEST_RUN(no_room_in_the_budget_gives_null);
    TEST_RUN(little_is_lost_to_rounding);
    return TEST_END();
}
