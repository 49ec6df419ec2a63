/* window_agg_state.h - the operator's own struct, shared by its files. */
#pragma once
#include "op/group_keys.h"
#include "op/op_util.h"
#include "op/window_agg/slices.h"
#include "op/window_agg/window_agg.h"

struct window_agg {
    struct op op;
    const struct window_agg_params *params;
    struct agg_set set;
    struct group_keys keys;
    struct window_assigner assigner;
    struct slices slices;
    uint32_t end_column; /* combined input: $slice_end */
    uint32_t acc_column; /* combined input: partial accumulators */
    struct group *partial;

    /* The batch being worked on: rows before `row` and marks before `mark` are done. */
    const struct batch *in;
    uint32_t row;
    uint32_t mark;
    int64_t *ends_ms; /* per row of the batch: end of its slice */
    int64_t mark_ms;  /* to be passed on when what it fires is out; WATERMARK_NONE: nothing */
    bool idle;        /* an idle mark follows */

    /* Rows assigned to slices but not added yet: from first_row up to `row`. */
    uint32_t first_row;
    uint32_t late_rows;
    struct slice_state **row_slices; /* per row; NULL: late */
    struct slice_state **dirty;      /* slices with pending_rows */
    uint32_t dirty_count;
    uint32_t *order; /* rows, slice by slice */
    uint32_t *kept;  /* rows that are not late, in order */
    struct keys gathered;
    void **entries;
    void **found; /* entries in the order of `order` */
    uint32_t *created;

    /* Late rows for the side output; NULL when nobody wants them. */
    struct batch *late;
    int64_t *late_ms; /* per row of the batch, if it is late: the watermark it met */

    /* The window being emitted. */
    bool firing;
    int64_t firing_end_ms;
    int64_t firing_start_ms;
    struct agg_store *firing_store;
    bool firing_owned; /* the store was made by adding up slices */
    uint64_t firing_cursor;
    struct batch *out;
    void **groups; /* of the rows being emitted */
};

/* Assigns rows up to the next watermark that fires something (or the end) and adds them. */
MUST_USE struct err *window_agg__take_rows(struct window_agg *w);

/* Begins the window that is due first. */
MUST_USE struct err *window_agg__begin_firing(struct window_agg *w);
/* Appends results to w->out until it is full or the window is done (then firing is false). */
MUST_USE struct err *window_agg__fill(struct window_agg *w);
