#include "vec/column.h"

#include "base/arena.h"
#include "base/hash.h"
#include "test.h"
#include "type/value.h"

static const struct type bigint = {.kind = TYPE_BIGINT, .nullable = true};
static const struct type string = {.kind = TYPE_VARCHAR, .nullable = true, .precision = 2147483647};
static const struct type strings = {.kind = TYPE_ARRAY, .nullable = true, .element = &string};
static const struct type map = {
    .kind = TYPE_MAP, .nullable = true, .key = &string, .element = &strings};
static const struct type_field fields[] = {
    {{"a", 1}, &bigint}, {{"b", 1}, &strings}, {{"c", 1}, &map}};
static const struct type row = {
    .kind = TYPE_ROW, .nullable = true, .fields = fields, .field_count = 3};

static struct value text(const char *t)
{
    return (struct value){.text = slice_of(t)};
}

/* A pseudo-random value of one of the types above. */
static struct value make(struct arena *a, const struct type *t, uint64_t seed)
{
    struct value v = {.null = seed % 7 == 0};
    if (v.null) return v;
    if (t->kind == TYPE_BIGINT) v.i64 = (int64_t)hash_u64(seed);
    if (t->kind == TYPE_VARCHAR) {
        char *p = arena_alloc(a, 40);
        v.text = (struct slice){p, seed % 31};
        for (size_t i = 0; i < v.text.n; i++) p[i] = (char)('a' + hash_u64(seed + i) % 26);
    }
    uint32_t per = t->kind == TYPE_MAP ? 2 : 1;
    if (t->kind == TYPE_ARRAY || t->kind == TYPE_MAP || t->kind == TYPE_ROW) {
        v.list.count = t->kind == TYPE_ROW ? 3 : per * (uint32_t)(seed % 4);
        v.list.items = ARENA_ARRAY(a, struct value, v.list.count);
        for (uint32_t i = 0; i < v.list.count; i++) {
            const struct type *child = t->kind == TYPE_ROW                 ? t->fields[i].type
                                       : t->kind == TYPE_MAP && i % 2 == 0 ? t->key
                                                                           : t->element;
            v.list.items[i] = make(a, child, hash_u64(seed * 31 + i) % 100000);
        }
    }
    return v;
}

static bool same(const struct value *x, const struct value *y, const struct type *t)
{
    if (x->null || y->null) return x->null == y->null;
    if (t->kind == TYPE_BIGINT) return x->i64 == y->i64;
    if (t->kind == TYPE_VARCHAR) return slice_eq(x->text, y->text);
    bool equal = x->list.count == y->list.count;
    for (uint32_t i = 0; equal && i < x->list.count; i++) {
        const struct type *child = t->kind == TYPE_ROW                 ? t->fields[i].type
                                   : t->kind == TYPE_MAP && i % 2 == 0 ? t->key
                                                                       : t->element;
        equal = same(&x->list.items[i], &y->list.items[i], child);
    }
    return equal;
}

static const struct type *const all_types[] = {&bigint, &string, &strings, &map, &row};
enum { TYPES = 5, ROWS = 64 };

static struct column *filled(struct arena *a, const struct type *t, uint64_t seed)
{
    struct column *c = column_new(a, t, ROWS);
    for (uint32_t i = 0; i < ROWS; i++) {
        struct value v = make(a, t, seed + i);
        column_set_value(c, i, &v, a);
    }
    return c;
}

static bool row_is(const struct column *c, uint32_t at, uint64_t seed, struct arena *a)
{
    struct value got, wanted = make(a, c->type, seed);
    column_get_value(c, at, a, &got);
    return same(&got, &wanted, c->type);
}

static void values_come_back_as_they_were_set(void)
{
    for (int t = 0; t < TYPES; t++) {
        struct arena *a = arena_new(4096);
        struct column *c = filled(a, all_types[t], 100);
        for (uint32_t i = 0; i < ROWS; i++) CHECK(row_is(c, i, 100 + i, a));
        arena_free(a);
    }
}

static void deep_copies_outlive_their_source(void)
{
    for (int t = 0; t < TYPES; t++) {
        struct arena *a = arena_new(4096), *b = arena_new(4096);
        struct column *from = filled(a, all_types[t], 500);
        struct column *to = column_new(b, all_types[t], ROWS);
        uint32_t rows[20];
        for (uint32_t i = 0; i < 20; i++) rows[i] = (uint32_t)(hash_u64(i) % ROWS);
        column_gather(to, 0, from, rows, 20, b);
        column_copy(to, 20, from, 5, 44, b);
        arena_free(a);
        for (uint32_t i = 0; i < 20; i++) CHECK(row_is(to, i, 500 + rows[i], b));
        for (uint32_t i = 0; i < 44; i++) CHECK(row_is(to, 20 + i, 505 + i, b));
        arena_free(b);
    }
}

static void shallow_copies_borrow_from_one_column_and_copy_from_a_second(void)
{
    for (int t = 0; t < TYPES; t++) {
        struct arena *a = arena_new(4096);
        struct column *first = filled(a, all_types[t], 10), *second = filled(a, all_types[t], 900);
        struct column *to = column_new(a, all_types[t], ROWS);
        uint32_t rows[] = {3, 9, 1, 63, 14};
        for (int round = 0; round < 2; round++) {
            column_gather_shallow(to, 0, first, rows, 5, a);
            column_gather_shallow(to, 5, first, rows, 5, a);
            column_gather_shallow(to, 10, second, rows, 5, a);
            for (uint32_t i = 0; i < 5; i++) {
                CHECK(row_is(to, i, 10 + rows[i], a) && row_is(to, 5 + i, 10 + rows[i], a));
                CHECK(row_is(to, 10 + i, 900 + rows[i], a));
            }
            for (uint32_t i = 0; i < ROWS; i++) CHECK(row_is(first, i, 10 + i, a));
            column_clear(to);
        }
        arena_free(a);
    }
}

