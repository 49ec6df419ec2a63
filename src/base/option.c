#include "base/option.h"

#include <ctype.h>
#include <math.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/num.h"

enum {
    LISTED_MAX = 2000, /* bytes of known keys in a message; err cuts at its own limit */
    CANDIDATES_MAX = 512
};

struct unit {
    const char *names; /* blank separated, lower case */
    int64_t factor_ns;
};

/* Flink's TimeUtils; the plain and the plural forms are accepted alike. */
static const struct unit duration_units[] = {
    {"d day days", INT64_C(86400000000000)},
    {"h hour hours", INT64_C(3600000000000)},
    {"min m minute minutes", INT64_C(60000000000)},
    {"s sec secs second seconds", INT64_C(1000000000)},
    {"ms milli millis millisecond milliseconds", 1000000},
    {"\xc2\xb5s micro micros microsecond microseconds", 1000},
    {"ns nano nanos nanosecond nanoseconds", 1},
};
/* Flink's MemorySize */
static const struct unit size_units[] = {
    {"b bytes", 1},
    {"k kb kibibytes", INT64_C(1) << 10},
    {"m mb mebibytes", INT64_C(1) << 20},
    {"g gb gibibytes", INT64_C(1) << 30},
    {"t tb tebibytes", INT64_C(1) << 40},
};

/* Is `word` one of the separated words of `list`? ASCII case does not count. */
static bool has_word(const char *list, char separator, struct slice word)
{
    while (*list) {
        const char *end = strchr(list, separator);
        size_t n = end ? (size_t)(end - list) : strlen(list);
        if (slice_eq_nocase((struct slice){list, n}, word)) return true;
        list += n + (end != NULL);
    }
    return false;
}

