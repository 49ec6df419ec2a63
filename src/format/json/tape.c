#include "format/json/tape.h"

#include "base/check.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/utf8.h"
#include "format/json/simdjson_shim.h"

void tape_init(struct tape *t)
{
    memset(t, 0, sizeof *t);
    t->shim = simdjson_shim_new();
    ASSERT(t->shim);
    buf_init(&t->masked, TAPE_RECORD_BYTES_MAX + TAPE_PADDING);
}

void tape_deinit(struct tape *t)
{
    simdjson_shim_free(t->shim);
    buf_free(&t->masked);
}

/* Control characters inside strings are rare: a copy without them has its tokens at the same
 * places. */
static enum simdjson_shim_result scan_masked(struct tape *t)
{
    static const char padding[TAPE_PADDING];
    buf_clear(&t->masked);
    buf_add(&t->masked, t->p, t->n);
    buf_add(&t->masked, padding, sizeof padding);
    if (t->masked.overflow) return SIMDJSON_SHIM_FAILED;
    for (size_t i = 0; i < t->n; i++)
        if ((unsigned char)t->masked.p[i] < 0x20) t->masked.p[i] = ' ';
    return simdjson_shim_scan(t->shim, t->masked.p, t->n, &t->tokens, &t->count);
}

static size_t find_bad_utf8(struct slice s)
{
    size_t at = 0;
    while (at < s.n) {
        uint32_t c;
        size_t n = utf8_decode((struct slice){s.p + at, s.n - at}, &c);
        if (c == UTF8_REPLACEMENT && !utf8_valid((struct slice){s.p + at, n})) break;
        at += n;
    }
    return at;
}

enum tape_start tape_start(struct tape *t, struct slice record)
{
    if (record.n >= 3 && memcmp(record.p, "\xef\xbb\xbf", 3) == 0) { /* byte order mark */
        record.p += 3;
        record.n -= 3;
    }
    t->p = record.p;
    t->n = record.n;
    t->next = t->depth = 0;
    t->escapes = memchr(record.p, '\\', record.n) != NULL;
    if (record.n == 0) return TAPE_NOTHING;
    if (record.n > TAPE_RECORD_BYTES_MAX) {
        tape_fail(t, 0, "the record is longer than 8 MiB");
        return TAPE_BAD;
    }
    enum simdjson_shim_result r = simdjson_shim_scan(t->shim, t->p, t->n, &t->tokens, &t->count);
    if (r == SIMDJSON_SHIM_CONTROL_CHARACTER) r = scan_masked(t);
    switch (r) {
    case SIMDJSON_SHIM_OK: return TAPE_TOKENS;
    case SIMDJSON_SHIM_EMPTY: return TAPE_NOTHING;
    case SIMDJSON_SHIM_UTF8: tape_fail(t, find_bad_utf8(record), "invalid UTF-8"); return TAPE_BAD;
    case SIMDJSON_SHIM_UNCLOSED_STRING:
        tape_fail(t, record.n, "a string is not closed");
        return TAPE_BAD;
    case SIMDJSON_SHIM_CONTROL_CHARACTER:
    case SIMDJSON_SHIM_FAILED: tape_fail(t, 0, "the record cannot be scanned"); return TAPE_BAD;
    }
    UNREACHABLE();
}

/* ---- texts */

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* End of what begins at token `next`: where the following token begins, blanks taken off. */
static size_t token_end(const struct tape *t)
{
    size_t end = t->tokens[t->next + 1];
    while (is_space(t->p[end - 1])) end--;
    return end;
}

static bool read_hex4(const char *p, uint32_t *out)
{
    uint32_t v = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A') + 10
                                                : 16;
        if (digit > 15) return false;
        v = v << 4 | digit;
    }
    *out = v;
    return true;
}

bool tape__check_escapes(struct tape *t, struct slice raw)
{
    const char *p = raw.p, *end = raw.p + raw.n;
    while ((p = memchr(p, '\\', (size_t)(end - p)))) {
        uint32_t unit;
        size_t at = (size_t)(p - t->p);
        if (p + 1 < end && p[1] == 'u') {
            if (end - p < 6 || !read_hex4(p + 2, &unit))
                return tape_fail(t, at, "\\u needs four hexadecimal digits");
            p += 6;
        } else if (p + 1 < end && strchr("\"\\/bfnrt", p[1]) && p[1]) {
            p += 2;
        } else {
            return tape_fail(t, at, "unknown escape in a string");
        }
    }
    return true;
}

