<?php
/**
 * Plugin Name: ShopFlow
 * Description: What the platform needs in a store: no calls to others, hardening, the proof of sale, and checks.
 */

defined('ABSPATH') || exit;

require __DIR__ . '/shopflow/address.php';
require __DIR__ . '/shopflow/hardening.php';
require __DIR__ . '/shopflow/quiet.php';
require __DIR__ . '/shopflow/proof.php';
require_once __DIR__ . '/shopflow/pages.php';
require __DIR__ . '/shopflow/machine.php';
require __DIR__ . '/shopflow/check.php';
