#include "base/map.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/mem.h"

/* Items lie in order of insertion, removed ones as holes; an open-addressing index of item numbers,
 * at most half full, finds them. Both are rebuilt when the items are used up. */
struct item {
    struct slice key; /* owned; p is NULL in a hole */
    void *value;
};

struct map {
    struct item *items;
    uint32_t *index; /* item number + 1; 0: free; 2 * capacity of them */
    uint32_t capacity;
    uint32_t used; /* items, holes included */
    uint32_t count;
    uint32_t max_count;
};

enum { CAPACITY_MIN = 8 }; /* a power of two */

struct map *map_new(uint32_t max_count)
{
    ASSERT(max_count <= UINT32_MAX / 4);
    struct map *m = mem_alloc(sizeof *m);
    m->max_count = max_count;
    return m;
}

void map_free(struct map *m)
{
    if (!m) return;
    for (uint32_t i = 0; i < m->used; i++) mem_free((void *)(uintptr_t)m->items[i].key.p);
    mem_free(m->items);
    mem_free(m->index);
    mem_free(m);
}

uint32_t map_count(const struct map *m)
{
    return m->count;
}

/* The index place of `key`, or the free place where its search ended. A hole's number stays in the
 * index until it is rebuilt, so that searches pass over it. */
static uint32_t place_of(const struct map *m, struct slice key)
{
    uint32_t mask = 2 * m->capacity - 1;
    uint32_t at = (uint32_t)hash_bytes(key.p, key.n, 0) & mask;
    for (; m->index[at]; at = (at + 1) & mask) {
        const struct item *item = &m->items[m->index[at] - 1];
        if (item->key.p && slice_eq(item->key, key)) break;
    }
    return at;
}

static struct item *find(const struct map *m, struct slice key)
{
    if (m->capacity == 0) return NULL;
    uint32_t number = m->index[place_of(m, key)];
    return number ? &m->items[number - 1] : NULL;
}

void *map_get(const struct map *m, struct slice key)
{
    const struct item *item = find(m, key);
    return item ? item->value : NULL;
}

static void rebuild(struct map *m)
{
    uint32_t capacity = CAPACITY_MIN;
    while (capacity < 2 * m->count) capacity *= 2;
    struct item *old = m->items;
    uint32_t old_used = m->used;
    mem_free(m->index);
    m->items = mem_alloc(capacity * sizeof *m->items);
    m->index = mem_alloc(2 * (size_t)capacity * sizeof *m->index);
    m->capacity = capacity;
    m->used = 0;
    for (uint32_t i = 0; i < old_used; i++) {
        if (!old[i].key.p) continue;
        m->index[place_of(m, old[i].key)] = m->used + 1;
        m->items[m->used++] = old[i];
    }
    mem_free(old);
}

bool map_put(struct map *m, struct slice key, void *value)
{
    ASSERT(value);
    struct item *item = find(m, key);
    if (item) {
        item->value = value;
        return true;
    }
    if (m->count == m->max_count) return false;
    if (m->used == m->capacity) rebuild(m);
    char *copy = mem_alloc(key.n + 1);
    if (key.n) memcpy(copy, key.p, key.n);
    m->index[place_of(m, key)] = m->used + 1;
    m->items[m->used++] = (struct item){{copy, key.n}, value};
    m->count++;
    return true;
}

void *map_remove(struct map *m, struct slice key)
{
    struct item *item = find(m, key);
    if (!item) return NULL;
    void *value = item->value;
    mem_free((void *)(uintptr_t)item->key.p);
    *item = (struct item){.value = NULL};
    m->count--;
    return value;
}

void *map_next(const struct map *m, uint32_t *cursor, struct slice *key)
{
    while (*cursor < m->used) {
        const struct item *item = &m->items[(*cursor)++];
        if (!item->key.p) continue;
        if (key) *key = item->key;
        return item->value;
    }
    return NULL;
}
