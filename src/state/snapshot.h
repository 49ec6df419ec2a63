/* snapshot.h - what one checkpoint keeps, and gives back to any number of workers.
 *
 * A snapshot is a set of records (operator id, state name, scope, key group, key, value). Operators
 * write in snapshot(), and read in restore() the records that are theirs:
 *   SNAPSHOT_KEYED  belongs to a key group; each reader gets the groups its subtask owns
 *   SNAPSHOT_UNION  every subtask gets every record (watermarks, source splits)
 * Bytes of a part (one subtask's records) are laid out as in the table of snapshot_format.h, with
 * lengths checked and a checksum: a damaged part gives ERR_CORRUPT, never a crash. They are written
 * to memory; checkpoint_store.h puts them on disk and reads them from there. */
#pragma once
#include "base/str.h"

enum snapshot_scope { SNAPSHOT_KEYED, SNAPSHOT_UNION };

/* Written by one subtask of a task. Owner: the task; handed to the job when the barrier has passed.
 *
 * A part may hold only what has changed since the part before it of the same task. Then it is read
 * together with earlier ones, oldest first: a later record replaces an earlier one of the same
 * (operator, state, key), and an erased key takes it away. States that know nothing of this are
 * written whole each time, and replace all earlier records of the state. */
struct snapshot_writer;
struct snapshot_writer_params {
    size_t max_bytes;
    uint32_t task;          /* of the job; parts of one task belong together */
    uint64_t checkpoint_id; /* rises from part to part */
    bool changes;           /* false: this part must be enough by itself */
    /* Of an earlier part, to be written to again: where the system has to find new memory for every
     * checkpoint, that costs several times what is written to it. The writer's; NULL: none. */
    char *memory;
    size_t memory_bytes;
};
struct snapshot_writer *snapshot_writer_new(const struct snapshot_writer_params *params);
void snapshot_writer_free(struct snapshot_writer *w);
const struct snapshot_writer_params *snapshot_writer_params(const struct snapshot_writer *w);
void snapshot_begin_op(struct snapshot_writer *w, const char *op_uid, uint32_t state_version);
void snapshot_put(struct snapshot_writer *w, const char *state, uint32_t key_group,
    struct slice key, struct slice value);
void snapshot_put_union(
    struct snapshot_writer *w, const char *state, struct slice key, struct slice value);

/* The keyed records of `state` in this part are only what changed since the part of checkpoint
 * previous_id; parts from first_id on still hold what this one does not. Only when params.changes.
 * A key of such a state lies in one key group for ever. Within the part too a later record replaces
 * an earlier one: erase first, then put. */
void snapshot_changes(
    struct snapshot_writer *w, const char *state, uint64_t previous_id, uint64_t first_id);
void snapshot_erase(
    struct snapshot_writer *w, const char *state, struct slice prefix, struct slice key);

/* The fast way to put many keyed records. The key is prefix and key together; the value is what the
 * caller appends to the buffer before snapshot_end_record. `state` stays the same pointer from
 * record to record. */
void snapshot_expect(struct snapshot_writer *w, size_t bytes); /* a guess, to grow once */
struct buf *snapshot_begin_record(struct snapshot_writer *w, const char *state, uint32_t key_group,
    struct slice prefix, struct slice key);
void snapshot_end_record(struct snapshot_writer *w);

/* What one subtask wrote. */
struct snapshot_part {
    char *bytes; /* mem_free */
    size_t size;
    size_t capacity; /* of the memory; at most a little more than twice the size */
    uint64_t checkpoint_id;
    uint64_t first_id; /* parts of this task from that checkpoint on are needed with this one */
};
/* Moves the bytes out; ERR_LIMIT_EXCEEDED when max_bytes was passed. */
MUST_USE struct err *snapshot_finish(struct snapshot_writer *w, struct snapshot_part *out);

/* A whole checkpoint: what the parts of all subtasks of all tasks say together. Immutable once
 * loaded; any thread. */
struct snapshot;
/* Of parts in any order: the newest of each task and those that it needs; others are ignored.
 * ERR_CORRUPT when one is damaged or one that is needed is missing. */
MUST_USE struct err *snapshot_load(const struct slice *parts, size_t count, struct snapshot **out);
void snapshot_free(struct snapshot *s);
uint64_t snapshot_keyed_bytes(const struct snapshot *s); /* what all readers together will read */

/* The same of parts that come one after the other, in pieces of any size, those of a task newest
 * first. A record is kept when no newer part has its key, so that loading takes as much memory as
 * the records that count and some 16 bytes for the key of each, however many parts there are. All
 * is verified at the end: after an error the loader is only to be freed. */
struct snapshot_loader;
struct snapshot_loader *snapshot_loader_new(void);
MUST_USE struct err *snapshot_loader_begin(struct snapshot_loader *l, uint64_t part_bytes);
MUST_USE struct err *snapshot_loader_add(struct snapshot_loader *l, struct slice bytes);
/* After the last byte of the last part. */
MUST_USE struct err *snapshot_loader_finish(struct snapshot_loader *l, struct snapshot **out);
void snapshot_loader_free(struct snapshot_loader *l); /* NULL is allowed */

/* What restore() of one operator subtask sees. */
struct snapshot_reader {
    const struct snapshot *snapshot;
    const char *op_uid;
    uint32_t key_groups;  /* total */
    uint32_t parallelism; /* of this operator now */
    uint32_t subtask;
    uint64_t *read_bytes; /* counts those of keyed records; NULL: nobody asks */
};
struct snapshot_record {
    struct slice state; /* name */
    enum snapshot_scope scope;
    uint32_t key_group;
    struct slice key;
    struct slice value;
};
/* ERR_CORRUPT when the stored version is not state_version. *found = false: nothing was stored. */
MUST_USE struct err *snapshot_reader_check(
    const struct snapshot_reader *r, uint32_t state_version, bool *found);
/* The next record of `state` that belongs to this subtask; *cursor starts at 0. False at the end.
 */
bool snapshot_next(const struct snapshot_reader *r, const char *state, uint64_t *cursor,
    struct snapshot_record *out);
