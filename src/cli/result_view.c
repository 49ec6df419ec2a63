#include "cli/result_view.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/human.h"
#include "base/mem.h"
#include "base/thread.h"
#include "base/utf8.h"
#include "cli/report.h"
#include "cli/result_rows.h"
#include "cli/terminal.h"
#include "type/value.h"
#include "vec/batch.h"

enum {
    CELL_WIDTH_MAX = 30, /* Flink's sql-client.display.max-column-width */
    CELL_BYTES_MAX = 1 << 20,
    FRAME_LINES = 6 /* borders, header, status, and the line the cursor is on */
};

struct result_view {
    struct result_view_params params;
    struct mutex mutex;
    struct arena *arena; /* of the view */
    struct arena *row_arena;
    uint32_t *widths;
    uint64_t received;
    bool header_printed;
    struct buf line;
    struct buf cell;
    struct result_rows *rows; /* RESULT_TABLE */
    uint32_t drawn_lines;     /* of the last drawing, to be drawn over */
};

/* What the values of a type need at most, as Flink's PrintStyle has it. */
static uint32_t type_width(const struct type *t)
{
    switch (t->kind) {
    case TYPE_NULL: return 6;
    case TYPE_BOOLEAN: return 5;
    case TYPE_TINYINT: return 4;
    case TYPE_SMALLINT: return 6;
    case TYPE_INTEGER: return 11;
    case TYPE_BIGINT: return 20;
    case TYPE_DECIMAL: return (uint32_t)t->precision + 2;
    case TYPE_DATE: return 10;
    case TYPE_TIME: return t->precision > 0 ? 9 + (uint32_t)t->precision : 8;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: return t->precision > 0 ? 20 + (uint32_t)t->precision : 19;
    case TYPE_CHAR:
    case TYPE_VARCHAR:
    case TYPE_BINARY:
    case TYPE_VARBINARY:
        return t->precision < CELL_WIDTH_MAX ? (uint32_t)t->precision : CELL_WIDTH_MAX;
    case TYPE_FLOAT:
    case TYPE_DOUBLE:
    case TYPE_INTERVAL_MONTH:
    case TYPE_INTERVAL_SECOND:
    case TYPE_ARRAY:
    case TYPE_MAP:
    case TYPE_MULTISET:
    case TYPE_ROW: return CELL_WIDTH_MAX;
    }
    return CELL_WIDTH_MAX;
}

struct result_view *result_view_new(const struct result_view_params *params)
{
    struct result_view *v = mem_alloc(sizeof *v);
    v->params = *params;
    mutex_init(&v->mutex);
    v->arena = arena_new(1 << 12);
    v->row_arena = arena_new(1 << 14);
    v->widths = ARENA_ARRAY(v->arena, uint32_t, params->columns->count);
    for (uint32_t i = 0; i < params->columns->count; i++) {
        uint32_t name = (uint32_t)utf8_count(params->columns->fields[i].name);
        uint32_t width = type_width(params->columns->fields[i].type);
        v->widths[i] = name > width ? name : width;
    }
    buf_init(&v->line, SIZE_MAX / 2);
    buf_init(&v->cell, CELL_BYTES_MAX);
    if (params->mode == RESULT_TABLE) v->rows = result_rows_new(params->rows_max);
    return v;
}

void result_view_free(struct result_view *v)
{
    if (!v) return;
    result_rows_free(v->rows);
    buf_free(&v->line);
    buf_free(&v->cell);
    arena_free(v->row_arena);
    arena_free(v->arena);
    mutex_deinit(&v->mutex);
    mem_free(v);
}

static void add_border(struct buf *b, const uint32_t *widths, uint32_t count, bool with_op)
{
    if (with_op) buf_add_cstr(b, "+----");
    for (uint32_t i = 0; i < count; i++) {
        buf_add_char(b, '+');
        for (uint32_t k = 0; k < widths[i] + 2; k++) buf_add_char(b, '-');
    }
    buf_add_cstr(b, "+\n");
}

static size_t bytes_of_points(struct slice text, size_t points)
{
    size_t at = 0;
    while (at < text.n && points > 0) {
        at++;
        while (at < text.n && ((unsigned char)text.p[at] & 0xc0) == 0x80) at++;
        points--;
    }
    return at;
}

