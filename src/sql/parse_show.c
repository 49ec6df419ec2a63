/* SHOW. */
#include "sql/parse_part.h"

enum {
    FROM = 1, /* [FROM|IN path] */
    FROM_NEEDED = 2,
    LIKE = 4,       /* [[NOT] LIKE 'pattern'] */
    ILIKE = 8,      /* and ILIKE */
    PATH = 16,      /* path */
    PARTITION = 32, /* [PARTITION (..)] */
};

struct show_row {
    enum keyword words[3]; /* KEYWORD_NONE fills up */
    enum ast_show_kind kind;
    unsigned clauses;
};

/* Longest first where one begins another. */
static const struct show_row show_rows[] = {{{WORD_CATALOGS}, AST_SHOW_CATALOGS, LIKE | ILIKE},
    {{WORD_CURRENT, WORD_CATALOG}, AST_SHOW_CURRENT_CATALOG, 0},
    {{WORD_CURRENT, WORD_DATABASE}, AST_SHOW_CURRENT_DATABASE, 0},
    {{WORD_DATABASES}, AST_SHOW_DATABASES, FROM | LIKE | ILIKE},
    {{WORD_TABLES}, AST_SHOW_TABLES, FROM | LIKE}, {{WORD_VIEWS}, AST_SHOW_VIEWS, FROM | LIKE},
    {{WORD_MATERIALIZED, WORD_TABLES}, AST_SHOW_MATERIALIZED_TABLES, FROM | LIKE},
    {{WORD_COLUMNS}, AST_SHOW_COLUMNS, FROM_NEEDED | LIKE},
    {{WORD_FUNCTIONS}, AST_SHOW_FUNCTIONS, FROM | LIKE | ILIKE},
    {{WORD_USER, WORD_FUNCTIONS}, AST_SHOW_USER_FUNCTIONS, FROM | LIKE | ILIKE},
    {{WORD_PROCEDURES}, AST_SHOW_PROCEDURES, FROM | LIKE | ILIKE},
    {{WORD_MODELS}, AST_SHOW_MODELS, FROM | LIKE}, {{WORD_MODULES}, AST_SHOW_MODULES, 0},
    {{WORD_FULL, WORD_MODULES}, AST_SHOW_FULL_MODULES, 0},
    {{WORD_PARTITIONS}, AST_SHOW_PARTITIONS, PATH | PARTITION}, {{WORD_JARS}, AST_SHOW_JARS, 0},
    {{WORD_JOBS}, AST_SHOW_JOBS, 0}, {{WORD_CREATE, WORD_TABLE}, AST_SHOW_CREATE_TABLE, PATH},
    {{WORD_CREATE, WORD_VIEW}, AST_SHOW_CREATE_VIEW, PATH},
    {{WORD_CREATE, WORD_CATALOG}, AST_SHOW_CREATE_CATALOG, PATH},
    {{WORD_CREATE, WORD_MODEL}, AST_SHOW_CREATE_MODEL, PATH},
    {{WORD_CREATE, WORD_MATERIALIZED, WORD_TABLE}, AST_SHOW_CREATE_MATERIALIZED_TABLE, PATH}};

static const struct show_row *find_row(struct parser *p)
{
    for (size_t i = 0; i < sizeof show_rows / sizeof *show_rows; i++) {
        const enum keyword *words = show_rows[i].words;
        size_t n = 0;
        bool first = parser_at_word(p, words[0]);
        while (first && n < 3 && words[n] && parser_next_is_word(p, n, words[n])) n++;
        if (!first || (n < 3 && words[n])) continue;
        for (; n > 0; n--) parser_take(p);
        return &show_rows[i];
    }
    return NULL;
}

static struct err *parse_like(struct parser *p, bool ilike_allowed, struct ast_show *show)
{
    show->not_like = parser_accept_word(p, WORD_NOT);
    show->ilike = ilike_allowed && parser_accept_word(p, WORD_ILIKE);
    if (!show->ilike && !parser_accept_word(p, WORD_LIKE))
        return show->not_like ? parser_fail(p, "LIKE after NOT") : NULL;
    return parse__string(p, "a pattern in quotes", &show->like);
}

struct err *parse__show(struct parser *p, struct ast_statement *s)
{
    struct ast_show *show = &s->show;
    s->kind = AST_STATEMENT_SHOW;
    parser_take(p);
    const struct show_row *row = find_row(p);
    if (!row) return parser_fail(p, "what to show, such as TABLES or CREATE TABLE");
    show->kind = row->kind;
    if (row->clauses & PATH) TRY(parse__path(p, "a name", &show->path));
    if (row->clauses & (FROM | FROM_NEEDED)) {
        show->in = parser_accept_word(p, WORD_IN);
        bool from = show->in || parser_accept_word(p, WORD_FROM);
        if (!from && (row->clauses & FROM_NEEDED)) return parser_fail(p, "FROM or IN");
        if (from) TRY(parse__path(p, "a name", &show->path));
    }
    if ((row->clauses & PARTITION) && parser_accept_word(p, WORD_PARTITION))
        TRY(parse__partition_spec(p, true, &show->partition));
    return row->clauses & LIKE ? parse_like(p, row->clauses & ILIKE, show) : NULL;
}
