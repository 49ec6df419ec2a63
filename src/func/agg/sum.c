/* SUM and AVG. Both keep a sum and the number of values that are not NULL.
 *
 * Integers are summed in 64 bits, modulo 2^64: SUM is cut to its argument's type, which is where
 * Flink wraps too, and AVG divides the 64-bit sum, toward zero. SUM(FLOAT) rounds to FLOAT after
 * every step, AVG(FLOAT) sums in DOUBLE. Decimals are summed at precision 38: past it Flink's SUM
 * becomes NULL and starts again with the next value, its AVG stays NULL. */
#include "base/check.h"
#include "func/agg/agg_value.h"
#include "type/decimal.h"

struct sum_int {
    uint64_t sum;
    int64_t count;
};
struct sum_double {
    double sum;
    int64_t count;
};
struct sum_decimal {
    agg_i128 sum;
    int64_t count;
    uint64_t overflow;
};

#define PLUS(a, b) ((a) + (b))
#define MINUS(a, b) ((a) - (b))
#define PLUS_FLOAT(a, b) ((double)((float)(a) + (float)(b)))
#define MINUS_FLOAT(a, b) ((double)((float)(a) - (float)(b)))

#define FN add_i8
#define T int8_t
#define S sum_int
#define A uint64_t
#define ADD PLUS
#define SUB MINUS
#include "func/agg/sum_kernel.inc"
#define FN add_i16
#define T int16_t
#define S sum_int
#define A uint64_t
#define ADD PLUS
#define SUB MINUS
#include "func/agg/sum_kernel.inc"
#define FN add_i32
#define T int32_t
#define S sum_int
#define A uint64_t
#define ADD PLUS
#define SUB MINUS
#include "func/agg/sum_kernel.inc"
#define FN add_i64
#define T int64_t
#define S sum_int
#define A uint64_t
#define ADD PLUS
#define SUB MINUS
#include "func/agg/sum_kernel.inc"
#define FN add_float_rounded
#define T float
#define S sum_double
#define A double
#define ADD PLUS_FLOAT
#define SUB MINUS_FLOAT
#include "func/agg/sum_kernel.inc"
#define FN add_float
#define T float
#define S sum_double
#define A double
#define ADD PLUS
#define SUB MINUS
#include "func/agg/sum_kernel.inc"
#define FN add_double
#define T double
#define S sum_double
#define A double
#define ADD PLUS
#define SUB MINUS
#include "func/agg/sum_kernel.inc"

static void step_decimal(struct sum_decimal *s, i128 v, int64_t count, bool sticky)
{
    s->count += count;
    if (s->overflow && sticky) return;
    i128 sum; /* two numbers of 38 digits may pass 2^127 */
    bool wraps = __builtin_add_overflow(s->overflow ? 0 : s->sum, v, &sum);
    s->overflow = wraps || !decimal_fits(sum, DECIMAL_PRECISION_MAX);
    s->sum = s->overflow ? 0 : sum;
}

static void add_decimal(const struct agg_frame *f, bool sticky)
{
    const struct column *c = f->args[0];
    const i128 *values = c->data;
    for (FUNC_EACH_ROW(f, row)) {
        if (!column_is_valid(c, row)) continue;
        struct sum_decimal *s = (void *)((char *)f->entries[row] + f->state_offset);
        bool adds = !f->kinds || row_kind_adds((enum row_kind)f->kinds[row]);
        step_decimal(s, adds ? values[row] : -values[row], adds ? 1 : -1, sticky);
    }
}

static unsigned flags(const struct agg_call *call)
{
    (void)call;
    return AGG_PLAIN | AGG_RETRACTS | AGG_NULL_IF_EMPTY;
}

static uint32_t state_bytes(const struct agg_call *call)
{
    return call->arg_types[0]->kind == TYPE_DECIMAL ? sizeof(struct sum_decimal)
                                                    : sizeof(struct sum_int);
}

static struct err *numeric_argument(struct func_infer *in, const char *name)
{
    if (in->arg_count == 1 && type_is_numeric(in->args[0].type)) return NULL;
    return agg_infer_fail(name, in, name[0] == 'S' ? "'SUM(<NUMERIC>)'" : "'AVG(<NUMERIC>)'");
}

