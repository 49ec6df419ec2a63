/* Against java.time of JDK 17, which Flink uses. */
#include "type/timezone.h"

#include "base/arena.h"
#include "test.h"
#include "type/datetime.h"

/* An instant, the offset then, and the instant that atZone makes of the same digits read as local
 * time: many lie at transitions. */
static const struct {
    const char *zone;
    int64_t ms, offset_s, utc_of_local_ms;
} java_cases[] = {
    {"Europe/Berlin", 846379799999, 3600, 846372599999},
    {"Europe/Berlin", -1237370667320, 3600, -1237374267320},
    {"Europe/Berlin", -1448714027404, 3600, -1448717627404},
    {"Europe/Berlin", 3434313600001, 7200, 3434306400001},
    {"Europe/Berlin", 1319934600001, 7200, 1319927400001},
    {"Europe/Berlin", 1824944399999, 7200, 1824937199999},
    {"Europe/Berlin", 3862243336903, 7200, 3862236136903},
    {"Europe/Berlin", 78544679796, 3600, 78541079796},
    {"Europe/Berlin", 1982797200000, 3600, 1982790000000},
    {"Europe/Berlin", 1540688400000, 3600, 1540681200000},
    {"Europe/Berlin", 1792891800000, 3600, 1792884600000},
    {"Europe/Berlin", 3402867600001, 3600, 3402860400001},
    {"Europe/Berlin", 3983477400000, 7200, 3983473800000},
    {"Europe/Berlin", -938905199999, 7200, -938908799999},
    {"Europe/Berlin", 1017536400000, 7200, 1017532800000},
    {"Europe/Berlin", 323832599999, 7200, 323828999999},
    {"America/Los_Angeles", -875604256061, -25200, -875579056061},
    {"America/Los_Angeles", 3262026972833, -25200, 3262052172833},
    {"America/Los_Angeles", 1899367200001, -25200, 1899392400001},
    {"America/Los_Angeles", 2740642199999, -28800, 2740670999999},
    {"America/Los_Angeles", 2662034996721, -25200, 2662060196721},
    {"America/Los_Angeles", -880205400001, -25200, -880180200001},
    {"America/Los_Angeles", -1633269600000, -25200, -1633244400000},
    {"America/Los_Angeles", 2614237200000, -28800, 2614266000000},
    {"America/Los_Angeles", 1194168600000, -28800, 1194197400000},
    {"America/Los_Angeles", 877856400001, -28800, 877885200001},
    {"America/Los_Angeles", 2709192600000, -28800, 2709221400000},
    {"America/Los_Angeles", 1067160600000, -28800, 1067189400000},
    {"America/Los_Angeles", 1383467400000, -25200, 1383496200000},
    {"America/Los_Angeles", 814955400001, -25200, 814984200001},
    {"America/Los_Angeles", 4065753600001, -25200, 4065782400001},
    {"America/Los_Angeles", 2120117400001, -28800, 2120142600001},
    {"Australia/Sydney", 1290228656807, 39600, 1290189056807},
    {"Australia/Sydney", 1475337600000, 39600, 1475301600000},
    {"Australia/Sydney", 3733648941016, 36000, 3733612941016},
    {"Australia/Sydney", -2587070116007, 36292, -2587106408007},
    {"Australia/Sydney", 719938800001, 36000, 719902800001},
    {"Australia/Sydney", 3700398600001, 36000, 3700359000001},
    {"Australia/Sydney", 783757545836, 39600, 783717945836},
    {"Australia/Sydney", 4047553799999, 36000, 4047514199999},
    {"Australia/Sydney", 100022400001, 36000, 99982800001},
    {"Australia/Sydney", 3636894600001, 36000, 3636855000001},
    {"Australia/Sydney", 3700398600001, 36000, 3700359000001},
    {"Australia/Sydney", 1491064200000, 36000, 1491024600000},
    {"Australia/Sydney", 57688200001, 39600, 57652200001},
    {"Australia/Sydney", 372788999999, 39600, 372752999999},
    {"Australia/Sydney", 625593600001, 39600, 625557600001},
    {"Australia/Sydney", 3116766600001, 39600, 3116730600001},
    {"America/St_Johns", 357109199999, -12600, 357118199999},
    {"America/St_Johns", 991706563276, -9000, 991715563276},
    {"America/St_Johns", -2692373282587, -12652, -2692360630587},
    {"America/St_Johns", 607492859999, -9000, 607501859999},
    {"America/St_Johns", 2841481471277, -12600, 2841494071277},
    {"America/St_Johns", 660487888565, -12600, 660500488565},
    {"America/St_Johns", -1314482348001, -12652, -1314473296001},
    {"America/St_Johns", -1664132347999, -12652, -1664123295999},
    {"America/St_Johns", 2519872200000, -12600, 2519884800000},
    {"America/St_Johns", 2992827600001, -12600, 2992840200001},
    {"America/St_Johns", -922570200000, -12600, -922557600000},
    {"America/St_Johns", 1194145259999, -12600, 1194157859999},
    {"America/St_Johns", -1664134147999, -12652, -1664125095999},
    {"America/St_Johns", 2972262600000, -12600, 2972271600000},
    {"America/St_Johns", 2456366400001, -9000, 2456379000001},
    {"America/St_Johns", -1110065347999, -9052, -1110052695999},
    {"Asia/Kolkata", 1604757197473, 19800, 1604737397473},
    {"Asia/Kolkata", 2077314209800, 19800, 2077294409800},
    {"Asia/Kolkata", 1139207007980, 19800, 1139187207980},
    {"Asia/Kolkata", 1678787805610, 19800, 1678768005610},
    {"Asia/Kolkata", 2510449781197, 19800, 2510429981197},
    {"Asia/Kolkata", -426202321609, 19800, -426222121609},
    {"Asia/Kolkata", 1029994212016, 19800, 1029974412016},
    {"Asia/Kolkata", 3065226776833, 19800, 3065206976833},
    {"Asia/Kolkata", -2019703870001, 19800, -2019723140001},
    {"Asia/Kolkata", -2019703870001, 19800, -2019723140001},
    {"Asia/Kolkata", -891579600000, 23400, -891599400000},
    {"Asia/Kolkata", -2019703870001, 19800, -2019723140001},
};

