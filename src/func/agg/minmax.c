/* MIN and MAX. Over insert-only input one value is enough; when rows can be taken back the group
 * keeps all values with their counts (agg_multiset.h). */
#include "base/check.h"
#include "base/heap.h"
#include "func/agg/agg_multiset.h"

struct best_int {
    int64_t best;
    uint64_t has;
};
struct best_double {
    double best;
    uint64_t has;
};
struct best_wide {
    agg_i128 best;
    uint64_t has;
};
struct best_text {
    union agg_value best;
    uint64_t has;
};

#define LESS(v, best) ((v) < (best))
#define MORE(v, best) ((v) > (best))

#define BETTER LESS
#define FN min_u8
#define T uint8_t
#define S best_int
#include "func/agg/minmax_kernel.inc"
#define FN min_i8
#define T int8_t
#define S best_int
#include "func/agg/minmax_kernel.inc"
#define FN min_i16
#define T int16_t
#define S best_int
#include "func/agg/minmax_kernel.inc"
#define FN min_i32
#define T int32_t
#define S best_int
#include "func/agg/minmax_kernel.inc"
#define FN min_i64
#define T int64_t
#define S best_int
#include "func/agg/minmax_kernel.inc"
#define FN min_i128
#define T i128
#define S best_wide
#include "func/agg/minmax_kernel.inc"
#define FN min_f32
#define T float
#define S best_double
#include "func/agg/minmax_kernel.inc"
#define FN min_f64
#define T double
#define S best_double
#include "func/agg/minmax_kernel.inc"
#undef BETTER

#define BETTER MORE
#define FN max_u8
#define T uint8_t
#define S best_int
#include "func/agg/minmax_kernel.inc"
#define FN max_i8
#define T int8_t
#define S best_int
#include "func/agg/minmax_kernel.inc"
#define FN max_i16
#define T int16_t
#define S best_int
#include "func/agg/minmax_kernel.inc"
#define FN max_i32
#define T int32_t
#define S best_int
#include "func/agg/minmax_kernel.inc"
#define FN max_i64
#define T int64_t
#define S best_int
#include "func/agg/minmax_kernel.inc"
#define FN max_i128
#define T i128
#define S best_wide
#include "func/agg/minmax_kernel.inc"
#define FN max_f32
#define T float
#define S best_double
#include "func/agg/minmax_kernel.inc"
#define FN max_f64
#define T double
#define S best_double
#include "func/agg/minmax_kernel.inc"
#undef BETTER

static bool is_text(const struct agg_call *call)
{
    return layout_of(call->arg_types[0]) == LAYOUT_STR;
}

static unsigned flags(const struct agg_call *call)
{
    if (call->retract) return AGG_RETRACTS | AGG_NULL_IF_EMPTY;
    return AGG_NULL_IF_EMPTY | (is_text(call) ? 0u : AGG_PLAIN);
}

static bool is_ordered_type(const struct type *t)
{
    return type_is_numeric(t) || type_is_character(t) || type_is_datetime(t) ||
           t->kind == TYPE_BOOLEAN;
}

static struct err *infer(struct func_infer *in, const char *name)
{
    if (in->arg_count != 1) return agg_infer_fail(name, in, NULL);
    const struct type *t = in->args[0].type;
    if (!is_ordered_type(t))
        FAIL_AT(ERR_DATATYPE_MISMATCH, in->args[0].pos,
            "%s aggregate function does not support type: ''%s''. Please re-check the data type.",
            name[1] == 'A' ? "Max" : "Min", type_to_cstr(in->arena, t));
    in->result = type_with_time_attribute(in->arena, t, TIME_NONE);
    return NULL;
}
static struct err *infer_min(struct func_infer *in)
{
    return infer(in, "MIN");
}
static struct err *infer_max(struct func_infer *in)
{
    return infer(in, "MAX");
}

static uint32_t state_bytes(const struct agg_call *call)
{
    if (call->retract) return sizeof(struct multiset);
    switch (layout_of(call->arg_types[0])) {
    case LAYOUT_BOOL:
    case LAYOUT_I8:
    case LAYOUT_I16:
    case LAYOUT_I32:
    case LAYOUT_I64: return sizeof(struct best_int);
    case LAYOUT_F32:
    case LAYOUT_F64: return sizeof(struct best_double);
    case LAYOUT_I128: return sizeof(struct best_wide);
    case LAYOUT_STR: return sizeof(struct best_text);
    case LAYOUT_SPAN:
    case LAYOUT_ROW: break;
    }
    UNREACHABLE();
}

