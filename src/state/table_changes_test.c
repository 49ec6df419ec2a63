/* A table whose snapshots hold changes only, against a plain array: whatever happens in between,
 * the parts from first_id on give back what was there. */
#include "base/hash.h"
#include "base/heap.h"
#include "base/mem.h"
#include "state/snapshot.h"
#include "state/table.h"
#include "test.h"

enum { KEYS_MAX = 6000, PARTS_MAX = 200, BATCH = 64, GROUPS = 128 };

struct cell {
    uint32_t interval; /* the table's */
    uint64_t value;
};

struct model {
    uint64_t seed;
    uint32_t width;
    uint32_t key_count;
    struct heap *heap;
    struct mem_budget budget;
    struct table *table;
    uint64_t values[KEYS_MAX];             /* 0: absent */
    uint64_t stored[KEYS_MAX];             /* as of the last snapshot */
    struct snapshot_part parts[PARTS_MAX]; /* those that are still needed, oldest first */
    uint32_t part_count;
    uint64_t id;
    bool complete; /* the next one must be */
    uint64_t written, changed_parts, part_count_max;
};

static uint32_t chance(struct model *m, uint32_t below)
{
    m->seed = hash_u64(m->seed + 1);
    return (uint32_t)((m->seed >> 11) % below);
}

static struct slice key_of(const struct model *m, uint32_t number, char bytes[40])
{
    memset(bytes, 'k', 40);
    memcpy(bytes, &number, sizeof number);
    return (struct slice){bytes, m->width ? m->width : 5 + number % 35};
}

static void open_table(struct model *m)
{
    m->heap = heap_new(&m->budget);
    m->table =
        table_new(&(struct table_params){m->width, sizeof(struct cell), &m->budget, m->heap});
}

static void close_table(struct model *m)
{
    table_free(m->table);
    heap_free(m->heap);
    CHECK(m->budget.used_bytes == 0);
}

static void upsert_one(struct model *m, uint32_t number, uint64_t value)
{
    char bytes[40];
    struct slice key = key_of(m, number, bytes);
    void *entry;
    bool created;
    CHECK(!table_upsert_one(m->table, key, key_hash(key), &entry, &created));
    CHECK(created == (m->values[number] == 0));
    ((struct cell *)entry)->value = m->values[number] = value;
}

/* Keys next to each other or all over. */
static void upsert_batch(struct model *m)
{
    static char bytes[BATCH][40];
    unsigned char fixed[BATCH * 8];
    struct slice slices[BATCH];
    uint64_t hashes[BATCH];
    uint32_t numbers[BATCH], first = chance(m, m->key_count);
    bool near = chance(m, 2);
    void *entries[BATCH];
    for (uint32_t i = 0; i < BATCH; i++) {
        numbers[i] = near ? (first + i) % m->key_count : chance(m, m->key_count);
        slices[i] = key_of(m, numbers[i], bytes[i]);
        hashes[i] = key_hash(slices[i]);
        if (m->width) memcpy(fixed + (size_t)i * 8, slices[i].p, 8);
    }
    struct keys keys = {BATCH, m->width, fixed, slices, hashes, 0, 0};
    CHECK(!table_upsert(m->table, &keys, entries, NULL, NULL));
    for (uint32_t i = 0; i < BATCH; i++)
        ((struct cell *)entries[i])->value = m->values[numbers[i]] = chance(m, 1000000) + 1;
}

static void erase_some(struct model *m, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t number = chance(m, m->key_count);
        char bytes[40];
        struct slice key = key_of(m, number, bytes);
        void *entry = table_find_one(m->table, key, key_hash(key));
        CHECK((entry != NULL) == (m->values[number] != 0));
        if (entry) table_erase(m->table, entry);
        m->values[number] = 0;
    }
}

/* ---- snapshots ---- */

