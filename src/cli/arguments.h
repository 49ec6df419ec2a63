/* arguments.h - what `weir run`, `check` and `explain` have in common: a script from a file,
 * standard input or the command line, and configuration by -D. */
#pragma once
#include <stdbool.h>

#include "cli/script.h"

struct arena;
struct config;

enum arguments_outcome {
    ARGUMENTS_OK,
    ARGUMENTS_HELP, /* --help: print it, exit 0 */
    ARGUMENTS_BAD   /* told on stderr: exit 2 */
};

struct arguments {
    struct script script;
    bool from_stdin;
    bool changelog_mode; /* --changelog-mode, explain only */
};

/* argv[0] is the command. Fills `config` from -D; unknown keys are told on stderr with a suggestion
 * and accepted. A script that cannot be read is an err. */
MUST_USE struct err *arguments_read(struct arena *a, int argc, char **argv, struct config *config,
    struct arguments *out, enum arguments_outcome *outcome);
