/* show.h - expected and actual rows side by side. */
#pragma once
#include "cli/slt/rows.h"

/* Appends a table of two columns, or lines one below the other where rows are long. Equal rows far
 * from a difference are left out and counted. with_kind shows "+I " before rows. */
void slt_show_pairs(
    struct arena *a, const struct slt_pairs *pairs, bool with_kind, bool color, struct buf *out);
/* The same for plain lines, aligned by their number. */
void slt_show_lines(struct arena *a, const struct slice *expected, size_t expected_count,
    const struct slice *actual, size_t actual_count, bool color, struct buf *out);
