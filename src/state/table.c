#include "state/table.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "base/check.h"
#include "base/hash.h"
#include "base/heap.h"
#include "state/table_changes.h"
#include "state/table_index.h"
#include "vec/bitmap.h"

/* table_index finds the entry number of a key, table_store holds the entries.
 * Entry: the key, then the value part. A fixed key is its bytes; a variable one is a var_key. The
 * first four bytes of the value part say in which interval between snapshots it was last upserted:
 * only the first change of an interval touches the bitmap of what has changed. */
enum {
    PREFETCH_BYTES = 256 << 10, /* smaller tables are found in L2 without being asked for */
    BLOCK_ROWS = 64,            /* asked for at a time: more than memory answers in parallel */
    VAR_INLINE_MAX = 20
};
/* Not far from where the number of intervals wraps, so that tests see that too. */
static const uint32_t FIRST_INTERVAL = UINT32_MAX - 50;

struct var_key {
    uint64_t hash;
    uint32_t size;
    char head[4]; /* keys of up to VAR_INLINE_MAX bytes: these and the rest */
    union {
        char rest[16];
        char *p; /* owned, in the heap */
    };
};
_Static_assert(sizeof(struct var_key) == 32, "value parts follow");

struct table {
    struct table_store store;
    struct table_index index;
    struct table_changes changes;
    uint32_t key_width;
    uint32_t value_at; /* offset of the value part */
    uint32_t value_bytes;
    uint32_t interval; /* number of the time since the last snapshot */
    struct heap *heap;
    uint32_t *scratch; /* rows created by the current call when the caller gave no list */
    uint32_t scratch_capacity;
};

struct table *table_new(const struct table_params *params)
{
    ASSERT(params->key_width_bytes % 8 == 0 && (params->key_width_bytes || params->heap));
    struct table *t = mem_alloc(sizeof *t);
    t->key_width = params->key_width_bytes;
    t->value_at = t->key_width ? t->key_width : (uint32_t)sizeof(struct var_key);
    t->value_bytes = (params->entry_bytes + 7) & ~7U;
    t->interval = FIRST_INTERVAL;
    t->heap = params->heap;
    uint32_t entry_bytes = t->value_at + t->value_bytes;
    /* Entries that nearly fill a cache line, or half of one, never straddle two. */
    if (entry_bytes == 56) entry_bytes = 64;
    table_store_init(&t->store, entry_bytes, params->budget);
    table_changes_reset(&t->changes, &t->store);
    return t;
}

static void give_key(struct table *t, unsigned char *entry)
{
    const struct var_key *k = (const struct var_key *)(void *)entry;
    if (t->key_width == 0 && k->size > VAR_INLINE_MAX) heap_give(t->heap, k->p, k->size);
}

static void give_keys(struct table *t)
{
    if (t->key_width) return;
    for (uint32_t n = table_store_next(&t->store, 0); n != UINT32_MAX;
         n = table_store_next(&t->store, n + 1))
        give_key(t, table_store_at(&t->store, n));
}

void table_free(struct table *t)
{
    if (!t) return;
    give_keys(t);
    table_changes_reset(&t->changes, &t->store);
    table_index_deinit(&t->index, &t->store);
    table_store_deinit(&t->store);
    mem_free(t->scratch);
    mem_free(t);
}

void table_clear(struct table *t)
{
    give_keys(t);
    table_changes_reset(&t->changes, &t->store);
    table_store_clear(&t->store);
    table_index_clear(&t->index, &t->store);
}

uint64_t table_count(const struct table *t)
{
    return t->store.count;
}

/* ---- keys ---- */

static inline const char *var_bytes(const struct var_key *k)
{
    return k->size <= VAR_INLINE_MAX ? k->head : k->p;
}

