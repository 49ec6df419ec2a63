#include "state/snapshot.h"

#include "base/hash.h"
#include "base/mem.h"
#include "test.h"
#include "vec/key.h"

enum { KEYS = 500, GROUPS = 128 };

static uint32_t group_of(uint32_t key)
{
    return key_group_of(hash_u64(key), GROUPS);
}

static struct slice number(const uint32_t *v)
{
    return (struct slice){(const char *)v, sizeof *v};
}

/* What subtask `subtask` of `parallelism` would write: its keys, twice over in two states. */
static void write_part(uint32_t subtask, uint32_t parallelism, struct snapshot_part *out)
{
    struct snapshot_writer *w = snapshot_writer_new(
        &(struct snapshot_writer_params){.max_bytes = 1 << 20, .task = subtask});
    snapshot_begin_op(w, "empty", 7);
    snapshot_begin_op(w, "agg", 3);
    for (uint32_t key = 0; key < KEYS; key++) {
        if (key_group_owner(group_of(key), GROUPS, parallelism) != subtask) continue;
        uint32_t square = key * key;
        snapshot_put(w, "squares", group_of(key), number(&key), number(&square));
        snapshot_put(w, "keys", group_of(key), number(&key), (struct slice){"", 0});
    }
    snapshot_put_union(w, "watermark", SLICE("w"), number(&subtask));
    snapshot_begin_op(w, "aggregate", 1);
    snapshot_put_union(w, "squares", SLICE("not"), SLICE("mine"));
    struct err *e = snapshot_finish(w, out);
    CHECK(!e);
    snapshot_writer_free(w);
}

static struct snapshot *write_and_load(uint32_t parallelism)
{
    struct snapshot_part written[8];
    struct slice parts[8];
    struct snapshot *s = NULL;
    for (uint32_t i = 0; i < parallelism; i++) {
        write_part(i, parallelism, &written[i]);
        parts[i] = (struct slice){written[i].bytes, written[i].size};
    }
    struct err *e = snapshot_load(parts, parallelism, &s);
    CHECK(!e);
    for (uint32_t i = 0; i < parallelism; i++) mem_free(written[i].bytes);
    return s;
}

static void keyed_records_go_to_the_owner_whatever_the_parallelism(void)
{
    for (uint32_t before = 1; before <= 5; before += 2) {
        struct snapshot *s = write_and_load(before);
        for (uint32_t now = 1; now <= 4; now++) {
            uint32_t seen[KEYS] = {0}, total = 0, key, square;
            for (uint32_t i = 0; i < now; i++) {
                struct snapshot_reader r = {s, "agg", GROUPS, now, i, NULL};
                struct snapshot_record record;
                for (uint64_t at = 0; snapshot_next(&r, "squares", &at, &record); total++) {
                    memcpy(&key, record.key.p, sizeof key);
                    memcpy(&square, record.value.p, sizeof square);
                    CHECK(square == key * key && seen[key]++ == 0);
                    CHECK(key_group_owner(record.key_group, GROUPS, now) == i);
                    CHECK(slice_eq(record.state, SLICE("squares")));
                }
                uint32_t unions = 0;
                for (uint64_t at = 0; snapshot_next(&r, "watermark", &at, &record); unions++)
                    CHECK(record.scope == SNAPSHOT_UNION && record.value.n == 4);
                CHECK(unions == before);
                uint64_t at = 0;
                CHECK(!snapshot_next(&r, "absent", &at, &record));
                CHECK(!snapshot_next(&r, "absent", &at, &record));
            }
            CHECK(total == KEYS);
        }
        snapshot_free(s);
    }
}

static void check_says_what_was_stored(void)
{
    struct snapshot *s = write_and_load(3);
    struct snapshot_reader r = {s, "agg", GROUPS, 1, 0, NULL};
    bool found;
    CHECK(!snapshot_reader_check(&r, 3, &found) && found);
    struct err *e = snapshot_reader_check(&r, 4, &found);
    CHECK(e && err_code(e) == ERR_CORRUPT);
    err_free(e);
    r.key_groups = 16;
    e = snapshot_reader_check(&r, 3, &found);
    CHECK(e && err_code(e) == ERR_CORRUPT);
    err_free(e);
    r.op_uid = "empty";
    CHECK(!snapshot_reader_check(&r, 7, &found) && found);
    r.op_uid = "ag";
    CHECK(!snapshot_reader_check(&r, 1, &found) && !found);
    r.op_uid = "z";
    CHECK(!snapshot_reader_check(&r, 1, &found) && !found);
    snapshot_free(s);
}

