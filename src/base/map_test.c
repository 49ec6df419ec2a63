#include "base/map.h"

#include "base/hash.h"
#include "test.h"

enum { KEYS = 200 };

static struct slice key_text(uint32_t key, char *text)
{
    int n = snprintf(text, 20, "key %u", key % 2 ? key : key * 1000);
    return (struct slice){text, (size_t)n};
}

/* Random puts and removals against plain arrays. */
static void agrees_with_an_array(void)
{
    struct map *m = map_new(KEYS);
    int cells[2];
    void *values[KEYS] = {0};
    uint32_t count = 0;
    char text[20];
    for (uint64_t step = 0; step < 20000; step++) {
        uint64_t h = hash_u64(step);
        uint32_t key = (uint32_t)(h % KEYS);
        if (h >> 40 & 1) {
            CHECK(map_put(m, key_text(key, text), &cells[h >> 41 & 1]));
            count += !values[key];
            values[key] = &cells[h >> 41 & 1];
        } else {
            CHECK(map_remove(m, key_text(key, text)) == values[key]);
            count -= values[key] != NULL;
            values[key] = NULL;
        }
        uint32_t probe = (uint32_t)(h >> 20) % KEYS;
        CHECK(map_get(m, key_text(probe, text)) == values[probe] && map_count(m) == count);
    }
    map_free(m);
}

static void keys_are_visited_in_order_of_insertion(void)
{
    struct map *m = map_new(100);
    int cell;
    char text[20];
    for (uint32_t i = 0; i < 100; i++) CHECK(map_put(m, key_text(i, text), &cell));
    for (uint32_t i = 0; i < 100; i += 3) CHECK(map_remove(m, key_text(i, text)) == &cell);
    uint32_t cursor = 0, expected = 1;
    struct slice key;
    while (map_next(m, &cursor, &key)) {
        CHECK(slice_eq(key, key_text(expected, text)));
        expected += expected % 3 == 1 ? 1 : 2;
    }
    CHECK(expected >= 100);
    map_free(m);
}

static void a_full_map_refuses_new_keys_and_replaces_old_ones(void)
{
    struct map *m = map_new(1);
    int one, two;
    CHECK(map_put(m, SLICE("a"), &one) && !map_put(m, SLICE("b"), &one));
    CHECK(map_put(m, SLICE("a"), &two) && map_get(m, SLICE("a")) == &two);
    CHECK(map_put(m, SLICE(""), &two) == false && map_get(m, SLICE("")) == NULL);
    map_free(m);
}

int main(void)
{
    TEST_RUN(agrees_with_an_array);
    TEST_RUN(keys_are_visited_in_order_of_insertion);
    TEST_RUN(a_full_map_refuses_new_keys_and_replaces_old_ones);
    return TEST_END();
}
