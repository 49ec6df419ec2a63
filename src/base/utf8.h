/* utf8.h - UTF-8 text: strict validation, code points, case. Except for utf8_valid and
 * utf8_decode, functions expect valid UTF-8; on invalid bytes they stay inside the slice and give
 * some result. Positions are 0-based code points. No locale, no allocation besides `out`. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum { UTF8_REPLACEMENT = 0xfffd, UTF8_CHARS_MAX = 4 };

/* False for overlong forms, surrogates, and beyond U+10FFFF. */
bool utf8_valid(struct slice s);
bool utf8_is_ascii(struct slice s);
size_t utf8_count(struct slice s); /* code points */
/* Length in UTF-16 units, i.e. Java's String.length(). */
size_t utf8_count_utf16(struct slice s);
/* Byte offset of code point `index`, or s.n when there are not so many. */
size_t utf8_offset(struct slice s, size_t index);
/* Bytes of the code point whose first byte is `lead`; 1 for stray bytes. */
static inline size_t utf8_step(char lead)
{
    unsigned char c = (unsigned char)lead;
    return c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}
/* Decodes the code point at s.p (s.n > 0) and returns its size; invalid bytes give
 * UTF8_REPLACEMENT and the size of the longest invalid prefix, as Java's decoder does. */
size_t utf8_decode(struct slice s, uint32_t *code_point);
size_t utf8_encode(char out[UTF8_CHARS_MAX], uint32_t code_point);
/* Appends s with every invalid sequence replaced by U+FFFD, as Java's new String(bytes, UTF_8). */
void utf8_repair(struct slice s, struct buf *out);

/* Appends s as Java's String.toUpperCase(Locale.ROOT) and toLowerCase give it. */
void utf8_upper(struct slice s, struct buf *out);
void utf8_lower(struct slice s, struct buf *out);
uint32_t utf8_upper_code_point(uint32_t c); /* simple mapping, Character.toUpperCase */
uint32_t utf8_lower_code_point(uint32_t c);
bool utf8_is_letter(uint32_t c); /* Character.isLetter */
bool utf8_is_digit(uint32_t c);  /* Character.isDigit */
