/* Expressions to steps: post-order, each distinct deterministic expression once. */
#include "base/arena.h"
#include "base/check.h"
#include "base/hash.h"
#include "expr/expr_memo.h"
#include "expr/program_steps.h"

enum { STEPS_MAX = 1 << 20 };

/* An expression whose value is in a register. */
struct known {
    const struct expr *expr;
    uint64_t hash;
    uint32_t reg;
};

struct compiler {
    struct program *program;
    struct arena *arena; /* for the time of compiling */
    struct expr_memo hashes;
    struct expr_memo cheap;
    struct expr_memo fixed; /* 1: deterministic */
    struct known *known;    /* those of closed parts are cut off again */
    uint32_t known_count;
    uint32_t known_capacity;
};

static struct err *compile(struct compiler *c, const struct expr *e, uint32_t *reg);

static uint64_t hash_of(struct compiler *c, const struct expr *e)
{
    const uint64_t *memo = expr_memo_get(&c->hashes, e);
    if (memo) return *memo;
    uint64_t h = hash_combine(hash_u64((uint64_t)e->kind), (uint64_t)e->type->kind);
    h = hash_combine(h, e->column);
    h = hash_combine(h, (uint64_t)(uintptr_t)e->func);
    if (e->kind == EXPR_LITERAL && !e->literal->null) {
        if (type_is_character(e->type) || type_is_binary(e->type))
            h = hash_bytes(e->literal->text.p, e->literal->text.n, h);
        else if (e->type->kind <= TYPE_BIGINT && e->type->kind != TYPE_BOOLEAN)
            h = hash_combine(h, (uint64_t)e->literal->i64);
    }
    for (uint32_t i = 0; i < e->arg_count; i++) h = hash_combine(h, hash_of(c, e->args[i]));
    expr_memo_put(&c->hashes, e, h);
    return h;
}

static bool is_fixed_width(const struct type *t)
{
    enum layout layout = layout_of(t);
    return layout != LAYOUT_STR && layout != LAYOUT_SPAN && layout != LAYOUT_ROW;
}

static bool is_cast(const struct expr *e)
{
    return e->kind == EXPR_CALL && e->arg_count == 1 &&
           (strcmp(e->func->name, "CAST") == 0 || strcmp(e->func->name, "TRY_CAST") == 0);
}

static bool is_total(const struct expr *e)
{
    if (e->func->flags & FUNC_TOTAL) return true;
    return is_cast(e) && func_cast_is_total(e->args[0]->type, e->type);
}

/* May run over garbage: it does not fail and follows no pointer. */
static bool is_dense(const struct expr *e)
{
    if (e->kind != EXPR_CALL || !is_total(e) || !is_fixed_width(e->type)) return false;
    for (uint32_t i = 0; i < e->arg_count; i++)
        if (!is_fixed_width(e->args[i]->type)) return false;
    return true;
}

/* Cheaper to compute for every row than to find out for which rows it is needed. */
static bool is_cheap(struct compiler *c, const struct expr *e)
{
    if (e->kind == EXPR_COLUMN || e->kind == EXPR_LITERAL) return true;
    const uint64_t *memo = expr_memo_get(&c->cheap, e);
    if (memo) return *memo != 0;
    bool cheap = e->kind == EXPR_AND || e->kind == EXPR_OR || is_dense(e);
    for (uint32_t i = 0; cheap && i < e->arg_count; i++) cheap = is_cheap(c, e->args[i]);
    expr_memo_put(&c->cheap, e, cheap);
    return cheap;
}

static bool is_deterministic(struct compiler *c, const struct expr *e)
{
    const uint64_t *memo = expr_memo_get(&c->fixed, e);
    if (memo) return *memo != 0;
    bool fixed = e->kind != EXPR_CALL || !(e->func->flags & FUNC_DYNAMIC);
    for (uint32_t i = 0; fixed && i < e->arg_count; i++) fixed = is_deterministic(c, e->args[i]);
    expr_memo_put(&c->fixed, e, fixed);
    return fixed;
}

