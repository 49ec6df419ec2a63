#include "base/arena.h"
#include "func/scalar/string/text.h"

#define EACH_BYTE(byte) ((uint64_t)(byte)*UINT64_C(0x0101010101010101))

static inline uint64_t load_word(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

/* Eight bytes at a time; the last eight may overlap those before. */
static bool is_ascii(struct slice s)
{
    uint64_t bits = 0;
    if (s.n < 8) {
        for (size_t i = 0; i < s.n; i++) bits |= (unsigned char)s.p[i];
        return bits < 0x80;
    }
    for (size_t i = 0; i + 8 <= s.n; i += 8) bits |= load_word(s.p + i);
    bits |= load_word(s.p + s.n - 8);
    return (bits & EACH_BYTE(0x80)) == 0;
}

/* ASCII letters differ in one bit. Bit 7 of a sum says that the byte is at or above a letter. */
static inline uint64_t change_word(uint64_t word, char first)
{
    uint64_t from = word + EACH_BYTE(0x80 - first), past = word + EACH_BYTE(0x80 - first - 26);
    return word ^ (from & ~past & EACH_BYTE(0x80)) >> 2;
}

static inline void put_word(char *to, const char *from, char first)
{
    uint64_t word = change_word(load_word(from), first);
    memcpy(to, &word, sizeof word);
}

static struct err *put_ascii(struct func_frame *f, uint32_t row, struct slice s, char first)
{
    struct str out = {.size = (uint32_t)s.n};
    bool is_inline = s.n <= STR_INLINE_MAX;
    if (!is_inline) TRY(arena_check(f->arena));
    char *to =
        is_inline ? (char *)&out + offsetof(struct str, prefix) : arena_alloc_raw(f->arena, s.n);
    if (s.n < 8) {
        for (size_t i = 0; i < s.n; i++) {
            bool letter = (unsigned char)(s.p[i] - first) < 26;
            to[i] = (char)(letter ? s.p[i] ^ 0x20 : s.p[i]);
        }
    } else {
        for (size_t i = 0; i + 8 <= s.n; i += 8) put_word(to + i, s.p + i, first);
        put_word(to + s.n - 8, s.p + s.n - 8, first);
    }
    ((struct str *)f->out->data)[row] = is_inline ? out : str_view(to, (uint32_t)s.n);
    return NULL;
}

static struct err *change_case(struct func_frame *f, bool upper)
{
    for (FUNC_EACH_ROW(f, row)) {
        struct slice s = text_arg(f, 0, row);
        if (is_ascii(s)) {
            TRY(put_ascii(f, row, s, upper ? 'a' : 'A'));
            continue;
        }
        struct buf *b = text_buffer(f);
        upper ? utf8_upper(s, b) : utf8_lower(s, b);
        TRY(text_put_buffer(f, row, b));
    }
    return NULL;
}

static struct err *upper_eval(struct func_frame *f)
{
    return change_case(f, true);
}

static struct err *lower_eval(struct func_frame *f)
{
    return change_case(f, false);
}

static const struct func_signature upper_signatures[] = {{"STRING -> $1", upper_eval}, {0}};
static const struct func_signature lower_signatures[] = {{"STRING -> $1", lower_eval}, {0}};

const struct func_def func_upper = {
    .name = "UPPER",
    .flags = FUNC_STRICT,
    .signatures = upper_signatures,
    .open = text_open_buffer,
    .close = text_close_buffer,
    .signature_doc = "UPPER(string)",
    .doc = "The text in upper case, whatever the locale.",
    .example = "UPPER('Weir') → WEIR",
};

const struct func_def func_lower = {
    .name = "LOWER",
    .flags = FUNC_STRICT,
    .signatures = lower_signatures,
    .open = text_open_buffer,
    .close = text_close_buffer,
    .signature_doc = "LOWER(string)",
    .doc = "The text in lower case, whatever the locale.",
    .example = "LOWER('Weir') → weir",
};
