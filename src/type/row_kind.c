#include "type/schema.h"

const char *row_kind_text(enum row_kind kind)
{
    static const char *const texts[] = {"+I", "-U", "+U", "-D"};
    return texts[kind];
}
