/* local_fold.h - the local half of an aggregation: rows of one batch with the same key become one
 * partial accumulator. The table lives for a run of rows and stays in L2. One thread. */
#pragma once
#include "op/group_keys.h"

enum { LOCAL_FOLD_DIRECT_ROWS = 16 }; /* shorter runs go row by row: clearing a table costs more */

struct local_fold {
    struct agg_set set;
    struct agg_store *store;
    const uint32_t *keys; /* columns of the input */
    uint32_t key_count;
    bool has_end; /* the slice's end is part of the key, and a column of the output */
    struct group_keys group_keys; /* over the view: [slice end,] keys */
    struct batch *view;
    void **entries;
    uint32_t *created;
    uint32_t *rows;
    char *scratch;   /* LOCAL_FOLD_DIRECT_ROWS entries */
    struct buf accs; /* what the accumulators of the output point into */
    uint32_t acc_bytes;
};

void local_fold_init(struct local_fold *f, const struct op_ctx *ctx, const uint32_t *keys,
    uint32_t key_count, const struct agg_spec *aggs, uint32_t agg_count, bool has_end);
void local_fold_deinit(struct local_fold *f);
/* Before the first run of a batch; ends_ms is NULL without slices. */
void local_fold_begin(struct local_fold *f, const struct batch *b, const int64_t *ends_ms);
/* Appends the partial accumulators of rows first .. last - 1 to out: keys, [slice end,] bytes. They
 * borrow from b and from f, until its next local_fold_begin. */
MUST_USE struct err *local_fold_rows(struct local_fold *f, const struct batch *b,
    const int64_t *ends_ms, uint32_t first, uint32_t last, struct batch *out);

/* The keys, [$slice_end BIGINT NOT NULL,] $acc BYTES NOT NULL. */
const struct schema *local_fold_schema(struct arena *a, const struct schema *input,
    const uint32_t *keys, uint32_t key_count, bool has_end);
