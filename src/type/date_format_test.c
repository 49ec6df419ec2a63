/* The tables are answers of Flink 2.3's DateTimeUtils on JDK 17, locale "en". */
#include "type/date_format.h"

#include "base/arena.h"
#include "test.h"
#include "type/timezone.h"

#define REFUSED INT64_MIN

/* Pattern, time, text; NULL when the pattern is refused. */
static const char *const new_prints[][3] = {
    {"yyyy-MM-dd HH:mm:ss", "2024-02-29 12:34:56.789123456", "2024-02-29 12:34:56"},
    {"yyyy-MM-dd HH:mm:ss", "2023-12-31 23:05:09.040", "2023-12-31 23:05:09"},
    {"yyyy/MM", "2024-02-29 12:34:56.789123456", "2024/02"},
    {"yyyy/MM", "2023-12-31 23:05:09.040", "2023/12"},
    {"yyyyMMddHHmmssSSS", "2024-02-29 12:34:56.789123456", "20240229123456789"},
    {"yyyyMMddHHmmssSSS", "2023-12-31 23:05:09.040", "20231231230509040"},
    {"yy-M-d H:m:s", "2024-02-29 12:34:56.789123456", "24-2-29 12:34:56"},
    {"yy-M-d H:m:s", "2023-12-31 23:05:09.040", "23-12-31 23:5:9"},
    {"yyyy-MM-dd'T'HH:mm:ss.SSSSSS", "2024-02-29 12:34:56.789123456", "2024-02-29T12:34:56.789123"},
    {"yyyy-MM-dd'T'HH:mm:ss.SSSSSS", "2023-12-31 23:05:09.040", "2023-12-31T23:05:09.040000"},
    {"EEE, d MMM yyyy", "2024-02-29 12:34:56.789123456", "Thu, 29 Feb 2024"},
    {"EEE, d MMM yyyy", "2023-12-31 23:05:09.040", "Sun, 31 Dec 2023"},
    {"EEEE MMMM", "2024-02-29 12:34:56.789123456", "Thursday February"},
    {"EEEE MMMM", "2023-12-31 23:05:09.040", "Sunday December"},
    {"h:mm a", "2024-02-29 12:34:56.789123456", "12:34 PM"},
    {"h:mm a", "2026-01-01 00:00:00", "12:00 AM"},
    {"h:mm a", "2023-12-31 23:05:09.040", "11:05 PM"},
    {"h:mm a", "1969-07-04 01:02:03.5", "1:02 AM"},
    {"h:mm a", "0099-03-01 13:00:00", "1:00 PM"},
    {"K k", "2024-02-29 12:34:56.789123456", "0 12"},
    {"K k", "2026-01-01 00:00:00", "0 24"},
    {"K k", "2023-12-31 23:05:09.040", "11 23"},
    {"K k", "1969-07-04 01:02:03.5", "1 1"},
    {"K k", "0099-03-01 13:00:00", "1 13"},
    {"hh:mm:ss a", "2024-02-29 12:34:56.789123456", "12:34:56 PM"},
    {"hh:mm:ss a", "2023-12-31 23:05:09.040", "11:05:09 PM"},
    {"D DDD", "2024-02-29 12:34:56.789123456", "60 060"},
    {"D DDD", "2023-12-31 23:05:09.040", "365 365"},
    {"Q QQ QQQ QQQQ", "2024-02-29 12:34:56.789123456", "1 01 Q1 1st quarter"},
    {"Q QQ QQQ QQQQ", "2023-12-31 23:05:09.040", "4 04 Q4 4th quarter"},
    {"YYYY/ww", "2024-02-29 12:34:56.789123456", "2024/09"},
    {"YYYY/ww", "2026-01-01 00:00:00", "2026/01"},
    {"YYYY/ww", "2023-12-31 23:05:09.040", "2024/01"},
    {"YYYY/ww", "1969-07-04 01:02:03.5", "1969/27"},
    {"YYYY/ww", "0099-03-01 13:00:00", "0099/10"},
    {"YYYY-'W'ww-e", "2024-02-29 12:34:56.789123456", "2024-W09-5"},
    {"YYYY-'W'ww-e", "2023-12-31 23:05:09.040", "2024-W01-1"},
    {"w W", "2024-02-29 12:34:56.789123456", "9 5"},
    {"w W", "2026-01-01 00:00:00", "1 1"},
    {"w W", "2023-12-31 23:05:09.040", "1 6"},
    {"w W", "1969-07-04 01:02:03.5", "27 1"},
    {"w W", "0099-03-01 13:00:00", "10 1"},
    {"e c E", "2024-02-29 12:34:56.789123456", "5 5 Thu"},
    {"e c E", "2026-01-01 00:00:00", "5 5 Thu"},
    {"e c E", "2023-12-31 23:05:09.040", "1 1 Sun"},
    {"e c E", "1969-07-04 01:02:03.5", "6 6 Fri"},
    {"e c E", "0099-03-01 13:00:00", "1 1 Sun"},
    {"G y", "2024-02-29 12:34:56.789123456", "AD 2024"},
    {"G y", "2023-12-31 23:05:09.040", "AD 2023"},
    {"GGGG", "2024-02-29 12:34:56.789123456", "Anno Domini"},
    {"GGGG", "2023-12-31 23:05:09.040", "Anno Domini"},
    {"u uuuu", "2024-02-29 12:34:56.789123456", "2024 2024"},
    {"u uuuu", "2023-12-31 23:05:09.040", "2023 2023"},
    {"A n N", "2024-02-29 12:34:56.789123456", "45296789 789123456 45296789123456"},
    {"A n N", "2023-12-31 23:05:09.040", "83109040 40000000 83109040000000"},
    {"S SS SSSSSSSSS", "2024-02-29 12:34:56.789123456", "7 78 789123456"},
    {"S SS SSSSSSSSS", "2023-12-31 23:05:09.040", "0 04 040000000"},
    {"''yyyy''", "2024-02-29 12:34:56.789123456", "'2024'"},
    {"''yyyy''", "2023-12-31 23:05:09.040", "'2023'"},
    {"'it''s' HH", "2024-02-29 12:34:56.789123456", "it's 12"},
    {"'it''s' HH", "2023-12-31 23:05:09.040", "it's 23"},
    {"[yyyy][MM]", "2024-02-29 12:34:56.789123456", "202402"},
    {"[yyyy][MM]", "2023-12-31 23:05:09.040", "202312"},
    {"MMMMM EEEEE", "2024-02-29 12:34:56.789123456", "F T"},
    {"MMMMM EEEEE", "2023-12-31 23:05:09.040", "D S"},
    {"yyyyy", "2024-02-29 12:34:56.789123456", "02024"},
    {"yyyyy", "2023-12-31 23:05:09.040", "02023"},
    {"yyy", "2024-02-29 12:34:56.789123456", "2024"},
    {"yyy", "2023-12-31 23:05:09.040", "2023"},
    {"y", "2024-02-29 12:34:56.789123456", "2024"},
    {"y", "2023-12-31 23:05:09.040", "2023"},
    {"F", "2024-02-29 12:34:56.789123456", "1"},
    {"F", "2026-01-01 00:00:00", "1"},
    {"F", "2023-12-31 23:05:09.040", "3"},
    {"F", "1969-07-04 01:02:03.5", "4"},
    {"F", "0099-03-01 13:00:00", "1"},
    {"L LL LLL", "2024-02-29 12:34:56.789123456", "2 02 Feb"},
    {"L LL LLL", "2023-12-31 23:05:09.040", "12 12 Dec"},
    {"YY Y", "2024-02-29 12:34:56.789123456", "24 2024"},
    {"YY Y", "2023-12-31 23:05:09.040", "24 2024"},
    {"ppH", "2024-02-29 12:34:56.789123456", "12"},
    {"ppH", "2023-12-31 23:05:09.040", "23"},
    {"HH 'o''clock'", "2024-02-29 12:34:56.789123456", "12 o'clock"},
    {"HH 'o''clock'", "2023-12-31 23:05:09.040", "23 o'clock"},
    {"b", "2024-02-29 12:34:56.789123456", NULL},
    {"yyyy-MM-dd HH:mm:ss.SSS", "2024-02-29 12:34:56.789123456", "2024-02-29 12:34:56.789"},
    {"yyyy-MM-dd HH:mm:ss.SSS", "2023-12-31 23:05:09.040", "2023-12-31 23:05:09.040"},
    {"", "2024-02-29 12:34:56.789123456", ""},
    {"", "2023-12-31 23:05:09.040", ""},
    {"MM/dd/yyyy", "2024-02-29 12:34:56.789123456", "02/29/2024"},
    {"MM/dd/yyyy", "2023-12-31 23:05:09.040", "12/31/2023"},
    {"HHH", "2024-02-29 12:34:56.789123456", NULL},
    {"ddd", "2024-02-29 12:34:56.789123456", NULL},
    {"'abc", "2024-02-29 12:34:56.789123456", NULL},
    {"{", "2024-02-29 12:34:56.789123456", NULL},
    {"#", "2024-02-29 12:34:56.789123456", NULL},
    {"SSSSSSSSSS", "2024-02-29 12:34:56.789123456", NULL},
    {"dMMMyy", "2024-02-29 12:34:56.789123456", "29Feb24"},
    {"dMMMyy", "2023-12-31 23:05:09.040", "31Dec23"},
    {"EE", "2024-02-29 12:34:56.789123456", "Thu"},
    {"EE", "2023-12-31 23:05:09.040", "Sun"},
    {"EEEEEE", "2024-02-29 12:34:56.789123456", NULL},
    {"a", "2024-02-29 12:34:56.789123456", "PM"},
    {"a", "2023-12-31 23:05:09.040", "PM"},
    {"aa", "2024-02-29 12:34:56.789123456", NULL},
};

