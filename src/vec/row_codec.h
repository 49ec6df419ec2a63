/* row_codec.h - rows and values as bytes: what state keeps of a row, and what snapshots hold.
 * Layout of one value: 1 byte 0 (NULL) or 1, then fixed types raw little-endian, strings as u32
 * size and bytes, spans as u32 count and the elements (key and value in turn), rows as their
 * fields. A row is its values in order. Writers check buf.overflow once at their end. */
#pragma once
#include "base/str.h"
#include "vec/batch.h"

void row_encode_value(const struct column *c, uint32_t row, struct buf *out);
void row_encode(const struct batch *b, uint32_t row, struct buf *out);
/* A bounds-checked cursor over untrusted bytes. */
struct reader {
    const unsigned char *at;
    const unsigned char *end;
};
MUST_USE struct err *row_decode_value(
    struct reader *r, struct column *c, uint32_t row, struct arena *a);
/* Decodes into row `row` of each column. Bytes from outside are checked: ERR_CORRUPT. */
MUST_USE struct err *row_decode(
    struct reader *r, struct column *const *columns, uint32_t count, uint32_t row, struct arena *a);
MUST_USE struct err *reader_u8(struct reader *r, uint8_t *out);
MUST_USE struct err *reader_u32(struct reader *r, uint32_t *out);
MUST_USE struct err *reader_u64(struct reader *r, uint64_t *out);
MUST_USE struct err *reader_bytes(struct reader *r, size_t n, struct slice *out); /* borrowed */
MUST_USE struct err *reader_slice(struct reader *r, struct slice *out); /* u32 size first */
void buf_add_u8(struct buf *b, uint8_t v);
void buf_add_u32(struct buf *b, uint32_t v);
void buf_add_u64(struct buf *b, uint64_t v);
void buf_add_sized(struct buf *b, struct slice s); /* u32 size first */
