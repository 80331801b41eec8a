/*
 * The stall is built through the same methods that a shop's staff use, so that every test of what
 * follows begins with rows that the shop itself wrote. Refused: inserting rows by hand, which
 * drift from what the handlers write.
 */
#include "tests/domain/stall.h"

#include <stdio.h>
#include <string.h>
#include "cart.rows.h"
#include "catalog.rows.h"
#include "lib/base/clock.h"
#include "notification.rows.h"
#include "server/order/units.h"

static char *request_text(struct stall *stall, const char *format, va_list args)
{
        char *text = arena_vprintf(shop_arena(stall->shop), format, args);

        for (char *at = text; *at != '\0'; at++)
                if (*at == '\'')
                        *at = '"';
        return text;
}

void *stall_ok(struct stall *stall, struct persona who, const char *method, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        const char *json = request_text(stall, format, args);

        va_end(args);
        return shop_ok_json(stall->shop, who, method, json);
}

struct error *stall_refused(
        struct stall *stall, struct persona who, struct refusal refusal, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        const char *json = request_text(stall, format, args);

        va_end(args);
        return shop_refused_json(
                stall->shop, who, refusal.method, json, refusal.code, refusal.reason);
}

const char *stall_fact(const struct error *error, const char *name)
{
        for (const struct error_fact *fact = error->facts; fact != NULL; fact = fact->next)
                if (strcmp(fact->name, name) == 0)
                        return fact->value;
        return "";
}

struct refusal stall_placing(enum status code, const char *reason)
{
        return (struct refusal){"checkout.PlaceOrder", code, reason};
}

/* ---- building it ---- */

static const char *new_location(struct stall *stall, const char *slug, int priority)
{
        const Location *location =
                stall_ok(stall, shop_as(stall->shop, ROLE_WAREHOUSE), "supply.CreateLocation",
                        "{'location':{'slug':'%s','priority':%d}}", slug, priority);

        return location->id;
}

static void receive(struct stall *stall, const char *location_id, enum ware ware)
{
        stall_ok(stall, shop_as(stall->shop, ROLE_WAREHOUSE), "supply.ReceiveGoods",
                "{'location_id':'%s','lines':[{'variant_id':'%s','quantity':10}]}", location_id,
                stall->variant_ids[ware]);
}

static void add_ware(struct stall *stall, enum ware ware, const char *sku, int price_minor)
{
        struct persona staff = shop_as(stall->shop, ROLE_PRODUCT_SPECIALIST);
        const Variant *variant = stall_ok(stall, staff, "catalog.CreateVariant",
                "{'variant':{'product_id':'%s','sku':'%s','position':%d}}", stall->product_id, sku,
                (int)ware);

        stall->variant_ids[ware] = variant->id;
        stall_ok(stall, staff, "catalog.CreatePrice",
                "{'price':{'variant_id':'%s','price_list_id':'%s','amount_minor':'%d'}}",
                variant->id, stall->price_list_id, price_minor);
        receive(stall, stall->main_id, ware);
}

struct stall stall_open(void)
{
        struct stall stall = {.shop = shop_open()};
        struct persona staff = shop_as(stall.shop, ROLE_PRODUCT_SPECIALIST);

        stall.alice = shop_member(stall.shop, "alice");
        stall.main_id = new_location(&stall, "main", 1);
        stall.far_id = new_location(&stall, "far", 2);
        stall_ok(&stall, shop_as(stall.shop, ROLE_FINANCE), "checkout.CreateTaxRate",
                "{'tax_rate':{'country_code':'GB','tax_class':'standard','title':'VAT',"
                "'rate':'0.2'}}");
        const PriceList *list = stall_ok(&stall, staff, "catalog.CreatePriceList",
                "{'price_list':{'slug':'gb','currency_code':'GBP','home_country_code':'GB'}}");

