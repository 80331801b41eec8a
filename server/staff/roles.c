/*
 * What a post may do, read from the same tables that the pipeline judges calls by. Refused: a
 * document beside the contract, which would soon tell of another shop.
 */
#include "server/staff/roles.h"

#include <string.h>
#include "shop.schema.h"

static enum scope allowed(const struct schema_method *method, enum role role)
{
        for (uint16_t i = 0; i < method->allow_count; i++)
                if (method->allow[i].role == role)
                        return method->allow[i].scope;
        return SCOPE_NONE;
}

static bool is_system_only(const struct schema_method *method)
{
        return method->allow_count == 1 && method->allow[0].role == ROLE_SYSTEM;
}

static enum scope scope_of(const struct schema_method *method, enum role role)
{
        enum scope anyone = allowed(method, ROLE_ANYONE), own = allowed(method, role);

        if (role == ROLE_ADMINISTRATOR && !is_system_only(method))
                return SCOPE_ALL;
        return own > anyone ? own : anyone;
}

static RoleMethod *describe_method(
        struct call *call, const struct schema_method *method, enum scope scope)
{
        RoleMethod *row = call_new(call, RoleMethod);

        *row = (RoleMethod)ROLE_METHOD_INIT;
        row->name = method->name;
        row->scope = (RowScope)scope;
        row->anyone = allowed(method, ROLE_ANYONE) != SCOPE_NONE;
        return row;
}

static const char *words_of(Post post)
{
        const struct schema_enum *posts = schema_enum(&shop_schema, "shop.governance.v1.Post");
        const ProtobufCEnumDescriptor *descriptor = posts->descriptor;

        for (unsigned i = 0; i < descriptor->n_values; i++)
                if (descriptor->values[i].value == (int)post)
                        for (unsigned n = 0; n < descriptor->n_values; n++)
                                if (strcmp(posts->values[n].name, descriptor->values[i].name) == 0)
                                        return posts->values[n].doc;
        return NULL;
}

RoleDescription *roles_describe(struct call *call, Post post, enum roles_detail detail)
{
        const struct schema *contract = &shop_schema;
        RoleDescription *role = call_new(call, RoleDescription);
        const char *words = words_of(post);

        if (words == NULL || post == POST_UNSPECIFIED)
                return NULL;
        *role = (RoleDescription)ROLE_DESCRIPTION_INIT;
        role->post = post;
        role->description = words;
        role->methods = call_array(call, RoleMethod *, contract->method_count);
        for (size_t i = 0; i < contract->method_count; i++) {
                const struct schema_method *method = &contract->methods[i];
                enum scope scope = scope_of(method, (enum role)post);

                if (scope == SCOPE_NONE)
                        continue;
                if (detail == ROLES_LISTED)
                        role->methods[role->n_methods++] = describe_method(call, method, scope);
                role->method_count++;
        }
        return role;
}