/* Pattern, time in UTC, zone, text. */
static const char *const simple_prints[][4] = {
    {"yyyy-MM-dd HH:mm:ss", "2024-02-29 12:34:56.789123456", "UTC", "2024-02-29 12:34:56"},
    {"yyyy-MM-dd HH:mm:ss", "2023-12-31 23:05:09.040", "GMT+08:00", "2024-01-01 07:05:09"},
    {"yyyyMMdd", "2024-02-29 12:34:56.789123456", "UTC", "20240229"},
    {"yyyyMMdd", "2023-12-31 23:05:09.040", "GMT+08:00", "20240101"},
    {"yy-M-d H:m:s", "2024-02-29 12:34:56.789123456", "UTC", "24-2-29 12:34:56"},
    {"yy-M-d H:m:s", "2023-12-31 23:05:09.040", "GMT+08:00", "24-1-1 7:5:9"},
    {"SSS", "2024-02-29 12:34:56.789123456", "UTC", "789"},
    {"SSS", "2023-12-31 23:05:09.040", "GMT+08:00", "040"},
    {"S", "2024-02-29 12:34:56.789123456", "UTC", "789"},
    {"S", "2023-12-31 23:05:09.040", "GMT+08:00", "40"},
    {"SSSSSS", "2024-02-29 12:34:56.789123456", "UTC", "000789"},
    {"SSSSSS", "2023-12-31 23:05:09.040", "GMT+08:00", "000040"},
    {"EEE, d MMM yyyy", "2024-02-29 12:34:56.789123456", "UTC", "Thu, 29 Feb 2024"},
    {"EEE, d MMM yyyy", "2023-12-31 23:05:09.040", "GMT+08:00", "Mon, 1 Jan 2024"},
    {"EEEE MMMM", "2024-02-29 12:34:56.789123456", "UTC", "Thursday February"},
    {"EEEE MMMM", "2023-12-31 23:05:09.040", "GMT+08:00", "Monday January"},
    {"E u F", "2024-02-29 12:34:56.789123456", "UTC", "Thu 4 5"},
    {"E u F", "2023-12-31 23:05:09.040", "GMT+08:00", "Mon 1 1"},
    {"h:mm a", "2024-02-29 12:34:56.789123456", "UTC", "12:34 PM"},
    {"h:mm a", "2023-12-31 23:05:09.040", "GMT+08:00", "7:05 AM"},
    {"K k", "2024-02-29 12:34:56.789123456", "UTC", "0 12"},
    {"K k", "2023-12-31 23:05:09.040", "GMT+08:00", "7 7"},
    {"D DDD", "2024-02-29 12:34:56.789123456", "UTC", "60 060"},
    {"D DDD", "2023-12-31 23:05:09.040", "GMT+08:00", "1 001"},
    {"YYYY/ww", "2024-02-29 12:34:56.789123456", "UTC", "2024/09"},
    {"YYYY/ww", "2023-12-31 23:05:09.040", "GMT+08:00", "2024/01"},
    {"w W", "2024-02-29 12:34:56.789123456", "UTC", "9 5"},
    {"w W", "2023-12-31 23:05:09.040", "GMT+08:00", "1 1"},
    {"G y yyy yyyyy", "2024-02-29 12:34:56.789123456", "UTC", "AD 2024 2024 02024"},
    {"G y yyy yyyyy", "2023-12-31 23:05:09.040", "GMT+08:00", "AD 2024 2024 02024"},
    {"Z", "2024-02-29 12:34:56.789123456", "UTC", "+0000"},
    {"Z", "2023-12-31 23:05:09.040", "GMT+08:00", "+0800"},
    {"X XX X"
     "XX",
        "2024-02-29 12:34:56.789123456", "UTC", "Z Z Z"},
    {"X XX X"
     "XX",
        "2023-12-31 23:05:09.040", "GMT+08:00", "+08 +0800 +08:00"},
    {"z", "2024-02-29 12:34:56.789123456", "UTC", "UTC"},
    {"z", "2023-12-31 23:05:09.040", "GMT+08:00", "GMT+08:00"},
    {"''yy''", "2024-02-29 12:34:56.789123456", "UTC", "'24'"},
    {"''yy''", "2023-12-31 23:05:09.040", "GMT+08:00", "'24'"},
    {"L LLL", "2024-02-29 12:34:56.789123456", "UTC", "2 Feb"},
    {"L LLL", "2023-12-31 23:05:09.040", "GMT+08:00", "1 Jan"},
    {"MMMMM", "2024-02-29 12:34:56.789123456", "UTC", "February"},
    {"MMMMM", "2023-12-31 23:05:09.040", "GMT+08:00", "January"},
    {"yyyy-MM-dd'T'HH:mm:ss.SSSX"
     "XX",
        "2024-02-29 12:34:56.789123456", "UTC", "2024-02-29T12:34:56.789Z"},
    {"yyyy-MM-dd'T'HH:mm:ss.SSSX"
     "XX",
        "2023-12-31 23:05:09.040", "GMT+08:00", "2024-01-01T07:05:09.040+08:00"},
    {"Q", "2024-02-29 12:34:56.789123456", "UTC", NULL},
    {"e", "2024-02-29 12:34:56.789123456", "UTC", NULL},
    {"n", "2024-02-29 12:34:56.789123456", "UTC", NULL},
    {"'abc", "2024-02-29 12:34:56.789123456", "UTC", NULL},
    {"HHH", "2024-02-29 12:34:56.789123456", "UTC", "012"},
    {"HHH", "2023-12-31 23:05:09.040", "GMT+08:00", "007"},
    {"ddd", "2024-02-29 12:34:56.789123456", "UTC", "029"},
    {"ddd", "2023-12-31 23:05:09.040", "GMT+08:00", "001"},
};

