"""Operations on an index: buttons, plans, records and logs.

An action is one object of ``actions``. It calls a function of ``lifecycle``; a page contains no
operation itself.
"""
