/* Definitions are constants beside the code that computes their figures. */
#include "server/insight/definitions.h"

FigureDefinition **definitions_tell(
        struct call *call, const struct definition *definitions, size_t *count)
{
        size_t n = 0;

        while (definitions[n].name != NULL)
                n++;
        FigureDefinition **told = call_array(call, FigureDefinition *, n);

        for (size_t i = 0; i < n; i++) {
                told[i] = call_new(call, FigureDefinition);
                *told[i] = (FigureDefinition)FIGURE_DEFINITION_INIT;
                told[i]->name = definitions[i].name;
                told[i]->text = definitions[i].text;
        }
        *count = n;
        return told;
}