/* Pattern, text, time or NULL. */
static const char *const new_parses[][3] = {
    {"yyyy-MM-dd HH:mm:ss", "2024-02-29 12:34:56", "2024-02-29 12:34:56.000"},
    {"yyyy-MM-dd HH:mm:ss", "2024-02-30 12:34:56", "2024-02-29 12:34:56.000"},
    {"yyyy-MM-dd HH:mm:ss", "2024-02-29 12:34:56.5", "2024-02-29 12:34:56.500"},
    {"yyyy-MM-dd HH:mm:ss", "2024-2-9 1:2:3", "2024-02-09 01:02:03.000"},
    {"yyyy-MM-dd HH:mm:ss", "2024-2-9", "2024-02-09 00:00:00.000"},
    {"yyyy-MM-dd HH:mm:ss", " 2024-2-9 ", "2024-02-09 00:00:00.000"},
    {"yyyy-MM-dd", "2024-02-29", "2024-02-29 00:00:00.000"},
    {"yyyy-MM-dd", "2024-02-29 10:00:00", "2024-02-29 10:00:00.000"},
    {"yyyyMMdd", "20240229", "2024-02-29 00:00:00.000"},
    {"yyyyMMddHHmmss", "20240229123456", "2024-02-29 12:34:56.000"},
    {"yyyyMMddHHmmssSSS", "20240229123456789", "2024-02-29 12:34:56.789"},
    {"yyyyMMddHHmmssSSS", "2024022912345678", NULL},
    {"yyyyMMdd", "2024229", NULL},
    {"yyyyMMdd", "120240229", NULL},
    {"dd/MM/yyyy", "29/02/2024", "2024-02-29 00:00:00.000"},
    {"d/M/y", "9/2/2024", "2024-02-09 00:00:00.000"},
    {"d/M/y", "29/12/24", "0024-12-29 00:00:00.000"},
    {"yy-MM-dd", "24-02-29", "2024-02-29 00:00:00.000"},
    {"yy-MM-dd", "99-02-28", "2099-02-28 00:00:00.000"},
    {"yyyy-MM-dd'T'HH:mm:ss.SSS", "2024-02-29T12:34:56.789", "2024-02-29 12:34:56.789"},
    {"yyyy-MM-dd'T'HH:mm:ss[.SSS]", "2024-02-29T12:34:56", "2024-02-29 12:34:56.000"},
    {"yyyy-MM-dd'T'HH:mm:ss[.SSS]", "2024-02-29T12:34:56.123", "2024-02-29 12:34:56.123"},
    {"yyyy-MM-dd hh:mm a", "2024-02-29 01:30 PM", "2024-02-29 13:30:00.000"},
    {"yyyy-MM-dd hh:mm a", "2024-02-29 12:30 AM", "2024-02-29 00:30:00.000"},
    {"yyyy-MM-dd hh:mm", "2024-02-29 01:30", "2024-02-29 00:30:00.000"},
    {"yyyy-MM-dd hh:mm a", "2024-02-29 13:30 PM", NULL},
    {"yyyy-MM-dd KK:mm a", "2024-02-29 00:30 PM", "2024-02-29 12:30:00.000"},
    {"yyyy-MM-dd kk:mm", "2024-02-29 24:30", "2024-02-29 00:30:00.000"},
    {"dd MMM yyyy", "29 Feb 2024", "2024-02-29 00:00:00.000"},
    {"dd MMM yyyy", "29 feb 2024", NULL},
    {"dd MMMM yyyy", "29 February 2024", "2024-02-29 00:00:00.000"},
    {"EEE, dd MMM yyyy", "Thu, 29 Feb 2024", "2024-02-29 00:00:00.000"},
    {"EEE, dd MMM yyyy", "Fri, 29 Feb 2024", NULL},
    {"yyyy-DDD", "2024-060", "2024-02-29 00:00:00.000"},
    {"yyyyDDD", "2024366", "2024-12-31 00:00:00.000"},
    {"yyyyDDD", "2023366", NULL},
    {"yyyy-MM", "2024-02", "2024-02-01 00:00:00.000"},
    {"yyyy", "2024", "2024-01-01 00:00:00.000"},
    {"HH:mm", "12:34", "1970-01-01 12:34:00.000"},
    {"mm:ss", "34:56", "1970-01-01 00:34:56.000"},
    {"MM-dd", "02-30", NULL},
    {"MM-dd", "13-01", NULL},
    {"yyyy-MM-dd HH", "2024-02-29 24", "2024-03-01 00:00:00.000"},
    {"yyyy-MM-dd HH:mm", "2024-02-29 24:00", "2024-03-01 00:00:00.000"},
    {"yyyy-MM-dd HH:mm", "2024-02-29 24:01", NULL},
    {"yyyy-MM-dd HH:mm:ss.SSSSSS", "2024-02-29 12:34:56.123456", "2024-02-29 12:34:56.123"},
    {"yyyy-MM-dd HH:mm:ss.S", "2024-02-29 12:34:56.1", "2024-02-29 12:34:56.100"},
    {"yyyy-MM-dd HH:mm:ss.S", "2024-02-29 12:34:56.12", "2024-02-29 12:34:56.120"},
    {"yyyy-MM-dd HH:mm:ssX"
     "XX",
        "2024-02-29 12:34:56+08:00", "2024-02-29 12:34:56.000"},
    {"yyyy-MM-dd HH:mm:ssX", "2024-02-29 12:34:56Z", "2024-02-29 12:34:56.000"},
    {"yyyy-MM-dd HH:mm:ss z", "2024-02-29 12:34:56 UTC", "2024-02-29 12:34:56.000"},
    {"yyyy-MM-dd HH:mm:ssZ", "2024-02-29 12:34:56+0800", "2024-02-29 12:34:56.000"},
    {"uuuu-MM-dd", "2024-02-29", "2024-02-29 00:00:00.000"},
    {"yyyy-MM-dd", "-2024-02-28", NULL},
    {"yyyy-QQ", "2024-01", "2024-01-01 00:00:00.000"},
    {"YYYY-'W'ww-e", "2024-W09-5", "2024-02-29 00:00:00.000"},
    {"yyyy-MM-dd HH:mm:ss", "2024-02-29 12:34:60", "2024-02-29 12:35:00.000"},
    {"yyyy-MM-dd HH:mm:ss", "2024-02-31 25:61:61", "2024-03-03 02:02:01.000"},
    {"yyyy-MM-dd", "2024-02-31", "2024-02-29 00:00:00.000"},
    {"yyyy-M-d", "2024-002-0009", "2024-02-09 00:00:00.000"},
    {"yyyy-MM-dd HH:mm:ss", "2024-02-29  12:34:56", NULL},
    {"yyyy-MM-dd HH:mm:ss", "x", NULL},
    {"yyyy-MM-dd HH:mm:ss", "", NULL},
    {"'on' yyyy", "on 2024", "2024-01-01 00:00:00.000"},
    {"H:m:s", "1:2:3", "1970-01-01 01:02:03.000"},
    {"yyyy-MM-dd AAAA", "2024-02-29 60000", "2024-02-29 00:01:00.000"},
    {"yyyy-MM-dd HH:mm:ss n", "2024-02-29 12:34:56 789000000", "2024-02-29 12:34:56.789"},
};

