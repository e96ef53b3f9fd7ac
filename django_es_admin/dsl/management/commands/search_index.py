"""The command of django-elasticsearch-dsl, which uses the lifecycle of indices."""

from collections.abc import Collection, Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import models
from elasticsearch import BadRequestError
from elasticsearch.helpers import BulkIndexError

from ....counted import many
from ....indices.definition import IndexDefinition, definition_of
from ....lifecycle.rebuild import rebuild
from ....lifecycle.rebuild_plan import plan_rebuild
from ....management.command import FAILURES, explain
from ...registries import registry

Model = type[models.Model]

ACTIONS = ("create", "populate", "delete", "rebuild")


class Command(BaseCommand):
    """Create, fill, delete or rebuild the indices of the registered documents."""

    help = (
        "Manage the indices of the registered documents. Until the new index equals the "
        "database, a rebuild deletes nothing: searches use the existing index, which gets every "
        "change."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options of django-elasticsearch-dsl."""
        helps = {
            "create": "Create the indices, empty.",
            "populate": "Write the documents of all objects to the existing indices.",
            "delete": "Delete the indices.",
            "rebuild": "Build new indices beside the existing ones, and swap.",
        }
        for action in ACTIONS:
            parser.add_argument(
                f"--{action}",
                action="store_const",
                dest="action",
                const=action,
                help=helps[action],
            )
        parser.add_argument(
            "--models",
            metavar="app[.model]",
            nargs="*",
            help="Only the indices of these models, or of the models of these apps.",
        )
        parser.add_argument(
            "-f", action="store_true", dest="force", help="Never ask whether to delete."
        )
        parser.add_argument(
            "--parallel",
            action="store_true",
            help="Populate in four threads. It has no effect on a rebuild.",
        )
        parser.add_argument("--no-parallel", action="store_false", dest="parallel")
        parser.set_defaults(parallel=getattr(settings, "ELASTICSEARCH_DSL_PARALLEL", False))
        parser.add_argument(
            "--refresh",
            action="store_true",
            default=None,
            help="Make what is written searchable at once; a rebuild always does.",
        )
        parser.add_argument(
            "--no-count",
            action="store_false",
            dest="count",
            help="Do not count the objects beforehand.",
        )
        parser.add_argument(
            "--use-alias",
            action="store_true",
            help="Has no effect: an index is always searched through an alias.",
        )
        parser.add_argument(
            "--use-alias-keep-index",
            action="store_true",
            help="Has no effect: the replaced index is always kept, until es_prune.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the action.

        Raises:
            CommandError: no action is given, no model is found, or something failed.
        """
        action = options["action"]
        if action not in ACTIONS:
            raise CommandError(
                "No action specified. Must be one of '--create', '--populate', '--delete' or "
                "'--rebuild'."
            )
        found = self._get_models(options["models"])
        if action == "rebuild" and options.get("use_alias_keep_index"):
            self.stdout.write("The replaced indices are kept, as always: es_prune deletes them.")
        if action == "delete" and options.get("use_alias"):
            self.stdout.write("An index is deleted with its alias, as always.")
        do = {
            "create": self._create,
            "populate": self._populate,
            "delete": self._delete,
            "rebuild": self._rebuild,
        }
        try:
            do[action](found, options)
        except FAILURES as error:
            raise CommandError(explain(error)) from error
        except BulkIndexError as error:
            raise CommandError(f"{error} The first: {error.errors[0]}") from error

    def _get_models(self, args: Collection[str] | None) -> set[Model]:
        """Return the models in ``--models``, or all models with documents."""
        known = registry.get_models()
        if not args:
            return known
        found: set[Model] = set()
        for arg in args:
            name = arg.lower()
            matching = {
                model for model in known if name in (model._meta.app_label, model._meta.label_lower)
            }
            if not matching:
                raise CommandError(f"No model or app named {arg}")
            found |= matching
        return found

    def _create(self, models: Collection[Model], options: dict[str, Any]) -> None:
        for index in _by_name(registry.get_indices(models)):
            try:
                index.create()
            except BadRequestError:
                self.stdout.write(f"The index '{index._name}' exists: --rebuild builds a new one.")
            else:
                self.stdout.write(f"Created index '{index._name}'")

    def _populate(self, models: Collection[Model], options: dict[str, Any]) -> None:
        for document in _by_name(registry.get_documents(models)):
            count = document().get_queryset().count() if options["count"] else "all"
            self.stdout.write(f"Indexing {count} '{document.django.model.__name__}' objects")
            objects = document().get_indexing_queryset()
            document().update(objects, parallel=options["parallel"], refresh=options["refresh"])

    def _delete(self, models: Collection[Model], options: dict[str, Any]) -> bool:
        indices = _by_name(registry.get_indices(models))
        names = ", ".join(f"'{index._name}'" for index in indices)
        if not options["force"]:
            question = f"Are you sure you want to delete the indices {names}? [y/N]: "
            if input(question).lower() != "y":
                self.stdout.write("Aborted")
                return False
        for index in indices:
            index.delete(ignore=404)
            self.stdout.write(f"Deleted index '{index._name}'")
        return True

    def _rebuild(self, models: Collection[Model], options: dict[str, Any]) -> None:
        for definition in _definitions(models):
            plan = plan_rebuild(definition)
            if plan.concrete and not options["force"]:
                question = (
                    f"'{plan.source}' is an index, not an alias. When the new index is complete, "
                    f"it is deleted and an alias takes its place. Continue? [y/N]: "
                )
                if input(question).lower() != "y":
                    self.stdout.write("Aborted")
                    return
            rows = f"{plan.rows} " if options["count"] else ""
            self.stdout.write(f"Indexing {rows}'{definition.model_label}' objects")
            result = rebuild(plan)
            self.stdout.write(
                f"The alias '{definition.alias}' points at the new index '{result.generation}' "
                f"with {many(result.gate.documents, 'document')}"
            )
            if plan.source and not plan.concrete:
                self.stdout.write(
                    f"'{plan.source}' is kept: `manage.py es_rollback {definition.name}` goes back"
                )


def _by_name(items: Collection[Any]) -> list[Any]:
    return sorted(items, key=str)


def _definitions(models: Collection[Model]) -> Iterator[IndexDefinition]:
    """Yield the indices of the models' documents, each once."""
    found = {
        (definition.using, definition.name): definition
        for document in registry.get_documents(models)
        if document.django.index_name
        for definition in [definition_of(document)]
    }
    for key in sorted(found):
        yield found[key]
