/* x IN (a, b, ...). Constants are put into a set when the call is opened; other members are
 * compared row by row. NULL when x is NULL, or when nothing is found and a member is NULL. */
#include "base/arena.h"
#include "base/check.h"
#include "base/hash.h"
#include "func/infer.h"
#include "func/scalar/comparison/comparison.h"
#include "vec/kernel.h"

enum {
    MEMBERS_MAX = 100000,
    LINEAR_MAX = 8 /* so many integers are compared one after the other, in dense loops */
};

struct set {
    struct column *values; /* the distinct constants */
    uint32_t count;
    bool has_null;
    bool has_columns;
    uint32_t *slots; /* number of the value + 1; 0 is free */
    uint32_t capacity;
};

static struct err *infer(struct func_infer *in)
{
    extern const struct func_def func_in;
    if (in->arg_count < 2) return func_infer_fail(&func_in, in, NULL);
    if (in->arg_count > MEMBERS_MAX)
        FAIL_AT(ERR_LIMIT_EXCEEDED, in->args[0].pos, "IN has %u members, at most %d are allowed",
            in->arg_count - 1, MEMBERS_MAX);
    const struct type *common = in->args[0].type;
    for (uint32_t i = 1; i < in->arg_count && common; i++)
        common = comparison_common(in->arena, common, in->args[i].type);
    if (!common)
        FAIL_AT(ERR_DATATYPE_MISMATCH, in->args[0].pos,
            "Values in expression list must have compatible types");
    bool as_is = type_is_character(common) || type_is_binary(common);
    for (uint32_t i = 0; i < in->arg_count; i++) {
        const struct type *given = in->args[i].type;
        if (!as_is || given->kind == TYPE_NULL)
            in->arg_types[i] = func__nullable_as(in->arena, common, given);
    }
    in->result = type_with_nullable(in->arena, type_simple(TYPE_BOOLEAN), func__any_nullable(in));
    return NULL;
}

static uint64_t hash_double(double v)
{
    uint64_t bits;
    double zero_is_positive = v + 0.0;
    memcpy(&bits, &zero_is_positive, sizeof bits);
    return hash_u64(bits);
}

static uint64_t hash_at(const struct column *c, uint32_t row)
{
    const void *data = c->data;
    switch (c->layout) {
    case LAYOUT_BOOL: return hash_u64(((const uint8_t *)data)[row]);
    case LAYOUT_I8: return hash_u64((uint64_t)((const int8_t *)data)[row]);
    case LAYOUT_I16: return hash_u64((uint64_t)((const int16_t *)data)[row]);
    case LAYOUT_I32: return hash_u64((uint64_t)((const int32_t *)data)[row]);
    case LAYOUT_I64: return hash_u64((uint64_t)((const int64_t *)data)[row]);
    case LAYOUT_I128: return hash_u128((u128)((const i128 *)data)[row]);
    case LAYOUT_F32: return hash_double((double)((const float *)data)[row]);
    case LAYOUT_F64: return hash_double(((const double *)data)[row]);
    case LAYOUT_STR: {
        struct slice s = str_slice(&((const struct str *)data)[row]);
        return hash_bytes(s.p, s.n, 0);
    }
    case LAYOUT_SPAN:
    case LAYOUT_ROW: return 0; /* a chain; nested lists are short */
    }
    UNREACHABLE();
}

static bool equal_at(const struct column *a, uint32_t i, const struct column *b, uint32_t j)
{
    switch (a->layout) {
#define X(layout, ctype) \
    case layout: return ((const ctype *)a->data)[i] == ((const ctype *)b->data)[j];
        X(LAYOUT_BOOL, uint8_t)
        X(LAYOUT_I8, int8_t)
        X(LAYOUT_I16, int16_t)
        X(LAYOUT_I32, int32_t)
        X(LAYOUT_I64, int64_t)
        X(LAYOUT_I128, i128)
        X(LAYOUT_F32, float)
        X(LAYOUT_F64, double)
#undef X
    case LAYOUT_STR:
        return str_equal(&((const struct str *)a->data)[i], &((const struct str *)b->data)[j]);
    case LAYOUT_SPAN:
    case LAYOUT_ROW: return column_rows_equal(a, i, b, j);
    }
    UNREACHABLE();
}

