/* table.h - the keyed state of one operator on one worker: encoded key -> entry of fixed size.
 *
 * Open addressing over 8-byte slots (hash tag and entry number), entries in chunks of 64 KiB that
 * never move, so entry pointers stay good until the entry is erased. A batch is hashed, prefetched
 * and probed at once (performance.md 3.2). Fixed keys lie in the entry, variable ones of
 * more than 20 bytes in the heap.
 * The key group is in the hash (vec/key.h); rows are parted by key group only when a snapshot is
 * written. One thread. All growth is charged to the budget; a call that finds no room gives
 * ERR_OUT_OF_MEMORY and leaves the table as it was. */
#pragma once
#include "base/mem.h"
#include "vec/key.h"

struct heap;
struct table;

struct table_params {
    uint32_t key_width_bytes; /* 0: variable */
    uint32_t entry_bytes;     /* of the value part, rounded up to 8 by the table */
    struct mem_budget *budget;
    struct heap *heap; /* variable keys live there; the owner's aggregates may share it; NULL for
                          fixed keys. Outlives the table. */
};

struct table *table_new(const struct table_params *params);
void table_free(struct table *t);  /* does not look into value parts; before heap_free */
void table_clear(struct table *t); /* keeps one chunk */
uint64_t table_count(const struct table *t);

/* entries[i] becomes the value part for key i; equal keys of one batch share an entry. New entries
 * are zeroed and their row numbers listed in `created` (room for keys->count; may be NULL), the
 * first row of each new key once. */
MUST_USE struct err *table_upsert(struct table *t, const struct keys *keys, void **entries,
    uint32_t *created, uint32_t *created_count);
/* NULL where the key is absent. */
void table_find(struct table *t, const struct keys *keys, void **entries);
/* One key; hash = key_hash(key). */
MUST_USE struct err *table_upsert_one(
    struct table *t, struct slice key, uint64_t hash, void **entry, bool *created);
void *table_find_one(struct table *t, struct slice key, uint64_t hash);
/* The entry's memory may be reused by the next upsert. */
void table_erase(struct table *t, void *entry);
struct slice table_key(const struct table *t, const void *entry);
uint64_t table_hash(const struct table *t, const void *entry);

/* Visits entries in order of creation (a reused place counts as the old one's); *cursor starts at
 * 0. NULL at the end. Erasing the visited entry is allowed; upserts between calls are seen or not.
 */
void *table_next(struct table *t, uint64_t *cursor);