/* Pattern, text, milliseconds in UTC. */
static const struct {
    const char *pattern, *text;
    int64_t ms;
} simple_parses[] = {
    {"yyyy-MM-dd HH:mm:ss", "2024-02-29 12:34:56", 1709210096000},
    {"yyyy-MM-dd HH:mm:ss", "2024-2-9 1:2:3", 1707440523000},
    {"yyyy-MM-dd HH:mm:ss", "2024-13-40 25:61:61", 1739152921000},
    {"yyyy-MM-dd HH:mm:ss", "2024-02-29 12:34:56.789 trailing", 1709210096000},
    {"yyyy-MM-dd HH:mm:ss", "2024-02-29", REFUSED},
    {"yyyy-MM-dd", "2024-02-30", 1709251200000},
    {"yyyyMMdd", "20240229", 1709164800000},
    {"yyyyMMdd", "2024229", 1759968000000},
    {"yyyyMMddHHmmss", "20240229123456", 1709210096000},
    {"yyyy-MM-dd HH:mm:ss.SSS", "2024-02-29 12:34:56.7", 1709210096007},
    {"yyyy-MM-dd HH:mm:ss.S", "2024-02-29 12:34:56.789", 1709210096789},
    {"dd MMM yyyy", "29 feb 2024", 1709164800000},
    {"dd MMMM yyyy", "29 Feb 2024", 1709164800000},
    {"EEE, d MMM yyyy HH:mm:ss Z", "Thu, 29 Feb 2024 12:34:56 +0800", 1709181296000},
    {"yyyy-MM-dd'T'HH:mm:ssX", "2024-02-29T12:34:56Z", 1709210096000},
    {"yyyy-MM-dd'T'HH:mm:ssX"
     "XX",
        "2024-02-29T12:34:56+08:00", 1709181296000},
    {"yyyy-MM-dd HH:mm:ss z", "2024-02-29 12:34:56 GMT+08:00", 1709181296000},
    {"yyyy-MM-dd HH:mm:ss z", "2024-02-29 12:34:56 PST", 1709238896000},
    {"hh:mm a", "01:30 pm", 48600000},
    {"hh:mm", "13:30", 48600000},
    {"hh:mm a", "12:30 AM", 1800000},
    {"KK:mm a", "12:30 AM", 45000000},
    {"kk:mm", "24:30", 1800000},
    {"yyyy DDD", "2024 60", 1709164800000},
    {"yy-MM-dd", "24-02-29", 1709164800000},
    {"yy-MM-dd", "2024-02-29", 1709164800000},
    {"yy-MM-dd", "99-02-28", 920160000000},
    {"yyyy-MM-dd", " 2024-02-29", 1709164800000},
    {"yyyy-MM-dd", "2024- 02- 29", 1709164800000},
    {"yyyy-MM-dd", "2024--02-28", 1698451200000},
    {"yyyy-MM-dd", "x", REFUSED},
    {"yyyy-MM-dd", "", REFUSED},
    {"yyyy-MM", "2024-02", 1706745600000},
    {"HH:mm", "12:34", 45240000},
    {"yyyy", "2024", 1704067200000},
    {"yyyy-MM-dd", "2024/02/29", REFUSED},
    {"MM/dd/yyyy", "2/9/2024", 1707436800000},
    {"yyyy-MM-dd HH:mm:ss", "2024-02-29T12:34:56", REFUSED},
    {"'at' HH", "at 5", 18000000},
    {"dd.MM.yyyy", "29.02.2024", 1709164800000},
    {"yyyyMMddHH", "2024022905", 1709182800000},
    {"EEEE", "Thursday", 0},
    {"yyyy-MM-dd", "99999-01-01", 3093496444800000},
    {"yyyy MM dd", "2024 02 29", 1709164800000},
    {"yyyy  MM", "2024 02", REFUSED},
    {"ww YYYY", "09 2024", 1708819200000},
    {"HH:mm:ss", "-1:00:00", -3600000},
};

