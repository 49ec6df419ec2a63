#include "server/writer.h"

#include <inttypes.h>
#include <stdarg.h>

#include "base/json.h"

enum { TEXT_BYTES_MAX = 4096 }; /* of a formatted text; a description of a task may be longer */

/* What stands before a value: a comma unless it is the first of its object or array, and its key.
 */
static void begin(struct buf *out, const char *key)
{
    if (out->n > 0 && !memchr("{[:", out->p[out->n - 1], 3)) buf_add_char(out, ',');
    if (!key) return;
    json_write_string(out, slice_of(key));
    buf_add_char(out, ':');
}

void writer_object(struct buf *out, const char *key)
{
    begin(out, key);
    buf_add_char(out, '{');
}

void writer_array(struct buf *out, const char *key)
{
    begin(out, key);
    buf_add_char(out, '[');
}

void writer_end_object(struct buf *out)
{
    buf_add_char(out, '}');
}

void writer_end_array(struct buf *out)
{
    buf_add_char(out, ']');
}

void writer_text(struct buf *out, const char *key, const char *text)
{
    if (!text) {
        writer_null(out, key);
        return;
    }
    begin(out, key);
    json_write_string(out, slice_of(text));
}

void writer_format(struct buf *out, const char *key, const char *fmt, ...)
{
    char text[TEXT_BYTES_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    writer_text(out, key, text);
}

void writer_i64(struct buf *out, const char *key, int64_t v)
{
    begin(out, key);
    json_write_i64(out, v);
}

void writer_u64(struct buf *out, const char *key, uint64_t v)
{
    begin(out, key);
    buf_printf(out, "%" PRIu64, v);
}

void writer_double(struct buf *out, const char *key, double v)
{
    begin(out, key);
    json_write_double(out, v);
}

void writer_bool(struct buf *out, const char *key, bool v)
{
    begin(out, key);
    buf_add_cstr(out, v ? "true" : "false");
}

void writer_null(struct buf *out, const char *key)
{
    begin(out, key);
    buf_add_cstr(out, "null");
}
