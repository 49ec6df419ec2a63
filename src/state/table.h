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
    uint32_t entry_bytes;     /* of the value part, rounded up to 8 by the table. It begins with a
                                 uint32_t that is the table's own: see snapshots below. */
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
/* The same for an entry whose record in earlier snapshots nobody will ask for: it need not be
 * erased there. */
void table_forget(struct table *t, void *entry);
struct slice table_key(const struct table *t, const void *entry);
uint64_t table_hash(const struct table *t, const void *entry);

/* Visits entries in order of creation (a reused place counts as the old one's); *cursor starts at
 * 0. NULL at the end. Erasing the visited entry is allowed; upserts between calls are seen or not.
 */
void *table_next(struct table *t, uint64_t *cursor);

/* ---- snapshots ----
 * An entry counts as changed when its key was upserted after the last snapshot: who changes one
 * does so after an upsert, and before the next snapshot. The first snapshot of a table, or the
 * first after table_clear, holds everything; bookkeeping begins with it. Where value parts begin,
 * the table notes the interval between snapshots that an upsert was in. */
struct table_snapshot {
    bool all; /* every entry: older parts are not needed for this table */
    uint64_t id;
    uint64_t previous_id; /* unless `all` */
    uint64_t first_id;    /* parts from that one on hold what this one does not */
    uint64_t entries;     /* how many will be written */
    /* private */
    uint64_t whole; /* segments that are written whole */
    uint32_t shift;
    uint32_t turn;
    size_t word;
    uint64_t bits;
    bool begun;
};
enum { TABLE_SNAPSHOT_ENTRIES = 64 };

/* False when erased keys were too many to be noted: the next snapshot must be written without
 * changes, and as one that replaces all before it. */
bool table_knows_changes(const struct table *t);
/* Says what the snapshot of checkpoint `id` holds. `changes` = false: everything, always. */
void table_snapshot_begin(struct table *t, uint64_t id, bool changes, struct table_snapshot *out);
/* Keys that an earlier snapshot has and that are gone, even if they came again since; to be written
 * before the entries wherever earlier parts may be read with this one. *cursor starts at 0. */
bool table_snapshot_erased(const struct table *t, size_t *cursor, struct slice *key);
/* The value parts of up to TABLE_SNAPSHOT_ENTRIES entries; 0 at the end. */
uint32_t table_snapshot_next(struct table *t, struct table_snapshot *s, void **entries);
/* All of it was written. */
void table_snapshot_end(struct table *t, const struct table_snapshot *s);
