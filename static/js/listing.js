// The entry of a search engine follows title, summary and address, cut where one would cut it.
const listing = document.querySelector("[data-listing]");
const form = listing.closest("form");
const LONGEST = { title: 60, summary: 155 }; // characters that search engines tend to show
const part = (name) => listing.querySelector(`[data-listed=${name}]`);

function follow() {
  const { title, summary, slug } = form.elements;
  put("title", `${title.value.trim() || "The title"} · ${listing.dataset.name}`);
  put("summary", summary.value.trim().replace(/\s+/g, " "));
  part("address").textContent = `${location.host} › blog › ${slug.value.trim() || plain(title.value) || "address"}`;
}

function put(name, words) {
  const most = LONGEST[name];
  const cut = words.length > most ? `${words.slice(0, words.lastIndexOf(" ", most))} …` : words;
  part(name).textContent = cut || "The summary.";
  const length = form.querySelector(`[data-length=${name}]`);
  length.textContent = words.length;
  length.classList.toggle("trouble", words.length > most);
}

// As the server makes an address of a title.
function plain(title) {
  return title.normalize("NFKD").replace(/[^\x00-\x7f]/g, "").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
}

form.addEventListener("input", follow);
follow();
