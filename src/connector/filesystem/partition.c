#include "connector/filesystem/partition.h"

#include "base/arena.h"
#include "type/value.h"

static bool is_special(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f || (c && strchr("\"#%'*/:=?\\{[]^", c));
}

static void write_escaped(struct slice s, struct buf *out)
{
    for (size_t i = 0; i < s.n; i++) {
        if (is_special(s.p[i]))
            buf_printf(out, "%%%02X", (unsigned)(unsigned char)s.p[i]);
        else
            buf_add_char(out, s.p[i]);
    }
}

void partition_write_value(const struct column *c, uint32_t row, struct slice default_name,
    const struct time_zone *zone, struct buf *out)
{
    struct arena *a = arena_new(1024);
    struct buf text;
    struct value v;
    buf_init(&text, 1 << 20);
    column_get_value(c, row, a, &v);
    if (!v.null) value_print(c->type, &v, zone, &text);
    /* Java's toString of a Boolean, where CAST would give "TRUE". */
    if (!v.null && c->type->kind == TYPE_BOOLEAN) {
        buf_clear(&text);
        buf_add_cstr(&text, v.boolean ? "true" : "false");
    }
    write_escaped(text.n ? buf_slice(&text) : default_name, out);
    buf_free(&text);
    arena_free(a);
}

void partition_write(const struct connector_params *p, struct slice default_name,
    const struct batch *b, uint32_t row, struct buf *out)
{
    for (uint32_t i = 0; i < p->partition_key_count; i++) {
        uint32_t at = p->partition_keys[i];
        write_escaped(p->table_schema->fields[at].name, out);
        buf_add_char(out, '=');
        partition_write_value(b->columns[at], row, default_name, p->zone, out);
        buf_add_char(out, '/');
    }
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static struct slice unescape(struct arena *a, struct slice s)
{
    char *out = arena_alloc(a, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        int high = s.p[i] == '%' && i + 2 < s.n ? hex_digit(s.p[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(s.p[i + 2]) : -1;
        if (low >= 0) {
            out[n++] = (char)(high * 16 + low);
            i += 2;
        } else {
            out[n++] = s.p[i];
        }
    }
    return (struct slice){out, n};
}

bool partition_find(struct arena *a, struct slice path, struct slice key, struct slice *value)
{
    while (path.n) {
        const char *slash = memchr(path.p, '/', path.n);
        if (!slash) return false; /* the last name is the file's */
        struct slice part = {path.p, (size_t)(slash - path.p)};
        const char *equals = memchr(part.p, '=', part.n);
        if (equals) {
            size_t n = (size_t)(equals - part.p);
            if (slice_eq(unescape(a, (struct slice){part.p, n}), key)) {
                *value = unescape(a, (struct slice){equals + 1, part.n - n - 1});
                return true;
            }
        }
        path.p += part.n + 1;
        path.n -= part.n + 1;
    }
    return false;
}
