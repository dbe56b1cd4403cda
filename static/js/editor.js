// The editor's preview follows the text; without this script its form has a button.
const PAUSE = 450; // milliseconds without a key before it is asked for

for (const form of document.querySelectorAll("form[data-preview]")) {
  const frame = form.querySelector("iframe");
  const problems = form.querySelector("[data-problems]");
  let timer, running;

  const show = async () => {
    running?.abort();
    running = new AbortController();
    try {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(form.dataset.preview, { method: "POST", body, signal: running.signal });
      if (answer.redirected) return tell([{ message: "You are signed out: sign in in another tab, then go on here." }]);
      const html = await answer.text();
      if (answer.ok) put(html);
      tell(answer.ok ? JSON.parse(answer.headers.get("Problems") ?? "[]") : [{ message: html }]);
    } catch (error) {
      if (error.name !== "AbortError") tell([{ message: "The preview cannot be reached." }]);
    }
  };

  const put = (html) => {
    const at = frame.contentWindow?.scrollY ?? 0;
    frame.addEventListener("load", () => frame.contentWindow.scrollTo(0, place() ?? at), { once: true });
    frame.srcdoc = html;
  };

  // Where in the preview the cursor is: as far behind the same heading as in the text.
  const place = () => {
    if (document.activeElement !== text || !frame.contentDocument) return undefined;
    const heads = [...frame.contentDocument.querySelectorAll(".prose :is(h2, h3, h4, h5, h6)[id]:not(#notes)")];
    const starts = [...text.value.matchAll(/^#{1,6} /gm)].map((head) => head.index);
    const passed = starts.filter((start) => start <= text.selectionStart).length;
    if (!passed || heads.length !== starts.length) return undefined;
    const top = (at) => (heads[at] ?? frame.contentDocument.querySelector(".prose > :last-child")).getBoundingClientRect().top + frame.contentWindow.scrollY;
    const [from, to] = [starts[passed - 1], starts[passed] ?? text.value.length];
    const share = (text.selectionStart - from) / (to - from || 1);
    const aim = top(passed - 1) + share * (top(passed) - top(passed - 1));
    return Math.max(0, aim - frame.clientHeight / 3);
  };

  const follow = () => {
    const at = place();
    if (at !== undefined) frame.contentWindow.scrollTo(0, at);
  };

  const tell = (found) => {
    problems?.replaceChildren(...found.map((finding) => {
      const { line, message, weight } = finding;
      const entry = document.createElement(problems.matches("ul") ? "li" : "span");
      entry.className = weight ?? "";
      if (line) entry.append(button(`Line ${line}`, () => go(line)), ": ");
      entry.append(message);
      if (finding.href) entry.append(" ", button("Link it", () => text.dispatchEvent(new CustomEvent("suggested", { detail: finding }))));
      return entry;
    }));
  };

  const text = form.querySelector("textarea[name=body]");

  const button = (label, act) => {
    const made = Object.assign(document.createElement("button"), { type: "button", className: "button-link", textContent: label });
    made.addEventListener("click", act);
    return made;
  };

  // Chromium scrolls to the cursor of a field as it is focused anew.
  const go = (line) => {
    const start = text.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    text.blur();
    text.setSelectionRange(start, start + (text.value.slice(start).split("\n", 1)[0]).length);
    text.focus();
  };

  text?.addEventListener("pointerup", follow);
  text?.addEventListener("keyup", ({ key }) => { if (/^(Arrow|Page|Home|End)/.test(key)) follow(); });

  // On a phone the preview is far below.
  form.querySelector("button[formtarget]")?.addEventListener("click", () => frame.scrollIntoView({ block: "nearest" }));

  form.addEventListener("input", (event) => {
    clearTimeout(timer);
    timer = setTimeout(show, event.target.name === "view" ? 0 : PAUSE);
  });
  if (!frame.getAttribute("src") && text?.value) show();
}
