/* type.h - SQL types. A struct type is immutable, lives in the arena it was made in, and is
 * compared by value with type_equal. Names and rules are Flink's logical types (LogicalTypeRoot).
 *
 * How a value of each kind is held in a column (vec/column.h):
 *   BOOLEAN                     uint8_t, 0 or 1
 *   TINYINT SMALLINT            int8_t, int16_t
 *   INTEGER                     int32_t
 *   DATE                        int32_t, days since 1970-01-01
 *   TIME(p)                     int32_t, milliseconds of the day
 *   INTERVAL_MONTH              int32_t, months
 *   BIGINT                      int64_t
 *   INTERVAL_SECOND             int64_t, milliseconds
 *   TIMESTAMP(p), _LTZ(p), p<=3 int64_t, milliseconds since the epoch (wall clock; UTC instant)
 *   TIMESTAMP(p), _LTZ(p), p>3  i128, nanoseconds since the epoch
 *   DECIMAL(p,s)                i128, unscaled
 *   FLOAT DOUBLE                float, double
 *   CHAR VARCHAR                struct str, UTF-8
 *   BINARY VARBINARY            struct str, bytes
 *   ARRAY MAP MULTISET          struct span into child columns (MAP: keys, values; MULTISET:
 *                               elements, INTEGER counts)
 *   ROW                         one child column per field, same row numbers
 *   NULL                        uint8_t, never valid
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/num.h"
#include "base/str.h"

struct arena;

/* X(kind, SQL name) */
#define TYPE_KIND_LIST(X)                      \
    X(TYPE_NULL, "NULL")                       \
    X(TYPE_BOOLEAN, "BOOLEAN")                 \
    X(TYPE_TINYINT, "TINYINT")                 \
    X(TYPE_SMALLINT, "SMALLINT")               \
    X(TYPE_INTEGER, "INT")                     \
    X(TYPE_BIGINT, "BIGINT")                   \
    X(TYPE_FLOAT, "FLOAT")                     \
    X(TYPE_DOUBLE, "DOUBLE")                   \
    X(TYPE_DECIMAL, "DECIMAL")                 \
    X(TYPE_CHAR, "CHAR")                       \
    X(TYPE_VARCHAR, "VARCHAR")                 \
    X(TYPE_BINARY, "BINARY")                   \
    X(TYPE_VARBINARY, "VARBINARY")             \
    X(TYPE_DATE, "DATE")                       \
    X(TYPE_TIME, "TIME")                       \
    X(TYPE_TIMESTAMP, "TIMESTAMP")             \
    X(TYPE_TIMESTAMP_LTZ, "TIMESTAMP_LTZ")     \
    X(TYPE_INTERVAL_MONTH, "INTERVAL MONTH")   \
    X(TYPE_INTERVAL_SECOND, "INTERVAL SECOND") \
    X(TYPE_ARRAY, "ARRAY")                     \
    X(TYPE_MAP, "MAP")                         \
    X(TYPE_MULTISET, "MULTISET")               \
    X(TYPE_ROW, "ROW")

enum type_kind {
#define X(kind, name) kind,
    TYPE_KIND_LIST(X)
#undef X
};

/* Only TIMESTAMP(p<=3) and TIMESTAMP_LTZ(p<=3) carry one (Flink's TimestampKind). */
enum time_attribute { TIME_NONE, TIME_ROWTIME, TIME_PROCTIME };

enum {
    TYPE_LENGTH_MAX = 2147483647, /* STRING = VARCHAR(this), BYTES = VARBINARY(this) */
    TYPE_DECIMAL_PRECISION_MAX = 38,
    TYPE_DEPTH_MAX = 32,   /* nesting of ARRAY, MAP, ROW */
    TYPE_FIELDS_MAX = 1000 /* columns of a table or fields of a ROW */
};

struct type_field {
    struct slice name;
    const struct type *type;
};

struct type {
    enum type_kind kind;
    bool nullable;
    enum time_attribute time_attribute;
    int32_t precision; /* DECIMAL, TIME, TIMESTAMP*, INTERVAL_SECOND (fraction digits): digits;
                          CHAR, VARCHAR, BINARY, VARBINARY: length; else 0 */
    int32_t scale;     /* DECIMAL; INTERVAL_*: 0 */
    const struct type *element;      /* ARRAY, MULTISET; MAP: the value */
    const struct type *key;          /* MAP */
    const struct type_field *fields; /* ROW */
    uint32_t field_count;
};

/* Non-parametrised kinds, nullable; static storage. */
const struct type *type_simple(enum type_kind kind);
const struct type *type_string(void); /* VARCHAR(2147483647), nullable */
const struct type *type_bytes(void);
const struct type *type_new(
    struct arena *a, enum type_kind kind, int32_t precision, int32_t scale, bool nullable);
const struct type *type_array(struct arena *a, const struct type *element, bool nullable);
const struct type *type_multiset(struct arena *a, const struct type *element, bool nullable);
const struct type *type_map(
    struct arena *a, const struct type *key, const struct type *value, bool nullable);
