/* TIMESTAMPADD, TIMESTAMPDIFF, FLOOR and CEIL to a unit. */
#include "func/scalar/temporal/temporal.h"

/* Months of a unit that has no fixed length; 0 for the others. */
static int64_t months_of(enum datetime_unit unit)
{
    static const struct {
        enum datetime_unit unit;
        int64_t months;
    } table[] = {{UNIT_MONTH, 1}, {UNIT_QUARTER, 3}, {UNIT_YEAR, 12}, {UNIT_DECADE, 120},
        {UNIT_CENTURY, 1200}, {UNIT_MILLENNIUM, 12000}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].unit == unit) return table[i].months;
    return 0;
}

static int64_t ms_of(enum datetime_unit unit)
{
    static const struct {
        enum datetime_unit unit;
        int64_t ms;
    } table[] = {{UNIT_MILLISECOND, 1}, {UNIT_SECOND, 1000}, {UNIT_MINUTE, 60000},
        {UNIT_HOUR, 3600000}, {UNIT_DAY, DATETIME_MS_PER_DAY},
        {UNIT_WEEK, 7 * DATETIME_MS_PER_DAY}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].unit == unit) return table[i].ms;
    return 0;
}

static struct err *timestampadd_eval(struct func_frame *f)
{
    enum datetime_unit unit = temporal_unit(f->call, 0);
    int64_t months = months_of(unit), ms = ms_of(unit);
    const int64_t *counts = f->args[1]->data;
    struct time_zone_cache to = {0}, from = {0};
    for (FUNC_EACH_ROW(f, row)) {
        /* Months follow the calendar of the session's zone; fixed units are exact on the instant.
         */
        if (months || f->call->type->kind != TYPE_TIMESTAMP_LTZ) {
            struct timestamp t = temporal_local(f, 2, row, &to);
            t.ms = months ? datetime_add_months(t.ms, counts[row] * months)
                          : (int64_t)((uint64_t)t.ms + (uint64_t)counts[row] * (uint64_t)ms);
            temporal_store_local(f, row, t, &from);
        } else {
            struct timestamp t = temporal_stored(f->args[2], row);
            t.ms = (int64_t)((uint64_t)t.ms + (uint64_t)counts[row] * (uint64_t)ms);
            temporal_store(f->out, row, t);
        }
    }
    return NULL;
}

static struct err *timestampadd_infer(struct func_infer *in)
{
    enum datetime_unit unit;
    if (in->arg_count != 3)
        FAIL(ERR_UNDEFINED_FUNCTION, "TIMESTAMPADD(unit, count, time) is the form");
    TRY(temporal_infer_unit(in, 0, &unit));
    const struct type *t = in->args[2].type;
    if (!type_is_datetime(t) || !type_is_integer(in->args[1].type))
        FAIL_AT(ERR_DATATYPE_MISMATCH, in->args[type_is_datetime(t) ? 1 : 2].pos,
            "Cannot apply 'TIMESTAMPADD' to arguments of type 'TIMESTAMPADD(<INTERVAL %s>, <%s>, "
            "<%s>)'. Supported form(s): 'TIMESTAMPADD(<ANY>, <INTEGER>, <DATETIME>)'",
            datetime_unit_name(unit), type_to_standard_cstr(in->arena, in->args[1].type),
            type_to_standard_cstr(in->arena, t));
    if (!months_of(unit) && !ms_of(unit))
        FAIL_AT(ERR_UNSUPPORTED, in->args[0].pos, "TIMESTAMPADD does not take the unit %s",
            datetime_unit_name(unit));
    bool nullable = t->nullable || in->args[1].type->nullable;
    in->arg_types[1] = type_new(in->arena, TYPE_BIGINT, 0, 0, in->args[1].type->nullable);
    if (t->kind == TYPE_DATE && unit <= UNIT_HOUR)
        in->result = type_new(in->arena, TYPE_TIMESTAMP, 6, 0, nullable);
    else
        in->result = type_with_nullable(
            in->arena, type_with_time_attribute(in->arena, t, TIME_NONE), nullable);
    return NULL;
}

static struct err *timestampdiff_eval(struct func_frame *f)
{
    enum datetime_unit unit = temporal_unit(f->call, 0);
    struct time_zone_cache a = {0}, b = {0};
    int32_t *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) {
        int64_t from_ms = temporal_local(f, 1, row, &a).ms,
                to_ms = temporal_local(f, 2, row, &b).ms;
        out[row] = (int32_t)datetime_diff(unit, from_ms, to_ms);
    }
    return NULL;
}

