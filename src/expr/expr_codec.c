/* The JSON of an expression is an array of nodes, each after those it refers to by index, the last
 * one being the root:
 *   ["column", TYPE, index]      ["literal", TYPE, value]     ["field", TYPE, field, node]
 *   ["call", TYPE, NAME, node..] ["and"|"or"|"case"|"coalesce", TYPE, node..]
 * Flat, because JSON readers limit the depth, and because shared nodes stay shared. */
#include <inttypes.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/json.h"
#include "expr/expr.h"
#include "expr/expr_memo.h"
#include "type/schema.h"

enum { NODES_MAX = 100000, TYPE_TEXT_MAX = 1 << 20, WALK_ARENA_BYTES = 4096 };

static const char *const kind_names[] = {
    [EXPR_COLUMN] = "column",
    [EXPR_LITERAL] = "literal",
    [EXPR_CALL] = "call",
    [EXPR_AND] = "and",
    [EXPR_OR] = "or",
    [EXPR_CASE] = "case",
    [EXPR_COALESCE] = "coalesce",
    [EXPR_FIELD] = "field",
};
enum { KINDS = sizeof kind_names / sizeof kind_names[0] };

struct encoder {
    struct buf *out;
    struct buf type_text;
    struct expr_memo index_of;
    uint64_t count;
};

static void write_head(struct encoder *w, const struct expr *e)
{
    buf_clear(&w->type_text);
    type_print(e->type, true, &w->type_text);
    if (w->count) buf_add_char(w->out, ',');
    buf_printf(w->out, "[\"%s\",", kind_names[e->kind]);
    json_write_string(w->out, buf_slice(&w->type_text));
}

static void encode(struct encoder *w, const struct expr *e)
{
    if (expr_memo_get(&w->index_of, e)) return;
    for (uint32_t i = 0; i < e->arg_count; i++) encode(w, e->args[i]);
    write_head(w, e);
    switch (e->kind) {
    case EXPR_COLUMN:
    case EXPR_FIELD: buf_printf(w->out, ",%" PRIu32, e->column); break;
    case EXPR_LITERAL:
        buf_add_char(w->out, ',');
        value_to_json(e->type, e->literal, NULL, w->out);
        break;
    case EXPR_CALL:
        buf_add_char(w->out, ',');
        json_write_string(w->out, slice_of(e->func->name));
        break;
    case EXPR_AND:
    case EXPR_OR:
    case EXPR_CASE:
    case EXPR_COALESCE: break;
    }
    for (uint32_t i = 0; i < e->arg_count; i++)
        buf_printf(w->out, ",%" PRIu64, *expr_memo_get(&w->index_of, e->args[i]));
    buf_add_char(w->out, ']');
    expr_memo_put(&w->index_of, e, w->count++);
}

void expr_encode(const struct expr *e, struct buf *out)
{
    struct arena *a = arena_new(WALK_ARENA_BYTES);
    struct encoder w = {.out = out};
    buf_init(&w.type_text, TYPE_TEXT_MAX);
    expr_memo_init(&w.index_of, a);
    buf_add_char(out, '[');
    encode(&w, e);
    buf_add_char(out, ']');
    buf_free(&w.type_text);
    arena_free(a);
}

struct decoder {
    struct arena *arena;
    struct json_reader *reader;
    const struct schema *input;
    struct expr **nodes;
    uint32_t *depths;
    uint32_t count;
    uint32_t capacity;
};

static struct err *corrupt(const struct decoder *d, const char *what)
{
    return ERR(ERR_CORRUPT, "expression node %" PRIu32 ": %s", d->count, what);
}

static struct err *read_kind(struct decoder *d, enum expr_kind *kind)
{
    struct slice name;
    TRY(json_read_string(d->reader, &name));
    for (unsigned i = 0; i < KINDS; i++) {
        if (!slice_eq(slice_of(kind_names[i]), name)) continue;
        *kind = (enum expr_kind)i;
        return NULL;
    }
    return corrupt(d, "unknown kind");
}

