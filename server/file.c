/* A file beside it is written, made durable and then takes the name. */
#include "server/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum status file_write(const char *path, const char *text, struct error *error)
{
        const char *temporary = arena_printf(error->arena, "%s.new", path);
        int file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        ssize_t len = (ssize_t)strlen(text);

        if (file < 0)
                return error_set(
                        error, UNAVAILABLE, "DATA_DIR", "%s: %s", temporary, strerror(errno));
        bool written = write(file, text, (size_t)len) == len && fsync(file) == 0;

        if (close(file) == 0 && written && rename(temporary, path) == 0)
                return OK;
        return error_set(error, UNAVAILABLE, "DATA_DIR", "%s: %s", path, strerror(errno));
}
