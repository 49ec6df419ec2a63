/* window_assign.h - arithmetic of window_spec.h: slices of a time, windows of a slice, when a
 * window fires. All times are local wall clock unless they say utc. One thread (a zone's cache).
 * Source: Flink's SliceAssigners, TimeWindow.getWindowStartWithOffset, TimeWindowUtil. */
#pragma once
#include "op/window_spec.h"
#include "type/schema.h"
#include "type/timezone.h"
#include "vec/batch.h"

struct buf;
struct json_reader;

struct window_assigner {
    const struct window_spec *spec;
    const struct time_zone *zone; /* NULL: the time is local already */
    struct time_zone_cache cache;
    int64_t from_ms, until_ms; /* the slice found last, in the time column's terms */
    int64_t end_ms;            /* its local end */
};

void window_assigner_init(
    struct window_assigner *w, const struct window_spec *spec, const struct time_zone *zone);

int64_t window_to_local(struct window_assigner *w, int64_t time_ms);
/* Exclusive end of the slice that holds a time of the time column. */
int64_t window_slice_end(struct window_assigner *w, int64_t time_ms);
/* The same for many times at once. */
void window_slice_ends(
    struct window_assigner *w, const int64_t *times_ms, uint32_t count, int64_t *ends_ms);
/* Windows that contain a slice end at slice_end, + slide, ..., last. */
int64_t window_last_end(const struct window_spec *s, int64_t slice_end_ms);
int64_t window_start_of(const struct window_spec *s, int64_t window_end_ms);
int64_t window_slide(const struct window_spec *s); /* between neighbouring windows' ends */
/* A window fires when event time (or the clock) has reached this instant. */
int64_t window_fire_utc_ms(const struct window_assigner *w, int64_t window_end_ms);
/* window_time: the last instant of the window. */
int64_t window_rowtime_ms(struct window_assigner *w, int64_t window_end_ms);

void window_spec_write(struct buf *out, const char *key, const struct window_spec *s);
/* Checks kinds, sizes and columns: ERR_CORRUPT. */
MUST_USE struct err *window_spec_read(
    struct json_reader *r, const char *key, const struct schema *input, struct window_spec *out);
