#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>
#ifdef __x86_64__
#include <nmmintrin.h>
#endif

#include "base/mem.h"

uint64_t hash_bytes(const void *p, size_t n, uint64_t seed)
{
    return XXH3_64bits_withSeed(n ? p : "", n, seed);
}

/* ---- CRC-32C ---- */

static const uint32_t crc_table[8][256] = {
#include "hash_crc.inc"
};

static uint32_t crc_byte(uint32_t crc, unsigned char byte)
{
    return crc >> 8 ^ crc_table[0][(crc ^ byte) & 255];
}

uint32_t hash__crc32c_by_table(uint32_t before, const void *p, size_t n)
{
    const unsigned char *at = p, *end = at + n;
    uint32_t crc = ~before;
    for (; end - at >= 8; at += 8) {
        uint32_t low, high;
        memcpy(&low, at, 4);
        memcpy(&high, at + 4, 4);
        low ^= crc;
        crc = crc_table[7][low & 255] ^ crc_table[6][low >> 8 & 255] ^
              crc_table[5][low >> 16 & 255] ^ crc_table[4][low >> 24] ^ crc_table[3][high & 255] ^
              crc_table[2][high >> 8 & 255] ^ crc_table[1][high >> 16 & 255] ^
              crc_table[0][high >> 24];
    }
    for (; at < end; at++) crc = crc_byte(crc, *at);
    return ~crc;
}

#ifdef __x86_64__
__attribute__((target("sse4.2"))) static uint32_t crc32c_sse42(
    uint32_t before, const void *p, size_t n)
{
    const unsigned char *at = p, *end = at + n;
    uint64_t crc = (uint32_t)~before;
    for (; end - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        crc = _mm_crc32_u64(crc, word);
    }
    uint32_t rest = (uint32_t)crc;
    for (; at < end; at++) rest = _mm_crc32_u8(rest, *at);
    return ~rest;
}
#endif

uint32_t hash_crc32c(uint32_t before, const void *p, size_t n)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("sse4.2")) return crc32c_sse42(before, p, n);
#endif
    return hash__crc32c_by_table(before, p, n);
}

/* ---- digests ---- */

struct hash_digester {
    XXH3_state_t state;
};

struct hash_digester *hash_digester_new(void)
{
    struct hash_digester *d = mem_alloc_aligned(64, sizeof *d);
    XXH3_128bits_reset(&d->state);
    return d;
}

void hash_digester_free(struct hash_digester *d)
{
    mem_free(d);
}

void hash_digester_add(struct hash_digester *d, const void *p, size_t n)
{
    if (n) XXH3_128bits_update(&d->state, p, n);
}

static struct hash_digest digest_of(XXH128_hash_t hash)
{
    return (struct hash_digest){hash.low64, hash.high64};
}

struct hash_digest hash_digester_result(const struct hash_digester *d)
{
    return digest_of(XXH3_128bits_digest(&d->state));
}

/* XXH3 goes over the bytes in the same way for both sizes, and differs at the end only. */
uint64_t hash_digester_short(const struct hash_digester *d)
{
    return XXH3_64bits_digest(&d->state);
}

struct hash_digest hash_digest_of(const void *p, size_t n)
{
    return digest_of(XXH3_128bits(n ? p : "", n));
}

void hash_digest_format(struct hash_digest d, char out[HASH_DIGEST_CHARS])
{
    for (int i = 0; i < HASH_DIGEST_CHARS; i++) {
        uint64_t half = i < 16 ? d.high : d.low;
        out[i] = "0123456789abcdef"[half >> (60 - 4 * (i & 15)) & 15];
    }
}

bool hash_digest_parse(const char *text, size_t n, struct hash_digest *out)
{
    uint64_t halves[2] = {0, 0};
    if (n != HASH_DIGEST_CHARS) return false;
    for (int i = 0; i < HASH_DIGEST_CHARS; i++) {
        char c = text[i];
        unsigned digit = c >= 'a' ? (unsigned)(c - 'a') + 10 : (unsigned)(c - '0');
        if (digit > 15 || (c < 'a' && c > '9')) return false;
        halves[i >> 4] = halves[i >> 4] << 4 | digit;
    }
    *out = (struct hash_digest){.high = halves[0], .low = halves[1]};
    return true;
}
