/*
 * Key and certificate are read here and handed over as text, because the transport's own file
 * option wants both in one file, and a certificate that is readable for all beside a key that is
 * not is how they are usually kept.
 */
#include "lib/rpc/tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PEM_BYTES_MAX (1u << 20)

/* The file as a text, or false. */
static bool read_text(const char *path, struct buffer *out)
{
        FILE *file = fopen(path, "re");
        size_t n = 0;

        if (file == NULL)
                return false;
        do {
                out->len += n;
                n = fread(buffer_reserve(out, 4096), 1, 4096, file);
        } while (n > 0 && out->len < PEM_BYTES_MAX);
        bool ok = !ferror(file);

        fclose(file);
        buffer_append(out, "", 1);
        return ok;
}

static nng_tls_config *fail(
        struct error *error, nng_tls_config *config, const char *what, const char *why)
{
        error_set(error, INVALID_ARGUMENT, "BAD_TLS", "%s: %s", what, why);
        if (config != NULL)
                nng_tls_config_free(config);
        return NULL;
}

/* NULL, or what is wrong. */
static const char *set_own(nng_tls_config *config, const struct tls_files *files, tls_check *check,
        struct rpc_certificate *out)
{
        struct buffer cert = {0};
        struct buffer key = {0};
        const char *fault = NULL;

        if (!read_text(files->cert_file, &cert) || !read_text(files->key_file, &key))
                fault = "it or its key cannot be read";
        if (fault == NULL && check != NULL)
                fault = check(bytes_of(cert.data, cert.len), bytes_of(key.data, key.len), out);
        if (fault == NULL) {
                int result = nng_tls_config_own_cert(
                        config, (const char *)cert.data, (const char *)key.data, NULL);

                fault = result == 0 ? NULL : nng_strerror(result);
        }
        if (key.data != NULL)
                explicit_bzero(key.data, key.len);
        buffer_release(&cert);
        buffer_release(&key);
        return fault;
}

nng_tls_config *tls_server(const struct tls_files *files, tls_check *check,
        struct rpc_certificate *out, struct error *error)
{
        nng_tls_config *config;

        if (files->cert_file == NULL || files->key_file == NULL)
                return fail(error, NULL, "tls+tcp", "needs a certificate and a key file");
        int result = nng_tls_config_alloc(&config, NNG_TLS_MODE_SERVER);

        if (result != 0)
                return fail(error, NULL, "tls+tcp", nng_strerror(result));
        const char *fault = set_own(config, files, check, out);

        if (fault != NULL)
                return fail(error, config, files->cert_file, fault);
        if (files->ca_file == NULL)
                return config;
        if ((result = nng_tls_config_ca_file(config, files->ca_file)) != 0 ||
                (result = nng_tls_config_auth_mode(config, NNG_TLS_AUTH_MODE_REQUIRED)) != 0)
                return fail(error, config, files->ca_file, nng_strerror(result));
        return config;
}

nng_tls_config *tls_client(
        const struct tls_files *files, const char *server_name, struct error *error)
{
        nng_tls_config *config;
        int result;

        if (files->ca_file == NULL)
                return fail(error, NULL, "tls+tcp", "needs the file of the signing authority");
        if ((files->cert_file == NULL) != (files->key_file == NULL))
                return fail(error, NULL, "tls+tcp",
                        "a certificate needs its key, a key its certificate");
        result = nng_tls_config_alloc(&config, NNG_TLS_MODE_CLIENT);
        if (result != 0)
                return fail(error, NULL, "tls+tcp", nng_strerror(result));
        result = nng_tls_config_ca_file(config, files->ca_file);
        if (result != 0)
                return fail(error, config, files->ca_file, nng_strerror(result));
        if (files->cert_file != NULL) {
                const char *fault = set_own(config, files, NULL, NULL);

                if (fault != NULL)
                        return fail(error, config, files->cert_file, fault);
        }
        if ((result = nng_tls_config_server_name(config, server_name)) != 0 ||
                (result = nng_tls_config_auth_mode(config, NNG_TLS_AUTH_MODE_REQUIRED)) != 0)
                return fail(error, config, server_name, nng_strerror(result));
        return config;
}
