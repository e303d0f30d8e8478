<?php
/**
 * Plugin Name: ShopFlow
 * Description: What the platform needs in a store: no calls to others, hardening, and the proof of sale.
 */

defined('ABSPATH') || exit;

require __DIR__ . '/shopflow/address.php';
require __DIR__ . '/shopflow/hardening.php';
require __DIR__ . '/shopflow/quiet.php';
require __DIR__ . '/shopflow/proof.php';
