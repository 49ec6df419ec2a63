/* tzif.h - TZif files (RFC 8536) and the POSIX TZ rule in their footer; private to type/. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct arena;

/* Bounds for times without a transition on that side; far enough from int64_t's ends that
 * milliseconds fit. */
#define TZIF_BEGIN_S (-(INT64_C(1) << 52))
#define TZIF_END_S (INT64_C(1) << 52)

struct tzif_type {
    int32_t offset_s; /* east of Greenwich */
    struct slice abbreviation;
};

/* Mm.w.d, Jn or n of a POSIX rule, with the time of day. */
struct tzif_day {
    char kind; /* 'M', 'J', or 'N' for the zero-based day */
    int32_t month, week, day;
    int32_t time_s; /* may be negative or beyond a day */
};

struct tzif {
    const int64_t *transitions_s; /* ascending */
    const uint8_t *type_indexes;  /* in force from the transition on */
    uint32_t count;
    const struct tzif_type *types; /* types[0] is in force before the first transition */
    bool has_rule;                 /* after the last transition */
    bool has_daylight;
    struct tzif_type standard, daylight;
    struct tzif_day start, end; /* of daylight time */
};

struct tzif_period {
    int64_t from_s, until_s; /* of UTC; [from, until) has one offset */
    int32_t offset_s;
    struct slice abbreviation;
};

bool tzif_is(struct slice bytes); /* has the magic number */
/* Copies what it needs into the arena. ERR_CORRUPT when a count or a rule makes no sense. */
MUST_USE struct err *tzif_parse(struct arena *a, struct slice bytes, struct tzif *out);
struct tzif_period tzif_find(const struct tzif *z, int64_t utc_s);
