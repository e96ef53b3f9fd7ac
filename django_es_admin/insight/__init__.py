"""What people search for and find, with the searches that the site declares.

Questions about searches and their results belong here. How a search is made belongs in ``search``.
"""
