/* Time zones. Two facts make local time to instant simple: in a gap java.time keeps the offset from
 * before the gap, in an overlap it takes the earlier offset, which is again the one from before. */
#include "type/timezone.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"
#include "type/datetime.h"
#include "type/tzif.h"

enum {
    ZONE_FILE_MAX = 256 * 1024,
    ZONE_NAME_MAX = 64,
    OFFSET_MAX_S = 18 * 3600 /* java.time.ZoneOffset's limit */
};
#define DAY_S INT64_C(86400)

struct time_zone {
    struct slice name;
    bool fixed;
    int32_t offset_s; /* when fixed */
    struct tzif rules;
};

static const struct time_zone utc = {.name = {"UTC", 3}, .fixed = true};

const struct time_zone *timezone_utc(void)
{
    return &utc;
}

struct slice timezone_name(const struct time_zone *z)
{
    return z->name;
}

bool timezone_is_fixed(const struct time_zone *z)
{
    return z->fixed;
}

static struct tzif_period period_at(const struct time_zone *z, int64_t utc_s)
{
    if (!z->fixed) return tzif_find(&z->rules, utc_s);
    return (struct tzif_period){.from_s = TZIF_BEGIN_S,
        .until_s = TZIF_END_S,
        .offset_s = z->offset_s,
        .abbreviation = z->name};
}

static int64_t seconds_of(int64_t ms)
{
    return datetime_floor_div(ms, 1000);
}

int64_t timezone_offset_ms(const struct time_zone *z, int64_t utc_ms, struct time_zone_cache *c)
{
    if (utc_ms >= c->from_ms && utc_ms < c->until_ms) return c->offset_ms;
    struct tzif_period p = period_at(z, seconds_of(utc_ms));
    c->from_ms = p.from_s * 1000;
    c->until_ms = p.until_s * 1000;
    c->offset_ms = p.offset_s * INT64_C(1000);
    return c->offset_ms;
}

int64_t timezone_to_utc(const struct time_zone *z, int64_t local_ms, struct time_zone_cache *c)
{
    const int64_t day_ms = DAY_S * 1000;
    int64_t guess = local_ms - c->offset_ms;
    if (guess >= c->from_ms + day_ms && guess < c->until_ms - day_ms) return guess;
    int64_t before = timezone_offset_ms(z, local_ms - day_ms, c);
    if (timezone_offset_ms(z, local_ms - before, c) == before) return local_ms - before;
    int64_t after = timezone_offset_ms(z, local_ms + day_ms, c);
    if (timezone_offset_ms(z, local_ms - after, c) == after) return local_ms - after;
    return local_ms - before; /* a gap */
}

struct slice timezone_abbreviation(const struct time_zone *z, int64_t utc_ms)
{
    return period_at(z, seconds_of(utc_ms)).abbreviation;
}

/* ---- offsets as names ---- */

static bool two_digits(struct slice s, size_t at, int32_t *out)
{
    if (at + 2 > s.n || s.p[at] < '0' || s.p[at] > '9' || s.p[at + 1] < '0' || s.p[at + 1] > '9')
        return false;
    *out = (s.p[at] - '0') * 10 + (s.p[at + 1] - '0');
    return true;
}

/* ZoneOffset.of: +h, +hh, +hh:mm, +hhmm, +hh:mm:ss, +hhmmss. */
static bool parse_offset(struct slice s, int32_t *out)
{
    int32_t hour = 0, minute = 0, second = 0;
    if (s.n < 2 || (s.p[0] != '+' && s.p[0] != '-')) return false;
    if (s.n == 2) {
        if (s.p[1] < '0' || s.p[1] > '9') return false;
        hour = s.p[1] - '0';
    } else {
        size_t colon = s.n > 3 && s.p[3] == ':';
        if (!two_digits(s, 1, &hour)) return false;
        size_t at = 3 + colon;
        if (s.n > 3 && !two_digits(s, at, &minute)) return false;
        if (s.n > 3) at += 2;
        if (at < s.n) {
            if (colon && s.p[at] != ':') return false;
            at += colon;
            if (!two_digits(s, at, &second)) return false;
            at += 2;
        }
        if (at != s.n && s.n != 3) return false;
    }
    if (minute > 59 || second > 59) return false;
    int32_t total = hour * 3600 + minute * 60 + second;
    if (total > OFFSET_MAX_S) return false;
    *out = s.p[0] == '-' ? -total : total;
    return true;
}

