/* local_fold.h - the local half of an aggregation: rows of one batch with the same key become one
 * partial accumulator. Groups are found through a direct-mapped table that stays in L1; where two
 * keys meet in a slot the older one is simply forgotten, and its next row begins another partial:
 * the consumer adds them up all the same. One thread. */
#pragma once
#include "op/group_keys.h"

enum { LOCAL_FOLD_SLOTS = 1 << 12 };

struct local_fold {
    struct agg_set set;
    const uint32_t *keys; /* columns of the input */
    uint32_t key_count;
    struct group_keys group_keys; /* over the view: keys */
    struct batch *view;
    uint16_t *slots; /* number of a group, if it is less than group_count and the key is the same */
    uint32_t group_count;
    uint32_t *group_rows; /* its first row */
    char *groups;         /* their entries */
    void **entries;       /* per row */
    struct buf accs;      /* what the accumulators of the output point into */
    uint32_t acc_bytes;
};

void local_fold_init(struct local_fold *f, const struct op_ctx *ctx, const uint32_t *keys,
    uint32_t key_count, const struct agg_spec *aggs, uint32_t agg_count);
void local_fold_deinit(struct local_fold *f);
/* Writes the partial accumulators of the rows of b to out, which is empty: keys, bytes. They borrow
 * from b and from f, until its next call. */
MUST_USE struct err *local_fold_batch(
    struct local_fold *f, const struct batch *b, struct batch *out);

/* What a local half emits: the keys, [$slice_end BIGINT NOT NULL,] $acc BYTES NOT NULL. */
const struct schema *local_fold_schema(struct arena *a, const struct schema *input,
    const uint32_t *keys, uint32_t key_count, bool has_end);
