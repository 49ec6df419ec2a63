/* table_changes.h - private to state/: which entries of a table the next snapshot has to hold.
 *
 * The store has a bit per entry "changed since the last snapshot" and one "some part has it". The
 * numbers are cut into at most 64 segments; a snapshot holds the changed entries, and of some
 * segments, by turns, all of them. So every segment knows the checkpoint whose part holds all of it
 * that has not changed since, and the least of these is the oldest part that is still needed: parts
 * age out without anything being rewritten for their sake. */
#pragma once
#include "base/str.h"
#include "state/table_store.h"

struct table_snapshot;

enum { TABLE_SEGMENTS_MAX = 64 };

struct table_changes {
    uint64_t last_id; /* of the last snapshot */
    uint64_t segment_ids[TABLE_SEGMENTS_MAX];
    uint32_t segment_shift; /* log2 of the entries in a segment */
    uint32_t segment_count;
    uint32_t turn;     /* the segment that is to be written whole next */
    struct buf erased; /* keys that some part has: u32 size and bytes */
    size_t erased_charged_bytes;
    bool lost; /* a key could not be noted: the next snapshot must be enough by itself */
};

void table_changes_reset(struct table_changes *c, struct table_store *s); /* nothing is stored */
/* Before the entry is given back. */
void table_changes_erase(
    struct table_changes *c, struct table_store *s, uint32_t number, struct slice key);
void table_changes_begin(struct table_changes *c, const struct table_store *s, uint64_t id,
    bool changes, struct table_snapshot *out);
/* The numbers of up to 64 entries; 0 at the end. */
uint32_t table_changes_next(
    const struct table_store *s, struct table_snapshot *snapshot, uint32_t *numbers);
void table_changes_end(
    struct table_changes *c, struct table_store *s, const struct table_snapshot *snapshot);
