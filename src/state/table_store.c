#include "state/table_store.h"

#include <string.h>

#include "base/check.h"
#include "vec/bitmap.h"

enum {
    LINE_BYTES = 64,
    FIRST_STEP_BYTES = 4 << 10, /* charged for an almost empty table */
    SINGLE_CHUNKS = 32,         /* about 2 MiB: from here on regions with huge pages pay */
    REGION_BYTES_MIN = 2 << 20,
    REGION_BYTES_MAX = 64 << 20
};

void table_store_init(struct table_store *s, uint32_t entry_bytes, struct mem_budget *budget)
{
    ASSERT(entry_bytes >= 8 && entry_bytes % 8 == 0);
    *s = (struct table_store){.budget = budget, .entry_bytes = entry_bytes};
    while ((size_t)entry_bytes << (s->chunk_shift + 1) <= TABLE_CHUNK_BYTES) s->chunk_shift++;
}

static size_t chunk_bytes(const struct table_store *s)
{
    return (size_t)s->entry_bytes << s->chunk_shift;
}

struct err *table_store_charge(struct table_store *s, size_t bytes)
{
    if (!mem_budget_take(s->budget, bytes)) return mem_budget_fail(s->budget, bytes);
    s->charged_bytes += bytes;
    return NULL;
}

void table_store_discharge(struct table_store *s, size_t bytes)
{
    ASSERT(s->charged_bytes >= bytes);
    s->charged_bytes -= bytes;
    mem_budget_give(s->budget, bytes);
}

static void region_free(const struct table_region *r)
{
    if (r->mapped)
        mem_unmap(r->memory, r->size_bytes);
    else
        mem_free(r->memory);
}

void table_store_deinit(struct table_store *s)
{
    for (uint32_t i = 0; i < s->region_count; i++) region_free(&s->regions[i]);
    mem_free(s->regions);
    mem_free(s->chunks);
    mem_free(s->live);
    table_store_untrack(s);
    table_store_discharge(s, s->charged_bytes);
    *s = (struct table_store){.entry_bytes = s->entry_bytes};
}

/* What paid numbers cost: their entries and a bit in each of three bitmaps. */
static size_t cost_bytes(const struct table_store *s, uint32_t entries)
{
    return (size_t)entries * s->entry_bytes + entries / 8 * 3;
}

static uint32_t first_step(const struct table_store *s)
{
    uint32_t entries = FIRST_STEP_BYTES / s->entry_bytes, all = UINT32_C(1) << s->chunk_shift;
    return entries == 0 ? 1 : entries < all ? entries : all;
}

void table_store_clear(struct table_store *s)
{
    if (s->paid == 0) return;
    while (s->region_count > 1) region_free(&s->regions[--s->region_count]);
    s->chunk_count = 1;
    uint32_t keep = s->paid < first_step(s) ? s->paid : first_step(s);
    table_store_discharge(s, cost_bytes(s, s->paid) - cost_bytes(s, keep));
    s->paid = keep;
    s->used = s->free_head = 0;
    s->count = 0;
    memset(s->live, 0, s->live_words * sizeof *s->live);
}

static void push_chunk(struct table_store *s, unsigned char *p)
{
    if (s->chunk_count == s->chunk_capacity) {
        s->chunk_capacity = s->chunk_capacity ? 2 * s->chunk_capacity : 4;
        s->chunks = mem_realloc(s->chunks, s->chunk_capacity * sizeof *s->chunks);
    }
    s->chunks[s->chunk_count++] = p;
}

static void push_region(struct table_store *s, struct table_region r)
{
    if (s->region_count == s->region_capacity) {
        s->region_capacity = s->region_capacity ? 2 * s->region_capacity : 4;
        s->regions = mem_realloc(s->regions, s->region_capacity * sizeof *s->regions);
    }
    s->regions[s->region_count++] = r;
}

/* Regions are a quarter of what is there, so that a table of gigabytes takes few system calls and
 * one of megabytes does not reserve much; their pages are the system's until they are written. */
