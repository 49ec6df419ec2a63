/* csv.h - private to format/csv: options, and the fields of a record as Jackson's CSV parser finds
 * them. */
#pragma once
#include "format/format.h"

extern const struct option_def csv_options[];

/* -1: there is none. */
struct csv_dialect {
    char delimiter;
    int quote;
    int escape;
    bool comments;
    bool trim;
    bool ignore_errors;
    bool ignore_extra;
    bool trailing_comma;
    bool fail_on_missing;
    bool empty_is_null;
    bool plain_decimals;
    bool has_null;
    struct slice null_text;         /* in the options, or in the arena of whoever asked */
    struct slice element_delimiter; /* of arrays and rows */
};

/* Reads the options; the texts are copied to a. */
struct csv_dialect csv_dialect(const struct options *o, struct arena *a);

enum { CSV_FIELD_BYTES_MAX = 1 << 20, CSV_FIELDS_MAX = 4096, CSV_RECORD_BYTES_MAX = 8 << 20 };

struct csv_field {
    struct slice text;
    uint32_t offset; /* in the record */
};

/* Splits records one after the other; unescaped texts go to the arena given. */
struct csv_splitter {
    struct csv_dialect dialect;
    struct csv_field fields[CSV_FIELDS_MAX];
    uint32_t count;
    bool last_is_blank; /* the last field is empty or blanks: a trailing comma stood before it */
    const char *reason; /* static text */
    size_t offset;
};

enum csv_split { CSV_FIELDS, CSV_NOTHING, CSV_MALFORMED };
enum csv_split csv_split(struct csv_splitter *s, struct slice record, struct arena *a);

size_t csv_record_end(const struct decoder *d, struct slice bytes);
MUST_USE struct err *csv_decoder_new(const struct format_params *p, struct decoder **out);
MUST_USE struct err *csv_decode(struct decoder *d, const struct slice *records, uint32_t count,
    struct batch *out, struct bad_records *bad, uint64_t *skipped);
void csv_decoder_free(struct decoder *d);
MUST_USE struct err *csv_encoder_new(const struct format_params *p, struct encoder **out);
MUST_USE struct err *csv_encode(struct encoder *e, const struct batch *b, uint32_t first,
    uint32_t count, struct buf *out, size_t *ends);
void csv_encoder_free(struct encoder *e);
