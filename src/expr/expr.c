#include "expr/expr.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/hash.h"
#include "expr/expr_memo.h"
#include "expr/program.h"
#include "type/schema.h"

struct expr *expr_column(struct arena *a, uint32_t column, const struct type *type)
{
    struct expr *e = ARENA_NEW(a, struct expr);
    *e = (struct expr){.kind = EXPR_COLUMN, .type = type, .column = column};
    return e;
}

struct expr *expr_literal(struct arena *a, const struct value *v, const struct type *type)
{
    struct expr *e = ARENA_NEW(a, struct expr);
    struct value *copy = ARENA_NEW(a, struct value);
    *copy = value_copy(a, type, v);
    *e = (struct expr){.kind = EXPR_LITERAL, .type = type, .literal = copy};
    return e;
}

struct expr *expr_node(struct arena *a, enum expr_kind kind, const struct type *type,
    const struct expr *const *args, uint32_t count)
{
    struct expr *e = ARENA_NEW(a, struct expr);
    const struct expr **copy = ARENA_ARRAY(a, const struct expr *, count ? count : 1);
    for (uint32_t i = 0; i < count; i++) copy[i] = args[i];
    *e = (struct expr){.kind = kind, .type = type, .args = copy, .arg_count = count};
    return e;
}

struct expr *expr_cast(
    struct arena *a, const struct expr *e, const struct type *type, bool try_cast)
{
    /* The caller gets an expression of its own, so that it may set pos. */
    if (type_equal_ignoring_null(e->type, type) && !(try_cast && !e->type->nullable)) {
        struct expr *same = ARENA_NEW(a, struct expr);
        *same = *e;
        return same;
    }
    if (e->kind == EXPR_LITERAL && e->literal->null)
        return expr_literal(a, e->literal, type_with_nullable(a, type, true));
    const struct func_def *cast = func_find(try_cast ? SLICE("TRY_CAST") : SLICE("CAST"));
    ASSERT(cast);
    bool nullable = try_cast || e->type->nullable;
    const struct type *target = type_with_nullable(a, type, nullable);
    struct expr *node = expr_node(a, EXPR_CALL, target, &e, 1);
    node->func = cast;
    node->eval = cast->eval;
    node->pos = e->pos;
    return node;
}

/* A constant argument is cast once, here, so that functions see it as the literal it is. What fails
 * or depends on the session's zone stays a cast. */
static const struct expr *cast_argument(
    struct arena *a, const struct expr *e, const struct type *type)
{
    struct expr *cast = expr_cast(a, e, type, false);
    bool zoned = type->kind == TYPE_TIMESTAMP_LTZ || e->type->kind == TYPE_TIMESTAMP_LTZ;
    if (e->kind != EXPR_LITERAL || cast->kind == EXPR_LITERAL || zoned) return cast;
    struct value v;
    struct err *failed = program_constant(a, cast, NULL, &v);
    if (failed) {
        err_free(failed);
        return cast;
    }
    struct expr *literal = expr_literal(a, &v, v.null ? type_with_nullable(a, type, true) : type);
    literal->pos = e->pos;
    return literal;
}

struct err *expr_call(struct arena *a, const struct func_def *func, const struct expr *const *args,
    uint32_t count, struct text_pos pos, struct expr **out)
{
    uint32_t room = count ? count : 1;
    struct func_arg *given = ARENA_ARRAY(a, struct func_arg, room);
    for (uint32_t i = 0; i < count; i++) {
        const struct value *literal = args[i]->kind == EXPR_LITERAL ? args[i]->literal : NULL;
        given[i] = (struct func_arg){args[i]->type, literal, args[i]->pos};
    }
    struct func_infer in = {.arena = a,
        .args = given,
        .arg_count = count,
        .arg_types = ARENA_ARRAY(a, const struct type *, room)};
    func_eval_fn *eval = NULL;
    struct err *e = func_infer_call(func, &in, &eval);
    if (e) return err_at(e, pos);
    const struct expr **cast = ARENA_ARRAY(a, const struct expr *, room);
    for (uint32_t i = 0; i < count; i++) {
        bool same = type_equal_ignoring_null(args[i]->type, in.arg_types[i]);
        cast[i] = same ? args[i] : cast_argument(a, args[i], in.arg_types[i]);
    }
    struct expr *node = expr_node(a, EXPR_CALL, in.result, cast, count);
    node->func = func;
    node->eval = eval;
    node->pos = pos;
    *out = node;
    return NULL;
}

enum { WALK_ARENA_BYTES = 4096 };

static bool equal(const struct expr *a, const struct expr *b, struct expr_memo *proven);

