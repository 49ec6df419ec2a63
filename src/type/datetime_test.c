/* Expectations marked "as Flink 2.3" are answers of Flink; where Flink is plainly wrong (clock
 * fields before 1970, CEIL of a date on its boundary) the test says what we do instead. */
#include "type/datetime.h"

#include <stdlib.h>

#include "test.h"

static bool text_is(const char *text, size_t n, const char *expected)
{
    if (n == strlen(expected) && memcmp(text, expected, n) == 0) return true;
    printf("# got '%.*s', expected '%s'\n", (int)n, text, expected);
    return false;
}

static int64_t ms_of(const char *text)
{
    struct timestamp t = {0};
    CHECK(datetime_parse_timestamp(slice_of(text), 3, &t));
    return t.ms;
}

static bool is_time(int64_t ms, const char *expected)
{
    char text[DATETIME_CHARS_MAX];
    return text_is(text, datetime_format_timestamp(text, (struct timestamp){ms, 0}, 3), expected);
}

static void the_calendar_has_no_holes(void)
{
    int wrong = 0;
    struct civil c = {-401, 12, 31};
    int32_t first = datetime_days_of_civil(-400, 1, 1);
    for (int32_t d = first; d < first + 146097 * 7; d++) {
        struct civil n = datetime_civil(d);
        bool next_day = n.year == c.year && n.month == c.month && n.day == c.day + 1;
        bool next_month = n.day == 1 && c.day == datetime_days_in_month(c.year, c.month) &&
                          n.year * 12 + n.month == c.year * 12 + c.month + 1;
        wrong += !next_day && !next_month;
        wrong += datetime_days_of_civil(n.year, n.month, n.day) != d;
        c = n;
    }
    CHECK(wrong == 0);
    CHECK(datetime_days_of_civil(1970, 1, 1) == 0);
    CHECK(datetime_days_of_civil(1, 1, 1) == -719162);
}

/* As Flink 2.3. */
static void dates_read_as_cast_does(void)
{
    static const char *const cases[][2] = {{"2024-02-29", "2024-02-29"}, {"2024-2-9", "2024-02-09"},
        {"2024-02", "2024-02-01"}, {"2024", "2024-01-01"}, {" 2024-02-29 ", "2024-02-29"},
        {"2024-02-29 12:34:56", "2024-02-29"}, {"0000-01-01", "0000-01-01"},
        {"9999-12-31", "9999-12-31"}, {"02024-02-29", "2024-02-29"}, {"24-02-29", "0024-02-29"},
        {"2024-02-29 foo", "2024-02-29"}};
    static const char *const bad[] = {"2024-02-30", "20240229", "2024-02-29T12:34:56",
        "10000-01-01", "-0001-01-01", "2024-02-29x", "2024- 02- 29", "", "abc", "2024-13-01",
        "2024-00-10", "2023-02-29", "2024-02-29-", "2024-04-31", " 2024-02-29 12:34:56"};
    char text[DATETIME_CHARS_MAX];
    int32_t days = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK(datetime_parse_date(slice_of(cases[i][0]), &days));
        CHECK(text_is(text, datetime_format_date(text, days), cases[i][1]));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(!datetime_parse_date(slice_of(bad[i]), &days));
        if (datetime_parse_date(slice_of(bad[i]), &days)) printf("# %s\n", bad[i]);
    }
}

/* As Flink 2.3, but that a time stays below 24:00. */
static void times_read_as_cast_does(void)
{
    static const char *const cases[][2] = {{"12:34:56", "12:34:56.0"}, {"1:2:3", "01:02:03.0"},
        {"12:34", "12:34:00.0"}, {"12", "12:00:00.0"}, {"12:34:56.789", "12:34:56.789"},
        {"12:34:56.7896", "12:34:56.79"}, {"12:34:56.789123456", "12:34:56.789"},
        {"12:34:56+01:00", "13:34:56.0"}, {"12:34:56-01:00", "11:34:56.0"},
        {" 12:34:56 ", "12:34:56.0"}, {"12:34:56.", "12:34:56.0"}, {"12:34:56.12x", "12:34:56.12"},
        {"12 : 34 : 56", "12:34:56.0"}, {"00:30:00-01:00", "23:30:00.0"},
        {"23:59:59.9999", "00:00:00.0"}};
    static const char *const bad[] = {
        "24:00:00", "25:00:00", "12:60:00", "-1:00:00", "", "abc", "12:34:5x", "12.5", "12:34:60"};
    char text[DATETIME_CHARS_MAX];
    int32_t ms = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK(datetime_parse_time(slice_of(cases[i][0]), &ms));
        CHECK(text_is(text, datetime_format_time(text, ms, 3), cases[i][1]));
    }
    CHECK(text_is(text, datetime_format_time(text, 45296789, 0), "12:34:56"));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!datetime_parse_time(slice_of(bad[i]), &ms));
}

