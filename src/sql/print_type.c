/* Types and units. */
#include "base/check.h"
#include "sql/print_part.h"

static const char *const simple_texts[] = {
#define X(name, text) [AST_TYPE_##name] = text,
    AST_SIMPLE_TYPES(X)
#undef X
};

static const char *const unit_texts[] = {
#define X(name) #name,
    AST_UNITS(X)
#undef X
};

const char *print__unit(enum ast_unit unit)
{
    return unit_texts[unit];
}

void print__interval_unit(struct buf *out, const struct ast_interval *unit)
{
    bool range = unit->from != unit->to;
    buf_add_cstr(out, unit_texts[unit->from]);
    if (unit->leading_precision >= 0) {
        buf_printf(out, "(%d", unit->leading_precision);
        if (!range && unit->fraction_precision >= 0)
            buf_printf(out, ", %d", unit->fraction_precision);
        buf_add_char(out, ')');
    }
    if (!range) return;
    buf_printf(out, " TO %s", unit_texts[unit->to]);
    if (unit->fraction_precision >= 0) buf_printf(out, "(%d)", unit->fraction_precision);
}

static void print_fields(struct buf *out, const struct ast_type *type)
{
    for (size_t i = 0; i < type->field_count; i++) {
        if (i > 0) buf_add_cstr(out, ", ");
        print__name(out, &type->fields[i].name);
        buf_add_char(out, ' ');
        print_type(out, type->fields[i].type);
        if (!type->fields[i].comment.text.p) continue;
        buf_add_char(out, ' ');
        print_string(out, type->fields[i].comment.text);
    }
}

static void print_made(struct buf *out, const struct ast_type *type)
{
    if (type->kind == AST_TYPE_ARRAY)
        buf_add_cstr(out, "ARRAY<");
    else if (type->kind == AST_TYPE_MULTISET)
        buf_add_cstr(out, "MULTISET<");
    else if (type->kind == AST_TYPE_MAP)
        buf_add_cstr(out, "MAP<");
    else if (type->kind == AST_TYPE_ROW)
        buf_add_cstr(out, "ROW<");
    else
        buf_add_cstr(out, "STRUCTURED<");
    if (type->children[0]) print_type(out, type->children[0]);
    if (type->children[1]) {
        buf_add_cstr(out, ", ");
        print_type(out, type->children[1]);
    }
    if (type->kind == AST_TYPE_STRUCTURED) {
        print_string(out, type->class_name.text);
        if (type->field_count > 0) buf_add_cstr(out, ", ");
    }
    print_fields(out, type);
    buf_add_char(out, '>');
}

static void print_raw(struct buf *out, const struct ast_type *type)
{
    buf_add_cstr(out, "RAW(");
    print_string(out, type->class_name.text);
    buf_add_cstr(out, ", ");
    print_string(out, type->serializer.text);
    buf_add_char(out, ')');
}

static void print_simple(struct buf *out, const struct ast_type *type)
{
    buf_add_cstr(out, simple_texts[type->kind]);
    if (type->precision < 0) return;
    buf_printf(out, "(%d", type->precision);
    if (type->scale >= 0) buf_printf(out, ", %d", type->scale);
    buf_add_char(out, ')');
}

void print_type(struct buf *out, const struct ast_type *type)
{
    if (type->kind < AST_TYPE_INTERVAL) {
        print_simple(out, type);
    } else if (type->kind == AST_TYPE_INTERVAL) {
        buf_add_cstr(out, "INTERVAL ");
        print__interval_unit(out, &type->interval);
    } else if (type->kind == AST_TYPE_RAW) {
        print_raw(out, type);
    } else if (type->kind == AST_TYPE_NAMED) {
        print__path(out, &type->path);
    } else {
        print_made(out, type);
    }
    if (type->nullability == AST_NULLABILITY_NULL) buf_add_cstr(out, " NULL");
    if (type->nullability == AST_NULLABILITY_NOT_NULL) buf_add_cstr(out, " NOT NULL");
}
