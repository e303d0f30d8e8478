import { Suspense, useEffect } from "react";
import { CartPage } from "./cart/cart-page";
import { HomePage } from "./catalog/home-page";
import { ProductPage } from "./catalog/product-page";
import { CheckoutPage, LookupPage, OrderPage, preloadAfter } from "./lazy-pages";
import { usePath } from "./lib/router";
import { matchRoute, type Route } from "./lib/routes";
import { useTitle } from "./lib/shop";
import { Guard, NotFound } from "./ui/notice";
import { Shell } from "./ui/shell";

export function App() {
  const path = usePath();
  const route = matchRoute(path);
  useEffect(() => preloadAfter(route.page), [route.page]);
  return (
    <Shell>
      <Guard key={path}>
        <Suspense fallback={<div className="page-wait" aria-busy="true" />}>
          <Page route={route} />
        </Suspense>
      </Guard>
    </Shell>
  );
}

function Page({ route }: { route: Route }) {
  switch (route.page) {
    case "home":
      return <HomePage />;
    case "product":
      return <ProductPage handle={route.handle} />;
    case "cart":
      return <CartPage />;
    case "checkout":
      return <CheckoutPage />;
    case "order":
      return <OrderPage id={route.id} />;
    case "lookup":
      return <LookupPage />;
    case "missing":
      return <MissingPage />;
  }
}

function MissingPage() {
  useTitle("Not found");
  return <NotFound />;
}
