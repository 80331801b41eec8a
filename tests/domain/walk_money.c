/*
 * What may come to mind about money: orders, their edits and payments of every kind, and whatever
 * a gateway says.
 */
#include "tests/domain/walk.h"

#include <string.h>
#include "loyalty.rows.h"
#include "payment.rows.h"

void walk_pay(struct walk *walk, const char *order_id, unsigned answer)
{
        walk_try(walk, walk_owner(walk, order_id), "payment.PayOrder",
                "{'order_id':'%s','sandbox_answer':%u,'capture_mode':%u}", order_id, answer,
                walk_any(walk, CAPTURE_MODE_MANUAL + 1));
        if (walk_any(walk, 3) > 0)
                shop_settle(walk->stall.shop);
}

static const char *fill_cart(struct walk *walk, struct persona who)
{
        const Cart *cart = walk_try(
                walk, who, "cart.CreateCart", "{'price_list_id':'%s'}", walk->stall.price_list_id);

        for (unsigned i = 1 + walk_any(walk, 4); i > 0; i--)
                walk_try(walk, who, "cart.AddCartLines",
                        "{'cart_id':'%s','lines':[{'variant_id':'%s','quantity':%u,"
                        "'line_key':'%u'}]}",
                        cart->id, walk->stall.variant_ids[walk_any(walk, WARE_COUNT)],
                        1 + walk_any(walk, 6), walk_any(walk, 2));
        return cart->id;
}

/* None, a few, more than there are, or as many as may be. */
static const char *some_points(struct walk *walk)
{
        unsigned kind = walk_any(walk, 6);

        if (kind < 2)
                return "";
        if (kind < 4)
                return ",'points_most':true";
        return arena_printf(
                shop_arena(walk->stall.shop), ",'points':'%u'", 1 + walk_any(walk, 900));
}

void walk_buy(struct walk *walk)
{
        struct persona who = walk->people[walk_any(walk, WALK_PEOPLE)];
        const char *cart_id = fill_cart(walk, who);
        const char *method_id = walk_any(walk, 2) > 0 ? walk->method_id : "";
        unsigned pays = walk_any(walk, 2 * (PAYMENT_METHOD_INVOICE + 1));
        const char *points = some_points(walk);
        const Quote *quote = walk_try(walk, who, "checkout.GetQuote",
                "{'cart_id':'%s','country_code':'GB','shipping_method_id':'%s'%s}", cart_id,
                method_id, points);
        const Order *order = walk_try(walk, who, "checkout.PlaceOrder",
                "{'cart_id':'%s','fingerprint':'%s','shipping_method_id':'%s',"
                "'payment_method':%u,'delivery_address':{'country_code':'GB'}%s}",
                cart_id, quote->fingerprint, method_id, pays > PAYMENT_METHOD_INVOICE ? 0 : pays,
                points);

        if (order == NULL)
                return;
        walk_keep(&walk->orders, order->id);
        if (walk_any(walk, 3) > 0)
                walk_pay(walk, order->id, SANDBOX_ANSWER_ACCEPT);
}

void walk_pay_anyhow(struct walk *walk)
{
        walk_pay(walk, walk_pick(walk, &walk->orders), walk_any(walk, SANDBOX_ANSWER_TOO_LATE + 1));
}

void walk_hear_from_the_gateway(struct walk *walk)
{
        const char *order_id = walk_pick(walk, &walk->orders);
        struct scan *scan = payment_attempt_by_order_id(shop_read(walk->stall.shop), order_id);
        const PaymentAttempt *attempt = payment_attempt_next(scan), *next = attempt;

        for (unsigned i = walk_any(walk, 6); i > 0 && next != NULL; i--) {
                attempt = next;
                next = payment_attempt_next(scan);
        }
        if (attempt == NULL || attempt->by_hand)
                return;
        const char *id = arena_text(shop_arena(walk->stall.shop), attempt->id);

        walk_try(walk, shop_nobody(), "payment.RecordOutcome",
                "{'attempt_id':'%s','outcome':%u,'amount_minor':'%lld','currency_code':'%s'}", id,
                1 + walk_any(walk, OUTCOME_PENDING),
                (long long)attempt->amount_minor + (walk_any(walk, 4) == 0),
                walk_any(walk, 8) > 0 ? "GBP" : "EUR");
}

void walk_capture(struct walk *walk)
{
        const char *id = walk_pick(walk, &walk->orders);

        walk_try(walk, walk_staff(walk, ROLE_FINANCE), "payment.CapturePayment",
                "{'order_id':'%s','amount_minor':%u,'sandbox_answer':%u}", id,
                walk_any(walk, 2) > 0 ? walk_any(walk, 400) : 0,
                walk_any(walk, SANDBOX_ANSWER_TOO_LATE + 1));
        if (walk_any(walk, 3) > 0)
                shop_settle(walk->stall.shop);
}

