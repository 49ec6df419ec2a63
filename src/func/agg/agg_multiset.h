/* agg_multiset.h - the values of a group with their counts, in order: what COLLECT keeps, and
 * MIN and MAX when rows can be taken back. A treap (Seidel and Aragon 1996): add, remove and first
 * in O(log n) expected. A value may be taken back before it came (Flink's MapView counts below
 * zero): such debts are kept apart and cancel the value when it comes. */
#pragma once
#include "func/agg/agg_value.h"

struct multiset_node;
struct multiset {
    struct multiset_node *values; /* counts > 0 */
    struct multiset_node *debts;
};

/* `v` is borrowed. */
MUST_USE struct err *agg_multiset_add(struct multiset *m, const struct agg_value_type *t,
    const union agg_value *v, int64_t count, struct heap *heap); /* count may be negative */
/* The smallest or largest value, NULL when there is none. Borrowed. */
const union agg_value *agg_multiset_first(const struct multiset *m);
const union agg_value *agg_multiset_last(const struct multiset *m);
/* The values in order: the smallest above `previous`, or the smallest of all when that is NULL;
 * NULL after the last. O(log n). */
const union agg_value *agg_multiset_next(const struct multiset *m, const struct agg_value_type *t,
    const union agg_value *previous, int64_t *count);
MUST_USE struct err *agg_multiset_merge(struct multiset *to, const struct multiset *from,
    const struct agg_value_type *t, struct heap *heap);
void agg_multiset_free(struct multiset *m, const struct agg_value_type *t, struct heap *heap);
void agg_multiset_save(const struct multiset *m, const struct agg_value_type *t, struct buf *out);
MUST_USE struct err *agg_multiset_load(
    struct multiset *m, const struct agg_value_type *t, struct reader *r, struct heap *heap);
