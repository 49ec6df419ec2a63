/* trait.h - properties of logical nodes that rules, the binder and physical/ ask for: window
 * columns, unique keys, which kinds of rows come out. Pure functions of the plan. */
#pragma once
#include "plan/logic/logic.h"

/* Which columns are the bounds of one window, and of which windows. False when none are (or one of
 * the bounds has been projected away). */
bool trait_window(const struct logic *l, struct logic_window *out);
/* GROUP BY both bounds of the window of the input: a window aggregate. */
bool trait_is_window_aggregate(const struct logic *aggregate);

/* Sets of columns no two rows of the result share, as a changelog is folded (Flink's upsert keys).
 * Each set is sorted. */
enum { TRAIT_KEYS_MAX = 8 };
struct trait_key {
    const uint32_t *columns;
    uint32_t count;
};
struct trait_keys {
    struct trait_key keys[TRAIT_KEYS_MAX];
    uint32_t count;
};
void trait_keys(struct arena *a, const struct logic *l, struct trait_keys *out);
/* Is there a key within the given columns? */
bool trait_has_key_within(const struct trait_keys *keys, const uint32_t *columns, uint32_t count);

/* Kinds of rows that a node gives, `inputs` being what its inputs give; with -U left in wherever
 * updates are: whether somebody needs -U is decided from the sinks down, by physical/. */
row_kinds trait_kinds(const struct logic *l, const row_kinds *inputs);
static inline bool trait_is_insert_only(row_kinds kinds)
{
    return kinds == ROW_KINDS_INSERT_ONLY;
}
