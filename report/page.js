// Draws the charts of the chosen currency in the page's own colours, and anew when the page turns
// from light to dark. Without a network: everything stands in this file.
"use strict";

const specs = JSON.parse(document.getElementById("specs").textContent);
const drawn = new Map();

function config() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const font = getComputedStyle(document.body).fontFamily;
  return {
    background: "transparent",
    font,
    padding: 2,
    view: { stroke: null },
    axis: {
      labelColor: colour("--soft"), titleColor: colour("--soft"), gridColor: colour("--line"),
      domainColor: colour("--line"), tickColor: colour("--line"), labelFontSize: 12,
      titleFontSize: 12, titleFontWeight: "normal", tickSize: 4,
    },
    axisX: { grid: false },
    axisQuantitative: { tickCount: 5 },
    legend: { labelColor: colour("--text"), titleColor: colour("--soft"), labelFontSize: 12, titleFontWeight: "normal" },
    range: { category: ["#4c83ee", "#1fa187", "#e09f1f", "#e0607e", "#9b7be0", "#8d97a8"] },
  };
}

async function draw(place) {
  drawn.get(place)?.finalize();
  drawn.set(place, null);
  const options = { actions: false, renderer: "svg", config: config(), tooltip: { theme: isDark.matches ? "dark" : "light" } };
  drawn.set(place, await vegaEmbed(place, structuredClone(specs[place.dataset.chart]), options));
}

const isDark = matchMedia("(prefers-color-scheme: dark)");
isDark.addEventListener("change", () => [...drawn.keys()].forEach(draw));

// A chart takes the width of its place, which a hidden one has not.
function drawVisible() {
  for (const place of document.querySelectorAll("[data-chart]")) {
    if (!drawn.has(place) && place.offsetParent) draw(place);
  }
}

const buttons = document.querySelectorAll("button[data-currency]");
for (const button of buttons) {
  button.addEventListener("click", () => {
    for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
    for (const part of document.querySelectorAll("[data-money]")) {
      part.hidden = part.dataset.money !== button.dataset.currency;
    }
    drawVisible();
  });
}
drawVisible();