static struct err *add_region(struct table_store *s)
{
    size_t one = chunk_bytes(s), chunks = 1;
    if (s->chunk_count >= SINGLE_CHUNKS) {
        size_t bytes = one * s->chunk_count / 4;
        if (bytes < REGION_BYTES_MIN) bytes = REGION_BYTES_MIN;
        if (bytes > REGION_BYTES_MAX) bytes = REGION_BYTES_MAX;
        chunks = bytes / one;
        if (chunks * one < REGION_BYTES_MIN) chunks++;
    }
    bool mapped = chunks > 1;
    struct table_region r = {.size_bytes = chunks * one + (mapped ? 0 : LINE_BYTES)};
    r.mapped = mapped;
    r.memory = mapped ? mem_map(r.size_bytes) : mem_realloc(NULL, r.size_bytes);
    if (!r.memory)
        FAIL(ERR_OUT_OF_MEMORY, "the system has no %zu MiB for state", r.size_bytes >> 20);
    push_region(s, r);
    unsigned char *p = r.memory;
    p += (LINE_BYTES - (uintptr_t)p % LINE_BYTES) % LINE_BYTES;
    for (size_t i = 0; i < chunks; i++) push_chunk(s, p + i * one);
    return NULL;
}

static void grow_bitmap(const struct table_store *s, uint64_t **bits, size_t words)
{
    *bits = mem_realloc(*bits, words * sizeof **bits);
    memset(*bits + s->live_words, 0, (words - s->live_words) * sizeof **bits);
}

static void grow_bitmaps(struct table_store *s)
{
    size_t words = bitmap_words(s->paid);
    if (words <= s->live_words) return;
    if (words < 2 * s->live_words) words = 2 * s->live_words;
    grow_bitmap(s, &s->live, words);
    if (s->changed) grow_bitmap(s, &s->changed, words);
    if (s->stored) grow_bitmap(s, &s->stored, words);
    s->live_words = words;
}

/* Pays for more numbers: up to the double within the first chunk, then one chunk more. */
static struct err *pay(struct table_store *s)
{
    uint32_t per_chunk = UINT32_C(1) << s->chunk_shift, more = per_chunk;
    if (s->paid >= TABLE_ENTRIES_MAX)
        FAIL(ERR_LIMIT_EXCEEDED, "a state table holds %u keys, the most it can", s->paid);
    if (s->paid < per_chunk) {
        more = s->paid ? s->paid : first_step(s);
        if (more > per_chunk - s->paid) more = per_chunk - s->paid;
    }
    size_t cost = cost_bytes(s, s->paid + more) - cost_bytes(s, s->paid);
    TRY(table_store_charge(s, cost));
    if (s->paid + more > (uint64_t)s->chunk_count << s->chunk_shift) {
        struct err *e = add_region(s);
        if (e) {
            table_store_discharge(s, cost);
            return e;
        }
    }
    s->paid += more;
    grow_bitmaps(s);
    return NULL;
}

struct err *table_store_take(struct table_store *s, uint32_t *number)
{
    if (s->free_head) {
        *number = s->free_head - 1;
        memcpy(&s->free_head, table_store_at(s, *number), sizeof s->free_head);
    } else {
        if (s->used == s->paid) TRY(pay(s));
        *number = s->used++;
    }
    bitmap_set(s->live, *number);
    if (s->changed) bitmap_set(s->changed, *number);
    s->count++;
    return NULL;
}

void table_store_give(struct table_store *s, uint32_t number)
{
    ASSERT(number < s->used && bitmap_get(s->live, number));
    memcpy(table_store_at(s, number), &s->free_head, sizeof s->free_head);
    s->free_head = number + 1;
    bitmap_unset(s->live, number);
    if (s->stored) bitmap_unset(s->stored, number);
    s->count--;
}

void table_store_track(struct table_store *s)
{
    size_t bytes = s->live_words * sizeof *s->live;
    if (!s->changed) {
        s->changed = mem_alloc(bytes);
        s->stored = mem_alloc(bytes);
    }
    memset(s->changed, 0, bytes);
    if (bytes) memcpy(s->stored, s->live, bytes);
}

void table_store_untrack(struct table_store *s)
{
    mem_free(s->changed);
    mem_free(s->stored);
    s->changed = s->stored = NULL;
}

uint32_t table_store_next(const struct table_store *s, uint32_t from)
{
    if (from >= s->used) return UINT32_MAX;
    size_t at = from >> 6, end = bitmap_words(s->used);
    uint64_t word = s->live[at] & ~bitmap_low(from & 63);
    while (word == 0) {
        if (++at == end) return UINT32_MAX;
        word = s->live[at];
    }
    return (uint32_t)(at * 64) + (uint32_t)__builtin_ctzll(word);
}
