/* status.h - what a running job is doing, in one line for a person; and what it did, at its end. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct arena;
struct job;
struct phys_graph;

/* Remembers the last look, so that rates are of the time since then. Zero-initialise. */
struct status {
    uint64_t started_ns; /* set by the caller, looked_ns too */
    uint64_t looked_ns;  /* when the rates were taken, and the counts then */
    uint64_t seen_in;
    uint64_t seen_out;
    uint64_t elapsed_ns;
    uint64_t rows_in;
    uint64_t rows_out;
    double in_per_second;
    double out_per_second;
    uint64_t late_rows;
    uint64_t bad_records;
    int64_t watermark_ms;  /* the least of all operators that have one; WATERMARK_NONE */
    bool disk_full;        /* a sink waits for room */
    const char *waits_for; /* static or in the arena of the look; NULL: it is busy */
};

void status_look(struct status *s, const struct job *j, const struct phys_graph *g, uint64_t now_ns,
    struct arena *a);
/* "in 50,012/s (615,000)  out 83/s (1,204)  watermark 2026-01-01 00:00:12  waits for ...".
 * shows_rows: what comes out is on the screen, so it is left out here. */
void status_print(const struct status *s, bool shows_rows, struct buf *out);
/* "1,000,000 rows in, 83 out, 12 late, 0 bad, 20.0 s (50,000/s)" */
void status_summary(const struct status *s, struct buf *out);
