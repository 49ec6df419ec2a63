#include "base/hash.h"

#include <string.h>

#include "base/mem.h"
#include "test.h"

/* RFC 3720, appendix B.4. */
static void crc32c_has_the_values_of_the_rfc(void)
{
    unsigned char bytes[32] = {0};
    CHECK(hash_crc32c(0, bytes, 32) == 0x8a9136aa);
    memset(bytes, 0xff, 32);
    CHECK(hash_crc32c(0, bytes, 32) == 0x62a8ab43);
    for (int i = 0; i < 32; i++) bytes[i] = (unsigned char)i;
    CHECK(hash_crc32c(0, bytes, 32) == 0x46dd794e);
    CHECK(hash_crc32c(0, "123456789", 9) == 0xe3069283 && hash_crc32c(0, "", 0) == 0);
}

static void crc32c_is_the_same_by_table_and_piece_by_piece(void)
{
    unsigned char bytes[300];
    for (int i = 0; i < 300; i++) bytes[i] = (unsigned char)(i * 7 + i / 31);
    for (size_t begin = 0; begin < 9; begin++)
        for (size_t n = 0; n < 280; n += 1 + n / 5) {
            uint32_t whole = hash_crc32c(17, bytes + begin, n);
            CHECK(hash__crc32c_by_table(17, bytes + begin, n) == whole);
            CHECK(hash_crc32c(hash_crc32c(17, bytes + begin, n / 3), bytes + begin + n / 3,
                      n - n / 3) == whole);
        }
}

static void a_digest_is_the_same_piece_by_piece_and_as_text(void)
{
    char bytes[1000], text[HASH_DIGEST_CHARS];
    for (int i = 0; i < 1000; i++) bytes[i] = (char)(i * 13);
    struct hash_digest whole = hash_digest_of(bytes, 1000), read;
    struct hash_digester *d = hash_digester_new();
    for (size_t at = 0; at < 1000; at += 40) {
        CHECK(hash_digester_short(d) == hash_bytes(bytes, at, 0));
        hash_digester_add(d, bytes + at, 40);
    }
    CHECK(hash_digest_eq(hash_digester_result(d), whole));
    hash_digester_free(d);
    hash_digest_format(whole, text);
    CHECK(hash_digest_parse(text, sizeof text, &read) && hash_digest_eq(read, whole));
    CHECK(!hash_digest_parse(text, sizeof text - 1, &read));
    /* Of xxhsum -H2 on an empty file. */
    hash_digest_format(hash_digest_of(NULL, 0), text);
    CHECK(memcmp(text, "99aa06d3014798d86001c324468d497f", sizeof text) == 0);
    static const char other[] = {'A', 'F', 'G', 'g', '/', ':', ' ', '\0', (char)0xe1};
    for (size_t i = 0; i < sizeof other; i++) {
        text[31] = other[i];
        CHECK(!hash_digest_parse(text, sizeof text, &read));
    }
}

int main(void)
{
    TEST_RUN(crc32c_has_the_values_of_the_rfc);
    TEST_RUN(crc32c_is_the_same_by_table_and_piece_by_piece);
    TEST_RUN(a_digest_is_the_same_piece_by_piece_and_as_text);
    return TEST_END();
}
