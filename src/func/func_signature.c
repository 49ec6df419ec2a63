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
        return type_new(
            in->arena, TYPE_VARCHAR, in->arg_types[s->result.argument]->precision, 0, nullable);
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
        type_print_standard(in->args[i].type, out);
        buf_add_char(out, '>');
    }
}

/* Signs stand between their operands; LIKE and ITEM are spelled as calls. */
static bool is_infix(const struct func_def *def, uint32_t arg_count)
{
    char first = def->name[0];
    return arg_count == 2 && !(first >= 'A' && first <= 'Z');
}

/* Scripts write NEGATE as a sign. */
static const char *shown_name(const struct func_def *def)
{
    return strcmp(def->name, "NEGATE") == 0 ? "-" : def->name;
}

static bool is_prefix(const struct func_def *def)
{
    return shown_name(def) != def->name || strcmp(def->name, "NOT") == 0;
}

static void print_call(const struct func_def *def, const struct func_infer *in, struct buf *out)
{
    if (is_prefix(def)) {
        buf_add_cstr(out, shown_name(def));
        print_arguments(in, ", ", out);
        return;
    }
    bool infix = is_infix(def, in->arg_count);
    char between[64];
    snprintf(between, sizeof between, " %s ", def->name);
    if (!infix) buf_printf(out, "%s(", def->name);
    print_arguments(in, infix ? between : ", ", out);
    if (!infix) buf_add_char(out, ')');
}

/* The family that stands for a pattern in the validator's messages. */
static const char *family_of(struct slice pattern)
{
    static const struct {
        const char *word, *family;
    } families[] = {
        {"STRING", "CHARACTER"},
        {"LITERAL_STRING", "CHARACTER"},
        {"TINYINT", "INTEGER"},
        {"SMALLINT", "INTEGER"},
        {"INT", "INTEGER"},
        {"BIGINT", "INTEGER"},
        {"INTEGRAL", "INTEGER"},
        {"EXACT", "EXACT_NUMERIC"},
        {"FLOAT", "NUMERIC"},
        {"DOUBLE", "NUMERIC"},
        {"APPROXIMATE", "NUMERIC"},
        {"DECIMAL", "NUMERIC"},
        {"NUMERIC", "NUMERIC"},
        {"BYTES", "BINARY"},
        {"TIMESTAMP_LTZ", "TIMESTAMP"},
        {"INTERVAL", "DATETIME_INTERVAL"},
        {"INTERVAL MONTH", "DATETIME_INTERVAL"},
        {"INTERVAL SECOND", "DATETIME_INTERVAL"},
        {"COMPARABLE", "COMPARABLE_TYPE"},
    };
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (slice_eq(pattern, slice_of(families[i].word))) return families[i].family;
    return NULL;
}

static void print_family(const struct pattern *p, struct buf *out)
{
    const char *family = p->shape == PATTERN_VARIABLE ? "ANY"
                         : p->shape == PATTERN_ARRAY  ? "ARRAY"
                         : p->shape == PATTERN_MAP    ? "MAP"
                                                      : family_of(p->text);
    if (family)
        buf_printf(out, "<%s>", family);
    else
        buf_printf(out, "<%.*s>", (int)p->text.n, p->text.p);
}

/* One form with the first `count` arguments. */
static void print_form(
    const struct func_def *def, const struct signature *s, uint32_t count, struct buf *out)
{
    bool infix = is_infix(def, count), prefix = is_prefix(def);
    buf_add_cstr(out, " '");
    if (!infix) buf_printf(out, "%s%s", shown_name(def), prefix ? "" : "(");
    for (uint32_t i = 0; i < count; i++) {
        if (i && infix) buf_printf(out, " %s ", def->name);
        if (i && !infix) buf_add_cstr(out, ", ");
        print_family(&s->patterns[i], out);
    }
    if (s->repeats && count == s->pattern_count) buf_add_cstr(out, "...");
    buf_add_cstr(out, infix || prefix ? "'" : ")'");
}

/* An optional argument makes two forms. */
static void print_forms(struct arena *a, const struct func_def *def, struct buf *out)
{
    struct signature *parsed = ARENA_NEW(a, struct signature);
    for (const struct func_signature *s = def->signatures; s->text; s++) {
        parse_signature(a, s->text, parsed);
        for (uint32_t n = parsed->required; n <= parsed->pattern_count; n++)
            print_form(def, parsed, n, out);
    }
}

struct err *func_infer_fail(
    const struct func_def *def, const struct func_infer *in, const char *forms)
{
    struct buf text;
    buf_init(&text, ERR_MESSAGE_MAX);
    buf_printf(&text, "Cannot apply '%s' to arguments of type '", shown_name(def));
    print_call(def, in, &text);
    buf_add_cstr(&text, "'. Supported form(s):");
    if (forms) {
        buf_printf(&text, " %s", forms);
    } else if (def->signatures) {
        print_forms(in->arena, def, &text);
    } else {
        buf_printf(&text, " %s", def->signature_doc);
    }
    struct text_pos pos = in->arg_count ? in->args[0].pos : (struct text_pos){0};
    struct err *e =
        err_at(ERR(ERR_DATATYPE_MISMATCH, "%.*s", (int)text.n, text.n ? text.p : ""), pos);
    buf_free(&text);
    return e;
}

/* How many arguments a function takes at least, when none of its forms takes as many as are given;
 * Flink's message names the fewest too. */
static struct err *refuse_count(const struct func_def *def, const struct func_infer *in)
{
    struct signature *parsed = ARENA_NEW(in->arena, struct signature);
    uint32_t fewest = UINT32_MAX;
    for (const struct func_signature *s = def->signatures; s->text; s++) {
        parse_signature(in->arena, s->text, parsed);
        if (in->arg_count >= parsed->required &&
            (in->arg_count <= parsed->pattern_count || parsed->repeats))
            return NULL;
        if (parsed->required < fewest) fewest = parsed->required;
    }
    FAIL(ERR_UNDEFINED_FUNCTION,
        "Invalid number of arguments to function '%s'. Was expecting %u arguments", def->name,
        fewest);
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
    TRY(refuse_count(def, in));
    return func_infer_fail(def, in, NULL);
}