static struct err *add_counted(struct agg_frame *f)
{
    struct agg_value_type t = agg_value_type_of(f->call->arg_types[0]);
    const struct column *c = f->args[0];
    for (FUNC_EACH_ROW(f, row)) {
        if (!column_is_valid(c, row)) continue;
        struct multiset *m = (void *)((char *)f->entries[row] + f->state_offset);
        union agg_value v = agg_value_view(&t, c, row, NULL);
        bool adds = !f->kinds || row_kind_adds((enum row_kind)f->kinds[row]);
        TRY(agg_multiset_add(m, &t, &v, adds ? 1 : -1, f->heap));
    }
    return NULL;
}

static struct err *replace_text(struct best_text *s, const union agg_value *v,
    const struct agg_value_type *t, struct heap *heap)
{
    union agg_value own = *v;
    TRY(agg_value_keep(t, &own, heap));
    if (s->has) agg_value_release(t, &s->best, heap);
    s->best = own;
    s->has = 1;
    return NULL;
}

static struct err *add_text(struct agg_frame *f, int sign)
{
    struct agg_value_type t = agg_value_type_of(f->call->arg_types[0]);
    const struct column *c = f->args[0];
    for (FUNC_EACH_ROW(f, row)) {
        if (!column_is_valid(c, row)) continue;
        struct best_text *s = (void *)((char *)f->entries[row] + f->state_offset);
        union agg_value v = {.text = ((const struct str *)c->data)[row]};
        if (s->has && agg_value_compare(&t, &v, &s->best) * sign >= 0) continue;
        TRY(replace_text(s, &v, &t, f->heap));
    }
    return NULL;
}

static struct err *add_min(struct agg_frame *f)
{
    if (f->call->retract) return add_counted(f);
    switch (f->args[0]->layout) {
    case LAYOUT_BOOL: min_u8(f); break;
    case LAYOUT_I8: min_i8(f); break;
    case LAYOUT_I16: min_i16(f); break;
    case LAYOUT_I32: min_i32(f); break;
    case LAYOUT_I64: min_i64(f); break;
    case LAYOUT_I128: min_i128(f); break;
    case LAYOUT_F32: min_f32(f); break;
    case LAYOUT_F64: min_f64(f); break;
    case LAYOUT_STR: return add_text(f, 1);
    case LAYOUT_SPAN:
    case LAYOUT_ROW: UNREACHABLE();
    }
    return NULL;
}

static struct err *add_max(struct agg_frame *f)
{
    if (f->call->retract) return add_counted(f);
    switch (f->args[0]->layout) {
    case LAYOUT_BOOL: max_u8(f); break;
    case LAYOUT_I8: max_i8(f); break;
    case LAYOUT_I16: max_i16(f); break;
    case LAYOUT_I32: max_i32(f); break;
    case LAYOUT_I64: max_i64(f); break;
    case LAYOUT_I128: max_i128(f); break;
    case LAYOUT_F32: max_f32(f); break;
    case LAYOUT_F64: max_f64(f); break;
    case LAYOUT_STR: return add_text(f, -1);
    case LAYOUT_SPAN:
    case LAYOUT_ROW: UNREACHABLE();
    }
    return NULL;
}

/* The value of a state of any form; NULL: none yet. */
static const union agg_value *value_of(
    const struct agg_call *call, const void *state, int sign, union agg_value *space)
{
    if (call->retract) return sign > 0 ? agg_multiset_first(state) : agg_multiset_last(state);
    memset(space, 0, sizeof *space);
    switch (layout_of(call->arg_types[0])) {
    case LAYOUT_BOOL:
    case LAYOUT_I8:
    case LAYOUT_I16:
    case LAYOUT_I32:
    case LAYOUT_I64:
        space->wide = ((const struct best_int *)state)->best;
        return ((const struct best_int *)state)->has ? space : NULL;
    case LAYOUT_F32:
    case LAYOUT_F64:
        space->f64 = ((const struct best_double *)state)->best;
        return ((const struct best_double *)state)->has ? space : NULL;
    case LAYOUT_I128:
        space->wide = ((const struct best_wide *)state)->best;
        return ((const struct best_wide *)state)->has ? space : NULL;
    case LAYOUT_STR:
        return ((const struct best_text *)state)->has ? &((const struct best_text *)state)->best
                                                      : NULL;
    case LAYOUT_SPAN:
    case LAYOUT_ROW: break;
    }
    UNREACHABLE();
}

static bool better(
    const struct agg_value_type *t, const union agg_value *v, const union agg_value *best, int sign)
{
    bool is_float = t->layout == LAYOUT_F32 || t->layout == LAYOUT_F64;
    if (is_float) return sign > 0 ? v->f64 < best->f64 : v->f64 > best->f64;
    return agg_value_compare(t, v, best) * sign < 0;
}

