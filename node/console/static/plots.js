// Draws the plots of a report. The table below says the same; without this script it says it alone.
"use strict";

(() => {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const language = document.documentElement.lang;
  const plain = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const dashes = [[], [8, 4], [2, 3], [12, 4, 2, 4], [5, 5], [1, 4]];

  const draw = (place, plot) => {
    const ink = colour("--hanse-muted"), grid = colour("--plot-grid");
    const bars = Boolean(plot.labels) || plot.series.length === 1 && !plot.steps;
    const x = plot.labels ? plot.labels.map((_, index) => index) : plot.x;
    const paths = bars ? uPlot.paths.bars({ size: [0.6, 48] }) : plot.steps ? uPlot.paths.stepped({ align: 1 }) : undefined;
    const series = plot.series.map((one, index) => ({
      label: one.label,
      stroke: colour(`--plot-${index + 1}`),
      fill: bars ? colour(`--plot-${index + 1}`) : undefined,
      width: 2,
      dash: bars ? undefined : dashes[index],
      paths,
      points: { show: !bars && x.length < 60 },
      value: (_, value) => value === null ? "–" : `${plain.format(value)} ${plot.unit}`,
    }));
    const day = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" });
    const short = new Intl.DateTimeFormat(language, { month: "short", day: "numeric", timeZone: "UTC" });
    const chart = new uPlot({
      width: place.clientWidth,
      height: 288,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
      scales: { x: { time: !plot.labels, range: bars ? (_, low, high) => plot.labels ? [low - 0.6, high + 0.6] : [low - 43200, high + 43200] : undefined },
                y: { range: (_, low, high) => [Math.min(0, low) * 1.05, Math.max(high, 1) * 1.08] } },
      axes: [
        { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid }, space: plot.labels ? 90 : 70,
          incrs: plot.labels ? [1, 2, 5, 10] : undefined,
          values: (_, marks) => marks.map((mark) => plot.labels ? (plot.labels[mark] ?? "") : short.format(new Date(mark * 1000))) },
        { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid }, size: 72, values: (_, marks) => marks.map((mark) => plain.format(mark)) },
      ],
      series: [{ label: plot.axis, value: (_, value) => value === null ? "" : plot.labels ? (plot.labels[value] ?? "") : day.format(new Date(value * 1000)) }, ...series],
      legend: { live: true },
    }, [x, ...plot.series.map((one) => one.values)], place);
    new ResizeObserver(() => chart.setSize({ width: place.clientWidth, height: 288 })).observe(place);
  };

  const show = async () => {
    const places = document.querySelectorAll("[data-plots]");
    if (!places.length) return;
    const answer = await fetch(places[0].dataset.plots, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const { plots } = await answer.json();
    places.forEach((place, index) => { if (plots[index]) draw(place, plots[index]); });
  };
  show();
})();
