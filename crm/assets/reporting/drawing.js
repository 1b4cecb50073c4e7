// data-drawing: bars over time, in the colours of the theme. A bar opens the list of its rows.
import { BarChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { LabelLayout } from "echarts/features";
import { CanvasRenderer } from "echarts/renderers";

echarts.use([BarChart, CanvasRenderer, GridComponent, LabelLayout, LegendComponent, TooltipComponent]);

const SERIES = [1, 2, 3, 4, 5, 6].map((number) => `--c-series-${number}`);
const GLYPH = 6; // pixels
const dark = matchMedia("(prefers-color-scheme: dark)");
const still = matchMedia("(prefers-reduced-motion: reduce)");
const forced = matchMedia("(forced-colors: active)");

export function show(place) {
  const given = JSON.parse(place.dataset.drawing);
  const chart = echarts.init(place, null, { renderer: "canvas" });
  const paint = () => chart.setOption(option(given, place), true);
  paint();
  chart.on("click", ({ seriesIndex, dataIndex }) => {
    const url = given.series[seriesIndex].urls[dataIndex];
    if (url) location.assign(url);
  });
  new ResizeObserver(() => chart.resize()).observe(place);
  const theme = new MutationObserver(paint);
  theme.observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
  dark.addEventListener("change", paint);
  forced.addEventListener("change", paint);
}

function option({ labels, series }, place) {
  const colour = reader(place);
  const text = { color: colour("--c-text-2"), fontFamily: getComputedStyle(place).fontFamily, fontSize: 12 };
  const compact = new Intl.NumberFormat(document.documentElement.lang, { notation: "compact", maximumFractionDigits: 1 });
  // A label stands above its own bar, or nowhere.
  const fits = (words) => words.length * GLYPH <= place.clientWidth / labels.length / series.length;
  const above = (value) => (value && fits(compact.format(value)) ? compact.format(value) : "");
  const hues = series.length > 2 ? SERIES : ["--c-series-1", "--c-series-6"];
  return {
    animation: !still.matches,
    color: hues.map(colour),
    textStyle: text,
    grid: { left: 0, right: 0, top: series.length > 1 ? 36 : 24, bottom: 4, outerBoundsMode: "same" },
    legend: series.length > 1 ? { top: 0, left: 0, itemWidth: 10, itemHeight: 10, icon: "rect", textStyle: text } : undefined,
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      axisPointer: { type: "shadow" },
      backgroundColor: colour("--c-raised"),
      borderColor: colour("--c-line-2"),
      textStyle: { ...text, color: colour("--c-text") },
      formatter: (points) => [labels[points[0].dataIndex], ...points.map(({ seriesIndex, dataIndex }) => `${series[seriesIndex].name}  ${series[seriesIndex].texts[dataIndex]}`)].join("\n"),
    },
    xAxis: { type: "category", data: labels, axisTick: { show: false }, axisLine: { lineStyle: { color: colour("--c-line-2") } }, axisLabel: { ...text, hideOverlap: true } },
    yAxis: { type: "value", splitNumber: 4, axisLabel: { ...text, formatter: (value) => compact.format(value) }, splitLine: { lineStyle: { color: colour("--c-line") } } },
    series: series.map(({ name, values }) => ({
      type: "bar",
      name,
      data: values,
      barMaxWidth: 56,
      barGap: "4%",
      cursor: "pointer",
      label: { show: labels.length <= 12, position: "top", ...text, formatter: ({ value }) => above(value) },
      labelLayout: { hideOverlap: true },
    })),
  };
}

// A token may differ by theme, so that only an element can tell its colour.
function reader(place) {
  return (name) => {
    const probe = document.createElement("i");
    probe.style.color = forced.matches ? "CanvasText" : `var(${name})`;
    place.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };
}
