#include "cli/slt/show.h"

#include "base/arena.h"
#include "base/utf8.h"

/* Two columns of this width and the gap fit into a terminal of 120. */
enum { COLUMN_MIN = 12, COLUMN_MAX = 54, INDENT = 4, CONTEXT = 3 };

static const char red[] = "\033[31m", green[] = "\033[32m", plain[] = "\033[0m";

/* One line of the table; p == NULL where a side has nothing. */
struct line {
    struct slice expected, actual;
    bool same;
};

struct table {
    const struct line *lines;
    size_t count;
    bool color;
    struct buf *out;
};

static void add_spaces(struct buf *out, size_t n)
{
    for (size_t i = 0; i < n; i++) buf_add_char(out, ' ');
}

static size_t width_of(struct slice s)
{
    return s.p ? utf8_count(s) : 0;
}

static void add_colored(const struct table *t, const char *color, struct slice text)
{
    if (t->color && color) buf_add_cstr(t->out, color);
    buf_add_slice(t->out, text);
    if (t->color && color) buf_add_cstr(t->out, plain);
}

static void add_beside(const struct table *t, const struct line *l, size_t width)
{
    add_spaces(t->out, INDENT - 2);
    buf_add_cstr(t->out, l->same ? "  " : "! ");
    if (l->expected.p) add_colored(t, l->same ? NULL : red, l->expected);
    if (l->actual.p) {
        add_spaces(t->out, width - width_of(l->expected) + 2);
        add_colored(t, l->same ? NULL : green, l->actual);
    }
    buf_add_char(t->out, '\n');
}

static void add_below(const struct table *t, const struct line *l)
{
    if (l->same) {
        buf_printf(t->out, "    same      %.*s\n", (int)l->expected.n, l->expected.p);
        return;
    }
    if (l->expected.p) {
        buf_add_cstr(t->out, "  ! expected  ");
        add_colored(t, red, l->expected);
        buf_add_char(t->out, '\n');
    }
    if (l->actual.p) {
        buf_add_cstr(t->out, "  ! actual    ");
        add_colored(t, green, l->actual);
        buf_add_char(t->out, '\n');
    }
}

/* Lines that differ, and CONTEXT lines around them, are shown. */
static bool is_near_difference(const struct table *t, size_t at)
{
    size_t from = at > CONTEXT ? at - CONTEXT : 0;
    size_t to = at + CONTEXT < t->count ? at + CONTEXT : t->count - 1;
    for (size_t i = from; i <= to; i++)
        if (!t->lines[i].same) return true;
    return false;
}

static void add_table(const struct table *t)
{
    size_t width = COLUMN_MIN, widest = 0;
    for (size_t i = 0; i < t->count; i++) {
        size_t left = width_of(t->lines[i].expected), right = width_of(t->lines[i].actual);
        if (left > width) width = left;
        if (right > widest) widest = right;
    }
    bool beside = width <= COLUMN_MAX && widest <= COLUMN_MAX;
    if (beside) {
        add_spaces(t->out, INDENT);
        buf_add_cstr(t->out, "expected");
        add_spaces(t->out, width - strlen("expected") + 2);
        buf_add_cstr(t->out, "actual\n");
    }
    size_t hidden = 0;
    for (size_t i = 0; i < t->count; i++) {
        if (!is_near_difference(t, i)) {
            hidden++;
            continue;
        }
        if (hidden > 0) buf_printf(t->out, "    ... %zu equal ...\n", hidden);
        hidden = 0;
        if (beside)
            add_beside(t, &t->lines[i], width);
        else
            add_below(t, &t->lines[i]);
    }
    if (hidden > 0) buf_printf(t->out, "    ... %zu equal ...\n", hidden);
    if (t->count == 0) buf_add_cstr(t->out, "    (no rows)\n");
}

void slt_show_pairs(
    struct arena *a, const struct slt_pairs *pairs, bool with_kind, bool color, struct buf *out)
{
    struct line *lines = ARENA_ARRAY(a, struct line, pairs->count);
    for (size_t i = 0; i < pairs->count; i++) {
        const struct slt_pair *p = &pairs->items[i];
        lines[i].same = p->same;
        if (p->expected) lines[i].expected = slt_row_line(a, p->expected, with_kind);
        if (p->actual) lines[i].actual = slt_row_line(a, p->actual, with_kind);
    }
    add_table(&(struct table){lines, pairs->count, color, out});
}

void slt_show_lines(struct arena *a, const struct slice *expected, size_t expected_count,
    const struct slice *actual, size_t actual_count, bool color, struct buf *out)
{
    size_t count = expected_count > actual_count ? expected_count : actual_count;
    struct line *lines = ARENA_ARRAY(a, struct line, count);
    for (size_t i = 0; i < count; i++) {
        if (i < expected_count) lines[i].expected = expected[i];
        if (i < actual_count) lines[i].actual = actual[i];
        lines[i].same = i < expected_count && i < actual_count && slice_eq(expected[i], actual[i]);
    }
    add_table(&(struct table){lines, count, color, out});
}
