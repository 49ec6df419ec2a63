/* Integers, and doubles to text. Parsing of doubles is in num_parse.c. */
#include "base/num.h"

#include <string.h>

#include "num_g.inc"

static const char digit_pairs[] = "0001020304050607080910111213141516171819"
                                  "2021222324252627282930313233343536373839"
                                  "4041424344454647484950515253545556575859"
                                  "6061626364656667686970717273747576777879"
                                  "8081828384858687888990919293949596979899";

static size_t count_digits(uint64_t v)
{
    size_t n = 1;
    while (v >= 10000) v /= 10000, n += 4;
    return n + (v >= 10) + (v >= 100) + (v >= 1000);
}

/* Writes exactly n digits, with zeros in front. */
static void write_digits(char *out, uint64_t v, size_t n)
{
    while (n >= 2) {
        n -= 2;
        memcpy(out + n, digit_pairs + v % 100 * 2, 2);
        v /= 100;
    }
    if (n) out[0] = (char)('0' + v % 10);
}

size_t num_format_u64(char *out, uint64_t v)
{
    size_t n = count_digits(v);
    write_digits(out, v, n);
    return n;
}

size_t num_format_i64(char *out, int64_t v)
{
    if (v >= 0) return num_format_u64(out, (uint64_t)v);
    out[0] = '-';
    return 1 + num_format_u64(out + 1, 0 - (uint64_t)v);
}

size_t num_format_i128(char *out, i128 v)
{
    const uint64_t chunk = UINT64_C(10000000000000000000); /* 10^19 */
    size_t at = 0;
    u128 u = (u128)v;
    if (v < 0) out[at++] = '-', u = 0 - u;
    if (u < chunk) return at + num_format_u64(out + at, (uint64_t)u);
    uint64_t low = (uint64_t)(u % chunk);
    u /= chunk;
    if (u >= chunk) {
        at += num_format_u64(out + at, (uint64_t)(u / chunk));
        write_digits(out + at, (uint64_t)(u % chunk), 19);
        at += 19;
    } else {
        at += num_format_u64(out + at, (uint64_t)u);
    }
    write_digits(out + at, low, 19);
    return at + 19;
}

bool num_parse_u64(struct slice s, uint64_t *out)
{
    uint64_t v = 0;
    size_t i = s.n > 0 && s.p[0] == '+';
    if (i == s.n) return false;
    for (; i < s.n; i++) {
        unsigned digit = (unsigned)(unsigned char)s.p[i] - '0';
        if (digit > 9 || __builtin_mul_overflow(v, (uint64_t)10, &v) ||
            __builtin_add_overflow(v, (uint64_t)digit, &v))
            return false;
    }
    *out = v;
    return true;
}

bool num_parse_i64(struct slice s, int64_t *out)
{
    if (s.n < 2 || s.p[0] != '-') {
        uint64_t v;
        if (!num_parse_u64(s, &v) || v > INT64_MAX) return false;
        *out = (int64_t)v;
        return true;
    }
    uint64_t v;
    struct slice digits = {s.p + 1, s.n - 1};
    if (digits.p[0] == '+' || !num_parse_u64(digits, &v)) return false;
    if (v > (uint64_t)INT64_MAX + 1) return false;
    *out = (int64_t)(0 - v);
    return true;
}

bool num_parse_i32(struct slice s, int32_t *out)
{
    int64_t v;
    if (!num_parse_i64(s, &v) || v < INT32_MIN || v > INT32_MAX) return false;
    *out = (int32_t)v;
    return true;
}

bool num_parse_hex16(struct slice s, uint64_t *out)
{
    uint64_t v = 0;
    if (s.n != 16) return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool is_digit = c >= '0' && c <= '9';
        if (!is_digit && (c < 'a' || c > 'f')) return false;
        v = v << 4 | (uint64_t)(is_digit ? c - '0' : c - 'a' + 10);
    }
    *out = v;
    return true;
}

bool num_parse_i128(struct slice s, i128 *out)
{
    bool negative = s.n > 0 && s.p[0] == '-';
    size_t i = negative || (s.n > 0 && s.p[0] == '+');
    i128 v = 0; /* kept negative, so that the smallest value fits */
    if (i == s.n) return false;
    for (; i < s.n; i++) {
        unsigned digit = (unsigned)(unsigned char)s.p[i] - '0';
        if (digit > 9 || __builtin_mul_overflow(v, (i128)10, &v) ||
            __builtin_sub_overflow(v, (i128)digit, &v))
            return false;
    }
    if (!negative && __builtin_sub_overflow((i128)0, v, &v)) return false;
    *out = v;
    return true;
}

/* ---- shortest decimal, Schubfach ---- */

struct decimal_float {
    uint64_t digits;
    int exponent; /* value = digits * 10^exponent */
};

static int floor_log10_pow2(int e)
{
    return (int)((int64_t)e * 661971961083 >> 41);
}
static int floor_log10_three_quarters_pow2(int e)
{
    return (int)(((int64_t)e * 661971961083 - 274743187321) >> 41);
}
static int floor_log2_pow10(int e)
{
    return (int)((int64_t)e * 913124641741 >> 38);
}

