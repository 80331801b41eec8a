/*
 * What the pipeline says of a request before any handler: fields that only the shop sets, rows that
 * are not there or not the caller's, masks, and rows that others still name.
 */
#include <stdlib.h>
#include <string.h>
#include "cart.rows.h"
#include "catalog.rows.h"
#include "internal.rows.h"
#include "lib/rpc/compress.h"
#include "membership.rows.h"
#include "shop.schema.h"
#include "tests/domain/stall.h"

static bool named(const struct error *error, const char *field)
{
        for (const struct violation *at = error->violations; at != NULL; at = at->next)
                if (strcmp(at->field, field) == 0)
                        return true;
        return false;
}

static void expect_field(struct stall *stall, struct persona who, struct refusal refusal,
        const char *field, const char *json)
{
        const struct error *error = stall_refused(stall, who, refusal, "%s", json);

        if (!named(error, field))
                fail_msg("%s: %s names another field than %s", refusal.method, error->message,
                        field);
}

static const char *text(struct stall *stall, const char *format, const char *a, const char *b)
{
        return arena_printf(shop_arena(stall->shop), format, a, b);
}

/* ---- what only the shop sets ---- */

static void an_answer_can_be_given_back(void **state)
{
        struct stall stall = stall_open();
        struct persona staff = shop_as(stall.shop, ROLE_PRODUCT_SPECIALIST);
        UpdateProductRequest whole = UPDATE_PRODUCT_REQUEST_INIT;
        UpdateVariantRequest variant = UPDATE_VARIANT_REQUEST_INIT;
        UpdateMemberRequest member = UPDATE_MEMBER_REQUEST_INIT;

        for (int i = 0; i < 2; i++) {
                whole.product = stall_ok(
                        &stall, staff, "catalog.GetProduct", "{'id':'%s'}", stall.product_id);
                assert_int_equal(whole.product->n_variants, WARE_COUNT);
                whole.product->brand = i == 0 ? "Spode" : "Wedgwood";
                const Product *now = shop_ok(stall.shop, staff, "catalog.UpdateProduct", &whole);

                assert_string_equal(now->brand, whole.product->brand);
        }
        variant.variant = stall_ok(
                &stall, staff, "catalog.GetVariant", "{'id':'%s'}", stall.variant_ids[WARE_MUG]);
        variant.variant->weight_g = 400;
        shop_ok(stall.shop, staff, "catalog.UpdateVariant", &variant);
        member.member = stall_ok(
                &stall, stall.alice, "membership.GetMember", "{'id':'%s'}", stall.alice.id);
        member.member->display_name = "Al";
        shop_ok(stall.shop, stall.alice, "membership.UpdateMember", &member);
        stall_close(&stall);
}

static void what_only_the_shop_sets_is_refused_by_name(void **state)
{
        struct stall stall = stall_open();
        struct persona staff = shop_as(stall.shop, ROLE_PRODUCT_SPECIALIST);
        const struct refusal product = {"catalog.UpdateProduct", INVALID_ARGUMENT, "OUTPUT_ONLY"};
        const struct refusal variant = {"catalog.UpdateVariant", INVALID_ARGUMENT, "IMMUTABLE"};
        const struct refusal member = {"membership.UpdateMember", INVALID_ARGUMENT, "OUTPUT_ONLY"};
        const struct refusal address = {"membership.UpdateAddress", INVALID_ARGUMENT, "IMMUTABLE"};

        for (int i = 0; i < 2; i++) {
                const char *mask = i == 0 ? "" : ",'update_mask':'*'";

                expect_field(&stall, staff, product, "product.state",
                        text(&stall,
                                "{'product':{'id':'%s','brand':'A','state':"
                                "'PRODUCT_STATE_DELISTED'}%s}",
                                stall.product_id, mask));
                expect_field(&stall, staff, product, "product.variants",
                        text(&stall, "{'product':{'id':'%s','variants':[{'id':'x'}]}%s}",
                                stall.product_id, mask));
                expect_field(&stall, staff, variant, "variant.sku",
                        text(&stall, "{'variant':{'id':'%s','sku':'OTHER','product_id':''}%s}",
                                stall.variant_ids[WARE_MUG], mask));
                expect_field(&stall, stall.alice, member, "member.kind",
                        text(&stall, "{'member':{'id':'%s','kind':'MEMBER_KIND_GUEST'}%s}",
                                stall.alice.id, mask));
        }
        const Address *home = stall_ok(&stall, stall.alice, "membership.CreateAddress",
                "{'address':{'address':{'country_code':'IS','city':'Akureyri','lines':['1']}}}");

        shop_member(stall.shop, "bob");
        expect_field(&stall, stall.alice, address, "address.member_id",
                text(&stall, "{'address':{'id':'%s','member_id':'%s','title':'x'}}", home->id,
                        "bob"));
        /* Beside a mask only what it names counts, as ever. */
        stall_ok(&stall, staff, "catalog.UpdateProduct",
                "{'product':{'id':'%s','brand':'B','state':'PRODUCT_STATE_DELISTED'},"
                "'update_mask':'brand'}",
                stall.product_id);
        stall_close(&stall);
}

