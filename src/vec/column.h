/* column.h - one typed column of a batch. type/type.h says which C type holds which SQL type.
 *
 * A column never owns memory: data, validity and children come from the arena of the batch or the
 * evaluation that made it, 64-byte aligned. Rows at or past the batch's row count are undefined.
 * The value of a NULL row is undefined but readable (a struct str there has size 0 unless written).
 */
#pragma once
#include <stdint.h>
#include <string.h>

#include "type/type.h"

struct arena;

/* X(layout, C type) */
#define LAYOUT_LIST(X)        \
    X(LAYOUT_BOOL, uint8_t)   \
    X(LAYOUT_I8, int8_t)      \
    X(LAYOUT_I16, int16_t)    \
    X(LAYOUT_I32, int32_t)    \
    X(LAYOUT_I64, int64_t)    \
    X(LAYOUT_I128, i128)      \
    X(LAYOUT_F32, float)      \
    X(LAYOUT_F64, double)     \
    X(LAYOUT_STR, struct str) \
    X(LAYOUT_SPAN, struct span)

enum layout {
#define X(layout, ctype) layout,
    LAYOUT_LIST(X)
#undef X
        LAYOUT_ROW /* no data of its own: children, one per field */
};

/* A string or binary value: up to 12 bytes inline, else a pointer; the first 4 bytes are always in
 * `prefix`, so that most comparisons need no pointer (the "German string" of Umbra, CIDR 2020).
 * Inline strings are padded with zero bytes, so two of them are equal when their 16 bytes are. */
enum { STR_INLINE_MAX = 12 };
struct str {
    uint32_t size;
    char prefix[4];
    union {
        char rest[8];
        const char *p; /* borrowed: lives as long as the batch, or the state that copied it */
    };
};

/* Elements first .. first + count - 1 of the child column(s). */
struct span {
    uint32_t first;
    uint32_t count;
};

struct column {
    const struct type *type;
    enum layout layout;
    bool has_nulls;           /* false: every row is valid and `valid` is not read */
    uint32_t capacity;        /* rows that data and valid have room for */
    void *data;               /* capacity values of the layout's C type; NULL for LAYOUT_ROW */
    uint64_t *valid;          /* bit i set: row i is not NULL; always allocated, capacity bits */
    struct column **children; /* ROW: fields; SPAN: element, or key and value/count */
    uint32_t child_count;
    uint32_t child_rows; /* SPAN: rows used in the children */
    /* What column_new allocated. data, valid, children and capacity may point elsewhere for a while
     * (borrowed, or grown in a shorter-lived arena); column_clear comes back to these. */
    void *own_data;
    uint64_t *own_valid;
    struct column **own_children;
    uint32_t own_capacity;
};

enum layout layout_of(const struct type *t);
uint32_t layout_size_bytes(enum layout layout); /* 0 for LAYOUT_ROW */

/* Zeroed column for `type` with room for `capacity` rows (SPAN children start with the same room).
 */
struct column *column_new(struct arena *a, const struct type *type, uint32_t capacity);
/* Room for `rows` in the children of a SPAN column; contents are kept. */
void column_reserve_children(struct column *c, uint32_t rows, struct arena *a);
/* Makes the column empty of nulls and children again; the memory of column_new stays, memory that
 * column_reserve_children took is forgotten. */
void column_clear(struct column *c);
/* The same, but children that had grown get as much room in `home`, the arena of column_new: call
 * it before the arena they grew in is reset, and the next batch like this one fits. */
void column_recycle(struct column *c, struct arena *home);

