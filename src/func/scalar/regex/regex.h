/* regex.h - Java regular expressions on PCRE2, with limits on time, depth and memory. A call site
 * has one struct regex in call->state: a literal pattern is compiled at open, others when they
 * change. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "func/func.h"

enum {
    REGEX_PATTERN_MAX = 1024, /* bytes */
    /* Steps of PCRE2's matcher, about 1 ms; a long subject gets more, as even `.*?` takes a few
     * steps for each of its bytes. */
    REGEX_MATCH_LIMIT = 100000,
    REGEX_MATCH_LIMIT_PER_BYTE = 100,
    REGEX_MATCH_LIMIT_MAX = 10000000,
    REGEX_DEPTH_LIMIT = 1000,
    REGEX_HEAP_LIMIT_KIB = 4096,
    REGEX_JIT_STACK_MIN = 64 << 10,
    REGEX_JIT_STACK_MAX = 1 << 20,
    REGEX_GROUPS_MAX = 100
};

struct regex;

/* func_def.open and .close; the pattern is argument 1. */
struct err *regex_open(struct func_call *call);
void regex_close(struct func_call *call);

/* For functions with more than one expression, which keep them in a state of their own. */
struct regex *regex_new(void);
void regex_free(struct regex *r); /* NULL is fine */

/* Makes `pattern` the current one; false when it is not a valid expression (Flink then gives NULL
 * or FALSE, it does not fail). */
bool regex_use(struct regex *r, struct slice pattern);
/* Finds the next match at or after byte `from`. False when there is none, or a limit was passed. */
bool regex_find(struct regex *r, struct slice subject, size_t from);
uint32_t regex_group_count(const struct regex *r);
/* Of the last match; group 0 is all of it. False when the group took no part. */
bool regex_group(const struct regex *r, uint32_t group, size_t *first, size_t *end);
/* Where to look on after the last match: an empty one moves on by a character. */
size_t regex_next(const struct regex *r, struct slice subject);
