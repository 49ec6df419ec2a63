/* why.h - says in words why a job gives nothing out, or that it does. The reasons are one table in
 * why.c; each looks at the figures alone, so a test makes those by hand. */
#pragma once
#include "server/view.h"

enum { WHY_REASONS_MAX = 24, WHY_TEXT_MAX = 512 };

struct why_reason {
    const char *name;        /* "no-input", for scripts */
    uint32_t weight;         /* the first of the list has the largest */
    char text[WHY_TEXT_MAX]; /* a sentence */
    char hint[WHY_TEXT_MAX]; /* what to do about it, or "" */
};

struct why {
    uint32_t count;
    struct why_reason reasons[WHY_REASONS_MAX];
};

/* At least one reason: that all is well, if nothing else. */
void why_find(const struct view *v, const struct view_job *j, struct why *out);
/* The i-th row of the table, for the manual: name and what it means; NULL past the last. */
const char *why_name(size_t i, const char **doc);
