/* LIKE: % stands for any text, _ for one character; an escape character only if one is given. The
 * pattern becomes a list of parts between the %, each found as early as possible: no backtracking
 * beyond a part, so time is bounded by the product of both lengths. */
#include "base/arena.h"
#include "base/check.h"
#include "base/utf8.h"
#include "func/infer.h"

enum { PATTERN_MAX = 1 << 16, ANY_CHARACTER = 256 };

/* Bytes of one part, ANY_CHARACTER for each _. */
struct part {
    const uint16_t *units;
    uint32_t count;
    bool plain; /* no _: `text` is the part */
    struct slice text;
};

struct pattern {
    struct part *parts;
    uint32_t part_count; /* one more than there are % */
    struct slice source; /* what it was made from */
    bool valid;
};

struct like {
    struct pattern pattern;
    bool is_literal;
    struct arena *arena; /* of the current pattern when it is no literal */
};

static struct err *bad_escape(struct slice pattern, size_t at)
{
    return ERR(
        ERR_INVALID_VALUE, "Invalid escape sequence '%.*s', %zu", (int)pattern.n, pattern.p, at);
}

static void close_part(struct arena *a, struct pattern *p, uint16_t *units, uint32_t count)
{
    struct part *part = &p->parts[p->part_count++];
    char *text = arena_alloc(a, count + 1);
    *part = (struct part){.units = units, .count = count, .plain = true};
    for (uint32_t i = 0; i < count; i++) {
        part->plain = part->plain && units[i] != ANY_CHARACTER;
        text[i] = (char)units[i];
    }
    part->text = (struct slice){text, count};
}

/* escape is empty when there is none. */
static struct err *parse(struct arena *a, struct slice text, struct slice escape, struct pattern *p)
{
    if (text.n > PATTERN_MAX)
        FAIL(ERR_LIMIT_EXCEEDED, "LIKE pattern of %zu bytes, at most %d are allowed", text.n,
            PATTERN_MAX);
    size_t parts = 1;
    for (size_t i = 0; i < text.n; i++) parts += text.p[i] == '%';
    *p = (struct pattern){.parts = ARENA_ARRAY(a, struct part, parts), .source = text};
    uint16_t *units = ARENA_ARRAY(a, uint16_t, text.n + 1);
    uint32_t count = 0;
    for (size_t i = 0; i < text.n; i++) {
        bool escaped =
            escape.n && text.n - i >= escape.n && memcmp(text.p + i, escape.p, escape.n) == 0;
        if (escaped) {
            size_t at = i;
            i += escape.n;
            if (i == text.n) return bad_escape(text, at);
            bool itself = text.n - i >= escape.n && memcmp(text.p + i, escape.p, escape.n) == 0;
            if (text.p[i] != '%' && text.p[i] != '_' && !itself) return bad_escape(text, at);
            units[count++] = (unsigned char)text.p[i];
        } else if (text.p[i] == '%') {
            close_part(a, p, units, count);
            units += count;
            count = 0;
        } else {
            units[count++] = text.p[i] == '_' ? ANY_CHARACTER : (unsigned char)text.p[i];
        }
    }
    close_part(a, p, units, count);
    p->valid = true;
    return NULL;
}

/* Bytes that the part takes at the start of s, or SIZE_MAX when it does not match there. */
static size_t match_here(const struct part *part, struct slice s)
{
    if (part->plain)
        return s.n >= part->text.n && memcmp(s.p, part->text.p, part->text.n) == 0 ? part->text.n
                                                                                   : SIZE_MAX;
    size_t at = 0;
    for (uint32_t i = 0; i < part->count; i++) {
        if (at >= s.n) return SIZE_MAX;
        if (part->units[i] == ANY_CHARACTER) {
            at += utf8_step(s.p[at]);
        } else if ((unsigned char)s.p[at++] != part->units[i]) {
            return SIZE_MAX;
        }
    }
    return at <= s.n ? at : SIZE_MAX;
}

static struct slice skip(struct slice s, size_t bytes)
{
    return (struct slice){s.p + bytes, s.n - bytes};
}