static inline bool column_is_valid(const struct column *c, uint32_t row)
{
    return !c->has_nulls || (c->valid[row >> 6] >> (row & 63) & 1);
}
/* The first NULL of a column turns the bitmap on: all rows become valid before this one is not. */
void column_begin_nulls(struct column *c);
static inline void column_set_null(struct column *c, uint32_t row)
{
    if (!c->has_nulls) column_begin_nulls(c);
    c->valid[row >> 6] &= ~(UINT64_C(1) << (row & 63));
    /* Whoever loops over all rows must not follow a pointer left by an earlier batch. */
    if (c->layout == LAYOUT_STR) ((struct str *)c->data)[row].size = 0;
    if (c->layout == LAYOUT_SPAN) ((struct span *)c->data)[row].count = 0;
}
/* The same, and for a ROW its fields too, so that nobody finds stale values in them. */
void column_set_null_deep(struct column *c, uint32_t row);
/* Needed only where the row may have been set to NULL before. */
static inline void column_set_valid(struct column *c, uint32_t row)
{
    if (c->has_nulls) c->valid[row >> 6] |= UINT64_C(1) << (row & 63);
}

/* Copies rows of `from` to `to`, deep: strings and nested values go to `a`. `rows` lists the source
 * rows; they land at to_row, to_row + 1, ...; to->capacity must hold them. */
void column_gather(struct column *to, uint32_t to_row, const struct column *from,
    const uint32_t *rows, uint32_t count, struct arena *a);
/* The same for the run first .. first + count - 1. */
void column_copy(struct column *to, uint32_t to_row, const struct column *from, uint32_t first,
    uint32_t count, struct arena *a);
/* As column_gather, but strings and children are borrowed: `to` must not outlive `from`. Children
 * can be borrowed from one column only; those of a second one are copied to the arena of the
 * first: pass the same `from` until column_clear. */
void column_gather_shallow(struct column *to, uint32_t to_row, const struct column *from,
    const uint32_t *rows, uint32_t count, struct arena *a);

struct value;
/* One value in and out; for literals, tests, text sinks: not for hot loops. */
void column_set_value(struct column *c, uint32_t row, const struct value *v, struct arena *a);
void column_get_value(const struct column *c, uint32_t row, struct arena *a, struct value *out);
/* SQL equality of two non-NULL or NULL values (NULL equals NULL), nested included. */
bool column_rows_equal(
    const struct column *a, uint32_t row_a, const struct column *b, uint32_t row_b);
/* Order of two values of an orderable type; NULL is smallest, as in Flink. */
int column_rows_compare(
    const struct column *a, uint32_t row_a, const struct column *b, uint32_t row_b);

static inline const char *str_bytes(const struct str *s)
{
    return s->size <= STR_INLINE_MAX ? s->prefix : s->p;
}
static inline struct slice str_slice(const struct str *s)
{
    return (struct slice){str_bytes(s), s->size};
}
/* Borrows bytes longer than STR_INLINE_MAX. */
static inline struct str str_view(const char *p, uint32_t size)
{
    struct str s;
    if (size <= STR_INLINE_MAX) {
        memset(&s, 0, sizeof s);
        s.size = size;
        if (size) memcpy(s.prefix, p, size);
        return s;
    }
    /* In two registers: a struct written in pieces and copied whole waits for its pieces. */
    _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the size comes first");
    uint32_t prefix;
    memcpy(&prefix, p, sizeof prefix);
    uint64_t halves[2] = {(uint64_t)prefix << 32 | size, (uintptr_t)p};
    memcpy(&s, halves, sizeof s);
    return s;
}
/* An empty text when the arena is spent: then the caller fails anyway, see arena_check. */
struct str str_copy(struct arena *a, const char *p, uint32_t size);
static inline bool str_equal(const struct str *a, const struct str *b)
{
    uint64_t head_a, head_b;
    memcpy(&head_a, a, 8);
    memcpy(&head_b, b, 8);
    if (head_a != head_b) return false;
    if (a->size <= STR_INLINE_MAX) return memcmp(a->rest, b->rest, 8) == 0;
    return memcmp(a->p, b->p, a->size) == 0;
}
int str_compare(const struct str *a, const struct str *b); /* unsigned bytes, shorter first */
