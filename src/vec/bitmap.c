#include "vec/bitmap.h"

#include <string.h>

#include "vec/kernel.h"

void bitmap_fill(uint64_t *bits, size_t first, size_t count, bool value)
{
    uint64_t word = value ? ~UINT64_C(0) : 0;
    size_t head = (64 - (first & 63)) & 63;
    if (head > count) head = count;
    if (head) bitmap_put(bits, first, word, head);
    first += head, count -= head;
    memset(bits + first / 64, value ? 0xff : 0, count / 64 * 8);
    if (count & 63) bitmap_put(bits, first + (count & ~(size_t)63), word, count & 63);
}

void bitmap_copy(
    uint64_t *restrict to, size_t to_bit, const uint64_t *restrict from, size_t bit, size_t count)
{
    size_t done = 0;
    if (((to_bit | bit) & 63) == 0) {
        memcpy(to + to_bit / 64, from + bit / 64, count / 64 * 8);
        done = count & ~(size_t)63;
    }
    while (done < count) {
        size_t n = count - done < 64 ? count - done : 64;
        bitmap_put(to, to_bit + done, bitmap_take(from, bit + done, n), n);
        done += n;
    }
}

void bitmap_gather(uint64_t *restrict to, size_t to_bit, const uint64_t *restrict from,
    const uint32_t *restrict rows, size_t count)
{
    for (size_t done = 0; done < count; done += 64) {
        size_t n = count - done < 64 ? count - done : 64;
        uint64_t word = 0;
        for (size_t i = 0; i < n; i++)
            word |= (from[rows[done + i] >> 6] >> (rows[done + i] & 63) & 1) << i;
        bitmap_put(to, to_bit + done, word, n);
    }
}

KERNEL_CLONES
void bitmap_and(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t words)
{
    for (size_t i = 0; i < words; i++) out[i] = a[i] & b[i];
}

KERNEL_CLONES
void bitmap_or(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t words)
{
    for (size_t i = 0; i < words; i++) out[i] = a[i] | b[i];
}

KERNEL_CLONES
void bitmap_andnot(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t words)
{
    for (size_t i = 0; i < words; i++) out[i] = a[i] & ~b[i];
}

KERNEL_CLONES
size_t bitmap_count(const uint64_t *bits, size_t count)
{
    size_t sum = 0;
    for (size_t i = 0; i < count / 64; i++) sum += (size_t)__builtin_popcountll(bits[i]);
    if (count & 63) sum += (size_t)__builtin_popcountll(bits[count / 64] & bitmap_low(count & 63));
    return sum;
}

KERNEL_CLONES
void bitmap_from_bytes(uint64_t *restrict bits, const uint8_t *restrict bytes, size_t count)
{
    for (size_t done = 0; done < count; done += 64) {
        size_t n = count - done < 64 ? count - done : 64;
        uint64_t word = 0;
        for (size_t i = 0; i < n; i++) word |= (uint64_t)(bytes[done + i] != 0) << i;
        bits[done / 64] = word;
    }
}

size_t bitmap_to_rows(const uint64_t *restrict bits, size_t count, uint32_t *restrict out)
{
    size_t found = 0;
    for (size_t done = 0; done < count; done += 64) {
        uint64_t word = bits[done / 64];
        if (count - done < 64) word &= bitmap_low(count - done);
        for (; word; word &= word - 1)
            out[found++] = (uint32_t)(done + (size_t)__builtin_ctzll(word));
    }
    return found;
}

size_t bitmap_select_true(const uint8_t *restrict bytes, const uint64_t *restrict valid,
    const uint32_t *sel, size_t count, uint32_t *out)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t row = sel ? sel[i] : (uint32_t)i;
        bool pass = bytes[row] != 0;
        if (valid) pass = pass & bitmap_get(valid, row);
        out[found] = row;
        found += pass;
    }
    return found;
}
