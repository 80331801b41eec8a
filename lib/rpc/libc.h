#pragma once
/*
 * Functions of libc that are found in this program first (broken_peer.c, arrivals.c), as they are
 * behind it. ThreadSanitizer learns from its own who is before whom.
 */
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#ifdef __SANITIZE_THREAD__

ssize_t __interceptor_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __interceptor_readv(int fd, const struct iovec *parts, int count);
int __interceptor_epoll_wait(int fd, struct epoll_event *events, int max, int timeout_ms);

#define libc_sendmsg    __interceptor_sendmsg
#define libc_readv      __interceptor_readv
#define libc_epoll_wait __interceptor_epoll_wait

#else

static inline ssize_t libc_sendmsg(int fd, const struct msghdr *message, int flags)
{
        return syscall(SYS_sendmsg, fd, message, flags);
}

static inline ssize_t libc_readv(int fd, const struct iovec *parts, int count)
{
        return syscall(SYS_readv, fd, parts, count);
}

static inline int libc_epoll_wait(int fd, struct epoll_event *events, int max, int timeout_ms)
{
        return epoll_pwait(fd, events, max, timeout_ms, NULL);
}

#endif
