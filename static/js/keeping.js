// What is typed into a post is kept on the server, some seconds after the last key and as the window
// closes, so that a crash loses nothing. The answer says who else is in the post.
const PAUSE = 2000; // milliseconds without a key before it is kept
const LONGEST = 10000; // milliseconds of typing without a pause before it is kept all the same
const AGAIN = 5000; // milliseconds before a failed attempt is repeated

for (const form of document.querySelectorAll("form[data-copy]")) {
  const told = form.querySelector("[data-kept]");
  const beside = form.querySelector("[data-beside]");
  let timer, running, since, failed = false, unkept = false, left = false;

  const fields = () => new URLSearchParams(new FormData(form));

  const keep = async () => {
    clearTimeout(timer);
    running?.abort();
    running = new AbortController();
    unkept = false;
    since = undefined;
    try {
      const answer = await fetch(form.dataset.copy, { method: "POST", body: fields(), signal: running.signal });
      if (answer.redirected) return fail("You are signed out, and nothing is kept: sign in in another tab, then go on here.");
      if (!answer.ok) return fail(`Not kept (${answer.status}). Trying again.`);
      const { kept_at, beside: others } = await answer.json();
      failed = false;
      tell(`Kept at ${clock(kept_at)}`);
      show(others);
    } catch (error) {
      if (error.name !== "AbortError") fail("Not kept: the shop cannot be reached. Trying again.");
    }
  };

  const fail = (message) => {
    failed = unkept = true;
    tell(message);
    clearTimeout(timer);
    timer = setTimeout(keep, AGAIN);
  };

  const tell = (message) => {
    told.textContent = message;
    told.classList.toggle("trouble", failed);
  };

  // Replaced only where something changed, so that it is read out once.
  const show = (others) => {
    const now = JSON.stringify(others.map(({ text, href }) => [text, href]));
    if (beside.dataset.shown === now) return;
    beside.dataset.shown = now;
    beside.replaceChildren(...others.map(notice));
  };

  const notice = ({ text, at, href, link }) => {
    const words = document.createElement("p");
    const way = Object.assign(document.createElement("a"), { href, textContent: link, target: "_blank" });
    words.append(`${text} ${clock(at)}. `, way);
    return words;
  };

  form.addEventListener("input", () => {
    unkept = true;
    since ??= performance.now();
    clearTimeout(timer);
    timer = setTimeout(keep, Math.min(PAUSE, Math.max(0, since + LONGEST - performance.now())));
  });

  // A save keeps it for good: nothing that comes late may make a copy of it again.
  form.addEventListener("submit", (event) => {
    if (event.submitter?.formTarget) return;
    left = true;
    clearTimeout(timer);
    running?.abort();
  });

  const send = () => { if (unkept && !left) navigator.sendBeacon(form.dataset.copy, fields()); };
  addEventListener("pagehide", send);
  document.addEventListener("visibilitychange", () => { if (document.hidden) send(); });
  addEventListener("pageshow", () => { left = false; });
  addEventListener("beforeunload", (event) => { if (failed && !left) event.preventDefault(); });
  addEventListener("online", () => { if (failed) keep(); });
}

function clock(moment) {
  const day = new Date(moment);
  const near = Date.now() - day < 12 * 36e5;
  return day.toLocaleString("en-US", { ...(near ? {} : { month: "short", day: "numeric" }), hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}
