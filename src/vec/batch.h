/* batch.h - up to a few thousand rows of typed columns, what flows along every edge.
 *
 * Rows are dense: there is no selection vector on an edge; filters work on selections inside expr/
 * and hand on compacted columns. A batch belongs to the operator that made it; whoever receives it
 * may read it until its on_batch returns (or, having set `pending`, until its resume has finished)
 * and copies what it keeps. A receiver never writes to it. */
#pragma once
#include "type/schema.h"
#include "vec/column.h"

enum {
    BATCH_ROWS_DEFAULT = 2048, /* columns of a typical row stay within L2 */
    BATCH_ROWS_MAX = 4096
};

/* What a mark says when it is no watermark: the input is idle until its next row or mark. */
#define WATERMARK_IDLE INT64_MIN
#define WATERMARK_NONE (INT64_MIN + 1) /* none was seen yet; never in a mark */
#define WATERMARK_MAX INT64_MAX        /* end of input */

/* "After the first `rows` rows of this batch event time is watermark_ms": no row that follows is
 * expected to have a time at or below it. Marks are in order of rows, watermarks ascend. An
 * operator cuts a batch only where a mark makes a timer fire or a row late, so that any batch size
 * and any emission interval give the same result. */
struct mark {
    uint32_t rows;
    int64_t watermark_ms;
};

struct batch {
    const struct schema *schema;
    uint32_t rows; /* 0 is legal: a batch may carry marks only */
    uint32_t capacity;
    struct column **columns; /* schema->count of them; may belong to another batch */
    bool insert_only;        /* true: kinds is not read, every row is ROW_INSERT */
    uint8_t *kinds;          /* enum row_kind of each row; always allocated */
    struct mark *marks;
    uint32_t mark_count;
    uint32_t mark_capacity;
    int64_t proctime_ms;     /* processing time, stamped by the task before anybody sees it */
    const char *origin;      /* where row 0 was read, "file 'x.json' line"; NULL if unknown */
    uint64_t first_position; /* the number that follows origin; row i is first_position + i */
    struct arena *arena;     /* strings and nested values made for this batch */
    struct column **own;     /* the columns allocated with the batch; batch_clear restores them */
    struct arena *home;      /* where the batch itself lives */
};

/* Owner frees with batch_free. capacity ≤ BATCH_ROWS_MAX. */
struct batch *batch_new(const struct schema *schema, uint32_t capacity);
void batch_free(struct batch *b);
void batch_clear(struct batch *b); /* zero rows, no marks, own columns, strings forgotten */

void batch_add_mark(struct batch *b, int64_t watermark_ms); /* after the rows appended so far */
static inline enum row_kind batch_kind(const struct batch *b, uint32_t row)
{
    return b->insert_only ? ROW_INSERT : (enum row_kind)b->kinds[row];
}
void batch_set_kind(struct batch *b, uint32_t row, enum row_kind kind);
/* Deep copies of the listed rows, kinds included, marks not; they must fit. */
void batch_append(struct batch *to, const struct batch *from, const uint32_t *rows, uint32_t count);
void batch_append_range(struct batch *to, const struct batch *from, uint32_t first, uint32_t count);
/* The watermark in force before row `row`, given the one in force at the start of the batch. */
int64_t batch_watermark_at(const struct batch *b, uint32_t row, int64_t at_start_ms);
/* Debug builds: schema, layouts, bitmaps, kinds, marks. Aborts when something is wrong. */
void batch_verify(const struct batch *b);