/* `width` is a constant where this is inlined into a loop; 0: variable. */
static inline __attribute__((always_inline)) bool key_equals(
    const unsigned char *entry, const char *key, uint32_t size, uint64_t hash, uint32_t width)
{
    if (width == 8 || width == 16) return memcmp(entry, key, width) == 0;
    if (width) return memcmp(entry, key, size) == 0;
    const struct var_key *k = (const struct var_key *)(const void *)entry;
    return k->hash == hash && k->size == size && memcmp(var_bytes(k), key, size) == 0;
}

static struct err *set_key(struct table *t, unsigned char *entry, struct slice key, uint64_t hash)
{
    if (t->key_width) {
        memcpy(entry, key.p, t->key_width);
        return NULL;
    }
    struct var_key k = {.hash = hash, .size = (uint32_t)key.n};
    ASSERT(key.n <= UINT32_MAX);
    if (key.n <= VAR_INLINE_MAX) {
        memcpy(entry, &k, sizeof k);
        memcpy(entry + offsetof(struct var_key, head), key.p, key.n);
        return NULL;
    }
    k.p = heap_take(t->heap, key.n);
    if (!k.p) {
        struct mem_budget *budget = heap_budget(t->heap);
        if (budget) return mem_budget_fail(budget, key.n);
        FAIL(ERR_OUT_OF_MEMORY, "the system has no room for a key of %zu bytes", key.n);
    }
    memcpy(k.p, key.p, key.n);
    memcpy(entry, &k, sizeof k);
    return NULL;
}

struct slice table_key(const struct table *t, const void *entry)
{
    const unsigned char *start = (const unsigned char *)entry - t->value_at;
    if (t->key_width) return (struct slice){(const char *)start, t->key_width};
    const struct var_key *k = (const struct var_key *)(const void *)start;
    return (struct slice){var_bytes(k), k->size};
}

uint64_t table_hash(const struct table *t, const void *entry)
{
    if (t->key_width) return key_hash(table_key(t, entry));
    const unsigned char *start = (const unsigned char *)entry - t->value_at;
    return ((const struct var_key *)(const void *)start)->hash;
}

/* ---- probing ---- */

static inline const struct bucket *home_bucket(const struct table *t, uint32_t tag)
{
    const struct table_side *side = table_index_side(&t->index, tag);
    return &side->buckets[tag & side->mask];
}

/* The entry in the home bucket that has the same tag; NULL: none. */
static inline unsigned char *first_candidate(const struct table *t, uint64_t hash)
{
    uint32_t tag = table_index_tag(hash);
    const struct bucket *b = home_bucket(t, tag);
    uint32_t found = table_index_match(b, tag);
    if (__builtin_expect(!found, 0)) return NULL;
    return table_store_at(&t->store, b->numbers[__builtin_ctz(found)]);
}

static unsigned char *find_entry(const struct table *t, struct slice key, uint64_t hash)
{
    uint32_t tag = table_index_tag(hash);
    const struct table_side *side = table_index_side(&t->index, tag);
    for (uint32_t at = tag & side->mask;; at = (at + 1) & side->mask) {
        const struct bucket *b = &side->buckets[at];
        for (uint32_t found = table_index_match(b, tag); found; found &= found - 1) {
            unsigned char *entry = table_store_at(&t->store, b->numbers[__builtin_ctz(found)]);
            if (key_equals(entry, key.p, (uint32_t)key.n, hash, t->key_width)) return entry;
        }
        if (table_index_match(b, 0)) return NULL;
    }
}

struct slot {
    const struct table_side *side;
    uint32_t bucket;
    uint32_t at;
};

