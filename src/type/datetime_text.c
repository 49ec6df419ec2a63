/* Text forms of dates, times, timestamps and intervals. Every rule here that looks odd is what
 * Flink 2.3 does, and datetime_test.c holds its answers. */
#include <string.h>

#include "type/datetime.h"

/* ---- writing ---- */

static char *put2(char *p, int32_t v)
{
    p[0] = (char)('0' + v / 10 % 10);
    p[1] = (char)('0' + v % 10);
    return p + 2;
}

/* The last four digits of the year; Flink prints no more. */
static char *put_date(char *p, int32_t days)
{
    struct civil c = datetime_civil(days);
    int32_t year = c.year < 0 ? -c.year : c.year;
    p = put2(put2(p, year / 100), year);
    *p++ = '-';
    p = put2(p, c.month);
    *p++ = '-';
    return put2(p, c.day);
}

static char *put_clock(char *p, int32_t ms)
{
    p = put2(p, ms / 3600000);
    *p++ = ':';
    p = put2(p, ms / 60000 % 60);
    *p++ = ':';
    return put2(p, ms / 1000 % 60);
}

size_t datetime_format_date(char *out, int32_t days)
{
    return (size_t)(put_date(out, days) - out);
}

/* At least one fraction digit when precision is not 0, no zeros behind it. */
size_t datetime_format_time(char *out, int32_t ms_of_day, int32_t precision)
{
    char *p = put_clock(out, ms_of_day);
    int32_t ms = ms_of_day % 1000;
    if (precision > 0) *p++ = '.';
    while (precision-- > 0) {
        *p++ = (char)('0' + ms / 100);
        ms = ms % 100 * 10;
        if (ms == 0) break;
    }
    return (size_t)(p - out);
}

size_t datetime_format_timestamp(char *out, struct timestamp t, int32_t precision)
{
    int32_t ms = datetime_ms_of_day(t.ms);
    char *p = put_date(out, datetime_days(t.ms));
    *p++ = ' ';
    p = put_clock(p, ms);
    if (precision > 0) *p++ = '.';
    int32_t nanos = ms % 1000 * 1000000 + t.nanos;
    for (int32_t unit = 100000000; precision > 0; precision--, unit /= 10)
        *p++ = (char)('0' + nanos / unit % 10);
    return (size_t)(p - out);
}

size_t datetime_format_interval_month(char *out, int32_t months)
{
    uint32_t m = months < 0 ? 0 - (uint32_t)months : (uint32_t)months;
    out[0] = months < 0 ? '-' : '+';
    size_t n = 1 + num_format_u64(out + 1, m / 12);
    out[n++] = '-';
    put2(out + n, (int32_t)(m % 12));
    return n + 2;
}

size_t datetime_format_interval_second(char *out, int64_t ms)
{
    uint64_t m = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
    int32_t rest = (int32_t)(m % (uint64_t)DATETIME_MS_PER_DAY);
    out[0] = ms < 0 ? '-' : '+';
    size_t n = 1 + num_format_u64(out + 1, m / (uint64_t)DATETIME_MS_PER_DAY);
    out[n++] = ' ';
    char *p = put_clock(out + n, rest);
    *p++ = '.';
    *p++ = (char)('0' + rest % 1000 / 100);
    return (size_t)(put2(p, rest % 100) - out);
}

/* ---- reading ---- */

/* Flink trims each part of a date and a time; only the blank counts in between. */
static struct slice trim(struct slice s)
{
    while (s.n && (unsigned char)s.p[0] <= ' ') s.p++, s.n--;
    while (s.n && (unsigned char)s.p[s.n - 1] <= ' ') s.n--;
    return s;
}

static size_t find(struct slice s, char c, size_t from)
{
    const char *at = from < s.n ? memchr(s.p + from, c, s.n - from) : NULL;
    return at ? (size_t)(at - s.p) : s.n;
}

/* Digits only, trimmed, at most 9 of them. */
static bool read_part(struct slice s, size_t from, size_t to, int32_t *out)
{
    struct slice part = trim((struct slice){s.p + from, to - from});
    int32_t v = 0;
    if (part.n == 0 || part.n > 9) return false;
    for (size_t i = 0; i < part.n; i++) {
        if (part.p[i] < '0' || part.p[i] > '9') return false;
        v = v * 10 + (part.p[i] - '0');
    }
    *out = v;
    return true;
}

