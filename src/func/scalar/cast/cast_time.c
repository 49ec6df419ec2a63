/* Dates, times and timestamps among each other. TIMESTAMP is the wall clock, TIMESTAMP_LTZ the
 * instant: between them stands the session's zone. */
#include "base/check.h"
#include "func/scalar/cast/cast.h"
#include "type/datetime.h"

/* A TIMESTAMP_LTZ gives the instant, everything else the wall clock. */
static struct timestamp read_moment(const struct column *c, uint32_t row)
{
    if (c->type->kind == TYPE_DATE)
        return (struct timestamp){((const int32_t *)c->data)[row] * DATETIME_MS_PER_DAY, 0};
    if (c->layout == LAYOUT_I32) return (struct timestamp){((const int32_t *)c->data)[row], 0};
    if (c->layout == LAYOUT_I64) return (struct timestamp){((const int64_t *)c->data)[row], 0};
    return datetime_from_ns(((const i128 *)c->data)[row]);
}

static void write_moment(struct column *c, uint32_t row, const struct type *to, struct timestamp t)
{
    if (to->kind == TYPE_DATE) {
        ((int32_t *)c->data)[row] = datetime_days(t.ms);
        return;
    }
    t = datetime_truncate(t, to->precision);
    if (to->kind == TYPE_TIME)
        ((int32_t *)c->data)[row] = datetime_ms_of_day(t.ms);
    else if (c->layout == LAYOUT_I64)
        ((int64_t *)c->data)[row] = t.ms;
    else
        ((i128 *)c->data)[row] = datetime_to_ns(t);
}

static struct err *convert(struct cast_run *r)
{
    bool from_instant = r->cast->from->kind == TYPE_TIMESTAMP_LTZ;
    bool to_instant = r->cast->to->kind == TYPE_TIMESTAMP_LTZ;
    for (CAST_EACH_ROW(r, row)) {
        struct timestamp t = read_moment(r->in, row);
        if (from_instant && !to_instant)
            t.ms = timezone_to_local(r->cast->zone, t.ms, &r->cast->cache);
        if (to_instant && !from_instant)
            t.ms = timezone_to_utc(r->cast->zone, t.ms, &r->cast->cache);
        write_moment(r->out, row, r->cast->to, t);
    }
    return NULL;
}

static struct err *milliseconds_to_wide(struct cast_run *r)
{
    const int64_t *restrict in = r->in->data;
    i128 *restrict out = r->out->data;
    for (CAST_EACH_ROW(r, row)) out[row] = (i128)in[row] * DATETIME_NS_PER_MS;
    return NULL;
}

cast_fn *cast_time_loop(const struct type *from, const struct type *to)
{
    if (from->kind == TYPE_DATE && to->kind == TYPE_TIME) return NULL;
    if (from->kind == TYPE_TIME && to->kind == TYPE_DATE) return NULL;
    bool widens = from->kind == to->kind && type_is_timestamp(from) && from->precision <= 3 &&
                  to->precision > 3;
    return widens ? milliseconds_to_wide : convert;
}
