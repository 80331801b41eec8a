#pragma once
/*
 * TLS for both ends, from PEM files. The transport speaks TLS 1.2 by mbedTLS; who a caller is
 * comes from its token, never from a certificate.
 */
#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>
#include "lib/base/status.h"

/* NULL with error set: INVALID_ARGUMENT, BAD_TLS. Freed with nng_tls_config_free. */
nng_tls_config *tls_server(const char *cert_file, const char *key_file, struct error *error);
/* The server's name must be in its certificate, which an authority in ca_file has signed. */
nng_tls_config *tls_client(const char *ca_file, const char *server_name, struct error *error);