/* As Flink 2.3. */
static void timestamps_read_as_cast_does(void)
{
    static const char *const cases[][2] = {{"2024-02-29 12:34:56", "2024-02-29 12:34:56.000000000"},
        {"2024-2-9 1:2:3", "2024-02-09 01:02:03.000000000"},
        {"2024-2-9", "2024-02-09 00:00:00.000000000"},
        {"2024-02-29 12:34:56.7", "2024-02-29 12:34:56.700000000"},
        {"2024-02-29 12:34:56.123456789", "2024-02-29 12:34:56.123456789"},
        {"2024-02-29 12:34:56.", "2024-02-29 12:34:56.000000000"},
        {"0001-01-01 00:00:00", "0001-01-01 00:00:00.000000000"},
        {"9999-12-31 23:59:59.999999999", "9999-12-31 23:59:59.999999999"},
        {"2024-02-31 00:00:00", "2024-02-29 00:00:00.000000000"},
        {"2023-02-29 00:00:00", "2023-02-28 00:00:00.000000000"},
        {"2024-04-31 00:00:00", "2024-04-30 00:00:00.000000000"},
        {"2024-02-29 24:00:00", "2024-03-01 00:00:00.000000000"},
        {"1969-12-31 23:59:59.123456789", "1969-12-31 23:59:59.123456789"}};
    static const char *const bad[] = {"2024-02-29T12:34:56", "2024-02-29 12:34", "2024-02-29 12",
        "2024-02-29 12:34:56.1234567891", " 2024-02-29 12:34:56", "2024-02-29 12:34:56 ",
        "2024-02-29  12:34:56", "0000-01-01 00:00:00", "10000-01-01 00:00:00",
        "2024-13-01 00:00:00", "2024-02-29 23:59:60", "2024-02-29 23:60:00", "2024-02-32 00:00:00",
        "2024-02-29 12:34:56Z", "2024-02-29 12:34:56+01:00", "24-02-29 00:00:00",
        "02024-02-29 00:00:00", "-2024-02-29 00:00:00", "+2024-02-29 00:00:00", "", "abc",
        "2024-02-29 012:34:56", "2024-002-29", "2024-02-29 12:34:56.7x", "2024-0-01", "2024-1-00",
        "2024-02-29 24:00:01", "2024-02-29 "};
    char text[DATETIME_CHARS_MAX];
    struct timestamp t = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK(datetime_parse_timestamp(slice_of(cases[i][0]), 9, &t));
        CHECK(text_is(text, datetime_format_timestamp(text, t, 9), cases[i][1]));
        struct timestamp again = datetime_from_ns(datetime_to_ns(t));
        CHECK(again.ms == t.ms && again.nanos == t.nanos);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bool read = datetime_parse_timestamp(slice_of(bad[i]), 9, &t);
        CHECK(!read);
        if (read) printf("# %s\n", bad[i]);
    }
    CHECK(datetime_parse_timestamp(SLICE("1969-12-31 23:59:59.987654321"), 0, &t));
    CHECK(text_is(text, datetime_format_timestamp(text, t, 0), "1969-12-31 23:59:59"));
    CHECK(t.ms == -1000 && t.nanos == 0);
    CHECK(datetime_parse_timestamp(SLICE("1969-12-31 23:59:59.987654321"), 5, &t));
    CHECK(t.ms == -13 && t.nanos == 650000);
}

