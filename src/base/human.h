/* human.h - figures as a person reads them. Each writes into `text` and returns it. */
#pragma once
#include <stdint.h>

enum { HUMAN_CHARS = 32 };

const char *human_count(uint64_t n, char text[HUMAN_CHARS]); /* "1,234,567" */
/* "850 ms", "12 s", "12.3 s", "4 min 5 s", "2 h 10 min", "3 d 4 h"; before 0 it is "0 ms". */
const char *human_duration(int64_t ms, char text[HUMAN_CHARS]);
const char *human_bytes(uint64_t bytes, char text[HUMAN_CHARS]); /* "512 B", "3.4 MiB" */
