"""A made-up catalogue: plausible products from word lists, the same ones for the same seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from shop.sheet import Row


@dataclass(frozen=True)
class Shelf:
    """What the products of one category are made of.

    Attributes:
        code: the start of their SKUs.
        name: the category.
        kinds: what they are.
        traits: what they may be like; one stands in the name.
        brands: who makes them.
        uses: what they are good for, after "for".
        prices: the lowest and the highest.
        tags: some of their tags.
    """

    code: str
    name: str
    kinds: tuple[str, ...]
    traits: tuple[str, ...]
    brands: tuple[str, ...]
    uses: tuple[str, ...]
    prices: tuple[float, float]
    tags: tuple[str, ...]


SHELVES = (
    Shelf(
        "SHO",
        "Shoes",
        ("running shoes", "trail shoes", "hiking boots", "sneakers", "sandals", "slippers"),
        ("Light", "Waterproof", "Breathable", "Cushioned", "Wide", "Leather"),
        ("Fleetfoot", "Northpath", "Solemate", "Strider & Co"),
        ("long distances", "wet trails", "city streets", "flat feet", "the gym"),
        (29, 220),
        ("sport", "outdoor", "vegan", "unisex"),
    ),
    Shelf(
        "CLO",
        "Clothing",
        ("rain jacket", "wool sweater", "t-shirt", "running shorts", "socks", "winter coat"),
        ("Warm", "Slim", "Reversible", "Organic", "Quick-drying", "Hooded"),
        ("Northpath", "Woolworks", "Threadbare", "Harbour Mill"),
        ("cold mornings", "layering", "summer runs", "travelling light", "the office"),
        (9, 340),
        ("cotton", "merino", "unisex", "outdoor"),
    ),
    Shelf(
        "ELE",
        "Electronics",
        ("wireless headphones", "charger", "bluetooth speaker", "e-reader", "keyboard", "webcam"),
        ("Wireless", "Compact", "Noise-cancelling", "Mechanical", "Fast", "Backlit"),
        ("Voltaire", "Kestrel Audio", "Lumen", "Ohm Sweet Ohm"),
        ("video calls", "commuting", "late-night reading", "small desks", "loud trains"),
        (12, 490),
        ("usb-c", "bluetooth", "rechargeable", "refurbished"),
    ),
    Shelf(
        "KIT",
        "Kitchen",
        ("cast iron pan", "chef's knife", "coffee grinder", "kettle", "baking tray", "blender"),
        ("Stainless", "Non-stick", "Hand-forged", "Quiet", "Large", "Enamelled"),
        ("Copper & Salt", "Hearth", "Brewer's Row", "Mise"),
        ("slow stews", "sharp slices", "the first coffee", "small kitchens", "Sunday baking"),
        (8, 260),
        ("dishwasher-safe", "induction", "steel", "gift"),
    ),
    Shelf(
        "GAR",
        "Garden",
        ("pruning shears", "watering can", "raised bed", "garden hose", "bird feeder", "rake"),
        ("Galvanised", "Rust-proof", "Folding", "Solar", "Sturdy", "Cedar"),
        ("Greenwell", "Thorn & Sons", "Allotment", "Rookery"),
        ("roses", "balcony boxes", "heavy clay", "wild birds", "dry summers"),
        (6, 310),
        ("outdoor", "steel", "wood", "gift"),
    ),
    Shelf(
        "TOY",
        "Toys",
        ("wooden train", "puzzle", "building blocks", "plush bear", "board game", "kite"),
        ("Colourful", "Wooden", "Soft", "Magnetic", "Giant", "Classic"),
        ("Tinkertop", "Little Owl", "Rainy Day Games", "Bramble"),
        ("rainy days", "small hands", "the whole family", "windy beaches", "quiet afternoons"),
        (4, 90),
        ("wood", "ages 3+", "ages 8+", "gift"),
    ),
    Shelf(
        "SPO",
        "Sports",
        ("yoga mat", "tennis racket", "dumbbells", "football", "swimming goggles", "skipping rope"),
        ("Non-slip", "Carbon", "Adjustable", "Match", "Anti-fog", "Weighted"),
        ("Fleetfoot", "Baseline", "Ironside", "Tidal"),
        ("beginners", "club players", "training at home", "open water", "warming up"),
        (5, 280),
        ("sport", "indoor", "outdoor", "refurbished"),
    ),
    Shelf(
        "BOO",
        "Books",
        ("cookbook", "travel guide", "novel", "atlas", "poetry collection", "field guide"),
        ("Illustrated", "Pocket", "Annotated", "Signed", "Revised", "Complete"),
        ("Lantern Press", "Marginalia", "Quayside Books", "Folio & Fern"),
        ("armchair travellers", "curious cooks", "long flights", "bird watchers", "bedtime"),
        (5, 60),
        ("paperback", "hardcover", "ages 8+", "gift"),
    ),
    Shelf(
        "OUT",
        "Camping",
        ("two-person tent", "sleeping bag", "camping stove", "backpack", "head torch", "hammock"),
        ("Ultralight", "Four-season", "Waterproof", "Inflatable", "Packable", "Insulated"),
        ("Northpath", "Basecamp", "Fjell", "Wayfarer"),
        ("mountain nights", "weekend hikes", "festival fields", "thru-hikers", "stormy coasts"),
        (11, 620),
        ("outdoor", "down", "rechargeable", "lightweight"),
    ),
    Shelf(
        "OFF",
        "Office",
        ("fountain pen", "notebook", "desk lamp", "office chair", "filing cabinet", "whiteboard"),
        ("Ergonomic", "Refillable", "Dotted", "Adjustable", "Lockable", "Magnetic"),
        ("Inkwell", "Lumen", "Quire", "Sitwell"),
        ("clear handwriting", "long meetings", "sore backs", "tidy desks", "plans and lists"),
        (3, 480),
        ("recycled", "refillable", "steel", "gift"),
    ),
    Shelf(
        "FOO",
        "Food",
        ("coffee beans", "green tea", "olive oil", "dark chocolate", "wildflower honey", "granola"),
        ("Organic", "Single-origin", "Cold-pressed", "Roasted", "Raw", "Fair-trade"),
        ("Brewer's Row", "Olive Grove", "Bee & Bloom", "Harvest Moon"),
        ("slow mornings", "salads", "baking", "an afternoon break", "hungry hikers"),
        (3, 45),
        ("organic", "vegan", "fair trade", "gift"),
    ),
    Shelf(
        "MUS",
        "Music",
        ("acoustic guitar", "ukulele", "digital piano", "violin strings", "metronome", "drums"),
        ("Student", "Concert", "Mahogany", "Handmade", "Silent", "Travel"),
        ("Cadenza", "Kestrel Audio", "Fretwork", "Old Maple"),
        ("first lessons", "stage and studio", "campfires", "patient neighbours", "practice"),
        (6, 950),
        ("wood", "beginner", "handmade", "refurbished"),
    ),
)

COMMON_TAGS = ("new", "bestseller", "sale", "sustainable", "limited edition", "free shipping")

SENTENCES = (
    "{trait} {kind} made for {use}.",
    "{brand} has thought about {use}, and it shows.",
    "A dependable choice for {use}, and just as good for {other_use}.",
    "Our customers like how it feels after years of use.",
    "Made in small batches from materials that can be repaired.",
    "Comes with a guarantee of {years} years.",
    "The favourite of our {shelf} team.",
    "Pairs well with everything else that {brand} makes.",
)


def generate(count: int, seed: int) -> Iterator[Row]:
    """Yield the products of a made-up catalogue.

    A product depends on the seed and on its number only: a larger count adds products to those of
    a smaller one and changes none.

    Args:
        count: how many.
        seed: which catalogue; another seed gives other SKUs.
    """
    for number in range(1, count + 1):
        # The line that it would have in a file, below the header.
        yield Row(number + 1, _product(number, seed))


def _product(number: int, seed: int) -> dict[str, str]:
    chance = random.Random(f"{seed}/{number}")  # noqa: S311 - it has to be repeatable, not secret
    shelf = chance.choice(SHELVES)
    kind, brand = chance.choice(shelf.kinds), chance.choice(shelf.brands)
    trait, second_trait = chance.sample(shelf.traits, 2)
    use, other_use = chance.sample(shelf.uses, 2)
    model = f"{chance.choice('ABCDEFGHKLMNPRSTVX')}{chance.randint(1, 99) * 10}"
    first, *rest = SENTENCES
    sentences = [first, *chance.sample(rest, chance.randint(1, 4))]
    description = " ".join(sentences).format(
        trait=trait,
        kind=kind,
        brand=brand,
        use=use,
        other_use=other_use,
        years=chance.randint(2, 10),
        shelf=shelf.name.lower(),
    )
    low, high = shelf.prices
    # Most products are cheap, a few are dear; all end on the digits that shops like.
    price = int(chance.triangular(low, high, low + (high - low) / 8)) + chance.choice(
        (0.0, 0.49, 0.95, 0.99)
    )
    tags = {
        *chance.sample(shelf.tags, chance.randint(0, 3)),
        *chance.sample(COMMON_TAGS, chance.choice((0, 0, 1, 2))),
        second_trait.lower(),
    }
    return {
        "sku": f"{shelf.code}-{seed}-{number:05d}",
        "name": f"{brand} {trait.lower()} {kind} {model}",
        "description": description,
        "category": shelf.name,
        "brand": brand,
        "price": f"{price:.2f}",
        "tags": ";".join(sorted(tags)),
        "is_active": "0" if chance.random() < 0.04 else "1",
    }
