"""The products of the tests of the shop's search."""

from typing import Any

PRODUCTS: list[dict[str, Any]] = [
    {
        "name": "Test Product",
        "description": "A great test product for testing",
        "price": "99.99",
        "category": "Electronics",
        "brand": "TestBrand",
        "sku": "TEST-001",
    },
    {
        "name": "Red Lantern",
        "price": "20",
        "category": "Lighting",
        "brand": "Lumen",
        "is_active": False,
        "sku": "OLD-1",
    },
    {
        "name": "Red Lantern",
        "price": "20",
        "category": "Lighting",
        "brand": "Lumen",
        "tags": ["sale", "gift"],
    },
    {
        "name": "Blue Lantern",
        "price": "60",
        "category": "Lighting",
        "brand": "Lumen",
        "tags": ["sale"],
    },
    {"name": "Green Lantern", "price": "150", "category": "Lighting", "brand": "Acme"},
    {
        "name": "Desk Lantern <b>& more</b>",
        "price": "250",
        "category": "Office",
        "description": "A lantern for <i>desks</i> & shelves.",
        "brand": "Acme",
    },
    {
        "name": "Secret Lantern",
        "price": "5",
        "category": "Lighting",
        "brand": "Lumen",
        "is_active": False,
    },
    {
        "name": "Running shoes",
        "price": "80",
        "category": "Shoes",
        "brand": "Fleetfoot",
        "description": "Shoes for running on roads.",
        "tags": ["gift"],
    },
    {
        "name": "Trail shoes",
        "price": "120",
        "category": "Shoes",
        "brand": "Northpath",
        "description": "Better seen by a lantern.",
    },
    {"name": "Shoe polish", "price": "8", "category": "Care", "brand": "Fleetfoot"},
    {
        "name": "An uncommonly long name of a product that goes on and on, for all to read",
        "price": "33",
        "category": "Care",
        "brand": "O'Hara & Sons",
    },
]
ACTIVE = [product for product in PRODUCTS if product.get("is_active", True)]
