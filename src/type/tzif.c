/* TZif, RFC 8536, version 2 and later:
 *
 *   offset  size
 *   0       4     "TZif"
 *   4       1     version, '2' .. '4'
 *   20      6*4   isutcnt isstdcnt leapcnt timecnt typecnt charcnt, big-endian
 *   44            data with 32-bit times, skipped
 *   then the same header and data with 64-bit times: timecnt*8 transition times, timecnt*1 type
 *   indexes, typecnt*6 (offset 4, is daylight 1, abbreviation index 1), charcnt bytes, leap
 * seconds, indicators; and last "\n" TZ string "\n". */
#include "type/tzif.h"

#include "base/arena.h"
#include "type/datetime.h"

enum { HEADER_BYTES = 44, TIMES_MAX = 20000, CHARS_MAX = 2048, OFFSET_MAX_S = 26 * 3600 };
#define DAY_S INT64_C(86400)

struct header {
    uint32_t utc_count, standard_count, leap_count, time_count, type_count, char_count;
};

bool tzif_is(struct slice bytes)
{
    return bytes.n >= HEADER_BYTES && memcmp(bytes.p, "TZif", 4) == 0;
}

static uint64_t read_big(const char *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++) v = v << 8 | (unsigned char)p[i];
    return v;
}

static bool read_header(struct slice bytes, size_t at, struct header *h)
{
    if (bytes.n < HEADER_BYTES || at > bytes.n - HEADER_BYTES) return false;
    if (memcmp(bytes.p + at, "TZif", 4) != 0) return false;
    const char *p = bytes.p + at + 20;
    uint32_t counts[6];
    for (size_t i = 0; i < 6; i++) {
        counts[i] = (uint32_t)read_big(p + 4 * i, 4);
        if (counts[i] > TIMES_MAX) return false;
    }
    *h = (struct header){counts[0], counts[1], counts[2], counts[3], counts[4], counts[5]};
    return h->type_count >= 1 && h->type_count <= 256 && h->char_count <= CHARS_MAX;
}

static size_t data_bytes(const struct header *h, size_t time_bytes)
{
    return h->time_count * (time_bytes + 1) + h->type_count * 6u + h->char_count +
           h->leap_count * (time_bytes + 4) + h->standard_count + h->utc_count;
}

/* Types and their names; the indexes were not checked yet. */
static bool read_types(struct arena *a, const char *p, const struct header *h, struct tzif *z)
{
    struct tzif_type *types = ARENA_ARRAY(a, struct tzif_type, h->type_count);
    struct slice chars = slice_copy(a, (struct slice){p + h->type_count * 6u, h->char_count});
    for (uint32_t i = 0; i < h->type_count; i++, p += 6) {
        types[i].offset_s = (int32_t)read_big(p, 4);
        if (types[i].offset_s > OFFSET_MAX_S || types[i].offset_s < -OFFSET_MAX_S) return false;
        size_t begin = (unsigned char)p[5];
        if (begin >= chars.n) return false;
        const char *end = memchr(chars.p + begin, 0, chars.n - begin);
        if (!end) return false;
        types[i].abbreviation = slice_of(chars.p + begin);
    }
    z->types = types;
    return true;
}

static bool read_times(struct arena *a, const char *p, const struct header *h, struct tzif *z)
{
    int64_t *times = ARENA_ARRAY(a, int64_t, h->time_count);
    uint8_t *indexes = ARENA_ARRAY(a, uint8_t, h->time_count);
    for (uint32_t i = 0; i < h->time_count; i++) {
        times[i] = (int64_t)read_big(p + 8 * i, 8);
        if (times[i] < TZIF_BEGIN_S) times[i] = TZIF_BEGIN_S; /* zic's "big bang" */
        if (times[i] > TZIF_END_S || (i && times[i] < times[i - 1])) return false;
        indexes[i] = (uint8_t)p[8 * h->time_count + i];
        if (indexes[i] >= h->type_count) return false;
    }
    z->transitions_s = times;
    z->type_indexes = indexes;
    z->count = h->time_count;
    return true;
}

