#!/usr/bin/env python3
"""tidy_test - every rule of tidy.py catches an offence, and none of them objects to a decent file."""
import sys
import tempfile
from pathlib import Path

import tidy

DECENT = {
    "src/base/README.md": "# base\n",
    "src/base/mem.h": "/* mem.h - heap. */\n#pragma once\nvoid *mem_alloc(int n);\n",
    "src/base/mem.c": '#include "base/mem.h"\n\nvoid *mem_alloc(int n)\n{\n    return malloc(n);\n}\n',
    "src/op/README.md": "# op\n",
    "src/op/op.h": "/* op.h - contract. */\n#pragma once\nstruct op_def {\n    int (*open)(int time);\n};\n"
    "typedef struct err *op_fn(struct op *op);\nstruct op_state;\n",
    "src/op/calc/calc.h": "/* calc.h - filter and project. */\n#pragma once\nextern const struct op_def calc_op;\n",
    "src/op/calc/calc.c": """#include <stdio.h>
#include "base/mem.h"
#include "expr/expr.h"
#include "op/calc/calc.h"

static const char *const names[] = {"malloc(", "it's", "/* no comment"};
static const struct pair {
    int a, b;
} pairs[] = {{1, 2}};
const struct op_def calc_op = {
    .open = 0,
};
enum { LIMIT = 4 };

/* free(p) and time(NULL) in a comment, and 'quotes' are no calls. */
static struct err *run(struct op *op)
{
    static const int table[] = {1, 2};
    op->def->time(op, names, pairs, table);
    return op->free(op);
}

struct err *calc_open(const void *params,
    struct op **out)
{
    for (int i = 0; i < 3; i++) { run(0); }
    return calc__more(out);
}
""",
    "src/op/registry.c": '#include "op/calc/calc.h"\n\nint op_all(void)\n{\n    return 0;\n}\n',
    "src/op/calc/calc_test.c": '#include "test.h"\n#include "op/calc/calc.h"\n\nstatic int calls;\n\nint main(void)\n{\n    return calls;\n}\n',
    "src/cli/README.md": "# cli\n",
    "src/cli/main.c": '#include "plan/plan.h"\n#include "connector/test/test.h"\n\nint main(void)\n{\n    return 0;\n}\n',
}

LONG_BODY = "int f_run(void)\n{\n" + "    x();\n" * (tidy.FUNCTION_MAX + 1) + "}\n"
HEADER = "/* f.h - f. */\n#pragma once\n"