/* As Flink 2.3. */
static void intervals_print_with_sign(void)
{
    char text[DATETIME_CHARS_MAX];
    static const struct {
        int64_t value;
        const char *text;
        bool months;
    } cases[] = {{14, "+1-02", true}, {-14, "-1-02", true}, {-10, "-0-10", true},
        {0, "+0-00", true}, {93784005, "+1 02:03:04.005", false},
        {-93784005, "-1 02:03:04.005", false}, {5400000, "+0 01:30:00.000", false},
        {99 * DATETIME_MS_PER_DAY, "+99 00:00:00.000", false}, {-1000, "-0 00:00:01.000", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int32_t months = 0;
        int64_t ms = 0;
        size_t n = cases[i].months ? datetime_format_interval_month(text, (int32_t)cases[i].value)
                                   : datetime_format_interval_second(text, cases[i].value);
        struct slice s = {text, n};
        CHECK(text_is(text, n, cases[i].text));
        if (cases[i].months)
            CHECK(datetime_parse_interval_month(s, &months) && months == cases[i].value);
        else
            CHECK(datetime_parse_interval_second(s, &ms) && ms == cases[i].value);
    }
    int32_t months;
    int64_t ms;
    CHECK(!datetime_parse_interval_month(SLICE("+1-12"), &months));
    CHECK(!datetime_parse_interval_month(SLICE("1"), &months));
    CHECK(!datetime_parse_interval_second(SLICE("+1 24:00:00"), &ms));
    CHECK(!datetime_parse_interval_second(SLICE("+1"), &ms));
}

/* As Flink 2.3 from 1970 on; before it, Flink's clock fields are negative and ours are not. */
static void extract_knows_all_units(void)
{
    static const struct {
        const char *time;
        int32_t fields[19]; /* in the order of DATETIME_UNIT_LIST from SECOND on */
    } cases[] = {
        {"2024-02-29 12:34:56.789",
            {56, 34, 12, 29, 9, 2, 1, 2024, 202, 21, 3, 5, 4, 60, 2024, 1709210096}},
        {"2023-01-01 00:00:00",
            {0, 0, 0, 1, 52, 1, 1, 2023, 202, 21, 3, 1, 7, 1, 2022, 1672531200}},
        {"2021-01-03 00:00:00",
            {0, 0, 0, 3, 53, 1, 1, 2021, 202, 21, 3, 1, 7, 3, 2020, 1609632000}},
        {"2000-12-31 12:00:00",
            {0, 0, 12, 31, 52, 12, 4, 2000, 200, 20, 2, 1, 7, 366, 2000, 978264000}},
        {"1966-07-04 13:14:15.5",
            {15, 14, 13, 4, 27, 7, 3, 1966, 196, 20, 2, 2, 1, 185, 1966, -110285144}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct timestamp t = {ms_of(cases[i].time), 0};
        for (int unit = UNIT_SECOND; unit <= UNIT_EPOCH; unit++) {
            int64_t got = datetime_extract((enum datetime_unit)unit, t);
            CHECK(got == cases[i].fields[unit - UNIT_SECOND]);
            if (got != cases[i].fields[unit - UNIT_SECOND])
                printf("# %s of %s is %lld\n", datetime_unit_name((enum datetime_unit)unit),
                    cases[i].time, (long long)got);
        }
    }
    struct timestamp fine = {ms_of("2024-02-29 12:34:56.123"), 456789};
    CHECK(datetime_extract(UNIT_MILLISECOND, fine) == 123);
    CHECK(datetime_extract(UNIT_MICROSECOND, fine) == 123456);
    CHECK(datetime_extract(UNIT_NANOSECOND, fine) == 123456789);
    CHECK(datetime_extract_interval_month(UNIT_YEAR, 38) == 3);
    CHECK(datetime_extract_interval_month(UNIT_QUARTER, 38) == 1);
    CHECK(datetime_extract_interval_second(UNIT_DAY, -93784005) == -1);
    CHECK(datetime_extract_interval_second(UNIT_MINUTE, -93784005) == -3);
}

static void unit_names_are_forgiving(void)
{
    enum datetime_unit unit;
    CHECK(datetime_unit_parse(SLICE("minutes"), &unit) && unit == UNIT_MINUTE);
    CHECK(datetime_unit_parse(SLICE("SQL_TSI_WEEK"), &unit) && unit == UNIT_WEEK);
    CHECK(!datetime_unit_parse(SLICE("fortnight"), &unit));
    CHECK(!datetime_unit_parse(SLICE("s"), &unit));
}

static void floor_and_ceil_bound_the_time(void)
{
    static const struct {
        enum datetime_unit unit;
        const char *time, *floor, *ceil;
    } cases[] = {
        {UNIT_MILLENNIUM, "2024-02-29 12:34:56.789", "2001-01-01 00:00:00.000",
            "3001-01-01 00:00:00.000"},
        {UNIT_CENTURY, "1900-06-15 06:00:00", "1801-01-01 00:00:00.000", "1901-01-01 00:00:00.000"},
        {UNIT_DECADE, "2024-02-29 12:34:56.789", "2020-01-01 00:00:00.000",
            "2030-01-01 00:00:00.000"},
        {UNIT_YEAR, "1966-07-04 13:14:15.5", "1966-01-01 00:00:00.000", "1967-01-01 00:00:00.000"},
        {UNIT_QUARTER, "2000-12-31 12:00:00", "2000-10-01 00:00:00.000", "2001-01-01 00:00:00.000"},
        {UNIT_MONTH, "2024-02-29 12:34:56.789", "2024-02-01 00:00:00.000",
            "2024-03-01 00:00:00.000"},
        {UNIT_WEEK, "2024-02-29 12:34:56.789", "2024-02-25 00:00:00.000",
            "2024-03-03 00:00:00.000"},
        {UNIT_WEEK, "2023-01-01 00:00:00", "2023-01-01 00:00:00.000", "2023-01-01 00:00:00.000"},
        {UNIT_DAY, "1969-12-31 23:59:59.999", "1969-12-31 00:00:00.000", "1970-01-01 00:00:00.000"},
        {UNIT_HOUR, "1966-07-04 13:14:15.5", "1966-07-04 13:00:00.000", "1966-07-04 14:00:00.000"},
        {UNIT_SECOND, "1969-12-31 23:59:59.999", "1969-12-31 23:59:59.000",
            "1970-01-01 00:00:00.000"},
        /* Flink answers 1970-01-01 and 2024-02-01 here. */
        {UNIT_MONTH, "1969-12-31 23:59:59.999", "1969-12-01 00:00:00.000",
            "1970-01-01 00:00:00.000"},
        {UNIT_MONTH, "2024-02-01 12:00:00", "2024-02-01 00:00:00.000", "2024-03-01 00:00:00.000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK(is_time(datetime_floor(cases[i].unit, ms_of(cases[i].time)), cases[i].floor));
        CHECK(is_time(datetime_ceil(cases[i].unit, ms_of(cases[i].time)), cases[i].ceil));
    }
}

/* As Flink 2.3, the two directions of MONTH included. */
static void differences_are_complete_units(void)
{
    static const struct {
        enum datetime_unit unit;
        const char *from, *to;
        int64_t forth, back;
    } cases[] = {
        {UNIT_MONTH, "2024-01-31 12:00:00", "2024-02-29 11:59:59", 0, -1},
        {UNIT_MONTH, "2024-01-31 12:00:00", "2024-02-29 12:00:00", 1, -1},
        {UNIT_MONTH, "2024-03-31 00:00:00", "2024-02-29 00:00:00", -1, 1},
        {UNIT_MONTH, "2020-02-29 00:00:00", "2024-02-28 23:59:59", 47, -47},
        {UNIT_MONTH, "2024-01-15 10:00:00", "2025-01-15 09:59:59", 11, -12},
        {UNIT_MONTH, "1960-05-05 05:05:05", "2024-04-04 04:04:04", 766, -766},
        {UNIT_QUARTER, "2024-01-15 10:00:00", "2025-01-15 09:59:59", 3, -4},
        {UNIT_YEAR, "2024-01-15 10:00:00", "2025-01-15 09:59:59", 0, -1},
        {UNIT_YEAR, "1960-05-05 05:05:05", "2024-04-04 04:04:04", 63, -63},
        {UNIT_WEEK, "1960-05-05 05:05:05", "2024-04-04 04:04:04", 3334, -3334},
        {UNIT_DAY, "2024-01-31 12:00:00", "2024-02-29 11:59:59", 28, -28},
        {UNIT_HOUR, "2024-03-30 10:00:00", "2024-02-29 11:00:00", -719, 719},
        {UNIT_SECOND, "1969-12-31 23:59:59.5", "1970-01-01 00:00:00.4", 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t from = ms_of(cases[i].from), to = ms_of(cases[i].to);
        CHECK(datetime_diff(cases[i].unit, from, to) == cases[i].forth);
        CHECK(datetime_diff(cases[i].unit, to, from) == cases[i].back);
    }
}

/* As Flink 2.3. */
static void added_months_stay_in_the_month(void)
{
    int64_t t = ms_of("2024-01-31 12:00:00");
    CHECK(is_time(datetime_add_months(t, 1), "2024-02-29 12:00:00.000"));
    CHECK(is_time(datetime_add_months(t, 13), "2025-02-28 12:00:00.000"));
    CHECK(is_time(datetime_add_months(t, -13), "2022-12-31 12:00:00.000"));
    CHECK(
        is_time(datetime_add_months(ms_of("1968-02-29 12:00:00"), -1), "1968-01-29 12:00:00.000"));
}

int main(void)
{
    TEST_RUN(the_calendar_has_no_holes);
    TEST_RUN(dates_read_as_cast_does);
    TEST_RUN(times_read_as_cast_does);
    TEST_RUN(timestamps_read_as_cast_does);
    TEST_RUN(intervals_print_with_sign);
    TEST_RUN(extract_knows_all_units);
    TEST_RUN(unit_names_are_forgiving);
    TEST_RUN(floor_and_ceil_bound_the_time);
    TEST_RUN(differences_are_complete_units);
    TEST_RUN(added_months_stay_in_the_month);
    return TEST_END();
}
