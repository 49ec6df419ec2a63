#include "cli/slt/rows.h"

#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/json.h"
#include "connector/test/test.h"

static const double double_tolerance = 1e-12, float_tolerance = 1e-6;

enum { ROW_BYTES_MAX = 64 * 1024 * 1024 };

/* ---- values that are the same */

static bool near(double a, double b, double tolerance)
{
    if (isnan(a) || isnan(b)) return isnan(a) && isnan(b);
    if (a == 0 && b == 0) return signbit(a) == signbit(b);
    if (isinf(a) || isinf(b)) return a == b;
    return fabs(a - b) <= tolerance * fmax(fabs(a), fabs(b));
}

static bool items_same(const struct type *t, const struct value *a, const struct value *b)
{
    if (a->list.count != b->list.count) return false;
    for (uint32_t i = 0; i < a->list.count; i++) {
        const struct type *item = t->kind == TYPE_ROW ? t->fields[i].type : t->element;
        if (!slt_value_same(item, &a->list.items[i], &b->list.items[i])) return false;
    }
    return true;
}

static const struct type *entry_type(const struct type *t, bool key)
{
    if (t->kind == TYPE_MULTISET) return key ? t->element : type_simple(TYPE_INTEGER);
    return key ? t->key : t->element;
}

static bool entry_same(const struct type *t, const struct value *a, const struct value *b)
{
    return slt_value_same(entry_type(t, true), a, b) &&
           slt_value_same(entry_type(t, false), a + 1, b + 1);
}

/* Every entry of a needs one of its own in b. Quadratic: maps of tests are small. */
static bool entries_same(const struct type *t, const struct value *a, const struct value *b)
{
    uint32_t count = a->list.count / 2;
    if (count != b->list.count / 2) return false;
    struct arena *scratch = arena_new(256);
    bool *used = ARENA_ARRAY(scratch, bool, count);
    bool same = true;
    for (uint32_t i = 0; i < count && same; i++) {
        uint32_t k = 0;
        while (
            k < count && (used[k] || !entry_same(t, &a->list.items[2 * i], &b->list.items[2 * k])))
            k++;
        same = k < count;
        if (same) used[k] = true;
    }
    arena_free(scratch);
    return same;
}

/* Types nest at most TYPE_DEPTH_MAX deep. */
bool slt_value_same(const struct type *t, const struct value *a, const struct value *b)
{
    if (a->null || b->null) return a->null && b->null;
    switch (t->kind) {
    case TYPE_FLOAT: return near((double)a->f32, (double)b->f32, float_tolerance);
    case TYPE_DOUBLE: return near(a->f64, b->f64, double_tolerance);
    case TYPE_ARRAY:
    case TYPE_ROW: return items_same(t, a, b);
    case TYPE_MAP:
    case TYPE_MULTISET: return entries_same(t, a, b);
    case TYPE_NULL:
    case TYPE_BOOLEAN:
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INTEGER:
    case TYPE_BIGINT:
    case TYPE_DECIMAL:
    case TYPE_CHAR:
    case TYPE_VARCHAR:
    case TYPE_BINARY:
    case TYPE_VARBINARY:
    case TYPE_DATE:
    case TYPE_TIME:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ:
    case TYPE_INTERVAL_MONTH:
    case TYPE_INTERVAL_SECOND: return value_equal(t, a, b);
    }
    UNREACHABLE();
}

bool slt_row_same(const struct schema *s, const struct slt_row *a, const struct slt_row *b)
{
    if (!a->values || !b->values) return false;
    if (slice_eq(a->text, b->text)) return true;
    for (uint32_t i = 0; i < s->count; i++)
        if (!slt_value_same(s->fields[i].type, &a->values[i], &b->values[i])) return false;
    return true;
}

/* ---- values with the entries of maps in order of their text, so that equal ones print alike */

struct entry {
    struct value key, value;
    struct slice text;
};

static int compare_entries(const void *a, const void *b)
{
    return slice_cmp(((const struct entry *)a)->text, ((const struct entry *)b)->text);
}

static struct value sorted(struct arena *a, const struct type *t, const struct value *v);

