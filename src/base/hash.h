/* hash.h - 64-bit hashes for tables, partitioning and sketches. Stable: key groups in checkpoints
 * depend on them, so an algorithm here never changes. Not for adversarial input without a seed. */
#pragma once
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
