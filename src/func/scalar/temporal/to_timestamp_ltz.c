#include <math.h>

#include "func/scalar/temporal/temporal.h"
#include "type/decimal.h"

/* Numbers are seconds (precision 0), milliseconds (3, the default) or, finer, 10^-precision s. */
static int32_t precision_of(const struct func_call *call)
{
    if (call->arg_count < 2 || !call->literals[1]) return 3;
    return (int32_t)call->literals[1]->i64;
}

static struct timestamp from_units(int64_t v, int32_t precision)
{
    static const int64_t powers[] = {
        1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};
    i128 ns = (i128)v * (1000000000 / powers[precision]);
    return datetime_from_ns(ns);
}

#define LEAST_MS INT64_C(-62167219200000)
#define GREATEST_MS INT64_C(253402300799999)

/* Instants outside the years 0 to 9999 of UTC are NULL (Flink's MIN_EPOCH_MILLS, MAX_EPOCH_MILLS).
 */
static void store_units(struct func_frame *f, uint32_t row, int64_t v, int32_t precision)
{
    struct timestamp t = from_units(v, precision);
    if (t.ms < LEAST_MS || t.ms > GREATEST_MS)
        column_set_null(f->out, row);
    else
        temporal_store(f->out, row, t);
}

static struct err *integer_eval(struct func_frame *f)
{
    int32_t precision = precision_of(f->call);
    const int64_t *restrict v = f->args[0]->data;
    if (f->out->layout == LAYOUT_I64) {
        int64_t *restrict out = f->out->data;
        int64_t ms = precision == 0 ? 1000 : precision == 1 ? 100 : precision == 2 ? 10 : 1;
        for (FUNC_EACH_ROW(f, row)) {
            out[row] = 0;
            if (v[row] < LEAST_MS / ms || v[row] > GREATEST_MS / ms)
                column_set_null(f->out, row);
            else
                out[row] = v[row] * ms;
        }
        return NULL;
    }
    for (FUNC_EACH_ROW(f, row)) store_units(f, row, v[row], precision);
    return NULL;
}

static struct err *double_eval(struct func_frame *f)
{
    int32_t precision = precision_of(f->call);
    const double *v = f->args[0]->data;
    double limit = precision < 3 ? 9e15 : 9e18; /* what int64_t and its milliseconds hold */
    for (FUNC_EACH_ROW(f, row)) {
        double units = precision == 0 ? v[row] * 1000 : v[row];
        if (!(fabs(units) < limit))
            column_set_null(f->out, row);
        else
            store_units(f, row, (int64_t)units, precision == 0 ? 3 : precision);
    }
    return NULL;
}

/* text[, pattern[, zone]]: UTC unless a zone is given or the text names one. */
static struct err *text_eval(struct func_frame *f)
{
    const struct time_zone *zone = timezone_utc();
    struct time_zone_cache cache = {0};
    if (f->call->arg_count > 2) {
        const struct value *name = f->call->literals[2];
        if (!name || name->null)
            FAIL(ERR_UNSUPPORTED, "the zone of TO_TIMESTAMP_LTZ must be a literal");
        TRY(timezone_open(f->arena, NULL, name->text, &zone));
    }
    for (FUNC_EACH_ROW(f, row)) {
        struct date_format_result read = {0};
        const struct date_format *format = temporal_pattern(f, row);
        bool ok = f->call->arg_count == 1
                      ? datetime_parse_timestamp(text_arg(f, 0, row), 3, &read.local)
                      : format && date_format_parse(format, text_arg(f, 0, row), &read);
        if (!ok) {
            column_set_null(f->out, row);
            continue;
        }
        read.local.ms = read.has_offset ? read.local.ms - INT64_C(1000) * read.offset_s
                                        : timezone_to_utc(zone, read.local.ms, &cache);
        temporal_store(f->out, row, read.local);
    }
    return NULL;
}

static struct err *infer_number(struct func_infer *in)
{
    int64_t precision = 3;
    if (in->arg_count > 2) FAIL(ERR_UNDEFINED_FUNCTION, "TO_TIMESTAMP_LTZ(number, precision)");
    if (in->arg_count == 2) {
        const struct value *v = in->args[1].literal;
        if (!v || v->null || !type_is_integer(in->args[1].type))
            FAIL_AT(
                ERR_DATATYPE_MISMATCH, in->args[1].pos, "the precision must be a literal, 0 to 9");
        precision = v->i64;
    }
    if (precision < 0 || precision > 9)
        FAIL_AT(ERR_OUT_OF_RANGE, in->args[1].pos,
            "The precision value for TO_TIMESTAMP_LTZ function must be in the range 0 to 9.");
    bool approximate = type_is_approximate(in->args[0].type);
    in->arg_types[0] = type_new(
        in->arena, approximate ? TYPE_DOUBLE : TYPE_BIGINT, 0, 0, in->args[0].type->nullable);
    in->result =
        type_new(in->arena, TYPE_TIMESTAMP_LTZ, precision < 3 ? 3 : (int32_t)precision, 0, true);
    return NULL;
}

static struct err *infer(struct func_infer *in)
{
    if (in->arg_count == 0) FAIL(ERR_UNDEFINED_FUNCTION, "TO_TIMESTAMP_LTZ wants an argument");
    if (type_is_numeric(in->args[0].type)) return infer_number(in);
    for (uint32_t i = 0; i < in->arg_count; i++)
        if (!type_is_character(in->args[i].type) || i > 2)
            FAIL_AT(ERR_DATATYPE_MISMATCH, in->args[i].pos,
                "TO_TIMESTAMP_LTZ takes a number and a precision, or a text, a pattern and a zone");
    in->result = type_new(in->arena, TYPE_TIMESTAMP_LTZ, 3, 0, true);
    return NULL;
}

static struct err *eval(struct func_frame *f)
{
    enum type_kind kind = f->call->arg_types[0]->kind;
    if (kind == TYPE_BIGINT) return integer_eval(f);
    return kind == TYPE_DOUBLE ? double_eval(f) : text_eval(f);
}

static struct err *open(struct func_call *call)
{
    bool text = type_is_character(call->arg_types[0]);
    return temporal_open_pattern(
        call, text ? 1 : UINT32_MAX, "yyyy-MM-dd HH:mm:ss", DATE_FORMAT_NEW);
}

const struct func_def func_to_timestamp_ltz = {
    .name = "TO_TIMESTAMP_LTZ",
    .flags = FUNC_STRICT,
    .infer = infer,
    .eval = eval,
    .open = open,
    .close = temporal_close_pattern,
    .signature_doc =
        "TO_TIMESTAMP_LTZ(number[, precision]) | TO_TIMESTAMP_LTZ(string[, pattern[, zone]])",
    .doc = "An instant from seconds (precision 0), milliseconds (3) or finer units since 1970, or "
           "from "
           "a text in UTC or a zone.",
    .example = "TO_TIMESTAMP_LTZ(0, 3) → 1970-01-01 00:00:00.000",
};
