/* glob.h - shell patterns of paths: '*' and '?' within a name, "[a-z]", "[!x]", "{a,b}". */
#pragma once
#include <stdbool.h>

#include "base/str.h"

enum { GLOB_BRANCHES_MAX = 4096 };

bool glob_has_pattern(struct slice text);
/* Does the whole name match? No '/' in either; hidden names are the caller's business. */
bool glob_match(struct slice pattern, struct slice name);
