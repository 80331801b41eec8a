/*
 * The bare server: REP contexts, each with its own read transaction and arena. It shares nothing
 * with our server but the encoding of replies, and does nothing that could be left out: no token,
 * no rules, no limits, no lanes.
 */
#include "tools/benchmarks/bare.h"

#include <lmdb.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "catalog.pb-c.h"
#include "lib/base/arena.h"
#include "lib/rpc/frame.h"
#include "rpc.pb-c.h"
#include "tests/live/daemon.h"

#define RECEIVERS 64
#define MAP_BYTES (1u << 30)

struct exchange {
        nng_ctx context;
        nng_aio *receive;
        nng_aio *send;
        MDB_txn *txn;
        MDB_dbi dbi;
        struct arena arena;
        ProtobufCAllocator allocator;
        struct buffer body;
};

static void must(int result, const char *what)
{
        if (result != 0)
                live_fail("the bare server: %s: %d", what, result);
}

static void *take(void *arena, size_t size)
{
        return arena_alloc(arena, size);
}

static void leave(void *arena, void *memory)
{
}

static void answer_call(struct exchange *exchange, const Shop__Call *call)
{
        Shop__GetProductRequest *request = shop__get_product_request__unpack(
                &exchange->allocator, call->request.len, call->request.data);
        MDB_val key = {strlen(request->id), (void *)request->id}, row;

        must(mdb_get(exchange->txn, exchange->dbi, &key, &row), "get");
        frame_write_reply(&exchange->body, call->id,
                &(struct rpc_reply){.response = bytes_of(row.mv_data, row.mv_size), .sequence = 1});
}

static void received(void *context)
{
        struct exchange *exchange = context;

        if (nng_aio_result(exchange->receive) != 0)
                return;
        nng_msg *message = nng_aio_get_msg(exchange->receive);
        Shop__Batch *batch = shop__batch__unpack(
                &exchange->allocator, nng_msg_len(message), nng_msg_body(message));

        must(mdb_txn_renew(exchange->txn), "renew");
        for (size_t i = 0; i < batch->n_call; i++)
                answer_call(exchange, batch->call[i]);
        mdb_txn_reset(exchange->txn);
        nng_msg_clear(message);
        nng_msg_append(message, exchange->body.data, exchange->body.len);
        buffer_clear(&exchange->body);
        arena_reset(&exchange->arena);
        nng_aio_set_msg(exchange->send, message);
        nng_ctx_send(exchange->context, exchange->send);
}

static void sent(void *context)
{
        struct exchange *exchange = context;

        if (nng_aio_result(exchange->send) == 0)
                nng_ctx_recv(exchange->context, exchange->receive);
}

static void exchange_start(struct exchange *exchange, nng_socket socket, MDB_env *env, MDB_dbi dbi)
{
        arena_init(&exchange->arena);
        exchange->allocator = (ProtobufCAllocator){take, leave, &exchange->arena};
        exchange->dbi = dbi;
        must(mdb_txn_begin(env, NULL, MDB_RDONLY, &exchange->txn), "begin");
        mdb_txn_reset(exchange->txn);
        must(nng_ctx_open(&exchange->context, socket), "context");
        must(nng_aio_alloc(&exchange->receive, received, exchange), "aio");
        must(nng_aio_alloc(&exchange->send, sent, exchange), "aio");
        nng_ctx_recv(exchange->context, exchange->receive);
}

static MDB_env *open_env(const char *dir)
{
        MDB_env *env;

        must(mdb_env_create(&env), "environment");
        must(mdb_env_set_mapsize(env, MAP_BYTES), "map size");
        must(mdb_env_open(env, dir, MDB_NOTLS, 0600), "open");
        return env;
}

static MDB_dbi open_rows(MDB_env *env)
{
        MDB_txn *txn;
        MDB_dbi dbi;

        must(mdb_txn_begin(env, NULL, 0, &txn), "begin");
        must(mdb_dbi_open(txn, NULL, 0, &dbi), "rows");
        must(mdb_txn_commit(txn), "commit");
        return dbi;
}

int bare_serve(const char *dir)
{
        MDB_env *env = open_env(dir);
        MDB_dbi dbi = open_rows(env);
        struct exchange *exchanges = calloc(RECEIVERS, sizeof(*exchanges));
        nng_listener listener;
        nng_socket socket;
        char *url, end;

        must(nng_rep0_open(&socket), "socket");
        must(nng_listener_create(&listener, socket, "tcp://127.0.0.1:0"), "listener");
        for (size_t i = 0; i < RECEIVERS; i++)
                exchange_start(&exchanges[i], socket, env, dbi);
        must(nng_listener_start(listener, 0), "listen");
        must(nng_listener_get_string(listener, NNG_OPT_URL, &url), "url");
        puts(url);
        fflush(stdout);
        while (read(STDIN_FILENO, &end, 1) > 0)
                ;
        _exit(0); /* it holds nothing that must be kept */
}

void bare_write_rows(const char *dir, const struct bare_row *rows, size_t count)
{
        mkdir(dir, 0700);
        MDB_env *env = open_env(dir);
        MDB_dbi dbi = open_rows(env);
        MDB_txn *txn;

        must(mdb_txn_begin(env, NULL, 0, &txn), "begin");
        for (size_t i = 0; i < count; i++) {
                MDB_val key = {strlen(rows[i].id), (void *)rows[i].id};
                MDB_val row = {rows[i].answer.len, (void *)rows[i].answer.data};

                must(mdb_put(txn, dbi, &key, &row, 0), "put");
        }
        must(mdb_txn_commit(txn), "commit");
        mdb_env_close(env);
}

void bare_start(
        struct bare_server *server, const char *dir, const struct bare_row *rows, size_t count)
{
        int to[2], from[2];

        bare_write_rows(dir, rows, count);
        if (pipe(to) != 0 || pipe(from) != 0)
                live_fail("no pipe for the bare server");
        server->pid = fork();
        if (server->pid == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                dup2(to[0], STDIN_FILENO);
                dup2(from[1], STDOUT_FILENO);
                close(to[1]);
                execl("/proc/self/exe", "bench", "bare-server", dir, (char *)NULL);
                _exit(127);
        }
        close(to[0]);
        close(from[1]);
        ssize_t len = read(from[0], server->url, sizeof(server->url) - 1);

        if (server->pid < 0 || len <= 0)
                live_fail("the bare server did not start");
        server->url[len] = '\0';
        server->url[strcspn(server->url, "\n")] = '\0';
        close(from[0]);
}

void bare_stop(struct bare_server *server)
{
        kill(server->pid, SIGTERM);
        waitpid(server->pid, NULL, 0);
}
