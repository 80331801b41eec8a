/* One loop over the pages of a List for everything that a replay reads. */
#include "tools/shopctl/replay/replay.h"

bool replay_pages(struct replay *replay, const struct shop_method *method,
        const ProtobufCMessage *request, replay_take *take, void *context)
{
        struct shop_pages pages;
        ProtobufCMessage *page;
        enum shop_status status;

        shop_pages_init(&pages, replay->channel, method, request);
        while ((status = shop_pages_next(&pages, &page, &replay->error)) == SHOP_OK &&
                page != NULL) {
                take(context, page);
                protobuf_c_message_free_unpacked(page, NULL);
        }
        shop_pages_release(&pages);
        return status == SHOP_OK || replay_failed(replay, "reading %s", method->name);
}
