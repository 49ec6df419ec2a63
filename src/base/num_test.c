#include "base/num.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "test.h"

static bool double_prints(double v, const char *expected)
{
    char text[NUM_DOUBLE_CHARS];
    size_t n = num_format_double(text, v);
    if (n == strlen(expected) && memcmp(text, expected, n) == 0) return true;
    printf("# got '%.*s', expected '%s'\n", (int)n, text, expected);
    return false;
}

static bool float_prints(float v, const char *expected)
{
    char text[NUM_FLOAT_CHARS];
    size_t n = num_format_float(text, v);
    if (n == strlen(expected) && memcmp(text, expected, n) == 0) return true;
    printf("# got '%.*s', expected '%s'\n", (int)n, text, expected);
    return false;
}

static void doubles_print_as_java_prints_them(void)
{
    CHECK(double_prints(0.0, "0.0"));
    CHECK(double_prints(-0.0, "-0.0"));
    CHECK(double_prints(1.0, "1.0"));
    CHECK(double_prints(-1.5, "-1.5"));
    CHECK(double_prints(0.1, "0.1"));
    CHECK(double_prints(1.0 / 3, "0.3333333333333333"));
    CHECK(double_prints(0.001, "0.001"));
    CHECK(double_prints(0.0001, "1.0E-4"));
    CHECK(double_prints(2e-3, "0.002"));
    CHECK(double_prints(9999999.0, "9999999.0"));
    CHECK(double_prints(1e7, "1.0E7"));
    CHECK(double_prints(1e10, "1.0E10"));
    CHECK(double_prints(123456.789, "123456.789"));
    CHECK(double_prints(12345678.9, "1.23456789E7"));
    CHECK(double_prints(2e23, "2.0E23"));
    CHECK(double_prints(1.7976931348623157e308, "1.7976931348623157E308"));
    CHECK(double_prints(2.2250738585072014e-308, "2.2250738585072014E-308"));
    CHECK(double_prints(4.9e-324, "4.9E-324"));
    CHECK(double_prints(9007199254740993.0, "9.007199254740992E15"));
    CHECK(double_prints((double)__builtin_inf(), "Infinity"));
    CHECK(double_prints(-(double)__builtin_inf(), "-Infinity"));
    CHECK(double_prints((double)__builtin_nanf(""), "NaN"));
}

static void floats_print_as_java_prints_them(void)
{
    CHECK(float_prints(0.1f, "0.1"));
    CHECK(float_prints(16777216.0f, "1.6777216E7"));
    CHECK(float_prints(3.4028235e38f, "3.4028235E38"));
    CHECK(float_prints(1.4e-45f, "1.4E-45"));
    CHECK(float_prints(1.17549435e-38f, "1.1754944E-38"));
    CHECK(float_prints(-100.25f, "-100.25"));
    CHECK(float_prints(3.3e-4f, "3.3E-4"));
}

/* A spread of bit patterns: what is printed reads back, and no text with a digit less does. */
static void printed_doubles_read_back(void)
{
    uint64_t bits = 1;
    for (int i = 0; i < 20000; i++) {
        bits = hash_u64(bits + (uint64_t)i);
        double v, back;
        memcpy(&v, &bits, sizeof v);
        if (v != v) continue;
        char text[NUM_DOUBLE_CHARS + 1];
        size_t n = num_format_double(text, v);
        text[n] = 0;
        CHECK(num_parse_double((struct slice){text, n}, &back) && back == v);
        CHECK(strtod(text, NULL) == v);
        char shorter[40];
        snprintf(shorter, sizeof shorter, "%.*e", 14, v);
        if (strtod(shorter, NULL) == v) CHECK(strcspn(text, "E") <= sizeof "-0.00" + 15);
        float f = (float)v, f_back;
        if (f - f != 0) continue;
        n = num_format_float(text, f);
        text[n] = 0;
        CHECK(num_parse_float((struct slice){text, n}, &f_back) && f_back == f);
        CHECK(strtof(text, NULL) == f);
    }
}

/* Against strtod on texts with many digits. */
static void parsing_agrees_with_strtod(void)
{
    uint64_t seed = 7;
    for (int i = 0; i < 20000; i++) {
        seed = hash_u64(seed + (uint64_t)i);
        uint64_t a = hash_u64(seed), b = hash_u64(a);
        char text[80];
        int e = (int)(b % 700) - 350;
        if (i % 3 == 0)
            snprintf(text, sizeof text, "%llu%llue%d", (unsigned long long)a, (unsigned long long)b,
                e - 30);
        else if (i % 3 == 1)
            snprintf(text, sizeof text, "%llu.%llue%d", (unsigned long long)(a % 100000),
                (unsigned long long)(b % 1000), e / 10);
        else
            snprintf(text, sizeof text, "-0.000%llue%d", (unsigned long long)a, e);
        double v = 0;
        float f = 0;
        CHECK(num_parse_double(slice_of(text), &v) && v == strtod(text, NULL));
        CHECK(num_parse_float(slice_of(text), &f) && f == strtof(text, NULL));
    }
}

