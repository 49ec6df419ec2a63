/* agg.h - contract of aggregate functions: "add a vector of rows to many states".
 *
 * An aggregate's state is state_bytes of memory, 8-byte aligned, inside a group's entry of a state
 * table, zeroed before init. A PLAIN state is bytes alone: it may be copied, compared and written
 * out raw. Any other state holds pointers into a heap and brings save, load and free. */
#pragma once
#include "func/func.h"

struct heap;

enum agg_flag {
    AGG_PLAIN = 1 << 0,
    AGG_RETRACTS = 1 << 1, /* can take -U and -D */
    AGG_ORDERED = 1 << 2,  /* arrival order matters: never combined out of order */
    AGG_NOT_NULL = 1 << 3, /* the result is never NULL (COUNT) */
    /* infer gives the type for groups with rows; without GROUP BY keys, or with FILTER, the binder
     * makes it nullable. */
    AGG_NULL_IF_EMPTY = 1 << 4
};

/* A bound aggregate call; made by the planner, stored in the physical graph. */
struct agg_call {
    const struct agg_def *def;
    const struct type *result;
    const struct type *const *arg_types; /* NULL for COUNT(*) */
    uint32_t arg_count;
    bool retract; /* the input is an updating stream: states must be able to take rows back */
    const struct value *const *literals; /* constant arguments (LISTAGG's separator), else NULL */
};

struct agg_frame {
    const struct agg_call *call;
    void *const *entries;  /* per row: the group's entry */
    uint32_t state_offset; /* of this aggregate's state within the entry */
    const struct column *const *args;
    const uint32_t
        *sel; /* rows that pass FILTER, and are first of their value for DISTINCT; or NULL */
    uint32_t count;
    const uint8_t *kinds; /* row kinds by row number, NULL when all add */
    struct heap *heap;    /* for states that are not PLAIN */
};

struct agg_def {
    const char *name;
    const char *const *aliases;
    /* Flags depend on the call: MAX over BIGINT is PLAIN without retraction and not with it. */
    unsigned (*flags)(const struct agg_call *call);
    struct err *(*infer)(struct func_infer *in); /* as for scalar functions */
    uint32_t (*state_bytes)(const struct agg_call *call);
    void (*init)(const struct agg_call *call, void *state); /* NULL: zero bytes are the start */
    MUST_USE struct err *(*add)(struct agg_frame *f);
    /* dst takes over everything src has seen, as if src's rows came after dst's. */
    MUST_USE struct err *(*merge)(
        const struct agg_call *call, void *dst, const void *src, struct heap *heap);
    /* Result of states[i] + state_offset to row out_row + i. Strings are copied to `arena`. */
    MUST_USE struct err *(*result)(const struct agg_call *call, void *const *entries,
        uint32_t state_offset, uint32_t count, struct column *out, uint32_t out_row,
        struct arena *arena);
    /* Not for PLAIN states. */
    void (*save)(const struct agg_call *call, const void *state, struct buf *out);
    MUST_USE struct err *(*load)(
        const struct agg_call *call, void *state, struct slice bytes, struct heap *heap);
    void (*free)(const struct agg_call *call, void *state, struct heap *heap);
    const char *signature_doc;
    const char *doc;
    const char *example;
};

const struct agg_def *agg_find(struct slice name);
const struct agg_def *const *agg_all(size_t *count);
/* For infer functions of one argument: a wrong number of them, or func_infer_fail with `forms`. */
MUST_USE struct err *agg_infer_fail(
    const char *name, const struct func_infer *in, const char *forms);