static void creations_refuse_it_too(void **state)
{
        struct stall stall = stall_open();
        struct persona admin = shop_mint(stall.shop, "root", 1u << ROLE_ADMINISTRATOR);
        static const struct {
                const char *method, *field, *json;
        } cases[] = {
                {"catalog.CreateProduct", "product.state",
                        "{'product':{'state':'PRODUCT_STATE_LISTED'}}"},
                {"catalog.CreateVariant", "variant.id",
                        "{'variant':{'id':'x','sku':'X','product_id':'x'}}"},
                {"catalog.CreatePriceList", "price_list.id",
                        "{'price_list':{'id':'x','slug':'x','currency_code':'EUR'}}"},
                {"checkout.CreateTaxRate", "tax_rate.create_time",
                        "{'tax_rate':{'country_code':'GB','tax_class':'standard','title':'VAT',"
                        "'rate':'0.2','create_time':'2010-01-01T00:00:00Z'}}"},
                {"checkout.CreateShippingMethod", "shipping_method.update_time",
                        "{'shipping_method':{'slug':'x','price_list_id':'%s','titles':[{'language':"
                        "'"
                        "en','text':'X'}],'update_time':"
                        "'2010-01-01T00:00:00Z'}}"},
                {"supply.CreateLocation", "location.id", "{'location':{'slug':'x','id':'x'}}"},
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                expect_field(&stall, admin,
                        (struct refusal){cases[i].method, INVALID_ARGUMENT, "OUTPUT_ONLY"},
                        cases[i].field, text(&stall, cases[i].json, stall.price_list_id, ""));
        stall_close(&stall);
}

/* Also those that are a little more than standard. */
static void creations_answer_the_row_as_it_is(void **state)
{
        struct stall stall = stall_open();
        struct persona staff = shop_as(stall.shop, ROLE_PRODUCT_SPECIALIST);
        const Product *made = stall_ok(
                &stall, staff, "catalog.CreateProduct", "{'product':{'etag':'7','brand':'A'}}");
        const PriceList *list = stall_ok(&stall, staff, "catalog.CreatePriceList",
                "{'price_list':{'slug':'eu','currency_code':'EUR'}}");
        const Product *read =
                stall_ok(&stall, staff, "catalog.GetProduct", "{'id':'%s'}", made->id);

        assert_string_equal(made->etag, read->etag);
        assert_int_equal(made->state, PRODUCT_STATE_DRAFT);
        assert_int_equal(time_us(made->create_time), shop_now_us(stall.shop));
        assert_int_equal(time_us(made->update_time), shop_now_us(stall.shop));
        assert_true(list->etag[0] != '\0');
        stall_ok(&stall, staff, "catalog.UpdateProduct",
                "{'product':{'id':'%s','etag':'%s','brand':'B'}}", made->id, made->etag);
        stall_close(&stall);
}

static void a_path_of_a_mask_is_one_name(void **state)
{
        struct stall stall = stall_open();
        struct persona staff = shop_as(stall.shop, ROLE_PRODUCT_SPECIALIST);
        UpdateProductRequest request = UPDATE_PRODUCT_REQUEST_INIT;
        Product product = PRODUCT_INIT;
        Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
        static const char *const bad[] = {"brand,titles", "brand ", "Brand", "", "*,brand"};

        product.id = stall.product_id;
        product.brand = "Spode";
        request.product = &product;
        request.update_mask = &mask;
        mask.n_paths = 1;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                mask.paths = (char *[]){(char *)bad[i]};
                const struct error *error = shop_refused(stall.shop, staff, "catalog.UpdateProduct",
                        &request, INVALID_ARGUMENT, "BAD_FORMAT");

                assert_true(named(error, "update_mask.paths[0]"));
        }
        mask.n_paths = 2;
        mask.paths = (char *[]){"brand", "titles"};
        request.product->titles = NULL;
        shop_refused(stall.shop, staff, "catalog.UpdateProduct", &request, INVALID_ARGUMENT,
                "REQUIRED"); /* it is on sale and would have no title */
        stall_close(&stall);
}

