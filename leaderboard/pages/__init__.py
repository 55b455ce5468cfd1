"""The pages of the site, a module per kind; each has `pages(site)`, which yields (relative path, content)."""
