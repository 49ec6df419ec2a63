/* listing.h - rows of texts under titles, as the commands that look at things print them. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/str.h"

struct arena;

struct listing_column {
    const char *title;
    bool right; /* numbers stand under each other by their last digit */
};

/* cells: row by row; NULL is an empty one. Two blanks part the columns, the last one is not filled.
 * Without rows nothing is printed. */
void listing_print(FILE *out, const struct listing_column *columns, uint32_t column_count,
    const char *const *cells, size_t row_count);

/* A JSON array of flat objects, as rows: the members of the first one are the columns, their names
 * in capitals the titles; numbers get commas. False, and nothing printed, when it is something
 * else. */
bool listing_print_objects(FILE *out, struct arena *a, struct slice json);
