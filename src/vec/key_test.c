#include "vec/key.h"

#include "base/arena.h"
#include "base/hash.h"
#include "test.h"
#include "type/value.h"

static const struct type bigint = {.kind = TYPE_BIGINT, .nullable = true};
static const struct type integer = {.kind = TYPE_INTEGER, .nullable = true};
static const struct type real = {.kind = TYPE_DOUBLE, .nullable = true};
static const struct type boolean = {.kind = TYPE_BOOLEAN, .nullable = true};
static const struct type decimal = {
    .kind = TYPE_DECIMAL, .nullable = true, .precision = 20, .scale = 2};
static const struct type string = {.kind = TYPE_VARCHAR, .nullable = true, .precision = 2147483647};
static const struct type strings = {.kind = TYPE_ARRAY, .nullable = true, .element = &string};
static const struct type_field fields[] = {{{"a", 1}, &bigint}, {{"b", 1}, &integer},
    {{"c", 1}, &real}, {{"d", 1}, &boolean}, {{"e", 1}, &decimal}, {{"f", 1}, &string},
    {{"g", 1}, &strings}};
enum { FIELDS = 7, ROWS = 300 };
static const struct schema schema = {fields, FIELDS};

static struct batch *make_batch(uint64_t seed, bool nulls)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    struct batch *b = batch_new(&schema, ROWS);
    for (uint32_t i = 0; i < ROWS; i++) {
        uint64_t h = hash_u64(seed + i) % 1000;
        struct value items[2] = {{.text = {letters, h % 20}}, {.null = h & 1}};
        struct value v[FIELDS] = {{.i64 = (int64_t)h}, {.i64 = -(int64_t)h}, {.f64 = (double)h / 7},
            {.boolean = h & 1}, {.wide = (i128)h << 70}, {.text = {letters, h % 27}},
            {.list = {items, (uint32_t)(h % 3)}}};
        for (uint32_t f = 0; f < FIELDS; f++) {
            v[f].null = nulls && h % (f + 11) == 3;
            column_set_value(b->columns[f], i, &v[f], b->arena);
        }
    }
    b->rows = ROWS;
    return b;
}

static bool key_columns_equal(
    const struct batch *b, const uint32_t *columns, uint32_t count, uint32_t x, uint32_t y)
{
    bool equal = true;
    for (uint32_t i = 0; i < count; i++)
        equal &= column_rows_equal(b->columns[columns[i]], x, b->columns[columns[i]], y);
    return equal;
}

/* Key bytes are equal exactly when the columns are, hashes follow, and keys decode to their rows.
 */
static void check_keys(const uint32_t *columns, uint32_t count, uint32_t width)
{
    struct arena *a = arena_new(4096);
    struct key_codec *codec = key_codec_new(a, &schema, columns, count);
    CHECK(key_codec_width_bytes(codec) == width);
    struct keys keys;
    keys_init(&keys);
    for (uint64_t round = 0; round < 2; round++) {
        struct batch *b = make_batch(round * 77, round == 1), *back = batch_new(&schema, ROWS);
        keys_encode(&keys, codec, b);
        CHECK(keys.count == ROWS);
        bool good = true;
        for (uint32_t i = 0; i < ROWS; i++) {
            struct column *out[FIELDS];
            for (uint32_t k = 0; k < count; k++) out[k] = back->columns[columns[k]];
            good &= keys.hashes[i] == key_hash(keys_at(&keys, i));
            good &= !key_decode(codec, keys_at(&keys, i), out, i, back->arena);
            for (uint32_t k = 0; k < count; k++)
                good &= column_rows_equal(out[k], i, b->columns[columns[k]], i);
            for (uint32_t j = 0; j < i; j++)
                good &= slice_eq(keys_at(&keys, i), keys_at(&keys, j)) ==
                        key_columns_equal(b, columns, count, i, j);
        }
        CHECK(good);
        batch_free(b);
        batch_free(back);
    }
    keys_deinit(&keys);
    arena_free(a);
}

static void fixed_keys_are_equal_exactly_when_their_columns_are(void)
{
    check_keys((uint32_t[]){0}, 1, 16);
    check_keys((uint32_t[]){1}, 1, 8);
    check_keys((uint32_t[]){3}, 1, 8);
    check_keys((uint32_t[]){0, 1}, 2, 16);
    check_keys((uint32_t[]){1, 0}, 2, 16);
    check_keys((uint32_t[]){1, 1}, 2, 16);
    check_keys((uint32_t[]){1, 0, 2}, 3, 24);
    check_keys((uint32_t[]){4, 2}, 2, 32);
    check_keys((uint32_t[]){0, 1, 2, 3, 4}, 5, 40);
    check_keys(NULL, 0, 8);
}

static void variable_keys_are_equal_exactly_when_their_columns_are(void)
{
    check_keys((uint32_t[]){5}, 1, 0);
    check_keys((uint32_t[]){5, 0, 5}, 3, 0);
    check_keys((uint32_t[]){2, 5, 3}, 3, 0);
    check_keys((uint32_t[]){6}, 1, 0);
    check_keys((uint32_t[]){1, 6, 5, 2}, 4, 0);
}

