/* date_format_program.h - what a pattern compiles to; private to type/. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "type/date_format.h"

enum {
    DATE_FORMAT_OPS_MAX = 128,
    DATE_FORMAT_NESTING_MAX = 8, /* of [ ] */
    DATE_FORMAT_ZONE_CHARS_MAX = 64
};

enum date_format_op_kind {
    OP_LITERAL,
    OP_NUMBER,
    OP_REDUCED, /* two digits of a year */
    OP_FRACTION,
    OP_TEXT,
    OP_OFFSET, /* X x Z O */
    OP_ZONE,   /* z VV */
    OP_OPTIONAL_BEGIN,
    OP_OPTIONAL_END
};

/* java.time.format.SignStyle */
enum date_format_sign { SIGN_NORMAL, SIGN_NOT_NEGATIVE, SIGN_EXCEEDS_PAD };

enum date_format_width { WIDTH_SHORT, WIDTH_FULL, WIDTH_NARROW };

struct date_format_op {
    enum date_format_op_kind kind;
    char letter;
    uint8_t count;    /* letters in the pattern */
    uint8_t pad_to;   /* blanks in front up to this width (letter p) */
    bool fixed;       /* parsed with exactly min digits: neighbours are numbers too */
    uint8_t reserved; /* digits of the fixed numbers that follow at once */
    uint8_t min, max; /* digits */
    enum date_format_sign sign;
    enum date_format_width width;
    struct slice literal;
    uint16_t end; /* OPTIONAL_BEGIN: index of its end */
};

struct date_format {
    enum date_format_dialect dialect;
    bool has_time;
    bool needs_zone;
    uint16_t count;
    const struct date_format_op *ops;
};

/* Sunday-first weeks, week 1 holds January 1st: what Java gives for English. */
void date_format__week(int32_t days, int32_t *week_year, int32_t *week);
int32_t date_format__days_of_week(int32_t week_year, int64_t week, int64_t day_of_week);

extern const char *const date_format__months[12];
extern const char *const date_format__days[7]; /* Monday first */
enum { DATE_FORMAT_SHORT_CHARS = 3 };
