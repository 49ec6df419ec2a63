/* Runs a date pattern to read a text. NEW follows DateTimeFormatter with its resolver SMART, SIMPLE
 * follows a lenient SimpleDateFormat, but always in the proleptic Gregorian calendar and with
 * two-digit years in 1950 .. 2049, as there is no clock here. */
#include "base/check.h"
#include "type/date_format_program.h"

enum { YEAR_MAX = 999999, TEXT_MAX = 1024 };

enum field {
    FIELD_ERA, /* 0 BC, 1 AD */
    FIELD_YEAR_OF_ERA,
    FIELD_YEAR,
    FIELD_MONTH,
    FIELD_DAY,
    FIELD_DAY_OF_YEAR,
    FIELD_WEEK_YEAR,
    FIELD_WEEK,
    FIELD_DAY_OF_WEEK, /* Monday 1 */
    FIELD_LOCAL_DAY,   /* of the week, Sunday 1 */
    FIELD_HOUR,
    FIELD_CLOCK_24, /* 1 .. 24 */
    FIELD_HOUR_12,  /* 0 .. 11 */
    FIELD_CLOCK_12, /* 1 .. 12 */
    FIELD_HALF,     /* 0 AM, 1 PM */
    FIELD_MINUTE,
    FIELD_SECOND,
    FIELD_MS,
    FIELD_NANO,
    FIELD_MS_OF_DAY,
    FIELD_NANO_OF_DAY,
    FIELD_OFFSET,
    FIELD_OTHER, /* read and forgotten: quarter, week of month */
    FIELD_COUNT
};

struct parsed {
    uint32_t set; /* bit per field */
    int64_t values[FIELD_COUNT];
};

struct text {
    struct slice s;
    size_t at;
};

static bool has(const struct parsed *p, enum field f)
{
    return p->set >> f & 1;
}

static int64_t get(const struct parsed *p, enum field f, int64_t otherwise)
{
    return has(p, f) ? p->values[f] : otherwise;
}

/* A field that is there twice must say the same in NEW; in SIMPLE the last one wins. */
static bool put(struct parsed *p, enum field f, int64_t v, bool simple)
{
    if (!simple && f != FIELD_OTHER && has(p, f) && p->values[f] != v) return false;
    p->set |= UINT32_C(1) << f;
    p->values[f] = v;
    return true;
}

static enum field field_of(char letter, bool simple)
{
    static const struct {
        char letter;
        uint8_t field;
    } table[] = {{'G', FIELD_ERA}, {'y', FIELD_YEAR_OF_ERA}, {'M', FIELD_MONTH}, {'L', FIELD_MONTH},
        {'d', FIELD_DAY}, {'D', FIELD_DAY_OF_YEAR}, {'Y', FIELD_WEEK_YEAR}, {'w', FIELD_WEEK},
        {'E', FIELD_DAY_OF_WEEK}, {'e', FIELD_LOCAL_DAY}, {'c', FIELD_LOCAL_DAY}, {'H', FIELD_HOUR},
        {'k', FIELD_CLOCK_24}, {'K', FIELD_HOUR_12}, {'h', FIELD_CLOCK_12}, {'a', FIELD_HALF},
        {'m', FIELD_MINUTE}, {'s', FIELD_SECOND}, {'S', FIELD_MS}, {'n', FIELD_NANO},
        {'A', FIELD_MS_OF_DAY}, {'N', FIELD_NANO_OF_DAY}};
    if (letter == 'u') return simple ? FIELD_OTHER : FIELD_YEAR;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].letter == letter) return (enum field)table[i].field;
    return FIELD_OTHER;
}

static bool is_digit(const struct text *t, size_t at)
{
    return at < t->s.n && t->s.p[at] >= '0' && t->s.p[at] <= '9';
}

static bool accept(struct text *t, char c)
{
    if (t->at >= t->s.n || t->s.p[t->at] != c) return false;
    t->at++;
    return true;
}

/* Up to most digits (19 fit). */
static size_t read_digits(struct text *t, size_t most, int64_t *out)
{
    size_t n = 0;
    uint64_t v = 0;
    while (n < most && n < 19 && is_digit(t, t->at)) {
        v = v * 10 + (uint64_t)(t->s.p[t->at++] - '0');
        n++;
    }
    *out = v > INT64_MAX ? INT64_MAX : (int64_t)v;
    return n;
}

/* NumberPrinterParser.parse, strict: digits between min and max, those that the fixed numbers
 * behind it need left over. */
