/* States against a naive list of values: add, take back, merge, save and load. */
#include "func/agg.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/heap.h"
#include "test.h"
#include "type/value.h"
#include "vec/batch.h"

enum { ROWS = 64, STATES = 4, STATE_BYTES = 128 };

static struct arena *arena;
static struct heap *heap;

struct bed {
    struct agg_call call;
    struct column *column;
    struct value values[ROWS];
    uint8_t kinds[ROWS];
    char states[STATES][STATE_BYTES] __attribute__((aligned(16)));
    void *entries[ROWS];
};

static void init(struct bed *b, const char *name, const char *type_text, bool retract)
{
    memset(b, 0, sizeof *b);
    const struct type *t;
    struct err *e = type_parse(arena, slice_of(type_text), &t);
    CHECK(!e);
    const struct type **types = ARENA_NEW(arena, const struct type *);
    types[0] = t;
    b->call = (struct agg_call){
        .def = agg_find(slice_of(name)), .arg_types = types, .arg_count = 1, .retract = retract};
    struct func_arg arg = {.type = t};
    struct func_infer in = {.arena = arena, .args = &arg, .arg_count = 1, .arg_types = types};
    e = b->call.def->infer(&in);
    CHECK(!e);
    b->call.result = in.result;
    CHECK(b->call.def->state_bytes(&b->call) <= STATE_BYTES);
    b->column = column_new(arena, t, ROWS);
}

static void set(struct bed *b, uint32_t row, const char *json, enum row_kind kind)
{
    struct err *e =
        value_from_json(arena, b->call.arg_types[0], slice_of(json), NULL, &b->values[row]);
    CHECK(!e);
    column_set_valid(b->column, row);
    column_set_value(b->column, row, &b->values[row], arena);
    b->kinds[row] = (uint8_t)kind;
}

static void add(struct bed *b, uint32_t first, uint32_t count, uint32_t state)
{
    uint32_t rows[ROWS];
    for (uint32_t i = 0; i < count; i++) {
        rows[i] = first + i;
        b->entries[first + i] = b->states[state];
    }
    const struct column *args[] = {b->column};
    struct agg_frame f = {.call = &b->call,
        .entries = b->entries,
        .args = args,
        .sel = rows,
        .count = count,
        .kinds = b->kinds,
        .heap = heap};
    struct err *e = b->call.def->add(&f);
    CHECK(!e);
}

static const char *result(struct bed *b, uint32_t state)
{
    struct column *out = column_new(arena, b->call.result, 1);
    void *entry[] = {b->states[state]};
    struct err *e = b->call.def->result(&b->call, entry, 0, 1, out, 0, arena);
    CHECK(!e);
    struct value v;
    column_get_value(out, 0, arena, &v);
    struct buf text;
    buf_init(&text, 1 << 20);
    value_to_json(b->call.result, &v, NULL, &text);
    const char *copy = slice_to_cstr(arena, buf_slice(&text));
    buf_free(&text);
    return copy;
}

static void release(struct bed *b)
{
    for (uint32_t i = 0; i < STATES; i++)
        if (b->call.def->free) b->call.def->free(&b->call, b->states[i], heap);
}

static void check(struct bed *b, uint32_t state, const char *expected)
{
    const char *actual = result(b, state);
    if (strcmp(actual, expected)) printf("# %s: %s, not %s\n", b->call.def->name, actual, expected);
    CHECK(strcmp(actual, expected) == 0);
}

/* Three rows and a NULL, then the second taken back; then merged into another state; then saved. */
static void life(const char *name, const char *type, const char *const *values, const char *all,
    const char *without, const char *twice)
{
    for (int retract = 0; retract < 2; retract++) {
        struct bed b;
        init(&b, name, type, retract);
        for (uint32_t i = 0; i < 3; i++) set(&b, i, values[i], ROW_INSERT);
        set(&b, 3, "null", ROW_INSERT);
        set(&b, 4, values[1], ROW_UPDATE_BEFORE);
        add(&b, 0, 4, 0);
        check(&b, 0, all);
        if (retract) {
            add(&b, 4, 1, 0);
            check(&b, 0, without);
            add(&b, 1, 1, 0);
        }
        /* The same rows in another state, split in two, merged. */
        add(&b, 0, 1, 1);
        add(&b, 1, 3, 2);
        struct err *e = b.call.def->merge(&b.call, b.states[1], b.states[2], heap);
        CHECK(!e);
        check(&b, 1, all);
        e = b.call.def->merge(&b.call, b.states[2], b.states[1], heap);
        CHECK(!e);
        if (twice) check(&b, 2, twice);
        if (b.call.def->flags(&b.call) & AGG_PLAIN) {
            memcpy(b.states[3], b.states[1], STATE_BYTES);
        } else {
            struct buf bytes;
            buf_init(&bytes, 1 << 20);
            b.call.def->save(&b.call, b.states[1], &bytes);
            e = b.call.def->load(&b.call, b.states[3], buf_slice(&bytes), heap);
            CHECK(!e);
            buf_free(&bytes);
        }
        check(&b, 3, all);
        release(&b);
    }
}