static void children_that_grew_keep_their_room(void)
{
    struct arena *home = arena_new(4096), *batch = arena_new(4096);
    struct column *c = column_new(home, &strings, 4);
    struct value items[50], v = {.list = {items, 50}};
    for (int i = 0; i < 50; i++) items[i] = text("a longer text than fits inline");
    column_set_value(c, 0, &v, batch);
    column_recycle(c, home);
    arena_reset(batch);
    CHECK(c->child_rows == 0 && c->children[0]->capacity >= 50);
    const void *data = c->children[0]->data;
    column_set_value(c, 0, &v, batch);
    CHECK(c->children[0]->data == data);
    arena_free(batch);
    arena_free(home);
}

static void first_null_makes_the_other_rows_valid(void)
{
    struct arena *a = arena_new(4096);
    struct column *c = column_new(a, &string, 200);
    ((struct str *)c->data)[130] = str_view("x", 1);
    column_set_null(c, 130);
    for (uint32_t i = 0; i < 200; i++) CHECK(column_is_valid(c, i) == (i != 130));
    CHECK(((struct str *)c->data)[130].size == 0);
    column_set_valid(c, 130);
    CHECK(column_is_valid(c, 130));
    arena_free(a);
}

static void rows_compare_as_sql_orders_them(void)
{
    static const struct type real = {.kind = TYPE_DOUBLE, .nullable = true};
    struct arena *a = arena_new(4096);
    struct column *d = column_new(a, &real, 8), *s = column_new(a, &string, 8);
    double values[] = {-1.0, -0.0, 0.0, 7.5, (double)__builtin_inff(), (double)__builtin_nanf("")};
    for (uint32_t i = 0; i < 6; i++) ((double *)d->data)[1 + i] = values[i];
    column_set_null(d, 0);
    for (uint32_t i = 0; i < 6; i++) {
        int order = column_rows_compare(d, i, d, i + 1);
        CHECK(i == 2 ? order == 0 : order < 0);
        CHECK(column_rows_equal(d, i, d, i + 1) == (i == 2));
        CHECK(column_rows_equal(d, i, d, i));
    }
    const char *texts[] = {"", "a", "aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaab", "b", "\xc3\xa4"};
    for (uint32_t i = 0; i < 6; i++) {
        struct value v = text(texts[i]);
        column_set_value(s, i, &v, a);
    }
    for (uint32_t i = 0; i < 5; i++) CHECK(column_rows_compare(s, i, s, i + 1) < 0);
    arena_free(a);
}

static void maps_are_equal_in_any_order_arrays_are_not(void)
{
    static const struct type plain = {.kind = TYPE_MAP, .key = &string, .element = &bigint};
    static const struct type list = {.kind = TYPE_ARRAY, .element = &bigint};
    struct arena *a = arena_new(4096);
    struct value one = {.i64 = 1}, two = {.i64 = 2};
    struct value forward[] = {text("x"), one, text("y"), two};
    struct value back[] = {text("y"), two, text("x"), one},
                 other[] = {text("y"), one, text("x"), two};
    struct value v[] = {{.list = {forward, 4}}, {.list = {back, 4}}, {.list = {other, 4}}};
    struct column *m = column_new(a, &plain, 4);
    for (uint32_t i = 0; i < 3; i++) column_set_value(m, i, &v[i], a);
    CHECK(column_rows_equal(m, 0, m, 1) && !column_rows_equal(m, 0, m, 2));
    struct value up[] = {one, two}, down[] = {two, one};
    struct value lists[] = {{.list = {up, 2}}, {.list = {down, 2}}, {.list = {up, 1}}};
    struct column *l = column_new(a, &list, 4);
    for (uint32_t i = 0; i < 3; i++) column_set_value(l, i, &lists[i], a);
    CHECK(column_rows_equal(l, 0, l, 0) && !column_rows_equal(l, 0, l, 1));
    CHECK(column_rows_compare(l, 0, l, 1) < 0 && column_rows_compare(l, 2, l, 0) < 0);
    arena_free(a);
}

static void every_kind_has_its_layout(void)
{
    struct type t = {.kind = TYPE_TIMESTAMP, .precision = 3};
    CHECK(layout_of(&t) == LAYOUT_I64);
    t.precision = 6;
    CHECK(layout_of(&t) == LAYOUT_I128 && layout_size_bytes(LAYOUT_I128) == 16);
    t.kind = TYPE_NULL;
    CHECK(layout_of(&t) == LAYOUT_BOOL);
    CHECK(layout_of(&row) == LAYOUT_ROW && layout_size_bytes(LAYOUT_ROW) == 0);
}

int main(void)
{
    TEST_RUN(values_come_back_as_they_were_set);
    TEST_RUN(deep_copies_outlive_their_source);
    TEST_RUN(shallow_copies_borrow_from_one_column_and_copy_from_a_second);
    TEST_RUN(children_that_grew_keep_their_room);
    TEST_RUN(first_null_makes_the_other_rows_valid);
    TEST_RUN(rows_compare_as_sql_orders_them);
    TEST_RUN(maps_are_equal_in_any_order_arrays_are_not);
    TEST_RUN(every_kind_has_its_layout);
    return TEST_END();
}
