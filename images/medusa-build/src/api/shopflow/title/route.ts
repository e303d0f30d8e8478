import { ContainerRegistrationKeys } from "@medusajs/framework/utils";
import { forMachine } from "../../../machine/guard";
import { setTitle } from "../../../web/title";

const maxLength = 100;

/** Changes the title of the shop. */
export const PUT = forMachine(async (req, res) => {
  const { title } = (req.body ?? {}) as { title?: unknown };
  if (typeof title !== "string" || title.trim() === "" || [...title].length > maxLength) {
    res.status(400).json({ message: `The title must be a text of 1 to ${maxLength} characters` });
    return;
  }
  await setTitle(req.scope.resolve(ContainerRegistrationKeys.PG_CONNECTION), title);
  res.json({ title });
});