/* Parts, all of it, too much, and what was told before. */
void walk_receive_money(struct walk *walk)
{
        const char *id = walk_pick(walk, &walk->orders);
        const Order *order = order_get(shop_read(walk->stall.shop), id);
        long long due = order == NULL ? 0 : order->due_minor;
        long long amount = walk_any(walk, 2) > 0 ? due : 1 + walk_any(walk, (unsigned)due + 9);

        walk->receipts += walk_any(walk, 8) > 0;
        walk_try(walk, walk_staff(walk, ROLE_FINANCE), "payment.RecordReceipt",
                "{'order_id':'%s','amount_minor':'%lld','currency_code':'GBP',"
                "'external_id':'r%zu'}",
                id, amount, walk->receipts);
}

void walk_confirm_refunds(struct walk *walk)
{
        const char *id = walk_pick(walk, &walk->orders);
        struct scan *scan = payment_attempt_by_order_id(shop_read(walk->stall.shop), id);
        struct names refunds = {0};

        for (const PaymentAttempt *attempt; (attempt = payment_attempt_next(scan)) != NULL;)
                if (attempt->kind == ATTEMPT_KIND_REFUND)
                        walk_keep(&refunds, arena_text(shop_arena(walk->stall.shop), attempt->id));
        for (size_t i = 0; i < refunds.n; i++)
                walk_try(walk, walk_staff(walk, ROLE_FINANCE), "payment.ConfirmRefund",
                        "{'attempt_id':'%s','reference':'b%u'}", refunds.at[i], walk_any(walk, 2));
}

/* Points are worth something else from now on, or nothing; and some come. */
void walk_change_programme(struct walk *walk)
{
        static const unsigned units[] = {0, 3, 100, 150, 1000};
        static const char *const shares[] = {"", "0.3", "0.8", "1"};
        struct persona staff = walk_staff(walk, ROLE_OPERATIONS);
        const ProgrammeVersion *draft = walk_try(walk, staff, "loyalty.CreateProgrammeVersion",
                "{'programme_version':{'title':'Club','expire_months':%u,'notice_days':%u,"
                "'tier_months':1,'tender_share':'%s','earn_rates':[{'currency_code':'GBP',"
                "'points':'%u','growth':'1','unit_points':%u}]}}",
                1 + walk_any(walk, 2), walk_any(walk, 20), shares[walk_any(walk, 4)],
                walk_any(walk, 5), units[walk_any(walk, 5)]);

        walk_try(walk, staff, "loyalty.ActivateProgrammeVersion", "{'id':'%s'}", draft->id);
        for (size_t i = 0; i < 2; i++)
                walk_try(walk, walk_staff(walk, ROLE_FINANCE), "loyalty.AdjustPoints",
                        "{'member_id':'%s','points':'%u','reason':'w','external_id':'%s'}",
                        walk->people[i].id, 1 + walk_any(walk, 900),
                        shop_request_id(walk->stall.shop));
}

/* ---- edits ---- */

static const char *removals(struct walk *walk)
{
        if (walk_any(walk, 3) == 0)
                return "";
        return arena_printf(shop_arena(walk->stall.shop),
                "'removals':[{'number':%u,'quantity':%u}]", 1 + walk_any(walk, 4),
                1 + walk_any(walk, 3));
}

static const char *additions(struct walk *walk)
{
        if (walk_any(walk, 3) == 0)
                return "";
        return arena_printf(shop_arena(walk->stall.shop),
                "'additions':[{'variant_id':'%s','quantity':%u}]",
                walk->stall.variant_ids[walk_any(walk, WARE_COUNT)], 1 + walk_any(walk, 3));
}

void walk_edit(struct walk *walk)
{
        const char *id = walk_pick(walk, &walk->orders);
        struct persona who =
                walk_any(walk, 2) > 0 ? walk_owner(walk, id) : walk_staff(walk, ROLE_SERVICE_AGENT);
        const char *out = removals(walk), *in = additions(walk);
        const char *edit = arena_printf(shop_arena(walk->stall.shop), "{%s%s%s}", out,
                out[0] != '\0' && in[0] != '\0' ? "," : "", in);
        const OrderEditPreview *preview =
                walk_try(walk, who, "checkout.PreviewOrderEdit", "{'id':'%s','edit':%s}", id, edit);

        if (preview == NULL)
                return;
        if (walk_any(walk, 8) == 0)
                walk_cancel(walk);
        walk_try(walk, who, "checkout.EditOrder",
                "{'id':'%s','edit':%s,'fingerprint':'%s','reason':'other'}", id, edit,
                preview->fingerprint);
        if (walk_any(walk, 2) > 0)
                walk_pay(walk, id, SANDBOX_ANSWER_ACCEPT);
}

void walk_withdraw_edit(struct walk *walk)
{
        const char *id = walk_pick(walk, &walk->orders);

        walk_try(walk, walk_owner(walk, id), "checkout.WithdrawOrderRevision", "{'id':'%s'}", id);
}

void walk_change_tax_status(struct walk *walk)
{
        walk_try(walk, walk_staff(walk, ROLE_FINANCE), "membership.SetMemberTaxStatus",
                walk_any(walk, 2) > 0
                        ? "{'member_id':'embassy','tax_status':1,'tax_evidence':'note 1'}"
                        : "{'member_id':'embassy'}");
}