/* ---- rows that are not there ---- */

static void absent_rows_are_named_by_their_field(void **state)
{
        struct stall stall = stall_open();
        struct persona bob = shop_member(stall.shop, "bob");
        struct persona staff = shop_as(stall.shop, ROLE_PRODUCT_SPECIALIST);
        const char *cart_id = stall_cart(&stall, stall.alice, (struct basket){{1}});
        const struct refusal no_variant = {"cart.AddCartLines", NOT_FOUND, "VARIANT_NOT_FOUND"};
        const struct refusal no_product = {"catalog.CreateVariant", NOT_FOUND, "PRODUCT_NOT_FOUND"};
        const struct refusal no_cart = {"cart.GetCart", NOT_FOUND, "CART_NOT_FOUND"};
        const struct refusal no_order = {"checkout.GetOrder", NOT_FOUND, "ORDER_NOT_FOUND"};
        const struct refusal gone = {"catalog.UpdateVariant", NOT_FOUND, "VARIANT_NOT_FOUND"};

        expect_field(&stall, stall.alice, no_variant, "lines[1].variant_id",
                text(&stall,
                        "{'cart_id':'%s','lines':[{'variant_id':'%s','quantity':1},"
                        "{'variant_id':'none','quantity':1}]}",
                        cart_id, stall.variant_ids[WARE_MUG]));
        expect_field(&stall, staff, no_product, "variant.product_id",
                "{'variant':{'product_id':'none','sku':'N'}}");
        expect_field(&stall, stall.alice, no_cart, "id", "{'id':'none'}");
        expect_field(&stall, stall.alice, no_order, "id", "{'id':'none'}");
        expect_field(&stall, staff, gone, "variant.id", "{'variant':{'id':'none','weight_g':3}}");
        expect_field(&stall, bob,
                (struct refusal){"catalog.GetProduct", NOT_FOUND, "PRODUCT_NOT_FOUND"}, "id",
                "{'id':'none'}");

        /* A foreign one and one that never was: the same, but for the name that was given. */
        const struct refusal add = {"cart.AddCartLines", NOT_FOUND, "CART_NOT_FOUND"};
        const char *rest = "'lines':[{'variant_id':'x','quantity':1}]";
        const struct error *foreign =
                stall_refused(&stall, bob, add, "{'cart_id':'%s',%s}", cart_id, rest);
        const struct error *absent = stall_refused(
                &stall, bob, add, "{'cart_id':'01jzzzzzzzzzzzzzzzzzzzzzzz',%s}", rest);

        assert_string_equal(foreign->violations->field, "cart_id");
        assert_string_equal(absent->violations->field, "cart_id");
        assert_int_equal(strlen(foreign->message), strlen(absent->message));
        assert_int_equal(
                strlen(foreign->violations->description), strlen(absent->violations->description));
        assert_null(foreign->facts);
        assert_null(absent->facts);
        stall_close(&stall);
}

/* ---- rows that others name ---- */

