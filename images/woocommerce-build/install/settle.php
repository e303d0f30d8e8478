<?php
// Runs the actions that are due within the hour, and those that they schedule, so that no store has to.

const SOON_SECONDS = 3600;

for ($round = 0; $round < 5; $round++) {
	$due = as_get_scheduled_actions(['status' => ActionScheduler_Store::STATUS_PENDING, 'date' => time() + SOON_SECONDS, 'date_compare' => '<=', 'per_page' => -1], 'ids');
	foreach ($due as $action) {
		ActionScheduler::runner()->process_action($action);
	}
}
