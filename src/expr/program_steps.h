/* program_steps.h - the flat form of compiled expressions. Private to expr/.
 *
 * A program is an array of steps in the order they run. Each writes one register, a column that is
 * allocated once with the batch's capacity. The first registers are the input's columns; literals
 * are registers that are filled once. A lazy step (AND, OR, CASE, COALESCE) is followed by the
 * steps of its parts, which it runs itself under narrower selections:
 *
 *     0 CALL >(a, 1)         register 7
 *     1 CASE                 register 10, ends before step 5
 *     2   part 0: steps 2 .. 2, CALL =(b, 0)
 *     3   part 1: steps 3 .. 3, ...
 *     5 CALL ...
 *
 * A value may be reused wherever the selection it was computed for still holds all rows: in the
 * same sequence, in the parts below it, and, for the first part of a lazy step, after the step. */
#pragma once
#include "expr/program.h"

enum step_kind {
    STEP_CALL,
    STEP_FIELD, /* of a ROW: the child column, NULL where the row is */
    STEP_VIEW,  /* a cast that changes only the type */
    STEP_AND,   /* lazy */
    STEP_OR,
    STEP_CASE,
    STEP_COALESCE,
    STEP_ALL, /* AND of registers that are there already: cheap and dense */
    STEP_ANY
};

#define PROGRAM_NO_REGISTER UINT32_MAX /* FUNC_LITERALS: a constant that needs no column */

/* Steps first .. end - 1 leave their value in register `result`. */
struct part {
    uint32_t first;
    uint32_t end;
    uint32_t result;
};

struct step {
    enum step_kind kind;
    uint32_t out; /* register */
    uint32_t end; /* the step after this one and its parts */
    const uint32_t *args;
    uint32_t arg_count;
    uint32_t field; /* STEP_FIELD */
    bool total;     /* STEP_CALL: cannot fail */
    bool dense;     /* STEP_CALL: total over fixed-width values, may run over any row */
    bool opened;    /* STEP_CALL: close must be called */
    struct func_call call;
    const struct column **columns; /* of args, set before each call */
    struct part *parts;
    uint32_t part_count;
    uint32_t *rows[2]; /* lazy steps: selections of `capacity` rows */
};

/* Rows of one evaluation: rows[0 .. count-1], or 0 .. count-1 when rows is NULL; all below limit.
 */
struct selection {
    const uint32_t *rows;
    uint32_t count;
    uint32_t limit;
};

struct program {
    struct arena *home;    /* as long as the program */
    struct arena *results; /* strings and nested values; reset with every evaluation */
    const struct schema *input;
    uint32_t capacity;
    struct step *steps;
    uint32_t step_count;
    uint32_t step_capacity;
    struct column **registers;
    bool *literal; /* per register: filled once */
    uint32_t register_count;
    uint32_t register_capacity;
    struct part *exprs; /* one for each expression */
    uint32_t expr_count;
    const struct time_zone *zone;
    uint32_t *valid_rows; /* scratch: the rows of a strict call without the NULLs */
    struct func_env env;
    uint32_t error_row;
};

/* program_compile.c */
MUST_USE struct err *program__compile(struct program *p, const struct program_params *params);
/* program_run.c */
MUST_USE struct err *program__run(
    struct program *p, const struct part *part, const struct selection *s);
/* program_lazy.c: steps that run parts of themselves */
MUST_USE struct err *program__run_lazy(
    struct program *p, const struct step *step, const struct selection *s);
void program__run_eager(struct program *p, const struct step *step, const struct selection *s);
