#include "vec/batch.h"

#include <malloc.h>

#include "test.h"

static const struct type bigint = {.kind = TYPE_BIGINT, .nullable = true};
static const struct type string = {.kind = TYPE_VARCHAR, .nullable = true, .precision = 2147483647};
static const struct type strings = {.kind = TYPE_ARRAY, .nullable = true, .element = &string};
static const struct type_field fields[] = {
    {{"n", 1}, &bigint}, {{"s", 1}, &string}, {{"l", 1}, &strings}};
static const struct schema schema = {fields, 3};

static void fill(struct batch *b, uint32_t rows)
{
    static const char long_text[] = "a text of more than twelve bytes";
    for (uint32_t i = 0; i < rows; i++) {
        ((int64_t *)b->columns[0]->data)[i] = i;
        ((struct str *)b->columns[1]->data)[i] = str_copy(b->arena, long_text, 10 + i % 20);
        struct column *list = b->columns[2];
        column_reserve_children(list, list->child_rows + 3, b->arena);
        ((struct span *)list->data)[i] = (struct span){list->child_rows, 3};
        for (int k = 0; k < 3; k++)
            ((struct str *)list->children[0]->data)[list->child_rows++] = str_view(long_text, 20);
        if (i % 5 == 0) column_set_null(b->columns[1], i);
    }
    b->rows = rows;
}

static void appended_rows_are_deep_copies_with_their_kinds(void)
{
    struct batch *from = batch_new(&schema, 100), *to = batch_new(&schema, 100);
    fill(from, 100);
    batch_append_range(to, from, 10, 3);
    CHECK(to->insert_only && to->rows == 3);
    for (uint32_t i = 0; i < 100; i += 2) batch_set_kind(from, i, ROW_DELETE);
    uint32_t rows[] = {7, 50, 51};
    batch_append(to, from, rows, 3);
    batch_append_range(to, from, 96, 4);
    batch_free(from);
    batch_verify(to);
    const uint32_t wanted[] = {10, 11, 12, 7, 50, 51, 96, 97, 98, 99};
    CHECK(to->rows == 10);
    for (uint32_t i = 0; i < 10; i++) {
        CHECK(((int64_t *)to->columns[0]->data)[i] == wanted[i]);
        CHECK(batch_kind(to, i) == (i >= 3 && wanted[i] % 2 == 0 ? ROW_DELETE : ROW_INSERT));
        CHECK(column_is_valid(to->columns[1], i) == (wanted[i] % 5 != 0));
        const struct str *s = (const struct str *)to->columns[1]->data + i;
        if (wanted[i] % 5 != 0) CHECK(s->size == 10 + wanted[i] % 20);
        CHECK(((struct span *)to->columns[2]->data)[i].count == 3);
    }
    batch_free(to);
}

static void clear_restores_replaced_columns(void)
{
    struct batch *b = batch_new(&schema, 10), *other = batch_new(&schema, 10);
    struct column *own = b->columns[0];
    b->columns[0] = other->columns[0];
    batch_clear(b);
    CHECK(b->columns[0] == own);
    b->columns = other->columns;
    batch_clear(b);
    CHECK(b->columns != other->columns && b->columns[0] == own);
    batch_free(other);
    batch_free(b);
}

/* Bytes the process has taken from malloc. */
static size_t heap_bytes(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void warm_batch_takes_no_more_memory(void)
{
    struct batch *b = batch_new(&schema, BATCH_ROWS_DEFAULT);
    for (int i = 0; i < 4; i++) {
        batch_clear(b);
        fill(b, BATCH_ROWS_DEFAULT);
    }
    size_t before = heap_bytes();
    for (int i = 0; i < 4; i++) {
        batch_clear(b);
        fill(b, BATCH_ROWS_DEFAULT);
        CHECK(heap_bytes() == before);
    }
    batch_free(b);
}

static void watermark_at_a_row_is_the_last_mark_before_it(void)
{
    struct batch *b = batch_new(&schema, 100);
    batch_add_mark(b, 5);
    b->rows = 10;
    batch_add_mark(b, 7);
    batch_add_mark(b, WATERMARK_IDLE);
    b->rows = 20;
    batch_add_mark(b, 9);
    CHECK(batch_watermark_at(b, 0, 1) == 5 && batch_watermark_at(b, 9, 1) == 5);
    CHECK(batch_watermark_at(b, 10, 1) == 7 && batch_watermark_at(b, 19, 1) == 7);
    CHECK(batch_watermark_at(b, 20, 1) == 9);
    batch_clear(b);
    CHECK(batch_watermark_at(b, 3, WATERMARK_NONE) == WATERMARK_NONE);
    batch_free(b);
}

static void marks_at_one_place_are_folded_and_never_go_back(void)
{
    struct batch *b = batch_new(&schema, 100);
    for (int64_t w = 1; w < 50; w++) batch_add_mark(b, w);
    CHECK(b->mark_count == 1 && b->marks[0].watermark_ms == 49);
    batch_add_mark(b, 3);
    CHECK(b->mark_count == 1 && b->marks[0].watermark_ms == 49);
    b->rows = 1;
    batch_add_mark(b, WATERMARK_IDLE);
    batch_add_mark(b, WATERMARK_IDLE);
    CHECK(b->mark_count == 2);
    b->rows = 2;
    batch_add_mark(b, 10);
    CHECK(b->mark_count == 3 && b->marks[2].watermark_ms == 49);
    for (uint32_t i = 3; i < 100; i++) {
        b->rows = i;
        batch_add_mark(b, 100 + i);
        batch_add_mark(b, WATERMARK_IDLE);
    }
    CHECK(b->mark_count == 3 + 97 * 2);
    batch_verify(b);
    batch_free(b);
}

int main(void)
{
    TEST_RUN(appended_rows_are_deep_copies_with_their_kinds);
    TEST_RUN(clear_restores_replaced_columns);
    TEST_RUN(warm_batch_takes_no_more_memory);
    TEST_RUN(watermark_at_a_row_is_the_last_mark_before_it);
    TEST_RUN(marks_at_one_place_are_folded_and_never_go_back);
    return TEST_END();
}
