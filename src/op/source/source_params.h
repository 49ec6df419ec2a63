/* source_params.h - the parameters of a source as text: what source_op explains, encodes and
 * decodes (op_def in op.h). */
#pragma once
#include "op/op.h"

const char *source_params_table(const void *params);
void source_params_explain(const void *params, const struct schema *const *inputs,
    const struct schema *output, struct buf *out);
void source_params_encode(const void *params, struct buf *out);
MUST_USE struct err *source_params_decode(struct arena *a, struct json_reader *r,
    const struct schema *const *inputs, uint32_t input_count, const struct schema *output,
    void *params);
