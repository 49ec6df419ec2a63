/* reference.h - `weir reference`: the manual of SQL as Weir runs it, made from the tables in the
 * code, so that it says what this program does. */
#pragma once

extern const char reference_help[];
int reference_command(int argc, char **argv);
