#include "cli/reference_forms.h"

#include <stddef.h>

static const struct reference_form lazy_forms[] = {
    {"AND", "a AND b", "True if both are; FALSE if one is, even where the other is NULL.",
        "TRUE AND FALSE → FALSE"},
    {"OR", "a OR b", "True if one is, even where the other is NULL.", "TRUE OR FALSE → TRUE"},
    {"BETWEEN", "x [NOT] BETWEEN low AND high",
        "Is x >= low and <= high? After BETWEEN SYMMETRIC low and high may be swapped.",
        "2 BETWEEN 1 AND 3 → TRUE"},
    {"CASE", "CASE WHEN condition THEN a [WHEN ...] [ELSE b] END",
        "The value after the first condition that is true; without ELSE, NULL if none is. Also "
        "CASE x WHEN value THEN ...",
        "CASE WHEN 1 > 2 THEN 'a' ELSE 'b' END → b"},
    {"COALESCE", "COALESCE(a, b, ...)", "The first argument that is not NULL.",
        "COALESCE(CAST(NULL AS INT), 2) → 2"},
    {"IF", "IF(condition, a, b)", "a if the condition is true, else b.", "IF(2 > 1, 'a', 'b') → a"},
    {"IFNULL", "IFNULL(a, b)", "b where a is NULL, else a.", "IFNULL(CAST(NULL AS INT), 2) → 2"},
    {"NULLIF", "NULLIF(a, b)", "NULL where a equals b, else a.", "NULLIF(1, 1) → NULL"}, {0}};

const struct reference_form *reference_lazy_forms(void)
{
    return lazy_forms;
}

/* In the order of the manual, in which the examples are a script. Kinds that are left out are
 * refused by the session. */