static const struct time_zone *open_zone(struct arena *a, const char *name)
{
    const struct time_zone *z = NULL;
    struct err *e = timezone_open(a, NULL, slice_of(name), &z);
    if (e) err_print(e, stdout);
    err_free(e);
    return z;
}

static void instants_and_local_times_agree_with_java(void)
{
    struct arena *a = arena_new(4096);
    struct time_zone_cache kept = {0};
    const struct time_zone *z = NULL;
    const char *last = "";
    for (size_t i = 0; i < sizeof java_cases / sizeof *java_cases; i++) {
        int64_t ms = java_cases[i].ms;
        if (strcmp(last, java_cases[i].zone) != 0) {
            last = java_cases[i].zone;
            z = open_zone(a, last);
            kept = (struct time_zone_cache){0};
        }
        CHECK(z != NULL);
        if (!z) break;
        struct time_zone_cache fresh = {0};
        bool ok = timezone_offset_ms(z, ms, &fresh) == java_cases[i].offset_s * 1000 &&
                  timezone_to_local(z, ms, &kept) == ms + java_cases[i].offset_s * 1000 &&
                  timezone_to_utc(z, ms, &kept) == java_cases[i].utc_of_local_ms;
        fresh = (struct time_zone_cache){0};
        ok = ok && timezone_to_utc(z, ms, &fresh) == java_cases[i].utc_of_local_ms;
        CHECK(ok);
        if (!ok) printf("# %s %lld\n", last, (long long)ms);
    }
    arena_free(a);
}

static void gaps_move_forward_and_overlaps_take_the_earlier_offset(void)
{
    struct arena *a = arena_new(4096);
    const struct time_zone *z = open_zone(a, "Europe/Berlin");
    struct time_zone_cache c = {0};
    /* 2024-03-31 02:30 does not exist: 03:30+02:00. */
    CHECK(timezone_to_utc(z, 1711852200000, &c) == 1711848600000);
    /* 2024-10-27 02:30 exists twice: +02:00 first. */
    CHECK(timezone_to_utc(z, 1729996200000, &c) == 1729989000000);
    CHECK(slice_eq(timezone_abbreviation(z, 1711848600000), SLICE("CEST")));
    CHECK(slice_eq(timezone_abbreviation(z, 1706000000000), SLICE("CET")));
    arena_free(a);
}

static void offsets_are_zones_too(void)
{
    static const struct {
        const char *name;
        int64_t offset_s;
    } cases[] = {{"UTC", 0}, {"GMT", 0}, {"Z", 0}, {"+08:00", 28800}, {"-05:30", -19800},
        {"GMT+8", 28800}, {"UTC+08:00", 28800}, {"GMT-08:00", -28800}, {"+0530", 19800},
        {"+05", 18000}, {"+01:02:03", 3723}, {"-010203", -3723}, {"UT-1", -3600},
        {"+18:00", 64800}};
    struct arena *a = arena_new(4096);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct time_zone_cache c = {0};
        const struct time_zone *z = open_zone(a, cases[i].name);
        CHECK(z && timezone_is_fixed(z));
        CHECK(z && timezone_offset_ms(z, 0, &c) == cases[i].offset_s * 1000);
        CHECK(z && timezone_to_utc(z, 1000, &c) == 1000 - cases[i].offset_s * 1000);
    }
    arena_free(a);
}

