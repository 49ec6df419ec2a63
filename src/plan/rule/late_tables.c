/* late_tables.c - whether anything can come to the 'late.table' of a source. One INSERT cannot say:
 * of two that read a table one may copy it and the other have windows. */
#include "base/arena.h"
#include "plan/rule/rule.h"

struct late_note {
    const char *source, *late;
    struct text_pos pos; /* of the option: a hint is another than the table's own */
    bool has_rows;
    struct late_note *next;
};

static struct late_note *find_note(const struct late_tables *l, const struct logic_table *source)
{
    struct late_note *n = l->first;
    while (n && !(strcmp(n->source, source->identifier) == 0 &&
                    n->pos.offset == source->late->table->pos.offset))
        n = n->next;
    return n;
}

void late_tables_note(struct late_tables *l, const struct logic_table *source, bool has_rows)
{
    struct late_note *n = find_note(l, source);
    if (!n) {
        n = ARENA_NEW(l->arena, struct late_note);
        n->source = slice_to_cstr(l->arena, slice_of(source->identifier));
        struct slice late = {0};
        option_find(&source->options, "late.table", &late);
        n->late = slice_to_cstr(l->arena, late);
        n->pos = source->late->table->pos;
        *l->last = n;
        l->last = &n->next;
    }
    n->has_rows |= has_rows;
}

struct err *late_tables_check(const struct late_tables *l)
{
    const struct late_note *n = l->first;
    while (n && n->has_rows) n = n->next;
    if (!n) return NULL;
    return err_at(
        err_hint(ERR(ERR_INVALID_OPTION,
                     "'late.table' = '%s' of table '%s': no INSERT of the script drops rows of it "
                     "as late",
                     n->late, n->source),
            "only windows over event time do (TUMBLE, HOP, CUMULATE); add one or remove the "
            "option"),
        n->pos);
}
