/*
 * What the transport is told of connections that broke: nothing, until it reads. Version 1.5.2
 * does not survive a connection whose sending fails before its reading does: it closes the
 * connection, and when another request was just being read from it, the read of its body never
 * ends; the thread that takes every connection of the process apart waits for it, for ever, and no
 * descriptor is given back any more. Any peer that sends a few requests at once and goes away, or
 * that is cut off while it sends, does this.
 *
 * It is also what keeps a listener of ipc accepting. One whose greeting to a peer that has gone
 * already fails with "closed" takes that for its own end, and never accepts again; the end that is
 * read in its place is the peer's, after which it goes on.
 *
 * So two functions of libc are found here first. What is sent to a broken connection counts as
 * sent, and a hang-up or an error is reported as readable and writable; what is read then ends the
 * connection, which is the order that is safe. Refused: a transport of our own build, which a
 * system's package would not repair any more.
 */
#include "lib/rpc/broken_peer.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef __SANITIZE_THREAD__ /* which learns from these two who is before whom */

static ssize_t message_len(const struct msghdr *message)
{
        size_t len = 0;

        for (size_t i = 0; i < message->msg_iovlen; i++)
                len += message->msg_iov[i].iov_len;
        return (ssize_t)len;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
        ssize_t sent = syscall(SYS_sendmsg, fd, message, flags);
        bool broken = sent < 0 && (errno == EPIPE || errno == ECONNRESET || errno == ETIMEDOUT);

        return broken ? message_len(message) : sent;
}

int epoll_wait(int fd, struct epoll_event *events, int max, int timeout_ms)
{
        int count = epoll_pwait(fd, events, max, timeout_ms, NULL);

        for (int i = 0; i < count; i++)
                if (events[i].events & (EPOLLHUP | EPOLLERR))
                        events[i].events = EPOLLIN | EPOLLOUT;
        return count;
}

#endif

void broken_peer_link(void)
{
}
