/*
 * One table by reason. A word in braces is the fact of that name, {field} the field that was
 * refused, of a status the first. Refused: translating the English sentences, which say more than a
 * reason and change freely; a reason is stable. Whoever adds a sentence here must have a reason for
 * it in the code: a test of style looks.
 */
#include "server/phrases.h"

#include <string.h>

#include "lib/base/bytes.h"

struct phrase {
        const char *reason;
        const char *zh;
};

static const struct phrase phrases[] = {
        {"ACCOUNT_LOCKED", "账户已被暂时锁定，请稍后重试。"},
        {"ACTIVITY_UNKNOWN", "本店没有该项活动。"},
        {"ADDRESS_MISSING", "请填写收货地址。"},
        {"ADDRESS_TAKEN", "{field} 已被其他账户使用。"},
        {"AGENT_NOT_IN_TEAM", "该客服不属于此团队。"},
        {"AMOUNT_MISSING", "请填写到账金额。"},
        {"AMOUNT_TOO_LARGE", "订单金额太大。"},
        {"ATTEMPT_OPEN", "该订单正在支付中，请等待结果。"},
        {"AUDIT_RECORD_NOT_FOUND", "审计日志中没有该记录。"},
        {"BAD_CREDENTIALS", "账号或密码不正确。"},
        {"BAD_ENUM", "{field} 不是可选的值。"},
        {"BAD_FORMAT", "{field} 格式不正确。"},
        {"BAD_PAGE_TOKEN", "翻页标记无效。"},
        {"BAD_PLACEHOLDER", "{field} 中的占位符格式不正确。"},
        {"BAD_POSTAL_CODE", "{field} 与该国家或地区的邮政编码格式不符。"},
        {"BAD_UTF8", "{field} 含有无效字符。"},
        {"BAD_VALUE", "{field} 的值无效。"},
        {"BAD_VARIABLE", "变量名只能由小写字母、数字和下划线组成。"},
        {"BEFORE_MONTH_FROM", "结束月份不能早于开始月份。"},
        {"BIRTHDAY_FIXED", "生日暂时不能再修改。"},
        {"CART_EMPTY", "购物车是空的。"},
        {"CART_LINE_NOT_FOUND", "购物车中没有该商品。"},
        {"CART_NOT_ACTIVE", "该购物车已不可用。"},
        {"CART_TOO_LARGE", "购物车中的商品太多。"},
        {"CODE_TOO_SOON", "验证码发送过于频繁，请稍后重试。"},
        {"CODE_WRONG", "验证码不正确或已失效。"},
        {"CONSENT_NOT_NEEDED", "只有关怀和营销信息需要您的同意。"},
        {"COUNTRY_MISSING", "请填写国家或地区。"},
        {"CREDIT_EXCEEDED", "超出信用额度。"},
        {"CURRENCY_DIFFERS", "货币不一致。"},
        {"CURRENCY_MISSING", "请填写到账货币。"},
        {"DEADLINE_EXCEEDED", "请求超时，请重试。"},
        {"DECLINED_BY_ISSUER", "发卡行拒绝了此次支付。"},
        {"DEDUPE_KEY_TAKEN", "该编号的通知已发给他人。"},
        {"DUE_RAISED", "该订单有待付款项，请先付款。"},
        {"EDIT_CHANGED", "修改后的金额已变化，请重新确认。"},
        {"EDIT_EMPTY", "没有任何修改。"},
        {"ENDS_BEFORE_START", "结束时间必须晚于开始时间。"},
        {"ETAG_MISMATCH", "内容已被他人修改，请刷新后重试。"},
        {"EXCHANGE_NOT_PAID", "请先支付换货的差价。"},
        {"FIELD_UNKNOWN", "{field} 不是可用的条件。"},
        {"IMMUTABLE", "{field} 不能修改。"},
        {"IS_ADMINISTRATOR", "管理员的密码只能在停机后于服务器旁重置。"},
        {"LINE_HELD", "该商品正在换货中。"},
        {"LINE_NOT_FOUND", "订单中没有该商品。"},
        {"LINE_REPEATED", "{field} 重复了同一行。"},
        {"LOGIN_NAME_TAKEN", "该登录名已被使用。"},
        {"MALFORMED_MESSAGE", "请求的格式不正确。"},
        {"MASKED", "{field} 是隐藏后的内容，不能作为新值。"},
        {"MEMBER_PRICES", "该价目表本身就是会员价目表。"},
        {"METHOD_LIMIT", "金额超出该支付方式的限额。"},
        {"METHOD_NOT_ALLOWED", "您没有权限执行此操作。"},
        {"METHOD_NOT_OFFERED", "本店不提供该支付方式。"},
        {"MISSING_VARIABLE", "{field} 缺少必需的变量。"},
        {"MORE_THAN_AUTHORISED", "金额超过已授权的金额。"},
        {"NEGATIVE", "{field} 不能为负数。"},
        {"NOTHING_DUE", "没有需要支付的金额。"},
        {"NOT_AFTER_ACTIVE", "流失天数必须大于活跃天数。"},
        {"NOT_ALLOWED", "此处不能填写 {field}。"},
        {"NOT_AN_AGENT", "该人员不是在岗的客服。"},
        {"NOT_A_GUEST", "您已经登录。"},
        {"NOT_A_MONTH", "{field} 应为年份加月份，如 201012。"},
        {"NOT_A_PERSON", "管理员必须是人员，并由另外两人设立。"},
        {"NOT_A_SERVICE_POST", "只有客服岗位可以限定团队。"},
        {"NOT_A_STAFF_POST", "{field} 不是员工岗位。"},
        {"NOT_CANCELLABLE", "该兑换已不能取消。"},
        {"NOT_HIGHER", "{field} 必须高于前一等级。"},
        {"NOT_IN_INBOX", "收件箱中没有该通知。"},
        {"NOT_ON_SALE", "该商品已下架。"},
        {"NOT_TOGETHER", "{field} 不能与其他已填的内容同时填写。"},
        {"NOT_WRITTEN_THERE", "该国家或地区的地址没有 {field}。"},
        {"NOT_YOURS_TO_SAY", "{field} 只能由会员本人说明。"},
        {"NO_ACCOUNT", "没有使用 {field} 的账户。"},
        {"NO_CREDIT_LINE", "没有可用的信用额度。"},
        {"NO_GATEWAY", "站内信不经过任何通道。"},
        {"NO_PASSWORD", "该账户没有密码。"},
        {"NO_PRICE", "该商品暂无价格。"},
        {"NO_REVISION_WAITS", "没有等待付款的修改。"},
        {"NO_SUBJECT", "短信没有标题。"},
        {"NO_SUCH_DAY", "该月份没有这一天。"},
        {"NO_SUCH_LINE", "订单中没有 {field} 所指的商品。"},
        {"OPERATOR_UNFIT", "{field} 的比较方式不适用。"},
        {"ORDER_ENDED", "该订单已结束。"},
        {"ORDER_NOT_PAID", "该订单尚未支付。"},
        {"ORDER_NOT_PAYABLE", "该订单当前无法支付。"},
        {"ORDER_SHIPPED", "该订单已发货。"},
        {"OUTPUT_ONLY", "{field} 不能由您设置。"},
        {"OUT_OF_RANGE", "{field} 超出允许范围。"},
        {"OUT_OF_STOCK", "库存不足，仅剩 {available} 件。"},
        {"PARCEL_PACKED", "商品已打包，无法修改。"},
        {"PASSWORD_COMMON", "该密码过于常见，请换一个。"},
        {"PASSWORD_IS_NAME", "密码不能与名称相同。"},
        {"PERIOD_MISSING", "上限和周期必须一起填写。"},
        {"POINTS_NOT_AVAILABLE", "积分不足。"},
        {"PRICE_LIST_NOT_ALLOWED", "您不能使用该价目表。"},
        {"PRODUCT_NOT_LISTED", "该商品未上架。"},
        {"PROGRAMME_NONE", "本店目前没有会员积分计划。"},
        {"QUANTITY_TOO_LARGE", "数量太大。"},
        {"QUEUE_FULL", "系统繁忙，请稍后重试。"},
        {"QUOTE_CHANGED", "价格已变化，请确认新的报价。"},
        {"RATE_LIMITED", "操作过于频繁，请稍后重试。"},
        {"RATING_NOT_OWN", "只有本人可以评价该售后单。"},
        {"REFRESH_TOKEN_UNKNOWN", "登录已失效，请重新登录。"},
        {"REPEATED", "{field} 重复了。"},
        {"REQUEST_ID_EXPIRED", "请求已过期，请重新提交。"},
        {"REQUEST_ID_REUSED", "该请求编号已被使用。"},
        {"REQUIRED", "请填写 {field}。"},
        {"RETURN_ALREADY_RATED", "该售后单已评价。"},
        {"RETURN_ALREADY_REFUNDED", "该售后单已退款。"},
        {"RETURN_NOT_WITHDRAWABLE", "该售后单已不能撤销。"},
        {"RETURN_WINDOW_CLOSED", "已超过退货期限。"},
        {"REWARD_CAP", "已达到该奖励的兑换次数上限。"},
        {"REWARD_GONE", "该奖励已兑完。"},
        {"REWARD_NOT_OFFERED", "该奖励目前不能兑换。"},
        {"SAME_PASSWORD", "新密码不能与旧密码相同。"},
        {"SERVER_BUSY", "系统繁忙，请稍后重试。"},
        {"SERVER_DRAINING", "服务器正在停止，请稍后重试。"},
        {"SERVER_OVERLOADED", "系统繁忙，请稍后重试。"},
        {"SHIPPING_MISSING", "请选择配送方式。"},
        {"SHIPPING_NOT_POSSIBLE", "该配送方式不能送达此地址。"},
        {"SHOPS_OWN_NOTICE", "该通知只能由系统发送。"},
        {"SHOPS_OWN_PURPOSE", "验证码和安全提醒只能由系统发送。"},
        {"SLUG_TAKEN", "{field} 已被使用。"},
        {"STAFF_PRICE_NOT_ALLOWED", "您不能指定价格。"},
        {"TAX_CLASS_UNKNOWN", "没有该税类的税率。"},
        {"TEMPLATE_DIFFERS", "{field} 与同一模板的其他语言不一致。"},
        {"TEMPLATE_UNKNOWN", "没有该模板。"},
        {"TEMPLATE_VARIABLES", "该模板只能有一个变量 stage。"},
        {"TERMS_DIFFER", "两个价目表的货币、含税方式和所在地必须相同。"},
        {"TEXTS_UNFIT", "{field} 不适用于数字条件。"},
        {"TEXT_UNKNOWN", "{field} 中有不存在的值。"},
        {"TICKET_RESOLVED", "该工单已经解决。"},
        {"TIER_TOO_LOW", "您的会员等级还不能兑换该奖励。"},
        {"TIME_IS_AHEAD", "{field} 还没有到来。"},
        {"TIME_IS_FUTURE", "{field} 不能在将来。"},
        {"TIME_IS_PAST", "{field} 必须在将来。"},
        {"TOKEN_EXPIRED", "登录已过期，请重新登录。"},
        {"TOKEN_MISSING", "请先登录。"},
        {"TOKEN_UNKNOWN", "登录无效，请重新登录。"},
        {"TOO_FEW", "{field} 太少。"},
        {"TOO_LARGE", "{field} 超出上限。"},
        {"TOO_LONG", "{field} 太长。"},
        {"TOO_MANY", "{field} 太多。"},
        {"TOO_MANY_AT_ONCE", "同时进行的请求过多，请稍后重试。"},
        {"TOO_MANY_LINES", "订单中的商品种类太多。"},
        {"TOO_MANY_MONTHS", "月份范围太大。"},
        {"TOO_MANY_RESELLABLE", "{field} 超过了该行的数量。"},
        {"TOO_MANY_UNITS", "单项商品的数量太多。"},
        {"TOO_MANY_UNITS_HELD", "未付款订单占用的库存过多。"},
        {"TOO_MANY_WAITS", "等待中的请求过多。"},
        {"TOO_SHORT", "{field} 太短。"},
        {"TOO_SMALL", "{field} 低于下限。"},
        {"UNITS_ASKED_BACK", "该商品已在其他售后单中。"},
        {"UNITS_NOT_DELIVERED", "商品尚未送达。"},
        {"UNITS_NOT_OPEN", "商品已不能取消。"},
        {"UNKNOWN_FIELD", "没有名为 {field} 的字段。"},
        {"UNKNOWN_VARIABLE", "{field} 中有未定义的变量。"},
        {"VALUE_TOO_LARGE", "{field} 超出上限。"},
        {"VALUE_UNFIT", "{field} 不适用于文字条件。"},
        {"VARIABLE_TAKEN", "{field} 中有重名的变量。"},
        {"ZONE_CHANGED", "不能改到其他国家或地区。"},
};

