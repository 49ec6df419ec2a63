#include "op/window_assign.h"

#include "base/check.h"
#include "op/codec.h"

/* Times beyond this (about the year 285,000) are taken as this, so that sums do not overflow. */
#define TIME_LIMIT_MS INT64_C(9000000000000000)

enum { MS_PER_HOUR = 3600000 };

void window_assigner_init(
    struct window_assigner *w, const struct window_spec *spec, const struct time_zone *zone)
{
    memset(w, 0, sizeof *w);
    w->spec = spec;
    w->zone = spec->zoned && zone && zone != timezone_utc() ? zone : NULL;
}

static int64_t clamp(int64_t ms)
{
    if (ms > TIME_LIMIT_MS) return TIME_LIMIT_MS;
    return ms < -TIME_LIMIT_MS ? -TIME_LIMIT_MS : ms;
}

int64_t window_to_local(struct window_assigner *w, int64_t time_ms)
{
    time_ms = clamp(time_ms);
    return w->zone ? timezone_to_local(w->zone, time_ms, &w->cache) : time_ms;
}

static int64_t start_with_offset(int64_t ms, int64_t offset, int64_t size)
{
    int64_t remainder = (ms - offset) % size;
    return ms - (remainder < 0 ? remainder + size : remainder);
}

int64_t window_slide(const struct window_spec *s)
{
    return s->kind == WINDOW_TUMBLE ? s->size_ms : s->slide_ms;
}

int64_t window_slice_end(struct window_assigner *w, int64_t time_ms)
{
    if (time_ms >= w->from_ms && time_ms < w->until_ms) return w->end_ms;
    int64_t local = window_to_local(w, time_ms), slice = window_slide(w->spec);
    int64_t start = start_with_offset(local, w->spec->offset_ms, slice);
    int64_t shift = w->zone ? w->cache.offset_ms : 0;
    bool whole = !w->zone ||
                 (start - shift >= w->cache.from_ms && start + slice - shift <= w->cache.until_ms);
    w->from_ms = whole ? start - shift : 0;
    w->until_ms = whole ? start + slice - shift : 0;
    w->end_ms = start + slice;
    return w->end_ms;
}

void window_slice_ends(
    struct window_assigner *w, const int64_t *times_ms, uint32_t count, int64_t *ends_ms)
{
    int64_t from = w->from_ms, until = w->until_ms, end = w->end_ms;
    int64_t slice = w->zone ? 0 : window_slide(w->spec);
    for (uint32_t i = 0; i < count; i++) {
        /* Rows out of order go to a slice next door: that needs no division. */
        uint64_t time = (uint64_t)times_ms[i];
        if (times_ms[i] >= until && time - (uint64_t)until < (uint64_t)slice)
            from += slice, until += slice, end += slice;
        else if (times_ms[i] < from && (uint64_t)from - time <= (uint64_t)slice)
            from -= slice, until -= slice, end -= slice;
        if (times_ms[i] < from || times_ms[i] >= until) {
            end = window_slice_end(w, times_ms[i]);
            from = w->from_ms;
            until = w->until_ms;
        }
        ends_ms[i] = end;
    }
}

int64_t window_last_end(const struct window_spec *s, int64_t slice_end_ms)
{
    switch (s->kind) {
    case WINDOW_TUMBLE:
    case WINDOW_ATTACHED: return slice_end_ms;
    case WINDOW_HOP: return slice_end_ms + s->size_ms - s->slide_ms;
    case WINDOW_CUMULATE:
        return start_with_offset(slice_end_ms - 1, s->offset_ms, s->size_ms) + s->size_ms;
    }
    UNREACHABLE();
}

int64_t window_start_of(const struct window_spec *s, int64_t window_end_ms)
{
    switch (s->kind) {
    case WINDOW_TUMBLE:
    case WINDOW_HOP: return window_end_ms - s->size_ms;
    case WINDOW_CUMULATE: return start_with_offset(window_end_ms - 1, s->offset_ms, s->size_ms);
    case WINDOW_ATTACHED: break; /* the input says it */
    }
    UNREACHABLE();
}

