#include "func/agg/agg_sequence.h"

#include "base/heap.h"
#include "base/mem.h"

static bool same(
    const struct agg_value_type *t, const struct sequence_item *item, const union agg_value *v)
{
    if (item->null || !v) return item->null && !v;
    return agg_value_compare(t, &item->value, v) == 0;
}

static bool drop(struct sequence_item *items, uint32_t *count, const struct agg_value_type *t,
    const union agg_value *v, struct heap *heap)
{
    for (uint32_t i = 0; i < *count; i++) {
        if (!same(t, &items[i], v)) continue;
        if (!items[i].null) agg_value_release(t, &items[i].value, heap);
        (*count)--;
        memmove(&items[i], &items[i + 1], (*count - i) * sizeof *items);
        return true;
    }
    return false;
}

static struct err *append(struct sequence_item **items, uint32_t *count, uint32_t *capacity,
    const struct agg_value_type *t, const union agg_value *v, struct heap *heap)
{
    if (*count == *capacity) {
        if (*count >= AGG_SEQUENCE_MAX)
            FAIL(ERR_LIMIT_EXCEEDED, "an aggregate has collected %d values of one group",
                AGG_SEQUENCE_MAX);
        uint32_t room = *capacity ? *capacity * 2 : 4;
        struct sequence_item *more = heap_take(heap, room * sizeof *more);
        if (!more) {
            struct mem_budget *budget = heap_budget(heap);
            if (budget) return mem_budget_fail(budget, room * sizeof *more);
            FAIL(ERR_OUT_OF_MEMORY, "no memory for aggregate state");
        }
        if (*count) memcpy(more, *items, *count * sizeof *more);
        if (*capacity) heap_give(heap, *items, *capacity * sizeof *more);
        *items = more;
        *capacity = room;
    }
    struct sequence_item item = {.null = !v};
    if (v) {
        item.value = *v;
        TRY(agg_value_keep(t, &item.value, heap));
    }
    (*items)[(*count)++] = item;
    return NULL;
}

struct err *agg_sequence_add(struct sequence *s, const struct agg_value_type *t,
    const union agg_value *v, bool retract, struct heap *heap)
{
    if (retract) {
        if (drop(s->items, &s->count, t, v, heap)) return NULL;
        return append(&s->debts, &s->debt_count, &s->debt_capacity, t, v, heap);
    }
    if (s->debt_count && drop(s->debts, &s->debt_count, t, v, heap)) return NULL;
    return append(&s->items, &s->count, &s->capacity, t, v, heap);
}

struct err *agg_sequence_merge(struct sequence *to, const struct sequence *from,
    const struct agg_value_type *t, struct heap *heap)
{
    for (uint32_t i = 0; i < from->count; i++) {
        const struct sequence_item *item = &from->items[i];
        TRY(agg_sequence_add(to, t, item->null ? NULL : &item->value, false, heap));
    }
    for (uint32_t i = 0; i < from->debt_count; i++) {
        const struct sequence_item *item = &from->debts[i];
        TRY(agg_sequence_add(to, t, item->null ? NULL : &item->value, true, heap));
    }
    return NULL;
}

static void release(struct sequence_item *items, uint32_t count, uint32_t capacity,
    const struct agg_value_type *t, struct heap *heap)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!items[i].null) agg_value_release(t, &items[i].value, heap);
    }
    if (capacity) heap_give(heap, items, capacity * sizeof *items);
}

void agg_sequence_free(struct sequence *s, const struct agg_value_type *t, struct heap *heap)
{
    release(s->items, s->count, s->capacity, t, heap);
    release(s->debts, s->debt_count, s->debt_capacity, t, heap);
    memset(s, 0, sizeof *s);
}

/* u32 values, u32 debts; each u8 1 and the value, or u8 0 for NULL. */
void agg_sequence_save(const struct sequence *s, const struct agg_value_type *t, struct buf *out)
{
    buf_add_u32(out, s->count);
    buf_add_u32(out, s->debt_count);
    for (uint32_t i = 0; i < s->count + s->debt_count; i++) {
        const struct sequence_item *item = i < s->count ? &s->items[i] : &s->debts[i - s->count];
        buf_add_u8(out, !item->null);
        if (!item->null) agg_value_save(t, &item->value, out);
    }
}

struct err *agg_sequence_load(
    struct sequence *s, const struct agg_value_type *t, struct reader *r, struct heap *heap)
{
    memset(s, 0, sizeof *s);
    uint32_t count, debts;
    TRY(reader_u32(r, &count));
    TRY(reader_u32(r, &debts));
    if (count > AGG_SEQUENCE_MAX || debts > AGG_SEQUENCE_MAX)
        FAIL(ERR_CORRUPT, "a stored aggregate has %u values", count);
    for (uint32_t i = 0; i < count + debts; i++) {
        uint8_t valid;
        union agg_value v;
        TRY(reader_u8(r, &valid));
        if (valid) TRY(agg_value_load(t, &v, r, heap));
        const union agg_value *item = valid ? &v : NULL;
        struct err *e = i < count
                            ? append(&s->items, &s->count, &s->capacity, t, item, heap)
                            : append(&s->debts, &s->debt_count, &s->debt_capacity, t, item, heap);
        if (valid) agg_value_release(t, &v, heap);
        TRY(e);
    }
    return NULL;
}
