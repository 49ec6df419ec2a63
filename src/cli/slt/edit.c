#include "cli/slt/edit.h"

#include <stdlib.h>

#include "base/arena.h"

void slt_edit_lines(
    struct slt_edits *e, size_t from, size_t to, const struct slice *lines, size_t line_count)
{
    if (e->count == e->capacity) {
        e->capacity = e->capacity ? 2 * e->capacity : 16;
        struct slt_edit *items = ARENA_ARRAY(e->arena, struct slt_edit, e->capacity);
        if (e->count > 0) memcpy(items, e->items, e->count * sizeof *items);
        e->items = items;
    }
    struct slice *copy = ARENA_ARRAY(e->arena, struct slice, line_count);
    if (line_count > 0) memcpy(copy, lines, line_count * sizeof *copy);
    e->items[e->count++] =
        (struct slt_edit){.from = from, .to = to, .lines = copy, .line_count = line_count};
}

void slt_edit_header(struct slt_edits *e, const struct slt_block *b, struct slice header)
{
    slt_edit_lines(e, b->line, b->line + 1, &header, 1);
}

void slt_edit_expected(
    struct slt_edits *e, const struct slt_block *b, const struct slice *lines, size_t line_count)
{
    if (b->has_expected) {
        slt_edit_lines(e, b->expected_from, b->expected_to, lines, line_count);
        return;
    }
    struct slice *section = ARENA_ARRAY(e->arena, struct slice, line_count + 1);
    section[0] = SLICE("----");
    if (line_count > 0) memcpy(section + 1, lines, line_count * sizeof *section);
    slt_edit_lines(e, b->body_to, b->body_to, section, line_count + 1);
}

void slt_edit_drop_expected(struct slt_edits *e, const struct slt_block *b)
{
    if (b->has_expected) slt_edit_lines(e, b->expected_from - 1, b->expected_to, NULL, 0);
}

static int compare_edits(const void *a, const void *b)
{
    const struct slt_edit *x = a, *y = b;
    if (x->from != y->from) return x->from < y->from ? -1 : 1;
    return x->to < y->to ? -1 : x->to > y->to;
}

struct slice slt_edit_apply(struct slt_edits *e, const struct slt_file *f)
{
    const char *end = f->text.n ? f->text.p + f->text.n : f->text.p;
    const char *first_end = f->line_count > 0 ? f->lines[0].p + f->lines[0].n : end;
    const char *newline = first_end < end && *first_end == '\r' ? "\r\n" : "\n";
    if (e->count > 0) qsort(e->items, e->count, sizeof *e->items, compare_edits);
    struct buf out;
    buf_init(&out, SIZE_MAX);
    size_t next = 0; /* edit */
    for (size_t line = 0; line <= f->line_count;) {
        if (next < e->count && e->items[next].from == line) {
            const struct slt_edit *edit = &e->items[next++];
            if (edit->line_count > 0 && out.n > 0 && out.p[out.n - 1] != '\n')
                buf_add_cstr(&out, newline);
            for (size_t i = 0; i < edit->line_count; i++) {
                buf_add_slice(&out, edit->lines[i]);
                buf_add_cstr(&out, newline);
            }
            line = edit->to;
            continue;
        }
        if (line == f->line_count) break;
        const char *to = line + 1 < f->line_count ? f->lines[line + 1].p : end;
        buf_add(&out, f->lines[line].p, (size_t)(to - f->lines[line].p));
        line++;
    }
    struct slice text = slice_copy(e->arena, buf_slice(&out));
    buf_free(&out);
    return text;
}
