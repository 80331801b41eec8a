/*
 * Every write goes through the journal, so nothing here checks anything but what a client would
 * notice at once. A client that gets no answer ends: what became of its write is found out after
 * the restart.
 */
#include "tests/crash/clients.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cart.client.h"
#include "checkout.client.h"
#include "governance.client.h"
#include "lib/base/clock.h"
#include "loyalty.client.h"
#include "membership.client.h"
#include "notification.client.h"
#include "payment.client.h"
#include "supply.client.h"
#include "tests/live/daemon.h"

#define PASSWORD "correct horse battery"

struct client {
        struct round *round;
        struct random random;
};

static bool chance(struct client *client, unsigned of_hundred)
{
        return random_below(&client->random, 100) < of_hundred;
}

static bool answered(const struct entry *entry)
{
        return entry->outcome != OUTCOME_UNKNOWN;
}

/* Some answers do not come in time, so that the call is sent again beside its first sending; some
 * calls that were answered are sent again all the same. Without an answer the client ends. */
static const struct entry *write_call(struct client *client, const struct shop_method *method,
        const void *request, const char *token)
{
        struct round *round = client->round;
        const struct write write = {.method = method,
                .request = request,
                .token = token,
                .timeout_ms = chance(client, 5) ? 1 : 0};
        struct entry *entry = journal_call(&round->books->journal, round->channel, &write);
        char buffer[400];

        if (!answered(entry) && write.timeout_ms > 0)
                entry_settle(entry, round->channel);
        entry->heard = answered(entry);
        if (entry->outcome == OUTCOME_KEPT && chance(client, 5) &&
                entry_repeat(entry, round->channel, buffer, sizeof(buffer)) == REPEAT_OTHER)
                live_fail("while it ran: %s", buffer);
        return entry;
}

static void make_name(struct client *client, char *out, size_t size)
{
        snprintf(out, size, "n%u", atomic_fetch_add(&client->round->books->names, 1));
}

/* ---- people who shop ---- */

void basket_settle(struct basket *basket)
{
        if (basket->last == NULL || basket->last->outcome == OUTCOME_UNKNOWN)
                return;
        bool happened = entry_succeeded(basket->last);

        for (size_t i = 0; i < VARIANTS_MAX; i++) {
                if (happened)
                        basket->quantity[i] += basket->change[i];
                basket->change[i] = 0;
        }
        if (happened && strcmp(basket->last->method->name, "checkout.PlaceOrder") == 0)
                basket->order = basket->last;
        basket->last = NULL;
}

static struct basket *add_basket(struct books *books, const char *token, const char *cart_id)
{
        struct basket *basket = calloc(1, sizeof(*basket));

        snprintf(basket->token, sizeof(basket->token), "%s", token);
        id_copy(basket->cart_id, cart_id);
        pthread_mutex_lock(&books->lock);
        basket->next = books->baskets;
        books->baskets = basket;
        pthread_mutex_unlock(&books->lock);
        return basket;
}

/* NULL: nobody answered. */
static struct basket *take_basket(struct client *client, const char *token, const char *member_id)
{
        struct books *books = client->round->books;
        Shop__CreateCartRequest take = SHOP__CREATE_CART_REQUEST__INIT;
        struct basket *basket = NULL;

        take.price_list_id = books->storefront.price_list_id;
        take.member_id = member_id;
        const struct entry *entry = write_call(client, &shop_cart_create_cart_method, &take, token);

        if (answered(entry)) {
                Shop__Cart *cart = entry_answer(entry);

                basket = add_basket(books, token, cart->id);
                live_free(cart);
        }
        return basket;
}

static struct basket *enter(struct client *client)
{
        Shop__CreateGuestRequest come = SHOP__CREATE_GUEST_REQUEST__INIT;
        const struct entry *entry =
                write_call(client, &shop_membership_create_guest_method, &come, "");

        if (!answered(entry))
                return NULL;
        Shop__SessionGrant *grant = entry_answer(entry);
        struct basket *basket = take_basket(client, grant->token, "");

        live_free(grant);
        return basket;
}

