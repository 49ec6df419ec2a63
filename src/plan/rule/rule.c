/* rule.c - walking plans, and the order in which rules run. */
#include "plan/rule/rule.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/hash.h"

/* ---- a map from old nodes to new ones, so that a shared node is rewritten once */

struct memo {
    struct arena *arena;
    const struct logic **keys;
    const struct logic **values;
    size_t capacity, count;
};

static size_t memo_slot(const struct memo *m, const struct logic *key)
{
    size_t i = (size_t)hash_u64((uint64_t)(uintptr_t)key) & (m->capacity - 1);
    while (m->keys[i] && m->keys[i] != key) i = (i + 1) & (m->capacity - 1);
    return i;
}

static void memo_grow(struct memo *m)
{
    struct memo old = *m;
    m->capacity = old.capacity ? old.capacity * 2 : 64;
    m->keys = ARENA_ARRAY(m->arena, const struct logic *, m->capacity);
    m->values = ARENA_ARRAY(m->arena, const struct logic *, m->capacity);
    for (size_t i = 0; i < old.capacity; i++) {
        if (!old.keys[i]) continue;
        size_t at = memo_slot(m, old.keys[i]);
        m->keys[at] = old.keys[i];
        m->values[at] = old.values[i];
    }
}

static const struct logic *memo_find(const struct memo *m, const struct logic *key)
{
    return m->capacity ? m->values[memo_slot(m, key)] : NULL;
}

static void memo_put(struct memo *m, const struct logic *key, const struct logic *value)
{
    if (m->count * 2 >= m->capacity) memo_grow(m);
    size_t at = memo_slot(m, key);
    m->count += m->keys[at] == NULL;
    m->keys[at] = key;
    m->values[at] = value;
}

static const struct logic *rewrite(
    struct rule_context *c, rule_fn *rule, struct memo *m, const struct logic *l)
{
    const struct logic *done = memo_find(m, l);
    if (done) return done;
    const struct logic **inputs = ARENA_ARRAY(c->arena, const struct logic *, l->input_count + 1);
    bool changed = false;
    for (uint32_t i = 0; i < l->input_count; i++) {
        inputs[i] = rewrite(c, rule, m, l->inputs[i]);
        changed |= inputs[i] != l->inputs[i];
    }
    const struct logic *node = changed ? logic_with_inputs(c->arena, l, inputs) : l;
    node = rule(c, node);
    memo_put(m, l, node);
    return node;
}

void rule_apply(struct rule_context *c, rule_fn *rule, const struct logic **roots, uint32_t count)
{
    struct memo m = {.arena = c->arena};
    for (uint32_t i = 0; i < count; i++) roots[i] = rewrite(c, rule, &m, roots[i]);
}

const struct logic *rule_identify(struct rule_context *c, const struct logic *l)
{
    struct logic *copy = ARENA_NEW(c->arena, struct logic);
    *copy = *l;
    copy->identity = logic_identity(copy);
    return copy;
}

/* ---- numbering */

struct numbering {
    struct rule_context *c;
    struct memo memo;
    const struct logic **nodes;
    uint32_t count, capacity;
};

static const struct logic *number_node(struct numbering *n, const struct logic *l)
{
    const struct logic *done = memo_find(&n->memo, l);
    if (done) return done;
    struct arena *a = n->c->arena;
    const struct logic **inputs = ARENA_ARRAY(a, const struct logic *, l->input_count + 1);
    for (uint32_t i = 0; i < l->input_count; i++) inputs[i] = number_node(n, l->inputs[i]);
    struct logic *copy = logic_with_inputs(a, l, inputs);
    if (n->count == n->capacity) {
        uint32_t capacity = n->capacity ? n->capacity * 2 : 64;
        const struct logic **grown = ARENA_ARRAY(a, const struct logic *, capacity);
        if (n->count) memcpy(grown, n->nodes, n->count * sizeof *grown);
        n->nodes = grown;
        n->capacity = capacity;
    }
    copy->id = n->count;
    n->nodes[n->count++] = copy;
    memo_put(&n->memo, l, copy);
    return copy;
}

