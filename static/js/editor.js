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
      if (answer.redirected) return location.reload(); // signed out
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
    if (!problems) return;
    problems.textContent = found.map(({ line, message }) => (line ? `Line ${line}: ${message}` : message)).join(" ");
  };

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(show, PAUSE);
  });
  if (!frame.getAttribute("src") && form.querySelector("textarea")?.value) show();
}
