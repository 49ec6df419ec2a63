#include "base/json.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/num.h"
#include "base/utf8.h"

const char *json_token_name(enum json_token token)
{
    static const char *const names[] = {[JSON_END] = "the end",
        [JSON_OBJECT_BEGIN] = "'{'",
        [JSON_OBJECT_END] = "'}'",
        [JSON_ARRAY_BEGIN] = "'['",
        [JSON_ARRAY_END] = "']'",
        [JSON_KEY] = "a key",
        [JSON_STRING] = "a string",
        [JSON_NUMBER] = "a number",
        [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",
        [JSON_NULL] = "null"};
    return names[token];
}

void json_init(struct json_reader *r, struct slice input, struct arena *arena)
{
    *r = (struct json_reader){.input = input, .arena = arena};
}

static struct text_pos position(const struct json_reader *r)
{
    struct text_pos pos = {.line = 1, .column = 1, .offset = (uint32_t)r->at};
    for (size_t i = 0; i < r->at && i < r->input.n; i++) {
        if (r->input.p[i] == '\n')
            pos.line++, pos.column = 1;
        else if (((unsigned char)r->input.p[i] & 0xc0) != 0x80)
            pos.column++;
    }
    return pos;
}

struct err *json_fail(const struct json_reader *r, const char *fmt, ...)
{
    char message[ERR_MESSAGE_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    FAIL_AT(ERR_SYNTAX, position(r), "JSON: %s", message);
}

static void skip_blanks(struct json_reader *r)
{
    while (r->at < r->input.n) {
        char c = r->input.p[r->at];
        if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return;
        r->at++;
    }
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* Four hex digits at *at. */
static bool read_hex4(struct slice s, size_t *at, uint32_t *out)
{
    uint32_t v = 0;
    if (s.n - *at < 4) return false;
    for (size_t i = 0; i < 4; i++) {
        int digit = hex_digit(s.p[*at + i]);
        if (digit < 0) return false;
        v = v << 4 | (uint32_t)digit;
    }
    *at += 4;
    *out = v;
    return true;
}

/* The escape behind a backslash at *at; surrogates must come in pairs. */
static bool unescape(struct slice s, size_t *at, char *out, size_t *n)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (*at == s.n) return false;
    char c = s.p[(*at)++];
    if (c != 'u') {
        const char *known = memchr(from, c, sizeof from - 1);
        if (!known) return false;
        out[(*n)++] = to[known - from];
        return true;
    }
    uint32_t v, low;
    if (!read_hex4(s, at, &v)) return false;
    if (v >= 0xdc00 && v < 0xe000) return false;
    if (v >= 0xd800 && v < 0xdc00) {
        if (s.n - *at < 6 || s.p[*at] != '\\' || s.p[*at + 1] != 'u') return false;
        *at += 2;
        if (!read_hex4(s, at, &low) || low < 0xdc00 || low >= 0xe000) return false;
        v = 0x10000 + ((v - 0xd800) << 10) + (low - 0xdc00);
    }
    *n += utf8_encode(out + *n, v);
    return true;
}

/* At the opening quote. */
static struct err *read_text(struct json_reader *r)
{
    size_t begin = r->at + 1, end = begin;
    bool escapes = false;
    while (end < r->input.n && r->input.p[end] != '"') {
        if ((unsigned char)r->input.p[end] < ' ') {
            r->at = end;
            return json_fail(r, "control character in a string");
        }
        if (r->input.p[end] == '\\') escapes = true, end++;
        end++;
    }
    if (end >= r->input.n) return json_fail(r, "string without closing quote");
    struct slice raw = {r->input.p + begin, end - begin};
    if (!utf8_valid(raw)) return json_fail(r, "string is not valid UTF-8");
    if (escapes) {
        char *text = arena_alloc(r->arena, raw.n); /* never longer than its escaped form */
        size_t n = 0;
        for (size_t i = 0; i < raw.n;) {
            if (raw.p[i] != '\\') {
                text[n++] = raw.p[i++];
                continue;
            }
            i++;
            r->at = begin + i;
            if (!unescape(raw, &i, text, &n)) return json_fail(r, "invalid escape in a string");
        }
        raw = (struct slice){text, n};
    }
    r->text = raw;
    r->at = end + 1;
    return NULL;
}

static bool digits(struct json_reader *r)
{
    size_t begin = r->at;
    while (r->at < r->input.n && r->input.p[r->at] >= '0' && r->input.p[r->at] <= '9') r->at++;
    return r->at > begin;
}

static bool accept(struct json_reader *r, char c)
{
    if (r->at >= r->input.n || r->input.p[r->at] != c) return false;
    r->at++;
    return true;
}

static struct err *read_number(struct json_reader *r)
{
    size_t begin = r->at;
    accept(r, '-');
    if (!accept(r, '0') && !digits(r)) return json_fail(r, "a digit is expected");
    if (accept(r, '.') && !digits(r)) return json_fail(r, "a digit is expected after the point");
    if (accept(r, 'e') || accept(r, 'E')) {
        if (!accept(r, '-')) accept(r, '+');
        if (!digits(r)) return json_fail(r, "a digit is expected in the exponent");
    }
    r->text = (struct slice){r->input.p + begin, r->at - begin};
    r->token = JSON_NUMBER;
    return NULL;
}

static struct err *read_word(struct json_reader *r)
{
    static const struct {
        struct slice word;
        enum json_token token;
    } words[] = {{{"true", 4}, JSON_TRUE}, {{"false", 5}, JSON_FALSE}, {{"null", 4}, JSON_NULL}};
    for (size_t i = 0; i < 3; i++) {
        struct slice w = words[i].word;
        if (r->input.n - r->at < w.n || memcmp(r->input.p + r->at, w.p, w.n) != 0) continue;
        r->at += w.n;
        r->token = words[i].token;
        return NULL;
    }
    return json_fail(r, "a value is expected");
}

static struct err *begin_nested(struct json_reader *r, bool object)
{
    if (r->depth == JSON_DEPTH_MAX)
        FAIL_AT(ERR_LIMIT_EXCEEDED, position(r), "JSON: nested deeper than %d", JSON_DEPTH_MAX);
    uint64_t bit = UINT64_C(1) << r->depth++;
    r->in_object = object ? r->in_object | bit : r->in_object & ~bit;
    r->at++;
    r->after_value = false;
    r->token = object ? JSON_OBJECT_BEGIN : JSON_ARRAY_BEGIN;
    return NULL;
}

static bool inside_object(const struct json_reader *r)
{
    return r->depth > 0 && (r->in_object >> (r->depth - 1) & 1);
}

/* At the end of an object or array; false when it is another character. */
static bool end_nested(struct json_reader *r)
{
    bool object = inside_object(r);
    if (r->depth == 0 || r->after_key || !accept(r, object ? '}' : ']')) return false;
    r->depth--;
    r->after_value = true;
    r->token = object ? JSON_OBJECT_END : JSON_ARRAY_END;
    return true;
}

static struct err *read_key(struct json_reader *r)
{
    if (r->at >= r->input.n || r->input.p[r->at] != '"')
        return json_fail(r, "a key in quotes is expected");
    TRY(read_text(r));
    skip_blanks(r);
    if (!accept(r, ':')) return json_fail(r, "':' is expected behind a key");
    r->after_key = true;
    r->token = JSON_KEY;
    return NULL;
}

struct err *json_next(struct json_reader *r)
{
    skip_blanks(r);
    if (r->depth == 0 && r->after_value) {
        if (r->at < r->input.n) return json_fail(r, "text behind the document");
        r->token = JSON_END;
        return NULL;
    }
    bool comma = false;
    if (r->after_value) {
        if (end_nested(r)) return NULL;
        if (!accept(r, ','))
            return json_fail(r, "',' or '%c' is expected", inside_object(r) ? '}' : ']');
        comma = true;
        r->after_value = false;
        skip_blanks(r);
    } else if (end_nested(r)) {
        return NULL;
    }
    if (inside_object(r) && !r->after_key) return read_key(r);
    if (r->at >= r->input.n)
        return json_fail(r, comma ? "a value is expected behind ','" : "a value is expected");
    r->after_key = false;
    char c = r->input.p[r->at];
    if (c == '{' || c == '[') return begin_nested(r, c == '{');
    r->after_value = true;
    if (c == '"') {
        r->token = JSON_STRING;
        return read_text(r);
    }
    return c == '-' || (c >= '0' && c <= '9') ? read_number(r) : read_word(r);
}

struct err *json_expect(struct json_reader *r, enum json_token token)
{
    TRY(json_next(r));
    if (r->token != token)
        return json_fail(
            r, "%s is expected, not %s", json_token_name(token), json_token_name(r->token));
    return NULL;
}

struct err *json_skip(struct json_reader *r)
{
    uint32_t depth = r->depth;
    do {
        TRY(json_next(r));
        if (r->token == JSON_END) return json_fail(r, "a value is expected");
    } while (r->depth > depth || r->token == JSON_KEY);
    return NULL;
}

struct err *json_read_string(struct json_reader *r, struct slice *out)
{
    TRY(json_expect(r, JSON_STRING));
    *out = r->text;
    return NULL;
}

struct err *json_read_i64(struct json_reader *r, int64_t *out)
{
    TRY(json_expect(r, JSON_NUMBER));
    if (!num_parse_i64(r->text, out))
        return json_fail(r, "'%.*s' is not a 64-bit integer", slice_shown(r->text), r->text.p);
    return NULL;
}

struct err *json_read_double(struct json_reader *r, double *out)
{
    TRY(json_expect(r, JSON_NUMBER));
    if (!num_parse_double(r->text, out)) return json_fail(r, "the number is too long");
    return NULL;
}

struct err *json_read_bool(struct json_reader *r, bool *out)
{
    TRY(json_next(r));
    if (r->token != JSON_TRUE && r->token != JSON_FALSE)
        return json_fail(r, "true or false is expected, not %s", json_token_name(r->token));
    *out = r->token == JSON_TRUE;
    return NULL;
}

void json_write_string(struct buf *out, struct slice text)
{
    static const char hex[] = "0123456789abcdef";
    size_t begin = 0;
    buf_add_char(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c >= ' ' && c != '"' && c != '\\') continue;
        buf_add(out, text.p + begin, i - begin);
        begin = i + 1;
        char escape[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        const char *known = memchr("\b\f\n\r\t", c, 5);
        if (c == '"' || c == '\\')
            escape[1] = (char)c;
        else if (known)
            escape[1] = "bfnrt"[c == '\b' ? 0 : c == '\f' ? 1 : c == '\n' ? 2 : c == '\r' ? 3 : 4];
        buf_add(out, escape, escape[1] == 'u' ? 6 : 2);
    }
    buf_add(out, text.p + begin, text.n - begin);
    buf_add_char(out, '"');
}

void json_write_double(struct buf *out, double v)
{
    char text[NUM_DOUBLE_CHARS];
    size_t n = num_format_double(text, v);
    bool finite = v - v == 0; /* NaN and Infinity are not 0 here */
    if (!finite) buf_add_char(out, '"');
    buf_add(out, text, n);
    if (!finite) buf_add_char(out, '"');
}

void json_write_i64(struct buf *out, int64_t v)
{
    char text[NUM_I64_CHARS];
    buf_add(out, text, num_format_i64(text, v));
}
