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

/* Text in lines of at most 100 columns, broken at blanks; `first` stands before its first line,
 * `indent` before each other. '\n' ends a paragraph. */
void report_wrapped(FILE *out, const char *first, const char *indent, const char *text);
