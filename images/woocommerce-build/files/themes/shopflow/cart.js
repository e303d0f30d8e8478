// Shows how many items are in the cart. Pages come from a cache without carts, so the number is requested, and only by visitors
// with a cart.
(() => {
	const badge = document.querySelector("[data-cart-count]");
	if (!badge) return;
	const show = async () => {
		if (!document.cookie.includes("woocommerce_items_in_cart=1")) {
			badge.hidden = true;
			return;
		}
		try {
			const answer = await fetch(shopflowCart.url, { credentials: "same-origin" });
			if (!answer.ok) return;
			const count = (await answer.json()).items_count;
			badge.textContent = String(count);
			badge.setAttribute("aria-label", `${count} ${badge.dataset.label}`);
			badge.hidden = count === 0;
		} catch {
			// Without an answer no number is shown.
		}
	};
	for (const name of ["wc-blocks_added_to_cart", "wc-blocks_removed_from_cart"]) document.body.addEventListener(name, show);
	show();
})();