/* Right-aligned, as Flink prints; control characters would break the lines and become blanks. */
static void add_cell(struct buf *b, struct slice text, uint32_t width, bool cut)
{
    size_t points = utf8_count(text);
    bool too_long = cut && points > width;
    size_t shown = too_long ? bytes_of_points(text, width > 3 ? width - 3 : width) : text.n;
    buf_add_cstr(b, "| ");
    for (size_t i = too_long ? width : points; i < width; i++) buf_add_char(b, ' ');
    for (size_t i = 0; i < shown; i++)
        buf_add_char(b, (unsigned char)text.p[i] < 0x20 ? ' ' : text.p[i]);
    if (too_long && width > 3) buf_add_cstr(b, "...");
    buf_add_char(b, ' ');
}

static void add_header(struct result_view *v, const uint32_t *widths, bool with_op)
{
    const struct schema *s = v->params.columns;
    add_border(&v->line, widths, s->count, with_op);
    if (with_op) buf_add_cstr(&v->line, "| op ");
    for (uint32_t i = 0; i < s->count; i++)
        add_cell(&v->line, s->fields[i].name, widths[i], v->params.is_terminal);
    buf_add_cstr(&v->line, "|\n");
    add_border(&v->line, widths, s->count, with_op);
}

static struct slice print_cell(
    struct result_view *v, const struct batch *b, uint32_t row, uint32_t i)
{
    struct value value;
    buf_clear(&v->cell);
    column_get_value(b->columns[i], row, v->row_arena, &value);
    if (value.null) return SLICE("<NULL>");
    value_print(v->params.columns->fields[i].type, &value, v->params.zone, &v->cell);
    return buf_slice(&v->cell);
}

static struct err *write_line(struct result_view *v)
{
    size_t written = fwrite(v->line.p, 1, v->line.n, stdout);
    bool failed = written != v->line.n || fflush(stdout) != 0;
    buf_clear(&v->line);
    if (failed && errno == EPIPE) FAIL(ERR_CANCELED, "nobody reads the result any more");
    if (failed) FAIL(ERR_IO, "cannot write to standard output: %s", strerror(errno));
    return NULL;
}

static struct err *print_rows(struct result_view *v, const struct batch *b)
{
    uint32_t count = v->params.columns->count;
    if (!v->header_printed) add_header(v, v->widths, true);
    v->header_printed = true;
    for (uint32_t row = 0; row < b->rows; row++) {
        buf_printf(&v->line, "| %s ", row_kind_text(batch_kind(b, row)));
        for (uint32_t i = 0; i < count; i++)
            add_cell(&v->line, print_cell(v, b, row, i), v->widths[i], v->params.is_terminal);
        buf_add_cstr(&v->line, "|\n");
    }
    return write_line(v);
}

static bool is_key(const struct result_view *v, uint32_t column)
{
    for (uint32_t k = 0; k < v->params.key_count; k++)
        if (v->params.keys[k] == column) return true;
    return v->params.key_count == 0;
}

/* NUL ends a cell in what is kept, so one inside a cell becomes a blank. */
static void add_kept_cell(struct buf *b, struct slice text)
{
    for (size_t i = 0; i < text.n; i++) buf_add_char(b, text.p[i] ? text.p[i] : ' ');
    buf_add_char(b, 0);
}

/* A row is kept as its cells' texts; its key is those of the key columns. */
static void fold_row(struct result_view *v, const struct batch *b, uint32_t row)
{
    buf_clear(&v->line);
    for (uint32_t i = 0; i < v->params.columns->count; i++)
        if (is_key(v, i)) add_kept_cell(&v->line, print_cell(v, b, row, i));
    size_t key_bytes = v->line.n;
    for (uint32_t i = 0; i < v->params.columns->count; i++)
        add_kept_cell(&v->line, print_cell(v, b, row, i));
    struct slice key = {v->line.p, key_bytes};
    struct slice cells = {v->line.p + key_bytes, v->line.n - key_bytes};
    if (row_kind_adds(batch_kind(b, row)))
        result_rows_add(v->rows, key, cells, v->params.key_count > 0);
    else
        result_rows_remove(v->rows, key);
}

static void fold_rows(struct result_view *v, const struct batch *b)
{
    for (uint32_t row = 0; row < b->rows; row++) fold_row(v, b, row);
    buf_clear(&v->line);
}

struct err *result_view_on_batch(void *context, const struct batch *b)
{
    struct result_view *v = context;
    if (b->rows == 0) return NULL;
    mutex_lock(&v->mutex);
    v->received += b->rows;
    struct err *e = NULL;
    if (v->params.mode == RESULT_CHANGELOG)
        e = print_rows(v, b);
    else
        fold_rows(v, b);
    arena_reset(v->row_arena);
    mutex_unlock(&v->mutex);
    return e;
}

