/* Overload resolution: signatures are tried in order, first as the arguments are, then with
 * implicit casts (Flink's LogicalTypeCasts). */
#include "base/arena.h"
#include "base/check.h"
#include "func/func_pattern.h"

enum { ARGUMENTS_MAX = 1000, PATTERNS_MAX = 32 };

enum nullability { NULL_IF_ARGUMENT, NULL_ALWAYS, NULL_NEVER };

struct signature {
    struct pattern patterns[PATTERNS_MAX];
    uint32_t pattern_count;
    uint32_t required; /* arguments at least */
    bool repeats;      /* the last pattern may match any number of arguments, at least one */
    struct pattern result;
    enum nullability nullability;
};

static bool ends_with(struct slice *s, const char *suffix)
{
    size_t n = strlen(suffix);
    if (s->n < n || memcmp(s->p + s->n - n, suffix, n) != 0) return false;
    *s = slice_trim((struct slice){s->p, s->n - n});
    return true;
}

/* Cuts the part before the next top-level comma off `rest`. */
static struct slice next_part(struct slice *rest)
{
    int depth = 0;
    size_t i = 0;
    for (; i < rest->n; i++) {
        char c = rest->p[i];
        depth += (c == '<' || c == '(') - (c == '>' || c == ')');
        if (c == ',' && depth == 0) break;
    }
    struct slice part = {rest->p, i};
    size_t skip = i < rest->n ? i + 1 : i;
    *rest = (struct slice){rest->p + skip, rest->n - skip};
    return slice_trim(part);
}

static void parse_arguments(struct arena *a, struct slice rest, struct signature *s)
{
    rest = slice_trim(rest);
    while (rest.n) {
        struct slice part = next_part(&rest);
        ASSERT(s->pattern_count < PATTERNS_MAX);
        s->repeats = ends_with(&part, "...");
        bool optional = ends_with(&part, "?");
        if (!optional) s->required = s->pattern_count + 1;
        s->patterns[s->pattern_count++] = func__pattern_parse(a, part);
    }
}

static void parse_signature(struct arena *a, const char *text, struct signature *s)
{
    *s = (struct signature){.nullability = NULL_IF_ARGUMENT};
    const char *arrow = strstr(text, "->");
    ASSERT(arrow);
    parse_arguments(a, (struct slice){text, (size_t)(arrow - text)}, s);
    struct slice result = slice_trim(slice_of(arrow + 2));
    if (ends_with(&result, " NOT NULL"))
        s->nullability = NULL_NEVER;
    else if (ends_with(&result, " NULL"))
        s->nullability = NULL_ALWAYS;
    s->result = func__pattern_parse(a, result);
}

static const struct pattern *pattern_of(const struct signature *s, uint32_t argument)
{
    return &s->patterns[argument < s->pattern_count ? argument : s->pattern_count - 1];
}

static const struct type *result_type(
    const struct signature *s, const struct func_infer *in, const struct bindings *b)
{
    bool nullable = s->nullability == NULL_ALWAYS;
    for (uint32_t i = 0; i < in->arg_count && s->nullability == NULL_IF_ARGUMENT; i++)
        if (in->arg_types[i]->nullable) nullable = true;
    if (s->result.shape != PATTERN_ARGUMENT && s->result.shape != PATTERN_VARYING)
        return func__pattern_type(in->arena, &s->result, b, nullable);
    ASSERT(s->result.argument < in->arg_count);
    if (s->result.shape == PATTERN_VARYING)
        return type_new(in->arena, TYPE_VARCHAR, in->arg_types[s->result.argument]->precision, 0,
            nullable);
    return type_with_nullable(in->arena, in->arg_types[s->result.argument], nullable);
}

