/*
 * Why there is no connection, as far as the transport tells: it counts for each dialer how its
 * attempts ended. Certificates that one side does not accept are one count; a server that wants a
 * certificate and is shown none breaks off without a word, which is counted with all else.
 */
#include <string.h>

#include "lib/rpc/flight.h"

static const char tls[] = "tls+tcp://";

/* How many attempts ended so. */
static uint64_t count_of(const struct endpoint *endpoint, const char *name)
{
        nng_stat *all;
        uint64_t count = 0;

        if (nng_stats_get(&all) != 0)
                return 0;
        nng_stat *dialer = nng_stat_find_dialer(all, endpoint->dialer);
        nng_stat *ended = dialer == NULL ? NULL : nng_stat_find(dialer, name);

        if (ended != NULL)
                count = nng_stat_value(ended);
        nng_stats_free(all);
        return count;
}

const char *unconnected_why(const struct channel *channel)
{
        bool shown = channel->shows_certificate;

        for (size_t i = 0; i < channel->endpoint_count; i++) {
                const struct endpoint *endpoint = &channel->endpoints[i];

                if (strncmp(endpoint->url, tls, strlen(tls)) != 0)
                        continue;
                if (count_of(endpoint, "auth") > 0)
                        return shown ? "cannot connect: the TLS handshake failed; one side does "
                                       "not accept the other's certificate:"
                                     : "cannot connect: the TLS handshake failed; the server's "
                                       "certificate is not of the authority that was given:";
                if (!shown && count_of(endpoint, "other") > 0)
                        return "cannot connect: the TLS handshake was broken off; a server that "
                               "requires a client certificate does so, and none was given:";
        }
        return "cannot connect: is a server running at";
}