static struct err *timestampdiff_infer(struct func_infer *in)
{
    enum datetime_unit unit;
    if (in->arg_count != 3)
        FAIL(ERR_UNDEFINED_FUNCTION, "TIMESTAMPDIFF(unit, from, to) is the form");
    TRY(temporal_infer_unit(in, 0, &unit));
    const struct type *a = in->args[1].type, *b = in->args[2].type;
    for (uint32_t i = 1; i < 3; i++)
        if (in->args[i].type->kind != TYPE_DATE && !type_is_timestamp(in->args[i].type))
            FAIL_AT(ERR_DATATYPE_MISMATCH, in->args[i].pos,
                "Cannot apply 'TIMESTAMPDIFF' to arguments of type 'TIMESTAMPDIFF(<INTERVAL %s>, "
                "<%s>, <%s>)'. Supported form(s): 'TIMESTAMPDIFF(<ANY>, <DATETIME>, <DATETIME>)'",
                datetime_unit_name(unit), type_to_standard_cstr(in->arena, a),
                type_to_standard_cstr(in->arena, b));
    if ((a->kind == TYPE_TIMESTAMP_LTZ) != (b->kind == TYPE_TIMESTAMP_LTZ))
        FAIL_AT(ERR_DATATYPE_MISMATCH, in->args[2].pos,
            "TIMESTAMP_LTZ only supports diff between the same type.");
    in->result = type_new(in->arena, TYPE_INTEGER, 0, 0, a->nullable || b->nullable);
    return NULL;
}

static struct err *round_to(struct func_frame *f, bool up)
{
    enum datetime_unit unit = temporal_unit(f->call, 1);
    struct time_zone_cache to = {0}, from = {0};
    for (FUNC_EACH_ROW(f, row)) {
        int64_t ms = temporal_local(f, 0, row, &to).ms;
        struct timestamp t = {.ms = up ? datetime_ceil(unit, ms) : datetime_floor(unit, ms)};
        temporal_store_local(f, row, t, &from);
    }
    return NULL;
}

static struct err *floor_to_eval(struct func_frame *f)
{
    return round_to(f, false);
}

static struct err *ceil_to_eval(struct func_frame *f)
{
    return round_to(f, true);
}

static struct err *round_to_infer(struct func_infer *in, const char *name)
{
    enum datetime_unit unit;
    if (in->arg_count != 2) FAIL(ERR_UNDEFINED_FUNCTION, "FLOOR(time TO unit) is the form");
    TRY(temporal_infer_unit(in, 1, &unit));
    const struct type *t = in->args[0].type;
    if (!type_is_datetime(t))
        FAIL_AT(ERR_DATATYPE_MISMATCH, in->args[0].pos,
            "Cannot apply '%s' to arguments of type '%s(<%s>, <INTERVAL %s>)'. Supported form(s): "
            "'%s(<DATE> TO <TIME_UNIT>)' '%s(<TIME> TO <TIME_UNIT>)' '%s(<TIMESTAMP> TO "
            "<TIME_UNIT>)'",
            name, name, type_to_standard_cstr(in->arena, t), datetime_unit_name(unit), name, name,
            name);
    if (unit < UNIT_MILLISECOND || unit > UNIT_MILLENNIUM)
        FAIL_AT(ERR_UNSUPPORTED, in->args[1].pos, "times cannot be rounded to %s",
            datetime_unit_name(unit));
    in->result = type_with_time_attribute(in->arena, t, TIME_NONE);
    return NULL;
}
static struct err *floor_to_infer(struct func_infer *in)
{
    return round_to_infer(in, "FLOOR");
}
static struct err *ceil_to_infer(struct func_infer *in)
{
    return round_to_infer(in, "CEIL");
}

const struct func_def func_timestampadd = {
    .name = "TIMESTAMPADD",
    .flags = FUNC_STRICT,
    .infer = timestampadd_infer,
    .eval = timestampadd_eval,
    .signature_doc = "TIMESTAMPADD(unit, count, time)",
    .doc = "Adds units to a date or time; a day past a month's end becomes its last day.",
    .example = "TIMESTAMPADD(MONTH, 1, DATE '2026-01-31') → 2026-02-28",
};

const struct func_def func_timestampdiff = {
    .name = "TIMESTAMPDIFF",
    .flags = FUNC_STRICT,
    .infer = timestampdiff_infer,
    .eval = timestampdiff_eval,
    .signature_doc = "TIMESTAMPDIFF(unit, from, to)",
    .doc = "Complete units between two times, toward zero.",
    .example = "TIMESTAMPDIFF(DAY, DATE '2026-01-01', DATE '2026-01-31') → 30",
};

const struct func_def func_floor_to = {
    .name = "FLOOR TO",
    .flags = FUNC_STRICT | FUNC_OPERATOR,
    .infer = floor_to_infer,
    .eval = floor_to_eval,
    .signature_doc = "FLOOR(time TO unit)",
    .doc = "A date or time rounded down to a unit.",
    .example = "FLOOR(TIMESTAMP '2026-01-01 12:34:56' TO HOUR) → 2026-01-01 12:00:00",
};

const struct func_def func_ceil_to = {
    .name = "CEIL TO",
    .flags = FUNC_STRICT | FUNC_OPERATOR,
    .infer = ceil_to_infer,
    .eval = ceil_to_eval,
    .signature_doc = "CEIL(time TO unit)",
    .doc = "A date or time rounded up to a unit.",
    .example = "CEIL(TIMESTAMP '2026-01-01 12:34:56' TO HOUR) → 2026-01-01 13:00:00",
};
