/* Numbers: what num and decimal read must agree with the C library and print back the same. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/num.h"
#include "type/decimal.h"

static void check_double(struct slice s, const char *text)
{
    double v, back;
    if (!num_parse_double(s, &v)) return;
    char *end, printed[NUM_DOUBLE_CHARS];
    double reference = strtod(text, &end);
    ASSERT(end == text + s.n);
    ASSERT(memcmp(&v, &reference, sizeof v) == 0 || (v != v && reference != reference));
    size_t n = num_format_double(printed, v);
    ASSERT(n <= NUM_DOUBLE_CHARS);
    ASSERT(num_parse_double((struct slice){printed, n}, &back));
    ASSERT(memcmp(&v, &back, sizeof v) == 0 || v != v);
}

static void check_float(struct slice s, const char *text)
{
    float v, back;
    if (!num_parse_float(s, &v)) return;
    char printed[NUM_FLOAT_CHARS];
    float reference = strtof(text, NULL);
    ASSERT(memcmp(&v, &reference, sizeof v) == 0 || (v != v && reference != reference));
    size_t n = num_format_float(printed, v);
    ASSERT(n <= NUM_FLOAT_CHARS);
    ASSERT(num_parse_float((struct slice){printed, n}, &back));
    ASSERT(memcmp(&v, &back, sizeof v) == 0 || v != v);
}

static void check_decimal(struct slice s)
{
    i128 v, back;
    int32_t precision, scale;
    char printed[DECIMAL_CHARS_MAX];
    if (decimal_parse_natural(s, &v, &precision, &scale) != DECIMAL_PARSE_OK) return;
    ASSERT(precision <= DECIMAL_PRECISION_MAX && scale <= precision && decimal_fits(v, precision));
    size_t n = decimal_format(printed, v, scale);
    ASSERT(n <= DECIMAL_CHARS_MAX);
    struct slice text = {printed, n};
    ASSERT(decimal_parse(text, DECIMAL_PRECISION_MAX, scale, &back) == DECIMAL_PARSE_OK);
    ASSERT(back == v);
    /* (v * v) / v is v again when nothing overflows. */
    i128 square, quotient;
    if (v != 0 && 2 * scale <= DECIMAL_PRECISION_MAX &&
        decimal_mul(v, scale, v, scale, DECIMAL_PRECISION_MAX, 2 * scale, &square) &&
        decimal_div(square, 2 * scale, v, scale, DECIMAL_PRECISION_MAX, scale, &quotient))
        ASSERT(quotient == v);
}

static void check_integers(struct slice s)
{
    i128 wide;
    int64_t narrow;
    char text[NUM_I128_CHARS];
    bool is_wide = num_parse_i128(s, &wide), is_narrow = num_parse_i64(s, &narrow);
    if (is_narrow) ASSERT(is_wide && wide == narrow);
    if (!is_wide) return;
    i128 back;
    ASSERT(num_parse_i128((struct slice){text, num_format_i128(text, wide)}, &back));
    ASSERT(back == wide);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[NUM_TEXT_MAX + 1];
    if (size > NUM_TEXT_MAX) return 0;
    memcpy(text, data, size);
    text[size] = 0;
    struct slice s = {text, size};
    check_double(s, text);
    check_float(s, text);
    check_decimal(s);
    check_integers(s);
    double ignored;
    num_parse_double_java(s, &ignored);
    return 0;
}
