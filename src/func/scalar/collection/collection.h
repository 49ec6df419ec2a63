/* collection.h - building arrays, maps and rows. Private to scalar/. */
#pragma once
#include "func/func.h"

/* Copies one value, NULL included: strings are borrowed, nested values copied to `a`. */
void collection_take(
    struct column *to, uint32_t to_row, const struct column *from, uint32_t row, struct arena *a);
/* A column with the children of another for the frame's result: elements are not copied. */
struct column **collection_borrow(
    struct func_frame *f, const struct column *const *children, uint32_t count);

/* Appends elements to the array (or map) of one result row after the other. */
struct collection {
    struct func_frame *f;
    uint32_t used; /* elements so far, of all rows */
    uint32_t first;
};
void collection_begin(struct collection *c, struct func_frame *f);
void collection_open(struct collection *c); /* the next row's */
void collection_reserve(struct collection *c, uint32_t more);
void collection_add(struct collection *c, const struct column *from, uint32_t row);
/* A NULL, or a text that is copied, as the next element of an array. */
void collection_add_null(struct collection *c);
void collection_add_text(struct collection *c, struct slice text);
/* Texts as key and value of a map; a NULL value when value.p is NULL. */
void collection_add_texts(struct collection *c, struct slice key, struct slice value);
/* Key and value of a map. */
void collection_add_entry(struct collection *c, const struct column *keys, uint32_t key_row,
    const struct column *values, uint32_t value_row);
void collection_close(struct collection *c, uint32_t row); /* what was added is this row's */

static inline struct span collection_span(const struct column *c, uint32_t row)
{
    return ((const struct span *)c->data)[row];
}
