/* Types and values as text: a type on the first line, JSON behind it. What is read must print and
 * read back equal. */
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/str.h"
#include "type/value.h"

enum { PRINT_MAX = 1 << 22 };

static void check_type(struct arena *a, const struct type *t)
{
    struct buf b;
    const struct type *back;
    buf_init(&b, PRINT_MAX);
    type_print(t, true, &b);
    if (!b.overflow) {
        struct err *e = type_parse(a, buf_slice(&b), &back);
        ASSERT(!e && type_equal(t, back));
    }
    buf_free(&b);
}

static void check_value(struct arena *a, const struct type *t, struct slice json)
{
    struct value v, back;
    struct buf b;
    struct err *e = value_from_json(a, t, json, NULL, &v);
    err_free(e);
    if (e) return;
    buf_init(&b, PRINT_MAX);
    value_print(t, &v, NULL, &b);
    buf_clear(&b);
    value_to_json(t, &v, NULL, &b);
    if (!b.overflow) {
        e = value_from_json(a, t, buf_slice(&b), NULL, &back);
        ASSERT(!e && value_equal(t, &v, &back));
    }
    buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    const char *end = size ? memchr(text, '\n', size) : NULL;
    if (!end || size > 1 << 16) return 0;
    struct arena *a = arena_new(1 << 16);
    const struct type *t;
    struct err *e = type_parse(a, (struct slice){text, (size_t)(end - text)}, &t);
    err_free(e);
    if (!e) {
        check_type(a, t);
        check_value(a, t, (struct slice){end + 1, size - (size_t)(end + 1 - text)});
    }
    arena_free(a);
    return 0;
}