/* Cuts s after the first place where the part matches. */
static bool find_part(const struct part *part, struct slice *s)
{
    if (part->count == 0) return true;
    if (part->plain) {
        const char *at = memmem(s->p, s->n, part->text.p, part->text.n);
        if (!at) return false;
        *s = skip(*s, (size_t)(at - s->p) + part->text.n);
        return true;
    }
    for (size_t i = 0; i < s->n; i += utf8_step(s->p[i])) {
        size_t taken = match_here(part, skip(*s, i));
        if (taken == SIZE_MAX) continue;
        *s = skip(*s, i + taken);
        return true;
    }
    return false;
}

/* Does the part match at the very end? With _ its width in bytes is not known before. */
static bool match_end(const struct part *part, struct slice s)
{
    if (part->plain)
        return s.n >= part->text.n &&
               memcmp(s.p + s.n - part->text.n, part->text.p, part->text.n) == 0;
    for (size_t i = 0; i < s.n; i += utf8_step(s.p[i]))
        if (match_here(part, skip(s, i)) == s.n - i) return true;
    return false;
}

static bool matches(const struct pattern *p, struct slice s)
{
    size_t taken = match_here(&p->parts[0], s);
    if (taken == SIZE_MAX) return false;
    if (p->part_count == 1) return taken == s.n;
    s = skip(s, taken);
    for (uint32_t i = 1; i + 1 < p->part_count; i++)
        if (!find_part(&p->parts[i], &s)) return false;
    return match_end(&p->parts[p->part_count - 1], s);
}

static struct err *check_escape(struct slice escape)
{
    if (escape.n == 0 || utf8_count(escape) != 1)
        FAIL(ERR_INVALID_VALUE, "Invalid escape character '%.*s'", (int)escape.n, escape.p);
    return NULL;
}

static struct err *open_like(struct func_call *call)
{
    enum { PATTERN_ARENA_BYTES = 1024 };
    struct like *like = ARENA_NEW(call->arena, struct like);
    const struct value *pattern = call->literals[1];
    const struct value *escape = call->arg_count == 3 ? call->literals[2] : NULL;
    bool constant = pattern && (call->arg_count == 2 || escape);
    if (constant && !pattern->null && !(escape && escape->null)) {
        like->is_literal = true;
        struct slice none = {NULL, 0};
        if (escape) TRY(check_escape(escape->text));
        TRY(parse(call->arena, pattern->text, escape ? escape->text : none, &like->pattern));
    }
    call->state = like;
    if (!like->is_literal) like->arena = arena_new(PATTERN_ARENA_BYTES);
    return NULL;
}

static void close_like(struct func_call *call)
{
    struct like *like = call->state;
    if (like && like->arena) arena_free(like->arena);
}

/* Parses the row's pattern unless it is the one of the row before. */
static struct err *use_pattern(struct func_frame *f, struct like *like, uint32_t row)
{
    struct slice text = str_slice(&((const struct str *)f->args[1]->data)[row]);
    struct slice escape = {NULL, 0};
    bool has_escape = f->call->arg_count == 3;
    if (has_escape) escape = str_slice(&((const struct str *)f->args[2]->data)[row]);
    if (like->pattern.valid && !has_escape && slice_eq(like->pattern.source, text)) return NULL;
    like->pattern.valid = false;
    arena_reset(like->arena);
    if (has_escape) TRY(check_escape(escape));
    return parse(like->arena, slice_copy(like->arena, text), escape, &like->pattern);
}

static struct err *eval(struct func_frame *f)
{
    struct like *like = f->call->state;
    const struct str *in = f->args[0]->data;
    uint8_t *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) {
        if (!like->is_literal) {
            struct err *e = use_pattern(f, like, row);
            if (e) {
                f->error_row = row;
                return e;
            }
        }
        out[row] = matches(&like->pattern, str_slice(&in[row]));
    }
    return NULL;
}

static const struct func_signature signatures[] = {
    {"STRING, STRING, STRING? -> BOOLEAN", NULL},
    {NULL, NULL},
};

const struct func_def func_like = {
    .name = "LIKE",
    .flags = FUNC_STRICT | FUNC_OPERATOR,
    .signatures = signatures,
    .eval = eval,
    .open = open_like,
    .close = close_like,
    .signature_doc = "s LIKE pattern [ESCAPE c]",
    .doc =
        "TRUE when the whole of s matches: % stands for any text, _ for one character. There is no "
        "escape character unless one is given.",
    .example = "'abc' LIKE 'a%' → TRUE",
};
