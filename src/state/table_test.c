#include "state/table.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/heap.h"
#include "test.h"

enum { KEYS = 16000, BATCH = 200, KEY_BYTES_MAX = 64, DOUBLING = 1024 * 8 * 5 / 8 };

struct cell {
    uint32_t interval; /* the table's */
    uint64_t key;
    uint64_t hits;
};

/* One table under test beside a plain array. */
struct model {
    struct table *table;
    struct heap *heap;
    struct mem_budget budget;
    uint32_t width; /* of keys; 0: variable */
    uint32_t key_count;
    uint64_t hash_mask;  /* few bits make every probe collide */
    uint64_t hits[KEYS]; /* 0: absent */
    uint32_t count;
    char bytes[BATCH * KEY_BYTES_MAX];
    uint64_t hashes[BATCH];
    struct slice slices[BATCH];
    uint64_t numbers[BATCH];
    struct keys keys;
};

static struct slice write_key(const struct model *m, uint64_t number, char *at)
{
    size_t n = m->width ? m->width : 1 + number % KEY_BYTES_MAX;
    for (size_t i = 0; i < n; i++) at[i] = (char)(hash_u64(number) >> i % 8 * 8);
    if (!m->width && n > 8) memcpy(at, &number, 8);
    return (struct slice){at, n};
}

/* Distinct bytes for distinct numbers of one length: short variable keys are too few. */
static uint64_t pick(const struct model *m, uint64_t random)
{
    uint64_t number = random % m->key_count;
    while (!m->width && number % KEY_BYTES_MAX < 8) number = (number + 1) % m->key_count;
    return number;
}

static void fill_keys(struct model *m, uint64_t seed, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        m->numbers[i] = pick(m, hash_u64(seed * 1000 + i));
        char *at = m->bytes + (size_t)i * (m->width ? m->width : KEY_BYTES_MAX);
        m->slices[i] = write_key(m, m->numbers[i], at);
        m->hashes[i] = key_hash(m->slices[i]) & m->hash_mask;
    }
    m->keys = (struct keys){.count = count,
        .width_bytes = m->width,
        .bytes = (unsigned char *)m->bytes,
        .slices = m->width ? NULL : m->slices,
        .hashes = m->hashes};
}

static void check_upsert(struct model *m, uint64_t seed, uint32_t count)
{
    void *entries[BATCH];
    uint32_t created[BATCH], created_count, expected = 0;
    bool good = true;
    fill_keys(m, seed, count);
    struct err *e = table_upsert(m->table, &m->keys, entries, created, &created_count);
    CHECK(!e);
    for (uint32_t i = 0; i < count; i++) {
        struct cell *c = entries[i];
        if (m->hits[m->numbers[i]]++ == 0) {
            good &= expected < created_count && created[expected] == i;
            good &= c->key == 0 && c->hits == 0;
            c->key = m->numbers[i];
            expected++;
            m->count++;
        }
        c->hits++;
        good &= c->key == m->numbers[i] && c->hits == m->hits[m->numbers[i]];
        good &= slice_eq(table_key(m->table, c), m->slices[i]);
    }
    CHECK(good && expected == created_count && table_count(m->table) == m->count);
}

static void check_find(struct model *m, uint64_t seed, uint32_t count)
{
    void *entries[BATCH];
    bool good = true;
    fill_keys(m, seed, count);
    table_find(m->table, &m->keys, entries);
    for (uint32_t i = 0; i < count; i++) {
        const struct cell *c = entries[i];
        uint64_t hits = m->hits[m->numbers[i]];
        good &= hits ? c && c->hits == hits && c->key == m->numbers[i] : !c;
        good &= table_find_one(m->table, m->slices[i], m->hashes[i]) == c;
    }
    CHECK(good);
}

static void check_erase(struct model *m, uint64_t seed, uint32_t count)
{
    fill_keys(m, seed, count);
    for (uint32_t i = 0; i < count; i++) {
        void *entry = table_find_one(m->table, m->slices[i], m->hashes[i]);
        CHECK((entry != NULL) == (m->hits[m->numbers[i]] != 0));
        if (!entry) continue;
        /* The table finds the slot by the key's own hash. */
        if (m->hash_mask == UINT64_MAX) CHECK(table_hash(m->table, entry) == m->hashes[i]);
        table_erase(m->table, entry);
        m->hits[m->numbers[i]] = 0;
        m->count--;
    }
    CHECK(table_count(m->table) == m->count);
}

static void check_scan(struct model *m)
{
    uint64_t cursor = 0;
    uint32_t seen = 0;
    bool good = true;
    for (const struct cell *c; (c = table_next(m->table, &cursor)); seen++)
        good &= c->hits == m->hits[c->key];
    CHECK(good && seen == m->count);
}

static void run_model(uint32_t width, uint64_t hash_mask, uint32_t key_count, uint32_t value_bytes)
{
    static struct model m;
    m = (struct model){
        .width = width, .hash_mask = hash_mask, .key_count = key_count, .budget = {.name = "test"}};
    m.heap = heap_new(&m.budget);
    m.table = table_new(&(struct table_params){width, value_bytes, &m.budget, m.heap});
    uint32_t most = 0;
    for (uint64_t step = 0; step < 600; step++) {
        uint64_t h = hash_u64(step + width + key_count);
        /* Phases of growth and of decline, so that the slots see long runs and many holes. */
        bool growing = step < 200 || step / 30 % 2 == 0;
        /* Small steps where the index doubles by and by, so that it is met half-way often. */
        bool doubling = m.count > DOUBLING && m.count < DOUBLING + 400;
        uint32_t count = (uint32_t)(h >> 20) % (doubling ? 20 : BATCH) + 1;
        if (h % 4 < (growing ? 3 : 1))
            check_upsert(&m, h, count);
        else if (hash_mask == UINT64_MAX || width == 0)
            check_erase(&m, h, count);
        check_find(&m, h + 1, BATCH);
        most = m.count > most ? m.count : most;
        if (step % 20 == 0) check_scan(&m);
        if (step == 350) {
            table_clear(m.table);
            m.count = 0;
            memset(m.hits, 0, sizeof m.hits);
        }
    }
    CHECK(most > (key_count < KEYS - 1 ? key_count / 3 : DOUBLING + 400));
    table_free(m.table);
    heap_free(m.heap);
    CHECK(m.budget.used_bytes == 0);
}

