/* infer.h - what type inference of several functions shares. Private to func/. */
#pragma once
#include "func/func.h"

/* True when an argument may be NULL: the nullability of a strict function's result. */
bool func__any_nullable(const struct func_infer *in);
/* The type in which two numbers are computed and compared, Calcite's leastRestrictive: the wider
 * integer; DOUBLE for DECIMAL with FLOAT or DOUBLE; the approximate one for an integer with it; of
 * FLOAT and DOUBLE the first. DECIMAL with integers gives NULL: each keeps its own as a DECIMAL. */
const struct type *func__numeric_common(const struct type *left, const struct type *right);
/* An integer type as the DECIMAL that holds all of it; a DECIMAL as it is. */
const struct type *func__as_decimal(struct arena *a, const struct type *t);
/* t with the nullability of `like`. */
const struct type *func__nullable_as(
    struct arena *a, const struct type *t, const struct type *like);