static const struct date_format *compile(
    struct arena *a, const char *pattern, enum date_format_dialect dialect)
{
    const struct date_format *f = NULL;
    struct err *e = date_format_compile(a, slice_of(pattern), dialect, &f);
    err_free(e);
    return e ? NULL : f;
}

static struct timestamp time_of(const char *text)
{
    struct timestamp t = {0};
    CHECK(datetime_parse_timestamp(slice_of(text), 9, &t));
    return t;
}

static bool print_case(struct arena *a, enum date_format_dialect dialect, const char *pattern,
    const char *time, const char *zone, const char *expected)
{
    char text[DATE_FORMAT_CHARS_MAX];
    const struct date_format *f = compile(a, pattern, dialect);
    if (!f || !expected) {
        if (!f && !expected) return true;
        printf("# '%s' should %s\n", pattern, expected ? "compile" : "be refused");
        return false;
    }
    struct timestamp t = time_of(time);
    int32_t offset_s = strcmp(zone, "UTC") == 0 ? 0 : 8 * 3600;
    t.ms += offset_s * 1000;
    size_t n = date_format_print(f, t, offset_s, slice_of(zone), text);
    if (slice_eq((struct slice){text, n}, slice_of(expected))) return true;
    printf("# '%s' of %s gave '%.*s', not '%s'\n", pattern, time, (int)n, text, expected);
    return false;
}

