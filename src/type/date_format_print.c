/* Runs a date pattern to write a time. */
#include "base/check.h"
#include "type/date_format_program.h"

/* The time taken apart once. */
struct parts {
    struct civil date;
    int32_t days;
    int32_t ms;    /* of the day */
    int32_t nanos; /* of the second */
};

static int64_t week_field(const struct parts *t, char letter, bool simple)
{
    if (letter == 'w' || letter == 'Y') {
        int32_t year, week;
        date_format__week(t->days, &year, &week);
        return letter == 'Y' ? year : week;
    }
    if (letter == 'W') { /* weeks start on Sunday, the first has the month's first day */
        int32_t first = t->days - t->date.day + 1;
        return (t->date.day - 1 + datetime_day_of_week(first) % 7) / 7 + 1;
    }
    ASSERT(letter == 'F');
    return simple ? (t->date.day - 1) / 7 + 1 : (t->date.day - 1) % 7 + 1;
}

static int64_t clock_field(const struct parts *t, char letter, bool simple)
{
    int32_t hour = t->ms / 3600000;
    switch (letter) {
    case 'H': return hour;
    case 'k': return hour ? hour : 24;
    case 'K': return hour % 12;
    case 'h': return hour % 12 ? hour % 12 : 12;
    case 'm': return t->ms / 60000 % 60;
    case 's': return t->ms / 1000 % 60;
    case 'S': ASSERT(simple); return t->ms % 1000;
    case 'A': return t->ms;
    case 'n': return t->nanos;
    default: ASSERT(letter == 'N'); return t->ms / 1000 * INT64_C(1000000000) + t->nanos;
    }
}

static int64_t field(const struct parts *t, char letter, bool simple)
{
    switch (letter) {
    case 'y': return t->date.year > 0 ? t->date.year : 1 - t->date.year;
    case 'u': /* SimpleDateFormat: the day of the week */
        return simple ? datetime_day_of_week(t->days) : t->date.year;
    case 'M':
    case 'L': return t->date.month;
    case 'Q':
    case 'q': return (t->date.month + 2) / 3;
    case 'd': return t->date.day;
    case 'D': return datetime_day_of_year(t->days);
    case 'e':
    case 'c': return datetime_day_of_week(t->days) % 7 + 1;
    case 'Y':
    case 'w':
    case 'W':
    case 'F': return week_field(t, letter, simple);
    default: return clock_field(t, letter, simple);
    }
}

static char *put2(char *p, int32_t v)
{
    *p++ = (char)('0' + v / 10 % 10);
    *p++ = (char)('0' + v % 10);
    return p;
}

