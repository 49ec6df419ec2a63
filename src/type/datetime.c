/* Calendar, units, arithmetic. The civil calendar follows H. Hinnant, "chrono-Compatible Low-Level
 * Date Algorithms". */
#include "type/datetime.h"

#include "base/check.h"

struct civil datetime_civil(int32_t days)
{
    int64_t z = (int64_t)days + 719468; /* days since 0000-03-01 */
    int64_t era = datetime_floor_div(z, 146097);
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    int32_t month = (int32_t)(mp < 10 ? mp + 3 : mp - 9);
    return (struct civil){
        .year = (int32_t)(yoe + era * 400 + (month <= 2)),
        .month = month,
        .day = (int32_t)(doy - (153 * mp + 2) / 5 + 1),
    };
}

int32_t datetime_days_of_civil(int32_t year, int32_t month, int32_t day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = datetime_floor_div(y, 400);
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return (int32_t)(era * 146097 + doe - 719468);
}

int32_t datetime_days_in_month(int32_t year, int32_t month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && datetime_is_leap_year(year));
}

int32_t datetime_day_of_week(int32_t days)
{
    int64_t since_monday = (int64_t)days + 3; /* 1970-01-01 was a Thursday */
    return (int32_t)(since_monday - datetime_floor_div(since_monday, 7) * 7) + 1;
}

int32_t datetime_day_of_year(int32_t days)
{
    return days - datetime_days_of_civil(datetime_civil(days).year, 1, 1) + 1;
}

void datetime_iso_week(int32_t days, int32_t *week_year, int32_t *week)
{
    int32_t thursday = days + 4 - datetime_day_of_week(days); /* its year owns the week */
    *week_year = datetime_civil(thursday).year;
    *week = (thursday - datetime_days_of_civil(*week_year, 1, 1)) / 7 + 1;
}

struct timestamp datetime_truncate(struct timestamp t, int32_t precision)
{
    static const int32_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000};
    if (precision >= 9) return t;
    if (precision > 3) {
        t.nanos -= t.nanos % powers[9 - precision];
        return t;
    }
    int64_t unit = powers[3 - precision];
    return (struct timestamp){datetime_floor_div(t.ms, unit) * unit, 0};
}

/* ---- units ---- */

static const char *const unit_names[] = {
#define X(unit, name) [unit] = name,
    DATETIME_UNIT_LIST(X)
#undef X
};

const char *datetime_unit_name(enum datetime_unit unit)
{
    return unit_names[unit];
}

bool datetime_unit_parse(struct slice name, enum datetime_unit *out)
{
    struct slice prefix = SLICE("SQL_TSI_");
    if (name.n > prefix.n && slice_eq_nocase((struct slice){name.p, prefix.n}, prefix))
        name.p += prefix.n, name.n -= prefix.n;
    struct slice singular = name;
    if (name.n > 1 && (name.p[name.n - 1] | 0x20) == 's') singular.n--;
    for (size_t i = 0; i < sizeof unit_names / sizeof *unit_names; i++) {
        struct slice unit = slice_of(unit_names[i]);
        if (!slice_eq_nocase(name, unit) && !slice_eq_nocase(singular, unit)) continue;
        *out = (enum datetime_unit)i;
        return true;
    }
    return false;
}

/* Years are counted from 1, so that 2000 belongs to the 20th century. */
static int64_t century(int64_t year, int64_t size)
{
    return year > 0 ? (year + size - 1) / size : (year - size + 1) / size;
}

static int64_t iso_week_field(int32_t days, bool of_year)
{
    int32_t year, week;
    datetime_iso_week(days, &year, &week);
    return of_year ? year : week;
}

