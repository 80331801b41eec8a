#pragma once
/*
 * The connections of a listening socket, by pipe id: how many there are, and who is at the other
 * end. The transport tells of a rejected connection's end too, so counting up and down would
 * drift; a table does not.
 */
#include <stdbool.h>
#include <stdint.h>
#include <nng/nng.h>
#include "lib/base/status.h"
#include "lib/rpc/addresses.h"

struct connections;

/* Watches the socket, which must have no listener yet; more than count_max are turned away, and
 * more than address_max from one address. */
struct connections *connections_new(nng_socket socket, size_t count_max, size_t address_max);
/* TLS is spoken on them; before the first listener. */
void connections_by_tls(struct connections *connections);
/* Told of every connection that has ended, by its id; before the first listener. */
typedef void connections_ended(void *context, uint32_t connection);
void connections_tell(struct connections *connections, connections_ended *ended, void *context);
/* After the socket is closed. */
void connections_free(struct connections *connections);

/* A message has come, whose body is so long: the address of the pipe's other end without its port
 * ("127.0.0.1", "2001:db8::/64"). False: the connection has ended, or ends, and nobody will read an
 * answer. */
bool connections_asked(
        struct connections *connections, nng_pipe pipe, size_t len, char peer[PEER_LEN_MAX + 1]);
/* And is answered, or its peer will not read it. */
void connections_answered(struct connections *connections, nng_pipe pipe);
/* Ends those on which nothing has come for so long and nothing waits; returns how many. */
size_t connections_reap(struct connections *connections, int64_t idle_ms);

/* All that there are, for the caller to free. */
nng_pipe *connections_list(struct connections *connections, size_t *count);

/* What of a connection's bytes was whole messages, of TLS about, and when the last of them came. */
struct connection_progress {
        nng_pipe pipe;
        uint64_t finished_bytes;
        int64_t finished_us; /* monotonic */
};
/* Of all that there are, for the caller to free. */
struct connection_progress *connections_progress(struct connections *connections, size_t *count);
/* Ends those of these that have finished no message since, whatever comes on them. */
void connections_end_unfinished(
        struct connections *connections, const struct connection_progress *these, size_t count);

/* Ends the one of a peer that does not read. False: it is ending already. */
bool connections_cut_off(struct connections *connections, nng_pipe pipe);
/* Lets nobody in any more, ends all, and waits until they are gone, at most timeout_ms: one whose
 * request still waits for a context is not seen to end. */
void connections_end(struct connections *connections, int64_t timeout_ms);

struct connection_counts {
        size_t open;
        uint64_t rejected;
        uint64_t unfinished;     /* ended in the middle of a message */
        uint64_t finished_bytes; /* of whole messages of all connections that ever were */
};
struct connection_counts connections_count(struct connections *connections);
