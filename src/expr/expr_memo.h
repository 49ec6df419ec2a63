/* expr_memo.h - what was computed for a node, found by the node's address. Expressions may share
 * subtrees (a view that doubles a column, over and over), so every walk visits a node once or a
 * short script could keep the planner busy for ever. Private to expr/. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct arena;

struct expr_memo {
    struct arena *arena;
    const void **keys; /* open addressing; NULL is free */
    uint64_t *values;
    uint32_t capacity; /* a power of two */
    uint32_t count;
};

void expr_memo_init(struct expr_memo *m, struct arena *a);
/* NULL when the key is new. */
const uint64_t *expr_memo_get(const struct expr_memo *m, const void *key);
void expr_memo_put(struct expr_memo *m, const void *key, uint64_t value);
static inline void expr_memo_put_pointer(struct expr_memo *m, const void *key, const void *value)
{
    expr_memo_put(m, key, (uint64_t)(uintptr_t)value);
}
static inline const void *expr_memo_get_pointer(const struct expr_memo *m, const void *key)
{
    const uint64_t *value = expr_memo_get(m, key);
    return value ? (const void *)(uintptr_t)*value : NULL;
}
