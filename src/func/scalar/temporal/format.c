/* Dates and times to text and back, by Java patterns. */
#include "func/scalar/temporal/temporal.h"

#define DEFAULT_PATTERN "yyyy-MM-dd HH:mm:ss"

/* ---- DATE_FORMAT ---- */

static int64_t offset_at(const struct func_frame *f, int64_t utc_ms, struct time_zone_cache *cache)
{
    return timezone_to_local(temporal_zone(f), utc_ms, cache) - utc_ms;
}

static void put_formatted(struct func_frame *f, uint32_t row, const struct date_format *format,
    struct timestamp local, int64_t offset_ms)
{
    char text[DATE_FORMAT_CHARS_MAX];
    size_t n = date_format_print(
        format, local, (int32_t)(offset_ms / 1000), timezone_name(temporal_zone(f)), text);
    text_put(f, row, (struct slice){text, n});
}

static struct err *date_format_eval(struct func_frame *f)
{
    struct time_zone_cache cache = {0};
    bool zoned = f->call->arg_types[0]->kind == TYPE_TIMESTAMP_LTZ;
    for (FUNC_EACH_ROW(f, row)) {
        const struct date_format *format = temporal_pattern(f, row);
        if (!format) {
            column_set_null(f->out, row);
            continue;
        }
        int64_t offset_ms = zoned ? offset_at(f, temporal_stored(f->args[0], row).ms, &cache) : 0;
        put_formatted(f, row, format, temporal_local(f, 0, row, &cache), offset_ms);
    }
    return NULL;
}

/* A text is read with the default pattern first. */
static struct err *date_format_text_eval(struct func_frame *f)
{
    const struct date_format *from = NULL;
    TRY(date_format_compile(f->arena, SLICE(DEFAULT_PATTERN), DATE_FORMAT_SIMPLE, &from));
    for (FUNC_EACH_ROW(f, row)) {
        struct date_format_result read;
        const struct date_format *format = temporal_pattern(f, row);
        if (format && date_format_parse(from, text_arg(f, 0, row), &read))
            put_formatted(f, row, format, read.local, 0);
        else
            column_set_null(f->out, row);
    }
    return NULL;
}

static struct err *open_new_1(struct func_call *call)
{
    return temporal_open_pattern(call, 1, DEFAULT_PATTERN, DATE_FORMAT_NEW);
}

static struct err *open_simple_1(struct func_call *call)
{
    return temporal_open_pattern(call, 1, DEFAULT_PATTERN, DATE_FORMAT_SIMPLE);
}

/* ---- TO_TIMESTAMP, TO_DATE ---- */

static bool read_by_pattern(struct func_frame *f, uint32_t row, struct timestamp *out)
{
    struct date_format_result read;
    const struct date_format *format = temporal_pattern(f, row);
    if (!format || !date_format_parse(format, text_arg(f, 0, row), &read)) return false;
    *out = read.local;
    return true;
}

/* A text that does not match a given pattern gets a second chance as a JDBC timestamp, as in Flink.
 */
static bool read_timestamp(struct func_frame *f, uint32_t row, struct timestamp *out)
{
    struct slice text = text_arg(f, 0, row);
    if (f->call->arg_count == 1) return datetime_parse_timestamp(text, 3, out);
    return read_by_pattern(f, row, out) || datetime_parse_jdbc(text, out);
}

static struct err *to_timestamp_eval(struct func_frame *f)
{
    for (FUNC_EACH_ROW(f, row)) {
        struct timestamp t = {0};
        if (read_timestamp(f, row, &t))
            temporal_store(f->out, row, t);
        else
            column_set_null(f->out, row);
    }
    return NULL;
}

static struct err *to_date_eval(struct func_frame *f)
{
    int32_t *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) {
        struct timestamp t = {0};
        bool ok = f->call->arg_count == 1 ? datetime_parse_date(text_arg(f, 0, row), &out[row])
                                          : read_by_pattern(f, row, &t);
        if (!ok)
            column_set_null(f->out, row);
        else if (f->call->arg_count > 1)
            out[row] = datetime_days(t.ms);
    }
    return NULL;
}

/* ---- UNIX time ---- */

static struct err *from_unixtime_eval(struct func_frame *f)
{
    struct time_zone_cache cache = {0};
    const int64_t *seconds = f->args[0]->data;
    for (FUNC_EACH_ROW(f, row)) {
        const struct date_format *format = temporal_pattern(f, row);
        int64_t ms;
        if (!format || __builtin_mul_overflow(seconds[row], 1000, &ms)) {
            column_set_null(f->out, row);
            continue;
        }
        struct timestamp local = {.ms = timezone_to_local(temporal_zone(f), ms, &cache)};
        put_formatted(f, row, format, local, local.ms - ms);
    }
    return NULL;
}

