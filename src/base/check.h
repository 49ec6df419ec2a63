/* check.h - assertions. ASSERT stays on in release builds, ASSERT_SLOW only in debug builds. Never
 * on input from outside: that is FAIL. */
#pragma once
#include <stdbool.h>

_Noreturn void check_failed(const char *file, int line, const char *condition);

#define ASSERT(cond)                                                               \
    do {                                                                           \
        if (__builtin_expect(!(cond), 0)) check_failed(__FILE__, __LINE__, #cond); \
    } while (0)
#ifdef WEIR_DEBUG
#define ASSERT_SLOW(cond) ASSERT(cond)
#else
#define ASSERT_SLOW(cond) ((void)sizeof(cond))
#endif
#define UNREACHABLE() check_failed(__FILE__, __LINE__, "unreachable")
