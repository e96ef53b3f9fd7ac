"""What people search, and what they find: through the searches that the site itself declares.

Here belong questions about searches and their answers. How a search is made belongs in `search/`.
"""
