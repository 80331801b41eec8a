/* The constants that shelf.proto becomes, looked at as lib/ and the pipeline look at them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "lib/schema/schema.h"
#include "google/protobuf/descriptor.pb-c.h"
#include "shelf.pb-c.h"
#include "shop.schema.h"

static const struct schema_message *message(const char *full_name)
{
        const struct schema_message *found = schema_message(&shop_schema, full_name);

        assert_non_null(found);
        return found;
}

static const struct schema_field *field(const struct schema_message *of, const char *name)
{
        uint16_t position = schema_field_named(of, name);

        assert_int_not_equal(position, SCHEMA_NONE);
        return &of->fields[position];
}

static const struct schema_table *table(const char *name)
{
        const struct schema_table *found = schema_table_named(&shop_schema, name);

        assert_non_null(found);
        return found;
}

static const struct schema_method *method(const char *name)
{
        const struct schema_method *found = schema_method(&shop_schema, bytes_of_text(name));

        assert_non_null(found);
        return found;
}

static void assert_fields(const struct schema_table *of, const uint16_t *positions, size_t count,
        const char *const *names)
{
        for (size_t i = 0; i < count; i++)
                assert_string_equal(of->message->descriptor->fields[positions[i]].name, names[i]);
}

static void test_lists_are_sorted(void **state)
{
        assert_int_equal(shop_schema.table_count, 8);
        for (size_t i = 1; i < shop_schema.table_count; i++)
                assert_true(shop_schema.tables[i - 1]->number < shop_schema.tables[i]->number);
        for (size_t i = 1; i < shop_schema.message_count; i++)
                assert_true(strcmp(shop_schema.messages[i - 1]->descriptor->name,
                                    shop_schema.messages[i]->descriptor->name) < 0);
        assert_int_equal(shop_schema.method_count, 8);
        for (size_t i = 1; i < shop_schema.method_count; i++)
                assert_true(
                        strcmp(shop_schema.methods[i - 1].name, shop_schema.methods[i].name) < 0);
        assert_int_equal(shop_schema.enum_count, 1);
}

static void test_docs(void **state)
{
        assert_string_equal(message("shop.shelf.v1.Book")->doc,
                "What is read. Its comment has two lines.\nAnd a second paragraph.");
        assert_string_equal(
                field(message("shop.shelf.v1.Book"), "isbn")->doc, "Its number in the trade.");
        assert_string_equal(method("shelf.TakeBook")->doc,
                "Takes a book off.\nSays \"thank you\" \\o/ and ends */ no comment.");
        assert_string_equal(shop_schema.enums[0]->doc, "Where a book stands.");
}

/* Positions follow numbers, not the order of declaration. */
static void test_enum_values_in_order_of_numbers(void **state)
{
        const struct schema_enum *states = shop_schema.enums[0];

        assert_int_equal(states->descriptor->n_values, 3);
        for (unsigned i = 0; i < states->descriptor->n_values; i++)
                assert_string_equal(states->values[i].name, states->descriptor->values[i].name);
        assert_string_equal(states->values[1].doc, "On the shelf.");
}

static void test_rules(void **state)
{
        const struct schema_message *book = message("shop.shelf.v1.Book");
        const struct schema_field *isbn = field(book, "isbn");
        const struct schema_field *authors = field(book, "authors");
        const struct schema_field *pages = field(book, "pages");

        assert_int_equal(isbn->len_min, 10);
        assert_int_equal(isbn->len_max, 17);
        assert_int_equal(isbn->format, FORMAT_SLUG);
        assert_int_equal(authors->items_min, 1);
        assert_int_equal(authors->items_max, 3);
        assert_int_equal(authors->len_max, 40);
        assert_int_equal(authors->flags, SCHEMA_PERSONAL | SCHEMA_WEAK);
        assert_int_equal(pages->flags, SCHEMA_HAS_MIN | SCHEMA_HAS_MAX);
        assert_true(pages->min == INT64_MIN && pages->max == INT64_MAX);
        assert_int_equal(field(book, "pin")->flags, SCHEMA_SECRET | SCHEMA_INPUT_ONLY);
        assert_int_equal(field(book, "reader_id")->flags, SCHEMA_IMMUTABLE);
        assert_ptr_equal(field(book, "reader_id")->ref, table("Reader"));
        assert_int_equal(field(book, "size")->flags, SCHEMA_REQUIRED);
        assert_ptr_equal(field(book, "size")->message, message("shop.box.v1.BoxSize"));
        assert_int_equal(field(message("shop.box.v1.BoxSize"), "height")->min, -5);
        assert_int_equal(
                field(message("shop.shelf.v1.TakeBookRequest"), "id")->flags, SCHEMA_REQUIRED);
}

