/* legal.h - is a changelog legal, where its literal text depends on batch size and workers? */
#pragma once
#include "cli/slt/rows.h"

struct slt_legal {
    const struct schema *schema;
    const uint32_t *primary_key;
    uint32_t primary_key_count;
    row_kinds kinds;   /* what the plan promised the sink */
    bool single_order; /* one worker: the order of rows is the job's */
};

/* The changelog `actual` against the one the file expects. NULL when
 *   - every kind is one the plan promised,
 *   - without a primary key, each -U and -D takes back a row that is there,
 *   - where the expectation shows each -U with its +U right behind, so does `actual` (with several
 *     workers: no +U comes before as many -U, and in the end they are as many).
 * Else ERR_TEST_FAILED says which row is wrong. */
MUST_USE struct err *slt_legal_check(struct arena *a, const struct slt_legal *l,
    const struct slt_rows *expected, const struct slt_rows *actual);
/* The rows a changelog adds up to: by primary key, else as a bag. */
void slt_legal_fold(struct arena *a, const struct slt_legal *l, const struct slt_rows *changelog,
    struct slt_rows *out);