static char *put_padded(char *p, int64_t v, int width, bool plus)
{
    if (width == 2 && v >= 0 && v < 100) return put2(p, (int32_t)v);
    char digits[NUM_I64_CHARS];
    size_t n = num_format_u64(digits, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
    if (v < 0)
        *p++ = '-';
    else if (plus && (int)n > width)
        *p++ = '+';
    for (int i = (int)n; i < width; i++) *p++ = '0';
    memcpy(p, digits, n);
    return p + n;
}

static char *put_cstr(char *p, const char *text, size_t n)
{
    memcpy(p, text, n);
    return p + n;
}

static char *put_name(char *p, const char *name, enum date_format_width width)
{
    size_t n = width == WIDTH_FULL     ? strlen(name)
               : width == WIDTH_NARROW ? 1
                                       : DATE_FORMAT_SHORT_CHARS;
    return put_cstr(p, name, n);
}

static char *put_text(char *p, const struct date_format_op *op, const struct parts *t)
{
    static const char *const quarters[] = {
        "1st quarter", "2nd quarter", "3rd quarter", "4th quarter"};
    bool full = op->width == WIDTH_FULL;
    switch (op->letter) {
    case 'M':
    case 'L': return put_name(p, date_format__months[t->date.month - 1], op->width);
    case 'E':
    case 'e':
    case 'c': return put_name(p, date_format__days[datetime_day_of_week(t->days) - 1], op->width);
    case 'a': return put_cstr(p, t->ms < 43200000 ? "AM" : "PM", 2);
    case 'G': {
        const char *era =
            t->date.year > 0 ? (full ? "Anno Domini" : "AD") : (full ? "Before Christ" : "BC");
        return put_cstr(p, era, op->width == WIDTH_NARROW ? 1 : strlen(era));
    }
    default: {
        int quarter = (t->date.month - 1) / 3;
        if (full) return put_cstr(p, quarters[quarter], strlen(quarters[quarter]));
        if (op->width == WIDTH_SHORT) *p++ = 'Q';
        *p++ = (char)('1' + quarter);
        return p;
    }
    }
}

/* +hh[[:]mm[[:]ss]]; minutes and seconds that are 0 may be left out. */
static char *put_offset(char *p, int32_t offset_s, bool colon, bool minutes, bool seconds)
{
    int32_t s = offset_s < 0 ? -offset_s : offset_s;
    *p++ = offset_s < 0 ? '-' : '+';
    p = put2(p, s / 3600);
    if (!minutes && s % 3600 == 0) return p;
    if (colon) *p++ = ':';
    p = put2(p, s / 60 % 60);
    if (!seconds || s % 60 == 0) return p;
    if (colon) *p++ = ':';
    return put2(p, s % 60);
}

static char *put_gmt(char *p, int32_t offset_s)
{
    p = put_cstr(p, "GMT", 3);
    return offset_s ? put_offset(p, offset_s, true, true, true) : p;
}

static char *put_offset_op(char *p, const struct date_format_op *op, int32_t offset_s)
{
    if (op->letter == 'O' || (op->letter == 'Z' && op->count == 4)) return put_gmt(p, offset_s);
    bool zulu = op->letter == 'X' || (op->letter == 'Z' && op->count == 5);
    if (zulu && offset_s == 0) {
        *p++ = 'Z';
        return p;
    }
    if (op->letter == 'Z') return put_offset(p, offset_s, op->count == 5, true, op->count == 5);
    return put_offset(p, offset_s, op->count == 3 || op->count == 5, op->count > 1, op->count > 3);
}

static char *put_zone(char *p, struct slice name, int32_t offset_s)
{
    if (name.n == 0) return put_gmt(p, offset_s);
    size_t n = name.n < DATE_FORMAT_ZONE_CHARS_MAX ? name.n : DATE_FORMAT_ZONE_CHARS_MAX;
    return put_cstr(p, name.p, n);
}

static char *put_fraction(char *p, int32_t nanos, int digits)
{
    for (int32_t unit = 100000000; digits > 0; digits--, unit /= 10)
        *p++ = (char)('0' + nanos / unit % 10);
    return p;
}

static char *pad_left(char *begin, char *end, int width)
{
    int n = (int)(end - begin);
    if (n >= width) return end;
    memmove(begin + width - n, begin, (size_t)n);
    memset(begin, ' ', (size_t)(width - n));
    return begin + width;
}

size_t date_format_print(const struct date_format *f, struct timestamp t, int32_t offset_s,
    struct slice zone_name, char *out)
{
    struct parts parts = {.days = datetime_days(t.ms), .ms = datetime_ms_of_day(t.ms)};
    bool simple = f->dialect == DATE_FORMAT_SIMPLE;
    parts.date = datetime_civil(parts.days);
    parts.nanos = parts.ms % 1000 * 1000000 + t.nanos;
    char *p = out;
    for (const struct date_format_op *op = f->ops; op < f->ops + f->count; op++) {
        char *begin = p;
        switch (op->kind) {
        case OP_LITERAL: p = put_cstr(p, op->literal.p, op->literal.n); break;
        case OP_NUMBER:
            p = put_padded(
                p, field(&parts, op->letter, simple), op->min, op->sign == SIGN_EXCEEDS_PAD);
            break;
        case OP_REDUCED: {
            int64_t year = field(&parts, op->letter, simple);
            p = put2(p, (int32_t)((year < 0 ? -year : year) % 100));
            break;
        }
        case OP_FRACTION: p = put_fraction(p, parts.nanos, op->min); break;
        case OP_TEXT: p = put_text(p, op, &parts); break;
        case OP_OFFSET: p = put_offset_op(p, op, offset_s); break;
        case OP_ZONE: p = put_zone(p, zone_name, offset_s); break;
        case OP_OPTIONAL_BEGIN:
        case OP_OPTIONAL_END: break;
        }
        if (op->pad_to) p = pad_left(begin, p, op->pad_to);
    }
    return (size_t)(p - out);
}