static struct value sorted_map(struct arena *a, const struct type *t, const struct value *v)
{
    uint32_t count = v->list.count / 2;
    struct entry *entries = ARENA_ARRAY(a, struct entry, count);
    struct buf text;
    buf_init(&text, ROW_BYTES_MAX);
    for (uint32_t i = 0; i < count; i++) {
        entries[i].key = sorted(a, entry_type(t, true), &v->list.items[2 * i]);
        entries[i].value = sorted(a, entry_type(t, false), &v->list.items[2 * i + 1]);
        buf_clear(&text);
        value_to_json(entry_type(t, true), &entries[i].key, NULL, &text);
        buf_add_cstr(&text, ": ");
        value_to_json(entry_type(t, false), &entries[i].value, NULL, &text);
        entries[i].text = slice_copy(a, buf_slice(&text));
    }
    buf_free(&text);
    qsort(entries, count, sizeof *entries, compare_entries);
    struct value out = *v;
    out.list.items = ARENA_ARRAY(a, struct value, 2 * count);
    for (uint32_t i = 0; i < count; i++) {
        out.list.items[2 * i] = entries[i].key;
        out.list.items[2 * i + 1] = entries[i].value;
    }
    return out;
}

static bool holds_map(const struct type *t)
{
    if (t->kind == TYPE_MAP || t->kind == TYPE_MULTISET) return true;
    if (t->kind == TYPE_ARRAY) return holds_map(t->element);
    for (uint32_t i = 0; t->kind == TYPE_ROW && i < t->field_count; i++)
        if (holds_map(t->fields[i].type)) return true;
    return false;
}

static struct value sorted(struct arena *a, const struct type *t, const struct value *v)
{
    if (v->null || !holds_map(t)) return *v;
    if (t->kind == TYPE_MAP || t->kind == TYPE_MULTISET) return sorted_map(a, t, v);
    struct value out = *v;
    out.list.items = ARENA_ARRAY(a, struct value, v->list.count);
    for (uint32_t i = 0; i < v->list.count; i++)
        out.list.items[i] =
            sorted(a, t->kind == TYPE_ROW ? t->fields[i].type : t->element, &v->list.items[i]);
    return out;
}

/* ---- text to rows and back */

static struct slice print_values(struct arena *a, const struct schema *s,
    const struct value *values, const struct time_zone *zone)
{
    struct buf out;
    buf_init(&out, ROW_BYTES_MAX);
    buf_add_char(&out, '[');
    for (uint32_t i = 0; i < s->count; i++) {
        if (i > 0) buf_add_cstr(&out, ", ");
        struct value v = sorted(a, s->fields[i].type, &values[i]);
        value_to_json(s->fields[i].type, &v, zone, &out);
    }
    buf_add_char(&out, ']');
    struct slice text = slice_copy(a, buf_slice(&out));
    buf_free(&out);
    return text;
}

static enum row_kind read_kind(struct slice *line)
{
    for (int kind = ROW_INSERT; kind <= ROW_DELETE; kind++) {
        const char *text = row_kind_text((enum row_kind)kind);
        size_t n = strlen(text);
        if (line->n < n || memcmp(line->p, text, n) != 0) continue;
        *line = slice_trim((struct slice){line->p + n, line->n - n});
        return (enum row_kind)kind;
    }
    return ROW_INSERT;
}

static struct err *read_values(struct arena *a, const struct schema *s, struct json_reader *r,
    const struct time_zone *zone, struct value *values)
{
    TRY(json_expect(r, JSON_ARRAY_BEGIN));
    for (uint32_t i = 0; i < s->count; i++) {
        TRY(json_next(r));
        if (r->token == JSON_ARRAY_END)
            FAIL(ERR_SYNTAX, "the row has %u values, the table %u columns", i, s->count);
        struct err *e = value_read_json(a, s->fields[i].type, r, zone, &values[i]);
        if (e) return err_wrap(e, "column '%.*s'", (int)s->fields[i].name.n, s->fields[i].name.p);
    }
    TRY(json_next(r));
    if (r->token != JSON_ARRAY_END)
        FAIL(ERR_SYNTAX, "the row has more values than the table's %u columns", s->count);
    return json_expect(r, JSON_END);
}

struct err *slt_row_parse(struct arena *a, const struct schema *s, struct slice line,
    const struct time_zone *zone, struct slt_row *out)
{
    struct slice rest = slice_trim(line);
    *out = (struct slt_row){.kind = read_kind(&rest)};
    struct value *values = ARENA_ARRAY(a, struct value, s->count);
    struct json_reader r;
    json_init(&r, rest, a);
    TRY(read_values(a, s, &r, zone, values));
    out->values = values;
    out->text = print_values(a, s, values, zone);
    return NULL;
}

