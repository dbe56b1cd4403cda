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
    frame.addEventListener("load", () => frame.contentWindow.scrollTo(0, at), { once: true });
    frame.srcdoc = html;
  };

  const tell = (found) => {
    problems?.replaceChildren(...found.map(({ line, message, weight }) => {
      const entry = document.createElement(problems.matches("ul") ? "li" : "span");
      entry.className = weight ?? "";
      entry.textContent = line ? `Line ${line}: ${message}` : message;
      return entry;
    }));
  };

  form.addEventListener("input", (event) => {
    clearTimeout(timer);
    timer = setTimeout(show, event.target.name === "view" ? 0 : PAUSE);
  });
  if (!frame.getAttribute("src") && form.querySelector("textarea[name=body]")?.value) show();
}
