/* result_rows.h - the folded rows of a result: an ordered set of texts found by key. Past its
 * maximum the oldest go. One thread at a time. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct result_rows;

struct result_rows *result_rows_new(uint64_t rows_max);
void result_rows_free(struct result_rows *r); /* NULL is allowed */
/* Copies both texts. replace: a row of that key is replaced in its place. */
void result_rows_add(struct result_rows *r, struct slice key, struct slice row, bool replace);
/* The newest row of that key; nothing when there is none. */
void result_rows_remove(struct result_rows *r, struct slice key);
uint64_t result_rows_count(const struct result_rows *r);
/* The newest `count` rows, oldest first; borrowed until the next change. Returns how many. */
uint32_t result_rows_newest(const struct result_rows *r, struct slice *out, uint32_t count);