/* A customer of another system is given points; who imports them shops for them too. */
static struct basket *enter_known(struct client *client)
{
        const char *admin = client->round->admin;
        Shop__ImportMemberRequest come = SHOP__IMPORT_MEMBER_REQUEST__INIT;
        Shop__AdjustPointsRequest welcome = SHOP__ADJUST_POINTS_REQUEST__INIT;
        struct basket *basket = NULL;
        char name[24];

        make_name(client, name, sizeof(name));
        come.external_id = welcome.external_id = name;
        come.kind = SHOP__MEMBER_KIND__MEMBER_KIND_MEMBER;
        const struct entry *entry =
                write_call(client, &shop_membership_import_member_method, &come, admin);

        if (!answered(entry))
                return NULL;
        Shop__Member *member = entry_answer(entry);

        welcome.member_id = member->id;
        welcome.points = 700;
        welcome.reason = "welcome";
        if (answered(write_call(client, &shop_loyalty_adjust_points_method, &welcome, admin)))
                basket = take_basket(client, admin, member->id);
        if (basket != NULL)
                basket->pays_with_points = true;
        live_free(member);
        return basket;
}

/* False: nobody answered, and whether the change is there is found out after the restart. */
static bool change_basket(struct client *client, struct basket *basket,
        const struct shop_method *method, const void *request)
{
        basket->last = write_call(client, method, request, basket->token);
        basket_settle(basket);
        return basket->last == NULL;
}

static bool fill(struct client *client, struct basket *basket)
{
        const struct storefront *storefront = &client->round->books->storefront;
        Shop__AddCartLinesRequest request = SHOP__ADD_CART_LINES_REQUEST__INIT;
        Shop__AddCartLine lines[3], *at[3];

        request.cart_id = basket->cart_id;
        request.lines = at;
        request.n_lines = 1 + random_below(&client->random, 3);
        for (size_t i = 0; i < request.n_lines; i++) {
                size_t number = random_below(&client->random, storefront->variant_count);

                lines[i] = (Shop__AddCartLine)SHOP__ADD_CART_LINE__INIT;
                lines[i].variant_id = storefront->variant_ids[number];
                lines[i].quantity = 1 + (int64_t)random_below(&client->random, 4);
                basket->change[number] += lines[i].quantity;
                at[i] = &lines[i];
        }
        return change_basket(client, basket, &shop_cart_add_cart_lines_method, &request);
}

/* False: nobody answers. */
static bool quote(struct client *client, const struct basket *basket, char fingerprint[80])
{
        const struct shop_call_options options = {.token = basket->token};
        Shop__GetQuoteRequest request = SHOP__GET_QUOTE_REQUEST__INIT;
        Shop__Quote *answer;

        request.cart_id = basket->cart_id;
        request.country_code = "GB";
        request.points_most = basket->pays_with_points;
        request.shipping_method_id = client->round->books->storefront.shipping_method_id;
        if (shop_checkout_get_quote(client->round->channel, &request, &options, &answer, NULL) !=
                SHOP_OK)
                return false;
        snprintf(fingerprint, 80, "%s", answer->fingerprint);
        live_free(answer);
        return true;
}

static bool place(struct client *client, struct basket *basket)
{
        Shop__PlaceOrderRequest request = SHOP__PLACE_ORDER_REQUEST__INIT;
        Shop__PostalAddress address = SHOP__POSTAL_ADDRESS__INIT;
        char fingerprint[80];

        if (!quote(client, basket, fingerprint))
                return false;
        address.country_code = "GB";
        request.cart_id = basket->cart_id;
        request.fingerprint = fingerprint;
        request.delivery_address = &address;
        request.points_most = basket->pays_with_points;
        request.shipping_method_id = client->round->books->storefront.shipping_method_id;
        return change_basket(client, basket, &shop_checkout_place_order_method, &request);
}

static bool pay(struct client *client, const struct basket *basket, const char *order_id)
{
        Shop__PayOrderRequest request = SHOP__PAY_ORDER_REQUEST__INIT;

        request.order_id = order_id;
        request.sandbox_answer = 1 + (int)random_below(&client->random, 8);
        return answered(
                write_call(client, &shop_payment_pay_order_method, &request, basket->token));
}

