/*
 * Who is calling, in a file: its first line is the token, its second, where there is one, the
 * refresh token. When the server says that the token has expired, the file's refresh token is given
 * for new ones and the file is replaced.
 *
 * A refresh token is good once, so neither two programs with the same file nor one that is killed
 * may use it twice: the file is locked meanwhile, and the request id is in it, as a third line,
 * before the call is made. Whoever comes next asks with the same id and gets the same answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "membership.pb-c.h"
#include "tools/shopctl/shopctl.h"

#define FILE_BYTES_MAX 4096

enum line { LINE_TOKEN, LINE_REFRESH, LINE_REQUEST_ID, LINE_COUNT };

struct token_file {
        int file;
        char text[FILE_BYTES_MAX];
        const char *lines[LINE_COUNT]; /* "" where there is none */
};

/* Cuts the text into its lines. */
static void split(struct token_file *file)
{
        char *at = file->text;

        for (int i = 0; i < LINE_COUNT; i++) {
                size_t len = strcspn(at, "\r\n");
                char *end = at + len;

                file->lines[i] = at;
                at = end + strspn(end, "\r\n");
                *end = '\0';
        }
}

static bool read_lines(struct token_file *file)
{
        ssize_t len = pread(file->file, file->text, sizeof(file->text) - 1, 0);

        if (len < 0)
                return false;
        file->text[len] = '\0';
        split(file);
        return true;
}

bool token_file_read(struct settings *settings, const char *path)
{
        struct token_file file = {.file = open(path, O_RDONLY | O_CLOEXEC)};
        bool read = file.file >= 0 && read_lines(&file);

        if (!read)
                fprintf(stderr, "shopctl: token file %s: %s\n", path, strerror(errno));
        if (file.file >= 0)
                close(file.file);
        if (!read)
                return false;
        if (file.lines[LINE_TOKEN][0] == '\0') {
                fprintf(stderr, "shopctl: token file %s is empty\n", path);
                return false;
        }
        settings->token = arena_text(settings->arena, file.lines[LINE_TOKEN]);
        settings->token_file = file.lines[LINE_REFRESH][0] == '\0' ? NULL : path;
        return true;
}

/* Opens the file that is there once it is locked: another may have replaced it meanwhile. */
static bool open_locked(struct token_file *file, const char *path)
{
        struct stat locked, there;

        for (;;) {
                file->file = open(path, O_RDWR | O_APPEND | O_CLOEXEC);
                if (file->file < 0)
                        return false;
                if (flock(file->file, LOCK_EX) == 0 && fstat(file->file, &locked) == 0 &&
                        stat(path, &there) == 0 && locked.st_ino == there.st_ino)
                        return read_lines(file);
                close(file->file);
        }
}

static bool write_synced(int file, const char *text)
{
        ssize_t len = (ssize_t)strlen(text);

        return write(file, text, (size_t)len) == len && fsync(file) == 0;
}

/* The request id in the file, put there where it is not. */
static const char *keep_request_id(struct token_file *file, char id[SHOP_REQUEST_ID_SIZE])
{
        char line[SHOP_REQUEST_ID_SIZE + 1];

        if (file->lines[LINE_REQUEST_ID][0] != '\0')
                return file->lines[LINE_REQUEST_ID];
        shop_request_id(id);
        snprintf(line, sizeof(line), "%s\n", id);
        return write_synced(file->file, line) ? id : NULL;
}

/* The whole file or none of it. */
static bool replace(const char *path, const char *token, const char *refresh_token)
{
        char temporary[1024], text[FILE_BYTES_MAX];
        int file;

        if (snprintf(temporary, sizeof(temporary), "%s.new", path) >= (int)sizeof(temporary))
                return false;
        snprintf(text, sizeof(text), "%s\n%s\n", token, refresh_token);
        file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (file < 0)
                return false;
        bool written = write_synced(file, text);

        return close(file) == 0 && written && rename(temporary, path) == 0;
}

/* NULL with a sentence on standard error; freed by the caller. */
static Shop__SessionGrant *ask(
        struct shop_channel *channel, const char *refresh_token, const char *request_id)
{
        const struct schema_method *method =
                schema_method(&shop_client_schema, bytes_of_text("membership.RenewSession"));
        Shop__RenewSessionRequest request = SHOP__RENEW_SESSION_REQUEST__INIT;
        const struct shop_call_options options = {.token = "", .request_id = request_id};
        struct shop_error error = {0};
        uint8_t body[1024], *answer = NULL;
        size_t answer_len = 0;
        Shop__SessionGrant *grant = NULL;

        request.refresh_token = refresh_token;
        if (shop__renew_session_request__get_packed_size(&request) > sizeof(body))
                return NULL;
        size_t len = shop__renew_session_request__pack(&request, body);

        if (shop_invoke_bytes(channel, method->name, (int)method->lane, body, len, &options,
                    &answer, &answer_len, &error) == SHOP_OK)
                grant = shop__session_grant__unpack(NULL, answer_len, answer);
        else
                fprintf(stderr, "shopctl: the token cannot be renewed: %s\n", error.message);
        shop_error_release(&error);
        free(answer);
        return grant;
}

static bool renew(struct token_file *file, const char *path, struct shop_channel *channel,
        char token[FILE_BYTES_MAX])
{
        char made[SHOP_REQUEST_ID_SIZE];
        const char *id = keep_request_id(file, made);
        Shop__SessionGrant *grant = id == NULL ? NULL : ask(channel, file->lines[LINE_REFRESH], id);

        if (grant == NULL)
                return false;
        bool kept = replace(path, grant->token, grant->refresh_token);

        if (!kept)
                fprintf(stderr, "shopctl: token file %s: %s\n", path, strerror(errno));
        snprintf(token, FILE_BYTES_MAX, "%s", grant->token);
        shop__session_grant__free_unpacked(grant, NULL);
        return kept;
}

enum renewal { RENEWAL_FAILED, RENEWAL_DONE, RENEWAL_OLD };

/* Sets the source's token. RENEWAL_OLD: to what a program that was killed had asked for, which may
 * have expired since. */
static enum renewal renew_once(struct token_source *source, struct shop_channel *channel)
{
        struct token_file file;
        char token[FILE_BYTES_MAX] = "";

        if (!open_locked(&file, source->path))
                return RENEWAL_FAILED;
        bool ours = strcmp(file.lines[LINE_TOKEN], source->token) == 0;
        bool kept = file.lines[LINE_REQUEST_ID][0] != '\0';

        if (!ours) /* another with this file was faster */
                snprintf(token, sizeof(token), "%s", file.lines[LINE_TOKEN]);
        else if (!renew(&file, source->path, channel, token))
                token[0] = '\0';
        close(file.file);
        if (token[0] == '\0' || strlen(token) >= sizeof(source->token))
                return RENEWAL_FAILED;
        memcpy(source->token, token, strlen(token) + 1);
        return ours && kept ? RENEWAL_OLD : RENEWAL_DONE;
}

bool token_file_renew(
        void *context, struct shop_channel *channel, uint8_t *out, size_t capacity, size_t *len)
{
        struct token_source *source = context;
        enum renewal renewal;

        do
                renewal = renew_once(source, channel);
        while (renewal == RENEWAL_OLD);
        *len = strlen(source->token);
        if (renewal == RENEWAL_FAILED || *len > capacity)
                return false;
        memcpy(out, source->token, *len);
        return true;
}
