/* How addresses are told apart and counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <arpa/inet.h>
#include <cmocka.h>
#include <stdio.h>
#include "lib/rpc/addresses.h"

static void each_address_has_its_number(void **state)
{
        struct addresses *addresses = addresses_new(2);

        assert_true(addresses_take(addresses, "1.2.3.4"));
        assert_true(addresses_take(addresses, "1.2.3.4"));
        assert_false(addresses_take(addresses, "1.2.3.4"));
        assert_true(addresses_take(addresses, "1.2.3.5"));
        addresses_give(addresses, "1.2.3.4");
        assert_true(addresses_take(addresses, "1.2.3.4"));
        assert_false(addresses_take(addresses, "1.2.3.4"));
        addresses_give(addresses, "1.2.3.5");
        addresses_free(addresses);
}

/* More than there are lists; half of them go, out of their middle. */
static void many_addresses_do_not_meet(void **state)
{
        struct addresses *addresses = addresses_new(1);
        char peer[32];

        for (int i = 0; i < 5000; i++) {
                snprintf(peer, sizeof(peer), "10.0.%d.%d", i / 256, i % 256);
                assert_true(addresses_take(addresses, peer));
        }
        for (int round = 0; round < 2; round++) {
                for (int i = round; i < 5000; i += 2) {
                        snprintf(peer, sizeof(peer), "10.0.%d.%d", i / 256, i % 256);
                        assert_false(addresses_take(addresses, peer));
                        addresses_give(addresses, peer);
                        assert_true(addresses_take(addresses, peer));
                        addresses_give(addresses, peer);
                }
        }
        addresses_free(addresses);
}

static void text_is_what_callers_are_limited_by(void **state)
{
        static const struct {
                const char *address;
                const char *peer;
        } cases[] = {
                {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
                {"2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"},
                {"2001:db8:1:3::1", "2001:db8:1:3::/64"},
                {"::1", "::/64"},
                {"::ffff:192.0.2.7", "192.0.2.7"},
                {"::fffe:192.0.2.7", "::/64"},
        };
        char peer[PEER_LEN_MAX + 1];
        struct in6_addr ipv6;
        struct in_addr ipv4;

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                assert_int_equal(inet_pton(AF_INET6, cases[i].address, &ipv6), 1);
                address_of_ipv6(ipv6.s6_addr, peer);
                assert_string_equal(peer, cases[i].peer);
        }
        assert_int_equal(inet_pton(AF_INET, "192.0.2.7", &ipv4), 1);
        address_of_ipv4(ipv4.s_addr, peer);
        assert_string_equal(peer, "192.0.2.7");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(each_address_has_its_number),
                cmocka_unit_test(many_addresses_do_not_meet),
                cmocka_unit_test(text_is_what_callers_are_limited_by),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
