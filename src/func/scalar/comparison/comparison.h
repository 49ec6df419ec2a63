/* comparison.h - the type in which values are compared, and the loops. Private to scalar/. */
#pragma once
#include "func/func.h"

/* The one type that both are cast to before they are compared: NULL when there is none. Numbers as
 * Java promotes them, exact ones as a DECIMAL that holds both; a string takes the type of a date,
 * time, timestamp or boolean; TIMESTAMP becomes TIMESTAMP_LTZ beside one. Nullable as `a`. */
const struct type *comparison_common(
    struct arena *a, const struct type *left, const struct type *right);
/* Sets arg_types of a two-argument comparison, or fails. Collections and rows only know equality.
 */
MUST_USE struct err *comparison_infer(
    struct func_infer *in, const struct func_def *def, bool ordered);

enum comparison { COMPARE_EQ, COMPARE_NE, COMPARE_LT, COMPARE_LE, COMPARE_GT, COMPARE_GE };
/* out[row] = a OP b for the frame's rows; both columns have the types that comparison_infer gave.
 */
void comparison_run(struct func_frame *f, enum comparison op);