/* The slot that holds the value, or the free one where it belongs. */
static uint32_t find_slot(const struct set *s, const struct column *c, uint32_t row)
{
    uint32_t slot = (uint32_t)hash_at(c, row) & (s->capacity - 1);
    while (s->slots[slot] && !equal_at(c, row, s->values, s->slots[slot] - 1))
        slot = (slot + 1) & (s->capacity - 1);
    return slot;
}

static struct err *open_in(struct func_call *call)
{
    struct set *s = ARENA_NEW(call->arena, struct set);
    call->state = s;
    s->values = column_new(call->arena, call->arg_types[0], call->arg_count);
    s->capacity = 16;
    while (s->capacity < call->arg_count * 2) s->capacity *= 2;
    s->slots = ARENA_ARRAY(call->arena, uint32_t, s->capacity);
    for (uint32_t i = 1; i < call->arg_count; i++) {
        const struct value *v = call->literals[i];
        if (!v)
            s->has_columns = true;
        else if (v->null)
            s->has_null = true;
        if (!v || v->null) continue;
        column_set_value(s->values, s->count, v, call->arena);
        uint32_t slot = find_slot(s, s->values, s->count);
        if (!s->slots[slot]) s->slots[slot] = ++s->count;
    }
    return NULL;
}

#define LINEAR(suffix, ctype)                                                                 \
    KERNEL_CLONES static void linear_##suffix(uint8_t *restrict out, const ctype *restrict a, \
        uint32_t rows, const ctype *restrict values, uint32_t count)                          \
    {                                                                                         \
        for (uint32_t i = 0; i < rows; i++) out[i] = a[i] == values[0];                       \
        for (uint32_t k = 1; k < count; k++) {                                                \
            ctype v = values[k];                                                              \
            for (uint32_t i = 0; i < rows; i++) out[i] |= a[i] == v;                          \
        }                                                                                     \
    }
LINEAR(i32, int32_t)
LINEAR(i64, int64_t)

/* True when it was done: few integers, all rows. */
static bool run_linear(struct func_frame *f, const struct set *s)
{
    const struct column *a = f->args[0];
    if (f->sel || s->count == 0 || s->count > LINEAR_MAX) return false;
    if (a->layout == LAYOUT_I32)
        linear_i32(f->out->data, a->data, f->count, s->values->data, s->count);
    else if (a->layout == LAYOUT_I64)
        linear_i64(f->out->data, a->data, f->count, s->values->data, s->count);
    else
        return false;
    return true;
}

/* Compares with the members that are no constants; sets NULL where one of them decides that. */
static void run_columns(struct func_frame *f, const struct set *s, uint32_t row)
{
    uint8_t *out = f->out->data;
    bool null = s->has_null;
    for (uint32_t i = 1; i < f->call->arg_count && !out[row]; i++) {
        const struct column *member = f->args[i];
        if (!member) continue;
        if (!column_is_valid(member, row))
            null = true;
        else
            out[row] = equal_at(f->args[0], row, member, row);
    }
    if (!out[row] && null) column_set_null(f->out, row);
}

static struct err *eval(struct func_frame *f)
{
    const struct set *s = f->call->state;
    const struct column *a = f->args[0];
    uint8_t *out = f->out->data;
    bool done = run_linear(f, s);
    if (done && !a->has_nulls && !s->has_null && !s->has_columns) return NULL;
    for (FUNC_EACH_ROW(f, row)) {
        if (!column_is_valid(a, row)) {
            column_set_null(f->out, row);
            continue;
        }
        if (!done) out[row] = s->slots[find_slot(s, a, row)] != 0;
        if (!out[row] && (s->has_null || s->has_columns)) run_columns(f, s, row);
    }
    return NULL;
}

const struct func_def func_in = {
    .name = "IN",
    .flags = FUNC_TOTAL | FUNC_OPERATOR | FUNC_LITERALS,
    .infer = infer,
    .eval = eval,
    .open = open_in,
    .signature_doc = "x IN (a, b, ...)",
    .doc = "TRUE when x equals a member; NULL when none does and one of them is NULL.",
    .example = "2 IN (1, 2, 3) → TRUE",
};
