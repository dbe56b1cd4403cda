// The count follows the conditions; without this script the form has a button for it.
const PAUSE = 300; // milliseconds without a change before it is asked for

for (const form of document.querySelectorAll("form[data-count]")) {
  const counted = form.querySelector("[data-counted]");
  let timer, running;

  const count = async () => {
    running?.abort();
    running = new AbortController();
    try {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(form.dataset.count, { method: "POST", body, signal: running.signal });
      counted.textContent = answer.ok && !answer.redirected ? await answer.text() : "You are signed out.";
    } catch (error) {
      if (error.name !== "AbortError") counted.textContent = "The count cannot be reached.";
    }
  };

  form.addEventListener("input", () => {
    if (!counted) return;
    clearTimeout(timer);
    timer = setTimeout(count, PAUSE);
  });
}
