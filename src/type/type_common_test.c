/* Common types, decimal results and casts; every table below is as Flink 2.3 answered. */
#include "base/arena.h"
#include "test.h"
#include "type/type.h"

static const struct type *parse(struct arena *a, const char *text)
{
    const struct type *t = NULL;
    struct err *e = type_parse(a, slice_of(text), &t);
    if (e) err_print(e, stdout);
    err_free(e);
    return t;
}

static bool prints(struct arena *a, const struct type *t, const char *expected)
{
    const char *text = t ? type_to_cstr(a, t) : "-";
    if (strcmp(text, expected) == 0) return true;
    printf("# got %s, expected %s\n", text, expected);
    return false;
}

struct common_case {
    const char *left, *right, *common;
};

/* LogicalTypeMerging.findCommonType */
static const struct common_case common_cases[] = {
    {"TINYINT", "INT", "INT"},
    {"TINYINT", "BIGINT", "BIGINT"},
    {"TINYINT", "FLOAT", "FLOAT"},
    {"TINYINT", "DOUBLE", "DOUBLE"},
    {"TINYINT", "DECIMAL(10, 2)", "DECIMAL(10, 2)"},
    {"TINYINT", "DATE", "DATE"},
    {"TINYINT", "TIMESTAMP(3)", "TIMESTAMP(3)"},
    {"TINYINT", "TIMESTAMP(6)", "TIMESTAMP(6)"},
    {"TINYINT", "TIMESTAMP_LTZ(9)", "TIMESTAMP_LTZ(9)"},
    {"INT", "TINYINT", "INT"},
    {"INT", "BIGINT", "BIGINT"},
    {"INT", "FLOAT", "FLOAT"},
    {"INT", "DOUBLE", "DOUBLE"},
    {"INT", "DECIMAL(10, 2)", "DECIMAL(12, 2)"},
    {"INT", "DATE", "DATE"},
    {"INT", "TIMESTAMP(3)", "TIMESTAMP(3)"},
    {"INT", "TIMESTAMP(6)", "TIMESTAMP(6)"},
    {"INT", "TIMESTAMP_LTZ(9)", "TIMESTAMP_LTZ(9)"},
    {"BIGINT", "TINYINT", "BIGINT"},
    {"BIGINT", "INT", "BIGINT"},
    {"BIGINT", "FLOAT", "FLOAT"},
    {"BIGINT", "DOUBLE", "DOUBLE"},
    {"BIGINT", "DECIMAL(10, 2)", "DECIMAL(21, 2)"},
    {"BIGINT", "DATE", "DATE"},
    {"BIGINT", "TIMESTAMP(3)", "TIMESTAMP(3)"},
    {"BIGINT", "TIMESTAMP(6)", "TIMESTAMP(6)"},
    {"BIGINT", "TIMESTAMP_LTZ(9)", "TIMESTAMP_LTZ(9)"},
    {"FLOAT", "TINYINT", "FLOAT"},
    {"FLOAT", "INT", "FLOAT"},
    {"FLOAT", "BIGINT", "FLOAT"},
    {"FLOAT", "DOUBLE", "DOUBLE"},
    {"FLOAT", "DECIMAL(10, 2)", "DOUBLE"},
    {"DOUBLE", "TINYINT", "DOUBLE"},
    {"DOUBLE", "INT", "DOUBLE"},
    {"DOUBLE", "BIGINT", "DOUBLE"},
    {"DOUBLE", "FLOAT", "DOUBLE"},
    {"DOUBLE", "DECIMAL(10, 2)", "DOUBLE"},
    {"DECIMAL(10, 2)", "TINYINT", "DECIMAL(10, 2)"},
    {"DECIMAL(10, 2)", "INT", "DECIMAL(12, 2)"},
    {"DECIMAL(10, 2)", "BIGINT", "DECIMAL(21, 2)"},
    {"DECIMAL(10, 2)", "FLOAT", "FLOAT"},
    {"DECIMAL(10, 2)", "DOUBLE", "DOUBLE"},
    {"DECIMAL(10, 2)", "DATE", "DATE"},
    {"DECIMAL(10, 2)", "TIMESTAMP(3)", "TIMESTAMP(3)"},
    {"DECIMAL(10, 2)", "TIMESTAMP(6)", "TIMESTAMP(6)"},
    {"DECIMAL(10, 2)", "TIMESTAMP_LTZ(9)", "TIMESTAMP_LTZ(9)"},
    {"CHAR(3)", "VARCHAR(5)", "VARCHAR(5)"},
    {"CHAR(3)", "STRING", "STRING"},
    {"VARCHAR(5)", "CHAR(3)", "VARCHAR(5)"},
    {"VARCHAR(5)", "STRING", "STRING"},
    {"STRING", "CHAR(3)", "STRING"},
    {"STRING", "VARCHAR(5)", "STRING"},
    {"DATE", "TINYINT", "DATE"},
    {"DATE", "INT", "DATE"},
    {"DATE", "BIGINT", "DATE"},
    {"DATE", "DECIMAL(10, 2)", "DATE"},
    {"DATE", "TIMESTAMP(3)", "DATE"},
    {"DATE", "TIMESTAMP(6)", "DATE"},
    {"DATE", "INTERVAL MONTH", "DATE"},
    {"TIME(3)", "TIMESTAMP(3)", "TIME(3)"},
    {"TIME(3)", "TIMESTAMP(6)", "TIME(3)"},
    {"TIME(3)", "INTERVAL MONTH", "TIME(3)"},
    {"TIMESTAMP(3)", "TINYINT", "TIMESTAMP(3)"},
    {"TIMESTAMP(3)", "INT", "TIMESTAMP(3)"},
    {"TIMESTAMP(3)", "BIGINT", "TIMESTAMP(3)"},
    {"TIMESTAMP(3)", "DECIMAL(10, 2)", "TIMESTAMP(3)"},
    {"TIMESTAMP(3)", "DATE", "DATE"},
    {"TIMESTAMP(3)", "TIME(3)", "TIME(3)"},
    {"TIMESTAMP(3)", "TIMESTAMP(6)", "TIMESTAMP(6)"},
    {"TIMESTAMP(3)", "TIMESTAMP_LTZ(9)", "TIMESTAMP_LTZ(9)"},
    {"TIMESTAMP(3)", "INTERVAL MONTH", "TIMESTAMP(3)"},
    {"TIMESTAMP(6)", "TINYINT", "TIMESTAMP(6)"},
    {"TIMESTAMP(6)", "INT", "TIMESTAMP(6)"},
    {"TIMESTAMP(6)", "BIGINT", "TIMESTAMP(6)"},
    {"TIMESTAMP(6)", "DECIMAL(10, 2)", "TIMESTAMP(6)"},
    {"TIMESTAMP(6)", "DATE", "DATE"},
    {"TIMESTAMP(6)", "TIME(3)", "TIME(3)"},
    {"TIMESTAMP(6)", "TIMESTAMP(3)", "TIMESTAMP(6)"},
    {"TIMESTAMP(6)", "TIMESTAMP_LTZ(9)", "TIMESTAMP_LTZ(9)"},
    {"TIMESTAMP(6)", "INTERVAL MONTH", "TIMESTAMP(6)"},
    {"TIMESTAMP_LTZ(9)", "TINYINT", "TIMESTAMP_LTZ(9)"},
    {"TIMESTAMP_LTZ(9)", "INT", "TIMESTAMP_LTZ(9)"},
    {"TIMESTAMP_LTZ(9)", "BIGINT", "TIMESTAMP_LTZ(9)"},
    {"TIMESTAMP_LTZ(9)", "DECIMAL(10, 2)", "TIMESTAMP_LTZ(9)"},
    {"TIMESTAMP_LTZ(9)", "TIMESTAMP(3)", "TIMESTAMP_LTZ(9)"},
    {"TIMESTAMP_LTZ(9)", "TIMESTAMP(6)", "TIMESTAMP_LTZ(9)"},
    {"TIMESTAMP_LTZ(9)", "INTERVAL MONTH", "TIMESTAMP_LTZ(9)"},
    {"INTERVAL MONTH", "DATE", "DATE"},
    {"INTERVAL MONTH", "TIME(3)", "TIME(3)"},
    {"INTERVAL MONTH", "TIMESTAMP(3)", "TIMESTAMP(3)"},
    {"INTERVAL MONTH", "TIMESTAMP(6)", "TIMESTAMP(6)"},
    {"INTERVAL MONTH", "TIMESTAMP_LTZ(9)", "TIMESTAMP_LTZ(9)"},
    {"MAP<VARCHAR(5), INT>", "MAP<CHAR(3), BIGINT>", "MAP<VARCHAR(5), BIGINT>"},
    {"MAP<CHAR(3), BIGINT>", "MAP<VARCHAR(5), INT>", "MAP<VARCHAR(5), BIGINT>"},
    {"ROW<`a` INT, `b` VARCHAR(5)>", "ROW<`c` BIGINT, `d` CHAR(3)>",
        "ROW<`a` BIGINT, `b` VARCHAR(5)>"},
    {"ROW<`c` BIGINT, `d` CHAR(3)>", "ROW<`a` INT, `b` VARCHAR(5)>",
        "ROW<`c` BIGINT, `d` VARCHAR(5)>"},
    {"BOOLEAN", "INT", "-"},
    {"INT", "STRING", "-"},
    {"DATE", "TIME(3)", "-"},
    {"ARRAY<INT>", "INT", "-"},
    {"INT NOT NULL", "BIGINT NOT NULL", "BIGINT NOT NULL"},
    {"NULL", "INT NOT NULL", "INT"},
    {"NULL", "NULL", "-"},
};