static void every_changed_or_missing_byte_is_found(void)
{
    struct snapshot_part part_zero;
    write_part(0, 1, &part_zero);
    char *bytes = part_zero.bytes;
    size_t size = part_zero.size;
    struct snapshot *s;
    for (size_t i = 0; i < size; i += i < 200 ? 1 : 37) {
        bytes[i] = (char)(bytes[i] ^ 0x20);
        struct slice part = {bytes, size};
        struct err *e = snapshot_load(&part, 1, &s);
        CHECK(e && err_code(e) == ERR_CORRUPT);
        err_free(e);
        bytes[i] = (char)(bytes[i] ^ 0x20);
        part.n = i;
        e = snapshot_load(&part, 1, &s);
        CHECK(e && err_code(e) == ERR_CORRUPT);
        err_free(e);
    }
    mem_free(bytes);
}

static void too_much_state_is_an_error_and_the_writer_goes_on(void)
{
    struct snapshot_writer *w =
        snapshot_writer_new(&(struct snapshot_writer_params){.max_bytes = 2000});
    struct snapshot_part part;
    for (int round = 0; round < 2; round++) {
        snapshot_begin_op(w, "op", 1);
        for (uint32_t i = 0; i < 1000; i++) snapshot_put(w, "s", 0, number(&i), number(&i));
        struct err *e = snapshot_finish(w, &part);
        CHECK(e && err_code(e) == ERR_LIMIT_EXCEEDED);
        err_free(e);
    }
    snapshot_begin_op(w, "op", 1);
    for (uint32_t i = 0; i < 50; i++) snapshot_put(w, "s", 0, number(&i), number(&i));
    struct err *e = snapshot_finish(w, &part);
    CHECK(!e && part.size <= 2000);
    mem_free(part.bytes);
    snapshot_writer_free(w);
}

static void a_checkpoint_without_parts_is_empty(void)
{
    struct snapshot *s;
    struct err *e = snapshot_load(NULL, 0, &s);
    CHECK(!e);
    struct snapshot_reader r = {s, "op", GROUPS, 1, 0, NULL};
    struct snapshot_record record;
    uint64_t at = 0;
    bool found;
    CHECK(!snapshot_next(&r, "s", &at, &record));
    CHECK(!snapshot_reader_check(&r, 1, &found) && !found);
    snapshot_free(s);
}

/* ---- chains ---- */

enum { CHAIN_KEYS = 40, CHAIN_PARTS = 12 };

struct chain {
    struct snapshot_part parts[CHAIN_PARTS];
    uint32_t values[CHAIN_KEYS]; /* 0: absent */
    uint64_t seed;
};

static uint32_t chance(struct chain *c, uint32_t below)
{
    c->seed = hash_u64(c->seed + 1);
    return (uint32_t)(c->seed % below);
}

/* Part `id` of task 7: some keys put, some erased, some erased and put again. */
static void write_changes(struct chain *c, uint64_t id, bool changes)
{
    struct snapshot_writer *w = snapshot_writer_new(&(struct snapshot_writer_params){
        .max_bytes = 1 << 20, .task = 7, .checkpoint_id = id, .changes = changes});
    snapshot_begin_op(w, "agg", 1);
    if (changes) snapshot_changes(w, "sums", id - 1, 1);
    for (uint32_t key = 0; key < CHAIN_KEYS; key++) {
        uint32_t action = changes ? chance(c, 6) : 5;
        if (action < 2) snapshot_erase(w, "sums", SLICE(""), number(&key));
        if (action < 2) c->values[key] = 0;
        if (action == 1 || action == 2 || action == 5) c->values[key] = chance(c, 1000) + 1;
        if (action == 1 || action == 2 || action == 5)
            snapshot_put(w, "sums", group_of(key), number(&key), number(&c->values[key]));
    }
    uint32_t at = (uint32_t)id;
    if (id % 3 == 0) snapshot_put(w, "sometimes", 0, SLICE("at"), number(&at));
    snapshot_put_union(w, "at", SLICE(""), number(&at));
    struct err *e = snapshot_finish(w, &c->parts[id - 1]);
    CHECK(!e && c->parts[id - 1].first_id == 1 && c->parts[id - 1].checkpoint_id == id);
    snapshot_writer_free(w);
}