static bool new_number(const struct date_format_op *op, struct text *t, int64_t *out)
{
    bool plus = false, minus = false;
    bool fixed = op->fixed || (op->min == op->max && op->sign == SIGN_NOT_NEGATIVE);
    if (!fixed && op->sign != SIGN_NOT_NEGATIVE) {
        minus = accept(t, '-');
        plus = !minus && op->sign == SIGN_EXCEEDS_PAD && accept(t, '+');
    }
    size_t begin = t->at, min = op->min, max = fixed && op->fixed ? op->min : op->max;
    size_t n = read_digits(t, max + op->reserved, out);
    if (n < min) return false;
    if (op->reserved) {
        n = n > min + op->reserved ? n - op->reserved : min;
        t->at = begin;
        read_digits(t, n, out);
    }
    if (minus) {
        *out = -*out;
        return *out != 0;
    }
    if (op->sign == SIGN_EXCEEDS_PAD && !fixed) return plus ? n > min : n <= min;
    return true;
}

/* An optional minus and digits behind blanks; exactly the pattern's width when fields touch. */
static bool simple_number(const struct date_format_op *op, struct text *t, int64_t *out)
{
    size_t end = t->s.n;
    if (op->fixed) {
        end = t->at + op->count;
        if (end > t->s.n) return false;
    }
    while (t->at < end && (t->s.p[t->at] == ' ' || t->s.p[t->at] == '\t')) t->at++;
    bool minus = t->at < end && accept(t, '-');
    if (read_digits(t, end - t->at, out) == 0) return false;
    if (minus) *out = -*out;
    return true;
}

static bool read_number(
    const struct date_format_op *op, struct text *t, struct parsed *p, bool simple)
{
    int64_t v;
    size_t begin = t->at;
    enum field field = field_of(op->letter, simple);
    if (!(simple ? simple_number(op, t, &v) : new_number(op, t, &v))) return false;
    if (op->kind == OP_REDUCED) {
        if (!simple)
            v += 2000;
        else if (t->at - begin == 2 && v >= 0)
            v += v < 50 ? 2000 : 1900;
        if (op->letter == 'y') field = FIELD_YEAR;
    }
    return put(p, field, v, simple);
}

static bool read_fraction(const struct date_format_op *op, struct text *t, struct parsed *p)
{
    int64_t v;
    if (read_digits(t, op->min, &v) < op->min) return false;
    for (int i = op->min; i < 9; i++) v *= 10;
    return put(p, FIELD_NANO, v, false);
}

/* Does the text go on with the first n bytes of the word? */
static bool starts_with(const struct text *t, const char *word, size_t n, bool any_case)
{
    if (t->s.n - t->at < n) return false;
    struct slice a = {t->s.p + t->at, n}, b = {word, n};
    return any_case ? slice_eq_nocase(a, b) : slice_eq(a, b);
}

/* The 1-based name, the longest that matches; SIMPLE takes either length in any case. */
static bool read_name(const struct date_format_op *op, struct text *t, const char *const *names,
    size_t count, bool simple, int64_t *out)
{
    size_t best = 0;
    for (size_t i = 0; i < count; i++) {
        size_t full = strlen(names[i]);
        size_t n = op->width == WIDTH_FULL || simple ? full
                   : op->width == WIDTH_NARROW       ? 1
                                                     : DATE_FORMAT_SHORT_CHARS;
        if (!starts_with(t, names[i], n, simple)) {
            n = DATE_FORMAT_SHORT_CHARS;
            if (!simple || !starts_with(t, names[i], n, true)) continue;
        }
        if (n > best) best = n, *out = (int64_t)i + 1;
    }
    t->at += best;
    return best > 0;
}

static bool read_text(
    const struct date_format_op *op, struct text *t, struct parsed *p, bool simple)
{
    static const char *const halves[] = {"AM", "PM"}, *const eras[] = {"BC", "AD"};
    static const char *const full_eras[] = {"Before Christ", "Anno Domini"};
    struct date_format_op whole = {.width = WIDTH_FULL};
    int64_t v;
    if (simple)
        while (t->at < t->s.n && (t->s.p[t->at] == ' ' || t->s.p[t->at] == '\t')) t->at++;
    if (op->letter == 'M' || op->letter == 'L')
        return read_name(op, t, date_format__months, 12, simple, &v) &&
               put(p, FIELD_MONTH, v, simple);
    if (op->letter == 'E' || op->letter == 'e' || op->letter == 'c')
        return read_name(op, t, date_format__days, 7, simple, &v) &&
               put(p, FIELD_DAY_OF_WEEK, v, simple);
    if (op->letter == 'a')
        return read_name(&whole, t, halves, 2, simple, &v) && put(p, FIELD_HALF, v - 1, simple);
    if (op->letter == 'G')
        return read_name(&whole, t, op->width == WIDTH_FULL ? full_eras : eras, 2, simple, &v) &&
               put(p, FIELD_ERA, v - 1, simple);
    if (op->width == WIDTH_SHORT && !accept(t, 'Q')) return false;
    return op->width != WIDTH_FULL && read_digits(t, 1, &v) == 1;
}

