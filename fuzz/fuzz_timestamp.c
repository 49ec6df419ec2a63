/* Dates and times: what is read prints and reads back; patterns and zone files never get out of
 * bounds. The first line is the text, the second a date pattern, the rest a TZif file. */
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "type/date_format.h"
#include "type/datetime.h"
#include "type/timezone.h"

static struct slice take_line(struct slice *rest)
{
    const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
    struct slice line = {rest->p, end ? (size_t)(end - rest->p) : rest->n};
    size_t used = line.n + (end != NULL);
    rest->p += used, rest->n -= used;
    return line;
}

static void check_texts(struct slice s)
{
    char text[DATETIME_CHARS_MAX];
    struct timestamp t, t_back;
    int32_t v, back;
    int64_t ms, ms_back;
    if (datetime_parse_timestamp(s, 9, &t)) {
        size_t n = datetime_format_timestamp(text, t, 9);
        bool year_10000 =
            datetime_civil(datetime_days(t.ms)).year > 9999; /* 24:00 of the last day */
        ASSERT(year_10000 || datetime_parse_timestamp((struct slice){text, n}, 9, &t_back));
        ASSERT(year_10000 || (t.ms == t_back.ms && t.nanos == t_back.nanos));
    }
    if (datetime_parse_date(s, &v)) {
        size_t n = datetime_format_date(text, v);
        ASSERT(datetime_parse_date((struct slice){text, n}, &back) && back == v);
    }
    if (datetime_parse_time(s, &v)) {
        size_t n = datetime_format_time(text, v, 3);
        ASSERT(v >= 0 && v < DATETIME_MS_PER_DAY);
        ASSERT(datetime_parse_time((struct slice){text, n}, &back) && back == v);
    }
    if (datetime_parse_interval_second(s, &ms)) {
        size_t n = datetime_format_interval_second(text, ms);
        ASSERT(datetime_parse_interval_second((struct slice){text, n}, &ms_back) && ms_back == ms);
    }
    if (datetime_parse_interval_month(s, &v)) {
        size_t n = datetime_format_interval_month(text, v);
        ASSERT(datetime_parse_interval_month((struct slice){text, n}, &back) && back == v);
    }
    datetime_parse_jdbc(s, &t);
}

static void check_pattern(
    struct arena *a, struct slice pattern, struct slice text, enum date_format_dialect dialect)
{
    const struct date_format *f;
    struct err *e = date_format_compile(a, pattern, dialect, &f);
    struct date_format_result r = {.local = {INT64_C(1709210096789), 123456}};
    char out[DATE_FORMAT_CHARS_MAX];
    err_free(e);
    if (e) return;
    date_format_parse(f, text, &r);
    size_t n = date_format_print(f, r.local, r.offset_s, SLICE("Europe/Berlin"), out);
    ASSERT(n <= DATE_FORMAT_CHARS_MAX);
}

static void check_zone(struct arena *a, struct slice bytes)
{
    const struct time_zone *z;
    struct err *e = timezone_from_bytes(a, SLICE("Fuzz"), bytes, &z);
    err_free(e);
    if (e) return;
    for (int64_t ms = -5000000000000; ms < 9000000000000; ms += 1234567890123) {
        struct time_zone_cache c = {0}, empty = {0};
        int64_t offset = timezone_offset_ms(z, ms, &c);
        ASSERT(c.from_ms <= ms && ms < c.until_ms);
        ASSERT(timezone_to_local(z, ms, &empty) == ms + offset);
        timezone_to_utc(z, ms, &c);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = {(const char *)data, size};
    struct slice text = take_line(&rest), pattern = take_line(&rest);
    struct arena *a = arena_new(1 << 16);
    check_texts(text);
    check_pattern(a, pattern, text, DATE_FORMAT_NEW);
    check_pattern(a, pattern, text, DATE_FORMAT_SIMPLE);
    check_zone(a, rest);
    arena_free(a);
    return 0;
}
