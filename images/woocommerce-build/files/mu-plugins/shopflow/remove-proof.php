<?php
// Removes what the proof of sale has left, and restores stock, counters and reports.

defined('ABSPATH') || exit;

final class ShopFlow_Remove_Proof
{
	/** The option with the number to reset the counter to: it survives a crash in between. */
	private const RESET = 'shopflow_reset_order_number';

	private wpdb $db;
	/** @var string[] the names of the logs that WooCommerce writes for the orders */
	private array $logs = [];

	public function __construct()
	{
		global $wpdb;
		$this->db = $wpdb;
	}

	/** @return array{orders: int, carts: int, stock: int, next: int} */
	public function run(): array
	{
		$this->query('START TRANSACTION');
		try {
			$removed = $this->remove();
			$this->query('COMMIT');
		} catch (Throwable $failure) {
			$this->db->query('ROLLBACK');
			throw $failure;
		}
		$this->reset_counter();
		foreach ($this->logs as $log) {
			wc_get_logger()->clear($log, true);
		}
		wp_cache_flush();
		return $removed + ['next' => $this->next()];
	}

	private function remove(): array
	{
		$orders = array_map('intval', $this->column(
			"SELECT id FROM {$this->db->prefix}wc_orders WHERE billing_email = %s AND type = 'shop_order' ORDER BY id FOR UPDATE",
			SHOPFLOW_PROOF_EMAIL
		));
		if ($orders) {
			$reset = $this->value("SELECT option_value FROM {$this->db->options} WHERE option_name = %s", self::RESET) ?? PHP_INT_MAX;
			$this->query("REPLACE INTO {$this->db->options} (option_name, option_value, autoload) VALUES (%s, %s, 'off')", self::RESET, (string) min($orders[0], (int) $reset));
		}
		$stock = 0;
		foreach ($orders as $id) {
			$stock += $this->restore_stock(wc_get_order($id));
			$this->delete_order($id);
		}
		$carts = $this->query("DELETE FROM {$this->db->prefix}woocommerce_sessions WHERE session_value LIKE %s", '%' . $this->db->esc_like(SHOPFLOW_PROOF_EMAIL) . '%');
		$this->query("DELETE FROM {$this->db->prefix}wc_customer_lookup WHERE email = %s", SHOPFLOW_PROOF_EMAIL);
		// The caller's sign-in has left a session. It is removed if its cart is empty.
		$this->query("DELETE FROM {$this->db->prefix}woocommerce_sessions WHERE session_key = %s AND session_value NOT REGEXP '\"cart\";s:[0-9]+:\"a:[1-9]'", (string) get_current_user_id());
		return ['orders' => count($orders), 'carts' => $carts, 'stock' => $stock];
	}

	/** Restores the stock and the sales of the products of an order, and returns the number of pieces. */
	private function restore_stock(WC_Order $order): int
	{
		$pieces = 0;
		$sold = $order->get_data_store()->get_recorded_sales($order);
		foreach ($order->get_items() as $item) {
			$product = $item instanceof WC_Order_Item_Product ? $item->get_product() : false;
			if (!$product) {
				continue;
			}
			$reduced = (int) $item->get_meta('_reduced_stock', true);
			if ($reduced > 0) {
				wc_update_product_stock($product, $reduced, 'increase');
				$pieces += $reduced;
			}
			if ($sold) {
				$product->get_data_store()->update_product_sales($item->get_product_id(), $item->get_quantity(), 'decrease');
			}
		}
		return $pieces;
	}

	private function delete_order(int $id): void
	{
		$logs = $this->column("SELECT DISTINCT meta_value FROM {$this->db->prefix}wc_orders_meta WHERE order_id = %d AND meta_key LIKE '\\_debug\\_log\\_source%%'", $id);
		array_push($this->logs, ...$logs);
		$prefix = $this->db->prefix;
		foreach ([
			"DELETE m FROM {$prefix}woocommerce_order_itemmeta m JOIN {$prefix}woocommerce_order_items i USING (order_item_id) WHERE i.order_id = %d",
			"DELETE FROM {$prefix}woocommerce_order_items WHERE order_id = %d",
			"DELETE FROM {$prefix}wc_order_addresses WHERE order_id = %d",
			"DELETE FROM {$prefix}wc_order_operational_data WHERE order_id = %d",
			"DELETE FROM {$prefix}wc_orders_meta WHERE order_id = %d",
			"DELETE FROM {$prefix}wc_order_stats WHERE order_id = %d",
			"DELETE FROM {$prefix}wc_order_product_lookup WHERE order_id = %d",
			"DELETE FROM {$prefix}wc_order_coupon_lookup WHERE order_id = %d",
			"DELETE FROM {$prefix}wc_order_tax_lookup WHERE order_id = %d",
			"DELETE FROM {$prefix}wc_reserved_stock WHERE order_id = %d",
			"DELETE FROM {$prefix}woocommerce_downloadable_product_permissions WHERE order_id = %d",
			"DELETE m FROM {$this->db->commentmeta} m JOIN {$this->db->comments} c USING (comment_id) WHERE c.comment_post_ID = %d",
			"DELETE FROM {$this->db->comments} WHERE comment_post_ID = %d",
			"DELETE FROM {$this->db->postmeta} WHERE post_id = %d",
			"DELETE FROM {$this->db->posts} WHERE ID = %d",
			"DELETE l FROM {$prefix}actionscheduler_logs l JOIN {$prefix}actionscheduler_actions a USING (action_id) WHERE a.args IN (CONCAT('[', %d, ']'))",
			"DELETE FROM {$prefix}actionscheduler_actions WHERE args IN (CONCAT('[', %d, ']'))",
			"DELETE FROM {$prefix}wc_orders WHERE id = %d",
		] as $statement) {
			$this->query($statement, $id);
		}
	}

	/**
	 * The next order takes the lowest number of the proof, unless a customer has ordered in between: the database sets the counter no
	 * lower than after the last row.
	 */
	private function reset_counter(): void
	{
		$from = (int) $this->value("SELECT option_value FROM {$this->db->options} WHERE option_name = %s", self::RESET);
		if ($from > 0) {
			$this->query("ALTER TABLE {$this->db->posts} AUTO_INCREMENT = %d", $from);
			$this->query("DELETE FROM {$this->db->options} WHERE option_name = %s", self::RESET);
		}
	}

	private function next(): int
	{
		return (int) $this->value('SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = %s', $this->db->posts);
	}

	private function query(string $statement, mixed ...$values): int
	{
		$done = $this->db->query($values ? $this->db->prepare($statement, ...$values) : $statement);
		if ($done === false) {
			throw new RuntimeException($this->db->last_error);
		}
		return (int) $done;
	}

	private function column(string $statement, mixed ...$values): array
	{
		return $this->db->get_col($this->db->prepare($statement, ...$values));
	}

	private function value(string $statement, mixed ...$values): ?string
	{
		return $this->db->get_var($this->db->prepare($statement, ...$values));
	}
}
