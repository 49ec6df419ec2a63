/* FIRST_VALUE and LAST_VALUE by arrival, NULLs ignored. When rows can be taken back the group keeps
 * all its values in order. */
#include "base/heap.h"
#include "func/agg/agg_sequence.h"

struct kept {
    union agg_value value;
    uint64_t has;
};

static unsigned flags(const struct agg_call *call)
{
    if (call->retract) return AGG_RETRACTS | AGG_ORDERED | AGG_NULL_IF_EMPTY;
    struct agg_value_type t = agg_value_type_of(call->arg_types[0]);
    return AGG_ORDERED | AGG_NULL_IF_EMPTY | (agg_value_is_text(&t) ? 0u : AGG_PLAIN);
}

static struct err *infer(struct func_infer *in)
{
    if (in->arg_count != 1)
        FAIL(ERR_DATATYPE_MISMATCH, "FIRST_VALUE and LAST_VALUE take one argument, not %u",
            in->arg_count);
    in->result = type_with_time_attribute(in->arena, in->args[0].type, TIME_NONE);
    return NULL;
}

static uint32_t state_bytes(const struct agg_call *call)
{
    return call->retract ? sizeof(struct sequence) : sizeof(struct kept);
}

static struct err *keep(
    struct kept *s, const union agg_value *v, const struct agg_value_type *t, struct heap *heap)
{
    union agg_value own = *v;
    TRY(agg_value_keep(t, &own, heap));
    if (s->has) agg_value_release(t, &s->value, heap);
    s->value = own;
    s->has = 1;
    return NULL;
}

static struct err *add_row(
    struct agg_frame *f, const struct agg_value_type *t, uint32_t row, bool last, struct buf *b)
{
    void *state = (char *)f->entries[row] + f->state_offset;
    bool adds = !f->kinds || row_kind_adds((enum row_kind)f->kinds[row]);
    if (!f->call->retract) {
        struct kept *s = state;
        if (s->has && !last) return NULL;
        union agg_value v = agg_value_view(t, f->args[0], row, b);
        return keep(s, &v, t, f->heap);
    }
    union agg_value v = agg_value_view(t, f->args[0], row, b);
    return agg_sequence_add(state, t, &v, !adds, f->heap);
}

static struct err *add(struct agg_frame *f, bool last)
{
    struct agg_value_type t = agg_value_type_of(f->call->arg_types[0]);
    struct buf scratch;
    buf_init(&scratch, UINT32_MAX);
    struct err *e = NULL;
    for (FUNC_EACH_ROW(f, row)) {
        if (!column_is_valid(f->args[0], row)) continue;
        e = add_row(f, &t, row, last, &scratch);
        if (e) break;
    }
    buf_free(&scratch);
    return e;
}
static struct err *add_first(struct agg_frame *f)
{
    return add(f, false);
}
static struct err *add_last(struct agg_frame *f)
{
    return add(f, true);
}

static struct err *merge(
    const struct agg_call *call, void *dst, const void *src, struct heap *heap, bool last)
{
    struct agg_value_type t = agg_value_type_of(call->arg_types[0]);
    if (call->retract) return agg_sequence_merge(dst, src, &t, heap);
    struct kept *to = dst;
    const struct kept *from = src;
    if (!from->has || (to->has && !last)) return NULL;
    return keep(to, &from->value, &t, heap);
}
static struct err *merge_first(
    const struct agg_call *call, void *dst, const void *src, struct heap *heap)
{
    return merge(call, dst, src, heap, false);
}
static struct err *merge_last(
    const struct agg_call *call, void *dst, const void *src, struct heap *heap)
{
    return merge(call, dst, src, heap, true);
}

static const union agg_value *value_of(const struct agg_call *call, const void *state, bool last)
{
    if (call->retract) {
        const struct sequence *s = state;
        return s->count ? &s->items[last ? s->count - 1 : 0].value : NULL;
    }
    const struct kept *s = state;
    return s->has ? &s->value : NULL;
}

static struct err *result(const struct agg_call *call, void *const *entries, uint32_t offset,
    uint32_t count, struct column *out, uint32_t out_row, struct arena *arena, bool last)
{
    struct agg_value_type t = agg_value_type_of(call->result);
    for (uint32_t i = 0; i < count; i++) {
        const union agg_value *v = value_of(call, (const char *)entries[i] + offset, last);
        if (v)
            TRY(agg_value_put(&t, v, out, out_row + i, arena));
        else
            column_set_null(out, out_row + i);
    }
    return NULL;
}
static struct err *result_first(const struct agg_call *call, void *const *entries, uint32_t offset,
    uint32_t count, struct column *out, uint32_t out_row, struct arena *arena)
{
    return result(call, entries, offset, count, out, out_row, arena, false);
}
static struct err *result_last(const struct agg_call *call, void *const *entries, uint32_t offset,
    uint32_t count, struct column *out, uint32_t out_row, struct arena *arena)
{
    return result(call, entries, offset, count, out, out_row, arena, true);
}

static void save(const struct agg_call *call, const void *state, struct buf *out)
{
    struct agg_value_type t = agg_value_type_of(call->arg_types[0]);
    if (call->retract) {
        agg_sequence_save(state, &t, out);
        return;
    }
    const struct kept *s = state;
    buf_add_u8(out, s->has != 0);
    if (s->has) agg_value_save(&t, &s->value, out);
}

static struct err *load(
    const struct agg_call *call, void *state, struct slice bytes, struct heap *heap)
{
    struct agg_value_type t = agg_value_type_of(call->arg_types[0]);
    struct reader r = {(const unsigned char *)bytes.p, (const unsigned char *)bytes.p + bytes.n};
    if (call->retract) return agg_sequence_load(state, &t, &r, heap);
    struct kept *s = state;
    uint8_t has;
    TRY(reader_u8(&r, &has));
    if (has) TRY(agg_value_load(&t, &s->value, &r, heap));
    s->has = has;
    return NULL;
}

static void free_state(const struct agg_call *call, void *state, struct heap *heap)
{
    struct agg_value_type t = agg_value_type_of(call->arg_types[0]);
    if (call->retract) {
        agg_sequence_free(state, &t, heap);
        return;
    }
    struct kept *s = state;
    if (s->has) agg_value_release(&t, &s->value, heap);
    s->has = 0;
}

const struct agg_def agg_first_value = {
    .name = "FIRST_VALUE",
    .flags = flags,
    .infer = infer,
    .state_bytes = state_bytes,
    .add = add_first,
    .merge = merge_first,
    .result = result_first,
    .save = save,
    .load = load,
    .free = free_state,
    .signature_doc = "FIRST_VALUE(value)",
    .doc = "The value that is not NULL and came first.",
    .example = "FIRST_VALUE over NULL, 'a', 'b' → a",
};

const struct agg_def agg_last_value = {
    .name = "LAST_VALUE",
    .flags = flags,
    .infer = infer,
    .state_bytes = state_bytes,
    .add = add_last,
    .merge = merge_last,
    .result = result_last,
    .save = save,
    .load = load,
    .free = free_state,
    .signature_doc = "LAST_VALUE(value)",
    .doc = "The value that is not NULL and came last.",
    .example = "LAST_VALUE over 'a', 'b', NULL → b",
};
