/* checkpoints.h - `weir checkpoints ls|show|verify DIR`: looks at checkpoints on disk, whether
 * their job runs or not. */
#pragma once
extern const char checkpoints_help[];
int checkpoints_command(int argc, char **argv);
