/*
 * Rule 9 after placement: what stays keeps its price, what is added costs what today says, and
 * nothing else is looked at again, delivery and its thresholds included. Promotions of the
 * placement would run again over `after`, the lines as they would be.
 *
 * Refused: an edit as a new quote of the whole order, from which unchanged lines would have to be
 * sorted out by price; and changing quantities of a line, whose unit table is what its units paid.
 */
#include "server/checkout/edit.h"

#include <string.h>
#include "catalog.rows.h"
#include "server/checkout/hold.h"
#include "server/checkout/method.h"
#include "server/supply/supply.h"

/* ---- whether it may be edited ---- */

static enum status shipped(struct call *call, const Order *order)
{
        return call_fail(call, FAILED_PRECONDITION, "ORDER_SHIPPED",
                "order %s was shipped; ask for a return or an exchange", order->id);
}

static enum status check_order(struct call *call, const Order *order)
{
        if (order->state != ORDER_STATE_PLACED && order->state != ORDER_STATE_CONFIRMED)
                return call_fail(call, FAILED_PRECONDITION, "ORDER_ENDED",
                        "order %s was cancelled or has expired", order->id);
        if (order->fulfilment_state > FULFILMENT_STATE_PARTLY_SHIPPED ||
                (order->fulfilment_state != FULFILMENT_STATE_OPEN && !call_is_staff(call)))
                return shipped(call, order);
        if (order->raised_minor > 0) {
                call_fact(call, "document_id", "%s", order->due_document_id);
                return call_fail(call, FAILED_PRECONDITION, "DUE_RAISED",
                        "order %s waits for %lld that %s raised", order->id,
                        (long long)order->raised_minor,
                        order->due_kind == DUE_KIND_REVISION ? "a revision" : "an exchange");
        }
        if (order->open_attempt_id[0] == '\0')
                return OK;
        call_fact(call, "attempt_id", "%s", order->open_attempt_id);
        return call_fail(call, FAILED_PRECONDITION, "ATTEMPT_OPEN",
                "order %s is being paid by attempt %s", order->id, order->open_attempt_id);
}

/* ---- units that leave ---- */

/* The line of goods with a number, by its place; n: there is none. */
static size_t place_of(struct order_lines lines, int32_t number)
{
        size_t at = 0;

        while (at < lines.n &&
                (lines.at[at]->number != number || lines.at[at]->kind != LINE_KIND_GOODS))
                at++;
        return at;
}

static enum status cannot_leave(struct call *call, const OrderLine *line, int64_t quantity)
{
        int64_t open = units_in(line, UNIT_STATE_OPEN);

        call_fact(call, "line", "%d", line->number);
        if (order_line_held(line))
                return call_fail(call, FAILED_PRECONDITION, "LINE_HELD",
                        "line %d is of an exchange that has not come back or is not paid",
                        line->number);
        call_fact(call, "open", "%lld", (long long)open);
        return call_fail(call, FAILED_PRECONDITION, "UNITS_NOT_OPEN",
                "line %d has %lld units that were not packed or shipped, not %lld", line->number,
                (long long)open, (long long)quantity);
}

static enum status remove_units(
        struct call *call, struct edit *edit, const CancelOrderLine *wanted, const char *field)
{
        size_t at = place_of(edit->after, wanted->number);
        struct edit_removal *removal = &edit->removals[edit->removal_count];
        OrderLine *line = call_new(call, OrderLine);
        struct unit_ranges units;

        if (at == edit->after.n)
                return call_fail_field(call, field, "NO_SUCH_LINE",
                        "%s: order %s has no line %d of goods", field, edit->order->id,
                        wanted->number);
        for (size_t i = 0; i < edit->removal_count; i++)
                if (edit->removals[i].line->number == wanted->number)
                        return call_fail_field(call, field, "LINE_REPEATED",
                                "%s: line %d is named twice", field, wanted->number);
        removal->line = edit->after.at[at];
        removal->quantity = wanted->quantity;
        *line = *removal->line;
        if (order_line_held(line) || !units_move(call, line, UNIT_STATE_OPEN, UNIT_STATE_CANCELLED,
                                             wanted->quantity, &units))
                return cannot_leave(call, removal->line, wanted->quantity);
        removal->refund = order_units_worth(line, units);
        line->refunded_minor += removal->refund.gross_minor;
        line->points_back_minor += removal->refund.points_minor;
        edit->after.at[at] = line;
        order_worth_add(&edit->removed, removal->refund);
        edit->removed_units += wanted->quantity;
        edit->removal_count++;
        return OK;
}