static bool match(const struct signature *s, struct func_infer *in, bool casts)
{
    if (in->arg_count < s->required) return false;
    if (in->arg_count > s->pattern_count && !s->repeats) return false;
    struct bindings b = {.seen_count = {0}};
    for (uint32_t i = 0; i < in->arg_count; i++) {
        const struct type *target;
        const struct pattern *p = pattern_of(s, i);
        if (!func__pattern_match(in->arena, p, &in->args[i], casts, &b, &target)) return false;
        in->arg_types[i] = target;
    }
    if (!func__pattern_unify(in->arena, &b, casts)) return false;
    for (uint32_t i = 0; i < in->arg_count; i++) {
        if (in->arg_types[i]) continue;
        const struct type *given = in->args[i].type;
        const struct type *to =
            func__pattern_type(in->arena, pattern_of(s, i), &b, given->nullable);
        in->arg_types[i] = to && !type_equal_ignoring_null(given, to) ? to : given;
    }
    in->result = result_type(s, in, &b);
    return in->result != NULL;
}

static void print_arguments(const struct func_infer *in, const char *between, struct buf *out)
{
    for (uint32_t i = 0; i < in->arg_count; i++) {
        if (i) buf_add_cstr(out, between);
        buf_add_char(out, '<');
        type_print(type_with_nullable(in->arena, in->args[i].type, true), false, out);
        buf_add_char(out, '>');
    }
}

static void print_call(const struct func_def *def, const struct func_infer *in, struct buf *out)
{
    bool infix = (def->flags & FUNC_OPERATOR) && in->arg_count == 2;
    char between[64];
    snprintf(between, sizeof between, " %s ", def->name);
    if (!infix) buf_printf(out, "%s(", def->name);
    print_arguments(in, infix ? between : ", ", out);
    if (!infix) buf_add_char(out, ')');
}

static void print_form(const struct func_def *def, const char *text, struct buf *out)
{
    struct slice rest = {text, (size_t)(strstr(text, "->") - text)};
    rest = slice_trim(rest);
    buf_printf(out, " '%s(", def->name);
    for (bool first = true; rest.n; first = false) {
        struct slice part = next_part(&rest);
        if (!first) buf_add_cstr(out, ", ");
        bool repeats = ends_with(&part, "...");
        bool optional = ends_with(&part, "?");
        if (optional) buf_add_char(out, '[');
        buf_printf(out, "<%.*s>", (int)part.n, part.p);
        if (repeats) buf_add_cstr(out, "...");
        if (optional) buf_add_char(out, ']');
    }
    buf_add_cstr(out, ")'");
}

struct err *func_infer_fail(
    const struct func_def *def, const struct func_infer *in, const char *forms)
{
    struct buf text;
    buf_init(&text, ERR_MESSAGE_MAX);
    buf_printf(&text, "Cannot apply '%s' to arguments of type '", def->name);
    print_call(def, in, &text);
    buf_add_cstr(&text, "'. Supported form(s):");
    if (forms) {
        buf_printf(&text, " %s", forms);
    } else if (def->signatures) {
        for (const struct func_signature *s = def->signatures; s->text; s++)
            print_form(def, s->text, &text);
    } else {
        buf_printf(&text, " %s", def->signature_doc);
    }
    struct text_pos pos = in->arg_count ? in->args[0].pos : (struct text_pos){0};
    struct err *e =
        err_at(ERR(ERR_DATATYPE_MISMATCH, "%.*s", (int)text.n, text.n ? text.p : ""), pos);
    buf_free(&text);
    return e;
}

struct err *func_infer_call(const struct func_def *def, struct func_infer *in, func_eval_fn **eval)
{
    if (in->arg_count > ARGUMENTS_MAX)
        FAIL(ERR_LIMIT_EXCEEDED, "%s has %u arguments, at most %u are allowed", def->name,
            in->arg_count, ARGUMENTS_MAX);
    for (uint32_t i = 0; i < in->arg_count; i++) in->arg_types[i] = in->args[i].type;
    if (def->infer) {
        *eval = def->eval;
        return def->infer(in);
    }
    struct signature *parsed = ARENA_NEW(in->arena, struct signature);
    for (int casts = 0; casts <= 1; casts++) {
        for (const struct func_signature *s = def->signatures; s->text; s++) {
            parse_signature(in->arena, s->text, parsed);
            if (!match(parsed, in, casts)) continue;
            *eval = s->eval ? s->eval : def->eval;
            return NULL;
        }
    }
    return func_infer_fail(def, in, NULL);
}
