#include "http/uri.h"

#include <string.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

size_t uri__decode(char *p, size_t n, bool plus_is_blank)
{
    size_t out = 0;
    for (size_t i = 0; i < n; i++) {
        char c = p[i];
        if (c == '%') {
            if (n - i < 3) return SIZE_MAX;
            int high = hex_digit(p[i + 1]), low = hex_digit(p[i + 2]);
            if (high < 0 || low < 0) return SIZE_MAX;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus_is_blank) {
            c = ' ';
        }
        if (c == '\0') return SIZE_MAX;
        p[out++] = c;
    }
    return out;
}

bool uri__path_is_plain(struct slice path)
{
    if (path.n == 0 || path.p[0] != '/') return false;
    for (size_t i = 1; i <= path.n;) {
        const char *end = memchr(path.p + i, '/', path.n - i);
        size_t n = end ? (size_t)(end - path.p) - i : path.n - i;
        struct slice segment = {path.p + i, n};
        if (n == 0 && end) return false;
        if (slice_eq(segment, SLICE(".")) || slice_eq(segment, SLICE(".."))) return false;
        i += n + 1;
    }
    return true;
}

bool uri__value_climbs(struct slice value)
{
    return slice_eq(value, SLICE(".")) || slice_eq(value, SLICE("..")) ||
           memchr(value.p, '/', value.n) || memchr(value.p, '\\', value.n);
}

static struct slice segment_of(struct slice *rest)
{
    const char *end = memchr(rest->p, '/', rest->n);
    struct slice segment = {rest->p, end ? (size_t)(end - rest->p) : rest->n};
    rest->p += segment.n;
    rest->n -= segment.n;
    return segment;
}

bool uri__match(const char *pattern, struct slice path, struct slice *values, uint32_t *count)
{
    struct slice wanted = slice_of(pattern);
    *count = 0;
    while (wanted.n > 0 && path.n > 0) {
        if (*wanted.p != '/' || *path.p != '/') return false;
        wanted.p++, wanted.n--;
        path.p++, path.n--;
        struct slice want = segment_of(&wanted), have = segment_of(&path);
        if (want.n > 0 && want.p[0] == ':') {
            if (have.n == 0 || *count == HTTP_PARAMETERS_MAX) return false;
            values[(*count)++] = have;
        } else if (!slice_eq(want, have)) {
            return false;
        }
    }
    return wanted.n == 0 && path.n == 0;
}

static bool is_port(struct slice s)
{
    if (s.n == 0 || s.n > 5) return false;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9') return false;
    return true;
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
}

bool uri__host_name(struct slice host, struct slice *name)
{
    size_t end = 0;
    if (host.n > 0 && host.p[0] == '[') {
        const char *close = memchr(host.p, ']', host.n);
        if (!close) return false;
        end = (size_t)(close - host.p) + 1;
        for (size_t i = 1; i + 1 < end; i++)
            if (hex_digit(host.p[i]) < 0 && host.p[i] != ':' && host.p[i] != '.') return false;
        *name = (struct slice){host.p + 1, end - 2};
    } else {
        while (end < host.n && is_name_char(host.p[end])) end++;
        *name = (struct slice){host.p, end};
    }
    if (name->n == 0) return false;
    if (end == host.n) return true;
    return host.p[end] == ':' && is_port((struct slice){host.p + end + 1, host.n - end - 1});
}

bool uri__query_parse(char *p, size_t n, struct uri_pair *pairs, uint32_t max, uint32_t *count)
{
    *count = 0;
    for (char *end = p + n; p < end;) {
        char *and = memchr(p, '&', (size_t)(end - p));
        char *stop = and? and : end;
        char *equals = memchr(p, '=', (size_t)(stop - p));
        size_t name_bytes = (size_t)((equals ? equals : stop) - p);
        char *value = equals ? equals + 1 : stop;
        size_t name = uri__decode(p, name_bytes, true);
        size_t text = uri__decode(value, (size_t)(stop - value), true);
        if (name == SIZE_MAX || text == SIZE_MAX || *count == max) return false;
        pairs[(*count)++] = (struct uri_pair){{p, name}, {value, text}};
        p = stop + 1;
    }
    return true;
}