/* +h, +hh, +hhmm, +hh:mm, +hh:mm:ss */
static bool read_offset(struct text *t, int64_t *out)
{
    int64_t hour, minute = 0, second = 0;
    bool negative = accept(t, '-');
    if (!negative && !accept(t, '+')) return false;
    if (read_digits(t, 2, &hour) == 0) return false;
    bool colon = accept(t, ':');
    if ((colon || is_digit(t, t->at)) && read_digits(t, 2, &minute) != 2) return false;
    if ((colon && accept(t, ':')) && read_digits(t, 2, &second) != 2) return false;
    if (hour > 18 || minute > 59 || second > 59) return false;
    int64_t total = hour * 3600 + minute * 60 + second;
    *out = negative ? -total : total;
    return true;
}

/* An offset, UTC or GMT with or without one, Z, or one of the American names Java knows. */
static bool read_zone(struct text *t, struct parsed *p, bool simple)
{
    static const struct {
        const char *name;
        int8_t hours;
    } names[] = {{"UTC", 0}, {"GMT", 0}, {"EST", -5}, {"EDT", -4}, {"CST", -6}, {"CDT", -5},
        {"MST", -7}, {"MDT", -6}, {"PST", -8}, {"PDT", -7}};
    int64_t offset;
    if (simple)
        while (accept(t, ' ')) continue;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!starts_with(t, names[i].name, 3, simple)) continue;
        t->at += 3;
        size_t begin = t->at;
        if (i < 2 && read_offset(t, &offset)) return put(p, FIELD_OFFSET, offset, simple);
        t->at = begin;
        return put(p, FIELD_OFFSET, names[i].hours * 3600, simple);
    }
    if (accept(t, 'Z')) return put(p, FIELD_OFFSET, 0, simple);
    return read_offset(t, &offset) && put(p, FIELD_OFFSET, offset, simple);
}

static bool run_op(const struct date_format_op *op, struct text *t, struct parsed *p, bool simple)
{
    switch (op->kind) {
    case OP_LITERAL:
        if (!starts_with(t, op->literal.p, op->literal.n, false)) return false;
        t->at += op->literal.n;
        return true;
    case OP_NUMBER:
    case OP_REDUCED:
        if (op->pad_to)
            while (accept(t, ' ')) continue;
        return read_number(op, t, p, simple);
    case OP_FRACTION: return read_fraction(op, t, p);
    case OP_TEXT: return read_text(op, t, p, simple);
    case OP_OFFSET:
    case OP_ZONE: return read_zone(t, p, simple);
    case OP_OPTIONAL_BEGIN:
    case OP_OPTIONAL_END: return true;
    }
    UNREACHABLE();
}

/* What stood before an optional part, to return to when it does not match. */
struct saved {
    size_t at;
    uint16_t end;
    struct parsed parsed;
};

static bool run(const struct date_format *f, struct text *t, struct parsed *p)
{
    struct saved saved[DATE_FORMAT_NESTING_MAX];
    int depth = 0;
    for (uint16_t i = 0; i < f->count; i++) {
        const struct date_format_op *op = &f->ops[i];
        if (op->kind == OP_OPTIONAL_BEGIN)
            saved[depth++] = (struct saved){t->at, op->end, *p};
        else if (op->kind == OP_OPTIONAL_END)
            depth--;
        else if (!run_op(op, t, p, f->dialect == DATE_FORMAT_SIMPLE)) {
            if (depth == 0) return false;
            depth--;
            t->at = saved[depth].at;
            *p = saved[depth].parsed;
            i = saved[depth].end;
        }
    }
    return true;
}

static bool in_range(const struct parsed *p, enum field f, int64_t least, int64_t most)
{
    return !has(p, f) || (p->values[f] >= least && p->values[f] <= most);
}