static uint64_t write_table(struct model *m, struct snapshot_writer *w, bool changes)
{
    struct table_snapshot s;
    void *entries[TABLE_SNAPSHOT_ENTRIES];
    uint64_t written = 0;
    table_snapshot_begin(m->table, m->id, changes && table_knows_changes(m->table), &s);
    CHECK(!(changes && table_knows_changes(m->table)) ? s.all : true);
    if (!s.all) snapshot_changes(w, "state", s.previous_id, s.first_id);
    struct slice key;
    for (size_t at = 0; changes && table_snapshot_erased(m->table, &at, &key);)
        snapshot_erase(w, "state", SLICE(""), key);
    for (uint32_t n; (n = table_snapshot_next(m->table, &s, entries)); written += n)
        for (uint32_t i = 0; i < n; i++)
            snapshot_put(w, "state", key_group_of(table_hash(m->table, entries[i]), GROUPS),
                table_key(m->table, entries[i]),
                (struct slice){(const char *)&((struct cell *)entries[i])->value, 8});
    CHECK(written == s.entries);
    table_snapshot_end(m->table, &s);
    m->changed_parts += !s.all;
    return written;
}

static void drop_parts(struct model *m, uint64_t before_id)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->part_count; i++) {
        if (m->parts[i].checkpoint_id < before_id)
            mem_free(m->parts[i].bytes);
        else
            m->parts[n++] = m->parts[i];
    }
    m->part_count = n;
}

/* `lost`: the part gets nowhere, as when a checkpoint is aborted. */
static void take_snapshot(struct model *m, bool changes, bool lost)
{
    struct snapshot_part part;
    m->id += 1 + chance(m, 3);
    changes &= !m->complete;
    struct snapshot_writer *w = snapshot_writer_new(&(struct snapshot_writer_params){
        .max_bytes = 1 << 24, .task = 3, .checkpoint_id = m->id, .changes = changes});
    snapshot_begin_op(w, "op", 1);
    m->written += write_table(m, w, changes);
    CHECK(!snapshot_finish(w, &part));
    snapshot_writer_free(w);
    m->complete = lost;
    if (lost) {
        mem_free(part.bytes);
        return;
    }
    CHECK(changes || part.first_id == m->id);
    drop_parts(m, part.first_id);
    CHECK(m->part_count < PARTS_MAX);
    m->parts[m->part_count++] = part;
    if (m->part_count > m->part_count_max) m->part_count_max = m->part_count;
    memcpy(m->stored, m->values, sizeof m->stored);
}

static void restore(struct model *m)
{
    struct slice parts[PARTS_MAX];
    for (uint32_t i = 0; i < m->part_count; i++)
        parts[i] = (struct slice){m->parts[i].bytes, m->parts[i].size};
    struct snapshot *s;
    struct err *e = snapshot_load(parts, m->part_count, &s);
    if (e) err_print(e, stderr);
    CHECK(!e);
    close_table(m);
    open_table(m);
    memset(m->values, 0, sizeof m->values);
    struct snapshot_reader r = {s, "op", GROUPS, 1, 0, NULL};
    struct snapshot_record record;
    bool good = true;
    for (uint64_t at = 0; snapshot_next(&r, "state", &at, &record);) {
        uint32_t number;
        uint64_t value;
        memcpy(&number, record.key.p, sizeof number);
        memcpy(&value, record.value.p, sizeof value);
        good &= m->values[number] == 0;
        upsert_one(m, number, value);
    }
    CHECK(good && memcmp(m->values, m->stored, sizeof m->values) == 0);
    snapshot_free(s);
    m->complete = true;
}

static void act(struct model *m)
{
    uint32_t action = chance(m, 100);
    if (action < 40) {
        upsert_batch(m);
    } else if (action < 50) {
        upsert_one(m, chance(m, m->key_count), chance(m, 1000000) + 1);
    } else if (action < 65) {
        erase_some(m, chance(m, 20));
    } else if (action < 95) {
        take_snapshot(m, true, false);
    } else if (action == 95) {
        take_snapshot(m, false, false);
    } else if (action == 96) {
        take_snapshot(m, true, true);
    } else if (action == 97 && chance(m, 8) == 0) {
        table_clear(m->table);
        memset(m->values, 0, sizeof m->values);
        m->complete = true; /* what a cleared table held is to be forgotten by its owner's means */
    } else if (action == 98 && chance(m, 2) == 0 && m->part_count) {
        restore(m);
    } else if (action == 99 && chance(m, 8) == 0) {
        erase_some(m, m->key_count);
    }
}