static void check_chain(const struct chain *c, const struct snapshot *s, uint32_t id)
{
    uint64_t read_bytes = 0, alive = 0;
    struct snapshot_reader r = {s, "agg", GROUPS, 1, 0, &read_bytes};
    struct snapshot_record record;
    uint32_t seen[CHAIN_KEYS] = {0}, key, value, count = 0;
    for (uint64_t at = 0; snapshot_next(&r, "sums", &at, &record);) {
        memcpy(&key, record.key.p, sizeof key);
        memcpy(&value, record.value.p, sizeof value);
        CHECK(value == c->values[key] && seen[key]++ == 0);
    }
    for (uint32_t i = 0; i < CHAIN_KEYS; i++) CHECK(seen[i] == (c->values[i] != 0));
    for (uint32_t i = 0; i < CHAIN_KEYS; i++) alive += seen[i];
    CHECK(read_bytes == alive * 20); /* group, two sizes, a number twice */
    for (uint64_t at = 0; snapshot_next(&r, "at", &at, &record); count++)
        CHECK(memcmp(record.value.p, &id, sizeof id) == 0);
    CHECK(count == 1);
    uint64_t at = 0;
    CHECK(snapshot_next(&r, "sometimes", &at, &record) == (id % 3 == 0));
    CHECK(snapshot_keyed_bytes(s) == read_bytes); /* nothing replaced or erased is kept */
}

static void later_parts_replace_and_erase_what_earlier_ones_had(void)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct chain c = {.seed = seed};
        struct slice parts[CHAIN_PARTS];
        for (uint32_t id = 1; id <= CHAIN_PARTS; id++) {
            write_changes(&c, id, id > 1);
            for (uint32_t i = 0; i < id; i++) /* their order does not matter */
                parts[(i + 3) % id] = (struct slice){c.parts[i].bytes, c.parts[i].size};
            struct snapshot *s;
            struct err *e = snapshot_load(parts, id, &s);
            CHECK(!e);
            check_chain(&c, s, id);
            snapshot_free(s);
        }
        for (uint32_t i = 0; i < CHAIN_PARTS; i++) mem_free(c.parts[i].bytes);
    }
}

/* Headers, sections and records then lie across the pieces in every way. */
static void parts_may_come_in_pieces_of_any_size(void)
{
    struct chain c = {.seed = 5};
    for (uint32_t id = 1; id <= CHAIN_PARTS; id++) write_changes(&c, id, id > 1);
    for (size_t piece = 1; piece <= 200; piece += piece < 20 ? 1 : 9) {
        struct snapshot_loader *l = snapshot_loader_new();
        struct snapshot *s = NULL;
        for (uint32_t i = CHAIN_PARTS; i-- > 0;) {
            CHECK(!snapshot_loader_begin(l, c.parts[i].size));
            for (size_t at = 0, n; at < c.parts[i].size; at += n) {
                n = c.parts[i].size - at < piece ? c.parts[i].size - at : piece;
                CHECK(!snapshot_loader_add(l, (struct slice){c.parts[i].bytes + at, n}));
            }
        }
        CHECK(!snapshot_loader_finish(l, &s));
        check_chain(&c, s, CHAIN_PARTS);
        snapshot_free(s);
        snapshot_loader_free(l);
    }
    for (uint32_t i = 0; i < CHAIN_PARTS; i++) mem_free(c.parts[i].bytes);
}

static bool is_corrupt(struct err *e, const char *why)
{
    char text[ERR_MESSAGE_MAX] = "";
    bool corrupt = e && err_code(e) == ERR_CORRUPT;
    if (e) err_format(e, text, sizeof text);
    err_free(e);
    return corrupt && strstr(text, why);
}

