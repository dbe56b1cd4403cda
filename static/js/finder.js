// The pain finder in the browser: ranks muscles by the places chosen. Sends and stores nothing.

const SHOWN = 6;
const SIDES = ["left", "right"];

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
  const onFigure = links.filter((link) => panel.contains(link));
  const status = panel.querySelector(".finder-status");
  const list = panel.querySelector(".finder-places");
  const answer = panel.querySelector(".finder-answer");
  // From a region to the set of its sides; a region in the middle of the body has none.
  const chosen = new Map();
  let loading = null;

  const load = () => (loading ??= fetch(panel.dataset.finder).then((response) => response.json()));

  async function choose(region, sides) {
    if (sides === null) chosen.delete(region);
    else chosen.set(region, new Set(sides));
    await update();
  }

  async function update() {
    for (const link of links) link.setAttribute("aria-pressed", isChosen(chosen, link));
    try {
      const atlas = await load();
      status.textContent = said(atlas, chosen);
      showPlaces(list, atlas, chosen, choose);
      showAnswer(answer, panel, rank(atlas, pairs(chosen)), atlas, chosen);
    } catch {
      loading = null; // so that the next choice asks again
      status.textContent = "The finder could not be loaded. Are you offline? Choose again to try once more.";
    }
  }

  async function toggle(link) {
    const was = isChosen(chosen, link);
    await choose(link.dataset.region, was ? without(chosen, link) : withThis(chosen, link));
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
  walkWithArrows(onFigure);
  panel.addEventListener("click", (event) => {
    if (!event.target.closest(".finder-clear")) return;
    chosen.clear();
    update();
    onFigure[0].focus();
  });
}

const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Arrow keys lead from a place to the nearest one that lies that way. */
function walkWithArrows(links) {
  for (const link of links) {
    link.addEventListener("keydown", (event) => {
      const way = DIRECTIONS[event.key];
      if (!way || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      nearest(link, way, links)?.focus();
    });
  }
}

function nearest(from, [right, down], links) {
  const [x, y] = middle(from);
  let best = null;
  let shortest = Infinity;
  for (const link of links) {
    const [dx, dy] = middle(link).map((value, axis) => value - [x, y][axis]);
    const ahead = dx * right + dy * down;
    const aside = Math.abs(dx * down) + Math.abs(dy * right);
    // What lies straight ahead is nearer than what lies aside.
    const distance = ahead + 2.5 * aside;
    if (ahead > 2 && distance < shortest) [best, shortest] = [link, distance];
  }
  return best;
}

function middle(link) {
  const { x, y, width, height } = link.getBoundingClientRect();
  return [x + width / 2, y + height / 2];
}

// A list may stand far below the answer.
function bringToSight(status) {
  status.tabIndex = -1;
  status.focus({ preventScroll: true });
  status.closest("[data-finder]").querySelector(".finder-said").scrollIntoView();
}

/** The sides that a link stands for: one on the figure, both in the list, none in the middle. */
const sidesOf = (link) => (link.dataset.side ?? "").split(" ").filter(Boolean);

function isChosen(chosen, link) {
  const sides = chosen.get(link.dataset.region);
  if (!sides) return false;
  const asked = sidesOf(link);
  return asked.length === 0 || asked.some((side) => sides.has(side));
}

const withThis = (chosen, link) => [...(chosen.get(link.dataset.region) ?? []), ...sidesOf(link)];

function without(chosen, link) {
  const left = [...chosen.get(link.dataset.region)].filter((side) => !sidesOf(link).includes(side));
  return left.length === 0 ? null : left;
}

const pairs = (chosen) =>
  [...chosen].flatMap(([region, sides]) =>
    sides.size === 0 ? [[region, null]] : [...sides].map((side) => [region, side]),
  );

function said(atlas, chosen) {
  if (chosen.size === 0) return "";
  const places = [...chosen].map(([region, sides]) => named(atlas.regions[region].label, sides));
  const found = rank(atlas, pairs(chosen)).length;
  return `${counted(found)} could be related to an ache in the ${listed(places)}.`;
}

/** The chosen places, each with its sides to choose from; what has the focus keeps it. */
function showPlaces(list, atlas, chosen, choose) {
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  const rows = [...chosen].map(([region, sides]) => placeRow(atlas.regions[region], region, sides, choose));
  list.replaceChildren(...rows);
  list.hidden = chosen.size === 0;
  if (focused === null) return;
  const again = [...list.querySelectorAll("button")].find((button) => button.dataset.key === focused);
  (again ?? list.querySelector("button") ?? document.querySelector("a[data-region]")).focus();
}

function placeRow({ label, paired }, region, sides, choose) {
  const both = sides.size === SIDES.length;
  const button = (key, text, pressed, next, name) => {
    const made = element("button", { type: "button", onclick: () => choose(region, next) }, text);
    made.dataset.key = `${region} ${key}`;
    if (pressed !== null) made.setAttribute("aria-pressed", pressed);
    if (name) made.setAttribute("aria-label", name);
    return made;
  };
  const choices = paired
    ? [
        ...SIDES.map((side) => button(side, capital(side), !both && sides.has(side), [side])),
        button("both", "Both", both, SIDES),
      ]
    : [];
  const group = element("span", { className: "finder-sides" }, ...choices);
  if (paired) {
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", `Side of the ${label}`);
  }
  const remove = button("remove", "×", null, null, `Remove ${label}`);
  remove.className = "finder-remove";
  return element("li", {}, element("span", { className: "finder-place" }, capital(label)), group, remove);
}

function showAnswer(answer, panel, found, atlas, chosen) {
  answer.hidden = chosen.size === 0;
  answer.replaceChildren(
    ...warnings(panel),
    ...alerts(atlas, chosen),
    ...groups(atlas, found.slice(0, SHOWN)),
    ...further(found.slice(SHOWN)),
    element("p", {}, element("button", { type: "button", className: "button button-quiet finder-clear" }, "Start again")),
  );
  for (const link of answer.querySelectorAll('a[href^="/muscles/"], a[href^="/blog/"]')) {
    link.setAttribute("href", `${link.pathname}?from=${panel.dataset.way}${link.hash}`);
  }
}

/** What cannot wait comes before any answer, also where the page does not begin with it. */
function warnings(panel) {
  const words = panel.querySelector("template.finder-warnings");
  return words ? [words.content.cloneNode(true)] : [];
}

function alerts(atlas, chosen) {
  const words = new Set([...chosen.keys()].map((region) => atlas.regions[region].alert).filter(Boolean));
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
  const article = parsed(muscle.html).querySelector("article");
  if (sides.length > 0) {
    const which = sides.length === SIDES.length ? "both sides" : `${sides[0]} side`;
    article.querySelector("h3").append(element("small", {}, ` ${which}`));
  }
  return article;
}

function further(found) {
  if (found.length === 0) return [];
  const links = found.map(({ muscle }) => element("li", {}, parsed(muscle.html).querySelector("h3 a")));
  return [
    element("h2", { className: "label" }, "Less often"),
    element("ul", { className: "finder-further" }, ...links),
  ];
}

function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html; // from our own server, made by one template
  return template.content;
}

const counted = (count) => (count === 1 ? "1 muscle" : `${count} muscles`);

const capital = (words) => words[0].toUpperCase() + words.slice(1);

function named(label, sides) {
  if (sides.size === 0) return label;
  return sides.size === SIDES.length ? `${label} on both sides` : `${[...sides][0]} ${label}`;
}

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
