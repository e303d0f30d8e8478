<?php
// The sample shop: the products, prices and texts that every ShopFlow store starts with. Prices are in US dollars, weights in grams,
// as packed.

const SHOPFLOW_STOCK = 100;

return [
	[
		'slug' => 'stoneware-mug',
		'name' => 'Stoneware Mug',
		'subtitle' => '350 ml, speckled glaze',
		'description' => 'Thrown by hand in small batches and fired twice, with a speckled glaze that is different on every piece. '
			. 'The wide handle takes three fingers, the foot is left raw. Safe in the dishwasher and the microwave.',
		'material' => 'Stoneware',
		'category' => 'Kitchen',
		'weight' => 420,
		'variants' => ['350 ml' => ['MUG-350', 24]],
	],
	[
		'slug' => 'linen-apron',
		'name' => 'Linen Apron',
		'subtitle' => 'Cross-back, two deep pockets',
		'description' => 'Heavy washed linen that softens with every wash. The straps cross at the back, so nothing pulls on the neck, '
			. 'and the two pockets are deep enough for a towel and a notebook.',
		'material' => 'Linen',
		'category' => 'Kitchen',
		'weight' => 380,
		'option' => 'Size',
		'variants' => ['S/M' => ['APRON-SM', 58], 'L/XL' => ['APRON-LXL', 62]],
	],
	[
		'slug' => 'oak-serving-board',
		'name' => 'Oak Serving Board',
		'subtitle' => 'Solid oak, 42 by 22 cm',
		'description' => 'Cut from one plank of oak, sanded fine and finished with linseed oil. A board for bread, cheese and the middle '
			. 'of the table. Wipe it clean and oil it now and then; it will outlast the table.',
		'material' => 'Oak',
		'category' => 'Kitchen',
		'weight' => 1250,
		'variants' => ['42 × 22 cm' => ['BOARD-42', 49]],
	],
	[
		'slug' => 'beeswax-candle',
		'name' => 'Beeswax Candle',
		'subtitle' => 'Pure beeswax, cotton wick',
		'description' => 'Nothing but beeswax and a cotton wick. It burns slowly, without smoke, and smells faintly of honey. '
			. 'About 20 hours for the small one, 45 for the large.',
		'material' => 'Beeswax',
		'category' => 'Home',
		'weight' => 260,
		'option' => 'Size',
		'variants' => ['Small' => ['CANDLE-S', 16], 'Large' => ['CANDLE-L', 28]],
	],
	[
		'slug' => 'wool-throw',
		'name' => 'Wool Throw',
		'subtitle' => 'Lambswool, 130 by 180 cm',
		'description' => 'Woven of lambswool in a mill that has done so for four generations. Light over the shoulders, warm over the '
			. 'knees, with a short twisted fringe.',
		'material' => 'Lambswool',
		'category' => 'Home',
		'weight' => 900,
		'option' => 'Color',
		'variants' => ['Moss' => ['THROW-MOSS', 129], 'Oat' => ['THROW-OAT', 129]],
	],
	[
		'slug' => 'market-tote',
		'name' => 'Market Tote',
		'subtitle' => 'Canvas with leather handles',
		'description' => 'Thick cotton canvas, riveted leather handles long enough for the shoulder, and an inner pocket for keys and a '
			. 'phone. It stands open on its own and carries a week of vegetables.',
		'material' => 'Cotton canvas',
		'category' => 'Carry',
		'weight' => 640,
		'variants' => ['One size' => ['TOTE-1', 72]],
	],
];