static void test_defaults(void **state)
{
        const struct schema_message *book = message("shop.shelf.v1.Book");

        assert_int_equal(field(book, "chapters")->flags, SCHEMA_CHILD);
        assert_int_equal(field(book, "chapters")->items_max, 2000);
        assert_int_equal(
                field(message("shop.shelf.v1.ListBooksResponse"), "books")->items_max, 100);
        assert_int_equal(
                field(message("shop.shelf.v1.ListBooksResponse"), "next_page_token")->len_max, 256);
}

static void test_tables(void **state)
{
        const struct schema_table *book = table("Book"), *reader = table("Reader");

        assert_int_equal(book->number, 2);
        assert_ptr_equal(book->message->table, book);
        assert_int_equal(book->key_count, 1);
        assert_fields(book, book->key, 1, (const char *const[]){"id"});
        assert_fields(book, &book->owner, 1, (const char *const[]){"reader_id"});
        assert_fields(book, &book->etag, 1, (const char *const[]){"etag"});
        assert_true(book->under_owner);
        assert_false(reader->under_owner);
        assert_int_equal(reader->owner, 0);
        assert_int_equal(reader->etag, SCHEMA_NONE);
        assert_true(table("Note")->log && table("Note")->chained);
        assert_true(table("Chapter")->large);
        assert_int_equal(table("Wait")->key_count, 2);
}

static void test_children(void **state)
{
        const struct schema_table *book = table("Book"), *chapter = table("Chapter");

        assert_ptr_equal(chapter->parent, book);
        assert_int_equal(book->child_count, 1);
        assert_ptr_equal(book->children[0].table, chapter);
        assert_fields(book, &book->children[0].field, 1, (const char *const[]){"chapters"});
        assert_int_equal(chapter->child_count, 0);
}

static void test_indexes(void **state)
{
        const struct schema_table *book = table("Book");
        const struct schema_index *index = book->indexes;

        assert_int_equal(book->index_count, 4);
        assert_int_equal(index[0].number, 1);
        assert_string_equal(index[0].name, "reader_id_state_create_time");
        assert_int_equal(index[0].field_count, 3);
        assert_fields(book, index[0].fields, 3,
                (const char *const[]){"reader_id", "state", "create_time"});
        assert_true(index[0].under_owner && !index[0].unique && !index[0].sparse);
        assert_true(!index[1].under_owner && index[1].unique && index[1].sparse);
        assert_int_equal(table("Cask")->indexes[0].number, 7);
}

static void test_what_is_personal(void **state)
{
        const struct schema_table *book = table("Book"), *guest = table("Guest");

        assert_int_equal(book->sealed_count, 1);
        assert_fields(book, book->sealed, 1, (const char *const[]){"authors"});
        assert_false(book->forget || book->indexes[0].blind);
        assert_int_equal(guest->sealed_count, 2);
        assert_fields(guest, guest->sealed, 2, (const char *const[]){"email", "taken"});
        assert_true(guest->forget && guest->indexes[0].blind);
        assert_int_equal(table("Chapter")->sealed_count, 0);
        assert_ptr_equal(shop_schema.owner_keys, table("CaskKey"));
        assert_true(method("shelf.GetBook")->personal);
        assert_true(method("shelf.ListBooks")->personal);
        assert_false(method("shelf.DeleteBook")->personal);
}

