/* slices.h - the open slices of a window aggregate, by end, and which windows they still owe. */
#pragma once
#include "op/agg_set.h"
#include "op/window_assign.h"

struct slice_state {
    int64_t end_ms;   /* local */
    int64_t start_ms; /* WINDOW_ATTACHED: what the input said; else unused */
    struct agg_store *store;
    int64_t next_end_ms;  /* the first window over it that has not fired */
    int64_t next_fire_ms; /* utc */
    uint64_t fresh_rows;  /* added since the last window over it fired: not yet in any result */
    /* Within a batch: rows that are about to be added, and where they stand in its row list. */
    uint32_t pending_rows;
    uint32_t pending_first;
};

enum {
    SLICES_SPARE = 4, /* emptied stores kept for the next slices */
    SLICES_RECENT = 8 /* rows out of order go to and fro between a few neighbours */
};

struct slices {
    struct agg_set *set;
    struct window_assigner *assigner;
    uint32_t key_width_bytes;
    struct slice_state **items; /* by end_ms, ascending */
    uint32_t count;
    uint32_t capacity;
    struct slice_state *recent[SLICES_RECENT]; /* by end, a slide each; may be NULL */
    int64_t progress_ms;  /* utc: event time or the clock; windows up to here have fired */
    int64_t next_fire_ms; /* the least of all slices, INT64_MAX when there is none */
    struct agg_store *spare[SLICES_SPARE];
    uint32_t spare_count;
};

void slices_init(struct slices *s, struct agg_set *set, struct window_assigner *assigner,
    uint32_t key_width_bytes);
void slices_deinit(struct slices *s);
/* NULL when it is not open. */
struct slice_state *slices_find(const struct slices *s, int64_t end_ms);
/* Opens it if need be; NULL when its last window has fired: the row is late. With processing time
 * nothing is late: such a slice fires once more. */
struct slice_state *slices_open(struct slices *s, int64_t end_ms, int64_t start_ms);
void slices_close(struct slices *s, struct slice_state *slice);
/* After progress_ms has grown or a window has fired: what each slice owes next. Slices that owe
 * nothing are closed. `fired_end_ms` counts as fired even if progress_ms says otherwise. */
void slices_settle(struct slices *s, int64_t fired_end_ms);
/* The end of the window to fire first; some slice owes it. */
int64_t slices_next_end(const struct slices *s);

/* A store without groups, and back. */
struct agg_store *slices_take_store(struct slices *s);
void slices_give_store(struct slices *s, struct agg_store *store);
