/* terminal.h - what the program is talking to: a person at a terminal, or a pipe. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct terminal {
    bool out_is_terminal; /* stdout: refreshing table or plain lines */
    bool err_is_terminal; /* stderr: status line or none */
    bool out_color;       /* terminal, and neither NO_COLOR nor TERM=dumb */
    bool err_color;
};

struct terminal terminal_detect(void);
/* Of stdout, or stderr when that is the terminal; 80 x 24 when unknown. Asked anew each time: a
 * window may be resized. */
void terminal_size(uint32_t *columns, uint32_t *lines);

#define TERMINAL_BOLD "\033[1m"
#define TERMINAL_DIM "\033[2m"
#define TERMINAL_RED "\033[31m"
#define TERMINAL_GREEN "\033[32m"
#define TERMINAL_CYAN "\033[36m"
#define TERMINAL_RESET "\033[0m"
#define TERMINAL_CLEAR_LINE "\r\033[K"
#define TERMINAL_CLEAR_BELOW "\033[J"
#define TERMINAL_WRAP_OFF "\033[?7l"
#define TERMINAL_WRAP_ON "\033[?7h"
