"""The documents of all contestants in a common form, so that they can be compared."""

from typing import Any

FIELDS = "name description brand sku price is_active created_at updated_at category tags".split()
FILTERED = "sku price is_active created_at updated_at".split()


def shape(source: dict[str, Any]) -> dict[str, Any]:
    """Return a document with prices as numbers and with tags in the order of their keys."""
    found = {name: source[name] for name in FIELDS}
    found["price"] = float(found["price"])
    found["tags"] = sorted(found["tags"], key=lambda tag: tag["id"])
    return found


def shape_modelsearch(source: dict[str, Any]) -> dict[str, Any]:
    """Return a document of modelsearch with the field names of the others."""
    category, tags = source["category"], source["tags"]
    return shape(
        {
            **source,
            **{name: source[f"{name}_filter"] for name in FILTERED},
            "category": {
                "id": category["id_filter"],
                "name": category["name"],
                "slug": category["slug_filter"],
            },
            "tags": [{"id": tag["id_filter"], "name": tag["name"]} for tag in tags],
        }
    )
