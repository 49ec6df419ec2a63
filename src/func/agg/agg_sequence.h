/* agg_sequence.h - the values of a group in order of arrival: what LISTAGG and ARRAY_AGG keep, and
 * FIRST_VALUE and LAST_VALUE when rows can be taken back. Taking back removes the oldest equal
 * value, in O(n), as Flink's ListView does; one that is not there is remembered as a debt, which
 * the next equal value pays. */
#pragma once
#include "func/agg/agg_value.h"

struct sequence_item {
    union agg_value value;
    uint64_t null;
};
struct sequence {
    struct sequence_item *items;
    uint32_t count;
    uint32_t capacity;
    struct sequence_item *debts;
    uint32_t debt_count;
    uint32_t debt_capacity;
};

enum { AGG_SEQUENCE_MAX = 1 << 26 }; /* items of one group */

/* `v` is borrowed; NULL stands for an SQL NULL. */
MUST_USE struct err *agg_sequence_add(struct sequence *s, const struct agg_value_type *t,
    const union agg_value *v, bool retract, struct heap *heap);
MUST_USE struct err *agg_sequence_merge(struct sequence *to, const struct sequence *from,
    const struct agg_value_type *t, struct heap *heap);
void agg_sequence_free(struct sequence *s, const struct agg_value_type *t, struct heap *heap);
void agg_sequence_save(const struct sequence *s, const struct agg_value_type *t, struct buf *out);
MUST_USE struct err *agg_sequence_load(
    struct sequence *s, const struct agg_value_type *t, struct reader *r, struct heap *heap);
