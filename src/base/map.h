/* map.h - text to pointer, for the control plane: names of tables, options, jobs. Remembers the
 * order of insertion. Not for rows: those have state/table.h. One thread. */
#pragma once
#include "base/str.h"

struct map;

struct map *map_new(uint32_t max_count); /* owner frees with map_free */
void map_free(struct map *m);            /* not what the values point to */
uint32_t map_count(const struct map *m);

/* NULL when there is none. */
void *map_get(const struct map *m, struct slice key);
/* Sets or replaces; the key is copied, value is not NULL. False when max_count keys are there. */
MUST_USE bool map_put(struct map *m, struct slice key, void *value);
/* Returns the value that was there, or NULL. */
void *map_remove(struct map *m, struct slice key);
/* Visits in order of insertion; *cursor starts at 0, key may be NULL. NULL at the end. Removing the
 * visited key is allowed; no other change is. */
void *map_next(const struct map *m, uint32_t *cursor, struct slice *key);
