/* BOOLEAN, integers, FLOAT and DOUBLE among each other, as Java converts them: integers keep their
 * low bits, floating point is cut toward zero and saturates, to TINYINT and SMALLINT by way of INT.
 */
#include "base/check.h"
#include "func/scalar/cast/cast.h"
#include "vec/kernel.h"

static inline int32_t f64_to_i32(double v)
{
    if (!(v == v)) return 0;
    if (v >= 2147483647.0) return INT32_MAX;
    if (v <= -2147483648.0) return INT32_MIN;
    return (int32_t)v;
}

static inline int64_t f64_to_i64(double v)
{
    if (!(v == v)) return 0;
    if (v >= 9223372036854775807.0) return INT64_MAX;
    if (v <= -9223372036854775808.0) return INT64_MIN;
    return (int64_t)v;
}

#define PLAIN(from, to, v) ((to)(v))
#define TRUTH(from, to, v) ((to)((v) != 0))
#define SATURATE(from, to, v) ((to)f64_to_i32((double)(v)))
#define SATURATE64(from, to, v) (f64_to_i64((double)(v)))

#define LOOP(name, from, to, convert)                                                    \
    KERNEL_CLONES static void copy_##name(                                               \
        to *restrict out, const from *restrict in, const uint32_t *rows, uint32_t count) \
    {                                                                                    \
        if (!rows) {                                                                     \
            for (uint32_t i = 0; i < count; i++) out[i] = convert(from, to, in[i]);      \
            return;                                                                      \
        }                                                                                \
        for (uint32_t i = 0; i < count; i++) {                                           \
            uint32_t row = rows[i];                                                      \
            out[row] = convert(from, to, in[row]);                                       \
        }                                                                                \
    }                                                                                    \
    static struct err *run_##name(struct cast_run *r)                                    \
    {                                                                                    \
        copy_##name(r->out->data, r->in->data, r->sel, r->count);                        \
        return NULL;                                                                     \
    }

/* From each type to BOOLEAN, the integers, FLOAT and DOUBLE. */
#define FROM_INTEGER(name, from)            \
    LOOP(name##_bool, from, uint8_t, TRUTH) \
    LOOP(name##_i8, from, int8_t, PLAIN)    \
    LOOP(name##_i16, from, int16_t, PLAIN)  \
    LOOP(name##_i32, from, int32_t, PLAIN)  \
    LOOP(name##_i64, from, int64_t, PLAIN)  \
    LOOP(name##_f32, from, float, PLAIN)    \
    LOOP(name##_f64, from, double, PLAIN)
#define FROM_FLOATING(name, from)               \
    LOOP(name##_bool, from, uint8_t, TRUTH)     \
    LOOP(name##_i8, from, int8_t, SATURATE)     \
    LOOP(name##_i16, from, int16_t, SATURATE)   \
    LOOP(name##_i32, from, int32_t, SATURATE)   \
    LOOP(name##_i64, from, int64_t, SATURATE64) \
    LOOP(name##_f32, from, float, PLAIN)        \
    LOOP(name##_f64, from, double, PLAIN)

FROM_INTEGER(bool, uint8_t)
FROM_INTEGER(i8, int8_t)
FROM_INTEGER(i16, int16_t)
FROM_INTEGER(i32, int32_t)
FROM_INTEGER(i64, int64_t)
FROM_FLOATING(f32, float)
FROM_FLOATING(f64, double)

enum { CLASSES = 7 };
#define ROW(name)                                                                                 \
    {                                                                                             \
        run_##name##_bool, run_##name##_i8, run_##name##_i16, run_##name##_i32, run_##name##_i64, \
            run_##name##_f32, run_##name##_f64                                                    \
    }
static cast_fn *const loops[CLASSES][CLASSES] = {
    ROW(bool), ROW(i8), ROW(i16), ROW(i32), ROW(i64), ROW(f32), ROW(f64)};

static int class_of(const struct type *t)
{
    return t->kind >= TYPE_BOOLEAN && t->kind <= TYPE_DOUBLE ? (int)t->kind - TYPE_BOOLEAN : -1;
}
_Static_assert(TYPE_DOUBLE - TYPE_BOOLEAN == CLASSES - 1, "loops are in the order of the kinds");

/* An integer becomes so many months or milliseconds, whatever unit the interval's type was written
 * with: so does Flink with a column. */
static const struct type *as_number(const struct type *t)
{
    if (t->kind == TYPE_INTERVAL_MONTH) return type_simple(TYPE_INTEGER);
    return t->kind == TYPE_INTERVAL_SECOND ? type_simple(TYPE_BIGINT) : t;
}

cast_fn *cast_numeric_loop(const struct type *from, const struct type *to)
{
    int source = class_of(from), target = class_of(type_is_integer(from) ? as_number(to) : to);
    return source < 0 || target < 0 ? NULL : loops[source][target];
}
