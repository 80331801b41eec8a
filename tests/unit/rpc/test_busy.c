/* A server without room says what of, how much there is and how much is taken, in the caller's
 * language too. */
#include <string.h>
#include <nng/nng.h>
#include "tests/unit/rpc/channel_fixture.h"
#include "tests/unit/rpc/raw_peer.h"

#define PEERS       4
#define WAITING_MAX "4096" /* of a server: what the peers fill */

/* One message of calls that wait. */
static void park_many(struct raw_peer *peer)
{
        struct buffer body = {0};
        nng_msg *message;

        for (uint32_t id = 1; id <= RPC_BATCH_CALLS_MAX; id++) {
                const struct rpc_call call = {.id = id, .method = bytes_of_text("echo.Wait")};

                frame_write_call(&body, &call, 0);
        }
        assert_int_equal(nng_msg_alloc(&message, 0), 0);
        nng_msg_append(message, body.data, body.len);
        assert_int_equal(nng_sendmsg(peer->socket, message, 0), 0);
        buffer_release(&body);
}

/* Awaited: a connection that is closed in the middle of an answer ends never (hang_up.h). */
static void receive_all(struct raw_peer *peer)
{
        nng_msg *message;

        assert_int_equal(nng_recvmsg(peer->socket, &message, 0), 0);
        nng_msg_free(message);
        raw_peer_close(peer);
}

static const char *fact_of(const struct error *error, const char *name)
{
        for (const struct error_fact *at = error->facts; at != NULL; at = at->next)
                if (strcmp(at->name, name) == 0)
                        return at->value;
        return "";
}

static void a_busy_server_says_of_what(void **state)
{
        struct fixture *f = *state;
        struct raw_peer peers[PEERS];
        struct channel_call call = call_of("echo.Wait", "");
        struct rpc_answer answer;

        call.accept_language = "zh";
        open_channel(f, &(struct channel_options){.url = f->url, .attempts_max = 1});
        for (size_t i = 0; i < PEERS; i++) {
                raw_peer_open(&peers[i], f->url);
                park_many(&peers[i]);
        }
        assert_true(parked_soon(&f->echo, PEERS * RPC_BATCH_CALLS_MAX));
        channel_call(f->channel, &call, &f->arena, &answer);
        assert_failed(&answer, RESOURCE_EXHAUSTED, "SERVER_BUSY");
        assert_int_equal(answer.error->retry_after_ms, 50);
        assert_string_equal(fact_of(answer.error, "limit"), "waiting_calls");
        assert_string_equal(fact_of(answer.error, "quota"), WAITING_MAX);
        assert_string_equal(fact_of(answer.error, "used"), WAITING_MAX);
        assert_string_equal(fact_of(answer.error, "subject"), "server");
        assert_string_equal(answer.error->locale, "zh");
        assert_string_equal(answer.error->localized, "zh:SERVER_BUSY");
        echo_release_parked(&f->echo);
        for (size_t i = 0; i < PEERS; i++)
                receive_all(&peers[i]);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                WITH_SERVER(a_busy_server_says_of_what),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
