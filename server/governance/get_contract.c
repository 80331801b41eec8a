/*
 * Reflection. The contract's descriptors are in the program as one encoded FileDescriptorSet, with
 * the internal files among them; those are left out here, by going over the set's files without
 * decoding them: a FileDescriptorProto's name is its first field. Refused: a second set without
 * them in the program, a hundred kilobytes for a call that is made twice a year.
 */
#include <string.h>
#include "governance.handlers.h"
#include "server/pipeline.h"

#define TAG_LEN_1      0x0a /* field 1, length-delimited: a set's file, a file's name */
#define INTERNAL       "internal.proto"
#define VARINT_LEN_MAX 5

/* The program's own bytes: a field that does not fit is our bug and ends the walk. */
static struct bytes take_field_1(struct bytes from)
{
        size_t len = 0, at = 1;

        if (from.len == 0 || from.data[0] != TAG_LEN_1)
                return (struct bytes){0};
        for (unsigned shift = 0; at < from.len && at <= VARINT_LEN_MAX; shift += 7) {
                uint8_t byte = from.data[at++];

                len |= (size_t)(byte & 0x7f) << shift;
                if (byte < 0x80)
                        return len <= from.len - at ? bytes_of(from.data + at, len)
                                                    : (struct bytes){0};
        }
        return (struct bytes){0};
}

static bool is_internal(struct bytes name)
{
        const size_t len = strlen(INTERNAL);

        return name.len >= len && memcmp(name.data + name.len - len, INTERNAL, len) == 0;
}

static ProtobufCBinaryData public_files(struct call *call, struct bytes set)
{
        ProtobufCBinaryData out = {.data = call_array(call, uint8_t, set.len)};

        while (set.len > 0) {
                struct bytes file = take_field_1(set);

                if (file.data == NULL)
                        break;
                size_t whole = (size_t)(file.data - set.data) + file.len;

                if (!is_internal(take_field_1(file))) {
                        memcpy(out.data + out.len, set.data, whole);
                        out.len += whole;
                }
                set = bytes_of(set.data + whole, set.len - whole);
        }
        return out;
}

/* What only the shop itself may call is no part of what others see. */
static bool is_for_others(const struct schema_method *method)
{
        for (uint16_t i = 0; i < method->allow_count; i++)
                if (method->allow[i].role != ROLE_SYSTEM)
                        return true;
        return false;
}

enum status governance_get_contract(
        struct call *call, const GetContractRequest *request, GetContractResponse *response)
{
        const struct schema *schema = call_schema(call);

        response->descriptor_set = public_files(call, schema->descriptor_set);
        response->methods = call_array(call, MethodSummary *, schema->method_count);
        for (size_t i = 0; i < schema->method_count; i++) {
                MethodSummary *summary = call_new(call, MethodSummary);

                if (!is_for_others(&schema->methods[i]))
                        continue;
                *summary = (MethodSummary)METHOD_SUMMARY_INIT;
                summary->name = schema->methods[i].name;
                summary->description = schema->methods[i].doc;
                response->methods[response->n_methods++] = summary;
        }
        return OK;
}
