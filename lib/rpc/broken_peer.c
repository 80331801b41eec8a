/*
 * What the transport is told of its connections, so that version 1.5.2 survives their end. It
 * moves a message in steps, each begun when the one before is done, and a connection that is
 * closed between two of them never ends the second: the thread that takes every connection of the
 * process apart waits for it, for ever, and no descriptor is given back any more. Any peer that
 * sends a few requests at once and goes away, that is cut off while it sends, or that goes while a
 * long answer is on its way, does this.
 *
 * It is also what keeps a listener of ipc accepting. One whose greeting to a peer that has gone
 * already fails with "closed" takes that for its own end, and never accepts again; the end that is
 * read in its place is the peer's, after which it goes on.
 *
 * So two functions of libc are found here first. What is sent to a broken connection counts as
 * sent, and a hang-up or an error is reported as readable and writable; what is read then ends the
 * connection, which is the order that is safe. And a message is sent in one step: what a socket
 * took of it is remembered, and the transport hears that nothing fits until all is gone. It comes
 * back with the same bytes, from the first one. Refused: a transport of our own build, which a
 * system's package would not repair any more.
 */
#include "lib/rpc/broken_peer.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/rpc/libc.h"

#define DESCRIPTORS_MAX 65536
#define PARTS_MAX       16 /* what the transport has at most */

static size_t message_len(const struct msghdr *message)
{
        size_t len = 0;

        for (size_t i = 0; i < message->msg_iovlen; i++)
                len += message->msg_iov[i].iov_len;
        return len;
}

/* What is gone of the message that is being sent on a descriptor. The transport sends on one from
 * one thread at a time. */
struct begun {
        uint64_t socket; /* a descriptor's number is soon another socket's */
        size_t sent;
};

static struct begun begun[DESCRIPTORS_MAX];

static uint64_t socket_of(int fd)
{
        uint64_t cookie = 0;
        socklen_t len = sizeof(cookie);

        getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len);
        return cookie;
}

static size_t sent_before(int fd)
{
        if (begun[fd].sent != 0 && begun[fd].socket != socket_of(fd))
                begun[fd].sent = 0;
        return begun[fd].sent;
}

/* The message without its first bytes. */
static size_t rest_of(const struct msghdr *message, size_t gone, struct iovec rest[PARTS_MAX])
{
        size_t count = 0;

        for (size_t i = 0; i < message->msg_iovlen; i++) {
                struct iovec part = message->msg_iov[i];
                size_t skipped = gone < part.iov_len ? gone : part.iov_len;

                gone -= skipped;
                if (skipped < part.iov_len)
                        rest[count++] = (struct iovec){
                                .iov_base = (char *)part.iov_base + skipped,
                                .iov_len = part.iov_len - skipped,
                        };
        }
        return count;
}

static bool is_broken(int error)
{
        return error == EPIPE || error == ECONNRESET || error == ETIMEDOUT;
}

static ssize_t send_whole(int fd, const struct msghdr *message, int flags)
{
        const size_t len = message_len(message);
        const size_t before = sent_before(fd);
        struct iovec parts[PARTS_MAX];
        struct msghdr rest = *message;

        if (before >= len) { /* another message, though the one before is not all gone */
                shutdown(fd, SHUT_RDWR);
                begun[fd].sent = 0;
                return (ssize_t)len;
        }
        rest.msg_iov = parts;
        rest.msg_iovlen = rest_of(message, before, parts);
        ssize_t sent = libc_sendmsg(fd, &rest, flags);
        bool gone = sent < 0 ? is_broken(errno) : before + (size_t)sent == len;

        if (gone) {
                begun[fd].sent = 0;
                return (ssize_t)len;
        }
        if (sent > 0) {
                begun[fd] = (struct begun){socket_of(fd), before + (size_t)sent};
                errno = EAGAIN;
        }
        return -1;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
        if (fd >= 0 && fd < DESCRIPTORS_MAX && message->msg_iovlen <= PARTS_MAX &&
                message_len(message) > 0)
                return send_whole(fd, message, flags);
        return libc_sendmsg(fd, message, flags);
}

int epoll_wait(int fd, struct epoll_event *events, int max, int timeout_ms)
{
        int count = libc_epoll_wait(fd, events, max, timeout_ms);

        for (int i = 0; i < count; i++)
                if (events[i].events & (EPOLLHUP | EPOLLERR))
                        events[i].events = EPOLLIN | EPOLLOUT;
        return count;
}

void broken_peer_link(void)
{
}
