"""Read ahead: ask Elasticsearch in one thread, while another works on the previous answer."""

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")


def ask_ahead(
    ask: Callable[[Question], Answer], questions: Iterable[Question]
) -> Generator[tuple[Question, Future[Answer]]]:
    """Yield each question with its answer, while the next question is already being asked.

    The thread does nothing but ask, one question at a time. A connection to the database belongs
    to the calling thread, which also takes the questions.

    Args:
        ask: the function that sends a question to Elasticsearch.
        questions: the questions, in their order.
    """
    before: tuple[Question, Future[Answer]] | None = None
    with ThreadPoolExecutor(1, thread_name_prefix="es-verify") as thread:
        for question in questions:
            asked = question, thread.submit(ask, question)
            if before:
                yield before
            before = asked
        if before:
            yield before