/* CASE WHEN .. THEN left ELSE right, and UNION ALL */
static const struct common_case case_cases[] = {
    {"FLOAT", "DOUBLE", "FLOAT"},
    {"DOUBLE", "FLOAT", "DOUBLE"},
    {"DECIMAL(10, 2)", "FLOAT", "DOUBLE"},
    {"FLOAT", "DECIMAL(10, 2)", "DOUBLE"},
    {"BIGINT", "FLOAT", "FLOAT"},
    {"INT", "DECIMAL(10, 2)", "DECIMAL(12, 2)"},
    {"TIMESTAMP(3)", "TIMESTAMP_LTZ(3)", "TIMESTAMP(3)"},
    {"TIMESTAMP_LTZ(3)", "TIMESTAMP(3)", "TIMESTAMP_LTZ(3)"},
    {"TIMESTAMP_LTZ(3)", "TIMESTAMP(6)", "TIMESTAMP(6)"},
    {"TIMESTAMP(6)", "TIMESTAMP_LTZ(3)", "TIMESTAMP_LTZ(6)"},
    {"TIMESTAMP_LTZ(9)", "TIMESTAMP(3)", "TIMESTAMP(9)"},
    {"DATE", "TIMESTAMP(3)", "-"},
    {"TIME(0)", "TIMESTAMP(3)", "-"},
    {"INT", "DATE", "-"},
    {"INT", "INTERVAL MONTH", "-"},
    {"CHAR(3)", "VARCHAR(5)", "VARCHAR(5)"},
    {"CHAR(2) NOT NULL", "CHAR(3) NOT NULL", "VARCHAR(3) NOT NULL"},
};

