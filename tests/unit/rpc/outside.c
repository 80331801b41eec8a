/*
 * A program that knows only what is installed. It has an error_set and a channel_open of its own:
 * the library must not mind.
 */
#include <stdio.h>
#include <string.h>
#include <catalog.client.h>

int error_set(void);
int channel_open(void);

int error_set(void)
{
        return 3;
}

int channel_open(void)
{
        return 4;
}

int main(int argc, char **argv)
{
        struct shop_channel_options options = {.url = argv[1], .agent = "outside/1"};
        struct shop_error error = {0};
        struct shop_channel *channel = shop_channel_open(&options, &error);
        Shop__GetProductRequest request = SHOP__GET_PRODUCT_REQUEST__INIT;
        Shop__Product *product = NULL;

        if (channel == NULL || argc != 2 || error_set() != 3 || channel_open() != 4)
                return 1;
        request.id = "teapot";
        if (shop_catalog_get_product(channel, &request, NULL, &product, &error) != SHOP_OK) {
                fprintf(stderr, "%s: %s\n", error.reason, error.message);
                shop_error_release(&error);
                return 2;
        }
        printf("%s\n", product->id);
        int same = strcmp(product->id, "teapot") == 0;

        protobuf_c_message_free_unpacked(&product->base, NULL);
        shop_channel_close(channel);
        return same ? 0 : 3;
}
