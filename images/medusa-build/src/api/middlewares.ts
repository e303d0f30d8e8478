import { defineMiddlewares } from "@medusajs/framework/http";
import { settings } from "../settings";
import { storefront } from "../web/storefront";
import { uploads } from "../web/uploads";

const store = settings(process.env);

// Both look at the path themselves and pass on what is not theirs: Medusa's own routes come after them.
export default defineMiddlewares({
  routes: [
    { matcher: "/", middlewares: [uploads(store), storefront(store)] },
  ],
});
