// Keys of the back office. They are listed in the dialog of staff/base.html, which `?` shows.
const PATIENCE = 1500; // milliseconds that `g` waits for its letter
const ROWS = "main tbody tr, main .cards > li, main .library > li";
const typing = (target) => target.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
let went = -PATIENCE;

const ACTS = {
  g: () => { went = performance.now(); },
  j: () => step(1),
  k: () => step(-1),
  x: () => row()?.querySelector("input[type=checkbox]")?.click(),
  n: () => document.querySelector(".desk-actions a[href*='/new']")?.click(),
  z: () => document.querySelector(".notice button[data-undo]")?.click(),
  "?": () => document.getElementById("keys")?.togglePopover(),
  "/": () => document.getElementById("find")?.select(),
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && typing(event.target)) return event.target.blur();
  if (typing(event.target) || event.metaKey || event.ctrlKey || event.altKey) return;
  const going = performance.now() - went < PATIENCE;
  went = -PATIENCE;
  const act = going ? () => lead(event.key) : Object.hasOwn(ACTS, event.key) && ACTS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

function lead(key) {
  document.querySelector(`a[data-key="${CSS.escape(key)}"]`)?.click();
}

function row() {
  return document.activeElement.closest(ROWS);
}

// The first link of each row; Enter then opens it.
function step(by) {
  const rows = [...document.querySelectorAll(ROWS)].filter((each) => each.querySelector("a[href]"));
  const at = rows.indexOf(row());
  const next = rows[Math.min(Math.max(at + by, 0), rows.length - 1)];
  (next?.querySelector("th a[href]") ?? next?.querySelector("a[href]"))?.focus();
}

// A filter acts as soon as it is chosen; without this script its form has a button.
for (const form of document.querySelectorAll("form.filters")) {
  form.addEventListener("change", (event) => {
    if (event.target.matches("select, input[type=checkbox], input[type=radio], input[type=date]")) {
      form.requestSubmit();
    }
  });
}

// Leaving an edited form asks first; what only shows a preview saves nothing. Where what is typed is
// kept as it is typed (keeping.js), there is nothing to ask.
for (const form of document.querySelectorAll("form.editor:not([data-copy]), form[data-keep]")) {
  let changed = false;
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", (event) => {
    if (!event.submitter?.formTarget) changed = false;
  });
  addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}

// Ctrl or Command and S saves, Ctrl or Command and Enter too.
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || !["s", "Enter"].includes(event.key)) return;
  const form = event.target.closest?.("form[method=post]") ?? document.querySelector("form.editor");
  if (!form) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("button:not([formaction], [type=button])"));
});

// Moments come in UTC and are shown in the reader's own zone, but for those that prove something.
const near = new Intl.DateTimeFormat("en-US", { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const far = new Intl.DateTimeFormat("en-US", { year: "numeric", month: "short", day: "numeric" });
for (const time of document.querySelectorAll("main time[datetime]:not([data-exact])")) {
  const moment = new Date(time.dateTime);
  time.title = time.textContent;
  time.textContent = (Math.abs(Date.now() - moment) < 180 * 864e5 ? near : far).format(moment);
}

// On a phone the rows of a table are cards, and each cell says which column it was.
for (const table of document.querySelectorAll("main table.data:has(thead)")) {
  const headings = [...table.tHead.rows[0].cells].map((cell) => cell.querySelector(".visually-hidden") ? "" : cell.textContent.trim());
  for (const cell of table.querySelectorAll("tbody:not(.sums) td")) {
    if (headings[cell.cellIndex] && cell.childNodes.length) {
      cell.dataset.heading = headings[cell.cellIndex];
      if (cell.childNodes.length > 1) gather(cell);
    }
  }
  table.classList.add("as-cards");
}

// What a cell holds stays together beside its heading.
function gather(cell) {
  const whole = document.createElement("div");
  whole.append(...cell.childNodes);
  cell.append(whole);
}

// What changes by itself is asked for anew while somebody looks; without this script a link does.
const PACE = 3000; // milliseconds
async function follow() {
  const part = document.querySelector("[data-live]");
  if (!part) return;
  if (!document.hidden) {
    const answer = await fetch(location.href);
    if (!answer.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = fresh.getElementById(part.getAttribute("aria-labelledby"))?.closest("section");
    if (!next) return;
    part.replaceWith(next);
    if (!next.hasAttribute("data-live")) location.reload(); // its buttons are others now
  }
  setTimeout(follow, PACE);
}
setTimeout(follow, PACE);
