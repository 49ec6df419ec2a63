/* store_private.h - what the store of test tables looks like inside. */
#pragma once
#include "connector/test/test.h"

enum test_event_kind { TEST_EVENT_ROW, TEST_EVENT_WATERMARK, TEST_EVENT_IDLE, TEST_EVENT_END };

struct test_event {
    uint64_t number; /* over all tables, from 1 */
    enum test_event_kind what;
    enum row_kind kind;
    int64_t watermark_ms;
    const struct value *values; /* in the table's arena */
};

enum { TEST_SPLITS_MAX = 64 };

struct test_split {
    struct test_event *events;
    size_t count;
    size_t capacity;
};

#define TEST_KEEP_ALL UINT64_MAX

/* One opened sink. Its rows are visible while their ordinal is below `keep`. */
struct test_writer {
    uint64_t written;
    uint64_t keep;
    bool settled; /* finished and closed: no restart takes its rows back */
};

struct test_received {
    uint32_t writer;
    uint64_t ordinal; /* among the writer's rows, from 0 */
    struct test_row row;
};

struct test_table {
    struct test_store *store;
    struct test_table *next;
    struct arena *arena; /* everything below but the arrays that grow */
    char *name;
    const struct schema *schema;
    uint32_t *primary_key;
    uint32_t primary_key_count;
    struct test_split splits[TEST_SPLITS_MAX];
    uint32_t split_count; /* that were fed */
    bool ended;
    struct test_received *received;
    size_t received_count;
    size_t received_capacity;
    struct test_writer *writers;
    uint32_t writer_count;
};

uint64_t test__released(const struct test_store *s);
uint32_t test__add_writer(struct test_table *t);
/* Copies the row. */
void test__receive(struct test_table *t, uint32_t writer, const struct batch *b, uint32_t row);
