#include "server/phrase.h"

#include <inttypes.h>
#include <stdio.h>

#include "type/datetime.h"
#include "vec/batch.h"

#define SHOWN_MAX_MS INT64_C(253402300800000) /* year 10000 */

const char *phrase_ms(char *text, int64_t ms)
{
    if (ms < 0) ms = 0;
    int64_t s = ms / 1000;
    if (s < 1)
        snprintf(text, PHRASE_MAX, "%" PRId64 " ms", ms);
    else if (s < 60)
        snprintf(text, PHRASE_MAX, "%" PRId64 " s", s);
    else if (s < 3600)
        snprintf(text, PHRASE_MAX, "%" PRId64 " min %" PRId64 " s", s / 60, s % 60);
    else if (s < 86400 * 2)
        snprintf(text, PHRASE_MAX, "%" PRId64 " h %" PRId64 " min", s / 3600, s / 60 % 60);
    else
        snprintf(text, PHRASE_MAX, "%" PRId64 " days", s / 86400);
    return text;
}

const char *phrase_time(char *text, int64_t ms)
{
    if (ms == WATERMARK_NONE || ms == WATERMARK_IDLE) {
        snprintf(text, PHRASE_MAX, "no time yet");
    } else if (ms >= SHOWN_MAX_MS) {
        snprintf(text, PHRASE_MAX, "the end");
    } else {
        char digits[DATETIME_CHARS_MAX];
        struct timestamp t = {.ms = ms};
        size_t n = datetime_format_timestamp(digits, t, ms % 1000 ? 3 : 0);
        snprintf(text, PHRASE_MAX, "%.*s", (int)n, digits);
    }
    return text;
}

const char *phrase_bytes(char *text, uint64_t n)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    if (n < 1024) {
        snprintf(text, PHRASE_MAX, "%" PRIu64 " B", n);
        return text;
    }
    double v = (double)n / 1024;
    size_t unit = 0;
    while (v >= 1024 && unit < 3) {
        v /= 1024;
        unit++;
    }
    snprintf(text, PHRASE_MAX, "%.1f %s", v, units[unit]);
    return text;
}

const char *phrase_rate(char *text, double per_second)
{
    snprintf(text, PHRASE_MAX, per_second < 10 && per_second > 0 ? "%.1f" : "%.0f", per_second);
    return text;
}