void slt_rows_parse(struct arena *a, const struct schema *s, const struct slice *lines,
    size_t count, const struct time_zone *zone, struct slt_rows *out)
{
    *out = (struct slt_rows){ARENA_ARRAY(a, struct slt_row, count), count};
    for (size_t i = 0; i < count; i++) {
        struct err *e = slt_row_parse(a, s, lines[i], zone, &out->items[i]);
        if (!e) continue;
        char why[ERR_MESSAGE_MAX];
        err_format(e, why, sizeof why);
        err_free(e);
        out->items[i] = (struct slt_row){
            .text = slice_of(str_fmt(a, "%.*s   # %s", (int)lines[i].n, lines[i].p, why))};
    }
}

void slt_rows_take(struct arena *a, const struct schema *s, const struct test_row *rows,
    size_t count, const struct time_zone *zone, struct slt_rows *out)
{
    *out = (struct slt_rows){ARENA_ARRAY(a, struct slt_row, count), count};
    for (size_t i = 0; i < count; i++)
        out->items[i] = (struct slt_row){.kind = rows[i].kind,
            .values = rows[i].values,
            .text = print_values(a, s, rows[i].values, zone)};
}

struct slice slt_row_line(struct arena *a, const struct slt_row *r, bool with_kind)
{
    if (!with_kind || !r->values) return r->text;
    return slice_of(str_fmt(a, "%s %.*s", row_kind_text(r->kind), (int)r->text.n, r->text.p));
}

/* ---- bags */

static int compare_rows(const void *a, const void *b)
{
    const struct slt_row *const *x = a, *const *y = b;
    return slice_cmp((*x)->text, (*y)->text);
}

static const struct slt_row **sort_rows(struct arena *a, const struct slt_rows *rows)
{
    const struct slt_row **out = ARENA_ARRAY(a, const struct slt_row *, rows->count);
    for (size_t i = 0; i < rows->count; i++) out[i] = &rows->items[i];
    qsort(out, rows->count, sizeof *out, compare_rows);
    return out;
}

static void add_pair(
    struct slt_pairs *out, const struct slt_row *expected, const struct slt_row *actual, bool same)
{
    out->items[out->count++] = (struct slt_pair){expected, actual, same};
    out->same = out->same && same;
}

static int compare_pairs(const void *a, const void *b)
{
    const struct slt_pair *x = a, *y = b;
    struct slice left = x->expected ? x->expected->text : x->actual->text;
    struct slice right = y->expected ? y->expected->text : y->actual->text;
    return slice_cmp(left, right);
}

/* What is left of both sides once rows of equal text are gone; both arrays keep their order. */
struct leftovers {
    const struct slt_row **expected, **actual;
    size_t expected_count, actual_count;
};

static void match_equal_text(const struct slt_rows *expected, const struct slt_rows *actual,
    struct leftovers *left, struct slt_pairs *out)
{
    size_t i = 0, k = 0;
    while (i < expected->count || k < actual->count) {
        int order = i == expected->count ? 1
                    : k == actual->count ? -1
                                         : compare_rows(&left->expected[i], &left->actual[k]);
        if (order == 0 && left->expected[i]->values)
            add_pair(out, left->expected[i++], left->actual[k++], true);
        else if (order <= 0)
            left->expected[left->expected_count++] = left->expected[i++];
        else
            left->actual[left->actual_count++] = left->actual[k++];
    }
}

/* Rows whose text differs may still be the same: floating-point sums. */
static void match_near(const struct schema *s, struct leftovers *left, struct slt_pairs *out)
{
    size_t kept = 0;
    for (size_t i = 0; i < left->expected_count; i++) {
        size_t k = 0;
        while (k < left->actual_count && !slt_row_same(s, left->expected[i], left->actual[k])) k++;
        if (k == left->actual_count) {
            left->expected[kept++] = left->expected[i];
            continue;
        }
        add_pair(out, left->expected[i], left->actual[k], true);
        left->actual_count--;
        memmove(&left->actual[k], &left->actual[k + 1],
            (left->actual_count - k) * sizeof *left->actual);
    }
    left->expected_count = kept;
}

