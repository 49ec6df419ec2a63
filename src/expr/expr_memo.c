#include "expr/expr_memo.h"

#include <stddef.h>

#include "base/arena.h"
#include "base/hash.h"

enum { CAPACITY_START = 32 };

static uint32_t slot_of(const struct expr_memo *m, const void *key)
{
    uint32_t slot = (uint32_t)hash_u64((uint64_t)(uintptr_t)key) & (m->capacity - 1);
    while (m->keys[slot] && m->keys[slot] != key) slot = (slot + 1) & (m->capacity - 1);
    return slot;
}

static void set_capacity(struct expr_memo *m, uint32_t capacity)
{
    m->capacity = capacity;
    m->keys = ARENA_ARRAY(m->arena, const void *, capacity);
    m->values = ARENA_ARRAY(m->arena, uint64_t, capacity);
}

void expr_memo_init(struct expr_memo *m, struct arena *a)
{
    *m = (struct expr_memo){.arena = a};
    set_capacity(m, CAPACITY_START);
}

const uint64_t *expr_memo_get(const struct expr_memo *m, const void *key)
{
    uint32_t slot = slot_of(m, key);
    return m->keys[slot] ? &m->values[slot] : NULL;
}

void expr_memo_put(struct expr_memo *m, const void *key, uint64_t value)
{
    if (m->count * 2 >= m->capacity) {
        struct expr_memo old = *m;
        set_capacity(m, old.capacity * 2);
        for (uint32_t i = 0; i < old.capacity; i++) {
            if (!old.keys[i]) continue;
            uint32_t slot = slot_of(m, old.keys[i]);
            m->keys[slot] = old.keys[i];
            m->values[slot] = old.values[i];
        }
    }
    uint32_t slot = slot_of(m, key);
    m->count += m->keys[slot] == NULL;
    m->keys[slot] = key;
    m->values[slot] = value;
}