static const struct reference_statement statements[] = {
    {AST_STATEMENT_CREATE_TABLE,
        {"CREATE TABLE",
            "CREATE [TEMPORARY] TABLE [IF NOT EXISTS] name (columns) [PARTITIONED BY (...)] "
            "WITH (options) [LIKE ...]",
            "A table at a connector. A column is physical or computed (name AS "
            "expression); "
            "WATERMARK FOR column AS expression makes event time.",
            "CREATE TABLE clicks (page STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL "
            "'5' "
            "SECOND) WITH ('connector' = 'datagen')"}},
    {AST_STATEMENT_CREATE_VIEW,
        {"CREATE VIEW", "CREATE [TEMPORARY] VIEW [IF NOT EXISTS] name [(columns)] AS query",
            "A query under a name.", "CREATE VIEW pages AS SELECT page FROM clicks"}},
    {AST_STATEMENT_QUERY,
        {"SELECT",
            "[WITH ...] SELECT ... FROM ... [WHERE] [GROUP BY] [HAVING] [UNION ALL ...] [LIMIT n]; "
            "VALUES (...), (...)",
            "Prints its result. For windows see TUMBLE, HOP and CUMULATE.",
            "SELECT page, window_end, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE clicks, "
            "DESCRIPTOR(ts), "
            "INTERVAL '1' MINUTE)) GROUP BY page, window_start, window_end"}},
    {AST_STATEMENT_QUERY,
        {"TUMBLE", "TABLE(TUMBLE(TABLE name, DESCRIPTOR(time), size [, offset]))",
            "In FROM: the rows of a table with window_start, window_end and window_time of windows "
            "of a fixed size that do not overlap. GROUP BY window_start and window_end gives a row "
            "a window.",
            "SELECT window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), "
            "INTERVAL '10' SECOND)) GROUP BY window_start, window_end"}},
    {AST_STATEMENT_QUERY,
        {"HOP", "TABLE(HOP(TABLE name, DESCRIPTOR(time), slide, size [, offset]))",
            "Windows of a size, one beginning with every slide: a row is in several.",
            "SELECT window_start, COUNT(*) AS n FROM TABLE(HOP(TABLE clicks, DESCRIPTOR(ts), "
            "INTERVAL '5' SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end"}},
    {AST_STATEMENT_QUERY,
        {"CUMULATE", "TABLE(CUMULATE(TABLE name, DESCRIPTOR(time), step, size [, offset]))",
            "Windows that grow by a step up to a size: what came so far since midnight, say.",
            "SELECT window_end, COUNT(*) AS n FROM TABLE(CUMULATE(TABLE clicks, DESCRIPTOR(ts), "
            "INTERVAL '1' HOUR, INTERVAL '1' DAY)) GROUP BY window_start, window_end"}},
    {AST_STATEMENT_INSERT, {"INSERT", "INSERT INTO name [(columns)] query",
                               "A job that writes the result of the query into a table. What it "
                               "leaves out goes to tables that its sources name. 'late.table' gets "
                               "rows that a window drops as late: the source's physical columns "
                               "that it has by name, always as inserted rows; late_operator and "
                               "late_watermark if it has them. Between source and window may lie "
                               "projections, filters and UNION ALL. 'errors.table' gets records "
                               "that cannot be decoded: error_time, source, position, field, "
                               "reason and payload, whichever it has. Columns that nobody reads "
                               "are not decoded. A SELECT has no such tables.",
                               "CREATE TABLE printed (page STRING) WITH ('connector' = 'print');\n"
                               "INSERT INTO printed SELECT page FROM pages"}},
    {AST_STATEMENT_BEGIN_STATEMENT_SET,
        {"BEGIN STATEMENT SET",
            "[EXECUTE] STATEMENT SET BEGIN insert; ... END; also BEGIN STATEMENT SET; insert; ... "
            "END;",
            "Several INSERTs as one job that reads what they share once.",
            "EXECUTE STATEMENT SET BEGIN INSERT INTO printed SELECT page FROM pages; END"}},
    {AST_STATEMENT_STATEMENT_SET, {"STATEMENT SET", "see BEGIN STATEMENT SET", NULL, NULL}},
    {AST_STATEMENT_END, {"END", "see BEGIN STATEMENT SET", NULL, NULL}},
    {AST_STATEMENT_EXECUTE, {"EXECUTE", "EXECUTE insert; EXECUTE statement set",
                                "The same as the statement without the word.",
                                "EXECUTE INSERT INTO printed SELECT page FROM pages"}},
    {AST_STATEMENT_EXPLAIN, {"EXPLAIN", "EXPLAIN [CHANGELOG_MODE] [PLAN FOR] statement",
                                "Shows the syntax tree, the physical and the execution plan.",
                                "EXPLAIN SELECT page FROM clicks"}},
    {AST_STATEMENT_DESCRIBE, {"DESCRIBE", "DESCRIBE name; DESC name",
                                 "The columns of a table or view.", "DESCRIBE clicks"}},
    {AST_STATEMENT_SHOW,
        {"SHOW",
            "SHOW TABLES; SHOW VIEWS; SHOW COLUMNS FROM name; SHOW CREATE TABLE name; SHOW "
            "FUNCTIONS; ...",
            "What there is.", "SHOW TABLES"}},
    {AST_STATEMENT_SET,
        {"SET", "SET 'key' = 'value'; SET",
            "Sets a configuration key for the statements after it; alone it lists what is set.",
            "SET 'parallelism.default' = '2'"}},
    {AST_STATEMENT_RESET, {"RESET", "RESET 'key'; RESET", "Back to the default; alone: all.",
                              "RESET 'parallelism.default'"}},
    {AST_STATEMENT_USE, {"USE", "USE catalog.database; USE CATALOG name",
                            "Where names without a prefix are looked up.", "USE default_database"}},
    {AST_STATEMENT_DROP,
        {"DROP", "DROP [TEMPORARY] TABLE|VIEW [IF EXISTS] name",
            "Forgets a table or view; what the connector stores stays.", "DROP VIEW pages"}},
    {AST_STATEMENT_CLIENT, {"QUIT", "QUIT; EXIT", "Ends the script here.", NULL}},
};
enum { STATEMENT_COUNT = sizeof statements / sizeof statements[0] };

const struct reference_statement *reference_statements(size_t *count)
{
    *count = STATEMENT_COUNT;
    return statements;
}

bool reference_runs(enum ast_statement_kind kind)
{
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        if (statements[i].kind == kind) return true;
    return false;
}
