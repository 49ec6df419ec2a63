/* LISTAGG and ARRAY_AGG: all values of a group in order of arrival. */
#include "base/arena.h"
#include "base/heap.h"
#include "func/agg/agg_sequence.h"

static unsigned flags_listagg(const struct agg_call *call)
{
    return AGG_ORDERED | (call->retract ? AGG_RETRACTS : 0u);
}
static unsigned flags_array_agg(const struct agg_call *call)
{
    return flags_listagg(call) | AGG_NULL_IF_EMPTY;
}

static struct err *infer_listagg(struct func_infer *in)
{
    bool ok = in->arg_count >= 1 && in->arg_count <= 2 && type_is_character(in->args[0].type);
    if (ok && in->arg_count == 2) {
        ok = type_is_character(in->args[1].type);
        if (ok && !in->args[1].literal)
            FAIL_AT(ERR_DATATYPE_MISMATCH, in->args[1].pos,
                "the separator of LISTAGG must be a literal");
    }
    if (in->arg_count < 1 || in->arg_count > 2) return agg_infer_fail("LISTAGG", in, NULL);
    if (!ok) {
        const struct func_def def = {.name = "LISTAGG"};
        return func_infer_fail(
            &def, in, "'LISTAGG(<CHARACTER>)' 'LISTAGG(<CHARACTER>, <CHARACTER_LITERAL>)'");
    }
    in->result = in->args[0].type;
    return NULL;
}

static struct err *infer_array_agg(struct func_infer *in)
{
    if (in->arg_count != 1) return agg_infer_fail("ARRAY_AGG", in, NULL);
    const struct type *element = type_with_time_attribute(in->arena, in->args[0].type, TIME_NONE);
    in->result = type_array(in->arena, element, element->nullable);
    return NULL;
}

static uint32_t state_bytes(const struct agg_call *call)
{
    (void)call;
    return sizeof(struct sequence);
}

static struct err *add_row(struct agg_frame *f, const struct agg_value_type *t, uint32_t row,
    bool valid, struct buf *scratch)
{
    struct sequence *s = (void *)((char *)f->entries[row] + f->state_offset);
    bool adds = !f->kinds || row_kind_adds((enum row_kind)f->kinds[row]);
    if (!valid) return agg_sequence_add(s, t, NULL, !adds, f->heap);
    union agg_value v = agg_value_view(t, f->args[0], row, scratch);
    return agg_sequence_add(s, t, &v, !adds, f->heap);
}

static struct err *add(struct agg_frame *f, bool nulls)
{
    struct agg_value_type t = agg_value_type_of(f->call->arg_types[0]);
    struct buf scratch;
    buf_init(&scratch, UINT32_MAX);
    struct err *e = NULL;
    for (FUNC_EACH_ROW(f, row)) {
        bool valid = column_is_valid(f->args[0], row);
        if (!valid && !nulls) continue;
        e = add_row(f, &t, row, valid, &scratch);
        if (e) break;
    }
    buf_free(&scratch);
    return e;
}
static struct err *add_listagg(struct agg_frame *f)
{
    return add(f, false);
}
static struct err *add_array_agg(struct agg_frame *f)
{
    return add(f, true);
}

static struct err *merge(const struct agg_call *call, void *dst, const void *src, struct heap *heap)
{
    struct agg_value_type t = agg_value_type_of(call->arg_types[0]);
    return agg_sequence_merge(dst, src, &t, heap);
}

static struct err *join(
    const struct sequence *s, struct slice separator, struct str *out, struct arena *arena)
{
    uint64_t size = (uint64_t)(s->count - 1) * separator.n;
    for (uint32_t i = 0; i < s->count; i++) size += s->items[i].value.text.size;
    if (size > INT32_MAX)
        FAIL(ERR_LIMIT_EXCEEDED, "the text of LISTAGG has grown past %d bytes", INT32_MAX);
    TRY(arena_check(arena));
    char *text = arena_alloc(arena, size + 1), *at = text;
    for (uint32_t i = 0; i < s->count; i++) {
        if (i && separator.n) memcpy(at, separator.p, separator.n), at += separator.n;
        const struct str *part = &s->items[i].value.text;
        if (part->size) memcpy(at, str_bytes(part), part->size);
        at += part->size;
    }
    *out = str_view(text, (uint32_t)size);
    return NULL;
}

