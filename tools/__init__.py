"""Programs that a person runs from the repository's root, such as `python -m tools.results`.

- aims: Make the table of aims: scores that small networks should reach, beside the best published recipe of ours.
- by_seed: Difference of two arms with the seeds as the only replicates.
- compare_runs: Compare the scores of networks that were trained again with those of the deposit.
- deposit: Deposit a finished study in docs/results/deposit: its scores, histories and facts.
- draw_panel: Draw the picture of the quickstart that shows the plugin in napari; needs napari.
- draw_quickstart: Draw the sample image of the quickstart and the pictures of its page.
- levers: Table and chart of what each part of the fast recipe is worth, from the CSVs of `benchmarks.learning`.
- limits_table: Make the table of what limits the shipped networks, from the CSV that `benchmarks.limits` writes.
- map_results: Compare the results of two versions of the project, whose names differ, cell by cell.
- marked_sections: Replace the generated sections of a Markdown page, each between two comments that name its writer.
- model_description: Read the hand-written descriptions of shipped networks from tools/shipped_models.yaml.
- model_page: Write the page of a shipped network, card.md, from its card alone.
- power_table: Make the power table of docs/statistics.md from the published power.csv of all deposited studies.
- protocol_tables: Tables of docs/results/README.md: published values beside those of their protocols, and what each
  flaw is worth.
- published_pages: The generated sections of README.md and docs/results/README.md, made from published tables.
- results: Make everything that is published of the deposited studies, from docs/results/deposit alone.
- ship_model: Make a network that ships with unetlib from a finished run of a study.
- stored_weights: Store weights in 16 bits, half the trained size, and check that they give the same masks.
- write_schema: Write the JSON schema of a study's configuration from its typed settings.
"""