        stall.price_list_id = list->id;
        const Product *product = stall_ok(&stall, staff, "catalog.CreateProduct",
                "{'product':{'titles':[{'language':'en','text':'Crockery'}]}}");

        stall.product_id = product->id;
        add_ware(&stall, WARE_MUG, "MUG", 111);
        add_ware(&stall, WARE_BOWL, "BOWL", 2000);
        add_ware(&stall, WARE_GIFT, "GIFT", 0);
        receive(&stall, stall.far_id, WARE_BOWL);
        stall_ok(&stall, staff, "catalog.ListProductForSale", "{'id':'%s'}", product->id);
        return stall;
}

void stall_close(struct stall *stall)
{
        shop_close(stall->shop);
}

/* ---- selling ---- */

const char *stall_open_cart(struct stall *stall, struct persona who)
{
        const Cart *cart = stall_ok(
                stall, who, "cart.CreateCart", "{'price_list_id':'%s'}", stall->price_list_id);

        return cart->id;
}

const Cart *stall_add(
        struct stall *stall, struct persona who, const char *cart_id, enum ware ware, int quantity)
{
        return stall_ok(stall, who, "cart.AddCartLines",
                "{'cart_id':'%s','lines':[{'variant_id':'%s','quantity':'%d'}]}", cart_id,
                stall->variant_ids[ware], quantity);
}

const Cart *stall_read_cart(struct stall *stall, struct persona who, const char *cart_id)
{
        return stall_ok(stall, who, "cart.GetCart", "{'id':'%s'}", cart_id);
}

struct basket stall_mugs(int64_t count)
{
        return (struct basket){.quantity = {[WARE_MUG] = count}};
}

const Quote *stall_quote(struct stall *stall, const char *cart_id, const char *country)
{
        return stall_quote_shipped(stall, cart_id, country, "");
}

const Quote *stall_quote_shipped(
        struct stall *stall, const char *cart_id, const char *country, const char *method_id)
{
        return stall_ok(stall, stall->alice, "checkout.GetQuote",
                "{'cart_id':'%s','country_code':'%s','shipping_method_id':'%s'}", cart_id, country,
                method_id);
}

const char *stall_shipping(struct stall *stall, int free_from_minor)
{
        const ShippingMethod *method = stall_ok(stall, shop_as(stall->shop, ROLE_OPERATIONS),
                "checkout.CreateShippingMethod",
                "{'shipping_method':{'slug':'post-%d','price_list_id':'%s','fee_minor':'450',"
                "'titles':[{'language':'en','text':'Post'}],'country_codes':['GB'],"
                "'free_from_minor':'%d'}}",
                free_from_minor, stall->price_list_id, free_from_minor);

        return method->id;
}

const char *stall_cart(struct stall *stall, struct persona who, struct basket basket)
{
        const char *cart_id = stall_open_cart(stall, who);

        for (int ware = 0; ware < WARE_COUNT; ware++)
                if (basket.quantity[ware] > 0)
                        stall_add(stall, who, cart_id, (enum ware)ware, (int)basket.quantity[ware]);
        return cart_id;
}

const char *stall_place(struct stall *stall, struct persona who, struct basket basket)
{
        const char *cart_id = stall_cart(stall, who, basket);
        const Quote *quote = stall_ok(
                stall, who, "checkout.GetQuote", "{'cart_id':'%s','country_code':'GB'}", cart_id);
        const Order *order = stall_ok(stall, who, "checkout.PlaceOrder",
                "{'cart_id':'%s','fingerprint':'%s','delivery_address':{'country_code':'GB',"
                "'recipient':'A. Buyer','lines':['1 High Street'],'city':'Leeds'}}",
                cart_id, quote->fingerprint);

        return order->id;
}