static struct err *merge(
    const struct agg_call *call, void *dst, const void *src, struct heap *heap, int sign)
{
    struct agg_value_type t = agg_value_type_of(call->arg_types[0]);
    if (call->retract) return agg_multiset_merge(dst, src, &t, heap);
    union agg_value space_from, space_to;
    const union agg_value *from = value_of(call, src, sign, &space_from);
    const union agg_value *to = value_of(call, dst, sign, &space_to);
    if (!from || (to && !better(&t, from, to, sign))) return NULL;
    if (t.layout == LAYOUT_STR) return replace_text(dst, from, &t, heap);
    memcpy(dst, src, state_bytes(call));
    return NULL;
}
static struct err *merge_min(
    const struct agg_call *call, void *dst, const void *src, struct heap *heap)
{
    return merge(call, dst, src, heap, 1);
}
static struct err *merge_max(
    const struct agg_call *call, void *dst, const void *src, struct heap *heap)
{
    return merge(call, dst, src, heap, -1);
}

static struct err *result(const struct agg_call *call, void *const *entries, uint32_t offset,
    uint32_t count, struct column *out, uint32_t out_row, struct arena *arena, int sign)
{
    struct agg_value_type t = agg_value_type_of(call->result);
    for (uint32_t i = 0; i < count; i++) {
        union agg_value space;
        const union agg_value *v = value_of(call, (const char *)entries[i] + offset, sign, &space);
        if (v)
            TRY(agg_value_put(&t, v, out, out_row + i, arena));
        else
            column_set_null(out, out_row + i);
    }
    return NULL;
}
static struct err *result_min(const struct agg_call *call, void *const *entries, uint32_t offset,
    uint32_t count, struct column *out, uint32_t out_row, struct arena *arena)
{
    return result(call, entries, offset, count, out, out_row, arena, 1);
}
static struct err *result_max(const struct agg_call *call, void *const *entries, uint32_t offset,
    uint32_t count, struct column *out, uint32_t out_row, struct arena *arena)
{
    return result(call, entries, offset, count, out, out_row, arena, -1);
}

/* Only for text and for counted values: the others are PLAIN. */
static void save(const struct agg_call *call, const void *state, struct buf *out)
{
    struct agg_value_type t = agg_value_type_of(call->arg_types[0]);
    if (call->retract) {
        agg_multiset_save(state, &t, out);
        return;
    }
    const struct best_text *s = state;
    buf_add_u8(out, s->has != 0);
    if (s->has) agg_value_save(&t, &s->best, out);
}

static struct err *load(
    const struct agg_call *call, void *state, struct slice bytes, struct heap *heap)
{
    struct agg_value_type t = agg_value_type_of(call->arg_types[0]);
    struct reader r = {(const unsigned char *)bytes.p, (const unsigned char *)bytes.p + bytes.n};
    if (call->retract) return agg_multiset_load(state, &t, &r, heap);
    struct best_text *s = state;
    uint8_t has;
    TRY(reader_u8(&r, &has));
    if (has) TRY(agg_value_load(&t, &s->best, &r, heap));
    s->has = has;
    return NULL;
}

static void free_state(const struct agg_call *call, void *state, struct heap *heap)
{
    struct agg_value_type t = agg_value_type_of(call->arg_types[0]);
    if (call->retract) {
        agg_multiset_free(state, &t, heap);
    } else if (is_text(call)) {
        struct best_text *s = state;
        if (s->has) agg_value_release(&t, &s->best, heap);
        s->has = 0;
    }
}

const struct agg_def agg_min = {
    .name = "MIN",
    .flags = flags,
    .infer = infer_min,
    .state_bytes = state_bytes,
    .add = add_min,
    .merge = merge_min,
    .result = result_min,
    .save = save,
    .load = load,
    .free = free_state,
    .signature_doc = "MIN(value)",
    .doc = "Smallest of the values that are not NULL; NULL when there is none. Text is compared by "
           "its "
           "UTF-8 bytes.",
    .example = "MIN over 1, 2, NULL → 1",
};

const struct agg_def agg_max = {
    .name = "MAX",
    .flags = flags,
    .infer = infer_max,
    .state_bytes = state_bytes,
    .add = add_max,
    .merge = merge_max,
    .result = result_max,
    .save = save,
    .load = load,
    .free = free_state,
    .signature_doc = "MAX(value)",
    .doc =
        "Largest of the values that are not NULL; NULL when there is none. Text is compared by its "
        "UTF-8 bytes.",
    .example = "MAX over 1, 2, NULL → 2",
};
