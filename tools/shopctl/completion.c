/*
 * Completion for bash. The script asks shopctl itself for methods and fields, so it never grows
 * stale: `shopctl list` gives the names, `shopctl describe` the fields of a request.
 */
#include <stdio.h>
#include <string.h>
#include "tools/shopctl/shopctl.h"

static const char script[] =
        "_shopctl() {\n"
        "  local word=${COMP_WORDS[COMP_CWORD]} method= before= w\n"
        "  for w in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
        "    case $before:$w in --*:*|-d:*|*:-*) ;;\n"
        "    *) case $w in *:*|*/*|*=*) ;; *.*) method=$w ;; esac ;; esac\n"
        "    before=$w\n"
        "  done\n"
        "  case $word in\n"
        "  -*) COMPREPLY=($(compgen -W '--server --token-file --output --language --timeout "
        "--hedge --traceparent --tls-ca --tls-cert --tls-key "
        "--help --version -v -d' -- \"$word\")) ;;\n"
        "  *) if [ -n \"$method\" ]; then\n"
        "       compopt -o nospace\n"
        "       COMPREPLY=($(compgen -W \"$(shopctl completion fields \"$method\" 2>/dev/null)\" "
        "-- \"$word\"))\n"
        "     else\n"
        "       COMPREPLY=($(compgen -W \"$(shopctl --output json list 2>/dev/null) "
        "list describe template export verify audit replay bench completion\" -- \"$word\"))\n"
        "     fi ;;\n"
        "  esac\n"
        "}\n"
        "complete -F _shopctl shopctl\n";

int completion_run(struct settings *settings, int argc, char **argv)
{
        const struct schema_method *method;

        if (argc == 2 && strcmp(argv[1], "bash") == 0) {
                fputs(script, stdout);
                return 0;
        }
        if (argc != 3 || strcmp(argv[1], "fields") != 0) {
                fputs("usage: shopctl completion bash\n", stderr);
                return EXIT_USAGE;
        }
        method = contract_method(argv[2]);
        if (method == NULL)
                return EXIT_STATUS_BASE + SHOP_UNIMPLEMENTED;
        for (unsigned i = 0; i < method->request->descriptor->n_fields; i++)
                printf("%s=\n", method->request->descriptor->fields[i].name);
        return 0;
}