static enum status remove_all(struct call *call, struct edit *edit, const OrderEdit *wanted)
{
        enum status status = OK;

        edit->removals = call_array(call, struct edit_removal, wanted->n_removals);
        for (size_t i = 0; i < wanted->n_removals && status == OK; i++)
                status = remove_units(call, edit, wanted->removals[i],
                        call_printf(call, "edit.removals[%zu].number", i));
        return status;
}

/* ---- units that come ---- */

static bool delivers(struct call *call, struct order_lines lines)
{
        for (size_t i = 0; i < lines.n; i++)
                if (lines.at[i]->kind == LINE_KIND_GOODS &&
                        !variant_get(call->txn, lines.at[i]->variant_id)->not_delivered)
                        return true;
        return false;
}

/* What delivery costs was settled at placement, or not asked for. */
static enum status check_delivered(
        struct call *call, const struct edit *edit, const OrderLine *line)
{
        if (variant_get(call->txn, line->variant_id)->not_delivered || delivers(call, edit->after))
                return OK;
        call_fact(call, "sku", "%s", line->sku);
        return call_fail(call, FAILED_PRECONDITION, "NOT_DELIVERED",
                "nothing of order %s is delivered; order %s separately", edit->order->id,
                line->sku);
}

static enum status add_units(struct call *call, struct edit *edit, const OrderEditAddition *wanted)
{
        const struct priced_wish wish = {wanted->variant_id, wanted->quantity};
        OrderLine *line;
        enum status status = order_price_line(call, edit->order, &wish, &line);

        if (status == OK)
                status = check_delivered(call, edit, line);
        if (status != OK)
                return status;
        edit->added[edit->added_count++] = line;
        edit->added_minor += line->gross_minor;
        edit->added_units += line->quantity;
        if (!order_within(call, edit->order->gross_minor + edit->added_minor))
                return order_too_large(call);
        return OK;
}

static enum status check_line_count(struct call *call, const struct edit *edit)
{
        int64_t most = call->terms->order_lines_max;

        if (edit->order->line_count + (int64_t)edit->added_count <= most)
                return OK;
        call_fact(call, "limit", "%lld", (long long)most);
        return call_fail(call, FAILED_PRECONDITION, "TOO_MANY_LINES",
                "an order has at most %lld lines", (long long)most);
}

static enum status add_all(struct call *call, struct edit *edit, const OrderEdit *wanted)
{
        enum status status = OK;
        int32_t number = edit->after.at[edit->after.n - 1]->number;

        edit->added = call_array(call, OrderLine *, wanted->n_additions);
        for (size_t i = 0; i < wanted->n_additions && status == OK; i++) {
                status = add_units(call, edit, wanted->additions[i]);
                if (status != OK)
                        call_fact(call, "addition", "%zu", i);
        }
        if (status == OK && edit->added_count > 0)
                status = check_line_count(call, edit);
        for (size_t i = 0; i < edit->added_count; i++) {
                edit->added[i]->number = ++number;
                edit->after.at[edit->after.n++] = edit->added[i];
        }
        return status;
}

/* ---- where it goes ---- */

static enum status move_to(struct call *call, struct edit *edit, const PostalAddress *address)
{
        const Order *order = edit->order;

        if (address == NULL)
                return OK;
        if (order->delivery_address == NULL)
                return call_fail(call, FAILED_PRECONDITION, "NOT_DELIVERED",
                        "order %s is delivered nowhere", order->id);
        if (strcmp(order->delivery_address->country_code, address->country_code) != 0)
                return call_fail_field(call, "edit.delivery_address.country_code", "ZONE_CHANGED",
                        "edit.delivery_address.country_code: order %s is taxed and delivered in "
                        "%s; for %s cancel it and order anew",
                        order->id, order->delivery_address->country_code, address->country_code);
        for (size_t i = 0; i < edit->after.n; i++)
                if (units_in(edit->after.at[i], UNIT_STATE_PACKED) > 0)
                        return call_fail(call, FAILED_PRECONDITION, "PARCEL_PACKED",
                                "a parcel of order %s is packed for the address it has", order->id);
        edit->address = address;
        return order->fulfilment_state == FULFILMENT_STATE_OPEN ? OK : shipped(call, order);
}