static bool cancel(struct client *client, const struct basket *basket, const char *order_id)
{
        Shop__CancelOrderRequest request = SHOP__CANCEL_ORDER_REQUEST__INIT;

        request.id = order_id;
        request.reason = "changed my mind";
        return answered(
                write_call(client, &shop_checkout_cancel_order_method, &request, basket->token));
}

static bool shop_once(struct client *client)
{
        struct basket *basket = chance(client, 25) ? enter_known(client) : enter(client);
        bool on = basket != NULL;

        for (size_t i = 1 + random_below(&client->random, 3); on && i > 0; i--)
                on = fill(client, basket);
        if (on && chance(client, 90))
                on = place(client, basket);
        if (!on || basket->order == NULL)
                return on;
        Shop__Order *order = entry_answer(basket->order);

        if (chance(client, 70))
                on = pay(client, basket, order->id);
        if (on && chance(client, 25))
                on = cancel(client, basket, order->id);
        if (on && chance(client, 20))
                on = pay(client, basket, order->id);
        live_free(order);
        return on;
}

/* ---- staff ---- */

static bool receive(struct client *client)
{
        const struct storefront *storefront = &client->round->books->storefront;
        Shop__ReceiveGoodsRequest request = SHOP__RECEIVE_GOODS_REQUEST__INIT;
        Shop__ReceiveGoodsLine lines[VARIANTS_MAX], *at[VARIANTS_MAX];
        char name[24];

        make_name(client, name, sizeof(name));
        for (size_t i = 0; i < storefront->variant_count; i++) {
                lines[i] = (Shop__ReceiveGoodsLine)SHOP__RECEIVE_GOODS_LINE__INIT;
                lines[i].variant_id = storefront->variant_ids[i];
                lines[i].quantity = 1 + (int64_t)random_below(&client->random, 9);
                at[i] = &lines[i];
        }
        request.location_id = storefront->location_id;
        request.lines = at;
        request.n_lines = storefront->variant_count;
        request.external_id = chance(client, 50) ? name : "";
        return answered(write_call(
                client, &shop_supply_receive_goods_method, &request, client->round->admin));
}

static bool adjust(struct client *client)
{
        const struct storefront *storefront = &client->round->books->storefront;
        Shop__AdjustStockRequest request = SHOP__ADJUST_STOCK_REQUEST__INIT;
        char name[24];

        make_name(client, name, sizeof(name));
        request.variant_id =
                storefront->variant_ids[random_below(&client->random, storefront->variant_count)];
        request.location_id = storefront->location_id;
        request.quantity = (int64_t)random_below(&client->random, 9) - 4;
        request.reason = "counted";
        request.external_id = chance(client, 50) ? name : "";
        return answered(write_call(
                client, &shop_supply_adjust_stock_method, &request, client->round->admin));
}

static bool import(struct client *client)
{
        Shop__ImportMemberRequest request = SHOP__IMPORT_MEMBER_REQUEST__INIT;
        char name[24];

        make_name(client, name, sizeof(name));
        request.external_id = name;
        request.kind = SHOP__MEMBER_KIND__MEMBER_KIND_MEMBER;
        return answered(write_call(
                client, &shop_membership_import_member_method, &request, client->round->admin));
}

static bool work_once(struct client *client)
{
        static bool (*const tasks[])(struct client *) = {receive, adjust, adjust, import};

        return tasks[random_below(&client->random, 4)](client);
}

/* ---- people with an account ---- */

/* The six digits that were sent to the member. False: nobody answers, or they did not come. */
static bool read_code(struct client *client, const char *member_id, char code[8])
{
        const struct shop_call_options options = {.token = client->round->admin};
        Shop__ListSandboxMessagesRequest request = SHOP__LIST_SANDBOX_MESSAGES_REQUEST__INIT;
        Shop__ListSandboxMessagesResponse *page;

        request.member_id = member_id;
        code[0] = '\0';
        while (code[0] == '\0' && !atomic_load(&client->round->over)) {
                if (shop_notification_list_sandbox_messages(
                            client->round->channel, &request, &options, &page, NULL) != SHOP_OK)
                        return false;
                if (page->n_sandbox_messages > 0)
                        live_find_code(page->sandbox_messages[0]->body, code);
                else
                        clock_sleep_us(10000);
                live_free(page);
        }
        return code[0] != '\0';
}