static void bad_names_are_refused_with_a_hint(void)
{
    static const char *const names[] = {"", "Mars/Olympus", "europe/berlin", "../../etc/passwd",
        "/etc/passwd", "Europe", "+19:00", "+8:00", "GMT+8:0", "+08:60", "zone.tab", "right/UTC",
        "Europe/../Europe/Berlin", "tzdata.zi", "+", "+1:"};
    struct arena *a = arena_new(4096);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct time_zone *z;
        struct err *e = timezone_open(a, NULL, slice_of(names[i]), &z);
        CHECK(e && err_hint_text(e));
        if (!e) printf("# %s\n", names[i]);
        err_free(e);
    }
    arena_free(a);
}

/* One transition at 1000 s from LMT +00:01 to a POSIX rule for the rest. */
static struct slice made_file(char *out, const char *rule)
{
    static const char types[] = "\0\0\0\x3c\0\0"
                                "\0\0\x0e\x10\0\4"
                                "LMT\0CET\0";
    memset(out, 0, 200);
    memcpy(out, "TZif2", 5);
    out[39] = 1; /* one type, so that the old block is not empty */
    out[43] = 1;
    size_t n = 44 + 6 + 1;
    memcpy(out + n, "TZif2", 5);
    out[n + 35] = 1;
    out[n + 39] = 2;
    out[n + 43] = 8;
    n += 44;
    out[n + 6] = 3, out[n + 7] = (char)0xe8; /* 1000 */
    out[n + 8] = 1;
    n += 9;
    memcpy(out + n, types, sizeof types - 1);
    n += sizeof types - 1;
    out[n++] = '\n';
    memcpy(out + n, rule, strlen(rule));
    n += strlen(rule);
    out[n++] = '\n';
    return (struct slice){out, n};
}

static void files_are_checked(void)
{
    char bytes[300];
    struct arena *a = arena_new(4096);
    const struct time_zone *z = NULL;
    struct time_zone_cache c = {0};
    struct slice file = made_file(bytes, "CET-1CEST,M3.5.0,M10.5.0/3");
    struct err *e = timezone_from_bytes(a, SLICE("Made"), file, &z);
    CHECK(e == NULL);
    if (e) err_print(e, stdout);
    CHECK(timezone_offset_ms(z, 0, &c) == 60000);
    CHECK(timezone_offset_ms(z, 1000000, &c) == 3600000);
    CHECK(timezone_offset_ms(z, 1720000000000, &c) == 7200000);
    CHECK(timezone_offset_ms(z, 1735000000000, &c) == 3600000);
    CHECK(slice_eq(timezone_name(z), SLICE("Made")));
    for (size_t n = 0; n < file.n; n++) {
        e = timezone_from_bytes(a, SLICE("x"), (struct slice){file.p, n}, &z);
        CHECK(e && err_code(e) == ERR_CORRUPT);
        err_free(e);
        arena_reset(a);
    }
    static const char *const rules[] = {"CET", "CET-1CEST", "CET-1CEST,M13.1.0,M1.1.0", "<CET-1",
        "CET-1CEST,M3.5.0", "CET-99", "CET-1CEST,M3.5.0,M10.5.0/999", "CET-1CEST,M3.5.0,M10.5.0,"};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        e = timezone_from_bytes(a, SLICE("x"), made_file(bytes, rules[i]), &z);
        CHECK(e != NULL);
        if (!e) printf("# %s\n", rules[i]);
        err_free(e);
    }
    arena_free(a);
}

static void the_cache_spans_a_whole_period(void)
{
    struct arena *a = arena_new(4096);
    const struct time_zone *z = open_zone(a, "America/Los_Angeles");
    struct time_zone_cache c = {0};
    timezone_offset_ms(z, 1720000000000, &c);
    CHECK(c.from_ms == 1710064800000 && c.until_ms == 1730624400000 && c.offset_ms == -25200000);
    timezone_offset_ms(z, 4102444800000, &c); /* 2100, by the rule alone */
    CHECK(c.offset_ms == -28800000 && c.until_ms - c.from_ms < 200 * DATETIME_MS_PER_DAY);
    CHECK(c.from_ms <= 4102444800000 && c.until_ms > 4102444800000);
    arena_free(a);
}

int main(void)
{
    TEST_RUN(instants_and_local_times_agree_with_java);
    TEST_RUN(gaps_move_forward_and_overlaps_take_the_earlier_offset);
    TEST_RUN(offsets_are_zones_too);
    TEST_RUN(bad_names_are_refused_with_a_hint);
    TEST_RUN(files_are_checked);
    TEST_RUN(the_cache_spans_a_whole_period);
    return TEST_END();
}
