"""Tests with the test case classes of the package, as a project writes them."""

import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from elasticsearch.dsl import Search

from django_es_admin import connection, connections
from django_es_admin.exceptions import ForeignIndex
from django_es_admin.test.hits import hits
from django_es_admin.test.testcases import SimpleTestCase, TestCase, TransactionTestCase
from library import kept
from library.documents import BookDocument
from library.models import Author, Book
from library.trace import trace


def titles(search: Search) -> list[str]:
    return sorted(hit.title for hit in search.execute())


class Traced:
    def setUp(self) -> None:
        super().setUp()
        trace()
        # Long enough for the other processes to get some of the tests.
        time.sleep(0.05)


class NamesTests(Traced, SimpleTestCase):
    def test_every_name_is_one_of_this_run(self) -> None:
        names = [*connection.indices, *connection.index_names, *connection.alias_names]
        self.assertTrue(all(name.startswith(connection.index_prefix) for name in names))
        self.assertRegex(connection.index_prefix, r"test-[0-9a-f]{8}-(\d+-|gw\d+-)?$")
        self.assertEqual(connections["notes"].index_names, [f"{connection.index_prefix}test_notes"])
        found = connection.client.indices.get(index=f"{connection.index_prefix}*")
        self.assertEqual(len(found.body), 2)
        for name, body in found.items():
            self.assertTrue(name.startswith(connection.index_prefix))
            self.assertTrue(all(a.startswith(connection.index_prefix) for a in body["aliases"]))

    def test_live_indices_cannot_be_touched(self) -> None:
        live = f"{settings.ES_SERVERS['default']['INDEX_PREFIX']}books"
        for call in (
            lambda: connection.index({"title": "x"}, index=live),
            lambda: connection.client.indices.delete(index="*"),
            lambda: connection.client.indices.put_alias(index=connection.indices[0], name=live),
            lambda: connection.delete_by_query({"query": {"match_all": {}}}, index=live),
        ):
            with self.assertRaises(ForeignIndex):
                call()

    def test_what_a_module_has_kept_cannot_touch_live_indices(self) -> None:
        live = f"{settings.ES_SERVERS['default']['INDEX_PREFIX']}books"
        # A process that is spawned imports modules once it has the names of the run.
        searches = [kept.search.execute, kept.search.delete] if kept.live == live else []
        for call in (
            lambda: kept.client.index(index=live, document={"title": "x"}),
            lambda: kept.client.indices.delete(index=live),
            lambda: kept.client.bulk(operations=[{"delete": {"_index": live, "_id": "1"}}]),
            lambda: kept.client.update_by_query(index="*"),
            lambda: kept.client.search(index=live),
            lambda: kept.writer.bulk(index=live, operations=[{"delete": {"_id": "1"}}]),
            lambda: kept.patient.delete(index=live, id="1"),
            lambda: kept.slow.client.delete(index=live, id="1"),
            lambda: kept.connection.client.delete(index=live, id="1"),
            lambda: kept.connection.index({"title": "x"}, index=live),
            lambda: kept.indices.put_alias(index=live, name="all"),
            *searches,
        ):
            with self.assertRaises(ForeignIndex):
                call()
        with self.settings(ES_SERVERS={"other": {}}), self.assertRaises(ForeignIndex):
            kept.client.delete(index=live, id="1")

    def test_what_a_module_has_kept_reaches_the_indices_of_the_run(self) -> None:
        mine = connection.indices[0]
        kept.client.index(index=mine, id="1", document={"title": "kept"}, refresh=True)
        self.assertEqual(connection.get(id="1", index=mine)["_source"], {"title": "kept"})

    def test_overridden_settings_stay_in_the_names_of_the_run(self) -> None:
        before = connection.index_prefix
        with self.settings(ES_SERVERS={"default": {"INDICES": ["books"]}}):
            self.assertTrue(before.endswith(connection.index_prefix))
            self.assertRegex(connection.index_prefix, r"^test-")
        self.assertEqual(connection.index_prefix, before)

    def test_an_index_without_a_document(self) -> None:
        connections["notes"].index({"text": "buy milk"}, id=1)
        self.assertHits("milk", [1], index="notes")

    def test_an_index_without_a_document_is_empty_again(self) -> None:
        self.assertHits({"match_all": {}}, [])