/* An account whose address is proven. */
static bool join(struct client *client, const char *email)
{
        Shop__SignUpRequest up = SHOP__SIGN_UP_REQUEST__INIT;
        Shop__ConfirmAddressRequest confirm = SHOP__CONFIRM_ADDRESS_REQUEST__INIT;
        char code[8];

        up.email = confirm.email = email;
        up.password = PASSWORD;
        const struct entry *entry = write_call(client, &shop_membership_sign_up_method, &up, "");

        if (!entry_succeeded(entry))
                return answered(entry);
        Shop__SessionGrant *grant = entry_answer(entry);
        bool on = read_code(client, grant->member->id, code);

        confirm.code = code;
        on = on && answered(write_call(client, &shop_membership_confirm_address_method, &confirm,
                           grant->token));
        live_free(grant);
        return on;
}

static bool sign_in(struct client *client, const char *email, const char *password)
{
        Shop__SignInRequest request = SHOP__SIGN_IN_REQUEST__INIT;

        request.email = email;
        request.password = password;
        return answered(write_call(client, &shop_membership_sign_in_method, &request, ""));
}

/* Comes in, and sometimes mistypes the password, until the door is shut for a while. */
static bool sign_once(struct client *client)
{
        char name[24], email[48];

        make_name(client, name, sizeof(name));
        snprintf(email, sizeof(email), "%s@example.com", name);
        bool on = join(client, email) && sign_in(client, email, PASSWORD);

        for (size_t i = random_below(&client->random, 4); on && i > 0; i--)
                on = sign_in(client, email, "correct horse buttery");
        /* Passwords are slow on purpose; the processor is for the others. */
        clock_sleep_us(50000);
        return on && sign_in(client, email, PASSWORD);
}

/* ---- the clock ---- */

static bool tick_once(struct client *client)
{
        struct books *books = client->round->books;
        Shop__AdvanceClockRequest request = SHOP__ADVANCE_CLOCK_REQUEST__INIT;
        Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
        Shop__AdvanceClockResponse *response;
        const struct shop_call_options options = {.token = client->round->admin};

        time.seconds = books->shop_time_s + 30 + (int64_t)random_below(&client->random, 300);
        request.time = &time;
        if (shop_governance_advance_clock(
                    client->round->channel, &request, &options, &response, NULL) != SHOP_OK)
                return false;
        books->shop_time_s = response->time->seconds;
        live_free(response);
        clock_sleep_us((int64_t)random_below(&client->random, 60000));
        return true;
}

/* ---- together ---- */

static void *run(void *context)
{
        struct client *client = context;
        size_t number = (size_t)(client - client->round->clients);
        bool (*once)(struct client *) = shop_once;

        if (number >= SHOPPERS)
                once = number == SHOPPERS       ? work_once
                       : number == SHOPPERS + 1 ? sign_once
                                                : tick_once;
        while (!atomic_load(&client->round->over) && once(client))
                ;
        return NULL;
}

void round_start(struct round *round)
{
        round->clients = calloc(CLIENTS, sizeof(*round->clients));
        atomic_store(&round->over, false);
        for (size_t i = 0; i < CLIENTS; i++) {
                round->clients[i].round = round;
                random_seed(&round->clients[i].random, round->seed * CLIENTS + i);
        }
        for (size_t i = 0; i < CLIENTS; i++)
                pthread_create(&round->threads[i], NULL, run, &round->clients[i]);
}

void round_end(struct round *round)
{
        atomic_store(&round->over, true);
        for (size_t i = 0; i < CLIENTS; i++)
                pthread_join(round->threads[i], NULL);
        free(round->clients);
}
