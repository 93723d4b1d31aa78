"""The report of a study: published claims, summary sentences, figures and the HTML page.

- answers: Our answer to one published claim: under its own protocol, under ours, and the verdict on both.
- captions: Titles and captions of the report's sections, pictures and tables. They hold no numbers.
- claims: Published claims compared with the results of a study: our number for each claim, and a verdict.
- contents: All that the report of a study contains, read from the files of its results.
- decided: What a study decides, in the sentences that its report begins with, made from its tables alone.
- deposit: The deposit of a study: what its tables, charts and verdicts are made from, in a few packed files.
- display_tables: Display tables: numbers as text, readable column titles, Markdown.
- doubts: Doubts about a comparison with a published value: about how it was measured, and about our own network.
- figures: Charts for print, each a matplotlib Figure; save() writes one as PNG and SVG, always the same bytes.
- image_panels: Figures of images: predictions beside the ground truth, weight maps, augmented copies.
- ledger: The ledger over all studies: each published claim answered by the best evidence that any of them has.
- literature: Read the published claims: one row per number or statement, with the result of ours that answers it.
- page: The report of a study: one self-contained HTML page of tables, pictures and sentences.
- size_curves: Scores against the number of training images and against the network size.
- study_figures: The figures of a study by file name: charts of its tables, images of each dataset, tracks of a test
  sequence.
- study_results: The results of a deposited study: its tables and charts, written into one folder from the deposit
  alone.
- study_scores: Look-ups in a study's tables: the score of a network, its difference to another, the best trivial score.
- study_tables: All tables of a study from its scores and the facts of its runs.
- summary: The questions, findings and uncertainty of a study, in sentences made from its tables alone.
- table_rows: Rows of a study's tables as dictionaries whose columns a type checker knows.
- track_figures: Figures of tracked cells: their tracks over the last frame, and their areas and speeds.
- transfers: A published score that a network trained on another dataset has as well, which says how little the score
  asks for.
- verdicts: Verdicts on published claims: nine verdicts by fixed rules, from numbers alone.
- waterfalls: Waterfalls for people: from a document's score to ours, one flaw at a time, as a chart and as a table.

For other packages: compare_claims; findings; learning_curves, ablation_forest, transfer_heatmap; qualitative;
tracks_over; Context, render.
"""
