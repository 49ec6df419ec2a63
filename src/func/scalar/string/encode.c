/* Texts and numbers as other notations of themselves: hex, binary, base 64, URLs, code points. */
#include <openssl/evp.h>

#include "base/arena.h"
#include "func/scalar/string/text.h"

static const char hex_digits[] = "0123456789ABCDEF";

/* ---- HEX, UNHEX, BIN ---- */

/* The bits of v in groups of `width`, without leading zeros. */
static void put_bits(struct func_frame *f, uint32_t row, uint64_t v, unsigned width)
{
    char text[64];
    size_t at = sizeof text;
    do {
        text[--at] = hex_digits[v & ((1u << width) - 1)];
        v >>= width;
    } while (v);
    text_put(f, row, (struct slice){text + at, sizeof text - at});
}

static struct err *hex_number_eval(struct func_frame *f)
{
    const int64_t *v = f->args[0]->data;
    for (FUNC_EACH_ROW(f, row)) put_bits(f, row, (uint64_t)v[row], 4);
    return NULL;
}

static struct err *bin_eval(struct func_frame *f)
{
    const int64_t *v = f->args[0]->data;
    for (FUNC_EACH_ROW(f, row)) put_bits(f, row, (uint64_t)v[row], 1);
    return NULL;
}

static struct err *hex_text_eval(struct func_frame *f)
{
    for (FUNC_EACH_ROW(f, row)) {
        struct slice s = text_arg(f, 0, row);
        struct buf *b = text_buffer(f);
        for (size_t i = 0; i < s.n && !b->overflow; i++) {
            unsigned char c = (unsigned char)s.p[i];
            buf_add_char(b, hex_digits[c >> 4]);
            buf_add_char(b, hex_digits[c & 15]);
        }
        TRY(text_put_buffer(f, row, b));
    }
    return NULL;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Of an odd number of digits the first counts as 0. */
static bool add_unhexed(struct slice s, struct buf *b)
{
    int high = 0;
    bool low = s.n % 2;
    for (size_t i = 0; i < s.n; i++) {
        int v = hex_value(s.p[i]);
        if (v < 0) return false;
        if (s.n % 2 && i == 0) v = 0;
        if (low) buf_add_char(b, (char)(high << 4 | v));
        high = v;
        low = !low;
    }
    return true;
}

static struct err *unhex_eval(struct func_frame *f)
{
    for (FUNC_EACH_ROW(f, row)) {
        struct buf *b = text_buffer(f);
        if (add_unhexed(text_arg(f, 0, row), b))
            TRY(text_put_buffer(f, row, b));
        else
            column_set_null(f->out, row);
    }
    return NULL;
}

/* ---- base 64 ---- */

static struct err *to_base64_eval(struct func_frame *f)
{
    for (FUNC_EACH_ROW(f, row)) {
        struct slice s = text_arg(f, 0, row);
        size_t size = (s.n + 2) / 3 * 4;
        if (size > TEXT_RESULT_MAX)
            FUNC_FAIL(f, row, ERR_LIMIT_EXCEEDED, "TO_BASE64: the result is too long");
        TRY(arena_check(f->arena));
        char *text = arena_alloc(f->arena, size + 1); /* EVP_EncodeBlock ends it with a NUL */
        EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)s.p, (int)s.n);
        text_put_part(f, row, (struct slice){text, size});
    }
    return NULL;
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* java.util.Base64's basic decoder: the padding may be left out, but not be wrong. */
static bool add_decoded(struct slice s, struct buf *b)
{
    size_t digits = s.n;
    while (digits > 0 && s.n - digits < 2 && s.p[digits - 1] == '=') digits--;
    if (digits % 4 == 1 || (digits < s.n && s.n % 4 != 0)) return false;
    uint32_t bits = 0, count = 0;
    for (size_t i = 0; i < digits; i++) {
        int v = base64_value(s.p[i]);
        if (v < 0) return false;
        bits = bits << 6 | (uint32_t)v;
        count += 6;
        if (count >= 8) buf_add_char(b, (char)(bits >> (count -= 8) & 0xff));
    }
    return true;
}

static struct err *from_base64_eval(struct func_frame *f)
{
    for (FUNC_EACH_ROW(f, row)) {
        struct buf *b = text_buffer(f);
        if (!add_decoded(text_arg(f, 0, row), b))
            FUNC_FAIL(f, row, ERR_INVALID_VALUE, "FROM_BASE64: the text is not base 64");
        struct buf repaired;
        buf_init(&repaired, TEXT_RESULT_MAX);
        utf8_repair(buf_slice(b), &repaired);
        struct err *e = text_put_buffer(f, row, &repaired);
        buf_free(&repaired);
        if (e) return e;
    }
    return NULL;
}

/* ---- URLs: application/x-www-form-urlencoded ---- */

static bool is_plain(char c)
{
    bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    return letter || c == '.' || c == '-' || c == '*' || c == '_';
}

static struct err *url_encode_eval(struct func_frame *f)
{
    for (FUNC_EACH_ROW(f, row)) {
        struct slice s = text_arg(f, 0, row);
        struct buf *b = text_buffer(f);
        for (size_t i = 0; i < s.n && !b->overflow; i++) {
            unsigned char c = (unsigned char)s.p[i];
            if (is_plain(s.p[i]) || c == ' ') {
                buf_add_char(b, c == ' ' ? '+' : s.p[i]);
                continue;
            }
            buf_add_char(b, '%');
            buf_add_char(b, hex_digits[c >> 4]);
            buf_add_char(b, hex_digits[c & 15]);
        }
        TRY(text_put_buffer(f, row, b));
    }
    return NULL;
}

