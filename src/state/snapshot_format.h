/* snapshot_format.h - private to state/: how the bytes of a checkpoint part are laid out, and what
 * a loaded snapshot is made of.
 *
 * A part, numbers little-endian:
 *    0   8   "weirpart"
 *    8   4   format version, 2
 *   12   4   number of sections
 *   16   8   size of the part in bytes, this header included
 *   24   8   XXH3 (seed 0) of all bytes from 32 on
 *   32   4   task
 *   36   4   zeros
 *   40   8   checkpoint id
 *   48   8   id of the part before it that its changes follow; 0: it has no changes
 *   56   8   id of the first part that is needed with it; its own: none
 *   64       sections, one for each operator, state and scope:
 *              4 + n   size and bytes of the operator's uid
 *              4       state version of the operator
 *              4 + n   size and bytes of the state's name; empty when the operator wrote nothing
 *              1       scope
 *              1       0: all records of the state; 1, in scope KEYED: changes
 *              8       number of records
 *              8       size of the records in bytes
 *                      records:
 *                        4       key group, in scope KEYED only; with its highest bit set the key
 *                                is erased and the value empty
 *                        4 + n   key
 *                        4 + n   value
 * Nothing follows the last section. */
#pragma once
#include <string.h>

#include "state/snapshot.h"

#define SNAPSHOT_PART_MAGIC "weirpart"
enum {
    SNAPSHOT_PART_VERSION = 2,
    SNAPSHOT_HEADER_BYTES = 64,
    SNAPSHOT_SUM_AT = 24,
    SNAPSHOT_SUMMED_AT = 32,
    SNAPSHOT_TASK_AT = 32,
    SNAPSHOT_ID_AT = 40,
    SNAPSHOT_PREVIOUS_AT = 48,
    SNAPSHOT_FIRST_AT = 56,
    SNAPSHOT_GROUPS_MAX = 1 << 15, /* Flink's greatest pipeline.max-parallelism */
    SNAPSHOT_SECTIONS_MAX =
        1 << 20,              /* of one checkpoint: thousands of subtasks, dozens of states */
    SNAPSHOT_OFFSET_BITS = 40 /* of a place among the records of a loaded section: a TiB */
};
#define SNAPSHOT_ERASED (UINT32_C(1) << 31) /* in a record's key group */

static inline uint32_t snapshot__u32(const unsigned char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* All numbers are as they were found, and fit each other as far as one part tells. */
struct snapshot_part_header {
    uint32_t section_count;
    uint64_t sum;
    uint32_t task;
    uint64_t id;
    uint64_t previous_id;
    uint64_t first_id;
};
/* Of SNAPSHOT_HEADER_BYTES at p; part_bytes: what the part has. */
MUST_USE struct err *snapshot__decode_part_header(
    const unsigned char *p, uint64_t part_bytes, struct snapshot_part_header *out);

struct snapshot_section_header {
    struct slice uid; /* borrowed */
    struct slice state;
    uint32_t state_version;
    enum snapshot_scope scope;
    bool changes;
    uint64_t count; /* of its records */
    uint64_t size_bytes;
};
/* What the header at p takes; more than n, though perhaps not all, when n bytes do not tell. */
uint64_t snapshot__section_header_bytes(const unsigned char *p, uint64_t n);
MUST_USE struct err *snapshot__decode_section_header(
    const unsigned char *p, uint64_t n, struct snapshot_section_header *out);

/* Fills key group, key and value of the record at p, and gives its size. When the n bytes there are
 * not all of it, gives more than n, though perhaps less than it takes, and fills nothing. */
static inline uint64_t snapshot__parse_record(
    const unsigned char *p, uint64_t n, enum snapshot_scope scope, struct snapshot_record *out)
{
    uint64_t key_at = scope == SNAPSHOT_KEYED ? 8 : 4;
    if (n < key_at) return key_at;
    uint32_t key_bytes = snapshot__u32(p + key_at - 4);
    uint64_t value_at = key_at + key_bytes + 4;
    if (n < value_at) return value_at;
    uint32_t value_bytes = snapshot__u32(p + value_at - 4);
    if (n < value_at + value_bytes) return value_at + value_bytes;
    out->key_group = scope == SNAPSHOT_KEYED ? snapshot__u32(p) : 0;
    out->key = (struct slice){(const char *)p + key_at, key_bytes};
    out->value = (struct slice){(const char *)p + value_at, value_bytes};
    return value_at + value_bytes;
}

/* Where the newest record of each key of a section is; see snapshot_merge.c. */
struct snapshot_index {
    uint64_t *slots; /* 0: free */
    uint64_t mask;
    uint64_t used;
};

/* A state of an operator of a task: what still counts of the sections that its parts have of it. */
struct snapshot_section {
    struct slice uid; /* like the state's name in the snapshot's arena */
    struct slice state;
    enum snapshot_scope scope;
    uint32_t state_version;
    uint32_t task;
    uint32_t group_max; /* largest key group among the records */
    struct buf records; /* none is erased, once all parts are read */
    /* While parts are read: */
    struct snapshot_index index; /* no slots: the newest part has all records */
    size_t newer_bytes;          /* of the records, from parts newer than the last that was begun */
    uint32_t part_count;         /* begun; all of the task so far, or older ones do not count */
    bool changes;                /* the last one says so, thus the one before it counts too */
};

struct snapshot {
    struct arena *arena;
    struct snapshot_section *sections; /* by uid, state, scope and task */
    uint32_t section_count;
    uint32_t section_capacity;
};

/* The record at that offset of the section, which was looked at before; gives its size. */
static inline uint64_t snapshot__record_at(
    const struct snapshot_section *s, uint64_t offset, struct snapshot_record *out)
{
    const unsigned char *p = (const unsigned char *)s->records.p + offset;
    return snapshot__parse_record(p, UINT64_MAX, s->scope, out);
}

void snapshot__section_deinit(struct snapshot_section *s);
/* Of a part that is read. */
struct snapshot_item {
    struct snapshot_record record;
    struct slice bytes; /* all of it */
    uint64_t hash;      /* of its key; set by snapshot__merge */
};
/* The section in the next older part of the task; then its records in their order, some at a time;
 * and when there are no more parts, the end. */
void snapshot__merge_begin(struct snapshot_section *s, bool changes);
void snapshot__merge(struct snapshot_section *s, struct snapshot_item *items, uint32_t count);
void snapshot__merge_end(struct snapshot_section *s);
