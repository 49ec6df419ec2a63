/* slt.h - `weir test`: runs stream logic tests (docs/test-format.md). */
#pragma once

/* argv[0] is the command. COMMAND_OK when every file passed. */
int slt_command(int argc, char **argv);

extern const char slt_help[];
