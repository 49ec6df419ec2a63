/* command.h - one command of the program: `weir NAME ARGS`. */
#pragma once

/* Exit codes: nothing else is ever returned, but 130 after Ctrl-C and 143 after SIGTERM. */
enum {
    COMMAND_OK = 0,
    COMMAND_FAILED = 1, /* the job, the check or a test failed; a file was not found */
    COMMAND_USAGE = 2   /* the command line makes no sense; nothing was done */
};

struct command {
    const char *name;
    const char *doc;  /* one line for `weir --help` */
    const char *help; /* `weir NAME --help`: examples first; ends with a newline */
    /* argv[0] is the command's name. Answers --help itself. Returns the exit code. */
    int (*run)(int argc, char **argv);
};
