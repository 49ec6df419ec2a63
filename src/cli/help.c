#include "cli/help.h"

#include "base/str.h"

enum { COMMANDS_MAX = 64 };

void help_program(FILE *out, const struct command *commands, size_t count)
{
    fprintf(out, "weir %s - Flink SQL without the JVM\n\n", WEIR_VERSION);
    fprintf(out, "usage: weir COMMAND ...\n\n");
    for (size_t i = 0; i < count; i++)
        fprintf(out, "  %-11s %s\n", commands[i].name, commands[i].doc);
    fprintf(out, "\n'weir COMMAND --help' explains a command by examples; 'weir --version' tells "
                 "the version.\n"
                 "Results go to standard output, messages to standard error.\n"
                 "Exit codes: 0 ok, 1 failed, 2 wrong usage.\n");
}

void help_version(FILE *out)
{
    fprintf(out, "weir %s\n", WEIR_VERSION);
}

int help_unknown(FILE *out, const char *name, const struct command *commands, size_t count)
{
    const char *names[COMMANDS_MAX];
    size_t known = count < COMMANDS_MAX ? count : COMMANDS_MAX;
    for (size_t i = 0; i < known; i++) names[i] = commands[i].name;
    fprintf(out, "weir: there is no command '%s'", name);
    const char *nearest = str_nearest(slice_of(name), names, known);
    if (nearest) fprintf(out, "; did you mean '%s'?", nearest);
    fprintf(out, "\n'weir --help' lists the commands\n");
    return COMMAND_USAGE;
}
