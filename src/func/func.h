/* func.h - contract of scalar functions and operators. One const struct func_def per function, in
 * scalar/<family>/; operators are functions too, under names no script can call ("+", "=", "LIKE").
 *
 * Lazy forms (AND, OR, CASE, COALESCE and what is rewritten to them: IF, IFNULL, NULLIF) are not
 * functions but expr kinds: their branches are evaluated for selected rows only. */
#pragma once
#include "type/value.h"
#include "vec/column.h"

struct arena;
struct func_call;
struct func_frame;
struct time_zone;

enum func_flag {
    FUNC_STRICT = 1 << 0, /* a NULL argument makes the result NULL; eval never looks at such rows */
    FUNC_TOTAL = 1 << 1, /* cannot fail and may run over garbage: called for whole batches, dense */
    FUNC_DYNAMIC = 1 << 2,  /* depends on more than its arguments (clock, random, watermark, session
                               zone is not one of these): never folded, never shared */
    FUNC_OPERATOR = 1 << 3, /* not callable by name in SQL */
    FUNC_LITERALS = 1 << 5 /* constants after the first argument are read from call->literals alone:
                              their args[i] is NULL */
};

/* One argument as the binder sees it. */
struct func_arg {
    const struct type *type;
    const struct value *literal; /* NULL unless the argument is a constant */
    struct text_pos pos;
};

/* What type inference gets and gives. */
struct func_infer {
    struct arena *arena;
    const struct func_arg *args;
    uint32_t arg_count;
    const struct type *
        *arg_types;            /* out, preset to the given types: what the binder must cast to */
    const struct type *result; /* out */
};

typedef struct err *func_eval_fn(struct func_frame *f);

/* One row of a function's overload table. The text names argument patterns and the result:
 *   "STRING, INT -> STRING"            kinds; any nullability; implicit casts are applied
 *   "NUMERIC -> $1"                    the type of argument 1
 *   "T, T, T... -> T"                  one common type; `...` repeats the last argument
 *   "STRING -> VARCHAR($1)"            as long as argument 1
 *   "STRING, INT? -> STRING NULL"      `?` optional; NULL: always nullable; NOT NULL: never;
 *                                      neither: nullable if an argument is
 * Patterns: SQL type names (STRING takes CHAR and VARCHAR, BYTES both binaries, TIMESTAMP and
 * TIMESTAMP_LTZ any precision, TIME and DECIMAL any), and the classes NUMERIC, INTEGRAL, EXACT,
 * APPROXIMATE, DATETIME, INTERVAL, ARRAY, MAP, ROW, COMPARABLE, ANY, LITERAL_STRING. T, K and V are
 * variables, alone or as ARRAY<T> and MAP<K, V>: everything a variable stands for is cast to one
 * common type. A result is $n, a variable, ARRAY or MAP of those, or a type as type_parse reads it.
 */
struct func_signature {
    const char *text;
    func_eval_fn *eval;
};

struct func_def {
    const char *name;                        /* upper case */
    const char *const *aliases;              /* NULL-terminated, or NULL */
    unsigned flags;                          /* enum func_flag */
    const struct func_signature *signatures; /* text NULL ends; tried in order */
    /* Instead of signatures: sets result and arg_types, or says why not (with argument position).
     */
    struct err *(*infer)(struct func_infer *in);
    func_eval_fn *eval; /* used with infer; branches on layouts once per batch */
    /* Optional, once per call site and worker: prepares call->state in call->arena, e.g. compiles a
     * regular expression that is a literal. close frees what the arena does not own; it is called
     * whenever open has set state, even if open failed then. */
    struct err *(*open)(struct func_call *call);
    void (*close)(struct func_call *call);
    const char *signature_doc; /* as the manual shows it: "SPLIT_INDEX(string, delimiter, index)" */
    const char *doc;           /* one or two sentences */
    const char *example;       /* "SPLIT_INDEX('a,b', ',', 1) → b" */
};

/* A bound call site inside a program of one worker. */
struct func_call {
    const struct func_def *def;
    func_eval_fn *eval;
    const struct type *type; /* of the result; CAST and TRY_CAST read their target here */
    const struct type *const *arg_types;
    const struct value *const *literals; /* per argument; NULL unless constant */
    uint32_t arg_count;
    const struct time_zone *zone; /* table.local-time-zone */
    struct arena *arena;          /* lives as long as the program */
    void *state;
};

/* What changes from batch to batch but is no column. */
struct func_env {
    int64_t proctime_ms;       /* of the batch */
    int64_t watermark_ms;      /* WATERMARK_NONE before the first; in force at the batch's start */
    const struct batch *batch; /* for CURRENT_WATERMARK at a row; NULL in constant folding */
    uint64_t random_state;     /* seeded by env; RAND and UUID step it */
};

/* One evaluation. Rows to compute: sel[0 .. count-1], or 0 .. count-1 when sel is NULL. Result rows
 * keep their number (out row i belongs to argument row i). For FUNC_STRICT the caller has already
 * set the result NULL where an argument is and left those rows out of sel (TOTAL functions run over
 * them all the same). A non-strict eval sets validity itself (column_set_null / column_set_valid).
 */
struct func_frame {
    const struct func_call *call;
    const struct column *const *args;
    struct column *out;
    const uint32_t *sel;
    uint32_t count;
    struct arena *arena; /* strings and nested results; lives as long as the result */
    struct func_env *env;
    uint32_t error_row; /* set it before returning an err, see func_fail */
};

/* Runtime failure at a row: fails the job with the row's origin in front. */
#define FUNC_FAIL(frame, row, code, ...) \
    return ((frame)->error_row = (row), err_new((code), __FILE__, __LINE__, __VA_ARGS__))

/* for (FUNC_EACH_ROW(f, row)) body: works for both forms of selection. */
#define FUNC_EACH_ROW(f, row)                                                 \
    uint32_t each_ = 0, row = 0;                                              \
    each_ < (f)->count && ((row = (f)->sel ? (f)->sel[each_] : each_), true); \
    each_++

/* Case-insensitive, aliases included; NULL when there is none. Operators are found by name too. */
const struct func_def *func_find(struct slice name);
/* The same, or ERR_UNDEFINED_FUNCTION at `pos` with the nearest name as a hint. Functions whose
 * name no script can write (operators) are not found. */
MUST_USE struct err *func_resolve(
    struct slice name, struct text_pos pos, const struct func_def **out);
/* Every function, in the order of the manual. */
const struct func_def *const *func_all(size_t *count);
/* Chooses the overload, casts and result type. An argument list that fits as it is wins over one
 * that needs implicit casts. ERR_DATATYPE_MISMATCH names the arguments given and the supported
 * forms: "Cannot apply 'UPPER' to arguments of type 'UPPER(<INT>)'. Supported form(s): ..." */
MUST_USE struct err *func_infer_call(
    const struct func_def *def, struct func_infer *in, func_eval_fn **eval);
/* True when CAST between the two leaves every value's bytes as they are, so that a column can be
 * read as the other type. */
bool func_cast_is_view(const struct type *from, const struct type *to);
/* True when CAST between the two cannot fail: it may run over rows that nobody asked for. */
bool func_cast_is_total(const struct type *from, const struct type *to);
/* The error above, for infer functions: `forms` is "'f(<NUMERIC>)' 'f(<STRING>)'" or NULL for the
 * signature_doc. */
MUST_USE struct err *func_infer_fail(
    const struct func_def *def, const struct func_infer *in, const char *forms);
