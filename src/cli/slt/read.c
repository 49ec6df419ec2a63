#include "cli/slt/read.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/num.h"

static const char *const verb_names[] = {
#define X(verb, word) word,
    SLT_VERB_LIST(X)
#undef X
};
enum { VERB_COUNT = sizeof verb_names / sizeof verb_names[0] };

const char *slt_verb_name(enum slt_verb verb)
{
    ASSERT((size_t)verb < VERB_COUNT);
    return verb_names[verb];
}

struct reader {
    struct arena *arena;
    struct slt_file *file;
    struct slt_condition conditions[SLT_CONDITIONS_MAX]; /* of the block to come */
    size_t condition_count;
};

static struct text_pos line_pos(size_t line)
{
    return (struct text_pos){.line = (uint32_t)line + 1, .column = 1};
}

/* ---- lines and words */

static size_t count_lines(struct slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.n; i++) count += text.p[i] == '\n';
    return count + (text.n > 0 && text.p[text.n - 1] != '\n');
}

static void split_lines(struct arena *a, struct slt_file *file)
{
    struct slice text = file->text;
    file->line_count = count_lines(text);
    struct slice *lines = ARENA_ARRAY(a, struct slice, file->line_count);
    file->lines = lines;
    const char *at = text.p, *end = text.n ? text.p + text.n : text.p;
    for (size_t i = 0; i < file->line_count; i++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t n = (size_t)((newline ? newline : end) - at);
        lines[i] = (struct slice){at, n - (n > 0 && at[n - 1] == '\r')};
        at = newline ? newline + 1 : end;
    }
}

static bool is_blank(struct slice line)
{
    return slice_trim(line).n == 0;
}

/* Cuts the first word off `rest`; empty at the end. */
static struct slice next_word(struct slice *rest)
{
    *rest = slice_trim(*rest);
    size_t n = 0;
    while (n < rest->n && !strchr(" \t\r\n\f\v", rest->p[n])) n++;
    struct slice word = {rest->p, n};
    *rest = slice_trim((struct slice){rest->p + n, rest->n - n});
    return word;
}

static bool starts_with(struct slice s, const char *prefix)
{
    size_t n = strlen(prefix);
    return s.n >= n && memcmp(s.p, prefix, n) == 0;
}

/* ---- where SQL ends: just enough of its lexical rules */

enum sql_state { SQL_CODE, SQL_STRING, SQL_IDENTIFIER, SQL_COMMENT };

static enum sql_state sql_after(enum sql_state state, struct slice line)
{
    for (size_t i = 0; i < line.n; i++) {
        char c = line.p[i], next = i + 1 < line.n ? line.p[i + 1] : '\0';
        switch (state) {
        case SQL_CODE:
            if (c == '-' && next == '-') return state;
            if (c == '\'') state = SQL_STRING;
            if (c == '`') state = SQL_IDENTIFIER;
            if (c == '/' && next == '*') state = SQL_COMMENT, i++;
            break;
        case SQL_STRING:
            if (c == '\'') state = SQL_CODE;
            break;
        case SQL_IDENTIFIER:
            if (c == '`') state = SQL_CODE;
            break;
        case SQL_COMMENT:
            if (c == '*' && next == '/') state = SQL_CODE, i++;
            break;
        }
    }
    return state;
}

/* ---- the verb's line */

static struct err *read_split(struct slice *rest, size_t line, struct slt_block *b)
{
    struct slice after = *rest, word = next_word(&after);
    if (!slice_eq(word, SLICE("split"))) return NULL;
    struct slice number = next_word(&after);
    uint64_t split;
    if (!num_parse_u64(number, &split) || split >= SLT_SPLITS_MAX)
        FAIL_AT(ERR_SYNTAX, line_pos(line), "'split' needs a number from 0 to %d, not '%.*s'",
            SLT_SPLITS_MAX - 1, (int)number.n, number.p);
    b->split = (uint32_t)split;
    *rest = after;
    return NULL;
}

static struct err *read_statement(struct slice rest, size_t line, struct slt_block *b)
{
    struct slice word = next_word(&rest);
    b->error = slice_eq(word, SLICE("error"));
    b->error_text = b->error ? rest : (struct slice){0};
    if (b->error || (slice_eq(word, SLICE("ok")) && rest.n == 0)) return NULL;
    FAIL_AT(ERR_SYNTAX, line_pos(line), "write 'statement ok' or 'statement error [TEXT]'");
}

static struct err *read_query(struct slice rest, size_t line, struct slt_block *b)
{
    while (rest.n > 0) {
        struct slice word = next_word(&rest);
        if (slice_eq(word, SLICE("error")) && !b->ordered && !b->types) {
            b->error = true;
            b->error_text = rest;
            return NULL;
        }
        if (slice_eq(word, SLICE("ordered")))
            b->ordered = true;
        else if (slice_eq(word, SLICE("types")))
            b->types = true;
        else
            FAIL_AT(ERR_SYNTAX, line_pos(line),
                "write 'query [ordered] [types]' or 'query error [TEXT]', not '%.*s'", (int)word.n,
                word.p);
    }
    return NULL;
}