int64_t datetime_extract_date(enum datetime_unit unit, int32_t days)
{
    switch (unit) {
    case UNIT_DAY: return datetime_civil(days).day;
    case UNIT_WEEK: return iso_week_field(days, false);
    case UNIT_MONTH: return datetime_civil(days).month;
    case UNIT_QUARTER: return (datetime_civil(days).month + 2) / 3;
    case UNIT_YEAR: return datetime_civil(days).year;
    case UNIT_DECADE: return datetime_civil(days).year / 10;
    case UNIT_CENTURY: return century(datetime_civil(days).year, 100);
    case UNIT_MILLENNIUM: return century(datetime_civil(days).year, 1000);
    case UNIT_DOW: return datetime_day_of_week(days) % 7 + 1;
    case UNIT_ISODOW: return datetime_day_of_week(days);
    case UNIT_DOY: return datetime_day_of_year(days);
    case UNIT_ISOYEAR: return iso_week_field(days, true);
    case UNIT_EPOCH: return (int64_t)days * 86400;
    case UNIT_NANOSECOND:
    case UNIT_MICROSECOND:
    case UNIT_MILLISECOND:
    case UNIT_SECOND:
    case UNIT_MINUTE:
    case UNIT_HOUR: return 0;
    }
    UNREACHABLE();
}

int64_t datetime_extract_time(enum datetime_unit unit, int32_t ms)
{
    switch (unit) {
    case UNIT_HOUR: return ms / 3600000;
    case UNIT_MINUTE: return ms / 60000 % 60;
    case UNIT_SECOND: return ms / 1000 % 60;
    case UNIT_MILLISECOND: return ms % 1000;
    case UNIT_MICROSECOND: return ms % 1000 * INT64_C(1000);
    case UNIT_NANOSECOND: return ms % 1000 * INT64_C(1000000);
    case UNIT_EPOCH: return ms / 1000;
    case UNIT_DAY:
    case UNIT_WEEK:
    case UNIT_MONTH:
    case UNIT_QUARTER:
    case UNIT_YEAR:
    case UNIT_DECADE:
    case UNIT_CENTURY:
    case UNIT_MILLENNIUM:
    case UNIT_DOW:
    case UNIT_ISODOW:
    case UNIT_DOY:
    case UNIT_ISOYEAR: return 0;
    }
    UNREACHABLE();
}

int64_t datetime_extract(enum datetime_unit unit, struct timestamp t)
{
    if (unit == UNIT_EPOCH) return t.ms / 1000; /* toward zero, as Flink */
    if (unit >= UNIT_DAY) return datetime_extract_date(unit, datetime_days(t.ms));
    int64_t v = datetime_extract_time(unit, datetime_ms_of_day(t.ms));
    if (unit == UNIT_MICROSECOND) v += t.nanos / 1000;
    if (unit == UNIT_NANOSECOND) v += t.nanos;
    return v;
}

int64_t datetime_extract_interval_month(enum datetime_unit unit, int32_t months)
{
    if (unit == UNIT_MONTH) return months % 12;
    if (unit == UNIT_QUARTER) return months % 12 / 3 + 1;
    int32_t years = months / 12;
    if (unit == UNIT_YEAR) return years;
    if (unit == UNIT_DECADE) return years / 10;
    if (unit == UNIT_CENTURY) return years / 100;
    if (unit == UNIT_MILLENNIUM) return years / 1000;
    return 0;
}

int64_t datetime_extract_interval_second(enum datetime_unit unit, int64_t ms)
{
    if (unit == UNIT_DAY) return ms / DATETIME_MS_PER_DAY;
    if (unit == UNIT_EPOCH) return ms / 1000;
    return datetime_extract_time(unit, (int32_t)(ms % DATETIME_MS_PER_DAY));
}

/* Length of the units that are a fixed time; 0 for the others. */
static int64_t unit_ms(enum datetime_unit unit)
{
    if (unit == UNIT_MILLISECOND) return 1;
    if (unit == UNIT_SECOND) return 1000;
    if (unit == UNIT_MINUTE) return 60000;
    if (unit == UNIT_HOUR) return 3600000;
    if (unit == UNIT_DAY) return DATETIME_MS_PER_DAY;
    if (unit == UNIT_WEEK) return 7 * DATETIME_MS_PER_DAY;
    return 0;
}