/* ---- all of it ---- */

int64_t edit_difference(const struct edit *edit)
{
        return edit->added_minor - order_worth_money(edit->removed);
}

static enum status check_whole(struct call *call, const struct edit *edit)
{
        if (order_is_withdrawn(edit->after))
                return call_fail(call, FAILED_PRECONDITION, "NOTHING_LEFT",
                        "nothing would be left of order %s; cancel it", edit->order->id);
        if (edit->waits && edit->address != NULL)
                return call_fail_field(call, "edit.delivery_address", "EDIT_SEPARATELY",
                        "edit.delivery_address: the rest has to be paid first; change the address "
                        "in an edit of its own");
        return OK;
}

static void load(struct call *call, struct edit *edit, const OrderEdit *wanted)
{
        struct order_lines lines = order_lines(call, edit->order->id);

        edit->after.at = call_array(call, OrderLine *, lines.n + wanted->n_additions);
        memcpy(edit->after.at, lines.at, lines.n * sizeof(OrderLine *));
        edit->after.n = lines.n;
}

enum status edit_make(struct call *call, Order *order, const OrderEdit *wanted, struct edit *out)
{
        struct edit edit = {.order = order};
        enum status status = check_order(call, order);

        if (status != OK)
                return status;
        if (wanted->n_removals == 0 && wanted->n_additions == 0 && wanted->delivery_address == NULL)
                return call_fail_field(
                        call, "edit", "EDIT_EMPTY", "edit: says nothing that is to be different");
        load(call, &edit, wanted);
        status = remove_all(call, &edit, wanted);
        if (status == OK)
                status = add_all(call, &edit, wanted);
        if (status == OK)
                status = move_to(call, &edit, wanted->delivery_address);
        edit.waits = edit_difference(&edit) > 0 && order->state == ORDER_STATE_CONFIRMED &&
                     !order_by_hand(order);
        if (status == OK)
                status = check_whole(call, &edit);
        if (status == OK)
                status = hold_check_more(call, order, &edit);
        if (status == OK)
                status = method_check_more(call, order, edit_difference(&edit));
        if (status != OK)
                return status;
        edit.fingerprint = edit_fingerprint(call, &edit);
        *out = edit;
        return OK;
}

enum status edit_check_stock(struct call *call, const struct edit *edit)
{
        for (size_t i = 0; i < edit->added_count; i++) {
                const OrderLine *line = edit->added[i];
                int64_t available = supply_available(call, line->variant_id);

                for (size_t k = 0; k < i; k++)
                        if (strcmp(edit->added[k]->variant_id, line->variant_id) == 0)
                                available -= edit->added[k]->quantity;
                if (available >= line->quantity)
                        continue;
                call_fact(call, "sku", "%s", line->sku);
                call_fact(call, "wanted", "%lld", (long long)line->quantity);
                call_fact(call, "available", "%lld", (long long)available);
                return call_fail(call, FAILED_PRECONDITION, "OUT_OF_STOCK",
                        "%s: %lld wanted, %lld can be ordered", line->sku,
                        (long long)line->quantity, (long long)available);
        }
        return OK;
}

OrderEditPreview *edit_preview(struct call *call, const struct edit *edit)
{
        OrderEditPreview *preview = call_new(call, OrderEditPreview);
        int32_t known = edit->order->revision_count;

        *preview = (OrderEditPreview)ORDER_EDIT_PREVIEW_INIT;
        preview->order_id = edit->order->id;
        preview->number = known == 0 ? 2 : known + 1;
        preview->lines = call_array(call, OrderLine *, edit->after.n);
        for (size_t i = 0; i < edit->after.n; i++) {
                OrderLine *line = call_new(call, OrderLine);

                *line = *edit->after.at[i];
                line->n_allocations = 0;
                preview->lines[preview->n_lines++] = line;
        }
        preview->added_minor = edit->added_minor;
        preview->removed_minor = edit->removed.gross_minor;
        preview->points_minor = edit->removed.points_minor;
        preview->difference_minor = edit_difference(edit);
        preview->waits = edit->waits;
        preview->fingerprint = edit->fingerprint;
        return preview;
}