/* \uXXXX at p, with its second half if it is a surrogate pair; returns the bytes read. */
static size_t unescape_unit(const char *p, const char *end, char *out, size_t *written)
{
    uint32_t unit = 0, low = 0;
    read_hex4(p + 2, &unit);
    if (unit >= 0xd800 && unit <= 0xdbff && end - p >= 12 && p[6] == '\\' && p[7] == 'u' &&
        read_hex4(p + 8, &low) && low >= 0xdc00 && low <= 0xdfff) {
        *written = utf8_encode(out, 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
        return 12;
    }
    *written = 1;
    if (unit >= 0xd800 && unit <= 0xdfff)
        *out = '?';
    else
        *written = utf8_encode(out, unit);
    return 6;
}

size_t tape_unescape(struct slice raw, char *out)
{
    const char *p = raw.p, *end = raw.p + raw.n;
    char *o = out;
    while (p < end) {
        const char *slash = memchr(p, '\\', (size_t)(end - p));
        size_t plain = (size_t)((slash ? slash : end) - p);
        memcpy(o, p, plain);
        o += plain;
        if (!slash) break;
        p = slash;
        if (p[1] == 'u') {
            size_t written;
            p += unescape_unit(p, end, o, &written);
            o += written;
            continue;
        }
        static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
        const char *known = strchr(from, p[1]);
        *o++ = known ? to[known - from] : p[1];
        p += 2;
    }
    return (size_t)(o - out);
}

struct slice tape_scalar(struct tape *t)
{
    size_t begin = t->tokens[t->next], end = token_end(t);
    t->next++;
    return (struct slice){t->p + begin, end - begin};
}

/* ---- numbers */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits at *p up to end; they are appended to n->digits as long as 19 of them fit. */
static int32_t take_digits(const char **p, const char *end, struct tape_number *n, int *used)
{
    int32_t count = 0;
    uint64_t v = n->digits;
    for (; *p < end && is_digit(**p); (*p)++, count++) {
        if (*used < 19) {
            v = v * 10 + (uint64_t)(**p - '0');
            *used += v != 0;
        } else {
            n->exact = false;
        }
    }
    n->digits = v;
    return count;
}

static bool take_exponent(const char **p, const char *end, struct tape_number *n)
{
    const char *q = *p + 1;
    bool negative = q < end && *q == '-';
    if (q < end && (*q == '-' || *q == '+')) q++;
    int64_t e = 0;
    const char *first = q;
    for (; q < end && is_digit(*q); q++)
        if (e < 100000) e = e * 10 + (*q - '0');
    if (q == first) return false;
    n->exponent += (int32_t)(negative ? -e : e);
    n->fraction = true;
    *p = q;
    return true;
}

bool tape_number(struct slice text, struct tape_number *out)
{
    const char *p = text.p, *end = text.p + text.n;
    if (text.n > TAPE_NUMBER_CHARS_MAX) return false;
    *out = (struct tape_number){.exact = true};
    int used = 0;
    if (p < end && *p == '-') {
        out->negative = true;
        p++;
    }
    const char *first = p;
    int32_t digits = take_digits(&p, end, out, &used);
    if (digits == 0 || (digits > 1 && *first == '0')) return false;
    if (p < end && *p == '.') {
        p++;
        int32_t fraction = take_digits(&p, end, out, &used);
        if (fraction == 0) return false;
        out->exponent = -fraction;
        out->fraction = true;
    }
    if (p < end && (*p == 'e' || *p == 'E') && !take_exponent(&p, end, out)) return false;
    return p == end;
}

/* Clinger's fast path: both factors are exact, so one rounding is the right one. */
double tape_number_double(struct slice text, const struct tape_number *n)
{
    static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (n->exact && n->digits <= UINT64_C(1) << 53 && n->exponent >= -22 && n->exponent <= 22) {
        double v = (double)n->digits;
        v = n->exponent < 0 ? v / powers[-n->exponent] : v * powers[n->exponent];
        return n->negative ? -v : v;
    }
    double v = 0;
    ASSERT(num_parse_double(text, &v));
    return v;
}

float tape_number_float(struct slice text, const struct tape_number *n)
{
    static const float powers[] = {
        1e0F, 1e1F, 1e2F, 1e3F, 1e4F, 1e5F, 1e6F, 1e7F, 1e8F, 1e9F, 1e10F};
    if (n->exact && n->digits <= UINT64_C(1) << 24 && n->exponent >= -10 && n->exponent <= 10) {
        float v = (float)n->digits;
        v = n->exponent < 0 ? v / powers[-n->exponent] : v * powers[n->exponent];
        return n->negative ? -v : v;
    }
    float v = 0;
    ASSERT(num_parse_float(text, &v));
    return v;
}

/* ---- whole values */

static bool check_scalar(struct tape *t)
{
    size_t offset = tape_offset(t);
    struct slice text = tape_scalar(t);
    struct tape_number number;
    bool good;
    switch (text.p[0]) {
    case 't': good = slice_eq(text, SLICE("true")); break;
    case 'f': good = slice_eq(text, SLICE("false")); break;
    case 'n': good = slice_eq(text, SLICE("null")); break;
    default:
        if (text.n > TAPE_NUMBER_CHARS_MAX)
            return tape_fail(t, offset, "a number is longer than 128 characters");
        good = tape_number(text, &number);
    }
    return good || tape_fail(t, offset, "not a JSON value");
}

/* Key and colon of an object's member. */
static bool skip_key(struct tape *t)
{
    if (tape_peek(t) != '"') return tape_fail_here(t, "a member's name in quotes is missing");
    struct slice raw = tape_string(t);
    if (raw.n > TAPE_KEY_BYTES_MAX) return tape_fail_here(t, "a name is longer than 64 KiB");
    if (!tape_check_escapes(t, raw)) return false;
    return tape_take(t, ':') || tape_fail_here(t, "':' is missing after a name");
}

/* One step of a walk: an opening bracket, or a scalar. *opened is set for a bracket. */
static bool skip_start(struct tape *t, bool *opened)
{
    char c = tape_peek(t);
    *opened = c == '{' || c == '[';
    if (*opened) {
        t->next++;
        return true;
    }
    if (c == '"') return tape_check_escapes(t, tape_string(t));
    if (c == '\0' || c == '}' || c == ']' || c == ',' || c == ':')
        return tape_fail_here(t, "a value is missing");
    return check_scalar(t);
}

/* Where the walk stands inside the brackets. */
struct level {
    bool object;
    uint32_t members;
};

/* After an opening bracket or a value: closes levels, or moves on to the next value. */
static bool skip_between(struct tape *t, struct level *levels, uint32_t base, bool first)
{
    while (t->depth > base) {
        struct level *level = &levels[t->depth - base - 1];
        if (tape_take(t, level->object ? '}' : ']')) {
            t->depth--;
            first = false;
            continue;
        }
        if (!first && !tape_take(t, ','))
            return tape_fail_here(
                t, level->object ? "',' or '}' is missing" : "',' or ']' is missing");
        if (!level->object) return true;
        if (++level->members > TAPE_MEMBERS_MAX)
            return tape_fail_here(t, "an object has more than 10000 members");
        return skip_key(t);
    }
    return true;
}

bool tape__skip(struct tape *t)
{
    struct level levels[TAPE_DEPTH_MAX];
    uint32_t base = t->depth;
    do {
        bool opened, object = tape_peek(t) == '{';
        if (!skip_start(t, &opened)) return false;
        if (opened) {
            if (t->depth == TAPE_DEPTH_MAX)
                return tape_fail_here(t, "nested deeper than 64 levels");
            levels[t->depth - base] = (struct level){object, 0};
            t->depth++;
        }
        if (!skip_between(t, levels, base, opened)) return false;
    } while (t->depth > base);
    return true;
}

/* A scalar as Jackson's tree prints it: numbers with a fraction are doubles. */
static void render_scalar(struct slice text, struct buf *out)
{
    struct tape_number n;
    if (text.p[0] == 't' || text.p[0] == 'f' || text.p[0] == 'n' || !tape_number(text, &n) ||
        !n.fraction) {
        buf_add_slice(out, text);
        return;
    }
    char number[NUM_DOUBLE_CHARS];
    buf_add(out, number, num_format_double(number, tape_number_double(text, &n)));
}

static void render_string(const struct tape *t, struct slice raw, struct buf *out)
{
    if (!tape_has_escapes(t, raw)) {
        json_write_string(out, raw);
        return;
    }
    char *text = mem_alloc(raw.n + 1);
    json_write_string(out, (struct slice){text, tape_unescape(raw, text)});
    mem_free(text);
}

bool tape_render(struct tape *t, struct buf *out)
{
    uint32_t first = t->next;
    if (!tape_skip(t)) return false; /* checked as a whole, so the rest need not */
    uint32_t end = t->next;
    for (t->next = first; t->next < end;) {
        char c = tape_peek(t);
        if (c == '"') {
            render_string(t, tape_string(t), out);
        } else if (strchr("{}[],:", c)) {
            buf_add_char(out, c);
            t->next++;
        } else {
            render_scalar(tape_scalar(t), out);
        }
    }
    return true;
}

bool tape_finish(struct tape *t)
{
    return t->next == t->count || tape_fail_here(t, "something follows the end of the record");
}
