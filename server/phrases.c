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
        {"BAD_PAGE_TOKEN", "翻页标记无效。"},
        {"CART_EMPTY", "购物车是空的。"},
        {"METHOD_NOT_ALLOWED", "您没有权限执行此操作。"},
        {"ORDER_NOT_PAYABLE", "该订单当前无法支付。"},
        {"OUT_OF_STOCK", "库存不足，仅剩 {available} 件。"},
        {"QUOTE_CHANGED", "价格已变化，请确认新的报价。"},
        {"REQUIRED", "请填写 {field}。"},
        {"SERVER_DRAINING", "服务器正在停止，请稍后重试。"},
        {"TOKEN_EXPIRED", "登录已过期，请重新登录。"},
        {"TOKEN_MISSING", "请先登录。"},
        {"TOO_LARGE", "{field} 超出上限。"},
        {"TOO_LONG", "{field} 太长。"},
        {"TOO_SMALL", "{field} 低于下限。"},
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