# rule: files that each break it and nothing else is asked of them
OFFENCES = {
    "layers": [
        ("src/base/f.c", '#include "type/type.h"\n'),
        ("src/run/f.c", '#include "plan/plan.h"\n'),
        ("src/plan/f.c", '#include "run/job.h"\n'),
        ("src/op/f.c", '#include "sql/ast.h"\n'),
        ("src/vec/f.c", '#include "func/func.h"\n'),
        ("src/extra/f.c", "int extra;\n"),
    ],
    "private_headers": [
        ("src/plan/f.c", '#include "op/calc/more.h"\n'),
        ("src/op/join/f.c", '#include "op/calc/program.h"\n'),
        ("src/cli/f.c", '#include "connector/test/store.h"\n'),
    ],
    "include_paths": [
        ("src/base/f.c", '#include "mem.h"\n'),
        ("src/base/f.c", '#include "test.h"\n'),
        ("src/base/f.c", '#include "base/../mem.h"\n'),
    ],
    "private_functions": [("src/op/f.c", "static void f(void)\n{\n    mem__grow(1);\n}\n")],
    "line_length": [("src/base/f.c", "int x" + " " * 100 + ";\n"), ("fuzz/fuzz_f.c", "/*" + "-" * 100 + "*/\n")],
    "file_length": [("src/base/f.c", "\n" * 1001)],
    "header_length": [("src/base/f.h", HEADER + "int f_x(void);\n" * 151)],
    "function_length": [("src/base/f.c", LONG_BODY)],
    "header_opening": [
        ("src/base/f.h", "#pragma once\n"),
        ("src/base/f.h", "/* f.h - f. */\n"),
    ],
    "readme": [("src/sql/f.c", "int sql_f(void);\n"), ("src/base/README.md", "line\n" * 200)],
    "exported_names": [
        ("src/base/f.c", "int grow(int a)\n{\n    return a;\n}\n"),
        ("src/base/f.c", "struct err *other_open(\n    struct a *a, int (*call)(int))\n{\n    return 0;\n}\n"),
    ],
    "typedefs": [
        ("src/base/f.h", HEADER + "typedef struct f f;\n"),
        ("src/base/f.h", HEADER + "typedef enum {\n    F_A\n} f;\n"),
    ],
    "globals": [
        ("src/base/f.c", "static int count;\n"),
        ("src/base/f.c", "int f_count = 3;\n"),
        ("src/base/f.c", "static struct f *head, *tail;\nstatic struct f *f_head;\n"),
        ("src/base/f.c", "static char buffer[10];\n"),
        ("src/base/f.c", "static _Thread_local int depth;\n"),
        ("src/base/f.c", "static struct f {\n    int a;\n} f_all = {1};\n"),
        ("src/base/f.c", "static int f(void)\n{\n    static int calls = 0;\n    return calls++;\n}\n"),
    ],
    "banned_calls": [
        ("src/op/f.c", "static void f(void)\n{\n    x = malloc(3);\n}\n"),
        ("src/base/f.c", "static void f(void)\n{\n    sprintf(a, b);\n}\n"),
        ("src/run/f.c", "static void f(void)\n{\n    x = time(0);\n}\n"),
        ("src/run/f.c", "static void f(void)\n{\n    usleep(10);\n}\n"),
        ("src/run/f.c", "static void f(void)\n{\n    if (setjmp(a)) return;\n}\n"),
        ("src/cli/f.c", "static void f(void)\n{\n    system(a);\n}\n"),
        ("src/cli/f.c", "static void f(void)\n{\n    int *p = alloca(3);\n}\n"),
    ],
    "purity": [
        ("src/func/f.c", "static void f(void)\n{\n    p = fopen(a, b);\n}\n"),
        ("src/vec/f.c", "static void f(void)\n{\n    p = getenv(a);\n}\n"),
        ("src/op/f.c", "static void f(void)\n{\n    p = env_now_ms(e);\n}\n"),
        ("src/expr/f.c", "static void f(void)\n{\n    pthread_mutex_lock(m);\n}\n"),
        ("src/format/f.c", "#include <unistd.h>\n"),
    ],
    "unfinished": [("src/base/f.c", "/* TO" "DO: more */\n"), ("tools/f.py", "# FIX" "ME\n")],
    "cpp": [("src/base/f.cc", "int f_x;\n"), ("src/format/csv/f.cpp", "int f_x;\n")],
    "foreign_places": [
        ("src/base/f.c", '#define PLACE "/wor' 'k/main"\n'),
        ("README.md", "npm install from registry.npm" "js.org\n"),
    ],
    "file_size": [("docs/big.md", "x" * (1 << 20))],
}


def problems_of(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tidy.check(folder)


def main():
    passed, failures = 0, []
    for rule, problems in problems_of(DECENT).items():
        passed += not problems
        failures += [f"{rule} objects to a decent tree: {p}" for p in problems]
    for rule in tidy.RULES:
        name = rule.__name__.rstrip("_")
        if name not in OFFENCES:
            failures.append(f"{name}: no offence shows that it works")
    for rule, offences in OFFENCES.items():
        for name, text in offences:
            if problems_of({**DECENT, name: text}).get(rule):
                passed += 1
            else:
                failures.append(f"{rule} overlooks {name}: {text[:200]!r}")
    print("\n".join(failures + [f"{passed} passed, {len(failures)} failed"]))
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
