/* num.h - numbers to text and back: exact, locale independent, without allocation.
 *
 * Formatters write at most the named number of bytes, no terminating NUL, and return how many.
 * Parsers take the whole slice (no blanks around it) and return false, leaving *out alone, when it
 * is not a number or does not fit. All functions are pure and may be called from any thread. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

__extension__ typedef __int128 i128;
__extension__ typedef unsigned __int128 u128;

enum {
    NUM_I64_CHARS = 20,
    NUM_I128_CHARS = 40,
    NUM_FLOAT_CHARS = 16,
    NUM_DOUBLE_CHARS = 26 /* "-2.2250738585072014E-308" has 24 */
};

size_t num_format_i64(char *out, int64_t v);
size_t num_format_u64(char *out, uint64_t v);
size_t num_format_i128(char *out, i128 v);
/* The shortest text that reads back the same, laid out as Java's Double.toString: "1.0", "1.0E10",
 * "1.0E-5", "NaN", "-Infinity". Schubfach (R. Giulietti), as in JDK 19 and later. */
size_t num_format_double(char *out, double v);
size_t num_format_float(char *out, float v);

/* [+-]digits */
bool num_parse_i64(struct slice s, int64_t *out);
bool num_parse_u64(struct slice s, uint64_t *out); /* no '-' */
bool num_parse_i32(struct slice s, int32_t *out);
bool num_parse_hex16(struct slice s, uint64_t *out); /* 16 digits, lower case: "%016llx" */
bool num_parse_i128(struct slice s, i128 *out);
/* [+-]digits[.digits][(e|E)[+-]digits], also ".5" and "5."; "NaN", "Infinity" with a sign.
 * Correctly rounded; too large gives Infinity, too small 0, as in Java. At most NUM_TEXT_MAX bytes.
 */
bool num_parse_double(struct slice s, double *out);
bool num_parse_float(struct slice s, float *out);
/* Java's Double.parseDouble: blanks around it, a trailing d, D, f or F, and hexadecimal floats are
 * accepted too. What Flink's CAST of a string to DOUBLE and FLOAT reads. */
bool num_parse_double_java(struct slice s, double *out);
bool num_parse_float_java(struct slice s, float *out);

enum { NUM_TEXT_MAX = 4096 };
