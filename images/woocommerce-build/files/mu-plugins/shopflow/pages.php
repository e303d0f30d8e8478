<?php
// The pages that nginx has cached. They can be dropped by the containers of their own pod alone.

const SHOPFLOW_PAGES = '/tmp/nginx';
/** How long a page that was rendered before a change may come after it. */
const SHOPFLOW_RENDER_SECONDS = 3;

// Under conditions, so that PHP declares them when this line is reached: the first request of a pod has found them declared by the bytecode
// cache, and failed.
if (!function_exists('shopflow_drop_pages')) {
	/**
	 * Drops all pages. Each begins with the version of its format: nginx takes one whose version it does not know for a missing one. If the
	 * file were removed instead, nginx would log that as critical when the page expires.
	 */
	function shopflow_drop_pages(): void
	{
		foreach (glob(SHOPFLOW_PAGES . '/pages/?/??/*') ?: [] as $page) {
			$file = @fopen($page, 'r+');
			if ($file) {
				fwrite($file, "\0");
				fclose($file);
			}
		}
	}

	/** Drops the pages with another title than the one with this digest. Called every second, by the probe of readiness. */
	function shopflow_follow_title(string $digest): void
	{
		$file = SHOPFLOW_PAGES . '/title';
		$seen = @file_get_contents($file);
		if ($seen !== $digest && @file_put_contents($file, $digest) !== false && $seen === false) {
			// A pod that has just started has no page yet.
			touch($file, 0);
		}
		if (time() - (int) @filemtime($file) <= SHOPFLOW_RENDER_SECONDS) {
			shopflow_drop_pages();
		}
	}
}
