/* SIMILAR TO: SQL's regular expressions, translated to Java's as Flink does (SqlLikeUtils), over
 * the whole text. Outside of brackets % is any text and _ any character but a line end; $ and
 * \ stand for themselves; everything else is the regular expression's own. */
#include "base/arena.h"
#include "base/utf8.h"
#include "func/func.h"
#include "func/scalar/regex/regex.h"

static const char special[] = "[]()|^-+*_%?{}";

struct translation {
    struct slice source;
    struct slice escape; /* empty when there is none */
    size_t at;
    struct buf out;
};

static struct err *invalid(const struct translation *t)
{
    return ERR(
        ERR_INVALID_VALUE, "Invalid regular expression '%.*s'", (int)t->source.n, t->source.p);
}

static bool is_special(char c)
{
    return c && strchr(special, c);
}

static bool at_escape(const struct translation *t)
{
    return t->escape.n && t->source.n - t->at >= t->escape.n &&
           memcmp(t->source.p + t->at, t->escape.p, t->escape.n) == 0;
}

/* Behind an escape character stands a special one or the escape character itself. */
static struct err *translate_escaped(struct translation *t)
{
    t->at += t->escape.n;
    if (t->at == t->source.n) return invalid(t);
    char c = t->source.p[t->at];
    if (!is_special(c) && !at_escape(t))
        FAIL(ERR_INVALID_VALUE, "Invalid escape sequence '%.*s', %zu", (int)t->source.n,
            t->source.p, t->at - t->escape.n);
    if (is_special(c) && c != '_' && c != '%') buf_add_char(&t->out, '\\');
    size_t size = is_special(c) ? 1 : t->escape.n;
    buf_add(&t->out, t->source.p + t->at, size);
    t->at += size;
    return NULL;
}

/* "[:ALPHA:]" in one case or the other. */
static bool translate_class(struct translation *t)
{
    static const struct {
        const char *sql;
        const char *regex;
    } classes[] = {{"[:ALPHA:]", "[:alpha:]"}, {"[:UPPER:]", "[:upper:]"},
        {"[:LOWER:]", "[:lower:]"}, {"[:DIGIT:]", "0-9"}, {"[:SPACE:]", " "},
        {"[:WHITESPACE:]", "\\s"}, {"[:ALNUM:]", "[:alnum:]"}};
    struct slice rest = {t->source.p + t->at, t->source.n - t->at};
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        struct slice name = slice_of(classes[i].sql);
        if (rest.n < name.n || !slice_eq_nocase((struct slice){rest.p, name.n}, name)) continue;
        buf_add_cstr(&t->out, classes[i].regex);
        t->at += name.n;
        return true;
    }
    return false;
}

static struct err *translate_brackets(struct translation *t)
{
    buf_add_char(&t->out, '[');
    t->at++;
    while (t->at < t->source.n) {
        char c = t->source.p[t->at];
        if (at_escape(t)) {
            TRY(translate_escaped(t));
        } else if (c == ']') {
            buf_add_char(&t->out, ']');
            t->at++;
            return NULL;
        } else if (c == '[' && translate_class(t)) {
            continue;
        } else if (is_special(c) && c != '-' && c != '^') {
            return invalid(t);
        } else {
            buf_add_char(&t->out, c);
            t->at++;
        }
    }
    return invalid(t);
}

static struct err *translate(struct translation *t)
{
    buf_clear(&t->out);
    buf_add_cstr(&t->out, "\\A(?:");
    t->at = 0;
    while (t->at < t->source.n) {
        char c = t->source.p[t->at];
        if (at_escape(t)) {
            TRY(translate_escaped(t));
            continue;
        }
        if (c == '[') {
            TRY(translate_brackets(t));
            continue;
        }
        if (c == ']') return invalid(t);
        if (c == '_')
            buf_add_char(&t->out, '.');
        else if (c == '%')
            buf_add_cstr(&t->out, "(?s:.*)");
        else if (c == '\\' || c == '$')
            buf_printf(&t->out, "\\%c", c);
        else
            buf_add_char(&t->out, c);
        t->at++;
    }
    buf_add_cstr(&t->out, ")\\z");
    return t->out.overflow ? invalid(t) : NULL;
}

struct similar {
    struct func_call inner; /* the call that the regular expression thinks it belongs to */
    struct translation current;
    struct buf source; /* what current.out was made from */
    bool used;
};

static struct err *use(struct similar *s, struct slice pattern, struct slice escape)
{
    if (s->used && slice_eq(buf_slice(&s->source), pattern) && slice_eq(s->current.escape, escape))
        return NULL;
    s->used = false;
    buf_clear(&s->source);
    buf_add_slice(&s->source, pattern);
    s->current.source = pattern;
    s->current.escape = escape;
    if (escape.n && utf8_count(escape) != 1)
        FAIL(ERR_INVALID_VALUE, "Invalid escape character '%.*s'", (int)escape.n, escape.p);
    TRY(translate(&s->current));
    if (!regex_use(s->inner.state, buf_slice(&s->current.out))) return invalid(&s->current);
    s->used = !s->source.overflow && escape.n == 0;
    return NULL;
}

static struct err *open_similar(struct func_call *call)
{
    static const struct value *const none[2] = {NULL, NULL};
    struct similar *s = ARENA_NEW(call->arena, struct similar);
    s->inner = *call;
    s->inner.literals = none;
    buf_init(&s->current.out, REGEX_PATTERN_MAX);
    buf_init(&s->source, REGEX_PATTERN_MAX);
    call->state = s;
    TRY(regex_open(&s->inner));
    const struct value *pattern = call->literals[1];
    const struct value *escape = call->arg_count == 3 ? call->literals[2] : NULL;
    bool constant =
        pattern && !pattern->null && (call->arg_count == 2 || (escape && !escape->null));
    if (!constant) return NULL;
    return use(s, pattern->text, escape ? escape->text : (struct slice){NULL, 0});
}

static void close_similar(struct func_call *call)
{
    struct similar *s = call->state;
    if (!s) return;
    regex_close(&s->inner);
    buf_free(&s->current.out);
    buf_free(&s->source);
}

static struct err *eval(struct func_frame *f)
{
    struct similar *s = f->call->state;
    const struct str *texts = f->args[0]->data, *patterns = f->args[1]->data;
    const struct str *escapes = f->call->arg_count == 3 ? f->args[2]->data : NULL;
    uint8_t *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) {
        struct slice escape = {NULL, 0};
        if (escapes) escape = str_slice(&escapes[row]);
        struct err *e = use(s, str_slice(&patterns[row]), escape);
        if (e) {
            f->error_row = row;
            return e;
        }
        out[row] = regex_find(s->inner.state, str_slice(&texts[row]), 0);
    }
    return NULL;
}

static const struct func_signature signatures[] = {
    {"STRING, STRING, STRING? -> BOOLEAN", NULL},
    {NULL, NULL},
};

const struct func_def func_similar = {
    .name = "SIMILAR TO",
    .flags = FUNC_STRICT | FUNC_OPERATOR,
    .signatures = signatures,
    .eval = eval,
    .open = open_similar,
    .close = close_similar,
    .signature_doc = "s SIMILAR TO pattern [ESCAPE c]",
    .doc = "TRUE when the whole of s matches SQL's regular expression: % is any text, _ any "
           "character; "
           "| * + ? {n} ( ) [ ] as usual.",
    .example = "'aab' SIMILAR TO 'a+b' → TRUE",
};