static const char *new_category(struct stall *stall, const char *slug, const char *parent_id)
{
        const Category *category = stall_ok(stall, shop_as(stall->shop, ROLE_PRODUCT_SPECIALIST),
                "catalog.CreateCategory",
                "{'category':{'slug':'%s','parent_id':'%s','titles':[{'language':'en','text':"
                "'%s'}]}}",
                slug, parent_id, slug);

        return category->id;
}

static void a_row_that_others_name_stays(void **state)
{
        struct stall stall = stall_open();
        struct persona staff = shop_as(stall.shop, ROLE_PRODUCT_SPECIALIST);
        const struct refusal in_use = {
                "catalog.DeleteCategory", FAILED_PRECONDITION, "CATEGORY_IN_USE"};
        const char *top = new_category(&stall, "top", "");
        const char *leaf = new_category(&stall, "leaf", top);
        const struct error *error = stall_refused(&stall, staff, in_use, "{'id':'%s'}", top);

        assert_string_equal(stall_fact(error, "table"), "Category");
        assert_string_equal(stall_fact(error, "field"), "parent_id");
        assert_string_equal(stall_fact(error, "key"), leaf);
        stall_ok(&stall, staff, "catalog.UpdateProduct",
                "{'product':{'id':'%s','category_id':'%s'}}", stall.product_id, leaf);
        error = stall_refused(&stall, staff, in_use, "{'id':'%s'}", leaf);
        assert_string_equal(stall_fact(error, "table"), "Product");
        assert_string_equal(stall_fact(error, "key"), stall.product_id);
        stall_ok(&stall, staff, "catalog.UpdateProduct",
                "{'product':{'id':'%s'},'update_mask':'category_id'}", stall.product_id);
        stall_ok(&stall, staff, "catalog.DeleteCategory", "{'id':'%s'}", leaf);
        stall_ok(&stall, staff, "catalog.DeleteCategory", "{'id':'%s'}", top);
        assert_int_equal(shop_event_count(stall.shop, "category.deleted"), 2);
        stall_close(&stall);
}

/* ---- what travels compressed ---- */

/* Of a request's own fields; a letter has at most four bytes. */
static size_t longest(const struct schema_message *message, bool *secret)
{
        size_t sum = 0;

        for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
                *secret = *secret || (message->fields[i].flags & SCHEMA_SECRET) != 0;
                sum += 4 * (size_t)message->fields[i].len_max + 16;
        }
        return sum;
}

/* Who sees the length of a compressed request would learn of the secret in it. */
static void secrets_are_never_compressed(void **state)
{
        size_t count = 0;

        for (size_t i = 0; i < shop_schema.method_count; i++) {
                const struct schema_method *method = &shop_schema.methods[i];
                bool secret = false;
                size_t len = longest(method->request, &secret);

                count += secret;
                if (secret && len >= COMPRESS_BYTES_MIN)
                        fail_msg("%s has a secret and up to %zu bytes", method->name, len);
        }
        assert_true(count > 0);
}

/* The request id stands for what is asked, however it travelled. */
static void a_compressed_request_is_the_same_request(void **state)
{
        struct stall stall = stall_open();
        const char *cart = stall_cart(&stall, stall.alice, stall_mugs(1));
        const char *id = shop_request_id(stall.shop);
        AddCartLinesRequest request = ADD_CART_LINES_REQUEST_INIT;
        AddCartLine line = ADD_CART_LINE_INIT;
        AddCartLine *lines[200];

        line.variant_id = stall.variant_ids[WARE_MUG];
        line.quantity = 1;
        for (size_t i = 0; i < 200; i++)
                lines[i] = &line;
        request.cart_id = (char *)cart;
        request.lines = lines;
        request.n_lines = 200;
        uint8_t *data = arena_alloc(shop_arena(stall.shop), 16384);
        struct bytes bytes = bytes_of(data, protobuf_c_message_pack(&request.base, data));
        struct outcome packed =
                shop_call_packed(stall.shop, stall.alice, "cart.AddCartLines", bytes, id);
        struct outcome plain =
                shop_call_bytes(stall.shop, stall.alice, "cart.AddCartLines", bytes, id);

        assert_null(packed.error);
        assert_null(plain.error);
        assert_int_equal(plain.sequence, packed.sequence);
        assert_int_equal(stall_read_cart(&stall, stall.alice, cart)->lines[0]->quantity, 201);
        stall_close(&stall);
}