static void check_cases(const struct common_case *cases, size_t count,
    const struct type *(*find)(struct arena *, const struct type *const *, size_t))
{
    struct arena *a = arena_new(4096);
    for (size_t i = 0; i < count; i++) {
        const struct type *pair[] = {parse(a, cases[i].left), parse(a, cases[i].right)};
        bool ok = prints(a, find(a, pair, 2), cases[i].common);
        CHECK(ok);
        if (!ok) printf("# for %s and %s\n", cases[i].left, cases[i].right);
    }
    arena_free(a);
}

static void functions_merge_as_logical_type_merging(void)
{
    check_cases(common_cases, sizeof common_cases / sizeof *common_cases, type_common);
}

static void case_and_union_merge_as_calcite(void)
{
    check_cases(case_cases, sizeof case_cases / sizeof *case_cases, type_least_restrictive);
}

static const char *const cast_targets[] = {"BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT",
    "FLOAT", "DOUBLE", "DECIMAL(10, 2)", "DECIMAL(38, 10)", "CHAR(3)", "VARCHAR(5)", "STRING",
    "BINARY(3)", "VARBINARY(5)", "BYTES", "DATE", "TIME(0)", "TIMESTAMP(3)", "TIMESTAMP(6)",
    "TIMESTAMP_LTZ(3)", "TIMESTAMP_LTZ(9)", "ARRAY<INT>", "ARRAY<VARCHAR(5)>",
    "MAP<VARCHAR(5), INT>", "ROW<`a` INT, `b` VARCHAR(5)>", "ROW<`c` BIGINT, `d` CHAR(3)>",
    "MULTISET<INT>", "INTERVAL MONTH", "INTERVAL SECOND(3)"};

