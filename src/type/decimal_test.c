#include "type/decimal.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "test.h"

static const struct {
    char op;
    const char *a;
    int32_t a_scale;
    const char *b;
    int32_t b_scale, precision, scale;
    const char *result;
} flink_cases[] = {
#include "type/decimal_test_table.inc"
};

static i128 number(const char *text)
{
    i128 v = 0;
    CHECK(num_parse_i128(slice_of(text), &v));
    return v;
}

static bool same(i128 v, const char *expected)
{
    char text[NUM_I128_CHARS + 1];
    text[num_format_i128(text, v)] = 0;
    if (strcmp(text, expected) == 0) return true;
    printf("# got %s, expected %s\n", text, expected);
    return false;
}

static void arithmetic_is_as_flink_2_3(void)
{
    for (size_t i = 0; i < sizeof flink_cases / sizeof *flink_cases; i++) {
        i128 a = number(flink_cases[i].a), b = number(flink_cases[i].b), out = -1;
        int32_t as = flink_cases[i].a_scale, bs = flink_cases[i].b_scale;
        int32_t p = flink_cases[i].precision, s = flink_cases[i].scale;
        char op = flink_cases[i].op;
        bool fits = true;
        if (op == '+') fits = decimal_add(a, as, b, bs, p, s, &out);
        if (op == '-') fits = decimal_sub(a, as, b, bs, p, s, &out);
        if (op == '*') fits = decimal_mul(a, as, b, bs, p, s, &out);
        if (op == '/') fits = decimal_div(a, as, b, bs, p, s, &out);
        if (op == '%') fits = decimal_mod(a, as, b, bs, p, s, &out);
        if (op == 'c') out = decimal_compare(a, as, b, bs);
        bool ok = fits ? same(out, flink_cases[i].result)
                       : out == 0 && strcmp(flink_cases[i].result, "NULL") == 0;
        CHECK(ok);
        if (!ok)
            printf("# %s/%d %c %s/%d to (%d,%d) fits %d\n", flink_cases[i].a, as, op,
                flink_cases[i].b, bs, p, s, fits);
    }
}

/* The short paths and the 256-bit ones must agree: 1 and 10^k / 10^k are the same number. */
static void wide_and_narrow_paths_agree(void)
{
    uint64_t seed = 1;
    for (int i = 0; i < 5000; i++) {
        seed = hash_u64(seed + (uint64_t)i);
        i128 a = (int64_t)seed >> (seed % 40), b = (int64_t)hash_u64(seed) >> (seed % 50);
        if (b == 0) b = 1;
        i128 a19 = a * decimal_powers[19], b19 = b * decimal_powers[19], x, y;
        bool fx = decimal_div(a, 2, b, 3, 38, 8, &x), fy = decimal_div(a19, 21, b19, 22, 38, 8, &y);
        CHECK(fx == fy && x == y);
        fx = decimal_add(a, 2, b, 3, 38, 6, &x);
        fy = decimal_add(a19, 21, b19, 22, 38, 6, &y);
        CHECK(fx == fy && x == y);
        fx = decimal_mul(a, 2, b, 3, 38, 4, &x);
        fy = decimal_mul(a19, 21, b, 3, 38, 4, &y);
        CHECK(fx == fy && x == y);
        fx = decimal_mod(a, 2, b, 3, 38, 3, &x);
        fy = decimal_mod(a19, 21, b, 3, 38, 3, &y);
        CHECK(fx == fy && x == y);
        CHECK(decimal_compare(a, 2, a19, 21) == 0);
        CHECK(decimal_compare(a, 2, a19 + 1, 21) == -1);
    }
}

static void rounding_is_half_up_by_magnitude(void)
{
    i128 v;
    CHECK(decimal_rescale(125, 2, 10, 1, &v) && same(v, "13"));
    CHECK(decimal_rescale(-125, 2, 10, 1, &v) && same(v, "-13"));
    CHECK(decimal_rescale(124, 2, 10, 1, &v) && same(v, "12"));
    CHECK(decimal_rescale(5, 38, 10, 0, &v) && same(v, "0"));
    CHECK(!decimal_rescale(995, 1, 2, 0, &v) && v == 0);
    CHECK(decimal_shift_right(-101, 1, DECIMAL_FLOOR) == -11);
    CHECK(decimal_shift_right(-101, 1, DECIMAL_CEILING) == -10);
    CHECK(decimal_shift_right(101, 1, DECIMAL_CEILING) == 11);
    CHECK(decimal_shift_right(109, 1, DECIMAL_DOWN) == 10);
    CHECK(decimal_shift_right(-1, 60, DECIMAL_FLOOR) == -1);
    bool overflow;
    CHECK(decimal_round(12345, 2, 1, DECIMAL_HALF_UP, &overflow) == 1235 && !overflow);
    CHECK(decimal_round(12345, 2, -1, DECIMAL_HALF_UP, &overflow) == 120 && !overflow);
    CHECK(decimal_round(12345, 2, -9, DECIMAL_HALF_UP, &overflow) == 0 && !overflow);
    CHECK(decimal_round(12345, 2, 5, DECIMAL_DOWN, &overflow) == 12345);
    CHECK(
        decimal_round(decimal_powers[38] - 1, 0, -1, DECIMAL_HALF_UP, &overflow) == 0 && overflow);
}

