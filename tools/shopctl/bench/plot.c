/*
 * Two panels over one axis of offered load: latency, in powers of ten, and goodput, beside the
 * line on which every call that is offered is answered well. Plain SVG: a browser shows it and a
 * document holds it.
 */
#include <math.h>
#include "tools/shopctl/bench/bench.h"

#define WIDTH  720
#define LEFT   80
#define RIGHT  700
#define ROOM   24
#define SERIES 3
#define TICKS  5

/* A panel and the scales of both its axes. */
struct panel {
        double top, bottom;
        double x_max;
        double y_least, y_most;
        bool powers; /* y is logarithmic */
};

static const struct {
        double percentile;
        const char *color;
} series[SERIES] = {{50, "#2a7"}, {99, "#c60"}, {99.9, "#a13"}};

static double x_of(const struct panel *panel, double rate)
{
        return LEFT + (RIGHT - LEFT) * rate / panel->x_max;
}

static double y_of(const struct panel *panel, double value)
{
        double least = panel->y_least, most = panel->y_most;

        if (panel->powers) {
                value = log10(value < least ? least : value);
                least = log10(least);
                most = log10(most);
        }
        return panel->bottom - (panel->bottom - panel->top) * (value - least) / (most - least);
}

static void label(struct buffer *out, double x, double y, const char *anchor, const char *text)
{
        buffer_printf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
        for (; *text != '\0'; text++) {
                if (*text == '<' || *text == '&')
                        buffer_printf(out, "&#%d;", *text);
                else
                        buffer_append(out, text, 1);
        }
        buffer_append_text(out, "</text>\n");
}

static void grid_line(struct buffer *out, const struct panel *panel, double value)
{
        double y = y_of(panel, value);

        buffer_printf(out,
                "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#ddd\"/>\n"
                "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n",
                LEFT, y, RIGHT, y, LEFT - 6, y + 4, value);
}

static void grid(struct buffer *out, const struct panel *panel)
{
        if (panel->powers) {
                for (double value = panel->y_least; value <= panel->y_most * 1.01; value *= 10)
                        grid_line(out, panel, value);
        } else {
                for (int i = 0; i <= TICKS; i++)
                        grid_line(out, panel, panel->y_most * i / TICKS);
        }
        for (int i = 0; i <= TICKS; i++) {
                double rate = panel->x_max * i / TICKS;

                buffer_printf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%g</text>\n",
                        x_of(panel, rate), panel->bottom + 16, rate);
        }
}

static void points(struct buffer *out, const struct panel *panel, const struct bench_step *steps,
        size_t count, int which)
{
        const char *color = which < SERIES ? series[which].color : "#25a";

        buffer_printf(
                out, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"", color);
        for (size_t i = 0; i < count; i++) {
                double value = which < SERIES ? (double)hdr_percentile(&steps[i].latency,
                                                        series[which].percentile) /
                                                        1e3
                                              : bench_goodput(&steps[i]);

                buffer_printf(out, "%.1f,%.1f ", x_of(panel, steps[i].rate), y_of(panel, value));
        }
        buffer_append_text(out, "\"/>\n");
}

/* A round number not below value. */
static double round_up(double value)
{
        double power = pow(10, floor(log10(value > 0 ? value : 1)));

        for (int i = 1; i < 10; i++)
                if (power * i >= value)
                        return power * i;
        return power * 10;
}

static void latency_panel(
        struct buffer *out, struct panel *panel, const struct bench_step *steps, size_t count)
{
        double most = 1;

        for (size_t i = 0; i < count; i++)
                most = fmax(most, (double)hdr_percentile(&steps[i].latency, 99.9) / 1e3);
        panel->y_least = 0.1;
        panel->y_most = pow(10, ceil(log10(most)));
        panel->powers = true;
        grid(out, panel);
        label(out, LEFT, panel->top - 8, "start", "latency from the intended start, ms");
        for (int i = 0; i < SERIES; i++) {
                buffer_printf(out,
                        "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\" fill=\"%s\">p%g</text>\n",
                        RIGHT - 60 * (SERIES - 1 - i), panel->top - 8, series[i].color,
                        series[i].percentile);
                points(out, panel, steps, count, i);
        }
}

static void goodput_panel(
        struct buffer *out, struct panel *panel, const struct bench_step *steps, size_t count)
{
        double most = 1;

        for (size_t i = 0; i < count; i++)
                most = fmax(most, bench_goodput(&steps[i]));
        panel->y_least = 0;
        panel->y_most = round_up(most);
        panel->powers = false;
        grid(out, panel);
        label(out, LEFT, panel->top - 8, "start",
                "good answers a second; dashed: all that is offered");
        label(out, RIGHT, panel->bottom + 34, "end", "calls offered a second");
        double end = fmin(panel->x_max, panel->y_most);

        buffer_printf(out,
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#999\" "
                "stroke-dasharray=\"4 4\"/>\n",
                x_of(panel, 0), y_of(panel, 0), x_of(panel, end), y_of(panel, end));
        points(out, panel, steps, count, SERIES);
}

void bench_plot(struct buffer *out, const char *title, const struct bench_step *steps, size_t count)
{
        struct panel upper = {.top = 60, .bottom = 260, .x_max = 1};
        struct panel lower = {.top = 320, .bottom = 520};

        for (size_t i = 0; i < count; i++)
                upper.x_max = fmax(upper.x_max, round_up(steps[i].rate));
        lower.x_max = upper.x_max;
        buffer_printf(out,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
                "font-family=\"sans-serif\" font-size=\"12\">\n"
                "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
                WIDTH, (int)lower.bottom + 2 * ROOM);
        label(out, LEFT, ROOM, "start", title);
        latency_panel(out, &upper, steps, count);
        goodput_panel(out, &lower, steps, count);
        buffer_append_text(out, "</svg>\n");
}
