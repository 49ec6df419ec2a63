#include "cli/listing.h"

#include "base/arena.h"
#include "base/human.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/utf8.h"
#include "cli/report.h"

static const char *cell_text(const char *cell)
{
    return cell ? cell : "";
}

static size_t width_of(const char *cell)
{
    return utf8_count(slice_of(cell_text(cell)));
}

static void print_blanks(FILE *out, size_t count)
{
    for (size_t i = 0; i < count; i++) fputc(' ', out);
}

static void print_row(FILE *out, const struct listing_column *columns, const size_t *widths,
    uint32_t column_count, const char *const *cells)
{
    for (uint32_t i = 0; i < column_count; i++) {
        size_t blanks = widths[i] - width_of(cells[i]);
        if (i > 0) print_blanks(out, 2);
        if (columns[i].right) print_blanks(out, blanks);
        fputs(cell_text(cells[i]), out);
        if (!columns[i].right && i + 1 < column_count) print_blanks(out, blanks);
    }
    fputc('\n', out);
}

void listing_print(FILE *out, const struct listing_column *columns, uint32_t column_count,
    const char *const *cells, size_t row_count)
{
    if (row_count == 0) return;
    size_t *widths = mem_alloc(column_count * sizeof *widths);
    const char **titles = mem_alloc(column_count * sizeof *titles);
    for (uint32_t i = 0; i < column_count; i++) {
        titles[i] = columns[i].title;
        widths[i] = width_of(titles[i]);
        for (size_t row = 0; row < row_count; row++) {
            size_t width = width_of(cells[row * column_count + i]);
            if (width > widths[i]) widths[i] = width;
        }
    }
    print_row(out, columns, widths, column_count, titles);
    for (size_t row = 0; row < row_count; row++)
        print_row(out, columns, widths, column_count, cells + row * column_count);
    mem_free(titles);
    mem_free(widths);
}

/* ---- JSON ---- */

enum { COLUMNS_MAX = 32, ROWS_MAX = 10000 };

struct object_rows {
    struct arena *arena;
    struct listing_column columns[COLUMNS_MAX];
    struct slice keys[COLUMNS_MAX];
    uint32_t column_count;
    const char **cells; /* row_capacity x COLUMNS_MAX */
    size_t row_count;
    size_t row_capacity;
};

static const char *value_text(struct arena *a, const struct json_reader *r)
{
    uint64_t number;
    char text[HUMAN_CHARS];
    if (r->token == JSON_NUMBER && num_parse_u64(r->text, &number))
        return str_fmt(a, "%s", human_count(number, text));
    return slice_to_cstr(a, r->text);
}

/* The column of a key; new ones are only made by the first row. */
static uint32_t find_column(struct object_rows *rows, struct slice key)
{
    for (uint32_t i = 0; i < rows->column_count; i++)
        if (slice_eq(rows->keys[i], key)) return i;
    if (rows->row_count > 0 || rows->column_count == COLUMNS_MAX) return COLUMNS_MAX;
    char *title = slice_to_cstr(rows->arena, key);
    for (char *c = title; *c; c++)
        if (*c >= 'a' && *c <= 'z') *c = (char)(*c - 'a' + 'A');
    rows->keys[rows->column_count] = slice_copy(rows->arena, key);
    rows->columns[rows->column_count].title = title;
    return rows->column_count++;
}

static struct err *read_object(struct json_reader *r, struct object_rows *rows)
{
    const char **cells = rows->cells + rows->row_count * COLUMNS_MAX;
    while (true) {
        TRY(json_next(r));
        if (r->token == JSON_OBJECT_END) break;
        uint32_t column = find_column(rows, r->text);
        TRY(json_next(r));
        if (r->token == JSON_OBJECT_BEGIN || r->token == JSON_ARRAY_BEGIN)
            return json_fail(r, "a flat object is expected");
        if (column == COLUMNS_MAX) continue;
        rows->columns[column].right = r->token == JSON_NUMBER;
        cells[column] = value_text(rows->arena, r);
    }
    rows->row_count++;
    return NULL;
}

static struct err *read_objects(struct json_reader *r, struct object_rows *rows)
{
    TRY(json_expect(r, JSON_ARRAY_BEGIN));
    while (true) {
        TRY(json_next(r));
        if (r->token == JSON_ARRAY_END) return json_expect(r, JSON_END);
        if (r->token != JSON_OBJECT_BEGIN || rows->row_count == ROWS_MAX)
            return json_fail(r, "up to %d objects are expected", ROWS_MAX);
        if (rows->row_count == rows->row_capacity) {
            size_t row_bytes = COLUMNS_MAX * sizeof *rows->cells;
            rows->row_capacity = rows->row_capacity ? 2 * rows->row_capacity : 16;
            const char **more = arena_alloc(rows->arena, rows->row_capacity * row_bytes);
            if (rows->row_count) memcpy(more, rows->cells, rows->row_count * row_bytes);
            rows->cells = more;
        }
        TRY(read_object(r, rows));
    }
}

bool listing_print_objects(FILE *out, struct arena *a, struct slice json)
{
    struct json_reader r;
    struct object_rows rows = {.arena = a};
    json_init(&r, json, a);
    struct err *e = read_objects(&r, &rows);
    err_free(e); /* the caller prints the text as it is */
    if (e) return false;
    uint32_t n = rows.column_count;
    const char **packed = ARENA_ARRAY(a, const char *, rows.row_count *n + 1);
    for (size_t i = 0; i < rows.row_count; i++)
        memcpy(packed + i * n, rows.cells + i * COLUMNS_MAX, n * sizeof *packed);
    listing_print(out, rows.columns, n, packed, rows.row_count);
    return true;
}
