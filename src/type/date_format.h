/* date_format.h - Java date patterns, compiled once to a small program and run per value without
 * allocation. Two dialects: DATE_FORMAT_NEW is java.time's DateTimeFormatter (DATE_FORMAT,
 * TO_TIMESTAMP, TO_DATE, TO_TIMESTAMP_LTZ), DATE_FORMAT_SIMPLE is SimpleDateFormat (FROM_UNIXTIME,
 * UNIX_TIMESTAMP). English names. A compiled pattern is immutable and may be shared. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "type/datetime.h"

struct arena;
struct date_format;
struct time_zone;

enum date_format_dialect { DATE_FORMAT_NEW, DATE_FORMAT_SIMPLE };

enum {
    DATE_FORMAT_PATTERN_MAX = 256, /* bytes */
    DATE_FORMAT_CHARS_MAX = 1024   /* output bytes; a pattern that could write more is refused */
};

/* ERR_INVALID_VALUE names the letter that is not understood and its place. */
MUST_USE struct err *date_format_compile(struct arena *a, struct slice pattern,
    enum date_format_dialect dialect, const struct date_format **out);

/* Writes the local time `t`; zone and offset letters print `offset_s` and `zone_name` (an empty
 * name prints the offset). Returns the size, at most DATE_FORMAT_CHARS_MAX. */
size_t date_format_print(const struct date_format *f, struct timestamp t, int32_t offset_s,
    struct slice zone_name, char *out);

/* What a text said. Fields that the pattern does not have are those of 1970-01-01 00:00. */
struct date_format_result {
    struct timestamp local; /* wall clock */
    bool has_offset;        /* the text carried an offset or 'Z' */
    int32_t offset_s;
};
/* False when the text does not match. NEW: the whole text must match and fields be in range (day
 * clamped to the month's end: resolver SMART). SIMPLE: lenient as SimpleDateFormat, trailing text
 * is ignored. */
bool date_format_parse(
    const struct date_format *f, struct slice text, struct date_format_result *out);
/* Has a zone or offset letter: Flink cannot print those for a TIMESTAMP. */
bool date_format_needs_zone(const struct date_format *f);
bool date_format_has_time(const struct date_format *f); /* any letter finer than a day */
