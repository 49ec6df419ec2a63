/* jobs.h - `weir jobs ls|show|stop`: the jobs of a running process. */
#pragma once

int jobs_command(int argc, char **argv);

extern const char jobs_help[];