/* year[-month[-day]], with anything behind a blank ignored, unless the text begins with one. */
bool datetime_parse_date(struct slice s, int32_t *days)
{
    int32_t year, month = 1, day = 1;
    size_t blank = find(s, ' ', 0);
    if (blank > 0) s.n = blank;
    size_t first = find(s, '-', 0);
    if (!read_part(s, 0, first, &year)) return false;
    if (first < s.n) {
        size_t second = find(s, '-', first + 1);
        if (!read_part(s, first + 1, second, &month)) return false;
        if (second < s.n && !read_part(s, second + 1, s.n, &day)) return false;
    }
    if (year > 9999 || month < 1 || month > 12 || day < 1) return false;
    if (day > datetime_days_in_month(year, month)) return false;
    *days = datetime_days_of_civil(year, month, day);
    return true;
}

/* Three digits, rounded by the fourth; what is no digit counts as 0. */
static int32_t read_fraction(struct slice s)
{
    int32_t ms = 0, unit = 100;
    for (size_t i = 0; i < s.n && unit > 0; i++, unit /= 10)
        if (s.p[i] >= '0' && s.p[i] <= '9') ms += unit * (s.p[i] - '0');
    return ms + (s.n > 3 && s.p[3] >= '5' && s.p[3] <= '9');
}

/* hour[:minute[:second[.fraction]]] */
static bool parse_clock(struct slice s, int32_t *ms_of_day)
{
    int32_t hour, minute = 0, second = 0, ms = 0;
    size_t colon1 = find(s, ':', 0), colon2 = find(s, ':', colon1 + 1);
    if (!read_part(s, 0, colon1, &hour)) return false;
    if (colon1 < s.n && !read_part(s, colon1 + 1, colon2, &minute)) return false;
    if (colon2 < s.n) {
        size_t dot = find(s, '.', colon2);
        if (!read_part(s, colon2 + 1, dot, &second)) return false;
        if (dot < s.n) ms = read_fraction(trim((struct slice){s.p + dot + 1, s.n - dot - 1}));
    }
    if (hour > 23 || minute > 59 || second > 59) return false;
    *ms_of_day = hour * 3600000 + minute * 60000 + second * 1000 + ms;
    return true;
}

/* An offset at the end is added to the clock: "12:00:00+01:00" is 13:00 in Flink. */
bool datetime_parse_time(struct slice s, int32_t *ms_of_day)
{
    int32_t hour = 0, minute = 0, ms;
    size_t sign = find(s, '-', 0);
    bool negative = sign < s.n;
    if (!negative) sign = find(s, '+', 0);
    if (sign < s.n) {
        size_t colon = find(s, ':', sign);
        if (!read_part(s, sign + 1, colon, &hour)) return false;
        if (colon < s.n && !read_part(s, colon + 1, s.n, &minute)) return false;
        if (hour > 23 || minute > 59) return false;
    }
    if (!parse_clock((struct slice){s.p, sign}, &ms)) return false;
    ms += (negative ? -1 : 1) * (hour * 3600000 + minute * 60000);
    const int32_t day = (int32_t)DATETIME_MS_PER_DAY;
    *ms_of_day = ms < 0 ? ms + day : ms >= day ? ms - day : ms; /* Flink would print 25:00:00 */
    return true;
}

struct cursor {
    const char *p, *end;
};

/* One or two digits; a third one is left standing and fails what comes next. */
static bool take_field(struct cursor *c, int32_t least, int32_t most, int32_t *out)
{
    int32_t v = 0;
    int n = 0;
    while (n < 2 && c->p < c->end && *c->p >= '0' && *c->p <= '9') {
        v = v * 10 + (*c->p++ - '0');
        n++;
    }
    *out = v;
    return n > 0 && v >= least && v <= most;
}

static bool take(struct cursor *c, char expected)
{
    if (c->p == c->end || *c->p != expected) return false;
    c->p++;
    return true;
}

static bool take_year(struct cursor *c, int32_t *out)
{
    int32_t v = 0;
    if (c->end - c->p < 4) return false;
    for (int i = 0; i < 4; i++) {
        char digit = *c->p++;
        if (digit < '0' || digit > '9') return false;
        v = v * 10 + (digit - '0');
    }
    *out = v;
    return v >= 1;
}

/* '.' and up to 9 digits; none is 0. */
static int32_t take_fraction(struct cursor *c)
{
    int32_t nanos = 0, unit = 100000000;
    if (!take(c, '.')) return 0;
    for (; unit > 0 && c->p < c->end && *c->p >= '0' && *c->p <= '9'; unit /= 10)
        nanos += unit * (*c->p++ - '0');
    return nanos;
}

/* yyyy-M[M]-d[d][ H[H]:m[m]:s[s][.f{0,9}]]; day 31 becomes the month's last, 24:00:00 is the next
 * day (the resolver SMART of java.time). */