static bool holds_approximate(const struct type *t)
{
    if (type_is_approximate(t)) return true;
    if (t->key && holds_approximate(t->key)) return true;
    if (t->element && holds_approximate(t->element)) return true;
    for (uint32_t i = 0; i < t->field_count; i++)
        if (holds_approximate(t->fields[i].type)) return true;
    return false;
}

void slt_rows_compare_bags(struct arena *a, const struct schema *s, const struct slt_rows *expected,
    const struct slt_rows *actual, struct slt_pairs *out)
{
    struct leftovers left = {.expected = sort_rows(a, expected), .actual = sort_rows(a, actual)};
    *out = (struct slt_pairs){
        .items = ARENA_ARRAY(a, struct slt_pair, expected->count + actual->count), .same = true};
    match_equal_text(expected, actual, &left, out);
    bool approximate = false;
    for (uint32_t i = 0; i < s->count; i++)
        approximate = approximate || holds_approximate(s->fields[i].type);
    if (approximate) match_near(s, &left, out);
    size_t most = left.expected_count > left.actual_count ? left.expected_count : left.actual_count;
    for (size_t i = 0; i < most; i++)
        add_pair(out, i < left.expected_count ? left.expected[i] : NULL,
            i < left.actual_count ? left.actual[i] : NULL, false);
    qsort(out->items, out->count, sizeof *out->items, compare_pairs);
}

/* ---- lists */

enum { ALIGN_CELLS_MAX = 4 * 1000 * 1000 };

struct lists {
    const struct schema *schema;
    const struct slt_rows *expected, *actual;
    bool with_kind;
};

static bool same_at(const struct lists *l, size_t i, size_t k)
{
    const struct slt_row *x = &l->expected->items[i], *y = &l->actual->items[k];
    return (!l->with_kind || x->kind == y->kind) && slt_row_same(l->schema, x, y);
}

/* Longest common subsequence: lengths[i][k] is that of the lists from i and k on. */
static void align(struct arena *a, const struct lists *l, size_t from, struct slt_pairs *out)
{
    size_t n = l->expected->count - from, m = l->actual->count - from, width = m + 1;
    uint32_t *lengths = ARENA_ARRAY(a, uint32_t, (n + 1) * width);
    for (size_t i = n; i-- > 0;)
        for (size_t k = m; k-- > 0;) {
            uint32_t down = lengths[(i + 1) * width + k], right = lengths[i * width + k + 1];
            lengths[i * width + k] = same_at(l, from + i, from + k)
                                         ? lengths[(i + 1) * width + k + 1] + 1
                                         : (down > right ? down : right);
        }
    size_t i = 0, k = 0;
    while (i < n || k < m) {
        const struct slt_row *x = i < n ? &l->expected->items[from + i] : NULL;
        const struct slt_row *y = k < m ? &l->actual->items[from + k] : NULL;
        if (x && y && same_at(l, from + i, from + k))
            add_pair(out, x, y, true), i++, k++;
        else if (y && (!x || lengths[i * width + k + 1] > lengths[(i + 1) * width + k]))
            add_pair(out, NULL, y, false), k++;
        else if (y && lengths[(i + 1) * width + k + 1] == lengths[i * width + k])
            add_pair(out, x, y, false), i++, k++;
        else
            add_pair(out, x, NULL, false), i++;
    }
}

void slt_rows_compare_lists(struct arena *a, const struct schema *s,
    const struct slt_rows *expected, const struct slt_rows *actual, bool with_kind,
    struct slt_pairs *out)
{
    struct lists l = {s, expected, actual, with_kind};
    *out = (struct slt_pairs){
        .items = ARENA_ARRAY(a, struct slt_pair, expected->count + actual->count), .same = true};
    size_t i = 0;
    for (; i < expected->count && i < actual->count && same_at(&l, i, i); i++)
        add_pair(out, &expected->items[i], &actual->items[i], true);
    if ((expected->count - i + 1) * (actual->count - i + 1) <= ALIGN_CELLS_MAX) {
        align(a, &l, i, out);
        return;
    }
    for (; i < expected->count || i < actual->count; i++) {
        bool both = i < expected->count && i < actual->count;
        add_pair(out, i < expected->count ? &expected->items[i] : NULL,
            i < actual->count ? &actual->items[i] : NULL, both && same_at(&l, i, i));
    }
}