/* Widths for what is on the screen: contents first, then cut to the terminal, widest first. */
static void fit_widths(const struct result_view *v, const struct slice *shown, uint32_t shown_count,
    uint32_t columns, uint32_t *widths)
{
    uint32_t count = v->params.columns->count, total = 1;
    for (uint32_t i = 0; i < count; i++)
        widths[i] = (uint32_t)utf8_count(v->params.columns->fields[i].name);
    for (uint32_t r = 0; r < shown_count; r++) {
        const char *cell = shown[r].p;
        for (uint32_t i = 0; i < count; i++) {
            struct slice text = slice_of(cell);
            uint32_t points = (uint32_t)utf8_count(text);
            if (points > widths[i]) widths[i] = points;
            cell += text.n + 1;
        }
    }
    for (uint32_t i = 0; i < count; i++) total += widths[i] + 3;
    while (total > columns) {
        uint32_t widest = 0;
        for (uint32_t i = 1; i < count; i++)
            if (widths[i] > widths[widest]) widest = i;
        if (widths[widest] <= 4) return;
        widths[widest]--;
        total--;
    }
}

static void add_table(struct result_view *v)
{
    uint32_t columns, lines, count = v->params.columns->count;
    terminal_size(&columns, &lines);
    uint32_t room = lines > FRAME_LINES + 1 ? lines - FRAME_LINES : 1;
    struct slice *shown = ARENA_ARRAY(v->row_arena, struct slice, room);
    uint32_t shown_count = result_rows_newest(v->rows, shown, room);
    uint32_t *widths = ARENA_ARRAY(v->row_arena, uint32_t, count + 1);
    fit_widths(v, shown, shown_count, columns, widths);
    add_header(v, widths, false);
    for (uint32_t r = 0; r < shown_count; r++) {
        const char *cell = shown[r].p;
        for (uint32_t i = 0; i < count; i++) {
            struct slice text = slice_of(cell);
            add_cell(&v->line, text, widths[i], true);
            cell += text.n + 1;
        }
        buf_add_cstr(&v->line, "|\n");
    }
    add_border(&v->line, widths, count, false);
    v->drawn_lines = shown_count + 4;
}

/* "24 of 126 rows" and what the job does, cut to the window. */
static void add_status(struct result_view *v, const char *status)
{
    uint32_t columns, lines;
    terminal_size(&columns, &lines);
    uint64_t kept = result_rows_count(v->rows), shown = v->drawn_lines - 4;
    char count[HUMAN_CHARS];
    const char *text = str_fmt(
        v->row_arena, "%s row%s  %s", human_count(kept, count), kept == 1 ? "" : "s", status);
    if (shown < kept) text = str_fmt(v->row_arena, "%" PRIu64 " of %s", shown, text);
    buf_printf(&v->line, "%s%.*s%s", v->params.color ? TERMINAL_DIM : "", (int)columns - 1, text,
        v->params.color ? TERMINAL_RESET : "");
}

void result_view_draw(struct result_view *v, const char *status)
{
    if (v->params.mode == RESULT_CHANGELOG) return;
    mutex_lock(&v->mutex);
    buf_clear(&v->line);
    if (v->drawn_lines > 0)
        buf_printf(&v->line, "\r\033[%" PRIu32 "A" TERMINAL_CLEAR_BELOW, v->drawn_lines);
    /* A line that wraps would spoil the next drawing. */
    buf_add_cstr(&v->line, TERMINAL_WRAP_OFF);
    add_table(v);
    add_status(v, status);
    buf_add_cstr(&v->line, TERMINAL_WRAP_ON "\r");
    struct err *e = write_line(v);
    err_free(e); /* the next row's write will say so */
    arena_reset(v->row_arena);
    mutex_unlock(&v->mutex);
}

void result_view_finish(struct result_view *v, bool complete)
{
    mutex_lock(&v->mutex);
    buf_clear(&v->line);
    if (v->params.mode == RESULT_TABLE) {
        buf_add_cstr(&v->line, TERMINAL_CLEAR_LINE);
    } else if (v->header_printed) {
        add_border(&v->line, v->widths, v->params.columns->count, true);
        buf_printf(&v->line, "Received a total of %" PRIu64 " row%s\n", v->received,
            v->received == 1 ? "" : "s");
    } else if (complete) {
        buf_add_cstr(&v->line, "Empty set\n");
    }
    struct err *e = write_line(v);
    err_free(e);
    mutex_unlock(&v->mutex);
}