static struct err *read_restart(struct slice rest, size_t line, struct slt_block *b)
{
    while (rest.n > 0) {
        struct slice word = next_word(&rest);
        bool workers = starts_with(word, "workers="), batch = starts_with(word, "batch=");
        size_t skip = workers ? strlen("workers=") : strlen("batch=");
        uint64_t number = 0;
        uint64_t most = workers ? 128 : 4096;
        if ((!workers && !batch) ||
            !num_parse_u64((struct slice){word.p + skip, word.n - skip}, &number) || number == 0 ||
            number > most)
            FAIL_AT(ERR_SYNTAX, line_pos(line),
                "write 'restart [workers=1..128] [batch=1..4096]', not '%.*s'", (int)word.n,
                word.p);
        *(workers ? &b->workers : &b->batch) = (uint32_t)number;
    }
    return NULL;
}

static struct err *read_expect(struct slice rest, size_t line, struct slt_block *b)
{
    b->name = next_word(&rest);
    struct slice after = rest, word = next_word(&after);
    if (slice_eq(b->name, SLICE("job")) && slice_eq(word, SLICE("error"))) {
        b->error = true;
        b->error_text = after;
        return NULL;
    }
    b->changelog = slice_eq(word, SLICE("changelog"));
    if (b->name.n > 0 && (b->changelog ? after.n == 0 : rest.n == 0)) return NULL;
    FAIL_AT(ERR_SYNTAX, line_pos(line),
        "write 'expect TABLE', 'expect TABLE changelog' or 'expect job error [TEXT]'");
}

static struct err *read_table(struct slice *rest, size_t line, struct slt_block *b)
{
    b->name = next_word(rest);
    if (b->name.n == 0)
        FAIL_AT(
            ERR_SYNTAX, line_pos(line), "'%s' needs the name of a table", slt_verb_name(b->verb));
    return read_split(rest, line, b);
}

/* Sets members of b from what stands behind the verb. */
static struct err *read_arguments(struct slice rest, size_t line, struct slt_block *b)
{
    struct slice word;
    switch (b->verb) {
    case SLT_STATEMENT: return read_statement(rest, line, b);
    case SLT_QUERY: return read_query(rest, line, b);
    case SLT_RESTART: return read_restart(rest, line, b);
    case SLT_EXPECT: return read_expect(rest, line, b);
    case SLT_EXPLAIN:
        word = next_word(&rest);
        b->changelog = slice_eq(word, SLICE("changelog_mode"));
        if (!b->changelog && word.n > 0) rest = word;
        break;
    case SLT_JOB:
    case SLT_END: b->name = next_word(&rest); break;
    case SLT_SCRIPT:
        b->name = rest;
        if (rest.n == 0) FAIL_AT(ERR_SYNTAX, line_pos(line), "'script' needs the path of a file");
        return NULL;
    case SLT_INPUT:
    case SLT_IDLE: TRY(read_table(&rest, line, b)); break;
    case SLT_WATERMARK:
        TRY(read_table(&rest, line, b));
        b->time = rest;
        if (rest.n == 0) FAIL_AT(ERR_SYNTAX, line_pos(line), "'watermark' needs a time");
        return NULL;
    case SLT_CLOCK:
        b->time = rest;
        if (rest.n == 0)
            FAIL_AT(ERR_SYNTAX, line_pos(line), "write 'clock TIME' or 'clock +DURATION'");
        return NULL;
    case SLT_CHECKPOINT: break;
    }
    if (rest.n == 0) return NULL;
    FAIL_AT(ERR_SYNTAX, line_pos(line), "'%s' does not take '%.*s'", slt_verb_name(b->verb),
        (int)rest.n, rest.p);
}

static struct err *find_verb(struct slice word, size_t line, enum slt_verb *out)
{
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (slice_eq(word, slice_of(verb_names[i]))) {
            *out = (enum slt_verb)i;
            return NULL;
        }
    struct err *e =
        err_at(ERR(ERR_SYNTAX, "unknown verb '%.*s'", (int)word.n, word.p), line_pos(line));
    const char *nearest = str_nearest(word, verb_names, VERB_COUNT);
    return nearest ? err_hint(e, "did you mean '%s'?", nearest) : e;
}

/* ---- blocks */

static bool holds_sql(enum slt_verb verb)
{
    return verb == SLT_STATEMENT || verb == SLT_QUERY || verb == SLT_EXPLAIN || verb == SLT_JOB;
}

static bool may_expect(enum slt_verb verb)
{
    return verb == SLT_QUERY || verb == SLT_EXPLAIN || verb == SLT_EXPECT;
}