static void date_time_formatter_prints(void)
{
    struct arena *a = arena_new(1 << 16);
    for (size_t i = 0; i < sizeof new_prints / sizeof *new_prints; i++) {
        CHECK(print_case(
            a, DATE_FORMAT_NEW, new_prints[i][0], new_prints[i][1], "UTC", new_prints[i][2]));
        arena_reset(a);
    }
    arena_free(a);
}

static void simple_date_format_prints(void)
{
    struct arena *a = arena_new(1 << 16);
    for (size_t i = 0; i < sizeof simple_prints / sizeof *simple_prints; i++) {
        CHECK(print_case(a, DATE_FORMAT_SIMPLE, simple_prints[i][0], simple_prints[i][1],
            simple_prints[i][2], simple_prints[i][3]));
        arena_reset(a);
    }
    arena_free(a);
}

/* With the fall-back that TO_TIMESTAMP has. */
static void date_time_formatter_parses(void)
{
    struct arena *a = arena_new(1 << 16);
    for (size_t i = 0; i < sizeof new_parses / sizeof *new_parses; i++) {
        const struct date_format *f = compile(a, new_parses[i][0], DATE_FORMAT_NEW);
        struct slice text = slice_of(new_parses[i][1]);
        struct date_format_result r = {0};
        char printed[DATETIME_CHARS_MAX];
        size_t n = 0;
        CHECK(f != NULL);
        if (f && (date_format_parse(f, text, &r) || datetime_parse_jdbc(text, &r.local)))
            n = datetime_format_timestamp(printed, r.local, 3);
        const char *expected = new_parses[i][2] ? new_parses[i][2] : "";
        bool ok = slice_eq((struct slice){printed, n}, slice_of(expected));
        CHECK(ok);
        if (!ok)
            printf("# '%s' read '%s' as '%.*s', not '%s'\n", new_parses[i][0], text.p, (int)n,
                printed, expected);
        arena_reset(a);
    }
    arena_free(a);
}

