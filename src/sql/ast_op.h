/* ast_op.h - operators and literals. */
#pragma once
#include "sql/ast.h"

enum ast_literal_kind {
    AST_LITERAL_NULL,
    AST_LITERAL_TRUE,
    AST_LITERAL_FALSE,
    AST_LITERAL_UNKNOWN,
    AST_LITERAL_INTEGER,       /* digits only */
    AST_LITERAL_DECIMAL,       /* 1.5, .5, 2. */
    AST_LITERAL_APPROX,        /* 1E3: DOUBLE */
    AST_LITERAL_STRING,        /* escapes and U& taken off */
    AST_LITERAL_BINARY,        /* x'..': text is the hexadecimal digits, an even number of them */
    AST_LITERAL_DATE,          /* text is what stands in the quotes, unchecked */
    AST_LITERAL_TIME,          /* likewise */
    AST_LITERAL_TIMESTAMP,     /* likewise */
    AST_LITERAL_TIMESTAMP_LTZ, /* TIMESTAMP WITH LOCAL TIME ZONE .., likewise */
};

struct ast_literal {
    enum ast_literal_kind kind;
    struct slice text; /* numbers as written; empty for NULL, TRUE, FALSE, UNKNOWN */
};

/* X(name, SQL text, prefix?) */
#define AST_UNARY_OPS(X)                               \
    X(PLUS, "+", true)                                 \
    X(MINUS, "-", true)                                \
    X(NOT, "NOT", true)                                \
    X(IS_NULL, "IS NULL", false)                       \
    X(IS_NOT_NULL, "IS NOT NULL", false)               \
    X(IS_TRUE, "IS TRUE", false)                       \
    X(IS_NOT_TRUE, "IS NOT TRUE", false)               \
    X(IS_FALSE, "IS FALSE", false)                     \
    X(IS_NOT_FALSE, "IS NOT FALSE", false)             \
    X(IS_UNKNOWN, "IS UNKNOWN", false)                 \
    X(IS_NOT_UNKNOWN, "IS NOT UNKNOWN", false)         \
    X(IS_JSON, "IS JSON VALUE", false)                 \
    X(IS_NOT_JSON, "IS NOT JSON VALUE", false)         \
    X(IS_JSON_OBJECT, "IS JSON OBJECT", false)         \
    X(IS_NOT_JSON_OBJECT, "IS NOT JSON OBJECT", false) \
    X(IS_JSON_ARRAY, "IS JSON ARRAY", false)           \
    X(IS_NOT_JSON_ARRAY, "IS NOT JSON ARRAY", false)   \
    X(IS_JSON_SCALAR, "IS JSON SCALAR", false)         \
    X(IS_NOT_JSON_SCALAR, "IS NOT JSON SCALAR", false) \
    X(IS_SET, "IS A SET", false)                       \
    X(IS_NOT_SET, "IS NOT A SET", false)               \
    X(IS_EMPTY, "IS EMPTY", false)                     \
    X(IS_NOT_EMPTY, "IS NOT EMPTY", false)

enum ast_unary_op {
#define X(name, text, prefix) AST_UNARY_##name,
    AST_UNARY_OPS(X)
#undef X
};

/* X(name, SQL text, precedence) - Calcite's precedences; all associate to the left. */
#define AST_BINARY_OPS(X)                                    \
    X(MULTISET_UNION, "MULTISET UNION DISTINCT", 14)         \
    X(MULTISET_UNION_ALL, "MULTISET UNION ALL", 14)          \
    X(MULTISET_EXCEPT, "MULTISET EXCEPT DISTINCT", 14)       \
    X(MULTISET_EXCEPT_ALL, "MULTISET EXCEPT ALL", 14)        \
    X(MULTISET_INTERSECT, "MULTISET INTERSECT DISTINCT", 18) \
    X(MULTISET_INTERSECT_ALL, "MULTISET INTERSECT ALL", 18)  \
    X(OR, "OR", 22)                                          \
    X(AND, "AND", 24)                                        \
    X(EQ, "=", 30)                                           \
    X(NE, "<>", 30)                                          \
    X(LT, "<", 30)                                           \
    X(LE, "<=", 30)                                          \
    X(GT, ">", 30)                                           \
    X(GE, ">=", 30)                                          \
    X(MEMBER_OF, "MEMBER OF", 30)                            \
    X(SUBMULTISET_OF, "SUBMULTISET OF", 30)                  \
    X(NOT_SUBMULTISET_OF, "NOT SUBMULTISET OF", 30)          \
    X(OVERLAPS, "OVERLAPS", 30)                              \
    X(CONTAINS, "CONTAINS", 30)                              \
    X(EQUALS, "EQUALS", 30)                                  \
    X(PRECEDES, "PRECEDES", 30)                              \
    X(SUCCEEDS, "SUCCEEDS", 30)                              \
    X(IMMEDIATELY_PRECEDES, "IMMEDIATELY PRECEDES", 30)      \
    X(IMMEDIATELY_SUCCEEDS, "IMMEDIATELY SUCCEEDS", 30)      \
    X(DISTINCT_FROM, "IS DISTINCT FROM", 30)                 \
    X(NOT_DISTINCT_FROM, "IS NOT DISTINCT FROM", 30)         \
    X(ADD, "+", 40)                                          \
    X(SUBTRACT, "-", 40)                                     \
    X(CONCAT, "||", 60)                                      \
    X(MULTIPLY, "*", 60)                                     \
    X(DIVIDE, "/", 60)                                       \
    X(MODULO, "%", 60)

enum ast_binary_op {
#define X(name, text, precedence) AST_BINARY_##name,
    AST_BINARY_OPS(X)
#undef X
};

/* Flink parses ILIKE and RLIKE, then finds no such function. */
enum ast_like_kind { AST_LIKE_LIKE, AST_LIKE_ILIKE, AST_LIKE_RLIKE, AST_LIKE_SIMILAR };

enum ast_quantifier { AST_QUANTIFIER_NONE, AST_QUANTIFIER_SOME, AST_QUANTIFIER_ALL };
