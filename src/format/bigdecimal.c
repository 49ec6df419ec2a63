#include "format/bigdecimal.h"

#include "type/decimal.h"

void bigdecimal_write(struct buf *out, i128 v, int32_t scale, bool plain)
{
    char text[DECIMAL_CHARS_MAX];
    if (!plain) {
        for (; v != 0 && v % 10 == 0; scale--) v /= 10;
        if (v == 0) scale = 0;
    }
    char digits[NUM_I128_CHARS];
    size_t n = num_format_i128(digits, v), sign = v < 0;
    int64_t exponent = (int64_t)(n - sign) - 1 - scale;
    if (plain || (scale >= 0 && exponent >= -6)) {
        buf_add(out, text, decimal_format(text, v, scale));
        return;
    }
    buf_add(out, digits, sign + 1);
    if (n > sign + 1) {
        buf_add_char(out, '.');
        buf_add(out, digits + sign + 1, n - sign - 1);
    }
    buf_printf(out, "E%+lld", (long long)exponent);
}