static struct err *unix_timestamp_eval(struct func_frame *f)
{
    int64_t *out = f->out->data;
    if (f->call->arg_count == 0) {
        for (FUNC_EACH_ROW(f, row)) out[row] = f->env->proctime_ms / 1000;
        return NULL;
    }
    struct time_zone_cache cache = {0};
    for (FUNC_EACH_ROW(f, row)) {
        struct date_format_result read;
        const struct date_format *format = temporal_pattern(f, row);
        out[row] = INT64_MIN; /* Flink's answer to a text that is no time */
        if (!format || !date_format_parse(format, text_arg(f, 0, row), &read)) continue;
        int64_t ms = read.has_offset
                         ? read.local.ms - INT64_C(1000) * read.offset_s
                         : temporal_calendar_to_utc(temporal_zone(f), read.local.ms, &cache);
        out[row] = datetime_floor_div(ms, 1000);
    }
    return NULL;
}

static const struct func_signature date_format_signatures[] = {
    {"TIMESTAMP, STRING -> STRING NULL", date_format_eval},
    {"TIMESTAMP_LTZ, STRING -> STRING NULL", date_format_eval},
    {"STRING, STRING -> STRING NULL", date_format_text_eval},
    {0},
};
static const struct func_signature to_timestamp_signatures[] = {
    {"STRING, STRING? -> TIMESTAMP(3) NULL", to_timestamp_eval}, {0}};
static const struct func_signature to_date_signatures[] = {
    {"STRING, STRING? -> DATE NULL", to_date_eval}, {0}};
static const struct func_signature from_unixtime_signatures[] = {
    {"BIGINT, STRING? -> STRING NULL", from_unixtime_eval}, {0}};
static const struct func_signature unix_timestamp_signatures[] = {
    {"STRING, STRING? -> BIGINT", unix_timestamp_eval},
    {"-> BIGINT NOT NULL", unix_timestamp_eval},
    {0},
};

const struct func_def func_date_format = {
    .name = "DATE_FORMAT",
    .flags = FUNC_STRICT,
    .signatures = date_format_signatures,
    .open = open_new_1,
    .close = temporal_close_pattern,
    .signature_doc = "DATE_FORMAT(timestamp, pattern)",
    .doc =
        "A timestamp as text by a Java date pattern; a text is read as yyyy-MM-dd HH:mm:ss first.",
    .example = "DATE_FORMAT(TIMESTAMP '2026-01-02 03:04:05', 'dd.MM.yy') → 02.01.26",
};

const struct func_def func_to_timestamp = {
    .name = "TO_TIMESTAMP",
    .flags = FUNC_STRICT,
    .signatures = to_timestamp_signatures,
    .open = open_new_1,
    .close = temporal_close_pattern,
    .signature_doc = "TO_TIMESTAMP(string[, pattern])",
    .doc = "Reads a text as TIMESTAMP(3), by default yyyy-MM-dd HH:mm:ss; NULL when it is none.",
    .example = "TO_TIMESTAMP('02.01.26 03:04', 'dd.MM.yy HH:mm') → 2026-01-02 03:04:00.000",
};

const struct func_def func_to_date = {
    .name = "TO_DATE",
    .flags = FUNC_STRICT,
    .signatures = to_date_signatures,
    .open = open_new_1,
    .close = temporal_close_pattern,
    .signature_doc = "TO_DATE(string[, pattern])",
    .doc = "Reads a text as DATE, by default yyyy-MM-dd; NULL when it is none.",
    .example = "TO_DATE('2026-01-02') → 2026-01-02",
};

const struct func_def func_from_unixtime = {
    .name = "FROM_UNIXTIME",
    .flags = FUNC_STRICT,
    .signatures = from_unixtime_signatures,
    .open = open_simple_1,
    .close = temporal_close_pattern,
    .signature_doc = "FROM_UNIXTIME(seconds[, pattern])",
    .doc = "Seconds since 1970 as text in the session's zone, by default yyyy-MM-dd HH:mm:ss.",
    .example = "FROM_UNIXTIME(0) → 1970-01-01 00:00:00",
};

const struct func_def func_unix_timestamp = {
    .name = "UNIX_TIMESTAMP",
    .flags = FUNC_STRICT | FUNC_DYNAMIC,
    .signatures = unix_timestamp_signatures,
    .open = open_simple_1,
    .close = temporal_close_pattern,
    .signature_doc = "UNIX_TIMESTAMP([string[, pattern]])",
    .doc = "Seconds since 1970 now, or of a text read in the session's zone.",
    .example = "UNIX_TIMESTAMP('1970-01-01 00:01:00') → 60",
};