static struct err *result_listagg(const struct agg_call *call, void *const *entries,
    uint32_t offset, uint32_t count, struct column *out, uint32_t out_row, struct arena *arena)
{
    struct slice separator = SLICE(",");
    if (call->arg_count == 2 && call->literals && call->literals[1])
        separator = call->literals[1]->text;
    for (uint32_t i = 0; i < count; i++) {
        const struct sequence *s = (const void *)((const char *)entries[i] + offset);
        uint32_t row = out_row + i;
        if (s->count == 0) {
            column_set_null(out, row);
            continue;
        }
        column_set_valid(out, row);
        TRY(join(s, separator, &((struct str *)out->data)[row], arena));
    }
    return NULL;
}

static struct err *result_array_agg(const struct agg_call *call, void *const *entries,
    uint32_t offset, uint32_t count, struct column *out, uint32_t out_row, struct arena *arena)
{
    struct agg_value_type t = agg_value_type_of(call->arg_types[0]);
    for (uint32_t i = 0; i < count; i++) {
        const struct sequence *s = (const void *)((const char *)entries[i] + offset);
        uint32_t row = out_row + i;
        if (s->count == 0) {
            column_set_null(out, row);
            continue;
        }
        column_set_valid(out, row);
        TRY(arena_check(arena));
        uint32_t first = out->child_rows;
        column_reserve_children(out, first + s->count, arena);
        for (uint32_t j = 0; j < s->count; j++) {
            if (s->items[j].null)
                column_set_null(out->children[0], first + j);
            else
                TRY(agg_value_put(&t, &s->items[j].value, out->children[0], first + j, arena));
        }
        out->child_rows = first + s->count;
        ((struct span *)out->data)[row] = (struct span){first, s->count};
    }
    return NULL;
}

static void save(const struct agg_call *call, const void *state, struct buf *out)
{
    struct agg_value_type t = agg_value_type_of(call->arg_types[0]);
    agg_sequence_save(state, &t, out);
}

static struct err *load(
    const struct agg_call *call, void *state, struct slice bytes, struct heap *heap)
{
    struct agg_value_type t = agg_value_type_of(call->arg_types[0]);
    struct reader r = {(const unsigned char *)bytes.p, (const unsigned char *)bytes.p + bytes.n};
    return agg_sequence_load(state, &t, &r, heap);
}

static void free_state(const struct agg_call *call, void *state, struct heap *heap)
{
    struct agg_value_type t = agg_value_type_of(call->arg_types[0]);
    agg_sequence_free(state, &t, heap);
}

const struct agg_def agg_listagg = {
    .name = "LISTAGG",
    .flags = flags_listagg,
    .infer = infer_listagg,
    .state_bytes = state_bytes,
    .add = add_listagg,
    .merge = merge,
    .result = result_listagg,
    .save = save,
    .load = load,
    .free = free_state,
    .signature_doc = "LISTAGG([DISTINCT] text [, 'separator'])",
    .doc =
        "The texts that are not NULL, in order of arrival, with a separator between them (default "
        "','); NULL when there is none.",
    .example = "LISTAGG over 'a', 'b' → a,b",
};

const struct agg_def agg_array_agg = {
    .name = "ARRAY_AGG",
    .flags = flags_array_agg,
    .infer = infer_array_agg,
    .state_bytes = state_bytes,
    .add = add_array_agg,
    .merge = merge,
    .result = result_array_agg,
    .save = save,
    .load = load,
    .free = free_state,
    .signature_doc = "ARRAY_AGG([DISTINCT] value)",
    .doc = "An array of all values, NULL too, in order of arrival; NULL when there is no row.",
    .example = "ARRAY_AGG over 1, NULL → [1, NULL]",
};