static void parts_in_the_wrong_order_are_refused(void)
{
    struct chain c = {.seed = 6};
    struct snapshot_loader *l = snapshot_loader_new();
    for (uint32_t id = 1; id <= 2; id++) write_changes(&c, id, id > 1);
    for (uint32_t i = 0; i < 2; i++) {
        CHECK(!snapshot_loader_begin(l, c.parts[i].size));
        struct err *e = snapshot_loader_add(l, (struct slice){c.parts[i].bytes, c.parts[i].size});
        CHECK(i == 0 ? !e : is_corrupt(e, "where one before"));
    }
    snapshot_loader_free(l);
    for (uint32_t i = 0; i < 2; i++) mem_free(c.parts[i].bytes);
}

static void a_state_may_stand_in_a_part_only_once(void)
{
    struct snapshot_writer *w =
        snapshot_writer_new(&(struct snapshot_writer_params){.max_bytes = 1 << 20});
    struct snapshot_part part;
    struct snapshot *s;
    const char *ops[] = {"a", "b", "a"};
    for (uint32_t i = 0; i < 3; i++) {
        snapshot_begin_op(w, ops[i], 1);
        snapshot_put(w, "s", 0, number(&i), number(&i));
    }
    CHECK(!snapshot_finish(w, &part));
    struct slice bytes = {part.bytes, part.size};
    CHECK(is_corrupt(snapshot_load(&bytes, 1, &s), "'s' of operator 'a' is there twice"));
    mem_free(part.bytes);
    snapshot_writer_free(w);
}

static void a_missing_part_of_a_chain_is_found(void)
{
    struct chain c = {.seed = 1};
    struct slice parts[CHAIN_PARTS];
    for (uint32_t id = 1; id <= CHAIN_PARTS; id++) write_changes(&c, id, id > 1);
    for (uint32_t left_out = 0; left_out < CHAIN_PARTS; left_out++) {
        uint32_t n = 0;
        for (uint32_t i = 0; i < CHAIN_PARTS; i++)
            if (i != left_out) parts[n++] = (struct slice){c.parts[i].bytes, c.parts[i].size};
        struct snapshot *s = NULL;
        struct err *e = snapshot_load(parts, n, &s);
        /* Without the last part the others are an older checkpoint. */
        bool is_last = left_out == CHAIN_PARTS - 1;
        CHECK(is_last ? !e : e && err_code(e) == ERR_CORRUPT);
        err_free(e);
        snapshot_free(s);
    }
    parts[0] = parts[1] = (struct slice){c.parts[0].bytes, c.parts[0].size};
    struct snapshot *s;
    struct err *e = snapshot_load(parts, 2, &s);
    CHECK(e && err_code(e) == ERR_CORRUPT);
    err_free(e);
    for (uint32_t i = 0; i < CHAIN_PARTS; i++) mem_free(c.parts[i].bytes);
}

/* A state that the newest part does not have is empty, whatever older parts say; one that is
 * written whole replaces them. */
static void whole_states_replace_all_before(void)
{
    struct chain c = {.seed = 3};
    for (uint64_t id = 1; id <= 4; id++) write_changes(&c, id, id > 1);
    struct slice parts[4];
    for (uint32_t i = 0; i < 4; i++) parts[i] = (struct slice){c.parts[i].bytes, c.parts[i].size};
    struct snapshot *s;
    struct err *e = snapshot_load(parts, 4, &s);
    CHECK(!e);
    check_chain(&c, s, 4); /* "sometimes" was in the part before */
    snapshot_free(s);
    e = snapshot_load(parts, 3, &s);
    CHECK(!e);
    snapshot_free(s);
    for (uint32_t i = 0; i < 4; i++) mem_free(c.parts[i].bytes);
}

int main(void)
{
    TEST_RUN(keyed_records_go_to_the_owner_whatever_the_parallelism);
    TEST_RUN(check_says_what_was_stored);
    TEST_RUN(every_changed_or_missing_byte_is_found);
    TEST_RUN(too_much_state_is_an_error_and_the_writer_goes_on);
    TEST_RUN(a_checkpoint_without_parts_is_empty);
    TEST_RUN(later_parts_replace_and_erase_what_earlier_ones_had);
    TEST_RUN(parts_may_come_in_pieces_of_any_size);
    TEST_RUN(parts_in_the_wrong_order_are_refused);
    TEST_RUN(a_state_may_stand_in_a_part_only_once);
    TEST_RUN(a_missing_part_of_a_chain_is_found);
    TEST_RUN(whole_states_replace_all_before);
    return TEST_END();
}
