#include "format/iso.h"

static bool digits(const char *p, int count, int32_t *out)
{
    int32_t v = 0;
    for (int i = 0; i < count; i++) {
        unsigned digit = (unsigned)(p[i] - '0');
        if (digit > 9) return false;
        v = v * 10 + (int32_t)digit;
    }
    *out = v;
    return true;
}

/* "yyyy-MM-dd" at p; `smart` moves a day past the month's end back to it. */
static bool parse_date(const char *p, bool smart, int32_t *days)
{
    int32_t year, month, day;
    if (!digits(p, 4, &year) || p[4] != '-' || !digits(p + 5, 2, &month) || p[7] != '-' ||
        !digits(p + 8, 2, &day))
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31) return false;
    int32_t last = day > 28 ? datetime_days_in_month(year, month) : 28;
    if (day > last) {
        if (!smart) return false;
        day = last;
    }
    *days = datetime_days_of_civil(year, month, day);
    return true;
}

bool iso_parse_date(struct slice s, int32_t *days)
{
    return s.n == 10 && parse_date(s.p, false, days);
}

/* Up to nine digits to the end of s. */
static bool parse_fraction(struct slice s, int32_t *nanos)
{
    int32_t v = 0;
    if (s.n > 9 || !digits(s.p, (int)s.n, &v)) return false;
    for (size_t i = s.n; i < 9; i++) v *= 10;
    *nanos = v;
    return true;
}

/* The time of day; 24:00:00 gives a whole day. */
static bool parse_time(struct slice s, bool without_seconds, int64_t *ms, int32_t *nanos_of_ms)
{
    int32_t hour, minute, second = 0, nanos = 0;
    if (s.n < 5 || !digits(s.p, 2, &hour) || s.p[2] != ':' || !digits(s.p + 3, 2, &minute))
        return false;
    if (s.n == 5) {
        if (!without_seconds) return false;
    } else {
        if (s.n < 8 || s.p[5] != ':' || !digits(s.p + 6, 2, &second)) return false;
        if (s.n > 8) {
            if (s.p[8] != '.' || !parse_fraction((struct slice){s.p + 9, s.n - 9}, &nanos))
                return false;
        }
    }
    if (minute > 59 || second > 59 || hour > 24) return false;
    if (hour == 24 && (minute || second || nanos)) return false;
    *ms = ((int64_t)hour * 60 + minute) * 60000 + second * 1000 + nanos / 1000000;
    *nanos_of_ms = nanos % 1000000;
    return true;
}

bool iso_parse_time(struct slice s, bool without_seconds, bool midnight_24, int32_t *ms_of_day)
{
    int64_t ms;
    int32_t nanos;
    if (!parse_time(s, without_seconds, &ms, &nanos)) return false;
    if (ms == DATETIME_MS_PER_DAY) {
        if (!midnight_24) return false;
        ms = 0;
    }
    *ms_of_day = (int32_t)ms;
    return true;
}

bool iso_parse_timestamp(struct slice s, enum iso_style style, bool zulu, struct timestamp *out)
{
    int32_t days, nanos;
    int64_t ms;
    if (zulu) {
        if (s.n == 0 || s.p[s.n - 1] != 'Z') return false;
        s.n--;
    }
    if (s.n < 16 || s.p[10] != (style == ISO_SQL ? ' ' : 'T')) return false;
    if (!parse_date(s.p, style == ISO_SQL, &days)) return false;
    if (!parse_time((struct slice){s.p + 11, s.n - 11}, style == ISO_8601, &ms, &nanos))
        return false;
    *out = (struct timestamp){days * DATETIME_MS_PER_DAY + ms, nanos};
    return true;
}

/* ---- printing */

static char *put_digits(char *out, int32_t v, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        out[i] = (char)('0' + v % 10);
        v /= 10;
    }
    return out + count;
}

size_t iso_print_date(char *out, int32_t days)
{
    struct civil d = datetime_civil(days);
    char *p = out;
    int32_t year = d.year;
    if (year < 0) {
        *p++ = '-';
        year = -year;
    } else if (year > 9999) {
        *p++ = '+';
    }
    int width = 4;
    for (int32_t limit = 10000; width < 9 && year >= limit; limit *= 10) width++;
    p = put_digits(p, year, width);
    *p++ = '-';
    p = put_digits(p, d.month, 2);
    *p++ = '-';
    p = put_digits(p, d.day, 2);
    return (size_t)(p - out);
}

size_t iso_print_time(char *out, int32_t ms_of_day, int32_t nanos)
{
    char *p = put_digits(out, ms_of_day / 3600000, 2);
    *p++ = ':';
    p = put_digits(p, ms_of_day / 60000 % 60, 2);
    *p++ = ':';
    p = put_digits(p, ms_of_day / 1000 % 60, 2);
    int32_t fraction = ms_of_day % 1000 * 1000000 + nanos;
    if (fraction) {
        *p++ = '.';
        p = put_digits(p, fraction, 9);
        while (p[-1] == '0') p--;
    }
    return (size_t)(p - out);
}

size_t iso_print_timestamp(char *out, struct timestamp t, enum iso_style style, bool zulu)
{
    size_t n = iso_print_date(out, datetime_days(t.ms));
    out[n++] = style == ISO_SQL ? ' ' : 'T';
    n += iso_print_time(out + n, datetime_ms_of_day(t.ms), t.nanos);
    if (zulu) out[n++] = 'Z';
    return n;
}
