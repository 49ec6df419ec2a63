#include "func/scalar/temporal/temporal.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/mem.h"

enum { PATTERN_ARENA_BYTES = 1 << 12 };

struct timestamp temporal_local(
    const struct func_frame *f, uint32_t arg, uint32_t row, struct time_zone_cache *cache)
{
    const struct column *c = f->args[arg];
    enum type_kind kind = f->call->arg_types[arg]->kind;
    if (kind == TYPE_DATE)
        return (struct timestamp){.ms = ((const int32_t *)c->data)[row] * DATETIME_MS_PER_DAY};
    if (kind == TYPE_TIME) return (struct timestamp){.ms = ((const int32_t *)c->data)[row]};
    struct timestamp t = temporal_stored(c, row);
    if (kind == TYPE_TIMESTAMP_LTZ) t.ms = timezone_to_local(temporal_zone(f), t.ms, cache);
    return t;
}

void temporal_store_local(
    const struct func_frame *f, uint32_t row, struct timestamp local, struct time_zone_cache *cache)
{
    enum type_kind kind = f->call->type->kind;
    if (kind == TYPE_DATE)
        ((int32_t *)f->out->data)[row] = datetime_days(local.ms);
    else if (kind == TYPE_TIME)
        ((int32_t *)f->out->data)[row] = datetime_ms_of_day(local.ms);
    else {
        if (kind == TYPE_TIMESTAMP_LTZ)
            local.ms = timezone_to_utc(temporal_zone(f), local.ms, cache);
        temporal_store(f->out, row, local);
    }
}

int64_t temporal_calendar_to_utc(
    const struct time_zone *z, int64_t local_ms, struct time_zone_cache *cache)
{
    int64_t utc_ms = timezone_to_utc(z, local_ms, cache);
    if (utc_ms + DATETIME_MS_PER_DAY < cache->until_ms && utc_ms >= cache->from_ms) return utc_ms;
    int64_t later = local_ms - timezone_offset_ms(z, local_ms + DATETIME_MS_PER_DAY, cache);
    return timezone_to_local(z, later, cache) == local_ms ? later : utc_ms;
}

enum datetime_unit temporal_unit(const struct func_call *call, uint32_t arg)
{
    enum datetime_unit unit = UNIT_SECOND;
    bool known = call->literals[arg] && datetime_unit_parse(call->literals[arg]->text, &unit);
    ASSERT(known); /* temporal_infer_unit has seen it */
    return unit;
}

struct err *temporal_infer_unit(const struct func_infer *in, uint32_t arg, enum datetime_unit *out)
{
    const struct value *v = in->args[arg].literal;
    if (!v || v->null || !type_is_character(in->args[arg].type) ||
        !datetime_unit_parse(v->text, out))
        FAIL_AT(ERR_DATATYPE_MISMATCH, in->args[arg].pos, "a unit of time is expected, like HOUR");
    return NULL;
}

struct temporal_pattern {
    struct arena *arena;
    enum date_format_dialect dialect;
    uint32_t arg;                     /* UINT32_MAX: the default pattern */
    struct buf text;                  /* the current pattern */
    bool compiled;                    /* `text` has been tried */
    const struct date_format *format; /* NULL: not valid */
};

static void use_pattern(struct temporal_pattern *p, struct slice text)
{
    if (p->compiled && slice_eq(buf_slice(&p->text), text)) return;
    p->compiled = true;
    p->format = NULL;
    arena_reset(p->arena);
    buf_clear(&p->text);
    buf_add_slice(&p->text, text);
    if (p->text.overflow) return;
    err_free(date_format_compile(p->arena, buf_slice(&p->text), p->dialect, &p->format));
}

struct err *temporal_open_pattern(struct func_call *call, uint32_t arg, const char *default_pattern,
    enum date_format_dialect dialect)
{
    struct temporal_pattern *p = mem_alloc(sizeof *p);
    p->arena = arena_new(PATTERN_ARENA_BYTES);
    p->dialect = dialect;
    p->arg = arg < call->arg_count ? arg : UINT32_MAX;
    buf_init(&p->text, DATE_FORMAT_PATTERN_MAX + 1);
    call->state = p;
    if (p->arg == UINT32_MAX) use_pattern(p, slice_of(default_pattern));
    return NULL;
}

void temporal_close_pattern(struct func_call *call)
{
    struct temporal_pattern *p = call->state;
    if (!p) return;
    buf_free(&p->text);
    arena_free(p->arena);
    mem_free(p);
    call->state = NULL;
}

const struct date_format *temporal_pattern(const struct func_frame *f, uint32_t row)
{
    struct temporal_pattern *p = f->call->state;
    if (p->arg != UINT32_MAX) use_pattern(p, text_arg(f, p->arg, row));
    return p->format;
}