/* Where local time is passed twice the later instant counts, where it is skipped the start of the
 * gap's hour (TimeWindowUtil.toEpochMillsForTimer). */
int64_t window_fire_utc_ms(const struct window_assigner *w, int64_t window_end_ms)
{
    int64_t local = window_end_ms - 1;
    if (!w->zone) return local;
    struct time_zone_cache cache = w->cache;
    int64_t first = timezone_to_utc(w->zone, local, &cache);
    if (timezone_is_fixed(w->zone)) return first;
    int64_t hour_later = timezone_to_utc(w->zone, local + MS_PER_HOUR, &cache);
    if (hour_later - first > MS_PER_HOUR) return hour_later - MS_PER_HOUR;
    if (hour_later == first) return first - first % MS_PER_HOUR;
    return first;
}

int64_t window_rowtime_ms(struct window_assigner *w, int64_t window_end_ms)
{
    return w->zone ? timezone_to_utc(w->zone, window_end_ms - 1, &w->cache) : window_end_ms - 1;
}

/* ---- as JSON ---- */

void window_spec_write(struct buf *out, const char *key, const struct window_spec *s)
{
    codec_key(out, key);
    codec_open(out);
    codec_write_i64(out, "kind", s->kind);
    codec_write_i64(out, "size", s->size_ms);
    codec_write_i64(out, "slide", s->slide_ms);
    codec_write_i64(out, "offset", s->offset_ms);
    codec_write_bool(out, "proctime", s->proctime);
    codec_write_bool(out, "zoned", s->zoned);
    codec_write_i64(out, "time", s->time_column);
    codec_write_i64(out, "start", s->start_column);
    codec_write_i64(out, "end", s->end_column);
    codec_close(out);
}

static struct err *read_time_column(
    struct json_reader *r, const char *key, const struct schema *input, int32_t *out)
{
    int64_t column;
    TRY(codec_read_i64(r, key, -1, (int64_t)input->count - 1, &column));
    *out = (int32_t)column;
    if (column < 0) return NULL;
    const struct type *t = input->fields[column].type;
    if (!type_is_timestamp(t) || type_is_wide(t))
        FAIL(ERR_CORRUPT, "column %d of a window is not a TIMESTAMP(3)", (int)column);
    return NULL;
}

struct err *window_spec_read(
    struct json_reader *r, const char *key, const struct schema *input, struct window_spec *out)
{
    uint32_t kind;
    TRY(codec_expect_key(r, key));
    TRY(codec_enter(r));
    TRY(codec_read_u32(r, "kind", WINDOW_ATTACHED, &kind));
    out->kind = (enum window_kind)kind;
    TRY(codec_read_i64(r, "size", 0, TIME_LIMIT_MS, &out->size_ms));
    TRY(codec_read_i64(r, "slide", 0, TIME_LIMIT_MS, &out->slide_ms));
    TRY(codec_read_i64(r, "offset", -TIME_LIMIT_MS, TIME_LIMIT_MS, &out->offset_ms));
    TRY(codec_read_bool(r, "proctime", &out->proctime));
    TRY(codec_read_bool(r, "zoned", &out->zoned));
    TRY(read_time_column(r, "time", input, &out->time_column));
    TRY(read_time_column(r, "start", input, &out->start_column));
    TRY(read_time_column(r, "end", input, &out->end_column));
    bool attached = out->kind == WINDOW_ATTACHED;
    if (attached ? out->start_column < 0 || out->end_column < 0
                 : out->size_ms == 0 || window_slide(out) == 0 || out->size_ms % window_slide(out))
        FAIL(ERR_CORRUPT, "a window has no size, or columns are missing");
    if (!attached && !out->proctime && out->time_column < 0)
        FAIL(ERR_CORRUPT, "a window has no time column");
    return codec_leave(r);
}
