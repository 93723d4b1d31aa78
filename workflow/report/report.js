"use strict";
const key = cell => {
  const text = cell.textContent.trim().replace(/−/g, "-").replace(/,/g, "");
  const value = parseFloat(text);
  return Number.isNaN(value) ? text : value;
};
const compare = (a, b) => typeof a === typeof b ? (typeof a === "number" ? a - b : a.localeCompare(b)) : typeof a === "number" ? -1 : 1;
document.querySelectorAll("th button").forEach(button => button.addEventListener("click", () => {
  const head = button.closest("th"), body = head.closest("table").tBodies[0];
  const down = head.getAttribute("aria-sort") === "ascending";
  head.parentNode.querySelectorAll("th").forEach(other => other.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const rows = [...body.rows].map(row => [key(row.cells[head.cellIndex]), row]);
  rows.sort((a, b) => (down ? -1 : 1) * compare(a[0], b[0]));
  body.append(...rows.map(pair => pair[1]));
}));
document.querySelectorAll("[data-filter]").forEach(field => field.addEventListener("input", () => {
  const words = field.value.toLowerCase().split(/\s+/), rows = [...document.getElementById(field.dataset.filter).tBodies[0].rows];
  rows.forEach(row => { row.hidden = !words.every(word => row.textContent.toLowerCase().includes(word)); });
  const shown = rows.filter(row => !row.hidden).length;
  document.querySelector(`[data-count="${field.dataset.filter}"]`).textContent = `${shown} of ${rows.length} rows`;
}));
const dialog = document.querySelector("dialog");
document.querySelectorAll("figure button").forEach(button => button.addEventListener("click", () => {
  const from = button.querySelector("img"), into = dialog.querySelector("img");
  into.src = from.src; into.alt = from.alt; into.className = from.className;
  dialog.showModal();
}));
dialog.addEventListener("click", () => dialog.close());