static struct step *add_step(struct program *p, enum step_kind kind, uint32_t out, uint32_t *index)
{
    if (p->step_count == p->step_capacity) {
        p->step_capacity = p->step_capacity ? p->step_capacity * 2 : 16;
        struct step *grown = ARENA_ARRAY(p->home, struct step, p->step_capacity);
        if (p->step_count) memcpy(grown, p->steps, p->step_count * sizeof *grown);
        p->steps = grown;
    }
    *index = p->step_count++;
    struct step *s = &p->steps[*index];
    *s = (struct step){.kind = kind, .out = out, .end = p->step_count};
    return s;
}

static uint32_t add_register(struct program *p, struct column *column, bool literal)
{
    if (p->register_count == p->register_capacity) {
        uint32_t capacity = p->register_capacity * 2 + 16;
        struct column **registers = ARENA_ARRAY(p->home, struct column *, capacity);
        bool *literals = ARENA_ARRAY(p->home, bool, capacity);
        for (uint32_t i = 0; i < p->register_count; i++) {
            registers[i] = p->registers[i];
            literals[i] = p->literal[i];
        }
        p->registers = registers;
        p->literal = literals;
        p->register_capacity = capacity;
    }
    p->registers[p->register_count] = column;
    p->literal[p->register_count] = literal;
    return p->register_count++;
}

static uint32_t add_result(struct program *p, const struct type *type)
{
    return add_register(p, column_new(p->home, type, p->capacity), false);
}

/* Copies row 0 to all the others. */
static void repeat_first_row(struct column *column, uint32_t rows)
{
    uint32_t size = layout_size_bytes(column->layout);
    char *data = column->data;
    for (uint32_t i = 1; i < rows && size; i++) memcpy(data + (size_t)i * size, data, size);
    if (!column_is_valid(column, 0)) memset(column->valid, 0, ((size_t)rows + 63) / 64 * 8);
    if (column->layout != LAYOUT_ROW) return;
    for (uint32_t i = 0; i < column->child_count; i++) repeat_first_row(column->children[i], rows);
}

static uint32_t add_literal(struct program *p, const struct expr *e)
{
    struct column *column = column_new(p->home, e->type, p->capacity);
    column_set_value(column, 0, e->literal, p->home);
    repeat_first_row(column, p->capacity);
    return add_register(p, column, true);
}

static bool find_known(const struct compiler *c, const struct expr *e, uint64_t hash, uint32_t *reg)
{
    for (uint32_t i = c->known_count; i-- > 0;) {
        const struct known *k = &c->known[i];
        if (k->hash != hash || !expr_equal(k->expr, e)) continue;
        *reg = k->reg;
        return true;
    }
    return false;
}

static void add_known(struct compiler *c, const struct expr *e, uint64_t hash, uint32_t reg)
{
    if (c->known_count == c->known_capacity) {
        c->known_capacity = c->known_capacity * 2 + 16;
        struct known *grown = ARENA_ARRAY(c->arena, struct known, c->known_capacity);
        if (c->known_count) memcpy(grown, c->known, c->known_count * sizeof *grown);
        c->known = grown;
    }
    c->known[c->known_count++] = (struct known){e, hash, reg};
}

static struct err *compile_args(struct compiler *c, const struct expr *e, uint32_t **out)
{
    uint32_t *args = ARENA_ARRAY(c->program->home, uint32_t, e->arg_count + 1);
    bool skip = e->kind == EXPR_CALL && (e->func->flags & FUNC_LITERALS);
    for (uint32_t i = 0; i < e->arg_count; i++) {
        args[i] = PROGRAM_NO_REGISTER;
        if (skip && i > 0 && e->args[i]->kind == EXPR_LITERAL) continue;
        TRY(compile(c, e->args[i], &args[i]));
    }
    *out = args;
    return NULL;
}

