<?php
// Removes what checks have left. Customers order meanwhile, so rows are found without locks and removed by their keys.

defined('ABSPATH') || exit;

final class ShopFlow_Remove_Check
{
	private wpdb $db;

	public function __construct()
	{
		global $wpdb;
		$this->db = $wpdb;
	}

	/** @return array{orders: int, carts: int} */
	public function run(): array
	{
		$number = (int) get_option(SHOPFLOW_CHECK_ORDER);
		$ours = $number > 0 && $this->is_ours($number);
		// With this isolation, InnoDB locks no gaps between rows: new orders belong into the last one.
		$this->query('SET TRANSACTION ISOLATION LEVEL READ COMMITTED');
		$this->query('START TRANSACTION');
		try {
			$removed = [
				'orders' => $ours ? $this->remove_order($number) : 0,
				'carts' => $this->remove('woocommerce_sessions', 'session_id', 'session_key', SHOPFLOW_CHECK_SESSION),
			];
			$this->query('COMMIT');
		} catch (Throwable $failure) {
			$this->db->query('ROLLBACK');
			throw $failure;
		}
		// Shops without a number are older than checks. One whose number a customer has was restored from a copy that lost its counter.
		if (!$ours) {
			shopflow_reserve_check_order();
		}
		return $removed;
	}

	/** Reports whether the reserved number is free or a check's. A check that is killed early leaves an order without an address. */
	private function is_ours(int $number): bool
	{
		$type = $this->db->get_var($this->db->prepare("SELECT post_type FROM {$this->db->posts} WHERE ID = %d", $number));
		$emails = $this->db->get_col($this->db->prepare(
			"SELECT billing_email FROM {$this->db->prefix}wc_orders WHERE id = %d
			UNION ALL SELECT meta_value FROM {$this->db->postmeta} WHERE post_id = %d AND meta_key = '_billing_email'",
			$number,
			$number
		));
		if ($this->db->last_error !== '') {
			throw new RuntimeException($this->db->last_error);
		}
		return in_array($type, [null, 'shop_order_placehold', 'shop_order'], true)
			&& array_diff(array_filter($emails), [SHOPFLOW_CHECK_EMAIL]) === [];
	}

	/** Removes the order and all that belongs to it, and returns the number of orders. */
	private function remove_order(int $number): int
	{
		$scheduled = "[$number]";
		foreach ($this->find('woocommerce_order_items', 'order_item_id', 'order_id', $number) as $item) {
			$this->remove('woocommerce_order_itemmeta', 'meta_id', 'order_item_id', $item);
		}
		foreach ($this->find('comments', 'comment_ID', 'comment_post_ID', $number) as $note) {
			$this->remove('commentmeta', 'meta_id', 'comment_id', $note);
		}
		foreach ($this->find('actionscheduler_actions', 'action_id', 'args', $scheduled) as $action) {
			$this->remove('actionscheduler_logs', 'log_id', 'action_id', $action);
		}
		foreach ([
			['woocommerce_order_items', 'order_item_id', 'order_id', $number],
			['wc_order_addresses', 'id', 'order_id', $number],
			['wc_order_operational_data', 'id', 'order_id', $number],
			['wc_orders_meta', 'id', 'order_id', $number],
			['wc_order_stats', 'order_id', 'order_id', $number],
			['wc_order_product_lookup', 'order_item_id', 'order_id', $number],
			['wc_order_coupon_lookup', 'order_id', 'order_id', $number],
			['wc_order_tax_lookup', 'order_id', 'order_id', $number],
			['wc_reserved_stock', 'order_id', 'order_id', $number],
			['woocommerce_downloadable_product_permissions', 'permission_id', 'order_id', $number],
			['actionscheduler_actions', 'action_id', 'args', $scheduled],
			['comments', 'comment_ID', 'comment_post_ID', $number],
			['postmeta', 'meta_id', 'post_id', $number],
			['term_relationships', 'object_id', 'object_id', $number],
			['wc_orders', 'id', 'id', $number],
		] as [$table, $key, $column, $value]) {
			$this->remove($table, $key, $column, $value);
		}
		return $this->remove('posts', 'ID', 'ID', $number);
	}

	/** @return int[] the keys of the rows with a value in an indexed column */
	private function find(string $table, string $key, string $column, int|string $value): array
	{
		$found = $this->db->get_col($this->db->prepare('SELECT DISTINCT %i FROM %i WHERE %i = ' . (is_int($value) ? '%d' : '%s'), $key, $this->db->prefix . $table, $column, $value));
		if ($this->db->last_error !== '') {
			throw new RuntimeException($this->db->last_error);
		}
		return array_map('intval', $found);
	}

	/** Removes the rows with a value in an indexed column, and returns their number. */
	private function remove(string $table, string $key, string $column, int|string $value): int
	{
		$removed = 0;
		foreach ($this->find($table, $key, $column, $value) as $row) {
			$removed += $this->query('DELETE FROM %i WHERE %i = %d', $this->db->prefix . $table, $key, $row);
		}
		return $removed;
	}

	private function query(string $statement, mixed ...$values): int
	{
		$done = $this->db->query($values ? $this->db->prepare($statement, ...$values) : $statement);
		if ($done === false) {
			throw new RuntimeException($this->db->last_error);
		}
		return (int) $done;
	}
}
