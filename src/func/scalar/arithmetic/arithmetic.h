/* arithmetic.h - + - * / % on numbers, and what they share. Private to scalar/. */
#pragma once
#include "func/func.h"

/* A loop over two columns of one layout: rows[0 .. count-1], or 0 .. count-1 when rows is NULL. */
typedef void arithmetic_loop(
    void *out, const void *a, const void *b, const uint32_t *rows, uint32_t count);

/* Are both arguments numbers? Then sets the types that the operation `op` (+ - * / %) wants and
 * gives. */
bool arithmetic_infer_numeric(struct func_infer *in, char op);
/* Runs the loop of the result's layout; members that the operation does not have are NULL. */
struct arithmetic_loops {
    arithmetic_loop *i8, *i16, *i32, *i64, *f32, *f64;
};
void arithmetic_run(const struct arithmetic_loops *loops, struct func_frame *f);
/* Decimal addition, subtraction and multiplication: overflow gives NULL. */
void arithmetic_decimal(struct func_frame *f, char op);

/* Dates, times, timestamps and intervals: infer is false when the arguments are none of these. */
bool arithmetic_infer_temporal(struct func_infer *in, char op);
void arithmetic_temporal(struct func_frame *f, char op);
