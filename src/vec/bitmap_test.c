#include "vec/bitmap.h"

#include <string.h>

#include "base/hash.h"
#include "test.h"

enum { BITS = 1000, WORDS = (BITS + 63) / 64 + 1 };

static void fill_random(uint64_t *bits, uint64_t seed)
{
    for (uint64_t i = 0; i < WORDS; i++) bits[i] = hash_u64(seed * 1000 + i + 1);
}

static void runs_are_copied_at_any_offset_and_nothing_else_changes(void)
{
    for (uint64_t round = 0; round < 500; round++) {
        uint64_t from[WORDS], to[WORDS], before[WORDS];
        fill_random(from, round);
        fill_random(to, round + 7777);
        memcpy(before, to, sizeof to);
        size_t count = hash_u64(round) % 300, at = hash_u64(round + 1) % 600;
        size_t bit = round % 3 == 0 ? at & 63 : hash_u64(round + 2) % 600;
        bitmap_copy(to, at, from, bit, count);
        bool good = true;
        for (size_t i = 0; i < BITS; i++) {
            bool inside = i >= at && i < at + count;
            good &= bitmap_get(to, i) ==
                    (inside ? bitmap_get(from, bit + i - at) : bitmap_get(before, i));
        }
        CHECK(good);
    }
}

static void runs_are_filled_and_nothing_else_changes(void)
{
    for (uint64_t round = 0; round < 500; round++) {
        uint64_t to[WORDS], before[WORDS];
        fill_random(to, round);
        memcpy(before, to, sizeof to);
        size_t count = hash_u64(round) % 300, at = hash_u64(round + 1) % 600;
        bitmap_fill(to, at, count, round & 1);
        bool good = true;
        for (size_t i = 0; i < BITS; i++) {
            bool inside = i >= at && i < at + count;
            good &= bitmap_get(to, i) == (inside ? (bool)(round & 1) : bitmap_get(before, i));
        }
        CHECK(good);
    }
}

static void gathered_bits_follow_the_row_list(void)
{
    uint64_t from[WORDS], to[WORDS];
    uint32_t rows[130];
    fill_random(from, 1);
    fill_random(to, 2);
    for (uint32_t i = 0; i < 130; i++) rows[i] = (uint32_t)(hash_u64(i) % BITS);
    bitmap_gather(to, 77, from, rows, 130);
    for (uint32_t i = 0; i < 130; i++) CHECK(bitmap_get(to, 77 + i) == bitmap_get(from, rows[i]));
}

static void set_operations_and_counts_agree_with_bit_by_bit(void)
{
    uint64_t a[WORDS], b[WORDS], all[3][WORDS];
    fill_random(a, 3);
    fill_random(b, 4);
    bitmap_and(all[0], a, b, WORDS);
    bitmap_or(all[1], a, b, WORDS);
    bitmap_andnot(all[2], a, b, WORDS);
    size_t set = 0;
    for (size_t i = 0; i < BITS; i++) {
        CHECK(bitmap_get(all[0], i) == (bitmap_get(a, i) && bitmap_get(b, i)));
        CHECK(bitmap_get(all[1], i) == (bitmap_get(a, i) || bitmap_get(b, i)));
        CHECK(bitmap_get(all[2], i) == (bitmap_get(a, i) && !bitmap_get(b, i)));
        set += bitmap_get(a, i);
    }
    CHECK(bitmap_count(a, BITS) == set);
    CHECK(bitmap_count(a, 0) == 0);
}

static void bytes_become_bits_and_bits_become_rows(void)
{
    uint8_t bytes[BITS];
    uint64_t bits[WORDS], valid[WORDS];
    uint32_t rows[BITS], wanted[BITS];
    for (uint32_t density = 0; density <= 100; density += 20) {
        for (size_t count = 0; count <= BITS; count += 111) {
            size_t n = 0;
            for (uint32_t i = 0; i < count; i++) {
                bytes[i] = hash_u64(i + density) % 100 < density;
                if (bytes[i]) wanted[n++] = i;
            }
            bitmap_from_bytes(bits, bytes, count);
            CHECK(bitmap_to_rows(bits, count, rows) == n);
            CHECK(memcmp(rows, wanted, n * sizeof *rows) == 0);
            CHECK(bitmap_select_true(bytes, NULL, NULL, count, rows) == n);
            CHECK(memcmp(rows, wanted, n * sizeof *rows) == 0);
            fill_random(valid, density);
            size_t both = bitmap_select_true(bytes, valid, NULL, count, rows);
            size_t again = bitmap_select_true(bytes, valid, wanted, n, wanted);
            CHECK(both == again && memcmp(rows, wanted, both * sizeof *rows) == 0);
            for (size_t i = 0; i < both; i++) CHECK(bytes[rows[i]] && bitmap_get(valid, rows[i]));
        }
    }
}

int main(void)
{
    TEST_RUN(runs_are_copied_at_any_offset_and_nothing_else_changes);
    TEST_RUN(runs_are_filled_and_nothing_else_changes);
    TEST_RUN(gathered_bits_follow_the_row_list);
    TEST_RUN(set_operations_and_counts_agree_with_bit_by_bit);
    TEST_RUN(bytes_become_bits_and_bits_become_rows);
    return TEST_END();
}
