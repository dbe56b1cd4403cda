// Marks and pieces for the text: a toolbar, keys, and the list of pieces that `/` opens on an empty
// line. Without this script there is a page to copy them from.
const text = document.getElementById("body");
const tools = document.querySelector(".writing-tools");
const dialog = document.getElementById("pieces");
const wanted = document.getElementById("piece-wanted");
const found = dialog.querySelector(".pieces-found");
let hasty = false; // whether Enter was pressed before the list had come
let place = [0, 0]; // the selection, which a dialog over it may move
const KEYS = { b: "strong", i: "em", k: "link" };

tools.hidden = false;
document.querySelector("[data-by-hand]").hidden = true;

const MARKS = {
  strong: () => wrap("**", "**", "bold"),
  em: () => wrap("*", "*", "italic"),
  link: () => wrap("[", "]()", "words", 3),
  heading: () => lines("## "),
  list: () => lines("- "),
  note: () => cite(),
};

tools.addEventListener("click", (event) => {
  const mark = event.target.closest("[data-mark]")?.dataset.mark;
  if (mark) MARKS[mark]();
  if (event.target.closest("[data-pieces-open]")) open();
});

text.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && KEYS[event.key]) {
    event.preventDefault();
    MARKS[KEYS[event.key]]();
  }
  if (event.key === "/" && !event.ctrlKey && !event.metaKey && lineAround().trim() === "") {
    event.preventDefault();
    open();
  }
});

// An address pasted over words makes a link of them.
text.addEventListener("paste", (event) => {
  const pasted = event.clipboardData.getData("text/plain").trim();
  if (!/^(https?:\/\/|\/)\S+$/.test(pasted) || text.selectionStart === text.selectionEnd) return;
  event.preventDefault();
  type(`[${selected()}](${pasted})`);
});

for (const kind of ["keyup", "pointerup", "input", "blur"]) {
  text.addEventListener(kind, () => { place = [text.selectionStart, text.selectionEnd]; });
}

// Other scripts insert a block with an event.
text.addEventListener("insert", (event) => block(event.detail));

// A suggested link, where its words still stand; `start` counts characters.
text.addEventListener("suggested", ({ detail: { start, phrase, href } }) => {
  const from = [...text.value].slice(0, start).join("").length;
  if (text.value.slice(from, from + phrase.length) !== phrase) return;
  text.focus();
  text.setSelectionRange(from, from + phrase.length);
  type(`[${phrase}](${href})`);
});

// Typed as by hand, so that the browser's undo takes it back and the preview follows.
function type(words) {
  text.focus();
  if (!document.execCommand("insertText", false, words)) {
    text.setRangeText(words, text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function selected() {
  return text.value.slice(text.selectionStart, text.selectionEnd);
}

function lineAround() {
  const before = text.value.slice(0, text.selectionStart);
  const after = text.value.slice(text.selectionEnd);
  return before.slice(before.lastIndexOf("\n") + 1) + (after.split("\n", 1)[0]);
}

function wrap(before, after, empty, into = 0) {
  const words = selected() || empty;
  const at = text.selectionStart;
  type(before + words + after);
  const from = into ? at + before.length + words.length + 2 : at + before.length;
  text.setSelectionRange(from, into ? from : from + words.length);
}

function lines(mark) {
  const start = text.value.lastIndexOf("\n", text.selectionStart - 1) + 1;
  text.setSelectionRange(start, text.selectionEnd);
  type(selected().split("\n").map((line) => (line.startsWith(mark) ? line.slice(mark.length) : mark + line)).join("\n"));
}

// The reference goes where the cursor is, the note with its source to the end.
function cite() {
  const used = [...text.value.matchAll(/\[\^(\d+)\]/g)].map((note) => Number(note[1]));
  const label = Math.max(0, ...used) + 1;
  text.setSelectionRange(text.selectionEnd, text.selectionEnd);
  type(`[^${label}]`);
  text.setSelectionRange(text.value.length, text.value.length);
  type(`${text.value.endsWith("\n") ? "" : "\n"}\n[^${label}]: `);
}

// A piece stands on lines of its own; the cursor goes to the first thing it leaves to be written.
function block(piece) {
  text.focus();
  text.setSelectionRange(...place);
  const before = text.value.slice(0, text.selectionStart);
  const after = text.value.slice(text.selectionEnd);
  const lead = before === "" || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
  const tail = after.startsWith("\n\n") ? "" : after.startsWith("\n") ? "\n" : "\n\n";
  const at = before.length + lead.length;
  type(lead + piece + tail);
  const blank = [piece.indexOf('""') + 1, piece.indexOf("\n\n") + 1].find((place) => place > 0);
  const to = at + (blank ?? piece.length + tail.length);
  text.setSelectionRange(to, to);
}

async function open() {
  dialog.showModal();
  wanted.value = "";
  hasty = false;
  narrow();
  if (!found.childElementCount) found.textContent = "A moment…";
  const answer = await fetch(dialog.dataset.from);
  if (!answer.ok || answer.redirected) {
    found.textContent = "The list cannot be read: you may be signed out.";
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const list = page.querySelector("[data-pieces]");
  for (const heading of list.querySelectorAll("h2")) heading.outerHTML = heading.outerHTML.replaceAll("h2", "h3");
  for (const piece of list.querySelectorAll("[data-insert]")) {
    const button = Object.assign(document.createElement("button"), { type: "button" });
    piece.querySelector("code").remove();
    button.append(...piece.childNodes);
    piece.append(button);
  }
  found.replaceChildren(list);
  narrow();
  if (hasty && dialog.open && shown().length) choose(shown()[0]);
}

function narrow() {
  const words = wanted.value.toLowerCase().split(/\s+/);
  for (const piece of found.querySelectorAll("[data-insert]")) {
    const said = `${piece.textContent} ${piece.dataset.insert}`.toLowerCase();
    piece.hidden = !words.every((word) => said.includes(word));
  }
  for (const group of found.querySelectorAll(".piece-group")) {
    group.hidden = !group.querySelector("[data-insert]:not([hidden])");
  }
}

const shown = () => [...found.querySelectorAll("[data-insert]:not([hidden]) button")];

function choose(button) {
  dialog.close();
  block(button.parentElement.dataset.insert);
}

wanted.addEventListener("input", narrow);
dialog.addEventListener("keydown", (event) => {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (by) {
    event.preventDefault();
    const next = shown()[shown().indexOf(document.activeElement) + by];
    (next ?? wanted).focus();
  }
  if (event.key === "Enter" && document.activeElement === wanted) {
    event.preventDefault();
    hasty = !found.querySelector("[data-insert]");
    if (shown().length) choose(shown()[0]);
  }
});
dialog.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert] button");
  if (button) choose(button);
  else if (event.target === dialog) dialog.close();
});
dialog.addEventListener("close", () => text.focus());