/* The hour from whichever fields were there; h and K count only with AM or PM, as in Java. */
static bool new_hour(const struct parsed *p, int64_t *hour)
{
    if (!in_range(p, FIELD_HOUR, 0, 24) || !in_range(p, FIELD_CLOCK_24, 1, 24) ||
        !in_range(p, FIELD_HOUR_12, 0, 11) || !in_range(p, FIELD_CLOCK_12, 1, 12))
        return false;
    *hour = get(p, FIELD_HOUR, 0);
    if (has(p, FIELD_CLOCK_24)) *hour = p->values[FIELD_CLOCK_24] % 24;
    if (!has(p, FIELD_HALF)) return true;
    int64_t half = p->values[FIELD_HALF] * 12;
    if (has(p, FIELD_CLOCK_12)) *hour = p->values[FIELD_CLOCK_12] % 12 + half;
    if (has(p, FIELD_HOUR_12)) *hour = p->values[FIELD_HOUR_12] + half;
    return true;
}

static bool new_time(const struct parsed *p, struct timestamp *out)
{
    int64_t hour, nano = get(p, FIELD_NANO, 0);
    if (!new_hour(p, &hour) || !in_range(p, FIELD_MINUTE, 0, 59) ||
        !in_range(p, FIELD_SECOND, 0, 59) || !in_range(p, FIELD_NANO, 0, 999999999) ||
        !in_range(p, FIELD_MS_OF_DAY, 0, DATETIME_MS_PER_DAY - 1) ||
        !in_range(p, FIELD_NANO_OF_DAY, 0, INT64_C(86399999999999)))
        return false;
    int64_t ms = hour * 3600000 + get(p, FIELD_MINUTE, 0) * 60000 + get(p, FIELD_SECOND, 0) * 1000;
    if (hour == 24 && (ms != DATETIME_MS_PER_DAY || nano != 0)) return false;
    if (has(p, FIELD_MS_OF_DAY)) ms = p->values[FIELD_MS_OF_DAY];
    if (has(p, FIELD_NANO_OF_DAY)) {
        ms = p->values[FIELD_NANO_OF_DAY] / 1000000;
        nano = p->values[FIELD_NANO_OF_DAY] % 1000000;
    }
    *out = (struct timestamp){ms + nano / 1000000, (int32_t)(nano % 1000000)};
    return true;
}

static bool new_year(const struct parsed *p, int64_t *year)
{
    *year = get(p, FIELD_YEAR, 1970);
    if (has(p, FIELD_YEAR_OF_ERA)) {
        int64_t of_era = p->values[FIELD_YEAR_OF_ERA];
        if (of_era < 1) return false;
        *year = get(p, FIELD_ERA, 1) ? of_era : 1 - of_era;
        if (has(p, FIELD_YEAR) && p->values[FIELD_YEAR] != *year) return false;
    }
    return *year >= 1 && *year <= 9999;
}

/* Years 1 .. 9999. A whole date is clamped to its month, a partial one must exist. */
static bool new_date(const struct parsed *p, int32_t *days)
{
    int64_t year, month = get(p, FIELD_MONTH, 1), day = get(p, FIELD_DAY, 1);
    if (!new_year(p, &year)) return false;
    bool has_year = has(p, FIELD_YEAR) || has(p, FIELD_YEAR_OF_ERA);
    if (has_year && has(p, FIELD_DAY_OF_YEAR) && !has(p, FIELD_MONTH)) {
        int64_t of_year = p->values[FIELD_DAY_OF_YEAR];
        if (of_year < 1 || of_year > 365 + datetime_is_leap_year((int32_t)year)) return false;
        *days = datetime_days_of_civil((int32_t)year, 1, 1) + (int32_t)of_year - 1;
        return true;
    }
    if (has(p, FIELD_WEEK_YEAR) && has(p, FIELD_WEEK) &&
        (has(p, FIELD_LOCAL_DAY) || has(p, FIELD_DAY_OF_WEEK))) {
        int64_t of_week = get(p, FIELD_LOCAL_DAY, get(p, FIELD_DAY_OF_WEEK, 0) % 7 + 1);
        if (!in_range(p, FIELD_WEEK_YEAR, 1, 9999) || !in_range(p, FIELD_WEEK, 1, 53) ||
            of_week < 1 || of_week > 7)
            return false;
        *days = date_format__days_of_week(
            (int32_t)p->values[FIELD_WEEK_YEAR], p->values[FIELD_WEEK], of_week);
        return true;
    }
    if (month < 1 || month > 12 || day < 1 || day > 31) return false;
    int32_t last = datetime_days_in_month((int32_t)year, (int32_t)month);
    bool whole = has_year && has(p, FIELD_MONTH);
    if (day > last && !whole) return false;
    *days = datetime_days_of_civil((int32_t)year, (int32_t)month, day > last ? last : (int32_t)day);
    return true;
}

