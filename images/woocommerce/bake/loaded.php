<?php
// Prints the names of the scripts that PHP has the bytecode of, but for this one. It is in no image.
foreach (array_keys(opcache_get_status()['scripts']) as $script) {
	if ($script !== __FILE__) {
		echo $script, "\n";
	}
}