/* Copies the field array, not the names. */
const struct type *type_row(
    struct arena *a, const struct type_field *fields, uint32_t count, bool nullable);
const struct type *type_with_nullable(struct arena *a, const struct type *t, bool nullable);
const struct type *type_with_time_attribute(
    struct arena *a, const struct type *t, enum time_attribute attribute);
const struct type *type_copy(struct arena *a, const struct type *t); /* deep, names too */
/* False past TYPE_DEPTH_MAX: such a type must not be given to any other function here. */
bool type_depth_allowed(const struct type *t);

/* Nullability counts; the time attribute does not. */
bool type_equal(const struct type *a, const struct type *b);
bool type_equal_ignoring_null(const struct type *a, const struct type *b); /* at the top level */

static inline bool type_is_integer(const struct type *t)
{
    return t->kind >= TYPE_TINYINT && t->kind <= TYPE_BIGINT;
}
static inline bool type_is_exact(const struct type *t)
{
    return type_is_integer(t) || t->kind == TYPE_DECIMAL;
}
static inline bool type_is_approximate(const struct type *t)
{
    return t->kind == TYPE_FLOAT || t->kind == TYPE_DOUBLE;
}
static inline bool type_is_numeric(const struct type *t)
{
    return t->kind >= TYPE_TINYINT && t->kind <= TYPE_DECIMAL;
}
static inline bool type_is_character(const struct type *t)
{
    return t->kind == TYPE_CHAR || t->kind == TYPE_VARCHAR;
}
static inline bool type_is_binary(const struct type *t)
{
    return t->kind == TYPE_BINARY || t->kind == TYPE_VARBINARY;
}
static inline bool type_is_timestamp(const struct type *t)
{
    return t->kind == TYPE_TIMESTAMP || t->kind == TYPE_TIMESTAMP_LTZ;
}
static inline bool type_is_datetime(const struct type *t)
{
    return t->kind >= TYPE_DATE && t->kind <= TYPE_TIMESTAMP_LTZ;
}
static inline bool type_is_interval(const struct type *t)
{
    return t->kind == TYPE_INTERVAL_MONTH || t->kind == TYPE_INTERVAL_SECOND;
}
/* True for values of 16 bytes: DECIMAL and timestamps finer than a millisecond. */
static inline bool type_is_wide(const struct type *t)
{
    return t->kind == TYPE_DECIMAL || (type_is_timestamp(t) && t->precision > 3);
}

/* The text of Flink's asSummaryString as the `types` line of a test shows it: "INT NOT NULL",
 * "STRING", "DECIMAL(5, 2)", "ROW<`x` INT, `y` STRING>", "TIMESTAMP(3)", "INTERVAL SECOND(3)". A
 * time attribute is appended as " *ROWTIME*" when with_time_attribute is set. */
void type_print(const struct type *t, bool with_time_attribute, struct buf *out);
const char *type_to_cstr(struct arena *a, const struct type *t); /* without time attribute */
/* As the validator's messages spell it, without nullability: "INTEGER", "VARCHAR(2147483647)",
 * "INTEGER ARRAY", "(CHAR(1), INTEGER) MAP", "RecordType(INTEGER x)". */
void type_print_standard(const struct type *t, struct buf *out);
const char *type_to_standard_cstr(struct arena *a, const struct type *t);
/* Reads what type_print writes; the phys graph's JSON stores types so. */
MUST_USE struct err *type_parse(struct arena *a, struct slice text, const struct type **out);

/* Result types of decimal arithmetic, Flink's LogicalTypeMerging; `op` is one of + - * / %. Integer
 * operands count as DECIMAL(3|5|10|19, 0). */
const struct type *type_decimal_result(
    struct arena *a, char op, const struct type *left, const struct type *right);
/* ROUND and TRUNCATE of a DECIMAL to `digits` fraction digits (may be negative). */
const struct type *type_decimal_round(struct arena *a, const struct type *t, int32_t digits);
/* The common type of a function's arguments (COALESCE, GREATEST, ARRAY[], IN, comparison), Flink's
 * LogicalTypeMerging.findCommonType; NULL when there is none. Nullable if one of them is. */
const struct type *type_common(struct arena *a, const struct type *const *types, size_t count);
/* The same for CASE and UNION, which follow Calcite's leastRestrictive: the first of FLOAT and
 * DOUBLE wins, and of TIMESTAMP and TIMESTAMP_LTZ; a DATE and a TIMESTAMP do not mix. */
const struct type *type_least_restrictive(
    struct arena *a, const struct type *const *types, size_t count);
/* May a = b and a < b be written? Numbers with numbers, text with text, BOOLEAN and dates. */
bool type_comparable(const struct type *a, const struct type *b);
/* May a value of `from` be stored into `to` without CAST (Flink's supportsImplicitCast)? */
bool type_castable_implicitly(const struct type *from, const struct type *to);
/* May CAST(from AS to) be written at all (supportsExplicitCast)? */
bool type_castable(const struct type *from, const struct type *to);
