/* decimal.h - DECIMAL arithmetic on unscaled 128-bit integers, as Flink's DecimalDataUtils.
 *
 * A value is `unscaled / 10^scale`; |unscaled| < 10^38. Every operation states the precision and
 * scale of its result (type_decimal_result), rounds HALF_UP to the scale and returns false when the
 * result does not fit the precision (Flink: NULL); *out is then 0. Intermediates have 256 bits, so
 * nothing is lost before the rounding. Values that fit 64 bits take a short path.
 * Pure functions, no allocation; the inline ones are meant to be looped over. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/num.h"
#include "base/str.h"

enum { DECIMAL_PRECISION_MAX = 38, DECIMAL_CHARS_MAX = 42 /* sign, "0.", 38 digits */ };

extern const i128 decimal_powers[DECIMAL_PRECISION_MAX + 1]; /* 10^0 .. 10^38 */

static inline bool decimal_fits(i128 v, int32_t precision)
{
    return v < decimal_powers[precision] && v > -decimal_powers[precision];
}

bool decimal_rescale_slow(i128 v, int32_t from, int32_t precision, int32_t scale, i128 *out);

/* Changes scale `from` to (precision, scale), rounding HALF_UP. */
static inline bool decimal_rescale(
    i128 v, int32_t from, int32_t precision, int32_t scale, i128 *out)
{
    if (from == scale) {
        bool fits = decimal_fits(v, precision);
        *out = fits ? v : 0;
        return fits;
    }
    return decimal_rescale_slow(v, from, precision, scale, out);
}

/* a has scale as, b has scale bs. */
bool decimal_add(i128 a, int32_t as, i128 b, int32_t bs, int32_t p, int32_t s, i128 *out);
bool decimal_sub(i128 a, int32_t as, i128 b, int32_t bs, int32_t p, int32_t s, i128 *out);
bool decimal_mul(i128 a, int32_t as, i128 b, int32_t bs, int32_t p, int32_t s, i128 *out);
/* b must not be 0: the caller reports division by zero. */
bool decimal_div(i128 a, int32_t as, i128 b, int32_t bs, int32_t p, int32_t s, i128 *out);
/* The sign is the dividend's. b must not be 0. */
bool decimal_mod(i128 a, int32_t as, i128 b, int32_t bs, int32_t p, int32_t s, i128 *out);
int decimal_compare(i128 a, int32_t as, i128 b, int32_t bs); /* <0, 0, >0 */

/* v / 10^digits rounded; digits may be beyond 38. */
enum decimal_rounding {
    DECIMAL_HALF_UP, /* ties away from zero */
    DECIMAL_DOWN,    /* toward zero */
    DECIMAL_FLOOR,
    DECIMAL_CEILING
};
i128 decimal_shift_right(i128 v, int32_t digits, enum decimal_rounding rounding);
/* Flink's ROUND(x, to) and TRUNCATE: keeps `to` fraction digits (may be negative) and returns the
 * value at result scale max(to, 0), or at `scale` when to >= scale. *overflow is set past 38. */
i128 decimal_round(
    i128 v, int32_t scale, int32_t to, enum decimal_rounding rounding, bool *overflow);

/* Conversions. To integer: fraction cut off, then wraps to 64 bits as Flink's CAST does. */
bool decimal_from_i64(int64_t v, int32_t precision, int32_t scale, i128 *out);
int64_t decimal_to_i64(i128 v, int32_t scale);
/* Through the shortest decimal text, as BigDecimal.valueOf(double). NaN and Infinity: false. */
bool decimal_from_double(double v, int32_t precision, int32_t scale, i128 *out);
bool decimal_from_float(float v, int32_t precision, int32_t scale, i128 *out);
double decimal_to_double(i128 v, int32_t scale); /* nearest double */
/* [+-]digits[.digits][e[+-]digits], no blanks. DECIMAL_PARSE_OVERFLOW: a number that does not
 * fit; both failures leave 0. */
enum decimal_parse { DECIMAL_PARSE_OK, DECIMAL_PARSE_OVERFLOW, DECIMAL_PARSE_INVALID };
enum decimal_parse decimal_parse(struct slice text, int32_t precision, int32_t scale, i128 *out);
/* Parses with the precision and scale the text itself shows ("1.50" is DECIMAL(3, 2)), for literals
 * and JSON numbers. */
enum decimal_parse decimal_parse_natural(
    struct slice text, i128 *out, int32_t *precision, int32_t *scale);
/* Plain text, "-0.05"; at most DECIMAL_CHARS_MAX bytes, not terminated; returns the size. */
size_t decimal_format(char *out, i128 v, int32_t scale);
