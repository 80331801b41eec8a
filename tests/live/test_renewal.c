/*
 * A program whose session's tokens last a second: its channel renews them by itself while many
 * calls are under way, and every call succeeds. shopctl does the same from a file, also by two at
 * once and after one that was killed between asking and keeping the answer.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "client/shop.h"
#include "lib/base/clock.h"
#include "membership.client.h"
#include "tests/live/daemon.h"
#include "tests/live/storefront.h"

#define CALLS       400
#define EXPIRED_US  1200000
#define TOKEN_SIZE  64
#define SECRET_SIZE 160

struct holder {
        char refresh_token[SECRET_SIZE];
        int renewals;
};

static Shop__SessionGrant *sign_up(struct shop_channel *channel, const char *email)
{
        Shop__SignUpRequest request = SHOP__SIGN_UP_REQUEST__INIT;

        request.email = email;
        request.password = "correct horse battery";
        request.device_name = "a test";
        return live_call(channel, &shop_membership_sign_up_method, &request, "");
}

/* ---- the library ---- */

static bool renew(
        void *context, struct shop_channel *channel, uint8_t *out, size_t capacity, size_t *len)
{
        struct holder *holder = context;
        Shop__RenewSessionRequest request = SHOP__RENEW_SESSION_REQUEST__INIT;
        const struct shop_call_options options = {.token = ""};
        Shop__SessionGrant *grant;

        request.refresh_token = holder->refresh_token;
        if (shop_membership_renew_session(channel, &request, &options, &grant, NULL) != SHOP_OK)
                return false;
        snprintf(holder->refresh_token, sizeof(holder->refresh_token), "%s", grant->refresh_token);
        *len = strlen(grant->token);
        if (*len <= capacity)
                memcpy(out, grant->token, *len);
        live_free(grant);
        holder->renewals++;
        return *len <= capacity;
}

struct tally {
        atomic_int good, bad;
};

static void count(void *context, enum shop_status status, const ProtobufCMessage *response,
        const struct shop_error *error)
{
        struct tally *tally = context;

        if (status != SHOP_OK && atomic_fetch_add(&tally->bad, 1) == 0)
                fprintf(stderr, "%s: %s\n", error->reason, error->message);
        if (status == SHOP_OK)
                atomic_fetch_add(&tally->good, 1);
}

static void call_on(struct shop_channel *channel, const char *member_id)
{
        Shop__GetMemberRequest request = SHOP__GET_MEMBER_REQUEST__INIT;
        struct tally tally = {0};

        request.id = member_id;
        for (int i = 0; i < CALLS; i++) {
                shop_start(channel, &shop_membership_get_member_method, &request.base, NULL, count,
                        &tally);
                clock_sleep_us(2 * EXPIRED_US / CALLS);
        }
        while (atomic_load(&tally.good) + atomic_load(&tally.bad) < CALLS)
                clock_sleep_us(1000);
        if (atomic_load(&tally.bad) > 0)
                live_fail("%d calls failed around a renewal", atomic_load(&tally.bad));
}

static void a_channel_renews_its_token(struct daemon *daemon)
{
        struct holder holder = {.renewals = 0};
        struct shop_channel *nobody = live_channel(daemon->url, "");
        Shop__SessionGrant *grant = sign_up(nobody, "library@example.com");
        const struct shop_channel_options options = {.url = daemon->url,
                .token = grant->token,
                .token_source = renew,
                .token_context = &holder};
        struct shop_channel *channel = shop_channel_open(&options, NULL);

        snprintf(holder.refresh_token, sizeof(holder.refresh_token), "%s", grant->refresh_token);
        call_on(channel, grant->member->id);
        if (holder.renewals < 2)
                live_fail("the token was renewed %d times", holder.renewals);
        shop_channel_close(channel);
        shop_channel_close(nobody);
        live_free(grant);
}

/* ---- shopctl ---- */

static void write_lines(const char *path, const char *a, const char *b, const char *c)
{
        FILE *file = fopen(path, "w");

        if (file == NULL || fprintf(file, "%s\n%s\n%s", a, b, c) < 0 || fclose(file) != 0)
                live_fail("cannot write %s", path);
}

static void read_lines(const char *path, char token[SECRET_SIZE], char refresh[SECRET_SIZE])
{
        FILE *file = fopen(path, "r");

        if (file == NULL || fscanf(file, "%159s %159s", token, refresh) != 2)
                live_fail("cannot read %s", path);
        fclose(file);
}

/* Whether it says who the caller is. */
static bool who_am_i(const char *shopctl, const struct daemon *daemon, const char *path)
{
        char command[512];

        snprintf(command, sizeof(command),
                "%s --server %s --token-file %s --output json membership.ListSessions >/dev/null",
                shopctl, daemon->url, path);
        return system(command) == 0;
}

static void two_at_once(const char *shopctl, const struct daemon *daemon, const char *path)
{
        pid_t child = fork();
        int status;

        if (child == 0)
                _exit(!who_am_i(shopctl, daemon, path));
        if (!who_am_i(shopctl, daemon, path))
                live_fail("one of two failed");
        if (waitpid(child, &status, 0) != child || status != 0)
                live_fail("the other of two failed");
}

static void shopctl_renews_its_file(struct daemon *daemon, const char *shopctl)
{
        struct shop_channel *nobody = live_channel(daemon->url, "");
        Shop__SessionGrant *grant = sign_up(nobody, "shopctl@example.com");
        Shop__RenewSessionRequest lost = SHOP__RENEW_SESSION_REQUEST__INIT;
        char path[128], token[SECRET_SIZE], refresh[SECRET_SIZE], id[SHOP_REQUEST_ID_SIZE];
        const struct shop_call_options options = {.token = "", .request_id = id};

        snprintf(path, sizeof(path), "%s/token", daemon->dir);
        write_lines(path, grant->token, grant->refresh_token, "");
        clock_sleep_us(EXPIRED_US);
        two_at_once(shopctl, daemon, path);
        read_lines(path, token, refresh);
        if (strcmp(refresh, grant->refresh_token) == 0)
                live_fail("shopctl kept the old refresh token");
        /* It was killed when the server had answered: the id is in the file, the answer is not. */
        shop_request_id(id);
        lost.refresh_token = refresh;
        if (shop_membership_renew_session(nobody, &lost, &options, NULL, NULL) != SHOP_OK)
                live_fail("the refresh token that shopctl kept is not good");
        write_lines(path, token, refresh, id);
        clock_sleep_us(EXPIRED_US);
        if (!who_am_i(shopctl, daemon, path))
                live_fail("shopctl did not ask again with the id that it had kept");
        shop_channel_close(nobody);
        live_free(grant);
}

int main(int argc, char **argv)
{
        struct daemon daemon;

        if (argc != 3)
                live_fail("usage: test_renewal SHOPD SHOPCTL");
        daemon_init(&daemon, argv[1]);
        daemon_configure(&daemon, "[terms]\ntoken_seconds = 1\n");
        daemon_start(&daemon, NULL);
        daemon_wait(&daemon);
        a_channel_renews_its_token(&daemon);
        shopctl_renews_its_file(&daemon, argv[2]);
        daemon_stop(&daemon);
        if (daemon_verify(&daemon) != 0)
                live_fail("the shop has faults");
        daemon_release(&daemon);
        return 0;
}