static bool split_number(struct slice text, int64_t *number, struct slice *unit)
{
    size_t digits = 0;
    while (digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9') digits++;
    *unit = slice_trim((struct slice){text.p + digits, text.n - digits});
    return digits > 0 && num_parse_i64((struct slice){text.p, digits}, number);
}

static bool unit_factor(
    const struct unit *units, size_t count, struct slice name, int64_t *factor_ns)
{
    for (size_t i = 0; i < count; i++) {
        if (!has_word(units[i].names, ' ', name)) continue;
        *factor_ns = units[i].factor_ns;
        return true;
    }
    return false;
}

/* One "12.5H" of an ISO duration: moves *text past it. */
static bool iso_part(struct slice *text, bool time, int64_t *total_ms)
{
    size_t n = 0;
    while (n < text->n && (isdigit((unsigned char)text->p[n]) || strchr("+-.", text->p[n]))) n++;
    double number;
    if (n == 0 || n == text->n || !num_parse_double((struct slice){text->p, n}, &number))
        return false;
    char unit = (char)toupper((unsigned char)text->p[n]);
    double factor = unit == 'D' && !time  ? 86400000.0
                    : unit == 'H' && time ? 3600000.0
                    : unit == 'M' && time ? 60000.0
                    : unit == 'S' && time ? 1000.0
                                          : 0.0;
    double sum = (double)*total_ms + number * factor;
    if (factor <= 0 || !(fabs(sum) < 9e15)) return false;
    *total_ms = (int64_t)sum;
    text->p += n + 1;
    text->n -= n + 1;
    return true;
}

/* java.time.Duration: PnDTnHnMn.nS */
static bool parse_iso_duration(struct slice text, int64_t *ms)
{
    text.p++;
    text.n--;
    bool time = false;
    int64_t total_ms = 0;
    if (text.n == 0) return false;
    while (text.n > 0) {
        if (!time && (text.p[0] == 'T' || text.p[0] == 't')) {
            time = true;
            text.p++;
            text.n--;
            if (text.n == 0) return false;
        }
        if (!iso_part(&text, time, &total_ms)) return false;
    }
    *ms = total_ms;
    return true;
}

struct err *option_parse_duration(struct slice text, int64_t *ms)
{
    struct slice s = slice_trim(text), unit;
    if (s.n > 0 && (s.p[0] == 'P' || s.p[0] == 'p') && parse_iso_duration(s, ms)) return NULL;
    int64_t number, factor_ns = 1000000;
    if (!split_number(s, &number, &unit) ||
        (unit.n > 0 && !unit_factor(duration_units,
                           sizeof duration_units / sizeof duration_units[0], unit, &factor_ns)))
        return err_hint(ERR(ERR_INVALID_OPTION, "'%.*s' is not a duration", (int)text.n, text.p),
            "Write a number and a unit (ms, s, min, h, d), e.g. '10 s', or ISO 8601, e.g. PT10S.");
    i128 total = (i128)number * factor_ns / 1000000;
    if (total > INT64_MAX)
        FAIL(ERR_INVALID_OPTION, "duration '%.*s' is too long", (int)text.n, text.p);
    *ms = (int64_t)total;
    return NULL;
}

struct err *option_parse_size(struct slice text, int64_t *bytes)
{
    struct slice s = slice_trim(text), unit;
    int64_t number, factor = 1;
    if (!split_number(s, &number, &unit) ||
        (unit.n > 0 &&
            !unit_factor(size_units, sizeof size_units / sizeof size_units[0], unit, &factor)))
        return err_hint(
            ERR(ERR_INVALID_OPTION, "'%.*s' is not a size in bytes", (int)text.n, text.p),
            "Write a number and a unit (b, kb, mb, gb, tb), e.g. '64 mb'.");
    if (__builtin_mul_overflow(number, factor, bytes))
        FAIL(ERR_INVALID_OPTION, "size '%.*s' is too large", (int)text.n, text.p);
    return NULL;
}

struct err *option_parse_bool(struct slice text, bool *out)
{
    struct slice s = slice_trim(text);
    if (!slice_eq_nocase(s, SLICE("true")) && !slice_eq_nocase(s, SLICE("false")))
        FAIL(ERR_INVALID_OPTION, "'%.*s' is not 'true' or 'false'", (int)text.n, text.p);
    *out = s.n == 4;
    return NULL;
}

/* ---- matching keys */

static bool is_column(struct slice name, const char *const *columns, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        size_t n = strlen(columns[i]);
        /* Parts of nested columns follow a dot: "fields.address.city.length". */
        if (n <= name.n && memcmp(name.p, columns[i], n) == 0 && (n == name.n || name.p[n] == '.'))
            return true;
    }
    return false;
}

static bool key_matches(
    const char *pattern, struct slice key, const char *const *columns, uint32_t column_count)
{
    size_t n = strlen(pattern);
    if (n > 0 && pattern[n - 1] == '*') return key.n >= n && memcmp(key.p, pattern, n - 1) == 0;
    const char *hash = strchr(pattern, '#');
    if (!hash) return slice_eq(key, (struct slice){pattern, n});
    size_t before = (size_t)(hash - pattern), after = n - before - 1;
    if (key.n <= before + after || memcmp(key.p, pattern, before) != 0 ||
        memcmp(key.p + key.n - after, hash + 1, after) != 0)
        return false;
    return is_column((struct slice){key.p + before, key.n - before - after}, columns, column_count);
}

static const struct option_def *find_def(const struct option_def *const *tables, struct slice key,
    const char *const *columns, uint32_t column_count)
{
    for (; *tables; tables++) {
        for (const struct option_def *d = *tables; d->name; d++)
            if (key_matches(d->name, key, columns, column_count)) return d;
    }
    return NULL;
}

/* ---- values */

static struct err *check_range(const struct option_def *d, struct slice value, double number)
{
    if (!d->values) return NULL;
    const char *dots = strstr(d->values, "..");
    ASSERT(dots);
    double low = -INFINITY, high = INFINITY;
    if (dots > d->values)
        ASSERT(num_parse_double((struct slice){d->values, (size_t)(dots - d->values)}, &low));
    if (dots[2]) ASSERT(num_parse_double(slice_of(dots + 2), &high));
    if (number >= low && number <= high) return NULL;
    FAIL(ERR_INVALID_OPTION, "%.*s is out of range %s", (int)value.n, value.p, d->values);
}

