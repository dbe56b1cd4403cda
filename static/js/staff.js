// Keys of the back office: `/` searches, `g` and a letter go to a desk, `j` and `k` walk a list.
const typing = (target) => target.matches("input, textarea, select, [contenteditable]");
let going = false;

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && typing(event.target)) return event.target.blur();
  if (typing(event.target) || event.metaKey || event.ctrlKey || event.altKey) return;
  if (going) {
    going = false;
    document.querySelector(`a[data-key="${CSS.escape(event.key)}"]`)?.click();
  } else if (event.key === "g") {
    going = true;
  } else if (event.key === "j" || event.key === "k") {
    step(event.key === "j" ? 1 : -1);
  } else if (event.key === "/") {
    const search = document.querySelector("#find");
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  }
});

// The first link of each row; Enter then opens it.
function step(by) {
  const rows = [...document.querySelectorAll("main tbody tr th a, main .cards > li a")];
  const at = rows.indexOf(document.activeElement);
  rows[Math.min(Math.max(at + by, 0), rows.length - 1)]?.focus();
}

// A filter acts as soon as it is chosen; without this script its form has a button.
for (const form of document.querySelectorAll("form.filters")) {
  form.addEventListener("change", (event) => {
    if (event.target.matches("select, input[type=checkbox], input[type=radio], input[type=date]")) {
      form.requestSubmit();
    }
  });
}

// Leaving an edited form asks first; what only shows a preview saves nothing.
for (const form of document.querySelectorAll("form.editor, form[data-keep]")) {
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
  form.requestSubmit(form.querySelector("button:not([formaction])"));
});

// Moments come in UTC and are shown in the reader's own zone.
const near = new Intl.DateTimeFormat("en-US", { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const far = new Intl.DateTimeFormat("en-US", { year: "numeric", month: "short", day: "numeric" });
for (const time of document.querySelectorAll("main time[datetime]")) {
  const moment = new Date(time.dateTime);
  time.title = time.textContent;
  time.textContent = (Math.abs(Date.now() - moment) < 180 * 864e5 ? near : far).format(moment);
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