class BookTests(Traced, TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.author = Author.objects.create(name="Ursula")
        cls.book = Book.objects.create(title="The Dispossessed", author=cls.author)

    def test_what_the_class_has_made_is_found(self) -> None:
        self.assertHits("dispossessed", [self.book])

    def test_it_is_found_in_every_test(self) -> None:
        self.refresh_indices()
        self.assertEqual(titles(BookDocument.search()), ["The Dispossessed"])

    def test_a_save_waits_for_the_refresh(self) -> None:
        Book.objects.create(title="The Lathe of Heaven", author=self.author)
        self.assertEqual(titles(BookDocument.search()), [])
        self.refresh_indices()
        self.assertEqual(titles(BookDocument.search()), ["The Dispossessed", "The Lathe of Heaven"])

    def test_callbacks_that_are_captured_write(self) -> None:
        with self.captureOnCommitCallbacks(execute=True) as callbacks:
            book = Book.objects.create(title="Rocannon", author=self.author)
        self.assertTrue(callbacks)
        connection.refresh()
        self.assertEqual(connection.get(id=book.pk, index=connection.indices[0])["found"], True)

    def test_a_related_object_and_a_delete(self) -> None:
        self.assertHits("ursula", [self.book])
        self.author.name = "Le Guin"
        self.author.save()
        self.assertHits("ursula", [])
        self.assertHits("guin", [self.book])
        self.book.delete()
        self.assertHits("guin", [])

    def test_what_is_rolled_back_is_not_found(self) -> None:
        try:
            with transaction.atomic():
                Book.objects.create(title="Never", author=self.author)
                raise ValueError  # noqa: TRY301 (so that it is rolled back)
        except ValueError:
            pass
        self.assertHits("never", [])

    def test_a_transaction_of_the_test_refuses_the_refresh(self) -> None:
        with transaction.atomic(), self.assertRaises(RuntimeError):
            Book.objects.create(title="Inside", author=self.author)
            self.refresh_indices()

    def test_the_order_counts_if_asked_for(self) -> None:
        other = Book.objects.create(title="Dispossessed dispossessed", author=self.author)
        search = {"query": {"match": {"title": "dispossessed"}}, "sort": ["_doc"]}
        self.assertHits(search, [other, self.book])
        with self.assertRaisesRegex(AssertionError, r"missing \['77'\], unexpected"):
            self.assertHits("dispossessed", [77])

        found = hits(search)
        ordered = [one for key in found for one in (other, self.book) if str(one.pk) == key]
        self.assertHits(search, ordered, ordered=True)
        with self.assertRaisesRegex(AssertionError, "in a different order"):
            self.assertHits(search, ordered[::-1], ordered=True)

    def test_a_search_of_elasticsearch_dsl(self) -> None:
        self.assertHits(BookDocument.search().query("match", author="ursula"), [self.book])

    def test_a_book_that_cannot_be_indexed(self) -> None:
        book = Book.objects.create(title="Lost", author=self.author)
        with self.assertRaisesRegex(
            AssertionError, rf"books {book.pk} cannot be indexed: shelf: ValueError: incident"
        ):
            self.refresh_indices()

    def test_a_rebuild_in_a_test_is_undone(self) -> None:
        call_command("es_rebuild", "books", "--no-input", verbosity=0)
        self.assertHits("dispossessed", [self.book])

    def test_there_is_one_generation_again(self) -> None:
        found = connection.client.indices.get(index=f"{connection.index_prefix}books-*")
        self.assertEqual(len(found.body), 1)


class CommittedTests(Traced, TransactionTestCase):
    def _save(self) -> Any:
        author = Author.objects.create(name="Iain")
        return Book.objects.create(title="Excession", author=author)

    def test_a_commit_writes(self) -> None:
        book = self._save()
        connection.refresh()
        self.assertEqual([hit.meta.id for hit in BookDocument.search()], [str(book.pk)])

    def test_and_again_after_the_tables_were_emptied(self) -> None:
        self.assertHits("excession", [])
        self.assertHits("excession", [self._save()])
