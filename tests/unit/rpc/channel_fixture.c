/* Waits are bounded by the suite's time: a test that hangs fails. */
#include "tests/unit/rpc/channel_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/clock.h"

#define SOON_US 20000000
#define LOOK_US 5000

void open_server_with(struct fixture *f, const struct rpc_server_options *options)
{
        for (int i = 0; i < 100; i++) { /* a port may linger for a moment */
                error_init(&f->error, &f->arena);
                if (rpc_server_open(&f->server, options, &f->echo.service, &f->error) == OK)
                        break;
                clock_sleep_us(20000);
        }
        assert_non_null(f->server);
        snprintf(f->url, sizeof(f->url), "%s", rpc_server_url(f->server));
}

void open_server(struct fixture *f, const char *url)
{
        open_server_with(f, &(struct rpc_server_options){.url = url});
}

void close_server(struct fixture *f)
{
        rpc_server_close(f->server);
        f->server = NULL;
}

void open_channel(struct fixture *f, const struct channel_options *options)
{
        channel_close(f->channel);
        f->channel = NULL;
        assert_int_equal(channel_open(&f->channel, options, &f->error), OK);
}

int fixture_setup(void **state)
{
        struct fixture *f = calloc(1, sizeof(*f));

        arena_init(&f->arena);
        error_init(&f->error, &f->arena);
        echo_start(&f->echo, 2000);
        open_server(f, "tcp://127.0.0.1:0");
        open_channel(f, &(struct channel_options){.url = f->url, .agent = "test/1"});
        *state = f;
        return 0;
}

int fixture_teardown(void **state)
{
        struct fixture *f = *state;

        channel_close(f->channel);
        echo_stop(&f->echo);
        rpc_server_close(f->server);
        echo_release(&f->echo);
        arena_release(&f->arena);
        free(f);
        return 0;
}

struct channel_call call_of(const char *method, const char *request)
{
        enum lane lane = strcmp(method, "echo.Write") == 0   ? LANE_WRITE
                         : strcmp(method, "echo.Sleep") == 0 ? LANE_SLOW
                         : strcmp(method, "echo.Wait") == 0  ? LANE_WAIT
                                                             : LANE_READ;

        return (struct channel_call){
                .method = method, .lane = lane, .request = bytes_of_text(request)};
}

struct rpc_answer ask(struct fixture *f, const char *method, const char *request)
{
        struct channel_call call = call_of(method, request);
        struct rpc_answer answer;

        channel_call(f->channel, &call, &f->arena, &answer);
        return answer;
}

void crowd_init(struct crowd *crowd)
{
        memset(crowd, 0, sizeof(*crowd));
        pthread_mutex_init(&crowd->lock, NULL);
        pthread_cond_init(&crowd->changed, NULL);
}

void crowd_answered(void *context, const struct rpc_answer *answer)
{
        struct crowd *crowd = context;

        pthread_mutex_lock(&crowd->lock);
        crowd->answered++;
        crowd->by_code[answer->error == NULL ? OK : answer->error->code]++;
        if (answer->error != NULL)
                snprintf(crowd->last_reason, sizeof(crowd->last_reason), "%s",
                        answer->error->reason);
        pthread_cond_signal(&crowd->changed);
        pthread_mutex_unlock(&crowd->lock);
}

void crowd_wait(struct crowd *crowd, size_t count)
{
        pthread_mutex_lock(&crowd->lock);
        while (crowd->answered < count)
                pthread_cond_wait(&crowd->changed, &crowd->lock);
        pthread_mutex_unlock(&crowd->lock);
}

size_t crowd_count(struct crowd *crowd, enum status code)
{
        pthread_mutex_lock(&crowd->lock);
        size_t count = crowd->by_code[code];

        pthread_mutex_unlock(&crowd->lock);
        return count;
}

void crowd_release(struct crowd *crowd)
{
        pthread_cond_destroy(&crowd->changed);
        pthread_mutex_destroy(&crowd->lock);
}

void assert_failed(const struct rpc_answer *answer, enum status code, const char *reason)
{
        assert_non_null(answer->error);
        assert_string_equal(answer->error->reason, reason);
        assert_int_equal(answer->error->code, code);
}

struct channel_stats stats_of(struct fixture *f)
{
        struct channel_stats stats;

        channel_stats(f->channel, &stats);
        return stats;
}

bool connected_soon(struct fixture *f, uint64_t connects)
{
        int64_t until_us = clock_monotonic_us() + SOON_US;

        while (stats_of(f).connects < connects && clock_monotonic_us() < until_us)
                clock_sleep_us(LOOK_US);
        return stats_of(f).connects >= connects;
}

bool parked_soon(struct echo *echo, size_t count)
{
        int64_t until_us = clock_monotonic_us() + SOON_US;

        while (echo_parked(echo) != count && clock_monotonic_us() < until_us)
                clock_sleep_us(LOOK_US);
        return echo_parked(echo) == count;
}

void second_open(struct second *second, struct fixture *f)
{
        echo_start(&second->echo, 2000);
        assert_int_equal(rpc_server_open(&second->server,
                                 &(struct rpc_server_options){.url = "tcp://127.0.0.1:0"},
                                 &second->echo.service, &f->error),
                OK);
        snprintf(second->urls, sizeof(second->urls), "%s,%s", f->url,
                rpc_server_url(second->server));
}

void second_close(struct second *second, struct fixture *f)
{
        channel_close(f->channel);
        f->channel = NULL;
        echo_stop(&second->echo);
        rpc_server_close(second->server);
        echo_release(&second->echo);
}

void papers_make(struct papers *papers)
{
        char command[512];

        strcpy(papers->dir, "/tmp/shop-papers-XXXXXX");
        assert_non_null(mkdtemp(papers->dir));
        snprintf(papers->cert, sizeof(papers->cert), "%s/cert.pem", papers->dir);
        snprintf(papers->key, sizeof(papers->key), "%s/key.pem", papers->dir);
        snprintf(command, sizeof(command),
                "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost "
                "-addext subjectAltName=DNS:localhost -keyout %s -out %s 2>%s/log",
                papers->key, papers->cert, papers->dir);
        if (system(command) == 0)
                return;
        papers_remove(papers);
        skip();
}

void papers_remove(const struct papers *papers)
{
        char command[64];

        snprintf(command, sizeof(command), "rm -r %s", papers->dir);
        assert_int_equal(system(command), 0);
}