static void run_model(uint64_t seed, uint32_t width, uint32_t key_count, uint32_t actions)
{
    static struct model m;
    m = (struct model){.seed = seed, .width = width, .key_count = key_count, .id = 1};
    m.budget = (struct mem_budget){.name = "test"};
    open_table(&m);
    for (uint32_t i = 0; i < actions; i++) act(&m);
    take_snapshot(&m, true, false);
    restore(&m);
    CHECK(m.changed_parts > 0 || key_count < 100);
    drop_parts(&m, UINT64_MAX);
    close_table(&m);
}

static void any_sequence_gives_back_what_was_there(void)
{
    static const uint32_t sizes[] = {10, 120, 1000, KEYS_MAX};
    for (uint64_t seed = 1; seed <= 80; seed++)
        run_model(seed, seed % 2 ? 8 : 0, sizes[seed % 4], 400);
}

/* All keys at once, then a tenth of them from snapshot to snapshot. */
static void a_tenth_that_changes_costs_a_fifth_and_the_chain_stays_short(void)
{
    static struct model m;
    m = (struct model){.seed = 1, .width = 8, .key_count = KEYS_MAX, .id = 1};
    m.budget = (struct mem_budget){.name = "test"};
    open_table(&m);
    for (uint32_t i = 0; i < KEYS_MAX; i++) upsert_one(&m, i, i + 1);
    take_snapshot(&m, true, false);
    CHECK(m.written == KEYS_MAX);
    m.written = 0;
    for (uint32_t round = 0; round < 100; round++) {
        for (uint32_t i = 0; i < KEYS_MAX / 10; i++) upsert_one(&m, chance(&m, KEYS_MAX), i + 1);
        take_snapshot(&m, true, false);
    }
    CHECK(m.written > 100 * KEYS_MAX / 10 && m.written < 100 * KEYS_MAX / 5);
    CHECK(m.part_count_max <= 22);
    restore(&m);
    drop_parts(&m, UINT64_MAX);
    close_table(&m);
}

static void without_changes_little_is_written_and_old_parts_still_go(void)
{
    static struct model m;
    m = (struct model){.seed = 1, .width = 8, .key_count = KEYS_MAX, .id = 1};
    m.budget = (struct mem_budget){.name = "test"};
    open_table(&m);
    for (uint32_t i = 0; i < KEYS_MAX; i++) upsert_one(&m, i, i + 1);
    for (uint32_t round = 0; round < 200; round++) {
        m.written = 0;
        take_snapshot(&m, true, false);
        CHECK(round == 0 || m.written <= KEYS_MAX / 40);
    }
    CHECK(m.part_count_max <= 66);
    restore(&m);
    drop_parts(&m, UINT64_MAX);
    close_table(&m);
}

/* Erased keys that find no room in the budget make the next snapshot complete. */
static void what_cannot_be_noted_makes_the_next_snapshot_complete(void)
{
    static struct model m;
    m = (struct model){.seed = 1, .width = 8, .key_count = KEYS_MAX, .id = 1};
    m.budget = (struct mem_budget){.name = "test"};
    open_table(&m);
    for (uint32_t i = 0; i < KEYS_MAX; i++) upsert_one(&m, i, i + 1);
    take_snapshot(&m, true, false);
    CHECK(table_knows_changes(m.table));
    m.budget.limit_bytes = m.budget.used_bytes + 100;
    erase_some(&m, 500);
    CHECK(!table_knows_changes(m.table) && m.budget.used_bytes <= m.budget.limit_bytes);
    take_snapshot(&m, true, false);
    CHECK(m.part_count == 1 && table_knows_changes(m.table));
    m.budget.limit_bytes = 0;
    erase_some(&m, 100);
    take_snapshot(&m, true, false);
    CHECK(m.part_count == 2);
    restore(&m);
    drop_parts(&m, UINT64_MAX);
    close_table(&m);
}

int main(void)
{
    TEST_RUN(any_sequence_gives_back_what_was_there);
    TEST_RUN(a_tenth_that_changes_costs_a_fifth_and_the_chain_stays_short);
    TEST_RUN(without_changes_little_is_written_and_old_parts_still_go);
    TEST_RUN(what_cannot_be_noted_makes_the_next_snapshot_complete);
    return TEST_END();
}
