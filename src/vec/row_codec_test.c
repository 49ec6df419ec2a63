#include "vec/row_codec.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/mem.h"
#include "test.h"
#include "type/value.h"

static const struct type tiny = {.kind = TYPE_TINYINT, .nullable = true};
static const struct type decimal = {
    .kind = TYPE_DECIMAL, .nullable = true, .precision = 38, .scale = 2};
static const struct type string = {.kind = TYPE_VARCHAR, .nullable = true, .precision = 2147483647};
static const struct type boolean = {.kind = TYPE_BOOLEAN, .nullable = true};
static const struct type map = {
    .kind = TYPE_MAP, .nullable = true, .key = &string, .element = &decimal};
static const struct type_field inner[] = {{{"x", 1}, &string}, {{"y", 1}, &boolean}};
static const struct type record = {
    .kind = TYPE_ROW, .nullable = true, .fields = inner, .field_count = 2};
static const struct type records = {.kind = TYPE_ARRAY, .nullable = true, .element = &record};
static const struct type_field fields[] = {{{"a", 1}, &tiny}, {{"b", 1}, &decimal},
    {{"c", 1}, &string}, {{"d", 1}, &map}, {{"e", 1}, &records}, {{"f", 1}, &boolean}};
enum { FIELDS = 6, ROWS = 40 };
static const struct schema schema = {fields, FIELDS};

static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

static struct value list(struct arena *a, uint32_t count)
{
    return (struct value){.list = {ARENA_ARRAY(a, struct value, count), count}};
}

static struct batch *make_batch(void)
{
    struct batch *b = batch_new(&schema, ROWS);
    struct arena *a = b->arena;
    for (uint32_t i = 0; i < ROWS; i++) {
        uint64_t h = hash_u64(i + 1);
        struct value v[FIELDS] = {{.i64 = (int8_t)h}, {.wide = (i128)(int64_t)h * 1000000007},
            {.text = {letters, h % 27}}, list(a, 2 * (i % 3)), list(a, i % 4), {.boolean = i & 1}};
        for (uint32_t k = 0; k < v[3].list.count; k += 2) {
            v[3].list.items[k] = (struct value){.text = {letters, k + 1}};
            v[3].list.items[k + 1] = (struct value){.null = k == 0, .wide = -5};
        }
        for (uint32_t k = 0; k < v[4].list.count; k++) {
            v[4].list.items[k] = list(a, 2);
            v[4].list.items[k].list.items[0] = (struct value){.text = {letters, 20 + k}};
            v[4].list.items[k].list.items[1] = value_null();
            if (k == 2) v[4].list.items[k] = value_null();
        }
        for (uint32_t f = 0; f < FIELDS; f++) {
            v[f].null = (h >> f) % 5 == 0;
            column_set_value(b->columns[f], i, &v[f], a);
        }
    }
    b->rows = ROWS;
    return b;
}

static void rows_come_back_as_they_were_encoded(void)
{
    struct batch *from = make_batch(), *to = batch_new(&schema, ROWS);
    struct buf out;
    buf_init(&out, 1 << 20);
    for (uint32_t i = 0; i < ROWS; i++) row_encode(from, i, &out);
    CHECK(!out.overflow);
    struct reader r = {(unsigned char *)out.p, (unsigned char *)out.p + out.n};
    for (uint32_t i = 0; i < ROWS; i++) {
        struct err *e = row_decode(&r, to->columns, FIELDS, i, to->arena);
        CHECK(e == NULL);
        err_free(e);
        for (uint32_t f = 0; f < FIELDS; f++)
            CHECK(column_rows_equal(from->columns[f], i, to->columns[f], i));
    }
    CHECK(r.at == r.end);
    buf_free(&out);
    batch_free(from);
    batch_free(to);
}

/* Decodes a row from an exact copy of the bytes, so that a sanitizer sees any step past the end. */
static struct err *decode_copy(const char *bytes, size_t n, struct batch *to)
{
    unsigned char *copy = mem_realloc(NULL, n);
    if (n) memcpy(copy, bytes, n);
    struct reader r = {copy, copy + n};
    batch_clear(to);
    struct err *e = row_decode(&r, to->columns, FIELDS, 0, to->arena);
    mem_free(copy);
    return e;
}

static void every_truncation_is_corrupt(void)
{
    struct batch *from = make_batch(), *to = batch_new(&schema, 1);
    for (uint32_t i = 0; i < ROWS; i++) {
        struct buf out;
        buf_init(&out, 1 << 20);
        row_encode(from, i, &out);
        for (size_t n = 0; n < out.n; n++) {
            struct err *e = decode_copy(out.p, n, to);
            CHECK(e && err_code(e) == ERR_CORRUPT);
            err_free(e);
        }
        buf_free(&out);
    }
    batch_free(from);
    batch_free(to);
}

static void changed_bytes_never_crash_and_lying_counts_never_allocate(void)
{
    struct batch *from = make_batch(), *to = batch_new(&schema, 1);
    for (uint32_t i = 0; i < ROWS; i++) {
        struct buf out;
        buf_init(&out, 1 << 20);
        row_encode(from, i, &out);
        for (size_t n = 0; n < out.n; n++) {
            char before = out.p[n];
            out.p[n] = (char)(before ^ (char)0xff);
            err_free(decode_copy(out.p, out.n, to));
            CHECK(to->columns[4]->children[0]->capacity < 1000);
            out.p[n] = before;
        }
        buf_free(&out);
    }
    batch_free(from);
    batch_free(to);
}

static void values_have_the_documented_bytes(void)
{
    struct batch *b = batch_new(&schema, 1);
    struct value items[] = {{.text = SLICE("k")}, {.null = true}};
    struct value v[FIELDS] = {{.i64 = -2}, {.null = true}, {.text = SLICE("hi")},
        {.list = {items, 2}}, {.null = true}, {.boolean = true}};
    for (uint32_t f = 0; f < FIELDS; f++) column_set_value(b->columns[f], 0, &v[f], b->arena);
    b->rows = 1;
    struct buf out;
    buf_init(&out, 1000);
    row_encode(b, 0, &out);
    static const char wanted[] = "\1\xfe\0\1\2\0\0\0hi\1\1\0\0\0\1\1\0\0\0k\0\0\1\1";
    CHECK(out.n == sizeof wanted - 1 && memcmp(out.p, wanted, out.n) == 0);
    buf_free(&out);
    batch_free(b);
}

int main(void)
{
    TEST_RUN(rows_come_back_as_they_were_encoded);
    TEST_RUN(every_truncation_is_corrupt);
    TEST_RUN(changed_bytes_never_crash_and_lying_counts_never_allocate);
    TEST_RUN(values_have_the_documented_bytes);
    return TEST_END();
}
