/* DECIMAL arithmetic. Flink computes with BigDecimal; the results here are the same because every
 * intermediate is exact (256 bits) or, for division, has BigDecimal's 38 digits. */
#include "type/decimal.h"

#include <string.h>

#include "base/check.h"

#define E19 ((i128)UINT64_C(10000000000000000000))
#define TEN(n) ((i128)UINT64_C(1##n))

const i128 decimal_powers[DECIMAL_PRECISION_MAX + 1] = {1, 10, 100, 1000, 10000, 100000, 1000000,
    10000000, 100000000, 1000000000, TEN(0000000000), TEN(00000000000), TEN(000000000000),
    TEN(0000000000000), TEN(00000000000000), TEN(000000000000000), TEN(0000000000000000),
    TEN(00000000000000000), TEN(000000000000000000), E19, E19 * 10, E19 * 100, E19 * 1000,
    E19 * 10000, E19 * 100000, E19 * 1000000, E19 * 10000000, E19 * 100000000, E19 * 1000000000,
    E19 *TEN(0000000000), E19 *TEN(00000000000), E19 *TEN(000000000000), E19 *TEN(0000000000000),
    E19 *TEN(00000000000000), E19 *TEN(000000000000000), E19 *TEN(0000000000000000),
    E19 *TEN(00000000000000000), E19 *TEN(000000000000000000), E19 *E19};

/* A magnitude below 2^256; least significant word first. */
struct wide {
    uint64_t w[4];
};

static u128 magnitude(i128 v)
{
    return v < 0 ? 0 - (u128)v : (u128)v;
}

static i128 signed_value(u128 m, bool negative)
{
    return negative ? (i128)(0 - m) : (i128)m;
}

static struct wide wide_from(u128 v)
{
    return (struct wide){{(uint64_t)v, (uint64_t)(v >> 64), 0, 0}};
}

static u128 wide_low(struct wide v)
{
    return (u128)v.w[1] << 64 | v.w[0];
}

static u128 wide_high(struct wide v)
{
    return (u128)v.w[3] << 64 | v.w[2];
}

static struct wide wide_mul(u128 a, u128 b)
{
    uint64_t x[2] = {(uint64_t)a, (uint64_t)(a >> 64)}, y[2] = {(uint64_t)b, (uint64_t)(b >> 64)};
    struct wide r = {{0}};
    for (int i = 0; i < 2; i++) {
        uint64_t carry = 0;
        for (int k = 0; k < 2; k++) {
            u128 t = (u128)x[i] * y[k] + r.w[i + k] + carry;
            r.w[i + k] = (uint64_t)t;
            carry = (uint64_t)(t >> 64);
        }
        r.w[i + 2] = carry;
    }
    return r;
}

static struct wide wide_add(struct wide a, struct wide b)
{
    u128 carry = 0;
    for (int i = 0; i < 4; i++) {
        carry += (u128)a.w[i] + b.w[i];
        a.w[i] = (uint64_t)carry;
        carry >>= 64;
    }
    return a;
}

static struct wide wide_sub(struct wide a, struct wide b) /* a >= b */
{
    uint64_t borrow = 0;
    for (int i = 0; i < 4; i++) {
        u128 t = (u128)a.w[i] - b.w[i] - borrow;
        a.w[i] = (uint64_t)t;
        borrow = (uint64_t)(t >> 64) & 1;
    }
    return a;
}

static int wide_compare(struct wide a, struct wide b)
{
    for (int i = 3; i >= 0; i--)
        if (a.w[i] != b.w[i]) return a.w[i] < b.w[i] ? -1 : 1;
    return 0;
}

/* a / d for d below 2^64. */
static struct wide divide_short(struct wide a, uint64_t d, u128 *remainder)
{
    u128 r = 0;
    for (int i = 3; i >= 0; i--) {
        r = r << 64 | a.w[i];
        a.w[i] = (uint64_t)(r / d);
        r %= d;
    }
    *remainder = r;
    return a;
}

