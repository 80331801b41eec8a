#pragma once
/*
 * What other domains may do with stock (rule 7). Every function writes its movement and changes the
 * figures of one stock row; figures that would go wrong fail the call. document_id is the order,
 * shipment or case that is the reason.
 */
#include "server/call.h"
#include "server/verify.h"
#include "supply.rows.h"

/* Units of one variant held at one location. */
struct supply_holding {
        const char *location_id;
        int64_t quantity;
};

/* Units that can be ordered now: available above the thresholds, over all locations; never < 0. */
int64_t supply_available(struct call *call, const char *variant_id);
int64_t supply_on_hand(struct call *call, const char *variant_id);

/*
 * Plans and reserves quantity units: locations by priority, one location that has all of them
 * before a split. FAILED_PRECONDITION, OUT_OF_STOCK with facts sku, wanted and available when there
 * are not enough. holdings is an array in the call's memory.
 */
enum status supply_reserve(struct call *call, const char *variant_id, int64_t quantity,
        const char *document_id, struct supply_holding **holdings, size_t *count);

/* What a movement type does to a stock row; also what verify adds up. */
struct supply_effect {
        int on_hand;
        int allocated;
        int reserved;
        int quarantine;
};
struct supply_effect supply_effect(MovementType type);

/*
 * Any other movement of quantity units of a variant at a location: RELEASE, ALLOCATE, DEALLOCATE,
 * SHIP, RETURN, RESTOCK, SCRAP, RECEIVE, ADJUST. FAILED_PRECONDITION where a figure would go below
 * zero: NOT_ON_HAND for on_hand, else STOCK_FIGURE_NEGATIVE, naming it.
 */
enum status supply_move(struct call *call, MovementType type, const char *variant_id,
        const char *location_id, int64_t quantity, const char *document_id);

/* The figures of every stock row are the sums of its movements; available is not below the
 * threshold unless an adjustment took it there. */
void supply_verify(struct verify_context *context, struct txn *txn);
