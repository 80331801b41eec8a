/*
 * How many units of each variant can be ordered, for pages of a catalogue: one call instead of one
 * a product. It tells figures over all locations and thresholds; where things lie is for staff.
 */
#include "server/supply/supply.h"
#include "supply.handlers.h"

enum status supply_batch_get_availability(struct call *call,
        const BatchGetAvailabilityRequest *request, BatchGetAvailabilityResponse *response)
{
        response->n_availabilities = request->n_variant_ids;
        response->availabilities = call_array(call, Availability *, request->n_variant_ids);
        for (size_t i = 0; i < request->n_variant_ids; i++) {
                Availability *one = call_new(call, Availability);

                *one = (Availability)AVAILABILITY_INIT;
                one->variant_id = request->variant_ids[i];
                one->available = supply_available(call, one->variant_id);
                one->on_hand = supply_on_hand(call, one->variant_id);
                response->availabilities[i] = one;
        }
        return OK;
}
