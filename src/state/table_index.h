/* table_index.h - private to state/: from the tag of a key's hash to entry numbers.
 *
 * Slots come in buckets of eight that fill one cache line: eight tags, eight entry numbers. A tag
 * is the hash's low half with its top bit set, 0 a free slot; all tags of a bucket are compared at
 * once (as in Google's Swiss tables, but with enough bits that a wrong match is rare), so that a
 * lookup has hardly a branch to predict. The home bucket is the tag masked: growing and erasing
 * need no look at the entries. Who finds its bucket full goes to the next one; a search ends at a
 * bucket with a free slot. An erased slot of a full bucket is filled again by a slot that had to go
 * further (the idea of Knuth vol. 3, 6.4, algorithm R): no tombstones.
 *
 * A large index doubles by and by: with every new key a few buckets' keys move to the new array, in
 * order of their home, so that the home alone says which array to search. */
#pragma once
#include "state/table_store.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { BUCKET_SLOTS = 8 };

struct bucket {
    _Alignas(64) uint32_t tags[BUCKET_SLOTS];
    uint32_t numbers[BUCKET_SLOTS];
};

struct table_side {
    struct bucket *buckets; /* NULL: there is none */
    uint32_t mask;          /* buckets - 1 */
    void *memory;           /* what the buckets lie in when it is from mem_alloc */
};

struct table_index {
    struct table_side from; /* the index, but for homes below `moved` */
    struct table_side to;   /* twice as large, while doubling */
    uint32_t moved;         /* 0 unless doubling */
    uint64_t limit;         /* keys at which doubling begins */
};

static inline uint32_t table_index_tag(uint64_t hash)
{
    return (uint32_t)hash | UINT32_C(1) << 31;
}
/* The array to search and put `tag` in; not before the first table_index_room. */
static inline const struct table_side *table_index_side(const struct table_index *x, uint32_t tag)
{
    return (tag & x->from.mask) < x->moved ? &x->to : &x->from;
}
/* Bit i: tags[i] == tag. */
static inline uint32_t table_index_match(const struct bucket *b, uint32_t tag)
{
#ifdef __SSE2__
    const __m128i *tags = (const __m128i *)(const void *)b->tags;
    __m128i wanted = _mm_set1_epi32((int)tag);
    __m128i low = _mm_cmpeq_epi32(_mm_load_si128(tags), wanted);
    __m128i high = _mm_cmpeq_epi32(_mm_load_si128(tags + 1), wanted);
    return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(_mm_packs_epi32(low, high), low)) & 255;
#else
    uint32_t bits = 0;
    for (uint32_t i = 0; i < BUCKET_SLOTS; i++) bits |= (uint32_t)(b->tags[i] == tag) << i;
    return bits;
#endif
}

/* Makes room for the store's next key and moves a few keys of a doubling index. Sides change. */
MUST_USE struct err *table_index_room(struct table_index *x, struct table_store *s);
void table_index_put(struct table_index *x, uint32_t tag, uint32_t number); /* after _room */
void table_index_erase(struct table_index *x, const struct table_side *side, uint32_t at,
    uint32_t slot); /* slot `slot` of bucket `at` */
/* Without keys; memory that a few keys need is kept. */
void table_index_clear(struct table_index *x, struct table_store *s);
void table_index_deinit(struct table_index *x, struct table_store *s);
