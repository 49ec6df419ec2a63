#include "func/scalar/temporal/temporal.h"

static struct err *extract_rows(struct func_frame *f, enum datetime_unit unit, uint32_t arg)
{
    int64_t *out = f->out->data;
    struct time_zone_cache cache = {0};
    const void *data = f->args[arg]->data;
    enum type_kind kind = f->call->arg_types[arg]->kind;
    for (FUNC_EACH_ROW(f, row)) {
        if (kind == TYPE_DATE)
            out[row] = datetime_extract_date(unit, ((const int32_t *)data)[row]);
        else if (kind == TYPE_TIME)
            out[row] = datetime_extract_time(unit, ((const int32_t *)data)[row]);
        else if (kind == TYPE_INTERVAL_MONTH)
            out[row] = datetime_extract_interval_month(unit, ((const int32_t *)data)[row]);
        else if (kind == TYPE_INTERVAL_SECOND)
            out[row] = datetime_extract_interval_second(unit, ((const int64_t *)data)[row]);
        else if (kind == TYPE_TIMESTAMP_LTZ && unit == UNIT_EPOCH)
            out[row] = datetime_extract(unit, temporal_stored(f->args[arg], row));
        else
            out[row] = datetime_extract(unit, temporal_local(f, arg, row, &cache));
    }
    return NULL;
}

static struct err *extract_eval(struct func_frame *f)
{
    return extract_rows(f, temporal_unit(f->call, 0), 1);
}

/* YEAR(x), HOUR(x) and so on: the name is the unit, but for a few. */
static enum datetime_unit unit_of_name(const char *name)
{
    static const struct {
        const char *name;
        enum datetime_unit unit;
    } others[] = {{"DAYOFYEAR", UNIT_DOY}, {"DAYOFMONTH", UNIT_DAY}, {"DAYOFWEEK", UNIT_DOW}};
    enum datetime_unit unit = UNIT_DAY;
    if (datetime_unit_parse(slice_of(name), &unit)) return unit;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(others[i].name, name) == 0) return others[i].unit;
    return unit;
}

static struct err *part_eval(struct func_frame *f)
{
    return extract_rows(f, unit_of_name(f->call->def->name), 0);
}

static bool finer_than_day(enum datetime_unit unit)
{
    return unit <= UNIT_HOUR;
}

/* As Calcite: a TIME has no date, intervals have only their own fields. */
static struct err *check_unit(const struct func_infer *in, uint32_t arg, enum datetime_unit unit)
{
    const struct type *t = in->args[arg].type;
    bool datetime = type_is_datetime(t) || type_is_interval(t);
    if (!datetime)
        FAIL_AT(ERR_DATATYPE_MISMATCH, in->args[arg].pos,
            "Cannot apply 'EXTRACT' to arguments of type 'EXTRACT(<INTERVAL %s> FROM <%s>)'. "
            "Supported form(s): 'EXTRACT(<DATETIME_INTERVAL> FROM <DATETIME_INTERVAL>)' "
            "'EXTRACT(<DATETIME_INTERVAL> FROM <DATETIME>)'",
            datetime_unit_name(unit), type_to_standard_cstr(in->arena, t));
    if (t->kind == TYPE_TIME && !finer_than_day(unit))
        FAIL_AT(ERR_DATATYPE_MISMATCH, in->args[arg].pos,
            "unit %s can not be applied to time variable", datetime_unit_name(unit));
    return NULL;
}

static struct err *set_bigint(struct func_infer *in, uint32_t arg)
{
    in->result = type_new(in->arena, TYPE_BIGINT, 0, 0, in->args[arg].type->nullable);
    return NULL;
}

static struct err *extract_infer(struct func_infer *in)
{
    enum datetime_unit unit;
    if (in->arg_count != 2) FAIL(ERR_UNDEFINED_FUNCTION, "EXTRACT(unit FROM time) is the form");
    TRY(temporal_infer_unit(in, 0, &unit));
    TRY(check_unit(in, 1, unit));
    return set_bigint(in, 1);
}

static struct err *part_infer(struct func_infer *in, const char *name)
{
    if (in->arg_count != 1) FAIL(ERR_UNDEFINED_FUNCTION, "%s takes one argument", name);
    TRY(check_unit(in, 0, unit_of_name(name)));
    return set_bigint(in, 0);
}

const struct func_def func_extract = {
    .name = "EXTRACT",
    .flags = FUNC_STRICT,
    .infer = extract_infer,
    .eval = extract_eval,
    .signature_doc = "EXTRACT(unit FROM time)",
    .doc = "A field of a date, time or interval; of a TIMESTAMP_LTZ in the session's zone.",
    .example = "EXTRACT(HOUR FROM TIMESTAMP '2026-01-01 12:34:56') → 12",
};

/* X(symbol, NAME, what) */
#define PARTS(X)                                                           \
    X(year, "YEAR", "The year", "2026")                                    \
    X(quarter, "QUARTER", "The quarter, 1 to 4,", "1")                     \
    X(month, "MONTH", "The month, 1 to 12,", "2")                          \
    X(week, "WEEK", "The ISO week, 1 to 53,", "6")                         \
    X(dayofyear, "DAYOFYEAR", "The day of the year", "34")                 \
    X(dayofmonth, "DAYOFMONTH", "The day of the month", "3")               \
    X(dayofweek, "DAYOFWEEK", "The day of the week, Sunday being 1,", "3") \
    X(hour, "HOUR", "The hour, 0 to 23,", "4")                             \
    X(minute, "MINUTE", "The minute, 0 to 59,", "5")                       \
    X(second, "SECOND", "The second, 0 to 59,", "6")

#define X(symbol, NAME, what, value)                                  \
    static struct err *symbol##_infer(struct func_infer *in)          \
    {                                                                 \
        return part_infer(in, NAME);                                  \
    }                                                                 \
    const struct func_def func_##symbol = {                           \
        .name = NAME,                                                 \
        .flags = FUNC_STRICT,                                         \
        .infer = symbol##_infer,                                      \
        .eval = part_eval,                                            \
        .signature_doc = NAME "(time)",                               \
        .doc = what " of a date or time.",                            \
        .example = NAME "(TIMESTAMP '2026-02-03 04:05:06') → " value, \
    };
PARTS(X)
#undef X
