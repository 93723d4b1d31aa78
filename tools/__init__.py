"""Programs that a person runs from the repository's root, such as `python -m tools.write_schema`.

- map_results: Compare the results of two versions of the project, whose names differ, cell by cell.
- write_schema: Write the JSON schema of a study's configuration from its typed settings.
"""
