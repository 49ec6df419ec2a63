/* generator.h - values of a column as a pure function of (seed, row number): splitmix64 over a
 * counter (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014), so
 * that any part of the rows can be made by any worker, and again after a restore. */
#pragma once
#include "connector/connector.h"

struct arena;

struct generator {
    const struct type *type;
    bool sequence;
    uint64_t seed;
    uint64_t null_below; /* NULL when the row's draw is below; 0: never */
    i128 min, max;       /* integers, intervals; DECIMAL: unscaled */
    double float_min, float_max;
    i128 start, end; /* sequence, inclusive */
    uint64_t max_past_ms;
    uint32_t length; /* text and bytes; elements of collections */
    bool var_length; /* 1 .. length */
    struct generator *children;
    uint32_t child_count;
};

/* What all columns of a batch share. */
struct generator_context {
    const struct time_zone *zone;
    struct time_zone_cache *zone_cache;
    int64_t now_ms;
    struct arena *arena; /* of the batch */
};

/* Reads the options of the column at `path` ("a", "a.b"); every key is fields.<path>.<option>. */
MUST_USE struct err *generator_init(struct generator *g, struct arena *a, const struct options *o,
    const char *path, const struct type *type, uint64_t seed);
/* Rows that the sequences in it allow; UINT64_MAX: no limit. */
uint64_t generator_limit(const struct generator *g);
/* Bytes that a value takes beside its place in the column, at most. */
uint64_t generator_row_bytes(const struct generator *g);
/* Fills rows 0 .. count - 1; ids[i] is row i's number. */
void generator_fill(const struct generator *g, const struct generator_context *x, struct column *c,
    const uint64_t *ids, uint32_t count);
