"use strict";
// Three lists of rows, each with a filter and pages. What the rows hold is only ever set as text.
const data = JSON.parse(document.getElementById("data").textContent);
const PAGE = 20;
const attribute = (entry) => {
  const name = (one) => `${one.tag} ${one.keyword}`;
  return entry.tag ? [...(entry.within || []), entry].map(name).join(" > ") : "";
};
const place = (entry) => {
  const uids = ["study", "series", "instance"].filter((level) => entry[level]).map((level) => `${level} ${entry[level]}`);
  return [entry.path, ...uids].filter(Boolean).join(", ");
};
const LISTS = {
  studies: (row) => [row.study, row.year, row.modality, row.site, row.model, row.series, row.instances],
  files: (row) => [row.entry.path, row.entry.message],
  values: (row) => [place(row.entry), row.entry.element, attribute(row.entry), row.entry.message, row.maker, row.entry.value],
};
const text = (value) => (Array.isArray(value) ? value.join("; ") : typeof value === "number" ? value.toLocaleString("en") : value || "");

function list(name) {
  const section = document.getElementById(name);
  if (!section) return null;
  const [input, chips, body, status, previous, next] = ["input", ".chips", "tbody", ".status", ".previous", ".next"].map((what) => section.querySelector(what));
  const heads = [...section.querySelectorAll("th")];
  const rows = data[name].map((row) => ({ row, cells: LISTS[name](row).slice(0, heads.length).map(text) }));
  let fields = [], page = 0;
  const meets = ({ row }) => fields.every(([field, value]) => [row[field]].flat().includes(value));
  const show = () => {
    const word = input.value.toLowerCase();
    const found = rows.filter((one) => meets(one) && (!word || one.cells.join("\n").toLowerCase().includes(word)));
    page = Math.min(page, Math.max(0, Math.ceil(found.length / PAGE) - 1));
    const from = page * PAGE;
    body.replaceChildren(...found.slice(from, from + PAGE).map(({ cells }) => {
      const line = document.createElement("tr");
      cells.forEach((cell, at) => {
        const column = line.insertCell();
        column.className = heads[at].className;
        column.dataset.name = heads[at].textContent;
        column.textContent = cell;
      });
      return line;
    }));
    const number = (value) => value.toLocaleString("en");
    const shown = found.length ? `${number(from + 1)} to ${number(Math.min(from + PAGE, found.length))} of ${number(found.length)}` : "no rows";
    status.textContent = found.length < rows.length ? `${shown} that match, ${number(rows.length)} are listed` : shown;
    previous.disabled = page === 0;
    next.disabled = from + PAGE >= found.length;
  };
  input.addEventListener("input", () => { page = 0; show(); });
  previous.addEventListener("click", () => { page -= 1; show(); });
  next.addEventListener("click", () => { page += 1; show(); });
  return (wanted) => {
    fields = wanted;
    page = 0;
    chips.replaceChildren(...fields.map(([field, value]) => {
      const chip = document.createElement("button");
      chip.type = "button";
      chip.textContent = `${value} ×`;
      chip.setAttribute("aria-label", `show all again, not only ${field} ${value}`);
      chip.addEventListener("click", () => { location.hash = name; });
      return chip;
    }));
    show();
  };
}

const filters = Object.fromEntries(Object.keys(LISTS).map((name) => [name, list(name)]).filter(([, filter]) => filter));
Object.values(filters).forEach((filter) => filter([]));
function follow() {
  const [name, query] = location.hash.slice(1).split("?");
  if (!Object.hasOwn(filters, name)) return;
  filters[name]([...new URLSearchParams((query || "").replaceAll("+", "%2B"))]);
  const section = document.getElementById(name);
  section.scrollIntoView();
  section.querySelector("h3, h2").focus({ preventScroll: true });
}
addEventListener("hashchange", follow);
follow();
