/* phrase.h - instants and rates as a person reads them; other figures: base/human.h. Each writes
 * into `text`, which has room for PHRASE_MAX bytes, and returns it. */
#pragma once
#include <stdint.h>

enum { PHRASE_MAX = 64 };

const char *phrase_time(char *text, int64_t ms); /* "2026-01-01 00:00:12" UTC; "no time yet" */
const char *phrase_rate(char *text, double per_second); /* "50012", "0.3" */
