/* Later records replace earlier ones of the same key. An index of the newest record of each key is
 * needed only while the parts are loaded: what it finds is noted in the records themselves, in
 * their key group. So that a chain of gigabytes takes megabytes for it, the keys are taken in
 * several passes, by their hash. */
#include "base/check.h"
#include "base/hash.h"
#include "base/mem.h"
#include "state/snapshot_format.h"

enum {
    PASS_RECORDS = 1 << 21, /* about so many in one pass: 32 MiB of index */
    SLOTS_MIN = 1 << 10,
    PASSES_MAX = 1 << 15,
    TAG_SHIFT = 48 /* of a slot: bits of the hash above, the record's address below */
};

struct merge_index {
    uint64_t *slots; /* 0: free */
    uint64_t mask;
    uint64_t used;
};

struct merge_record {
    unsigned char *at; /* its key group */
    const unsigned char *key;
    uint32_t key_bytes;
};

static uint32_t get_u32(const unsigned char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* Records were verified before. */
static struct merge_record record_at(unsigned char *p)
{
    return (struct merge_record){p, p + 8, get_u32(p + 4)};
}

static unsigned char *record_end(const struct merge_record *r)
{
    unsigned char *value = r->at + 8 + r->key_bytes;
    return value + 4 + get_u32(value);
}

static uint64_t hash_of(const struct merge_record *r)
{
    return hash_bytes(r->key, r->key_bytes, 0);
}

static unsigned char *address(uint64_t slot)
{
    return (unsigned char *)(uintptr_t)(slot & ((UINT64_C(1) << TAG_SHIFT) - 1));
}

static uint64_t slot_of(const struct merge_record *r, uint64_t hash)
{
    uint64_t place = (uint64_t)(uintptr_t)r->at;
    ASSERT(place >> TAG_SHIFT == 0); /* x86-64 and AArch64 give programs 47 or 48 bits */
    return place | hash >> TAG_SHIFT << TAG_SHIFT;
}

static void put_slot(struct merge_index *index, uint64_t hash, uint64_t slot)
{
    uint64_t at = hash & index->mask;
    while (index->slots[at]) at = (at + 1) & index->mask;
    index->slots[at] = slot;
}

static void grow(struct merge_index *index)
{
    struct merge_index old = *index;
    index->mask = 2 * old.mask + 1;
    index->slots = mem_alloc((index->mask + 1) * sizeof *index->slots);
    for (uint64_t i = 0; i <= old.mask; i++) {
        if (!old.slots[i]) continue;
        struct merge_record r = record_at(address(old.slots[i]));
        put_slot(index, hash_of(&r), old.slots[i]);
    }
    mem_free(old.slots);
}

/* The record is the newest of its key so far. */
static void add(struct merge_index *index, const struct merge_record *r, uint64_t hash)
{
    uint64_t slot = slot_of(r, hash), at = hash & index->mask;
    for (; index->slots[at]; at = (at + 1) & index->mask) {
        if ((index->slots[at] ^ slot) >> TAG_SHIFT) continue;
        struct merge_record old = record_at(address(index->slots[at]));
        if (old.key_bytes != r->key_bytes || memcmp(old.key, r->key, r->key_bytes) != 0) continue;
        uint32_t group = get_u32(old.at) | SNAPSHOT_REPLACED;
        memcpy(old.at, &group, sizeof group);
        index->slots[at] = slot;
        return;
    }
    index->slots[at] = slot;
    if (++index->used > index->mask / 4 * 3) grow(index);
}

static void merge_pass(const struct snapshot_section *sections, uint32_t count,
    struct merge_index *index, uint64_t pass, uint64_t passes)
{
    memset(index->slots, 0, (index->mask + 1) * sizeof *index->slots);
    index->used = 0;
    for (uint32_t i = 0; i < count; i++) {
        const unsigned char *end = sections[i].records + sections[i].size_bytes;
        for (unsigned char *p = sections[i].records; p < end;) {
            struct merge_record r = record_at(p);
            p = record_end(&r);
            uint64_t hash = hash_of(&r);
            /* Bits that neither the slot's place nor its tag is made of. */
            if ((hash >> 32 & 0x7fff) % passes == pass) add(index, &r, hash);
        }
    }
}

void snapshot__merge(const struct snapshot_section *sections, uint32_t count)
{
    uint64_t records = 0;
    for (uint32_t i = 0; i < count; i++) {
        ASSERT(sections[i].scope == SNAPSHOT_KEYED);
        records += sections[i].count;
    }
    uint64_t passes = records / PASS_RECORDS + 1, slots = SLOTS_MIN;
    if (passes > PASSES_MAX) passes = PASSES_MAX;
    while (slots < 2 * (records / passes)) slots *= 2;
    struct merge_index index = {mem_alloc(slots * sizeof(uint64_t)), slots - 1, 0};
    for (uint64_t pass = 0; pass < passes; pass++)
        merge_pass(sections, count, &index, pass, passes);
    mem_free(index.slots);
}
