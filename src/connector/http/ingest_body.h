/* ingest_body.h - the records in one posted body. The same bytes give the same records whenever
 * they are read, so that a place in a body is a position. */
#pragma once
#include "format/format.h"

enum ingest_body_kind {   /* in files: numbers stay */
    INGEST_BODY_JSON = 1, /* an array of records, or records one after the other */
    INGEST_BODY_LINES = 2,
    INGEST_BODY_CSV = 3,  /* lines; one may be inside quotes */
    INGEST_BODY_WHOLE = 4 /* it is one record */
};

struct ingest_body {
    const struct format_def *format;
    const struct decoder *decoder; /* of a format whose records find their own end */
    uint32_t kind;                 /* another number than above: WHOLE */
    struct slice bytes;
    size_t at;       /* of the next record; 0: at the beginning */
    uint32_t record; /* its number, from 0 */
};

/* By format and the header 'Content-Type', whose p may be NULL. */
enum ingest_body_kind ingest_body_kind(const struct format_def *format, struct slice content_type);

/* The type by which bodies of a format are posted, */
const char *ingest_body_type(const struct format_def *format);
/* and whether a body of this type may be one. No type and general ones, such as the one that
 * curl -d sends, say nothing and fit. */
bool ingest_body_type_fits(const struct format_def *format, struct slice content_type);

/* Up to `max` of the records at `at`, without the blank ones; fewer: that was all. */
uint32_t ingest_body_next(struct ingest_body *b, struct slice *records, uint32_t max);

/* How many there are. An array that is none to its end becomes WHOLE: one bad record. */
uint32_t ingest_body_count(struct ingest_body *b);

/* ---- event time: the column of WATERMARK FOR, where it is one of the body's own */

uint32_t ingest_event_time(const struct schema *schema); /* UINT32_MAX: none */
/* Is it NULL in a row from `first` on? */
bool ingest_lacks_time(const struct batch *b, uint32_t first, uint32_t column);
void ingest_bad_time(struct bad_records *bad, uint32_t column); /* notes record 0 */