static struct err *read_index(struct decoder *d, uint32_t limit, uint32_t *out)
{
    int64_t v;
    TRY(json_read_i64(d->reader, &v));
    if (v < 0 || v >= limit) return corrupt(d, "number out of range");
    *out = (uint32_t)v;
    return NULL;
}

/* The rest of the node's array: indexes of earlier nodes. */
static struct err *read_arguments(struct decoder *d, struct expr *e, uint32_t *depth)
{
    const struct expr **args = NULL;
    uint32_t capacity = 0;
    while (true) {
        TRY(json_next(d->reader));
        if (d->reader->token == JSON_ARRAY_END) break;
        int64_t index;
        if (d->reader->token != JSON_NUMBER || !num_parse_i64(d->reader->text, &index) ||
            index < 0 || index >= d->count)
            return corrupt(d, "argument is no earlier node");
        if (e->arg_count == capacity) {
            capacity = capacity ? capacity * 2 : 4;
            const struct expr **grown = ARENA_ARRAY(d->arena, const struct expr *, capacity);
            for (uint32_t i = 0; i < e->arg_count; i++) grown[i] = args[i];
            args = grown;
        }
        args[e->arg_count++] = d->nodes[index];
        if (d->depths[index] >= *depth) *depth = d->depths[index] + 1;
    }
    e->args = args;
    return *depth > EXPR_DEPTH_MAX ? corrupt(d, "nested too deeply") : NULL;
}

/* The remainder of integers has the type of the divisor as it was written, before it was widened to
 * the dividend's: the stored call alone does not tell. */
static bool is_remainder(const struct func_def *func, const struct type *a, const struct type *b)
{
    bool remainder = strcmp(func->name, "%") == 0 || strcmp(func->name, "MOD") == 0;
    return remainder && type_is_integer(a) && type_is_integer(b);
}

/* Chooses the overload again: the arguments must fit it as they are. */
static struct err *resolve_call(struct decoder *d, struct expr *e, struct slice name)
{
    const struct func_def *func = func_find(name);
    if (!func) return corrupt(d, "unknown function");
    e->func = func;
    e->eval = func->eval;
    if (slice_eq(name, SLICE("CAST")) || slice_eq(name, SLICE("TRY_CAST")))
        return e->arg_count == 1 ? NULL : corrupt(d, "CAST wants one argument");
    struct expr *again = NULL;
    struct err *cause =
        expr_call(d->arena, func, e->args, e->arg_count, (struct text_pos){0}, &again);
    if (cause) {
        err_free(cause);
        return corrupt(d, "the function does not take these arguments");
    }
    if (!type_equal_ignoring_null(again->type, e->type) &&
        !is_remainder(func, again->type, e->type))
        return corrupt(d, "the function gives another type");
    for (uint32_t i = 0; i < e->arg_count; i++)
        if (again->args[i] != e->args[i]) return corrupt(d, "an argument needs a cast");
    e->eval = again->eval;
    return NULL;
}

static bool is_condition(const struct expr *e)
{
    return e->type->kind == TYPE_BOOLEAN;
}

static struct err *check_lazy(const struct decoder *d, const struct expr *e)
{
    uint32_t least = e->kind == EXPR_CASE ? 3 : 2;
    if (e->arg_count < least || (e->kind == EXPR_CASE && e->arg_count % 2 == 0))
        return corrupt(d, "wrong number of arguments");
    for (uint32_t i = 0; i < e->arg_count; i++) {
        bool last = i + 1 == e->arg_count;
        bool condition = e->kind == EXPR_AND || e->kind == EXPR_OR ||
                         (e->kind == EXPR_CASE && i % 2 == 0 && !last);
        if (condition ? !is_condition(e->args[i])
                      : !type_equal_ignoring_null(e->args[i]->type, e->type))
            return corrupt(d, "argument of another type");
    }
    bool logic = e->kind == EXPR_AND || e->kind == EXPR_OR;
    return logic && !is_condition(e) ? corrupt(d, "not BOOLEAN") : NULL;
}

