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
    SNAPSHOT_GROUPS_MAX = 1 << 15,  /* Flink's greatest pipeline.max-parallelism */
    SNAPSHOT_SECTIONS_MAX = 1 << 20 /* of one checkpoint: thousands of subtasks, dozens of states */
};
/* Of a record's key group. The second is only set in memory: a later record replaces this one. */
#define SNAPSHOT_ERASED (UINT32_C(1) << 31)
#define SNAPSHOT_REPLACED (UINT32_C(1) << 30)

/* One section of a loaded part. The records are the snapshot's own copy. */
struct snapshot_section {
    struct slice uid;
    struct slice state;
    enum snapshot_scope scope;
    bool changes;
    uint32_t state_version;
    uint32_t group_max; /* largest key group among the records */
    uint64_t count;     /* records */
    uint32_t order;     /* as loaded: by task, then by checkpoint */
    uint32_t task;
    uint32_t age; /* parts of the task after this one */
    unsigned char *records;
    size_t size_bytes;
};

/* Marks what later sections replace; sections of one state of one task, oldest first. */
void snapshot__merge(const struct snapshot_section *sections, uint32_t count);
