#include "cli/listing.h"

#include "base/mem.h"
#include "base/utf8.h"

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