/* ---- the TZ string ---- */

struct cursor {
    const char *p, *end;
};

static bool accept(struct cursor *c, char expected)
{
    if (c->p == c->end || *c->p != expected) return false;
    c->p++;
    return true;
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool read_name(struct arena *a, struct cursor *c, struct slice *out)
{
    bool quoted = accept(c, '<');
    const char *begin = c->p;
    while (c->p < c->end && (quoted ? *c->p != '>' : is_letter(*c->p))) c->p++;
    *out = slice_copy(a, (struct slice){begin, (size_t)(c->p - begin)});
    return out->n > 0 && out->n < 32 && (!quoted || accept(c, '>'));
}

static bool read_number(struct cursor *c, int32_t most, int32_t *out)
{
    int32_t v = 0;
    const char *begin = c->p;
    while (c->p < c->end && *c->p >= '0' && *c->p <= '9' && v <= most) v = v * 10 + (*c->p++ - '0');
    *out = v;
    return c->p > begin && v <= most;
}

/* [+-]hh[:mm[:ss]], up to a week as in version 3. */
static bool read_time(struct cursor *c, int32_t *out)
{
    int32_t hour, minute = 0, second = 0;
    bool negative = accept(c, '-');
    if (!negative) accept(c, '+');
    if (!read_number(c, 167, &hour)) return false;
    if (accept(c, ':') && !read_number(c, 59, &minute)) return false;
    if (c->p > c->end) return false;
    if (accept(c, ':') && !read_number(c, 59, &second)) return false;
    int32_t total = hour * 3600 + minute * 60 + second;
    *out = negative ? -total : total;
    return true;
}

static bool read_offset(struct cursor *c, int32_t *offset_s)
{
    int32_t west;
    if (!read_time(c, &west) || west > OFFSET_MAX_S || west < -OFFSET_MAX_S) return false;
    *offset_s = -west; /* POSIX counts west of Greenwich */
    return true;
}

static bool read_day(struct cursor *c, struct tzif_day *d)
{
    *d = (struct tzif_day){.kind = 'N', .time_s = 7200};
    if (accept(c, 'M')) {
        d->kind = 'M';
        if (!read_number(c, 12, &d->month) || !accept(c, '.') || !read_number(c, 5, &d->week) ||
            !accept(c, '.') || !read_number(c, 6, &d->day) || d->month < 1 || d->week < 1)
            return false;
    } else if (accept(c, 'J')) {
        d->kind = 'J';
        if (!read_number(c, 365, &d->day) || d->day < 1) return false;
    } else if (!read_number(c, 365, &d->day)) {
        return false;
    }
    return !accept(c, '/') || read_time(c, &d->time_s);
}

static bool read_rule(struct arena *a, struct slice text, struct tzif *z)
{
    struct cursor c = {text.p, text.p + text.n};
    if (text.n == 0) return true; /* no rule: the last type holds */
    if (!read_name(a, &c, &z->standard.abbreviation) || !read_offset(&c, &z->standard.offset_s))
        return false;
    z->has_rule = true;
    if (c.p == c.end) return true;
    z->has_daylight = true;
    if (!read_name(a, &c, &z->daylight.abbreviation)) return false;
    z->daylight.offset_s = z->standard.offset_s + 3600;
    if (c.p < c.end && *c.p != ',' && !read_offset(&c, &z->daylight.offset_s)) return false;
    return accept(&c, ',') && read_day(&c, &z->start) && accept(&c, ',') && read_day(&c, &z->end) &&
           c.p == c.end;
}

static bool read_all(struct arena *a, struct slice bytes, struct tzif *z)
{
    struct header h;
    if (!read_header(bytes, 0, &h) || bytes.p[4] < '2') return false;
    size_t at = HEADER_BYTES + data_bytes(&h, 4);
    if (!read_header(bytes, at, &h)) return false;
    at += HEADER_BYTES;
    size_t size = data_bytes(&h, 8);
    if (size > bytes.n - at || bytes.n - at - size < 2) return false;
    const char *p = bytes.p + at;
    if (!read_times(a, p, &h, z) || !read_types(a, p + h.time_count * 9u, &h, z)) return false;
    p += size;
    size_t rest = bytes.n - at - size;
    const char *end = memchr(p + 1, '\n', rest - 1);
    return *p == '\n' && end && read_rule(a, (struct slice){p + 1, (size_t)(end - p - 1)}, z);
}

struct err *tzif_parse(struct arena *a, struct slice bytes, struct tzif *out)
{
    *out = (struct tzif){0};
    if (!read_all(a, bytes, out)) FAIL(ERR_CORRUPT, "not a TZif file of version 2 or later");
    return NULL;
}

/* ---- looking up ---- */

/* Seconds since the epoch of the rule's day and time in a year, on its own clock. */
static int64_t day_in_year(const struct tzif_day *d, int32_t year)
{
    int32_t first = datetime_days_of_civil(year, 1, 1);
    int32_t days = first + d->day;
    if (d->kind == 'J') days -= !(datetime_is_leap_year(year) && d->day >= 60);
    if (d->kind == 'M') {
        int32_t month = datetime_days_of_civil(year, d->month, 1);
        days = month + (d->day + 7 - datetime_day_of_week(month) % 7) % 7 + 7 * (d->week - 1);
        if (days >= month + datetime_days_in_month(year, d->month)) days -= 7;
    }
    return days * DAY_S + d->time_s;
}

/* The change of the year `year` that begins or ends daylight time. */
static int64_t change(const struct tzif *z, int32_t year, bool start)
{
    if (start) return day_in_year(&z->start, year) - z->standard.offset_s;
    return day_in_year(&z->end, year) - z->daylight.offset_s;
}

/* Daylight time by the rule: the last change at or before utc_s, and the next one. */
static struct tzif_period find_by_rule(const struct tzif *z, int64_t utc_s)
{
    struct tzif_period p = {.from_s = TZIF_BEGIN_S, .until_s = TZIF_END_S};
    bool daylight = false;
    int64_t day = datetime_floor_div(utc_s, DAY_S);
    if (z->has_daylight && day > -700000000 && day < 700000000) {
        int32_t year = datetime_civil((int32_t)day).year;
        for (int i = 0; i < 6; i++) {
            bool start = i & 1;
            int64_t at = change(z, year - 1 + i / 2, start);
            if (at <= utc_s && at >= p.from_s) p.from_s = at, daylight = start;
            if (at > utc_s && at < p.until_s) p.until_s = at;
        }
    }
    p.offset_s = daylight ? z->daylight.offset_s : z->standard.offset_s;
    p.abbreviation = daylight ? z->daylight.abbreviation : z->standard.abbreviation;
    return p;
}

struct tzif_period tzif_find(const struct tzif *z, int64_t utc_s)
{
    uint32_t low = 0, high = z->count; /* the first transition after utc_s */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (z->transitions_s[middle] <= utc_s)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == z->count && z->has_rule) {
        struct tzif_period p = find_by_rule(z, utc_s);
        if (low > 0 && p.from_s < z->transitions_s[low - 1]) p.from_s = z->transitions_s[low - 1];
        return p;
    }
    const struct tzif_type *t = &z->types[low > 0 ? z->type_indexes[low - 1] : 0];
    return (struct tzif_period){
        .from_s = low > 0 ? z->transitions_s[low - 1] : TZIF_BEGIN_S,
        .until_s = low < z->count ? z->transitions_s[low] : TZIF_END_S,
        .offset_s = t->offset_s,
        .abbreviation = t->abbreviation,
    };
}
