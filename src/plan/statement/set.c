/* set.c - SET and RESET. */
#include "base/arena.h"
#include "base/config.h"
#include "plan/statement/statement.h"

static void list_pairs(struct statement *s)
{
    static const char *const names[] = {"key", "value"};
    struct option *pairs;
    size_t count = config_pairs(s->session->params.config, s->arena, &pairs);
    struct statement_table t;
    statement_table_begin(&t, s, names, 2);
    for (size_t i = 0; i < count; i++) {
        statement_table_add(&t, pairs[i].key);
        statement_table_add(&t, option_is_secret(pairs[i].key) ? SLICE("****") : pairs[i].value);
    }
    statement_table_end(&t);
}

struct err *statement_set(struct statement *s)
{
    const struct ast_option *o = &s->ast->option;
    if (!o->key.text.p) {
        list_pairs(s);
        return NULL;
    }
    if (slice_eq(o->key.text, SLICE("execution.runtime-mode")) &&
        !slice_eq_nocase(o->value.text, SLICE("streaming"))) {
        struct err *e = ERR(ERR_UNSUPPORTED,
            "'execution.runtime-mode' = '%.*s' is not supported: Weir runs streams only",
            (int)o->value.text.n, o->value.text.p);
        e = err_hint(e, "bounded tables run to their end in streaming mode too: remove the SET");
        return err_at(e, o->value.pos);
    }
    bool unknown = false;
    const char *nearest = NULL;
    struct err *e =
        config_set(s->session->params.config, o->key.text, o->value.text, &unknown, &nearest);
    if (e) return err_at(e, o->value.pos);
    if (unknown)
        s->result->message = str_fmt(s->arena, "unknown key '%.*s'%s%s%s", (int)o->key.text.n,
            o->key.text.p, nearest ? "; did you mean '" : " has no effect", nearest ? nearest : "",
            nearest ? "'?" : "");
    else if (config_is_idle(o->key.text))
        s->result->message =
            str_fmt(s->arena, "'%.*s' has no effect yet", (int)o->key.text.n, o->key.text.p);
    return NULL;
}

struct err *statement_reset(struct statement *s)
{
    const struct ast_option *o = &s->ast->option;
    if (o->key.text.p)
        config_reset(s->session->params.config, o->key.text);
    else
        config_reset_all(s->session->params.config);
    return NULL;
}
