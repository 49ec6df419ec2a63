/* phrase.h - durations, instants and sizes as a person reads them. Each writes into `text`, which
 * has room for PHRASE_MAX bytes, and returns it. */
#pragma once
#include <stdint.h>

enum { PHRASE_MAX = 64 };

const char *phrase_ms(char *text, int64_t ms);    /* "850 ms", "12 s", "4 min 5 s", "3 h 2 min" */
const char *phrase_time(char *text, int64_t ms);  /* "2026-01-01 00:00:12" UTC; "no time yet" */
const char *phrase_bytes(char *text, uint64_t n); /* "512 B", "3.4 MiB" */
const char *phrase_rate(char *text, double per_second); /* "50012", "0.3" */
