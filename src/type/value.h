/* value.h - one SQL value outside of a column: literals, defaults, test rows. A value is plain
 * data; text and children are borrowed from an arena or from whoever made them. Its type travels
 * beside it (a literal has one, a row of a table has the schema's). */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "type/type.h"

struct arena;
struct json_reader;
struct time_zone;

struct value {
    bool null;
    union {
        bool boolean;
        int64_t i64; /* integers, DATE, TIME, INTERVAL_*, timestamps with p <= 3 */
        i128 wide;   /* DECIMAL, timestamps with p > 3 */
        float f32;
        double f64;
        struct slice text; /* CHAR, VARCHAR (UTF-8); BINARY, VARBINARY (bytes) */
        struct {
            struct value *items; /* ARRAY: elements; ROW: fields; MAP, MULTISET: key, value, .. */
            uint32_t count;      /* of items; for MAP and MULTISET twice the entries */
        } list;
    };
};

static inline struct value value_null(void)
{
    return (struct value){.null = true};
}

/* Equal as SQL's IS NOT DISTINCT FROM: NULL equals NULL, NaN equals NaN, MAP and MULTISET without
 * order. Both are of type t. */
bool value_equal(const struct type *t, const struct value *a, const struct value *b);
/* Order of ORDER BY with NULL smallest; only scalar types. */
int value_compare(const struct type *t, const struct value *a, const struct value *b);
struct value value_copy(struct arena *a, const struct type *t, const struct value *v);

/* Appends CAST(v AS STRING): "TRUE", "1.50", "[1, 2]", "{a=1}", "(1, x)"; NULL inside a collection
 * prints as NULL, a NULL value too. TIMESTAMP_LTZ is shown in `zone` (NULL: UTC). */
void value_print(
    const struct type *t, const struct value *v, const struct time_zone *zone, struct buf *out);
/* CAST(text AS t) for scalar types: ERR_INVALID_VALUE when the text is refused, ERR_OUT_OF_RANGE
 * when it does not fit. Text of character types is padded or cut. */
MUST_USE struct err *value_parse(struct arena *a, const struct type *t, struct slice text,
    const struct time_zone *zone, struct value *out);

/* The scalar rules behind it, for casts of whole columns: t, true, y, yes, 1 and their opposites in
 * any case; an integer with blanks around it whose fraction is cut off. */
bool value_parse_boolean(struct slice text, bool *out);
bool value_parse_integer(struct slice text, int64_t least, int64_t most, int64_t *out);

/* JSON as in `.slt` rows: numbers, "NaN", "0xcafe", times as text, MAP {"k": v} or [[k, v], ..],
 * null. */
void value_to_json(
    const struct type *t, const struct value *v, const struct time_zone *zone, struct buf *out);
MUST_USE struct err *value_from_json(struct arena *a, const struct type *t, struct slice text,
    const struct time_zone *zone, struct value *out);
/* The same from a reader that is at the value's first token (json_next was called), and leaves it
 * at the last. */
MUST_USE struct err *value_read_json(struct arena *a, const struct type *t, struct json_reader *r,
    const struct time_zone *zone, struct value *out);