static void sums_and_averages(void)
{
    static const char *const ints[] = {"100", "27", "-6"}, *const wide[] = {"1.50", "2.25", "3.00"};
    life("SUM", "TINYINT", ints, "121", "94", "-114");
    life("SUM", "BIGINT", ints, "121", "94", "142");
    life("AVG", "INT", ints, "40", "47", "28");
    life("SUM", "DECIMAL(10, 2)", wide, "6.75", "4.50", "12.00");
    life("AVG", "DECIMAL(10, 2)", wide, "2.250000", "2.250000", "2.400000");
    life("SUM", "DOUBLE", wide, "6.75", "4.5", "12.0");
    life("AVG", "FLOAT", wide, "2.25", "2.25", "2.4");
    life("COUNT", "STRING", (const char *const[]){"\"a\"", "\"b\"", "\"c\""}, "3", "2", "5");
}

static void least_and_greatest(void)
{
    static const char *const ints[] = {"5", "2", "9"}, *const texts[] = {"\"pear\"",
                                                           "\"a text that is not inline\"",
                                                           "\"zebra\""};
    life("MIN", "INT", ints, "2", "5", "2");
    life("MAX", "DECIMAL(5, 0)", ints, "9", "9", "9");
    life("MIN", "DOUBLE", ints, "2.0", "5.0", "2.0");
    life("MIN", "STRING", texts, "\"a text that is not inline\"", "\"pear\"",
        "\"a text that is not inline\"");
    life("MAX", "STRING", texts, "\"zebra\"", "\"zebra\"", "\"zebra\"");
    life(
        "MIN", "BOOLEAN", (const char *const[]){"true", "false", "true"}, "false", "true", "false");
}

static void values_in_order(void)
{
    static const char *const texts[] = {"\"x\"", "\"a text that is not inline\"", "\"y\""};
    life("FIRST_VALUE", "STRING", texts, "\"x\"", "\"x\"", NULL);
    life("LAST_VALUE", "STRING", texts, "\"y\"", "\"y\"", "\"y\"");
    life("LAST_VALUE", "ARRAY<INT>", (const char *const[]){"[1]", "[2, null]", "[]"}, "[]", "[]",
        "[]");
    life("LISTAGG", "STRING", texts, "\"x,a text that is not inline,y\"", "\"x,y\"", NULL);
    life("ARRAY_AGG", "STRING", texts, "[\"x\", \"a text that is not inline\", \"y\", null]",
        "[\"x\", \"y\", null]", NULL);
}

static void a_decimal_sum_past_38_digits_is_null_and_starts_again(void)
{
    static const char nines[] = "\"99999999999999999999999999999999999999\"";
    struct bed b;
    init(&b, "SUM", "DECIMAL(38, 0)", false);
    for (uint32_t i = 0; i < 3; i++) set(&b, i, nines, ROW_INSERT);
    add(&b, 0, 2, 0);
    check(&b, 0, "null");
    add(&b, 2, 1, 0);
    check(&b, 0, "99999999999999999999999999999999999999");
    init(&b, "AVG", "DECIMAL(38, 0)", false);
    for (uint32_t i = 0; i < 3; i++) set(&b, i, nines, ROW_INSERT);
    add(&b, 0, 3, 0);
    check(&b, 0, "null");
}

static void what_is_taken_back_first_is_a_debt(void)
{
    struct bed b;
    init(&b, "MAX", "INT", true);
    set(&b, 0, "7", ROW_DELETE);
    set(&b, 1, "3", ROW_INSERT);
    set(&b, 2, "7", ROW_INSERT);
    set(&b, 3, "7", ROW_INSERT);
    add(&b, 0, 3, 0);
    check(&b, 0, "3");
    add(&b, 3, 1, 0);
    check(&b, 0, "7");
    release(&b);
}

/* Thousands of random values in and out, against a count per value. */
static void a_large_multiset_keeps_its_order(void)
{
    struct bed b;
    init(&b, "MIN", "INT", true);
    int counts[100] = {0};
    uint64_t seed = 7;
    for (int i = 0; i < 20000; i++) {
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        uint32_t v = (uint32_t)(seed >> 40) % 100;
        bool back = counts[v] > 0 && (seed >> 33) % 2;
        counts[v] += back ? -1 : 1;
        ((int32_t *)b.column->data)[0] = (int32_t)v;
        b.kinds[0] = back ? ROW_DELETE : ROW_INSERT;
        add(&b, 0, 1, 0);
        if (i % 500) continue;
        int least = 0;
        while (least < 100 && counts[least] == 0) least++;
        char expected[16];
        snprintf(expected, sizeof expected, "%d", least);
        check(&b, 0, least == 100 ? "null" : expected);
    }
    release(&b);
}

static void every_aggregate_is_found_by_name(void)
{
    size_t count;
    const struct agg_def *const *all = agg_all(&count);
    CHECK(count >= 9);
    for (size_t i = 0; i < count; i++) CHECK(agg_find(slice_of(all[i]->name)) == all[i]);
    CHECK(agg_find(SLICE("sum")) != NULL && agg_find(SLICE("nonsense")) == NULL);
}

int main(void)
{
    arena = arena_new(1 << 16);
    heap = heap_new(NULL);
    TEST_RUN(sums_and_averages);
    TEST_RUN(least_and_greatest);
    TEST_RUN(values_in_order);
    TEST_RUN(a_decimal_sum_past_38_digits_is_null_and_starts_again);
    TEST_RUN(what_is_taken_back_first_is_a_debt);
    TEST_RUN(a_large_multiset_keeps_its_order);
    TEST_RUN(every_aggregate_is_found_by_name);
    heap_free(heap);
    arena_free(arena);
    return TEST_END();
}
