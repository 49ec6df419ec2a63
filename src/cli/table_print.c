#include "cli/table_print.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "plan/session.h"

static const char *cell_text(const char *cell)
{
    return cell ? cell : "<NULL>";
}

static uint32_t width_of(const char *cell)
{
    return (uint32_t)utf8_count(slice_of(cell_text(cell)));
}

static void print_border(FILE *out, const uint32_t *widths, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        fputc('+', out);
        for (uint32_t k = 0; k < widths[i] + 2; k++) fputc('-', out);
    }
    fputs("+\n", out);
}

static void print_row(FILE *out, const uint32_t *widths, const char *const *cells, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        fputs("| ", out);
        for (uint32_t k = width_of(cells[i]); k < widths[i]; k++) fputc(' ', out);
        fprintf(out, "%s ", cell_text(cells[i]));
    }
    fputs("|\n", out);
}

static void print_box(FILE *out, const struct session_table *t, uint32_t *widths)
{
    for (uint32_t i = 0; i < t->column_count; i++) {
        widths[i] = width_of(t->names[i]);
        for (uint32_t row = 0; row < t->row_count; row++) {
            uint32_t width = width_of(t->cells[row * t->column_count + i]);
            if (width > widths[i]) widths[i] = width;
        }
    }
    print_border(out, widths, t->column_count);
    print_row(out, widths, t->names, t->column_count);
    print_border(out, widths, t->column_count);
    for (uint32_t row = 0; row < t->row_count; row++)
        print_row(out, widths, t->cells + row * t->column_count, t->column_count);
    print_border(out, widths, t->column_count);
    fprintf(out, "%" PRIu32 " row%s in set\n", t->row_count, t->row_count == 1 ? "" : "s");
}

void table_print(FILE *out, const struct session_table *t)
{
    if (t->text) {
        for (uint32_t row = 0; row < t->row_count; row++) {
            const char *text = cell_text(t->cells[row]);
            size_t size = strlen(text);
            fprintf(out, "%s%s", text, size > 0 && text[size - 1] == '\n' ? "" : "\n");
        }
    } else if (t->row_count == 0) {
        fputs("Empty set\n", out);
    } else {
        uint32_t *widths = mem_alloc(t->column_count * sizeof *widths);
        print_box(out, t, widths);
        mem_free(widths);
    }
    fflush(out);
}
