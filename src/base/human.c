#include "base/human.h"

#include <inttypes.h>
#include <stdio.h>

const char *human_count(uint64_t n, char text[HUMAN_CHARS])
{
    char digits[24];
    int count = snprintf(digits, sizeof digits, "%" PRIu64, n), at = 0;
    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0) text[at++] = ',';
        text[at++] = digits[i];
    }
    text[at] = 0;
    return text;
}

static void write_two(
    char text[HUMAN_CHARS], uint64_t n, const char *unit, uint64_t of_it, const char *smaller_unit)
{
    snprintf(text, HUMAN_CHARS, "%" PRIu64 " %s %" PRIu64 " %s", n, unit, of_it, smaller_unit);
}

const char *human_duration(int64_t duration_ms, char text[HUMAN_CHARS])
{
    uint64_t ms = duration_ms > 0 ? (uint64_t)duration_ms : 0, s = ms / 1000;
    uint64_t tenths = ms % 1000 / 100;
    if (s == 0)
        snprintf(text, HUMAN_CHARS, "%" PRIu64 " ms", ms);
    else if (s < 60 && tenths > 0)
        snprintf(text, HUMAN_CHARS, "%" PRIu64 ".%" PRIu64 " s", s, tenths);
    else if (s < 60)
        snprintf(text, HUMAN_CHARS, "%" PRIu64 " s", s);
    else if (s < 3600)
        write_two(text, s / 60, "min", s % 60, "s");
    else if (s < 2 * 86400)
        write_two(text, s / 3600, "h", s / 60 % 60, "min");
    else
        write_two(text, s / 86400, "d", s / 3600 % 24, "h");
    return text;
}

const char *human_bytes(uint64_t bytes, char text[HUMAN_CHARS])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double size = (double)bytes;
    uint32_t unit = 0;
    for (; size >= 1024 && unit < 4; unit++) size /= 1024;
    snprintf(text, HUMAN_CHARS, unit == 0 ? "%.0f %s" : "%.1f %s", size, units[unit]);
    return text;
}
