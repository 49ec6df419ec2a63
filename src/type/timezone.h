/* timezone.h - time zones by name from the system's tz database, with java.time's rules for gaps
 * and overlaps. A zone is immutable after loading and may be used by any thread; the cache that
 * makes runs of nearby times cheap belongs to the caller (one a batch or operator).
 *
 * Names: "UTC", "GMT", "Z", "Europe/Berlin" (case counts), offsets "+08:00", "-5", "+0530",
 * "GMT+8", "UTC+08:00". Reference: RFC 8536 (TZif), POSIX TZ strings, java.time.ZoneId. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct arena;
struct time_zone;

/* Valid for [from_ms, until_ms) of UTC; zero-initialise. */
struct time_zone_cache {
    int64_t from_ms, until_ms;
    int64_t offset_ms;
};

const struct time_zone *timezone_utc(void); /* static */

/* Finds the zone; reads `directory`/name (NULL: /usr/share/zoneinfo) for names of regions. This is
 * the only function of type/ that touches a file: call it when a plan is made, not per row.
 * ERR_INVALID_VALUE with a hint for a name that does not exist. */
MUST_USE struct err *timezone_open(
    struct arena *a, const char *directory, struct slice name, const struct time_zone **out);
/* The same from the bytes of a TZif file. ERR_CORRUPT when they are not one. */
MUST_USE struct err *timezone_from_bytes(
    struct arena *a, struct slice name, struct slice bytes, const struct time_zone **out);

struct slice timezone_name(const struct time_zone *z);
bool timezone_is_fixed(const struct time_zone *z); /* one offset for ever, e.g. UTC */

/* Offset from UTC at an instant, in milliseconds (offsets are whole seconds). */
int64_t timezone_offset_ms(const struct time_zone *z, int64_t utc_ms, struct time_zone_cache *c);
static inline int64_t timezone_to_local(
    const struct time_zone *z, int64_t utc_ms, struct time_zone_cache *c)
{
    if (utc_ms >= c->from_ms && utc_ms < c->until_ms) return utc_ms + c->offset_ms;
    return utc_ms + timezone_offset_ms(z, utc_ms, c);
}
/* Wall clock to instant as LocalDateTime.atZone: in a gap the time moves forward by the gap's
 * length, in an overlap the earlier offset (daylight time) is taken. */
int64_t timezone_to_utc(const struct time_zone *z, int64_t local_ms, struct time_zone_cache *c);
/* Short name in use at the instant ("CET", "CEST"; the offset for fixed zones). */
struct slice timezone_abbreviation(const struct time_zone *z, int64_t utc_ms);