/* One letter a target: y where CAST is accepted. */
static const struct {
    const char *from, *answers;
} casts[] = {
    {"BOOLEAN", "yyyyyyyyyyyy................."},
    {"TINYINT", "yyyyyyyyyyyy...............yy"},
    {"SMALLINT", "yyyyyyyyyyyy...............yy"},
    {"INT", "yyyyyyyyyyyy...............yy"},
    {"BIGINT", "yyyyyyyyyyyy...............yy"},
    {"FLOAT", "yyyyyyyyyyyy................."},
    {"DOUBLE", "yyyyyyyyyyyy................."},
    {"DECIMAL(10, 2)", "yyyyyyyyyyyy................."},
    {"DECIMAL(38, 10)", "yyyyyyyyyyyy................."},
    {"CHAR(3)", "yyyyyyyyyyyyyyyyyyyyy........"},
    {"VARCHAR(5)", "yyyyyyyyyyyyyyyyyyyyy........"},
    {"STRING", "yyyyyyyyyyyyyyyyyyyyy........"},
    {"BINARY(3)", ".........yyyyyy.............."},
    {"VARBINARY(5)", ".........yyyyyy.............."},
    {"BYTES", ".........yyyyyy.............."},
    {"DATE", ".........yyy...y.yyyy........"},
    {"TIME(0)", ".........yyy....yyyyy........"},
    {"TIMESTAMP(3)", ".........yyy...yyyyyy........"},
    {"TIMESTAMP(6)", ".........yyy...yyyyyy........"},
    {"TIMESTAMP_LTZ(3)", ".........yyy...yyyyyy........"},
    {"TIMESTAMP_LTZ(9)", ".........yyy...yyyyyy........"},
    {"ARRAY<INT>", ".........yyy.........yy......"},
    {"ARRAY<VARCHAR(5)>", ".........yyy.........yy......"},
    {"MAP<VARCHAR(5), INT>", ".........yyy...........y....."},
    {"ROW<`a` INT, `b` VARCHAR(5)>", ".........yyy............yy..."},
    {"ROW<`c` BIGINT, `d` CHAR(3)>", ".........yyy............yy..."},
    {"MULTISET<INT>", ".........yyy..............y.."},
    {"INTERVAL MONTH", ".........yyy...............y."},
    {"INTERVAL SECOND(3)", ".........yyy................y"},

};

static void cast_accepts_what_flink_accepts(void)
{
    struct arena *a = arena_new(4096);
    for (size_t i = 0; i < sizeof casts / sizeof *casts; i++) {
        for (size_t k = 0; k < sizeof cast_targets / sizeof *cast_targets; k++) {
            bool expected = casts[i].answers[k] == 'y';
            bool got = type_castable(parse(a, casts[i].from), parse(a, cast_targets[k]));
            CHECK(got == expected);
            if (got != expected) printf("# %s -> %s\n", casts[i].from, cast_targets[k]);
        }
        arena_reset(a);
    }
    arena_free(a);
}