/* Knuth's algorithm D (TAOCP 4.3.1) with two-word divisors. */
static struct wide wide_div(struct wide a, u128 d, u128 *remainder)
{
    if (d >> 64 == 0) return divide_short(a, (uint64_t)d, remainder);
    int shift = __builtin_clzll((uint64_t)(d >> 64));
    u128 v = d << shift;
    uint64_t v1 = (uint64_t)(v >> 64), v0 = (uint64_t)v;
    uint64_t u[5];
    u[4] = shift ? a.w[3] >> (64 - shift) : 0;
    for (int i = 3; i >= 0; i--)
        u[i] = a.w[i] << shift | (shift && i ? a.w[i - 1] >> (64 - shift) : 0);
    struct wide q = {{0}};
    for (int j = 2; j >= 0; j--) {
        u128 top = (u128)u[j + 2] << 64 | u[j + 1];
        u128 digit = top / v1, rest = top % v1;
        while (digit >> 64 || (u128)(uint64_t)digit * v0 > (rest << 64 | u[j])) {
            digit--;
            rest += v1;
            if (rest >> 64) break;
        }
        u128 p0 = (u128)(uint64_t)digit * v0;
        u128 p1 = (u128)(uint64_t)digit * v1 + (uint64_t)(p0 >> 64);
        u128 t = (u128)u[j] - (uint64_t)p0;
        u[j] = (uint64_t)t;
        t = (u128)u[j + 1] - (uint64_t)p1 - ((uint64_t)(t >> 64) & 1);
        u[j + 1] = (uint64_t)t;
        t = (u128)u[j + 2] - (uint64_t)(p1 >> 64) - ((uint64_t)(t >> 64) & 1);
        u[j + 2] = (uint64_t)t;
        if (t >> 64) { /* one too many: add the divisor back */
            digit--;
            u128 sum = ((u128)u[j + 1] << 64 | u[j]) + v;
            u[j + 2] += sum < v;
            u[j] = (uint64_t)sum;
            u[j + 1] = (uint64_t)(sum >> 64);
        }
        q.w[j] = (uint64_t)digit;
    }
    *remainder = ((u128)u[1] << 64 | u[0]) >> shift;
    return q;
}

/* m / 10^digits, rounded by magnitude. */
static struct wide divide_power(
    struct wide m, int32_t digits, enum decimal_rounding rounding, bool negative)
{
    bool sticky = false; /* something but the last step's remainder was cut off */
    while (digits > DECIMAL_PRECISION_MAX) {
        u128 r;
        m = wide_div(m, (u128)decimal_powers[DECIMAL_PRECISION_MAX], &r);
        sticky |= r != 0;
        digits -= DECIMAL_PRECISION_MAX;
    }
    u128 divisor = (u128)decimal_powers[digits], r;
    m = wide_div(m, divisor, &r);
    bool up = false;
    switch (rounding) {
    case DECIMAL_HALF_UP: up = r >= divisor - r; break;
    case DECIMAL_DOWN: break;
    case DECIMAL_FLOOR: up = negative && (r || sticky); break;
    case DECIMAL_CEILING: up = !negative && (r || sticky); break;
    }
    return up ? wide_add(m, wide_from(1)) : m;
}

/* Stores the magnitude m at scale `from` as (p, s). */
static bool store(struct wide m, bool negative, int32_t from, int32_t p, int32_t s, i128 *out)
{
    *out = 0;
    if (from > s) {
        m = divide_power(m, from - s, DECIMAL_HALF_UP, negative);
    } else if (from < s) {
        if (wide_high(m) || s - from > DECIMAL_PRECISION_MAX)
            return wide_low(m) == 0 && !wide_high(m);
        m = wide_mul(wide_low(m), (u128)decimal_powers[s - from]);
    }
    if (wide_high(m) || wide_low(m) >= (u128)decimal_powers[p]) return false;
    *out = signed_value(wide_low(m), negative);
    return true;
}

static bool fits64(i128 v)
{
    return v == (int64_t)v;
}

