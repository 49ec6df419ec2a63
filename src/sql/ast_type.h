/* ast_type.h - a data type as written; src/type gives it its meaning. */
#pragma once
#include "sql/ast.h"

/* X(name, SQL text) - simple types; spelling variants are folded (INT = INTEGER, STRING stays). */
#define AST_SIMPLE_TYPES(X)                                                   \
    X(BOOLEAN, "BOOLEAN")                                                     \
    X(TINYINT, "TINYINT")                                                     \
    X(SMALLINT, "SMALLINT")                                                   \
    X(INTEGER, "INTEGER")                                                     \
    X(BIGINT, "BIGINT")                                                       \
    X(FLOAT, "FLOAT")                                                         \
    X(REAL, "REAL")                                                           \
    X(DOUBLE, "DOUBLE")   /* [PRECISION] */                                   \
    X(DECIMAL, "DECIMAL") /* DEC, NUMERIC; (p[, s]) */                        \
    X(CHAR, "CHAR")       /* CHARACTER; (n) */                                \
    X(VARCHAR, "VARCHAR") /* CHAR VARYING, CHARACTER VARYING; (n) */          \
    X(STRING, "STRING")                                                       \
    X(BINARY, "BINARY")       /* (n) */                                       \
    X(VARBINARY, "VARBINARY") /* BINARY VARYING; (n) */                       \
    X(BYTES, "BYTES")                                                         \
    X(DATE, "DATE")                                                           \
    X(TIME, "TIME")                   /* (p) [WITHOUT TIME ZONE] */           \
    X(TIMESTAMP, "TIMESTAMP")         /* (p) [WITHOUT TIME ZONE] */           \
    X(TIMESTAMP_LTZ, "TIMESTAMP_LTZ") /* TIMESTAMP(p) WITH LOCAL TIME ZONE */ \
    X(VARIANT, "VARIANT")                                                     \
    X(BITMAP, "BITMAP")                                                       \
    X(DESCRIPTOR, "DESCRIPTOR")                                               \
    X(NULL, "NULL")

enum ast_type_kind {
#define X(name, text) AST_TYPE_##name,
    AST_SIMPLE_TYPES(X)
#undef X
        AST_TYPE_INTERVAL, /* interval */
    AST_TYPE_ARRAY,        /* children[0] = element */
    AST_TYPE_MULTISET,     /* children[0] = element */
    AST_TYPE_MAP,          /* children[0] = key, [1] = value */
    AST_TYPE_ROW,          /* fields */
    AST_TYPE_STRUCTURED,   /* class_name, fields */
    AST_TYPE_RAW,          /* class_name, serializer */
    AST_TYPE_NAMED,        /* path: a user-defined type */
};

enum ast_nullability {
    AST_NULLABILITY_DEFAULT,  /* nothing written: nullable */
    AST_NULLABILITY_NULL,     /* NULL */
    AST_NULLABILITY_NOT_NULL, /* NOT NULL */
};

/* X(name) - every unit of EXTRACT, FLOOR TO, TIMESTAMPADD and INTERVAL. Plurals and SQL_TSI_ names
 * are folded into these. */
#define AST_UNITS(X) \
    X(NANOSECOND)    \
    X(MICROSECOND)   \
    X(MILLISECOND)   \
    X(SECOND)        \
    X(MINUTE)        \
    X(HOUR)          \
    X(DAY)           \
    X(WEEK)          \
    X(MONTH)         \
    X(QUARTER)       \
    X(YEAR) X(DECADE) X(CENTURY) X(MILLENNIUM) X(DOW) X(DOY) X(ISODOW) X(ISOYEAR) X(EPOCH)

enum ast_unit {
#define X(name) AST_UNIT_##name,
    AST_UNITS(X)
#undef X
};

/* What follows the value of an INTERVAL: DAY(3) TO SECOND(6). */
struct ast_interval {
    enum ast_unit from;
    enum ast_unit to;          /* equal to `from` for a single unit */
    int32_t leading_precision; /* -1 when absent */
    int32_t fraction_precision;
};

struct ast_field {
    struct ast_name name;
    struct ast_type *type;
    struct ast_string comment;
};

struct ast_type {
    enum ast_type_kind kind;
    struct text_pos pos;
    enum ast_nullability nullability;
    int32_t precision; /* or length; -1 when absent */
    int32_t scale;     /* -1 when absent */
    struct ast_interval interval;
    struct ast_type *children[2];
    struct ast_field *fields;
    size_t field_count;
    struct ast_string class_name;
    struct ast_string serializer;
    struct ast_path path;
};
