#include "base/utf8.h"

#include <utf8proc.h>

/* 8 bytes at a time: the high bit of each. */
static const uint64_t high_bits = UINT64_C(0x8080808080808080);

static uint64_t load8(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* Bytes at the start that are ASCII; may stop up to 7 early. */
static size_t ascii_prefix(struct slice s)
{
    size_t i = 0;
    while (i + 8 <= s.n && (load8(s.p + i) & high_bits) == 0) i += 8;
    while (i < s.n && (unsigned char)s.p[i] < 0x80) i++;
    return i;
}

bool utf8_is_ascii(struct slice s)
{
    return ascii_prefix(s) == s.n;
}

static bool is_tail(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Size of the well-formed sequence at s.p, or minus the size of its longest invalid prefix
 * (Unicode 15, table 3-7: the second byte's range depends on the first). */
static int sequence(struct slice s)
{
    unsigned char c = (unsigned char)s.p[0];
    if (c < 0x80) return 1;
    if (c < 0xc2 || c > 0xf4) return -1;
    if (s.n < 2) return -1;
    unsigned char low = 0x80, high = 0xbf;
    if (c == 0xe0) low = 0xa0;
    if (c == 0xed) high = 0x9f;
    if (c == 0xf0) low = 0x90;
    if (c == 0xf4) high = 0x8f;
    unsigned char second = (unsigned char)s.p[1];
    if (second < low || second > high) return -1;
    if (c < 0xe0) return 2;
    if (s.n < 3 || !is_tail(s.p[2])) return -2;
    if (c < 0xf0) return 3;
    if (s.n < 4 || !is_tail(s.p[3])) return -3;
    return 4;
}

bool utf8_valid(struct slice s)
{
    while (true) {
        size_t ascii = ascii_prefix(s);
        s.p += ascii, s.n -= ascii;
        if (s.n == 0) return true;
        int size = sequence(s);
        if (size < 0) return false;
        s.p += size, s.n -= (size_t)size;
    }
}

size_t utf8_count(struct slice s)
{
    size_t tails = 0, i = 0;
    for (; i + 8 <= s.n; i += 8) {
        uint64_t v = load8(s.p + i);
        tails += (size_t)__builtin_popcountll(v & high_bits & ~(v << 1));
    }
    for (; i < s.n; i++) tails += is_tail(s.p[i]);
    return s.n - tails;
}

size_t utf8_count_utf16(struct slice s)
{
    size_t n = utf8_count(s);
    for (size_t i = 0; i < s.n; i++) n += (unsigned char)s.p[i] >= 0xf0;
    return n;
}

size_t utf8_offset(struct slice s, size_t index)
{
    size_t i = 0;
    while (index >= 8 && i + 8 <= s.n && (load8(s.p + i) & high_bits) == 0) i += 8, index -= 8;
    while (index > 0 && i < s.n) i += utf8_step(s.p[i]), index--;
    return i < s.n ? i : s.n;
}

size_t utf8_decode(struct slice s, uint32_t *code_point)
{
    int size = sequence(s);
    const unsigned char *p = (const unsigned char *)s.p;
    if (size < 0) {
        *code_point = UTF8_REPLACEMENT;
        return (size_t)-size;
    }
    if (size == 1)
        *code_point = p[0];
    else if (size == 2)
        *code_point = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
    else if (size == 3)
        *code_point = (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
    else
        *code_point =
            (p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
    return (size_t)size;
}

size_t utf8_encode(char out[UTF8_CHARS_MAX], uint32_t c)
{
    if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) c = UTF8_REPLACEMENT;
    if (c < 0x80) return out[0] = (char)c, 1;
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

static void add_code_point(struct buf *out, uint32_t c)
{
    char bytes[UTF8_CHARS_MAX];
    buf_add(out, bytes, utf8_encode(bytes, c));
}

void utf8_repair(struct slice s, struct buf *out)
{
    while (s.n > 0) {
        size_t ascii = ascii_prefix(s);
        buf_add(out, s.p, ascii);
        s.p += ascii, s.n -= ascii;
        if (s.n == 0) return;
        uint32_t c;
        size_t size = utf8_decode(s, &c);
        add_code_point(out, c);
        s.p += size, s.n -= size;
    }
}

uint32_t utf8_upper_code_point(uint32_t c)
{
    if (c < 0x80) return c >= 'a' && c <= 'z' ? c - 32 : c;
    return (uint32_t)utf8proc_toupper((utf8proc_int32_t)c);
}

uint32_t utf8_lower_code_point(uint32_t c)
{
    if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
    return (uint32_t)utf8proc_tolower((utf8proc_int32_t)c);
}

/* The common upper-case forms that are longer than their letter (Unicode's SpecialCasing.txt). */
static bool add_special_upper(struct buf *out, uint32_t c)
{
    static const struct {
        uint32_t code_point;
        const char *upper;
    } table[] = {{0xdf, "SS"}, {0x149, "\xca\xbcN"}, {0x1f0, "J\xcc\x8c"},
        {0x587, "\xd4\xb5\xd5\x92"}, {0xfb00, "FF"}, {0xfb01, "FI"}, {0xfb02, "FL"},
        {0xfb03, "FFI"}, {0xfb04, "FFL"}, {0xfb05, "ST"}, {0xfb06, "ST"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (table[i].code_point != c) continue;
        buf_add_cstr(out, table[i].upper);
        return true;
    }
    return false;
}

/* Appends the ASCII prefix with `first`..`first`+25 moved by 32 and returns its size. */
static size_t add_ascii(struct slice s, char first, struct buf *out)
{
    size_t n = ascii_prefix(s);
    if (n == 0 || !buf_reserve(out, n)) return n;
    char *to = out->p + out->n;
    for (size_t i = 0; i < n; i++) {
        unsigned letter = (unsigned)(unsigned char)s.p[i] - (unsigned)(unsigned char)first;
        to[i] = (char)(s.p[i] ^ (letter < 26 ? 0x20 : 0));
    }
    out->n += n;
    return n;
}

void utf8_upper(struct slice s, struct buf *out)
{
    while (s.n > 0) {
        size_t size = add_ascii(s, 'a', out);
        s.p += size, s.n -= size;
        if (s.n == 0) return;
        uint32_t c;
        size = utf8_decode(s, &c);
        if (!add_special_upper(out, c)) add_code_point(out, utf8_upper_code_point(c));
        s.p += size, s.n -= size;
    }
}

/* Java writes a capital sigma at the end of a word as final sigma. */
static bool letter_follows(struct slice s)
{
    uint32_t c;
    if (s.n == 0) return false;
    utf8_decode(s, &c);
    return utf8_is_letter(c);
}

void utf8_lower(struct slice s, struct buf *out)
{
    bool after_letter = false;
    while (s.n > 0) {
        size_t size = add_ascii(s, 'A', out);
        if (size > 0) after_letter = utf8_is_letter((unsigned char)s.p[size - 1]);
        s.p += size, s.n -= size;
        if (s.n == 0) return;
        uint32_t c;
        size = utf8_decode(s, &c);
        s.p += size, s.n -= size;
        if (c == 0x130) /* I with a dot keeps the dot as a combining one */
            buf_add(out, "i\xcc\x87", 3);
        else if (c == 0x3a3 && after_letter && !letter_follows(s))
            add_code_point(out, 0x3c2);
        else
            add_code_point(out, utf8_lower_code_point(c));
        after_letter = utf8_is_letter(c);
    }
}

bool utf8_is_letter(uint32_t c)
{
    if (c < 0x80) return (c | 32) >= 'a' && (c | 32) <= 'z';
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

bool utf8_is_digit(uint32_t c)
{
    if (c < 0x80) return c >= '0' && c <= '9';
    return utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_ND;
}
