// Keys of the back office: `/` goes to the search, `g` and a letter to a desk, Escape leaves a field.
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
  } else if (event.key === "/") {
    const search = document.querySelector('main input[type="search"]');
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  }
});

// A filter acts as soon as it is chosen; without this script its form has a button.
for (const form of document.querySelectorAll("form.filters")) {
  form.addEventListener("change", (event) => {
    if (event.target.matches("select, input[type=checkbox], input[type=radio], input[type=date]")) {
      form.requestSubmit();
    }
  });
}

// Leaving an edited form asks first.
for (const form of document.querySelectorAll("form.editor, form[data-keep]")) {
  let changed = false;
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
  addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}

// Ctrl or Command and S saves, Ctrl or Command and Enter too.
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || !["s", "Enter"].includes(event.key)) return;
  const form = event.target.closest?.("form") ?? document.querySelector("form.editor");
  if (!form || form.method !== "post") return;
  event.preventDefault();
  form.requestSubmit();
});
