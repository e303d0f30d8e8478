import type { Knex } from "@medusajs/framework/mikro-orm/knex";

/**
 * Changes the title of the shop, and notes it as the one that the database was last told to have: when the database starts again, it
 * neither restores an older title nor replaces one that the owner has chosen since.
 */
export async function setTitle(database: Knex, title: string): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction("store").whereNull("deleted_at").update({ name: title, updated_at: transaction.fn.now() });
    // A database that was not copied from the golden one keeps no such notes.
    const { rows } = await transaction.raw("select to_regclass('shopflow.personal') is not null as golden");
    if (rows[0].golden) {
      await transaction.raw(
        "update shopflow.personal set digest = encode(sha256(convert_to(?, 'UTF8')), 'hex') where item = 'name'",
        [title],
      );
    }
  });
}
