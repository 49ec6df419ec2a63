#include "state/table_index.h"

#include <string.h>

#include "base/check.h"

enum {
    BUCKETS_MIN = 8,
    LOAD_EIGHTHS = 5, /* of the slots: 98 % of the keys are in their home bucket */
    /* Larger arrays lie on huge pages. */
    MAP_BYTES = 2 << 20,
    /* A smaller index moves at once, in some 50 us. */
    AT_ONCE_BUCKETS = 1 << 10,
    /* Moved with each new key otherwise. Doubling starts at 5/8 and has to end before 8/8: two
     * would do, four end it sooner and take 0.1 us. */
    STEP_BUCKETS = 4
};

static size_t side_bytes(const struct table_side *side)
{
    return ((size_t)side->mask + 1) * sizeof(struct bucket);
}

static void side_free(struct table_side *side, struct table_store *s)
{
    if (!side->buckets) return;
    if (side->memory)
        mem_free(side->memory);
    else
        mem_unmap(side->buckets, side_bytes(side));
    table_store_discharge(s, side_bytes(side));
    *side = (struct table_side){.mask = 0};
}

static struct err *side_new(struct table_side *side, size_t count, struct table_store *s)
{
    size_t bytes = count * sizeof(struct bucket);
    TRY(table_store_charge(s, bytes));
    bool mapped = bytes >= MAP_BYTES;
    void *memory = mapped ? mem_map(bytes) : mem_alloc(bytes + sizeof(struct bucket));
    if (!memory) {
        table_store_discharge(s, bytes);
        FAIL(ERR_OUT_OF_MEMORY, "the system has no %zu MiB for the index of a state table",
            bytes >> 20);
    }
    uintptr_t line = ((uintptr_t)memory + sizeof(struct bucket) - 1) / sizeof(struct bucket);
    side->buckets = (struct bucket *)(line * sizeof(struct bucket));
    side->mask = (uint32_t)(count - 1);
    side->memory = mapped ? NULL : memory;
    return NULL;
}

void table_index_deinit(struct table_index *x, struct table_store *s)
{
    side_free(&x->from, s);
    side_free(&x->to, s);
    *x = (struct table_index){.limit = 0};
}

void table_index_clear(struct table_index *x, struct table_store *s)
{
    if (!x->from.buckets) return;
    /* An index that moves at once stays as large as it is: local aggregation clears its table with
     * every batch, and growing it again costs more than zeroing 64 KiB. */
    if (x->to.buckets || x->from.mask + 1 > AT_ONCE_BUCKETS)
        table_index_deinit(x, s);
    else
        memset(x->from.buckets, 0, side_bytes(&x->from));
}

static void side_put(const struct table_side *side, uint32_t tag, uint32_t number)
{
    for (uint32_t at = tag & side->mask;; at = (at + 1) & side->mask) {
        struct bucket *b = &side->buckets[at];
        uint32_t free = table_index_match(b, 0);
        if (!free) continue;
        uint32_t slot = (uint32_t)__builtin_ctz(free);
        b->tags[slot] = tag;
        b->numbers[slot] = number;
        return;
    }
}

/* The slot of a full bucket that was freed must be filled by one that had passed the bucket, or a
 * search for that one would end here. The slot it leaves may need the same. */
static void side_erase(const struct table_side *side, uint32_t at, uint32_t slot)
{
    struct bucket *hole = &side->buckets[at];
    bool was_full = table_index_match(hole, 0) == 0;
    hole->tags[slot] = 0;
    for (uint32_t next = (at + 1) & side->mask; was_full; next = (next + 1) & side->mask) {
        struct bucket *b = &side->buckets[next];
        was_full = table_index_match(b, 0) == 0;
        for (uint32_t k = 0; k < BUCKET_SLOTS; k++) {
            uint32_t passed = (next - (b->tags[k] & side->mask)) & side->mask;
            if (b->tags[k] == 0 || passed < ((next - at) & side->mask)) continue;
            hole->tags[slot] = b->tags[k];
            hole->numbers[slot] = b->numbers[k];
            b->tags[k] = 0;
            hole = b;
            at = next;
            slot = k;
            break;
        }
    }
}

/* Moves all keys whose home is bucket `home`: they lie there and in what follows, up to the first
 * bucket that is not full. */
static void move_home(const struct table_side *from, const struct table_side *to, uint32_t home)
{
    bool full = true;
    for (uint32_t at = home; full; at = (at + 1) & from->mask) {
        struct bucket *b = &from->buckets[at];
        full = table_index_match(b, 0) == 0;
        for (uint32_t k = 0; k < BUCKET_SLOTS;) {
            if (b->tags[k] == 0 || (b->tags[k] & from->mask) != home) {
                k++;
                continue;
            }
            side_put(to, b->tags[k], b->numbers[k]);
            side_erase(from, at, k); /* may put another key of this home here */
        }
    }
}

static void move_some(struct table_index *x, struct table_store *s)
{
    size_t count = (size_t)x->from.mask + 1;
    size_t end = count <= AT_ONCE_BUCKETS ? count : (size_t)x->moved + STEP_BUCKETS;
    while (x->moved < end) move_home(&x->from, &x->to, x->moved++);
    if (x->moved < count) return;
    side_free(&x->from, s);
    x->from = x->to;
    x->to = (struct table_side){.mask = 0};
    x->moved = 0;
    x->limit = 2 * count * BUCKET_SLOTS * LOAD_EIGHTHS / 8;
}

struct err *table_index_room(struct table_index *x, struct table_store *s)
{
    if (!x->from.buckets) {
        TRY(side_new(&x->from, BUCKETS_MIN, s));
        x->limit = BUCKETS_MIN * BUCKET_SLOTS * LOAD_EIGHTHS / 8;
    }
    if (s->count >= x->limit && !x->to.buckets)
        TRY(side_new(&x->to, 2 * ((size_t)x->from.mask + 1), s));
    if (x->to.buckets) move_some(x, s);
    return NULL;
}

void table_index_put(struct table_index *x, uint32_t tag, uint32_t number)
{
    side_put(table_index_side(x, tag), tag, number);
}

void table_index_erase(
    struct table_index *x, const struct table_side *side, uint32_t at, uint32_t slot)
{
    ASSERT(side == &x->from || side == &x->to);
    side_erase(side, at, slot);
}
