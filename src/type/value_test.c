#include "type/value.h"

#include "base/arena.h"
#include "test.h"
#include "type/timezone.h"

static const struct type *type_of(struct arena *a, const char *text)
{
    const struct type *t = NULL;
    struct err *e = type_parse(a, slice_of(text), &t);
    CHECK(e == NULL);
    err_free(e);
    return t;
}

static const struct time_zone *zone_of(struct arena *a, const char *name)
{
    const struct time_zone *z = NULL;
    struct err *e = timezone_open(a, NULL, slice_of(name), &z);
    CHECK(e == NULL);
    err_free(e);
    return z;
}

/* Reads JSON, compares what is written again and what CAST AS STRING gives. */
static bool forms(const char *type, const char *json, const char *again, const char *cast)
{
    struct arena *a = arena_new(4096);
    const struct type *t = type_of(a, type);
    const struct time_zone *z = zone_of(a, "+08:00");
    struct value v;
    struct buf b;
    buf_init(&b, 10000);
    struct err *e = value_from_json(a, t, slice_of(json), z, &v);
    bool ok = !e;
    if (e) {
        printf("# %s: ", json);
        err_print(e, stdout);
        err_free(e);
    } else {
        value_to_json(t, &v, z, &b);
        ok = slice_eq(buf_slice(&b), slice_of(again));
        if (!ok) printf("# %s became %s\n", json, buf_cstr(&b));
        struct value copy = value_copy(a, t, &v);
        ok = ok && value_equal(t, &v, &copy);
        buf_clear(&b);
        value_print(t, &v, z, &b);
        if (!slice_eq(buf_slice(&b), slice_of(cast))) {
            printf("# %s printed %s\n", json, buf_cstr(&b));
            ok = false;
        }
    }
    buf_free(&b);
    arena_free(a);
    return ok;
}

