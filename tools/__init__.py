"""Programs that a person runs from the repository's root, such as `python -m tools.publish_results`.

- aims: The table of aims in docs/results/README.md, from the published tables of the tuned studies.
- map_results: Compare the results of two versions of the project, whose names differ, cell by cell.
- marked_sections: Replace the generated sections of a Markdown page, each between two comments that name its writer.
- publish_results: Copy a study's small tables and figures to docs/results and rewrite the pages made from them.
- write_schema: Write the JSON schema of a study's configuration from its typed settings.
"""
