/* iso.h - dates and times in records, as the formatters of Flink's json and csv read and write them
 * (java.time, TimeFormats). Years 1 .. 9999. Pure functions, no allocation; printers return the
 * size, at most ISO_CHARS_MAX. */
#pragma once
#include <stdbool.h>

#include "type/datetime.h"

enum { ISO_CHARS_MAX = 40 };

/* yyyy-MM-dd, a day that exists. */
bool iso_parse_date(struct slice s, int32_t *days);
/* HH:mm[:ss[.fraction]]; without_seconds: seconds may be missing; midnight_24: 24:00:00 is 0. */
bool iso_parse_time(struct slice s, bool without_seconds, bool midnight_24, int32_t *ms_of_day);

enum iso_style {
    ISO_SQL,  /* "2020-01-02 03:04:05.123"; a day after the month's end is its last */
    ISO_8601, /* "2020-01-02T03:04:05.123", seconds may be missing */
};
/* zulu: a 'Z' must follow (TIMESTAMP_LTZ), else nothing may. */
bool iso_parse_timestamp(struct slice s, enum iso_style style, bool zulu, struct timestamp *out);

size_t iso_print_date(char *out, int32_t days);
/* Fraction digits as far as they are not 0. */
size_t iso_print_time(char *out, int32_t ms_of_day, int32_t nanos);
size_t iso_print_timestamp(char *out, struct timestamp t, enum iso_style style, bool zulu);
