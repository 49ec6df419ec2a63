/* CONVERT_TZ: a text in one zone as a text in another. Zones are named as java.util.TimeZone names
 * them: what it does not know is GMT. */
#include "base/arena.h"
#include "func/scalar/temporal/temporal.h"

struct convert_tz {
    const struct date_format *format;
    const struct time_zone *zones[2]; /* from and to; NULL: the argument is NULL */
};

/* Three letters that java.util.TimeZone still knows (sun.util.calendar.ZoneInfoFile) and the tz
 * database does not, or has with other rules. */
static const struct {
    const char *name, *region;
} old_names[] = {{"ACT", "Australia/Darwin"}, {"AET", "Australia/Sydney"},
    {"AGT", "America/Argentina/Buenos_Aires"}, {"ART", "Africa/Cairo"},
    {"AST", "America/Anchorage"}, {"BET", "America/Sao_Paulo"}, {"BST", "Asia/Dhaka"},
    {"CAT", "Africa/Harare"}, {"CNT", "America/St_Johns"}, {"CST", "America/Chicago"},
    {"CTT", "Asia/Shanghai"}, {"EAT", "Africa/Addis_Ababa"}, {"ECT", "Europe/Paris"},
    {"EST", "-05:00"}, {"HST", "-10:00"}, {"IET", "America/Indiana/Indianapolis"},
    {"IST", "Asia/Kolkata"}, {"JST", "Asia/Tokyo"}, {"MIT", "Pacific/Apia"}, {"MST", "-07:00"},
    {"NET", "Asia/Yerevan"}, {"NST", "Pacific/Auckland"}, {"PLT", "Asia/Karachi"},
    {"PNT", "America/Phoenix"}, {"PRT", "America/Puerto_Rico"}, {"PST", "America/Los_Angeles"},
    {"SST", "Pacific/Guadalcanal"}, {"VST", "Asia/Ho_Chi_Minh"}};

static size_t digits_at(struct slice s, size_t at)
{
    size_t n = 0;
    while (at + n < s.n && s.p[at + n] >= '0' && s.p[at + n] <= '9') n++;
    return n;
}

static int number_at(struct slice s, size_t at, size_t count)
{
    int v = 0;
    for (size_t i = 0; i < count; i++) v = v * 10 + (s.p[at + i] - '0');
    return v;
}

/* GMT+h, GMT+hh, GMT+h:mm, GMT+hh:mm, GMT+hmm, GMT+hhmm, as "+hh:mm". */
static bool custom_offset(struct slice name, char out[8])
{
    if (name.n < 5 || memcmp(name.p, "GMT", 3) != 0) return false;
    if (name.p[3] != '+' && name.p[3] != '-') return false;
    size_t count = digits_at(name, 4), at = 4 + count, hour_digits = count;
    int minute = 0;
    if (count == 0 || count > 4) return false;
    if (at < name.n) {
        if (count > 2 || name.p[at] != ':' || at + 3 != name.n || digits_at(name, at + 1) != 2)
            return false;
        minute = number_at(name, at + 1, 2);
    } else if (count > 2) {
        hour_digits = count - 2;
        minute = number_at(name, 4 + hour_digits, 2);
    }
    int hour = number_at(name, 4, hour_digits);
    if (hour > 23 || minute > 59) return false;
    memcpy(out, "+00:00", 7);
    out[0] = name.p[3];
    out[1] = (char)('0' + hour / 10);
    out[2] = (char)('0' + hour % 10);
    out[4] = (char)('0' + minute / 10);
    out[5] = (char)('0' + minute % 10);
    return true;
}

/* Offsets alone ("+08:00", "UTC+8", "Z") are names of java.time, not of java.util.TimeZone. */
static bool is_region(struct slice name)
{
    bool letter = name.n > 1 && ((name.p[0] >= 'A' && name.p[0] <= 'Z') ||
                                    (name.p[0] >= 'a' && name.p[0] <= 'z'));
    bool etc = name.n > 4 && memcmp(name.p, "Etc/", 4) == 0;
    for (size_t i = 0; i < name.n; i++)
        if (!etc && (name.p[i] == '+' || name.p[i] == ':')) return false;
    return letter && (etc || name.n < 4 || name.p[3] != '-');
}

static void find_zone(struct arena *a, struct slice name, const struct time_zone **out)
{
    char offset[8];
    bool known = false;
    for (size_t i = 0; i < sizeof old_names / sizeof *old_names && !known; i++) {
        known = slice_eq(name, slice_of(old_names[i].name));
        if (known) name = slice_of(old_names[i].region);
    }
    if (custom_offset(name, offset)) {
        known = true;
        name = slice_of(offset);
    }
    *out = timezone_utc();
    if (known || is_region(name)) err_free(timezone_open(a, NULL, name, out));
}

/* The zones are read when the plan is made: functions touch no files later. */
static struct err *open_convert(struct func_call *call)
{
    struct convert_tz *c = ARENA_NEW(call->arena, struct convert_tz);
    *c = (struct convert_tz){0};
    TRY(date_format_compile(
        call->arena, SLICE("yyyy-MM-dd HH:mm:ss"), DATE_FORMAT_SIMPLE, &c->format));
    for (uint32_t i = 0; i < 2; i++) {
        const struct value *name = call->literals[i + 1];
        if (!name)
            FAIL(ERR_UNSUPPORTED, "the zones of CONVERT_TZ must be literals like 'Europe/Berlin'");
        if (!name->null) find_zone(call->arena, name->text, &c->zones[i]);
    }
    call->state = c;
    return NULL;
}

static struct err *convert_eval(struct func_frame *f)
{
    const struct convert_tz *c = f->call->state;
    struct time_zone_cache from = {0}, to = {0};
    for (FUNC_EACH_ROW(f, row)) {
        struct date_format_result read;
        if (!date_format_parse(c->format, text_arg(f, 0, row), &read)) {
            column_set_null(f->out, row);
            continue;
        }
        int64_t utc_ms = temporal_calendar_to_utc(c->zones[0], read.local.ms, &from);
        struct timestamp local = {.ms = timezone_to_local(c->zones[1], utc_ms, &to)};
        char text[DATE_FORMAT_CHARS_MAX];
        int32_t offset_s = (int32_t)((local.ms - utc_ms) / 1000);
        size_t n = date_format_print(c->format, local, offset_s, timezone_name(c->zones[1]), text);
        text_put(f, row, (struct slice){text, n});
    }
    return NULL;
}

static const struct func_signature signatures[] = {
    {"STRING, STRING, STRING -> STRING NULL", convert_eval}, {0}};

const struct func_def func_convert_tz = {
    .name = "CONVERT_TZ",
    .flags = FUNC_STRICT,
    .signatures = signatures,
    .open = open_convert,
    .signature_doc = "CONVERT_TZ(string, from_zone, to_zone)",
    .doc = "A text like yyyy-MM-dd HH:mm:ss of one zone in another; NULL when it is no such text. "
           "A zone that is not known is GMT. The zones must be literals.",
    .example = "CONVERT_TZ('1970-01-01 00:00:00', 'UTC', 'America/Los_Angeles') "
               "→ 1969-12-31 16:00:00",
};