const char *stall_sell(struct stall *stall, struct persona who, struct basket basket)
{
        const char *order_id = stall_place(stall, who, basket);

        /* An order with nothing to pay is paid when it is placed. */
        if (stall_order(stall, order_id)->state == ORDER_STATE_PLACED)
                stall_ok(stall, who, "payment.PayOrder", "{'order_id':'%s'}", order_id);
        shop_settle(stall->shop);
        assert_int_equal(stall_order(stall, order_id)->state, ORDER_STATE_CONFIRMED);
        return order_id;
}

const char *stall_ship(struct stall *stall, const char *order_id)
{
        struct persona staff = shop_as(stall->shop, ROLE_WAREHOUSE);
        const Shipment *shipment =
                stall_ok(stall, staff, "fulfilment.CreateShipment", "{'order_id':'%s'}", order_id);

        stall_ok(stall, staff, "fulfilment.ShipShipment",
                "{'id':'%s','carrier':'Post','tracking_number':'P1'}", shipment->id);
        return shipment->id;
}

const char *stall_deliver(struct stall *stall, const char *order_id)
{
        const char *shipment_id = stall_ship(stall, order_id);

        stall_track(stall, shipment_id, "delivered", "TRACKING_KIND_DELIVERED", 0);
        return shipment_id;
}

Shipment *stall_track(struct stall *stall, const char *shipment_id, const char *event_id,
        const char *kind, int64_t seconds_ago)
{
        return stall_ok(stall, shop_as(stall->shop, ROLE_WAREHOUSE), "fulfilment.RecordTracking",
                "{'shipment_id':'%s','carrier_event_id':'%s','kind':'%s','event_time':'%s'}",
                shipment_id, event_id, kind,
                clock_format(shop_now_us(stall->shop) - seconds_ago * SECOND_US,
                        arena_alloc(shop_arena(stall->shop), CLOCK_TEXT_MAX)));
}

/* ---- taking back ---- */

struct persona stall_staff(const struct stall *stall, enum role role)
{
        return shop_as(stall->shop, role);
}

void stall_bring_back(struct stall *stall, const char *case_id)
{
        stall_ok(stall, stall_staff(stall, ROLE_WAREHOUSE), "aftersales.ReceiveReturn",
                "{'id':'%s','location_id':'%s'}", case_id, stall->main_id);
        stall_ok(stall, stall_staff(stall, ROLE_WAREHOUSE), "aftersales.InspectReturn",
                "{'id':'%s'}", case_id);
}

const ReturnCase *stall_refund(struct stall *stall, const char *case_id)
{
        return stall_ok(stall, stall_staff(stall, ROLE_SERVICE_AGENT), "aftersales.RefundReturn",
                "{'id':'%s'}", case_id);
}

/* ---- looking ---- */

Order *stall_order(struct stall *stall, const char *order_id)
{
        return order_document(shop_read(stall->shop), order_id);
}

int64_t stall_units(struct stall *stall, const char *order_id, int32_t line, UnitState state)
{
        return units_in(order_line_get(shop_read(stall->shop), order_id, line), state);
}

Stock *stall_stock(struct stall *stall, enum ware ware, const char *location_id)
{
        return stock_get(shop_read(stall->shop), stall->variant_ids[ware], location_id);
}

const char *stall_code(struct stall *stall, const char *member_id)
{
        const SandboxMessage *message;

        shop_settle(stall->shop);
        struct scan *scan = sandbox_message_by_member_id_latest(shop_read(stall->shop), member_id);

        while ((message = sandbox_message_next(scan)) != NULL)
                for (const char *at = message->body; *at != '\0'; at++)
                        if (strspn(at, "0123456789") == 6)
                                return arena_printf(shop_arena(stall->shop), "%.6s", at);
        fail_msg("no code was sent for %s", member_id);
        return NULL;
}

void stall_prove_email(struct stall *stall, struct persona who, const char *email)
{
        stall_ok(stall, who, "membership.ConfirmAddress", "{'email':'%s','code':'%s'}", email,
                stall_code(stall, who.id));
}