bool decimal_rescale_slow(i128 v, int32_t from, int32_t precision, int32_t scale, i128 *out)
{
    int32_t up = scale - from;
    if (up > 0 && up <= 18 && fits64(v)) {
        v *= decimal_powers[up];
        bool fits = decimal_fits(v, precision);
        *out = fits ? v : 0;
        return fits;
    }
    if (up < 0 && up >= -18 && fits64(v)) {
        int64_t divisor = (int64_t)decimal_powers[-up], q = (int64_t)v / divisor;
        int64_t r = (int64_t)v % divisor;
        if ((r < 0 ? -r : r) >= divisor - (r < 0 ? -r : r)) q += v < 0 ? -1 : 1;
        bool fits = decimal_fits(q, precision);
        *out = fits ? q : 0;
        return fits;
    }
    return store(wide_from(magnitude(v)), v < 0, from, precision, scale, out);
}

/* a + b; the sign of b may have been turned by the caller. */
static bool add_wide(i128 a, int32_t as, i128 b, int32_t bs, int32_t p, int32_t s, i128 *out)
{
    int32_t scale = as > bs ? as : bs;
    struct wide x = wide_mul(magnitude(a), (u128)decimal_powers[scale - as]);
    struct wide y = wide_mul(magnitude(b), (u128)decimal_powers[scale - bs]);
    bool negative = a < 0;
    if (negative == (b < 0)) return store(wide_add(x, y), negative, scale, p, s, out);
    if (wide_compare(x, y) >= 0) return store(wide_sub(x, y), negative, scale, p, s, out);
    return store(wide_sub(y, x), !negative, scale, p, s, out);
}

bool decimal_add(i128 a, int32_t as, i128 b, int32_t bs, int32_t p, int32_t s, i128 *out)
{
    /* Two numbers of 38 digits may add up to more than 2^127. */
    i128 sum;
    if (as == bs && !__builtin_add_overflow(a, b, &sum)) return decimal_rescale(sum, as, p, s, out);
    int32_t scale = as > bs ? as : bs;
    if (scale - as <= 18 && scale - bs <= 18 && fits64(a) && fits64(b))
        return decimal_rescale(
            a * decimal_powers[scale - as] + b * decimal_powers[scale - bs], scale, p, s, out);
    return add_wide(a, as, b, bs, p, s, out);
}

bool decimal_sub(i128 a, int32_t as, i128 b, int32_t bs, int32_t p, int32_t s, i128 *out)
{
    return decimal_add(a, as, -b, bs, p, s, out);
}

bool decimal_mul(i128 a, int32_t as, i128 b, int32_t bs, int32_t p, int32_t s, i128 *out)
{
    if (fits64(a) && fits64(b)) return decimal_rescale(a * b, as + bs, p, s, out);
    return store(wide_mul(magnitude(a), magnitude(b)), (a < 0) != (b < 0), as + bs, p, s, out);
}

static int32_t count_digits(u128 v)
{
    int32_t n = 1;
    while (n <= DECIMAL_PRECISION_MAX && v >= (u128)decimal_powers[n]) n++;
    return n;
}

/* x * 10^digits for x below 10^38 and digits up to 76; the product stays below 2^256. */
static struct wide times_power(u128 x, int32_t digits)
{
    if (digits <= DECIMAL_PRECISION_MAX) return wide_mul(x, (u128)decimal_powers[digits]);
    u128 part = x;
    int32_t first = digits - DECIMAL_PRECISION_MAX;
    /* x has few digits here: the quotient is to have 38 of them. */
    struct wide m = wide_mul(part, (u128)decimal_powers[first]);
    ASSERT(wide_high(m) == 0);
    return wide_mul(wide_low(m), (u128)decimal_powers[DECIMAL_PRECISION_MAX]);
}

/* BigDecimal.divide(b, 38 digits, HALF_UP), then rounded once more to the scale. */
static bool divide_wide(
    u128 x, int32_t as, u128 y, int32_t bs, int32_t p, int32_t s, bool negative, i128 *out)
{
    /* x * 10^k / y lies between 10^37 and 10^39. */
    int32_t k = DECIMAL_PRECISION_MAX - (count_digits(x) - count_digits(y));
    u128 r;
    struct wide q = wide_div(times_power(x, k), y, &r);
    if (wide_high(q) || wide_low(q) >= (u128)decimal_powers[DECIMAL_PRECISION_MAX]) {
        k--;
        if (k >= 0)
            q = wide_div(times_power(x, k), y, &r);
        else /* y is 1: only the last digit goes */
            q = wide_div(wide_from(x), 10, &r), y = 10;
    }
    if (r >= y - r) q = wide_add(q, wide_from(1));
    return store(q, negative, as - bs + k, p, s, out);
}