static void zeros_and_nans_have_one_key_each(void)
{
    struct arena *a = arena_new(4096);
    struct batch *b = batch_new(&schema, 4);
    const uint32_t column = 2;
    struct key_codec *codec = key_codec_new(a, &schema, &column, 1);
    double *v = b->columns[2]->data;
    v[0] = 0.0, v[1] = -0.0, v[2] = (double)__builtin_nanf(""), v[3] = -v[2];
    b->rows = 4;
    struct keys keys;
    keys_init(&keys);
    keys_encode(&keys, codec, b);
    CHECK(slice_eq(keys_at(&keys, 0), keys_at(&keys, 1)));
    CHECK(slice_eq(keys_at(&keys, 2), keys_at(&keys, 3)));
    CHECK(!slice_eq(keys_at(&keys, 0), keys_at(&keys, 2)));
    keys_deinit(&keys);
    batch_free(b);
    arena_free(a);
}

static void damaged_keys_are_refused(void)
{
    struct arena *a = arena_new(4096);
    struct batch *b = make_batch(5, true), *back = batch_new(&schema, 1);
    const uint32_t columns[] = {5, 6, 3};
    struct key_codec *codec = key_codec_new(a, &schema, columns, 3);
    struct column *out[] = {back->columns[5], back->columns[6], back->columns[3]};
    struct keys keys;
    keys_init(&keys);
    keys_encode(&keys, codec, b);
    for (uint32_t i = 0; i < 50; i++) {
        struct slice key = keys_at(&keys, i);
        for (size_t n = 0; n < key.n; n++) {
            char *copy = slice_to_cstr(a, (struct slice){key.p, n});
            struct err *e = key_decode(codec, (struct slice){copy, n}, out, 0, back->arena);
            CHECK(e && err_code(e) == ERR_CORRUPT);
            err_free(e);
        }
        for (size_t n = 0; n < key.n; n++) {
            char *copy = slice_to_cstr(a, key);
            copy[n] = (char)(copy[n] ^ (char)0xff);
            err_free(key_decode(codec, (struct slice){copy, key.n}, out, 0, back->arena));
        }
        batch_clear(back);
    }
    keys_deinit(&keys);
    batch_free(b);
    batch_free(back);
    arena_free(a);
}

/* Hashes decide where state lives in a checkpoint: they may never change. */
static void hashes_are_frozen(void)
{
    static const char words[] = "\0\1\0\0\0\0\0\0\2\0\0\0\0\0\0\0";
    CHECK(key_hash((struct slice){words, 8}) == UINT64_C(0xf82a6f1d1144170d));
    CHECK(key_hash((struct slice){words, 16}) == UINT64_C(0xf648421a27ca8ae0));
    CHECK(key_hash(SLICE("abc")) == UINT64_C(0x78af5f94892f3950)); /* XXH3 of "abc" */
}

/* Pairs of small numbers: low bits (the slot) and top bits (the key group) fill evenly. */
static void hashes_of_pairs_are_spread(void)
{
    enum { SIDE = 400, BUCKETS = 1024 };
    uint32_t low[BUCKETS] = {0}, high[BUCKETS] = {0};
    for (uint64_t a = 0; a < SIDE; a++)
        for (uint64_t b = 0; b < SIDE; b++) {
            uint64_t words[] = {a << 8 | b << 40, b >> 24 | a << 3};
            uint64_t hash = key_hash((struct slice){(const char *)words, sizeof words});
            low[hash % BUCKETS]++;
            high[hash >> 54]++;
        }
    /* 156 on average, standard deviation 12.5. */
    for (uint32_t i = 0; i < BUCKETS; i++) {
        CHECK(low[i] > 90 && low[i] < 230);
        CHECK(high[i] > 90 && high[i] < 230);
    }
}

static void groups_are_spread_evenly_over_workers(void)
{
    uint32_t rows[3] = {0};
    for (uint64_t i = 0; i < 30000; i++) {
        uint32_t group = key_group_of(hash_u64(i), KEY_GROUPS_DEFAULT);
        CHECK(group < KEY_GROUPS_DEFAULT);
        rows[key_group_owner(group, KEY_GROUPS_DEFAULT, 3)]++;
    }
    for (int i = 0; i < 3; i++) CHECK(rows[i] > 9500 && rows[i] < 10500);
}

int main(void)
{
    TEST_RUN(fixed_keys_are_equal_exactly_when_their_columns_are);
    TEST_RUN(variable_keys_are_equal_exactly_when_their_columns_are);
    TEST_RUN(zeros_and_nans_have_one_key_each);
    TEST_RUN(damaged_keys_are_refused);
    TEST_RUN(hashes_are_frozen);
    TEST_RUN(hashes_of_pairs_are_spread);
    TEST_RUN(groups_are_spread_evenly_over_workers);
    return TEST_END();
}