static bool resolve_new(const struct parsed *p, struct timestamp *out)
{
    int32_t days;
    if (!new_time(p, out) || !new_date(p, &days)) return false;
    int32_t of_week = datetime_day_of_week(days);
    bool has_date = has(p, FIELD_DAY) || has(p, FIELD_DAY_OF_YEAR);
    if (has_date && has(p, FIELD_DAY_OF_WEEK) && p->values[FIELD_DAY_OF_WEEK] != of_week)
        return false;
    out->ms += days * DATETIME_MS_PER_DAY;
    return true;
}

/* Everything may overflow into the next larger unit, within reason. */
static bool resolve_simple(const struct parsed *p, struct timestamp *out)
{
    const int64_t most = INT64_C(1000000000000);
    for (int f = 0; f < FIELD_COUNT; f++)
        if (has(p, (enum field)f) && (p->values[f] > most || p->values[f] < -most)) return false;
    int64_t year = get(p, FIELD_YEAR, get(p, FIELD_YEAR_OF_ERA, 1970));
    if (has(p, FIELD_ERA) && p->values[FIELD_ERA] == 0) year = 1 - year;
    int64_t month = year * 12 + get(p, FIELD_MONTH, 1) - 1;
    int64_t week_year = get(p, FIELD_WEEK_YEAR, year);
    year = datetime_floor_div(month, 12);
    if (year > YEAR_MAX || year < -YEAR_MAX || week_year > YEAR_MAX || week_year < -YEAR_MAX)
        return false;
    int64_t days = datetime_days_of_civil((int32_t)year, (int32_t)(month - year * 12) + 1, 1);
    if (has(p, FIELD_WEEK) && !has(p, FIELD_MONTH) && !has(p, FIELD_DAY)) {
        int64_t of_week = get(p, FIELD_DAY_OF_WEEK, 7) % 7 + 1;
        if (!in_range(p, FIELD_WEEK, -10000, 10000)) return false;
        days = date_format__days_of_week((int32_t)week_year, p->values[FIELD_WEEK], of_week);
    } else if (has(p, FIELD_DAY_OF_YEAR) && !has(p, FIELD_MONTH) && !has(p, FIELD_DAY)) {
        days += p->values[FIELD_DAY_OF_YEAR] - 1;
    } else {
        days += get(p, FIELD_DAY, 1) - 1;
    }
    int64_t hour = get(p, FIELD_HALF, 0) * 12;
    if (has(p, FIELD_HOUR_12)) hour += p->values[FIELD_HOUR_12];
    if (has(p, FIELD_CLOCK_12) && p->values[FIELD_CLOCK_12] != 12)
        hour += p->values[FIELD_CLOCK_12];
    if (has(p, FIELD_CLOCK_24))
        hour = p->values[FIELD_CLOCK_24] == 24 ? 0 : p->values[FIELD_CLOCK_24];
    if (has(p, FIELD_HOUR)) hour = p->values[FIELD_HOUR];
    i128 ms = (i128)days * DATETIME_MS_PER_DAY + (i128)hour * 3600000 +
              (i128)get(p, FIELD_MINUTE, 0) * 60000 + (i128)get(p, FIELD_SECOND, 0) * 1000 +
              get(p, FIELD_MS, 0);
    const i128 limit = (i128)YEAR_MAX * 366 * DATETIME_MS_PER_DAY;
    if (ms > limit || ms < -limit) return false;
    *out = (struct timestamp){(int64_t)ms, 0};
    return true;
}

bool date_format_parse(
    const struct date_format *f, struct slice text, struct date_format_result *out)
{
    struct text t = {.s = text};
    struct parsed p = {0};
    bool simple = f->dialect == DATE_FORMAT_SIMPLE;
    if (text.n > TEXT_MAX || !run(f, &t, &p) || (!simple && t.at != text.n)) return false;
    struct date_format_result result = {
        .has_offset = has(&p, FIELD_OFFSET), .offset_s = (int32_t)get(&p, FIELD_OFFSET, 0)};
    if (!(simple ? resolve_simple(&p, &result.local) : resolve_new(&p, &result.local)))
        return false;
    *out = result;
    return true;
}
