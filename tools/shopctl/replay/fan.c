/* A window over the asynchronous calls of the client library. */
#include <stdlib.h>
#include <string.h>
#include "lib/schema/schema.h"
#include "tools/shopctl/replay/fan.h"

#define FAN_WINDOW 256

struct fan_slot {
        struct fan *fan;
        const char **id;
};

void fan_begin(struct fan *fan, struct shop_channel *channel, struct arena *arena)
{
        memset(fan, 0, sizeof *fan);
        fan->channel = channel;
        fan->arena = arena;
        pthread_mutex_init(&fan->lock, NULL);
        pthread_cond_init(&fan->changed, NULL);
}

static void fan_done(void *context, enum shop_status status, const ProtobufCMessage *response,
        const struct shop_error *error)
{
        struct fan_slot *slot = context;
        struct fan *fan = slot->fan;

        pthread_mutex_lock(&fan->lock);
        if (status == SHOP_OK && slot->id != NULL) {
                const ProtobufCFieldDescriptor *field =
                        protobuf_c_message_descriptor_get_field_by_name(response->descriptor, "id");

                *slot->id = arena_text(fan->arena, schema_text_at(response, field, 0));
        } else if (status != SHOP_OK && fan->failed == SHOP_OK) {
                fan->failed = status;
                fan->reason = arena_printf(fan->arena, "%s: %s", error->reason, error->message);
        }
        fan->in_flight--;
        fan->done++;
        pthread_cond_broadcast(&fan->changed);
        pthread_mutex_unlock(&fan->lock);
        free(slot);
}

bool fan_call(struct fan *fan, const struct shop_method *method, const ProtobufCMessage *request,
        const char **id)
{
        struct fan_slot *slot;
        bool failed;

        pthread_mutex_lock(&fan->lock);
        while (fan->in_flight >= FAN_WINDOW && fan->failed == SHOP_OK)
                pthread_cond_wait(&fan->changed, &fan->lock);
        failed = fan->failed != SHOP_OK;
        if (!failed)
                fan->in_flight++;
        pthread_mutex_unlock(&fan->lock);
        if (failed)
                return false;
        slot = malloc(sizeof *slot);
        *slot = (struct fan_slot){.fan = fan, .id = id};
        shop_start(fan->channel, method, request, NULL, fan_done, slot);
        return true;
}

bool fan_end(struct fan *fan)
{
        pthread_mutex_lock(&fan->lock);
        while (fan->in_flight > 0)
                pthread_cond_wait(&fan->changed, &fan->lock);
        pthread_mutex_unlock(&fan->lock);
        pthread_mutex_destroy(&fan->lock);
        pthread_cond_destroy(&fan->changed);
        return fan->failed == SHOP_OK;
}