uint32_t rule_number(
    struct rule_context *c, const struct logic **roots, uint32_t count, const struct logic ***nodes)
{
    struct numbering n = {.c = c, .memo.arena = c->arena};
    for (uint32_t i = 0; i < count; i++) roots[i] = number_node(&n, roots[i]);
    *nodes = n.nodes;
    return n.count;
}

/* ---- expressions */

uint32_t rule_expr_size(const struct expr *e, const uint32_t *weights)
{
    if (e->kind == EXPR_COLUMN) return weights ? weights[e->column] : 1;
    uint32_t size = 1;
    for (uint32_t i = 0; i < e->arg_count && size <= RULE_EXPR_SIZE_MAX; i++)
        size += rule_expr_size(e->args[i], weights);
    return size;
}

uint32_t rule_expr_depth(const struct expr *e, const uint32_t *depths)
{
    if (e->kind == EXPR_COLUMN) return depths ? depths[e->column] : 1;
    uint32_t deepest = 0;
    for (uint32_t i = 0; i < e->arg_count; i++) {
        uint32_t depth = rule_expr_depth(e->args[i], depths);
        if (depth > deepest) deepest = depth;
    }
    return deepest + 1;
}

bool rule_reads(const struct expr *e, uint32_t column)
{
    if (e->kind == EXPR_COLUMN) return e->column == column;
    for (uint32_t i = 0; i < e->arg_count; i++)
        if (rule_reads(e->args[i], column)) return true;
    return false;
}

uint32_t rule_conjunct_count(const struct expr *e)
{
    if (e->kind != EXPR_AND) return 1;
    uint32_t n = 0;
    for (uint32_t i = 0; i < e->arg_count; i++) n += rule_conjunct_count(e->args[i]);
    return n;
}

uint32_t rule_conjuncts(const struct expr *e, const struct expr **out)
{
    if (e->kind != EXPR_AND) {
        out[0] = e;
        return 1;
    }
    uint32_t n = 0;
    for (uint32_t i = 0; i < e->arg_count; i++) n += rule_conjuncts(e->args[i], out + n);
    return n;
}

const struct expr *rule_and(struct arena *a, const struct expr *const *parts, uint32_t count)
{
    ASSERT(count > 0);
    if (count == 1) return parts[0];
    const struct expr **args = ARENA_ARRAY(a, const struct expr *, count);
    bool nullable = false;
    for (uint32_t i = 0; i < count; i++) {
        args[i] = parts[i];
        nullable |= parts[i]->type->nullable;
    }
    struct expr *e = expr_node(
        a, EXPR_AND, type_with_nullable(a, type_simple(TYPE_BOOLEAN), nullable), args, count);
    e->pos = parts[0]->pos;
    return e;
}

/* ---- the optimiser */

struct err *rule_optimize(struct rule_context *c, const struct logic ***all, uint32_t *all_count)
{
    const struct logic **roots = *all;
    uint32_t count = *all_count;
    rule_apply(c, rule_identify, roots, count);
    rule_apply(c, rule_fold, roots, count);
    rule_apply(c, rule_merge_projects, roots, count);
    rule_apply(c, rule_push_filter, roots, count);
    rule_apply(c, rule_merge_projects, roots, count);
    rule_apply(c, rule_window_aggregate, roots, count);
    rule_apply(c, rule_push_watermark, roots, count);
    rule_share(c, roots, count);
    TRY(rule_side_tables(c, all, all_count));
    roots = *all;
    count = *all_count;
    rule_share(c, roots, count);
    rule_prune_columns(c, roots, count);
    rule_apply(c, rule_merge_projects, roots, count);
    rule_apply(c, rule_remove_identity, roots, count);
    rule_share(c, roots, count);
    const struct logic **nodes;
    uint32_t n = rule_number(c, roots, count, &nodes);
    if (n > LOGIC_NODES_MAX)
        FAIL(ERR_LIMIT_EXCEEDED, "the plan has %u nodes; at most %d are allowed", n,
            LOGIC_NODES_MAX);
    return NULL;
}
