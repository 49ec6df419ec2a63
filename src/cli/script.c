#include "cli/script.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "sql/ast_statement.h"
#include "sql/parse.h"

enum { VARIABLE_NAME_MAX = 128, VALUE_BYTES_MAX = 1 << 20 };

static struct err *read_all(struct arena *a, FILE *in, const char *path, struct slice *out)
{
    struct buf b;
    buf_init(&b, PARSE_SCRIPT_BYTES_MAX + 1);
    size_t n;
    char part[1 << 13];
    while (!b.overflow && (n = fread(part, 1, sizeof part, in)) > 0) buf_add(&b, part, n);
    bool failed = ferror(in) != 0, large = b.overflow;
    int code = errno;
    *out = slice_copy(a, buf_slice(&b));
    buf_free(&b);
    if (failed) FAIL(ERR_IO, "cannot read '%s': %s", path, strerror(code));
    if (large)
        FAIL(ERR_LIMIT_EXCEEDED, "'%s' is larger than a script may be (%d bytes)", path,
            PARSE_SCRIPT_BYTES_MAX);
    return NULL;
}

struct err *script_read(struct arena *a, const char *path, struct script *out)
{
    if (strcmp(path, "-") == 0) {
        out->name = "standard input";
        return read_all(a, stdin, out->name, &out->text);
    }
    out->name = path;
    FILE *in = fopen(path, "rb");
    if (!in) {
        struct err *e = ERR(errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "cannot open script '%s': %s",
            path, strerror(errno));
        return errno == ENOENT ? err_hint(e, "-e 'SQL' runs a text, - reads standard input") : e;
    }
    struct err *e = read_all(a, in, path, &out->text);
    fclose(in);
    return e;
}

/* text starts at the character after "${". */
static struct err *add_variable(struct buf *b, struct slice text, struct text_pos pos, size_t *used)
{
    const char *end = memchr(text.p, '}', text.n);
    size_t n = end ? (size_t)(end - text.p) : 0;
    if (!end || n == 0 || n > VARIABLE_NAME_MAX)
        FAIL_AT(
            ERR_INVALID_OPTION, pos, "'${' without a variable's name and '}' in an option value");
    char name[VARIABLE_NAME_MAX + 1];
    memcpy(name, text.p, n);
    name[n] = 0;
    const char *value = getenv(name);
    if (!value) {
        struct err *e = ERR(ERR_INVALID_OPTION, "the environment variable '%s' is not set", name);
        return err_hint(err_at(e, pos), "run with %s=... in front of the command", name);
    }
    buf_add_cstr(b, value);
    *used = n + 1;
    return NULL;
}

static struct err *expand_value(struct buf *b, struct slice text, struct text_pos pos)
{
    for (size_t i = 0; i < text.n;) {
        size_t left = text.n - i, used = 0;
        if (left >= 3 && memcmp(text.p + i, "$${", 3) == 0) {
            buf_add_cstr(b, "${");
            i += 3;
        } else if (left >= 2 && memcmp(text.p + i, "${", 2) == 0) {
            TRY(add_variable(b, (struct slice){text.p + i + 2, left - 2}, pos, &used));
            i += 2 + used;
        } else {
            buf_add_char(b, text.p[i++]);
        }
    }
    return NULL;
}

static struct err *expand_option(struct arena *a, struct ast_option *o)
{
    if (!memmem(o->value.text.p, o->value.text.n, "${", 2)) return NULL;
    struct buf b;
    buf_init(&b, VALUE_BYTES_MAX);
    struct err *e = expand_value(&b, o->value.text, o->value.pos);
    if (!e && b.overflow)
        e = err_at(ERR(ERR_LIMIT_EXCEEDED, "an option value is at most %d bytes", VALUE_BYTES_MAX),
            o->value.pos);
    if (!e) o->value.text = slice_copy(a, buf_slice(&b));
    buf_free(&b);
    return e;
}

struct err *script_expand(struct arena *a, struct ast_statement *statement)
{
    if (statement->kind != AST_STATEMENT_CREATE_TABLE) return NULL;
    struct ast_option_list *options = &statement->create_table.options;
    for (size_t i = 0; i < options->count; i++) TRY(expand_option(a, &options->items[i]));
    return NULL;
}
