/* Intervals added to dates, times, timestamps and each other, and multiplied by integers. */
#include "base/arena.h"
#include "base/check.h"
#include "func/infer.h"
#include "func/scalar/arithmetic/arithmetic.h"
#include "type/datetime.h"

static bool infer_interval(struct func_infer *in, const struct type *a, const struct type *b)
{
    if (!type_is_interval(a) || a->kind != b->kind) return false;
    const struct type *finer = a->precision >= b->precision ? a : b;
    in->result = type_with_nullable(in->arena, finer, func__any_nullable(in));
    return true;
}

/* Integers count as BIGINT; the interval comes first or second. */
static bool infer_product(struct func_infer *in, uint32_t interval)
{
    const struct type *factor = in->args[1 - interval].type;
    if (!type_is_interval(in->args[interval].type) || !type_is_integer(factor)) return false;
    in->arg_types[1 - interval] = func__nullable_as(in->arena, type_simple(TYPE_BIGINT), factor);
    in->result = type_with_nullable(in->arena, in->args[interval].type, func__any_nullable(in));
    return true;
}

/* A fraction of a second makes TIMESTAMP(0) a TIMESTAMP(3); dates and times keep their type. */
static bool infer_moment(struct func_infer *in, uint32_t interval)
{
    const struct type *moment = in->args[1 - interval].type, *by = in->args[interval].type;
    if (!type_is_datetime(moment) || !type_is_interval(by)) return false;
    int32_t precision = moment->precision;
    if (type_is_timestamp(moment) && by->kind == TYPE_INTERVAL_SECOND && precision < by->precision)
        precision = by->precision;
    if (precision == moment->precision) {
        in->result = type_with_nullable(in->arena, moment, func__any_nullable(in));
        return true;
    }
    in->arg_types[1 - interval] = type_new(in->arena, moment->kind, precision, 0, moment->nullable);
    in->result = type_new(in->arena, moment->kind, precision, 0, func__any_nullable(in));
    return true;
}

bool arithmetic_infer_temporal(struct func_infer *in, char op)
{
    if (op == '*') return infer_product(in, 0) || infer_product(in, 1);
    if (infer_interval(in, in->args[0].type, in->args[1].type)) return true;
    return infer_moment(in, 1) || (op == '+' && infer_moment(in, 0));
}

/* Intervals and integers, widened to 64 bits. */
static int64_t number_at(const struct column *c, uint32_t row)
{
    if (c->layout == LAYOUT_I32) return ((const int32_t *)c->data)[row];
    ASSERT_SLOW(c->layout == LAYOUT_I64);
    return ((const int64_t *)c->data)[row];
}

static void set_number(struct column *c, uint32_t row, int64_t v)
{
    if (c->layout == LAYOUT_I32)
        ((int32_t *)c->data)[row] = (int32_t)v;
    else
        ((int64_t *)c->data)[row] = v;
}

static int64_t wrap_add(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t wrap_multiply(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a * (uint64_t)b);
}

static void compute_intervals(struct func_frame *f, char op)
{
    const struct column *a = f->args[0], *b = f->args[1];
    for (FUNC_EACH_ROW(f, row)) {
        int64_t left = number_at(a, row), right = number_at(b, row);
        int64_t v;
        if (op == '*')
            v = wrap_multiply(left, right);
        else
            v = wrap_add(left, op == '-' ? wrap_multiply(right, -1) : right);
        set_number(f->out, row, v);
    }
}

static int32_t move_time(int32_t ms_of_day, int64_t by_ms)
{
    int64_t moved = wrap_add(ms_of_day, by_ms % DATETIME_MS_PER_DAY);
    return datetime_ms_of_day(moved);
}

/* Hours count for a DATE as far as they make whole days, forward and back alike. */
static int32_t move_date(int32_t days, int64_t by_ms)
{
    int64_t whole_ms = by_ms - by_ms % DATETIME_MS_PER_DAY;
    return datetime_days(wrap_add((int64_t)days * DATETIME_MS_PER_DAY, whole_ms));
}

static void move_i32(struct func_frame *f, const struct column *moment, const struct column *by,
    bool months, int64_t sign)
{
    const int32_t *from = moment->data;
    int32_t *out = f->out->data;
    bool is_date = moment->type->kind == TYPE_DATE;
    for (FUNC_EACH_ROW(f, row)) {
        int64_t step = wrap_multiply(number_at(by, row), sign);
        if (months)
            out[row] = is_date ? datetime_add_months_date(from[row], step) : from[row];
        else
            out[row] = is_date ? move_date(from[row], step) : move_time(from[row], step);
    }
}

static void move_i64(struct func_frame *f, const struct column *moment, const struct column *by,
    bool months, int64_t sign)
{
    const int64_t *from = moment->data;
    int64_t *out = f->out->data;
    if (months) {
        for (FUNC_EACH_ROW(f, row))
            out[row] = datetime_add_months(from[row], wrap_multiply(number_at(by, row), sign));
        return;
    }
    const int64_t *step = by->data;
    for (FUNC_EACH_ROW(f, row)) out[row] = wrap_add(from[row], wrap_multiply(step[row], sign));
}

static void move_wide(struct func_frame *f, const struct column *moment, const struct column *by,
    bool months, int64_t sign)
{
    const i128 *from = moment->data;
    i128 *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) {
        int64_t step = wrap_multiply(number_at(by, row), sign);
        if (months) {
            struct timestamp t = datetime_from_ns(from[row]);
            t.ms = datetime_add_months(t.ms, step);
            out[row] = datetime_to_ns(t);
        } else {
            out[row] = from[row] + (i128)step * DATETIME_NS_PER_MS;
        }
    }
}

void arithmetic_temporal(struct func_frame *f, char op)
{
    if (type_is_interval(f->call->type)) {
        compute_intervals(f, op);
        return;
    }
    bool swapped = type_is_interval(f->call->arg_types[0]);
    const struct column *moment = f->args[swapped], *by = f->args[!swapped];
    bool months = by->type->kind == TYPE_INTERVAL_MONTH;
    int64_t sign = op == '-' ? -1 : 1;
    if (moment->layout == LAYOUT_I32)
        move_i32(f, moment, by, months, sign);
    else if (moment->layout == LAYOUT_I64)
        move_i64(f, moment, by, months, sign);
    else
        move_wide(f, moment, by, months, sign);
}
