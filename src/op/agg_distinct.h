/* agg_distinct.h - DISTINCT of agg_set.h: one list of arguments and the aggregates over it. */
#pragma once
#include "op/agg_set.h"

enum { AGG_DISTINCT_SPECS_MAX = 64 };

/* Value part of an entry of the table (group id, arguments). */
struct distinct_entry {
    uint32_t interval; /* the table's */
    uint32_t dead;
    struct group *group;
    uint64_t id;      /* the group's, when the entry was made */
    int64_t counts[]; /* one per aggregate of the list */
};

struct agg_distinct {
    const uint32_t *args;
    uint32_t arg_count;
    uint32_t *specs; /* indexes into the agg_set */
    uint32_t spec_count;
    struct key_codec *codec;     /* over (id, arguments) */
    const struct schema *schema; /* of `view` */
    struct batch *view;          /* id column of its own, argument columns of the input */
    struct keys keys;            /* of a whole batch */
    struct keys passing;         /* of its rows that pass a filter */
    uint32_t *passing_rows;
    uint64_t *passing_specs; /* bit per aggregate, for each row */
    void **entries;
    uint32_t **selections; /* per aggregate: rows it is to see */
    uint32_t *selected;
};

void agg_distinct_init(struct agg_distinct *d, const struct agg_set *set, const struct op_ctx *ctx,
    uint32_t first_spec, bool *taken);
void agg_distinct_deinit(struct agg_distinct *d);
struct table *agg_distinct_table(const struct agg_distinct *d, const struct agg_set *set);
/* Fills selections for rows rows[0 .. count-1]. */
MUST_USE struct err *agg_distinct_select(struct agg_distinct *d, struct agg_set *set,
    struct table *t, const struct batch *b, void *const *entries, const uint32_t *rows,
    uint32_t count);
/* Looks at up to `count` values from *cursor on and erases those of groups that are gone or have
 * been reset; *cursor becomes 0 at the end. */
void agg_distinct_sweep(struct table *t, uint64_t *cursor, uint32_t count);
/* Values of `from` that are new to `to` are added to the group of the same key in to_store. */
MUST_USE struct err *agg_distinct_merge(struct agg_distinct *d, struct agg_set *set,
    struct table *to, struct table *from, const struct agg_store *from_store,
    struct agg_store *to_store);