static void test_custom_method(void **state)
{
        const struct schema_method *take = method("shelf.TakeBook");

        assert_string_equal(take->full_name, "shop.shelf.v1.ShelfService/TakeBook");
        assert_int_equal(take->lane, LANE_SLOW);
        assert_int_equal(take->kind, METHOD_CUSTOM);
        assert_null(take->table);
        assert_true(take->prepare && take->secret);
        assert_ptr_equal(take->request, message("shop.shelf.v1.TakeBookRequest"));
        assert_ptr_equal(take->response, message("shop.shelf.v1.Book"));
        assert_int_equal(take->allow_count, 1);
        assert_int_equal(take->allow[0].role, ROLE_MEMBER);
        assert_int_equal(take->allow[0].scope, SCOPE_OWN);
        assert_int_equal(take->resource, SCHEMA_NONE);
        assert_ptr_equal(method("shelf.Sweep")->response, message("google.protobuf.Empty"));
}

static void test_standard_methods(void **state)
{
        const struct schema_method *update = method("shelf.UpdateBook");

        assert_int_equal(method("shelf.GetBook")->kind, METHOD_GET);
        assert_int_equal(method("shelf.GetBook")->allow[1].role, ROLE_ANALYST);
        assert_int_equal(method("shelf.DeleteBook")->kind, METHOD_DELETE);
        assert_int_equal(method("shelf.CreateBook")->kind, METHOD_CREATE);
        assert_int_equal(method("shelf.CreateBook")->resource, 0);
        assert_int_equal(update->kind, METHOD_UPDATE);
        assert_ptr_equal(update->table, table("Book"));
        assert_int_equal(update->update_mask, 0);
        assert_int_equal(update->resource, 1);
}

static void test_list(void **state)
{
        const struct schema_method *list = method("shelf.ListBooks");
        const struct schema_table *book = table("Book");

        assert_int_equal(list->kind, METHOD_LIST);
        assert_int_equal(list->page_size, 1);
        assert_int_equal(list->page_token, 2);
        assert_int_equal(list->next_page_token, 0);
        assert_int_equal(list->items, 1);
        assert_int_equal(list->filter_count, 3);
        assert_int_equal(list->filters[0].type, FILTER_FROM);
        assert_int_equal(list->filters[0].request_field, 0);
        assert_int_equal(list->filters[1].type, FILTER_EQUAL);
        assert_int_equal(list->filters[2].type, FILTER_BEFORE);
        for (size_t i = 0; i < list->filter_count; i++)
                assert_fields(book, &list->filters[i].table_field, 1,
                        (const char *const[]){i == 1 ? "state" : "create_time"});
}

static void test_descriptor_set(void **state)
{
        Google__Protobuf__FileDescriptorSet *set = google__protobuf__file_descriptor_set__unpack(
                NULL, shop_schema.descriptor_set.len, shop_schema.descriptor_set.data);
        bool seen = false;

        assert_non_null(set);
        for (size_t i = 0; i < set->n_file; i++) {
                seen = seen || strcmp(set->file[i]->name, "shelf.proto") == 0;
                assert_null(set->file[i]->source_code_info);
        }
        assert_true(seen);
        google__protobuf__file_descriptor_set__free_unpacked(set, NULL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_lists_are_sorted),
                cmocka_unit_test(test_docs),
                cmocka_unit_test(test_enum_values_in_order_of_numbers),
                cmocka_unit_test(test_rules),
                cmocka_unit_test(test_defaults),
                cmocka_unit_test(test_tables),
                cmocka_unit_test(test_children),
                cmocka_unit_test(test_indexes),
                cmocka_unit_test(test_what_is_personal),
                cmocka_unit_test(test_custom_method),
                cmocka_unit_test(test_standard_methods),
                cmocka_unit_test(test_list),
                cmocka_unit_test(test_descriptor_set),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
