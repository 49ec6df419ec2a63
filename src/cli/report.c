#include "cli/report.h"

#include <inttypes.h>
#include <string.h>

#include "cli/terminal.h"

enum { CARETS_MAX = 60, SHOWN_POINTS = 100, LEAD_POINTS = 40 };

static struct slice line_of(struct slice script, uint32_t offset)
{
    size_t first = offset < script.n ? offset : script.n, end = first;
    while (first > 0 && script.p[first - 1] != '\n') first--;
    while (end < script.n && script.p[end] != '\n') end++;
    return (struct slice){script.p + first, end - first};
}

/* Prints at most SHOWN_POINTS characters of the line, from the skip-th on. Tabs are shown as one
 * blank so that the caret stands where the token does. */
static void print_line(FILE *out, struct slice line, uint32_t skip)
{
    uint32_t point = 0;
    if (skip > 0) fputs("...", out);
    for (size_t i = 0; i < line.n; i++) {
        point += ((unsigned char)line.p[i] & 0xc0) != 0x80;
        if (point <= skip) continue;
        if (point > skip + SHOWN_POINTS) {
            fputs("...", out);
            break;
        }
        fputc((unsigned char)line.p[i] < 0x20 ? ' ' : line.p[i], out);
    }
    fputc('\n', out);
}

static uint32_t caret_count(struct slice script, struct text_pos pos)
{
    uint32_t points = 0;
    for (size_t i = pos.offset; i < pos.offset + pos.size_bytes && i < script.n; i++) {
        if (script.p[i] == '\n') break;
        points += ((unsigned char)script.p[i] & 0xc0) != 0x80;
    }
    return points == 0 ? 1 : points < CARETS_MAX ? points : CARETS_MAX;
}

static void print_place(FILE *out, bool color, struct slice script, struct text_pos pos)
{
    /* Of a long line the part around the token is shown. */
    uint32_t skip = pos.column > SHOWN_POINTS - LEAD_POINTS ? pos.column - LEAD_POINTS : 0;
    int width = fprintf(out, "%5" PRIu32 " | ", pos.line) - 2;
    print_line(out, line_of(script, pos.offset), skip);
    fprintf(out, "%*s| %s", width, "", skip > 0 ? "   " : "");
    for (uint32_t i = skip + 1; i < pos.column; i++) fputc(' ', out);
    if (color) fputs(TERMINAL_RED TERMINAL_BOLD, out);
    uint32_t carets = caret_count(script, pos);
    for (uint32_t i = 0; i < carets; i++) fputc('^', out);
    if (color) fputs(TERMINAL_RESET, out);
    fputc('\n', out);
}

void report_error(FILE *out, bool color, const char *name, struct slice script, const struct err *e)
{
    struct text_pos pos = err_pos(e);
    bool placed = pos.line > 0 && script.n > 0;
    if (placed) fprintf(out, "%s:%" PRIu32 ":%" PRIu32 ": ", name, pos.line, pos.column);
    fprintf(
        out, "%serror:%s ", color ? TERMINAL_RED TERMINAL_BOLD : "", color ? TERMINAL_RESET : "");
    err_print(e, out);
    if (placed) print_place(out, color, script, pos);
    if (err_hint_text(e))
        fprintf(out, "%shint:%s %s\n", color ? TERMINAL_CYAN : "", color ? TERMINAL_RESET : "",
            err_hint_text(e));
}

void report_wrapped(FILE *out, const char *first, const char *indent, const char *text)
{
    enum { LINE_COLUMNS = 100 };
    size_t column = strlen(first);
    bool at_start = true;
    fputs(first, out);
    while (*text) {
        size_t n = strcspn(text, " \n");
        if (!at_start && column + 1 + n > LINE_COLUMNS) {
            fprintf(out, "\n%s", indent);
            column = strlen(indent);
            at_start = true;
        }
        fprintf(out, "%s%.*s", at_start ? "" : " ", (int)n, text);
        column += n + !at_start;
        at_start = false;
        text += n;
        if (*text == '\n') {
            fprintf(out, "\n\n%s", indent);
            column = strlen(indent);
            at_start = true;
        }
        text += *text != 0;
    }
    fputc('\n', out);
}