/* Length in months of the others; 0 for what FLOOR and TIMESTAMPDIFF do not know. */
static int32_t unit_months(enum datetime_unit unit)
{
    if (unit == UNIT_MONTH) return 1;
    if (unit == UNIT_QUARTER) return 3;
    if (unit == UNIT_YEAR) return 12;
    if (unit == UNIT_DECADE) return 120;
    if (unit == UNIT_CENTURY) return 1200;
    if (unit == UNIT_MILLENNIUM) return 12000;
    return 0;
}

static int64_t floor_months(int32_t days, int32_t months)
{
    struct civil c = datetime_civil(days);
    int64_t first = months >= 1200; /* centuries begin with the year 1 */
    int64_t index = (c.year - first) * 12 + c.month - 1;
    index = datetime_floor_div(index, months) * months;
    int64_t year = datetime_floor_div(index, 12);
    return datetime_days_of_civil((int32_t)(year + first), (int32_t)(index - year * 12) + 1, 1);
}

int64_t datetime_floor(enum datetime_unit unit, int64_t ms)
{
    int32_t months = unit_months(unit);
    if (months) return floor_months(datetime_days(ms), months) * DATETIME_MS_PER_DAY;
    int64_t size = unit_ms(unit);
    if (size == 0) return ms;
    /* Weeks start on Sunday: 1970-01-04 was one. */
    int64_t origin = unit == UNIT_WEEK ? 3 * DATETIME_MS_PER_DAY : 0;
    return datetime_floor_div(ms - origin, size) * size + origin;
}

int64_t datetime_ceil(enum datetime_unit unit, int64_t ms)
{
    int64_t floor = datetime_floor(unit, ms);
    if (floor == ms) return ms;
    int32_t months = unit_months(unit);
    return months ? datetime_add_months(floor, months) : floor + unit_ms(unit);
}

int32_t datetime_add_months_date(int32_t days, int64_t months)
{
    struct civil c = datetime_civil(days);
    int64_t index = (int64_t)c.year * 12 + c.month - 1 + months;
    int32_t year = (int32_t)datetime_floor_div(index, 12);
    int32_t month = (int32_t)(index - (int64_t)year * 12) + 1;
    int32_t last = datetime_days_in_month(year, month);
    return datetime_days_of_civil(year, month, c.day < last ? c.day : last);
}

int64_t datetime_add_months(int64_t ms, int64_t months)
{
    int32_t days = datetime_days(ms);
    return datetime_add_months_date(days, months) * DATETIME_MS_PER_DAY + datetime_ms_of_day(ms);
}

/* The most months that can be added to b without passing a, for a >= b. */
static int64_t months_up(int32_t a, int32_t b)
{
    struct civil x = datetime_civil(a), y = datetime_civil(b);
    int64_t months = ((int64_t)x.year - y.year) * 12 + x.month - y.month;
    return months - (datetime_add_months_date(b, months) > a);
}

/* Flink's subtractMonths, whose two directions differ in the time of day on purpose. */
int64_t datetime_months_between(int64_t a_ms, int64_t b_ms)
{
    int32_t a = datetime_days(a_ms), b = datetime_days(b_ms);
    int64_t months = a >= b ? months_up(a, b) : -months_up(b, a);
    bool before = datetime_ms_of_day(a_ms) < datetime_ms_of_day(b_ms);
    return months - (before && datetime_add_months_date(b, months) == a);
}

int64_t datetime_diff(enum datetime_unit unit, int64_t from_ms, int64_t to_ms)
{
    int32_t months = unit_months(unit);
    if (months) return datetime_months_between(to_ms, from_ms) / months;
    int64_t difference = to_ms - from_ms;
    if (unit == UNIT_MICROSECOND) return difference * 1000;
    if (unit == UNIT_NANOSECOND) return difference * DATETIME_NS_PER_MS;
    int64_t size = unit_ms(unit);
    return size ? difference / size : 0;
}
