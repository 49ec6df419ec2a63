/* a[i], m[k], CARDINALITY, ELEMENT. */
#include <inttypes.h>

#include "base/check.h"
#include "func/infer.h"
#include "func/scalar/collection/collection.h"

extern const struct func_def func_item;

static struct err *infer_array_item(struct func_infer *in)
{
    const struct type *index = in->args[1].type;
    const struct value *literal = in->args[1].literal;
    if (index->kind < TYPE_TINYINT || index->kind > TYPE_INTEGER)
        FAIL_AT(ERR_DATATYPE_MISMATCH, in->args[1].pos, "Integer expression type expected.");
    if (literal && !literal->null && literal->i64 < 1)
        FAIL_AT(ERR_INVALID_VALUE, in->args[1].pos,
            "Array element access needs an index starting at 1 but was %" PRId64 ".", literal->i64);
    in->arg_types[1] = func__nullable_as(in->arena, type_simple(TYPE_INTEGER), index);
    in->result = type_with_nullable(in->arena, in->args[0].type->element, true);
    return NULL;
}

/* The field that a constant name or number (from 1) means, or -1. */
static int field_of(const struct type *row, const struct type *key, const struct value *literal)
{
    if (!literal || literal->null) return -1;
    if (type_is_integer(key))
        return literal->i64 >= 1 && literal->i64 <= row->field_count ? (int)literal->i64 - 1 : -1;
    for (uint32_t i = 0; type_is_character(key) && i < row->field_count; i++)
        if (slice_eq(row->fields[i].name, literal->text)) return (int)i;
    return -1;
}

static struct err *infer_item(struct func_infer *in)
{
    if (in->arg_count == 2 && in->args[0].type->kind == TYPE_ROW) {
        const struct type *row = in->args[0].type;
        int field = field_of(row, in->args[1].type, in->args[1].literal);
        if (field >= 0) {
            const struct type *t = row->fields[field].type;
            in->result = type_with_nullable(in->arena, t, t->nullable || row->nullable);
            return NULL;
        }
    }
    if (in->arg_count == 2 && in->args[0].type->kind == TYPE_ARRAY) return infer_array_item(in);
    if (in->arg_count == 2 && in->args[0].type->kind == TYPE_MAP) {
        const struct type *map = in->args[0].type, *key = in->args[1].type;
        bool text = type_is_character(map->key) && type_is_character(key);
        if (text || type_equal_ignoring_null(map->key, key) || key->kind == TYPE_NULL ||
            type_castable_implicitly(key, map->key)) {
            if (!text) in->arg_types[1] = func__nullable_as(in->arena, map->key, key);
            in->result = type_with_nullable(in->arena, map->element, true);
            return NULL;
        }
    }
    return func_infer_fail(
        &func_item, in, "<ARRAY>[<INTEGER>] <MAP>[<ANY>] <ROW>[<CHARACTER>|<INTEGER>]");
}

static void array_item(struct func_frame *f)
{
    const struct column *array = f->args[0], *elements = array->children[0];
    const int32_t *index = f->args[1]->data;
    for (FUNC_EACH_ROW(f, row)) {
        struct span s = collection_span(array, row);
        if (index[row] < 1 || (uint32_t)index[row] > s.count)
            column_set_null(f->out, row);
        else
            collection_take(f->out, row, elements, s.first + (uint32_t)index[row] - 1, f->arena);
    }
}

static void map_item(struct func_frame *f)
{
    const struct column *map = f->args[0], *key = f->args[1];
    for (FUNC_EACH_ROW(f, row)) {
        struct span s = collection_span(map, row);
        uint32_t at = s.first, end = s.first + s.count;
        while (at < end && !column_rows_equal(map->children[0], at, key, row)) at++;
        if (at == end)
            column_set_null(f->out, row);
        else
            collection_take(f->out, row, map->children[1], at, f->arena);
    }
}

static void row_item(struct func_frame *f)
{
    const struct func_call *call = f->call;
    int field = field_of(call->arg_types[0], call->arg_types[1], call->literals[1]);
    const struct column *values = f->args[0]->children[field];
    for (FUNC_EACH_ROW(f, row)) collection_take(f->out, row, values, row, f->arena);
}

static struct err *eval_item(struct func_frame *f)
{
    if (f->call->arg_types[0]->kind == TYPE_ROW)
        row_item(f);
    else if (f->call->arg_types[0]->kind == TYPE_ARRAY)
        array_item(f);
    else
        map_item(f);
    return NULL;
}

const struct func_def func_item = {
    .name = "ITEM",
    .flags = FUNC_STRICT | FUNC_OPERATOR,
    .infer = infer_item,
    .eval = eval_item,
    .signature_doc = "array[i] | map[key] | row[i]",
    .doc =
        "The i-th element of an array, from 1, or the value of a key; NULL when there is none. The "
        "field of a row by a constant name or number.",
    .example = "ARRAY['a', 'b'][2] → b",
};

static struct err *eval_cardinality(struct func_frame *f)
{
    const struct span *spans = f->args[0]->data;
    int32_t *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) out[row] = (int32_t)spans[row].count;
    return NULL;
}

static const struct func_signature cardinality_signatures[] = {
    {"ARRAY -> INT", NULL},
    {"MAP -> INT", NULL},
    {"MULTISET -> INT", NULL},
    {NULL, NULL},
};

const struct func_def func_cardinality = {
    .name = "CARDINALITY",
    .flags = FUNC_STRICT,
    .signatures = cardinality_signatures,
    .eval = eval_cardinality,
    .signature_doc = "CARDINALITY(array | map)",
    .doc = "How many elements or entries there are.",
    .example = "CARDINALITY(ARRAY[1, 2]) → 2",
};

static struct err *eval_element(struct func_frame *f)
{
    const struct column *array = f->args[0];
    for (FUNC_EACH_ROW(f, row)) {
        struct span s = collection_span(array, row);
        if (s.count > 1)
            FUNC_FAIL(f, row, ERR_INVALID_VALUE, "ELEMENT: Array has more than one element.");
        if (s.count == 0)
            column_set_null(f->out, row);
        else
            collection_take(f->out, row, array->children[0], s.first, f->arena);
    }
    return NULL;
}

static struct err *infer_element(struct func_infer *in)
{
    extern const struct func_def func_element;
    if (in->arg_count != 1 || in->args[0].type->kind != TYPE_ARRAY)
        return func_infer_fail(&func_element, in, "'ELEMENT(<ARRAY>)'");
    const struct type *array = in->args[0].type;
    in->result =
        type_with_nullable(in->arena, array->element, array->nullable || array->element->nullable);
    return NULL;
}

const struct func_def func_element = {
    .name = "ELEMENT",
    .flags = FUNC_STRICT,
    .infer = infer_element,
    .eval = eval_element,
    .signature_doc = "ELEMENT(array)",
    .doc = "The only element of an array; NULL of an empty one; more than one fail.",
    .example = "ELEMENT(ARRAY[5]) → 5",
};
