/*
 * mbedTLS, which the transport has under it, reads the files a second time here. The transport
 * neither tells what it took nor looks whether the key belongs to the certificate: with a wrong
 * one it starts, and then fails every handshake.
 */
#include "lib/rpc/certificate.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <mbedtls/pk.h>
#include <mbedtls/sha256.h>
#include <mbedtls/x509_crt.h>

static int64_t expiry_s(const mbedtls_x509_time *time)
{
        struct tm tm = {
                .tm_year = time->year - 1900,
                .tm_mon = time->mon - 1,
                .tm_mday = time->day,
                .tm_hour = time->hour,
                .tm_min = time->min,
                .tm_sec = time->sec,
        };

        return timegm(&tm);
}

static void describe(const mbedtls_x509_crt *crt, struct rpc_certificate *out)
{
        uint8_t hash[32];

        mbedtls_sha256_ret(crt->raw.p, crt->raw.len, hash, 0);
        for (size_t i = 0; i < sizeof(hash); i++)
                snprintf(out->fingerprint + 2 * i, 3, "%02x", hash[i]);
        out->expire_s = expiry_s(&crt->valid_to);
}

/* Both end with a NUL, which is part of their len. */
static const char *read_both(
        mbedtls_x509_crt *crt, mbedtls_pk_context *key, struct bytes cert_pem, struct bytes key_pem)
{
        if (mbedtls_x509_crt_parse(crt, cert_pem.data, cert_pem.len) != 0)
                return "is not a certificate in PEM";
        if (mbedtls_pk_parse_key(key, key_pem.data, key_pem.len, NULL, 0) != 0)
                return "its key is not one in PEM, without a password";
        if (mbedtls_pk_check_pair(&crt->pk, key) != 0)
                return "the key is another certificate's";
        if (mbedtls_x509_time_is_past(&crt->valid_to))
                return "has expired";
        return NULL;
}

const char *certificate_read(
        struct bytes cert_pem, struct bytes key_pem, struct rpc_certificate *out)
{
        mbedtls_x509_crt crt;
        mbedtls_pk_context key;

        mbedtls_x509_crt_init(&crt);
        mbedtls_pk_init(&key);
        const char *fault = read_both(&crt, &key, cert_pem, key_pem);

        if (fault == NULL)
                describe(&crt, out);
        mbedtls_pk_free(&key);
        mbedtls_x509_crt_free(&crt);
        return fault;
}
