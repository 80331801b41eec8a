/*
 * What the shop tells of itself as a server: its health, its contract, and that it ends on request.
 */
#include <string.h>
#include "google/protobuf/descriptor.pb-c.h"
#include "governance.rows.h"
#include "server/pipeline.h"
#include "shop.schema.h"
#include "tests/support/shop_fixture.h"

static HealthState health(struct shop *shop, const char *service)
{
        CheckHealthRequest request = CHECK_HEALTH_REQUEST_INIT;

        request.service = service;
        const CheckHealthResponse *response =
                shop_ok(shop, shop_nobody(), "governance.CheckHealth", &request);

        return response->state;
}

static void every_service_of_the_contract_is_healthy_and_no_other(void **state)
{
        struct shop *shop = shop_open();

        assert_int_equal(health(shop, ""), HEALTH_STATE_SERVING);
        for (size_t i = 0; i < shop_schema.method_count; i++) {
                char *service = arena_text(shop_arena(shop), shop_schema.methods[i].full_name);

                *strchr(service, '/') = '\0';
                assert_int_equal(health(shop, service), HEALTH_STATE_SERVING);
        }
        static const char *const none[] = {
                "shop", "shop.cart.v1", "shop.cart.v1.CartServic", "shop.cart.v1.CartServices"};

        for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
                const char *json = arena_printf(shop_arena(shop), "{\"service\":\"%s\"}", none[i]);

                shop_refused_json(shop, shop_nobody(), "governance.CheckHealth", json, NOT_FOUND,
                        "SERVICE_NOT_FOUND");
                shop_refused_json(shop, shop_nobody(), "governance.WatchHealth", json, NOT_FOUND,
                        "SERVICE_NOT_FOUND");
        }
        shop_close(shop);
}

static void a_draining_server_says_so_and_refuses_the_rest(void **state)
{
        struct shop *shop = shop_open();
        struct persona administrator = shop_as(shop, ROLE_ADMINISTRATOR);
        const char *known = "{\"state\":\"HEALTH_STATE_SERVING\"}";
        const WatchHealthResponse *watched =
                shop_ok_json(shop, shop_nobody(), "governance.WatchHealth", known);

        assert_int_equal(watched->state, HEALTH_STATE_SERVING); /* the wait was over */
        shop_ok_json(shop, administrator, "governance.DrainServer", "{}");
        shop_ok_json(shop, administrator, "governance.DrainServer", "{}");
        assert_int_equal(health(shop, ""), HEALTH_STATE_NOT_SERVING);
        watched = shop_ok_json(shop, shop_nobody(), "governance.WatchHealth", known);
        assert_int_equal(watched->state, HEALTH_STATE_NOT_SERVING);
        shop_refused_json(shop, shop_nobody(), "catalog.ListCategories", "{}", UNAVAILABLE,
                "SERVER_DRAINING");
        struct error *error = shop_refused_json(shop, shop_nobody(), "membership.CreateGuest", "{}",
                UNAVAILABLE, "SERVER_DRAINING");

        assert_true(error->retry_after_ms > 0);
        shop_advance(shop, HOUR_US); /* what the shop itself does goes on */
        shop_restart(shop);
        assert_int_equal(health(shop, ""), HEALTH_STATE_SERVING);
        shop_close(shop);
}

/* How many services the methods are of: "cart.GetCart" is of cart's. */
static size_t service_count(void)
{
        size_t count = 0, last = 0;

        for (size_t i = 0; i < shop_schema.method_count; i++) {
                const char *name = shop_schema.methods[i].name;
                size_t len = strcspn(name, ".");

                count += i == 0 || len != last ||
                         strncmp(name, shop_schema.methods[i - 1].name, len + 1) != 0;
                last = len;
        }
        return count;
}

static void the_contract_is_whole_and_has_nothing_internal(void **state)
{
        struct shop *shop = shop_open();
        const GetContractResponse *response =
                shop_ok_json(shop, shop_nobody(), "governance.GetContract", "{}");
        Google__Protobuf__FileDescriptorSet *set = google__protobuf__file_descriptor_set__unpack(
                NULL, response->descriptor_set.len, response->descriptor_set.data);
        size_t methods = 0, services = 0;

        assert_non_null(set);
        for (size_t i = 0; i < set->n_file; i++) {
                const Google__Protobuf__FileDescriptorProto *file = set->file[i];

                assert_null(strstr(file->name, "internal"));
                for (size_t d = 0; d < file->n_dependency; d++) {
                        bool found = false;

                        for (size_t n = 0; n < i; n++)
                                found |= strcmp(set->file[n]->name, file->dependency[d]) == 0;
                        assert_true(found); /* imports come before who imports them */
                }
                services += file->n_service;
                for (size_t s = 0; s < file->n_service; s++)
                        methods += file->service[s]->n_method;
        }
        assert_int_equal(services, service_count());
        assert_int_equal(methods, shop_schema.method_count);
        google__protobuf__file_descriptor_set__free_unpacked(set, NULL);

        for (size_t i = 1; i < response->n_methods; i++)
                assert_true(strcmp(response->methods[i - 1]->name, response->methods[i]->name) < 0);
        bool named = false;

        for (size_t i = 0; i < response->n_methods; i++) {
                assert_string_not_equal(response->methods[i]->name, "checkout.ExpireOrder");
                named |= strcmp(response->methods[i]->name, "checkout.PlaceOrder") == 0 &&
                         strstr(response->methods[i]->description, "order") != NULL;
        }
        assert_true(named);
        shop_close(shop);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_service_of_the_contract_is_healthy_and_no_other),
                cmocka_unit_test(a_draining_server_says_so_and_refuses_the_rest),
                cmocka_unit_test(the_contract_is_whole_and_has_nothing_internal),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
