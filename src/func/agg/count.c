/* COUNT(*) and COUNT(x): rows, or rows where x is not NULL. State: int64_t. */
#include "func/agg/agg_value.h"

static unsigned flags(const struct agg_call *call)
{
    (void)call;
    return AGG_PLAIN | AGG_RETRACTS | AGG_NOT_NULL;
}

static struct err *infer(struct func_infer *in)
{
    if (in->arg_count > 1)
        FAIL(ERR_UNSUPPORTED, "COUNT of %u columns is not supported, only of one", in->arg_count);
    in->result = type_with_nullable(in->arena, type_simple(TYPE_BIGINT), false);
    return NULL;
}

static uint32_t state_bytes(const struct agg_call *call)
{
    (void)call;
    return sizeof(int64_t);
}

static void count_all(void *const *entries, uint32_t offset, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) ++*(int64_t *)((char *)entries[i] + offset);
}

static struct err *add(struct agg_frame *f)
{
    const struct column *c = f->call->arg_count ? f->args[0] : NULL;
    if (!f->sel && !f->kinds && (!c || !c->has_nulls)) {
        count_all(f->entries, f->state_offset, f->count);
        return NULL;
    }
    for (FUNC_EACH_ROW(f, row)) {
        if (c && !column_is_valid(c, row)) continue;
        int64_t *n = (int64_t *)((char *)f->entries[row] + f->state_offset);
        *n += f->kinds && !row_kind_adds((enum row_kind)f->kinds[row]) ? -1 : 1;
    }
    return NULL;
}

static struct err *merge(const struct agg_call *call, void *dst, const void *src, struct heap *heap)
{
    (void)call, (void)heap;
    *(int64_t *)dst += *(const int64_t *)src;
    return NULL;
}

static struct err *result(const struct agg_call *call, void *const *entries, uint32_t offset,
    uint32_t count, struct column *out, uint32_t out_row, struct arena *arena)
{
    (void)call, (void)arena;
    int64_t *to = (int64_t *)out->data + out_row;
    for (uint32_t i = 0; i < count; i++)
        to[i] = *(const int64_t *)((const char *)entries[i] + offset);
    return NULL;
}

const struct agg_def agg_count = {
    .name = "COUNT",
    .flags = flags,
    .infer = infer,
    .state_bytes = state_bytes,
    .add = add,
    .merge = merge,
    .result = result,
    .signature_doc = "COUNT(*), COUNT([DISTINCT] value)",
    .doc = "Number of rows, or of rows in which value is not NULL.",
    .example = "COUNT(*) over 1, 2, NULL → 3",
};
