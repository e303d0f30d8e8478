<?php
/**
 * Plugin Name: ShopFlow
 * Description: What the platform needs of a store: quiet, hardened, and able to prove that it sells.
 */

defined('ABSPATH') || exit;

require __DIR__ . '/shopflow/address.php';
require __DIR__ . '/shopflow/hardening.php';
require __DIR__ . '/shopflow/quiet.php';
require __DIR__ . '/shopflow/proof.php';
