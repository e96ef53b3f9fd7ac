"""Two settings of one search side by side; nothing of a site is changed."""
