/* Text to double and float: exact small cases by one multiplication (Clinger), then the method of
 * D. Lemire ("Number Parsing at a Gigabyte per Second", 2021), and strtod for the few texts that
 * are too close to the middle between two values or have more digits than fit 64 bits. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"

#include "num_pow5.inc"

struct float_shape {
    int mantissa_bits; /* explicit */
    int exponent_min;  /* minus the bias */
    int infinite_power;
    int even_min, even_max; /* powers of ten that can give an exact tie */
};
static const struct float_shape shape_double = {52, -1023, 0x7ff, -4, 23};
static const struct float_shape shape_float = {23, -127, 0xff, -17, 10};

struct number {
    uint64_t digits; /* the first 19 significant ones */
    int64_t exponent;
    bool negative;
    bool truncated; /* there were more digits, not all zero */
};

/* [+-]digits[.digits][e[+-]digits] and nothing else. */
static bool scan(struct slice s, struct number *out)
{
    size_t i = 0, digit_count = 0;
    struct number v = {0};
    if (s.n > NUM_TEXT_MAX) return false;
    if (i < s.n && (s.p[i] == '-' || s.p[i] == '+')) v.negative = s.p[i++] == '-';
    bool after_point = false, any = false;
    for (; i < s.n; i++) {
        unsigned digit = (unsigned)(unsigned char)s.p[i] - '0';
        if (digit > 9) {
            if (s.p[i] != '.' || after_point) break;
            after_point = true;
            continue;
        }
        any = true;
        if (digit_count < 19) {
            v.digits = v.digits * 10 + digit;
            digit_count += v.digits != 0;
            v.exponent -= after_point;
        } else {
            v.truncated |= digit != 0;
            v.exponent += !after_point;
        }
    }
    if (!any) return false;
    if (i < s.n && (s.p[i] | 0x20) == 'e') {
        i++;
        bool negative = false;
        if (i < s.n && (s.p[i] == '-' || s.p[i] == '+')) negative = s.p[i++] == '-';
        if (i == s.n) return false;
        int64_t e = 0;
        for (; i < s.n; i++) {
            unsigned digit = (unsigned)(unsigned char)s.p[i] - '0';
            if (digit > 9) return false;
            if (e < 100000) e = e * 10 + digit;
        }
        v.exponent += negative ? -e : e;
    }
    if (i != s.n) return false;
    *out = v;
    return true;
}

/* w * 10^q as biased exponent << mantissa_bits | mantissa; false when 128 bits cannot decide. */
static bool compute(const struct float_shape *f, uint64_t w, int64_t q, uint64_t *out)
{
    if (w == 0 || q < -342) return *out = 0, true;
    if (q > 308) return *out = (uint64_t)f->infinite_power << f->mantissa_bits, true;
    int leading = __builtin_clzll(w);
    w <<= leading;
    const uint64_t *five = num_pow5[q + 342];
    u128 product = (u128)w * five[0];
    uint64_t mask = UINT64_MAX >> (f->mantissa_bits + 3);
    if (((uint64_t)(product >> 64) & mask) == mask) product += (u128)w * five[1] >> 64;
    uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product;
    if (low == UINT64_MAX && (q < -27 || q > 55)) return false;
    int upper = (int)(high >> 63);
    int shift = upper + 64 - f->mantissa_bits - 3;
    uint64_t mantissa = high >> shift;
    int power = (int)(((152170 + 65536) * q) >> 16) + 63 + upper - leading - f->exponent_min;
    uint64_t hidden = UINT64_C(1) << f->mantissa_bits;
    if (power <= 0) {
        if (-power + 1 >= 64) return *out = 0, true;
        mantissa >>= -power + 1;
        mantissa = (mantissa + (mantissa & 1)) >> 1;
        return *out = mantissa, true; /* rounding up to the hidden bit makes it exponent 1 */
    }
    if (low <= 1 && q >= f->even_min && q <= f->even_max && (mantissa & 3) == 1 &&
        mantissa << shift == high)
        mantissa &= ~UINT64_C(1);
    mantissa = (mantissa + (mantissa & 1)) >> 1;
    if (mantissa >= hidden << 1) mantissa = hidden, power++;
    if (power >= f->infinite_power)
        return *out = (uint64_t)f->infinite_power << f->mantissa_bits, true;
    *out = (uint64_t)power << f->mantissa_bits | (mantissa & ~hidden);
    return true;
}

