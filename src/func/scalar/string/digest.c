#include <openssl/evp.h>

#include "func/scalar/string/text.h"

/* Lower-case hex of the digest of the text's UTF-8 bytes. */
static struct err *digest(struct func_frame *f, const EVP_MD *algorithm)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    char hex[2 * EVP_MAX_MD_SIZE];
    static const char digits[] = "0123456789abcdef";
    for (FUNC_EACH_ROW(f, row)) {
        struct slice s = text_arg(f, 0, row);
        unsigned size = 0;
        if (EVP_Digest(s.p, s.n, bytes, &size, algorithm, NULL) != 1)
            FUNC_FAIL(f, row, ERR_INTERNAL, "%s is not available", f->call->def->name);
        for (unsigned i = 0; i < size; i++) {
            hex[2 * i] = digits[bytes[i] >> 4];
            hex[2 * i + 1] = digits[bytes[i] & 15];
        }
        text_put(f, row, (struct slice){hex, 2 * (size_t)size});
    }
    return NULL;
}

static struct err *md5_eval(struct func_frame *f)
{
    return digest(f, EVP_md5());
}

static struct err *sha1_eval(struct func_frame *f)
{
    return digest(f, EVP_sha1());
}

static struct err *sha256_eval(struct func_frame *f)
{
    return digest(f, EVP_sha256());
}

static struct err *sha224_eval(struct func_frame *f)
{
    return digest(f, EVP_sha224());
}

static struct err *sha384_eval(struct func_frame *f)
{
    return digest(f, EVP_sha384());
}

static struct err *sha512_eval(struct func_frame *f)
{
    return digest(f, EVP_sha512());
}

static const struct func_signature md5_signatures[] = {{"STRING -> CHAR(32)", md5_eval}, {0}};
static const struct func_signature sha1_signatures[] = {{"STRING -> CHAR(40)", sha1_eval}, {0}};
static const struct func_signature sha256_signatures[] = {{"STRING -> CHAR(64)", sha256_eval}, {0}};
static const struct func_signature sha224_signatures[] = {{"STRING -> CHAR(56)", sha224_eval}, {0}};
static const struct func_signature sha384_signatures[] = {{"STRING -> CHAR(96)", sha384_eval}, {0}};
static const struct func_signature sha512_signatures[] = {
    {"STRING -> CHAR(128)", sha512_eval}, {0}};

const struct func_def func_md5 = {
    .name = "MD5",
    .flags = FUNC_STRICT,
    .signatures = md5_signatures,
    .signature_doc = "MD5(string)",
    .doc = "The MD5 digest of the text's UTF-8 bytes, in lower-case hex.",
    .example = "MD5('weir') → 57c6838eabf401f73f6dd50093408e33",
};

const struct func_def func_sha1 = {
    .name = "SHA1",
    .flags = FUNC_STRICT,
    .signatures = sha1_signatures,
    .signature_doc = "SHA1(string)",
    .doc = "The SHA-1 digest of the text's UTF-8 bytes, in lower-case hex.",
    .example = "SHA1('') → da39a3ee5e6b4b0d3255bfef95601890afd80709",
};

const struct func_def func_sha256 = {
    .name = "SHA256",
    .flags = FUNC_STRICT,
    .signatures = sha256_signatures,
    .signature_doc = "SHA256(string)",
    .doc = "The SHA-256 digest of the text's UTF-8 bytes, in lower-case hex.",
    .example = "SHA256('') → e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
};

const struct func_def func_sha224 = {
    .name = "SHA224",
    .flags = FUNC_STRICT,
    .signatures = sha224_signatures,
    .signature_doc = "SHA224(string)",
    .doc = "The SHA-224 digest of the text's UTF-8 bytes, in lower-case hex.",
    .example = "SHA224('a') → abd37534c7d9a2efb9465de931cd7055ffdb8879563ae98078d6d6d5",
};

const struct func_def func_sha384 = {
    .name = "SHA384",
    .flags = FUNC_STRICT,
    .signatures = sha384_signatures,
    .signature_doc = "SHA384(string)",
    .doc = "The SHA-384 digest of the text's UTF-8 bytes, in lower-case hex.",
    .example = "SHA384('a') → 54a59b9f22b0b80880d8427e548b7c23...",
};

const struct func_def func_sha512 = {
    .name = "SHA512",
    .flags = FUNC_STRICT,
    .signatures = sha512_signatures,
    .signature_doc = "SHA512(string)",
    .doc = "The SHA-512 digest of the text's UTF-8 bytes, in lower-case hex.",
    .example = "SHA512('a') → 1f40fc92da241694750979ee6cf582f2...",
};