static struct err *infer_sum(struct func_infer *in)
{
    TRY(numeric_argument(in, "SUM"));
    const struct type *t = in->args[0].type;
    in->result = t->kind == TYPE_DECIMAL ? type_new(in->arena, TYPE_DECIMAL, DECIMAL_PRECISION_MAX,
                                               t->scale, t->nullable)
                                         : t;
    return NULL;
}

static struct err *infer_avg(struct func_infer *in)
{
    TRY(numeric_argument(in, "AVG"));
    const struct type *t = in->args[0].type;
    in->result = t->kind == TYPE_DECIMAL ? type_new(in->arena, TYPE_DECIMAL, DECIMAL_PRECISION_MAX,
                                               t->scale > 6 ? t->scale : 6, t->nullable)
                                         : t;
    return NULL;
}

static struct err *add(struct agg_frame *f, bool average)
{
    switch (f->args[0]->layout) {
    case LAYOUT_I8: add_i8(f); break;
    case LAYOUT_I16: add_i16(f); break;
    case LAYOUT_I32: add_i32(f); break;
    case LAYOUT_I64: add_i64(f); break;
    case LAYOUT_F32: average ? add_float(f) : add_float_rounded(f); break;
    case LAYOUT_F64: add_double(f); break;
    case LAYOUT_I128: add_decimal(f, average); break;
    case LAYOUT_BOOL:
    case LAYOUT_STR:
    case LAYOUT_SPAN:
    case LAYOUT_ROW: UNREACHABLE();
    }
    return NULL;
}
static struct err *add_sum(struct agg_frame *f)
{
    return add(f, false);
}
static struct err *add_avg(struct agg_frame *f)
{
    return add(f, true);
}

static void merge_decimal(struct sum_decimal *to, const struct sum_decimal *from, bool sticky)
{
    int64_t count = to->count + from->count;
    bool overflow = from->overflow || (to->overflow && (sticky || from->count == 0));
    if (overflow) {
        to->sum = 0;
        to->overflow = 1;
    } else {
        step_decimal(to, from->sum, 0, sticky);
    }
    to->count = count;
}

static struct err *merge(const struct agg_call *call, void *dst, const void *src, bool average)
{
    const struct type *t = call->arg_types[0];
    if (t->kind == TYPE_DECIMAL) {
        merge_decimal(dst, src, average);
    } else if (type_is_approximate(t)) {
        struct sum_double *to = dst;
        const struct sum_double *from = src;
        bool round = t->kind == TYPE_FLOAT && !average;
        to->sum = round ? PLUS_FLOAT(to->sum, from->sum) : to->sum + from->sum;
        to->count += from->count;
    } else {
        struct sum_int *to = dst;
        const struct sum_int *from = src;
        to->sum += from->sum;
        to->count += from->count;
    }
    return NULL;
}
static struct err *merge_sum(
    const struct agg_call *call, void *dst, const void *src, struct heap *heap)
{
    (void)heap;
    return merge(call, dst, src, false);
}
static struct err *merge_avg(
    const struct agg_call *call, void *dst, const void *src, struct heap *heap)
{
    (void)heap;
    return merge(call, dst, src, true);
}

static void put_integer(struct column *out, uint32_t row, int64_t v)
{
    switch (out->layout) {
    case LAYOUT_I8: ((int8_t *)out->data)[row] = (int8_t)v; break;
    case LAYOUT_I16: ((int16_t *)out->data)[row] = (int16_t)v; break;
    case LAYOUT_I32: ((int32_t *)out->data)[row] = (int32_t)v; break;
    case LAYOUT_I64: ((int64_t *)out->data)[row] = v; break;
    case LAYOUT_BOOL:
    case LAYOUT_I128:
    case LAYOUT_F32:
    case LAYOUT_F64:
    case LAYOUT_STR:
    case LAYOUT_SPAN:
    case LAYOUT_ROW: UNREACHABLE();
    }
}

/* SUM(BIGINT) of groups that all have values. */
static bool result_i64(void *const *entries, uint32_t offset, uint32_t count, int64_t *restrict out)
{
    bool empty = false;
    for (uint32_t i = 0; i < count; i++) {
        const struct sum_int *s = (const void *)((const char *)entries[i] + offset);
        out[i] = (int64_t)s->sum;
        empty |= s->count == 0;
    }
    return !empty;
}

