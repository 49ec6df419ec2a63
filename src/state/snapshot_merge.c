/* The parts of a task come newest first, so that a record counts when no newer part has its key.
 * Those are appended to one buffer, and erased keys with them, as older parts may still have them.
 * Within a part it is the later record that counts: the earlier one is then marked as erased. The
 * index says where the record of a key is; 11 to 22 bytes a key, gone before anyone restores. */
#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/mem.h"
#include "state/snapshot_format.h"

enum {
    SLOTS_MIN = 16,
    MAP_SLOTS = 1 << 18 /* from here on they lie on huge pages */
};
/* A slot: offset of the record + 1, and above it bits of the key's hash. */
#define OFFSETS ((UINT64_C(1) << SNAPSHOT_OFFSET_BITS) - 1)

static uint64_t *new_slots(uint64_t count)
{
    size_t bytes = count * sizeof(uint64_t);
    uint64_t *slots = count < MAP_SLOTS ? mem_alloc(bytes) : mem_map(bytes);
    if (!slots) abort();
    return slots;
}

static void free_slots(struct snapshot_index *index)
{
    if (!index->slots) return;
    uint64_t count = index->mask + 1;
    if (count < MAP_SLOTS)
        mem_free(index->slots);
    else
        mem_unmap(index->slots, count * sizeof(uint64_t));
    *index = (struct snapshot_index){.slots = NULL};
}

void snapshot__section_deinit(struct snapshot_section *s)
{
    free_slots(&s->index);
    buf_free(&s->records);
}

static uint64_t offset_of(uint64_t slot)
{
    return (slot & OFFSETS) - 1;
}

static uint64_t hash_of(const struct snapshot_record *record)
{
    return hash_bytes(record->key.p, record->key.n, 0);
}

/* The slot of the key, or the free one that it gets. */
static uint64_t *find_slot(const struct snapshot_section *s, struct slice key, uint64_t hash)
{
    const struct snapshot_index *index = &s->index;
    for (uint64_t at = hash & index->mask;; at = (at + 1) & index->mask) {
        uint64_t *slot = &index->slots[at];
        struct snapshot_record found;
        if (*slot == 0) return slot;
        if ((*slot ^ hash) & ~OFFSETS) continue;
        snapshot__record_at(s, offset_of(*slot), &found);
        if (slice_eq(found.key, key)) return slot;
    }
}

static void set_slot(struct snapshot_index *index, uint64_t *slot, uint64_t hash, uint64_t offset)
{
    ASSERT(offset < OFFSETS);
    if (*slot == 0) index->used++;
    *slot = (hash & ~OFFSETS) | (offset + 1);
}

/* All records anew, in the order in which they lie in memory. */
static void build_index(struct snapshot_section *s, uint64_t slot_count)
{
    s->index = (struct snapshot_index){new_slots(slot_count), slot_count - 1, 0};
    for (uint64_t at = 0; at < s->records.n;) {
        struct snapshot_record record;
        uint64_t bytes = snapshot__record_at(s, at, &record), hash = hash_of(&record);
        set_slot(&s->index, find_slot(s, record.key, hash), hash, at);
        at += bytes;
    }
}

static void grow_index(struct snapshot_section *s)
{
    uint64_t count = s->index.mask + 1;
    if (s->index.used <= count / 4 * 3) return;
    free_slots(&s->index);
    build_index(s, 2 * count);
}

static void mark_erased(struct snapshot_section *s, uint64_t offset)
{
    ASSERT(s->scope == SNAPSHOT_KEYED);
    unsigned char *p = (unsigned char *)s->records.p + offset;
    uint32_t group = snapshot__u32(p) | SNAPSHOT_ERASED;
    memcpy(p, &group, sizeof group);
}

void snapshot__merge_begin(struct snapshot_section *s, bool changes)
{
    if (s->part_count++ == 0 && changes) build_index(s, SLOTS_MIN);
    s->changes = changes;
    s->newer_bytes = s->records.n;
}

static void merge_one(struct snapshot_section *s, const struct snapshot_item *item)
{
    if (s->index.slots) {
        uint64_t *slot = find_slot(s, item->record.key, item->hash);
        if (*slot && offset_of(*slot) < s->newer_bytes) return;
        if (*slot) mark_erased(s, offset_of(*slot));
        if (s->changes) set_slot(&s->index, slot, item->hash, s->records.n);
    }
    uint32_t group = item->record.key_group & ~SNAPSHOT_ERASED;
    if (group != item->record.key_group && !s->changes) return; /* no older part has it */
    if (group > s->group_max) s->group_max = group;
    buf_add_slice(&s->records, item->bytes);
    if (s->index.slots) grow_index(s);
}

/* Slots and records are anywhere in much memory: what all items need is asked for at once. */
static void look_ahead(
    const struct snapshot_section *s, struct snapshot_item *items, uint32_t count)
{
    const struct snapshot_index *index = &s->index;
    for (uint32_t i = 0; i < count; i++) {
        items[i].hash = hash_of(&items[i].record);
        __builtin_prefetch(&index->slots[items[i].hash & index->mask]);
    }
    for (uint32_t i = 0; i < count; i++) {
        uint64_t slot = index->slots[items[i].hash & index->mask];
        if (slot) __builtin_prefetch(s->records.p + offset_of(slot));
    }
}

void snapshot__merge(struct snapshot_section *s, struct snapshot_item *items, uint32_t count)
{
    if (s->index.slots) look_ahead(s, items, count);
    for (uint32_t i = 0; i < count; i++) merge_one(s, &items[i]);
}

static void drop_erased(struct snapshot_section *s)
{
    uint64_t kept = 0;
    for (uint64_t at = 0; at < s->records.n;) {
        struct snapshot_record record;
        uint64_t bytes = snapshot__record_at(s, at, &record);
        bool erased = record.key_group & SNAPSHOT_ERASED;
        if (!erased && kept < at) memmove(s->records.p + kept, s->records.p + at, bytes);
        if (!erased) kept += bytes;
        at += bytes;
    }
    s->records.n = kept;
}

void snapshot__merge_end(struct snapshot_section *s)
{
    if (s->index.slots) drop_erased(s);
    free_slots(&s->index);
    if (s->records.capacity == s->records.n) return;
    s->records.p = mem_realloc(s->records.p, s->records.n);
    s->records.capacity = s->records.n;
}