bool decimal_div(i128 a, int32_t as, i128 b, int32_t bs, int32_t p, int32_t s, i128 *out)
{
    ASSERT(b != 0);
    u128 x = magnitude(a), y = magnitude(b);
    bool negative = (a < 0) != (b < 0);
    int32_t up = s - as + bs;
    *out = 0;
    if (x == 0) return true;
    /* One division is exact enough unless the quotient's 38th digit lies within y's reach of a
     * tie: digits of quotient and divisor together must not pass 38. */
    u128 scaled;
    if (up >= 0 && up <= DECIMAL_PRECISION_MAX &&
        !__builtin_mul_overflow(x, (u128)decimal_powers[up], &scaled)) {
        u128 q, r;
        if (scaled >> 64 == 0 && y >> 64 == 0) {
            q = (uint64_t)scaled / (uint64_t)y;
            r = (uint64_t)scaled % (uint64_t)y;
        } else {
            q = scaled / y;
            r = scaled % y;
        }
        if (count_digits(q) + count_digits(y) <= DECIMAL_PRECISION_MAX) {
            q += r >= y - r;
            if (q >= (u128)decimal_powers[p]) return false;
            *out = signed_value(q, negative);
            return true;
        }
    }
    return divide_wide(x, as, y, bs, p, s, negative, out);
}

bool decimal_mod(i128 a, int32_t as, i128 b, int32_t bs, int32_t p, int32_t s, i128 *out)
{
    ASSERT(b != 0);
    if (as == bs) return decimal_rescale(a % b, as, p, s, out);
    u128 x = magnitude(a), y = magnitude(b), r;
    if (as < bs) {
        wide_div(wide_mul(x, (u128)decimal_powers[bs - as]), y, &r);
        return store(wide_from(r), a < 0, bs, p, s, out);
    }
    struct wide divisor = wide_mul(y, (u128)decimal_powers[as - bs]);
    r = wide_high(divisor) ? x : x % wide_low(divisor);
    return store(wide_from(r), a < 0, as, p, s, out);
}

int decimal_compare(i128 a, int32_t as, i128 b, int32_t bs)
{
    if (as == bs || (a < 0) != (b < 0)) return (a > b) - (a < b);
    int32_t scale = as > bs ? as : bs;
    struct wide x = wide_mul(magnitude(a), (u128)decimal_powers[scale - as]);
    struct wide y = wide_mul(magnitude(b), (u128)decimal_powers[scale - bs]);
    int order = wide_compare(x, y);
    return a < 0 ? -order : order;
}

i128 decimal_shift_right(i128 v, int32_t digits, enum decimal_rounding rounding)
{
    ASSERT(digits >= 0);
    if (digits == 0) return v;
    struct wide m = divide_power(wide_from(magnitude(v)), digits, rounding, v < 0);
    return signed_value(wide_low(m), v < 0);
}

i128 decimal_round(
    i128 v, int32_t scale, int32_t to, enum decimal_rounding rounding, bool *overflow)
{
    *overflow = false;
    if (to >= scale) return v;
    if (to < -DECIMAL_PRECISION_MAX) return 0;
    v = decimal_shift_right(v, scale - to, rounding);
    if (to >= 0) return v;
    struct wide m = wide_mul(magnitude(v), (u128)decimal_powers[-to]);
    if (wide_high(m) || wide_low(m) >= (u128)decimal_powers[DECIMAL_PRECISION_MAX]) {
        *overflow = true;
        return 0;
    }
    return signed_value(wide_low(m), v < 0);
}

bool decimal_from_i64(int64_t v, int32_t precision, int32_t scale, i128 *out)
{
    return decimal_rescale(v, 0, precision, scale, out);
}

int64_t decimal_to_i64(i128 v, int32_t scale)
{
    u128 m = magnitude(v) / (u128)decimal_powers[scale];
    return (int64_t)(uint64_t)(v < 0 ? 0 - m : m);
}
