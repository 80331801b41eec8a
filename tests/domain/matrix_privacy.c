/* By the methods themselves: rows by hand would be what verify calls a fault. */
#include "tests/domain/matrix_privacy.h"

#include "privacy.rows.h"

struct matrix_erased matrix_erase(struct shop *shop)
{
        struct persona gone = shop_member(shop, "forgotten");
        const Erasure *erasure = shop_ok_json(shop, shop_as(shop, ROLE_ADMINISTRATOR),
                "privacy.EraseMember", "{\"member_id\":\"forgotten\",\"reason\":\"x\"}");

        shop_settle(shop);
        erasure = erasure_get_by_member_id(shop_read(shop), gone.id);
        return (struct matrix_erased){
                .erasure_id = arena_text(shop_arena(shop), erasure->id),
                .rotation_id = arena_text(shop_arena(shop), erasure->rotation_id),
        };
}
