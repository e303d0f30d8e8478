import { defineMiddlewares } from "@medusajs/framework/http";
import { checks } from "../check/scope";
import { settings } from "../settings";
import { storefront } from "../web/storefront";
import { uploads } from "../web/uploads";

const store = settings(process.env);

// All check the path themselves and pass on other requests: Medusa's own routes come after them.
export default defineMiddlewares({
  routes: [
    { matcher: "/", middlewares: [uploads(store), storefront(store), checks] },
  ],
});
