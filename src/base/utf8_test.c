#include "base/utf8.h"

#include "base/hash.h"
#include "test.h"

static void validation_is_strict(void)
{
    CHECK(utf8_valid(SLICE("")));
    CHECK(utf8_valid(SLICE("plain ascii, longer than eight bytes")));
    CHECK(utf8_valid(SLICE("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80")));
    CHECK(!utf8_valid(SLICE("\x80")));
    CHECK(!utf8_valid(SLICE("\xc0\xaf")));         /* overlong */
    CHECK(!utf8_valid(SLICE("\xe0\x80\xaf")));     /* overlong */
    CHECK(!utf8_valid(SLICE("\xed\xa0\x80")));     /* surrogate */
    CHECK(!utf8_valid(SLICE("\xf4\x90\x80\x80"))); /* beyond U+10FFFF */
    CHECK(!utf8_valid(SLICE("12345678\xe2\x82"))); /* cut off */
}

static void positions_are_code_points(void)
{
    struct slice s = SLICE("a\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80z");
    CHECK(utf8_count(s) == 5);
    CHECK(utf8_count_utf16(s) == 6);
    CHECK(utf8_offset(s, 0) == 0);
    CHECK(utf8_offset(s, 2) == 3);
    CHECK(utf8_offset(s, 4) == 10);
    CHECK(utf8_offset(s, 5) == 11);
    CHECK(utf8_offset(s, 99) == 11);
    CHECK(utf8_count(SLICE("1234567\xc3\xbc")) == 8);
    CHECK(utf8_offset(SLICE("123456789\xc3\xbcx"), 10) == 11);
}

static bool maps(void (*map)(struct slice, struct buf *), const char *from, const char *to)
{
    struct buf b;
    buf_init(&b, 1000);
    map(slice_of(from), &b);
    bool same = slice_eq(buf_slice(&b), slice_of(to));
    if (!same) printf("# '%s' gave '%s'\n", from, buf_cstr(&b));
    buf_free(&b);
    return same;
}

static void case_is_java_root_locale(void)
{
    CHECK(maps(utf8_upper, "weir 42 gr\xc3\xbc\xc3\x9f", "WEIR 42 GR\xc3\x9cSS"));
    CHECK(maps(utf8_lower, "WEIR \xc3\x84{@[", "weir \xc3\xa4{@["));
    CHECK(maps(utf8_upper, "\xd0\xb6\xcf\x89", "\xd0\x96\xce\xa9"));
    CHECK(
        maps(utf8_lower, "\xce\xa3\xce\x91\xce\xa3 \xce\xa3", "\xcf\x83\xce\xb1\xcf\x82 \xcf\x83"));
}

static void invalid_bytes_become_replacements(void)
{
    /* As Java: one for each longest invalid prefix. */
    CHECK(maps(utf8_repair, "a\xff\xe2\x82z", "a\xef\xbf\xbd\xef\xbf\xbdz"));
    CHECK(maps(utf8_repair, "\xf0\x9f\x98", "\xef\xbf\xbd"));
    CHECK(maps(utf8_repair, "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"));
}

static void encoding_and_decoding_are_inverse(void)
{
    for (uint32_t c = 1; c <= 0x10ffff; c += 37) {
        char bytes[UTF8_CHARS_MAX];
        uint32_t back;
        size_t n = utf8_encode(bytes, c);
        uint32_t expected = c >= 0xd800 && c < 0xe000 ? UTF8_REPLACEMENT : c;
        CHECK(utf8_decode((struct slice){bytes, n}, &back) == n && back == expected);
        CHECK(utf8_step(bytes[0]) == n);
    }
}

static void letters_and_digits(void)
{
    CHECK(utf8_is_letter('x') && utf8_is_letter(0xe4) && utf8_is_letter(0x4e2d));
    CHECK(!utf8_is_letter('1') && !utf8_is_letter(' ') && !utf8_is_letter('_'));
    CHECK(utf8_is_digit('7') && utf8_is_digit(0x0663) && !utf8_is_digit('x'));
}

/* Key groups of checkpoints depend on these values for ever. */
static void hashes_never_change(void)
{
    CHECK(hash_bytes("", 0, 0) == UINT64_C(0x2d06800538d394c2));
    CHECK(hash_bytes(NULL, 0, 0) == hash_bytes("", 0, 0));
    CHECK(hash_bytes("weir", 4, 0) != hash_bytes("weir", 4, 1));
    CHECK(hash_u64(0) == 0 && hash_u64(1) == UINT64_C(0x5692161d100b05e5));
    CHECK(hash_u128(1) != hash_u128((u128)1 << 64));
}

int main(void)
{
    TEST_RUN(validation_is_strict);
    TEST_RUN(positions_are_code_points);
    TEST_RUN(case_is_java_root_locale);
    TEST_RUN(invalid_bytes_become_replacements);
    TEST_RUN(encoding_and_decoding_are_inverse);
    TEST_RUN(letters_and_digits);
    TEST_RUN(hashes_never_change);
    return TEST_END();
}