static void fixed_keys_agree_with_an_array(void)
{
    run_model(8, UINT64_MAX, 3000, sizeof(struct cell));
    run_model(8, UINT64_MAX, KEYS, sizeof(struct cell));
    run_model(16, UINT64_MAX, KEYS, sizeof(struct cell) + 13);
    run_model(40, UINT64_MAX, 500, 5000);
}

static void variable_keys_agree_with_an_array(void)
{
    run_model(0, UINT64_MAX, KEYS, sizeof(struct cell));
}

/* Seven hash bits: long runs, equal tags of different keys, runs that wrap around the end. Then
 * homes that lie far apart, so that runs are long while the index doubles. */
static void colliding_hashes_agree_with_an_array(void)
{
    run_model(0, 127, 1000, sizeof(struct cell));
    run_model(16, UINT64_C(0xff0000000000007f), 1000, sizeof(struct cell));
    run_model(0, ~UINT64_C(63), KEYS, sizeof(struct cell));
    run_model(0, ~UINT64_C(7), KEYS - 1, sizeof(struct cell));
}

static void no_room_fails_and_leaves_the_table_as_it_was(void)
{
    static struct model m;
    m = (struct model){.width = 0, .hash_mask = UINT64_MAX, .key_count = KEYS};
    m.budget = (struct mem_budget){.name = "test", .limit_bytes = 60000};
    m.heap = heap_new(&m.budget);
    m.table = table_new(&(struct table_params){0, sizeof(struct cell), &m.budget, m.heap});
    void *entries[BATCH];
    uint32_t created[BATCH], created_count;
    bool failed = false;
    for (uint64_t step = 0; step < 100 && !failed; step++) {
        fill_keys(&m, step, BATCH);
        uint64_t before = table_count(m.table);
        struct err *e = table_upsert(m.table, &m.keys, entries, created, &created_count);
        if (e) {
            failed = true;
            CHECK(err_code(e) == ERR_OUT_OF_MEMORY && created_count == 0);
            CHECK(table_count(m.table) == before);
            err_free(e);
            continue;
        }
        for (uint32_t i = 0; i < BATCH; i++) {
            struct cell *c = entries[i];
            m.count += c->hits == 0;
            c->key = m.numbers[i];
            m.hits[c->key] = ++c->hits;
        }
    }
    CHECK(failed && m.budget.used_bytes <= 60000);
    check_scan(&m);
    for (uint64_t step = 0; step < 20; step++) check_find(&m, step, BATCH);
    table_free(m.table);
    heap_free(m.heap);
    CHECK(m.budget.used_bytes == 0);
}

static void entries_are_visited_in_order_of_creation_and_may_be_erased(void)
{
    struct mem_budget budget = {.name = "test"};
    struct table *t = table_new(&(struct table_params){8, sizeof(struct cell), &budget, NULL});
    for (uint64_t i = 0; i < 10000; i++) {
        void *entry;
        bool created;
        struct slice key = {(const char *)&i, 8};
        struct err *e = table_upsert_one(t, key, key_hash(key), &entry, &created);
        CHECK(!e && created);
        ((struct cell *)entry)->key = i;
    }
    uint64_t cursor = 0, expected = 0;
    for (struct cell *cell; (cell = table_next(t, &cursor)); expected++) {
        CHECK(cell->key == expected);
        if (cell->key % 3) table_erase(t, cell);
    }
    CHECK(expected == 10000 && table_count(t) == 3334);
    cursor = 0, expected = 0;
    for (const struct cell *cell; (cell = table_next(t, &cursor)); expected += 3)
        CHECK(cell->key == expected);
    CHECK(table_next(t, &cursor) == NULL);
    table_free(t);
}

/* Windows keep a table for each slice, idle jobs one for each operator. */
static void a_small_table_costs_little(void)
{
    struct mem_budget budget = {.name = "test"};
    struct table *t = table_new(&(struct table_params){8, 40, &budget, NULL});
    CHECK(budget.used_bytes == 0);
    for (uint64_t i = 0; i < 50; i++) {
        void *entry;
        bool created;
        struct slice key = {(const char *)&i, 8};
        struct err *e = table_upsert_one(t, key, key_hash(key), &entry, &created);
        CHECK(!e && created && (uintptr_t)entry % 8 == 0);
    }
    CHECK(budget.used_bytes < 6000);
    table_clear(t);
    CHECK(budget.used_bytes < 6000 && table_count(t) == 0);
    table_free(t);
    CHECK(budget.used_bytes == 0);
}

int main(void)
{
    TEST_RUN(fixed_keys_agree_with_an_array);
    TEST_RUN(variable_keys_agree_with_an_array);
    TEST_RUN(colliding_hashes_agree_with_an_array);
    TEST_RUN(no_room_fails_and_leaves_the_table_as_it_was);
    TEST_RUN(entries_are_visited_in_order_of_creation_and_may_be_erased);
    TEST_RUN(a_small_table_costs_little);
    return TEST_END();
}
