#include "server/phrase.h"

#include <inttypes.h>
#include <stdio.h>

#include "type/datetime.h"
#include "vec/batch.h"

#define SHOWN_MAX_MS INT64_C(253402300800000) /* year 10000 */

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

const char *phrase_rate(char *text, double per_second)
{
    snprintf(text, PHRASE_MAX, per_second < 10 && per_second > 0 ? "%.1f" : "%.0f", per_second);
    return text;
}