static void simple_date_format_parses(void)
{
    struct arena *a = arena_new(1 << 16);
    for (size_t i = 0; i < sizeof simple_parses / sizeof *simple_parses; i++) {
        const struct date_format *f = compile(a, simple_parses[i].pattern, DATE_FORMAT_SIMPLE);
        struct date_format_result r = {0};
        int64_t ms = REFUSED;
        CHECK(f != NULL);
        if (f && date_format_parse(f, slice_of(simple_parses[i].text), &r))
            ms = r.local.ms - r.offset_s * 1000;
        CHECK(ms == simple_parses[i].ms);
        if (ms != simple_parses[i].ms)
            printf("# '%s' read '%s' as %lld, not %lld\n", simple_parses[i].pattern,
                simple_parses[i].text, (long long)ms, (long long)simple_parses[i].ms);
        arena_reset(a);
    }
    arena_free(a);
}

static void offsets_and_zones_print(void)
{
    static const char *const cases[][2] = {{"X", "-03"},
        {"X"
         "XX",
            "-03:30"},
        {"x xx xxx", ""}, {"Z ZZZZ ZZZZZ", "-0330 GMT-03:30 -03:30"}, {"O", "GMT-03:30"},
        {"VV", "America/St_Johns"}, {"xxx", "-03:30"},
        {"X"
         "XX"
         "XX",
            "-03:30"}};
    struct arena *a = arena_new(1 << 16);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[DATE_FORMAT_CHARS_MAX];
        const struct date_format *f = compile(a, cases[i][0], DATE_FORMAT_NEW);
        int32_t offset_s = i == 0 ? -3 * 3600 : -12600;
        CHECK(f && date_format_needs_zone(f));
        if (!f || !cases[i][1][0]) continue;
        size_t n = date_format_print(
            f, (struct timestamp){0, 0}, offset_s, SLICE("America/St_Johns"), text);
        CHECK(slice_eq((struct slice){text, n}, slice_of(cases[i][1])));
    }
    arena_free(a);
}

