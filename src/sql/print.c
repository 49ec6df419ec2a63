/* Names, strings, options, hints. */
#include "sql/print.h"

#include "sql/keyword.h"
#include "sql/print_part.h"

static void add_quoted(struct buf *out, struct slice text, char quote)
{
    buf_add_char(out, quote);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == quote) buf_add_char(out, quote);
        buf_add_char(out, text.p[i]);
    }
    buf_add_char(out, quote);
}

static bool is_plain(struct slice name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || c < '0' || c > '9')) return false;
    }
    return name.n > 0;
}

static bool is_reserved(struct slice name)
{
    return keyword_class(keyword_find(name)) != KEYWORD_FREE;
}

void print_name(struct buf *out, struct slice name)
{
    if (is_plain(name) && !is_reserved(name))
        buf_add_slice(out, name);
    else
        add_quoted(out, name, '`');
}

/* A free keyword that was quoted stays so: `map`[1] is not MAP[1]. */
void print__name(struct buf *out, const struct ast_name *name)
{
    if (name->quoted && keyword_find(name->text) != KEYWORD_NONE)
        add_quoted(out, name->text, '`');
    else
        print_name(out, name->text);
}

void print_string(struct buf *out, struct slice text)
{
    add_quoted(out, text, '\'');
}

void print_path_quoted(struct buf *out, const struct ast_path *path)
{
    for (size_t i = 0; i < path->count; i++) {
        if (i > 0) buf_add_char(out, '.');
        add_quoted(out, path->parts[i].text, '`');
    }
}

void print__path(struct buf *out, const struct ast_path *path)
{
    for (size_t i = 0; i < path->count; i++) {
        if (i > 0) buf_add_char(out, '.');
        print__name(out, &path->parts[i]);
    }
}

void print__names(struct buf *out, const struct ast_name_list *names)
{
    for (size_t i = 0; i < names->count; i++) {
        if (i > 0) buf_add_cstr(out, ", ");
        print__name(out, &names->items[i]);
    }
}

static void print_pairs(struct buf *out, const struct ast_option_list *options)
{
    for (size_t i = 0; i < options->count; i++) {
        if (i > 0) buf_add_cstr(out, ", ");
        print_string(out, options->items[i].key.text);
        buf_add_cstr(out, " = ");
        print_string(out, options->items[i].value.text);
    }
}

void print__options(struct buf *out, const struct ast_option_list *options)
{
    buf_add_char(out, '(');
    print_pairs(out, options);
    buf_add_char(out, ')');
}

void print__keys(struct buf *out, const struct ast_string_list *keys)
{
    buf_add_char(out, '(');
    for (size_t i = 0; i < keys->count; i++) {
        if (i > 0) buf_add_cstr(out, ", ");
        print_string(out, keys->items[i].text);
    }
    buf_add_char(out, ')');
}

static void print_hint(struct buf *out, const struct ast_hint *hint)
{
    print__name(out, &hint->name);
    if (hint->options.count > 0)
        print__options(out, &hint->options);
    else if (hint->values.count > 0)
        print__keys(out, &hint->values);
}

void print__hints(struct buf *out, const struct ast_hint_list *hints)
{
    if (hints->count == 0) return;
    buf_add_cstr(out, " /*+ ");
    for (size_t i = 0; i < hints->count; i++) {
        if (i > 0) buf_add_cstr(out, ", ");
        print_hint(out, &hints->items[i]);
    }
    buf_add_cstr(out, " */");
}
