/*
 * A database that has no more room: whole groups are refused with RESOURCE_EXHAUSTED, nothing of
 * them is kept or replayed, and reads go on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "catalog.rows.h"
#include "tests/unit/server/rig.h"

#define MAP_BYTES (1u << 20)
#define CALLS_MAX 20000

static struct answer create(struct rig *rig, const char *token, int number, const char *request_id)
{
        CreateCategoryRequest request = CREATE_CATEGORY_REQUEST_INIT;
        Category category = CATEGORY_INIT;
        LocalText title = LOCAL_TEXT_INIT;
        LocalText *titles[] = {&title};
        char slug[60];

        snprintf(slug, sizeof(slug), "%050d", number);
        title.language = "en";
        title.text = "A thing with a name that takes some room in every row of the database";
        category.slug = slug;
        category.titles = titles;
        category.n_titles = 1;
        request.category = &category;
        return rig_call_id(rig, token, "catalog.CreateCategory", &request, request_id);
}

static size_t count_categories(struct rig *rig)
{
        struct arena arena;
        size_t count = 0;

        arena_init(&arena);
        struct txn *txn = txn_begin_read(rig->store, &arena);
        struct scan *scan = category_all(txn);

        while (category_next(scan) != NULL)
                count++;
        txn_end(txn);
        arena_release(&arena);
        return count;
}

static void a_full_database_refuses_and_reads(void **state)
{
        char dir[] = "/tmp/test_full_XXXXXX";
        struct answer answer = {0};
        char *request_id = NULL;
        int kept = 0;

        assert_non_null(mkdtemp(dir));
        struct rig *rig = rig_new_in(dir, MAP_BYTES);

        rig->handlers = HANDLERS_ONCE;
        rig_open(rig);
        const char *token = rig_token(rig, "staff", 1u << ROLE_PRODUCT_SPECIALIST);

        for (; kept < CALLS_MAX; kept++) {
                request_id = rig_request_id(rig);
                answer = create(rig, token, kept, request_id);
                if (answer.error != NULL)
                        break;
        }
        rig_expect(answer, RESOURCE_EXHAUSTED, answer.error != NULL ? answer.error->reason : "");
        assert_true(kept > 10);
        assert_int_equal(count_categories(rig), kept);
        assert_false(pipeline_failed(rig->pipeline));
        /* Not kept, so not replayed: the same request fails anew. */
        answer = create(rig, token, kept, request_id);
        assert_int_equal(answer.error->code, RESOURCE_EXHAUSTED);

        ListProductsRequest list = LIST_PRODUCTS_REQUEST_INIT;

        rig_expect_ok(rig_call(rig, token, "catalog.ListProducts", &list));
        rig_free(rig);
        char *command = NULL;

        assert_true(asprintf(&command, "rm -rf %s", dir) > 0);
        assert_int_equal(system(command), 0);
        free(command);
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(a_full_database_refuses_and_reads)};

        return cmocka_run_group_tests(tests, NULL, NULL);
}
