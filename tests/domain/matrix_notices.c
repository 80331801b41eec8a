/* By hand, since guests have no devices and the matrix deletes what it finds. */
#include "tests/domain/matrix_notices.h"

#include "notification.rows.h"

static Timestamp now(struct shop *shop)
{
        Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;

        time.seconds = shop_now_us(shop) / SECOND_US;
        return time;
}

void matrix_put_notice(struct shop *shop, const char *id, const char *member_id)
{
        Notification row = NOTIFICATION_INIT;
        Timestamp time = now(shop);
        struct txn *txn = shop_write_begin(shop);

        row.id = id;
        row.member_id = member_id;
        row.channel = NOTIFICATION_CHANNEL_IN_APP;
        row.template_key = "offer";
        row.dedupe_key = id;
        row.state = NOTIFICATION_STATE_DELIVERED;
        row.create_time = &time;
        notification_insert(txn, &row);
        shop_write_end(shop, txn);
}

void matrix_put_push_target(struct shop *shop, const char *id, const char *member_id)
{
        PushTarget row = PUSH_TARGET_INIT;
        Timestamp time = now(shop);

        if (push_target_has(shop_read(shop), id))
                return;
        row.id = id;
        row.member_id = member_id;
        row.token = id;
        row.create_time = &time;
        struct txn *txn = shop_write_begin(shop);

        push_target_insert(txn, &row);
        shop_write_end(shop, txn);
}

void matrix_put_template(struct shop *shop, const char *id)
{
        NotificationTemplate row = NOTIFICATION_TEMPLATE_INIT;

        if (notification_template_has(shop_read(shop), id))
                return;
        row.id = id;
        row.template_key = "offer";
        row.language = "en";
        row.purpose = NOTIFICATION_PURPOSE_MARKETING;
        row.subject = "Offer";
        row.body = "Offer";
        struct txn *txn = shop_write_begin(shop);

        notification_template_insert(txn, &row);
        shop_write_end(shop, txn);
}
