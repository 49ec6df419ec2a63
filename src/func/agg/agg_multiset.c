#include "func/agg/agg_multiset.h"

#include "base/heap.h"
#include "base/mem.h"

struct multiset_node {
    union agg_value value;
    int64_t count;
    uint64_t priority; /* a parent's is at least its children's */
    struct multiset_node *left;
    struct multiset_node *right;
};

static struct multiset_node **find(
    struct multiset_node **at, const struct agg_value_type *t, const union agg_value *v)
{
    while (*at) {
        int order = agg_value_compare(t, v, &(*at)->value);
        if (order == 0) break;
        at = order < 0 ? &(*at)->left : &(*at)->right;
    }
    return at;
}

static void insert(
    struct multiset_node **at, struct multiset_node *n, const struct agg_value_type *t)
{
    while (*at && (*at)->priority >= n->priority)
        at = agg_value_compare(t, &n->value, &(*at)->value) < 0 ? &(*at)->left : &(*at)->right;
    struct multiset_node *rest = *at, **left = &n->left, **right = &n->right;
    while (rest) {
        if (agg_value_compare(t, &rest->value, &n->value) < 0) {
            *left = rest;
            left = &rest->right;
            rest = rest->right;
        } else {
            *right = rest;
            right = &rest->left;
            rest = rest->left;
        }
    }
    *left = *right = NULL;
    *at = n;
}

static void remove_at(struct multiset_node **at, const struct agg_value_type *t, struct heap *heap)
{
    struct multiset_node *gone = *at, *left = gone->left, *right = gone->right;
    while (left && right) {
        if (left->priority >= right->priority) {
            *at = left;
            at = &left->right;
            left = left->right;
        } else {
            *at = right;
            at = &right->left;
            right = right->left;
        }
    }
    *at = left ? left : right;
    agg_value_release(t, &gone->value, heap);
    heap_give(heap, gone, sizeof *gone);
}

static struct err *create(struct multiset_node **root, const struct agg_value_type *t,
    const union agg_value *v, int64_t count, struct heap *heap)
{
    struct multiset_node *n = heap_take(heap, sizeof *n);
    if (!n) {
        struct mem_budget *budget = heap_budget(heap);
        if (budget) return mem_budget_fail(budget, sizeof *n);
        FAIL(ERR_OUT_OF_MEMORY, "no memory for aggregate state");
    }
    *n = (struct multiset_node){*v, count, agg_value_hash(t, v), NULL, NULL};
    struct err *e = agg_value_keep(t, &n->value, heap);
    if (e) {
        heap_give(heap, n, sizeof *n);
        return e;
    }
    insert(root, n, t);
    return NULL;
}

/* Takes up to `count` from the tree; what is left over is returned. */
static int64_t take(struct multiset_node **root, const struct agg_value_type *t,
    const union agg_value *v, int64_t count, struct heap *heap)
{
    struct multiset_node **at = find(root, t, v);
    if (!*at) return count;
    if ((*at)->count > count) {
        (*at)->count -= count;
        return 0;
    }
    count -= (*at)->count;
    remove_at(at, t, heap);
    return count;
}

struct err *agg_multiset_add(struct multiset *m, const struct agg_value_type *t,
    const union agg_value *v, int64_t count, struct heap *heap)
{
    struct multiset_node **to = count > 0 ? &m->values : &m->debts;
    struct multiset_node **against = count > 0 ? &m->debts : &m->values;
    count = count > 0 ? count : -count;
    if (*against) count = take(against, t, v, count, heap);
    if (count == 0) return NULL;
    struct multiset_node **at = find(to, t, v);
    if (!*at) return create(to, t, v, count, heap);
    (*at)->count += count;
    return NULL;
}

const union agg_value *agg_multiset_first(const struct multiset *m)
{
    const struct multiset_node *n = m->values;
    while (n && n->left) n = n->left;
    return n ? &n->value : NULL;
}

const union agg_value *agg_multiset_last(const struct multiset *m)
{
    const struct multiset_node *n = m->values;
    while (n && n->right) n = n->right;
    return n ? &n->value : NULL;
}

/* In-order walk without a stack: the successor is looked up from the root, O(log n) each. */
static const struct multiset_node *above(const struct multiset_node *root,
    const struct agg_value_type *t, const union agg_value *previous)
{
    const struct multiset_node *found = NULL;
    while (root) {
        if (!previous || agg_value_compare(t, &root->value, previous) > 0) {
            found = root;
            root = root->left;
        } else {
            root = root->right;
        }
    }
    return found;
}

static const struct multiset_node *next(const struct multiset_node *root,
    const struct agg_value_type *t, const struct multiset_node *previous)
{
    return above(root, t, previous ? &previous->value : NULL);
}

const union agg_value *agg_multiset_next(const struct multiset *m, const struct agg_value_type *t,
    const union agg_value *previous, int64_t *count)
{
    const struct multiset_node *n = above(m->values, t, previous);
    if (n) *count = n->count;
    return n ? &n->value : NULL;
}

struct err *agg_multiset_merge(struct multiset *to, const struct multiset *from,
    const struct agg_value_type *t, struct heap *heap)
{
    const struct multiset_node *n = NULL;
    while ((n = next(from->values, t, n))) TRY(agg_multiset_add(to, t, &n->value, n->count, heap));
    while ((n = next(from->debts, t, n))) TRY(agg_multiset_add(to, t, &n->value, -n->count, heap));
    return NULL;
}

void agg_multiset_free(struct multiset *m, const struct agg_value_type *t, struct heap *heap)
{
    while (m->values) remove_at(&m->values, t, heap);
    while (m->debts) remove_at(&m->debts, t, heap);
}

/* Per value: u64 count (negative: a debt), the value. A count of 0 ends. */
void agg_multiset_save(const struct multiset *m, const struct agg_value_type *t, struct buf *out)
{
    const struct multiset_node *n = NULL;
    while ((n = next(m->values, t, n))) {
        buf_add_u64(out, (uint64_t)n->count);
        agg_value_save(t, &n->value, out);
    }
    while ((n = next(m->debts, t, n))) {
        buf_add_u64(out, (uint64_t)-n->count);
        agg_value_save(t, &n->value, out);
    }
    buf_add_u64(out, 0);
}

struct err *agg_multiset_load(
    struct multiset *m, const struct agg_value_type *t, struct reader *r, struct heap *heap)
{
    *m = (struct multiset){NULL, NULL};
    while (true) {
        uint64_t count;
        TRY(reader_u64(r, &count));
        if (count == 0) return NULL;
        union agg_value v;
        TRY(agg_value_load(t, &v, r, heap));
        struct err *e = agg_multiset_add(m, t, &v, (int64_t)count, heap);
        agg_value_release(t, &v, heap);
        TRY(e);
    }
}