static bool same_arguments(const struct expr *a, const struct expr *b, struct expr_memo *proven)
{
    if (a->arg_count != b->arg_count) return false;
    if (expr_memo_get_pointer(proven, a) == b) return true;
    for (uint32_t i = 0; i < a->arg_count; i++)
        if (!equal(a->args[i], b->args[i], proven)) return false;
    expr_memo_put_pointer(proven, a, b);
    return true;
}

/* `proven` knows for a node of a the node of b that it was found equal to. */
static bool equal(const struct expr *a, const struct expr *b, struct expr_memo *proven)
{
    if (a == b) return true;
    if (a->kind != b->kind || !type_equal(a->type, b->type)) return false;
    switch (a->kind) {
    case EXPR_COLUMN: return a->column == b->column;
    case EXPR_LITERAL: return value_equal(a->type, a->literal, b->literal);
    case EXPR_CALL: return a->func == b->func && a->eval == b->eval && same_arguments(a, b, proven);
    case EXPR_FIELD: return a->column == b->column && same_arguments(a, b, proven);
    case EXPR_AND:
    case EXPR_OR:
    case EXPR_CASE:
    case EXPR_COALESCE: return same_arguments(a, b, proven);
    }
    UNREACHABLE();
}

bool expr_equal(const struct expr *a, const struct expr *b)
{
    if (a == b) return true;
    if (a->kind != b->kind || a->arg_count != b->arg_count) return false;
    struct arena *scratch = arena_new(WALK_ARENA_BYTES);
    struct expr_memo proven;
    expr_memo_init(&proven, scratch);
    bool same = equal(a, b, &proven);
    arena_free(scratch);
    return same;
}

static bool walk_deterministic(const struct expr *e, struct expr_memo *seen)
{
    if (e->kind == EXPR_CALL && (e->func->flags & FUNC_DYNAMIC)) return false;
    if (e->arg_count == 0 || expr_memo_get(seen, e)) return true;
    expr_memo_put(seen, e, 1);
    for (uint32_t i = 0; i < e->arg_count; i++)
        if (!walk_deterministic(e->args[i], seen)) return false;
    return true;
}

bool expr_is_deterministic(const struct expr *e)
{
    struct arena *a = arena_new(WALK_ARENA_BYTES);
    struct expr_memo seen;
    expr_memo_init(&seen, a);
    bool deterministic = walk_deterministic(e, &seen);
    arena_free(a);
    return deterministic;
}

static void walk_columns(const struct expr *e, uint64_t *bits, struct expr_memo *seen)
{
    if (e->kind == EXPR_COLUMN) bits[e->column / 64] |= UINT64_C(1) << e->column % 64;
    if (e->arg_count == 0 || expr_memo_get(seen, e)) return;
    expr_memo_put(seen, e, 1);
    for (uint32_t i = 0; i < e->arg_count; i++) walk_columns(e->args[i], bits, seen);
}

void expr_columns(const struct expr *e, uint64_t *bits)
{
    struct arena *a = arena_new(WALK_ARENA_BYTES);
    struct expr_memo seen;
    expr_memo_init(&seen, a);
    walk_columns(e, bits, &seen);
    arena_free(a);
}

/* Both kinds of rewriting: `map` or `replacements` is set. */
struct rewrite {
    struct arena *arena;
    const uint32_t *map;
    const struct expr *const *replacements;
    struct expr_memo done;
};

static const struct expr *rewrite(struct rewrite *r, const struct expr *e)
{
    if (e->kind == EXPR_COLUMN) {
        if (r->replacements) return r->replacements[e->column];
        struct expr *moved = expr_column(r->arena, r->map[e->column], e->type);
        moved->pos = e->pos;
        return moved;
    }
    if (e->arg_count == 0) return e;
    const struct expr *known = expr_memo_get_pointer(&r->done, e);
    if (known) return known;
    struct expr *copy = ARENA_NEW(r->arena, struct expr);
    const struct expr **args = ARENA_ARRAY(r->arena, const struct expr *, e->arg_count);
    for (uint32_t i = 0; i < e->arg_count; i++) args[i] = rewrite(r, e->args[i]);
    *copy = *e;
    copy->args = args;
    expr_memo_put_pointer(&r->done, e, copy);
    return copy;
}

const struct expr *expr_remap(struct arena *a, const struct expr *e, const uint32_t *map)
{
    struct rewrite r = {.arena = a, .map = map};
    expr_memo_init(&r.done, a);
    return rewrite(&r, e);
}

const struct expr *expr_substitute(
    struct arena *a, const struct expr *e, const struct expr *const *replacements)
{
    struct rewrite r = {.arena = a, .replacements = replacements};
    expr_memo_init(&r.done, a);
    return rewrite(&r, e);
}