/* An entry does not know its number; the slot on its hash's way that leads to it does. */
static struct slot slot_of(const struct table *t, const unsigned char *entry, uint64_t hash)
{
    uint32_t tag = table_index_tag(hash);
    const struct table_side *side = table_index_side(&t->index, tag);
    for (uint32_t at = tag & side->mask;; at = (at + 1) & side->mask) {
        const struct bucket *b = &side->buckets[at];
        for (uint32_t found = table_index_match(b, tag); found; found &= found - 1) {
            uint32_t slot = (uint32_t)__builtin_ctz(found);
            if (table_store_at(&t->store, b->numbers[slot]) == entry)
                return (struct slot){side, at, slot};
        }
        ASSERT(table_index_match(b, 0) == 0); /* else the entry is not in this table */
    }
}

/* The interval in which an entry was last upserted. */
static inline uint32_t *interval_of(const struct table *t, unsigned char *entry)
{
    return (uint32_t *)(void *)(entry + t->value_at);
}

static struct err *insert(struct table *t, struct slice key, uint64_t hash, unsigned char **entry)
{
    uint32_t number;
    TRY(table_index_room(&t->index, &t->store));
    TRY(table_store_take(&t->store, &number));
    unsigned char *place = table_store_at(&t->store, number);
    struct err *e = set_key(t, place, key, hash);
    if (e) {
        table_store_give(&t->store, number);
        return e;
    }
    memset(place + t->value_at, 0, t->value_bytes);
    *interval_of(t, place) = t->interval;
    table_index_put(&t->index, table_index_tag(hash), number);
    *entry = place;
    return NULL;
}

static void ask_for_buckets(const struct table *t, const uint64_t *hashes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        __builtin_prefetch(home_bucket(t, table_index_tag(hashes[i])), 0, 3);
}

#ifdef __x86_64__
/* The same as the loop below with half the instructions: one comparison for the eight tags. */
__attribute__((target("avx2,bmi,bmi2"))) static void find_candidates_avx2(
    const struct table *t, const uint64_t *hashes, uint32_t count, void **entries)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t tag = table_index_tag(hashes[i]);
        const struct bucket *b = home_bucket(t, tag);
        __m256i tags = _mm256_load_si256((const __m256i *)(const void *)b->tags);
        __m256i same = _mm256_cmpeq_epi32(tags, _mm256_set1_epi32((int)tag));
        uint32_t found = (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(same));
        entries[i] = NULL;
        if (__builtin_expect(found, 1))
            entries[i] = table_store_at(&t->store, b->numbers[__builtin_ctz(found)]);
    }
}
#endif

static void find_candidates(
    const struct table *t, const uint64_t *hashes, uint32_t count, void **entries)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2")) {
        find_candidates_avx2(t, hashes, count, entries);
        return;
    }
#endif
    for (uint32_t i = 0; i < count; i++) entries[i] = first_candidate(t, hashes[i]);
}

/* The first two lines of every entry; a candidate may be NULL, then nothing is fetched. */
static void ask_for_entries(const struct table *t, void *const *entries, uint32_t count)
{
    uint32_t last = t->store.entry_bytes < 128 ? t->store.entry_bytes - 1 : 127;
    for (uint32_t i = 0; i < count; i++) {
        uintptr_t entry = (uintptr_t)entries[i];
        __builtin_prefetch((const void *)entry, 1, 3);
        __builtin_prefetch((const void *)(entry + last), 1, 3);
    }
}

/* Takes back the entries that a failed call has made. */
static void undo(struct table *t, void **entries, const uint32_t *rows, uint32_t count)
{
    while (count > 0) table_erase(t, entries[rows[--count]]);
}

/* Rows of one call, and what has come of them. */
struct work {
    const struct keys *keys;
    void **entries;
    uint32_t *created; /* NULL: absent keys stay absent */
    uint32_t created_count;
};

/* Once an interval for each entry that changes: the way to its number may be longer. */
static __attribute__((noinline)) void note_change(
    struct table *t, unsigned char *entry, uint64_t hash)
{
    struct slot slot = slot_of(t, entry, hash);
    bitmap_set(t->store.changed, slot.side->buckets[slot.bucket].numbers[slot.at]);
    *interval_of(t, entry) = t->interval;
}

