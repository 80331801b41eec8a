/*
 * The loyalty programme of the replayed shop, which counts before the first order, and what came of
 * it. A shop that has a programme keeps it. The file knows of none: a point and a growth for a
 * pound, points for nine months and tiers for six let a year see all that happens to either.
 */
#include <inttypes.h>
#include "insight.client.h"
#include "lib/base/bytes.h"
#include "loyalty.client.h"
#include "tools/shopctl/replay/replay.h"

#define EXPIRE_MONTHS 9
#define TIER_MONTHS   6
#define GRACE_DAYS    30

static const struct level {
        const char *title;
        int64_t growth_min;
} levels[] = {{"Silver", 500}, {"Gold", 2500}, {"Platinum", 10000}};
#define LEVEL_COUNT (sizeof(levels) / sizeof(levels[0]))

/* The first one's id, where there is one; *active: it counts. */
struct found {
        struct arena *arena;
        const char *id;
        bool active;
};

static void take_versions(void *context, const ProtobufCMessage *page)
{
        struct found *found = context;
        const Shop__ListProgrammeVersionsResponse *response =
                (const Shop__ListProgrammeVersionsResponse *)page;

        for (size_t i = 0; i < response->n_programme_versions; i++) {
                const Shop__ProgrammeVersion *row = response->programme_versions[i];

                if (found->id == NULL)
                        found->id = arena_text(found->arena, row->id);
                if (row->state == SHOP__PROGRAMME_STATE__PROGRAMME_STATE_ACTIVE)
                        found->active = true;
        }
}

static bool draft(struct replay *replay, const char **id)
{
        Shop__CreateProgrammeVersionRequest request = SHOP__CREATE_PROGRAMME_VERSION_REQUEST__INIT;
        Shop__ProgrammeVersion version = SHOP__PROGRAMME_VERSION__INIT, *answer = NULL;
        Shop__EarnRate rate = SHOP__EARN_RATE__INIT, *rates[] = {&rate};
        Shop__TierRule tiers[LEVEL_COUNT], *tier_list[LEVEL_COUNT];
        Shop__LocalText titles[LEVEL_COUNT], *title_lists[LEVEL_COUNT][1];

        rate.currency_code = "GBP";
        rate.points = rate.growth = "1";
        for (size_t i = 0; i < LEVEL_COUNT; i++) {
                titles[i] = (Shop__LocalText)SHOP__LOCAL_TEXT__INIT;
                titles[i].language = "en";
                titles[i].text = levels[i].title;
                title_lists[i][0] = &titles[i];
                tiers[i] = (Shop__TierRule)SHOP__TIER_RULE__INIT;
                tiers[i].titles = title_lists[i];
                tiers[i].n_titles = 1;
                tiers[i].growth_min = levels[i].growth_min;
                tier_list[i] = &tiers[i];
        }
        version.title = "Online Retail";
        version.earn_rates = rates;
        version.n_earn_rates = 1;
        version.expire_months = EXPIRE_MONTHS;
        version.tiers = tier_list;
        version.n_tiers = LEVEL_COUNT;
        version.tier_months = TIER_MONTHS;
        version.grace_days = GRACE_DAYS;
        request.programme_version = &version;
        if (shop_loyalty_create_programme_version(
                    replay->channel, &request, NULL, &answer, &replay->error) != SHOP_OK)
                return replay_failed(replay, "drafting the loyalty programme");
        *id = arena_text(replay->arena, answer->id);
        protobuf_c_message_free_unpacked(&answer->base, NULL);
        return true;
}

bool programme_run(struct replay *replay)
{
        Shop__ListProgrammeVersionsRequest list = SHOP__LIST_PROGRAMME_VERSIONS_REQUEST__INIT;
        Shop__ActivateProgrammeVersionRequest activate =
                SHOP__ACTIVATE_PROGRAMME_VERSION_REQUEST__INIT;
        struct found found = {.arena = replay->arena};

        if (!replay_pages(replay, &shop_loyalty_list_programme_versions_method, &list.base,
                    take_versions, &found))
                return false;
        if (found.active)
                return true;
        if (found.id == NULL && !draft(replay, &found.id))
                return false;
        activate.id = found.id;
        return shop_loyalty_activate_programme_version(
                       replay->channel, &activate, NULL, NULL, &replay->error) == SHOP_OK ||
               replay_failed(replay, "activating the loyalty programme");
}

/* ---- reading back ---- */

static void write_figures(struct buffer *out, const Shop__LoyaltyFigures *figures)
{
        buffer_printf(out, ",\n  \"members_by_tier\": {");
        for (size_t i = 0; i < figures->n_tiers; i++)
                buffer_printf(out, "%s\"%d\": %" PRId64, i > 0 ? ", " : "",
                        figures->tiers[i]->level, figures->tiers[i]->member_count);
        buffer_printf(out,
                "},\n  \"points\": {\"given\": %" PRId64 ", \"pending\": %" PRId64
                ", \"available\": %" PRId64 ", \"expired\": %" PRId64 ", \"taken_back\": %" PRId64
                "}",
                figures->given, figures->pending, figures->available, figures->expired,
                figures->taken_back);
}

bool programme_write(struct replay *replay, struct buffer *out)
{
        Shop__GetLoyaltyFiguresRequest request = SHOP__GET_LOYALTY_FIGURES_REQUEST__INIT;
        Shop__LoyaltyFigures *answer = NULL;

        if (shop_insight_get_loyalty_figures(
                    replay->channel, &request, NULL, &answer, &replay->error) != SHOP_OK)
                return replay_failed(replay, "reading tiers and points");
        write_figures(out, answer);
        protobuf_c_message_free_unpacked(&answer->base, NULL);
        return true;
}
