/* datetime.h - dates, times of day, timestamps and intervals: calendar, text, units. Proleptic
 * Gregorian calendar, no zones (type/timezone.h) and no clock. Flink's DateTimeUtils and Calcite's
 * IntervalUtils are the reference. Values are held as type.h says; pure functions, no allocation.
 * Formatters write without terminating NUL and return the size; parsers take the whole slice and
 * return false when the text is refused (CAST fails, TRY_CAST gives NULL). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/num.h"
#include "base/str.h"

#define DATETIME_MS_PER_DAY INT64_C(86400000)
#define DATETIME_NS_PER_MS INT64_C(1000000)

enum { DATETIME_CHARS_MAX = 48 }; /* enough for every formatter here */

/* A point of time of any precision; what functions take where both widths are possible. */
struct timestamp {
    int64_t ms;    /* since 1970-01-01 00:00, floored */
    int32_t nanos; /* 0 .. 999,999, within the millisecond */
};

static inline struct timestamp datetime_from_ns(i128 ns)
{
    i128 ms = ns / DATETIME_NS_PER_MS;
    int32_t nanos = (int32_t)(ns % DATETIME_NS_PER_MS);
    if (nanos < 0) ms--, nanos += (int32_t)DATETIME_NS_PER_MS;
    return (struct timestamp){(int64_t)ms, nanos};
}
static inline i128 datetime_to_ns(struct timestamp t)
{
    return (i128)t.ms * DATETIME_NS_PER_MS + t.nanos;
}
static inline int64_t datetime_floor_div(int64_t a, int64_t b) /* b > 0 */
{
    int64_t q = a / b;
    return q - (a % b < 0);
}
static inline int32_t datetime_days(int64_t ms)
{
    return (int32_t)datetime_floor_div(ms, DATETIME_MS_PER_DAY);
}
static inline int32_t datetime_ms_of_day(int64_t ms)
{
    return (int32_t)(ms - datetime_floor_div(ms, DATETIME_MS_PER_DAY) * DATETIME_MS_PER_DAY);
}

struct civil {
    int32_t year;  /* astronomical: 0 is 1 BC */
    int32_t month; /* 1 .. 12 */
    int32_t day;   /* 1 .. 31 */
};
struct civil datetime_civil(int32_t days);
int32_t datetime_days_of_civil(int32_t year, int32_t month, int32_t day);
int32_t datetime_days_in_month(int32_t year, int32_t month);
static inline bool datetime_is_leap_year(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}
int32_t datetime_day_of_week(int32_t days); /* ISO: Monday 1 .. Sunday 7 */
int32_t datetime_day_of_year(int32_t days); /* 1 .. 366 */
void datetime_iso_week(int32_t days, int32_t *week_year, int32_t *week);

/* Text, as CAST(x AS STRING) and CAST(string AS ..) of Flink 2.3. */
size_t datetime_format_date(char *out, int32_t days);
size_t datetime_format_time(char *out, int32_t ms_of_day, int32_t precision);
/* Exactly `precision` fraction digits, the rest cut off. */
size_t datetime_format_timestamp(char *out, struct timestamp t, int32_t precision);
size_t datetime_format_interval_month(char *out, int32_t months); /* "+1-02" */
size_t datetime_format_interval_second(char *out, int64_t ms);    /* "+1 02:03:04.005" */
bool datetime_parse_date(struct slice s, int32_t *days);
bool datetime_parse_time(struct slice s, int32_t *ms_of_day);
/* Cut to `precision` digits. Years 1 .. 9999. */
bool datetime_parse_timestamp(struct slice s, int32_t precision, struct timestamp *out);
/* java.sql.Timestamp.valueOf, or Date.valueOf without a blank, after trimming: what TO_TIMESTAMP
 * falls back to when its pattern does not match. Lenient: 25:61:61 and February 31st roll over. */
bool datetime_parse_jdbc(struct slice s, struct timestamp *out);
bool datetime_parse_interval_month(struct slice s, int32_t *months); /* what the printers write */
bool datetime_parse_interval_second(struct slice s, int64_t *ms);
struct timestamp datetime_truncate(struct timestamp t, int32_t precision);

/* X(unit, SQL name) - EXTRACT, FLOOR and CEIL, TIMESTAMPADD and TIMESTAMPDIFF */
#define DATETIME_UNIT_LIST(X)          \
    X(UNIT_NANOSECOND, "NANOSECOND")   \
    X(UNIT_MICROSECOND, "MICROSECOND") \
    X(UNIT_MILLISECOND, "MILLISECOND") \
    X(UNIT_SECOND, "SECOND")           \
    X(UNIT_MINUTE, "MINUTE")           \
    X(UNIT_HOUR, "HOUR")               \
    X(UNIT_DAY, "DAY")                 \
    X(UNIT_WEEK, "WEEK")               \
    X(UNIT_MONTH, "MONTH")             \
    X(UNIT_QUARTER, "QUARTER")         \
    X(UNIT_YEAR, "YEAR")               \
    X(UNIT_DECADE, "DECADE")           \
    X(UNIT_CENTURY, "CENTURY")         \
    X(UNIT_MILLENNIUM, "MILLENNIUM")   \
    X(UNIT_DOW, "DOW")                 \
    X(UNIT_ISODOW, "ISODOW")           \
    X(UNIT_DOY, "DOY")                 \
    X(UNIT_ISOYEAR, "ISOYEAR")         \
    X(UNIT_EPOCH, "EPOCH")

enum datetime_unit {
#define X(unit, name) unit,
    DATETIME_UNIT_LIST(X)
#undef X
};
const char *datetime_unit_name(enum datetime_unit unit);
/* Case does not count; plural forms and SQL_TSI_* are accepted. */
bool datetime_unit_parse(struct slice name, enum datetime_unit *out);

int64_t datetime_extract(enum datetime_unit unit, struct timestamp t);
int64_t datetime_extract_date(enum datetime_unit unit, int32_t days);
int64_t datetime_extract_time(enum datetime_unit unit, int32_t ms_of_day);
int64_t datetime_extract_interval_month(enum datetime_unit unit, int32_t months);
int64_t datetime_extract_interval_second(enum datetime_unit unit, int64_t ms);
/* FLOOR(x TO unit) and CEIL: UNIT_MILLISECOND .. UNIT_MILLENNIUM; weeks start on Sunday as in
 * Flink. */
int64_t datetime_floor(enum datetime_unit unit, int64_t ms);
int64_t datetime_ceil(enum datetime_unit unit, int64_t ms);
/* Adds months; a day past the end of the month becomes its last day. */
int64_t datetime_add_months(int64_t ms, int64_t months);
int32_t datetime_add_months_date(int32_t days, int64_t months);
/* Whole months from b to a, toward zero, as (a - b) MONTH and TIMESTAMPDIFF count them. */
int64_t datetime_months_between(int64_t a_ms, int64_t b_ms);
/* TIMESTAMPDIFF(unit, from, to): complete units, toward zero. */
int64_t datetime_diff(enum datetime_unit unit, int64_t from_ms, int64_t to_ms);
