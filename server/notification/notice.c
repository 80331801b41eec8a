/*
 * What the shop says of its own accord, one row a notice. The words become templates with the first
 * start and are the shop's to change; which variables there are is decided by who sends, here.
 */
#include "server/notification/notice.h"

#include <string.h>
#include "server/notification/notification.h"

#define INBOX          CHANNEL_BIT(NOTIFICATION_CHANNEL_IN_APP)
#define INBOX_AND_MAIL (INBOX | CHANNEL_BIT(NOTIFICATION_CHANNEL_EMAIL))
#define EVERYWHERE     (INBOX_AND_MAIL | CHANNEL_BIT(NOTIFICATION_CHANNEL_PUSH))
#define MAIL           CHANNEL_BIT(NOTIFICATION_CHANNEL_EMAIL)

const struct notice notices[] = {
        {.key = "account.verification_code",
                .purpose = NOTIFICATION_PURPOSE_SECURITY,
                .channels = MAIL,
                .variables = {"code", "minutes"},
                .words = {{"en", "Your verification code",
                                  "Your code is {{code}}. It is good for {{minutes}} minutes. "
                                  "Nobody "
                                  "of the shop will ever ask you for it."},
                        {"zh", "验证码",
                                "您的验证码是 {{code}}，{{minutes}} "
                                "分钟内有效。本店工作人员不会向您索要验证码。"}}},
        {.key = "account.password_reset",
                .purpose = NOTIFICATION_PURPOSE_SECURITY,
                .channels = MAIL,
                .variables = {"code", "minutes"},
                .words = {{"en", "Set a new password",
                                  "The code to set a new password is {{code}}. It is good for "
                                  "{{minutes}} minutes. If you did not ask for it, do nothing."},
                        {"zh", "重设密码",
                                "重设密码的验证码是 {{code}}，{{minutes}} "
                                "分钟内有效。如非本人操作，请忽略。"}}},
        {.key = "account.password_changed",
                .purpose = NOTIFICATION_PURPOSE_SECURITY,
                .channels = INBOX_AND_MAIL,
                .words = {{"en", "Your password was changed",
                                  "The password of your account was changed. If it was not you, "
                                  "set a "
                                  "new one at once."},
                        {"zh", "密码已更改",
                                "您的账户密码已更改。如非本人操作，请立即重设密码。"}}},
        {.key = "account.session_ended",
                .purpose = NOTIFICATION_PURPOSE_SECURITY,
                .channels = INBOX_AND_MAIL,
                .words = {{"en", "A device was signed out",
                                  "Something of one of your devices that is good once was used "
                                  "twice, so that somebody may have copied it. The device was "
                                  "signed out. If you do not know why, set a new password."},
                        {"zh", "一台设备已退出登录",
                                "您某台设备的登录凭证被重复使用，可能已被他人复制，该设备已退出登录"
                                "。"
                                "如有疑问，请重设密码。"}}},
        {.key = "account.exists",
                .purpose = NOTIFICATION_PURPOSE_SECURITY,
                .channels = MAIL,
                .words = {{"en", "You have an account already",
                                  "Somebody tried to sign up with this address, which has an "
                                  "account. If it was you, sign in, or set a new password."},
                        {"zh", "您已有账户",
                                "有人尝试用此地址注册，但它已有账户。如是您本人，请直接登录或重设密"
                                "码。"}}},
        {.key = "account.address_changed",
                .purpose = NOTIFICATION_PURPOSE_SECURITY,
                .channels = MAIL,
                .words = {{"en", "Your address was changed",
                                  "Your account has another address now instead of this one. If "
                                  "it was not you, write to us at once."},
                        {"zh", "联系方式已更改",
                                "您的账户已改用其他联系方式。如非本人操作，请立即与我们联系。"}}},
        {.key = "order.placed",
                .purpose = NOTIFICATION_PURPOSE_TRANSACTION,
                .channels = INBOX_AND_MAIL,
                .variables = {"order_id", "total", "due"},
                .words = {{"en", "We have your order",
                                  "Thank you for your order {{order_id}} of {{total}}. Left to "
                                  "be paid: {{due}}."},
                        {"zh", "订单已收到",
                                "感谢您的订购。订单号 {{order_id}}，金额 {{total}}，待付 "
                                "{{due}}。"}}},
        {.key = "order.paid",
                .purpose = NOTIFICATION_PURPOSE_TRANSACTION,
                .channels = INBOX_AND_MAIL,
                .variables = {"order_id", "total"},
                .words = {{"en", "Your order is paid",
                                  "Your order {{order_id}} of {{total}} is paid."},
                        {"zh", "订单已付款", "订单 {{order_id}}（金额 {{total}}）已付款。"}}},
        {.key = "order.cancelled",
                .purpose = NOTIFICATION_PURPOSE_TRANSACTION,
                .channels = INBOX_AND_MAIL,
                .variables = {"order_id"},
                .words = {{"en", "Your order was cancelled",
                                  "Your order {{order_id}} was cancelled."},
                        {"zh", "订单已取消", "订单 {{order_id}} 已取消。"}}},
        {.key = "order.expired",
                .purpose = NOTIFICATION_PURPOSE_TRANSACTION,
                .channels = INBOX_AND_MAIL,
                .variables = {"order_id"},
                .words = {{"en", "Your order has expired",
                                  "Your order {{order_id}} was not paid in time and has ended."},
                        {"zh", "订单已过期",
                                "订单 {{order_id}} 未在规定时间内付款，已自动关闭。"}}},
        {.key = "shipment.shipped",
                .purpose = NOTIFICATION_PURPOSE_TRANSACTION,
                .channels = EVERYWHERE,
                .variables = {"order_id"},
                .words = {{"en", "Your parcel is on its way",
                                  "A parcel of your order {{order_id}} was handed to the carrier."},
                        {"zh", "包裹已发出", "订单 {{order_id}} 的包裹已交付承运商。"}}},
        {.key = "shipment.delivered",
                .purpose = NOTIFICATION_PURPOSE_TRANSACTION,
                .channels = EVERYWHERE,
                .variables = {"order_id"},
                .words = {{"en", "Your parcel has arrived",
                                  "A parcel of your order {{order_id}} was delivered."},
                        {"zh", "包裹已送达", "订单 {{order_id}} 的包裹已送达。"}}},
        {.key = "payment.refunded",
                .purpose = NOTIFICATION_PURPOSE_TRANSACTION,
                .channels = INBOX_AND_MAIL,
                .variables = {"order_id", "amount"},
                .words = {{"en", "Your money is on its way back",
                                  "{{amount}} of your order {{order_id}} were refunded."},
                        {"zh", "退款已完成", "订单 {{order_id}} 已退款 {{amount}}。"}}},
        {.key = "points.expiring",
                .purpose = NOTIFICATION_PURPOSE_PROGRAMME,
                .channels = INBOX_AND_MAIL,
                .variables = {"points", "date"},
                .words = {{"en", "Your points are about to expire",
                                  "{{points}} of your points expire on {{date}}."},
                        {"zh", "积分即将过期", "您有 {{points}} 积分将于 {{date}} 过期。"}}},
        {.key = "birthday.greeting",
                .purpose = NOTIFICATION_PURPOSE_CARE,
                .channels = EVERYWHERE,
                .words = {{"en", "Happy birthday", "Happy birthday, {{display_name}}!"},
                        {"zh", "生日快乐", "{{display_name}}，祝您生日快乐！"}}},
        {.key = "replenishment.reminder",
                .purpose = NOTIFICATION_PURPOSE_MARKETING,
                .channels = INBOX_AND_MAIL,
                .variables = {"product"},
                .words = {{"en", "Running low?", "It may be time to order {{product}} again."},
                        {"zh", "该补货了", "您可能需要再次购买 {{product}}。"}}},
        {.key = NULL},
};

const struct notice *notice_find(const char *key)
{
        const struct notice *notice = notices;

        while (notice->key != NULL && strcmp(notice->key, key) != 0)
                notice++;
        return notice->key == NULL ? NULL : notice;
}

size_t notice_variable_count(const struct notice *notice)
{
        size_t n = 0;

        while (n < NOTICE_VARIABLES_MAX && notice->variables[n] != NULL)
                n++;
        return n;
}

bool notice_has_code(const struct notice *notice)
{
        for (size_t i = 0; i < notice_variable_count(notice); i++)
                if (strcmp(notice->variables[i], "code") == 0)
                        return true;
        return false;
}
