/* ARRAY[..], MAP[..] and ROW(..). */
#include "base/arena.h"
#include "base/check.h"
#include "func/infer.h"
#include "func/scalar/collection/collection.h"

extern const struct func_def func_array, func_map, func_row;

/* The common type of arguments first, first + step, ... */
static struct err *common_of(
    struct func_infer *in, uint32_t first, uint32_t step, const struct type **out)
{
    const struct type **types = ARENA_ARRAY(in->arena, const struct type *, in->arg_count);
    uint32_t count = 0;
    for (uint32_t i = first; i < in->arg_count; i += step) types[count++] = in->args[i].type;
    *out = type_common(in->arena, types, count);
    if (!*out)
        FAIL_AT(ERR_DATATYPE_MISMATCH, in->args[first].pos, "Parameters must be of the same type");
    for (uint32_t i = first; i < in->arg_count; i += step)
        in->arg_types[i] = func__nullable_as(in->arena, *out, in->args[i].type);
    return NULL;
}

static struct err *infer_array(struct func_infer *in)
{
    const struct type *element;
    if (in->arg_count == 0)
        FAIL(ERR_DATATYPE_MISMATCH, "Require at least 1 argument: ARRAY[] has no element type");
    TRY(common_of(in, 0, 1, &element));
    in->result = type_array(in->arena, element, false);
    return NULL;
}

static struct err *infer_map(struct func_infer *in)
{
    const struct type *key, *value;
    if (in->arg_count < 2 || in->arg_count % 2)
        FAIL(ERR_DATATYPE_MISMATCH, in->arg_count ? "Map requires an even number of arguments"
                                                  : "Map requires at least 2 arguments");
    TRY(common_of(in, 0, 2, &key));
    TRY(common_of(in, 1, 2, &value));
    in->result = type_map(in->arena, key, value, false);
    return NULL;
}

static struct err *infer_row(struct func_infer *in)
{
    if (in->arg_count == 0 || in->arg_count > TYPE_FIELDS_MAX)
        FAIL(ERR_DATATYPE_MISMATCH, "ROW has %u fields, 1 to %d are allowed", in->arg_count,
            TYPE_FIELDS_MAX);
    struct type_field *fields = ARENA_ARRAY(in->arena, struct type_field, in->arg_count);
    for (uint32_t i = 0; i < in->arg_count; i++)
        fields[i] =
            (struct type_field){slice_of(str_fmt(in->arena, "EXPR$%u", i)), in->args[i].type};
    in->result = type_row(in->arena, fields, in->arg_count, false);
    return NULL;
}

static struct err *eval_array(struct func_frame *f)
{
    struct collection c;
    collection_begin(&c, f);
    collection_reserve(&c, f->count * f->call->arg_count);
    for (FUNC_EACH_ROW(f, row)) {
        collection_open(&c);
        for (uint32_t i = 0; i < f->call->arg_count; i++) collection_add(&c, f->args[i], row);
        collection_close(&c, row);
    }
    return NULL;
}

/* Does a later entry have the same key? Then that one counts. */
static bool is_replaced(const struct func_frame *f, uint32_t key, uint32_t row)
{
    for (uint32_t i = key + 2; i < f->call->arg_count; i += 2)
        if (column_rows_equal(f->args[key], row, f->args[i], row)) return true;
    return false;
}

static struct err *eval_map(struct func_frame *f)
{
    struct collection c;
    collection_begin(&c, f);
    collection_reserve(&c, f->count * f->call->arg_count / 2);
    for (FUNC_EACH_ROW(f, row)) {
        collection_open(&c);
        for (uint32_t i = 0; i < f->call->arg_count; i += 2)
            if (!is_replaced(f, i, row))
                collection_add_entry(&c, f->args[i], row, f->args[i + 1], row);
        collection_close(&c, row);
    }
    return NULL;
}

/* The fields are the arguments' columns themselves. */
static struct err *eval_row(struct func_frame *f)
{
    f->out->children = collection_borrow(f, f->args, f->call->arg_count);
    return NULL;
}

const struct func_def func_array = {
    .name = "ARRAY",
    .flags = FUNC_OPERATOR,
    .infer = infer_array,
    .eval = eval_array,
    .signature_doc = "ARRAY[a, b, ...]",
    .doc = "An array of the values, in their common type.",
    .example = "ARRAY[1, 2] → [1, 2]",
};

const struct func_def func_map = {
    .name = "MAP",
    .flags = FUNC_OPERATOR,
    .infer = infer_map,
    .eval = eval_map,
    .signature_doc = "MAP[k, v, ...]",
    .doc = "A map of keys and values, each in their common type; the last of equal keys counts.",
    .example = "MAP['a', 1] → {a=1}",
};

const struct func_def func_row = {
    .name = "ROW",
    .flags = FUNC_OPERATOR,
    .infer = infer_row,
    .eval = eval_row,
    .signature_doc = "ROW(a, b, ...)",
    .doc = "A row of the values; its fields are called EXPR$0, EXPR$1, ...",
    .example = "ROW(1, 'a') → (1, a)",
};
