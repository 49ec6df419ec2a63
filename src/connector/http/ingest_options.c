/* What WITH of an http table says, and which of it goes together. */
#include "base/arena.h"
#include "connector/http/ingest_collector.h"
#include "http/http.h"

enum {
    TOKEN_BYTES_MIN = 16,   /* 128 bits, as the design asks for */
    TOKEN_BYTES_MAX = 4096, /* must fit into a request's head */
    LOG_BODIES_MIN = 4      /* see choose_segment_bytes in ingest_log.c */
};

const struct option_def ingest_collector_options[] = {
    {"listen", OPTION_STRING, "127.0.0.1:8080", false, NULL,
        "Address and port that take POSTs. Tables with the same one share it. If it is not given "
        "and in use, a free port is taken and said."},
    {"path", OPTION_STRING, NULL, false, NULL,
        "Where the table's POSTs go to; without it '/' and the table's name."},
    {"log.dir", OPTION_STRING, NULL, false, NULL,
        "Folder of the ingest log; without it 'weir-data/ingest/' and the table's name, in the "
        "working directory."},
    {"log.max-bytes", OPTION_SIZE, "1 gb", false, "65536..",
        "What the log may hold that not every job has read; more is refused with 429."},
    {"max-body-bytes", OPTION_SIZE, "8 mb", false, "1..104857600",
        "The largest body; a larger one is refused with 413. At most a quarter of "
        "'log.max-bytes'."},
    {"token", OPTION_STRING, NULL, false, NULL,
        "Clients must send 'Authorization: Bearer TOKEN'; at least 16 bytes. Write it as "
        "'${NAME}' to take it from the environment."},
    {"insecure", OPTION_BOOL, "false", false, NULL,
        "Lets a table listen beyond this machine without a token."},
    {"validate", OPTION_BOOL, "false", false, NULL,
        "Decodes a body before it is stored: if a record is bad, all of it is refused with 400."},
    {0}};

static bool is_plain(struct slice name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '_' || c == '-' || (c == '.' && i > 0);
        if (!plain) return false;
    }
    return name.n > 0;
}

static struct err *check_path(const struct options *o, const char *path)
{
    struct slice s = slice_of(path);
    bool good = s.n > 1 && s.p[0] == '/' && s.n <= 1024;
    for (size_t i = 1; good && i < s.n; i++) {
        bool starts = s.p[i - 1] == '/';
        good = s.p[i] > ' ' && s.p[i] < 127 && !strchr("?#%\"'\\", s.p[i]) &&
               !(starts && (s.p[i] == ':' || s.p[i] == '/'));
    }
    if (good) return NULL;
    FAIL_AT(ERR_INVALID_OPTION, option_pos(o, "path"),
        "'path' = '%s' is no path like '/events/clicks': it begins with '/', and has neither "
        "blanks nor any of ? # %% \" ' \\, nor a part that begins with ':'",
        path);
}

/* One that cannot stand in a header would let nobody in. A token from a file easily ends in a line
 * end. */
static bool can_be_sent(const char *token)
{
    for (const char *p = token; *p; p++)
        if (*p <= ' ' || *p > '~') return false;
    return strlen(token) <= TOKEN_BYTES_MAX;
}

static struct err *check_token(const struct options *given, const struct ingest_options *o)
{
    bool later = o->token && strncmp(o->token, "${", 2) == 0; /* of the environment, at run time */
    struct text_pos pos = option_pos(given, "token");
    if (o->token && !later && strlen(o->token) < TOKEN_BYTES_MIN)
        FAIL_AT(ERR_INVALID_OPTION, pos,
            "'token' is too short: at least %d bytes, so that it cannot be "
            "guessed",
            TOKEN_BYTES_MIN);
    if (o->token && !later && !can_be_sent(o->token))
        FAIL_AT(ERR_INVALID_OPTION, pos,
            "'token' has a character that no client can send in a header, such as a blank or the "
            "end of a line, or more than %d bytes",
            TOKEN_BYTES_MAX);
    if (o->token || o->insecure || http_address_is_loopback(o->listen)) return NULL;
    return err_hint(err_at(ERR(ERR_INVALID_OPTION,
                               "'listen' = '%s' can be reached from other machines, and the table "
                               "has no 'token'",
                               o->listen),
                        option_pos(given, "listen")),
        "Set 'token' = '${INGEST_TOKEN}', or 'insecure' = 'true' if everybody may write to it.");
}

static const char *text_of(
    const struct options *o, const char *key, struct arena *a, const char *otherwise)
{
    struct slice text = option_string(o, ingest_collector_options, key);
    return text.p ? slice_to_cstr(a, text) : otherwise;
}

static const char *format_of(const struct options *o, struct arena *a)
{
    struct slice name;
    bool given = option_find(o, "format", &name) || option_find(o, "value.format", &name);
    return given ? slice_to_cstr(a, name) : NULL;
}

static struct err *read_sizes(const struct options *o, struct ingest_options *out)
{
    const struct option_def *table = ingest_collector_options;
    struct slice given;
    out->log_bytes_max = (uint64_t)option_size_bytes(o, table, "log.max-bytes");
    out->body_bytes_max = (size_t)option_size_bytes(o, table, "max-body-bytes");
    if (out->body_bytes_max <= out->log_bytes_max / LOG_BODIES_MIN) return NULL;
    if (option_find(o, "max-body-bytes", &given))
        FAIL_AT(ERR_INVALID_OPTION, option_pos(o, "max-body-bytes"),
            "'max-body-bytes' (%zu) is more than a quarter of 'log.max-bytes' (%llu)",
            out->body_bytes_max, (unsigned long long)out->log_bytes_max);
    out->body_bytes_max = (size_t)(out->log_bytes_max / LOG_BODIES_MIN);
    return NULL;
}

struct err *ingest_collector_read_options(
    const struct connector_params *p, struct arena *a, struct ingest_options *out)
{
    const struct option_def *table = ingest_collector_options;
    const struct options *o = p->options;
    struct slice given, name = slice_of(connector_short_name(p->table_name));
    *out = (struct ingest_options){.table = slice_to_cstr(a, name),
        .format = format_of(o, a),
        .listen = text_of(o, "listen", a, NULL),
        .listen_given = option_find(o, "listen", &given),
        .path = text_of(o, "path", a, NULL),
        .directory = text_of(o, "log.dir", a, NULL),
        .token = text_of(o, "token", a, NULL),
        .insecure = option_bool(o, table, "insecure"),
        .validate = option_bool(o, table, "validate")};
    if (!is_plain(name) && (!out->path || !out->directory))
        return err_hint(ERR(ERR_INVALID_OPTION,
                            "the name of table '%s' is none that a path can have", out->table),
            "Set 'path' and 'log.dir'.");
    if (!out->path) out->path = str_fmt(a, "/%s", out->table);
    if (!out->directory) out->directory = str_fmt(a, "weir-data/ingest/%s", out->table);
    if (!strchr(out->listen, ':'))
        FAIL_AT(ERR_INVALID_OPTION, option_pos(o, "listen"),
            "'listen' = '%s' has no port; write it like '127.0.0.1:8080'", out->listen);
    TRY(check_path(o, out->path));
    TRY(check_token(o, out));
    return read_sizes(o, out);
}
