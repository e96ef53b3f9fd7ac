"""The errors of this package: one line each that says what happened, why, and how to fix it."""

from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class ElasticsearchAdminError(Exception):
    """Something about Elasticsearch went wrong; see the server's log."""

    in_plain_words: str | Promise = _("The request to the search server failed.")
    """What an admin tells staff of a search that failed in this way."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or " ".join((self.__doc__ or "").split()))

    # A KeyError would show its message in quotes.
    __str__ = Exception.__str__


class ConnectionDoesNotExist(ElasticsearchAdminError, ImproperlyConfigured, KeyError):
    """The connection does not exist: add it to ES_SERVERS."""


class ConnectionUnavailable(ElasticsearchAdminError):
    """The connection does not answer: check that Elasticsearch runs, and HOSTS in ES_SERVERS."""

    in_plain_words = _("The search server cannot be reached.")


class ConnectionTimedOut(ConnectionUnavailable):
    """The connection did not answer in time: check the cluster's load, or raise the time-out."""

    in_plain_words = _("The search server takes too long to answer.")


class NotElasticsearch(ConnectionUnavailable):
    """The server that answers is not Elasticsearch: check HOSTS in ES_SERVERS."""

    in_plain_words = _("Something that is not the search server answers at its address.")


class AnswerTooLarge(ConnectionUnavailable):
    """An answer is too large: request less at once, or raise MAX_ANSWER_BYTES in ES_SERVERS."""


class AccessRefused(ElasticsearchAdminError):
    """Elasticsearch refused the credentials: check PARAMS in ES_SERVERS."""

    in_plain_words = _("The search server refuses the credentials of this site.")


class ServerBusy(ElasticsearchAdminError):
    """Elasticsearch is overloaded (429): try again later."""

    in_plain_words = _("The search server is overloaded.")


class ServerNotReady(ElasticsearchAdminError):
    """Elasticsearch is not ready (503): it is starting, or shards are missing; try again later."""


class ServerRefused(ElasticsearchAdminError):
    """Elasticsearch refused the request."""

    in_plain_words = _("The search server refused this search.")


class RequestTooLarge(ElasticsearchAdminError):
    """A request is too large (413): send less at once, or raise the limit of the server."""


class IndexBlocked(ElasticsearchAdminError):
    """The index is closed or blocked: open it, or remove the block; changes wait until then."""


class GenerationUnknown(ElasticsearchAdminError):
    """The alias points at an index that gets no changes: run `manage.py es_create`."""


class OwnedByAnother(ElasticsearchAdminError):
    """Another database owns the index: use an INDEX_PREFIX, or `es_create --take-over`."""


class ClientTooNew(ElasticsearchAdminError):
    """Elasticsearch is older than the client: install a client of its version."""


class IndexMissing(ElasticsearchAdminError):
    """Nothing has that name: `manage.py es_status` says what is missing, and how to fix it."""

    in_plain_words = _("There is no search index yet.")


class ReadOnlyConnection(ElasticsearchAdminError):
    """The connection is READONLY in ES_SERVERS: nothing can be changed through it."""


class ForeignIndex(ElasticsearchAdminError):
    """The request names an index outside the connection's INDEX_PREFIX."""


class PathUnsafe(ElasticsearchAdminError):
    """A path has '.' or '..', and could be read as another one: pass such a key in the body."""


class SeveralIndices(ElasticsearchAdminError):
    """The connection has several indices; this operation needs one: pass `index=`."""


class NoIndices(ElasticsearchAdminError):
    """The connection has no INDICES in ES_SERVERS: add them, or pass `index=`."""


class IndexNotDeclared(ElasticsearchAdminError, KeyError):
    """No document and no entry of ES_INDICES declares that index."""


class IndexAmbiguous(ElasticsearchAdminError):
    """Several connections have an index of that name: pass `--connection`."""


class DocumentMisdeclared(ElasticsearchAdminError, ImproperlyConfigured):
    """A document does not fit its model; see `manage.py check`."""


class SearchUnknown(ElasticsearchAdminError):
    """The index has no search of that name: name a search service of the site."""


class ClickForged(ElasticsearchAdminError):
    """The click of a result was not signed by this project, or is incomplete."""


class NothingJudged(ElasticsearchAdminError):
    """No search of the index is judged: add judgements in the admin, or import them."""


class SearchMisdeclared(ElasticsearchAdminError, ImproperlyConfigured):
    """A search is not set up; see `manage.py check`."""