/* UTC, GMT, UT alone or with an offset behind them, Z, or an offset. */
static bool parse_fixed(struct slice name, int32_t *offset_s)
{
    static const char *const prefixes[] = {"UTC", "GMT", "UT"};
    *offset_s = 0;
    if (slice_eq(name, SLICE("Z"))) return true;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        size_t n = strlen(prefixes[i]);
        if (name.n < n || memcmp(name.p, prefixes[i], n) != 0) continue;
        if (name.n == n) return true;
        if (parse_offset((struct slice){name.p + n, name.n - n}, offset_s)) return true;
    }
    return parse_offset(name, offset_s);
}

static struct time_zone *zone_new(struct arena *a, struct slice name)
{
    struct time_zone *z = ARENA_NEW(a, struct time_zone);
    z->name = slice_copy(a, name);
    return z;
}

/* ---- regions ---- */

struct err *timezone_from_bytes(
    struct arena *a, struct slice name, struct slice bytes, const struct time_zone **out)
{
    struct time_zone *z = zone_new(a, name);
    struct err *e = tzif_parse(a, bytes, &z->rules);
    if (e) return err_wrap(e, "time zone '%.*s'", (int)z->name.n, z->name.p);
    *out = z;
    return NULL;
}

static struct err *unknown(struct slice name)
{
    int n = name.n > ZONE_NAME_MAX ? ZONE_NAME_MAX : (int)name.n;
    return err_hint(ERR(ERR_INVALID_VALUE, "time zone '%.*s' is not known", n, name.p),
        "use a region such as 'Europe/Berlin' (case counts), 'UTC', or an offset such as '+08:00'");
}

/* No way out of the directory, and none of its files with leap seconds. */
static bool is_region_name(struct slice name)
{
    if (name.n == 0 || name.n > ZONE_NAME_MAX) return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        bool inner = (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-' || c == '/';
        if (!letter && !(inner && i > 0)) return false;
    }
    return (name.n < 6 || memcmp(name.p, "right/", 6) != 0) &&
           (name.n < 6 || memcmp(name.p, "posix/", 6) != 0);
}

/* The whole file; false when it cannot be read or is larger than a zone is. */
static bool read_file(struct arena *a, const char *path, struct slice *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    char *bytes = arena_alloc(a, ZONE_FILE_MAX);
    size_t n = 0;
    ssize_t got;
    while (n < ZONE_FILE_MAX && (got = read(fd, bytes + n, ZONE_FILE_MAX - n)) > 0)
        n += (size_t)got;
    close(fd);
    *out = (struct slice){bytes, n};
    return n > 0 && n < ZONE_FILE_MAX;
}

struct err *timezone_open(
    struct arena *a, const char *directory, struct slice name, const struct time_zone **out)
{
    int32_t offset_s;
    if (parse_fixed(name, &offset_s)) {
        struct time_zone *z = zone_new(a, name);
        z->fixed = true;
        z->offset_s = offset_s;
        *out = z;
        return NULL;
    }
    if (!is_region_name(name)) return unknown(name);
    struct arena *scratch = arena_new(ZONE_FILE_MAX + 4096);
    char *path = str_fmt(
        scratch, "%s/%.*s", directory ? directory : "/usr/share/zoneinfo", (int)name.n, name.p);
    struct slice bytes;
    struct err *e = read_file(scratch, path, &bytes) && tzif_is(bytes)
                        ? timezone_from_bytes(a, name, bytes, out)
                        : unknown(name);
    arena_free(scratch);
    return e;
}
