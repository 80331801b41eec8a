/*
 * What people read of a product. The caller's language first, then English, then whatever there
 * is: a name in a foreign language still tells more than none.
 */
#include "server/catalog/catalog.h"

#include <string.h>
#include "checkout.rows.h"
#include "lib/base/utf8.h"

#define LINE_TITLE_CHARS 120

/* "en" speaks for "en-GB" too. */
static bool speaks(const char *language, const char *wanted)
{
        size_t len = strcspn(language, "-");

        return len == strcspn(wanted, "-") && strncmp(language, wanted, len) == 0;
}

static const char *text_in(LocalText *const *texts, size_t count, const char *language)
{
        for (size_t i = 0; i < count; i++)
                if (speaks(texts[i]->language, language))
                        return texts[i]->text;
        return NULL;
}

const char *catalog_text(const struct call *call, LocalText *const *texts, size_t count)
{
        const char *text = text_in(texts, count, call->language);

        if (text == NULL)
                text = text_in(texts, count, "en");
        if (text == NULL)
                text = count > 0 ? texts[0]->text : "";
        return text;
}

static const char *cut_to(struct call *call, const char *text, size_t chars_max)
{
        struct bytes rest = bytes_of_text(text);

        for (size_t i = 0; i < chars_max && rest.len > 0; i++)
                utf8_take(&rest);
        if (rest.len == 0)
                return text;
        return call_printf(call, "%.*s", (int)(strlen(text) - rest.len), text);
}

const Product *catalog_product(struct call *call, const Variant *variant)
{
        return product_get_shared(call->txn, variant->product_id);
}

const char *catalog_line_title(struct call *call, const Product *product, const Variant *variant)
{
        const char *of_product =
                product == NULL ? "" : catalog_text(call, product->titles, product->n_titles);
        const char *of_variant = catalog_text(call, variant->titles, variant->n_titles);

        if (of_variant[0] == '\0')
                return cut_to(call, of_product, LINE_TITLE_CHARS);
        return cut_to(call, call_printf(call, "%s, %s", of_product, of_variant), LINE_TITLE_CHARS);
}

bool catalog_on_sale(const Product *product)
{
        return product != NULL && product->state == PRODUCT_STATE_LISTED;
}

const char *catalog_tax_class(const Product *product)
{
        return product == NULL || product->tax_class[0] == '\0' ? "standard" : product->tax_class;
}

bool catalog_check_tax_class(struct call *call, const char *tax_class, const char *field)
{
        if (tax_class[0] == '\0' || strcmp(tax_class, "standard") == 0 ||
                tax_rate_next(tax_rate_by_tax_class(call->txn, tax_class)) != NULL)
                return true;
        call_fail_field(call, field, "TAX_CLASS_UNKNOWN", "%s: there is no tax rate of class %s",
                field, tax_class);
        return false;
}