static bool add_url_decoded(struct slice s, struct buf *b)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '%') {
            buf_add_char(b, s.p[i] == '+' ? ' ' : s.p[i]);
            continue;
        }
        if (i + 2 >= s.n) return false;
        int high = hex_value(s.p[i + 1]), low = hex_value(s.p[i + 2]);
        if (high < 0 || low < 0) return false;
        buf_add_char(b, (char)(high << 4 | low));
        i += 2;
    }
    return true;
}

static struct err *url_decode_eval(struct func_frame *f)
{
    struct buf repaired;
    buf_init(&repaired, TEXT_RESULT_MAX);
    struct err *e = NULL;
    for (FUNC_EACH_ROW(f, row)) {
        struct buf *b = text_buffer(f);
        if (!add_url_decoded(text_arg(f, 0, row), b)) {
            column_set_null(f->out, row);
            continue;
        }
        buf_clear(&repaired);
        utf8_repair(buf_slice(b), &repaired);
        e = text_put_buffer(f, row, &repaired);
        if (e) break;
    }
    buf_free(&repaired);
    return e;
}

/* ---- ASCII, CHR ---- */

/* The first byte as Java's byte; 0 for the empty text. */
static struct err *ascii_eval(struct func_frame *f)
{
    int32_t *out = f->out->data;
    for (FUNC_EACH_ROW(f, row)) {
        struct slice s = text_arg(f, 0, row);
        out[row] = s.n ? (int8_t)s.p[0] : 0;
    }
    return NULL;
}

static struct err *chr_eval(struct func_frame *f)
{
    const int64_t *v = f->args[0]->data;
    for (FUNC_EACH_ROW(f, row)) {
        char text[UTF8_CHARS_MAX];
        size_t n = v[row] < 0 ? 0 : utf8_encode(text, (uint32_t)(v[row] & 255));
        text_put(f, row, (struct slice){text, n});
    }
    return NULL;
}

static const struct func_signature hex_signatures[] = {
    {"BIGINT -> STRING", hex_number_eval}, {"STRING -> STRING", hex_text_eval}, {0}};
static const struct func_signature bin_signatures[] = {{"BIGINT -> STRING", bin_eval}, {0}};
static const struct func_signature unhex_signatures[] = {{"STRING -> BYTES NULL", unhex_eval}, {0}};
static const struct func_signature to_base64_signatures[] = {
    {"STRING -> STRING", to_base64_eval}, {0}};
static const struct func_signature from_base64_signatures[] = {
    {"STRING -> STRING", from_base64_eval}, {0}};
static const struct func_signature url_encode_signatures[] = {
    {"STRING -> STRING NULL", url_encode_eval}, {0}};
static const struct func_signature url_decode_signatures[] = {
    {"STRING -> STRING NULL", url_decode_eval}, {0}};
static const struct func_signature ascii_signatures[] = {{"STRING -> INT", ascii_eval}, {0}};
static const struct func_signature chr_signatures[] = {{"BIGINT -> STRING NULL", chr_eval}, {0}};

#define TEXT_FUNCTION(id, upper_name, signature_text, doc_text, example_text) \
    const struct func_def func_##id = {                                       \
        .name = upper_name,                                                   \
        .flags = FUNC_STRICT,                                                 \
        .signatures = id##_signatures,                                        \
        .open = text_open_buffer,                                             \
        .close = text_close_buffer,                                           \
        .signature_doc = signature_text,                                      \
        .doc = doc_text,                                                      \
        .example = example_text,                                              \
    };

TEXT_FUNCTION(hex, "HEX", "HEX(integer) or HEX(string)",
    "A number, or the UTF-8 bytes of a text, in upper-case hex.", "HEX('ab') → 6162")
TEXT_FUNCTION(bin, "BIN", "BIN(integer)", "A number in binary digits.", "BIN(4) → 100")
TEXT_FUNCTION(unhex, "UNHEX", "UNHEX(string)",
    "The bytes that hex digits stand for, NULL when there is another character. Of an odd number "
    "of "
    "digits the first counts as 0.",
    "UNHEX('6162') → ab")
TEXT_FUNCTION(to_base64, "TO_BASE64", "TO_BASE64(string)", "The text's UTF-8 bytes in base 64.",
    "TO_BASE64('abc') → YWJj")
TEXT_FUNCTION(from_base64, "FROM_BASE64", "FROM_BASE64(string)",
    "The text whose bytes are given in base 64. Another text fails the job.",
    "FROM_BASE64('YWJj') → abc")
TEXT_FUNCTION(url_encode, "URL_ENCODE", "URL_ENCODE(string)",
    "The text as a value in a URL: a blank is +, other bytes are %XX.",
    "URL_ENCODE('a b&') → a+b%26")
TEXT_FUNCTION(url_decode, "URL_DECODE", "URL_DECODE(string)",
    "The opposite of URL_ENCODE; NULL when a % is not followed by two hex digits.",
    "URL_DECODE('a+b%26') → a b&")
TEXT_FUNCTION(ascii, "ASCII", "ASCII(string)",
    "The first byte of the text, below 0 when it is not ASCII; 0 for an empty text.",
    "ASCII('abc') → 97")
TEXT_FUNCTION(chr, "CHR", "CHR(integer)",
    "The character of a code, modulo 256; the empty text for a number below 0.", "CHR(97) → a")
