/* run.h - `weir run`. argv[0] is the command; the result is the
 * exit code (interfaces: 0 ok, 1 failed, 2 usage, 130 after Ctrl-C, 143 after SIGTERM). */
#pragma once

int run_command(int argc, char **argv);

extern const char run_help[];
