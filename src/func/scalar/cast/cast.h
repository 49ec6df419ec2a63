/* cast.h - one conversion between two types, chosen once, run over columns. Private to scalar/. */
#pragma once
#include "func/func.h"
#include "type/timezone.h"

struct cast;

/* One run of a cast over rows whose values are not NULL. */
struct cast_run {
    struct cast *cast;
    const struct column *in;
    struct column *out;
    const uint32_t *sel; /* NULL: 0 .. count - 1 */
    uint32_t count;
    struct arena *arena; /* strings and children of `out` */
    uint32_t error_row;  /* set by cast_fail */
};

typedef struct err *cast_fn(struct cast_run *r);

struct cast {
    const struct type *from;
    const struct type *to;
    bool try_cast; /* a value that cannot be converted becomes NULL */
    cast_fn *run;
    const struct time_zone *zone;
    struct time_zone_cache cache;
    struct cast **children; /* of nested types, as the column's children; NULL: a view */
    uint32_t child_count;
};

/* ERR_UNSUPPORTED when there is no such conversion. Lives in `a`. */
MUST_USE struct err *cast_new(struct arena *a, const struct type *from, const struct type *to,
    bool try_cast, const struct time_zone *zone, struct cast **out);
/* Runs over selected rows of any validity: NULL stays NULL. */
MUST_USE struct err *cast_column(struct cast_run *r);
/* The failure of one row: NULL and true to go on when trying, else *e is set. */
bool cast_refuse(struct cast_run *r, uint32_t row, enum err_code code, struct err **e);

/* Each gives the loop for a pair of types, or NULL. */
cast_fn *cast_numeric_loop(const struct type *from, const struct type *to);
cast_fn *cast_decimal_loop(const struct type *from, const struct type *to);
cast_fn *cast_parse_loop(const struct type *from, const struct type *to);
cast_fn *cast_print_loop(const struct type *from, const struct type *to);
cast_fn *cast_time_loop(const struct type *from, const struct type *to);
cast_fn *cast_nested_loop(const struct type *from, const struct type *to);

/* Stores text (or bytes) as the target type wants it: cut to its length, CHAR and BINARY padded.
 * Copies what is longer than a struct str holds. */
void cast_store_text(struct cast_run *r, uint32_t row, struct slice text);

#define CAST_EACH_ROW(r, row)                                                 \
    uint32_t each_ = 0, row = 0;                                              \
    each_ < (r)->count && ((row = (r)->sel ? (r)->sel[each_] : each_), true); \
    each_++
