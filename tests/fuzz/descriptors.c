/*
 * What a server says of its contract, as shopctl reads and shows it: whatever it says, every method
 * of the list can be asked for, and nothing comes out that a terminal would obey.
 */
#include "tools/shopctl/descriptors.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/utf8.h"
#include "lib/schema/decode.h"
#include "tests/fuzz/fuzz.h"

#define NAMES_MAX 8 /* that are described of one input */

/* As shopctl's own, but for the sizes (tools/shopctl/session.c). */
static const struct decode_limits limits = {
        .bytes_max = 1u << 20, .fields_max = 1u << 16, .memory_max = 16u << 20};

static bool is_harmless(int32_t point)
{
        return point == '\n' || (point >= ' ' && point < 0x7F) ||
               (point >= 0xA0 && point != 0x202E && point != 0x2066);
}

static void check_shown(const char *text, size_t len)
{
        struct bytes rest = bytes_of(text, len);

        while (rest.len > 0)
                assert(is_harmless(utf8_take(&rest)));
}

static void describe_some(const struct descriptors *descriptors, FILE *file)
{
        const Shop__GetContractResponse *contract = descriptors->contract;

        for (size_t i = 0; i < contract->n_methods && i < NAMES_MAX; i++)
                descriptors_describe(descriptors, file, contract->methods[i]->name);
        for (size_t i = 0; i < descriptors->set->n_file && i < NAMES_MAX; i++) {
                const Google__Protobuf__FileDescriptorProto *of = descriptors->set->file[i];

                if (of->n_message_type > 0 && of->message_type[0]->name != NULL)
                        assert(descriptors_describe(descriptors, file, of->message_type[0]->name));
                if (of->n_enum_type > 0 && of->enum_type[0]->name != NULL)
                        assert(descriptors_describe(descriptors, file, of->enum_type[0]->name));
        }
}

static void show_all(const struct descriptors *descriptors, enum output output)
{
        char *text = NULL;
        size_t len = 0;
        FILE *file = open_memstream(&text, &len);

        assert(file != NULL);
        assert(descriptors_list(descriptors, file, output, "") == descriptors->contract->n_methods);
        describe_some(descriptors, file);
        fclose(file);
        check_shown(text, len);
        free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct bytes input = bytes_of(data, size);
        enum output output = fuzz_byte(&input) % 2 == 0 ? OUTPUT_TEXT : OUTPUT_JSON;
        struct descriptors descriptors;
        struct arena arena;
        struct error error;

        arena_init(&arena);
        error_init(&error, &arena);
        const Shop__GetContractResponse *contract = decode_guarded(
                &arena, &shop__get_contract_response__descriptor, input, &limits, &error);

        if (contract != NULL && descriptors_read(&descriptors, &arena, contract, &error) == OK)
                show_all(&descriptors, output);
        else
                assert(error.code != OK && error.message[0] != '\0');
        arena_release(&arena);
        return 0;
}
