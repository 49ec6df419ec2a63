/* hash.h - 64-bit hashes for tables, partitioning and sketches. Stable: key groups in checkpoints
 * depend on them, so an algorithm here never changes. Not for adversarial input without a seed. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/num.h"

/* XXH3_64bits_withSeed of n bytes (xxhash.com, frozen since 0.8.0). p may be NULL when n is 0. */
uint64_t hash_bytes(const void *p, size_t n, uint64_t seed);

/* Bijective finaliser with full avalanche (murmur3's fmix64, constants of Stafford's Mix13). */
static inline uint64_t hash_u64(uint64_t v)
{
    v ^= v >> 30;
    v *= 0xbf58476d1ce4e5b9ULL;
    v ^= v >> 27;
    v *= 0x94d049bb133111ebULL;
    return v ^ v >> 31;
}

/* Adds another value's hash; order matters. */
static inline uint64_t hash_combine(uint64_t hash, uint64_t more)
{
    return hash_u64(hash * 0x9e3779b97f4a7c15ULL + more);
}

static inline uint64_t hash_u128(u128 v)
{
    return hash_combine(hash_u64((uint64_t)v), (uint64_t)(v >> 64));
}

/* CRC-32C (Castagnoli, RFC 3720 appendix B.4) of what came before, 0 at first, and n more bytes.
 * By SSE4.2 where the processor has it. */
uint32_t hash_crc32c(uint32_t before, const void *p, size_t n);
uint32_t hash__crc32c_by_table(uint32_t before, const void *p, size_t n);

/* XXH3-128 (seed 0) of bytes that come piece by piece: what says that a file is still the same. */
struct hash_digest {
    uint64_t low;
    uint64_t high;
};
struct hash_digester;
struct hash_digester *hash_digester_new(void);
void hash_digester_free(struct hash_digester *d); /* NULL is allowed */
void hash_digester_add(struct hash_digester *d, const void *p, size_t n);
struct hash_digest hash_digester_result(const struct hash_digester *d); /* of all so far */
uint64_t hash_digester_short(const struct hash_digester *d); /* hash_bytes of all so far, seed 0 */
struct hash_digest hash_digest_of(const void *p, size_t n);
static inline bool hash_digest_eq(struct hash_digest a, struct hash_digest b)
{
    return a.low == b.low && a.high == b.high;
}
/* 32 lower-case hexadecimal digits, `high` first; no NUL. */
enum { HASH_DIGEST_CHARS = 32 };
void hash_digest_format(struct hash_digest d, char out[HASH_DIGEST_CHARS]);
/* Exactly what hash_digest_format writes. */
bool hash_digest_parse(const char *text, size_t n, struct hash_digest *out);
