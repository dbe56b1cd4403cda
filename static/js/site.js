// What a page gains where scripts run; nothing needs it.

// Pages are the same for everybody, so the number of things in the cart comes from a cookie.
const count = Number(document.cookie.match(/(?:^|; )cart_count=(\d+)/)?.[1] ?? 0);
const badge = document.querySelector(".cart-count");
if (badge && count > 0) {
  badge.textContent = count > 99 ? "99+" : String(count);
  badge.role = "img";
  badge.ariaLabel = count === 1 ? "1 item" : `${count} items`;
}

// Where there is room, each note of a post stands beside the line that refers to it.
const notes = document.querySelector(".post-body > .footnotes");
if (notes) {
  const text = notes.parentElement;
  const wide = matchMedia("(min-width: 78rem)");
  const place = () => {
    notes.classList.toggle("notes-beside", wide.matches);
    if (!wide.matches) return;
    const start = text.getBoundingClientRect().top;
    let free = 0;
    for (const note of notes.querySelectorAll("li")) {
      const line = document.querySelector(`a[href="#${note.id}"]`).getBoundingClientRect().top;
      const top = Math.max(line - start, free);
      note.style.top = `${top}px`;
      free = top + note.offsetHeight + 14;
    }
    if (free > text.offsetHeight) notes.classList.remove("notes-beside");
  };
  wide.addEventListener("change", place);
  document.fonts.ready.then(place);
  addEventListener("load", place);
  place();
}