static bool is_double(const char *text, double expected)
{
    double v = -99;
    return num_parse_double(slice_of(text), &v) && v == expected;
}

static void hard_doubles_are_rounded_correctly(void)
{
    CHECK(is_double("2.2250738585072011e-308", 2.2250738585072011e-308));
    CHECK(is_double("9007199254740993", 9007199254740992.0));
    CHECK(is_double("9007199254740993.00000000000000000000000001", 9007199254740994.0));
    CHECK(is_double("1e400", (double)__builtin_inf()));
    CHECK(is_double("-1e-400", 0.0));
    CHECK(is_double("4.9406564584124654e-324", 4.9e-324));
    CHECK(is_double("2.4703282292062327e-324", 0.0));
    CHECK(is_double("2.4703282292062328e-324", 4.9e-324));
    CHECK(is_double("0e99999999999", 0.0));
    CHECK(is_double(".5", 0.5));
    CHECK(is_double("5.", 5.0));
}

static void what_is_no_number_is_refused(void)
{
    const char *bad[] = {"", "-", "+", ".", "e5", "1e", "1e+", "1.2.3", " 1", "1 ", "0x10", "inf",
        "nan", "1f", "1_000", "1,5", "--1", "Infinit"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double v;
        float f;
        CHECK(!num_parse_double(slice_of(bad[i]), &v));
        CHECK(!num_parse_float(slice_of(bad[i]), &f));
    }
}

static void java_accepts_blanks_suffixes_and_hex(void)
{
    double v;
    float f;
    CHECK(num_parse_double_java(SLICE(" 1.5d\t"), &v) && v == 1.5);
    CHECK(num_parse_double_java(SLICE("0x1.8p1"), &v) && v == 3.0);
    CHECK(num_parse_float_java(SLICE("2F"), &f) && f == 2.0f);
    CHECK(!num_parse_double_java(SLICE("NaNd"), &v));
    CHECK(!num_parse_double_java(SLICE("0x18"), &v));
    CHECK(!num_parse_double_java(SLICE("1dd"), &v));
}

static void integers_stop_at_their_limits(void)
{
    int64_t v;
    uint64_t u;
    i128 w;
    char text[NUM_I128_CHARS];
    CHECK(num_parse_i64(SLICE("9223372036854775807"), &v) && v == INT64_MAX);
    CHECK(num_parse_i64(SLICE("-9223372036854775808"), &v) && v == INT64_MIN);
    CHECK(num_format_i64(text, INT64_MIN) == 20 && memcmp(text, "-9223372036854775808", 20) == 0);
    CHECK(!num_parse_i64(SLICE("9223372036854775808"), &v));
    CHECK(!num_parse_i64(SLICE("-9223372036854775809"), &v));
    CHECK(num_parse_u64(SLICE("18446744073709551615"), &u) && u == UINT64_MAX);
    CHECK(!num_parse_u64(SLICE("18446744073709551616"), &u));
    CHECK(num_parse_hex16(SLICE("fedcba9876543210"), &u) && u == UINT64_C(0xfedcba9876543210));
    CHECK(!num_parse_hex16(SLICE("fedcba987654321"), &u));
    CHECK(!num_parse_hex16(SLICE("Fedcba9876543210"), &u));
    CHECK(!num_parse_i64(SLICE("-+1"), &v));
    CHECK(!num_parse_i64(SLICE("-"), &v));
    struct slice least = SLICE("-170141183460469231731687303715884105728");
    CHECK(num_parse_i128(least, &w));
    CHECK(num_format_i128(text, w) == least.n && memcmp(text, least.p, least.n) == 0);
    CHECK(!num_parse_i128(SLICE("170141183460469231731687303715884105728"), &w));
    CHECK(num_parse_i128(SLICE("10000000000000000000"), &w));
    CHECK(num_format_i128(text, w) == 20 && memcmp(text, "10000000000000000000", 20) == 0);
}

int main(void)
{
    TEST_RUN(doubles_print_as_java_prints_them);
    TEST_RUN(floats_print_as_java_prints_them);
    TEST_RUN(printed_doubles_read_back);
    TEST_RUN(parsing_agrees_with_strtod);
    TEST_RUN(hard_doubles_are_rounded_correctly);
    TEST_RUN(what_is_no_number_is_refused);
    TEST_RUN(java_accepts_blanks_suffixes_and_hex);
    TEST_RUN(integers_stop_at_their_limits);
    return TEST_END();
}