static const char *value_of(
        const struct error *error, const char *field, const char *name, size_t len)
{
        if (len == strlen("field") && memcmp(name, "field", len) == 0)
                return field;
        for (const struct error_fact *fact = error->facts; fact != NULL; fact = fact->next)
                if (strlen(fact->name) == len && memcmp(fact->name, name, len) == 0)
                        return fact->value;
        return NULL;
}

/* NULL where a value is missing. */
static const char *fill_in(const struct error *error, const char *field, const char *phrase)
{
        const char *text = "";
        const char *brace;

        while ((brace = strchr(phrase, '{')) != NULL) {
                size_t len = strcspn(brace + 1, "}");
                const char *value = value_of(error, field, brace + 1, len);

                if (value == NULL)
                        return NULL;
                text = arena_printf(
                        error->arena, "%s%.*s%s", text, (int)(brace - phrase), phrase, value);
                phrase = brace + 1 + len + 1;
        }
        return arena_printf(error->arena, "%s%s", text, phrase);
}

/* The sentence for a reason, or NULL. field: what it is about, or NULL. */
static const char *sentence(const struct error *error, const char *reason, const char *field)
{
        for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
                if (strcmp(phrases[i].reason, reason) == 0)
                        return fill_in(error, field, phrases[i].zh);
        return NULL;
}

/* In copies: the list may be another error's as well. */
static void localize_violations(struct error *error, const char *language)
{
        struct violation **end = &error->violations;

        for (const struct violation *at = error->violations; at != NULL; at = at->next) {
                struct violation *copy = arena_new(error->arena, struct violation);

                *copy = *at;
                copy->localized = sentence(error, at->reason, at->field);
                copy->locale = copy->localized == NULL ? NULL : language;
                *end = copy;
                end = &copy->next;
        }
}

void phrases_localize(struct error *error, const char *language)
{
        if (strcmp(language, "zh") != 0)
                return;
        error->localized = sentence(
                error, error->reason, error->violations == NULL ? NULL : error->violations->field);
        error->locale = error->localized == NULL ? NULL : language;
        localize_violations(error, language);
}