/* From the line below the verb to the blank line or ---- that ends the body. */
static size_t find_body_end(const struct slt_file *f, enum slt_verb verb, size_t at)
{
    enum sql_state state = SQL_CODE;
    for (; at < f->line_count; at++) {
        struct slice line = f->lines[at];
        if (state == SQL_CODE &&
            (is_blank(line) || (may_expect(verb) && slice_eq(line, SLICE("----")))))
            break;
        if (holds_sql(verb)) state = sql_after(state, line);
    }
    return at;
}

static size_t read_expected(const struct slt_file *f, size_t at, struct slt_block *b)
{
    if (!may_expect(b->verb) || at >= f->line_count || !slice_eq(f->lines[at], SLICE("----")))
        return at;
    b->has_expected = true;
    b->expected_from = ++at;
    while (at < f->line_count && !is_blank(f->lines[at])) at++;
    b->expected_to = at;
    return at;
}

static struct err *check_body(const struct slt_block *b)
{
    if (b->body.n == 0) {
        if (!holds_sql(b->verb)) return NULL;
        FAIL_AT(ERR_SYNTAX, line_pos(b->line), "'%s' needs SQL on the lines below it",
            slt_verb_name(b->verb));
    }
    if (holds_sql(b->verb) || b->verb == SLT_INPUT) return NULL;
    FAIL_AT(ERR_SYNTAX, line_pos(b->line),
        b->verb == SLT_EXPECT ? "'%s' takes its rows below a line ----"
                              : "'%s' takes nothing below it; is a blank line missing?",
        slt_verb_name(b->verb));
}

static struct err *read_block(struct reader *r, size_t *at, struct slt_block *b)
{
    const struct slt_file *f = r->file;
    struct slice rest = f->lines[*at], word = next_word(&rest);
    *b = (struct slt_block){.line = *at};
    TRY(find_verb(word, *at, &b->verb));
    TRY(read_arguments(rest, *at, b));
    struct slt_condition *conditions =
        ARENA_ARRAY(r->arena, struct slt_condition, r->condition_count);
    if (r->condition_count > 0)
        memcpy(conditions, r->conditions, r->condition_count * sizeof *conditions);
    b->conditions = conditions;
    b->condition_count = r->condition_count;
    r->condition_count = 0;
    b->body_to = find_body_end(f, b->verb, *at + 1);
    if (b->body_to > *at + 1) {
        const struct slice *first = &f->lines[*at + 1], *last = &f->lines[b->body_to - 1];
        b->body = (struct slice){first->p, (size_t)(last->p + last->n - first->p)};
    }
    TRY(check_body(b));
    *at = read_expected(f, b->body_to, b);
    return NULL;
}

static struct err *read_condition(struct reader *r, size_t at)
{
    struct slice rest = r->file->lines[at], word = next_word(&rest);
    const char *equals = memchr(rest.p, '=', rest.n);
    if (!equals || equals == rest.p)
        FAIL_AT(ERR_SYNTAX, line_pos(at), "write '%.*s KEY=VALUE', such as batch=1", (int)word.n,
            word.p);
    if (r->condition_count == SLT_CONDITIONS_MAX)
        FAIL_AT(ERR_LIMIT_EXCEEDED, line_pos(at), "a block has at most %d conditions",
            SLT_CONDITIONS_MAX);
    size_t key_size = (size_t)(equals - rest.p);
    r->conditions[r->condition_count++] =
        (struct slt_condition){.only = slice_eq(word, SLICE("onlyif")),
            .key = {rest.p, key_size},
            .value = {equals + 1, rest.n - key_size - 1}};
    return NULL;
}

struct err *slt_read(struct arena *a, const char *path, struct slice text, struct slt_file *out)
{
    if (text.n > SLT_FILE_BYTES_MAX)
        FAIL(ERR_LIMIT_EXCEEDED, "the file has more than %d bytes", SLT_FILE_BYTES_MAX);
    *out = (struct slt_file){.path = path, .text = text};
    split_lines(a, out);
    /* A block has at least one line and a blank one after it. */
    struct slt_block *blocks = ARENA_ARRAY(a, struct slt_block, out->line_count / 2 + 1);
    out->blocks = blocks;
    struct reader r = {.arena = a, .file = out};
    for (size_t i = 0; i < out->line_count;) {
        struct slice line = out->lines[i];
        if (is_blank(line) || line.p[0] == '#')
            i++;
        else if (starts_with(line, "onlyif ") || starts_with(line, "skipif "))
            TRY(read_condition(&r, i++));
        else
            TRY(read_block(&r, &i, &blocks[out->block_count++]));
    }
    if (r.condition_count > 0)
        FAIL_AT(ERR_SYNTAX, line_pos(out->line_count - 1), "a condition stands before no block");
    return NULL;
}