static void implicit_casts_only_widen(void)
{
    struct arena *a = arena_new(4096);
    const char *yes[][2] = {{"INT", "BIGINT"}, {"BIGINT", "FLOAT"}, {"DOUBLE", "DECIMAL(10, 2)"},
        {"CHAR(3)", "STRING"}, {"STRING", "VARCHAR(5)"}, {"TIMESTAMP(3)", "DATE"},
        {"TIMESTAMP(3)", "TIMESTAMP_LTZ(9)"}, {"TIMESTAMP_LTZ(3)", "TIMESTAMP(3)"},
        {"NULL", "ROW<`a` INT>"}, {"ROW<`a` INT>", "ROW<`b` BIGINT>"}, {"VARBINARY(3)", "BYTES"}};
    const char *no[][2] = {{"BIGINT", "INT"}, {"DOUBLE", "FLOAT"}, {"STRING", "CHAR(3)"},
        {"INT", "STRING"}, {"DATE", "TIMESTAMP(3)"}, {"TIMESTAMP_LTZ(3)", "DATE"},
        {"ARRAY<INT>", "ARRAY<STRING>"}, {"ARRAY<INT>", "STRING"}, {"INT", "BOOLEAN"},
        {"ARRAY<INT>", "ARRAY<INT NOT NULL>"}};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        CHECK(type_castable_implicitly(parse(a, yes[i][0]), parse(a, yes[i][1])));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        CHECK(!type_castable_implicitly(parse(a, no[i][0]), parse(a, no[i][1])));
    arena_free(a);
}

static void comparison_needs_like_types(void)
{
    struct arena *a = arena_new(4096);
    const char *yes[][2] = {{"BOOLEAN", "STRING"}, {"TINYINT", "DOUBLE"}, {"CHAR(3)", "DATE"},
        {"STRING", "TIMESTAMP_LTZ(9)"}, {"TIMESTAMP(3)", "TIMESTAMP_LTZ(3)"}, {"STRING", "TIME(0)"},
        {"BINARY(3)", "BYTES"}, {"INTERVAL MONTH", "INTERVAL MONTH"}};
    const char *no[][2] = {{"INT", "STRING"}, {"DATE", "TIMESTAMP(3)"}, {"BOOLEAN", "INT"},
        {"INT", "DATE"}, {"BYTES", "STRING"}, {"INTERVAL MONTH", "INTERVAL SECOND(3)"},
        {"BOOLEAN", "DATE"}};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        CHECK(type_comparable(parse(a, yes[i][0]), parse(a, yes[i][1])));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        CHECK(!type_comparable(parse(a, no[i][0]), parse(a, no[i][1])));
    arena_free(a);
}

static void decimal_results_follow_the_rules(void)
{
    struct arena *a = arena_new(4096);
    static const struct {
        const char *left, *right, *result;
        char op;
    } cases[] = {
        {"DECIMAL(5, 2)", "INT NOT NULL", "DECIMAL(16, 2)", '*'},
        {"DECIMAL(5, 2)", "INT NOT NULL", "DECIMAL(16, 13)", '/'},
        {"DECIMAL(3, 3) NOT NULL", "BIGINT NOT NULL", "DECIMAL(23, 3) NOT NULL", '*'},
        {"DECIMAL(10, 2)", "DECIMAL(8, 4)", "DECIMAL(13, 4)", '+'},
        {"DECIMAL(38, 10)", "DECIMAL(38, 10)", "DECIMAL(38, 9)", '-'},
        {"DECIMAL(38, 10)", "DECIMAL(38, 10)", "DECIMAL(38, 6)", '*'},
        {"DECIMAL(10, 2)", "INT", "DECIMAL(10, 2)", '%'},
        {"DECIMAL(10, 0)", "INT", "INT", '%'},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(prints(a,
            type_decimal_result(a, cases[i].op, parse(a, cases[i].left), parse(a, cases[i].right)),
            cases[i].result));
    CHECK(prints(a, type_decimal_round(a, parse(a, "DECIMAL(10, 4)"), 2), "DECIMAL(9, 2)"));
    CHECK(prints(a, type_decimal_round(a, parse(a, "DECIMAL(10, 4)"), -1), "DECIMAL(7, 0)"));
    CHECK(prints(a, type_decimal_round(a, parse(a, "DECIMAL(10, 4)"), 7), "DECIMAL(10, 4)"));
    arena_free(a);
}

int main(void)
{
    TEST_RUN(functions_merge_as_logical_type_merging);
    TEST_RUN(case_and_union_merge_as_calcite);
    TEST_RUN(cast_accepts_what_flink_accepts);
    TEST_RUN(implicit_casts_only_widen);
    TEST_RUN(comparison_needs_like_types);
    TEST_RUN(decimal_results_follow_the_rules);
    return TEST_END();
}
