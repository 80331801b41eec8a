/*
 * One purchase, step by step and blocking: a guest looks around, fills a cart, asks what it costs,
 * orders, and pays at the sandbox gateway.
 *
 *      purchase URL [SLUG_OF_PRICE_LIST]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cart.client.h>
#include <catalog.client.h>
#include <checkout.client.h>
#include <membership.client.h>
#include <payment.client.h>

struct buyer {
        struct shop_channel *channel;
        struct shop_error error;
        char member_id[33];
        char price_list_id[33];
        char country_code[3];
        char cart_id[33];
        char shipping_method_id[33];
        char fingerprint[65];
        char order_id[33];
};

static void copy(char *out, size_t size, const char *text)
{
        snprintf(out, size, "%s", text);
}

/* Says why and ends the program, unless the call went well. */
static void expect(struct buyer *buyer, const char *step, enum shop_status status)
{
        if (status == SHOP_OK)
                return;
        fprintf(stderr, "%s: %s, %s: %s\n", step, shop_status_name(status), buyer->error.reason,
                buyer->error.message);
        for (size_t i = 0; i < buyer->error.violation_count; i++)
                fprintf(stderr, "  %s: %s\n", buyer->error.violations[i].field,
                        buyer->error.violations[i].description);
        exit(1);
}

static void require(int condition, const char *step, const char *what)
{
        if (condition)
                return;
        fprintf(stderr, "%s: %s\n", step, what);
        exit(1);
}

static void arrive(struct buyer *buyer)
{
        Shop__CreateGuestRequest request = SHOP__CREATE_GUEST_REQUEST__INIT;
        Shop__SessionGrant *grant = NULL;

        request.language = "en";
        expect(buyer, "arrive",
                shop_membership_create_guest(
                        buyer->channel, &request, NULL, &grant, &buyer->error));
        shop_channel_set_token(buyer->channel, grant->token);
        copy(buyer->member_id, sizeof(buyer->member_id), grant->member->id);
        printf("arrived as guest %s\n", buyer->member_id);
        shop__session_grant__free_unpacked(grant, NULL);
}

static void choose_price_list(struct buyer *buyer, const char *slug)
{
        Shop__ListPriceListsRequest request = SHOP__LIST_PRICE_LISTS_REQUEST__INIT;
        Shop__ListPriceListsResponse *lists = NULL;

        request.slug = slug;
        expect(buyer, "price lists",
                shop_catalog_list_price_lists(
                        buyer->channel, &request, NULL, &lists, &buyer->error));
        require(lists->n_price_lists > 0, "price lists", "the shop has none");
        const Shop__PriceList *list = lists->price_lists[0];

        copy(buyer->price_list_id, sizeof(buyer->price_list_id), list->id);
        copy(buyer->country_code, sizeof(buyer->country_code),
                list->home_country_code[0] == '\0' ? "GB" : list->home_country_code);
        printf("shopping in %s\n", list->currency_code);
        shop__list_price_lists_response__free_unpacked(lists, NULL);
}

static void take_cart(struct buyer *buyer)
{
        Shop__CreateCartRequest request = SHOP__CREATE_CART_REQUEST__INIT;
        Shop__Cart *cart = NULL;

        request.price_list_id = buyer->price_list_id;
        expect(buyer, "cart",
                shop_cart_create_cart(buyer->channel, &request, NULL, &cart, &buyer->error));
        copy(buyer->cart_id, sizeof(buyer->cart_id), cart->id);
        shop__cart__free_unpacked(cart, NULL);
}

/* True when two of a variant are in the cart: what has no price in the list cannot be. */
static int put_into_cart(struct buyer *buyer, const char *variant_id)
{
        Shop__AddCartLinesRequest request = SHOP__ADD_CART_LINES_REQUEST__INIT;
        Shop__AddCartLine line = SHOP__ADD_CART_LINE__INIT;
        Shop__AddCartLine *lines[] = {&line};
        Shop__Cart *cart = NULL;

        line.variant_id = variant_id;
        line.quantity = 2;
        request.cart_id = buyer->cart_id;
        request.lines = lines;
        request.n_lines = 1;
        if (shop_cart_add_cart_lines(buyer->channel, &request, NULL, &cart, &buyer->error) !=
                SHOP_OK)
                return 0;
        for (size_t i = 0; i < cart->n_lines; i++)
                printf("in the cart: %lld x %s, %lld each\n", (long long)cart->lines[i]->quantity,
                        cart->lines[i]->title[0] != '\0' ? cart->lines[i]->title
                                                         : cart->lines[i]->sku,
                        (long long)cart->lines[i]->unit_price_minor);
        shop__cart__free_unpacked(cart, NULL);
        return 1;
}

static int try_product(struct buyer *buyer, const char *id)
{
        Shop__GetProductRequest request = SHOP__GET_PRODUCT_REQUEST__INIT;
        Shop__Product *product = NULL;
        int taken = 0;

        request.id = id;
        expect(buyer, "product",
                shop_catalog_get_product(buyer->channel, &request, NULL, &product, &buyer->error));
        for (size_t i = 0; i < product->n_variants && !taken; i++)
                taken = put_into_cart(buyer, product->variants[i]->id);
        shop__product__free_unpacked(product, NULL);
        return taken;
}

