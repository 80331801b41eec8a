#pragma once
/*
 * TLS for both ends, from PEM files. The transport speaks TLS 1.2 by mbedTLS. A certificate may be
 * what lets a client in; who a caller is comes from its token, since the transport does not tell
 * whose certificate it was.
 */
#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>
#include "lib/base/bytes.h"
#include "lib/base/status.h"

/* PEM files. */
struct tls_files {
        const char *cert_file; /* of this end; a client may have none */
        const char *key_file;
        const char *ca_file; /* who may sign the other end's; a server may have none */
};

/* PEM texts with their ending NUL. NULL, or what is wrong with them. */
struct rpc_certificate;
typedef const char *tls_check(
        struct bytes cert_pem, struct bytes key_pem, struct rpc_certificate *out);

/* NULL with error set: INVALID_ARGUMENT, BAD_TLS. Freed with nng_tls_config_free. With a ca_file
 * nobody gets in without a certificate that it has signed. check
 * sees the files first. */
nng_tls_config *tls_server(const struct tls_files *files, tls_check *check,
        struct rpc_certificate *out, struct error *error);
/* The server's name must be in its certificate, which an authority in ca_file has signed. */
nng_tls_config *tls_client(
        const struct tls_files *files, const char *server_name, struct error *error);
