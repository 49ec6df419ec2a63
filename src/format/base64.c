#include "format/base64.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Value of a digit, or 64. */
static uint32_t value_of(char c)
{
    if (c >= 'A' && c <= 'Z') return (uint32_t)(c - 'A');
    if (c >= 'a' && c <= 'z') return (uint32_t)(c - 'a') + 26;
    if (c >= '0' && c <= '9') return (uint32_t)(c - '0') + 52;
    return c == '+' ? 62 : c == '/' ? 63 : 64;
}

bool base64_decode(struct slice s, char *out, size_t *size)
{
    if (s.n % 4 != 0) return false;
    size_t n = 0, padding = 0;
    if (s.n && s.p[s.n - 1] == '=') padding = s.p[s.n - 2] == '=' ? 2 : 1;
    for (size_t i = 0; i < s.n; i += 4) {
        uint32_t bits = 0;
        size_t used = i + 4 == s.n ? 4 - padding : 4;
        for (size_t k = 0; k < 4; k++) {
            uint32_t v = k < used ? value_of(s.p[i + k]) : 0;
            if (v > 63) return false;
            bits = bits << 6 | v;
        }
        for (size_t k = 0; k + 1 < used; k++) out[n++] = (char)(bits >> (16 - 8 * k) & 0xff);
    }
    *size = n;
    return true;
}

void base64_encode(struct slice bytes, struct buf *out)
{
    size_t n = (bytes.n + 2) / 3 * 4;
    if (n == 0 || !buf_reserve(out, n)) return;
    char *p = out->p + out->n;
    for (size_t i = 0; i < bytes.n; i += 3) {
        uint32_t bits = 0;
        size_t left = bytes.n - i < 3 ? bytes.n - i : 3;
        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (k < left ? (unsigned char)bytes.p[i + k] : 0U);
        for (size_t k = 0; k < 4; k++) *p++ = k <= left ? alphabet[bits >> (18 - 6 * k) & 63] : '=';
    }
    out->n += n;
}