static bool parses(const char *text, int32_t p, int32_t s, const char *expected)
{
    i128 v;
    return decimal_parse(slice_of(text), p, s, &v) == DECIMAL_PARSE_OK && same(v, expected);
}

static void text_is_read_and_rounded(void)
{
    i128 v;
    CHECK(parses("1.50", 5, 2, "150"));
    CHECK(parses("-.5", 5, 0, "-1"));
    CHECK(parses("5.", 5, 1, "50"));
    CHECK(parses("1e3", 5, 0, "1000"));
    CHECK(parses("12345e-3", 5, 2, "1235"));
    CHECK(parses("0.00000000000000000000000000000000000000000005e44", 5, 1, "50"));
    CHECK(parses("000000000000000000000000000000000000000000001", 1, 0, "1"));
    CHECK(parses("1e-99999", 5, 2, "0"));
    CHECK(parses("0e99999", 5, 2, "0"));
    CHECK(parses(
        "99999999999999999999999999999999999999", 38, 0, "99999999999999999999999999999999999999"));
    CHECK(decimal_parse(SLICE("99.995"), 4, 2, &v) == DECIMAL_PARSE_OVERFLOW);
    CHECK(decimal_parse(SLICE("1e99999"), 38, 0, &v) == DECIMAL_PARSE_OVERFLOW);
    CHECK(decimal_parse(SLICE("170141183460469231731687303715884105728"), 38, 0, &v) ==
          DECIMAL_PARSE_OVERFLOW); /* 2^127: the accumulator's own limit */
    const char *bad[] = {"", ".", "-", "1e", "e1", "1.2.3", "1x", " 1", "NaN", "1e+", "0x1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(decimal_parse(slice_of(bad[i]), 10, 2, &v) == DECIMAL_PARSE_INVALID);
    int32_t p, s;
    CHECK(decimal_parse_natural(SLICE("-1.50"), &v, &p, &s) == DECIMAL_PARSE_OK);
    CHECK(v == -150 && p == 3 && s == 2);
    CHECK(decimal_parse_natural(SLICE("0.05"), &v, &p, &s) == DECIMAL_PARSE_OK);
    CHECK(v == 5 && p == 2 && s == 2);
    CHECK(decimal_parse_natural(SLICE("1e2"), &v, &p, &s) == DECIMAL_PARSE_OK);
    CHECK(v == 100 && p == 3 && s == 0);
}

static bool prints(i128 v, int32_t scale, const char *expected)
{
    char text[DECIMAL_CHARS_MAX + 1];
    text[decimal_format(text, v, scale)] = 0;
    if (strcmp(text, expected) == 0) return true;
    printf("# got %s, expected %s\n", text, expected);
    return false;
}

static void text_is_plain(void)
{
    CHECK(prints(150, 2, "1.50"));
    CHECK(prints(-5, 2, "-0.05"));
    CHECK(prints(0, 3, "0.000"));
    CHECK(prints(7, 0, "7"));
    CHECK(prints(-(decimal_powers[38] - 1), 38, "-0.99999999999999999999999999999999999999"));
    CHECK(prints(decimal_powers[38] - 1, 19, "9999999999999999999.9999999999999999999"));
}

static void floating_point_goes_through_its_shortest_text(void)
{
    i128 v;
    CHECK(decimal_from_double(0.1, 20, 18, &v) && same(v, "100000000000000000"));
    CHECK(decimal_from_double(1e10, 20, 2, &v) && same(v, "1000000000000"));
    CHECK(!decimal_from_double(1e10, 10, 2, &v));
    CHECK(!decimal_from_double((double)__builtin_inf(), 38, 2, &v));
    CHECK(decimal_from_float(0.1f, 20, 10, &v) && same(v, "1000000015"));
    CHECK(decimal_to_double(150, 2) == 1.5);
    CHECK(decimal_to_double(-1, 38) == -1e-38);
    CHECK(
        decimal_to_double(number("12345678901234567890123456789"), 10) == 1234567890123456789.0123);
    CHECK(decimal_to_i64(-1999, 3) == -1);
    CHECK(decimal_to_i64(number("12345678901234567890123456789"), 0) == 5097733592125636885LL);
    CHECK(decimal_from_i64(12, 4, 2, &v) && v == 1200);
    CHECK(!decimal_from_i64(123, 4, 2, &v));
}

int main(void)
{
    TEST_RUN(arithmetic_is_as_flink_2_3);
    TEST_RUN(wide_and_narrow_paths_agree);
    TEST_RUN(rounding_is_half_up_by_magnitude);
    TEST_RUN(text_is_read_and_rounded);
    TEST_RUN(text_is_plain);
    TEST_RUN(floating_point_goes_through_its_shortest_text);
    return TEST_END();
}