/* NaN and Infinity, with a sign. */
static bool parse_special(struct slice s, double *out)
{
    bool negative = s.n > 0 && s.p[0] == '-';
    if (s.n > 0 && (s.p[0] == '-' || s.p[0] == '+')) s.p++, s.n--;
    double v;
    if (slice_eq(s, SLICE("NaN")))
        v = __builtin_nan("");
    else if (slice_eq(s, SLICE("Infinity")))
        v = __builtin_inf();
    else
        return false;
    *out = negative && v == v ? -v : v;
    return true;
}

/* A copy with a terminator; the scanned grammar is a subset of strtod's in any locale's C form. */
static double convert_slowly(struct slice s, bool single)
{
    char text[NUM_TEXT_MAX + 1];
    memcpy(text, s.p, s.n);
    text[s.n] = 0;
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (c == (locale_t)0) abort(); /* glibc builds "C" without allocating */
    double v = single ? (double)strtof_l(text, NULL, c) : strtod_l(text, NULL, c);
    freelocale(c);
    return v;
}

static bool decide(const struct float_shape *f, const struct number *v, uint64_t *bits)
{
    uint64_t above;
    if (!compute(f, v->digits, v->exponent, bits)) return false;
    if (!v->truncated) return true;
    return compute(f, v->digits + 1, v->exponent, &above) && above == *bits;
}

bool num_parse_double(struct slice s, double *out)
{
    static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    struct number v;
    if (!scan(s, &v)) return parse_special(s, out);
    if (!v.truncated && v.digits <= UINT64_C(1) << 53 && v.exponent >= -22 && v.exponent <= 22) {
        double d = (double)v.digits;
        d = v.exponent < 0 ? d / powers[-v.exponent] : d * powers[v.exponent];
        *out = v.negative ? -d : d;
        return true;
    }
    uint64_t bits;
    if (!decide(&shape_double, &v, &bits)) {
        *out = convert_slowly(s, false);
        return true;
    }
    bits |= (uint64_t)v.negative << 63;
    memcpy(out, &bits, sizeof *out);
    return true;
}

bool num_parse_float(struct slice s, float *out)
{
    struct number v;
    if (!scan(s, &v)) {
        double special;
        if (!parse_special(s, &special)) return false;
        *out = (float)special;
        return true;
    }
    uint64_t bits;
    if (!decide(&shape_float, &v, &bits)) {
        *out = (float)convert_slowly(s, true);
        return true;
    }
    uint32_t narrow = (uint32_t)bits | (uint32_t)v.negative << 31;
    memcpy(out, &narrow, sizeof *out);
    return true;
}

/* Java trims everything up to and including the blank. */
static struct slice trim_java(struct slice s)
{
    while (s.n > 0 && (unsigned char)s.p[0] <= ' ') s.p++, s.n--;
    while (s.n > 0 && (unsigned char)s.p[s.n - 1] <= ' ') s.n--;
    return s;
}

static struct slice without_suffix(struct slice s)
{
    if (s.n > 1 && strchr("dDfF", s.p[s.n - 1]) && s.p[s.n - 1]) s.n--;
    return s;
}

/* 0x[hex][.hex]p[+-]digits; Java demands the exponent. */
static bool is_hex_float(struct slice s)
{
    size_t i = s.n > 0 && (s.p[0] == '-' || s.p[0] == '+');
    if (s.n > NUM_TEXT_MAX || s.n - i < 4 || s.p[i] != '0' || (s.p[i + 1] | 0x20) != 'x')
        return false;
    size_t digits = 0, points = 0;
    for (i += 2; i < s.n && (s.p[i] | 0x20) != 'p'; i++) {
        char c = (char)(s.p[i] | 0x20);
        bool digit = (s.p[i] >= '0' && s.p[i] <= '9') || (c >= 'a' && c <= 'f');
        if (!digit && s.p[i] != '.') return false;
        digits += digit;
        points += !digit;
    }
    if (i == s.n || digits == 0 || points > 1) return false;
    i++;
    if (i < s.n && (s.p[i] == '-' || s.p[i] == '+')) i++;
    if (i == s.n) return false;
    for (; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9') return false;
    return true;
}

bool num_parse_double_java(struct slice s, double *out)
{
    s = trim_java(s);
    if (num_parse_double(s, out)) return true;
    s = without_suffix(s);
    if (is_hex_float(s)) {
        *out = convert_slowly(s, false);
        return true;
    }
    struct number v;
    return scan(s, &v) && num_parse_double(s, out);
}

bool num_parse_float_java(struct slice s, float *out)
{
    s = trim_java(s);
    if (num_parse_float(s, out)) return true;
    s = without_suffix(s);
    if (is_hex_float(s)) {
        *out = (float)convert_slowly(s, true);
        return true;
    }
    struct number v;
    return scan(s, &v) && num_parse_float(s, out);
}
