/* signals.h - Ctrl-C and SIGTERM as data: blocked for every thread and read when the main loop
 * looks. SIGPIPE is ignored: a closed pipe is a write error. */
#pragma once
#include "base/err.h"

/* *fd is to be polled; closed at exit. Call once the script has been read and before threads start.
 */
MUST_USE struct err *signals_open(int *fd);
int signals_take(int fd); /* SIGINT, SIGTERM, or 0; never blocks */
