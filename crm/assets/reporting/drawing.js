// data-drawing: bars side by side, or with parts, in the colours of the theme. A bar opens the list of its rows.
import { BarChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

import { cut, GLYPH, linesOf } from "./names.js";

echarts.use([BarChart, CanvasRenderer, GridComponent, LegendComponent, TooltipComponent]);

const SERIES = [1, 2, 3, 4, 5, 6].map((number) => `--c-series-${number}`);
const AXIS = 56; // pixels
const [BELOW, BESIDE] = [14, 20]; // characters of the names of bars, and of their parts
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

function option({ labels, series, currency, is_stacked }, place) {
  const colour = reader(place);
  const text = { color: colour("--c-text-2"), fontFamily: getComputedStyle(place).fontFamily, fontSize: 12 };
  const unit = currency ? { style: "currency", currency, minimumFractionDigits: 0 } : {};
  const format = new Intl.NumberFormat(document.documentElement.lang, { notation: "compact", maximumFractionDigits: 1, ...unit });
  const compact = (value) => format.format(value).replace(/(\p{L})\s(?=\p{Sc})/u, "$1"); // 150 k€
  const sums = labels.map((_label, n) => series.reduce((sum, one) => sum + one.values[n], 0));
  // A label stands above each bar, or above none: which has room for it would tell nothing.
  const above = is_stacked ? [sums] : series.map(({ values }) => values);
  const longest = Math.max(...above.flat().map((value) => (value ? compact(value).length : 0)));
  const slot = ((place.clientWidth - AXIS) * 0.8) / labels.length / above.length;
  const fits = longest * GLYPH <= (is_stacked ? slot / 0.8 : slot);
  // All stages have their name below their bar; months may leave some out.
  const below = labels.map((label) => cut(label, BELOW));
  const names = is_stacked ? { interval: 0, formatter: (_label, n) => below[n], rotate: Math.max(...below.map((label) => label.length)) * GLYPH > slot / 0.8 ? 30 : 0 } : { hideOverlap: true };
  const said = (value) => (value && fits ? compact(value) : "");
  const inLegend = (name) => cut(name, BESIDE);
  const legend = series.map(({ name }) => inLegend(name));
  const hues = is_stacked || series.length > 2 ? SERIES : ["--c-series-1", "--c-series-6"];
  return {
    animation: !still.matches,
    color: hues.map(colour),
    textStyle: text,
    grid: { left: 0, right: 0, top: series.length > 1 ? 16 + 20 * linesOf(legend, place.clientWidth) : 24, bottom: 4, outerBoundsMode: "same" },
    legend: series.length > 1 ? { top: 0, left: 0, itemWidth: 10, itemHeight: 10, icon: "rect", formatter: inLegend, textStyle: text } : undefined,
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      axisPointer: { type: "shadow" },
      backgroundColor: colour("--c-raised"),
      borderColor: colour("--c-line-2"),
      textStyle: { ...text, color: colour("--c-text") },
      formatter: (points) => [labels[points[0].dataIndex], ...points.map(({ seriesIndex, dataIndex }) => `${series[seriesIndex].name}  ${series[seriesIndex].texts[dataIndex]}`)].join("\n"),
    },
    xAxis: { type: "category", data: labels, axisTick: { show: false }, axisLine: { lineStyle: { color: colour("--c-line-2") } }, axisLabel: { ...text, ...names } },
    yAxis: { type: "value", splitNumber: 4, axisLabel: { ...text, formatter: (value) => compact(value) }, splitLine: { lineStyle: { color: colour("--c-line") } } },
    series: series.map(({ name, values }, n) => ({
      type: "bar",
      name,
      data: values,
      barMaxWidth: 56,
      barGap: "4%",
      cursor: "pointer",
      ...(is_stacked ? { stack: "all", itemStyle: { borderColor: colour("--c-surface"), borderWidth: 1 } } : {}),
      label: {
        show: !is_stacked || n === series.length - 1,
        position: "top",
        ...text,
        formatter: ({ value, dataIndex }) => said(is_stacked ? sums[dataIndex] : value),
      },
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
