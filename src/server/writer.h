/* writer.h - JSON answers, written front to back. A key of NULL is for members of an array, and for
 * the document itself. Commas come by themselves. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

void writer_object(struct buf *out, const char *key);
void writer_array(struct buf *out, const char *key);
void writer_end_object(struct buf *out);
void writer_end_array(struct buf *out);

void writer_text(struct buf *out, const char *key, const char *text); /* NULL: null */
void writer_format(struct buf *out, const char *key, const char *fmt, ...) PRINTF(3, 4);
void writer_i64(struct buf *out, const char *key, int64_t v);
void writer_u64(struct buf *out, const char *key, uint64_t v);
void writer_double(struct buf *out, const char *key, double v);
void writer_bool(struct buf *out, const char *key, bool v);
void writer_null(struct buf *out, const char *key);
