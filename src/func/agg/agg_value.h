/* agg_value.h - one value of any column type as 16 bytes of state. Text lies in the state's heap
 * when it is longer than STR_INLINE_MAX; nested values are the bytes of vec/row_codec.h. */
#pragma once
#include "func/agg.h"
#include "vec/batch.h"
#include "vec/row_codec.h"

struct heap;

/* States are 8-byte aligned inside an entry, the compiler's i128 would want 16. */
__extension__ typedef __int128 agg_i128 __attribute__((aligned(8)));

union agg_value {
    agg_i128 wide; /* integers and times too: LAYOUT_BOOL .. LAYOUT_I128 */
    double f64;    /* LAYOUT_F32 too */
    struct str text;
};

/* What a state must know of its values' type. */
struct agg_value_type {
    const struct type *type;
    enum layout layout;
    bool nested; /* kept encoded */
};
static inline struct agg_value_type agg_value_type_of(const struct type *type)
{
    enum layout layout = layout_of(type);
    return (struct agg_value_type){type, layout, layout == LAYOUT_SPAN || layout == LAYOUT_ROW};
}
static inline bool agg_value_is_text(const struct agg_value_type *t)
{
    return t->nested || t->layout == LAYOUT_STR;
}

/* A borrowed view of a row that is not NULL. Nested values are encoded into `scratch`, and valid
 * until its next use. */
union agg_value agg_value_view(
    const struct agg_value_type *t, const struct column *c, uint32_t row, struct buf *scratch);
/* A view becomes the state's own: text goes to the heap. */
MUST_USE struct err *agg_value_keep(
    const struct agg_value_type *t, union agg_value *v, struct heap *heap);
void agg_value_release(const struct agg_value_type *t, union agg_value *v, struct heap *heap);
/* -1, 0, 1. Doubles in Java's order (NaN largest, -0.0 below 0.0); nested values by their bytes. */
int agg_value_compare(
    const struct agg_value_type *t, const union agg_value *a, const union agg_value *b);
uint64_t agg_value_hash(const struct agg_value_type *t, const union agg_value *v);
/* To a row of `out`; text is copied to `arena`. */
MUST_USE struct err *agg_value_put(const struct agg_value_type *t, const union agg_value *v,
    struct column *out, uint32_t row, struct arena *arena);
void agg_value_save(const struct agg_value_type *t, const union agg_value *v, struct buf *out);
/* The loaded value is the state's own. */
MUST_USE struct err *agg_value_load(
    const struct agg_value_type *t, union agg_value *v, struct reader *r, struct heap *heap);
