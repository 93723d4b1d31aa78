"""The report of a study: published claims, summary sentences, figures and the HTML page.

- answers: Our answer to one published claim: scores under its own protocol and under ours, and the verdict on each.
- captions: Titles and captions of the report's sections, pictures and tables; they contain no results.
- claims: Compare published claims with the results of a study: our number for each claim, and a verdict.
- contents: Assemble the contents of a study's report from its result files.
- decided: The lead of the report: sentences on the comparisons that a study decides, made from its tables alone.
- deposit: The deposit of a study: the data behind its tables, charts and verdicts, in a few compressed files.
- deposit_parts: Add further seeds, or further arms, to the deposit of a study, so that a study can be made in several
  sittings.
- directions: Directions: published statements that one thing is better than another, beside the difference that we
  measured.
- display_tables: Display tables: numbers as text, readable column titles, Markdown.
- doubts: Doubts about a comparison with a published value: how the value was measured, and limits of our own network.
- figures: Charts for print as matplotlib Figures; save() writes a figure as PNG and SVG, reproducibly to the byte.
- image_panels: Figures of images: predictions beside the ground truth, weight maps, augmented variants.
- ledger: The joint ledger of all studies: each published claim answered by the study with the best evidence.
- league: The league of a study: its networks and the tools that it trained, with scores, seconds and memory, side by
  side.
- literature: Read the published claims: one row per number or statement, with the result of ours that answers it.
- page: Render the report of a study as one self-contained HTML page of tables, pictures and sentences.
- size_curves: Plot scores against the number of training images and against the network size.
- study_figures: The figures of a study by file name: charts of its tables, images of each dataset, tracks of a test
  sequence.
- study_results: Write the tables and charts of a study into one folder from its deposit alone.
- study_scores: Look up a network's score, its difference to another network and the best trivial score in a study's
  tables.
- study_tables: Compute all tables of a study from its scores and the facts of its runs.
- summary: Sentences on a study's questions, findings and uncertainty, made from its tables alone.
- table_rows: Rows of a study's tables as typed dictionaries, so that a type checker knows their columns.
- tool_resources: What each training of a study took: processor seconds, wall seconds and memory, of tools and of
  networks.
- track_figures: Figures of tracked cells: tracks over the last frame, and distributions of areas and speeds.
- transfers: Check whether a network trained on another dataset also reaches a published score: then the score asks for
  little.
- verdicts: Nine verdicts on published claims, by fixed rules and from numbers alone.
- waterfalls: Waterfall charts and display tables: from a document's score to ours, removing one flaw at a time.

For other packages: compare_claims; findings; learning_curves, ablation_forest, transfer_heatmap; qualitative;
tracks_over; Context, render.
"""