static bool is_view(const struct expr *e)
{
    return is_cast(e) && func_cast_is_view(e->args[0]->type, e->type);
}

static struct err *open_call(struct compiler *c, struct step *s, const struct expr *e)
{
    struct program *p = c->program;
    uint32_t room = e->arg_count + 1;
    const struct type **types = ARENA_ARRAY(p->home, const struct type *, room);
    const struct value **literals = ARENA_ARRAY(p->home, const struct value *, room);
    for (uint32_t i = 0; i < e->arg_count; i++) {
        types[i] = e->args[i]->type;
        literals[i] = e->args[i]->kind == EXPR_LITERAL ? e->args[i]->literal : NULL;
    }
    s->columns = ARENA_ARRAY(p->home, const struct column *, room);
    s->call = (struct func_call){.def = e->func,
        .eval = e->eval,
        .type = e->type,
        .arg_types = types,
        .literals = literals,
        .arg_count = e->arg_count,
        .zone = p->zone,
        .arena = p->home};
    s->total = is_total(e);
    s->dense = is_dense(e);
    s->opened = true;
    return e->func->open ? err_at(e->func->open(&s->call), e->pos) : NULL;
}

static struct err *compile_call(struct compiler *c, const struct expr *e, uint32_t *reg)
{
    struct program *p = c->program;
    uint32_t *args, index;
    TRY(compile_args(c, e, &args));
    *reg = add_result(p, e->type);
    struct step *s = add_step(p, is_view(e) ? STEP_VIEW : STEP_CALL, *reg, &index);
    s->args = args;
    s->arg_count = e->arg_count;
    return s->kind == STEP_VIEW ? NULL : open_call(c, s, e);
}

static struct err *compile_field(struct compiler *c, const struct expr *e, uint32_t *reg)
{
    uint32_t *args, index;
    TRY(compile_args(c, e, &args));
    *reg = add_result(c->program, e->type);
    struct step *s = add_step(c->program, STEP_FIELD, *reg, &index);
    s->args = args;
    s->arg_count = 1;
    s->field = e->column;
    return NULL;
}

/* AND and OR of what may run over every row. */
static struct err *compile_eager(struct compiler *c, enum expr_kind kind, const struct type *type,
    const struct expr *const *args, uint32_t count, uint32_t *reg)
{
    if (count == 1) return compile(c, args[0], reg);
    uint32_t index, *registers = ARENA_ARRAY(c->program->home, uint32_t, count);
    for (uint32_t i = 0; i < count; i++) TRY(compile(c, args[i], &registers[i]));
    *reg = add_result(c->program, type);
    struct step *s = add_step(c->program, kind == EXPR_AND ? STEP_ALL : STEP_ANY, *reg, &index);
    s->args = registers;
    s->arg_count = count;
    return NULL;
}

static uint32_t open_lazy(
    struct program *p, enum step_kind kind, const struct type *type, uint32_t part_count)
{
    uint32_t index, out = add_result(p, type);
    struct step *s = add_step(p, kind, out, &index);
    s->parts = ARENA_ARRAY(p->home, struct part, part_count);
    s->part_count = part_count;
    for (int i = 0; i < 2; i++) s->rows[i] = ARENA_ARRAY(p->home, uint32_t, p->capacity);
    return index;
}

/* Parts after the first see rows that the others do not: what they compute is forgotten. */
static void close_part(struct compiler *c, uint32_t index, uint32_t at, uint32_t first,
    uint32_t reg, uint32_t known_before)
{
    struct program *p = c->program;
    p->steps[index].parts[at] = (struct part){first, p->step_count, reg};
    p->steps[index].end = p->step_count;
    if (at > 0) c->known_count = known_before;
}

/* Neighbours that are cheap make one part. Counts the parts when `ends` is NULL. */
static uint32_t group_parts(struct compiler *c, const struct expr *e, uint32_t *ends)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < e->arg_count; count++) {
        bool cheap = is_cheap(c, e->args[i++]);
        while (cheap && i < e->arg_count && is_cheap(c, e->args[i])) i++;
        if (ends) ends[count] = i;
    }
    return count;
}