bool datetime_parse_timestamp(struct slice s, int32_t precision, struct timestamp *out)
{
    struct cursor c = {s.p, s.p + s.n};
    int32_t year, month, day, hour = 0, minute = 0, second = 0, nanos = 0;
    if (!take_year(&c, &year) || !take(&c, '-') || !take_field(&c, 1, 12, &month) ||
        !take(&c, '-') || !take_field(&c, 1, 31, &day))
        return false;
    if (c.p < c.end) {
        if (!take(&c, ' ') || !take_field(&c, 0, 24, &hour) || !take(&c, ':') ||
            !take_field(&c, 0, 59, &minute) || !take(&c, ':') || !take_field(&c, 0, 59, &second))
            return false;
        nanos = take_fraction(&c);
    }
    if (c.p != c.end || (hour == 24 && (minute || second || nanos))) return false;
    int32_t last = datetime_days_in_month(year, month);
    int64_t days = datetime_days_of_civil(year, month, day < last ? day : last);
    struct timestamp t = {
        .ms = days * DATETIME_MS_PER_DAY + hour * INT64_C(3600000) + minute * 60000 +
              second * 1000 + nanos / 1000000,
        .nanos = nanos % 1000000,
    };
    *out = datetime_truncate(t, precision);
    return true;
}

/* yyyy-m[m]-d[d] with day 31 allowed in every month. */
static bool take_jdbc_date(struct cursor *c, int64_t *days)
{
    int32_t year, month, day;
    if (!take_year(c, &year) || !take(c, '-') || !take_field(c, 1, 12, &month) || !take(c, '-') ||
        !take_field(c, 1, 31, &day))
        return false;
    *days = (int64_t)datetime_days_of_civil(year, month, 1) + day - 1;
    return true;
}

bool datetime_parse_jdbc(struct slice s, struct timestamp *out)
{
    s = trim(s);
    struct cursor c = {s.p, s.p + s.n};
    int64_t days;
    int32_t hour = 0, minute = 0, second = 0, nanos = 0;
    if (!take_jdbc_date(&c, &days)) return false;
    if (c.p < c.end) {
        if (!take(&c, ' ') || !take_field(&c, 0, 99, &hour) || !take(&c, ':') ||
            !take_field(&c, 0, 99, &minute) || !take(&c, ':') || !take_field(&c, 0, 99, &second))
            return false;
        if (c.p < c.end && c.end - c.p == 1) return false; /* a point alone */
        nanos = take_fraction(&c);
    }
    if (c.p != c.end) return false;
    out->ms = days * DATETIME_MS_PER_DAY + hour * INT64_C(3600000) + minute * INT64_C(60000) +
              second * INT64_C(1000) + nanos / 1000000;
    out->nanos = nanos % 1000000;
    return true;
}

static bool take_sign(struct slice *s)
{
    bool negative = s->n && s->p[0] == '-';
    if (negative || (s->n && s->p[0] == '+')) s->p++, s->n--;
    return negative;
}

bool datetime_parse_interval_month(struct slice s, int32_t *months)
{
    bool negative = take_sign(&s);
    size_t dash = find(s, '-', 0);
    int64_t years, rest;
    if (dash == s.n || !num_parse_i64((struct slice){s.p, dash}, &years)) return false;
    if (!num_parse_i64((struct slice){s.p + dash + 1, s.n - dash - 1}, &rest)) return false;
    if (years < 0 || years > INT32_MAX / 12 || rest < 0 || rest > 11) return false;
    int64_t total = years * 12 + rest;
    if (total > INT32_MAX) return false;
    *months = (int32_t)(negative ? -total : total);
    return true;
}

bool datetime_parse_interval_second(struct slice s, int64_t *ms)
{
    bool negative = take_sign(&s);
    size_t blank = find(s, ' ', 0);
    int64_t days;
    int32_t hour, minute, second;
    if (blank == s.n || !num_parse_i64((struct slice){s.p, blank}, &days)) return false;
    if (days < 0 || days > INT64_C(100000000)) return false;
    struct cursor c = {s.p + blank + 1, s.p + s.n};
    if (!take_field(&c, 0, 23, &hour) || !take(&c, ':') || !take_field(&c, 0, 59, &minute) ||
        !take(&c, ':') || !take_field(&c, 0, 59, &second))
        return false;
    int32_t nanos = take_fraction(&c);
    if (c.p != c.end) return false;
    int64_t total = days * DATETIME_MS_PER_DAY + hour * INT64_C(3600000) + minute * 60000 +
                    second * 1000 + nanos / 1000000;
    *ms = negative ? -total : total;
    return true;
}
