#include "cli/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct terminal terminal_detect(void)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    bool color = !(no_color && no_color[0]) && !(term && strcmp(term, "dumb") == 0);
    struct terminal t = {.out_is_terminal = isatty(STDOUT_FILENO) == 1,
        .err_is_terminal = isatty(STDERR_FILENO) == 1};
    t.out_color = t.out_is_terminal && color;
    t.err_color = t.err_is_terminal && color;
    return t;
}

void terminal_size(uint32_t *columns, uint32_t *lines)
{
    struct winsize size = {0};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        (void)ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    *columns = size.ws_col ? size.ws_col : 80;
    *lines = size.ws_row ? size.ws_row : 24;
}
