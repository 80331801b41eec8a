/*
 * One table by reason. A word in braces is the fact of that name, {field} the first field that was
 * refused. Refused: translating the English sentences, which say more than a reason and change
 * freely; a reason is stable. Whoever adds a sentence here must have a reason for it in the code:
 * a test of style looks.
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
        {"ADDRESS_MISSING", "请填写收货地址。"},
        {"ATTEMPT_OPEN", "该订单正在支付中，请等待结果。"},
        {"BAD_CREDENTIALS", "账号或密码不正确。"},
        {"BAD_FORMAT", "{field} 格式不正确。"},
        {"BAD_PAGE_TOKEN", "翻页标记无效。"},
        {"CART_EMPTY", "购物车是空的。"},
        {"CART_LINE_NOT_FOUND", "购物车中没有该商品。"},
        {"CART_NOT_ACTIVE", "该购物车已不可用。"},
        {"CART_TOO_LARGE", "购物车中的商品太多。"},
        {"COUNTRY_MISSING", "请填写国家或地区。"},
        {"CREDIT_EXCEEDED", "超出信用额度。"},
        {"CURRENCY_DIFFERS", "货币不一致。"},
        {"DEADLINE_EXCEEDED", "请求超时，请重试。"},
        {"DECLINED_BY_ISSUER", "发卡行拒绝了此次支付。"},
        {"EDIT_CHANGED", "修改后的金额已变化，请重新确认。"},
        {"EDIT_EMPTY", "没有任何修改。"},
        {"ETAG_MISMATCH", "内容已被他人修改，请刷新后重试。"},
        {"LINE_NOT_FOUND", "订单中没有该商品。"},
        {"METHOD_LIMIT", "金额超出该支付方式的限额。"},
        {"METHOD_NOT_ALLOWED", "您没有权限执行此操作。"},
        {"METHOD_NOT_OFFERED", "本店不提供该支付方式。"},
        {"NOTHING_DUE", "没有需要支付的金额。"},
        {"NOT_ON_SALE", "该商品已下架。"},
        {"NO_CREDIT_LINE", "没有可用的信用额度。"},
        {"NO_PRICE", "该商品暂无价格。"},
        {"ORDER_ENDED", "该订单已结束。"},
        {"ORDER_NOT_PAID", "该订单尚未支付。"},
        {"ORDER_NOT_PAYABLE", "该订单当前无法支付。"},
        {"ORDER_SHIPPED", "该订单已发货。"},
        {"OUTPUT_ONLY", "{field} 不能由您设置。"},
        {"OUT_OF_RANGE", "{field} 超出允许范围。"},
        {"OUT_OF_STOCK", "库存不足，仅剩 {available} 件。"},
        {"PARCEL_PACKED", "商品已打包，无法修改。"},
        {"PRICE_LIST_NOT_ALLOWED", "您不能使用该价目表。"},
        {"PRODUCT_NOT_LISTED", "该商品未上架。"},
        {"QUANTITY_TOO_LARGE", "数量太大。"},
        {"QUEUE_FULL", "系统繁忙，请稍后重试。"},
        {"QUOTE_CHANGED", "价格已变化，请确认新的报价。"},
        {"RATE_LIMITED", "操作过于频繁，请稍后重试。"},
        {"REQUEST_ID_EXPIRED", "请求已过期，请重新提交。"},
        {"REQUEST_ID_REUSED", "该请求编号已被使用。"},
        {"REQUIRED", "请填写 {field}。"},
        {"RETURN_ALREADY_RATED", "该售后单已评价。"},
        {"RETURN_ALREADY_REFUNDED", "该售后单已退款。"},
        {"RETURN_NOT_WITHDRAWABLE", "该售后单已不能撤销。"},
        {"RETURN_WINDOW_CLOSED", "已超过退货期限。"},
        {"SERVER_DRAINING", "服务器正在停止，请稍后重试。"},
        {"SERVER_OVERLOADED", "系统繁忙，请稍后重试。"},
        {"SHIPPING_MISSING", "请选择配送方式。"},
        {"SHIPPING_NOT_POSSIBLE", "该配送方式不能送达此地址。"},
        {"TOKEN_EXPIRED", "登录已过期，请重新登录。"},
        {"TOKEN_MISSING", "请先登录。"},
        {"TOKEN_UNKNOWN", "登录无效，请重新登录。"},
        {"TOO_FEW", "{field} 太少。"},
        {"TOO_LARGE", "{field} 超出上限。"},
        {"TOO_LONG", "{field} 太长。"},
        {"TOO_MANY", "{field} 太多。"},
        {"TOO_MANY_UNITS_HELD", "未付款订单占用的库存过多。"},
        {"TOO_MANY_WAITS", "等待中的请求过多。"},
        {"TOO_SHORT", "{field} 太短。"},
        {"TOO_SMALL", "{field} 低于下限。"},
        {"UNITS_NOT_DELIVERED", "商品尚未送达。"},
        {"UNITS_NOT_OPEN", "商品已不能取消。"},
        {"UNKNOWN_FIELD", "没有名为 {field} 的字段。"},
};

static const char *value_of(const struct error *error, const char *name, size_t len)
{
        if (len == strlen("field") && memcmp(name, "field", len) == 0)
                return error->violations == NULL ? NULL : error->violations->field;
        for (const struct error_fact *fact = error->facts; fact != NULL; fact = fact->next)
                if (strlen(fact->name) == len && memcmp(fact->name, name, len) == 0)
                        return fact->value;
        return NULL;
}

/* NULL where a value is missing. */
static const char *fill_in(const struct error *error, const char *phrase)
{
        const char *text = "";
        const char *brace;

        while ((brace = strchr(phrase, '{')) != NULL) {
                size_t len = strcspn(brace + 1, "}");
                const char *value = value_of(error, brace + 1, len);

                if (value == NULL)
                        return NULL;
                text = arena_printf(
                        error->arena, "%s%.*s%s", text, (int)(brace - phrase), phrase, value);
                phrase = brace + 1 + len + 1;
        }
        return arena_printf(error->arena, "%s%s", text, phrase);
}

void phrases_localize(struct error *error, const char *language)
{
        if (strcmp(language, "zh") != 0)
                return;
        for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
                if (strcmp(phrases[i].reason, error->reason) != 0)
                        continue;
                error->localized = fill_in(error, phrases[i].zh);
                error->locale = error->localized == NULL ? NULL : "zh";
        }
}
