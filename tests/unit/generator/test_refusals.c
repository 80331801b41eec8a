/*
 * Runs protoc with the plugin over each contract of refusals.c and reads what it prints. Through
 * protoc rather than on the plugin's functions, because what a person sees is what counts: the
 * whole sentence, and the build's failure.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/unit/generator/refusals.h"

static const char *protoc, *plugin, *proto_dir, *include_dir;
static char work_dir[] = "/tmp/generator-XXXXXX";

static const char first_lines[] =
        "// F.\nsyntax = \"proto3\";\npackage shop.test.v1;\n"
        "import \"google/protobuf/empty.proto\";\nimport \"google/protobuf/field_mask.proto\";\n"
        "import \"google/protobuf/timestamp.proto\";\nimport \"options.proto\";\n"
        "import \"protobuf-c/protobuf-c.proto\";\n"
        "option (pb_c_file) = { const_strings: true c_package: \"shop\" };\n";

static void write_file(const char *name, const char *first, const char *text, size_t len)
{
        char path[256];

        snprintf(path, sizeof(path), "%s/%s", work_dir, name);
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        assert_true(fputs(first, file) >= 0 && fwrite(text, 1, len, file) == len);
        assert_int_equal(fclose(file), 0);
}

/* What protoc prints; its exit status goes to *status. */
static void run_protoc(const char *files, char *out, size_t size, int *status)
{
        char command[2048];

        snprintf(command, sizeof(command),
                "cd '%s' && '%s' -I. '-I%s' '-I%s' --plugin=protoc-gen-shop='%s' --shop_out=out"
                " --shop_opt=server %s 2>&1",
                work_dir, protoc, proto_dir, include_dir, plugin, files);
        FILE *pipe = popen(command, "r");
        assert_non_null(pipe);
        size_t len = fread(out, 1, size - 1, pipe);
        out[len] = 0;
        *status = pclose(pipe);
}

static void test_refusal(void **state)
{
        const struct refusal *refusal = *state;
        const char *text = refusal->text;
        const char *other = strchr(text, '\f');
        size_t len = other == NULL ? strlen(text) : (size_t)(other - text);
        const char *syntax = strstr(text, "syntax = ");
        bool whole = syntax != NULL && (other == NULL || syntax < other);
        static char out[65536];
        int status;

        write_file("test.proto", whole ? "" : first_lines, text, len);
        if (other != NULL)
                write_file("other.proto", "", other + 1, strlen(other + 1));
        run_protoc(
                other == NULL ? "test.proto" : "test.proto other.proto", out, sizeof(out), &status);
        assert_true(WIFEXITED(status));
        if (refusal->sentence == NULL) {
                if (WEXITSTATUS(status) != 0)
                        print_error("%s\n", out);
                assert_int_equal(WEXITSTATUS(status), 0);
                return;
        }
        if (strstr(out, refusal->sentence) == NULL || WEXITSTATUS(status) == 0)
                fail_msg("wanted: %s\nprotoc: %s", refusal->sentence, out);
}

static int make_directory(void **state)
{
        char path[256];

        assert_non_null(mkdtemp(work_dir));
        snprintf(path, sizeof(path), "mkdir '%s/out'", work_dir);
        return system(path);
}

static int remove_directory(void **state)
{
        char command[256];

        snprintf(command, sizeof(command), "rm -rf '%s'", work_dir);
        return system(command);
}

int main(int argc, char **argv)
{
        struct CMUnitTest *tests = calloc(refusal_count, sizeof(*tests));

        if (argc != 5 || tests == NULL) {
                fprintf(stderr, "usage: %s PROTOC PLUGIN PROTO_DIR INCLUDE_DIR\n", argv[0]);
                return EXIT_FAILURE;
        }
        protoc = argv[1];
        plugin = argv[2];
        proto_dir = argv[3];
        include_dir = argv[4];
        for (size_t i = 0; i < refusal_count; i++)
                tests[i] = (struct CMUnitTest){.name = refusals[i].name,
                        .test_func = test_refusal,
                        .initial_state = (void *)&refusals[i]};
        int failed = _cmocka_run_group_tests(
                "refusals", tests, refusal_count, make_directory, remove_directory);
        free(tests);
        return failed;
}
