"""Makes the generated parts of the documentation: `python -m docgen`, or `make docs`.

Pages name what they want in a cog block, such as `docgen.plugins.settings()`; pictures are whole
files. Everything is made from what the packages and the dbt project declare of themselves.
"""
