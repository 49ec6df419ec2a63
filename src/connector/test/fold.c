#include "base/arena.h"
#include "base/check.h"
#include "base/hash.h"
#include "connector/test/store_private.h"

/* The rows that remain of a changelog, found by key or, without one, by all their columns. A hash
 * table over an array that keeps the order of insertion. */
struct fold {
    const struct test_table *table;
    struct test_row *rows; /* a removed one has values = NULL */
    size_t count;
    size_t *slots; /* index + 1; SLOT_FREED for a row that was removed */
    size_t mask;
};
#define SLOT_FREED SIZE_MAX

/* Unordered collections hash alike. */
static uint64_t hash_value(const struct type *t, const struct value *v)
{
    if (v->null) return 1;
    switch (t->kind) {
    case TYPE_NULL:
    case TYPE_FLOAT:
    case TYPE_DOUBLE: /* 0.0 and -0.0, NaN: left to the comparison */
    case TYPE_MAP:
    case TYPE_MULTISET:
    case TYPE_ARRAY:
    case TYPE_ROW: return 2;
    case TYPE_BOOLEAN: return v->boolean ? 4 : 3;
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INTEGER:
    case TYPE_BIGINT:
    case TYPE_DATE:
    case TYPE_TIME:
    case TYPE_INTERVAL_MONTH:
    case TYPE_INTERVAL_SECOND: return hash_u64((uint64_t)v->i64);
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
        return t->precision > 3 ? hash_u128((u128)v->wide) : hash_u64((uint64_t)v->i64);
    case TYPE_DECIMAL: return hash_u128((u128)v->wide);
    case TYPE_CHAR:
    case TYPE_VARCHAR:
    case TYPE_BINARY:
    case TYPE_VARBINARY: return hash_bytes(v->text.p, v->text.n, 0);
    }
    UNREACHABLE();
}

static uint32_t column_at(const struct test_table *t, uint32_t i)
{
    return t->primary_key_count ? t->primary_key[i] : i;
}

static uint32_t column_count(const struct test_table *t)
{
    return t->primary_key_count ? t->primary_key_count : t->schema->count;
}

static uint64_t hash_row(const struct test_table *t, const struct value *values)
{
    uint64_t hash = 0;
    for (uint32_t i = 0; i < column_count(t); i++) {
        uint32_t c = column_at(t, i);
        hash = hash_combine(hash, hash_value(t->schema->fields[c].type, &values[c]));
    }
    return hash;
}

static bool rows_equal(const struct test_table *t, const struct value *a, const struct value *b)
{
    for (uint32_t i = 0; i < column_count(t); i++) {
        uint32_t c = column_at(t, i);
        if (!value_equal(t->schema->fields[c].type, &a[c], &b[c])) return false;
    }
    return true;
}

/* Slot of an equal row, or of the first free place. */
static size_t find_slot(const struct fold *f, const struct value *values, bool *found)
{
    size_t at = hash_row(f->table, values) & f->mask;
    for (*found = false; f->slots[at]; at = (at + 1) & f->mask) {
        if (f->slots[at] == SLOT_FREED) continue;
        *found = rows_equal(f->table, f->rows[f->slots[at] - 1].values, values);
        if (*found) break;
    }
    return at;
}

static void add_row(struct fold *f, struct test_row row)
{
    size_t at = hash_row(f->table, row.values) & f->mask;
    while (f->slots[at] && f->slots[at] != SLOT_FREED) at = (at + 1) & f->mask;
    f->rows[f->count++] = row;
    f->slots[at] = f->count;
}

static struct err *fail_missing(const struct test_table *t, struct test_row row)
{
    struct buf text;
    buf_init(&text, 512);
    for (uint32_t i = 0; i < t->schema->count; i++) {
        if (i) buf_add_cstr(&text, ", ");
        value_to_json(t->schema->fields[i].type, &row.values[i], NULL, &text);
    }
    struct err *e = ERR(ERR_TEST_FAILED, "'%s' received %s [%s], but that row is not there",
        t->name, row_kind_text(row.kind), buf_cstr(&text));
    buf_free(&text);
    return e;
}

static struct err *apply(struct fold *f, struct test_row row)
{
    bool keyed = f->table->primary_key_count > 0;
    bool found;
    size_t at = find_slot(f, row.values, &found);
    if (row_kind_adds(row.kind)) {
        row.kind = ROW_INSERT;
        if (keyed && found)
            f->rows[f->slots[at] - 1] = row;
        else
            add_row(f, row);
        return NULL;
    }
    if (found) {
        f->rows[f->slots[at] - 1].values = NULL;
        f->slots[at] = SLOT_FREED;
        return NULL;
    }
    return keyed ? NULL : fail_missing(f->table, row);
}

static struct err *fold_rows(const struct test_table *t, const struct test_row *rows, size_t count,
    struct arena *a, struct test_rows *out)
{
    struct fold f = {.table = t, .mask = 15};
    while (f.mask < 2 * count) f.mask = 2 * f.mask + 1;
    f.rows = ARENA_ARRAY(a, struct test_row, count + 1);
    f.slots = ARENA_ARRAY(a, size_t, f.mask + 1);
    for (size_t i = 0; i < count; i++) TRY(apply(&f, rows[i]));
    *out = (struct test_rows){f.rows, 0};
    for (size_t i = 0; i < f.count; i++)
        if (f.rows[i].values) f.rows[out->count++] = f.rows[i];
    return NULL;
}

struct err *test_table_content(const struct test_table *t, struct arena *a, struct test_rows *out)
{
    struct test_rows received;
    test_table_received(t, a, &received);
    return fold_rows(t, received.rows, received.count, a, out);
}

struct err *test_table_fed_content(
    const struct test_table *t, struct arena *a, struct test_rows *out)
{
    size_t most = 0, count = 0;
    for (uint32_t i = 0; i < t->split_count; i++) most += t->splits[i].count;
    struct test_row *rows = ARENA_ARRAY(a, struct test_row, most + 1);
    for (uint32_t i = 0; i < t->split_count; i++) {
        const struct test_split *s = &t->splits[i];
        for (size_t k = 0; k < s->count && s->events[k].number <= test__released(t->store); k++)
            if (s->events[k].what == TEST_EVENT_ROW)
                rows[count++] = (struct test_row){s->events[k].kind, s->events[k].values};
    }
    return fold_rows(t, rows, count, a, out);
}