static void patterns_are_bounded(void)
{
    struct arena *a = arena_new(1 << 16);
    char long_pattern[DATE_FORMAT_PATTERN_MAX + 2];
    memset(long_pattern, 'y', sizeof long_pattern);
    long_pattern[DATE_FORMAT_PATTERN_MAX + 1] = 0;
    CHECK(!compile(a, long_pattern, DATE_FORMAT_SIMPLE));
    for (size_t i = 0; i < DATE_FORMAT_PATTERN_MAX; i++) long_pattern[i] = i % 2 ? 'E' : '-';
    long_pattern[DATE_FORMAT_PATTERN_MAX] = 0;
    CHECK(!compile(a, long_pattern, DATE_FORMAT_SIMPLE)); /* too many parts */
    CHECK(!compile(a, "[[[[[[[[[y]]]]]]]]]", DATE_FORMAT_NEW));
    CHECK(!compile(a, "yyyy]", DATE_FORMAT_NEW));
    CHECK(!compile(a, "ppp", DATE_FORMAT_NEW));
    const struct date_format *f = compile(a, "yyyy-MM-dd", DATE_FORMAT_NEW);
    CHECK(f && !date_format_has_time(f) && !date_format_needs_zone(f));
    arena_free(a);
}

int main(void)
{
    TEST_RUN(date_time_formatter_prints);
    TEST_RUN(simple_date_format_prints);
    TEST_RUN(date_time_formatter_parses);
    TEST_RUN(simple_date_format_parses);
    TEST_RUN(offsets_and_zones_print);
    TEST_RUN(patterns_are_bounded);
    return TEST_END();
}
