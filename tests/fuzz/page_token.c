/*
 * Page tokens. One that was made is read as what it was made of; one that was changed, or is read
 * for another method, filter or caller, leads nowhere; nobody but the shop makes one.
 */
#include "server/page_token.h"

#include "tests/fuzz/fuzz.h"

static const struct keyring *keyring(void)
{
        static struct keyring *only; /* made once: a keyring is expensive and never changes */

        if (only == NULL)
                only = keyring_from_seed(11);
        return only;
}

static void try_made(struct arena *arena, const struct page_scope *scope, struct bytes input)
{
        size_t at = fuzz_byte(&input);
        uint8_t change = fuzz_byte(&input) & 0x7F;
        struct page_scope other = *scope;
        char *token = page_token_make(arena, scope, input);
        struct bytes position;

        assert(page_token_read(arena, scope, token, &position));
        assert(bytes_equal(position, input));
        other.principal = bytes_of_text("somebody else");
        assert(!page_token_read(arena, &other, token, &position));
        other = *scope;
        other.filter = bytes_of_text("state");
        assert(!page_token_read(arena, &other, token, &position));
        token[at % strlen(token)] ^= (char)change;
        /* The last digit has bits that mean nothing. */
        if (page_token_read(arena, scope, token, &position))
                assert(bytes_equal(position, input));
}

static void try_foreign(struct arena *arena, const struct page_scope *scope, struct bytes input)
{
        char *token = arena_alloc(arena, input.len + 1);
        struct bytes position;

        if (input.len > 0)
                memcpy(token, input.data, input.len);
        assert(!page_token_read(arena, scope, token, &position));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        const struct page_scope scope = {
                .keyring = keyring(),
                .method = bytes_of_text("catalog.ListProducts"),
                .filter = bytes_of_text(""),
                .principal = bytes_of_text("m1"),
        };
        struct bytes input = bytes_of(data, size);
        uint8_t choice = fuzz_byte(&input);
        struct arena arena;

        arena_init(&arena);
        if (choice & 1)
                try_made(&arena, &scope, input);
        else
                try_foreign(&arena, &scope, input);
        arena_release(&arena);
        return 0;
}
