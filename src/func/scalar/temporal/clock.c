/* Functions of the clock. In streaming each row sees the processing time of its batch. */
#include "func/scalar/temporal/temporal.h"
#include "vec/batch.h"

static struct err *instant_eval(struct func_frame *f)
{
    int64_t *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) out[row] = f->env->proctime_ms;
    return NULL;
}

static int64_t local_now(const struct func_frame *f)
{
    struct time_zone_cache cache = {0};
    return timezone_to_local(temporal_zone(f), f->env->proctime_ms, &cache);
}

static struct err *local_timestamp_eval(struct func_frame *f)
{
    int64_t *out = f->out->data, now_ms = local_now(f);
    for (FUNC_EACH_ROW(f, row)) out[row] = now_ms;
    return NULL;
}

static struct err *current_date_eval(struct func_frame *f)
{
    int32_t *out = f->out->data, today = datetime_days(local_now(f));
    for (FUNC_EACH_ROW(f, row)) out[row] = today;
    return NULL;
}

static struct err *local_time_eval(struct func_frame *f)
{
    int32_t *out = f->out->data, now = datetime_ms_of_day(local_now(f)) / 1000 * 1000;
    for (FUNC_EACH_ROW(f, row)) out[row] = now;
    return NULL;
}

static struct err *current_watermark_eval(struct func_frame *f)
{
    int64_t *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) {
        int64_t watermark_ms = f->env->batch
                                   ? batch_watermark_at(f->env->batch, row, f->env->watermark_ms)
                                   : f->env->watermark_ms;
        out[row] = watermark_ms;
        if (watermark_ms == WATERMARK_NONE || watermark_ms == WATERMARK_IDLE)
            column_set_null(f->out, row);
        else
            column_set_valid(f->out, row);
    }
    return NULL;
}

static struct err *current_watermark_infer(struct func_infer *in)
{
    if (in->arg_count != 1 || in->args[0].type->time_attribute != TIME_ROWTIME)
        FAIL_AT(ERR_DATATYPE_MISMATCH, in->arg_count ? in->args[0].pos : (struct text_pos){0},
            "The argument of CURRENT_WATERMARK() must be a rowtime attribute, but was '%s'.",
            in->arg_count ? type_to_cstr(in->arena, in->args[0].type) : "absent");
    in->result = type_new(in->arena, in->args[0].type->kind, 3, 0, true);
    return NULL;
}

static const char *const timestamp_aliases[] = {"NOW", "CURRENT_ROW_TIMESTAMP", NULL};
static const char *const time_aliases[] = {"CURRENT_TIME", NULL};
static const struct func_signature instant_signatures[] = {
    {"-> TIMESTAMP_LTZ(3) NOT NULL", instant_eval}, {0}};
static const struct func_signature local_timestamp_signatures[] = {
    {"-> TIMESTAMP(3) NOT NULL", local_timestamp_eval}, {0}};
static const struct func_signature current_date_signatures[] = {
    {"-> DATE NOT NULL", current_date_eval}, {0}};
static const struct func_signature local_time_signatures[] = {
    {"-> TIME(0) NOT NULL", local_time_eval}, {0}};

const struct func_def func_current_timestamp = {
    .name = "CURRENT_TIMESTAMP",
    .aliases = timestamp_aliases,
    .flags = FUNC_DYNAMIC,
    .signatures = instant_signatures,
    .signature_doc = "CURRENT_TIMESTAMP | NOW() | CURRENT_ROW_TIMESTAMP()",
    .doc = "The processing time of the row.",
    .example = "CURRENT_TIMESTAMP → 2026-01-01 00:00:00.000",
};

const struct func_def func_proctime = {
    .name = "PROCTIME",
    .flags = FUNC_DYNAMIC,
    .signatures = instant_signatures,
    .signature_doc = "PROCTIME()",
    .doc = "Processing time as a time attribute; its value is read where it is used.",
    .example = "PROCTIME() → 2026-01-01 00:00:00.000",
};

const struct func_def func_localtimestamp = {
    .name = "LOCALTIMESTAMP",
    .flags = FUNC_DYNAMIC,
    .signatures = local_timestamp_signatures,
    .signature_doc = "LOCALTIMESTAMP",
    .doc = "The processing time of the row as wall-clock time in the session's zone.",
    .example = "LOCALTIMESTAMP → 2026-01-01 00:00:00.000",
};

const struct func_def func_current_date = {
    .name = "CURRENT_DATE",
    .flags = FUNC_DYNAMIC,
    .signatures = current_date_signatures,
    .signature_doc = "CURRENT_DATE",
    .doc = "The date of the row's processing time in the session's zone.",
    .example = "CURRENT_DATE → 2026-01-01",
};

const struct func_def func_localtime = {
    .name = "LOCALTIME",
    .aliases = time_aliases,
    .flags = FUNC_DYNAMIC,
    .signatures = local_time_signatures,
    .signature_doc = "LOCALTIME | CURRENT_TIME",
    .doc = "The time of day of the row's processing time in the session's zone.",
    .example = "LOCALTIME → 12:00:00",
};

const struct func_def func_current_watermark = {
    .name = "CURRENT_WATERMARK",
    .flags = FUNC_DYNAMIC,
    .infer = current_watermark_infer,
    .eval = current_watermark_eval,
    .signature_doc = "CURRENT_WATERMARK(rowtime)",
    .doc = "The watermark in force when the row came; NULL before the first one.",
    .example = "CURRENT_WATERMARK(ts) → 2026-01-01 00:00:00.000",
};
