/* Decimals from and to text and floating point. */
#include <string.h>

#include "base/check.h"
#include "type/decimal.h"

/* Where the parts of a number are. */
struct parts {
    const char *digits; /* with the point among them */
    size_t n;
    int64_t whole;    /* digits before the point */
    int64_t fraction; /* digits behind it */
    int64_t exponent;
    bool negative;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool scan_exponent(const char *p, size_t n, int64_t *out)
{
    size_t i = n > 0 && (p[0] == '-' || p[0] == '+');
    int64_t e = 0;
    if (i == n) return false;
    for (; i < n; i++) {
        if (!is_digit(p[i])) return false;
        if (e < 100000) e = e * 10 + (p[i] - '0');
    }
    *out = p[0] == '-' ? -e : e;
    return true;
}

static bool scan(struct slice text, struct parts *out)
{
    struct parts v = {0};
    if (text.n > NUM_TEXT_MAX) return false;
    if (text.n && (text.p[0] == '-' || text.p[0] == '+')) {
        v.negative = text.p[0] == '-';
        text.p++, text.n--;
    }
    bool after_point = false;
    for (; v.n < text.n; v.n++) {
        char c = text.p[v.n];
        if (c == '.' && !after_point)
            after_point = true;
        else if (is_digit(c))
            after_point ? v.fraction++ : v.whole++;
        else
            break;
    }
    if (v.whole + v.fraction == 0) return false;
    v.digits = text.p;
    if (v.n < text.n) {
        if ((text.p[v.n] | 0x20) != 'e') return false;
        if (!scan_exponent(text.p + v.n + 1, text.n - v.n - 1, &v.exponent)) return false;
    }
    *out = v;
    return true;
}

enum decimal_parse decimal_parse(struct slice text, int32_t precision, int32_t scale, i128 *out)
{
    struct parts v;
    *out = 0;
    if (!scan(text, &v)) return DECIMAL_PARSE_INVALID;
    int64_t keep = v.whole + v.exponent + scale; /* digits at or before the last kept place */
    i128 limit = decimal_powers[precision], tenth = decimal_powers[precision - 1], m = 0;
    for (size_t i = 0; i < v.n && keep >= 0; i++) {
        if (v.digits[i] == '.') continue;
        int digit = v.digits[i] - '0';
        if (keep-- == 0) {
            m += digit >= 5;
            break;
        }
        if (m >= tenth) return DECIMAL_PARSE_OVERFLOW;
        m = m * 10 + digit;
    }
    for (; keep > 0 && m != 0; keep--) {
        if (m >= tenth) return DECIMAL_PARSE_OVERFLOW;
        m *= 10;
    }
    if (m >= limit) return DECIMAL_PARSE_OVERFLOW;
    *out = v.negative ? -m : m;
    return DECIMAL_PARSE_OK;
}

enum decimal_parse decimal_parse_natural(
    struct slice text, i128 *out, int32_t *precision, int32_t *scale)
{
    struct parts v;
    *out = 0;
    *precision = 1;
    *scale = 0;
    if (!scan(text, &v)) return DECIMAL_PARSE_INVALID;
    int64_t s = v.fraction - v.exponent;
    if (s < 0) s = 0;
    if (s > DECIMAL_PRECISION_MAX) return DECIMAL_PARSE_OVERFLOW;
    enum decimal_parse result = decimal_parse(text, DECIMAL_PRECISION_MAX, (int32_t)s, out);
    if (result != DECIMAL_PARSE_OK) return result;
    i128 m = *out < 0 ? -*out : *out;
    int32_t p = 1;
    while (m >= decimal_powers[p]) p++; /* m < 10^38 */
    *precision = p > s ? p : (int32_t)s;
    *scale = (int32_t)s;
    return DECIMAL_PARSE_OK;
}

size_t decimal_format(char *out, i128 v, int32_t scale)
{
    char digits[NUM_I128_CHARS];
    size_t n = 0;
    if (v < 0) out[n++] = '-', v = -v;
    size_t count = num_format_i128(digits, v), fraction = (size_t)scale;
    if (count <= fraction) {
        out[n++] = '0';
    } else {
        memcpy(out + n, digits, count - fraction);
        n += count - fraction;
    }
    if (fraction == 0) return n;
    out[n++] = '.';
    for (size_t i = count; i < fraction; i++) out[n++] = '0';
    size_t tail = count < fraction ? count : fraction;
    memcpy(out + n, digits + count - tail, tail);
    return n + tail;
}

bool decimal_from_double(double v, int32_t precision, int32_t scale, i128 *out)
{
    char text[NUM_DOUBLE_CHARS];
    size_t n = num_format_double(text, v);
    return decimal_parse((struct slice){text, n}, precision, scale, out) == DECIMAL_PARSE_OK;
}

bool decimal_from_float(float v, int32_t precision, int32_t scale, i128 *out)
{
    return decimal_from_double((double)v, precision, scale, out);
}

double decimal_to_double(i128 v, int32_t scale)
{
    if (scale <= 15 && v >= -(INT64_C(1) << 53) && v <= INT64_C(1) << 53)
        return (double)(int64_t)v / (double)(int64_t)decimal_powers[scale]; /* both exact */
    char text[DECIMAL_CHARS_MAX];
    double d = 0;
    bool ok = num_parse_double((struct slice){text, decimal_format(text, v, scale)}, &d);
    ASSERT(ok);
    return d;
}
