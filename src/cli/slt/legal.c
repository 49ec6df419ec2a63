#include "cli/slt/legal.h"

#include <stdlib.h>

#include "base/arena.h"

static bool promises_pairs(const struct slt_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        bool before = rows->items[i].kind == ROW_UPDATE_BEFORE;
        bool after_next = i + 1 < rows->count && rows->items[i + 1].kind == ROW_UPDATE_AFTER;
        if (before && !after_next) return false;
        bool after = rows->items[i].kind == ROW_UPDATE_AFTER;
        if (after && (i == 0 || rows->items[i - 1].kind != ROW_UPDATE_BEFORE)) return false;
    }
    return true;
}

static struct err *fail_at(
    struct arena *a, const struct slt_rows *rows, size_t at, const char *what)
{
    struct slice line = slt_row_line(a, &rows->items[at], true);
    FAIL(ERR_TEST_FAILED, "row %zu of the changelog, %.*s, %s", at + 1, (int)line.n, line.p, what);
}

static struct err *check_pairs(struct arena *a, bool single_order, const struct slt_rows *rows)
{
    size_t before = 0, after = 0;
    for (size_t i = 0; i < rows->count; i++) {
        enum row_kind kind = rows->items[i].kind;
        before += kind == ROW_UPDATE_BEFORE;
        after += kind == ROW_UPDATE_AFTER;
        if (after > before) return fail_at(a, rows, i, "has no -U before it");
        if (single_order && kind == ROW_UPDATE_BEFORE &&
            (i + 1 == rows->count || rows->items[i + 1].kind != ROW_UPDATE_AFTER))
            return fail_at(a, rows, i, "is not followed by its +U");
    }
    if (before == after) return NULL;
    FAIL(ERR_TEST_FAILED, "the changelog has %zu -U and %zu +U", before, after);
}

/* ---- adding up */

/* Rows of one identity: the text, or with a primary key the key's text. */
struct change {
    struct slice identity;
    size_t index;
};

static int compare_changes(const void *a, const void *b)
{
    const struct change *x = a, *y = b;
    int order = slice_cmp(x->identity, y->identity);
    if (order != 0) return order;
    return x->index < y->index ? -1 : x->index > y->index;
}

static struct slice key_text(struct arena *a, const struct slt_legal *l, const struct slt_row *r)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    for (uint32_t i = 0; r->values && i < l->primary_key_count; i++) {
        uint32_t column = l->primary_key[i];
        value_to_json(l->schema->fields[column].type, &r->values[column], NULL, &out);
        buf_add_char(&out, ',');
    }
    struct slice text = slice_copy(a, buf_slice(&out));
    buf_free(&out);
    return text;
}

static struct change *sort_changes(
    struct arena *a, const struct slt_legal *l, const struct slt_rows *rows)
{
    struct change *changes = ARENA_ARRAY(a, struct change, rows->count);
    for (size_t i = 0; i < rows->count; i++) {
        const struct slt_row *r = &rows->items[i];
        changes[i] = (struct change){
            .identity = l->primary_key_count > 0 ? key_text(a, l, r) : r->text, .index = i};
    }
    qsort(changes, rows->count, sizeof *changes, compare_changes);
    return changes;
}

static struct err *check_retractions(
    struct arena *a, const struct slt_legal *l, const struct slt_rows *rows)
{
    const struct change *changes = sort_changes(a, l, rows);
    size_t there = 0, wrong = SIZE_MAX;
    for (size_t i = 0; i < rows->count; i++) {
        if (i > 0 && !slice_eq(changes[i].identity, changes[i - 1].identity)) there = 0;
        if (row_kind_adds(rows->items[changes[i].index].kind))
            there++;
        else if (there > 0)
            there--;
        else if (changes[i].index < wrong)
            wrong = changes[i].index;
    }
    return wrong == SIZE_MAX ? NULL : fail_at(a, rows, wrong, "takes back a row that is not there");
}

struct err *slt_legal_check(struct arena *a, const struct slt_legal *l,
    const struct slt_rows *expected, const struct slt_rows *actual)
{
    for (size_t i = 0; i < actual->count; i++)
        if (!(l->kinds & 1 << actual->items[i].kind))
            return fail_at(a, actual, i, "is of a kind that the plan does not promise");
    if (l->primary_key_count == 0) TRY(check_retractions(a, l, actual));
    bool pairs = l->kinds & 1 << ROW_UPDATE_BEFORE && promises_pairs(expected);
    return pairs ? check_pairs(a, l->single_order, actual) : NULL;
}

void slt_legal_fold(struct arena *a, const struct slt_legal *l, const struct slt_rows *changelog,
    struct slt_rows *out)
{
    const struct change *changes = sort_changes(a, l, changelog);
    *out = (struct slt_rows){.items = ARENA_ARRAY(a, struct slt_row, changelog->count)};
    for (size_t from = 0, to; from < changelog->count; from = to) {
        size_t there = 0;
        for (to = from; to < changelog->count; to++) {
            if (!slice_eq(changes[to].identity, changes[from].identity)) break;
            bool adds = row_kind_adds(changelog->items[changes[to].index].kind);
            if (l->primary_key_count > 0)
                there = adds;
            else
                there = adds ? there + 1 : there - (there > 0);
        }
        for (size_t i = 0; i < there; i++)
            out->items[out->count++] = changelog->items[changes[to - 1].index];
    }
}