/* The last column is as Flink 2.3 prints it. */
static void json_reads_back_and_casts_print(void)
{
    static const char *const cases[][4] = {
        {"BOOLEAN", "true", "true", "TRUE"},
        {"TINYINT", "-128", "-128", "-128"},
        {"BIGINT", "9223372036854775807", "9223372036854775807", "9223372036854775807"},
        {"DECIMAL(5, 2)", "1.5", "1.50", "1.50"},
        {"DECIMAL(5, 2)", "\"-0.05\"", "-0.05", "-0.05"},
        {"DOUBLE", "1", "1.0", "1.0"},
        {"DOUBLE", "\"NaN\"", "\"NaN\"", "NaN"},
        {"FLOAT", "\"-Infinity\"", "\"-Infinity\"", "-Infinity"},
        {"FLOAT", "0.1", "0.1", "0.1"},
        {"STRING", "\"a\\\"b\"", "\"a\\\"b\"", "a\"b"},
        {"BYTES", "\"0x41C3bc\"", "\"0x41c3bc\"", "A\xc3\xbc"},
        {"BYTES", "\"0x\"", "\"0x\"", ""},
        {"DATE", "\"2024-2-9\"", "\"2024-02-09\"", "2024-02-09"},
        {"TIME(0)", "\"12:00:00\"", "\"12:00:00\"", "12:00:00"},
        {"TIMESTAMP(3)", "\"2026-01-01 00:00:00\"", "\"2026-01-01 00:00:00.000\"",
            "2026-01-01 00:00:00.000"},
        {"TIMESTAMP(9)", "\"1969-12-31 23:59:59.123456789\"", "\"1969-12-31 23:59:59.123456789\"",
            "1969-12-31 23:59:59.123456789"},
        {"TIMESTAMP_LTZ(3)", "\"2026-01-31 20:00:00\"", "\"2026-01-31 20:00:00.000\"",
            "2026-01-31 20:00:00.000"},
        {"INTERVAL MONTH", "\"+1-02\"", "\"+1-02\"", "+1-02"},
        {"INTERVAL SECOND(3)", "\"-1 02:03:04.005\"", "\"-1 02:03:04.005\"", "-1 02:03:04.005"},
        {"ARRAY<INT>", "[1, null]", "[1, null]", "[1, NULL]"},
        {"ARRAY<STRING>", "[\"a\", \"b c\"]", "[\"a\", \"b c\"]", "[a, b c]"},
        {"MAP<STRING, INT>", "{\"a\": 1, \"b\": null}", "{\"a\": 1, \"b\": null}", "{a=1, b=NULL}"},
        {"MAP<STRING, INT>", "[[\"a\", 1]]", "{\"a\": 1}", "{a=1}"},
        {"MAP<INT, ARRAY<INT>>", "[[1, [1]]]", "[[1, [1]]]", "{1=[1]}"},
        {"MULTISET<STRING>", "{\"a\": 2}", "{\"a\": 2}", "{a=2}"},
        {"ROW<`a` INT, `b` STRING, `c` INT>", "[1, \"x\", null]", "[1, \"x\", null]",
            "(1, x, NULL)"},
        {"ROW<`a` ROW<`b` BOOLEAN>>", "[[true]]", "[[true]]", "((TRUE))"},
        {"INT", "null", "null", "NULL"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(forms(cases[i][0], cases[i][1], cases[i][2], cases[i][3]));
}

static void json_of_another_type_is_refused(void)
{
    static const char *const cases[][2] = {{"INT", "\"1\""}, {"INT", "1.5"}, {"INT", "2147483648"},
        {"INT", "1e3"}, {"INT NOT NULL", "null"}, {"BOOLEAN", "1"}, {"STRING", "1"},
        {"BYTES", "\"cafe\""}, {"BYTES", "\"0xcaf\""}, {"BYTES", "\"0xzz\""}, {"DATE", "20240101"},
        {"DATE", "\"x\""}, {"DECIMAL(3, 1)", "1000"}, {"ARRAY<INT>", "{}"}, {"ARRAY<INT>", "[1"},
        {"ROW<`a` INT>", "[]"}, {"ROW<`a` INT>", "[1, 2]"}, {"MAP<INT, INT>", "{\"1\": 2}"},
        {"MAP<INT, INT>", "[[1]]"}, {"MAP<INT, INT>", "[1, 2]"}, {"DOUBLE", "\"one\""},
        {"INT", "1 2"}, {"NULL", "1"}, {"ARRAY<INT NOT NULL>", "[null]"}};
    struct arena *a = arena_new(4096);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct value v;
        struct err *e =
            value_from_json(a, type_of(a, cases[i][0]), slice_of(cases[i][1]), NULL, &v);
        CHECK(e != NULL);
        if (!e) printf("# %s from %s\n", cases[i][0], cases[i][1]);
        err_free(e);
    }
    arena_free(a);
}

static bool casts(const char *type, const char *text, const char *expected)
{
    struct arena *a = arena_new(4096);
    const struct type *t = type_of(a, type);
    struct value v;
    struct buf b;
    buf_init(&b, 1000);
    struct err *e = value_parse(a, t, slice_of(text), NULL, &v);
    if (e)
        buf_add_cstr(&b, err_code(e) == ERR_OUT_OF_RANGE ? "range" : "invalid");
    else
        value_print(t, &v, NULL, &b);
    bool ok = slice_eq(buf_slice(&b), slice_of(expected));
    if (!ok) printf("# CAST('%s' AS %s) gave %s\n", text, type, buf_cstr(&b));
    err_free(e);
    buf_free(&b);
    arena_free(a);
    return ok;
}

/* As Flink 2.3, except that it takes '1x' for DECIMAL(5, 2) and refuses '00123.45'. */
static void text_is_cast_to_scalars(void)
{
    static const char *const cases[][3] = {{"INT", " 1 ", "1"}, {"INT", "+1", "1"},
        {"INT", "-1.9", "-1"}, {"INT", "1.", "1"}, {"INT", ".5", "0"}, {"INT", "1.x", "invalid"},
        {"INT", "", "invalid"}, {"INT", "-", "invalid"}, {"INT", "1e3", "invalid"},
        {"INT", "\t1", "invalid"}, {"INT", "2147483648", "range"}, {"TINYINT", "127.999", "127"},
        {"BIGINT", "-9223372036854775808", "-9223372036854775808"},
        {"BIGINT", "9223372036854775808", "invalid"}, {"DOUBLE", " 1.5d", "1.5"},
        {"DOUBLE", "+NaN", "NaN"}, {"DOUBLE", "1e400", "Infinity"}, {"DOUBLE", "inf", "invalid"},
        {"FLOAT", "12345678901234567890", "1.2345679E19"}, {"DECIMAL(5, 2)", "1.005", "1.01"},
        {"DECIMAL(5, 2)", "\t-1.005 ", "-1.01"}, {"DECIMAL(5, 2)", "999.995", "range"},
        {"DECIMAL(5, 2)", "00123.45", "123.45"}, {"DECIMAL(5, 2)", "1x", "invalid"},
        {"DECIMAL(30, 2)", "1e3", "1000.00"}, {"BOOLEAN", "T", "TRUE"}, {"BOOLEAN", "no", "FALSE"},
        {"BOOLEAN", "0", "FALSE"}, {"BOOLEAN", " true", "invalid"}, {"BOOLEAN", "on", "invalid"},
        {"CHAR(5)", "abc", "abc  "}, {"CHAR(3)", "abcdef", "abc"},
        {"VARCHAR(2)", "\xc3\xbcxy", "\xc3\xbcx"}, {"BINARY(2)", "abc", "ab"},
        {"TIME(0)", "12:34:56.789", "12:34:56"},
        {"TIMESTAMP(0)", "2024-02-29 12:34:56.7", "2024-02-29 12:34:56"}, {"DATE", "x", "invalid"},
        {"ARRAY<INT>", "[1]", "invalid"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(casts(cases[i][0], cases[i][1], cases[i][2]));
}

static void maps_are_equal_without_order(void)
{
    struct arena *a = arena_new(4096);
    const struct type *t = type_of(a, "MAP<STRING, INT>");
    struct value x, y, z;
    CHECK(!value_from_json(a, t, SLICE("{\"a\": 1, \"b\": null}"), NULL, &x));
    CHECK(!value_from_json(a, t, SLICE("{\"b\": null, \"a\": 1}"), NULL, &y));
    CHECK(!value_from_json(a, t, SLICE("{\"b\": 1, \"a\": null}"), NULL, &z));
    CHECK(value_equal(t, &x, &y));
    CHECK(!value_equal(t, &x, &z));
    arena_free(a);
}

static void order_is_null_first_and_nan_last(void)
{
    const struct type *t = type_simple(TYPE_DOUBLE);
    struct value null = value_null(), one = {.f64 = 1}, nan = {.f64 = __builtin_nan("")};
    CHECK(value_compare(t, &null, &one) < 0 && value_compare(t, &one, &null) > 0);
    CHECK(value_compare(t, &one, &nan) < 0 && value_compare(t, &nan, &nan) == 0);
    CHECK(value_compare(t, &null, &null) == 0);
    struct value a = {.text = SLICE("a")}, ab = {.text = SLICE("ab")};
    CHECK(value_compare(type_string(), &a, &ab) < 0);
}

int main(void)
{
    TEST_RUN(json_reads_back_and_casts_print);
    TEST_RUN(json_of_another_type_is_refused);
    TEST_RUN(text_is_cast_to_scalars);
    TEST_RUN(maps_are_equal_without_order);
    TEST_RUN(order_is_null_first_and_nan_last);
    return TEST_END();
}
