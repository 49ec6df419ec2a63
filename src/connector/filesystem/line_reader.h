/* line_reader.h - the records of a part of a file, a batch at a time. A record begins where the one
 * before it ended, and belongs to the part in which it begins. */
#pragma once
#include "connector/filesystem/byte_reader.h"

enum { LINE_RECORD_BYTES_MAX = 8 << 20 };

struct line_reader {
    struct byte_reader *bytes;
    const struct format_def *format;
    const struct decoder *decoder;
    char *buffer; /* LINE_PADDING readable bytes follow */
    size_t capacity;
    size_t begin, end; /* not yet given */
    uint64_t offset;   /* of buffer[begin] in the file: the position */
    uint64_t stop;     /* no record that begins at or after it; UINT64_MAX: the file's end */
    uint64_t line;     /* number of the next record, from 1 */
    bool file_ended;
    uint64_t oversized; /* records passed over because they were too long, so far */
    char *head;         /* the first bytes of the last of them; NULL: nobody asked */
    size_t head_bytes, head_bytes_max;
};

/* Reads records that begin in [offset, stop). aligned: a record begins exactly at offset; otherwise
 * reading begins after the first line end at or after offset - 1. */
MUST_USE struct err *line_reader_open(struct line_reader *r, struct env *env, const char *path,
    uint64_t offset, uint64_t stop, bool aligned, const struct format_def *format,
    const struct decoder *decoder);
/* From now on the first bytes of a record that is passed over are kept. */
void line_reader_keep_heads(struct line_reader *r, size_t bytes);
void line_reader_close(struct line_reader *r);

/* Up to `max` records; they stay valid until the next call. *count = 0 with *ended = false: call
 * again (a record that was too long has been passed over). Records longer than
 * LINE_RECORD_BYTES_MAX are passed over with skip_oversized, else ERR_BAD_RECORD. */
MUST_USE struct err *line_reader_next(struct line_reader *r, struct slice *records, uint32_t max,
    bool skip_oversized, uint32_t *count, bool *ended);
