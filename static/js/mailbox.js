// Shows new mail while its switch is on; everything works without this file.
const watch = document.getElementById("watch");
const search = document.getElementById("q");
const INTERVAL = 2000; // milliseconds

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    search.focus();
  }
});

if (watch && document.querySelector("#mail[data-first-page]")) {
  watch.checked = localStorage.getItem("watch") !== "off";
  watch.closest("label").hidden = false;
  watch.addEventListener("change", () => {
    localStorage.setItem("watch", watch.checked ? "on" : "off");
    refresh();
  });
  setInterval(refresh, INTERVAL);
}

async function refresh() {
  if (!watch.checked || document.hidden) return;
  const shown = document.getElementById("mail");
  try {
    const query = new URLSearchParams(location.search);
    query.set("limit", "1");
    const { messages } = await (await fetch(`/messages.json?${query}`)).json();
    if (String(messages[0]?.id ?? 0) === shown.dataset.newest) return;
    const page = await (await fetch(location.href)).text();
    const fresh = new DOMParser().parseFromString(page, "text/html").getElementById("mail");
    if (fresh) show(shown, fresh);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // the mailbox is not running
  }
}

function show(shown, fresh) {
  const newest = Number(shown.dataset.newest);
  for (const row of fresh.querySelectorAll(".row")) {
    const number = Number(new URL(row.href).pathname.split("/").pop());
    if (number > newest) row.classList.add("new");
  }
  const focused = document.activeElement?.getAttribute?.("href");
  shown.replaceWith(document.adoptNode(fresh));
  if (focused) document.querySelector(`#mail a[href="${CSS.escape(focused)}"]`)?.focus();
}
