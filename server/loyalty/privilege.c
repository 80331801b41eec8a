/*
 * The one table of privileges: the tier's row in the version of the programme that counts. Asked
 * anew each time, so that a higher tier counts with the next quote; of an order, the tier and the
 * version of its placement. Refused: a copy in the member's
 * account, which every new version would have to change.
 */
#include <string.h>
#include "server/loyalty/loyalty.h"
#include "server/loyalty/programme.h"

static const TierPrivileges *privileges_at(const ProgrammeVersion *programme, int32_t level)
{
        const TierRule *tier = programme == NULL ? NULL : programme_tier(programme, level);

        return tier == NULL ? NULL : tier->privileges;
}

static const TierPrivileges *privileges_of(struct call *call, const char *member_id)
{
        const LoyaltyAccount *account =
                member_id[0] == '\0' ? NULL : loyalty_account_get(call->txn, member_id);

        if (account == NULL || account->tier_level == 0)
                return NULL;
        return privileges_at(programme_now(call), account->tier_level);
}

static int64_t value_of(const TierPrivileges *has, enum privilege privilege)
{
        if (has == NULL)
                return 0;
        switch (privilege) {
        case PRIVILEGE_FREE_RETURNS:
                return has->free_returns;
        case PRIVILEGE_DELIVERY_PRIORITY:
                return has->delivery_priority;
        case PRIVILEGE_MEMBER_PRICE_LEVEL:
                return has->member_price_level;
        case PRIVILEGE_EXCLUSIVE_EVENTS:
                return has->exclusive_events;
        case PRIVILEGE_QUEUE_PRIORITY:
                return has->queue_priority;
        }
        return 0;
}

int64_t privilege_of(struct call *call, const char *member_id, enum privilege privilege)
{
        return value_of(privileges_of(call, member_id), privilege);
}

/* The tier that a member had at an instant: the history says. */
static int32_t level_at(struct call *call, const char *member_id, int64_t us)
{
        struct scan *scan = tier_change_of(call->txn, member_id);
        int32_t level = 0;

        for (const TierChange *change; (change = tier_change_next(scan)) != NULL;) {
                if (time_us(change->time) > us)
                        break;
                level = change->to_level;
        }
        return level;
}

int64_t privilege_of_order(struct call *call, const Order *order, enum privilege privilege)
{
        int64_t place_us = time_us(order->place_time);
        int32_t level = level_at(call, order->member_id, place_us);

        return level == 0 ? 0
                          : value_of(privileges_at(programme_at(call, place_us), level), privilege);
}

int64_t privilege_free_shipping(struct call *call, const char *member_id, const char *currency_code)
{
        const TierPrivileges *has = privileges_of(call, member_id);

        for (size_t i = 0; has != NULL && i < has->n_free_shipping; i++)
                if (strcmp(has->free_shipping[i]->currency_code, currency_code) == 0)
                        return has->free_shipping[i]->from_minor;
        return -1;
}

struct price_lists privilege_price_lists(
        struct call *call, const char *member_id, const char *price_list_id)
{
        int64_t level = 0;

        if (catalog_has_member_prices(call, price_list_id))
                level = privilege_of(call, member_id, PRIVILEGE_MEMBER_PRICE_LEVEL);
        if (level > 0)
                return catalog_price_lists(call, price_list_id, level);
        return (struct price_lists){.ids = {price_list_id}, .n = 1};
}
