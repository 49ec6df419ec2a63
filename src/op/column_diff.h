/* column_diff.h - which rows of two results differ. */
#pragma once
#include "vec/column.h"

/* differs[i] |= row i is not row `other` + i, for i < count: NULL equals NULL, NaN differs from
 * NaN (Flink compares primitives, so a NaN result is sent again and again). */
void column_diff(const struct column *c, uint32_t other, uint32_t count, uint8_t *differs);