static struct err *check_enum(const struct option_def *d, struct slice value)
{
    if (has_word(d->values, '|', value)) return NULL;
    FAIL(ERR_INVALID_OPTION, "'%.*s' is none of %s", (int)value.n, value.p, d->values);
}

static struct err *check_value(const struct option_def *d, struct slice value)
{
    struct slice text = slice_trim(value);
    bool flag;
    int64_t i;
    double f;
    switch (d->type) {
    case OPTION_STRING: return NULL;
    case OPTION_BOOL: return option_parse_bool(text, &flag);
    case OPTION_INT:
        if (!num_parse_i64(text, &i))
            FAIL(ERR_INVALID_OPTION, "'%.*s' is not a whole number", (int)value.n, value.p);
        return check_range(d, value, (double)i);
    case OPTION_DOUBLE:
        if (!num_parse_double(text, &f))
            FAIL(ERR_INVALID_OPTION, "'%.*s' is not a number", (int)value.n, value.p);
        return check_range(d, value, f);
    case OPTION_DURATION:
        TRY(option_parse_duration(text, &i));
        return check_range(d, value, (double)i);
    case OPTION_SIZE: TRY(option_parse_size(text, &i)); return check_range(d, value, (double)i);
    case OPTION_ENUM: return check_enum(d, text);
    }
    UNREACHABLE();
}

struct err *option_check(const struct option_def *d, struct slice value)
{
    struct err *e = check_value(d, value);
    return e ? err_wrap(e, "option '%s'", d->name) : NULL;
}

/* ---- validation of a whole WITH clause */

static struct err *unknown_key(
    const struct option *pair, const struct option_def *const *tables, const char *owner)
{
    const char *candidates[CANDIDATES_MAX];
    size_t count = 0;
    struct buf list;
    buf_init(&list, LISTED_MAX);
    for (; *tables; tables++) {
        for (const struct option_def *d = *tables; d->name; d++) {
            if (count < CANDIDATES_MAX) candidates[count++] = d->name;
            buf_printf(&list, "%s%s", list.n ? ", " : "", d->name);
        }
    }
    const char *nearest = str_nearest(pair->key, candidates, count);
    struct err *e =
        err_at(ERR(ERR_INVALID_OPTION, "%s has no option '%.*s'%s%s", owner, (int)pair->key.n,
                   pair->key.p, nearest ? "" : "; it knows: ", nearest ? "" : buf_cstr(&list)),
            pair->pos);
    buf_free(&list);
    return nearest ? err_hint(e, "Did you mean '%s'?", nearest) : e;
}

static struct err *check_required(
    const struct options *o, const struct option_def *const *tables, const char *owner)
{
    for (; *tables; tables++) {
        for (const struct option_def *d = *tables; d->name; d++) {
            struct slice value;
            if (!d->required || option_find(o, d->name, &value)) continue;
            struct text_pos pos = o->count > 0 ? o->pairs[0].pos : (struct text_pos){0};
            return err_hint(
                err_at(ERR(ERR_INVALID_OPTION, "%s needs the option '%s'", owner, d->name), pos),
                "'%s': %s", d->name, d->doc);
        }
    }
    return NULL;
}

struct err *option_validate(const struct options *o, const struct option_def *const *tables,
    const char *const *columns, uint32_t column_count, const char *owner)
{
    for (uint32_t i = 0; i < o->count; i++) {
        const struct option *pair = &o->pairs[i];
        const struct option_def *d = find_def(tables, pair->key, columns, column_count);
        if (!d) return unknown_key(pair, tables, owner);
        struct err *e = check_value(d, pair->value);
        if (e)
            return err_at(err_wrap(e, "option '%.*s' of %s", (int)pair->key.n, pair->key.p, owner),
                pair->pos);
    }
    return check_required(o, tables, owner);
}

