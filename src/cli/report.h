/* report.h - shows an error to a person: file, line and column, the line of the script with a caret
 * under the token, the cause, and what to do about it. */
#pragma once
#include <stdio.h>

#include "base/err.h"
#include "base/str.h"

struct terminal;

/* `name` is the script's file, "-e" or "standard input"; `script` its text. Both may be absent
 * (NULL, empty) when the error has no place in a script. Does not free e. */
void report_error(
    FILE *out, bool color, const char *name, struct slice script, const struct err *e);

/* "1,234,567"; `text` has room for 32 bytes. */
const char *report_count(uint64_t n, char text[32]);
/* "850 ms", "12.3 s", "4 min 5 s", "2 h 10 min", "3 d 4 h"; likewise. */
const char *report_duration(uint64_t ms, char text[32]);
/* "512 B", "3.4 MiB"; likewise. */
const char *report_bytes(uint64_t bytes, char text[32]);
