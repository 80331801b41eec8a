/*
 * A server that answers every read with the request's own bytes, for programs that are not in
 * this tree. Prints its URL and runs until its input ends.
 */
#include <stdio.h>

#include "tests/unit/rpc/echo_service.h"

int main(void)
{
        static struct echo echo;
        struct rpc_server *server;
        struct arena arena;
        struct error error;

        arena_init(&arena);
        error_init(&error, &arena);
        echo_start(&echo, 100);
        if (rpc_server_open(&server, &(struct rpc_server_options){.url = "tcp://127.0.0.1:0"},
                    &echo.service, &error) != OK) {
                fprintf(stderr, "%s\n", error.message);
                return 1;
        }
        printf("%s\n", rpc_server_url(server));
        fflush(stdout);
        while (getchar() != EOF)
                ;
        echo_stop(&echo);
        rpc_server_close(server);
        echo_release(&echo);
        arena_release(&arena);
        return 0;
}
