/* main.c - the table of commands. A command is one entry here and one file or folder beside it. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/checkpoints.h"
#include "cli/help.h"
#include "cli/jobs.h"
#include "cli/reference.h"
#include "cli/run.h"
#include "cli/slt/slt.h"
#include "cli/study.h"
#include "cli/why.h"

static const struct command commands[] = {
    {"run", "runs a SQL script", run_help, run_command},
    {"check", "finds the errors of a script without running it", study_check_help, study_check},
    {"explain", "shows the plans of a script", study_explain_help, study_explain},
    {"jobs", "looks at running jobs, and stops them", jobs_help, jobs_command},
    {"why", "says why nothing comes out of a job", why_help, why_command},
    {"test", "runs tests of SQL: rows that go in, rows that must come out", slt_help, slt_command},
    {"checkpoints", "lists, shows and verifies the checkpoints of jobs", checkpoints_help,
        checkpoints_command},
    {"reference", "prints the manual: functions, options, configuration keys", reference_help,
        reference_command},
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, name) == 0) return &commands[i];
    return NULL;
}

static bool is_one_of(const char *word, const char *a, const char *b, const char *c)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0 || strcmp(word, c) == 0;
}

/* weir help [COMMAND] */
static int show_help(const char *name)
{
    if (!name) {
        help_program(stdout, commands, COMMAND_COUNT);
        return COMMAND_OK;
    }
    const struct command *c = find_command(name);
    if (!c) return help_unknown(stderr, name, commands, COMMAND_COUNT);
    fputs(c->help, stdout);
    return COMMAND_OK;
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2) {
        help_program(stderr, commands, COMMAND_COUNT);
        return COMMAND_USAGE;
    }
    const char *name = argv[1];
    if (is_one_of(name, "help", "--help", "-h")) return show_help(argc > 2 ? argv[2] : NULL);
    if (is_one_of(name, "version", "--version", "-V")) {
        help_version(stdout);
        return COMMAND_OK;
    }
    const struct command *c = find_command(name);
    return c ? c->run(argc - 1, argv + 1) : help_unknown(stderr, name, commands, COMMAND_COUNT);
}

int main(int argc, char **argv)
{
    int code = dispatch(argc, argv);
    /* Results that could not be written, to a full disk say, are a failure. */
    if (fflush(stdout) != 0 && code == COMMAND_OK) code = COMMAND_FAILED;
    return code;
}
