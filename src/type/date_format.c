/* Compiles date patterns. References: java.time.format.DateTimeFormatterBuilder.appendPattern and
 * java.text.SimpleDateFormat of JDK 17. */
#include "type/date_format.h"

#include "base/arena.h"
#include "type/date_format_program.h"

const char *const date_format__months[12] = {"January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December"};
const char *const date_format__days[7] = {
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

static int32_t first_sunday(int32_t year)
{
    int32_t january = datetime_days_of_civil(year, 1, 1);
    return january - datetime_day_of_week(january) % 7;
}

void date_format__week(int32_t days, int32_t *week_year, int32_t *week)
{
    *week_year = datetime_civil(days).year;
    if (days >= first_sunday(*week_year + 1)) ++*week_year;
    *week = (days - first_sunday(*week_year)) / 7 + 1;
}

int32_t date_format__days_of_week(int32_t week_year, int64_t week, int64_t day_of_week)
{
    return (int32_t)(first_sunday(week_year) + (week - 1) * 7 + day_of_week - 1);
}

struct compiler {
    struct slice pattern;
    enum date_format_dialect dialect;
    size_t at;
    struct date_format_op *ops;
    uint16_t count;
    int number; /* the number that fixed ones behind it are taken from, or -1 */
    uint8_t pad_to;
    uint16_t open[DATE_FORMAT_NESTING_MAX];
    int depth;
    size_t chars; /* the most that can be printed */
    bool has_time, needs_zone;
};

static struct err *fail(const struct compiler *c, const char *what)
{
    struct text_pos pos = {.line = 1, .column = (uint32_t)c->at + 1, .offset = (uint32_t)c->at};
    FAIL_AT(ERR_INVALID_VALUE, pos, "date pattern '%.*s', position %zu: %s", (int)c->pattern.n,
        c->pattern.p, c->at + 1, what);
}

static struct err *add(struct compiler *c, struct date_format_op op, size_t chars)
{
    if (c->count == DATE_FORMAT_OPS_MAX) return fail(c, "the pattern has too many parts");
    if (c->pad_to > chars) chars = c->pad_to;
    c->chars += chars;
    if (c->chars > DATE_FORMAT_CHARS_MAX) return fail(c, "the pattern prints too much");
    op.pad_to = c->pad_to;
    c->pad_to = 0;
    c->ops[c->count++] = op;
    return NULL;
}

/* Digits of numbers that touch are shared out: all but the first have a fixed width. */
static struct err *add_number(struct compiler *c, struct date_format_op op)
{
    bool fixed = (op.min == op.max && op.sign == SIGN_NOT_NEGATIVE) || op.kind != OP_NUMBER;
    int first = c->number;
    if (first >= 0 && fixed) {
        c->ops[first].reserved = (uint8_t)(c->ops[first].reserved + op.max);
        op.fixed = true;
    } else {
        if (first >= 0) c->ops[first].fixed = true;
        c->number = c->count;
    }
    return add(c, op, op.max > 20 ? op.max : 20);
}

static struct err *add_text(struct compiler *c, char letter, enum date_format_width width)
{
    c->number = -1;
    return add(c, (struct date_format_op){.kind = OP_TEXT, .letter = letter, .width = width}, 16);
}

static struct err *number(
    struct compiler *c, char letter, int min, int max, enum date_format_sign sign)
{
    return add_number(c, (struct date_format_op){.kind = OP_NUMBER,
                             .letter = letter,
                             .min = (uint8_t)min,
                             .max = (uint8_t)max,
                             .sign = sign});
}

static struct err *too_many(const struct compiler *c)
{
    return fail(c, "the letter is repeated too often");
}

/* Year letters: y u Y. */
static struct err *new_year(struct compiler *c, char letter, int n)
{
    if (n == 2)
        return add_number(c, (struct date_format_op){.kind = OP_REDUCED,
                                 .letter = letter,
                                 .min = 2,
                                 .max = 2,
                                 .sign = SIGN_NOT_NEGATIVE});
    if (n > 19) return too_many(c);
    return number(c, letter, n, 19, n < 4 ? SIGN_NORMAL : SIGN_EXCEEDS_PAD);
}

/* Letters that print a number when short and a text when long: M L Q q E e c. */
static struct err *new_text_or_number(struct compiler *c, char letter, int n)
{
    bool number_first = letter != 'E';
    if (n > 5 || (letter == 'c' && n == 2)) return too_many(c);
    if (number_first && n == 1) return number(c, letter, 1, 19, SIGN_NORMAL);
    if (number_first && n == 2) return number(c, letter, 2, 2, SIGN_NOT_NEGATIVE);
    return add_text(c, letter, n <= 3 ? WIDTH_SHORT : n == 4 ? WIDTH_FULL : WIDTH_NARROW);
}

static struct err *new_zone(struct compiler *c, char letter, int n)
{
    bool offset = letter != 'z' && letter != 'V';
    if ((letter == 'V' && n != 2) || (letter == 'O' && n != 1 && n != 4) || n > 5 ||
        (letter == 'z' && n > 4))
        return too_many(c);
    c->number = -1;
    c->needs_zone = true;
    return add(c,
        (struct date_format_op){
            .kind = offset ? OP_OFFSET : OP_ZONE, .letter = letter, .count = (uint8_t)n},
        DATE_FORMAT_ZONE_CHARS_MAX);
}

static struct err *new_letter(struct compiler *c, char letter, int n)
{
    if (strchr("yuY", letter)) return new_year(c, letter, n);
    if (strchr("MLQqEec", letter)) return new_text_or_number(c, letter, n);
    if (strchr("dhHkKms", letter)) {
        if (n > 2) return too_many(c);
        if (n == 2) return number(c, letter, 2, 2, SIGN_NOT_NEGATIVE);
        return number(c, letter, 1, 19, SIGN_NORMAL);
    }
    if (strchr("AnN", letter))
        return n > 19 ? too_many(c) : number(c, letter, n, 19, SIGN_NOT_NEGATIVE);
    if (letter == 'D') {
        if (n > 3) return too_many(c);
        return number(c, letter, n, n == 1 ? 19 : 3, n == 1 ? SIGN_NORMAL : SIGN_NOT_NEGATIVE);
    }
    if (letter == 'S') {
        if (n > 9) return too_many(c);
        return add_number(c, (struct date_format_op){.kind = OP_FRACTION,
                                 .letter = 'S',
                                 .min = (uint8_t)n,
                                 .max = (uint8_t)n,
                                 .sign = SIGN_NOT_NEGATIVE});
    }
    if (strchr("wWF", letter)) {
        if (n > (letter == 'w' ? 2 : 1)) return too_many(c);
        return number(c, letter, n, 2, SIGN_NOT_NEGATIVE);
    }
    if (letter == 'a') return n > 1 ? too_many(c) : add_text(c, letter, WIDTH_SHORT);
    if (letter == 'G') {
        if (n > 5) return too_many(c);
        return add_text(c, letter, n < 4 ? WIDTH_SHORT : n == 4 ? WIDTH_FULL : WIDTH_NARROW);
    }
    if (strchr("zVOXxZ", letter)) return new_zone(c, letter, n);
    return fail(c, "the letter has no meaning in a date pattern; put text in single quotes");
}

static struct err *simple_letter(struct compiler *c, char letter, int n)
{
    struct date_format_op op = {.kind = OP_NUMBER,
        .letter = letter,
        .count = (uint8_t)n,
        .min = (uint8_t)n,
        .max = (uint8_t)n,
        .sign = SIGN_NORMAL};
    size_t chars = n > 20 ? (size_t)n : 20;
    if (strchr("yY", letter)) {
        if (n == 2) op.kind = OP_REDUCED;
        return add(c, op, chars);
    }
    if (strchr("ML", letter) && n < 3) return add(c, op, chars);
    if (strchr("MLE", letter)) return add_text(c, letter, n >= 4 ? WIDTH_FULL : WIDTH_SHORT);
    if (letter == 'a' || letter == 'G') return add_text(c, letter, WIDTH_SHORT);
    if (strchr("wWDdFuHkKhmsS", letter)) return add(c, op, chars);
    if (strchr("zZX", letter)) {
        if (letter == 'X' && n > 3) return too_many(c);
        op.kind = letter == 'z' ? OP_ZONE : OP_OFFSET;
        c->needs_zone = true;
        return add(c, op, DATE_FORMAT_ZONE_CHARS_MAX);
    }
    return fail(c, "the letter has no meaning in a date pattern; put text in single quotes");
}

static struct err *literal(struct compiler *c, struct slice text)
{
    c->number = -1;
    if (text.n == 0) return NULL;
    return add(c, (struct date_format_op){.kind = OP_LITERAL, .literal = text}, text.n);
}

/* At an opening quote; '' is a quote, inside and outside. */
static struct err *quoted(struct compiler *c)
{
    size_t begin = ++c->at;
    if (begin < c->pattern.n && c->pattern.p[begin] == '\'') {
        c->at++;
        return literal(c, (struct slice){c->pattern.p + begin, 1});
    }
    while (c->at < c->pattern.n) {
        if (c->pattern.p[c->at] != '\'') {
            c->at++;
            continue;
        }
        bool twice = c->at + 1 < c->pattern.n && c->pattern.p[c->at + 1] == '\'';
        size_t end = c->at + twice; /* a doubled quote: its first one is printed */
        TRY(literal(c, (struct slice){c->pattern.p + begin, end - begin}));
        c->at += 1u + twice;
        if (!twice) return NULL;
        begin = c->at;
    }
    return fail(c, "a quote is not closed");
}

static struct err *bracket(struct compiler *c, char bracket)
{
    c->number = -1;
    c->at++;
    if (bracket == '[') {
        if (c->depth == DATE_FORMAT_NESTING_MAX) return fail(c, "brackets are nested too deep");
        c->open[c->depth++] = c->count;
        return add(c, (struct date_format_op){.kind = OP_OPTIONAL_BEGIN}, 0);
    }
    if (c->depth == 0) return fail(c, "']' without '['");
    c->ops[c->open[--c->depth]].end = c->count;
    return add(c, (struct date_format_op){.kind = OP_OPTIONAL_END}, 0);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int run_length(const struct compiler *c)
{
    size_t n = 1;
    while (c->at + n < c->pattern.n && c->pattern.p[c->at + n] == c->pattern.p[c->at]) n++;
    return n > 255 ? 255 : (int)n;
}

static struct err *letters(struct compiler *c)
{
    char letter = c->pattern.p[c->at];
    int n = run_length(c);
    if (strchr("hHkKmsSaAnN", letter)) c->has_time = true;
    if (letter == 'p' && c->dialect == DATE_FORMAT_NEW) {
        c->at += (size_t)n;
        if (c->at == c->pattern.n || !is_letter(c->pattern.p[c->at]))
            return fail(c, "a letter is expected behind the padding");
        c->pad_to = (uint8_t)n;
        c->number = -1;
        return NULL;
    }
    TRY(c->dialect == DATE_FORMAT_NEW ? new_letter(c, letter, n) : simple_letter(c, letter, n));
    c->at += (size_t)n;
    return NULL;
}

/* SimpleDateFormat takes exactly the pattern's digits when another field follows at once. */
static void mark_touching(struct compiler *c)
{
    for (uint16_t i = 0; i + 1 < c->count; i++) c->ops[i].fixed = c->ops[i + 1].kind != OP_LITERAL;
}

struct err *date_format_compile(struct arena *a, struct slice pattern,
    enum date_format_dialect dialect, const struct date_format **out)
{
    if (pattern.n > DATE_FORMAT_PATTERN_MAX)
        FAIL(ERR_LIMIT_EXCEEDED, "a date pattern has at most %d bytes", DATE_FORMAT_PATTERN_MAX);
    struct compiler c = {.pattern = slice_copy(a, pattern), .dialect = dialect, .number = -1};
    c.ops = ARENA_ARRAY(a, struct date_format_op, DATE_FORMAT_OPS_MAX);
    while (c.at < c.pattern.n) {
        char next = c.pattern.p[c.at];
        if (is_letter(next))
            TRY(letters(&c));
        else if (next == '\'')
            TRY(quoted(&c));
        else if (dialect == DATE_FORMAT_NEW && (next == '[' || next == ']'))
            TRY(bracket(&c, next));
        else if (dialect == DATE_FORMAT_NEW && strchr("{}#", next))
            return fail(&c, "the character is reserved; put it in single quotes");
        else
            TRY(literal(&c, (struct slice){c.pattern.p + c.at++, 1}));
    }
    while (c.depth > 0) TRY(bracket(&c, ']'));
    if (dialect == DATE_FORMAT_SIMPLE) mark_touching(&c);
    struct date_format *f = ARENA_NEW(a, struct date_format);
    *f = (struct date_format){.dialect = dialect,
        .has_time = c.has_time,
        .needs_zone = c.needs_zone,
        .count = c.count,
        .ops = c.ops};
    *out = f;
    return NULL;
}

bool date_format_has_time(const struct date_format *f)
{
    return f->has_time;
}

bool date_format_needs_zone(const struct date_format *f)
{
    return f->needs_zone;
}
