// The pain finder in the browser: ranks muscles by the places chosen. Sends and stores nothing.

const SHOWN = 6;

/**
 * The muscles that could be felt in the chosen places, the likeliest first; the same rule as
 * `blog.anatomy.rank`. `chosen` holds pairs of a region and a side, or null for either side.
 */
export function rank(atlas, chosen) {
  return atlas.muscles
    .map((muscle) => match(atlas, muscle, chosen))
    .filter((found) => found !== null)
    .sort((a, b) => b.score - a.score || Number(b.muscle.core) - Number(a.muscle.core));
}

function match(atlas, muscle, chosen) {
  const hits = chosen.filter(([region]) => region in muscle.hits);
  if (hits.length === 0) return null;
  const sides = hits
    .filter(([region, side]) => side && atlas.regions[region].paired)
    .map(([, side]) => side);
  return {
    muscle,
    score: Math.max(...hits.map(([region]) => muscle.hits[region])),
    regions: [...new Set(hits.map(([region]) => region))].sort(),
    sides: muscle.bothSides ? [] : [...new Set(sides)].sort(),
  };
}

/** Let the links of a page choose places, and `panel` answer. */
function start(panel) {
  const links = [...document.querySelectorAll("a[data-region]")];
  const answer = panel.querySelector(".finder-answer");
  const status = panel.querySelector(".finder-status");
  const chosen = new Map();
  let atlas = null;

  const load = () => (atlas ??= fetch(panel.dataset.finder).then((response) => response.json()));

  async function update() {
    for (const link of links) link.setAttribute("aria-pressed", isChosen(link));
    const known = await load();
    show(answer, status, known, [...chosen.values()]);
  }

  const isChosen = (link) => chosen.has(key(link)) || chosen.has(eitherSide(link));

  // A place from the list means either side, and so stands for both on the figure.
  async function toggle(link) {
    const was = isChosen(link);
    for (const [known, [region]] of [...chosen]) {
      const covered = key(link) === eitherSide(link) && region === link.dataset.region;
      if (covered || known === key(link) || known === eitherSide(link)) chosen.delete(known);
    }
    if (!was) chosen.set(key(link), place(link));
    await update();
    if (!was && !panel.contains(link)) bringToSight(status);
  }

  for (const link of links) {
    link.setAttribute("role", "button");
    link.setAttribute("aria-pressed", "false");
    link.addEventListener("click", (event) => {
      event.preventDefault();
      toggle(link);
    });
    link.addEventListener("keydown", (event) => {
      if (event.key !== " ") return;
      event.preventDefault();
      toggle(link);
    });
    link.addEventListener("focus", load, { once: true });
    link.addEventListener("pointerenter", load, { once: true });
  }
  panel.addEventListener("click", (event) => {
    if (!event.target.closest(".finder-clear")) return;
    chosen.clear();
    update();
    links[0].focus();
  });
}

// A list may stand far below the answer.
function bringToSight(status) {
  status.tabIndex = -1;
  status.focus({ preventScroll: true });
  status.closest("[data-finder]").scrollIntoView();
}

const key = (link) => `${link.dataset.region}:${link.dataset.side ?? ""}`;

const eitherSide = (link) => `${link.dataset.region}:`;

const place = (link) => [link.dataset.region, link.dataset.side ?? null];

function show(answer, status, atlas, chosen) {
  const found = rank(atlas, chosen);
  answer.hidden = chosen.length === 0;
  const places = listed(chosen.map(([region, side]) => named(atlas, region, side)));
  status.textContent =
    chosen.length === 0 ? "" : `${counted(found.length)} could be related to an ache in the ${places}.`;
  answer.replaceChildren(
    ...alerts(atlas, chosen),
    ...groups(atlas, found.slice(0, SHOWN)),
    ...further(found.slice(SHOWN)),
    element("p", {}, element("button", { type: "button", className: "button button-quiet finder-clear" }, "Start again")),
  );
}

function alerts(atlas, chosen) {
  const words = new Set(chosen.map(([region]) => atlas.regions[region].alert).filter(Boolean));
  return [...words].map((alert) =>
    element("div", { className: "notice notice-warning", role: "note" }, element("p", {}, alert)),
  );
}

function groups(atlas, found) {
  const parts = [];
  let score = null;
  for (const candidate of found) {
    if (candidate.score !== score) {
      score = candidate.score;
      parts.push(element("h2", { className: "label" }, atlas.headings[score]));
    }
    parts.push(card(candidate));
  }
  return parts;
}

function card({ muscle, sides }) {
  const template = document.createElement("template");
  template.innerHTML = muscle.html; // from our own server, made by one template
  const article = template.content.querySelector("article");
  if (sides.length > 0) {
    article.querySelector("h3").append(element("small", {}, ` ${sides.join(" and ")} side`));
  }
  return article;
}

function further(found) {
  if (found.length === 0) return [];
  const links = found.map(({ muscle }) => {
    const template = document.createElement("template");
    template.innerHTML = muscle.html;
    return element("li", {}, template.content.querySelector("h3 a"));
  });
  return [
    element("h2", { className: "label" }, "Less often"),
    element("ul", { className: "finder-further" }, ...links),
  ];
}

const counted = (count) => (count === 1 ? "1 muscle" : `${count} muscles`);

const named = (atlas, region, side) => (side ? `${side} ${atlas.regions[region].label}` : atlas.regions[region].label);

const listed = (words) =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

if (globalThis.document) {
  for (const panel of document.querySelectorAll("[data-finder]")) start(panel);
}
