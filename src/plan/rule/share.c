/* share.c - equal sub-plans become one node, over all sinks of a statement: a source that several
 * parts read is read once. Bottom-up, so that equal inputs are the same pointers already. */
#include "base/arena.h"
#include "base/hash.h"
#include "plan/rule/rule.h"

struct pool {
    const struct logic **slots; /* open addressing */
    size_t capacity, count;
};

struct sharing {
    struct rule_context *c;
    struct pool pool;
};

/* Cheap and coarse: logic_equal decides. */
static uint64_t coarse_hash(const struct logic *l)
{
    uint64_t h = hash_u64((uint64_t)l->kind * 31 + l->schema->count);
    for (uint32_t i = 0; i < l->input_count; i++)
        h = hash_combine(h, (uint64_t)(uintptr_t)l->inputs[i]);
    if (l->kind == LOGIC_SCAN) {
        const char *name = l->scan.table->identifier;
        h = hash_combine(h, hash_bytes(name, strlen(name), 0));
    }
    for (uint32_t i = 0; i < l->schema->count; i++)
        h = hash_combine(
            h, hash_bytes(l->schema->fields[i].name.p, l->schema->fields[i].name.n, 0));
    return h;
}

static void grow(struct sharing *s)
{
    struct pool old = s->pool;
    s->pool.capacity = old.capacity ? old.capacity * 2 : 128;
    s->pool.slots = ARENA_ARRAY(s->c->arena, const struct logic *, s->pool.capacity);
    for (size_t i = 0; i < old.capacity; i++) {
        if (!old.slots[i]) continue;
        size_t at = (size_t)coarse_hash(old.slots[i]) & (s->pool.capacity - 1);
        while (s->pool.slots[at]) at = (at + 1) & (s->pool.capacity - 1);
        s->pool.slots[at] = old.slots[i];
    }
}

static const struct logic *intern(struct sharing *s, const struct logic *l)
{
    if (s->pool.count * 2 >= s->pool.capacity) grow(s);
    size_t at = (size_t)coarse_hash(l) & (s->pool.capacity - 1);
    while (s->pool.slots[at]) {
        if (s->pool.slots[at] == l || logic_equal(s->pool.slots[at], l)) return s->pool.slots[at];
        at = (at + 1) & (s->pool.capacity - 1);
    }
    s->pool.slots[at] = l;
    s->pool.count++;
    return l;
}

void rule_share(struct rule_context *c, const struct logic **roots, uint32_t count)
{
    const struct logic **nodes;
    uint32_t n = rule_number(c, roots, count, &nodes);
    const struct logic **shared = ARENA_ARRAY(c->arena, const struct logic *, n + 1);
    struct sharing s = {.c = c};
    for (uint32_t i = 0; i < n; i++) {
        const struct logic *l = nodes[i];
        const struct logic **inputs =
            ARENA_ARRAY(c->arena, const struct logic *, l->input_count + 1);
        for (uint32_t k = 0; k < l->input_count; k++) inputs[k] = shared[l->inputs[k]->id];
        shared[i] = intern(&s, logic_with_inputs(c->arena, l, inputs));
    }
    for (uint32_t i = 0; i < count; i++) roots[i] = shared[roots[i]->id];
}