/* cp * g / 2^127 rounded to odd. */
static uint64_t round_to_odd(const uint64_t g[2], uint64_t cp)
{
    const uint64_t mask = UINT64_MAX >> 1;
    uint64_t x1 = (uint64_t)((u128)g[1] * cp >> 64);
    u128 y = (u128)g[0] * cp;
    uint64_t z = ((uint64_t)y >> 1) + x1;
    uint64_t w = (uint64_t)(y >> 64) + (z >> 63);
    return w | ((z & mask) + mask) >> 63;
}

/* The shortest decimal in the rounding interval of c * 2^q, nearest to it, of at least two digits
 * if that is nearer. `irregular`: c is the smallest of its binade, so the lower gap is half. */
static struct decimal_float shortest(int q, uint64_t c, bool irregular, int dk)
{
    uint64_t out = c & 1; /* odd: the interval is open */
    uint64_t cb = c << 2, cbr = cb + 2, cbl = irregular ? cb - 1 : cb - 2;
    int k = irregular ? floor_log10_three_quarters_pow2(q) : floor_log10_pow2(q);
    int h = q + floor_log2_pow10(-k) + 2;
    const uint64_t *g = num_g[k + 324];
    uint64_t vb = round_to_odd(g, cb << h);
    uint64_t vbl = round_to_odd(g, cbl << h) + out;
    uint64_t vbr = round_to_odd(g, cbr << h) - out;
    uint64_t s = vb >> 2;
    if (s >= 100) {
        uint64_t s10 = s / 10 * 10, t10 = s10 + 10;
        bool low_in = vbl <= s10 << 2, high_in = t10 << 2 <= vbr;
        if (low_in != high_in) return (struct decimal_float){low_in ? s10 : t10, k + dk};
    }
    uint64_t t = s + 1;
    bool low_in = vbl <= s << 2, high_in = t << 2 <= vbr;
    if (low_in != high_in) return (struct decimal_float){low_in ? s : t, k + dk};
    int64_t side = (int64_t)(vb - ((s + t) << 1));
    bool low = side < 0 || (side == 0 && (s & 1) == 0);
    return (struct decimal_float){low ? s : t, k + dk};
}

/* Java's layout: plain between 10^-3 and 10^7, otherwise d.dddE[-]n. */
static size_t lay_out(char *out, struct decimal_float d)
{
    while (d.digits % 10 == 0) d.digits /= 10, d.exponent++;
    size_t count = count_digits(d.digits);
    char digits[20];
    write_digits(digits, d.digits, count);
    int point = (int)count + d.exponent; /* digits before the point */
    size_t n = 0;
    if (point > 7 || point < -2) {
        out[n++] = digits[0];
        out[n++] = '.';
        if (count == 1) out[n++] = '0';
        memcpy(out + n, digits + 1, count - 1);
        n += count - 1;
        out[n++] = 'E';
        return n + num_format_i64(out + n, point - 1);
    }
    if (point <= 0) {
        memcpy(out, "0.000", 5);
        n = 2 + (size_t)-point;
        memcpy(out + n, digits, count);
        return n + count;
    }
    for (size_t i = 0; i < (size_t)point; i++) out[n++] = i < count ? digits[i] : '0';
    out[n++] = '.';
    if ((size_t)point >= count) {
        out[n++] = '0';
        return n;
    }
    memcpy(out + n, digits + point, count - (size_t)point);
    return n + count - (size_t)point;
}

/* fraction_bits: 52 or 23; bias of the integer significand: 1075 or 150. */
static size_t format_finite(
    char *out, uint64_t fraction, int biased, int fraction_bits, int bias, uint64_t tiny)
{
    if (biased == 0) {
        if (fraction == 0) return memcpy(out, "0.0", 3), 3;
        if (fraction < tiny) /* too few bits for two digits: scale first */
            return lay_out(out, shortest(1 - bias, 10 * fraction, false, -1));
        return lay_out(out, shortest(1 - bias, fraction, false, 0));
    }
    uint64_t c = UINT64_C(1) << fraction_bits | fraction;
    int q = biased - bias;
    if (q < 0 && -q <= fraction_bits && (c >> -q) << -q == c)
        return lay_out(out, (struct decimal_float){c >> -q, 0});
    return lay_out(out, shortest(q, c, fraction == 0 && biased > 1, 0));
}

static size_t format_special(char *out, bool nan, bool negative)
{
    if (nan) return memcpy(out, "NaN", 3), 3;
    size_t n = 0;
    if (negative) out[n++] = '-';
    memcpy(out + n, "Infinity", 8);
    return n + 8;
}

size_t num_format_double(char *out, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    uint64_t fraction = bits & (UINT64_MAX >> 12);
    int biased = (int)(bits >> 52 & 0x7ff);
    if (biased == 0x7ff) return format_special(out, fraction != 0, bits >> 63);
    size_t n = 0;
    if (bits >> 63) out[n++] = '-';
    return n + format_finite(out + n, fraction, biased, 52, 1075, 3);
}

size_t num_format_float(char *out, float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    uint32_t fraction = bits & (UINT32_MAX >> 9);
    int biased = (int)(bits >> 23 & 0xff);
    if (biased == 0xff) return format_special(out, fraction != 0, bits >> 31);
    size_t n = 0;
    if (bits >> 31) out[n++] = '-';
    return n + format_finite(out + n, fraction, biased, 23, 150, 8);
}
