// Pictures dropped or pasted into the text, or chosen: asked for their words, uploaded, inserted.
const text = document.getElementById("body");
const dialog = document.getElementById("dropped");
const form = dialog.querySelector("form");
const trouble = dialog.querySelector("[role=alert]");
const look = Object.assign(new Image(), { alt: "", hidden: true });
const words = form.elements.alt;
const waiting = [];
let file;

form.querySelector("h2").after(look);

const pictures = (transfer) => [...(transfer?.files ?? [])].filter((each) => each.type.startsWith("image/"));

text.addEventListener("dragover", (event) => {
  if (event.dataTransfer.types.includes("Files")) {
    event.preventDefault();
    text.classList.add("dropping");
  }
});
for (const end of ["dragleave", "drop"]) text.addEventListener(end, () => text.classList.remove("dropping"));
for (const [way, carried] of [["drop", "dataTransfer"], ["paste", "clipboardData"]]) {
  text.addEventListener(way, (event) => {
    const found = pictures(event[carried]);
    if (!found.length) return;
    event.preventDefault();
    take(found);
  });
}

document.querySelector("[data-picture]").addEventListener("click", () => {
  const chooser = Object.assign(document.createElement("input"), { type: "file", accept: "image/*", multiple: true });
  chooser.addEventListener("change", () => take([...chooser.files]));
  chooser.click();
});

function take(found) {
  waiting.push(...found);
  if (!dialog.open) ask();
}

// One picture after the other.
function ask() {
  file = waiting.shift();
  if (!file) return;
  form.reset();
  words.required = true;
  words.disabled = false;
  say("");
  look.hidden = true;
  const reader = new FileReader();
  reader.addEventListener("load", () => { look.src = reader.result; look.hidden = false; });
  reader.readAsDataURL(file);
  dialog.showModal();
  words.focus();
}

function say(message) {
  trouble.textContent = message;
  trouble.hidden = !message;
}

form.elements.decorative.addEventListener("change", ({ target }) => {
  words.required = !target.checked;
  words.disabled = target.checked;
});

form.addEventListener("submit", async (event) => {
  if (event.submitter?.value === "cancel") return;
  event.preventDefault();
  const sent = new FormData(form);
  sent.append("file", file, file.name || "pasted.png");
  event.submitter.disabled = true;
  try {
    const answer = await fetch(dialog.dataset.to, { method: "POST", body: sent, headers: { Accept: "application/json" } });
    if (answer.redirected) return say("You are signed out: sign in in another tab, then try again.");
    const told = await answer.json();
    if (!answer.ok) return say(told.error);
    dialog.close();
    const caption = form.elements.caption.value.trim().replaceAll('"', "”");
    const piece = told.markdown.replace('caption=""', () => `caption="${caption}"`);
    text.dispatchEvent(new CustomEvent("insert", { detail: piece }));
    ask();
  } catch {
    say("The picture could not be sent. Try again.");
  } finally {
    event.submitter.disabled = false;
  }
});

dialog.addEventListener("close", () => { if (waiting.length && !dialog.open) setTimeout(ask); });