/* ---- getters */

static const struct option *find_pair(const struct options *o, const char *key)
{
    for (uint32_t i = o->count; i > 0; i--) /* the last one wins */
        if (slice_eq(o->pairs[i - 1].key, slice_of(key))) return &o->pairs[i - 1];
    return NULL;
}

bool option_find(const struct options *o, const char *key, struct slice *value)
{
    const struct option *pair = find_pair(o, key);
    if (pair) *value = pair->value;
    return pair != NULL;
}

struct text_pos option_pos(const struct options *o, const char *key)
{
    const struct option *pair = find_pair(o, key);
    return pair ? pair->pos : (struct text_pos){0};
}

/* The definition whose pattern the key fits; '#' stands for anything here. */
static const struct option_def *def_of(const struct option_def *table, const char *key)
{
    struct slice s = slice_of(key);
    for (const struct option_def *d = table; d->name; d++) {
        const char *hash = strchr(d->name, '#');
        if (!hash && strcmp(d->name, key) == 0) return d;
        if (!hash) continue;
        size_t before = (size_t)(hash - d->name), after = strlen(hash + 1);
        if (s.n > before + after && memcmp(key, d->name, before) == 0 &&
            memcmp(key + s.n - after, hash + 1, after) == 0)
            return d;
    }
    check_failed(__FILE__, __LINE__, key);
}

/* Text of the pair or of the default; an empty slice with p = NULL when there is neither. */
static struct slice text_of(
    const struct options *o, const struct option_def *table, const char *key)
{
    const struct option_def *d = def_of(table, key);
    struct slice value;
    if (option_find(o, key, &value)) return d->type == OPTION_STRING ? value : slice_trim(value);
    return d->default_text ? slice_of(d->default_text) : (struct slice){NULL, 0};
}

/* A value that was validated cannot fail to parse. */
static void must(struct err *e)
{
    if (e) check_failed(__FILE__, __LINE__, err_message(e));
}

struct slice option_string(const struct options *o, const struct option_def *table, const char *key)
{
    return text_of(o, table, key);
}

bool option_bool(const struct options *o, const struct option_def *table, const char *key)
{
    bool v = false;
    struct slice text = text_of(o, table, key);
    if (text.p) must(option_parse_bool(text, &v));
    return v;
}

int64_t option_int(const struct options *o, const struct option_def *table, const char *key)
{
    int64_t v = 0;
    struct slice text = text_of(o, table, key);
    if (text.p) ASSERT(num_parse_i64(text, &v));
    return v;
}

double option_double(const struct options *o, const struct option_def *table, const char *key)
{
    double v = 0;
    struct slice text = text_of(o, table, key);
    if (text.p) ASSERT(num_parse_double(text, &v));
    return v;
}

int64_t option_duration_ms(const struct options *o, const struct option_def *table, const char *key)
{
    int64_t v = 0;
    struct slice text = text_of(o, table, key);
    if (text.p) must(option_parse_duration(text, &v));
    return v;
}

int64_t option_size_bytes(const struct options *o, const struct option_def *table, const char *key)
{
    int64_t v = 0;
    struct slice text = text_of(o, table, key);
    if (text.p) must(option_parse_size(text, &v));
    return v;
}

/* ---- secrets ---- */

static bool contains(struct slice text, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= text.n; i++)
        if (slice_eq_nocase((struct slice){text.p + i, n}, (struct slice){word, n})) return true;
    return false;
}

bool option_is_secret(struct slice key)
{
    static const char *const words[] = {"password", "secret", "fs.azure.account.key", "apikey",
        "api-key", "auth-params", "service-key", "token", "basic-auth", "jaas.config",
        "http-headers"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (contains(key, words[i])) return true;
    return false;
}
