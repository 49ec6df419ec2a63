#include "func/func.h"

#include "base/arena.h"
#include "test.h"

static struct err *infer(const char *name, const char *const *types, uint32_t count,
    struct arena *a, struct func_infer *in)
{
    struct func_arg *args = ARENA_ARRAY(a, struct func_arg, count + 1);
    for (uint32_t i = 0; i < count; i++) TRY(type_parse(a, slice_of(types[i]), &args[i].type));
    *in = (struct func_infer){.arena = a,
        .args = args,
        .arg_count = count,
        .arg_types = ARENA_ARRAY(a, const struct type *, count + 1)};
    func_eval_fn *eval;
    return func_infer_call(func_find(slice_of(name)), in, &eval);
}

static void every_function_is_described(void)
{
    size_t count;
    const struct func_def *const *all = func_all(&count);
    CHECK(count > 50);
    for (size_t i = 0; i < count; i++) {
        const struct func_def *def = all[i];
        bool complete = def->name && def->doc && def->example && def->signature_doc &&
                        (def->signatures || (def->infer && def->eval));
        if (!complete) printf("# %s\n", def->name);
        CHECK(complete);
        CHECK(func_find(slice_of(def->name)) == def);
    }
}

static void names_are_found_in_any_case_and_by_alias(void)
{
    CHECK(func_find(SLICE("cardinality")) == func_find(SLICE("CARDINALITY")));
    CHECK(func_find(SLICE("ceiling")) == func_find(SLICE("CEIL")));
    CHECK(!func_find(SLICE("no_such_function")));
}

static void unknown_name_gets_a_suggestion(void)
{
    const struct func_def *def;
    struct err *e = func_resolve(SLICE("cardnality"), (struct text_pos){.line = 3}, &def);
    CHECK(e && err_code(e) == ERR_UNDEFINED_FUNCTION && err_pos(e).line == 3);
    CHECK(e && err_hint_text(e) && strstr(err_hint_text(e), "CARDINALITY"));
    err_free(e);
    e = func_resolve(SLICE("NEGATE"), (struct text_pos){0}, &def); /* an operator */
    CHECK(e);
    err_free(e);
}

static void implicit_casts_are_asked_for(void)
{
    struct arena *a = arena_new(4096);
    struct func_infer in;
    CHECK(!infer("POWER", (const char *[]){"INT NOT NULL", "DECIMAL(3, 1)"}, 2, a, &in));
    CHECK(in.arg_types[0]->kind == TYPE_DOUBLE && !in.arg_types[0]->nullable);
    CHECK(in.arg_types[1]->kind == TYPE_DOUBLE && in.arg_types[1]->nullable);
    CHECK(in.result->kind == TYPE_DOUBLE && in.result->nullable);
    arena_free(a);
}

static void variables_take_a_common_type(void)
{
    struct arena *a = arena_new(4096);
    struct func_infer in;
    CHECK(!infer("ARRAY_APPEND", (const char *[]){"ARRAY<INT>", "BIGINT NOT NULL"}, 2, a, &in));
    CHECK(strcmp(type_to_cstr(a, in.result), "ARRAY<BIGINT>") == 0);
    CHECK(strcmp(type_to_cstr(a, in.arg_types[0]), "ARRAY<BIGINT>") == 0);
    CHECK(!infer("MAP_KEYS", (const char *[]){"MAP<STRING, INT> NOT NULL"}, 1, a, &in));
    CHECK(strcmp(type_to_cstr(a, in.result), "ARRAY<STRING> NOT NULL") == 0);
    arena_free(a);
}

static void error_names_arguments_and_supported_forms(void)
{
    struct arena *a = arena_new(4096);
    struct func_infer in;
    struct err *e = infer("ABS", (const char *[]){"STRING"}, 1, a, &in);
    CHECK(e && strcmp(err_message(e), "Cannot apply 'ABS' to arguments of type "
                                      "'ABS(<VARCHAR(2147483647)>)'. Supported form(s): "
                                      "'ABS(<NUMERIC>)'") == 0);
    err_free(e);
    e = infer("ARRAY_SLICE", (const char *[]){"ARRAY<INT>", "STRING"}, 2, a, &in);
    CHECK(e && strstr(err_message(e), "'ARRAY_SLICE(<INTEGER ARRAY>, <VARCHAR(2147483647)>)'"));
    CHECK(e && strstr(err_message(e), "'ARRAY_SLICE(<ARRAY>, <INTEGER>)' "
                                      "'ARRAY_SLICE(<ARRAY>, <INTEGER>, <INTEGER>)'"));
    err_free(e);
    e = infer("ARRAY_SLICE", (const char *[]){"ARRAY<INT>"}, 1, a, &in);
    CHECK(e && strcmp(err_message(e), "Invalid number of arguments to function 'ARRAY_SLICE'. "
                                      "Was expecting 2 arguments") == 0);
    err_free(e);
    arena_free(a);
}

static void nullability_follows_the_arguments(void)
{
    struct arena *a = arena_new(4096);
    struct func_infer in;
    CHECK(!infer("ABS", (const char *[]){"INT NOT NULL"}, 1, a, &in));
    CHECK(!in.result->nullable);
    CHECK(!infer("IS NULL", (const char *[]){"INT"}, 1, a, &in));
    CHECK(!in.result->nullable);
    CHECK(!infer("TYPEOF", (const char *[]){"INT NOT NULL"}, 1, a, &in));
    CHECK(in.result->nullable);
    arena_free(a);
}

int main(void)
{
    TEST_RUN(every_function_is_described);
    TEST_RUN(names_are_found_in_any_case_and_by_alias);
    TEST_RUN(unknown_name_gets_a_suggestion);
    TEST_RUN(implicit_casts_are_asked_for);
    TEST_RUN(variables_take_a_common_type);
    TEST_RUN(error_names_arguments_and_supported_forms);
    TEST_RUN(nullability_follows_the_arguments);
    return TEST_END();
}
