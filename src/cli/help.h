/* help.h - what `weir --help`, `weir --version` and a mistyped command are answered with. */
#pragma once
#include <stddef.h>
#include <stdio.h>

#include "cli/command.h"

void help_program(FILE *out, const struct command *commands, size_t count);
void help_version(FILE *out);
/* Names the unknown command and the nearest known one; COMMAND_USAGE. */
int help_unknown(FILE *out, const char *name, const struct command *commands, size_t count);