/* Also where the answer is kept under the request: one that says the same thing many times is long
 * enough to be compressed. */
static void a_sealed_answer_is_given_again(void **state)
{
        struct stall stall = stall_open();
        const SessionGrant *grant = stall_ok(&stall, shop_nobody(), "membership.CreateGuest", "{}");
        const char *id = shop_request_id(stall.shop);
        RenewSessionRequest request = RENEW_SESSION_REQUEST_INIT;
        struct buffer bytes = {0};

        request.refresh_token = grant->refresh_token;
        while (bytes.len < COMPRESS_BYTES_MIN)
                bytes.len += protobuf_c_message_pack(&request.base, buffer_reserve(&bytes, 1024));
        const struct bytes sent = bytes_of(bytes.data, bytes.len);
        struct outcome packed =
                shop_call_packed(stall.shop, shop_nobody(), "membership.RenewSession", sent, id);
        struct outcome plain =
                shop_call_bytes(stall.shop, shop_nobody(), "membership.RenewSession", sent, id);

        assert_null(packed.error);
        assert_null(plain.error);
        assert_true(packed.bytes.len == plain.bytes.len &&
                    memcmp(packed.bytes.data, plain.bytes.data, plain.bytes.len) == 0);
        buffer_release(&bytes);
        stall_close(&stall);
}

/* The kept answer, of the last write under a request id. */
static const Replay *last_replay(struct stall *stall)
{
        struct scan *scan = replay_all(shop_read(stall->shop));
        const Replay *last = NULL;

        for (const Replay *row; (row = replay_next(scan)) != NULL;)
                if (last == NULL || row->sequence > last->sequence)
                        last = row;
        return last;
}

/* Answered as it is stored, and kept as its key: where it is to is only in its own row. */
static void an_order_is_given_again_with_its_lines(void **state)
{
        struct stall stall = stall_open();
        PlaceOrderRequest request = PLACE_ORDER_REQUEST_INIT;
        PostalAddress address = POSTAL_ADDRESS_INIT;
        const char *id = shop_request_id(stall.shop);

        address.country_code = "GB";
        address.city = "Leeds";
        request.cart_id = stall_cart(&stall, stall.alice, stall_mugs(2));
        request.fingerprint = stall_quote(&stall, request.cart_id, "GB")->fingerprint;
        request.delivery_address = &address;
        struct outcome first =
                shop_call_id(stall.shop, stall.alice, "checkout.PlaceOrder", &request, id);
        struct outcome again =
                shop_call_id(stall.shop, stall.alice, "checkout.PlaceOrder", &request, id);

        assert_null(first.error);
        assert_null(again.error);
        const Order *order = first.response;

        assert_int_equal(order->n_lines, 1);
        assert_string_equal(order->delivery_address->city, "Leeds");
        assert_true(strtoull(order->etag, NULL, 10) == first.sequence);
        assert_true(bytes_equal(first.bytes, again.bytes));
        const Replay *replay = last_replay(&stall);

        assert_int_equal(replay->kind, REPLAY_KIND_DOCUMENT);
        assert_int_equal(replay->answer.len, strlen(order->id) + 2);
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_answer_can_be_given_back),
                cmocka_unit_test(what_only_the_shop_sets_is_refused_by_name),
                cmocka_unit_test(creations_refuse_it_too),
                cmocka_unit_test(creations_answer_the_row_as_it_is),
                cmocka_unit_test(a_path_of_a_mask_is_one_name),
                cmocka_unit_test(absent_rows_are_named_by_their_field),
                cmocka_unit_test(a_row_that_others_name_stays),
                cmocka_unit_test(secrets_are_never_compressed),
                cmocka_unit_test(a_compressed_request_is_the_same_request),
                cmocka_unit_test(a_sealed_answer_is_given_again),
                cmocka_unit_test(an_order_is_given_again_with_its_lines),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
