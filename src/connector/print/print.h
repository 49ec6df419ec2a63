/* print.h - rows as Flink's print connector shows them: Row.toString, "+I[a, 1]". */
#pragma once
#include "vec/batch.h"

struct buf;

/* Appends row `row` without a line end. A NULL is "null", times are java.time's toString. */
void print_row(const struct batch *b, uint32_t row, struct buf *out);
