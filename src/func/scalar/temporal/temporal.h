/* temporal.h - what functions of dates and times have in common: any datetime value as local
 * time. */
#pragma once
#include "func/scalar/string/text.h"
#include "type/date_format.h"
#include "type/datetime.h"
#include "type/timezone.h"

/* The session's zone; never NULL. */
static inline const struct time_zone *temporal_zone(const struct func_frame *f)
{
    return f->call->zone ? f->call->zone : timezone_utc();
}
/* A timestamp column's value as it is stored: wall clock, or the instant of a TIMESTAMP_LTZ. */
static inline struct timestamp temporal_stored(const struct column *c, uint32_t row)
{
    if (c->layout == LAYOUT_I128) return datetime_from_ns(((const i128 *)c->data)[row]);
    return (struct timestamp){.ms = ((const int64_t *)c->data)[row]};
}
static inline void temporal_store(struct column *c, uint32_t row, struct timestamp t)
{
    if (c->layout == LAYOUT_I128)
        ((i128 *)c->data)[row] = datetime_to_ns(t);
    else
        ((int64_t *)c->data)[row] = t.ms;
}
/* Local time of a DATE, TIME, TIMESTAMP or TIMESTAMP_LTZ argument. */
struct timestamp temporal_local(
    const struct func_frame *f, uint32_t arg, uint32_t row, struct time_zone_cache *cache);
/* The same when the result is stored in a column of that argument's type. */
void temporal_store_local(const struct func_frame *f, uint32_t row, struct timestamp local,
    struct time_zone_cache *cache);

/* Wall clock to instant as java.util.Calendar: in an overlap the later offset (standard time). */
int64_t temporal_calendar_to_utc(
    const struct time_zone *z, int64_t local_ms, struct time_zone_cache *cache);

/* A unit as the binder gives it, a literal of argument `arg`. */
enum datetime_unit temporal_unit(const struct func_call *call, uint32_t arg);
/* Reads a literal unit at plan time. */
MUST_USE struct err *temporal_infer_unit(
    const struct func_infer *in, uint32_t arg, enum datetime_unit *out);

/* A date pattern per call site: call->state. A literal one is compiled once, others when they
 * change. NULL when the pattern is not valid. */
struct temporal_pattern;
struct err *temporal_open_pattern(struct func_call *call, uint32_t arg, const char *default_pattern,
    enum date_format_dialect dialect);
void temporal_close_pattern(struct func_call *call);
const struct date_format *temporal_pattern(const struct func_frame *f, uint32_t row);
