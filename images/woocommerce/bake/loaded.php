<?php
// Prints the names of the scripts in the bytecode cache, except this one. No image contains it.
foreach (array_keys(opcache_get_status()['scripts']) as $script) {
	if ($script !== __FILE__) {
		echo $script, "\n";
	}
}