/* The first thing on the shelves that can be bought. */
static void fill_cart(struct buyer *buyer)
{
        Shop__BrowseProductsRequest request = SHOP__BROWSE_PRODUCTS_REQUEST__INIT;
        Shop__BrowseProductsResponse *page = NULL;
        int taken = 0;

        expect(buyer, "browse",
                shop_catalog_browse_products(buyer->channel, &request, NULL, &page, &buyer->error));
        for (size_t i = 0; i < page->n_products && !taken; i++)
                taken = try_product(buyer, page->products[i]->id);
        require(taken, "browse", "nothing here can be bought");
        shop__browse_products_response__free_unpacked(page, NULL);
}

static void choose_shipping(struct buyer *buyer)
{
        Shop__ListShippingMethodsRequest request = SHOP__LIST_SHIPPING_METHODS_REQUEST__INIT;
        Shop__ListShippingMethodsResponse *methods = NULL;

        expect(buyer, "shipping",
                shop_checkout_list_shipping_methods(
                        buyer->channel, &request, NULL, &methods, &buyer->error));
        for (size_t i = 0; i < methods->n_shipping_methods; i++)
                if (strcmp(methods->shipping_methods[i]->price_list_id, buyer->price_list_id) == 0)
                        copy(buyer->shipping_method_id, sizeof(buyer->shipping_method_id),
                                methods->shipping_methods[i]->id);
        shop__list_shipping_methods_response__free_unpacked(methods, NULL);
}

static void ask_price(struct buyer *buyer)
{
        Shop__GetQuoteRequest request = SHOP__GET_QUOTE_REQUEST__INIT;
        Shop__Quote *quote = NULL;

        request.cart_id = buyer->cart_id;
        request.country_code = buyer->country_code;
        request.shipping_method_id = buyer->shipping_method_id;
        expect(buyer, "quote",
                shop_checkout_get_quote(buyer->channel, &request, NULL, &quote, &buyer->error));
        require(quote->n_blockers == 0, "quote", quote->n_blockers == 0 ? "" : quote->blockers[0]);
        copy(buyer->fingerprint, sizeof(buyer->fingerprint), quote->fingerprint);
        printf("to pay: %lld %s, of it %lld tax\n", (long long)quote->payable_minor,
                quote->currency_code, (long long)quote->tax_minor);
        shop__quote__free_unpacked(quote, NULL);
}

static void order(struct buyer *buyer)
{
        Shop__PlaceOrderRequest request = SHOP__PLACE_ORDER_REQUEST__INIT;
        Shop__PostalAddress address = SHOP__POSTAL_ADDRESS__INIT;
        const char *lines[] = {"1 Example Street"};
        Shop__Order *placed = NULL;

        address.country_code = buyer->country_code;
        address.recipient = "A. Buyer";
        address.lines = lines;
        address.n_lines = 1;
        address.city = "Exampleton";
        address.postal_code = "EX1 1EX";
        request.cart_id = buyer->cart_id;
        request.fingerprint = buyer->fingerprint;
        request.shipping_method_id = buyer->shipping_method_id;
        request.delivery_address = &address;
        expect(buyer, "order",
                shop_checkout_place_order(buyer->channel, &request, NULL, &placed, &buyer->error));
        copy(buyer->order_id, sizeof(buyer->order_id), placed->id);
        printf("ordered: %s\n", buyer->order_id);
        shop__order__free_unpacked(placed, NULL);
}

static void pay(struct buyer *buyer)
{
        Shop__PayOrderRequest request = SHOP__PAY_ORDER_REQUEST__INIT;
        Shop__PaymentAttempt *attempt = NULL;

        request.order_id = buyer->order_id;
        request.sandbox_answer = SHOP__SANDBOX_ANSWER__SANDBOX_ANSWER_ACCEPT;
        expect(buyer, "pay",
                shop_payment_pay_order(buyer->channel, &request, NULL, &attempt, &buyer->error));
        shop__payment_attempt__free_unpacked(attempt, NULL);
}

static int is_paid(struct buyer *buyer)
{
        Shop__GetOrderRequest request = SHOP__GET_ORDER_REQUEST__INIT;
        Shop__Order *found = NULL;

        request.id = buyer->order_id;
        expect(buyer, "look",
                shop_checkout_get_order(buyer->channel, &request, NULL, &found, &buyer->error));
        int paid = found->payment_state == SHOP__PAYMENT_STATE__PAYMENT_STATE_PAID;

        shop__order__free_unpacked(found, NULL);
        return paid;
}

/* The gateway answers the shop, not us. */
static void wait_for_payment(struct buyer *buyer)
{
        const struct timespec pause = {.tv_nsec = 100000000};

        for (int i = 0; i < 100 && !is_paid(buyer); i++)
                nanosleep(&pause, NULL);
        require(is_paid(buyer), "pay", "the payment has not arrived after ten seconds");
        printf("paid\n");
}

int main(int argc, char **argv)
{
        struct buyer buyer = {0};
        struct shop_channel_options options = {.agent = "example-purchase/1", .language = "en"};

        if (argc < 2 || argc > 3) {
                fprintf(stderr, "usage: %s URL [SLUG_OF_PRICE_LIST]\n", argv[0]);
                return 2;
        }
        options.url = argv[1];
        buyer.channel = shop_channel_open(&options, &buyer.error);
        expect(&buyer, "open", buyer.error.code);
        arrive(&buyer);
        choose_price_list(&buyer, argc == 3 ? argv[2] : "");
        take_cart(&buyer);
        fill_cart(&buyer);
        choose_shipping(&buyer);
        ask_price(&buyer);
        order(&buyer);
        pay(&buyer);
        wait_for_payment(&buyer);
        shop_error_release(&buyer.error);
        shop_channel_close(buyer.channel);
        return 0;
}