/* Asks the entry, whose line the caller is going to write to, and not the bitmap. */
static inline void mark(struct table *t, unsigned char *entry, uint64_t hash)
{
    if (__builtin_expect(*interval_of(t, entry) != t->interval, 0)) note_change(t, entry, hash);
}

/* Turns the candidates of rows first .. end - 1 into value parts. Rows whose candidate has another
 * key are searched for once more, and made if `created` is not NULL. */
static inline __attribute__((always_inline)) struct err *resolve(
    struct table *t, struct work *w, uint32_t first, uint32_t end, uint32_t width)
{
    const struct keys *keys = w->keys;
    const bool marks = w->created && t->store.changed;
    for (uint32_t i = first; i < end; i++) {
        unsigned char *entry = w->entries[i];
        uint64_t hash = keys->hashes[i];
        const char *key = width ? (const char *)keys->bytes + (size_t)i * width : keys->slices[i].p;
        uint32_t size = width ? width : (uint32_t)keys->slices[i].n;
        if (__builtin_expect(!entry || !key_equals(entry, key, size, hash, width), 0)) {
            struct slice slice = {key, size};
            entry = find_entry(t, slice, hash);
            if (!entry && w->created) {
                TRY(insert(t, slice, hash, &entry));
                w->created[w->created_count++] = i;
            }
        }
        if (marks) mark(t, entry, hash);
        w->entries[i] = entry ? entry + t->value_at : NULL;
    }
    return NULL;
}

static struct err *resolve_any(struct table *t, struct work *w, uint32_t first, uint32_t end)
{
    switch (t->key_width) {
    case 0: return resolve(t, w, first, end, 0);
    case 8: return resolve(t, w, first, end, 8);
    case 16: return resolve(t, w, first, end, 16);
    default: return resolve(t, w, first, end, t->key_width);
    }
}

static uint32_t block_at(uint32_t first, uint32_t count)
{
    return count - first < BLOCK_ROWS ? count - first : BLOCK_ROWS;
}

/* Block by block. In a large table the buckets of the next block and the entries of this one are on
 * their way while the block before is compared, so that misses overlap. */
static struct err *run(struct table *t, struct work *w)
{
    uint32_t count = w->keys->count, before = 0;
    const uint64_t *hashes = w->keys->hashes;
    if (t->store.charged_bytes < PREFETCH_BYTES) {
        find_candidates(t, hashes, count, w->entries);
        return resolve_any(t, w, 0, count);
    }
    ask_for_buckets(t, hashes, block_at(0, count));
    for (uint32_t first = 0, n; first < count; first += n) {
        n = block_at(first, count);
        ask_for_buckets(t, hashes + first + n, block_at(first + n, count));
        find_candidates(t, hashes + first, n, w->entries + first);
        ask_for_entries(t, w->entries + first, n);
        TRY(resolve_any(t, w, before, first));
        before = first;
    }
    return resolve_any(t, w, before, count);
}

static uint32_t *scratch_rows(struct table *t, uint32_t count)
{
    if (count > t->scratch_capacity) {
        t->scratch = mem_realloc(t->scratch, count * sizeof *t->scratch);
        t->scratch_capacity = count;
    }
    return t->scratch;
}

struct err *table_upsert(struct table *t, const struct keys *keys, void **entries,
    uint32_t *created, uint32_t *created_count)
{
    ASSERT(keys->width_bytes == t->key_width);
    struct work w = {keys, entries, created ? created : scratch_rows(t, keys->count), 0};
    if (!t->index.from.buckets) TRY(table_index_room(&t->index, &t->store));
    struct err *e = run(t, &w);
    if (e) undo(t, entries, w.created, w.created_count);
    if (created) *created_count = e ? 0 : w.created_count;
    return e;
}

