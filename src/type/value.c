#include "type/value.h"

#include "base/arena.h"
#include "base/check.h"
#include "type/datetime.h"

static bool is_pairs(const struct type *t)
{
    return t->kind == TYPE_MAP || t->kind == TYPE_MULTISET;
}

/* Types of the two items of a MAP's or MULTISET's entry. */
static const struct type *pair_type(const struct type *t, uint32_t index)
{
    if (t->kind == TYPE_MAP) return index % 2 == 0 ? t->key : t->element;
    return index % 2 == 0 ? t->element : type_simple(TYPE_INTEGER);
}

static const struct type *item_type(const struct type *t, uint32_t index)
{
    if (t->kind == TYPE_ROW) return t->fields[index].type;
    return is_pairs(t) ? pair_type(t, index) : t->element;
}

static bool is_wide(const struct type *t)
{
    return type_is_wide(t);
}

static int order(bool less, bool greater)
{
    return greater - less;
}

/* NaN is equal to itself and greater than all others, as in Java's compare. */
static int compare_doubles(double a, double b)
{
    bool a_nan = a != a, b_nan = b != b;
    if (a_nan || b_nan) return order(!a_nan, !b_nan);
    return order(a<b, a> b);
}

int value_compare(const struct type *t, const struct value *a, const struct value *b)
{
    if (a->null || b->null) return order(a->null && !b->null, !a->null && b->null);
    ASSERT(t->kind < TYPE_ARRAY);
    if (t->kind == TYPE_NULL) return 0;
    if (t->kind == TYPE_BOOLEAN) return order(!a->boolean && b->boolean, a->boolean && !b->boolean);
    if (t->kind == TYPE_FLOAT) return compare_doubles((double)a->f32, (double)b->f32);
    if (t->kind == TYPE_DOUBLE) return compare_doubles(a->f64, b->f64);
    if (type_is_character(t) || type_is_binary(t)) return slice_cmp(a->text, b->text);
    if (is_wide(t)) return order(a->wide<b->wide, a->wide> b->wide);
    return order(a->i64<b->i64, a->i64> b->i64);
}

static bool equal(const struct type *t, const struct value *a, const struct value *b, int depth);

/* Every entry of a has its like in b; keys do not repeat. */
static bool pairs_equal(
    const struct type *t, const struct value *a, const struct value *b, int depth)
{
    const struct type *key = pair_type(t, 0), *value = pair_type(t, 1);
    for (uint32_t i = 0; i < a->list.count; i += 2) {
        bool found = false;
        for (uint32_t k = 0; k < b->list.count && !found; k += 2)
            found = equal(key, &a->list.items[i], &b->list.items[k], depth + 1) &&
                    equal(value, &a->list.items[i + 1], &b->list.items[k + 1], depth + 1);
        if (!found) return false;
    }
    return true;
}

static bool equal(const struct type *t, const struct value *a, const struct value *b, int depth)
{
    ASSERT(depth <= TYPE_DEPTH_MAX);
    if (a->null || b->null) return a->null && b->null;
    if (t->kind < TYPE_ARRAY) return value_compare(t, a, b) == 0;
    if (a->list.count != b->list.count) return false;
    if (is_pairs(t)) return pairs_equal(t, a, b, depth);
    for (uint32_t i = 0; i < a->list.count; i++)
        if (!equal(item_type(t, i), &a->list.items[i], &b->list.items[i], depth + 1)) return false;
    return true;
}

bool value_equal(const struct type *t, const struct value *a, const struct value *b)
{
    return equal(t, a, b, 0);
}

static struct value copy(struct arena *a, const struct type *t, const struct value *v, int depth)
{
    ASSERT(depth <= TYPE_DEPTH_MAX);
    struct value result = *v;
    if (v->null) return value_null();
    if (type_is_character(t) || type_is_binary(t)) result.text = slice_copy(a, v->text);
    if (t->kind < TYPE_ARRAY) return result;
    result.list.items = ARENA_ARRAY(a, struct value, v->list.count);
    for (uint32_t i = 0; i < v->list.count; i++)
        result.list.items[i] = copy(a, item_type(t, i), &v->list.items[i], depth + 1);
    return result;
}

struct value value_copy(struct arena *a, const struct type *t, const struct value *v)
{
    return copy(a, t, v, 0);
}