static struct err *check_column(const struct decoder *d, const struct expr *e)
{
    if (!type_equal_ignoring_null(e->type, d->input->fields[e->column].type))
        return corrupt(d, "the column has another type");
    return e->arg_count ? corrupt(d, "a column has no arguments") : NULL;
}

static struct err *check_field(const struct decoder *d, const struct expr *e)
{
    if (e->arg_count != 1 || e->args[0]->type->kind != TYPE_ROW ||
        e->column >= e->args[0]->type->field_count)
        return corrupt(d, "no such field");
    const struct type *field = e->args[0]->type->fields[e->column].type;
    return type_equal_ignoring_null(field, e->type) ? NULL : corrupt(d, "field of another type");
}

static struct err *read_literal(struct decoder *d, struct expr *e)
{
    struct value *v = ARENA_NEW(d->arena, struct value);
    TRY(json_next(d->reader));
    /* Decimals overflow to NULL whatever their type says, in folded constants too. */
    const struct type *nullable = type_with_nullable(d->arena, e->type, true);
    TRY(value_read_json(d->arena, nullable, d->reader, NULL, v));
    e->literal = v;
    return NULL;
}

static struct err *read_node(struct decoder *d)
{
    struct expr *e = ARENA_NEW(d->arena, struct expr);
    struct slice type_text, name = {NULL, 0};
    uint32_t depth = 1;
    TRY(read_kind(d, &e->kind));
    TRY(json_read_string(d->reader, &type_text));
    TRY(type_parse(d->arena, type_text, &e->type));
    if (e->kind == EXPR_COLUMN) TRY(read_index(d, d->input->count, &e->column));
    if (e->kind == EXPR_FIELD) TRY(read_index(d, TYPE_FIELDS_MAX, &e->column));
    if (e->kind == EXPR_LITERAL) TRY(read_literal(d, e));
    if (e->kind == EXPR_CALL) TRY(json_read_string(d->reader, &name));
    name = slice_copy(d->arena, name);
    TRY(read_arguments(d, e, &depth));
    d->nodes[d->count] = e;
    d->depths[d->count] = depth;
    switch (e->kind) {
    case EXPR_COLUMN: return check_column(d, e);
    case EXPR_LITERAL: return e->arg_count ? corrupt(d, "a literal has no arguments") : NULL;
    case EXPR_CALL: return resolve_call(d, e, name);
    case EXPR_AND:
    case EXPR_OR:
    case EXPR_CASE:
    case EXPR_COALESCE: return check_lazy(d, e);
    case EXPR_FIELD: return check_field(d, e);
    }
    UNREACHABLE();
}

static void grow(struct decoder *d)
{
    uint32_t capacity = d->capacity ? d->capacity * 2 : 16;
    struct expr **nodes = ARENA_ARRAY(d->arena, struct expr *, capacity);
    uint32_t *depths = ARENA_ARRAY(d->arena, uint32_t, capacity);
    for (uint32_t i = 0; i < d->count; i++) {
        nodes[i] = d->nodes[i];
        depths[i] = d->depths[i];
    }
    d->nodes = nodes;
    d->depths = depths;
    d->capacity = capacity;
}

struct err *expr_decode(
    struct arena *a, struct json_reader *r, const struct schema *input, const struct expr **out)
{
    struct decoder d = {.arena = a, .reader = r, .input = input};
    TRY(json_expect(r, JSON_ARRAY_BEGIN));
    while (true) {
        TRY(json_next(r));
        if (r->token == JSON_ARRAY_END) break;
        if (r->token != JSON_ARRAY_BEGIN) return corrupt(&d, "not an array");
        if (d.count == NODES_MAX) return corrupt(&d, "too many nodes");
        if (d.count == d.capacity) grow(&d);
        TRY(read_node(&d));
        d.count++;
    }
    if (d.count == 0) return corrupt(&d, "an expression has at least one node");
    *out = d.nodes[d.count - 1];
    return NULL;
}
