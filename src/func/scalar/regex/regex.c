#include "func/scalar/regex/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/utf8.h"

struct regex {
    pcre2_code *code; /* NULL: the pattern is not valid */
    pcre2_match_data *match;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
    struct buf pattern; /* the current one */
    bool used;
};

static pcre2_code *compile(struct slice pattern)
{
    int error;
    PCRE2_SIZE at;
    if (pattern.n > REGEX_PATTERN_MAX) return NULL;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)(const void *)pattern.p, pattern.n,
        PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_ALT_BSUX, &error, &at, NULL);
    /* Without the just-in-time compiler it is only slower. */
    if (code) (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    return code;
}

struct regex *regex_new(void)
{
    struct regex *r = mem_alloc(sizeof *r);
    buf_init(&r->pattern, REGEX_PATTERN_MAX + 1);
    r->match = pcre2_match_data_create(REGEX_GROUPS_MAX + 1, NULL);
    r->context = pcre2_match_context_create(NULL);
    r->stack = pcre2_jit_stack_create(REGEX_JIT_STACK_MIN, REGEX_JIT_STACK_MAX, NULL);
    ASSERT(r->match && r->context && r->stack);
    pcre2_jit_stack_assign(r->context, NULL, r->stack);
    pcre2_set_depth_limit(r->context, REGEX_DEPTH_LIMIT);
    pcre2_set_heap_limit(r->context, REGEX_HEAP_LIMIT_KIB);
    return r;
}

void regex_free(struct regex *r)
{
    if (!r) return;
    pcre2_code_free(r->code);
    pcre2_match_data_free(r->match);
    pcre2_match_context_free(r->context);
    pcre2_jit_stack_free(r->stack);
    buf_free(&r->pattern);
    mem_free(r);
}

struct err *regex_open(struct func_call *call)
{
    struct regex *r = regex_new();
    call->state = r;
    const struct value *literal = call->arg_count > 1 ? call->literals[1] : NULL;
    if (literal && !literal->null) (void)regex_use(r, literal->text);
    return NULL;
}

void regex_close(struct func_call *call)
{
    regex_free(call->state);
    call->state = NULL;
}

bool regex_use(struct regex *r, struct slice pattern)
{
    if (r->used && slice_eq(buf_slice(&r->pattern), pattern)) return r->code != NULL;
    pcre2_code_free(r->code);
    r->used = true;
    buf_clear(&r->pattern);
    buf_add_slice(&r->pattern, pattern);
    r->code = r->pattern.overflow ? NULL : compile(pattern);
    return r->code != NULL;
}

static uint32_t match_limit(size_t subject_bytes)
{
    size_t most = (REGEX_MATCH_LIMIT_MAX - REGEX_MATCH_LIMIT) / REGEX_MATCH_LIMIT_PER_BYTE;
    size_t bytes = subject_bytes < most ? subject_bytes : most;
    return REGEX_MATCH_LIMIT + REGEX_MATCH_LIMIT_PER_BYTE * (uint32_t)bytes;
}

bool regex_find(struct regex *r, struct slice subject, size_t from)
{
    if (from > subject.n) return false;
    pcre2_set_match_limit(r->context, match_limit(subject.n));
    int found = pcre2_match(
        r->code, (PCRE2_SPTR)(const void *)subject.p, subject.n, from, 0, r->match, r->context);
    return found >= 0;
}

uint32_t regex_group_count(const struct regex *r)
{
    uint32_t count = 0;
    pcre2_pattern_info(r->code, PCRE2_INFO_CAPTURECOUNT, &count);
    return count;
}

bool regex_group(const struct regex *r, uint32_t group, size_t *first, size_t *end)
{
    if (group > regex_group_count(r) || group > REGEX_GROUPS_MAX) return false;
    const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(r->match);
    if (offsets[2 * group] == PCRE2_UNSET) return false;
    *first = offsets[2 * group];
    *end = offsets[2 * group + 1];
    return *first <= *end; /* \K inside a look-ahead can turn them round */
}

size_t regex_next(const struct regex *r, struct slice subject)
{
    size_t first = 0, end = 0;
    (void)regex_group(r, 0, &first, &end);
    if (end > first) return end;
    return end < subject.n ? end + utf8_step(subject.p[end]) : subject.n + 1;
}
