/* agg_spec.h - one aggregate of an aggregating operator, and which of them can be combined. */
#pragma once
#include "func/agg.h"
#include "type/schema.h"

struct arena;

struct agg_spec {
    struct agg_call call;
    const uint32_t *args;  /* call.arg_count columns of the operator's input */
    int32_t filter_column; /* BOOLEAN column of FILTER (WHERE ..), NULL counts as false; -1: none */
    bool distinct;
};

/* May the local half run before the exchange? Only if every state is PLAIN, none is DISTINCT, none
 * depends on arrival order, and, for updating input, every state can take rows back. */
bool agg_specs_combinable(const struct agg_spec *specs, uint32_t count, bool retract);
