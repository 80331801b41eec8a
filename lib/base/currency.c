/*
 * The active codes of ISO 4217 (list one, without funds, metals and test codes) by their
 * exponents, which the standard calls minor units. Each list is sorted.
 *
 * Refused: any three capitals with exponent 2. A code nobody knows is a typing error, and the
 * yen has no cents.
 */
#include "lib/base/money.h"

#include <stdlib.h>
#include <string.h>

struct code {
        char text[4];
};

static const struct code no_decimals[] = {
        {"BIF"},
        {"CLP"},
        {"DJF"},
        {"GNF"},
        {"ISK"},
        {"JPY"},
        {"KMF"},
        {"KRW"},
        {"PYG"},
        {"RWF"},
        {"UGX"},
        {"UYI"},
        {"VND"},
        {"VUV"},
        {"XAF"},
        {"XOF"},
        {"XPF"},
};

static const struct code two_decimals[] = {
        {"AED"},
        {"AFN"},
        {"ALL"},
        {"AMD"},
        {"ANG"},
        {"AOA"},
        {"ARS"},
        {"AUD"},
        {"AWG"},
        {"AZN"},
        {"BAM"},
        {"BBD"},
        {"BDT"},
        {"BGN"},
        {"BMD"},
        {"BND"},
        {"BOB"},
        {"BRL"},
        {"BSD"},
        {"BTN"},
        {"BWP"},
        {"BYN"},
        {"BZD"},
        {"CAD"},
        {"CDF"},
        {"CHF"},
        {"CNY"},
        {"COP"},
        {"CRC"},
        {"CUP"},
        {"CVE"},
        {"CZK"},
        {"DKK"},
        {"DOP"},
        {"DZD"},
        {"EGP"},
        {"ERN"},
        {"ETB"},
        {"EUR"},
        {"FJD"},
        {"FKP"},
        {"GBP"},
        {"GEL"},
        {"GHS"},
        {"GIP"},
        {"GMD"},
        {"GTQ"},
        {"GYD"},
        {"HKD"},
        {"HNL"},
        {"HTG"},
        {"HUF"},
        {"IDR"},
        {"ILS"},
        {"INR"},
        {"IRR"},
        {"JMD"},
        {"KES"},
        {"KGS"},
        {"KHR"},
        {"KPW"},
        {"KYD"},
        {"KZT"},
        {"LAK"},
        {"LBP"},
        {"LKR"},
        {"LRD"},
        {"LSL"},
        {"MAD"},
        {"MDL"},
        {"MGA"},
        {"MKD"},
        {"MMK"},
        {"MNT"},
        {"MOP"},
        {"MRU"},
        {"MUR"},
        {"MVR"},
        {"MWK"},
        {"MXN"},
        {"MYR"},
        {"MZN"},
        {"NAD"},
        {"NGN"},
        {"NIO"},
        {"NOK"},
        {"NPR"},
        {"NZD"},
        {"PAB"},
        {"PEN"},
        {"PGK"},
        {"PHP"},
        {"PKR"},
        {"PLN"},
        {"QAR"},
        {"RON"},
        {"RSD"},
        {"RUB"},
        {"SAR"},
        {"SBD"},
        {"SCR"},
        {"SDG"},
        {"SEK"},
        {"SGD"},
        {"SHP"},
        {"SLE"},
        {"SOS"},
        {"SRD"},
        {"SSP"},
        {"STN"},
        {"SVC"},
        {"SYP"},
        {"SZL"},
        {"THB"},
        {"TJS"},
        {"TMT"},
        {"TOP"},
        {"TRY"},
        {"TTD"},
        {"TWD"},
        {"TZS"},
        {"UAH"},
        {"USD"},
        {"UYU"},
        {"UZS"},
        {"VED"},
        {"VES"},
        {"WST"},
        {"XCD"},
        {"XCG"},
        {"YER"},
        {"ZAR"},
        {"ZMW"},
        {"ZWG"},
};

static const struct code three_decimals[] = {
        {"BHD"},
        {"IQD"},
        {"JOD"},
        {"KWD"},
        {"LYD"},
        {"OMR"},
        {"TND"},
};

static const struct code four_decimals[] = {
        {"CLF"},
        {"UYW"},
};

#define LIST(codes)                                                                                \
        {                                                                                          \
                (codes), sizeof(codes) / sizeof((codes)[0])                                        \
        }

static const struct {
        const struct code *codes;
        size_t count;
} lists[] = {
        [0] = LIST(no_decimals),
        [2] = LIST(two_decimals),
        [3] = LIST(three_decimals),
        [4] = LIST(four_decimals),
};

static int compare(const void *text, const void *code)
{
        return strcmp(text, ((const struct code *)code)->text);
}

int currency_exponent(const char *code)
{
        for (int i = 4; i >= 0; i--)
                if (lists[i].count > 0 &&
                        bsearch(code, lists[i].codes, lists[i].count, sizeof(struct code), compare))
                        return i;
        return -1;
}
