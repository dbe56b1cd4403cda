// Shows how many things lie in the cart; pages are the same for everybody, so it comes from a cookie.
const count = Number(document.cookie.match(/(?:^|; )cart_count=(\d+)/)?.[1] ?? 0);
const badge = document.querySelector(".cart-count");
if (badge && count > 0) {
  badge.textContent = count > 99 ? "99+" : String(count);
  badge.ariaLabel = count === 1 ? "1 item" : `${count} items`;
  badge.role = "img";
}
