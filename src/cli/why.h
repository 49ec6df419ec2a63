/* why.h - `weir why`: why nothing comes out, in words. */
#pragma once

int why_command(int argc, char **argv);

extern const char why_help[];