static struct err *compile_logic(struct compiler *c, const struct expr *e, uint32_t *reg)
{
    uint32_t count = group_parts(c, e, NULL);
    if (count == 1 && is_cheap(c, e->args[0]))
        return compile_eager(c, e->kind, e->type, e->args, e->arg_count, reg);
    uint32_t *ends = ARENA_ARRAY(c->arena, uint32_t, count);
    group_parts(c, e, ends);
    struct program *p = c->program;
    uint32_t index = open_lazy(p, e->kind == EXPR_AND ? STEP_AND : STEP_OR, e->type, count);
    *reg = p->steps[index].out;
    for (uint32_t i = 0, at = 0; i < count; at = ends[i++]) {
        uint32_t first = p->step_count, known = c->known_count, part;
        TRY(compile_eager(c, e->kind, e->type, e->args + at, ends[i] - at, &part));
        close_part(c, index, i, first, part, known);
    }
    return NULL;
}

static struct err *compile_branches(struct compiler *c, const struct expr *e, uint32_t *reg)
{
    struct program *p = c->program;
    enum step_kind kind = e->kind == EXPR_CASE ? STEP_CASE : STEP_COALESCE;
    uint32_t index = open_lazy(p, kind, e->type, e->arg_count);
    *reg = p->steps[index].out;
    for (uint32_t i = 0; i < e->arg_count; i++) {
        uint32_t first = p->step_count, known = c->known_count, part;
        TRY(compile(c, e->args[i], &part));
        close_part(c, index, i, first, part, known);
    }
    return NULL;
}

static struct err *compile_new(struct compiler *c, const struct expr *e, uint32_t *reg)
{
    switch (e->kind) {
    case EXPR_COLUMN:
        ASSERT(e->column < c->program->input->count);
        *reg = e->column;
        return NULL;
    case EXPR_LITERAL: *reg = add_literal(c->program, e); return NULL;
    case EXPR_CALL: return compile_call(c, e, reg);
    case EXPR_AND:
    case EXPR_OR: return compile_logic(c, e, reg);
    case EXPR_CASE:
    case EXPR_COALESCE: return compile_branches(c, e, reg);
    case EXPR_FIELD: return compile_field(c, e, reg);
    }
    UNREACHABLE();
}

static struct err *compile(struct compiler *c, const struct expr *e, uint32_t *reg)
{
    if (c->program->step_count >= STEPS_MAX)
        FAIL_AT(ERR_LIMIT_EXCEEDED, e->pos, "expression needs more than %d steps", STEPS_MAX);
    uint64_t hash = hash_of(c, e);
    if (e->kind != EXPR_COLUMN && find_known(c, e, hash, reg)) return NULL;
    TRY(compile_new(c, e, reg));
    if (e->kind != EXPR_COLUMN && is_deterministic(c, e)) add_known(c, e, hash, *reg);
    return NULL;
}

enum { COMPILE_ARENA_BYTES = 1 << 14 };

struct err *program__compile(struct program *p, const struct program_params *params)
{
    struct compiler c = {.program = p, .arena = arena_new(COMPILE_ARENA_BYTES)};
    expr_memo_init(&c.hashes, c.arena);
    expr_memo_init(&c.cheap, c.arena);
    expr_memo_init(&c.fixed, c.arena);
    for (uint32_t i = 0; i < params->input->count; i++) add_register(p, NULL, false);
    p->exprs = ARENA_ARRAY(p->home, struct part, params->count + 1);
    struct err *e = NULL;
    for (uint32_t i = 0; i < params->count && !e; i++) {
        struct part *part = &p->exprs[i];
        part->first = p->step_count;
        e = compile(&c, params->exprs[i], &part->result);
        part->end = p->step_count;
    }
    p->expr_count = params->count;
    arena_free(c.arena);
    return e;
}
