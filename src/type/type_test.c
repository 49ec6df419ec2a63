#include "type/type.h"

#include "base/arena.h"
#include "test.h"
#include "type/schema.h"

static bool round_trips(const char *text)
{
    struct arena *a = arena_new(4096);
    const struct type *t, *again;
    struct err *e = type_parse(a, slice_of(text), &t);
    if (e) {
        err_print(e, stdout);
        err_free(e);
        arena_free(a);
        return false;
    }
    struct buf b;
    buf_init(&b, 10000);
    type_print(t, true, &b);
    bool same = slice_eq(buf_slice(&b), slice_of(text));
    if (!same) printf("# %s became %s\n", text, buf_cstr(&b));
    e = type_parse(a, buf_slice(&b), &again);
    same = same && !e && type_equal(t, again) && type_equal(t, type_copy(a, t));
    err_free(e);
    buf_free(&b);
    arena_free(a);
    return same;
}

static void printed_types_read_back(void)
{
    const char *texts[] = {"NULL", "BOOLEAN NOT NULL", "INT", "DECIMAL(5, 2)", "CHAR(0) NOT NULL",
        "STRING", "VARCHAR(20)", "BYTES", "VARBINARY(7)", "BINARY(2) NOT NULL", "DATE", "TIME(0)",
        "TIMESTAMP(3) NOT NULL *ROWTIME*", "TIMESTAMP_LTZ(3) *PROCTIME*", "TIMESTAMP_LTZ(9)",
        "INTERVAL MONTH NOT NULL", "INTERVAL SECOND(3)", "ARRAY<INT NOT NULL> NOT NULL",
        "MAP<STRING, ARRAY<DOUBLE>>", "MULTISET<INT>", "ROW<`x` INT, `y` STRING>", "ROW<>",
        "ROW<`a``b` INT NOT NULL, `with space` ROW<`z` DATE>> NOT NULL"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) CHECK(round_trips(texts[i]));
}

static void broken_text_is_refused(void)
{
    struct arena *a = arena_new(4096);
    const char *texts[] = {"", "INTT", "INT NULL", "DECIMAL(39, 1)", "DECIMAL(5, 6)", "CHAR(",
        "ARRAY<INT", "ARRAY INT", "MAP<INT>", "ROW<x INT>", "ROW<`x INT>", "ROW<`x` INT `y` INT>",
        "TIMESTAMP(10)", "INTERVAL DAY", "INT *ROWTIME*", "CHAR(99999999999)", "INT, INT",
        "INT(32)", "DATE(3)", "INTERVAL MONTH(2)"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const struct type *t;
        struct err *e = type_parse(a, slice_of(texts[i]), &t);
        CHECK(e != NULL);
        if (!e) printf("# %s\n", texts[i]);
        err_free(e);
    }
    char deep[1000];
    size_t n = 0;
    for (int i = 0; i < TYPE_DEPTH_MAX + 2; i++) memcpy(deep + n, "ARRAY<", 6), n += 6;
    const struct type *t;
    struct err *e = type_parse(a, (struct slice){deep, n}, &t);
    CHECK(e && err_code(e) == ERR_LIMIT_EXCEEDED);
    err_free(e);
    arena_free(a);
}

static void equality_counts_nulls_but_no_time_attribute(void)
{
    struct arena *a = arena_new(4096);
    const struct type *t = type_new(a, TYPE_TIMESTAMP, 3, 0, true);
    const struct type *rowtime = type_with_time_attribute(a, t, TIME_ROWTIME);
    const struct type *never = type_with_nullable(a, t, false);
    CHECK(type_equal(t, rowtime));
    CHECK(!type_equal(t, never));
    CHECK(type_equal_ignoring_null(t, never));
    CHECK(!type_equal(type_array(a, t, true), type_array(a, never, true)));
    CHECK(!type_equal_ignoring_null(type_array(a, t, true), type_array(a, never, true)));
    struct type_field x = {SLICE("x"), t}, y = {SLICE("y"), t};
    CHECK(!type_equal(type_row(a, &x, 1, true), type_row(a, &y, 1, true)));
    arena_free(a);
}

static void row_kinds_read_and_print(void)
{
    struct buf b;
    row_kinds kinds = 0;
    buf_init(&b, 100);
    CHECK(row_kinds_parse(SLICE("D, I,UA"), &kinds) == NULL);
    CHECK(kinds == ROW_KINDS_UPSERT);
    row_kinds_print(kinds, &b);
    CHECK(slice_eq(buf_slice(&b), SLICE("I,UA,D")));
    struct err *e = row_kinds_parse(SLICE("I,X"), &kinds);
    CHECK(e && err_hint_text(e));
    err_free(e);
    e = row_kinds_parse(SLICE(""), &kinds);
    CHECK(e != NULL);
    err_free(e);
    CHECK(strcmp(row_kind_text(ROW_UPDATE_BEFORE), "-U") == 0);
    buf_free(&b);
}

static void schema_finds_by_exact_name(void)
{
    struct arena *a = arena_new(4096);
    struct type_field fields[] = {
        {SLICE("a"), type_simple(TYPE_INTEGER)}, {SLICE("B"), type_string()}};
    const struct schema *s = schema_new(a, fields, 2);
    CHECK(schema_find(s, SLICE("B")) == 1);
    CHECK(schema_find(s, SLICE("b")) == -1);
    CHECK(schema_equal(s, schema_new(a, fields, 2)));
    CHECK(!schema_equal(s, schema_new(a, fields, 1)));
    arena_free(a);
}

int main(void)
{
    TEST_RUN(printed_types_read_back);
    TEST_RUN(broken_text_is_refused);
    TEST_RUN(equality_counts_nulls_but_no_time_attribute);
    TEST_RUN(row_kinds_read_and_print);
    TEST_RUN(schema_finds_by_exact_name);
    return TEST_END();
}
