/* window_spec.h - which windows a row belongs to: the assigner of window operators.
 *
 * A row lies in one slice, the largest span of time that no window cuts: TUMBLE's window, HOP's
 * slide, CUMULATE's step (Flink's SliceAssigners). Windows are unions of neighbouring slices, so an
 * operator aggregates slices and adds them up when a window fires.
 *
 * Slices and windows are aligned to 1970-01-01 00:00 + offset of local wall-clock time: a
 * TIMESTAMP_LTZ time, and processing time, is shifted into the session's zone first. Times named
 * *_local_ms are wall clock; watermarks and timers are instants for TIMESTAMP_LTZ. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum window_kind {
    WINDOW_TUMBLE,
    WINDOW_HOP,
    WINDOW_CUMULATE,
    WINDOW_ATTACHED /* the input has window_start and window_end columns already */
};

struct window_spec {
    enum window_kind kind;
    int64_t size_ms;      /* length of a window; CUMULATE: the longest */
    int64_t slide_ms;     /* HOP: slide; CUMULATE: step; divides size_ms; else equal to size_ms */
    int64_t offset_ms;    /* |offset_ms| < slide_ms (TUMBLE: size_ms) */
    bool proctime;        /* processing time: assigned at arrival, fired by the clock */
    bool zoned;           /* the time is TIMESTAMP_LTZ (always so with proctime) */
    int32_t time_column;  /* rowtime column of the input; -1 with proctime or WINDOW_ATTACHED */
    int32_t start_column; /* WINDOW_ATTACHED: TIMESTAMP(3) columns of the input; else -1 */
    int32_t end_column;
};

enum { WINDOW_PROPERTIES_MAX = 16 };

/* The columns a window operator adds, in the order asked for. */
enum window_property {
    WINDOW_START,   /* TIMESTAMP(3) */
    WINDOW_END,     /* TIMESTAMP(3), exclusive */
    WINDOW_ROWTIME, /* end - 1 ms, in the type of the time column, *ROWTIME* */
    WINDOW_PROCTIME /* TIMESTAMP_LTZ(3) *PROCTIME*; its value is read when it is materialised */
};