class SearchUnreadable(ElasticsearchAdminError):
    """The search has operators that cannot be understood: correct it, or leave them out.

    Args:
        message: what is wrong, for the person who typed it.
        place: the character at which it is, counted from 0.
    """

    def __init__(self, message: str = "", place: int = 0) -> None:
        super().__init__(message)
        self.place = place


class SearchParameterInvalid(ElasticsearchAdminError):
    """A parameter of the search cannot be used: correct it, or leave it out.

    Args:
        message: what is wrong, for the visitor who gave it.
        parameter: its name; "" if the error is not about a single parameter.
    """

    def __init__(self, message: str = "", parameter: str = "") -> None:
        super().__init__(message)
        self.parameter = parameter


class SearchNotAnswered(ElasticsearchAdminError):
    """Elasticsearch does not answer the search, so its rows are not known: try again later."""


class SearchRefused(ElasticsearchAdminError):
    """A search as JSON has a part that is not allowed; nothing was sent."""


class OperationRefused(ElasticsearchAdminError):
    """The operation's plan has refusals; nothing was changed."""


class OperationRunning(OperationRefused):
    """Another rebuild of the index is running: wait until it has ended."""


class OperationMissing(ElasticsearchAdminError):
    """The operation does not exist; finished operations are kept only for some time."""


class OperationTakenOver(ElasticsearchAdminError):
    """Another process took over the operation: this process reported no progress for too long."""


class OperationCancelled(ElasticsearchAdminError):
    """The operation was cancelled; the live index is unchanged."""


class RangeTakenOver(ElasticsearchAdminError):
    """Another process loads the range: this process reported no progress for too long."""


class GateClosed(ElasticsearchAdminError):
    """The new generation differs from the database, so the old one stays live."""


class SearchesWorse(GateClosed):
    """The new generation answers judged searches worse, so the old one stays live."""


class BatchTooOld(ElasticsearchAdminError):
    """Reading a batch took over half of DELETE_AGAIN_AFTER: raise that option of ES_ADMIN."""


class ProjectCodeFailed(ElasticsearchAdminError):
    """The project's own code failed while objects were read: correct it; the rows wait."""


class QuerysetUnusable(ProjectCodeFailed):
    """The objects of a document cannot be read by `get_queryset()`; see `manage.py check`."""


class ObjectsUnreadable(ProjectCodeFailed):
    """Some of a batch's objects cannot be read."""


class DatabaseUnavailable(ElasticsearchAdminError):
    """The database does not answer: check it; the rows wait."""


class DatabaseLost(DatabaseUnavailable):
    """The database did not recover within OPERATION_PATIENCE: check it, and try again."""


class DatabaseBusy(ElasticsearchAdminError):
    """The database failed for a moment (a deadlock, a lock, a time-out): try again."""


class DrainFailed(ElasticsearchAdminError):
    """A drain failed for an unexpected reason: see the log; the rows wait."""


class DrainOutOfTime(ElasticsearchAdminError):
    """A save has waited for INLINE_TIMEOUT; workers write the rest."""


class DrainInTransaction(ElasticsearchAdminError, RuntimeError):
    """A drain inside atomic() could read data older than its version: call it outside."""


class CaptureOutsideTransaction(ElasticsearchAdminError):
    """An indexed model was changed outside a transaction: use transaction.atomic()."""


class KeyMissing(ElasticsearchAdminError):
    """An object has no key, so its change cannot be captured: save it, or set its key first."""


class ModelNotIndexed(ElasticsearchAdminError):
    """No document indexes that model or names it in ``related_models``: register one."""


class TriggersImpossible(ElasticsearchAdminError):
    """A document cannot be captured by triggers: remove capture = "triggers"."""


class CopyFailed(ElasticsearchAdminError):
    """Elasticsearch could not copy the live index to a new generation: correct what it says."""


class LoadFailed(ElasticsearchAdminError):
    """Some documents could not be indexed; the live index is unchanged.

    Args:
        generation: the unfinished generation, which is kept.
        rows: objects read.
        failed: how many documents could not be indexed.
        failures: key and reason of the first of them.
    """

    def __init__(
        self,
        message: str = "Some documents could not be indexed; the live index is unchanged.",
        *,
        generation: str = "",
        rows: int = 0,
        failed: int = 0,
        failures: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.generation = generation
        self.rows = rows
        self.failed = failed
        self.failures = failures
