/* agg_set.h - the aggregates of one operator over groups kept in a state table: what group_agg,
 * window_agg and their local halves have in common.
 *
 * An entry of the table is a struct group followed by the states of the aggregates. DISTINCT keeps,
 * for each list of arguments, a second table (group, values) -> counts, one count for each
 * aggregate over that list, since each has its own FILTER; an aggregate sees a value when its count
 * becomes 1 and takes it back when it becomes 0 (Flink's DistinctAggCodeGen). One thread. */
#pragma once
#include "op/agg_spec.h"
#include "op/op.h"
#include "state/table.h"

enum { GROUP_NEW = 1 << 0, GROUP_EMPTIED = 1 << 1 }; /* for the operator's use during a batch */

struct group {
    uint32_t interval; /* the table's */
    uint16_t slot;     /* for the operator's use during a batch */
    uint16_t flags;
    int64_t rows; /* added minus taken back */
    uint64_t id;  /* unique in all subtasks: what the tables of DISTINCT know it by; 0: gone */
};

struct agg_distinct; /* one list of arguments; agg_distinct.c */

struct agg_set {
    const struct agg_spec *specs;
    uint32_t count;
    const struct schema *input;
    uint32_t *offsets; /* of each state in an entry */
    uint32_t entry_bytes;
    bool plain;            /* every state is */
    uint32_t packed_bytes; /* of all states, PLAIN and without gaps; else 0 */
    struct agg_distinct *distincts;
    uint32_t distinct_count;
    struct heap *heap;
    struct mem_budget *budget;
    uint64_t last_id; /* of a group or store; the subtask is in its high bits */
    uint32_t row_capacity;
    uint32_t *selection; /* room for a batch */
    const struct column **args;
};

/* The tables of one set of groups: the operator's, or one slice's. */
struct agg_store {
    uint64_t id;              /* another one after each clear */
    uint32_t key_width_bytes; /* 0: variable */
    struct table *groups;
    struct table **distincts;
    uint64_t *sweep_cursors; /* of distincts */
};

/* `extra_bytes` after the states are the operator's own (at offset *extra). Lives in ctx->arena;
 * agg_set_deinit gives the heap back. */
void agg_set_init(struct agg_set *set, const struct op_ctx *ctx, const struct schema *input,
    const struct agg_spec *specs, uint32_t count, uint32_t extra_bytes, uint32_t *extra);
void agg_set_deinit(struct agg_set *set);

struct agg_store *agg_store_new(struct agg_set *set, uint32_t key_width_bytes);
void agg_store_free(struct agg_store *s, const struct agg_set *set);
void agg_store_clear(struct agg_store *s, struct agg_set *set); /* no groups; some memory stays */

/* Finds or makes the group of every key; new ones are initialised and flagged GROUP_NEW. `created`
 * has room for keys->count. */
MUST_USE struct err *agg_set_upsert(struct agg_set *set, struct agg_store *s,
    const struct keys *keys, void **entries, uint32_t *created, uint32_t *created_count);
/* States as those of a new group; `rows` too. */
void agg_set_reset(struct agg_set *set, struct group *g);
/* Frees the states and takes the group out of the table. */
void agg_set_erase(struct agg_set *set, struct agg_store *s, struct group *g);

/* What DISTINCT remembers of groups that are gone or were reset is looked for a few values at a
 * time: call once a batch, before its groups are looked up, where groups can go. */
void agg_set_sweep(struct agg_set *set, struct agg_store *s, uint32_t values);

/* Adds rows rows[0 .. count-1] of b (0 .. count-1 when NULL) to entries[row]; kinds say which are
 * taken back. Leaves group.rows to the operator. */
MUST_USE struct err *agg_set_add(struct agg_set *set, struct agg_store *s, const struct batch *b,
    void *const *entries, const uint32_t *rows, uint32_t count);
/* States of src as if its rows came after dst's; without DISTINCT. */
MUST_USE struct err *agg_set_merge(struct agg_set *set, struct group *dst, const struct group *src);
/* All groups of `from` into `to`, DISTINCT included; group.rows are summed. */
MUST_USE struct err *agg_set_merge_store(
    struct agg_set *set, struct agg_store *to, const struct agg_store *from);
/* Results of entries[0 .. count-1] to rows out_row.. of columns[0 .. set->count-1]. */
MUST_USE struct err *agg_set_result(const struct agg_set *set, void *const *entries, uint32_t count,
    struct column *const *columns, uint32_t out_row, struct arena *arena);

/* A group's rows and states as bytes: i64 rows, then per aggregate its raw state, or u32 size and
 * what save() wrote. Raw states alone are what combined input carries. */
void agg_set_save(const struct agg_set *set, const struct group *g, struct buf *out);
uint32_t agg_set_plain_bytes(const struct agg_set *set); /* of agg_set_save when all are PLAIN */
MUST_USE struct err *agg_set_load(struct agg_set *set, struct group *g, struct slice bytes);

/* Writes a store's groups and DISTINCT values, or those that changed, to the snapshot under
 * `prefix` before each key. An operator with several stores gives them prefixes that are never used
 * twice (agg_store.id), and says which of them are still there: then what it dropped is passed over
 * when it is found in older parts. */
struct agg_save {
    struct snapshot_writer *writer;
    struct slice prefix;
    uint32_t key_groups;
    bool changes; /* the writer wants changes, and all stores of the operator know theirs */
};
bool agg_store_knows_changes(const struct agg_store *s, const struct agg_set *set);
void agg_set_snapshot(
    const struct agg_set *set, const struct agg_store *s, const struct agg_save *how);
/* Reads all groups of this subtask; find_store gives the store for a record's prefix, NULL when it
 * is gone. */
struct agg_restore {
    struct err *(*find_store)(void *context, struct slice prefix, struct agg_store **out);
    void *context;
    uint32_t prefix_bytes;
};
MUST_USE struct err *agg_set_restore(
    struct agg_set *set, const struct snapshot_reader *r, const struct agg_restore *how);
