/* result_view.h - shows the rows of a top-level SELECT: as a changelog with an `op` column, line by
 * line, or on a terminal as a table that is redrawn in place. Rows come on the worker's thread
 * (result_view_on_batch), drawing happens on the main one; a mutex lies between. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct batch;
struct result_view;
struct schema;
struct time_zone;

enum result_mode {
    RESULT_CHANGELOG, /* each row as it comes */
    RESULT_TABLE      /* what the rows add up to, redrawn; terminals only */
};

struct result_view_params {
    enum result_mode mode;
    const struct schema *columns;
    const uint32_t *keys; /* columns that identify a row of an updating result */
    uint32_t key_count;
    const struct time_zone *zone;
    bool is_terminal; /* cells are cut to their column's width */
    bool color;
    uint64_t rows_max; /* RESULT_TABLE keeps the newest of them */
};

struct result_view *result_view_new(const struct result_view_params *params);
void result_view_free(struct result_view *v);

/* For struct collector; context is the view. An error when stdout cannot be written. */
struct err *result_view_on_batch(void *context, const struct batch *b);
/* Redraws the table with `status` below it; no more than that. RESULT_CHANGELOG: flushes. */
void result_view_draw(struct result_view *v, const char *status);
/* The closing lines. The table stays on the screen. complete: all rows have come, so that none
 * means an empty result. */
void result_view_finish(struct result_view *v, bool complete);
