/* keyword.h - the words of SQL and which of them are reserved, as Flink 2.3's parser says. */
#pragma once
#include <stdbool.h>

#include "base/str.h"

enum keyword {
    KEYWORD_NONE, /* an ordinary name */
#define X(word, class) WORD_##word,
#include "sql/keyword.inc"
#undef X
    KEYWORD_COUNT,
};

enum keyword_class { KEYWORD_FREE, KEYWORD_RESERVED, KEYWORD_FUNCTION, KEYWORD_NILADIC };

enum keyword keyword_find(struct slice word);           /* ignores case */
const char *keyword_text(enum keyword keyword);         /* upper case */
enum keyword_class keyword_class(enum keyword keyword); /* FREE for KEYWORD_NONE */
