/* bitmap.h - validity and selection bitmaps: bit i of word i / 64 belongs to row i. Bits past the
 * last row are undefined unless a function says otherwise. Nothing allocates. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline size_t bitmap_words(size_t bits)
{
    return (bits + 63) / 64;
}
static inline bool bitmap_get(const uint64_t *bits, size_t i)
{
    return bits[i >> 6] >> (i & 63) & 1;
}
static inline void bitmap_set(uint64_t *bits, size_t i)
{
    bits[i >> 6] |= UINT64_C(1) << (i & 63);
}
static inline void bitmap_unset(uint64_t *bits, size_t i)
{
    bits[i >> 6] &= ~(UINT64_C(1) << (i & 63));
}
/* A word whose low `count` (at most 64) bits are set. */
static inline uint64_t bitmap_low(size_t count)
{
    return count >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << count) - 1;
}
/* Writes the low `count` (1 to 64) bits of `word` to bits at .. at + count - 1. */
static inline void bitmap_put(uint64_t *bits, size_t at, uint64_t word, size_t count)
{
    size_t shift = at & 63;
    uint64_t mask = bitmap_low(count);
    uint64_t *to = bits + (at >> 6);
    to[0] = (to[0] & ~(mask << shift)) | (word & mask) << shift;
    if (shift + count > 64)
        to[1] = (to[1] & ~(mask >> (64 - shift))) | (word & mask) >> (64 - shift);
}
/* Reads bits at .. at + count - 1 (1 to 64 of them); higher bits of the result are 0. */
static inline uint64_t bitmap_take(const uint64_t *bits, size_t at, size_t count)
{
    size_t shift = at & 63;
    uint64_t word = bits[at >> 6] >> shift;
    if (shift + count > 64) word |= bits[(at >> 6) + 1] << (64 - shift);
    return word & bitmap_low(count);
}

void bitmap_fill(uint64_t *bits, size_t first, size_t count, bool value);
/* The ranges must not overlap. */
void bitmap_copy(
    uint64_t *restrict to, size_t to_bit, const uint64_t *restrict from, size_t bit, size_t count);
/* Bit to_bit + i becomes from's bit rows[i]. */
void bitmap_gather(uint64_t *restrict to, size_t to_bit, const uint64_t *restrict from,
    const uint32_t *restrict rows, size_t count);

/* Whole words; `out` may be one of the inputs. */
void bitmap_and(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t words);
void bitmap_or(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t words);
void bitmap_andnot(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t words); /* a & ~b */
size_t bitmap_count(const uint64_t *bits, size_t count); /* set bits among the first `count` */

/* Bit i becomes bytes[i] != 0; the rest of the last word becomes 0. */
void bitmap_from_bytes(uint64_t *restrict bits, const uint8_t *restrict bytes, size_t count);
/* The numbers of the set bits among the first `count`, ascending; `out` has room for `count`. */
size_t bitmap_to_rows(const uint64_t *restrict bits, size_t count, uint32_t *restrict out);
/* Rows of a BOOLEAN column that are TRUE: bytes[row] != 0 and, unless valid is NULL, its bit set.
 * Candidates are sel[0 .. count-1], or 0 .. count-1 when sel is NULL; `out` has room for `count`
 * and may be sel. */
size_t bitmap_select_true(const uint8_t *restrict bytes, const uint64_t *restrict valid,
    const uint32_t *sel, size_t count, uint32_t *out);
