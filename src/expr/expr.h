/* expr.h - bound expressions: the data form that plan/ builds, phys/ stores and expr/ compiles.
 * Immutable trees in an arena; equal subtrees may be shared. Every node has its final type: casts
 * are calls of CAST made by the binder. */
#pragma once
#include "func/func.h"

struct schema;

enum { EXPR_DEPTH_MAX = 200 };

enum expr_kind {
    EXPR_COLUMN,  /* column of the input batch */
    EXPR_LITERAL, /* value, NULL included */
    EXPR_CALL,    /* func over args */
    EXPR_AND,     /* Kleene; two or more args, evaluated left to right, lazily */
    EXPR_OR,
    EXPR_CASE,     /* when, then, when, then, ..., else; ELSE is always there */
    EXPR_COALESCE, /* two or more */
    EXPR_FIELD     /* field `column` of the ROW args[0] */
};

struct expr {
    enum expr_kind kind;
    const struct type *type;
    uint32_t column;             /* EXPR_COLUMN, EXPR_FIELD */
    const struct value *literal; /* EXPR_LITERAL */
    const struct func_def *func; /* EXPR_CALL */
    func_eval_fn *eval;          /* EXPR_CALL: the overload that inference chose */
    const struct expr *const *args;
    uint32_t arg_count;
    struct text_pos pos; /* in the script; line 0 when synthetic */
};

struct expr *expr_column(struct arena *a, uint32_t column, const struct type *type);
struct expr *expr_literal(struct arena *a, const struct value *v, const struct type *type);
/* Infers: casts the arguments as the signature wants them (wrapping them in CAST), sets the type.
 */
MUST_USE struct err *expr_call(struct arena *a, const struct func_def *func,
    const struct expr *const *args, uint32_t count, struct text_pos pos, struct expr **out);
/* CAST or TRY_CAST to `type`; the same expression when nothing changes. No legality check beyond
 * what func/cast can do. */
struct expr *expr_cast(
    struct arena *a, const struct expr *e, const struct type *type, bool try_cast);
struct expr *expr_node(struct arena *a, enum expr_kind kind, const struct type *type,
    const struct expr *const *args, uint32_t count);
bool expr_equal(const struct expr *a, const struct expr *b);
bool expr_is_deterministic(const struct expr *e); /* no FUNC_DYNAMIC below */
/* bits[i / 64] bit i % 64 for each input column that is read. */
void expr_columns(const struct expr *e, uint64_t *bits);
/* A copy with columns renumbered: column i becomes map[i]. */
const struct expr *expr_remap(struct arena *a, const struct expr *e, const uint32_t *map);
/* A copy in which column i is replaced by replacements[i]. */
const struct expr *expr_substitute(
    struct arena *a, const struct expr *e, const struct expr *const *replacements);

/* EXPLAIN's text, in Flink's manner: "(a + 1)", "CAST(b AS BIGINT)", "_UTF-16LE'x'" for strings is
 * not copied: 'x'. `names` are the input's field names. */
void expr_print(const struct expr *e, const struct schema *input, struct buf *out);
/* The graph's JSON: [kind, ...]; decode resolves functions by name and overload again and checks
 * columns against the input: ERR_CORRUPT on anything odd. */
void expr_encode(const struct expr *e, struct buf *out);
struct json_reader;
MUST_USE struct err *expr_decode(
    struct arena *a, struct json_reader *r, const struct schema *input, const struct expr **out);