void table_find(struct table *t, const struct keys *keys, void **entries)
{
    ASSERT(keys->width_bytes == t->key_width);
    if (!t->index.from.buckets) {
        for (uint32_t i = 0; i < keys->count; i++) entries[i] = NULL;
        return;
    }
    struct err *e = run(t, &(struct work){keys, entries, NULL, 0});
    ASSERT(!e);
}

struct err *table_upsert_one(
    struct table *t, struct slice key, uint64_t hash, void **entry, bool *created)
{
    ASSERT(t->key_width == 0 || key.n == t->key_width);
    if (!t->index.from.buckets) TRY(table_index_room(&t->index, &t->store));
    unsigned char *found = find_entry(t, key, hash);
    *created = found == NULL;
    if (!found) TRY(insert(t, key, hash, &found));
    if (t->store.changed) mark(t, found, hash);
    *entry = found + t->value_at;
    return NULL;
}

void *table_find_one(struct table *t, struct slice key, uint64_t hash)
{
    ASSERT(t->key_width == 0 || key.n == t->key_width);
    unsigned char *entry = t->index.from.buckets ? find_entry(t, key, hash) : NULL;
    return entry ? entry + t->value_at : NULL;
}

static void erase(struct table *t, void *entry, bool noted)
{
    unsigned char *start = (unsigned char *)entry - t->value_at;
    struct slot slot = slot_of(t, start, table_hash(t, entry));
    uint32_t number = slot.side->buckets[slot.bucket].numbers[slot.at];
    table_index_erase(&t->index, slot.side, slot.bucket, slot.at);
    if (noted) table_changes_erase(&t->changes, &t->store, number, table_key(t, entry));
    give_key(t, start);
    table_store_give(&t->store, number);
}

void table_erase(struct table *t, void *entry)
{
    erase(t, entry, true);
}

void table_forget(struct table *t, void *entry)
{
    erase(t, entry, false);
}

void *table_next(struct table *t, uint64_t *cursor)
{
    if (*cursor >= UINT32_MAX) return NULL;
    uint32_t number = table_store_next(&t->store, (uint32_t)*cursor);
    *cursor = number == UINT32_MAX ? UINT32_MAX : (uint64_t)number + 1;
    return number == UINT32_MAX ? NULL : table_store_at(&t->store, number) + t->value_at;
}

/* ---- snapshots ---- */

bool table_knows_changes(const struct table *t)
{
    return !t->changes.lost;
}

void table_snapshot_begin(struct table *t, uint64_t id, bool changes, struct table_snapshot *out)
{
    table_changes_begin(&t->changes, &t->store, id, changes, out);
}

bool table_snapshot_erased(const struct table *t, size_t *cursor, struct slice *key)
{
    const struct buf *erased = &t->changes.erased;
    uint32_t size;
    if (*cursor >= erased->n) return false;
    memcpy(&size, erased->p + *cursor, sizeof size);
    *key = (struct slice){erased->p + *cursor + sizeof size, size};
    *cursor += sizeof size + size;
    return true;
}

uint32_t table_snapshot_next(struct table *t, struct table_snapshot *s, void **entries)
{
    uint32_t numbers[TABLE_SNAPSHOT_ENTRIES];
    uint32_t count = table_changes_next(&t->store, s, numbers);
    for (uint32_t i = 0; i < count; i++)
        entries[i] = table_store_at(&t->store, numbers[i]) + t->value_at;
    return count;
}

/* Intervals are numbered anew; what the entries hold of the old ones must not be taken for these.
 */
static void begin_again(struct table *t)
{
    t->interval = 1;
    for (uint32_t n = table_store_next(&t->store, 0); n != UINT32_MAX;
         n = table_store_next(&t->store, n + 1))
        *interval_of(t, table_store_at(&t->store, n)) = 0;
}

void table_snapshot_end(struct table *t, const struct table_snapshot *s)
{
    table_changes_end(&t->changes, &t->store, s);
    if (++t->interval == 0) begin_again(t);
}
