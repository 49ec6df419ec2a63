#include "base/err.h"

#include <stdlib.h>
#include <string.h>

struct err {
    enum err_code code;
    int line;
    const char *file;  /* static string, never freed */
    struct err *cause; /* owned; NULL at the root */
    char *hint;        /* owned; NULL when there is none */
    struct text_pos pos;
    char message[ERR_MESSAGE_MAX]; /* truncated, always terminated */
};

static const struct {
    const char *sqlstate;
    int http_status;
    bool retriable;
} err_table[] = {
#define X(name, sqlstate, http, retriable) [name] = {sqlstate, http, retriable},
    ERR_LIST(X)
#undef X
};

static struct err *err_alloc(enum err_code code, const char *file, int line)
{
    struct err *e = calloc(1, sizeof *e);
    if (!e) abort();
    *e = (struct err){.code = code, .line = line, .file = file};
    return e;
}

struct err *err_new(enum err_code code, const char *file, int line, const char *fmt, ...)
{
    struct err *e = err_alloc(code, file, line);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(e->message, sizeof e->message, fmt, ap);
    va_end(ap);
    return e;
}

struct err *err_wrap(struct err *cause, const char *fmt, ...)
{
    struct err *e = err_alloc(cause->code, cause->file, cause->line);
    e->cause = cause;
    e->pos = cause->pos;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(e->message, sizeof e->message, fmt, ap);
    va_end(ap);
    return e;
}

struct err *err_at(struct err *e, struct text_pos pos)
{
    if (e && e->pos.line == 0) e->pos = pos;
    return e;
}

struct err *err_hint(struct err *e, const char *fmt, ...)
{
    char text[ERR_MESSAGE_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    free(e->hint);
    e->hint = strdup(text);
    return e;
}

void err_format(const struct err *e, char *out, size_t size)
{
    size_t used = 0;
    out[0] = 0;
    for (const struct err *at = e; at && used < size; at = at->cause) {
        int n = snprintf(out + used, size - used, "%s%s", at->message, at->cause ? ": " : "");
        used += (size_t)(n > 0 ? n : 0);
    }
}

void err_print(const struct err *e, FILE *out)
{
    for (const struct err *at = e; at; at = at->cause)
        fprintf(out, "%s%s", at->message, at->cause ? ": " : "\n");
}

const char *err_message(const struct err *e)
{
    return e->message;
}

const char *err_hint_text(const struct err *e)
{
    for (; e; e = e->cause)
        if (e->hint) return e->hint;
    return NULL;
}

struct text_pos err_pos(const struct err *e)
{
    return e->pos;
}

enum err_code err_code(const struct err *e)
{
    return e->code;
}

const char *err_sqlstate(const struct err *e)
{
    return err_table[e->code].sqlstate;
}

int err_http_status(const struct err *e)
{
    return err_table[e->code].http_status;
}

bool err_retriable(const struct err *e)
{
    return err_table[e->code].retriable;
}

void err_free(struct err *e)
{
    while (e) {
        struct err *cause = e->cause;
        free(e->hint);
        free(e);
        e = cause;
    }
}