static void result_integer(void *const *entries, uint32_t offset, uint32_t count,
    struct column *out, uint32_t out_row, bool average)
{
    bool plain = out->layout == LAYOUT_I64 && !average && !out->has_nulls;
    if (plain && result_i64(entries, offset, count, (int64_t *)out->data + out_row)) return;
    for (uint32_t i = 0; i < count; i++) {
        const struct sum_int *s = (const void *)((const char *)entries[i] + offset);
        if (s->count == 0) {
            column_set_null(out, out_row + i);
            continue;
        }
        column_set_valid(out, out_row + i);
        int64_t sum = (int64_t)s->sum;
        /* A count of -1 and the smallest sum would trap; Java wraps. */
        if (average) sum = s->count == -1 ? (int64_t)-s->sum : sum / s->count;
        put_integer(out, out_row + i, sum);
    }
}

static void result_double(void *const *entries, uint32_t offset, uint32_t count, struct column *out,
    uint32_t out_row, bool average)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct sum_double *s = (const void *)((const char *)entries[i] + offset);
        if (s->count == 0) {
            column_set_null(out, out_row + i);
            continue;
        }
        column_set_valid(out, out_row + i);
        double v = average ? s->sum / (double)s->count : s->sum;
        if (out->layout == LAYOUT_F32)
            ((float *)out->data)[out_row + i] = (float)v;
        else
            ((double *)out->data)[out_row + i] = v;
    }
}

static void result_decimal(const struct agg_call *call, void *const *entries, uint32_t offset,
    uint32_t count, struct column *out, uint32_t out_row, bool average)
{
    const struct type *t = call->result;
    for (uint32_t i = 0; i < count; i++) {
        const struct sum_decimal *s = (const void *)((const char *)entries[i] + offset);
        i128 v = s->sum;
        bool ok = s->count != 0 && !s->overflow;
        if (ok && average)
            ok = decimal_div(
                s->sum, call->arg_types[0]->scale, s->count, 0, t->precision, t->scale, &v);
        if (!ok) {
            column_set_null(out, out_row + i);
            continue;
        }
        column_set_valid(out, out_row + i);
        ((i128 *)out->data)[out_row + i] = v;
    }
}

static struct err *result(const struct agg_call *call, void *const *entries, uint32_t offset,
    uint32_t count, struct column *out, uint32_t out_row, bool average)
{
    if (call->arg_types[0]->kind == TYPE_DECIMAL)
        result_decimal(call, entries, offset, count, out, out_row, average);
    else if (type_is_approximate(call->arg_types[0]))
        result_double(entries, offset, count, out, out_row, average);
    else
        result_integer(entries, offset, count, out, out_row, average);
    return NULL;
}
static struct err *result_sum(const struct agg_call *call, void *const *entries, uint32_t offset,
    uint32_t count, struct column *out, uint32_t out_row, struct arena *arena)
{
    (void)arena;
    return result(call, entries, offset, count, out, out_row, false);
}
static struct err *result_avg(const struct agg_call *call, void *const *entries, uint32_t offset,
    uint32_t count, struct column *out, uint32_t out_row, struct arena *arena)
{
    (void)arena;
    return result(call, entries, offset, count, out, out_row, true);
}

const struct agg_def agg_sum = {
    .name = "SUM",
    .flags = flags,
    .infer = infer_sum,
    .state_bytes = state_bytes,
    .add = add_sum,
    .merge = merge_sum,
    .result = result_sum,
    .signature_doc = "SUM([DISTINCT] number)",
    .doc = "Sum of the values that are not NULL, in the argument's type (DECIMAL: precision 38); "
           "NULL when there is none. Integers wrap.",
    .example = "SUM over 1, 2, NULL → 3",
};

const struct agg_def agg_avg = {
    .name = "AVG",
    .flags = flags,
    .infer = infer_avg,
    .state_bytes = state_bytes,
    .add = add_avg,
    .merge = merge_avg,
    .result = result_avg,
    .signature_doc = "AVG([DISTINCT] number)",
    .doc = "Mean of the values that are not NULL, in the argument's type: of integers it is cut "
           "toward zero, of DECIMAL(p, s) it is DECIMAL(38, max(6, s)).",
    .example = "AVG over 1, 2 → 1",
};
