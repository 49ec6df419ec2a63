/* program.h - expressions compiled to one flat program of column-at-a-time instructions, evaluated
 * a batch at a time. Common subexpressions are computed once. AND, OR, CASE and COALESCE evaluate
 * their branches under a selection. One program per operator subtask; one thread; no allocation
 * once warm (string results come from an arena that is reset with every evaluation). */
#pragma once
#include "expr/expr.h"
#include "vec/batch.h"

struct program;

struct program_params {
    const struct schema *input;
    const struct expr *const *exprs;
    uint32_t count;
    uint32_t capacity; /* rows of a batch at most */
    const struct time_zone *zone;
    uint64_t seed;             /* for RAND and UUID */
    struct mem_budget *budget; /* results are charged to it; NULL: to none */
};

MUST_USE struct err *program_new(const struct program_params *params, struct program **out);
void program_free(struct program *p);

/* Computes every expression for rows sel[0 .. count-1] (0 .. count-1 when NULL) of `in`. out[k]
 * points to result column k, row numbers unchanged; a plain column reference gives the input's
 * column itself. Results live until the next call. A failing row gives an err that names its
 * origin. */
MUST_USE struct err *program_eval(struct program *p, const struct batch *in, const uint32_t *sel,
    uint32_t count, int64_t watermark_ms, struct column **out);
/* expr 0 must be BOOLEAN: writes the rows where it is TRUE to `out` (room for `count`), ascending.
 */
MUST_USE struct err *program_filter(struct program *p, const struct batch *in, const uint32_t *sel,
    uint32_t count, int64_t watermark_ms, uint32_t *out, uint32_t *out_count);
/* Evaluates a constant expression (no columns), for folding: the value lives in `a`. */
MUST_USE struct err *program_constant(
    struct arena *a, const struct expr *e, const struct time_zone *zone, struct value *out);
