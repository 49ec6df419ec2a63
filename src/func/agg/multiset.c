/* COLLECT: the values of a group with their counts. */
#include "base/arena.h"
#include "base/heap.h"
#include "func/agg/agg_multiset.h"

static unsigned flags(const struct agg_call *call)
{
    return AGG_NOT_NULL | (call->retract ? AGG_RETRACTS : 0u);
}

static struct err *infer(struct func_infer *in)
{
    if (in->arg_count != 1) return agg_infer_fail("COLLECT", in, NULL);
    const struct type *element = type_with_time_attribute(in->arena, in->args[0].type, TIME_NONE);
    in->result = type_multiset(in->arena, element, false);
    return NULL;
}

static uint32_t state_bytes(const struct agg_call *call)
{
    (void)call;
    return sizeof(struct multiset);
}

static struct err *add_rows(struct agg_frame *f, struct buf *scratch)
{
    struct agg_value_type t = agg_value_type_of(f->call->arg_types[0]);
    for (FUNC_EACH_ROW(f, row)) {
        if (!column_is_valid(f->args[0], row)) continue;
        struct multiset *m = (void *)((char *)f->entries[row] + f->state_offset);
        union agg_value v = agg_value_view(&t, f->args[0], row, scratch);
        bool adds = !f->kinds || row_kind_adds((enum row_kind)f->kinds[row]);
        TRY(agg_multiset_add(m, &t, &v, adds ? 1 : -1, f->heap));
    }
    return NULL;
}

static struct err *add(struct agg_frame *f)
{
    struct buf scratch;
    buf_init(&scratch, UINT32_MAX);
    struct err *e = add_rows(f, &scratch);
    buf_free(&scratch);
    return e;
}

static struct err *merge(const struct agg_call *call, void *dst, const void *src, struct heap *heap)
{
    struct agg_value_type t = agg_value_type_of(call->arg_types[0]);
    return agg_multiset_merge(dst, src, &t, heap);
}

/* Appends the values and their counts to the children of `out`. */
static struct err *put_values(const struct agg_value_type *t, const struct multiset *m,
    struct column *out, uint32_t row, struct arena *arena)
{
    uint32_t first = out->child_rows;
    int64_t count = 0;
    const union agg_value *v = NULL;
    while ((v = agg_multiset_next(m, t, v, &count))) {
        if (out->child_rows == out->children[0]->capacity)
            column_reserve_children(out, out->child_rows + 1, arena);
        TRY(agg_value_put(t, v, out->children[0], out->child_rows, arena));
        ((int32_t *)out->children[1]->data)[out->child_rows++] = (int32_t)count;
    }
    column_set_valid(out, row);
    ((struct span *)out->data)[row] = (struct span){first, out->child_rows - first};
    return NULL;
}

static struct err *result(const struct agg_call *call, void *const *entries, uint32_t offset,
    uint32_t count, struct column *out, uint32_t out_row, struct arena *arena)
{
    struct agg_value_type t = agg_value_type_of(call->arg_types[0]);
    column_reserve_children(out, out->child_rows + count, arena);
    for (uint32_t i = 0; i < count; i++) {
        const struct multiset *m = (const void *)((const char *)entries[i] + offset);
        TRY(put_values(&t, m, out, out_row + i, arena));
    }
    return NULL;
}

static void save(const struct agg_call *call, const void *state, struct buf *out)
{
    struct agg_value_type t = agg_value_type_of(call->arg_types[0]);
    agg_multiset_save(state, &t, out);
}

static struct err *load(
    const struct agg_call *call, void *state, struct slice bytes, struct heap *heap)
{
    struct agg_value_type t = agg_value_type_of(call->arg_types[0]);
    struct reader r = {(const unsigned char *)bytes.p, (const unsigned char *)bytes.p + bytes.n};
    return agg_multiset_load(state, &t, &r, heap);
}

static void free_state(const struct agg_call *call, void *state, struct heap *heap)
{
    struct agg_value_type t = agg_value_type_of(call->arg_types[0]);
    agg_multiset_free(state, &t, heap);
}

const struct agg_def agg_collect = {
    .name = "COLLECT",
    .flags = flags,
    .infer = infer,
    .state_bytes = state_bytes,
    .add = add,
    .merge = merge,
    .result = result,
    .save = save,
    .load = load,
    .free = free_state,
    .signature_doc = "COLLECT([DISTINCT] value)",
    .doc = "The values that are not NULL as a MULTISET; empty when there is none.",
    .example = "COLLECT over 'a', 'a', 'b' → {a=2, b=1}",
};
