/*
 * What a server can be asked, from the server itself: list and describe with --from-server. For a
 * server of another version than this program.
 */
#include <stdio.h>
#include "tools/shopctl/descriptors.h"
#include "tools/shopctl/shopctl.h"

/* 0, or the exit status with the reason printed. */
static int fetch(struct settings *settings, struct descriptors *descriptors)
{
        const struct schema_method *method =
                schema_method(&shop_client_schema, bytes_of_text("governance.GetContract"));
        Shop__GetContractRequest request = SHOP__GET_CONTRACT_REQUEST__INIT;
        struct shop_error error = {0};
        struct error problem;

        const Shop__GetContractResponse *contract =
                session_call(settings, settings->arena, method, &request, &error);
        if (contract == NULL) {
                int failed = print_error(settings, &error);

                shop_error_release(&error);
                return failed;
        }
        error_init(&problem, settings->arena);
        if (descriptors_read(descriptors, settings->arena, contract, &problem) == OK)
                return 0;
        return print_local_error(settings, &problem);
}

int reflect_list(struct settings *settings, const char *prefix)
{
        struct descriptors descriptors;
        int failed = fetch(settings, &descriptors);

        if (failed != 0)
                return failed;
        if (descriptors_list(&descriptors, stdout, settings->output, prefix) > 0)
                return 0;
        fprintf(stderr, "shopctl: no method of the server begins with %s\n", prefix);
        return EXIT_STATUS_BASE + SHOP_NOT_FOUND;
}

int reflect_describe(struct settings *settings, const char *name)
{
        struct descriptors descriptors;
        int failed = fetch(settings, &descriptors);

        if (failed != 0)
                return failed;
        if (descriptors_describe(&descriptors, stdout, name))
                return 0;
        fprintf(stderr, "shopctl: the server has no %s\n", name);
        return EXIT_STATUS_BASE + SHOP_NOT_FOUND;
}
