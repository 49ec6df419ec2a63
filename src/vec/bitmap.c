#include "vec/bitmap.h"

#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

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

/* Bits of bytes[0 .. 63] that are not 0. */
static inline uint64_t word_of_bytes(const uint8_t *bytes)
{
    uint64_t word = 0;
#ifdef __SSE2__
    for (int i = 0; i < 4; i++) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(bytes + i * 16));
        uint32_t zeros = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_setzero_si128()));
        word |= (uint64_t)(zeros ^ 0xffff) << i * 16;
    }
#else
    for (int i = 0; i < 64; i++) word |= (uint64_t)(bytes[i] != 0) << i;
#endif
    return word;
}

static uint64_t word_of_some_bytes(const uint8_t *bytes, size_t count)
{
    uint64_t word = 0;
    for (size_t i = 0; i < count; i++) word |= (uint64_t)(bytes[i] != 0) << i;
    return word;
}

void bitmap_from_bytes(uint64_t *restrict bits, const uint8_t *restrict bytes, size_t count)
{
    size_t done = 0;
    for (; count - done >= 64; done += 64) bits[done / 64] = word_of_bytes(bytes + done);
    if (done < count) bits[done / 64] = word_of_some_bytes(bytes + done, count - done);
}

/* Where the numbers of set bits go. */
struct rows_out {
    uint32_t *rows;
    size_t count;
    size_t room;
};

static inline void emit_word(struct rows_out *o, uint64_t word, size_t base)
{
    for (; word; word &= word - 1)
        o->rows[o->count++] = (uint32_t)(base + (size_t)__builtin_ctzll(word));
}

#ifdef __x86_64__
/* Sixteen candidates at a time are packed in a register. The store is a whole register, so the last
 * rows of `rows` are left to emit_word. */
__attribute__((target("avx512f,popcnt"))) static void emit_word_512(
    struct rows_out *o, uint64_t word, size_t base)
{
    if (word == 0) return;
    if (o->room - o->count < 64) {
        emit_word(o, word, base);
        return;
    }
    __m512i rows = _mm512_add_epi32(_mm512_set1_epi32((int)base),
        _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
    for (int i = 0; i < 4; i++) {
        __mmask16 mask = (__mmask16)(word >> i * 16);
        _mm512_storeu_si512(o->rows + o->count, _mm512_maskz_compress_epi32(mask, rows));
        o->count += (size_t)__builtin_popcount(mask);
        rows = _mm512_add_epi32(rows, _mm512_set1_epi32(16));
    }
}

__attribute__((target("avx512f,popcnt"))) static void rows_512(
    struct rows_out *o, const uint64_t *bits, size_t count)
{
    for (size_t done = 0; done < count; done += 64) {
        uint64_t word = bits[done / 64];
        if (count - done < 64) word &= bitmap_low(count - done);
        emit_word_512(o, word, done);
    }
}

__attribute__((target("avx512f,popcnt"))) static void true_rows_512(
    struct rows_out *o, const uint8_t *bytes, const uint64_t *valid, size_t count)
{
    for (size_t done = 0; done < count; done += 64) {
        uint64_t word = count - done >= 64 ? word_of_bytes(bytes + done)
                                           : word_of_some_bytes(bytes + done, count - done);
        emit_word_512(o, valid ? word & valid[done / 64] : word, done);
    }
}

static bool have_512(void)
{
    return __builtin_cpu_supports("avx512f");
}
#else
static bool have_512(void)
{
    return false;
}
static void rows_512(struct rows_out *o, const uint64_t *bits, size_t count)
{
    (void)o, (void)bits, (void)count;
}
static void true_rows_512(
    struct rows_out *o, const uint8_t *bytes, const uint64_t *valid, size_t count)
{
    (void)o, (void)bytes, (void)valid, (void)count;
}
#endif

size_t bitmap_to_rows(const uint64_t *restrict bits, size_t count, uint32_t *restrict out)
{
    struct rows_out o = {out, 0, count};
    if (have_512()) {
        rows_512(&o, bits, count);
        return o.count;
    }
    for (size_t done = 0; done < count; done += 64) {
        uint64_t word = bits[done / 64];
        if (count - done < 64) word &= bitmap_low(count - done);
        emit_word(&o, word, done);
    }
    return o.count;
}

static size_t select_listed(
    const uint8_t *bytes, const uint64_t *valid, const uint32_t *sel, size_t count, uint32_t *out)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t row = sel[i];
        bool pass = bytes[row] != 0;
        if (valid) pass = pass & bitmap_get(valid, row);
        out[found] = row;
        found += pass;
    }
    return found;
}

size_t bitmap_select_true(const uint8_t *restrict bytes, const uint64_t *restrict valid,
    const uint32_t *sel, size_t count, uint32_t *out)
{
    if (sel) return select_listed(bytes, valid, sel, count, out);
    struct rows_out o = {out, 0, count};
    if (have_512()) {
        true_rows_512(&o, bytes, valid, count);
        return o.count;
    }
    for (size_t done = 0; done < count; done += 64) {
        uint64_t word = count - done >= 64 ? word_of_bytes(bytes + done)
                                           : word_of_some_bytes(bytes + done, count - done);
        emit_word(&o, valid ? word & valid[done / 64] : word, done);
    }
    return o.count;
}
