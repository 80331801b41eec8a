#pragma once
/*
 * Ends connections without closing them. Version 1.5.2 of the transport reads a message in two
 * steps, its length and its body. When a connection is closed between the two, the second step is
 * dropped without a word (nni_aio_begin refuses, nobody is called back), the connection's receive
 * never ends, and the one thread that takes connections apart waits for it for ever: so does
 * every nng_close of the process from then on.
 *
 * So a connection on which something may be arriving is never closed from this side. Its socket is
 * told that nothing more is read; the transport finds the end of the stream, and closes the
 * connection where that is safe, from the end of the receive itself.
 */
#include <stddef.h>
#include <nng/nng.h>

/*
 * For pipes of one socket whose NNG_PIPE_EV_REM_POST has not been told: the caller holds the lock
 * that its callback takes, so that no descriptor can be another's by now. Connections without a
 * socket (inproc) are closed, which is safe there. They are gone when REM_POST has been told.
 */
void hang_up(const nng_pipe *pipes, size_t count);

/*
 * The same for peers that do not read either, or go on sending: what is still to be sent to one
 * counts as sent (broken_peer.c), and what it goes on to send breaks the connection instead of
 * keeping the end of the stream away for as long as it likes. Those of ipc are closed.
 */
void cut_off(const nng_pipe *pipes, size_t count);

/* Nobody connects any more; who did stays. The transport's own way would close the connections
 * too, and one that is let in to be turned away costs its caller an attempt. The transport goes
 * on trying to accept, so the listener is to be closed soon. */
void hang_up_listener(nng_listener listener);
